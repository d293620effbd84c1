/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_ARENA_H
#define LAB_ARENA_H

/* An arena: the memory that a program gets its pages from.
 *
 * It is one zone for each NUMA node and kind of page that it was made of. A request tries the zones
 * in order, those of the caller's node first. Zones may be mapped later: when a request under
 * LAB_GFP_WAIT finds too little in those that are there.
 *
 * Each zone keeps back memory for those that must not fail:
 *
 *     pages free      high ─ the zone is calm again          (an event)
 *          │          low  ─ LAB_GFP_NOWAIT gets no further  (an event)
 *          │          min  ─ LAB_GFP_WAIT gets no further    (an event)
 *          ▼          0    ─ LAB_GFP_ATOMIC takes the reserve from here on (an event)
 *
 * The reserve is memory of its own, one part for single pages and one for all other orders, so that
 * neither can use up nor splinter the other. A page of the reserve goes back to it when it is
 * freed. How far a request may go depends on its class alone (lab_gfp.h). Each thread looks at the
 * watermarks for itself: threads that pass one together may get past it by the pages that they ask
 * for. */

#include <lab_barrier.h>
#include <lab_block.h>
#include <lab_bytes.h>
#include <lab_common.h>
#include <lab_deque_set.h>
#include <lab_error.h>
#include <lab_lcore.h>
#include <lab_level.h>
#include <lab_region.h>
#include <lab_watermark.h>
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

/* The most allocations that a call moves beside those it was asked for, between deques and zones:
 * what a thread that is killed inside it may hide. */
#define LAB_PAGE_MOVING_MAX 256u

enum lab_page_watermark { LAB_PAGE_MIN, LAB_PAGE_LOW, LAB_PAGE_HIGH, LAB_PAGE_WATERMARKS };

/* One zone: memory of one node, and of one kind of page. */
struct lab_arena_zone {
    size_t bytes; /* with the reserve; rounded up to blocks of 2 MiB */
    int node;     /* NUMA node, or LAB_NODE_ANY. 0 is node 0! */

    /* The rest may be 0, which asks for what stands in brackets. */
    enum lab_pages pages;      /* for lab_arena_create() [the best that can be had] */
    bool later;                /* for lab_arena_create(): it is mapped only when LAB_GFP_WAIT
                                  finds too little in those before it, or by lab_arena_grow();
                                  not the first one, and all behind it too [at once] */
    void *memory;              /* for lab_arena_init(): the caller's, aligned to 2 MiB */
    bool zeroed;               /* for lab_arena_init(): it is all zero [not known] */
    size_t reserve_bytes;      /* of these, for single pages; rounded up to blocks [none] */
    size_t reserve_runs_bytes; /* of these, for orders above 0; the same [none] */
    uint64_t watermark[LAB_PAGE_WATERMARKS]; /* pages, rising; 0, 0, 1 is none at all [min is 1/128
                                      of the zone, up to 16 MiB, low is twice that, high thrice] */
};

struct lab_arena_options {
    const char *name; /* for reports; at most LAB_ARENA_NAME_SIZE - 1 characters */
    const struct lab_arena_zone *zone;
    uint32_t zones; /* 1 to LAB_ARENA_ZONES_MAX, in the order in which they are to be tried */

    /* The rest may be 0, which asks for what stands in brackets. */
    uint32_t lcores; /* ids are 0 to lcores - 1, up to LAB_ARENA_LCORES_MAX [LAB_LCORE_MAX] */
    uint32_t caches; /* lcores that can have deques of their own at the same time, up to
                        LAB_DEQUE_SET_PLACES_MAX; those that come later work on the zones [16, or
                        lcores if that is less] */
    unsigned cached_orders; /* bit k: order k comes from deques too; order 0 always does */
    bool fenced; /* every request may empty the private parts of others, and owners fence at
                    each [only LAB_GFP_WAIT and lab_housekeep() may] */
    bool shared; /* for lab_arena_init(): other processes use the arena too, which makes it `fenced`
                    [this one alone] */
};

