/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_H
#define LAB_POOL_H

/* Pools: things of one size, spread over one split deque per lcore and one shared stack.
 *
 * Two kinds, the same in all but who owns the memory:
 *   - lab_pool_create() maps memory, or takes pages from an arena, and cuts it into buffers, for
 *     this process or for several, which lab_pool_attach() to it by its name;
 *   - lab_pool_init() builds a pool in memory of the caller's, and lab_pool_adopt() tells it the
 *     caller's objects. That is what the DPDK driver uses.
 *
 * Every thing is in one place: held by the program, in one deque, or in the stack. At rest
 *
 *     held + sum over deques (bot - top) + depths of the stack and of the reserve = count
 *
 * Get tries, in this order: the own tip (the hot path: plain loads and stores), the own public
 * part, the public parts of others (many in one CAS, the surplus into the own tip), the stack, and
 * at last the tips of lcores that do not call in, which it revokes (one membarrier). So every thing
 * that is free and not of the reserve, and whose lcore is not inside a call, can be obtained by any
 * thread. A failed get
 * is no proof that the pool was empty while other threads were inside a call.
 *
 * The reserve, where there is one, is some things apart from all others: gets end before it, but
 * for those under LAB_GFP_ATOMIC (lab_pool_get_bulk_atomic()), which may have the last one of it.
 * They are for receive paths. What belongs to the reserve goes back to it when it is put, whoever
 * puts it.
 *
 * Progress: the hot paths are wait-free, all else is lock-free: a thread that is preempted, stopped
 * or killed at any point delays nobody, and hides at most the burst that it was moving. Nothing
 * makes a system call, but a get that found too little in all public parts and the stack: at most
 * two, or four where there are more than 64 deques. These interrupt other threads of the process,
 * and do not wait; only in a pool of several processes, such a get may have to wait, 8 to 20 ms,
 * because of lcores of the process that made it that have not called in since another one came; and
 * in a process that gave up membarrier(2) after it made the pool (lab_pool_stats.refused), because
 * of lcores that have not called in since.
 *
 * Stack: gets and puts need LAB_POOL_STACK_BYTES at most.
 *
 * Contents: nothing is ever written into a free thing.
 */

#include <errno.h>
#include <lab_barrier.h>
#include <lab_common.h>
#include <lab_deque_set.h>
#include <lab_error.h>
#include <lab_gfp.h>
#include <lab_lcore.h>
#include <lab_pool_options.h>
#include <lab_pool_watermark.h>
#include <lab_region.h>
#include <lab_stack.h>
#include <stddef.h>

/* What gets and puts need of the caller's stack at most, bytes, with an audit, too: a signal's own
 * stack, or that of a thread of PTHREAD_STACK_MIN, will do. Not counted is what a reporter of the
 * audit needs, which runs on that stack; what a process's first call at level full does to know who
 * it is, if it is a forked child or a secondary of DPDK's; and what the loader needs, where a
 * program that was linked without -z now makes a call for the first time. */
#define LAB_POOL_STACK_BYTES 2048u

/* How a slow path ended, one counter each per lcore. The hot paths count nothing: see
 * doc/adr/0006. */
enum lab_pool_event {
    LAB_POOL_GET_OWN,     /* gets served by the own deque, but not by its hot path */
    LAB_POOL_GET_STEAL,   /* steals from other lcores that brought something */
    LAB_POOL_GET_STACK,   /* bursts taken from the stack */
    LAB_POOL_GET_REVOKE,  /* revocations of other lcores' tips, by a system call at most */
    LAB_POOL_GET_RESERVE, /* gets that had to take something from the reserve */
    LAB_POOL_GET_FAIL,    /* gets that found too little */
    LAB_POOL_PUT_PUBLISH, /* puts into the own deque, but not by its hot path */
    LAB_POOL_PUT_STACK,   /* puts that went to the stack: no deque, or a full one */
    LAB_POOL_PUT_FOREIGN, /* things on their way to the stack that are not this pool's: dropped, and
                             told to the reporter (lab_audit_report.h), whatever the audit's level
                           */
    LAB_POOL_PUT_TWICE,   /* things on their way to the stack that lie in it already: dropped */
    LAB_POOL_EVENTS
};

