/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Telemetry's /labyrinth/map: for an arena what /proc/buddyinfo and /proc/pagetypeinfo are for
 * Linux. It only reads. */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <rte_common.h>
#include <rte_errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lab_mbuf_private.h"
#include "labyrinth_dict.h"
#include "labyrinth_dpdk.h"
#include "labyrinth_plain.h"

#define PLAIN_NAME (4 * LAB_ARENA_NAME_SIZE)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct lab_arena *arenas[LAB_MBUF_MAP_ARENAS];
static unsigned unlisted; /* those that came when there were as many */

/* Telemetry's names have letters, digits and underscores. */
static const char *const part_names[LAB_PAGE_PARTS] = {
    [LAB_PAGE_COMMON] = "common",
    [LAB_PAGE_RESERVE_SINGLES] = "reserve_order_0",
    [LAB_PAGE_RESERVE_RUNS] = "reserve_others",
};

static const char *const pressure_names[] = {
    [LAB_PRESSURE_NONE] = "none",
    [LAB_PRESSURE_LOW] = "below low",
    [LAB_PRESSURE_MIN] = "below min",
};

static void add_part(struct rte_tel_data *row, const struct lab_page_part_map *part)
{
    char name[16];

    rte_tel_data_add_dict_u64(row, "pages", part->pages);
    rte_tel_data_add_dict_u64(row, "free", part->free_pages);
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++) {
        snprintf(name, sizeof(name), "order_%u", order);
        rte_tel_data_add_dict_u64(row, name, part->runs[order]);
    }
    rte_tel_data_add_dict_u64(row, "blocks_free", part->blocks_free);
    rte_tel_data_add_dict_u64(row, "blocks_mixed", part->blocks_mixed);
    rte_tel_data_add_dict_u64(row, "blocks_full", part->blocks_full);
    rte_tel_data_add_dict_int(row, "largest", part->largest);
}

static void add_watermarks(struct rte_tel_data *row, const struct lab_page_map *map,
                           const struct lab_page_events *events)
{
    rte_tel_data_add_dict_int(row, "node", map->node);
    rte_tel_data_add_dict_u64(row, "min", map->watermark[LAB_PAGE_MIN]);
    rte_tel_data_add_dict_u64(row, "low", map->watermark[LAB_PAGE_LOW]);
    rte_tel_data_add_dict_u64(row, "high", map->watermark[LAB_PAGE_HIGH]);
    rte_tel_data_add_dict_u64(row, "level", map->level);
    rte_tel_data_add_dict_string(row, "pressure", pressure_names[map->pressure]);
    rte_tel_data_add_dict_u64(row, "clean", map->clean);
    rte_tel_data_add_dict_u64(row, "locked", map->locked);
    for (unsigned event = 0; event < LAB_PAGE_EVENTS; event++)
        rte_tel_data_add_dict_u64(row, lab_page_event_name(event), events->count[event]);
}

/* The pages in deques: those that are not empty. */
static void add_caches(struct rte_tel_data *table, uint32_t zone, const struct lab_page_map *map)
{
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++)
        for (unsigned kind = 0; kind < LAB_PAGE_KINDS; kind++) {
            const struct lab_page_cache_map *cache = &map->cache[order][kind];
            struct rte_tel_data *row;
            char name[48];

            if (cache->private_parts + cache->public_parts == 0)
                continue;
            snprintf(name, sizeof(name), "zone_%" PRIu32 "_order_%u%s", zone, order,
                     kind == LAB_PAGE_CLEAN ? "_clean" : "");
            row = labyrinth_dict_add(table, name);
            if (row == NULL)
                return;
            rte_tel_data_add_dict_u64(row, "private", cache->private_parts);
            rte_tel_data_add_dict_u64(row, "public", cache->public_parts);
        }
}

static int add_zone(const struct lab_arena *arena, uint32_t zone, struct rte_tel_data *runs,
                    struct rte_tel_data *zones, struct rte_tel_data *caches)
{
    struct lab_page_map map;
    struct lab_page_events events;
    struct rte_tel_data *row;
    char name[48];

    if (lab_page_map(arena, zone, &map) != 0 || lab_page_events(arena, zone, &events) != 0)
        return -ENOENT;
    for (unsigned part = 0; part < LAB_PAGE_PARTS; part++) {
        if (map.part[part].pages == 0)
            continue;
        snprintf(name, sizeof(name), "zone_%" PRIu32 "_%s", zone, part_names[part]);
        row = labyrinth_dict_add(runs, name);
        if (row == NULL)
            return -ENOMEM;
        add_part(row, &map.part[part]);
    }
    snprintf(name, sizeof(name), "zone_%" PRIu32, zone);
    row = labyrinth_dict_add(zones, name);
    if (row == NULL)
        return -ENOMEM;
    add_watermarks(row, &map, &events);
    add_caches(caches, zone, &map);
    return 0;
}