/* Events of a zone. Each but LAB_PAGE_ZEROED raises the arena's sequence by one. */
enum lab_page_event {
    LAB_PAGE_BELOW_LOW = LAB_BELOW_LOW,   /* fewer pages are free than the low watermark says */
    LAB_PAGE_BELOW_MIN = LAB_BELOW_MIN,   /* the same of min */
    LAB_PAGE_ABOVE_HIGH = LAB_ABOVE_HIGH, /* as many are free again as the high watermark says */
    LAB_PAGE_RESERVE,                     /* a request was served from the reserve */
    LAB_PAGE_ZEROED, /* a request for zeros found none ready, and zeroed memory itself */
    LAB_PAGE_FAILED, /* a request failed, without LAB_GFP_NOWARN; counted in the first zone
                        that it tried */
    LAB_PAGE_MAPPED, /* the zone was mapped later */
    LAB_PAGE_EVENTS
};

/* The parts of a zone lie behind each other, each of whole blocks. */
enum lab_page_part {
    LAB_PAGE_COMMON,
    LAB_PAGE_RESERVE_SINGLES, /* order 0, for LAB_GFP_ATOMIC */
    LAB_PAGE_RESERVE_RUNS,    /* the other orders */
    LAB_PAGE_PARTS
};

struct lab_zone_part; /* lab_zone.h: the blocks of a part */

/* Deques of one order: its pages as they come, and those that are clean. */
enum lab_page_kind { LAB_PAGE_PLAIN, LAB_PAGE_CLEAN, LAB_PAGE_KINDS };

/* An order that no deque serves. */
#define LAB_PAGE_UNCACHED UINT32_MAX

/* The most arrays of deques: one for each order and kind. */
#define LAB_ARENA_ARRAYS (LAB_PAGE_ORDERS * LAB_PAGE_KINDS)

/* The state of an lcore, written by it alone. The first one is for all threads without an id. */
struct lab_page_lcore {
    alignas(LAB_CACHE_LINE) char *base; /* its first zone: a page goes into its deques if it */
    size_t bytes;                       /* is of that zone's common part, */
    struct lab_block *block;            /* and in the shape that it has there */
    lab_byte_t *dirt;                   /* of that zone's pages: lab_page_clean.h */
    struct lab_deque_set_own own;       /* shortages and victims */
    uint32_t home;                      /* the zone */
    uint32_t no_clean_until;            /* requests that skip a zone without clean pages */
    /* Its own deques; where none serves the order, arena->nothing. */
    struct lab_deque *deque[LAB_PAGE_KINDS][LAB_PAGE_ORDERS];
};

/* The cleaning of a zone. */
struct lab_page_cleaner {
    alignas(LAB_CACHE_LINE) lab_atomic_t busy; /* the lcore_index that cleans and 1, or 0 */
    uint32_t row;                              /* the next one to look at */
    uint64_t clean;                            /* pages seen to be so since row 0 */
    bool resting;                              /* there were enough */
};

/* A zone at work. */
struct lab_zone {
    char *base;
    uint64_t pages;                             /* all of them */
    struct lab_zone_part *part[LAB_PAGE_PARTS]; /* NULL: there is no such part */
    uint32_t first[LAB_PAGE_PARTS + 1];         /* page of each part, and the end */
    uint32_t next[LAB_ARENA_ZONES_MAX];         /* the order in which to go on from here */
    struct lab_watermark_limits limits;         /* pages */
    struct lab_region region;                   /* of lab_arena_create() */
    int node;
    enum lab_pages made_of; /* LAB_PAGES_ANY: memory of the caller's; or what is wanted, until it
                               is mapped */
    struct lab_level level; /* of the common part */
    lab_byte_t *dirt;       /* by page: lab_page_clean.h */
    lab_byte_t *lock;       /* by page: the lcore that has locked it, its lcore_index and 1, or 0 */
    struct lab_page_cleaner cleaner;
    alignas(LAB_CACHE_LINE) struct lab_watermark watermark;
    lab_atomic_t event[(int)LAB_PAGE_EVENTS - (int)LAB_CROSSINGS]; /* those that are no crossing */
};

