/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_H
#define LAB_POOL_H

/** @file
 * Pools: objects of one size, spread over one split deque per lcore and one shared stack.
 *
 * Two kinds, the same in all but who owns the memory:
 *   - lab_pool_create() maps memory, or takes pages from an arena, and cuts it into buffers, for
 *     this process or for several, which lab_pool_attach() to it by its name;
 *   - lab_pool_init() builds a pool in memory of the caller's, and lab_pool_adopt() gives it the
 *     caller's objects. The DPDK driver uses that.
 *
 * Every object is in one place: held by the program, in one deque, or in the stack. At rest
 *
 *     held + sum over deques (bot - top) + depths of the stack and of the reserve = count
 *
 * Get tries, in this order: the own private part (the hot path: plain loads and stores), the own
 * public part, the public parts of others (many in one CAS, the surplus into the own private part),
 * the stack, and at last the private parts of idle lcores, which it revokes (one membarrier): it
 * makes them public without their owners. So every object that is free and not of the reserve, and
 * whose lcore is not inside a call, can be obtained by any thread. A failed get is no proof that
 * the pool was empty while other threads were inside a call.
 *
 * The reserve, where there is one, is some objects apart from all others: gets end before it, but
 * for those under LAB_GFP_ATOMIC (lab_pool_get_bulk_atomic()), which may have the last one of it.
 * They are for receive paths. An object of the reserve goes back to it with every put, by any
 * thread.
 *
 * Progress: the hot paths are wait-free, everything else is lock-free: a thread that is preempted,
 * stopped or killed at any point delays nobody, and hides at most the burst that it was moving.
 * Nothing makes a system call, but a get that found too little in all public parts and the stack:
 * at most two, or four where there are more than 64 deques. These interrupt other threads of the
 * process, and do not wait; only in a pool of several processes, such a get may have to wait, 8 to
 * 20 ms, because of lcores of the process that made it that have made no call since another one
 * came; and in a process that gave up membarrier(2) after it made the pool
 * (lab_pool_stats.refused), because of lcores that have made no call since.
 *
 * Stack: gets and puts need LAB_POOL_STACK_BYTES at most.
 *
 * Contents: nothing is ever written into a free object.
 */

#include <lab_common.h>
#include <lab_deque.h>
#include <lab_error.h>
#include <lab_gfp.h>
#include <lab_lcore.h>
#include <lab_region.h>
#include <lab_stack.h>
#include <lab_watermark.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** @struct lab_pool
 * A pool. Its members are the library's own. */
struct lab_pool;

struct lab_arena;

/** The bytes of the caller's stack that gets and puts need at most, with an audit, too: a signal's
 * own stack, or that of a thread of PTHREAD_STACK_MIN, will do. Not counted is what a reporter of
 * the audit needs, which runs on that stack; what a process's first call at level full does to know
 * who it is, if it is a forked child or a secondary of DPDK's; and what the loader needs, where a
 * program that was linked without -z now makes a call for the first time. */
#define LAB_POOL_STACK_BYTES 2048u

/** The most cache lines of an object that a pool prefetches for the caller of a get. */
#define LAB_POOL_PREFETCH_MAX 2

/** A pool's name, with its terminating zero: as long as DPDK's. */
#define LAB_POOL_NAME_SIZE 32

/** Objects in one pool: the stack's limit. */
#define LAB_POOL_COUNT_MAX LAB_STACK_INDEX_MAX

/** How much the audit of a pool records (lab_audit.h). */
enum lab_audit_level {
    LAB_AUDIT_OFF,    /**< costs nothing */
    LAB_AUDIT_SAMPLE, /**< one get in N: finds leaks */
    LAB_AUDIT_FULL,   /**< every get and put: finds everything */
};

/** The audit's options in struct lab_pool_options: the pool carries them, the audit (lab_audit.h)
 * reads them. 0 asks for what stands in brackets. */
struct lab_audit_options {
    enum lab_audit_level level; /**< how much is recorded [LAB_AUDIT_OFF] */
    bool records;          /**< have a table though the level is off, so that it can be raised */
    bool stated;           /**< the program states its hand-overs: only the holder may put */
    bool poison;           /**< overwrite what is free, from poison_from on, poison_bytes of it, and
                              look whether somebody wrote there; at level full */
    uint32_t poison_from;  /**< bytes; what lies before is left alone */
    uint32_t poison_bytes; /**< [all, in a pool of buffers] */
    uint32_t sample;       /**< level sample looks at one get in this number [4096] */
    uint32_t quarantine; /**< objects that wait this number of puts before they can be got again, or
                            until a get would fail without them, at level full; up to a quarter of
                            the pool [0] */
};

