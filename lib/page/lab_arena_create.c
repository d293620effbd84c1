/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Making and unmaking arenas. Control threads only. */

#include <errno.h>
#include <lab_arena_cache.h>
#include <lab_page_clean.h>
#include <lab_place.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)LAB_BLOCK_PAGES * LAB_PAGE_BYTES)

/* The watermarks of a zone whose options have none: min is a share of the zone, but no more than 16
 * MiB. */
#define MIN_SHARE 128u
#define MIN_MOST 4096u

/* All lcores together may count this share of the zone for themselves: further from a watermark
 * than that, the sum alone is looked at. */
#define DRIFT_SHARE 16u

/* Lcores with deques, by default. */
#define CACHES_DEFAULT 16u

/* The share of the smallest zone that the deques of all lcores together can hold, so that no
 * lcore's hides more than a part of that. Of an lcore's share half is for single pages, a quarter
 * for clean ones, and the rest for the other orders. */
#define CACHED_SHARE 8u

/* Slots of a deque; below, bursts of 32 never run hot. The private part's and the steal's shares
 * are as in pools. */
#define CAPACITY_MIN 64u
#define CAPACITY_RUNS_MIN 8u
#define CAPACITY_MAX 4096u
#define PRIVATE_SHARE 4u
#define STEAL_SHARE 8u

/* Where a zone's metadata lies, in bytes from the arena's beginning, and how large its parts are.
 */
struct zone_layout {
    uint32_t blocks[LAB_PAGE_PARTS];
    size_t part[LAB_PAGE_PARTS], own, dirt, lock;
};

struct layout {
    uint32_t lcores, caches, slots_each, deques;
    uint32_t capacity[LAB_PAGE_ORDERS][LAB_PAGE_KINDS];
    size_t lcore, registry, slots, deque, end;
    struct zone_layout zone[LAB_ARENA_ZONES_MAX];
};

static size_t blocks_of(size_t bytes)
{
    return bytes / BLOCK_BYTES + (bytes % BLOCK_BYTES != 0);
}

static int plan_zone(const struct lab_arena_options *options, uint32_t index, struct layout *layout,
                     struct lab_error *error)
{
    const struct lab_arena_zone *zone = &options->zone[index];
    struct zone_layout *own = &layout->zone[index];
    size_t all = blocks_of(zone->bytes), singles = blocks_of(zone->reserve_bytes),
           runs = blocks_of(zone->reserve_runs_bytes);

    if (all == 0 || all > LAB_ZONE_BLOCKS_MAX)
        return lab_error_set(error, all == 0 ? -EINVAL : -EOVERFLOW,
                             "arena %s, zone %u: %zu bytes asked for, 1 to %zu are possible",
                             options->name, index, zone->bytes, LAB_ZONE_BLOCKS_MAX * BLOCK_BYTES);
    if (singles > all || runs > all || singles + runs >= all)
        return lab_error_set(error, -EINVAL,
                             "arena %s, zone %u: reserves of %zu and %zu blocks of 2 MiB leave "
                             "nothing of %zu",
                             options->name, index, singles, runs, all);
    if (zone->watermark[LAB_PAGE_MIN] > zone->watermark[LAB_PAGE_LOW] ||
        zone->watermark[LAB_PAGE_LOW] > zone->watermark[LAB_PAGE_HIGH] ||
        zone->watermark[LAB_PAGE_HIGH] > (all - singles - runs) * LAB_BLOCK_PAGES)
        return lab_error_set(error, -EINVAL,
                             "arena %s, zone %u: its marks must rise, and end at its %zu pages",
                             options->name, index, (all - singles - runs) * LAB_BLOCK_PAGES);
    if (index > 0 && options->zone[index - 1].later && !zone->later)
        return lab_error_set(
            error, -EINVAL,
            "arena %s, zone %u: stands behind one that is mapped later, and so must "
            "be mapped later itself",
            options->name, index);
    own->blocks[LAB_PAGE_COMMON] = (uint32_t)(all - singles - runs);
    own->blocks[LAB_PAGE_RESERVE_SINGLES] = (uint32_t)singles;
    own->blocks[LAB_PAGE_RESERVE_RUNS] = (uint32_t)runs;
    for (int part = 0; part < LAB_PAGE_PARTS; part++) {
        uint32_t blocks = own->blocks[part];

        own->part[part] =
            lab_place(&layout->end, blocks > 0 ? lab_zone_footprint(blocks, layout->lcores) : 0);
    }
    own->own = lab_place(&layout->end, layout->lcores * sizeof(struct lab_level_own));
    own->dirt = lab_place(&layout->end, all * LAB_BLOCK_PAGES);
    own->lock = lab_place(&layout->end, all * LAB_BLOCK_PAGES);
    return 0;
}

