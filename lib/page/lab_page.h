/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_PAGE_H
#define LAB_PAGE_H

/* Pages of any order, never waiting.
 *
 * A program gets its pages from an arena (lab_arena.h). Order k is 2^k pages of 4 KiB, aligned to
 * their own size; orders go from 0 to 9.
 *
 * Progress: under ATOMIC and NOWAIT there is no lock, no system call, and a bounded number of
 * steps, lab_page_steps_max(); only a step that fails because another thread's has just succeeded
 * is repeated. A thread that is stopped or killed anywhere stops no other. A failed request is no
 * proof that there was nothing: another thread in transit hides one row of 32 pages.
 */

#include <lab_arena.h>
#include <lab_gfp.h>
#include <lab_index.h>

/* The most allocations that one bulk call moves. */
#define LAB_PAGE_BULK_MAX 512u

/* And the most at once that leaves the caller's array alone when it fails. */
#define LAB_PAGE_BULK_UNTOUCHED 16u

/* Stack that a get or put of pages may need, bytes. */
#define LAB_PAGE_STACK_BYTES 2048u

/* The rest of the calls below, for them alone. */
LAB_PUBLIC int lab_page_alloc_slow(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                   unsigned gfp, void **ret_pages, unsigned n);
LAB_PUBLIC int lab_page_free_slow(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                  void *const *pages, unsigned n, unsigned *ret_n);

/* The number of an allocation's first page among `pages` pages from base on, in whole blocks; any
 * other address is brought into range. Wait-free. */
LAB_INLINE size_t lab_page_first(const char *base, uint64_t pages, const void *page, unsigned order)
{
    size_t number = (size_t)((uintptr_t)page - (uintptr_t)base) / LAB_PAGE_BYTES;

    return lab_index_bounded(number, pages) & ~(((size_t)1 << order) - 1);
}

/* Pages from the lcore's clean deque are held now. */
LAB_INLINE void lab_page_no_longer_clean(const struct lab_page_lcore *me, unsigned order,
                                         void *const *pages, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        lab_bytes_fill(me->dirt +
                           lab_page_first(me->base, me->bytes / LAB_PAGE_BYTES, pages[i], order),
                       LAB_PAGE_LINES, (size_t)1 << order);
}

/* Whether an allocation of that order begins there, in the common part of the lcore's own zone. */
LAB_INLINE bool lab_page_is_own(const struct lab_page_lcore *me, const void *page, unsigned order)
{
    size_t offset = (size_t)((uintptr_t)page - (uintptr_t)me->base);
    const struct lab_block *block;
    unsigned row, first;

    if (offset >= me->bytes || (offset & ((LAB_PAGE_BYTES << order) - 1)) != 0)
        return false;
    block = &me->block[offset / (LAB_PAGE_BYTES * LAB_BLOCK_PAGES)];
    row = (unsigned)(offset / (LAB_PAGE_BYTES * LAB_ROW_PAGES)) % LAB_BLOCK_ROWS;
    first = (unsigned)(offset / LAB_PAGE_BYTES) % LAB_ROW_PAGES;
    if (order == 0)
        return lab_row_holds_single(lab_load_relaxed(&block->row[row]), first);
    if (order <= LAB_ROW_ORDER_MAX)
        return lab_row_holds(lab_load_relaxed(&block->row[row]), lab_row_run(first, order));
    return lab_block_state_holds(lab_load_relaxed(&block->state), 1u << row,
                                 order - LAB_BLOCK_ROW_ORDER);
}

