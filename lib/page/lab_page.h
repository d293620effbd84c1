/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_PAGE_H
#define LAB_PAGE_H

/** @file
 * Pages of any order, never waiting.
 *
 * A program gets its pages from an arena. Order k is 2^k pages of 4 KiB, aligned to
 * their own size; orders go from 0 to 9.
 *
 * Progress: under ATOMIC and NOWAIT there is no lock, no system call, and a bounded number of
 * steps, lab_page_steps_max(); only a step that fails because another thread's has just succeeded
 * is repeated. A thread that is stopped or killed anywhere stops no other. A failed request is no
 * proof that there was nothing: another thread in transit hides one row of 32 pages.
 */

#include <lab_block.h>
#include <lab_common.h>
#include <lab_error.h>
#include <lab_gfp.h>
#include <lab_lcore.h>
#include <lab_region.h>
#include <lab_watermark.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Arenas */

/** @struct lab_arena
 * An arena: the memory that a program gets its pages from.
 *
 * It is one zone for each NUMA node and kind of page that it was made of. A request tries the zones
 * in order, those of the caller's node first. Zones may be mapped later: when a request under
 * LAB_GFP_WAIT finds too little in those that are there.
 *
 * Each zone keeps back memory for those that must not fail:
 *
 *     pages free      high ─ there is no pressure any more   (an event)
 *          │          low  ─ LAB_GFP_NOWAIT gets no further  (an event)
 *          │          min  ─ LAB_GFP_WAIT gets no further    (an event)
 *          ▼          0    ─ LAB_GFP_ATOMIC takes the reserve from here on (an event)
 *
 * The reserve is memory of its own, one part for single pages and one for all other orders, so that
 * neither can use up nor splinter the other. A page of the reserve goes back to it when it is
 * freed. How far a request may go depends on its class alone (lab_gfp.h). Each thread looks at the
 * watermarks for itself: threads that pass one together may get past it by the pages that they ask
 * for. */
struct lab_arena;

/** The smallest page. */
#define LAB_PAGE_BYTES ((size_t)4096)

/** An arena's name, with its terminating zero. */
#define LAB_ARENA_NAME_SIZE 24

/** Zones in one arena: four kinds of page on four nodes, or two on eight. */
#define LAB_ARENA_ZONES_MAX 16u

/** Ids in one arena: a page's lock names its holder in one byte. */
#define LAB_ARENA_LCORES_MAX 254u

/** The most allocations that a call moves beside those it was asked for, between deques and zones:
 * what a thread that is killed inside it may hide. */
#define LAB_PAGE_MOVING_MAX 256u

/** A zone's watermarks. */
enum lab_page_watermark {
    LAB_PAGE_MIN,       /**< LAB_GFP_WAIT gets no further */
    LAB_PAGE_LOW,       /**< LAB_GFP_NOWAIT gets no further */
    LAB_PAGE_HIGH,      /**< there is no pressure any more */
    LAB_PAGE_WATERMARKS /**< their number */
};

/** One zone of an arena: memory of one node, and of one kind of page. From `pages` on a member may
 * be 0, which asks for what stands in brackets. */
struct lab_arena_zone {
    size_t bytes; /**< with the reserve; rounded up to blocks of 2 MiB */
    int node;     /**< NUMA node, or LAB_NODE_ANY. 0 is node 0! */

    /* The rest may be 0, which asks for what stands in brackets. */
    enum lab_pages pages;      /**< for lab_arena_create() [the best that can be had] */
    bool later;                /**< for lab_arena_create(): it is mapped only when LAB_GFP_WAIT
                                  finds too little in those before it, or by lab_arena_grow();
                                  not the first one, and all behind it too [at once] */
    void *memory;              /**< for lab_arena_init(): the caller's, aligned to 2 MiB */
    bool zeroed;               /**< for lab_arena_init(): it is all zero [not known] */
    size_t reserve_bytes;      /**< of these, for single pages; rounded up to blocks [none] */
    size_t reserve_runs_bytes; /**< of these, for orders above 0; the same [none] */
    uint64_t
        watermark[LAB_PAGE_WATERMARKS]; /**< pages, rising; 0, 0, 1 is none at all [min is 1/128
                                 of the zone, up to 16 MiB, low is twice that, high thrice] */
};