/** The options of a pool, for lab_pool_create() and lab_pool_init(). From `lcores` on a member may
 * be 0, which asks for what stands in brackets. */
struct lab_pool_options {
    const char *name; /**< for reports; at most LAB_POOL_NAME_SIZE - 1 characters. "" for
                         lab_pool_init() alone */
    uint32_t count;   /**< objects, 1 to LAB_POOL_COUNT_MAX */

    /* The rest may be 0, which asks for what stands in brackets. */
    uint32_t lcores; /**< ids are 0 to lcores - 1 [LAB_LCORE_MAX] */
    uint32_t deques; /**< lcores that can have a deque of their own at the same time; those that
                        come later work through the stack; at most LAB_LCORE_MAX [16, or lcores if
                        that is less] */
    uint32_t private_size; /**< objects that an lcore keeps private when it publishes [by count, up
                              to 1,024; where deques is given, so that all of them leave half of the
                              objects to others] */
    uint32_t steal_max;    /**< most objects that one steal takes [by count, up to 256] */
    uint32_t circulate; /**< objects that an lcore keeps public: what it publishes beyond that, the
                           oldest, is parked in the shared stack, from which is taken last. Where
                           one lcore gets and another puts, about as many go round, and not all that
                           there are: choose what fits into the last-level cache. Costs where lcores
                           hold more than that for a while [no bound] */
    uint32_t reserve;   /**< of these, objects that only LAB_GFP_ATOMIC may take: fewer than count.
                           With lab_pool_init(), those that are adopted first [none] */
    uint32_t low;       /**< objects free at which the pool is low, those of the
                           reserve among them: from the reserve on, fewer than count [the reserve] */
    uint32_t high; /**< objects free at which there is no pressure any more: more than low [low, and
                      an eighth of what is beyond that] */
    bool shared;   /**< other processes use the pool too [this one alone]; once one has come, every
                      get fences. With lab_pool_create() they find it by its name, which no other
                      shared region of this user may have */
    struct lab_audit_options audit; /**< who holds what, since when and from where [nothing] */

    /** For lab_pool_init() alone: until the first lab_pool_adopt(), an object that the pool does
     * not know is adopted when it is put, as long as there are fewer than count. For programs that
     * put their objects without adopting them before; each put is a slow one until the pool has all
     * [what is put must be known] */
    bool takes_strangers;

    uint32_t prefetch_lines; /**< cache lines in `prefetch`, up to LAB_POOL_PREFETCH_MAX [none] */
    /** Cache lines that a holder writes first, by an offset in each object. Those of an object that
     * comes from another lcore are asked for when it is got, in the exclusive state: the caller's
     * first writes then need not wait. It costs where nobody touches the objects. */
    uint32_t prefetch[LAB_POOL_PREFETCH_MAX];

    /* The rest is for lab_pool_create() alone. */

    /** Trust domains: domain[i] is that of lcore i, for all `lcores`, which must be given then;
     * threads without an id are of domain 0. A buffer is zeroed before another domain gets it, as
     * far as it was dirtied: see lab_pool_put_used(). Gets and puts cost more then [all trust each
     * other] */
    const uint8_t *domain;

    uint32_t buffer_bytes; /**< size of a buffer; 1 to 1 GiB */
    uint32_t align;        /**< of buffers, a power of two up to 4096 [64] */
    int node;              /**< NUMA node, or LAB_NODE_ANY. 0 is node 0! */
    enum lab_pages pages;  /**< [the best that can be had] */

    /** Pages of this arena (lab_page.h) are what the buffers are cut from: several pools, of
     * whatever sizes, can share its memory, and lab_pool_destroy() gives it back. It must live
     * longer than the pool. The pool's memory beside its buffers is mapped for itself, as `node`
     * and `pages` say. Not for shared pools, and buffers have at most 2 MiB [mapped memory] */
    struct lab_arena *arena;
    unsigned gfp; /**< how to ask the arena: a class, and modifiers (lab_gfp.h) [LAB_GFP_WAIT] */
};