/* Gets n times 2^order pages, all or none; ret_pages[0 .. n-1] are their addresses.
 *
 * lcore is the calling thread's id, which no other thread may use at the same time, or
 * LAB_LCORE_ANY. gfp is one class and modifiers (lab_gfp.h). Returns 0; -ENOMEM when such a request
 * cannot be met (lab_page_why() says why); -EINVAL for an unknown lcore or order, flags that make
 * no sense, or n above LAB_PAGE_BULK_MAX where the lcore's deque has not as many in one piece. On
 * failure nothing is taken, and ret_pages is untouched if n is at most LAB_PAGE_BULK_UNTOUCHED,
 * otherwise its contents are void. Wait-free from the lcore's deque, otherwise lock-free; never
 * blocks, but for LAB_GFP_WAIT. At most LAB_PAGE_STACK_BYTES of stack, but where a zone is mapped.
 */
LAB_INLINE LAB_CHECKED int lab_page_alloc_bulk(struct lab_arena *arena, uint32_t lcore,
                                               unsigned order, unsigned gfp, void **ret_pages,
                                               unsigned n)
{
    enum lab_page_kind kind = gfp & LAB_GFP_ZERO ? LAB_PAGE_CLEAN : LAB_PAGE_PLAIN;
    uint32_t lcore_index = lcore + 1; /* LAB_LCORE_ANY wraps around */

    if (lab_likely(lcore_index <= arena->lcores) &&
        lab_likely(lab_gfp_is_plain(gfp & ~(unsigned)LAB_GFP_ZERO)) && order < LAB_PAGE_ORDERS &&
        lab_likely(
            lab_deque_pop_owner(arena->lcore[lcore_index].deque[kind][order], ret_pages, n))) {
        if (kind == LAB_PAGE_CLEAN)
            lab_page_no_longer_clean(&arena->lcore[lcore_index], order, ret_pages, n);
        return 0;
    }
    return lab_page_alloc_slow(arena, lcore, order, gfp, ret_pages, n);
}

/* Puts n allocations of one order back; any thread may have got them.
 *
 * Returns 0; -EINVAL for an unknown lcore or order, or an address that is not of this arena or not
 * aligned to the order's size; -ENOENT when the page is free; -ERANGE when it is not, but no
 * allocation of that order begins there. On failure those before pages[*ret_n] are free, that one
 * is wrong, and the rest is untouched; otherwise *ret_n, which may be NULL, is n. Wait-free into
 * the lcore's deque, otherwise lock-free; never blocks. A page that was put twice is not noticed if
 * it was given out again in between, or rests in a deque. */
LAB_INLINE int lab_page_free_bulk(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                  void *const *pages, unsigned n, unsigned *ret_n)
{
    uint32_t lcore_index = lcore + 1;
    unsigned i = 0;

    if (lab_likely(lcore_index <= arena->lcores) && order < LAB_PAGE_ORDERS &&
        lab_likely(lab_load_relaxed(&arena->state.intercepted) == 0)) {
        const struct lab_page_lcore *me = &arena->lcore[lcore_index];
        struct lab_deque *deque = me->deque[LAB_PAGE_PLAIN][order];

        /* If there is no room for them, no page is looked at; one has room, as a rule. */
        bool single = __builtin_constant_p(n) && n == 1;
        unsigned fits = single || lab_deque_has_room_owner(deque, n) ? n : 0;

        while (i < fits && lab_page_is_own(me, pages[i], order))
            i++;
        if (lab_likely(i == n) && lab_likely(lab_deque_push_owner(deque, pages, n))) {
            if (ret_n != NULL)
                *ret_n = n;
            return 0;
        }
    }
    return lab_page_free_slow(arena, lcore, order, pages, n, ret_n);
}

/* lab_page_alloc_bulk() for one. */
LAB_INLINE LAB_CHECKED int lab_page_alloc(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                          unsigned gfp, void **ret_page)
{
    return lab_page_alloc_bulk(arena, lcore, order, gfp, ret_page, 1);
}

/* lab_page_free_bulk() for one. */
LAB_INLINE int lab_page_free(struct lab_arena *arena, uint32_t lcore, void *page, unsigned order)
{
    return lab_page_free_bulk(arena, lcore, order, &page, 1, NULL);
}

