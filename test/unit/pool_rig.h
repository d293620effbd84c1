/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef POOL_RIG_H
#define POOL_RIG_H

#include "unit.h"
#include <errno.h>
#include <invariants.h>
#include <lab_pool.h>
#include <random.h>
#include <stdio.h>
#include <string.h>

/* A pool of either kind, and who holds what. */

enum kind { BUFFERS, OBJECTS };

enum { OBJECT_BYTES = 192 };

/* Room for all of a pool's objects, and for as many again, which a get must leave untouched. */
#define ROOM_FOR(count) (2 * (size_t)(count) + 1024)

struct rig {
    struct lab_pool *pool;
    void *memory;        /* of a pool of objects */
    char *object_memory; /* the same */
    void **objects;      /* scratch, ROOM_FOR(count) */
    bool *is_free;       /* scratch, count */
    bool *is_held;       /* by index */
    uint32_t held;       /* how many of them */
};

/* Options for tests: ordinary pages, since these pools are small and many. */
static inline struct lab_pool_options plain_options(enum kind kind, uint32_t count)
{
    return (struct lab_pool_options){
        .name = "test",
        .count = count,
        .buffer_bytes = kind == BUFFERS ? 100 : 0,
        .node = LAB_NODE_ANY,
        .pages = kind == BUFFERS ? LAB_PAGES_NORMAL : LAB_PAGES_ANY,
    };
}

static inline void *zeroed(size_t bytes)
{
    void *memory = aligned_alloc(LAB_CACHE_LINE, (bytes + 63) / 64 * 64);

    assert_non_null(memory);
    return memset(memory, 0, bytes);
}

/* Objects begin as held, buffers as free. */
static inline void rig_make(struct rig *rig, const struct lab_pool_options *options)
{
    struct lab_error error = {0};
    size_t bytes;

    *rig = (struct rig){
        .objects = zeroed(ROOM_FOR(options->count) * sizeof(void *)),
        .is_free = zeroed(options->count * sizeof(bool)),
        .is_held = zeroed(options->count * sizeof(bool)),
    };
    if (options->buffer_bytes != 0) {
        assert_int_equal(lab_pool_create(options, &rig->pool, &error), 0);
        return;
    }
    assert_int_equal(lab_pool_footprint(options, &bytes, &error), 0);
    rig->memory = zeroed(bytes);
    rig->object_memory = zeroed((size_t)options->count * OBJECT_BYTES);
    assert_int_equal(lab_pool_init(rig->memory, options, &rig->pool, &error), 0);
    for (uint32_t i = 0; i < options->count; i++) {
        rig->objects[i] = rig->object_memory + (size_t)i * OBJECT_BYTES;
        assert_int_equal(lab_pool_adopt(rig->pool, rig->objects[i]), 0);
        rig->is_held[i] = true;
    }
    rig->held = options->count;
}

static inline void rig_unmake(struct rig *rig)
{
    if (rig->memory == NULL)
        assert_int_equal(lab_pool_destroy(rig->pool), 0);
    free(rig->memory);
    free(rig->object_memory);
    free(rig->objects);
    free(rig->is_free);
    free(rig->is_held);
}

static inline void rig_check(struct rig *rig)
{
    const char *wrong = pool_wrong(rig->pool, rig->is_free);

    if (wrong != NULL)
        fail_msg("%s", wrong);
    for (uint32_t i = 0; i < rig->pool->count; i++)
        assert_int_equal(rig->is_free[i], !rig->is_held[i]);
    assert_int_equal(lab_pool_count(rig->pool), rig->pool->count - rig->held);
}

/* Gets n objects, which must succeed exactly if n are free: nobody else is inside a call. */
static inline bool rig_get(struct rig *rig, uint32_t lcore, void **ret_objects, unsigned n)
{
    bool enough = n <= rig->pool->count - rig->held;
    void *const first = ret_objects[0], *const last = ret_objects[n > 0 ? n - 1 : 0];

    assert_int_equal(lab_pool_get_bulk(rig->pool, lcore, ret_objects, n), enough ? 0 : -ENOBUFS);
    if (!enough) {
        assert_ptr_equal(ret_objects[0], first);
        assert_ptr_equal(ret_objects[n - 1], last);
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        uint32_t index = UINT32_MAX;

        assert_int_equal(lab_pool_index(rig->pool, ret_objects[i], &index), 0);
        assert_false(rig->is_held[index]);
        rig->is_held[index] = true;
    }
    rig->held += n;
    return true;
}

static inline void rig_put(struct rig *rig, uint32_t lcore, void *const *objects, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint32_t index = UINT32_MAX;

        assert_int_equal(lab_pool_index(rig->pool, objects[i], &index), 0);
        assert_true(rig->is_held[index]);
        rig->is_held[index] = false;
    }
    rig->held -= n;
    assert_int_equal(lab_pool_put_bulk(rig->pool, lcore, objects, n), 0);
}

/* A pool whose objects are all held, in rig->objects. */
static inline void rig_make_held(struct rig *rig, const struct lab_pool_options *options)
{
    rig_make(rig, options);
    if (options->buffer_bytes != 0)
        assert_true(rig_get(rig, LAB_LCORE_ANY, rig->objects, options->count));
}

/* Puts objects[0 .. n-1] by bursts. */
static inline void rig_put_by(struct rig *rig, uint32_t lcore, void *const *objects, unsigned n,
                              unsigned burst)
{
    for (unsigned done = 0, k; done < n; done += k) {
        k = n - done < burst ? n - done : burst;
        rig_put(rig, lcore, objects + done, k);
    }
}

/* Gets everything by bursts, and at last one by one; then there is no more. */
static inline void rig_drain(struct rig *rig, uint32_t lcore, unsigned burst)
{
    unsigned n = 0;

    while (rig_get(rig, lcore, rig->objects + n, burst))
        n += burst;
    while (rig_get(rig, lcore, rig->objects + n, 1))
        n++;
    assert_int_equal(rig->held, rig->pool->count);
}

static inline bool is_fenced(const struct rig *rig)
{
    return rig->pool->set.barrier == LAB_BARRIER_FENCE; /* the rig's are of one process */
}

#endif
