/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_LAYOUT_H
#define LAB_POOL_LAYOUT_H

/* Where a pool's parts lie, and what a process knows of them by itself.
 *
 * A pool that processes share by name is used by each through a page of its own:
 *
 *        front page: of this process alone │ region: of all processes
 *     ─────────────────┬───────────────────┼─────────────────────┬──────┬─────────┬──────┐
 *                      │ struct lab_pool,  │ struct lab_pool,    │ ...  │ buffers │ seed │
 *                      │ the constant part │ from `hot` on       │      │         │      │
 *     ─────────────────┴───────────────────┴─────────────────────┴──────┴─────────┴──────┘
 *                      ▲ the pool's address, the same in all
 *
 * The seed says with which options the pool was made. Who attaches copies it, checks it as it would
 * a caller's options, and works out for itself where everything lies: addresses, sizes and counts
 * are taken from nobody. Then the page is read-only. So whatever a process writes into the region,
 * no other follows it out of the region.
 *
 * All other pools are in one piece. Those of lab_pool_init() may lie in memory that several
 * processes have (DPDK's), where each can write to the constant part, too. */

#include <lab_pool.h>

/* In bytes from the pool's address. */
struct lab_pool_layout {
    uint32_t lcores, deques, capacity, tip, reach, hash_slots, stride;
    size_t slow, roster, slots, links, objects, hash, run, audit, sweep, domain, trail, end;
    struct lab_audit_options audited; /* as asked for, and the rest filled in */
};

struct lab_pool_seed {
    uint32_t magic;
    uint32_t shape;
    lab_atomic_t whole; /* 1 when all is there: P1 pairs with P2 */
    enum lab_barrier barrier;
    uint64_t maker;
    uint64_t first_ticks; /* of the audit */
    uint64_t first_ns;
    bool has_domains;
    struct lab_pool_options options; /* but for pointers */
    char name[LAB_POOL_NAME_SIZE];
};

/* The bytes of the constant part, before what is shared begins. */
#define LAB_POOL_FRONT offsetof(struct lab_pool, hot)

/* Checks options and places everything: 0, or as lab_pool_create(). */
int lab_pool_plan(const struct lab_pool_options *options, struct lab_pool_layout *ret_layout,
                  struct lab_error *error);

/* Where the buffers begin, and how many bytes there are up to the end of the seed of a pool that is
 * cut into buffers of its own. */
size_t lab_pool_buffers_at(const struct lab_pool_options *options,
                           const struct lab_pool_layout *layout);
size_t lab_pool_bytes(const struct lab_pool_options *options, const struct lab_pool_layout *layout);

/* Fills in the constant part. */
void lab_pool_set_constants(struct lab_pool *pool, const struct lab_pool_options *options,
                            const struct lab_pool_layout *layout, enum lab_barrier barrier);

/* The buffers that lie `at` so many bytes behind the pool's address are all its things. */
void lab_pool_set_buffers(struct lab_pool *pool, size_t at);

/* The seed of a region: its last bytes. */
LAB_INLINE struct lab_pool_seed *lab_pool_seed_of(const struct lab_region *region)
{
    return (struct lab_pool_seed *)(void *)((char *)region->address + region->bytes -
                                            sizeof(struct lab_pool_seed));
}

#endif
