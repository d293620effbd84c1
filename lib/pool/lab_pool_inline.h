/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_INLINE_H
#define LAB_POOL_INLINE_H

/* The second half of lab_pool.h, which includes it: what a pool consists of, and the inline
 * functions that look inside.
 *
 *     H1 the store that opens `hot`, release, and a slow get's load, acquire   pairs with H1: a get
 *        that saw it open sees the level of the audit fallen */

#ifndef LAB_POOL_H
#error "include <lab_pool.h>"
#endif

#include <errno.h>
#include <lab_atomic.h>
#include <lab_deque_set.h>

/* A slow path's memory, one per lcore and written by it alone; the first one, of the threads
 * without an id, is shared by them and used for the counters only. */
struct lab_pool_slow {
    alignas(LAB_CACHE_LINE) lab_atomic_t counter[LAB_POOL_COUNTERS];
    struct lab_deque_set_own own;
    uint32_t gets;  /* slow ones that succeeded */
    uint32_t puts;  /* slow ones while the pool was under pressure */
    uint32_t wraps; /* gets that went around the end of the ring */
};

/* Room in a pool for the constants of the floor above, in bytes. */
#define LAB_POOL_ABOVE_BYTES 128

/* In memory that may be shared between processes, at the same address in each: no pointer to
 * functions or to anything private to a process. Only the inline functions below look inside.
 *
 * The constant part comes first: it never changes once the pool is made. In a pool that processes
 * share by its name it is each process's own, which no other can write to: see lab_pool_layout.h.
 */
struct lab_pool {
    uint32_t magic; /* first, so that a driver knows whose pool this is */
    uint32_t count;
    uint32_t lcores;
    uint32_t stride; /* bytes from buffer to buffer, or 0: they lie here and there */
    uint32_t hash_mask;
    uint32_t hot_puts; /* lcores that take the hot path of puts: all; or none, for a hot path trusts
                          what a deque says of its slots, which other processes may write to */
    uint32_t adopted;  /* objects known so far */
    uint32_t reserved; /* objects of the reserve, the first ones of all */
    uintptr_t reserve_from; /* where they lie, and perhaps others in between */
    size_t reserve_bytes;
    uint32_t prefetch_lines; /* as in the options */
    uint32_t prefetch[LAB_POOL_PREFETCH_MAX];
    uint32_t layout;              /* LAB_SHARED_LAYOUT: a process with another must not attach */
    uint32_t buffer_bytes;        /* or 0: objects of the caller's */
    uint32_t circulate;           /* as in the options */
    lab_byte_t *sweep_seen;       /* by index, the sweep in which an object was last on its way;
                                     NULL where there is none, whatever `sweep` says */
    char *buffers;                /* with a stride: the first buffer */
    void **objects;               /* without: index to object */
    uint32_t *hash;               /* without: object to index + 1, open addressing */
    struct lab_pool_slow *slow;   /* lcores + 1 entries, like the deques */
    struct lab_deque_array array; /* deque[], below, as the set has it */
    struct lab_deque_set set;
    struct lab_watermark_limits limits;
    struct lab_stack stack;
    struct lab_stack reserve; /* over the same links: an object is in one of the two */
    struct lab_region region; /* of lab_pool_create() */
    struct lab_arena *arena;  /* whose pages the buffers are, or NULL */
    uintptr_t *run;           /* of these: the address, and the order in its low bits */
    uint32_t runs;
    char name[LAB_POOL_NAME_SIZE];

    /* Constants of the floor above (lab_intercept.h): nothing here looks into them. */
    alignas(8) unsigned char above[LAB_POOL_ABOVE_BYTES];

    /* The part that all write begins here. `hot` is the number of lcores that take the hot path of
     * gets: all; or none, while the audit looks at gets, or trust domains have to be kept apart, or
     * where processes share the pool by its name. */
    alignas(LAB_CACHE_LINE) lab_atomic_t hot;
    lab_atomic_t strangers;    /* enum lab_pool_strangers: what is put and not known */
    lab_atomic_t sweep;        /* the sweep that is under way, 1 to 255; 0: there is none */
    lab_atomic_t reserve_held; /* objects of the reserve that may be held */
    lab_atomic_t withheld;     /* free objects that the floor above keeps back */
    lab_atomic_t foreign;      /* an object that was dropped and is not reported yet, or 0 */

