/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Making and unmaking arenas. Control threads only. */

#include <errno.h>
#include <lab_arena_cache.h>
#include <lab_limits.h>
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

/* Room for the arena's next piece: *end is its address where the arena is made, and counts from 0
 * where it is only planned. */
static void *place(size_t *end, size_t bytes)
{
    return (void *)lab_place(end, bytes);
}

static size_t blocks_of(size_t bytes)
{
    return bytes / BLOCK_BYTES + (bytes % BLOCK_BYTES != 0);
}

static uint32_t at_most(uint32_t n, uint32_t most)
{
    return n < most ? n : most;
}

static void set_limits(struct lab_zone *zone, const uint64_t watermark[LAB_PAGE_WATERMARKS])
{
    uint64_t min = at_most(zone->first[LAB_PAGE_RESERVE_SINGLES] / MIN_SHARE, MIN_MOST);

    zone->limits = (struct lab_watermark_limits){min, 2 * min, 3 * min};
    if (watermark[LAB_PAGE_HIGH] != 0)
        zone->limits = (struct lab_watermark_limits){
            watermark[LAB_PAGE_MIN], watermark[LAB_PAGE_LOW], watermark[LAB_PAGE_HIGH]};
}

static void place_zone(struct lab_arena *arena, const struct lab_arena_zone *options,
                       const size_t blocks[LAB_PAGE_PARTS], struct lab_zone *zone, size_t *end)
{
    for (int part = 0; part < LAB_PAGE_PARTS; part++) {
        uint32_t n = (uint32_t)blocks[part];

        if (n > 0)
            zone->part[part] = place(end, lab_zone_footprint(n, arena->lcores));
        zone->first[part + 1] = zone->first[part] + n * LAB_BLOCK_PAGES;
    }
    zone->pages = zone->first[LAB_PAGE_PARTS];
    zone->node = options->node;
    zone->made_of = options->pages;
    zone->dirt = place(end, zone->pages);
    zone->lock = place(end, zone->pages);
    zone->level.own = place(end, arena->lcores * sizeof(struct lab_level_own));
    zone->level.lcores = arena->lcores;
    zone->level.drift = zone->first[LAB_PAGE_RESERVE_SINGLES] / (DRIFT_SHARE * arena->lcores);
    set_limits(zone, options->watermark);
}

static int plan_zone(struct lab_arena *arena, const struct lab_arena_options *options,
                     uint32_t index, size_t *end, struct lab_error *error)
{
    const struct lab_arena_zone *zone = &options->zone[index];
    size_t all = blocks_of(zone->bytes), singles = blocks_of(zone->reserve_bytes),
           runs = blocks_of(zone->reserve_runs_bytes);
    const size_t blocks[LAB_PAGE_PARTS] = {all - singles - runs, singles, runs};

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
        zone->watermark[LAB_PAGE_HIGH] > blocks[LAB_PAGE_COMMON] * LAB_BLOCK_PAGES)
        return lab_error_set(error, -EINVAL,
                             "arena %s, zone %u: its marks must rise, and end at its %zu pages",
                             options->name, index, blocks[LAB_PAGE_COMMON] * LAB_BLOCK_PAGES);
    if (index > 0 ? zone[-1].later && !zone->later : zone->later)
        return lab_error_set(error, -EINVAL,
                             "arena %s, zone %u: the first zone cannot be mapped later, and what "
                             "stands behind one that is, is mapped later itself",
                             options->name, index);
    place_zone(arena, zone, blocks, &arena->zone[index], end);
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

/* The pages that the deques of one lcore may hold, of the smallest zone. */
static uint64_t share_of_lcore(const struct lab_arena *arena)
{
    uint32_t smallest = UINT32_MAX;

    for (uint32_t i = 0; i < arena->zones; i++)
        smallest = at_most(smallest, arena->zone[i].first[LAB_PAGE_RESERVE_SINGLES]);
    return smallest / CACHED_SHARE / arena->set.places;
}

/* The arrays of deques, order by order; returns how many. */
static uint32_t plan_arrays(struct lab_arena *arena, const struct lab_arena_options *options,
                            size_t *end)
{
    uint64_t share = share_of_lcore(arena),
             runs = (unsigned)__builtin_popcount(options->cached_orders & ~1u);
    uint32_t n = 0;

    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++) {
        arena->cache[order] = is_cached(options, order) ? n : LAB_PAGE_UNCACHED;
        for (unsigned kind = 0; kind < LAB_PAGE_KINDS && is_cached(options, order); kind++) {
            uint64_t part = order == 0 ? share / (kind + 2) : share / 8 / runs >> order;
            uint32_t capacity = power_of_two(part, order == 0 ? CAPACITY_MIN : CAPACITY_RUNS_MIN);

            arena->array[n++] = (struct lab_deque_array){
                .deque = place(end, (arena->lcores + 1) * sizeof(struct lab_deque)),
                .capacity = capacity,
                .slots_at = arena->set.slots_each,
                .steal_max = at_most(capacity / STEAL_SHARE, LAB_PAGE_MOVING_MAX),
                .private_size = capacity / PRIVATE_SHARE};
            arena->set.slots_each += capacity;
        }
    }
    return n;
}

static int check_options(const struct lab_arena_options *options, struct lab_error *error)
{
    const struct lab_limit limits[] = {
        {"zones", options->zones, 1, LAB_ARENA_ZONES_MAX},
        {"lcores", options->lcores, 0, LAB_ARENA_LCORES_MAX},
        {"caches", options->caches, 0, LAB_DEQUE_SET_PLACES_MAX},
        {"cached_orders", options->cached_orders, 0, (1u << LAB_PAGE_ORDERS) - 1}};

    if (options->name == NULL || options->name[0] == '\0' ||
        strnlen(options->name, LAB_ARENA_NAME_SIZE) == LAB_ARENA_NAME_SIZE)
        return lab_error_set(error, -EINVAL, "an arena's name has 1 to %d characters",
                             LAB_ARENA_NAME_SIZE - 1);
    return lab_limits_check("arena", options->name, limits, sizeof(limits) / sizeof(limits[0]),
                            error);
}

