/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Making and unmaking arenas. Control threads only. */

#include <errno.h>
#include <lab_page.h>
#include <stdio.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)LAB_BLOCK_PAGES * LAB_PAGE_BYTES)

/* The marks of those who ask for none: min is a share of the zone, but no more than 16 MiB. */
#define MIN_SHARE 128u
#define MIN_MOST 4096u

/* An lcore counts pages for itself up to this share of the zone, of all lcores together: so far
 * from a mark no lcore is asked. */
#define DRIFT_SHARE 16u

/* Where a zone's metadata lies, in bytes from the arena's beginning, and how large its parts are.
 */
struct zone_layout {
    uint32_t blocks[LAB_PAGE_PARTS];
    size_t part[LAB_PAGE_PARTS], own;
};

struct layout {
    uint32_t lcores;
    size_t home, end;
    struct zone_layout zone[LAB_ARENA_ZONES_MAX];
};

/* Takes room at the end of the layout, on a cache line of its own. The options' limits keep it far
 * from overflow. */
static size_t place(struct layout *layout, size_t bytes)
{
    size_t at = layout->end;

    layout->end += (bytes + LAB_CACHE_LINE - 1) / LAB_CACHE_LINE * LAB_CACHE_LINE;
    return at;
}

static size_t blocks_of(size_t bytes)
{
    return bytes / BLOCK_BYTES + (bytes % BLOCK_BYTES != 0);
}

static struct lab_zone_options part_options(const struct lab_arena_options *options,
                                            const struct layout *layout, uint32_t zone, int part)
{
    return (struct lab_zone_options){
        .name = options->name, .blocks = layout->zone[zone].blocks[part], .lcores = layout->lcores};
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
    if (zone->mark[LAB_PAGE_MIN] > zone->mark[LAB_PAGE_LOW] ||
        zone->mark[LAB_PAGE_LOW] > zone->mark[LAB_PAGE_HIGH] ||
        zone->mark[LAB_PAGE_HIGH] > (all - singles - runs) * LAB_BLOCK_PAGES)
        return lab_error_set(error, -EINVAL,
                             "arena %s, zone %u: its marks must rise, and end at its %zu pages",
                             options->name, index, (all - singles - runs) * LAB_BLOCK_PAGES);
    own->blocks[LAB_PAGE_COMMON] = (uint32_t)(all - singles - runs);
    own->blocks[LAB_PAGE_RESERVE_SINGLES] = (uint32_t)singles;
    own->blocks[LAB_PAGE_RESERVE_RUNS] = (uint32_t)runs;
    for (int part = 0; part < LAB_PAGE_PARTS; part++) {
        struct lab_zone_options wanted = part_options(options, layout, index, part);
        size_t bytes = 0;
        int rc = wanted.blocks > 0 ? lab_zone_footprint(&wanted, &bytes, error) : 0;

        if (rc != 0)
            return rc;
        own->part[part] = place(layout, bytes);
    }
    own->own = place(layout, layout->lcores * sizeof(struct lab_level_own));
    return 0;
}

static int plan(const struct lab_arena_options *options, struct layout *ret_layout,
                struct lab_error *error)
{
    struct layout layout = {.lcores = options->lcores != 0 ? options->lcores : LAB_LCORE_MAX};

    if (options->name == NULL || options->name[0] == '\0' ||
        strnlen(options->name, LAB_ARENA_NAME_SIZE) == LAB_ARENA_NAME_SIZE)
        return lab_error_set(error, -EINVAL, "an arena's name has 1 to %d characters",
                             LAB_ARENA_NAME_SIZE - 1);
    if (options->zones == 0 || options->zones > LAB_ARENA_ZONES_MAX)
        return lab_error_set(error, -EINVAL, "arena %s: %u zones asked for, 1 to %u are possible",
                             options->name, options->zones, LAB_ARENA_ZONES_MAX);
    if (layout.lcores > LAB_ARENA_LCORES_MAX)
        return lab_error_set(error, -EINVAL, "arena %s: %u lcores asked for, at most %u",
                             options->name, layout.lcores, LAB_ARENA_LCORES_MAX);
    (void)place(&layout, sizeof(struct lab_arena));
    layout.home = place(&layout, layout.lcores);
    for (uint32_t i = 0; i < options->zones; i++) {
        int rc = plan_zone(options, i, &layout, error);

        if (rc != 0)
            return rc;
    }
    *ret_layout = layout;
    return 0;
}

