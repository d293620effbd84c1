/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_HERE_H
#define LAB_AUDIT_HERE_H

/* What the audit knows of the process it runs in. Inline, since at level full every get and put
 * asks for it. */

#include <lab_audit.h>

/* Sites that are kept as the program's own. A program has some dozens of gets and puts. */
#define LAB_AUDIT_OWN_SITES 256u

struct lab_audit_here {
    lab_atomic_t identity; /* lab_os_process(), once somebody has asked; 0 before */
    lab_atomic_t resolver; /* a lab_audit_resolver, or 0 */
    lab_atomic_t own[LAB_AUDIT_OWN_SITES];
};

/* Hidden where it is declared, or it would be reached through a table of addresses. */
extern struct lab_audit_here lab_audit_here __attribute__((visibility("hidden")));

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
