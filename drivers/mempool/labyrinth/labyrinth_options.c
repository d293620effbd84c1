/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The words of LABYRINTH_OPTIONS for the driver. They are read when a process starts, for its
 * reports, and when a pool is created. */

#include <errno.h>
#include <inttypes.h>
#include <lab_audit.h>
#include <lab_options.h>
#include <stdlib.h>
#include <string.h>

#include "labyrinth_driver.h"

#define LIMIT_DEFAULT 100u

const char *const labyrinth_level_names[] = {"off", "sample", "full"};

/* The index of the value among n words, or -1. */
static int find(const char *value, const char *const words[], int n)
{
    while (n-- > 0)
        if (strcmp(value, words[n]) == 0)
            return n;
    return -1;
}

static int set_switch(bool *ret_switch, const char *value, const char *const words[2])
{
    int which = find(value, words, 2);

    if (which < 0)
        return -EINVAL;
    *ret_switch = which == 1;
    return 0;
}

static int set_number(uint32_t *ret_number, const char *value, uint32_t least)
{
    char *end;
    unsigned long number = strtoul(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end != '\0' || number < least || number > INT32_MAX)
        return -EINVAL;
    *ret_number = (uint32_t)number;
    return 0;
}

static int set_cache(void *into, const char *value)
{
    int which = find(value, (const char *const[]){"on", "off", "none"}, 3);

    if (which < 0)
        return -EINVAL;
    ((struct labyrinth_options *)into)->cache = (enum labyrinth_cache)which;
    return 0;
}

static int set_prefetch(void *into, const char *value)
{
    int which = find(value, (const char *const[]){"auto", "on", "off"}, 3);

    if (which < 0)
        return -EINVAL;
    ((struct labyrinth_options *)into)->prefetch = (enum labyrinth_switch)which;
    return 0;
}

static int set_circulate(void *into, const char *value)
{
    uint32_t *circulate = &((struct labyrinth_options *)into)->circulate;
    int which = find(value, (const char *const[]){"off", "auto"}, 2);

    if (which < 0)
        return set_number(circulate, value, 1);
    *circulate = which == 0 ? 0 : LABYRINTH_CIRCULATE_AUTO;
    return 0;
}

static int set_audit(void *into, const char *value)
{
    struct lab_audit_options *audit = &((struct labyrinth_options *)into)->audit;
    int level = find(value, labyrinth_level_names, 3);

    if (level < 0)
        return -EINVAL;
    audit->level = (enum lab_audit_level)level;
    audit->records = true;
    return 0;
}

static int set_sample(void *into, const char *value)
{
    return set_number(&((struct labyrinth_options *)into)->audit.sample, value, 1);
}

static int set_report(void *into, const char *value)
{
    struct labyrinth_options *options = into;

    if (value[0] == '\0' || strlen(value) >= sizeof(options->report))
        return -EINVAL;
    strcpy(options->report, value);
    return 0;
}

static int set_on_error(void *into, const char *value)
{
    return set_switch(&((struct labyrinth_options *)into)->abort, value,
                      (const char *const[]){"report", "abort"});
}

static int set_quarantine(void *into, const char *value)
{
    return set_number(&((struct labyrinth_options *)into)->audit.quarantine, value, 0);
}

static int set_poison(void *into, const char *value)
{
    return set_switch(&((struct labyrinth_options *)into)->audit.poison, value,
                      (const char *const[]){"off", "on"});
}

static int set_reclaim(void *into, const char *value)
{
    return set_switch(&((struct labyrinth_options *)into)->reclaim, value,
                      (const char *const[]){"off", "auto"});
}

static int set_limit(void *into, const char *value)
{
    return set_number(&((struct labyrinth_options *)into)->limit, value, 0);
}

static int set_control(void *into, const char *value)
{
    return set_switch(&((struct labyrinth_options *)into)->control, value,
                      (const char *const[]){"off", "on"});
}

static int set_ports(void *into, const char *value)
{
    return set_switch(&((struct labyrinth_options *)into)->ports, value,
                      (const char *const[]){"off", "on"});
}

static const struct lab_option known[] = {
    {"cache", "on|off|none", set_cache},
    {"circulate", "auto|off|N", set_circulate},
    {"prefetch", "auto|on|off", set_prefetch},
    {"audit", "off|sample|full", set_audit},
    {"sample", "N", set_sample},
    {"report", "FILE", set_report},
    {"on_error", "report|abort", set_on_error},
    {"quarantine", "N", set_quarantine},
    {"poison", "on|off", set_poison},
    {"reclaim", "off|auto", set_reclaim},
    {"limit", "N", set_limit},
    {"control", "off|on", set_control},
    {"ports", "off|on", set_ports},
};

static int need(const char *word, const char *other, struct lab_error *error)
{
    return lab_error_set(error, -EINVAL, LAB_OPTIONS_VARIABLE ": %s needs %s", word, other);
}

/* Words that would do nothing without another one. */
static int check(const struct labyrinth_options *options, struct lab_error *error)
{
    const struct lab_audit_options *audit = &options->audit;

    if (audit->level != LAB_AUDIT_FULL) {
        if (options->reclaim)
            return need("reclaim=auto", "audit=full", error);
        if (audit->poison)
            return need("poison=on", "audit=full", error);
        if (audit->quarantine > 0)
            return need("quarantine=N", "audit=full", error);
    }
    /* With audit=off, it is for a program that raises the level. */
    if (audit->sample > 0 && (!audit->records || audit->level == LAB_AUDIT_FULL))
        return need("sample=N", "audit=sample", error);
    return 0;
}

int labyrinth_options_read(struct labyrinth_options *ret_options, struct lab_error *error)
{
    struct labyrinth_options options = {.circulate = LABYRINTH_CIRCULATE_AUTO,
                                        .limit = LIMIT_DEFAULT};
    int rc = lab_options_parse(secure_getenv(LAB_OPTIONS_VARIABLE), known, RTE_DIM(known), &options,
                               error);

    if (rc == 0)
        rc = check(&options, error);
    if (rc == 0)
        *ret_options = options;
    return rc;
}

/* A quarantine keeps objects from a program that may have chosen its pools' sizes with care: small
 * ones get a small one rather than none of the program's pools coming to be. */
static void cut_quarantine(const struct rte_mempool *mp, struct lab_audit_options *audit)
{
    uint32_t most = mp->size / LAB_POOL_QUARANTINE_SHARE;

    if (audit->quarantine <= most)
        return;
    LABYRINTH_LOG(NOTICE,
                  "mempool %s: the quarantine is cut down from %" PRIu32 " to %" PRIu32
                  ", a quarter of its %" PRIu32 " objects",
                  mp->name, audit->quarantine, most, mp->size);
    audit->quarantine = most;
}

void labyrinth_options_fit(struct labyrinth_options *options, struct rte_mempool *mp)
{
    struct lab_audit_options *audit = &options->audit;

    if (audit->level == LAB_AUDIT_FULL && options->cache == LABYRINTH_CACHE_ON)
        options->cache = LABYRINTH_CACHE_OFF;
    /* The header of a free mbuf is part of the pool's state, and so is all of any other object. */
    if (audit->poison)
        audit->poison = labyrinth_mbuf_data_room(mp, &audit->poison_from, &audit->poison_bytes);
    cut_quarantine(mp, audit);
}