static void set_marks(struct lab_page_zone *zone, const uint64_t mark[LAB_PAGE_MARKS])
{
    uint64_t min = zone->first[LAB_PAGE_RESERVE_SINGLES] / MIN_SHARE;

    if (min > MIN_MOST)
        min = MIN_MOST;
    for (unsigned i = 0; i < LAB_PAGE_MARKS; i++)
        zone->mark[i] = mark[LAB_PAGE_HIGH] != 0 ? mark[i] : (i + 1) * min;
}

/* The zone itself, those of its node, and the rest; each of them as they stand. */
static void set_order(struct lab_arena *arena, uint32_t home)
{
    struct lab_page_zone *zone = &arena->zone[home];
    uint32_t n = 0;

    zone->next[n++] = home;
    for (uint32_t i = 0; i < arena->zones; i++)
        if (i != home && arena->zone[i].node == zone->node)
            zone->next[n++] = i;
    for (uint32_t i = 0; i < arena->zones; i++)
        if (arena->zone[i].node != zone->node)
            zone->next[n++] = i;
}

static int build_zone(struct lab_arena *arena, const struct lab_arena_options *options,
                      const struct layout *layout, uint32_t index, struct lab_error *error)
{
    const struct zone_layout *own = &layout->zone[index];
    struct lab_page_zone *zone = &arena->zone[index];
    char *home = (char *)arena;

    for (int part = 0; part < LAB_PAGE_PARTS; part++) {
        struct lab_zone_options wanted = part_options(options, layout, index, part);
        int rc = wanted.blocks > 0
                     ? lab_zone_init(home + own->part[part], &wanted, &zone->part[part], error)
                     : 0;

        if (rc != 0)
            return rc;
        zone->first[part + 1] = zone->first[part] + wanted.blocks * LAB_BLOCK_PAGES;
    }
    zone->pages = zone->first[LAB_PAGE_PARTS];
    zone->node = options->zone[index].node;
    zone->level.own = (void *)(home + own->own);
    zone->level.lcores = layout->lcores;
    zone->level.drift = zone->first[LAB_PAGE_RESERVE_SINGLES] / (DRIFT_SHARE * layout->lcores);
    set_marks(zone, options->zone[index].mark);
    return 0;
}

static int build(void *memory, const struct lab_arena_options *options, const struct layout *layout,
                 struct lab_arena **ret_arena, struct lab_error *error)
{
    struct lab_arena *arena = memory;

    arena->magic = LAB_ARENA_MAGIC;
    arena->lcores = layout->lcores;
    arena->zones = options->zones;
    arena->home = (uint8_t *)memory + layout->home;
    memcpy(arena->name, options->name, strlen(options->name) + 1);
    for (uint32_t i = 0; i < arena->zones; i++) {
        int rc = build_zone(arena, options, layout, i, error);

        if (rc != 0)
            return rc;
    }
    for (uint32_t i = 0; i < arena->zones; i++)
        set_order(arena, i);
    *ret_arena = arena;
    return 0;
}

int lab_arena_footprint(const struct lab_arena_options *options, size_t *ret_bytes,
                        struct lab_error *error)
{
    struct layout layout;
    int rc = plan(options, &layout, error);

    if (rc == 0)
        *ret_bytes = layout.end;
    return rc;
}