/** The options of an arena, for lab_arena_create() and lab_arena_init(). From `lcores` on a member
 * may be 0, which asks for what stands in brackets. */
struct lab_arena_options {
    const char *name; /**< for reports; at most LAB_ARENA_NAME_SIZE - 1 characters */
    const struct lab_arena_zone *zone; /**< the zones */
    uint32_t zones; /**< 1 to LAB_ARENA_ZONES_MAX, in the order in which they are to be tried */

    /* The rest may be 0, which asks for what stands in brackets. */
    uint32_t lcores; /**< ids are 0 to lcores - 1, up to LAB_ARENA_LCORES_MAX [LAB_LCORE_MAX] */
    uint32_t caches; /**< lcores that can have deques of their own at the same time, up to
                        LAB_DEQUE_SET_PLACES_MAX; those that come later work on the zones [16, or
                        lcores if that is less] */
    unsigned cached_orders; /**< bit k: order k comes from deques too; order 0 always does */
    bool fenced; /**< every request may empty the private parts of others, and owners fence at
                    each [only LAB_GFP_WAIT and lab_housekeep() may] */
    bool shared; /**< for lab_arena_init(): other processes use the arena too, which makes it
                    `fenced` [this one alone]. They have it by its address, which the caller gives
                    them: there is no attaching, at which the library could see that they agree on
                    its layout. So all must be built with one LAB_SHARED_LAYOUT (lab_pool.h) */
};

/** Maps the zones, and some memory for their metadata, and makes an arena of them, all free. On
 * failure *error (may be NULL) says which zone's memory was short and how to fix it, and *ret_arena
 * is untouched. On success error->message may name better memory that could not be had (see
 * lab_region_create()).
 *
 * @retval -EINVAL a wrong option
 * @retval -EOVERFLOW a size that does not fit
 * @retval -ENOMEM memory was short
 * @threads Any thread; blocking; for set-up only. */
LAB_PUBLIC int lab_arena_create(const struct lab_arena_options *options,
                                struct lab_arena **ret_arena, struct lab_error *error) LAB_CHECKED;

/** Unmaps an arena made by lab_arena_create(). NULL is allowed. No thread may be using the arena.
 *
 * @retval -EBUSY some pages are still held
 * @retval -errno the kernel's: the arena can be used for nothing but another lab_arena_destroy()
 * @threads Any thread; blocking, as the kernel is. */
LAB_PUBLIC int lab_arena_destroy(struct lab_arena *arena);

/** Computes the bytes that lab_arena_init() needs for these options.
 *
 * @retval -errno as lab_arena_create()
 * @threads Any thread; wait-free. */
LAB_PUBLIC int lab_arena_footprint(const struct lab_arena_options *options, size_t *ret_bytes,
                                   struct lab_error *error) LAB_CHECKED;

/** Makes an arena over memory that the caller has. Each zone's is in its option `memory`; the
 * metadata go to the argument `memory`, of lab_arena_footprint() bytes, zeroed and aligned to
 * LAB_CACHE_LINE. The caller frees both when nobody uses the arena any more. All pages are free.
 *
 * @retval -errno as lab_arena_create()
 * @threads Any thread; for set-up only. */
LAB_PUBLIC int lab_arena_init(void *memory, const struct lab_arena_options *options,
                              struct lab_arena **ret_arena, struct lab_error *error) LAB_CHECKED;

/** Returns how many zones are mapped.
 *
 * @return N: the first N zones are mapped
 * @threads Any thread; wait-free. */
