/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_PAGE_H
#define LAB_PAGE_H

/* Pages of any order, never waiting.
 *
 * An arena is the memory that a program gets its pages from: one zone for each NUMA node and kind
 * of page that it was made of. A request tries the zones in order, those of the caller's node
 * first. Order k is 2^k pages of 4 KiB, aligned to their own size; orders go from 0 to 9. Zones may
 * be mapped later: when a request under LAB_GFP_WAIT finds too little in those that are there.
 *
 * Each zone keeps back memory for those that must not fail:
 *
 *     pages free      high ─ the zone is calm again          (an event)
 *          │          low  ─ LAB_GFP_NOWAIT gets no further  (an event)
 *          │          min  ─ LAB_GFP_WAIT gets no further    (an event)
 *          ▼          0    ─ LAB_GFP_ATOMIC takes the reserve from here on (an event)
 *
 * The reserve is memory of its own, one part for single pages and one for all other orders, so that
 * neither can use up nor splinter the other. What belongs to it goes back to it when it is freed.
 * Who may take what depends on the class of the request alone (lab_gfp.h). The marks are looked at
 * by each thread for itself: threads that pass one together may get past it by what they ask for.
 *
 * Progress: under ATOMIC and NOWAIT there is no lock, no system call, and a bounded number of
 * steps, lab_page_steps_max(); only a step that fails because another thread's has just succeeded
 * is repeated. A thread that is stopped or killed anywhere stops no other. A failed request is no
 * proof that there was nothing: another thread in transit hides one row of 32 pages.
 */

#include <lab_barrier.h>
#include <lab_common.h>
#include <lab_deque.h>
#include <lab_error.h>
#include <lab_gfp.h>
#include <lab_index.h>
#include <lab_lcore.h>
#include <lab_level.h>
#include <lab_region.h>
#include <lab_roster.h>
#include <lab_zone.h>
#include <stddef.h>

/* The smallest page, bytes, and lines. */
#define LAB_PAGE_BYTES ((size_t)4096)
#define LAB_PAGE_LINES (LAB_PAGE_BYTES / LAB_CACHE_LINE)

/* An arena's name, with its terminating zero. */
#define LAB_ARENA_NAME_SIZE 24

/* Zones in one arena: four kinds of page on four nodes, or two on eight. */
#define LAB_ARENA_ZONES_MAX 16u

/* Ids in one arena: a page's lock names its holder in one byte. */
#define LAB_ARENA_LCORES_MAX 254u

/* The most allocations that one bulk call moves. */
#define LAB_PAGE_BULK_MAX 512u

/* And the most at once that leaves the caller's array alone when it fails. */
#define LAB_PAGE_BULK_UNTOUCHED 16u

/* What a call may need of the stack, bytes: gets and puts of pages. */
#define LAB_PAGE_STACK_BYTES 2048u

/* The most allocations that a call moves beside those it was asked for, between deques and zones:
 * what a thread that is killed inside it may hide. */
#define LAB_PAGE_MOVING_MAX 256u

enum lab_page_mark { LAB_PAGE_MIN, LAB_PAGE_LOW, LAB_PAGE_HIGH, LAB_PAGE_MARKS };

/* One zone: memory of one node, and of one kind of page. */
struct lab_arena_zone {
    size_t bytes; /* with the reserve; rounded up to blocks of 2 MiB */
    int node;     /* NUMA node, or LAB_NODE_ANY. 0 is node 0! */