int lab_arena_init(void *memory, const struct lab_arena_options *options,
                   struct lab_arena **ret_arena, struct lab_error *error)
{
    struct lab_arena *arena;
    struct layout layout;
    int rc = plan(options, &layout, error);

    if (rc != 0)
        return rc;
    if ((uintptr_t)memory % LAB_CACHE_LINE != 0)
        return lab_error_set(error, -EINVAL,
                             "arena %s: its metadata at %p is not aligned to %d bytes",
                             options->name, memory, LAB_CACHE_LINE);
    for (uint32_t i = 0; i < options->zones; i++)
        if (options->zone[i].memory == NULL ||
            (uintptr_t)options->zone[i].memory % BLOCK_BYTES != 0)
            return lab_error_set(error, -EINVAL,
                                 "arena %s, zone %u: its memory at %p is not aligned to 2 MiB",
                                 options->name, i, options->zone[i].memory);
    rc = build(memory, options, &layout, &arena, error);
    if (rc != 0)
        return rc;
    for (uint32_t i = 0; i < options->zones; i++)
        arena->zone[i].base = options->zone[i].memory;
    *ret_arena = arena;
    return 0;
}

/* Maps, and says for what it could not, or (in *wish) what would have been better. */
static int map(const struct lab_arena_options *options, const char *what,
               const struct lab_region_options *wanted, struct lab_region *ret_region,
               struct lab_error *error, struct lab_error *wish)
{
    struct lab_error why = {0};
    int rc = lab_region_create(wanted, ret_region, &why);

    if (why.message[0] != '\0')
        (void)lab_error_set(rc != 0 ? error : wish, rc, "arena %s, %s: %s", options->name, what,
                            why.message);
    return rc;
}

static int map_zones(struct lab_arena *arena, const struct lab_arena_options *options,
                     struct lab_error *error, struct lab_error *wish)
{
    for (uint32_t i = 0; i < arena->zones; i++) {
        struct lab_page_zone *zone = &arena->zone[i];
        struct lab_region_options wanted = {.bytes = zone->pages * LAB_PAGE_BYTES,
                                            .node = zone->node,
                                            .pages = options->zone[i].pages};
        char what[24];
        int rc;

        snprintf(what, sizeof(what), "zone %u", i);
        rc = map(options, what, &wanted, &zone->region, error, wish);
        if (rc != 0)
            return rc;
        zone->base = zone->region.address;
        zone->made_of = zone->region.pages;
    }
    return 0;
}

/* What was mapped, the arena itself at last. */
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
    int rc = plan(options, &layout, error);

    if (rc != 0)
        return rc;
    for (uint32_t i = 0; i < options->zones; i++)
        if (options->zone[i].memory != NULL)
            return lab_error_set(error, -EINVAL,
                                 "arena %s, zone %u: memory of the caller's is for "
                                 "lab_arena_init()",
                                 options->name, i);
    wanted.bytes = layout.end;
    wanted.node = options->zone[0].node;
    rc = map(options, "metadata", &wanted, &memory, error, &wish);
    if (rc != 0)
        return rc;
    rc = build(memory.address, options, &layout, &arena, error);
    if (rc != 0) {
        (void)lab_region_destroy(&memory);
        return rc;
    }
    arena->memory = memory;
    rc = map_zones(arena, options, error, &wish);
    if (rc != 0) {
        (void)unmap(arena);
        return rc;
    }
    *ret_arena = arena;
    return lab_error_set(error, 0, "%s", wish.message);
}

int lab_arena_destroy(struct lab_arena *arena)
{
    if (arena == NULL)
        return 0;
    for (uint32_t i = 0; i < arena->zones; i++)
        for (int part = 0; part < LAB_PAGE_PARTS; part++) {
            struct lab_zone_stats stats = {0};

            if (arena->zone[i].part[part] != NULL)
                lab_zone_stats(arena->zone[i].part[part], &stats);
            if (stats.free_pages != stats.pages)
                return -EBUSY;
        }
    return unmap(arena);
}