LAB_INLINE uint32_t lab_arena_present(const struct lab_arena *arena);

/** Maps the next of the zones that are to be mapped later. A request under LAB_GFP_WAIT that finds
 * too little does the same; this reports the reason when it fails. *error (may be NULL) then says
 * what was short and how to fix it, and the arena is as it was. On success error->message may name
 * better memory that could not be had.
 *
 * @retval -ENOSPC all of them are there
 * @retval -errno another error of lab_region_create()
 * @threads Control threads; blocking: of several that call it, one maps. */
LAB_PUBLIC int lab_arena_grow(struct lab_arena *arena, struct lab_error *error);

/** Has an lcore try the zones of a node first from now on; with LAB_NODE_ANY, the arena's first
 * one. Before, every lcore does as with LAB_NODE_ANY; threads without an id always do. The pages in
 * its deques go back to the zones.
 *
 * @retval -EINVAL an unknown lcore
 * @retval -ENOENT no zone is on that node
 * @threads The lcore itself, or another thread before it is at work; lock-free. */
LAB_PUBLIC int lab_arena_prefer(struct lab_arena *arena, uint32_t lcore, int node);

/** Brings back what an lcore had in transit when it died. Its thread or process has ended for
 * certain. These are the rows that it was changing, at most one in each part of a zone; the pages
 * that it had locked are unlocked, and those in its deques go back to the zones. Pages that it held
 * are not touched, nor those that its last call was moving: the ones that it had asked for, and one
 * burst of at most LAB_PAGE_MOVING_MAX allocations. These count as held.
 *
 * LAB_LCORE_ANY is for all threads without an id that have died. None of these may live inside a
 * call, nor may any thread be inside another sweep of this arena, for a sweep works as one of them;
 * a thread that dies in a sweep is swept so.
 *
 * @retval -EAGAIN another thread is just in transit with the same row, or has died there: call
 *     again, when the others that died are swept, too
 * @retval -EINVAL an unknown lcore
 * @threads Any thread, several at once too; lock-free, no system call. Between the death and this
 *     call, and during it, no other thread has that id. */
LAB_PUBLIC int lab_arena_sweep(struct lab_arena *arena, uint32_t dead) LAB_CHECKED;

/* Pages */

/** The most allocations that one bulk call moves. */
#define LAB_PAGE_BULK_MAX 512u

/** The most allocations in one bulk call that leaves the caller's array alone when it fails. */
#define LAB_PAGE_BULK_UNTOUCHED 16u

/** Stack that a get or put of pages may need, bytes. Not counted is what the loader needs, where a
 * program that was linked without -z now makes a call for the first time. */
#define LAB_PAGE_STACK_BYTES 2048u

/** Gets n times 2^order pages, all or none. Their addresses go to the array ret_pages. On failure
 * nothing is taken, and ret_pages is untouched if n is at most LAB_PAGE_BULK_UNTOUCHED, otherwise
 * its contents are void.
 *
 * lcore is the calling thread's id, which no other thread may use at the same time, or
 * LAB_LCORE_ANY. gfp is one class and modifiers (lab_gfp.h).
 *
 * @retval -ENOMEM such a request cannot be met: lab_page_why() says why
 * @retval -EINVAL an unknown lcore or order, flags that make no sense, or n above LAB_PAGE_BULK_MAX
 *     where the lcore's deque has not as many in one piece
 * @threads Any thread; wait-free from the lcore's deque, otherwise lock-free; never blocks, but for
 *     LAB_GFP_WAIT. At most LAB_PAGE_STACK_BYTES of stack, but where a zone is mapped. */
LAB_INLINE LAB_CHECKED int lab_page_alloc_bulk(struct lab_arena *arena, uint32_t lcore,
                                               unsigned order, unsigned gfp, void **ret_pages,
                                               unsigned n);

