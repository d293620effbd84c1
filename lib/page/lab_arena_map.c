/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Mapping an arena's zones: at set-up, and those that were put off when somebody who may wait needs
 * them.
 *
 * A zone's number, metadata and place in every order are settled from the beginning. Its address is
 * not: nobody looks at the zones behind the first `present`, which is stored when all of the next
 * one is there.
 *
 *     A1 load of present   acquire   pairs with A2
 *     A2 store of present  release   pairs with A1
 *     A3 taking `growing`  acquire   pairs with A4
 *     A4 leaving it        release   pairs with A3 */

#include <errno.h>
#include <lab_arena_map.h>
#include <lab_arena_node.h>
#include <lab_os.h>
#include <stdio.h>

int lab_arena_map(const char *arena, const char *what, const struct lab_region_options *wanted,
                  struct lab_region *ret_region, struct lab_error *error, struct lab_error *wish)
{
    struct lab_error why = {0};
    int rc = lab_region_create(wanted, ret_region, &why);

    if (why.message[0] != '\0')
        (void)lab_error_set(rc != 0 ? error : wish, rc, "arena %s, %s: %s", arena, what,
                            why.message);
    return rc;
}

/* The next one. */
static int map_zone(struct lab_arena *arena, struct lab_error *error, struct lab_error *wish)
{
    uint32_t index = lab_arena_present(arena);
    struct lab_page_zone *zone = &arena->zone[index];
    struct lab_region_options wanted = {
        .bytes = zone->pages * LAB_PAGE_BYTES, .node = zone->node, .pages = zone->made_of};
    char what[24];
    int rc;

    snprintf(what, sizeof(what), "zone %u", index);
    rc = lab_arena_map(arena->name, what, &wanted, &zone->region, error, wish);
    if (rc != 0)
        return rc;
    zone->base = zone->region.address;
    zone->made_of = zone->region.pages;
    lab_store_release(&arena->present, index + 1); /* A2: or a zone is used without an address */
    return 0;
}

int lab_arena_map_zones(struct lab_arena *arena, const struct lab_arena_options *options,
                        struct lab_error *error, struct lab_error *wish)
{
    for (uint32_t i = 0; i < arena->zones && !options->zone[i].later; i++) {
        int rc = map_zone(arena, error, wish);

        if (rc != 0)
            return rc;
    }
    return 0;
}

int lab_arena_grow_beyond(struct lab_arena *arena, uint32_t present, struct lab_error *error)
{
    struct lab_error wish = {0};
    uint64_t nobody = 0;
    int rc = 0;

    /* A3: or the zone that another one has just mapped is mapped again */
    while (!lab_cas_acquire(&arena->growing, &nobody, 1)) {
        nobody = 0;
        lab_os_yield();
    }
    if (lab_arena_present(arena) == present) {
        rc = map_zone(arena, error, &wish);
        if (rc == 0)
            lab_page_zone_tell(arena, &arena->zone[present], LAB_PAGE_MAPPED);
    }
    lab_store_release(&arena->growing, 0); /* A4: as A3 says */
    return rc != 0 ? rc : lab_error_set(error, 0, "%s", wish.message);
}

int lab_arena_grow(struct lab_arena *arena, struct lab_error *error)
{
    uint32_t present = lab_arena_present(arena);

    if (present == arena->zones)
        return lab_error_set(error, -ENOSPC, "arena %s: all of its %u zones are mapped",
                             arena->name, arena->zones);
    return lab_arena_grow_beyond(arena, present, error);
}
