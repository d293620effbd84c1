/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Telemetry about who holds what: /labyrinth/leaks and /labyrinth/holders. They only read. */

#include <errno.h>
#include <inttypes.h>
#include <lab_os.h>
#include <lab_pool_audit.h>
#include <rte_lcore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labyrinth_cache.h"
#include "labyrinth_driver.h"
#include "labyrinth_site.h"

#define SECOND_NS UINT64_C(1000000000)

/* As many groups as fit an answer of telemetry, which has 16 KiB. They are numbered, the largest
 * is 1: older telemetry knows no arrays of these. */
#define GROUPS_MAX 32u

static void add_who(struct rte_tel_data *dict, const struct lab_audit_actor *holder)
{
    char text[32];

    if (holder->device)
        snprintf(text, sizeof(text), "device queue %" PRIu32, holder->lcore);
    else if (holder->lcore == LAB_LCORE_ANY)
        snprintf(text, sizeof(text), "any");
    else
        snprintf(text, sizeof(text), "%" PRIu32, holder->lcore);
    rte_tel_data_add_dict_string(dict, "lcore", text);
    rte_tel_data_add_dict_u64(dict, "pid", (uint64_t)lab_os_process_pid(holder->process));
}

static int add_group(struct rte_tel_data *groups, unsigned int number,
                     const struct lab_audit_group *group)
{
    struct rte_tel_data *dict = rte_tel_data_alloc();
    char text[LABYRINTH_SITE_TEXT], name[16];

    if (dict == NULL)
        return -ENOMEM;
    rte_tel_data_start_dict(dict);
    rte_tel_data_add_dict_u64(dict, "count", group->count);
    labyrinth_site_text(group->holder.process, group->holder.site, text);
    text[RTE_TEL_MAX_STRING_LEN - 1] = '\0';
    rte_tel_data_add_dict_string(dict, "site", text);
    add_who(dict, &group->holder);
    rte_tel_data_add_dict_u64(dict, "oldest_s", group->holder.age_ns / SECOND_NS);
    rte_tel_data_add_dict_u64(dict, "youngest_s", group->youngest_ns / SECOND_NS);
    snprintf(name, sizeof(name), "%u", number);
    return rte_tel_data_add_dict_container(groups, name, dict, 0);
}

static int add_groups(const struct rte_mempool *mp, uint64_t least_age_ns,
                      struct rte_tel_data *data)
{
    const struct lab_pool *pool = labyrinth_pool_of(mp);
    struct rte_tel_data *dict = rte_tel_data_alloc();
    struct lab_audit_group groups[GROUPS_MAX];
    uint64_t rest, cached;
    uint64_t *skip = labyrinth_cached_objects(mp, &cached);
    unsigned int n = lab_pool_groups(pool, least_age_ns, skip, groups, GROUPS_MAX, &rest);

    free(skip);
    if (dict == NULL)
        return -ENOMEM;
    rte_tel_data_start_dict(dict);
    for (unsigned int i = 0; i < n; i++)
        add_group(dict, i + 1, &groups[i]);
    rte_tel_data_add_dict_u64(data, "in_dpdk_caches", cached);
    rte_tel_data_add_dict_u64(data, "in_smaller_groups", rest);
    return rte_tel_data_add_dict_container(data, "by_call_site", dict, 0);
}

static void add_level(const struct lab_pool_audit_stats *audit, struct rte_tel_data *data)
{
    static const char *const levels[] = {"off", "sample", "full"};

    rte_tel_data_add_dict_string(data, "audit", audit->records ? levels[audit->level] : "none");
    if (audit->level == LAB_AUDIT_SAMPLE)
        rte_tel_data_add_dict_u64(data, "one_in", audit->sample);
}

int labyrinth_telemetry_leaks(const char *cmd, const char *params, struct rte_tel_data *data)
{
    const char *seconds = NULL;
    const struct rte_mempool *mp;
    struct lab_pool_audit_stats audit;

    RTE_SET_USED(cmd);
    rte_tel_data_start_dict(data);
    mp = labyrinth_telemetry_find(params, data, &seconds);
    if (mp == NULL)
        return 0;
    lab_pool_audit_stats(labyrinth_pool_of(mp), &audit);
    if (!audit.records || audit.level == LAB_AUDIT_OFF) {
        rte_tel_data_add_dict_string(data, "error",
                                     "there is no audit: start the program with "
                                     "LABYRINTH_OPTIONS=audit=full, or audit=sample");
        return 0;
    }
    add_level(&audit, data);
    return add_groups(mp, (seconds != NULL ? strtoull(seconds, NULL, 10) : 1) * SECOND_NS, data);
}

/* Free objects by place: tips and public parts of all lcores, and the stack. */
static void add_places(const struct lab_pool *pool, const struct lab_pool_stats *stats,
                       const struct lab_pool_audit_stats *audit, struct rte_tel_data *data)
{
    uint64_t tips = 0, public_parts = 0;

    for (uint32_t lcore = 0; lcore < pool->lcores; lcore++) {
        struct lab_pool_lcore_stats one;

        if (lab_pool_lcore_stats(pool, lcore, &one) == 0) {
            tips += one.tip;
            public_parts += one.public_part;
        }
    }
    rte_tel_data_add_dict_u64(data, "in_tips", tips);
    rte_tel_data_add_dict_u64(data, "in_public_parts", public_parts);
    rte_tel_data_add_dict_u64(data, "in_stack", stats->stack);
    rte_tel_data_add_dict_u64(data, "in_quarantine", audit->quarantined);
}

/* A quarter more than was ever needed, and what may rest in DPDK's caches; DPDK's pools are best of
 * a power of two less one. */
static uint64_t recommended_size(const struct rte_mempool *mp, const struct lab_pool_stats *stats)
{
    uint64_t wanted =
        stats->high_water * 5 / 4 + (uint64_t)rte_lcore_count() * labyrinth_cache_size(mp) * 3 / 2;
    uint64_t size = 1;

    while (size < wanted)
        size = 2 * size + 1;
    return size;
}

int labyrinth_telemetry_holders(const char *cmd, const char *params, struct rte_tel_data *data)
{
    const struct lab_pool *pool;
    const struct rte_mempool *mp;
    struct lab_pool_audit_stats audit;
    struct lab_pool_stats stats;
    const char *rest;

    RTE_SET_USED(cmd);
    rte_tel_data_start_dict(data);
    mp = labyrinth_telemetry_find(params, data, &rest);
    if (mp == NULL)
        return 0;
    pool = labyrinth_pool_of(mp);
    lab_pool_stats(pool, &stats);
    lab_pool_audit_stats(pool, &audit);
    add_level(&audit, data);
    rte_tel_data_add_dict_u64(data, "size", stats.count);
    rte_tel_data_add_dict_u64(data, "free", stats.free);
    rte_tel_data_add_dict_u64(data, "held", stats.count - stats.free);
    add_places(pool, &stats, &audit, data);
    rte_tel_data_add_dict_u64(data, "high_water", stats.high_water);
    rte_tel_data_add_dict_u64(data, "recommended_size", recommended_size(mp, &stats));
    for (int i = LAB_AUDIT_FINE + 1; i < LAB_AUDIT_FAULTS; i++)
        if (audit.faults[i] != 0)
            rte_tel_data_add_dict_u64(data, lab_audit_fault_name((enum lab_audit_fault)i),
                                      audit.faults[i]);
    return add_groups(mp, 0, data);
}
