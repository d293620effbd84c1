/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_DRIVER_H
#define LABYRINTH_DRIVER_H

/* Shared by the driver's files, file by file. */

#include <lab_audit.h>
#include <lab_audit_table.h>
#include <lab_error.h>
#include <lab_pool.h>
#include <rte_common.h>
#include <rte_log.h>
#include <rte_mempool.h>
#include <stdbool.h>
#include <stdint.h>

#include "labyrinth_dpdk.h"
#include "labyrinth_ops.h"

#define LABYRINTH_OPS_NAME "labyrinth"

/* labyrinth_ours.c */

extern int labyrinth_logtype;

#define LABYRINTH_LOG(level, format, ...)                                                          \
    rte_log(RTE_LOG_##level, (uint32_t)labyrinth_logtype, "LABYRINTH: " format "\n", ##__VA_ARGS__)

/* The pool of a mempool of ours; NULL for one of another driver, for one that has no memory yet,
 * and for the handle of one with a reserve. */
struct lab_pool *labyrinth_pool_of(const struct rte_mempool *mp);

/* Logs that a mempool with this driver's number is another driver's. Returns -EINVAL. */
int labyrinth_refuse(const struct rte_mempool *mp);

/* labyrinth_create.c: the ops that make a mempool, fill it, and free it. */

int labyrinth_alloc(struct rte_mempool *mp);
void labyrinth_free(struct rte_mempool *mp);
int labyrinth_populate(struct rte_mempool *mp, unsigned int max_objs, void *vaddr, rte_iova_t iova,
                       size_t len, rte_mempool_populate_obj_cb_t *obj_cb, void *obj_cb_arg);

/* labyrinth_table.c: DPDK's table of mempool ops, and what this process has there. */

/* Registers the ops for a process that may not have made its mempools; `maker` has those for one
 * that needs say nothing. They come behind those of all drivers that DPDK loads by itself
 * (labyrinth_order.c); in a full table, in place of a driver for processors of another kind.
 * Returns false when a copy of this driver was loaded before, which is the one that serves: DPDK
 * loads the installed one also after one that -d names. Once, before any other thread. */
bool labyrinth_table_enter(const struct rte_mempool_ops *ops, const struct labyrinth_moves *maker);

/* This process has made a pool that nobody uses yet. */
void labyrinth_table_made(struct lab_pool *pool);

/* labyrinth_stack.c */

/* Calls function(argument) on a large stack, for what a thread of 16 KiB has no room for: libdw
 * wants 130 KiB where it reads lines. There is one such stack; who finds it in use, or can have
 * none, calls on its own. Any thread; never waits for another one. */
void labyrinth_stack_call(void (*function)(void *argument), void *argument);

/* labyrinth_order.c */

/* Loads DPDK's own mempool drivers now, in the order in which the EAL is going to load them: what
 * registers afterwards has its slot in the table of mempool ops behind theirs.
 *
 * A mempool knows its driver by the number of a slot. A program that has not loaded this driver,
 * such as dpdk-dumpcap, makes a mempool with the number that ring_mp_mc has there, and our process
 * calls what it has under that number. So DPDK's drivers must have the same slots with us as
 * without us. Does nothing in a program that is linked with DPDK's archives: the EAL loads none
 * there. */
void labyrinth_order_load_others(void);

/* labyrinth_elf.c: files of programs and libraries. Control threads. */

/* Calls back with the name of each library that a library asks the loader for, in the order of the
 * file, and returns whether it uses or has a symbol of this name. A file that is no library of this
 * machine's kind asks for none. */
bool labyrinth_elf_read(const char *path, const char *symbol,
                        void (*needs)(const char *name, void *context), void *context);

enum labyrinth_elf_kind {
    LABYRINTH_ELF_FUNCTION,
    LABYRINTH_ELF_VARIABLE,
    LABYRINTH_ELF_OWN, /* a variable of which each thread has its own */
};

/* A symbol of a file: `start` is an address as the file has it, before it is loaded; of a variable
 * that each thread has, a place among those of the file. */
typedef void labyrinth_elf_see_fn(const char *name, uint64_t start, uint64_t bytes, void *context);

/* Calls back for each symbol of that kind of a program or library: for all of them where its
 * symbols are in the file, or where distributions put what they take out (by the build id);
 * otherwise for those that it exports. */
void labyrinth_elf_symbols(const char *path, enum labyrinth_elf_kind kind,
                           labyrinth_elf_see_fn *see, void *context);

/* labyrinth_options.c: what LABYRINTH_OPTIONS says. */

#define LABYRINTH_REPORT_MAX 256

/* See labyrinth_circulate_auto(). */
#define LABYRINTH_CIRCULATE_AUTO UINT32_MAX

enum labyrinth_cache {
    LABYRINTH_CACHE_ON,
    LABYRINTH_CACHE_OFF, /* they are there, and keep nothing */
    LABYRINTH_CACHE_NONE /* the mempool is one without caches */
};

enum labyrinth_switch { LABYRINTH_AUTO, LABYRINTH_ON, LABYRINTH_OFF };

struct labyrinth_options {
    enum labyrinth_cache cache; /* cache=on|off|none: rte_mempool's per-lcore caches */
    uint32_t circulate; /* circulate=auto|off|N: objects that an lcore keeps public, or one of the
                           two below */
    enum labyrinth_switch prefetch; /* prefetch=auto|on|off: mbufs of another lcore's are got with a
                                       write prefetch */

    /* audit=off|sample|full, sample=N, quarantine=N, poison=on|off: of every pool. With any of
     * these there are records, so that the level can be changed. */
    struct lab_audit_options audit;
    bool reclaim; /* reclaim=auto: what processes held that end is taken back */
    char report[LABYRINTH_REPORT_MAX]; /* report=FILE: JSON lines are added to it; otherwise "" */
    bool abort;                        /* on_error=abort: end the program at the first fault */
    uint32_t limit;                    /* limit=N: entries in one second, 0 for all of them [100] */
    bool control;                      /* control=on: telemetry may change something, too */
    bool ports; /* ports=on: mbufs say what a port did last (labyrinth_ports.h) */
};

/* By enum lab_audit_level. */
extern const char *const labyrinth_level_names[3];

/* Reads LABYRINTH_OPTIONS, which says nothing to a program that has more rights than who started
 * it. 0, or -EINVAL with a sentence that lists the known words, or names the one that another
 * needs. */
int labyrinth_options_read(struct labyrinth_options *ret_options, struct lab_error *error);

/* Fits them to a mempool: what of its objects may be poisoned, how many may wait in quarantine, and
 * that no cache stands between the program and an audit that is to see everything. */
void labyrinth_options_fit(struct labyrinth_options *options, struct rte_mempool *mp);

/* labyrinth_mbuf.c: mempools of mbufs. */

/* For a pool of mbufs with their data behind them, sets *ret_from and *ret_bytes to where the data
 * room lies in each; false for any other. */
bool labyrinth_mbuf_data_room(struct rte_mempool *mp, uint32_t *ret_from, uint32_t *ret_bytes);

/* Whether a mempool's objects are mbufs, as far as can be seen. */
bool labyrinth_mbuf_is(struct rte_mempool *mp);

/* Makes an mbuf as new, its data zeroed, whatever it was left as; false when the mempool's objects
 * are none. */
bool labyrinth_mbuf_renew(struct rte_mempool *mp, void *object);

/* For a pool of mbufs, sets options->prefetch to the lines that a receive path writes first: that
 * of the header which every PMD fills in, and that where the frame begins. Other pools are left
 * alone. */
void labyrinth_mbuf_prefetch(struct rte_mempool *mp, struct lab_pool_options *options);

/* labyrinth_circulate.c */

/* The objects of a mempool that an lcore keeps public: as many as its part of half of the
 * last-level cache has room for; 0, no bound, where its lcores do not have one cache for certain,
 * since buffers that come from another cache cost more than those that come from memory. */
uint32_t labyrinth_circulate_auto(const struct rte_mempool *mp);

/* labyrinth_cache.c: DPDK's own caches of a mempool, one for each lcore, in front of every driver.
 */

/* Makes the caches keep nothing, in all processes. The mempool's cache_size stays what it was: the
 * private area lies behind the caches, and rte_mempool_get_priv() computes its place from that size
 * at each call. So what the program wrote there before stays where everybody looks for it. Before
 * the first get and put of the mempool. Reasons: doc/adr/0015. */
void labyrinth_cache_off(struct rte_mempool *mp);

/* Makes the mempool one without caches: its cache_size becomes 0, and the private area moves to
 * where rte_mempool_get_priv() looks for it from now on. Its old place stays readable, but a
 * pointer that was taken before must not be written through. Before the mempool is populated. */
void labyrinth_cache_none(struct rte_mempool *mp);

/* The objects that a cache is refilled to: 0 when there are none, or one of the two above. */
static inline uint32_t labyrinth_cache_size(const struct rte_mempool *mp)
{
    return mp->cache_size > 0 ? mp->local_cache[0].size : 0;
}

/* The objects in the caches, as a bit for each object, which the caller frees; NULL where memory is
 * short. *ret_count: how many. A cache changes while it is read: each object was in there at some
 * moment. */
uint64_t *labyrinth_cached_objects(const struct rte_mempool *mp, uint64_t *ret_count);

/* labyrinth_leaks.c: audited mempools of this process. */

/* Reports what is still held when the mempool is freed, or when the program ends without freeing
 * it; a forked child that ends says nothing of what its parent made. After the pool was made; takes
 * the pool for one that may go at any time. */
void labyrinth_leaks_follow(struct rte_mempool *mp);

/* Calls back for each mempool that is followed; none goes meanwhile. */
void labyrinth_leaks_each(void (*visit)(struct rte_mempool *mp, void *context), void *context);

/* The mempool goes. */
void labyrinth_leaks_forget(const struct rte_mempool *mp);

/* labyrinth_reclaim.c */

/* reclaim=auto: from now on this process looks once a second, in a control thread of its own,
 * whether another has ended that held objects of an audited mempool of its own, and takes them
 * back. Once or more often; control path. */
void labyrinth_reclaim_start(void);

struct lab_pool_reclaimed;

/* Takes back what processes held that have ended, once: as lab_pool_reclaim(). */
int labyrinth_reclaim_now(struct rte_mempool *mp, struct lab_pool_reclaimed *ret_reclaimed,
                          struct lab_error *error);

/* labyrinth_report.c */

/* Takes this process's entries from now on: text goes to DPDK's log, JSON lines to the file that
 * the options name. */
void labyrinth_report_start(const struct labyrinth_options *options);

/* labyrinth_optional.c: libraries that make reports better, and are loaded when there is one: a
 * plugin that was linked with them would not load at all where they are missing. */

struct labyrinth_symbol {
    void *place; /* of a pointer to the function */
    const char *name;
};

/* A place and a name for LABYRINTH_SYMBOL(table, f), where table.f is a pointer to f. */
#define LABYRINTH_SYMBOL(table, function)                                                          \
    {                                                                                              \
        &(table).function, #function                                                               \
    }

/* Loads the library and fills in all places; false when it, or one of the functions, is not there.
 * Control threads, and reports. */
bool labyrinth_optional_load(const char *library, const struct labyrinth_symbol symbols[],
                             unsigned int n);

/* labyrinth_look.c: looking at mempools that their program may free at any time.
 *
 * rte_mempool_walk() does not help: rte_mempool_free() does not take the lock of a walk. But it
 * takes a mempool off DPDK's list before anything of it goes, under the list's own lock. That lock
 * is held here. The making and freeing of DPDK's objects waits for it, in every process: what looks
 * copies what it needs, and neither reads files nor prints. */
typedef void labyrinth_look_fn(const struct rte_mempool *mp, void *context);

/* Calls back for the mempool of ours that has this name, as the program has it or as
 * /labyrinth/list shows it. False: there is none. */
bool labyrinth_look_at(const char *name, labyrinth_look_fn *look, void *context);

/* Calls back for each mempool of ours. */
void labyrinth_look_at_all(labyrinth_look_fn *look, void *context);

/* Calls back for the mempool of any driver that has this name. */
bool labyrinth_look_at_any(const char *name, labyrinth_look_fn *look, void *context);

/* As labyrinth_look_at(), for the parameter of a command; false after an error was put into *data.
 */
bool labyrinth_look_for(const char *params, labyrinth_look_fn *look, void *context,
                        struct rte_tel_data *data);

/* Registers a command of telemetry; the log says where DPDK does not take it. */
void labyrinth_look_command(const char *command, telemetry_cb callback, const char *help);

/* labyrinth_telemetry.c */

/* Registers the telemetry commands. */
void labyrinth_telemetry_register(void);

/* labyrinth_telemetry_audit.c: two of the commands. */

/* "audit", the level, or "none" without records. */
void labyrinth_telemetry_add_level(const struct lab_pool_audit_stats *audit,
                                   struct rte_tel_data *data);

int labyrinth_telemetry_leaks(const char *cmd, const char *params, struct rte_tel_data *data);
int labyrinth_telemetry_holders(const char *cmd, const char *params, struct rte_tel_data *data);

/* labyrinth_control.c */

/* Registers the telemetry commands that change something; without control=on they refuse. */
void labyrinth_control_register(const struct labyrinth_options *options);

/* where/where_answer.c: two more, about where objects are. */

void labyrinth_where_register(void);

#endif