/** Puts n allocations of one order back, which any thread may have got. On failure those before
 * pages[*ret_n] are free, that one is wrong, and the rest is untouched; otherwise *ret_n, which may
 * be NULL, is n. A page that was put twice is not noticed if it was given out again in between, or
 * rests in a deque.
 *
 * @retval -EINVAL an unknown lcore or order, or an address that is not of this arena or not aligned
 *     to the order's size
 * @retval -ENOENT the page is free
 * @retval -ERANGE the page is not free, but no allocation of that order begins there
 * @threads Any thread; wait-free into the lcore's deque, otherwise lock-free; never blocks. */
LAB_INLINE int lab_page_free_bulk(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                  void *const *pages, unsigned n, unsigned *ret_n);

/** Gets one allocation, as lab_page_alloc_bulk().
 * @like{lab_page_alloc_bulk} */
LAB_INLINE LAB_CHECKED int lab_page_alloc(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                          unsigned gfp, void **ret_page);

/** Puts one allocation, as lab_page_free_bulk().
 * @like{lab_page_free_bulk} */
LAB_INLINE int lab_page_free(struct lab_arena *arena, uint32_t lcore, void *page, unsigned order);

/** Puts one allocation, as lab_page_free(), whose page is known to be zero from `used_bytes` on.
 * One that was got with LAB_GFP_ZERO is so behind what was written. No more than that will have to
 * be cleaned. It goes back to its zone.
 *
 * @retval -EINVAL, -ENOENT, -ERANGE as lab_page_free_bulk()
 * @threads Any thread; lock-free; never blocks. */
LAB_PUBLIC int lab_page_free_used(struct lab_arena *arena, uint32_t lcore, void *page,
                                  unsigned order, size_t used_bytes);

/** Finds the smallest order whose runs have that number of bytes.
 *
 * @return the order, or LAB_PAGE_ORDERS when none has
 * @threads Any thread; wait-free. */
LAB_INLINE unsigned lab_page_order_of(size_t bytes);

/** Gets the next run for an object that still needs `bytes`. Runs below `least` bytes are of no use
 * to it. The run holds all of it, or is of the largest order, or of the next smaller one while the
 * memory is fragmented. The caller frees it with lab_page_free() and the order. gfp is as in
 * lab_page_alloc(). On failure nothing is changed.
 *
 * @retval -EINVAL flags that make no sense, or `least` of 0, above `bytes`, or larger than the
 *     largest order
 * @retval -ENOMEM there is no such run: *error (may be NULL) says which order was short, why, and
 *     how to fix it
 * @threads Any thread; lock-free, but for what LAB_GFP_WAIT does. For set-up: it may try all
 *     orders. */
LAB_PUBLIC int lab_page_fit(struct lab_arena *arena, unsigned gfp, size_t least, size_t bytes,
                            void **ret_run, unsigned *ret_order,
                            struct lab_error *error) LAB_CHECKED;

/** Does the work of an idle thread for the others. It makes up to `most` free pages (and a few
 * more: by rows of 32, or one allocation) ready for LAB_GFP_ZERO, cleaning them as far as they were
 * written to; and if memory is short, gives the pages in deques back to the zones. A zone's
 * cleaning begins when less than a quarter of it is clean, and ends at half. With an id as lcore
 * the caller also keeps clean pages in its own deques for all others to take, which spares them the
 * zone.
 *
 * *ret_ready (may be NULL) is how many pages were made ready: 0, when there is nothing to do for
 * now.
 *
 * @retval -EINVAL an unknown lcore
 * @threads Any thread; lock-free; a system call only when memory is short. Two threads do not clean
 *     the same zone: the second finds nothing to do. */
LAB_PUBLIC int lab_housekeep(struct lab_arena *arena, uint32_t lcore, unsigned most,
                             unsigned *ret_ready);

