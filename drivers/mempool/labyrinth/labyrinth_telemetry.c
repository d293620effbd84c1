/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The telemetry commands that only read. They answer from what they copied of a mempool while none
 * could go. */

#include <inttypes.h>
#include <lab_audit.h>
#include <lab_pool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labyrinth_dict.h"
#include "labyrinth_driver.h"
#include "labyrinth_plain.h"

/* The room of an answer of telemetry: 16 KiB, 512 entries in an array. */
#define LIST_BYTES 15000u
#define LIST_NAMES (RTE_TEL_MAX_ARRAY_ENTRIES - 1) /* and a sentence */
#define LCORES_MAX 40u

/* A list of names in the making. */
struct list {
    struct rte_tel_data *names;
    uint64_t from; /* the first one that is wanted */
    uint64_t n;    /* mempools so far */
    uint64_t left_out;
    size_t bytes, listed;
};

static void add_name(const struct rte_mempool *mp, void *context)
{
    struct list *list = context;
    char plain[LABYRINTH_PLAIN_NAME];
    size_t bytes = strlen("\"\",");

    if (list->n++ < list->from)
        return;
    labyrinth_plain(plain, sizeof(plain), mp->name);
    for (const char *c = plain; *c != '\0'; c++)
        bytes += *c == '"' || *c == '\\' ? 2 : 1;
    if (list->left_out > 0 || list->listed == LIST_NAMES || list->bytes + bytes > LIST_BYTES) {
        list->left_out++;
        return;
    }
    list->bytes += bytes;
    list->listed++;
    rte_tel_data_add_array_string(list->names, plain);
}

static void fill_list(struct list *list)
{
    rte_tel_data_start_array(list->names, RTE_TEL_STRING_VAL);
    labyrinth_look_at_all(add_name, list);
}

/* /labyrinth/list,FROM: for those who want to know all of more pools than one answer has room for.
 */
static int list_from(const char *from, struct rte_tel_data *data)
{
    struct list list = {.names = rte_tel_data_alloc(), .from = strtoull(from, NULL, 10)};

    if (list.names == NULL)
        return -ENOMEM;
    fill_list(&list);
    rte_tel_data_start_dict(data);
    rte_tel_data_add_dict_u64(data, "left_out", list.left_out);
    return rte_tel_data_add_dict_container(data, "pools", list.names, 0);
}

static int handle_list(const char *cmd, const char *params, struct rte_tel_data *data)
{
    struct list list = {.names = data};
    char text[64];

    RTE_SET_USED(cmd);
    if (params != NULL && *params >= '0' && *params <= '9')
        return list_from(params, data);
    fill_list(&list);
    if (list.left_out > 0) {
        snprintf(text, sizeof(text), "(and %" PRIu64 " more: /labyrinth/list,%zu)", list.left_out,
                 list.listed);
        rte_tel_data_add_array_string(data, text);
    }
    return 0;
}

static void add_counters(struct rte_tel_data *dict, const uint64_t counter[LAB_POOL_COUNTERS])
{
    for (int i = 0; i < LAB_POOL_COUNTERS; i++)
        rte_tel_data_add_dict_u64(dict, lab_pool_counter_name((enum lab_pool_counter)i),
                                  counter[i]);
}

static void add_lcore(struct rte_tel_data *lcores, const char *name,
                      const struct lab_pool_lcore_stats *stats)
{
    struct rte_tel_data *dict = labyrinth_dict_add(lcores, name);

    if (dict == NULL)
        return;
    rte_tel_data_add_dict_u64(dict, "private", stats->private_part);
    rte_tel_data_add_dict_u64(dict, "public", stats->public_part);
    add_counters(dict, stats->counter);
}

/* The answer of /labyrinth/info. */
struct info {
    char name[LABYRINTH_PLAIN_NAME];
    uint32_t cache_size;
    struct lab_pool_stats stats;
    struct lab_pool_events events;
    struct lab_pool_audit_stats audit;
    uint64_t calls[LAB_POOL_COUNTERS]; /* of all lcores, and of the threads without an id */
    bool has_any;                      /* these have used it */
    struct lab_pool_lcore_stats any;
    uint32_t n, left_out; /* lcores */
    struct {
        uint32_t id;
        struct lab_pool_lcore_stats stats;
    } lcore[LCORES_MAX];
};

static void add_to_calls(struct info *info, const struct lab_pool_lcore_stats *stats)
{
    for (unsigned int i = 0; i < LAB_POOL_COUNTERS; i++)
        info->calls[i] += stats->counter[i];
}

static void copy_lcores(const struct lab_pool *pool, struct info *info)
{
    struct lab_pool_lcore_stats stats;

    info->n = info->left_out = 0;
    memset(info->calls, 0, sizeof(info->calls));
    info->has_any = lab_pool_lcore_stats(pool, LAB_LCORE_ANY, &info->any) == 0;
    if (info->has_any)
        add_to_calls(info, &info->any);
    for (uint32_t id = 0; id < pool->lcores; id++) {
        if (lab_pool_lcore_stats(pool, id, &stats) != 0)
            continue;
        add_to_calls(info, &stats);
        if (info->n == LCORES_MAX) {
            info->left_out++;
            continue;
        }
        info->lcore[info->n].id = id;
        info->lcore[info->n++].stats = stats;
    }
}

