/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The telemetry commands. They only read. */

#include <inttypes.h>
#include <lab_pool.h>
#include <rte_mempool.h>
#include <rte_telemetry.h>
#include <stdio.h>
#include <string.h>

#include "labyrinth_cache.h"
#include "labyrinth_driver.h"
#include "labyrinth_private.h"

struct lab_pool *labyrinth_pool_of(const struct rte_mempool *mp)
{
    struct lab_pool *pool = mp->pool_data;

    if (strcmp(rte_mempool_get_ops(mp->ops_index)->name, LABYRINTH_OPS_NAME) != 0 || pool == NULL ||
        pool->magic != LAB_POOL_MAGIC || labyrinth_is_handle(mp))
        return NULL;
    return pool;
}

static void add_name(struct rte_mempool *mp, void *list)
{
    if (labyrinth_pool_of(mp) != NULL)
        rte_tel_data_add_array_string(list, mp->name);
}

static int handle_list(const char *cmd, const char *params, struct rte_tel_data *data)
{
    RTE_SET_USED(cmd);
    RTE_SET_USED(params);
    rte_tel_data_start_array(data, RTE_TEL_STRING_VAL);
    rte_mempool_walk(add_name, data);
    return 0;
}

/* A search for a mempool of ours by name. It copies nothing and keeps no reference: an application
 * must not free a mempool while telemetry looks at it, as for DPDK's own /mempool/info. */
struct search {
    const char *name;
    const struct rte_mempool *mp;
};

static void match_name(struct rte_mempool *mp, void *arg)
{
    struct search *search = arg;

    if (labyrinth_pool_of(mp) != NULL && strcmp(mp->name, search->name) == 0)
        search->mp = mp;
}

static int add_lcore(struct rte_tel_data *lcores, const char *name,
                     const struct lab_pool_lcore_stats *stats)
{
    struct rte_tel_data *dict = rte_tel_data_alloc();

    if (dict == NULL)
        return -ENOMEM;
    rte_tel_data_start_dict(dict);
    rte_tel_data_add_dict_u64(dict, "tip", stats->tip);
    rte_tel_data_add_dict_u64(dict, "public", stats->public_part);
    for (unsigned int i = 0; i < LAB_POOL_EVENTS; i++)
        rte_tel_data_add_dict_u64(dict, lab_pool_event_name(i), stats->event[i]);
    return rte_tel_data_add_dict_container(lcores, name, dict, 0);
}

/* As many lcores as fit an answer of telemetry, which has 16 KiB. */
#define LCORES_MAX 40u

/* One dictionary of counters for each lcore that ever used the pool, and "any" for the threads
 * without an id; and how many were left out. */
static int add_lcores(const struct lab_pool *pool, struct rte_tel_data *data)
{
    struct rte_tel_data *lcores = rte_tel_data_alloc();
    struct lab_pool_lcore_stats stats;
    uint32_t n = 0;
    char name[16];

    if (lcores == NULL)
        return -ENOMEM;
    rte_tel_data_start_dict(lcores);
    if (lab_pool_lcore_stats(pool, LAB_LCORE_ANY, &stats) == 0)
        add_lcore(lcores, "any", &stats);
    for (uint32_t lcore = 0; lcore < pool->lcores; lcore++) {
        if (lab_pool_lcore_stats(pool, lcore, &stats) != 0 || n++ >= LCORES_MAX)
            continue;
        snprintf(name, sizeof(name), "%" PRIu32, lcore);
        add_lcore(lcores, name, &stats);
    }
    rte_tel_data_add_dict_u64(data, "lcores_left_out", n > LCORES_MAX ? n - LCORES_MAX : 0);
    return rte_tel_data_add_dict_container(data, "lcores", lcores, 0);
}

const struct rte_mempool *labyrinth_telemetry_find(const char *params, struct rte_tel_data *data,
                                                   const char **ret_rest)
{
    char name[RTE_MEMPOOL_NAMESIZE + 1];
    struct search search = {.name = name};
    const char *comma = params != NULL ? strchr(params, ',') : NULL;

    if (params == NULL || *params == '\0') {
        rte_tel_data_add_dict_string(data, "error",
                                     "which pool? /labyrinth/info,NAME; /labyrinth/list has names");
        return NULL;
    }
    snprintf(name, sizeof(name), "%.*s",
             comma != NULL ? (int)(comma - params) : (int)strlen(params), params);
    *ret_rest = comma != NULL ? comma + 1 : NULL;
    rte_mempool_walk(match_name, &search);
    if (search.mp == NULL)
        rte_tel_data_add_dict_string(data, "error",
                                     "no labyrinth pool of that name; /labyrinth/list has names");
    return search.mp;
}

static void add_marks(const struct lab_pool *pool, struct rte_tel_data *data)
{
    struct lab_pool_events events;

    lab_pool_events(pool, &events);
    rte_tel_data_add_dict_u64(data, "low", events.low);
    rte_tel_data_add_dict_u64(data, "high", events.high);
    rte_tel_data_add_dict_string(data, "pressure", lab_pool_pressure_name(events.pressure));
    for (int i = 0; i < LAB_POOL_CROSSINGS; i++)
        rte_tel_data_add_dict_u64(data, lab_pool_crossing_name((enum lab_pool_crossing)i),
                                  events.count[i]);
}

static int handle_info(const char *cmd, const char *params, struct rte_tel_data *data)
{
    const struct rte_mempool *mp;
    struct lab_pool_stats stats;
    const char *rest;

    RTE_SET_USED(cmd);
    rte_tel_data_start_dict(data);
    mp = labyrinth_telemetry_find(params, data, &rest);
    if (mp == NULL)
        return 0;
    lab_pool_stats(labyrinth_pool_of(mp), &stats);
    rte_tel_data_add_dict_string(data, "name", mp->name);
    rte_tel_data_add_dict_u64(data, "size", stats.count);
    rte_tel_data_add_dict_u64(data, "free", stats.free);
    rte_tel_data_add_dict_u64(data, "stack", stats.stack);
    rte_tel_data_add_dict_u64(data, "reserve", stats.reserved);
    rte_tel_data_add_dict_u64(data, "reserve_free", stats.reserve);
    rte_tel_data_add_dict_u64(data, "high_water", stats.high_water);
    rte_tel_data_add_dict_u64(data, "cache_size", labyrinth_cache_size(mp));
    add_marks(labyrinth_pool_of(mp), data);
    return add_lcores(labyrinth_pool_of(mp), data);
}

void labyrinth_telemetry_register(void)
{
    rte_telemetry_register_cmd("/labyrinth/list", handle_list,
                               "Names of the labyrinth pools. Takes no parameters.");
    rte_telemetry_register_cmd("/labyrinth/info", handle_info,
                               "A pool's size, free buffers and counters. Parameter: its name.");
    rte_telemetry_register_cmd("/labyrinth/holders", labyrinth_telemetry_holders,
                               "Where all buffers of a pool are. Parameter: its name.");
    rte_telemetry_register_cmd("/labyrinth/leaks", labyrinth_telemetry_leaks,
                               "What has been held for long, by call site. Parameters: the pool's "
                               "name, and the least age in seconds (1).");
}
