/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_REPORT_H
#define LAB_AUDIT_REPORT_H

/* From what the audit found to an entry for the program's reporter. */

#include <lab_audit_table.h>

/* Counts a fault and reports it, unless it may be none since the level has just changed. `entry`
 * has what only the caller knows: fault, pool, object, index, offset. `before` is the record's word
 * when the fault was found. Lock-free but for the reporter. */
void lab_audit_report(struct lab_audit *audit, struct lab_audit_entry *entry,
                      const struct lab_audit_call *call, uint64_t before);

/* Reports an entry that is complete. */
void lab_audit_raise(struct lab_audit_entry *entry);

/* A who-word and a time in ticks, for people. */
struct lab_audit_actor lab_audit_actor(const struct lab_audit *audit, uint64_t site, uint64_t who,
                                       uint64_t at);

#endif
