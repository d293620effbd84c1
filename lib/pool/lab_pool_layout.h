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
 * The seed says with which options the pool was made. A process that attaches copies it, checks it
 * as a caller's options, and computes by itself where everything lies: it takes no address, size or
 * count from another. Then the page is read-only. So whatever a process writes into the region, no
 * other follows it out of the region.
 *
 * All other pools are in one piece. Those of lab_pool_init() may lie in memory that several
 * processes have (DPDK's), where each can write to the constant part, too.
 *
 *     P1 store of a seed's `whole`   release   pairs with P2: the pool is written before
 *     P2 load of it                  acquire   pairs with P1 */

#include <lab_pool.h>

/* The largest alignment of buffers, bytes. */
#define LAB_POOL_ALIGN_MAX 4096u

/* In bytes from the pool's address. */
struct lab_pool_layout {
    uint32_t lcores, deques, hash_slots, stride;
    struct lab_deque_array array; /* but for the deques */
    size_t slow, registry, slots, links, objects, hash, run, end;
};

struct lab_pool_seed {
    uint32_t magic;
    uint32_t layout;    /* LAB_SHARED_LAYOUT */
    lab_atomic_t whole; /* 1 when all is there */
    enum lab_barrier barrier;
    uint64_t maker;
    struct lab_pool_options options; /* a pointer says only whether it is NULL */
    char name[LAB_POOL_NAME_SIZE];
};

/* The bytes of the constant part, before what is shared begins. */
#define LAB_POOL_FRONT offsetof(struct lab_pool, hot)

/* Checks options and places everything: 0, or as lab_pool_create(). */
int lab_pool_plan(const struct lab_pool_options *options, struct lab_pool_layout *ret_layout,
                  struct lab_error *error);

struct lab_watermark_limits lab_pool_limits(const struct lab_pool_options *options);

/* lab_pool_init(), or where memory is NULL lab_pool_create(), but for what the floor above has in
 * the pool. */
int lab_pool_core_make(void *memory, const struct lab_pool_options *options,
                       const struct lab_pool_layout *layout, struct lab_pool **ret_pool,
                       struct lab_error *error);

/* The pool is whole: from now on other processes find it, and what they need. */
void lab_pool_publish_seed(const struct lab_pool *pool, const struct lab_pool_options *options);

/* lab_pool_attach() in steps. The first copies the options with which the pool in a region was
 * made, if it is ready; the second, with a layout by these, or NULL where they make no sense, fills
 * in this process's own page; the third closes that, and says that the process has come. */
int lab_pool_copy_seed(const struct lab_region *region, const char *name,
                       struct lab_pool_seed *ret_seed, struct lab_error *error);
int lab_pool_core_attach(struct lab_region *region, const struct lab_pool_seed *seed,
                         const struct lab_pool_layout *layout, struct lab_pool **ret_pool,
                         struct lab_error *error);
int lab_pool_core_arrive(struct lab_pool *pool, struct lab_error *error);

/* Unmaps a pool, or gives its pages back, whatever is held. */
int lab_pool_core_destroy(struct lab_pool *pool);

/* Where the buffers begin, and how many bytes there are up to the end of the seed of a pool that is
 * cut into buffers of its own. */
size_t lab_pool_buffers_at(const struct lab_pool_options *options,
                           const struct lab_pool_layout *layout);
size_t lab_pool_bytes(const struct lab_pool_options *options, const struct lab_pool_layout *layout);

/* Fills in the constant part. */
void lab_pool_set_constants(struct lab_pool *pool, const struct lab_pool_options *options,
                            const struct lab_pool_layout *layout, enum lab_barrier barrier);

/* The buffers that begin `at` bytes behind the pool's address are all its objects. */
void lab_pool_set_buffers(struct lab_pool *pool, size_t at);

/* The seed of a region: its last bytes. */
LAB_INLINE struct lab_pool_seed *lab_pool_seed_of(const struct lab_region *region)
{
    return (struct lab_pool_seed *)(void *)((char *)region->address + region->bytes -
                                            sizeof(struct lab_pool_seed));
}

#endif
