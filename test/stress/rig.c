/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "rig.h"
#include <invariants.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct rig *rig_map(struct lab_pool_options options, enum how how)
{
    struct rig *rig = stress_map(sizeof(*rig));
    struct lab_error error;

    options.name = "stress";
    options.shared = how == PROCESSES;
    rig->count = options.count;
    expect(lab_pool_footprint(&options, &rig->pool_bytes, &error) == 0, "%s", error.message);
    expect(lab_pool_init(stress_map(rig->pool_bytes), &options, &rig->pool, &error) == 0, "%s",
           error.message);
    rig->objects = stress_map(options.count * sizeof(*rig->objects));
    for (uint32_t i = 0; i < options.count; i++)
        expect(lab_pool_adopt(rig->pool, &rig->objects[i]) == 0, "cannot adopt");
    return rig;
}

static struct rig *prepare(uint32_t count)
{
    struct rig *rig = stress_map(sizeof(*rig));

    rig->count = count;
    snprintf(rig->name, sizeof(rig->name), "stress-%d", (int)getpid());
    return rig;
}

static void create(struct rig *rig, bool shared, struct lab_audit_options audit)
{
    struct lab_pool_options options = {.name = rig->name,
                                       .count = rig->count,
                                       .buffer_bytes = sizeof(struct object),
                                       .node = LAB_NODE_ANY,
                                       .pages = LAB_PAGES_NORMAL,
                                       .shared = shared,
                                       .audit = audit};
    struct lab_error error;

    expect(lab_pool_create(&options, &rig->pool, &error) == 0, "%s", error.message);
}

struct rig *rig_create(uint32_t count)
{
    struct rig *rig = prepare(count);

    create(rig, false, (struct lab_audit_options){0});
    return rig;
}

struct making {
    struct rig *rig;
    struct lab_audit_options audit;
};

static void make_and_wait(void *argument)
{
    const struct making *making = argument;

    create(making->rig, true, making->audit);
    for (;;)
        pause();
}

struct rig *rig_create_shared(uint32_t count, struct lab_audit_options audit)
{
    struct rig *rig = prepare(count);
    struct making making = {rig, audit};
    struct actor maker;
    int err = -ENOENT;

    actor_start(&maker, PROCESSES, make_and_wait, &making);
    while (err == -ENOENT || err == -EAGAIN)
        err = lab_pool_attach(rig->name, &rig->pool, NULL);
    expect(err == 0, "cannot attach: %d", err);
    kill(maker.child, SIGKILL);
    waitpid(maker.child, NULL, 0);
    return rig;
}

void rig_attach(const struct rig *rig)
{
    struct lab_pool *pool;
    struct lab_error error;

    expect(lab_pool_attach(rig->name, &pool, &error) == 0, "%s", error.message);
    expect(pool == rig->pool, "the pool is at %p, and at %p elsewhere", (void *)pool,
           (void *)rig->pool);
}

struct object *rig_object(const struct rig *rig, uint32_t i)
{
    if (rig->objects != NULL)
        return &rig->objects[i];
    return (struct object *)(rig->pool->buffers + (size_t)i * rig->pool->stride);
}

void rig_unmap(struct rig *rig)
{
    if (rig->objects == NULL) {
        expect(lab_pool_destroy(rig->pool) == 0, "cannot destroy the pool");
    } else {
        munmap(rig->pool, rig->pool_bytes);
        munmap(rig->objects, rig->count * sizeof(*rig->objects));
    }
    munmap(rig, sizeof(*rig));
}

void rig_fill(struct rig *rig, uint32_t lcore)
{
    for (uint32_t i = 0; i < rig->count; i++)
        expect(lab_pool_put(rig->pool, lcore, &rig->objects[i]) == 0, "cannot put");
}

/* Notes what a get returned, and gave. */
static bool hold(int rc, uint64_t who, void *const *ret_objects, unsigned n)
{
    expect(rc == 0 || rc == -ENOBUFS, "get returned %d", rc);
    if (rc != 0)
        return false;
    for (unsigned i = 0; i < n; i++) {
        struct object *object = ret_objects[i];
        uint64_t owner = 0;

        expect(lab_cas_relaxed(&object->owner, &owner, who), "%llu holds what %llu got",
               (unsigned long long)owner, (unsigned long long)who);
        expect(object->plain[0] == object->plain[1], "what a former holder wrote has not arrived");
        object->plain[0] = object->plain[1] = who;
    }
    return true;
}

bool rig_get(struct rig *rig, uint32_t lcore, uint64_t who, void **ret_objects, unsigned n)
{
    return hold(lab_pool_get_bulk(rig->pool, lcore, ret_objects, n), who, ret_objects, n);
}

bool rig_get_atomic(struct rig *rig, uint32_t lcore, uint64_t who, void **ret_objects, unsigned n)
{
    return hold(lab_pool_get_bulk_atomic(rig->pool, lcore, ret_objects, n), who, ret_objects, n);
}

void rig_put(struct rig *rig, uint32_t lcore, uint64_t who, void *const *objects, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct object *object = objects[i];
        uint64_t owner = who;

        expect(object->plain[0] == who && object->plain[1] == who, "somebody else wrote into it");
        expect(lab_cas_relaxed(&object->owner, &owner, 0), "%llu holds what %llu puts",
               (unsigned long long)owner, (unsigned long long)who);
    }
    expect(lab_pool_put_bulk(rig->pool, lcore, objects, n) == 0, "cannot put");
}

uint32_t rig_drain(struct rig *rig, uint32_t lcore, uint64_t who, void **ret_objects, unsigned n)
{
    uint32_t got = 0;

    while (got + n <= rig->count && rig_get(rig, lcore, who, ret_objects + got, n))
        got += n;
    while (got < rig->count && rig_get(rig, lcore, who, ret_objects + got, 1))
        got++;
    return got;
}

uint32_t rig_in_motion(const struct rig *rig, uint32_t n)
{
    uint32_t steal_max = rig->pool->deque[0].steal_max;

    return n + (steal_max > LAB_STACK_BURST ? steal_max : LAB_STACK_BURST);
}

void rig_expect_all_free(const struct rig *rig)
{
    bool *is_free = calloc(rig->count, sizeof(*is_free));
    const char *wrong;

    expect(is_free != NULL, "no memory");
    wrong = pool_wrong(rig->pool, is_free);
    expect(wrong == NULL, "%s", wrong);
    expect(lab_pool_count(rig->pool) == rig->count, "%u of %u are free", lab_pool_count(rig->pool),
           rig->count);
    free(is_free);
}