/* lab_page_free() for a page that is known to be zero from `used_bytes` on, as one that was got
 * with LAB_GFP_ZERO is behind what was written: no more than that will have to be cleaned. It goes
 * back to its zone. Returns as lab_page_free_bulk(). Lock-free; never blocks. */
LAB_PUBLIC int lab_page_free_used(struct lab_arena *arena, uint32_t lcore, void *page,
                                  unsigned order, size_t used_bytes);

/* Returns the smallest order whose runs have that number of bytes, or LAB_PAGE_ORDERS when none
 * has. Any thread; wait-free. */
LAB_INLINE unsigned lab_page_order_of(size_t bytes)
{
    unsigned order = 0;

    while (order < LAB_PAGE_ORDERS && LAB_PAGE_BYTES << order < bytes)
        order++;
    return order;
}

/* Gets the next run for an object that still needs `bytes`, and for which runs below `least` bytes
 * are of no use: one that holds all of it, or the largest order, or the next smaller one while the
 * memory is fragmented. The caller frees it with lab_page_free() and the order.
 *
 * gfp is as in lab_page_alloc(). Returns 0; -EINVAL for flags that make no sense, or `least` of 0,
 * above `bytes`, or larger than the largest order; -ENOMEM when there is no such run: *error (may
 * be NULL) then says which order was short, why, and how to fix it, and nothing is changed. For
 * set-up: it may try all orders. Any thread; lock-free, but for what LAB_GFP_WAIT does. */
LAB_PUBLIC int lab_page_fit(struct lab_arena *arena, unsigned gfp, size_t least, size_t bytes,
                            void **ret_run, unsigned *ret_order,
                            struct lab_error *error) LAB_CHECKED;

/* Does the work of an idle thread for the others: makes up to `most` free pages (and a few more: by
 * rows of 32, or one allocation) ready for LAB_GFP_ZERO, cleaning them as far as they were written
 * to; and if memory is short, gives the pages in deques back to the zones. A zone's cleaning begins
 * when less than a quarter of it is clean, and ends at half. With an id as lcore the caller also
 * keeps clean pages in its own deques for all others to take, which spares them the zone.
 *
 * *ret_ready (may be NULL) is how many pages were made ready: 0, when there is nothing to do for
 * now. Returns 0, or -EINVAL for an lcore that there is not. Lock-free; a system call only when
 * memory is short. Two threads do not clean the same zone: the second finds nothing to do. */
LAB_PUBLIC int lab_housekeep(struct lab_arena *arena, uint32_t lcore, unsigned most,
                             unsigned *ret_ready);

/* Locks one page (whatever order it is part of) for the caller, against all threads that do the
 * same: a page that several threads hold together, say. It keeps no thread from anything else.
 * Returns 0; -EBUSY when it is locked, be it by the caller; -EINVAL for an unknown lcore, or an
 * address that is no page's of this arena. Wait-free. Threads without an id count as one. */
LAB_PUBLIC int lab_page_trylock(struct lab_arena *arena, uint32_t lcore, void *page) LAB_CHECKED;

/* Unlocks it: the thread that locks it next sees all that was written to it before. Returns 0;
 * -EPERM when the caller has not locked it, and then nothing is changed; -EINVAL as above.
 * Wait-free. */
LAB_PUBLIC int lab_page_unlock(struct lab_arena *arena, uint32_t lcore, void *page);