/* The largest power of two up to n, but no less than `least`, another one. */
static uint32_t power_of_two(uint64_t n, uint32_t least)
{
    uint32_t power = least;

    while ((uint64_t)power * 2 <= n && power < CAPACITY_MAX)
        power *= 2;
    return power;
}

static bool is_cached(const struct lab_arena_options *options, unsigned order)
{
    return order == 0 || (options->cached_orders >> order & 1);
}

static void plan_caches(const struct lab_arena_options *options, struct layout *layout)
{
    uint64_t smallest = UINT64_MAX, share, runs = 0;

    for (uint32_t i = 0; i < options->zones; i++)
        if (layout->zone[i].blocks[LAB_PAGE_COMMON] < smallest)
            smallest = layout->zone[i].blocks[LAB_PAGE_COMMON];
    share = smallest * LAB_BLOCK_PAGES / CACHED_SHARE / layout->caches;
    for (unsigned order = 1; order < LAB_PAGE_ORDERS; order++)
        runs += is_cached(options, order);
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++)
        for (unsigned kind = 0; kind < LAB_PAGE_KINDS && is_cached(options, order); kind++) {
            uint64_t part = order == 0 ? share / (kind + 2) : share / 8 / runs >> order;
            uint32_t least = order == 0 ? CAPACITY_MIN : CAPACITY_RUNS_MIN;

            layout->capacity[order][kind] = power_of_two(part, least);
            layout->slots_each += layout->capacity[order][kind];
            layout->deques += layout->lcores + 1;
        }
    layout->lcore = lab_place(&layout->end, (layout->lcores + 1) * sizeof(struct lab_page_lcore));
    layout->registry = lab_place(&layout->end, layout->caches * sizeof(lab_atomic_t));
    layout->deque = lab_place(&layout->end, layout->deques * sizeof(struct lab_deque));
    layout->slots =
        lab_place(&layout->end, (size_t)layout->caches * layout->slots_each * sizeof(lab_atomic_t));
}

static int check_lcores(const struct lab_arena_options *options, const struct layout *layout,
                        struct lab_error *error)
{
    if (layout->lcores > LAB_ARENA_LCORES_MAX)
        return lab_error_set(error, -EINVAL, "arena %s: %u lcores asked for, at most %u",
                             options->name, layout->lcores, LAB_ARENA_LCORES_MAX);
    if (options->caches > LAB_DEQUE_SET_PLACES_MAX)
        return lab_error_set(error, -EINVAL, "arena %s: %u caches asked for, at most %u",
                             options->name, options->caches, LAB_DEQUE_SET_PLACES_MAX);
    if (options->cached_orders >> LAB_PAGE_ORDERS != 0)
        return lab_error_set(error, -EINVAL, "arena %s: orders end at %u, 0x%x has others",
                             options->name, LAB_PAGE_ORDERS - 1, options->cached_orders);
    return 0;
}

static int plan_arena(const struct lab_arena_options *options, struct layout *ret_layout,
                      struct lab_error *error)
{
    struct layout layout = {.lcores = options->lcores != 0 ? options->lcores : LAB_LCORE_MAX,
                            .caches = options->caches != 0 ? options->caches : CACHES_DEFAULT};
    int rc;

