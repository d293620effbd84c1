/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Which processes that use a pool have ended. */

#include <lab_pool_alive.h>
#include <lab_pool_reclaim.h>

int lab_pool_runs(const struct lab_pool *pool, unsigned party)
{
    /* Place 0 is shared by processes that nobody knows. */
    return party == 0 ? 1 : lab_audit_runs(pool->audit, party);
}

unsigned lab_pool_ended(const struct lab_pool *pool)
{
    unsigned ended = 0;

    for (unsigned party = 1; pool->audit != NULL && party < LAB_AUDIT_PARTIES; party++)
        ended += lab_pool_runs(pool, party) == 0;
    return ended;
}

unsigned lab_pool_unknown(const struct lab_pool *pool)
{
    unsigned unknown = 0;

    for (unsigned party = 1; pool->audit != NULL && party < LAB_AUDIT_PARTIES; party++)
        unknown += lab_pool_runs(pool, party) < 0;
    return unknown;
}
