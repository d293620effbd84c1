/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef AUDIT_RIG_H
#define AUDIT_RIG_H

#include "unit.h"
#include <lab_audit_table.h>
#include <lab_ticks.h>
#include <string.h>

/* A table of records alone. */
static inline struct lab_audit *audit_make(uint32_t count, const struct lab_audit_options *options)
{
    /* The table lies behind it, so that free() of the one is enough. */
    size_t before = (sizeof(struct lab_audit) + 63) / 64 * 64;
    size_t bytes = before + (lab_audit_footprint(count, options) + 63) / 64 * 64;
    struct lab_audit *audit = aligned_alloc(LAB_CACHE_LINE, bytes);

    assert_non_null(audit);
    memset(audit, 0, bytes);
    lab_audit_init(audit, (void *)((char *)audit + before), count, options);
    lab_audit_begin_table(audit, options);
    return audit;
}

static inline struct lab_audit *audit_make_full(uint32_t count)
{
    return audit_make(count, &(struct lab_audit_options){.level = LAB_AUDIT_FULL});
}

static inline struct lab_audit_call audit_call(struct lab_audit *audit, uint32_t lcore,
                                               uintptr_t site)
{
    struct lab_audit_call call;

    assert_true(lab_audit_begin(audit, lcore, (struct lab_audit_site){(const void *)site, NULL},
                                lab_ticks(), &call));
    return call;
}

#endif
