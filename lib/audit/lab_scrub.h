/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_SCRUB_H
#define LAB_SCRUB_H

/* Trust domains: no domain is given what another left in a buffer.
 *
 * Each buffer has a residue, the owner of its contents and their length:
 *
 *     residue = (domain + 1) << 32 | bytes        0 for a domain: of several, or of nobody who is
 * known
 *
 *     Content that holders of other domains must not see lies in the first `bytes`.
 *
 * A get zeroes that much, unless the domain is its own. A put adds the bytes that were written; if
 * its caller is not of the domain that got the buffer, the contents are of several.
 *
 * A residue belongs to the holder of the buffer, as a link of the stack does, and goes from holder
 * to holder in the same way as the contents: relaxed accesses will do. */

#include <lab_intercept.h>

LAB_INLINE uint64_t lab_residue_owner(unsigned domain)
{
    return (uint64_t)(domain + 1) << 32;
}

/* How much must be zeroed for a domain. */
LAB_INLINE uint32_t lab_residue_foreign(uint64_t residue, unsigned domain)
{
    return residue >> 32 << 32 == lab_residue_owner(domain) ? 0 : (uint32_t)residue;
}

/* The domain has got the buffer, and zeroed what was foreign. */
LAB_INLINE uint64_t lab_residue_got(uint64_t residue, unsigned domain)
{
    return residue >> 32 << 32 == lab_residue_owner(domain) ? residue : lab_residue_owner(domain);
}

/* The domain puts the buffer, of which that number of bytes was written to since it was got. */
LAB_INLINE uint64_t lab_residue_put(uint64_t residue, unsigned domain, uint32_t used)
{
    uint32_t bytes = (uint32_t)residue > used ? (uint32_t)residue : used;

    return (residue >> 32 << 32 == lab_residue_owner(domain) ? lab_residue_owner(domain) : 0) |
           bytes;
}

/* Around gets and puts of a pool that has domains, by lcore index: before the caller
 * sees what it got, and before others can get what it puts. Wait-free. */
void lab_scrub(struct lab_pool *pool, uint32_t lcore_index, void *const *objects, unsigned n);
void lab_scrub_leave_residue(struct lab_pool *pool, uint32_t lcore_index, void *const *objects,
                             unsigned n, size_t used_bytes);

/* In buffers that are cut from pages, contents of whoever had the pages before are left. */
void lab_scrub_taint_all(struct lab_pool *pool);

#endif