    if (options->name == NULL || options->name[0] == '\0' ||
        strnlen(options->name, LAB_ARENA_NAME_SIZE) == LAB_ARENA_NAME_SIZE)
        return lab_error_set(error, -EINVAL, "an arena's name has 1 to %d characters",
                             LAB_ARENA_NAME_SIZE - 1);
    if (options->zones == 0 || options->zones > LAB_ARENA_ZONES_MAX)
        return lab_error_set(error, -EINVAL, "arena %s: %u zones asked for, 1 to %u are possible",
                             options->name, options->zones, LAB_ARENA_ZONES_MAX);
    if (options->zone[0].later)
        return lab_error_set(error, -EINVAL, "arena %s: its first zone cannot be mapped later",
                             options->name);
    rc = check_lcores(options, &layout, error);
    if (rc != 0)
        return rc;
    if (layout.caches > layout.lcores)
        layout.caches = layout.lcores;
    (void)lab_place(&layout.end, sizeof(struct lab_arena));
    for (uint32_t i = 0; i < options->zones; i++) {
        rc = plan_zone(options, i, &layout, error);
        if (rc != 0)
            return rc;
    }
    plan_caches(options, &layout);
    *ret_layout = layout;
    return 0;
}

static void set_limits(struct lab_zone *zone, const uint64_t watermark[LAB_PAGE_WATERMARKS])
{
    uint64_t min = zone->first[LAB_PAGE_RESERVE_SINGLES] / MIN_SHARE;

    if (min > MIN_MOST)
        min = MIN_MOST;
    zone->limits = (struct lab_watermark_limits){min, 2 * min, 3 * min};
    if (watermark[LAB_PAGE_HIGH] != 0)
        zone->limits = (struct lab_watermark_limits){
            watermark[LAB_PAGE_MIN], watermark[LAB_PAGE_LOW], watermark[LAB_PAGE_HIGH]};
}

/* The zone itself, those of its node, and the rest; each of them as they stand. */
static void set_order(struct lab_arena *arena, uint32_t home)
{
    struct lab_zone *zone = &arena->zone[home];
    uint32_t n = 0;

    zone->next[n++] = home;
    for (uint32_t i = 0; i < arena->zones; i++)
        if (i != home && arena->zone[i].node == zone->node)
            zone->next[n++] = i;
    for (uint32_t i = 0; i < arena->zones; i++)
        if (arena->zone[i].node != zone->node)
            zone->next[n++] = i;
}

static void build_zone(struct lab_arena *arena, const struct lab_arena_options *options,
                       const struct layout *layout, uint32_t index)
{
    const struct zone_layout *own = &layout->zone[index];
    struct lab_zone *zone = &arena->zone[index];
    char *home = (char *)arena;

    for (int part = 0; part < LAB_PAGE_PARTS; part++) {
        uint32_t blocks = own->blocks[part];

        if (blocks > 0)
            zone->part[part] = lab_zone_init(home + own->part[part], blocks, layout->lcores);
        zone->first[part + 1] = zone->first[part] + blocks * LAB_BLOCK_PAGES;
    }
    zone->pages = zone->first[LAB_PAGE_PARTS];
    zone->node = options->zone[index].node;
    zone->made_of = options->zone[index].pages;
    zone->dirt = (void *)(home + own->dirt);
    zone->lock = (void *)(home + own->lock);
    zone->level.own = (void *)(home + own->own);
    zone->level.lcores = layout->lcores;
    zone->level.drift = zone->first[LAB_PAGE_RESERVE_SINGLES] / (DRIFT_SHARE * layout->lcores);
    set_limits(zone, options->zone[index].watermark);
    lab_invariant(lab_zone_is_valid(zone));
}

static uint32_t at_most(uint32_t n, uint32_t most)
{
    return n < most ? n : most;
}