static void copy_info(const struct rte_mempool *mp, void *context)
{
    const struct lab_pool *pool = labyrinth_pool_of(mp);
    struct info *info = context;

    labyrinth_plain(info->name, sizeof(info->name), mp->name);
    info->cache_size = labyrinth_cache_size(mp);
    lab_pool_stats(pool, &info->stats);
    lab_pool_events(pool, &info->events);
    lab_pool_audit_stats(pool, &info->audit);
    copy_lcores(pool, info);
}

/* One dictionary of counters for each lcore that ever used the pool, and "any" for the threads
 * without an id; and how many were left out. */
static void add_lcores(const struct info *info, struct rte_tel_data *data)
{
    struct rte_tel_data *lcores;
    char name[16];

    rte_tel_data_add_dict_u64(data, "lcores_left_out", info->left_out);
    lcores = labyrinth_dict_add(data, "lcores");
    if (lcores == NULL)
        return;
    if (info->has_any)
        add_lcore(lcores, "any", &info->any);
    for (uint32_t i = 0; i < info->n; i++) {
        snprintf(name, sizeof(name), "%" PRIu32, info->lcore[i].id);
        add_lcore(lcores, name, &info->lcore[i].stats);
    }
}

/* Totals, also of the lcores for which an answer has no room. */
static void add_calls(const struct info *info, struct rte_tel_data *data)
{
    struct rte_tel_data *calls = labyrinth_dict_add(data, "calls");

    if (calls != NULL)
        add_counters(calls, info->calls);
}

/* Of a pool without records it is not known whether there were faults. */
static void add_faults(const struct lab_pool_audit_stats *audit, struct rte_tel_data *data)
{
    struct rte_tel_data *faults = audit->records ? labyrinth_dict_add(data, "faults") : NULL;

    for (int i = LAB_AUDIT_FINE + 1; faults != NULL && i < LAB_AUDIT_LEAK; i++)
        rte_tel_data_add_dict_u64(faults, lab_audit_fault_name((enum lab_audit_fault)i),
                                  audit->faults[i]);
}

static void add_watermarks(const struct lab_pool_events *events, struct rte_tel_data *data)
{
    rte_tel_data_add_dict_u64(data, "low", events->low);
    rte_tel_data_add_dict_u64(data, "high", events->high);
    rte_tel_data_add_dict_string(data, "pressure", lab_pool_pressure_name(events->pressure));
    for (int i = 0; i < LAB_CROSSINGS; i++)
        rte_tel_data_add_dict_u64(data, lab_pool_crossing_name((enum lab_crossing)i),
                                  events->count[i]);
}

static int handle_info(const char *cmd, const char *params, struct rte_tel_data *data)
{
    struct info info;

    RTE_SET_USED(cmd);
    rte_tel_data_start_dict(data);
    if (!labyrinth_look_for(params, copy_info, &info, data))
        return 0;
    rte_tel_data_add_dict_string(data, "name", info.name);
    rte_tel_data_add_dict_u64(data, "size", info.stats.count);
    rte_tel_data_add_dict_u64(data, "free", info.stats.free);
    rte_tel_data_add_dict_u64(data, "stack", info.stats.stack);
    rte_tel_data_add_dict_u64(data, "reserve", info.stats.reserved);
    rte_tel_data_add_dict_u64(data, "reserve_free", info.stats.reserve);
    rte_tel_data_add_dict_u64(data, "high_water", info.stats.high_water);
    rte_tel_data_add_dict_u64(data, "cache_size", info.cache_size);
    add_watermarks(&info.events, data);
    labyrinth_telemetry_add_level(&info.audit, data);
    add_faults(&info.audit, data);
    add_calls(&info, data);
    add_lcores(&info, data);
    return 0;
}

static int handle_version(const char *cmd, const char *params, struct rte_tel_data *data)
{
    RTE_SET_USED(cmd);
    RTE_SET_USED(params);
    rte_tel_data_start_dict(data);
    rte_tel_data_add_dict_string(data, "driver", LABYRINTH_VERSION);
    rte_tel_data_add_dict_u64(data, "layout", LAB_SHARED_LAYOUT);
    return 0;
}

void labyrinth_telemetry_register(void)
{
    labyrinth_look_command("/labyrinth/version", handle_version,
                           "The driver's version. Takes no parameters.");
    labyrinth_look_command("/labyrinth/list", handle_list,
                           "Names of the labyrinth pools. Parameter: how many to pass over, "
                           "where there are more than one answer has.");
    labyrinth_look_command("/labyrinth/info", handle_info,
                           "A pool's size, free buffers and counters. Parameter: its name.");
    labyrinth_look_command("/labyrinth/holders", labyrinth_telemetry_holders,
                           "Where all buffers of a pool are. Parameter: its name.");
    labyrinth_look_command("/labyrinth/leaks", labyrinth_telemetry_leaks,
                           "Objects held for long, by call site. Parameters: the pool's "
                           "name, and the least age in seconds (1).");
    labyrinth_where_register();
}
