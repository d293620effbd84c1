/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Telemetry about who holds what: /labyrinth/leaks and /labyrinth/holders. They only read, and look
 * up what an address is called when they no longer look at the mempool: that may take long. */

#include <errno.h>
#include <inttypes.h>
#include <lab_audit.h>
#include <lab_os.h>
#include <rte_lcore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labyrinth_dict.h"
#include "labyrinth_driver.h"
#include "labyrinth_plain.h"
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

static void add_group(struct rte_tel_data *groups, unsigned int number,
                      const struct lab_audit_group *group)
{
    char text[LABYRINTH_SITE_TEXT], said[LABYRINTH_SITE_TEXT + 32], name[16];
    char plain[RTE_TEL_MAX_STRING_LEN];
    struct rte_tel_data *dict;

    snprintf(name, sizeof(name), "%u", number);
    dict = labyrinth_dict_add(groups, name);
    if (dict == NULL)
        return;
    rte_tel_data_add_dict_u64(dict, "count", group->count);
    labyrinth_site_text(group->holder.process, group->holder.site, text);
    snprintf(said, sizeof(said), "%s%s",
             labyrinth_site_is_cache(group->holder.site) ? "filled a cache: " : "", text);
    rte_tel_data_add_dict_string(dict, "site", labyrinth_plain(plain, sizeof(plain), said));
    add_who(dict, &group->holder);
    rte_tel_data_add_dict_u64(dict, "oldest_s", group->holder.age_ns / SECOND_NS);
    rte_tel_data_add_dict_u64(dict, "youngest_s", group->youngest_ns / SECOND_NS);
}

/* The objects that are held, and were got at least that long ago. */
struct held {
    uint64_t least_age_ns;
    unsigned int n;
    struct lab_audit_group groups[GROUPS_MAX];
    uint64_t rest, cached;
    struct lab_pool_audit_stats audit;
};

static void copy_held(const struct rte_mempool *mp, void *context)
{
    const struct lab_pool *pool = labyrinth_pool_of(mp);
    struct held *held = context;
    uint64_t *skip = labyrinth_cached_objects(mp, &held->cached);

    lab_pool_audit_stats(pool, &held->audit);
    held->n =
        lab_pool_groups(pool, held->least_age_ns, skip, held->groups, GROUPS_MAX, &held->rest);
    free(skip);
}

static void add_groups(const struct held *held, struct rte_tel_data *data)
{
    struct rte_tel_data *dict;

    rte_tel_data_add_dict_u64(data, "in_dpdk_caches", held->cached);
    rte_tel_data_add_dict_u64(data, "in_smaller_groups", held->rest);
    dict = labyrinth_dict_add(data, "by_call_site");
    for (unsigned int i = 0; dict != NULL && i < held->n; i++)
        add_group(dict, i + 1, &held->groups[i]);
}

void labyrinth_telemetry_add_level(const struct lab_pool_audit_stats *audit,
                                   struct rte_tel_data *data)
{
    rte_tel_data_add_dict_string(data, "audit",
                                 audit->records ? labyrinth_level_names[audit->level] : "none");
    if (audit->level == LAB_AUDIT_SAMPLE)
        rte_tel_data_add_dict_u64(data, "one_in", audit->sample);
}

/* Whole seconds; *ret_ns is left alone when it is something else. */
static bool parse_seconds(const char *text, uint64_t *ret_ns)
{
    char *end;
    uint64_t seconds = strtoull(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || seconds > UINT64_MAX / SECOND_NS)
        return false;
    *ret_ns = seconds * SECOND_NS;
    return true;
}