/* The arrays of deques, order by order, and where each lcore finds its own. */
static uint32_t build_arrays(struct lab_arena *arena, const struct layout *layout)
{
    struct lab_deque *deques = (void *)((char *)arena + layout->deque);
    uint32_t next = 0, slots_at = 0;

    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++) {
        bool cached = layout->capacity[order][LAB_PAGE_PLAIN] != 0;

        arena->cache[order] = cached ? next : LAB_PAGE_UNCACHED;
        for (int kind = 0; kind < LAB_PAGE_KINDS; kind++) {
            uint32_t capacity = layout->capacity[order][kind];
            struct lab_deque_array *array = &arena->array[next];

            for (uint32_t i = 0; i <= arena->lcores; i++)
                arena->lcore[i].deque[kind][order] = cached ? &deques[i] : &arena->nothing;
            if (!cached)
                continue;
            *array = (struct lab_deque_array){
                .deque = deques,
                .capacity = capacity,
                .slots_at = slots_at,
                .steal_max = at_most(capacity / STEAL_SHARE, LAB_PAGE_MOVING_MAX),
                .private_size = capacity / PRIVATE_SHARE};
            next++;
            slots_at += capacity;
            deques += arena->lcores + 1;
        }
    }
    return next;
}

static void build_caches(struct lab_arena *arena, const struct layout *layout,
                         enum lab_barrier barrier)
{
    char *base = (char *)arena;

    lab_deque_init(&arena->nothing, 1, 1, barrier == LAB_BARRIER_FENCE);
    arena->lcore = (void *)(base + layout->lcore);
    arena->set = (struct lab_deque_set){.array = arena->array,
                                        .arrays = build_arrays(arena, layout),
                                        .lcores = arena->lcores,
                                        .slots = (void *)(base + layout->slots),
                                        .slots_mask = ~UINT64_C(0),
                                        .slots_each = layout->slots_each,
                                        .places = layout->caches,
                                        .entry = (void *)(base + layout->registry),
                                        .maker = lab_barrier_address_space(),
                                        .barrier = barrier,
                                        .state = &arena->state};
    lab_deque_set_init(&arena->set);
}

/* All but the addresses of the zones' memory. */
static int build_arena(void *memory, const struct lab_arena_options *options,
                       const struct layout *layout, struct lab_arena **ret_arena,
                       struct lab_error *error)
{
    enum lab_barrier wanted =
        options->fenced || options->shared ? LAB_BARRIER_FENCE : LAB_BARRIER_PRIVATE;
    struct lab_arena *arena = memory;
    enum lab_barrier barrier;
    int rc = lab_barrier_register(wanted, &barrier);

    if (rc != 0)
        return lab_error_set(error, rc, "arena %s: cannot register for membarrier", options->name);
    arena->magic = LAB_ARENA_MAGIC;
    arena->lcores = layout->lcores;
    arena->zones = options->zones;
    memcpy(arena->name, options->name, strlen(options->name) + 1);
    for (uint32_t i = 0; i < arena->zones; i++)
        build_zone(arena, options, layout, i);
    for (uint32_t i = 0; i < arena->zones; i++)
        set_order(arena, i);
    build_caches(arena, layout, barrier);
    *ret_arena = arena;
    return 0;
}

/* The zones have their memory. */
static void settle(struct lab_arena *arena)
{
    for (uint32_t lcore_index = 0; lcore_index <= arena->lcores; lcore_index++)
        lab_arena_set_home(arena, lcore_index, 0);
}

int lab_arena_footprint(const struct lab_arena_options *options, size_t *ret_bytes,
                        struct lab_error *error)
{
    struct layout layout;
    int rc = plan_arena(options, &layout, error);

    if (rc == 0)
        *ret_bytes = layout.end;
    return rc;
}

int lab_arena_init(void *memory, const struct lab_arena_options *options,
                   struct lab_arena **ret_arena, struct lab_error *error)
{
    struct lab_arena *arena;
    struct layout layout;
    int rc = plan_arena(options, &layout, error);