/* A slow path's memory, one per lcore and written by it alone; the first one, of the threads
 * without an id, is shared by them and used for the counters only. */
struct lab_pool_slow {
    alignas(LAB_CACHE_LINE) lab_atomic_t event[LAB_POOL_EVENTS];
    struct lab_deque_set_own own;
    uint32_t gets; /* slow ones that succeeded */
    uint32_t puts; /* slow ones while the pool was under pressure */
};

/* Room in a pool for the constants of the floor above, in bytes. */
#define LAB_POOL_ABOVE_BYTES 128

/* In memory that may be shared between processes, at the same address in each: no pointer to
 * functions or to anything private to a process. Only the inline functions below look inside.
 *
 * First comes what never changes once the pool is made. In a pool that processes share by its name
 * it is each process's own, which no other can write to: see lab_pool_layout.h. */
struct lab_pool {
    uint32_t magic; /* first, so that a driver can tell whose pool this is */
    uint32_t count;
    uint32_t lcores;
    uint32_t stride; /* bytes from buffer to buffer, or 0: they lie here and there */
    uint32_t hash_mask;
    uint32_t hot_puts; /* lcores that take the hot path of puts: all; or none, for a hot path trusts
                          what a deque says of its slots, which other processes may write to */
    uint32_t adopted;  /* objects known so far */
    uint32_t reserved; /* of all things, the first so many are the reserve */
    uintptr_t reserve_from; /* where they lie, and perhaps others in between */
    size_t reserve_bytes;
    uint32_t claims; /* as in the options */
    uint32_t claim[LAB_POOL_CLAIMS];
    uint32_t shape;         /* of what lies here: a process with another version must not attach */
    uint32_t buffer_bytes;  /* or 0: objects of the caller's */
    lab_byte_t *sweep_seen; /* by index, the sweep in which an object was last on its way */
    char *buffers;          /* with a stride: the first buffer */
    void **objects;         /* without: index to thing */
    uint32_t *hash;         /* without: thing to index + 1, open addressing */
    struct lab_pool_slow *slow;   /* lcores + 1 entries, like the deques */
    struct lab_deque_array array; /* deque[], below, as the set has it */
    struct lab_deque_set set;
    struct lab_watermark_limits limits;
    struct lab_stack stack;
    struct lab_stack reserve; /* over the same links: a thing is in one of the two */
    struct lab_region region; /* of lab_pool_create() */
    struct lab_arena *arena;  /* whose pages the buffers are, or NULL */
    uintptr_t *run;           /* of these: the address, and the order in its low bits */
    uint32_t runs;
    char name[LAB_POOL_NAME_SIZE];

    /* Constants of the floor above (lab_intercept.h): nothing here looks into them. */
    alignas(8) unsigned char above[LAB_POOL_ABOVE_BYTES];

    /* And here begins what all write. So many lcores take the hot path of gets: all, or none while
     * the audit looks at them, or trust domains have to be kept apart, or where processes share the
     * pool by its name. */
    alignas(LAB_CACHE_LINE) lab_atomic_t hot; /* H1: opened with release, read by slow gets with
                                                 acquire */
    lab_atomic_t strangers;    /* enum lab_pool_strangers: what is put and not known */
    lab_atomic_t sweep;        /* the sweep that is under way, 1 to 255; 0: there is none */
    lab_atomic_t reserve_held; /* objects of the reserve that may be held */
    lab_atomic_t withheld;     /* free objects that the floor above keeps back */
    lab_atomic_t foreign;      /* an object that was dropped and is not reported yet, or 0 */

