/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_SITE_H
#define LAB_AUDIT_SITE_H

/* The call of the program that a record names, where code of others stands between the program and
 * the pool. */

#include <lab_audit_here.h>

/* Finds the call that a program made, where `site` lies in code that stands between the program and
 * the pool. Is called when a call is recorded, on the stack of that call and by a thread that
 * polls: it neither makes a system call nor allocates, and knows from before what it needs to know
 * of the program's code. *ret_own: the address is the program's own, whatever the frame, so that
 * there is no need to ask for it again. */
typedef const void *lab_audit_resolver(struct lab_audit_site site, bool *ret_own);

/* The resolver of this process, or NULL for none. Any thread. */
void lab_audit_resolve_by(lab_audit_resolver *resolver);

LAB_INLINE lab_atomic_t *lab_audit_own_site(const void *address)
{
    return &lab_audit_here.own[(uintptr_t)address % LAB_AUDIT_OWN_SITES];
}

/* Asks the resolver, if there is one. */
const void *lab_audit_resolve_slow(struct lab_audit_site site);

/* Whether a site is known to be the program's own. Any thread; wait-free. */
LAB_INLINE bool lab_audit_is_own(struct lab_audit_site site)
{
    return site.frame == NULL || lab_likely(lab_load_relaxed(lab_audit_own_site(site.address)) ==
                                            (uint64_t)(uintptr_t)site.address);
}

/* The call that a program made. Any thread; wait-free but for the resolver. */
LAB_INLINE const void *lab_audit_resolve(struct lab_audit_site site)
{
    return lab_audit_is_own(site) ? site.address : lab_audit_resolve_slow(site);
}

#endif
