/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Making and unmaking zones. Control threads only. */

#include <errno.h>
#include <lab_zone.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)2 << 20)

/* Ids in one zone, as in a pool. */
#define LCORES_MAX 4096u

/* Where everything lies, in bytes from the zone's beginning. */
struct layout {
    uint32_t lcores, groups;
    size_t lcore, hint[LAB_ZONE_HINTS], block, end;
};

/* Takes room at the end of the layout, on a cache line of its own. The options' limits keep it far
 * from overflow. */
static size_t place(struct layout *layout, size_t bytes)
{
    size_t at = layout->end;

    layout->end += (bytes + LAB_CACHE_LINE - 1) / LAB_CACHE_LINE * LAB_CACHE_LINE;
    return at;
}

static int plan(const struct lab_zone_options *options, struct layout *ret_layout,
                struct lab_error *error)
{
    struct layout layout = {.lcores = options->lcores != 0 ? options->lcores : LAB_LCORE_MAX};

    if (options->name == NULL || options->name[0] == '\0' ||
        strnlen(options->name, LAB_ZONE_NAME_SIZE) == LAB_ZONE_NAME_SIZE)
        return lab_error_set(error, -EINVAL, "a zone's name has 1 to %d characters",
                             LAB_ZONE_NAME_SIZE - 1);
    if (options->blocks == 0 || options->blocks > LAB_ZONE_BLOCKS_MAX)
        return lab_error_set(error, -EINVAL,
                             "zone %s: %u blocks of 2 MiB asked for, 1 to %u are possible",
                             options->name, options->blocks, LAB_ZONE_BLOCKS_MAX);
    if (layout.lcores > LCORES_MAX)
        return lab_error_set(error, -EINVAL,
                             "zone %s: %u lcores asked for, at most %u are possible", options->name,
                             options->lcores, LCORES_MAX);
    layout.groups = (options->blocks + LAB_BYTES_GROUP - 1) / LAB_BYTES_GROUP;
    (void)place(&layout, sizeof(struct lab_zone));
    layout.lcore =
        place(&layout, (layout.lcores + LAB_ZONE_GUESTS) * sizeof(struct lab_zone_lcore));
    for (int i = 0; i < LAB_ZONE_HINTS; i++)
        layout.hint[i] = place(&layout, (size_t)layout.groups * LAB_BYTES_GROUP);
    layout.block = place(&layout, (size_t)options->blocks * sizeof(struct lab_block));
    *ret_layout = layout;
    return 0;
}

/* Lcores begin their searches far from each other, guests anywhere among them. */
static void init_lcore(struct lab_zone_lcore *lcore, const struct lab_zone *zone, uint32_t index)
{
    memset(lcore->at, 0xff, sizeof(lcore->at)); /* LAB_PAGE_NONE */
    lcore->home = (uint32_t)((uint64_t)(index % zone->lcores) * zone->groups / zone->lcores);
    for (int i = 0; i < LAB_ZONE_CURSORS; i++)
        lcore->cursor[i] = lcore->home;
}

static struct lab_zone *build(void *memory, const struct lab_zone_options *options,
                              const struct layout *layout)
{
    struct lab_zone *zone = memory;
    char *base = memory;

    zone->magic = LAB_ZONE_MAGIC;
    zone->blocks = options->blocks;
    zone->lcores = layout->lcores;
    zone->groups = layout->groups;
    zone->block = (void *)(base + layout->block);
    zone->lcore = (void *)(base + layout->lcore);
    for (int i = 0; i < LAB_ZONE_HINTS; i++)
        zone->hint[i] = (void *)(base + layout->hint[i]);
    memcpy(zone->name, options->name, strlen(options->name) + 1);
    for (uint32_t i = 0; i < layout->lcores + LAB_ZONE_GUESTS; i++)
        init_lcore(&zone->lcore[i], zone, i);
    for (uint32_t i = 0; i < options->blocks; i++) {
        lab_block_init(&zone->block[i]);
        lab_byte_store_relaxed(&zone->hint[LAB_ZONE_ROWS][i],
                               LAB_PAGE_ORDERS - 1 - LAB_ROW_ORDER_MAX);
    }
    return zone;
}

int lab_zone_footprint(const struct lab_zone_options *options, size_t *ret_bytes,
                       struct lab_error *error)
{
    struct layout layout = {0};
    int rc = plan(options, &layout, error);

    if (rc == 0)
        *ret_bytes = layout.end;
    return rc;
}

int lab_zone_init(void *memory, const struct lab_zone_options *options, struct lab_zone **ret_zone,
                  struct lab_error *error)
{
    struct layout layout = {0};
    int rc = plan(options, &layout, error);

    if (rc == 0)
        *ret_zone = build(memory, options, &layout);
    return rc;
}

/* Maps, and says for which zone it could not. */
static int map(const struct lab_zone_options *options, size_t bytes, enum lab_pages pages,
               struct lab_region *ret_region, struct lab_error *error)
{
    struct lab_region_options wanted = {.bytes = bytes, .node = options->node, .pages = pages};
    struct lab_error why = {0};
    int rc = lab_region_create(&wanted, ret_region, &why);

    if (why.message[0] != '\0')
        return lab_error_set(error, rc, "zone %s: %s", options->name, why.message);
    return lab_error_set(error, rc, "%s", "");
}

int lab_zone_create(const struct lab_zone_options *options, struct lab_zone **ret_zone,
                    struct lab_error *error)
{
    struct lab_region home, memory;
    struct lab_zone *zone;
    struct layout layout = {0};
    int rc = plan(options, &layout, error);

    if (rc != 0)
        return rc;
    rc = map(options, layout.end, LAB_PAGES_ANY, &home, error);
    if (rc != 0)
        return rc;
    rc = map(options, options->blocks * BLOCK_BYTES, options->pages, &memory, error);
    if (rc != 0) {
        (void)lab_region_destroy(&home);
        return rc;
    }
    zone = build(home.address, options, &layout);
    zone->home = home;
    zone->memory = memory;
    *ret_zone = zone;
    return 0;
}

int lab_zone_destroy(struct lab_zone *zone)
{
    struct lab_zone_stats stats;
    struct lab_region home;
    int rc;

    if (zone == NULL)
        return 0;
    lab_zone_stats(zone, &stats);
    if (stats.free_pages != stats.pages)
        return -EBUSY;
    rc = lab_region_destroy(&zone->memory);
    if (rc != 0)
        return rc;
    home = zone->home; /* the zone lies in it */
    return lab_region_destroy(&home);
}
