/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_QUARANTINE_H
#define LAB_AUDIT_QUARANTINE_H

/* The quarantine: what was put waits until a number of others have been put, so that who still uses
 * it is found out before it has a new holder. A ring of places that are taken in turn: an object
 * goes into one, and what was in there comes out. A thread that dies in between takes one object
 * along.
 *
 *     V1 CAS of a place   acq_rel   pairs with V1 */

#include <lab_audit_table.h>

/* No object. */
#define LAB_AUDIT_NONE UINT32_MAX

LAB_INLINE lab_atomic_t *lab_audit_place(const struct lab_audit *audit, uint64_t place)
{
    return (lab_atomic_t *)(uintptr_t)&audit->table->record[audit->count] + place;
}

/* Puts `index` (or LAB_AUDIT_NONE) into a place; returns what was there. Any thread; lock-free. */
LAB_INLINE uint32_t lab_audit_exchange(struct lab_audit *audit, uint64_t place, uint32_t index)
{
    lab_atomic_t *at = lab_audit_place(audit, place);
    uint64_t found = lab_load_relaxed(at);

    /* V1: or what was done to an object before it went in comes after it was got again.
     * LAB_AUDIT_NONE + 1 wraps to 0. */
    while (!lab_cas_acq_rel(at, &found, index + 1))
        ;
    return (uint32_t)found - 1;
}

/* Puts `index` into the quarantine, and returns what has been there longest, LAB_AUDIT_NONE while
 * there is room. Any thread; lock-free. */
LAB_INLINE uint32_t lab_audit_delay(struct lab_audit *audit, uint32_t index)
{
    uint64_t ticket = lab_fetch_add_relaxed(&audit->table->tickets, 1);

    return lab_audit_exchange(audit, ticket % audit->quarantine, index);
}

/* Objects in quarantine. Any thread; wait-free. */
LAB_INLINE uint32_t lab_audit_quarantined(const struct lab_audit *audit)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < audit->quarantine; i++)
        n += lab_load_relaxed(lab_audit_place(audit, i)) != 0;
    return n;
}

#endif