/** Locks one page (whatever order it is part of) for the caller, against all threads that do the
 * same: a page that several threads hold together, say. It keeps no thread from anything else.
 * Threads without an id count as one.
 *
 * @retval -EBUSY it is locked, be it by the caller
 * @retval -EINVAL an unknown lcore, or an address that is no page's of this arena
 * @threads Any thread; wait-free. */
LAB_PUBLIC int lab_page_trylock(struct lab_arena *arena, uint32_t lcore, void *page) LAB_CHECKED;

/** Unlocks a page that the caller has locked. The thread that locks it next sees all that was
 * written to it before.
 *
 * @retval -EPERM the caller has not locked it: nothing is changed
 * @retval -EINVAL as lab_page_trylock()
 * @threads The thread that locked it; wait-free. */
LAB_PUBLIC int lab_page_unlock(struct lab_arena *arena, uint32_t lcore, void *page);

/** The parts of a zone, which lie behind each other, each of whole blocks. */
enum lab_page_part {
    LAB_PAGE_COMMON,          /**< all that is not of the reserve */
    LAB_PAGE_RESERVE_SINGLES, /**< order 0, for LAB_GFP_ATOMIC */
    LAB_PAGE_RESERVE_RUNS,    /**< the other orders */
    LAB_PAGE_PARTS            /**< their number */
};

/** Deques of one order: its pages as they come, and those that are clean. */
enum lab_page_kind {
    LAB_PAGE_PLAIN, /**< pages as they come */
    LAB_PAGE_CLEAN, /**< pages that are known to be zero */
    LAB_PAGE_KINDS  /**< their number */
};

/** One zone, as /proc/buddyinfo and /proc/pagetypeinfo show those of Linux. */
struct lab_page_map {
    int node;               /**< NUMA node, or LAB_NODE_ANY */
    enum lab_pages made_of; /**< LAB_PAGES_ANY: memory of the caller's */
    /** One part of it. */
    struct lab_page_part_map {
        uint64_t pages;                 /**< all of it */
        uint64_t free_pages;            /**< of these, free */
        uint64_t runs[LAB_PAGE_ORDERS]; /**< free runs by order, cut into as few as there can be */
        uint32_t blocks_free;           /**< of 2 MiB: all of it is */
        uint32_t blocks_mixed;          /**< some is */
        uint32_t blocks_full;           /**< nothing is free */
        int largest;                    /**< the largest order that can be had, or -1 */
    } part[LAB_PAGE_PARTS];             /**< all zero where there is no such part */
    /** Deques of one order and kind. */
    struct lab_page_cache_map {
        uint64_t private_parts;               /**< pages that only their lcores get at */
        uint64_t public_parts;                /**< pages that anybody gets at */
    } cache[LAB_PAGE_ORDERS][LAB_PAGE_KINDS]; /**< in the deques of the lcores whose zone this is */
    uint64_t watermark[LAB_PAGE_WATERMARKS];  /**< pages, by enum lab_page_watermark */
    uint64_t level;  /**< free pages of the common part, as compared with the watermarks */
    uint64_t clean;  /**< pages that are known to be zero, free or in clean deques */
    uint64_t locked; /**< pages that somebody has locked */
    enum lab_pressure pressure; /**< as of the last crossing */
};

/** Reports what is free in a zone, by looking at every block and every page's bytes. Exact while no
 * thread is inside a call. Reads only.
 *
 * @retval -ENOENT there is no such zone, or not yet
 * @threads Any thread; wait-free. */
LAB_PUBLIC int lab_page_map(const struct lab_arena *arena, uint32_t zone,
                            struct lab_page_map *ret_map);

/** Computes the most steps that a request may take. These are accesses to memory that threads
 * share, of a request for one allocation, or a put of one, under LAB_GFP_ATOMIC and LAB_GFP_NOWAIT,
 * besides those that it repeats since another thread's have just succeeded. For 1 GiB, and 128
 * lcores of which 16 have deques, it is 284,672: for a search, block by block, of a zone in
 * splinters. Few need more than 200.
 *
 * @return the number of steps
 * @threads Any thread; wait-free. */