    /* Of the set. `intercepted` is read by every put, and seldom written. Reasons for it are,
     * beside a shortage: each sampled object that is held, each of the reserve that is, an audit at
     * level full, trust domains, and that strangers are adopted. */
    struct lab_deque_set_state state;

    /* Read by slow puts, written when a watermark is crossed. */
    alignas(LAB_CACHE_LINE) struct lab_watermark watermark;
    lab_atomic_t sequence; /* of its events */
    lab_atomic_t low_free; /* fewest free objects seen */

    alignas(LAB_CACHE_LINE) lab_atomic_t stack_head;
    alignas(LAB_CACHE_LINE) lab_atomic_t reserve_head;

    /* lcores + 1 entries, by lab_pool_lcore_index(): the first is for the threads without an id,
     * and never has slots. */
    __extension__ struct lab_deque deque[]; /* which C++ does not know */
};

/* Whether the pool adopts what it does not know when that is put; LAB_POOL_ADOPTING while a thread
 * is about it. */
enum lab_pool_strangers { LAB_POOL_CLOSED, LAB_POOL_OPEN, LAB_POOL_ADOPTING };

#define LAB_POOL_MAGIC UINT32_C(0x7962614c) /* "Laby" in memory */

/* The number of the layout of all that lies in shared memory, which lib/layout.txt describes. It is
 * raised by hand whenever a field moves: programs of two versions that would disagree must not meet
 * in one pool. */
#define LAB_SHARED_LAYOUT 7u

/* The rest of get and put: for the inline functions below only. gfp is a class (lab_gfp.h), and
 * used_bytes as in lab_pool_put_used(), or SIZE_MAX: all of a buffer. */
LAB_PUBLIC int lab_pool_get_slow(struct lab_pool *pool, uint32_t lcore, unsigned gfp,
                                 void **ret_objects, unsigned n);
LAB_PUBLIC int lab_pool_put_slow(struct lab_pool *pool, uint32_t lcore, void *const *objects,
                                 unsigned n, size_t used_bytes);
LAB_PUBLIC int lab_pool_check(const struct lab_pool *pool, uint32_t lcore, void *const *objects,
                              unsigned n);

/* The index of an lcore: LAB_LCORE_ANY wraps around to the first, which is that of all threads
 * without an id. Any thread; wait-free.
 * Beyond pool->lcores: not an id of this pool. */
LAB_INLINE uint32_t lab_pool_lcore_index(uint32_t lcore)
{
    return lcore + 1;
}

/* Whether the hot path of gets is open to an lcore. Any thread; wait-free. */
LAB_INLINE bool lab_pool_is_get_hot(const struct lab_pool *pool, uint32_t lcore)
{
    return lab_likely(lcore < lab_load_relaxed(&pool->hot));
}

/* The deque of an lcore of this pool's. A compiler that knows how its address comes about keeps two
 * registers for it, which is good in a loop. In a function it has to save some for that. */
LAB_INLINE struct lab_deque *lab_pool_deque_owner(struct lab_pool *pool, uint32_t lcore)
{
    struct lab_deque *deque = &pool->deque[lab_pool_lcore_index(lcore)];

#ifdef LAB_OUT_OF_LINE
    __asm__("" : "+r"(deque)); /* this is one that it does not know */
#endif
    return deque;
}

/* The hot halves. false: nothing was done, and the slow half is the way on. */
LAB_INLINE bool lab_pool_get_hot(struct lab_pool *pool, uint32_t lcore, void **ret_objects,
                                 unsigned n)
{
    return lab_pool_is_get_hot(pool, lcore) &&
           lab_likely(lab_deque_pop_owner(lab_pool_deque_owner(pool, lcore), ret_objects, n));
}

LAB_INLINE bool lab_pool_put_hot(struct lab_pool *pool, uint32_t lcore, void *const *objects,
                                 unsigned n)
{
    return lab_likely(lcore < pool->hot_puts) &&
           lab_likely(lab_load_relaxed(&pool->state.intercepted) == 0) &&
           lab_likely(lab_deque_push_owner(lab_pool_deque_owner(pool, lcore), objects, n));
}

