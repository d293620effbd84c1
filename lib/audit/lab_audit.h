/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_H
#define LAB_AUDIT_H

/* The audit of a pool: the holder of each object, since when and from where. A pool has one if its
 * options ask for it (struct lab_audit_options), or for the records alone.
 *
 *     off     costs nothing
 *     sample  one get in some thousands is recorded: a leak is found in time
 *     full    every get and every put: double frees, frees of objects of others, frees by a caller
 *             that does not hold the object, and writes after a free are reported at the moment
 *             they happen, and a wrong free is not done
 *
 * Example: test/unit/pool_audit_test.c.
 */

#include <lab_common.h>
#include <lab_error.h>
#include <lab_lcore.h>
#include <lab_pool.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Level */

/* After a change of level, nothing is recorded for so long. */
#define LAB_AUDIT_SETTLE_MS 100u

/* The share of a pool that may wait in quarantine: the rest must do for all work. */
#define LAB_POOL_QUARANTINE_SHARE 4u

/* Changes the level while the pool is in use. Earlier records are void, and for LAB_AUDIT_SETTLE_MS
 * nothing is recorded: calls that began at the old level must have ended before anything is said.
 * (A thread that is put aside for longer in the middle of a get can be reported for a double free
 * that was none.) Returns 0; -ENOENT for a pool without records; -EINVAL for an unknown level. Any
 * thread, one at a time; lock-free: does not wait for others; a system call (lab_barrier.h) where
 * the level becomes off. */
LAB_PUBLIC int lab_pool_set_audit(struct lab_pool *pool, enum lab_audit_level level);

/* Holders */

/* Holders that are no lcore. */
#define LAB_AUDIT_DEVICE 0x8000u

/* A holder that is no lcore: what is posted to a device queue (0 to 32,767) is the device's. */
#define LAB_POOL_DEVICE(queue) (LAB_AUDIT_DEVICE | (uint32_t)(queue))

/* States that the caller, which has the id lcore, hands n objects to the lcore `to` of a process
 * (0: this one; otherwise lab_os_process() of it), or to a device queue, LAB_POOL_DEVICE(queue). A
 * device's objects are handed back by stating `to` as the caller. Returns 0; -EINVAL when lcore is
 * out of range, and -ESRCH when that process does not use the pool, or uses it no longer: nothing
 * is handed over then; -EBADMSG when the audit found that the caller does not hold some: these stay
 * as they are, and the others are handed over. Below level full it does nothing. Lock-free. */
LAB_PUBLIC int lab_pool_transfer(struct lab_pool *pool, uint32_t lcore, void *const *objects,
                                 unsigned n, uint32_t to, uint64_t process);

/* An object's number and how often it was got, in one word: it shows whether the object was given
 * out again since. -ENOENT when it is no object of this pool. Counts at level full alone: below, an
 * object has the same handle again. Wait-free. */
LAB_PUBLIC int lab_pool_handle(const struct lab_pool *pool, const void *object,
                               uint64_t *ret_handle) LAB_CHECKED;

/* lab_pool_put() by a handle. Returns 0; -EINVAL for an unknown lcore, or what is no handle of this
 * pool; -EBADMSG when the object was given out again since the handle was made, or as
 * lab_pool_put(): this is reported, and nothing is put. Progress as lab_pool_put(): wait-free into
 * the private part, otherwise lock-free; never blocks. */
LAB_PUBLIC int lab_pool_put_handle(struct lab_pool *pool, uint32_t lcore, uint64_t handle);

/* One call that had to do with an object. */
struct lab_audit_actor {
    uint64_t site;    /* the address it returns to, in that process; 0: no such call was seen */
    uint64_t process; /* lab_os_process() has it; its upper 22 bits are the id; 0: unknown */
    uint32_t lcore;   /* or LAB_LCORE_ANY */
    bool device;      /* lcore is the number of a device queue */
    uint64_t age_ns;  /* how long ago */
};

/* The most groups that are distinguished: more than a person reads, and few enough for the
 * stack. */
#define LAB_AUDIT_GROUPS_MAX 64u

struct lab_audit_group {
    struct lab_audit_actor holder; /* site: of the get; age_ns: of the oldest */
    uint64_t youngest_ns;
    uint64_t count;  /* records: at level sample, each stands for as many gets as one in which */
    unsigned decade; /* of the age: 0 is below 1 s, 1 below 10 s, 2 below 100 s, and so on */
};

