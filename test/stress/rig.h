/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef RIG_H
#define RIG_H

/* A pool in memory that processes may share, whose objects say who holds them. */

#include "stress.h"
#include <lab_pool.h>

/* The owner word, 0 for the pool, shows that nobody else holds the object; the plain words show
 * that what the last holder wrote has arrived, and give ThreadSanitizer something to watch. */
struct object {
    lab_atomic_t owner;
    uint64_t plain[2];
};

struct rig {
    struct lab_pool *pool;
    struct object *objects; /* of a pool of objects; NULL for buffers, which begin with an object */
    uint32_t count;
    size_t pool_bytes;
    char name[LAB_POOL_NAME_SIZE]; /* of a shared one */
};

/* The largest bulk of any test. */
#define BULK_MAX 256u

/* A pool of objects, all in shared memory, none of them in the pool yet. Of the options, name and
 * shared are filled in. */
struct rig *rig_map(struct lab_pool_options options, enum how how);

/* A pool of buffers, all free. */
struct rig *rig_create(uint32_t count);

/* The same, shared by name: made by a process that is killed when it has done so. Children that are
 * to use it must rig_attach() first. */
struct rig *rig_create_shared(uint32_t count, struct lab_audit_options audit);
void rig_attach(const struct rig *rig);

/* Object i of the pool, whichever kind it is. */
struct object *rig_object(const struct rig *rig, uint32_t i);

void rig_unmap(struct rig *rig);

/* All objects into the pool, by one lcore. */
void rig_fill(struct rig *rig, uint32_t lcore);

/* Gets n objects for `who` (not 0), all or none; ends the process if anybody holds one of them. */
bool rig_get(struct rig *rig, uint32_t lcore, uint64_t who, void **ret_objects, unsigned n);

/* The same, also from the reserve. */
bool rig_get_atomic(struct rig *rig, uint32_t lcore, uint64_t who, void **ret_objects, unsigned n);

/* Puts n objects of `who`. */
void rig_put(struct rig *rig, uint32_t lcore, uint64_t who, void *const *objects, unsigned n);

/* Gets everything that can be had, by bulks of n and the rest one by one. */
uint32_t rig_drain(struct rig *rig, uint32_t lcore, uint64_t who, void **ret_objects, unsigned n);

/* The most objects that one who is stopped or killed inside a call, with bulks of n at most, keeps
 * from the others: what it had gathered, and the last burst, from a deque or from the stack. */
uint32_t rig_in_motion(const struct rig *rig, uint32_t n);

/* Nobody is inside a call: every invariant holds, and all objects are free. */
void rig_expect_all_free(const struct rig *rig);

#endif
