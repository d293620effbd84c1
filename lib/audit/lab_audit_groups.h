/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_GROUPS_H
#define LAB_AUDIT_GROUPS_H

/* Who holds how many things, grouped by the call that got them, the holder and the age. */

#include <lab_audit_report.h>

/* The most groups that are told apart: more than a person reads, and few enough for the stack. */
#define LAB_AUDIT_GROUPS_MAX 64u

struct lab_audit_group {
    struct lab_audit_actor holder; /* site: of the get; age_ns: of the oldest */
    uint64_t youngest_ns;
    uint64_t count;  /* records: at level sample, each stands for as many gets as one in which */
    unsigned decade; /* of the age: 0 is below 1 s, 1 below 10 s, 2 below 100 s, and so on */
};

/* Groups all things that are held and were got at least so long ago, largest first. skip (may be
 * NULL) has a bit for each thing, 1 for one that is to be left out. Returns how many groups there
 * are in ret_groups, n at most (and LAB_AUDIT_GROUPS_MAX); *ret_rest is how many things are in
 * none of them. Reads only. Any thread; wait-free; takes time with the number of things. */
unsigned lab_audit_groups(const struct lab_audit *audit, uint64_t least_age_ns,
                          const uint64_t *skip, struct lab_audit_group *ret_groups, unsigned n,
                          uint64_t *ret_rest);

#endif