/* Groups all objects that are held and were got at least so long ago by call site, holder and age,
 * the largest first. skip (may be NULL) has a bit for each object, 1 for one that is to be left
 * out. Returns how many groups there are in ret_groups, n at most (and LAB_AUDIT_GROUPS_MAX), 0
 * without an audit; *ret_rest (may be NULL) is how many objects are in none of them. Reads only.
 * Any thread; wait-free; takes time with the number of objects. */
LAB_PUBLIC unsigned lab_pool_groups(const struct lab_pool *pool, uint64_t least_age_ns,
                                    const uint64_t *skip, struct lab_audit_group *ret_groups,
                                    unsigned n, uint64_t *ret_rest);

/* Reports

 * The library never prints: a program or a driver takes the entries, and makes text of them. */

/* The faults, 0 (LAB_AUDIT_FINE) if nothing was wrong. */
enum lab_audit_fault {
    LAB_AUDIT_FINE,
    LAB_AUDIT_DOUBLE_FREE,      /* a put of a free object */
    LAB_AUDIT_FOREIGN_FREE,     /* a put of an address that is no object of this pool */
    LAB_AUDIT_INSIDE_FREE,      /* a put of an address inside one */
    LAB_AUDIT_WRONG_HOLDER,     /* a put or a hand-over by a caller that does not hold it */
    LAB_AUDIT_STALE_HANDLE,     /* a put by a handle, and the object was given out again since */
    LAB_AUDIT_WRITE_AFTER_FREE, /* the poison of a free object was changed */
    LAB_AUDIT_HELD_TWICE,       /* the pool had an object that somebody holds */
    LAB_AUDIT_SHARED_LCORE, /* a call of an lcore that is inside another, by a second thread with
                               its id; and objects that both then hold or free */
    LAB_AUDIT_LEAK,         /* held to the end */
    LAB_AUDIT_FAULTS
};

/* The name of a fault, "double_free" and the like; NULL beyond the last. Any thread; wait-free. */
LAB_INLINE const char *lab_audit_fault_name(enum lab_audit_fault fault)
{
    static const char *const names[] = {
        "fine",         "double_free",      "foreign_free", "inside_free",  "wrong_holder",
        "stale_handle", "write_after_free", "held_twice",   "shared_lcore", "leak"};

    static_assert(sizeof(names) / sizeof(names[0]) == LAB_AUDIT_FAULTS, "each has one");
    return (unsigned)fault < LAB_AUDIT_FAULTS ? names[fault] : NULL;
}

/* The meaning of a fault, for a sentence: "freed twice". Any thread; wait-free. */
LAB_INLINE const char *lab_audit_fault_text(enum lab_audit_fault fault)
{
    static const char *const texts[] = {"nothing is wrong",
                                        "freed, and it was free already",
                                        "freed, and it is no buffer of this pool",
                                        "freed, and it is not the start of a buffer",
                                        "freed or handed over by one who does not hold it",
                                        "freed, and it was given out again since",
                                        "written to after it was freed",
                                        "given out, and somebody holds it already",
                                        ("of an lcore id that two use at the same time "
                                         "(threads, or a thread and its signal handler)"),
                                        "still held"};

    static_assert(sizeof(texts) / sizeof(texts[0]) == LAB_AUDIT_FAULTS, "each has one");
    return (unsigned)fault < LAB_AUDIT_FAULTS ? texts[fault] : NULL;
}

struct lab_audit_entry {
    enum lab_audit_fault fault;
    const char *pool;
    const void *object;            /* the pointer in question; NULL for a group of leaks, and for a
                                     call as such (LAB_AUDIT_SHARED_LCORE) */
    uint32_t index;                /* of the object, or UINT32_MAX */
    uint32_t generation;           /* gets of it so far */
    uint64_t offset;               /* LAB_AUDIT_INSIDE_FREE: bytes behind the object's start;
                                      LAB_AUDIT_WRITE_AFTER_FREE: the first byte that was changed */
    uint64_t count;                /* objects: 1, or as many as leaked alike */
    struct lab_audit_actor caller; /* of the call that is wrong, or that found it */
    struct lab_audit_actor got;    /* the last get */
    struct lab_audit_actor put;    /* the last put */
    struct lab_audit_actor holder; /* while it is held: its site is that of the hand-over, if any */
    uint64_t left_out;             /* entries since the last one that were too many for a second */
};

/* Called by whichever thread found it, in the middle of its get or put; may take its time, but must
 * not use the pool. */
typedef void lab_audit_reporter(const struct lab_audit_entry *entry);