/* A name may have commas itself: so the whole is tried first, then what is before the last one. */
static bool look_for_leaks(const char *params, struct held *held, struct rte_tel_data *data)
{
    const char *comma = params != NULL ? strrchr(params, ',') : NULL;
    char name[LABYRINTH_PLAIN_NAME];

    held->least_age_ns = SECOND_NS;
    if (comma == NULL || labyrinth_look_at(params, copy_held, held))
        return comma != NULL || labyrinth_look_for(params, copy_held, held, data);
    if (!parse_seconds(comma + 1, &held->least_age_ns)) {
        rte_tel_data_add_dict_string(
            data, "error",
            "no labyrinth pool of that name (/labyrinth/list has names), and "
            "what is behind its comma is no number of seconds");
        return false;
    }
    snprintf(name, sizeof(name), "%.*s", (int)(comma - params), params);
    return labyrinth_look_for(name, copy_held, held, data);
}

int labyrinth_telemetry_leaks(const char *cmd, const char *params, struct rte_tel_data *data)
{
    struct held held;

    RTE_SET_USED(cmd);
    labyrinth_caller_prepare();
    rte_tel_data_start_dict(data);
    if (!look_for_leaks(params, &held, data))
        return 0;
    if (!held.audit.records || held.audit.level == LAB_AUDIT_OFF) {
        rte_tel_data_add_dict_string(data, "error",
                                     "there is no audit: start the program with "
                                     "LABYRINTH_OPTIONS=audit=full, or audit=sample");
        return 0;
    }
    labyrinth_telemetry_add_level(&held.audit, data);
    add_groups(&held, data);
    return 0;
}

/* The rest of the answer of /labyrinth/holders. */
struct holders {
    struct held held;
    struct lab_pool_stats stats;
    uint64_t private_parts, public_parts; /* of all lcores */
    uint64_t recommended_size;
};

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

static void copy_holders(const struct rte_mempool *mp, void *context)
{
    const struct lab_pool *pool = labyrinth_pool_of(mp);
    struct holders *holders = context;

    copy_held(mp, &holders->held);
    lab_pool_stats(pool, &holders->stats);
    holders->private_parts = holders->public_parts = 0;
    for (uint32_t lcore = 0; lcore < pool->lcores; lcore++) {
        struct lab_pool_lcore_stats one;

        if (lab_pool_lcore_stats(pool, lcore, &one) == 0) {
            holders->private_parts += one.private_part;
            holders->public_parts += one.public_part;
        }
    }
    holders->recommended_size = recommended_size(mp, &holders->stats);
}

int labyrinth_telemetry_holders(const char *cmd, const char *params, struct rte_tel_data *data)
{
    struct holders holders = {.held.least_age_ns = 0};
    const struct lab_pool_audit_stats *audit = &holders.held.audit;
    const struct lab_pool_stats *stats = &holders.stats;

    RTE_SET_USED(cmd);
    labyrinth_caller_prepare();
    rte_tel_data_start_dict(data);
    if (!labyrinth_look_for(params, copy_holders, &holders, data))
        return 0;
    labyrinth_telemetry_add_level(audit, data);
    rte_tel_data_add_dict_u64(data, "size", stats->count);
    rte_tel_data_add_dict_u64(data, "free", stats->free);
    rte_tel_data_add_dict_u64(data, "held", stats->count - stats->free);
    rte_tel_data_add_dict_u64(data, "in_private_parts", holders.private_parts);
    rte_tel_data_add_dict_u64(data, "in_public_parts", holders.public_parts);
    rte_tel_data_add_dict_u64(data, "in_stack", stats->stack);
    rte_tel_data_add_dict_u64(data, "in_quarantine", audit->quarantined);
    rte_tel_data_add_dict_u64(data, "high_water", stats->high_water);
    rte_tel_data_add_dict_u64(data, "recommended_size", holders.recommended_size);
    for (int i = LAB_AUDIT_FINE + 1; i < LAB_AUDIT_FAULTS; i++)
        if (audit->faults[i] != 0)
            rte_tel_data_add_dict_u64(data, lab_audit_fault_name((enum lab_audit_fault)i),
                                      audit->faults[i]);
    add_groups(&holders.held, data);
    return 0;
}