    /* Of the set. `intercepted` is read by every put, and seldom written. Reasons for it are,
     * beside a shortage: each sampled thing that is held, each of the reserve that is, an audit at
     * level full, trust domains, and that strangers are adopted. */
    struct lab_deque_set_state state;

    /* Read by slow puts, written when a watermark is crossed. */
    alignas(LAB_CACHE_LINE) struct lab_watermark watermark;
    lab_atomic_t sequence; /* of its events */
    lab_atomic_t low_free; /* fewest free things seen */

    alignas(LAB_CACHE_LINE) lab_atomic_t stack_head;
    alignas(LAB_CACHE_LINE) lab_atomic_t reserve_head;

    /* lcores + 1 entries, by lab_pool_lcore_index(): the first is for the threads without an id,
     * and never has slots. */
    struct lab_deque deque[];
};

/* Whether the pool adopts what it does not know when that is put; LAB_POOL_ADOPTING while a thread
 * is about it. */
enum lab_pool_strangers { LAB_POOL_CLOSED, LAB_POOL_OPEN, LAB_POOL_ADOPTING };

#define LAB_POOL_MAGIC UINT32_C(0x7962614c) /* "Laby" in memory */

/* Tells most versions of this library from each other. */
#define LAB_POOL_SHAPE                                                                             \
    ((uint32_t)(sizeof(struct lab_pool_slow) << 24 ^ sizeof(struct lab_pool) << 16) |              \
     (uint32_t)sizeof(struct lab_deque) << 4 | LAB_POOL_EVENTS)

/* Maps memory for a pool of buffers, or gets it from an arena, and makes it. All buffers are free.
 * Returns 0; -EINVAL for a wrong option, -ENOMEM when memory was short, or what else
 * lab_region_create() returns; *error (may be NULL) then says which and how to mend it, and
 * *ret_pool is untouched. On success error->message may name better memory that could not be had
 * (see lab_region_create). Blocking; set-up only; any thread. Examples: doc/examples/native.c,
 * test/doc/sizes.c. */
LAB_PUBLIC int lab_pool_create(const struct lab_pool_options *options, struct lab_pool **ret_pool,
                               struct lab_error *error) LAB_CHECKED;

/* Finds the shared pool of that name that another process made, of this user and with no fewer
 * rights than this one (lab_region_attach), and maps it: it is at the same address there, and so
 * are its buffers, which any of the processes may put. What holds for regions holds for it: see
 * lab_region_attach(), whose errors it has, too; -EAGAIN while the pool is being made, and -EPROTO
 * when the region is no pool, or one of another version of this library.
 *
 * Ids of lcores are the pool's, not the process's: no two threads of all processes may use one at
 * the same time. lab_lcore_acquire() knows its own process alone, so give each process a range of
 * ids, or use LAB_LCORE_ANY. Once a process has attached, every get fences: those of the maker's
 * lcores from their next slow path on. A process that dies takes what it held with it, and delays
 * nobody. Blocking; set-up only; any thread. Example: test/stress/killed.c. */
LAB_PUBLIC int lab_pool_attach(const char *name, struct lab_pool **ret_pool,
                               struct lab_error *error) LAB_CHECKED;

/* Says that from now on other processes than its maker use a pool that was made `shared`: their
 * first calls are then seen by a get of the maker's that makes private parts public, and no thing
 * is given out twice. lab_pool_attach() says so by itself. For a pool of lab_pool_init() in memory
 * that other processes find in another way, such as children after fork(), somebody must: the maker
 * before, or each of the others before its first call. It cannot be taken back. Returns 0; -EINVAL
 * for a pool that was not made `shared`. Any thread; wait-free. Example: test/stress/child.c. */
LAB_PUBLIC int lab_pool_announce(struct lab_pool *pool);