    /* The rest may be 0, which asks for what stands in brackets. */
    enum lab_pages pages;          /* for lab_arena_create() [the best that can be had] */
    bool later;                    /* for lab_arena_create(): it is mapped only when LAB_GFP_WAIT
                                      finds too little in those before it, or by lab_arena_grow();
                                      not the first one, and all behind it too [at once] */
    void *memory;                  /* for lab_arena_init(): the caller's, aligned to 2 MiB */
    bool zeroed;                   /* for lab_arena_init(): it is all zero [not known] */
    size_t reserve_bytes;          /* of these, for single pages; rounded up to blocks [none] */
    size_t reserve_runs_bytes;     /* of these, for orders above 0; the same [none] */
    uint64_t mark[LAB_PAGE_MARKS]; /* pages, rising; 0, 0, 1 is none at all [min is 1/128 of the
                                      zone, up to 16 MiB, low is twice that, high thrice] */
};

struct lab_arena_options {
    const char *name; /* for reports; at most LAB_ARENA_NAME_SIZE - 1 characters */
    const struct lab_arena_zone *zone;
    uint32_t zones; /* 1 to LAB_ARENA_ZONES_MAX, in the order in which they are to be tried */

    /* The rest may be 0, which asks for what stands in brackets. */
    uint32_t lcores; /* ids are 0 to lcores - 1, up to LAB_ARENA_LCORES_MAX [LAB_LCORE_MAX] */
    uint32_t caches; /* lcores that can have deques of their own at the same time, up to
                        LAB_ROSTER_PLACES_MAX; those that come later work on the zones [16, or
                        lcores if that is less] */
    unsigned cached_orders; /* bit k: order k comes from deques too; order 0 always does */
    bool fenced; /* no tip is out of reach, not even for LAB_GFP_ATOMIC: owners fence at every
                    request [only LAB_GFP_WAIT and lab_housekeep() empty the tips of others] */
    bool shared; /* for lab_arena_init(): other processes use the arena too, which makes it `fenced`
                    [this one alone] */
};

/* What happened in a zone. Each but LAB_PAGE_ZEROED raises the arena's sequence by one. */
enum lab_page_event {
    LAB_PAGE_BELOW_LOW,  /* fewer pages are free than the low mark says */
    LAB_PAGE_BELOW_MIN,  /* the same of min */
    LAB_PAGE_ABOVE_HIGH, /* as many are free again as the high mark says */
    LAB_PAGE_RESERVE,    /* a request was served from the reserve */
    LAB_PAGE_ZEROED,     /* a request for zeros found none ready, and zeroed memory itself */
    LAB_PAGE_FAILED,     /* a request failed, without LAB_GFP_NOWARN; counted in the first zone
                            that it tried */
    LAB_PAGE_MAPPED,     /* the zone was mapped later */
    LAB_PAGE_EVENTS
};

/* What a zone's memory is for. The parts lie behind each other, each of whole blocks. */
enum lab_page_part {
    LAB_PAGE_COMMON,
    LAB_PAGE_RESERVE_SINGLES, /* order 0, for LAB_GFP_ATOMIC */
    LAB_PAGE_RESERVE_RUNS,    /* the other orders */
    LAB_PAGE_PARTS
};

/* How near its end a zone is. Only by events does it change. */
enum lab_page_pressure { LAB_PAGE_CALM, LAB_PAGE_IS_LOW, LAB_PAGE_IS_MIN };

/* Deques of one order: its pages as they come, and those that are clean. */
enum lab_page_kind { LAB_PAGE_PLAIN, LAB_PAGE_CLEAN, LAB_PAGE_KINDS };

/* An order that no deque serves. */
#define LAB_PAGE_UNCACHED UINT32_MAX

/* What an lcore works with; the first one is that of all threads without an id. Written by it
 * alone. */
struct lab_page_lcore {
    alignas(LAB_CACHE_LINE) char *base; /* its first zone: what is put goes into its deques if it */
    size_t bytes;                       /* is of that zone's common part, */
    struct lab_block *block;            /* and in the shape that it has there */
    lab_byte_t *dirt;                   /* of that zone's pages: lab_page_clean.h */
    uint64_t shortages;                 /* the arena's, when last seen */
    uint32_t calm;                      /* puts since it changed */
    uint32_t home;                      /* the zone */
    uint32_t victim;                    /* the roster's place that was last worth stealing from */
    uint32_t barren; /* requests for zeros that need not ask the zone: it has no clean pages */
    /* Its own deques; where none serves the order, arena->nothing. */
    struct lab_deque *deque[LAB_PAGE_KINDS][LAB_PAGE_ORDERS];
};

