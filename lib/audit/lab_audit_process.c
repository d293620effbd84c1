/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The processes that use a table, each at its place.
 *
 * Invariant: a process has one place. So a process looks for its own place from the first one on,
 * and only one thread of a process at a time takes one; nobody takes one for another process.
 *
 * A place's home is stored after its identity was, and taken away before: a reader of both in that
 * order has a home of that identity, or none.
 *
 *     X1 load or CAS of an identity acquire   pairs with X2
 *     X2 a place is left            release   pairs with X1 */

#include <lab_audit_here.h>
#include <lab_os.h>

unsigned lab_audit_process_slot(const struct lab_audit *audit, uint64_t identity)
{
    for (unsigned process_slot = 1; process_slot < LAB_AUDIT_PROCESS_SLOTS; process_slot++)
        if (lab_load_relaxed(&audit->table->process[process_slot]) == identity)
            return process_slot;
    return 0;
}

/* The home of a process that has none. No namespace has such a number. */
#define NOWHERE UINT64_MAX

/* One that nobody has had, or that is free again. */
static unsigned take_place(struct lab_audit *audit, uint64_t identity)
{
    for (unsigned process_slot = 1; process_slot < LAB_AUDIT_PROCESS_SLOTS; process_slot++) {
        lab_atomic_t *process = &audit->table->process[process_slot];
        uint64_t found = lab_load_relaxed(process);

        /* X1: or the store of the new home comes before that of 0, and is lost */
        if ((found == 0 || found == LAB_AUDIT_PROCESS_GONE) &&
            lab_cas_acq_rel(process, &found, identity))
            return process_slot;
    }
    return 0;
}

bool lab_audit_has_no_place(const struct lab_audit *audit)
{
    return lab_audit_process_slot(audit, 0) == 0 &&
           lab_audit_process_slot(audit, LAB_AUDIT_PROCESS_GONE) == 0;
}

/* A process for which there is no place asks again in each call, and takes no lock for that. */
unsigned lab_audit_admit(struct lab_audit *audit, uint64_t identity, uint64_t home)
{
    unsigned process_slot = lab_audit_process_slot(audit, identity);

    if (lab_unlikely(process_slot == 0) && !lab_audit_has_no_place(audit)) {
        sigset_t signals;

        lab_audit_lock_here(&signals);
        process_slot = lab_audit_process_slot(audit, identity);
        if (process_slot == 0) {
            process_slot = take_place(audit, identity);
            /* Of place 0, which is nobody's, it is not asked. */
            lab_store_relaxed(&audit->table->home[process_slot], home != 0 ? home : NOWHERE);
        }
        lab_audit_unlock_here(&signals);
    }
    return process_slot;
}

unsigned lab_audit_enter(struct lab_audit *audit)
{
    uint64_t identity = lab_audit_self();

    return lab_audit_admit(audit, identity, lab_audit_home());
}

void lab_audit_leave(struct lab_audit *audit, unsigned process_slot)
{
    lab_store_relaxed(&audit->table->home[process_slot], 0);
    /* X2: or the store of 0 destroys the home of the place's next process */
    lab_store_release(&audit->table->process[process_slot], LAB_AUDIT_PROCESS_GONE);
}

int lab_audit_runs(const struct lab_audit *audit, unsigned process_slot)
{
    struct lab_os_process process;

    if (process_slot == 0)
        return 1; /* it is that of all processes that have no place */
    process.identity = lab_load_acquire(&audit->table->process[process_slot]); /* X1 */
    process.home = lab_load_relaxed(&audit->table->home[process_slot]);
    if (process.identity == LAB_AUDIT_PROCESS_LEFT)
        return 0;
    if (process.identity == 0 || process.identity == LAB_AUDIT_PROCESS_GONE)
        return 1; /* nobody's */
    if (process.home == 0)
        return 1; /* it is just coming, and has nothing yet, also if it was killed in that */
    if (process.identity == lab_audit_self())
        return 1; /* whatever it can see of itself */
    return lab_os_process_runs(&process, lab_audit_home());
}