/* Unmaps a pool made by lab_pool_create(), or gives its pages back to their arena; NULL is allowed.
 * No thread of this process may be using it. Any thread; blocking, as the kernel is. Returns 0, or
 * -EBUSY when some buffers are still held: they would dangle, so nothing is unmapped then, and the
 * audit, if there is one, reports who holds them. A shared pool is unmapped for this process alone,
 * whatever is held: put back first what this process holds. Its memory ends with the last process
 * that has it. */
LAB_PUBLIC int lab_pool_destroy(struct lab_pool *pool);

/* Bytes that lab_pool_init() needs for these options. Errors as lab_pool_create(). Wait-free. */
LAB_PUBLIC int lab_pool_footprint(const struct lab_pool_options *options, size_t *ret_bytes,
                                  struct lab_error *error) LAB_CHECKED;

/* Makes a pool for the caller's objects in memory of lab_pool_footprint() bytes, zeroed and aligned
 * to LAB_CACHE_LINE, that the caller frees when nobody uses the pool any more. The pool knows no
 * objects yet. buffer_bytes must be 0. Set-up only; errors as lab_pool_create(), and
 * -EINVAL for memory that is not so aligned. */
LAB_PUBLIC int lab_pool_init(void *memory, const struct lab_pool_options *options,
                             struct lab_pool **ret_pool, struct lab_error *error) LAB_CHECKED;

/* Tells a pool of lab_pool_init() an object that it is to serve. The object counts as held: put it
 * to make it free. The first call ends what options->takes_strangers asked for. Any thread, while
 * no other uses the pool; wait-free.
 * Returns 0, -ENOSPC beyond options->count, -EEXIST for one that it knows. */
LAB_PUBLIC int lab_pool_adopt(struct lab_pool *pool, void *object);

/* Makes a pool of lab_pool_init() forget all objects, so that it can adopt others: the way back
 * from an adoption that failed half-way. An audit forgets them, too. Any thread, while no other
 * uses the pool; wait-free. Returns 0; -EBUSY while any object is free: get them all first; -EINVAL
 * for a pool that was cut into buffers. */
LAB_PUBLIC int lab_pool_disown_all(struct lab_pool *pool) LAB_CHECKED;

/* Makes public what is in the tip of the calling thread's deque, so that others find it without
 * having to revoke it: for an lcore that will not use the pool for long, such as one that has just
 * filled it. Returns 0; -EINVAL when lcore is not an id of this pool; for LAB_LCORE_ANY there is
 * nothing to do. Lock-free. */
LAB_PUBLIC int lab_pool_publish(struct lab_pool *pool, uint32_t lcore);

/* Free things. Exact while no thread is inside a call. Any thread; wait-free. */
LAB_PUBLIC uint32_t lab_pool_count(const struct lab_pool *pool);

/* The thing's index, 0 to count - 1, into *ret_index. -ENOENT when it is no thing of this pool, or
 * not the start of one. Any thread; wait-free. */
LAB_PUBLIC int lab_pool_index(const struct lab_pool *pool, const void *thing, uint32_t *ret_index);

struct lab_pool_stats {
    uint32_t count;      /* things */
    uint32_t free;       /* as lab_pool_count() */
    uint32_t stack;      /* of these, in the shared stack */
    uint32_t reserve;    /* and in the reserve, */
    uint32_t reserved;   /* out of so many */
    uint32_t high_water; /* most things seen held at once: a sample of slow gets, an estimate */
    bool refused; /* membarrier(2) was refused after the pool had been made: each lcore fences
                     from its next slow path on, and who revokes may wait 8 to 20 ms for one
                     that does not yet */
};

/* One lcore's share. Things that are free are in tips, public parts or the stack. */
struct lab_pool_lcore_stats {
    uint32_t tip;
    uint32_t public_part;
    uint64_t event[LAB_POOL_EVENTS]; /* by enum lab_pool_event */
};

/* Both read only. Figures are near the truth while the pool is in use. Any thread; wait-free.
 * lab_pool_lcore_stats: lcore may be LAB_LCORE_ANY; -EINVAL when it is out of range, -ENOENT when
 * that lcore has never come to this pool's slow paths. */
