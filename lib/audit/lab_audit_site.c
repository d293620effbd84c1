/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The resolver of this process, and what it has found to be the program's own. */

#include <lab_audit_site.h>

/* A lab_audit_resolver, or 0. */
static lab_atomic_t resolving;

void lab_audit_resolve_by(lab_audit_resolver *resolver)
{
    lab_store_release(&resolving, (uint64_t)(uintptr_t)resolver);
}

LAB_NOINLINE const void *lab_audit_resolve_slow(struct lab_audit_site site)
{
    uint64_t resolver = lab_load_acquire(&resolving);
    const void *address;
    bool own = false;

    if (resolver == 0)
        return site.address;
    address = ((lab_audit_resolver *)(uintptr_t)resolver)(site, &own);
    if (own)
        lab_store_relaxed(lab_audit_own_site(site.address), (uint64_t)(uintptr_t)site.address);
    return address;
}