/* In memory that may be shared between processes, at the same address in each. Only lib/page and
 * the inline functions below look inside. */
struct lab_arena {
    uint32_t magic;
    uint32_t lcores;
    struct lab_page_lcore
        *lcore; /* lcores + 1, by lcore_index: an id and 1, 0 is that of all threads without one */
    uint32_t cache[LAB_PAGE_ORDERS]; /* the first array of each order, or LAB_PAGE_UNCACHED */
    struct lab_deque_array array[LAB_ARENA_ARRAYS];
    struct lab_deque_set set;
    uint32_t zones;           /* mapped or not */
    lab_atomic_t present;     /* the first N are: lab_arena_node.c */
    struct lab_region memory; /* of lab_arena_create(): what you are looking at */
    char name[LAB_ARENA_NAME_SIZE];

    /* Of the set. `intercepted` is read by every put, and seldom written: while there is a
     * shortage, since a request found too little or a zone is under pressure, every put goes back
     * to its zone.
     */
    struct lab_deque_set_state state;
    struct lab_deque nothing; /* has no slots, so that neither gets nor puts succeed */
    lab_atomic_t sequence;
    lab_atomic_t growing; /* 1 while a thread maps a zone */
    struct lab_zone zone[LAB_ARENA_ZONES_MAX];
};

#define LAB_ARENA_MAGIC UINT32_C(0x6e657241) /* "Aren" in memory */

/* Maps the zones, and some memory for their metadata, and makes an arena of them, all free. Returns
 * 0; -EINVAL for a wrong option, -EOVERFLOW for a size that does not fit, -ENOMEM when memory was
 * short; *error (may be NULL) then says which zone's and how to fix it, and *ret_arena is
 * untouched. On success error->message may name better memory that could not be had (see
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

/* Returns N: the first N zones are mapped. Any thread; wait-free. */
LAB_INLINE uint32_t lab_arena_present(const struct lab_arena *arena)
{
    return (uint32_t)lab_load_acquire(&arena->present); /* A1: or a zone has no address yet */
}

/* Maps the next of the zones that are to be mapped later, as a request under LAB_GFP_WAIT does that
 * finds too little, and reports the reason when that fails. Returns 0; -ENOSPC when all of them are
 * there; otherwise the -errno of lab_region_create(): *error (may be NULL) then says what was short
 * and how to fix it, and the arena is as it was. On success error->message may name better memory
 * that could not be had. Control threads; blocking: of several that call it, one maps. */
LAB_PUBLIC int lab_arena_grow(struct lab_arena *arena, struct lab_error *error);

/* From now on this lcore tries the zones of that node first; LAB_NODE_ANY: the arena's first one.
 * Before, every lcore does as with LAB_NODE_ANY; threads without an id always do. The pages in its
 * deques go back to the zones. By the lcore itself, or before it is at work; lock-free. Returns 0;
 * -EINVAL for an unknown lcore, -ENOENT when no zone is on that node. */
LAB_PUBLIC int lab_arena_prefer(struct lab_arena *arena, uint32_t lcore, int node);

/* Brings back the rows that an lcore had in transit when it died (its thread or process has ended
 * for certain), at most one in each part of a zone; unlocks the pages that it had locked; and gives
 * the pages in its deques back to the zones. Pages that it held are not touched, nor those that its
 * last call was moving: the ones that it had asked for, and one burst of at most
 * LAB_PAGE_MOVING_MAX allocations. These count as held. Any thread, several at once too; lock-free,
 * no system call. Between the death and this call, and during it, no other thread has that id.
 *
 * LAB_LCORE_ANY: for all threads without an id that have died. None of these may live inside a
 * call, nor may any thread be inside another sweep of this arena, for a sweep works as one of them;
 * a thread that dies in a sweep is swept so.
 *
 * Returns 0; -EAGAIN when another thread is just in transit with the same row, or has died there:
 * call again, when the others that died are swept, too; -EINVAL for an unknown lcore. */
LAB_PUBLIC int lab_arena_sweep(struct lab_arena *arena, uint32_t dead) LAB_CHECKED;

#endif