/* The cleaning of a zone. */
struct lab_page_keeper {
    alignas(LAB_CACHE_LINE) lab_atomic_t busy; /* who is cleaning: a slot and 1, or 0 */
    uint32_t row;                              /* the next one to look at */
    uint64_t clean;                            /* pages seen to be so since row 0 */
    bool resting;                              /* there were enough */
};

/* A zone at work. */
struct lab_page_zone {
    char *base;
    uint64_t pages;                        /* all of them */
    struct lab_zone *part[LAB_PAGE_PARTS]; /* NULL: there is no such part */
    uint32_t first[LAB_PAGE_PARTS + 1];    /* page of each part, and the end */
    uint32_t next[LAB_ARENA_ZONES_MAX];    /* the order in which to go on from here */
    uint64_t mark[LAB_PAGE_MARKS];
    struct lab_region region; /* of lab_arena_create() */
    int node;
    enum lab_pages made_of; /* LAB_PAGES_ANY: memory of the caller's; or what is wanted, until it
                               is mapped */
    struct lab_level level; /* of the common part */
    lab_byte_t *dirt;       /* by page: lab_page_clean.h */
    lab_byte_t *lock;       /* by page: who has locked it, a slot and 1, or 0 */
    struct lab_page_keeper keeper;
    alignas(LAB_CACHE_LINE) lab_atomic_t pressure;
    lab_atomic_t event[LAB_PAGE_EVENTS];
};

/* In memory that may be shared between processes, at the same address in each. Only lib/page and
 * the inline functions below look inside. */
struct lab_arena {
    uint32_t magic;
    uint32_t lcores;
    struct lab_page_lcore *lcore; /* lcores + 1, by slot as in lab_roster.h */
    /* By order: the first of lcores + 1 deques of each kind, or LAB_PAGE_UNCACHED. */
    uint32_t cache[LAB_PAGE_ORDERS];
    struct lab_deque *deque;
    uint32_t zones;       /* mapped or not */
    lab_atomic_t present; /* the first so many are: lab_arena_map.c */
    enum lab_barrier barrier;
    uint32_t capacity[LAB_PAGE_ORDERS][LAB_PAGE_KINDS]; /* slots of one deque; 0: there is none */
    uint32_t slots_each;                                /* of all deques of one lcore */
    lab_atomic_t *slots;                                /* roster.places x slots_each */
    struct lab_region memory; /* of lab_arena_create(): what you are looking at */
    char name[LAB_ARENA_NAME_SIZE];

    /* Not 0: some request found too little, or a zone is under pressure, so every put goes back to
     * its zone. Read by every put, written seldom. */
    alignas(LAB_CACHE_LINE) lab_atomic_t hungry;
    lab_atomic_t shortages;   /* how often something was, ever: tells one hunger from another */
    struct lab_roster roster; /* the slots that have deques */
    struct lab_deque nothing; /* has no slots, so that neither gets nor puts succeed */
    lab_atomic_t sequence;
    lab_atomic_t rostered; /* how many entries of that are taken */
    lab_atomic_t growing;  /* 1 while a thread maps a zone */
    lab_atomic_t refused; /* 1: membarrier(2) was, since the arena was made; so owners must fence */
    struct lab_page_zone zone[LAB_ARENA_ZONES_MAX];
};

#define LAB_ARENA_MAGIC UINT32_C(0x6e657241) /* "Aren" in memory */