/* One zone, as /proc/buddyinfo and /proc/pagetypeinfo show those of Linux. */
struct lab_page_map {
    int node;
    enum lab_pages made_of; /* LAB_PAGES_ANY: memory of the caller's */
    struct lab_page_part_map {
        uint64_t pages;
        uint64_t free_pages;
        uint64_t runs[LAB_PAGE_ORDERS]; /* free runs by order, cut into as few as there can be */
        uint32_t blocks_free;           /* of 2 MiB: all of it is */
        uint32_t blocks_mixed;          /* some is */
        uint32_t blocks_full;           /* nothing is free */
        int largest;                    /* the largest order that can be had, or -1 */
    } part[LAB_PAGE_PARTS];             /* all zero where there is no such part */
    struct lab_page_cache_map {
        uint64_t private_parts;               /* pages that only their lcores get at */
        uint64_t public_parts;                /* and those that anybody does */
    } cache[LAB_PAGE_ORDERS][LAB_PAGE_KINDS]; /* in the deques of the lcores whose zone this is */
    uint64_t watermark[LAB_PAGE_WATERMARKS];
    uint64_t level;  /* free pages of the common part, as compared with the watermarks */
    uint64_t clean;  /* pages that are known to be zero, free or in clean deques */
    uint64_t locked; /* pages that somebody has locked */
    enum lab_pressure pressure;
};

/* Looks at every block and every page's bytes. Exact while no thread is inside a call. Returns 0,
 * or -ENOENT when there is no such zone, or not yet. Reads only. Any thread; wait-free. */
LAB_PUBLIC int lab_page_map(const struct lab_arena *arena, uint32_t zone,
                            struct lab_page_map *ret_map);

/* The most steps (accesses to memory that threads share) that a request for one allocation, or a
 * put of one, takes under LAB_GFP_ATOMIC and LAB_GFP_NOWAIT, besides those that it repeats since
 * another thread's have just succeeded. For 1 GiB, and 128 lcores of which 16 have deques, it is
 * 284,672: for a search, block by block, of a zone in splinters. Few need more than 200.
 * Any thread; wait-free. */
LAB_PUBLIC uint64_t lab_page_steps_max(const struct lab_arena *arena);

/* Why a request fails. */
enum lab_page_reason {
    LAB_PAGE_WOULD_SUCCEED, /* it would succeed now */
    LAB_PAGE_EMPTY,         /* there are not enough free pages in any zone */
    LAB_PAGE_AT_WATERMARK,  /* there are, but they are kept for requests of another class */
    LAB_PAGE_FRAGMENTED,    /* there are, but not side by side */
    LAB_PAGE_CACHED,        /* there are, but other lcores have them in their caches */
    LAB_PAGE_REASONS
};

struct lab_page_why {
    enum lab_page_reason reason;
    int largest;     /* the largest order that such a request would be given now, or -1 */
    uint64_t free;   /* pages free in the zones, without their reserves and caches */
    uint64_t kept;   /* of these, such a request must leave this number */
    uint64_t cached; /* pages in the lcores' deques */
};

/* Says why a request like this fails now, in the zones that are mapped. Looks at every block: not
 * for hot paths. Returns 0; -EINVAL as lab_page_alloc_bulk(). Reads only. Any thread; wait-free. */
LAB_PUBLIC int lab_page_why(const struct lab_arena *arena, uint32_t lcore, unsigned order,
                            unsigned gfp, struct lab_page_why *ret_why);

/* The name of a reason, "fragmented" and the like; NULL beyond the last. Any thread; wait-free. */
LAB_PUBLIC const char *lab_page_reason_name(enum lab_page_reason reason);

struct lab_page_events {
    enum lab_pressure pressure;
    uint64_t count[LAB_PAGE_EVENTS]; /* since the arena was made */
};

/* One more with every event of any zone: a poller looks at the zones only when it has changed. Any
 * thread; wait-free, no system call. */
LAB_INLINE uint64_t lab_page_sequence(const struct lab_arena *arena)
{
    return lab_load_acquire(&arena->sequence); /* M2: or it misses the event */
}

/* The zone's events. Returns 0, or -ENOENT when there is no such zone, or not yet. Any thread;
 * wait-free, no system call. */
LAB_PUBLIC int lab_page_events(const struct lab_arena *arena, uint32_t zone,
                               struct lab_page_events *ret_events);

/* The name of an event, "below_low" and the like; NULL beyond the last. Any thread; wait-free. */
LAB_PUBLIC const char *lab_page_event_name(enum lab_page_event event);

#endif