LAB_PUBLIC void lab_pool_stats(const struct lab_pool *pool, struct lab_pool_stats *ret_stats);
LAB_PUBLIC int lab_pool_lcore_stats(const struct lab_pool *pool, uint32_t lcore,
                                    struct lab_pool_lcore_stats *ret_stats);

/* One more whenever the number of free things crosses a mark: whoever polls it asks
 * lab_pool_events() only when it has changed. One load. Any thread; wait-free, no system call. */
LAB_INLINE uint64_t lab_pool_sequence(const struct lab_pool *pool)
{
    return lab_load_acquire(&pool->sequence); /* M2: or an event that raised it is not seen */
}

/* The name of an event, "get_steal" and the like; NULL beyond the last. Any thread; wait-free. */
LAB_PUBLIC const char *lab_pool_event_name(enum lab_pool_event event);

/* Returns whether a thing is of the reserve: a receive path that was given one had better not let
 * it go to those who keep things for long. While nothing of the reserve is held, that is one load.
 * Any thread; wait-free. */
LAB_PUBLIC bool lab_pool_is_reserve(const struct lab_pool *pool, const void *thing);

/* The rest of get and put: for the inline functions below only. gfp is a class (lab_gfp.h). */
LAB_PUBLIC int lab_pool_get_slow(struct lab_pool *pool, uint32_t lcore, unsigned gfp,
                                 void **ret_things, unsigned n);
LAB_PUBLIC int lab_pool_put_slow(struct lab_pool *pool, uint32_t lcore, void *const *things,
                                 unsigned n);
LAB_PUBLIC int lab_pool_put_used_slow(struct lab_pool *pool, uint32_t lcore, void *const *things,
                                      unsigned n, size_t used_bytes);
LAB_PUBLIC int lab_pool_check(const struct lab_pool *pool, uint32_t lcore, void *const *things,
                              unsigned n);

/* A checking build (-DLAB_POOL_CHECKS=1) looks at every thing that is put. */
#ifndef LAB_POOL_CHECKS
#define LAB_POOL_CHECKS 0
#endif

/* The index of an lcore: LAB_LCORE_ANY wraps around to the first, which is that of all threads
 * without an id. Any thread; wait-free.
 * Beyond pool->lcores: not an id of this pool. */
LAB_INLINE uint32_t lab_pool_lcore_index(uint32_t lcore)
{
    return lcore + 1;
}

/* The hot halves. false: nothing was done, and the slow half is the way on. */
LAB_INLINE bool lab_pool_get_hot(struct lab_pool *pool, uint32_t lcore, void **ret_things,
                                 unsigned n)
{
    return lab_likely(lcore < lab_load_relaxed(&pool->hot)) &&
           lab_likely(
               lab_deque_pop_owner(&pool->deque[lab_pool_lcore_index(lcore)], ret_things, n));
}

LAB_INLINE bool lab_pool_put_hot(struct lab_pool *pool, uint32_t lcore, void *const *things,
                                 unsigned n)
{
    return lab_likely(lcore < pool->hot_puts) &&
           lab_likely(lab_load_relaxed(&pool->state.intercepted) == 0) &&
           lab_likely(lab_deque_push_owner(&pool->deque[lab_pool_lcore_index(lcore)], things, n));
}

/* Gets n things, all or none, into ret_things[0 .. n-1].
 *
 * lcore is the calling thread's id, which no other thread may use at the same time, or
 * LAB_LCORE_ANY. A signal handler is another thread in this: the call that it interrupts may be one
 * with that id, half done, and then a thing is given out twice, or lost. In a handler the id is
 * LAB_LCORE_ANY. Returns 0; -ENOBUFS when there are too few; -EINVAL when lcore is neither.
 * Wait-free from the tip, else lock-free; system calls only when all that is public is too little,
 * and no waiting in them but where other processes have come (above). On failure ret_things is
 * untouched and nothing is taken. */