/** Maps memory for a pool of buffers, or gets it from an arena, and makes it. All buffers are free.
 * On failure *error (may be NULL) says what was short and how to fix it, and *ret_pool is
 * untouched. On success error->message may name better memory that could not be had (see
 * lab_region_create()).
 *
 * @retval -EINVAL a wrong option
 * @retval -ENOMEM memory was short
 * @retval -errno another error of lab_region_create()
 * @threads Any thread; blocking; for set-up only. */
LAB_PUBLIC int lab_pool_create(const struct lab_pool_options *options, struct lab_pool **ret_pool,
                               struct lab_error *error) LAB_CHECKED;

/** Finds the shared pool of that name that another process made, and maps it. That process is of
 * this user and has no fewer rights than this one (see lab_region_attach()). The pool is at the
 * same address there, and so are its buffers, which any of the processes may put.
 *
 * Ids of lcores are the pool's, not the process's: no two threads of all processes may use one at
 * the same time. lab_lcore_acquire() knows its own process alone, so give each process a range of
 * ids, or use LAB_LCORE_ANY. Once a process has attached, every get fences: those of the maker's
 * lcores from their next slow path on. A process that dies takes what it held with it, and delays
 * nobody.
 *
 * @retval -EAGAIN the pool is being made: call again
 * @retval -EPROTO the region is no pool, or one of another version of this library
 * @retval -errno another error of lab_region_attach()
 * @threads Any thread; blocking; for set-up only. */
LAB_PUBLIC int lab_pool_attach(const char *name, struct lab_pool **ret_pool,
                               struct lab_error *error) LAB_CHECKED;

/** Says that from now on other processes than its maker use a pool that was made `shared`. Their
 * first calls are then seen by a get of the maker's that makes private parts public, and no object
 * is given out twice. lab_pool_attach() says so by itself. For a pool of lab_pool_init() in memory
 * that other processes find in another way, such as children after fork(), somebody must: the maker
 * before, or each of the others before its first call. It cannot be taken back.
 *
 * @retval -EINVAL a pool that was not made `shared`
 * @threads Any thread; wait-free. */
LAB_PUBLIC int lab_pool_announce(struct lab_pool *pool);

/** Unmaps a pool made by lab_pool_create(), or gives its pages back to their arena. NULL is
 * allowed. No thread of this process may be using the pool. A shared pool is unmapped for this
 * process alone, whatever is held: put back first what this process holds. Its memory ends with the
 * last process that has it.
 *
 * @retval -EBUSY some buffers are still held, and would dangle: nothing is unmapped, and the audit,
 *     if there is one, reports who holds them
 * @threads Any thread; blocking, as the kernel is. */
LAB_PUBLIC int lab_pool_destroy(struct lab_pool *pool);

/** Computes the bytes that lab_pool_init() needs for these options.
 *
 * @retval -errno as lab_pool_create()
 * @threads Any thread; wait-free. */
LAB_PUBLIC int lab_pool_footprint(const struct lab_pool_options *options, size_t *ret_bytes,
                                  struct lab_error *error) LAB_CHECKED;

/** Makes a pool for the caller's objects, in memory of the caller's. The memory has
 * lab_pool_footprint() bytes, zeroed and aligned to LAB_CACHE_LINE, and the caller frees it when
 * nobody uses the pool any more. The pool knows no objects yet: lab_pool_adopt() gives it some. Of
 * the options, buffer_bytes must be 0.
 *
 * @retval -EINVAL a wrong option, or memory that is not so aligned
 * @retval -errno another error of lab_pool_create()
 * @threads Any thread; for set-up only. */
LAB_PUBLIC int lab_pool_init(void *memory, const struct lab_pool_options *options,
                             struct lab_pool **ret_pool, struct lab_error *error) LAB_CHECKED;

/** Gives a pool of lab_pool_init() an object that it is to serve. The object counts as held: put it
 * to make it free. The first call ends what options->takes_strangers asked for.
 *
 * @retval -ENOSPC beyond options->count
 * @retval -EEXIST the pool knows the object
 * @threads Any thread, while no other uses the pool; wait-free. */
LAB_PUBLIC int lab_pool_adopt(struct lab_pool *pool, void *object);

/* Gets and puts */

#ifndef LAB_POOL_CHECKS
/** 1 in a checking build (-DLAB_POOL_CHECKS=1), which looks at every object that is put. */
#define LAB_POOL_CHECKS 0
#endif