    if (rc != 0)
        return rc;
    if ((uintptr_t)memory % LAB_CACHE_LINE != 0)
        return lab_error_set(error, -EINVAL,
                             "arena %s: its metadata at %p is not aligned to %d bytes",
                             options->name, memory, LAB_CACHE_LINE);
    for (uint32_t i = 0; i < options->zones; i++) {
        if (options->zone[i].later)
            return lab_error_set(error, -EINVAL,
                                 "arena %s, zone %u: what lab_arena_init() is given cannot be "
                                 "mapped later",
                                 options->name, i);
        if (options->zone[i].memory == NULL ||
            (uintptr_t)options->zone[i].memory % BLOCK_BYTES != 0)
            return lab_error_set(error, -EINVAL,
                                 "arena %s, zone %u: its memory at %p is not aligned to 2 MiB",
                                 options->name, i, options->zone[i].memory);
    }
    rc = build_arena(memory, options, &layout, &arena, error);
    if (rc != 0)
        return rc;
    for (uint32_t i = 0; i < options->zones; i++) {
        arena->zone[i].base = options->zone[i].memory;
        arena->zone[i].made_of = LAB_PAGES_ANY;
        if (!options->zone[i].zeroed)
            lab_bytes_fill(arena->zone[i].dirt, LAB_PAGE_DIRTY, arena->zone[i].pages);
    }
    lab_store_relaxed(&arena->present, arena->zones);
    settle(arena);
    *ret_arena = arena;
    return 0;
}

/* Unmaps the zones, then the arena itself. */
static int unmap(struct lab_arena *arena)
{
    struct lab_region memory;

    for (uint32_t i = 0; i < arena->zones; i++) {
        int rc = lab_region_destroy(&arena->zone[i].region);

        if (rc != 0)
            return rc;
    }
    memory = arena->memory;
    return lab_region_destroy(&memory);
}

int lab_arena_create(const struct lab_arena_options *options, struct lab_arena **ret_arena,
                     struct lab_error *error)
{
    struct lab_region_options wanted = {.node = LAB_NODE_ANY};
    struct lab_error wish = {0};
    struct lab_arena *arena;
    struct lab_region memory;
    struct layout layout;
    int rc = plan_arena(options, &layout, error);

    if (rc != 0)
        return rc;
    if (options->shared)
        return lab_error_set(error, -EINVAL,
                             "arena %s: a region belongs to one process; build a shared arena with "
                             "lab_arena_init() in memory that the processes share",
                             options->name);
    for (uint32_t i = 0; i < options->zones; i++)
        if (options->zone[i].memory != NULL)
            return lab_error_set(error, -EINVAL,
                                 "arena %s, zone %u: memory of the caller's is for "
                                 "lab_arena_init()",
                                 options->name, i);
    wanted.bytes = layout.end;
    wanted.node = options->zone[0].node;
    rc = lab_arena_map(options->name, "metadata", &wanted, &memory, error, &wish);
    if (rc != 0)
        return rc;
    rc = build_arena(memory.address, options, &layout, &arena, error);
    if (rc != 0) {
        (void)lab_region_destroy(&memory);
        return rc;
    }
    arena->memory = memory;
    rc = lab_arena_map_zones(arena, options, error, &wish);
    if (rc != 0) {
        (void)unmap(arena);
        return rc;
    }
    settle(arena);
    *ret_arena = arena;
    return lab_error_set(error, 0, "%s", wish.message);
}

int lab_arena_destroy(struct lab_arena *arena)
{
    if (arena == NULL)
        return 0;
    /* Twice: a private part is revoked only when nothing beside it is public. */
    for (int round = 0; round < 2; round++) {
        (void)lab_arena_cache_revoke(arena, LAB_DEQUE_SET_ANY);
        lab_arena_cache_drain(arena, LAB_LCORE_ANY);
    }
    for (uint32_t i = 0; i < arena->zones; i++)
        for (int part = 0; part < LAB_PAGE_PARTS; part++) {
            struct lab_zone_stats stats = {0};

            if (arena->zone[i].part[part] != NULL)
                lab_zone_stats(arena->zone[i].part[part], &stats);
            if (stats.free_pages != stats.pages)
                return -EBUSY;
            lab_invariant(arena->zone[i].part[part] == NULL ||
                          lab_zone_part_is_valid(arena->zone[i].part[part]));
        }
    return unmap(arena);
}