static int add_arena(const struct lab_arena *arena, struct rte_tel_data *data)
{
    struct rte_tel_data *runs, *zones, *caches;
    char plain[PLAIN_NAME];
    int rc = 0;

    rte_tel_data_add_dict_string(data, "arena", labyrinth_plain(plain, sizeof(plain), arena->name));
    runs = labyrinth_dict_add(data, "free_runs");
    zones = labyrinth_dict_add(data, "zones");
    caches = labyrinth_dict_add(data, "in_deques");
    if (runs == NULL || zones == NULL || caches == NULL)
        return -ENOMEM;
    for (uint32_t zone = 0; rc == 0 && zone < lab_arena_present(arena); zone++)
        rc = add_zone(arena, zone, runs, zones, caches);
    return rc;
}

/* As the program has it, or as an answer shows it. */
static bool is_name_of(const struct lab_arena *arena, const char *name)
{
    char plain[PLAIN_NAME];

    return strcmp(arena->name, name) == 0 ||
           strcmp(labyrinth_plain(plain, sizeof(plain), arena->name), name) == 0;
}

/* The one of that name, or the only one that there is. */
static const struct lab_arena *find(const char *name, unsigned *ret_n)
{
    const struct lab_arena *found = NULL;

    *ret_n = 0;
    for (unsigned i = 0; i < LAB_MBUF_MAP_ARENAS; i++) {
        if (arenas[i] == NULL)
            continue;
        ++*ret_n;
        if (name != NULL ? is_name_of(arenas[i], name) : *ret_n == 1)
            found = arenas[i];
    }
    return name == NULL && *ret_n + unlisted > 1 ? NULL : found;
}

static void complain(struct rte_tel_data *data, const char *name, unsigned n)
{
    char text[RTE_TEL_MAX_STRING_LEN] = "there is no arena", plain[PLAIN_NAME];
    size_t used = 0;

    if (n > 0)
        used =
            (size_t)snprintf(text, sizeof(text),
                             name != NULL ? "no arena %s; there are:" : "which arena? There are:",
                             name != NULL ? labyrinth_plain(plain, sizeof(plain), name) : "");
    for (unsigned i = 0; n > 0 && i < LAB_MBUF_MAP_ARENAS && used < sizeof(text); i++)
        if (arenas[i] != NULL)
            used += (size_t)snprintf(text + used, sizeof(text) - used, " %s",
                                     labyrinth_plain(plain, sizeof(plain), arenas[i]->name));
    if (unlisted > 0 && used < sizeof(text))
        used += (size_t)snprintf(text + used, sizeof(text) - used, ", and %u that cannot be shown",
                                 unlisted);
    if (used >= sizeof(text))
        strcpy(text + sizeof(text) - sizeof("..."), "...");
    rte_tel_data_add_dict_string(data, "error", text);
}

static int handle_map(const char *cmd, const char *params, struct rte_tel_data *data)
{
    const char *name = params != NULL && params[0] != '\0' ? params : NULL;
    const struct lab_arena *arena;
    unsigned n;
    int rc = 0;

    RTE_SET_USED(cmd);
    rte_tel_data_start_dict(data);
    pthread_mutex_lock(&lock); /* no arena goes meanwhile */
    arena = find(name, &n);
    if (arena == NULL)
        complain(data, name, n);
    else
        rc = add_arena(arena, data);
    pthread_mutex_unlock(&lock);
    return rc;
}

/* False when the old one is not among them. */
static bool put_in_place_of(const struct lab_arena *old, const struct lab_arena *new)
{
    for (unsigned i = 0; i < LAB_MBUF_MAP_ARENAS; i++)
        if (arenas[i] == old) {
            arenas[i] = new;
            return true;
        }
    return false;
}

void lab_mbuf_map_add(const struct lab_arena *arena)
{
    pthread_mutex_lock(&lock);
    if (!put_in_place_of(NULL, arena))
        unlisted++;
    pthread_mutex_unlock(&lock);
}

void lab_mbuf_map_remove(const struct lab_arena *arena)
{
    pthread_mutex_lock(&lock);
    if (!put_in_place_of(arena, NULL))
        unlisted--;
    pthread_mutex_unlock(&lock);
}

RTE_INIT(lab_mbuf_map_register)
{
    int rc =
        rte_telemetry_register_cmd("/labyrinth/map", handle_map,
                                   "An arena's free runs by order, watermarks, events and deques. "
                                   "Parameter: its name; none, where there is one alone.");

    if (rc != 0)
        LAB_MBUF_SAY(NOTICE, "telemetry has no /labyrinth/map: %s", rte_strerror(-rc));
}
