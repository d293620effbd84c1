/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef POOL_AUDIT_RIG_H
#define POOL_AUDIT_RIG_H

#include "pool_rig.h"
#include <lab_audit.h>
#include <lab_audit_report.h>
#include <lab_intercept.h>
#include <lab_ticks.h>

/* A pool under audit, and what the audit says. */

static struct lab_audit_entry last;
static unsigned reported;

static void listen(const struct lab_audit_entry *entry)
{
    last = *entry;
    reported++;
}

static inline void listen_from_now(void)
{
    reported = 0;
    memset(&last, 0, sizeof(last));
    lab_audit_report_to(listen, 0);
}

static inline struct lab_pool_options audited_options(enum kind kind, uint32_t count, int level)
{
    struct lab_pool_options options = plain_options(kind, count);

    options.audit.level = (enum lab_audit_level)level;
    return options;
}

/* A function that a report must name. */
#ifdef __clang__
#define SITE __attribute__((noinline))
#else
#define SITE __attribute__((noipa))
#endif
#define NO_TAIL_CALL() __asm__ volatile("")

/* Whether a call site lies in a function, which is no longer than a page, with what sanitizers put
 * into it. */
static inline bool is_inside(const void *function, uint64_t site)
{
    return site - (uint64_t)(uintptr_t)function < 4096;
}

/* Until a new level counts. */
static inline void settle(struct lab_pool *pool)
{
    struct lab_audit_call call;

    while (!lab_audit_begin(lab_intercept_of(pool)->audit, 0, (struct lab_audit_site){0},
                            lab_ticks(), &call))
        usleep(1000);
}

#endif