LAB_INLINE int lab_pool_get_bulk(struct lab_pool *pool, uint32_t lcore, void **ret_things,
                                 unsigned n)
{
    if (lab_pool_get_hot(pool, lcore, ret_things, n))
        return 0;
    return lab_pool_get_slow(pool, lcore, LAB_GFP_NOWAIT, ret_things, n);
}

/* The same, and where that would fail, the last thing of the reserve may be taken: for the receive
 * path, whose needs come first. Errors and progress as of lab_pool_get_bulk(). */
LAB_INLINE int lab_pool_get_bulk_atomic(struct lab_pool *pool, uint32_t lcore, void **ret_things,
                                        unsigned n)
{
    if (lab_pool_get_hot(pool, lcore, ret_things, n))
        return 0;
    return lab_pool_get_slow(pool, lcore, LAB_GFP_ATOMIC, ret_things, n);
}

/* Puts n things back; they may have been got by any thread.
 *
 * Always returns 0 for things of this pool that the caller holds, and an lcore as above. -EINVAL
 * when lcore is out of range or, in a checking build, a thing is not of this pool: nothing is put.
 * -EBADMSG when the audit at level full found faults, which it reports: all other things are put.
 * Wait-free into the tip, else lock-free; never blocks; no system call. */
LAB_INLINE int lab_pool_put_bulk(struct lab_pool *pool, uint32_t lcore, void *const *things,
                                 unsigned n)
{
    if (LAB_POOL_CHECKS) {
        int rc = lab_pool_check(pool, lcore, things, n);

        if (rc != 0)
            return rc;
    }
    if (lab_pool_put_hot(pool, lcore, things, n))
        return 0;
    return lab_pool_put_slow(pool, lcore, things, n);
}

/* lab_pool_put_bulk() by one who knows that since they were got no more than the first used_bytes
 * of these buffers were written to, by whomever. In a pool with trust domains no more will have to
 * be zeroed before another domain gets them; lab_pool_put_bulk() counts on all of a buffer. What an
 * earlier holder of the same domain wrote further behind is not forgotten. Errors and progress as
 * of lab_pool_put_bulk(); never blocks. Example: test/unit/pool_trust_test.c. */
LAB_INLINE int lab_pool_put_used(struct lab_pool *pool, uint32_t lcore, void *const *things,
                                 unsigned n, size_t used_bytes)
{
    if (LAB_POOL_CHECKS) {
        int rc = lab_pool_check(pool, lcore, things, n);

        if (rc != 0)
            return rc;
    }
    if (lab_pool_put_hot(pool, lcore, things, n))
        return 0;
    return lab_pool_put_used_slow(pool, lcore, things, n, used_bytes);
}

/* Returns whether something of the reserve may be held: false is certain. One load. Any thread;
 * wait-free.
 */
LAB_INLINE bool lab_pool_reserve_is_held(const struct lab_pool *pool)
{
    return lab_unlikely(lab_load_relaxed(&pool->reserve_held) != 0);
}

/* lab_pool_get_bulk() for one. */
LAB_INLINE int lab_pool_get(struct lab_pool *pool, uint32_t lcore, void **ret_thing)
{
    return lab_pool_get_bulk(pool, lcore, ret_thing, 1);
}

/* lab_pool_get_bulk_atomic() for one. */
LAB_INLINE int lab_pool_get_atomic(struct lab_pool *pool, uint32_t lcore, void **ret_thing)
{
    return lab_pool_get_bulk_atomic(pool, lcore, ret_thing, 1);
}

/* lab_pool_put_bulk() for one. */
LAB_INLINE int lab_pool_put(struct lab_pool *pool, uint32_t lcore, void *thing)
{
    return lab_pool_put_bulk(pool, lcore, &thing, 1);
}

#endif
