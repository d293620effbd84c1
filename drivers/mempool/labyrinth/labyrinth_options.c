/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The words of LABYRINTH_OPTIONS for the driver. They are read when a process starts, for its
 * reports, and when a pool is created. */

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <lab_audit.h>
#include <lab_options.h>
#include <stdlib.h>
#include <string.h>

#include "labyrinth_driver.h"

#define LIMIT_DEFAULT 100u

const char *const labyrinth_level_names[] = {"off", "sample", "full"};

static int set_switch(void *into, const char *value, const char *values)
{
    int which = lab_options_choice(value, values);

    if (which < 0)
        return -EINVAL;
    *(bool *)into = which == 1;
    return 0;
}

static int set_count(uint32_t *ret_count, const char *value, uint32_t least)
{
    char *end;
    unsigned long count = strtoul(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end != '\0' || count < least || count > INT32_MAX)
        return -EINVAL;
    *ret_count = (uint32_t)count;
    return 0;
}

static int set_number(void *into, const char *value, const char *values)
{
    RTE_SET_USED(values);
    return set_count(into, value, 0);
}

static int set_sample(void *into, const char *value, const char *values)
{
    RTE_SET_USED(values);
    return set_count(into, value, 1);
}

static_assert(sizeof(enum labyrinth_cache) == sizeof(unsigned) &&
                  sizeof(enum labyrinth_switch) == sizeof(unsigned),
              "both are an unsigned to the compiler");

/* Into an enum that has the words' order. */
static int set_choice(void *into, const char *value, const char *values)
{
    int which = lab_options_choice(value, values);

    if (which < 0)
        return -EINVAL;
    *(unsigned *)into = (unsigned)which;
    return 0;
}

static int set_circulate(void *into, const char *value, const char *values)
{
    int which = lab_options_choice(value, values);

    if (which != 0 && which != 1)
        return set_count(into, value, 1);
    *(uint32_t *)into = which == 0 ? LABYRINTH_CIRCULATE_AUTO : 0;
    return 0;
}

static int set_audit(void *into, const char *value, const char *values)
{
    struct lab_audit_options *audit = into;
    int level = lab_options_choice(value, values);

    if (level < 0)
        return -EINVAL;
    audit->level = (enum lab_audit_level)level;
    audit->records = true;
    return 0;
}

static int set_report(void *into, const char *value, const char *values)
{
    RTE_SET_USED(values);
    if (value[0] == '\0' || strlen(value) >= LABYRINTH_REPORT_MAX)
        return -EINVAL;
    strcpy(into, value);
    return 0;
}

#define AT(member) offsetof(struct labyrinth_options, member)

/* Of two words, the second one switches something on. */
static const struct lab_option known[] = {
    {"cache", "on|off|none", AT(cache), set_choice},
    {"circulate", "auto|off|N", AT(circulate), set_circulate},
    {"prefetch", "auto|on|off", AT(prefetch), set_choice},
    {"audit", "off|sample|full", AT(audit), set_audit},
    {"sample", "N", AT(audit.sample), set_sample},
    {"report", "FILE", AT(report), set_report},
    {"on_error", "report|abort", AT(abort), set_switch},
    {"quarantine", "N", AT(audit.quarantine), set_number},
    {"poison", "off|on", AT(audit.poison), set_switch},
    {"reclaim", "off|auto", AT(reclaim), set_switch},
    {"limit", "N", AT(limit), set_number},
    {"control", "off|on", AT(control), set_switch},
    {"ports", "off|on", AT(ports), set_switch},
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
