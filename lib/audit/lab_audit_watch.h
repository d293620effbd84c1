/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_WATCH_H
#define LAB_AUDIT_WATCH_H

/* Level sample: one get in N is recorded, and the object is sampled until it is put. An object that
 * is not sampled has no record, so that nothing is said of gets and puts that nobody saw. */

#include <lab_audit_table.h>

/* The count to which an object's address belongs. */
LAB_INLINE lab_atomic_t *lab_audit_sampled_count(struct lab_audit *audit, const void *object)
{
    uintptr_t address = (uintptr_t)object;

    return &audit->table->sampled[(address >> 6 ^ address >> 16) % LAB_AUDIT_SAMPLED_COUNTS];
}

/* Whether an object may be sampled: if not, it is not. Any thread; wait-free. */
LAB_INLINE bool lab_audit_may_be_sampled(struct lab_audit *audit, const void *object)
{
    return lab_load_relaxed(lab_audit_sampled_count(audit, object)) != 0;
}

/* Gets from here to the next that is looked at: `sample` on average, and never the same number, or
 * objects at one place of their bursts would be the only ones to be seen. */
uint32_t lab_audit_next_sample(const struct lab_audit *audit);

/* Records that the caller took the object out of the pool, and flags it as sampled. false: it is
 * sampled already, since nobody saw its put. Any thread; lock-free. */
bool lab_audit_set_sampled(struct lab_audit *audit, uint32_t index, const void *object,
                           const struct lab_audit_call *call);

/* The caller puts the object. Whether it was sampled. Any thread; lock-free. */
bool lab_audit_clear_sampled(struct lab_audit *audit, uint32_t index, const void *object);

#endif