LAB_PUBLIC uint64_t lab_page_steps_max(const struct lab_arena *arena);

/** Why a request fails. */
enum lab_page_reason {
    LAB_PAGE_WOULD_SUCCEED, /**< it would succeed now */
    LAB_PAGE_EMPTY,         /**< there are not enough free pages in any zone */
    LAB_PAGE_AT_WATERMARK,  /**< there are, but they are kept for requests of another class */
    LAB_PAGE_FRAGMENTED,    /**< there are, but not side by side */
    LAB_PAGE_CACHED,        /**< there are, but other lcores have them in their caches */
    LAB_PAGE_REASONS        /**< their number */
};

/** Why a request fails, with the figures. */
struct lab_page_why {
    enum lab_page_reason reason; /**< the reason */
    int largest;     /**< the largest order that such a request would be given now, or -1 */
    uint64_t free;   /**< pages free in the zones, without their reserves and caches */
    uint64_t kept;   /**< of these, such a request must leave this number */
    uint64_t cached; /**< pages in the lcores' deques */
};

/** Says why a request like this fails now, in the zones that are mapped. Looks at every block: not
 * for hot paths. Reads only.
 *
 * @retval -EINVAL as lab_page_alloc_bulk()
 * @threads Any thread; wait-free. */
LAB_PUBLIC int lab_page_why(const struct lab_arena *arena, uint32_t lcore, unsigned order,
                            unsigned gfp, struct lab_page_why *ret_why);

/** Returns the name of a reason.
 *
 * @return "fragmented" and the like; NULL beyond the last
 * @threads Any thread; wait-free. */
LAB_INLINE const char *lab_page_reason_name(enum lab_page_reason reason);

/** Events of a zone. Each but LAB_PAGE_ZEROED raises the arena's sequence by one. */
enum lab_page_event {
    LAB_PAGE_BELOW_LOW = LAB_BELOW_LOW,   /**< fewer pages are free than the low watermark says */
    LAB_PAGE_BELOW_MIN = LAB_BELOW_MIN,   /**< fewer pages are free than the min watermark says */
    LAB_PAGE_ABOVE_HIGH = LAB_ABOVE_HIGH, /**< as many are free again as the high watermark says */
    LAB_PAGE_RESERVE,                     /**< a request was served from the reserve */
    LAB_PAGE_ZEROED, /**< a request for zeros found none ready, and zeroed memory itself */
    LAB_PAGE_FAILED, /**< a request failed, without LAB_GFP_NOWARN; counted in the first zone
                        that it tried */
    LAB_PAGE_MAPPED, /**< the zone was mapped later */
    LAB_PAGE_EVENTS  /**< their number */
};

/** How near its end a zone is, and how often each event has happened. */
struct lab_page_events {
    enum lab_pressure pressure;      /**< as of the last crossing */
    uint64_t count[LAB_PAGE_EVENTS]; /**< since the arena was made, by enum lab_page_event */
};

/** Returns a number that grows by one with every event of any zone. A poller looks at the zones
 * only when it has changed.
 *
 * @return the number of events so far
 * @threads Any thread; wait-free, no system call. */
LAB_INLINE uint64_t lab_page_sequence(const struct lab_arena *arena);

/** Reports a zone's events.
 *
 * @retval -ENOENT there is no such zone, or not yet
 * @threads Any thread; wait-free, no system call. */
LAB_INLINE int lab_page_events(const struct lab_arena *arena, uint32_t zone,
                               struct lab_page_events *ret_events);

/** Returns the name of an event.
 *
 * @return "below_low" and the like; NULL beyond the last
 * @threads Any thread; wait-free. */
LAB_INLINE const char *lab_page_event_name(enum lab_page_event event);

#include <lab_page_inline.h>

#endif
