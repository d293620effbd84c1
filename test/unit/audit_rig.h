/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef AUDIT_RIG_H
#define AUDIT_RIG_H

#include "unit.h"
#include <lab_audit.h>
#include <lab_ticks.h>
#include <string.h>

/* A table of records alone. */
static inline struct lab_audit *audit_make(uint32_t count, const struct lab_audit_options *options)
{
    size_t bytes = lab_audit_footprint(count, options);
    struct lab_audit *audit = aligned_alloc(LAB_CACHE_LINE, (bytes + 63) / 64 * 64);

    assert_non_null(audit);
    memset(audit, 0, bytes);
    lab_audit_init(audit, count, options);
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