/* Maps the zones, and some memory for their metadata, and makes an arena of them, all free.
 * Returns 0; -EINVAL for a wrong option, -EOVERFLOW for a size that does not fit, -ENOMEM when
 * memory was short; *error (may be NULL) then says which zone's and how to mend it, and *ret_arena
 * is untouched. On success error->message may name better memory that could not be had (see
 * lab_region_create). Blocking; set-up only; any thread. Example: test/doc/pages.c. */
LAB_PUBLIC int lab_arena_create(const struct lab_arena_options *options,
                                struct lab_arena **ret_arena, struct lab_error *error) LAB_CHECKED;

/* Unmaps an arena made by lab_arena_create(); NULL is allowed. No thread may be using it. Any
 * thread; blocking, as the kernel is. Returns
 * 0, -EBUSY when some pages are still held, or the -errno of the kernel, which leaves an arena that
 * can be used for nothing but another lab_arena_destroy(). */
LAB_PUBLIC int lab_arena_destroy(struct lab_arena *arena);

/* Bytes that lab_arena_init() needs for these options. Errors as lab_arena_create(). Wait-free. */
LAB_PUBLIC int lab_arena_footprint(const struct lab_arena_options *options, size_t *ret_bytes,
                                   struct lab_error *error) LAB_CHECKED;

/* Makes an arena over memory that the caller has, each zone's in its option `memory`, with the
 * metadata in `memory` of lab_arena_footprint() bytes, zeroed and aligned to LAB_CACHE_LINE; the
 * caller frees both when nobody uses the arena any more. All pages are free. Set-up only; errors as
 * lab_arena_create(). */
LAB_PUBLIC int lab_arena_init(void *memory, const struct lab_arena_options *options,
                              struct lab_arena **ret_arena, struct lab_error *error) LAB_CHECKED;

/* Zones that are mapped: the first so many. Any thread; wait-free. */
LAB_INLINE uint32_t lab_arena_present(const struct lab_arena *arena)
{
    return (uint32_t)lab_load_acquire(&arena->present); /* A1: or a zone has no address yet */
}

/* Maps the next of the zones that are to be mapped later, as a request under LAB_GFP_WAIT does that
 * finds too little; here the reason is told when that fails. Returns 0; -ENOSPC when all of them
 * are there; else the -errno of lab_region_create(), *error (may be NULL) saying what was short and
 * how to mend it, and the arena is as it was. On success error->message may name better memory that
 * could not be had. Control threads; blocking: of several that call it, one maps. */
LAB_PUBLIC int lab_arena_grow(struct lab_arena *arena, struct lab_error *error);

/* From now on this lcore tries the zones of that node first; LAB_NODE_ANY: the arena's first one.
 * Before, every lcore does as with LAB_NODE_ANY; threads without an id always do. What its deques
 * hold goes back to the zones. By the lcore itself, or before it is at work; lock-free.
 * Returns 0; -EINVAL for
 * an lcore that there is not, -ENOENT when no zone is on that node. */
LAB_PUBLIC int lab_arena_prefer(struct lab_arena *arena, uint32_t lcore, int node);

/* The rest of the calls below, for them alone. */
LAB_PUBLIC int lab_page_alloc_slow(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                   unsigned gfp, void **ret_pages, unsigned n);
LAB_PUBLIC int lab_page_free_slow(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                  void *const *pages, unsigned n, unsigned *ret_n);

/* The number of an allocation's first page, brought into range: of so many pages from base on, in
 * whole blocks. Wait-free. */
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
 * cannot be met (lab_page_why() tells the reason); -EINVAL for an lcore or order that there is not,
 * flags that make no sense, or n above LAB_PAGE_BULK_MAX where the lcore's deque has not as many in
 * one piece. On failure nothing is taken, and ret_pages is untouched if n is at most
 * LAB_PAGE_BULK_UNTOUCHED, else its contents are void. Wait-free from the lcore's deque, else
 * lock-free; never blocks, but for LAB_GFP_WAIT. At most LAB_PAGE_STACK_BYTES of stack, but where a
 * zone is mapped. */