/* The functions that lab_pool.h declares */

LAB_INLINE int lab_pool_get_bulk(struct lab_pool *pool, uint32_t lcore, void **ret_objects,
                                 unsigned n)
{
    if (lab_pool_get_hot(pool, lcore, ret_objects, n))
        return 0;
    return lab_pool_get_slow(pool, lcore, LAB_GFP_NOWAIT, ret_objects, n);
}

LAB_INLINE int lab_pool_get_bulk_atomic(struct lab_pool *pool, uint32_t lcore, void **ret_objects,
                                        unsigned n)
{
    if (lab_pool_get_hot(pool, lcore, ret_objects, n))
        return 0;
    return lab_pool_get_slow(pool, lcore, LAB_GFP_ATOMIC, ret_objects, n);
}

LAB_INLINE int lab_pool_put_used(struct lab_pool *pool, uint32_t lcore, void *const *objects,
                                 unsigned n, size_t used_bytes)
{
    if (LAB_POOL_CHECKS) {
        int rc = lab_pool_check(pool, lcore, objects, n);

        if (rc != 0)
            return rc;
    }
    if (lab_pool_put_hot(pool, lcore, objects, n))
        return 0;
    return lab_pool_put_slow(pool, lcore, objects, n, used_bytes);
}

LAB_INLINE int lab_pool_put_bulk(struct lab_pool *pool, uint32_t lcore, void *const *objects,
                                 unsigned n)
{
    return lab_pool_put_used(pool, lcore, objects, n, SIZE_MAX);
}

LAB_INLINE int lab_pool_get(struct lab_pool *pool, uint32_t lcore, void **ret_object)
{
    return lab_pool_get_bulk(pool, lcore, ret_object, 1);
}

LAB_INLINE int lab_pool_get_atomic(struct lab_pool *pool, uint32_t lcore, void **ret_object)
{
    return lab_pool_get_bulk_atomic(pool, lcore, ret_object, 1);
}

LAB_INLINE int lab_pool_put(struct lab_pool *pool, uint32_t lcore, void *object)
{
    return lab_pool_put_bulk(pool, lcore, &object, 1);
}

LAB_INLINE bool lab_pool_reserve_is_held(const struct lab_pool *pool)
{
    return lab_unlikely(lab_load_relaxed(&pool->reserve_held) != 0);
}

LAB_INLINE const char *lab_pool_counter_name(enum lab_pool_counter counter)
{
    static const char *const names[] = {"get_own",     "get_steal", "get_stack",   "get_revoke",
                                        "get_reserve", "get_fail",  "put_publish", "put_stack",
                                        "put_foreign", "put_twice"};

    static_assert(sizeof(names) / sizeof(names[0]) == LAB_POOL_COUNTERS, "each has one");
    return (unsigned)counter < LAB_POOL_COUNTERS ? names[counter] : NULL;
}

LAB_INLINE uint64_t lab_pool_sequence(const struct lab_pool *pool)
{
    return lab_load_acquire(&pool->sequence); /* M2: or an event that raised it is not seen */
}

LAB_INLINE void lab_pool_events(const struct lab_pool *pool, struct lab_pool_events *ret_events)
{
    ret_events->pressure = (enum lab_pressure)lab_load_relaxed(&pool->watermark.pressure);
    ret_events->low = (uint32_t)pool->limits.low - 1;
    ret_events->high = (uint32_t)pool->limits.high;
    for (int i = 0; i < LAB_CROSSINGS; i++)
        ret_events->count[i] = lab_load_relaxed(&pool->watermark.count[i]);
}

LAB_INLINE const char *lab_pool_crossing_name(enum lab_crossing crossing)
{
    static const char *const names[] = {"below_low", "emptied", "above_high"};

    static_assert(sizeof(names) / sizeof(names[0]) == LAB_CROSSINGS, "each has one");
    return (unsigned)crossing < LAB_CROSSINGS ? names[crossing] : NULL;
}

LAB_INLINE const char *lab_pool_pressure_name(enum lab_pressure pressure)
{
    static const char *const names[] = {"none", "below low", "empty"};

    return (unsigned)pressure <= LAB_PRESSURE_MIN ? names[pressure] : NULL;
}

#endif
