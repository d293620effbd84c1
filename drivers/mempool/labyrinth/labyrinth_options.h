/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_OPTIONS_H
#define LABYRINTH_OPTIONS_H

#include <lab_audit.h>
#include <lab_error.h>
#include <rte_common.h>
#include <stdbool.h>

#define LABYRINTH_REPORT_MAX 256

struct labyrinth_options {
    bool no_cache; /* cache=off: pools are made without rte_mempool's per-lcore cache */
    bool no_claim; /* claim=off: mbufs of another lcore's are got without a write prefetch */

    /* audit=off|sample|full, sample=N, quarantine=N, poison=on|off: of every pool. Whoever names
     * the audit has records, so that the level can be changed. */
    struct lab_audit_options audit;
    bool reclaim; /* reclaim=auto: what processes held that end is taken back */
    char report[LABYRINTH_REPORT_MAX]; /* report=FILE: JSON lines are added to it; else "" */
    bool abort;                        /* on_error=abort: end the program at the first fault */
    uint32_t limit;                    /* limit=N: entries in one second, 0 for all of them [100] */
};

/* Reads LABYRINTH_OPTIONS, which says nothing to a program that has more rights than who started
 * it. 0, or -EINVAL with a sentence that lists the known words, or names the one that another
 * needs. */
int labyrinth_options_read(struct labyrinth_options *ret_options, struct lab_error *error);

#endif