/** Gets n objects, all or none, into the array ret_objects. On failure ret_objects is untouched and
 * nothing is taken.
 *
 * lcore is the calling thread's id, which no other thread may use at the same time, or
 * LAB_LCORE_ANY. A signal handler is another thread in this: the call that it interrupts may be one
 * with that id, half done, and then an object is given out twice, or lost. In a handler the id is
 * LAB_LCORE_ANY.
 *
 * @retval -ENOBUFS there are too few
 * @retval -EINVAL lcore is neither an id of the pool nor LAB_LCORE_ANY
 * @threads Any thread; wait-free from the private part, otherwise lock-free. System calls only when
 *     all that is public is too little, and no waiting in them but where other processes have come
 *     (lab_pool.h). */
LAB_INLINE int lab_pool_get_bulk(struct lab_pool *pool, uint32_t lcore, void **ret_objects,
                                 unsigned n);

/** Gets as lab_pool_get_bulk(), and where that would fail, may take the last object of the reserve.
 * It is for the receive path, whose needs come first.
 * @like{lab_pool_get_bulk} */
LAB_INLINE int lab_pool_get_bulk_atomic(struct lab_pool *pool, uint32_t lcore, void **ret_objects,
                                        unsigned n);

/** Puts n objects back, which any thread may have got. It cannot fail for objects of this pool that
 * the caller holds, and an lcore as for lab_pool_get_bulk().
 *
 * @retval -EINVAL lcore is out of range or, in a checking build, an object is not of this pool:
 *     nothing is put
 * @retval -EBADMSG the audit at level full found faults, which it reports: all other objects are
 *     put
 * @threads Any thread; wait-free into the private part, otherwise lock-free; never blocks; no
 *     system call. */
LAB_INLINE int lab_pool_put_bulk(struct lab_pool *pool, uint32_t lcore, void *const *objects,
                                 unsigned n);

/** Puts as lab_pool_put_bulk(), by a caller that knows how far these buffers were written to. Since
 * they were got, nobody wrote to more than their first used_bytes. In a pool with trust domains no
 * more will have to be zeroed before another domain gets them; lab_pool_put_bulk() takes all of a
 * buffer for written to. Bytes that an earlier holder of the same domain wrote further behind are
 * not forgotten.
 *
 * @retval -EINVAL, -EBADMSG as lab_pool_put_bulk()
 * @threads As lab_pool_put_bulk(): any thread; never blocks. */
LAB_INLINE int lab_pool_put_used(struct lab_pool *pool, uint32_t lcore, void *const *objects,
                                 unsigned n, size_t used_bytes);

/** Gets one object, as lab_pool_get_bulk().
 * @like{lab_pool_get_bulk} */
LAB_INLINE int lab_pool_get(struct lab_pool *pool, uint32_t lcore, void **ret_object);

/** Gets one object, as lab_pool_get_bulk_atomic().
 * @like{lab_pool_get_bulk} */
LAB_INLINE int lab_pool_get_atomic(struct lab_pool *pool, uint32_t lcore, void **ret_object);

/** Puts one object, as lab_pool_put_bulk().
 * @like{lab_pool_put_bulk} */
LAB_INLINE int lab_pool_put(struct lab_pool *pool, uint32_t lcore, void *object);

/** A ring in which a device, or the kernel, looks for the addresses of empty buffers. Entry i is
 * the word at words[(i & mask) * step], and holds the address of a buffer less `origin`. */
struct lab_pool_ring {
    uint64_t *words; /**< the first of them */
    uint32_t mask;   /**< entries, a power of two, less 1 */
    uint32_t step; /**< words from entry to entry: 1 in a ring of addresses, 2 of descriptors of 16
                      bytes that begin with the address */
    uintptr_t origin; /**< 0 for addresses, the start of the memory for offsets in it, as AF_XDP has
                         them, or the difference between the memory's address and what the device
                         takes it for */
};

/** Gets n objects, all or none, and writes where they are into the entries at, at + 1 and so on of
 * a ring. It is lab_pool_get_bulk_atomic() without an array between. The contents of the entries
 * after a failure are not specified.
 * @like{lab_pool_get_bulk} */
LAB_INLINE int lab_pool_fill(struct lab_pool *pool, uint32_t lcore,
                             const struct lab_pool_ring *ring, uint32_t at, unsigned n);

/** A cursor, for a thread that gets and puts one object at a time. Each lab_pool_get() loads a
 * counter that the call before it has stored, and waits for that store; a cursor that is a variable
 * of the calling function has it in a register. Its calls do the same as the pool's, sooner. */