/* The part of an arena that its options decide: its sizes, and where the rest of it lies, from *end
 * on. The arena is all zero before, and need not lie where it will be. */
static int plan_arena(struct lab_arena *arena, const struct lab_arena_options *options, size_t *end,
                      struct lab_error *error)
{
    struct lab_deque_set *set = &arena->set;
    int rc = check_options(options, error);

    if (rc != 0)
        return rc;
    (void)place(end, sizeof(*arena));
    arena->magic = LAB_ARENA_MAGIC;
    arena->zones = options->zones;
    arena->lcores = options->lcores != 0 ? options->lcores : LAB_LCORE_MAX;
    memcpy(arena->name, options->name, strlen(options->name) + 1);
    for (uint32_t i = 0; i < arena->zones; i++) {
        rc = plan_zone(arena, options, i, end, error);
        if (rc != 0)
            return rc;
    }
    arena->lcore = place(end, (arena->lcores + 1) * sizeof(struct lab_page_lcore));
    set->array = arena->array;
    set->places = at_most(options->caches != 0 ? options->caches : CACHES_DEFAULT, arena->lcores);
    set->arrays = plan_arrays(arena, options, end);
    set->lcores = arena->lcores;
    set->entry = place(end, set->places * sizeof(lab_atomic_t));
    set->slots = place(end, (size_t)set->places * set->slots_each * sizeof(lab_atomic_t));
    set->slots_mask = ~UINT64_C(0);
    set->state = &arena->state;
    return 0;
}

/* The order in which to try the zones from one on: itself, those of its node, and the rest; each of
 * them as they stand. */
static void set_order(struct lab_arena *arena, uint32_t home)
{
    struct lab_zone *zone = &arena->zone[home];
    uint32_t n = 0;

    for (int distance = 0; distance < 3; distance++)
        for (uint32_t i = 0; i < arena->zones; i++)
            if ((i != home) + (arena->zone[i].node != zone->node) == distance)
                zone->next[n++] = i;
}

static void build_zone(struct lab_arena *arena, uint32_t index)
{
    struct lab_zone *zone = &arena->zone[index];

    for (int part = 0; part < LAB_PAGE_PARTS; part++)
        if (zone->part[part] != NULL)
            (void)lab_zone_init(zone->part[part],
                                (zone->first[part + 1] - zone->first[part]) / LAB_BLOCK_PAGES,
                                arena->lcores);
    set_order(arena, index);
    lab_invariant(lab_zone_is_valid(zone));
}

static void build_lcore(struct lab_arena *arena, uint32_t lcore_index)
{
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++)
        for (unsigned kind = 0; kind < LAB_PAGE_KINDS; kind++)
            arena->lcore[lcore_index].deque[kind][order] =
                lab_arena_is_cached(arena, order)
                    ? &arena->array[arena->cache[order] + kind].deque[lcore_index]
                    : &arena->nothing;
}

/* All but the addresses of the zones' memory. The options have been planned before. */
static void build_arena(struct lab_arena *arena, const struct lab_arena_options *options)
{
    enum lab_barrier wanted =
        options->fenced || options->shared ? LAB_BARRIER_FENCE : LAB_BARRIER_PRIVATE;
    size_t end = (size_t)(uintptr_t)arena;
    int rc = lab_barrier_register(wanted, &arena->set.barrier);

    lab_invariant(rc == 0); /* it refuses only what is no barrier */
    rc = plan_arena(arena, options, &end, NULL);
    lab_invariant(rc == 0);
    for (uint32_t i = 0; i < arena->zones; i++)
        build_zone(arena, i);
    lab_deque_init(&arena->nothing, 1, 1, arena->set.barrier == LAB_BARRIER_FENCE);
    for (uint32_t i = 0; i <= arena->lcores; i++)
        build_lcore(arena, i);
    arena->set.maker = lab_barrier_address_space();
    lab_deque_set_init(&arena->set);
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
    struct lab_arena plan = {0};
    size_t end = 0;
    int rc = plan_arena(&plan, options, &end, error);

    if (rc == 0)
        *ret_bytes = end;
    return rc;
}

int lab_arena_init(void *memory, const struct lab_arena_options *options,
                   struct lab_arena **ret_arena, struct lab_error *error)
{
    struct lab_arena *arena = memory;
    size_t bytes;
    int rc = lab_arena_footprint(options, &bytes, error);

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
    build_arena(arena, options);
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
    struct lab_region memory;
    struct lab_arena *arena;
    int rc = lab_arena_footprint(options, &wanted.bytes, error);

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
    wanted.node = options->zone[0].node;
    rc = lab_arena_map(options->name, "metadata", &wanted, &memory, error, &wish);
    if (rc != 0)
        return rc;
    arena = memory.address;
    arena->memory = memory;
    build_arena(arena, options);
    for (uint32_t i = 0; rc == 0 && i < options->zones && !options->zone[i].later; i++)
        rc = lab_arena_map_zone(arena, error, &wish);
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
            struct lab_page_part_map stats = {0};

            if (arena->zone[i].part[part] != NULL)
                lab_zone_stats(arena->zone[i].part[part], &stats);
            if (stats.free_pages != stats.pages)
                return -EBUSY;
            lab_invariant(arena->zone[i].part[part] == NULL ||
                          lab_zone_part_is_valid(arena->zone[i].part[part]));
        }
    return unmap(arena);
}