LAB_INLINE LAB_CHECKED int lab_page_alloc_bulk(struct lab_arena *arena, uint32_t lcore,
                                               unsigned order, unsigned gfp, void **ret_pages,
                                               unsigned n)
{
    enum lab_page_kind kind = gfp & LAB_GFP_ZERO ? LAB_PAGE_CLEAN : LAB_PAGE_PLAIN;
    uint32_t slot = lcore + 1; /* LAB_LCORE_ANY wraps around */

    if (lab_likely(slot <= arena->lcores) &&
        lab_likely(lab_gfp_is_plain(gfp & ~(unsigned)LAB_GFP_ZERO)) && order < LAB_PAGE_ORDERS &&
        lab_likely(lab_deque_pop_owner(arena->lcore[slot].deque[kind][order], ret_pages, n))) {
        if (kind == LAB_PAGE_CLEAN)
            lab_page_no_longer_clean(&arena->lcore[slot], order, ret_pages, n);
        return 0;
    }
    return lab_page_alloc_slow(arena, lcore, order, gfp, ret_pages, n);
}

/* Puts n allocations of one order back; any thread may have got them.
 *
 * Returns 0; -EINVAL for an lcore or an order that there is not, or an address that is not of this
 * arena or not aligned to the order's size; -ENOENT when the page is free; -ERANGE when it is not,
 * but no allocation of that order begins there. On failure those before pages[*ret_n] are free,
 * that one is wrong, and the rest is untouched; else *ret_n, which may be NULL, is n. Wait-free
 * into the lcore's deque, else lock-free; never blocks. That a page was put twice cannot be told if
 * it was given out again in between, or rests in a deque. */
LAB_INLINE int lab_page_free_bulk(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                  void *const *pages, unsigned n, unsigned *ret_n)
{
    uint32_t slot = lcore + 1;
    unsigned i = 0;

    if (lab_likely(slot <= arena->lcores) && order < LAB_PAGE_ORDERS &&
        lab_likely(lab_load_relaxed(&arena->hungry) == 0)) {
        const struct lab_page_lcore *me = &arena->lcore[slot];
        struct lab_deque *deque = me->deque[LAB_PAGE_PLAIN][order];

        /* Of what there is no room for nothing is looked at; one has room, as a rule. */
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

/* What an idle thread does for the others: makes up to `most` free pages (and a few more: by rows
 * of 32, or one allocation) ready for LAB_GFP_ZERO, cleaning them as far as they were written to;
 * and if memory is short, gives what rests in deques back to the zones. A zone's cleaning begins
 * when less than a quarter of it is clean, and ends at half. With an id as lcore the caller also
 * keeps clean pages in its own deques for all others to take, which spares them the zone.
 *
 * *ret_ready (may be NULL) is how many pages were made ready: 0, when there is nothing to do for
 * now. Returns 0, or -EINVAL for an lcore that there is not. Lock-free; a system call only when
 * memory is short. Two threads do not clean the same zone: the second finds nothing to do. */
LAB_PUBLIC int lab_housekeep(struct lab_arena *arena, uint32_t lcore, unsigned most,
                             unsigned *ret_ready);

/* Brings back what an lcore that died (its thread or process has ended for certain) had in transit
 * at that moment, as lab_zone_sweep() does, for all zones; unlocks what it had locked; and gives
 * what rests in its deques back to the zones. What it held is not touched, nor what its last call
 * was moving: what it had asked for, and one burst of at most LAB_PAGE_MOVING_MAX allocations.
 * These count as held. Any thread, several at once too; lock-free, no system call. Between the
 * death and this call, and during it, no other thread has that id.
 *
 * LAB_LCORE_ANY: for all threads without an id that have died. None of these may live inside a
 * call, nor may any thread be inside another sweep of this arena, for a sweep works as one of them;
 * who dies in a sweep is swept so.
 *
 * Returns 0; -EAGAIN when another thread is just in transit with the same row, or has died there:
 * call again, when the others that died are swept, too; -EINVAL for an lcore that there is not. */
LAB_PUBLIC int lab_arena_sweep(struct lab_arena *arena, uint32_t dead) LAB_CHECKED;

/* Locks one page (of whatever order it is part) for the caller, against all who do the same: of a
 * page that several threads hold together, say. It keeps nobody from anything else.
 * Returns 0; -EBUSY when it is locked, be it by the caller; -EINVAL for an lcore that there is not,
 * or an address that is no page's of this arena. Wait-free. Threads without an id count as one. */
LAB_PUBLIC int lab_page_trylock(struct lab_arena *arena, uint32_t lcore, void *page) LAB_CHECKED;

/* Unlocks it: what was written to it before is seen by whoever locks it next.
 * Returns 0; -EPERM when the caller has not locked it, and then nothing is changed; -EINVAL as
 * above. Wait-free. */
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
        uint64_t tips;                        /* pages that only their lcores get at */
        uint64_t public_parts;                /* and those that anybody does */
    } cache[LAB_PAGE_ORDERS][LAB_PAGE_KINDS]; /* in the deques of the lcores whose zone this is */
    uint64_t mark[LAB_PAGE_MARKS];
    uint64_t level;  /* free pages of the common part, as the marks see them */
    uint64_t clean;  /* pages that are known to be zero, free or in clean deques */
    uint64_t locked; /* pages that somebody has locked */
    enum lab_page_pressure pressure;
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
    LAB_PAGE_WOULD_SUCCEED, /* as things are now */
    LAB_PAGE_EMPTY,         /* there are not enough free pages in any zone */
    LAB_PAGE_AT_MARK,       /* there are, but they are kept for requests of another class */
    LAB_PAGE_FRAGMENTED,    /* there are, but not side by side */
    LAB_PAGE_CACHED,        /* there are, but other lcores have them in their caches */
    LAB_PAGE_REASONS
};