struct lab_pool_cursor {
    struct lab_pool *pool;      /**< the pool */
    uint32_t lcore;             /**< the id of the thread */
    struct lab_deque *deque;    /**< the library's own, as are all behind it */
    struct lab_deque_ring ring; /**< slots of the deque */
    uint64_t bot;               /**< counter of the deque */
    uint64_t pop_floor;         /**< bound of a plain get */
    uint64_t push_limit;        /**< bound of a plain put */
};

/** Opens a cursor. From now on the thread with that id makes its calls on that pool through it, and
 * after any other call with that id, opens it anew. There is nothing to close. lcore is as in
 * lab_pool_get_bulk().
 *
 * @threads Owner of the id; wait-free. */
LAB_INLINE void lab_pool_cursor_open(struct lab_pool_cursor *ret_cursor, struct lab_pool *pool,
                                     uint32_t lcore);

/** Gets one object by a cursor, for the owner of its id, as lab_pool_get().
 * @like{lab_pool_get_bulk} */
LAB_INLINE int lab_pool_cursor_get(struct lab_pool_cursor *cursor, void **ret_object);

/** Puts one object by a cursor, for the owner of its id, as lab_pool_put().
 * @like{lab_pool_put_bulk} */
LAB_INLINE int lab_pool_cursor_put(struct lab_pool_cursor *cursor, void *object);

/** Finds the memory in which a pool's buffers lie, one behind the other: the memory that the kernel
 * or a device is given, as AF_XDP is (its UMEM). *ret_bytes is untouched where there is no such
 * memory.
 *
 * @return the first buffer; NULL: they are pages of an arena, or objects of the caller's
 * @threads Any thread; wait-free. */
LAB_INLINE void *lab_pool_buffers(const struct lab_pool *pool, size_t *ret_bytes);

/** Returns whether something of the reserve may be held. That is one load.
 *
 * @return true when something may be; false is certain
 * @threads Any thread; wait-free. */
LAB_INLINE bool lab_pool_reserve_is_held(const struct lab_pool *pool);

/** Returns whether an object is of the reserve. A receive path that was given one had better not
 * pass it to code that keeps objects for long. While nothing of the reserve is held, that is one
 * load.
 *
 * @return true for an object of the reserve
 * @threads Any thread; wait-free. */
LAB_PUBLIC bool lab_pool_is_reserve(const struct lab_pool *pool, const void *object);

/** Counts the free objects.
 *
 * @return the number: exact while no thread is inside a call
 * @threads Any thread; wait-free. */
LAB_PUBLIC uint32_t lab_pool_count(const struct lab_pool *pool);

/** Finds the object's index, 0 to count - 1, and puts it into *ret_index.
 *
 * @retval -ENOENT it is no object of this pool, or not the start of one
 * @threads Any thread; wait-free. */
LAB_PUBLIC int lab_pool_index(const struct lab_pool *pool, const void *object, uint32_t *ret_index);

/** The report of lab_pool_stats(). */
struct lab_pool_stats {
    uint32_t count;      /**< objects */
    uint32_t free;       /**< as lab_pool_count() */
    uint32_t stack;      /**< of these, in the shared stack */
    uint32_t reserve;    /**< of these, in the reserve */
    uint32_t reserved;   /**< size of the reserve */
    uint32_t high_water; /**< most objects seen held at once: a sample of slow gets, an estimate */
    bool refused; /**< membarrier(2) was refused after the pool had been made: each lcore fences
                     from its next slow path on, and a revoker may wait 8 to 20 ms for one that does
                     not yet */
};

/** How a slow path ended, one counter each per lcore. The hot paths count nothing
 * (doc/adr/0006). */
enum lab_pool_counter {
    LAB_POOL_GET_OWN,     /**< gets served by the own deque, but not by its hot path */
    LAB_POOL_GET_STEAL,   /**< steals from other lcores that brought something */
    LAB_POOL_GET_STACK,   /**< bursts taken from the stack */
    LAB_POOL_GET_REVOKE,  /**< revocations of other lcores' private parts, by a system call */
    LAB_POOL_GET_RESERVE, /**< gets that had to take something from the reserve */
    LAB_POOL_GET_FAIL,    /**< gets that found too little */
    LAB_POOL_PUT_PUBLISH, /**< puts into the own deque, but not by its hot path */
    LAB_POOL_PUT_STACK,   /**< puts that went to the stack: no deque, or a full one */
    LAB_POOL_PUT_FOREIGN, /**< objects on their way to the stack that are not this pool's: dropped,
                             and reported (lab_audit.h) at every level of the audit */
    LAB_POOL_PUT_TWICE,   /**< objects on their way to the stack that lie in it already: dropped */
    LAB_POOL_COUNTERS     /**< their number */
};

