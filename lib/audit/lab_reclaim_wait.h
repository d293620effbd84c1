/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_RECLAIM_WAIT_H
#define LAB_RECLAIM_WAIT_H

/* Waiting for the calls of others: a sweep looks at objects only while nobody can be inside a call
 * that began before. */

#include <lab_audit.h>
#include <lab_audit_calls.h>

/* The thread that sweeps alone. */
struct lab_reclaim_wait {
    struct lab_pool *pool;
    const struct lab_pool_holder *holder; /* the one that is named as gone */
    uint64_t deadline_ns;
    bool dead[LAB_AUDIT_PROCESS_SLOTS];
    unsigned unknown; /* of how many processes it cannot be known */
};

/* Notes by process slot who has ended, and of how many that cannot be known. Returns how many have.
 */
unsigned lab_reclaim_look_for_dead(const struct lab_audit *audit, bool *ret_dead,
                                   unsigned *ret_unknown);

/* Whether a call that an lcore is inside of will never end; looks: asks the system, too. */
bool lab_reclaim_is_abandoned(struct lab_reclaim_wait *wait, uint32_t lcore_index,
                              unsigned process_slot, bool looks);

/* A wait, and another turn of it: false when it has lasted too long. */
void lab_reclaim_begin_wait(struct lab_reclaim_wait *wait);
bool lab_reclaim_wait_on(const struct lab_reclaim_wait *wait);

/* Until every call that is under way has ended; false when one lasts too long. */
bool lab_reclaim_wait_for_calls(struct lab_reclaim_wait *wait);

#endif