/* Where this process's entries go from now on, at most so many a second (0: all of them). Without
 * a reporter they are only counted. Any thread. Example: the driver's labyrinth_report.c. */
LAB_PUBLIC void lab_audit_report_to(lab_audit_reporter *reporter, uint32_t per_second);

/* The state of the audit itself; all 0 without one. Wait-free. */
struct lab_pool_audit_stats {
    bool records;
    enum lab_audit_level level;
    uint32_t sample;
    uint32_t quarantined;              /* free, and waiting; counted as free */
    uint64_t faults[LAB_AUDIT_FAULTS]; /* found so far */
};
LAB_PUBLIC void lab_pool_audit_stats(const struct lab_pool *pool,
                                     struct lab_pool_audit_stats *ret_stats);

/* Reclaim

 * Taking back what the dead held, while the living go on.
 *
 * Needs the audit at level full, which knows who holds what, and hand-overs that are stated
 * (lab_pool_transfer): an object that a process was given without a statement still counts as its
 * giver's. */

/* The holder that is gone. */
struct lab_pool_holder {
    uint64_t process; /* lab_os_process() of it; 0: every process that has ended */
    uint32_t
        lcore; /* LAB_LCORE_ANY: all that the process held, but for its device queues. Otherwise
                  this lcore of it, or its LAB_POOL_DEVICE(queue): the caller knows that the thread
                  has ended and that no other has its id yet, or that the queue has been stopped */
};

struct lab_pool_reclaimed {
    uint32_t held;      /* objects that it held */
    uint32_t in_motion; /* and that its last call had in its hands */
    uint32_t unknown;   /* processes of which it cannot be known whether they have ended: what they
                           hold stays theirs */
    bool complete;      /* false: some are unknown; or others were too long inside calls for what is
                           in motion to be distinguished from what they move, or the audit's level was
                           changed meanwhile; another call may find some */
};

/* How many processes have ended since the pool's audit knows them, and may have left something: 0
 * says that there is nothing to reclaim, or no audit.
 *
 * *ret_unknown (may be NULL) is of how many this one cannot tell whether they have ended, and
 * therefore takes nothing:
 * - those of another PID namespace, a container's for instance;
 * - those of another time namespace, when their process id is in use;
 * - those that had no /proc, or no file descriptor to read it, when they made the pool, attached to
 *   it or, where it came to them in another way, first used it;
 * - those whose id is in use, and that the caller cannot look at: its /proc does not show them
 *   (hidepid), it has none, or no file descriptor left;
 * - all, where the caller may not call pidfd_open(2), or is itself one of the third kind.
 *
 * Asks the system about each. Any thread; wait-free but for that. Example: what the DPDK driver
 * does once a second. */
LAB_PUBLIC unsigned lab_pool_ended(const struct lab_pool *pool, unsigned *ret_unknown);

/* Makes the objects free that the dead held. The contents of buffers are zeroed before; objects of
 * the caller's own are as the dead left them, unless `renew` is given, which is called for each.
 * They are given to the pool as by a put of the lcore `lcore`, the caller's own, also through the
 * quarantine, if the pool has one. Anybody who lives may call, and one at a time does it: the
 * others get -EBUSY. One that dies in it is reclaimed itself, unless nobody can know that it has
 * ended (lab_pool_ended()): then the others get -EBUSY for ever.
 *
 * Returns 0; -EBUSY also when the process runs, or cannot be known to have ended, and no lcore of
 * it is named, or when 63 other processes use the pool, so that the caller has found no place among
 * them; -ENOTSUP when the audit is not at level full, -EAGAIN when it has been so for less than
 * LAB_AUDIT_SETTLE_MS; -EINVAL for a wrong lcore. *error (may be NULL) then says what to do, and
 * nothing has been changed.
 *
 * Time: looks at every record; a pool of 262,144 takes some ms, and what it takes back its zeroing
 * besides, and each call of others that it waits for; and where lcores of the process that made the
 * pool have not called in since another one came, four to eight slow barriers (lab_barrier.h).
 * Lock-free for all others, which note what they move meanwhile. Not for hot paths: it asks the
 * system about processes. Example: test/stress/reclaim.c. */
LAB_PUBLIC int lab_pool_reclaim(struct lab_pool *pool, uint32_t lcore,
                                const struct lab_pool_holder *holder,
                                void (*renew)(void *object, void *context), void *context,
                                struct lab_pool_reclaimed *ret_reclaimed,
                                struct lab_error *error) LAB_CHECKED;

#endif