/** One lcore's share of a pool. Objects that are free are in private parts, public parts or the
 * stack. */
struct lab_pool_lcore_stats {
    uint32_t private_part;               /**< free objects in the private part of its deque */
    uint32_t public_part;                /**< free objects in the public part */
    uint64_t counter[LAB_POOL_COUNTERS]; /**< by enum lab_pool_counter */
};

/** Reports where a pool's free objects are. Reads only. Figures are near the truth while the pool
 * is in use.
 *
 * @threads Any thread; wait-free. */
LAB_PUBLIC void lab_pool_stats(const struct lab_pool *pool, struct lab_pool_stats *ret_stats);

/** Reports one lcore's share of a pool, and how its slow paths ended. lcore may be LAB_LCORE_ANY.
 * Reads only.
 *
 * @retval -EINVAL lcore is out of range
 * @retval -ENOENT that lcore has never come to this pool's slow paths
 * @threads Any thread; wait-free. */
LAB_PUBLIC int lab_pool_lcore_stats(const struct lab_pool *pool, uint32_t lcore,
                                    struct lab_pool_lcore_stats *ret_stats);

/** Returns the name of a counter.
 *
 * @return "get_steal" and the like; NULL beyond the last
 * @threads Any thread; wait-free. */
LAB_INLINE const char *lab_pool_counter_name(enum lab_pool_counter counter);

/** How near its end a pool is, and how often it has crossed its watermarks: events that a program
 * polls.
 *
 *     objects free     high ─ there is no pressure any more
 *          │           low  ─ no more than these: gets end here where this is the reserve, which is
 *          │                  the default
 *          ▼           0    ─ empty: not even the receive path gets anything any more
 *
 * Free objects are counted where it costs nothing that a program would notice, on the slow paths:
 * by gets that fail, by the first to take something from the reserve, by one in some
 * slow gets of an lcore (eight for each lcore that has a deque, or fewer in a small pool; each of
 * these moves many objects), and, while there is pressure, by its slow puts
 * likewise. So a low watermark above the reserve is noticed some refills late, and a pool that
 * nobody works with does not notice that the pressure is over: lab_pool_pressure() counts at once.
 * Threads that count at the same time may be wrong by what others are moving. */
struct lab_pool_events {
    enum lab_pressure pressure;    /**< as of the last crossing */
    uint32_t low;                  /**< the low watermark, in objects */
    uint32_t high;                 /**< the high watermark, in objects */
    uint64_t count[LAB_CROSSINGS]; /**< since the pool was made, by enum lab_crossing */
};

/** Reports a pool's watermarks and the events so far. Reads only.
 *
 * @threads Any thread, of any process that has the pool; wait-free, no system call. */
LAB_INLINE void lab_pool_events(const struct lab_pool *pool, struct lab_pool_events *ret_events);

/** Returns a number that grows by one whenever the number of free objects crosses a watermark. A
 * poller asks lab_pool_events() only when it has changed. That is one load.
 *
 * @return the number of events so far
 * @threads Any thread; wait-free, no system call. */
LAB_INLINE uint64_t lab_pool_sequence(const struct lab_pool *pool);

/** Counts now, and returns how near the end the pool is. It is for a thread that is idle, since it
 * reads the lines that others are writing.
 *
 * @return the pressure now
 * @threads Any thread; wait-free. */
LAB_PUBLIC enum lab_pressure lab_pool_pressure(struct lab_pool *pool);

/** Returns the name of a crossing.
 *
 * @return "below_low", "emptied" or "above_high"; NULL beyond the last
 * @threads Any thread; wait-free. */
LAB_INLINE const char *lab_pool_crossing_name(enum lab_crossing crossing);

/** Returns the name of a pressure: "none", "below low" or "empty".
 * @like{lab_pool_crossing_name} */
LAB_INLINE const char *lab_pool_pressure_name(enum lab_pressure pressure);

#include <lab_pool_inline.h>
#include <lab_pool_receive_inline.h>

#endif
