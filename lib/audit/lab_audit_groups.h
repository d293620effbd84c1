/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_GROUPS_H
#define LAB_AUDIT_GROUPS_H

/* The holders of objects, grouped by the call that got them, the holder and the age. */

#include <lab_audit_report.h>

/* lab_pool_groups() of a pool that has an audit. */
unsigned lab_audit_groups(const struct lab_audit *audit, uint64_t least_age_ns,
                          const uint64_t *skip, struct lab_audit_group *ret_groups, unsigned n,
                          uint64_t *ret_rest);

#endif