struct lab_page_why {
    enum lab_page_reason reason;
    int largest;     /* the largest order that such a request would be given now, or -1 */
    uint64_t free;   /* pages free in the zones, without their reserves and caches */
    uint64_t kept;   /* of these, such a request may not take so many */
    uint64_t cached; /* pages in the lcores' deques */
};

/* Tells why a request like this fails, as things are now: of zones that are mapped. Looks at every
 * block: not for hot paths. Returns 0; -EINVAL as lab_page_alloc_bulk(). Reads only. Any thread;
 * wait-free. */
LAB_PUBLIC int lab_page_why(const struct lab_arena *arena, uint32_t lcore, unsigned order,
                            unsigned gfp, struct lab_page_why *ret_why);

/* The name of a reason, "fragmented" and the like; NULL beyond the last. Any thread; wait-free. */
LAB_PUBLIC const char *lab_page_reason_name(enum lab_page_reason reason);

struct lab_page_events {
    enum lab_page_pressure pressure;
    uint64_t count[LAB_PAGE_EVENTS]; /* since the arena was made */
};

/* One more with every event of any zone: whoever polls it looks at the zones only when it has
 * changed. Any thread; wait-free, no system call. */
LAB_INLINE uint64_t lab_page_sequence(const struct lab_arena *arena)
{
    return lab_load_acquire(&arena->sequence); /* E2: or it misses the event */
}

/* The zone's events. Returns 0, or -ENOENT when there is no such zone, or not yet. Any thread;
 * wait-free, no system call. */
LAB_PUBLIC int lab_page_events(const struct lab_arena *arena, uint32_t zone,
                               struct lab_page_events *ret_events);

/* The name of an event, "below_low" and the like; NULL beyond the last. Any thread; wait-free. */
LAB_PUBLIC const char *lab_page_event_name(enum lab_page_event event);

#endif
