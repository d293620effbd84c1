/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Making and unmaking pools. Control threads only. */

#include <errno.h>
#include <lab_pool_core.h>
#include <lab_pool_layout.h>
#include <lab_region_front.h>

/* A range of addresses that has room for all slots, a power of two: what is taken of an address. */
static uint64_t slots_mask(const struct lab_pool_layout *layout)
{
    uint64_t bytes = sizeof(lab_atomic_t);

    while (bytes < (uint64_t)layout->deques * layout->array.capacity * sizeof(lab_atomic_t))
        bytes *= 2;
    return bytes - sizeof(lab_atomic_t);
}

size_t lab_pool_buffers_at(const struct lab_pool_options *options,
                           const struct lab_pool_layout *layout)
{
    size_t shift = options->shared ? LAB_POOL_FRONT : 0; /* they are aligned in the region */

    return (layout->end - shift + LAB_POOL_ALIGN_MAX - 1) / LAB_POOL_ALIGN_MAX *
               LAB_POOL_ALIGN_MAX +
           shift;
}

/* Beyond the slots there is room for one that lies at the end of what the mask leaves. */
size_t lab_pool_bytes(const struct lab_pool_options *options, const struct lab_pool_layout *layout)
{
    size_t end = lab_pool_buffers_at(options, layout) + (size_t)options->count * layout->stride;
    size_t slots_end =
        layout->slots + slots_mask(layout) + (layout->array.capacity + 1) * sizeof(lab_atomic_t);

    if (options->shared)
        end = (end > slots_end ? end : slots_end) + LAB_CACHE_LINE + sizeof(struct lab_pool_seed);
    return end;
}

void lab_pool_set_constants(struct lab_pool *pool, const struct lab_pool_options *options,
                            const struct lab_pool_layout *layout, enum lab_barrier barrier)
{
    char *base = (char *)pool;
    lab_atomic_t *links = (void *)(base + layout->links);

    pool->magic = LAB_POOL_MAGIC;
    pool->layout = LAB_SHARED_LAYOUT;
    pool->count = options->count;
    pool->reserved = options->reserve;
    pool->limits = lab_pool_limits(options);
    pool->lcores = layout->lcores;
    pool->hot_puts = layout->lcores;
    pool->stride = layout->stride;
    pool->hash_mask = layout->hash_slots != 0 ? layout->hash_slots - 1 : 0;
    pool->prefetch_lines = options->prefetch_lines;
    memcpy(pool->prefetch, options->prefetch, sizeof(pool->prefetch));
    pool->slow = (void *)(base + layout->slow);
    pool->array = layout->array;
    pool->array.deque = pool->deque;
    pool->set = (struct lab_deque_set){
        .array = &pool->array,
        .arrays = 1,
        .lcores = layout->lcores,
        .slots = (void *)(base + layout->slots),
        /* Where others cannot write to the constant part, only that makes a difference. */
        .slots_mask =
            options->shared && options->buffer_bytes != 0 ? slots_mask(layout) : ~UINT64_C(0),
        .slots_each = layout->array.capacity,
        .places = layout->deques,
        .entry = (void *)(base + layout->registry),
        .maker = lab_barrier_address_space(),
        .barrier = barrier,
        .state = &pool->state};
    pool->objects = (void *)(base + layout->objects);
    pool->hash = (void *)(base + layout->hash);
    pool->run = (void *)(base + layout->run);
    pool->buffer_bytes = options->buffer_bytes;
    pool->circulate = options->circulate;
    memcpy(pool->name, options->name, strlen(options->name) + 1);
    lab_stack_init(&pool->stack, &pool->stack_head, links, pool->count);
    lab_stack_init_beside(&pool->reserve, &pool->reserve_head, &pool->stack, LAB_STACK_RESERVE);
}

void lab_pool_set_buffers(struct lab_pool *pool, size_t at)
{
    pool->buffers = (char *)pool + at;
    pool->adopted = pool->count;
    pool->reserve_from = (uintptr_t)pool->buffers;
    pool->reserve_bytes = (size_t)pool->reserved * pool->stride;
}

static int check_memory(const void *memory, const struct lab_pool_options *options,
                        struct lab_error *error)
{
    if ((memory == NULL) != (options->buffer_bytes != 0))
        return lab_error_set(error, -EINVAL,
                             memory == NULL ? "pool %s: buffers of 0 bytes asked for"
                                            : "pool %s: lab_pool_init() takes objects; "
                                              "lab_pool_create() cuts buffers",
                             options->name);
    if ((uintptr_t)memory % LAB_CACHE_LINE != 0)
        return lab_error_set(error, -EINVAL, "pool %s: its memory at %p is not aligned to %d bytes",
                             options->name, memory, LAB_CACHE_LINE);
    return 0;
}

/* Buffers into a stack, the first on top. */
static void fill(struct lab_stack *stack, uint32_t from, uint32_t to)
{
    uint32_t indices[LAB_STACK_BURST];

    while (to > from) {
        unsigned k = 0;

        while (k < LAB_STACK_BURST && to > from)
            indices[k++] = --to;
        lab_stack_push_any(stack, indices, k);
    }
}

void lab_pool_publish_seed(const struct lab_pool *pool, const struct lab_pool_options *options)
{
    struct lab_pool_seed *seed = lab_pool_seed_of(&pool->region);

    seed->magic = LAB_POOL_MAGIC;
    seed->layout = LAB_SHARED_LAYOUT;
    seed->barrier = pool->set.barrier;
    seed->maker = pool->set.maker;
    seed->options = *options;
    memcpy(seed->name, pool->name, sizeof(seed->name));
    lab_store_release(&seed->whole, 1); /* P1: or others attach to a pool that is half made */
}

/* The memory for a pool, and where in it the pool begins: a shared one in the page before. */
static int map_pool(const struct lab_pool_options *options, const struct lab_pool_layout *layout,
                    struct lab_region *ret_region, void **ret_pool, struct lab_error *error)
{
    struct lab_region_options wanted = {.bytes = lab_pool_bytes(options, layout),
                                        .node = options->node,
                                        .pages = options->pages,
                                        .share = options->shared ? options->name : NULL};
    struct lab_error why = {0};
    int rc = lab_region_create(&wanted, ret_region, &why);

    if (rc == 0 && options->shared) {
        rc = lab_region_front(ret_region, &why);
        if (rc != 0)
            (void)lab_region_destroy(ret_region);
    }
    if (why.message[0] != '\0')
        (void)lab_error_set(error, rc, "pool %s: %s", options->name, why.message);
    else
        (void)lab_error_set(error, rc, "%s", "");
    if (rc == 0)
        *ret_pool = (char *)ret_region->address - (options->shared ? LAB_POOL_FRONT : 0);
    return rc;
}

/* Finds a place for the buffers, all of which are free. */
static int add_buffers(struct lab_pool *pool, const struct lab_pool_options *options,
                       const struct lab_pool_layout *layout, struct lab_error *error)
{
    int rc = 0;

    if (options->arena != NULL)
        rc = lab_pool_take_runs(pool, options, error);
    else
        lab_pool_set_buffers(pool, lab_pool_buffers_at(options, layout));
    if (rc != 0)
        return rc;
    fill(&pool->reserve, 0, pool->reserved);
    fill(&pool->stack, pool->reserved, pool->count);
    lab_invariant(lab_pool_is_valid(pool));
    return 0;
}

int lab_pool_core_make(void *memory, const struct lab_pool_options *options,
                       const struct lab_pool_layout *layout, struct lab_pool **ret_pool,
                       struct lab_error *error)
{
    struct lab_region region = {0};
    enum lab_barrier barrier;
    struct lab_pool *pool;
    int rc = check_memory(memory, options, error);

    if (rc != 0)
        return rc;
    rc = lab_barrier_register(options->shared ? LAB_BARRIER_SHARED : LAB_BARRIER_PRIVATE, &barrier);
    lab_invariant(rc == 0); /* it refuses only what is no barrier */
    if (memory == NULL)
        rc = map_pool(options, layout, &region, &memory, error);
    if (rc != 0)
        return rc;
    pool = memory;
    lab_pool_set_constants(pool, options, layout, barrier);
    pool->region = region;
    lab_store_relaxed(&pool->hot, layout->lcores);
    if (options->takes_strangers) {
        lab_store_relaxed(&pool->strangers, LAB_POOL_OPEN);
        lab_deque_set_intercept(&pool->set, 1);
    }
    lab_store_relaxed(&pool->low_free, options->count);
    lab_deque_set_init(&pool->set);
    if (options->buffer_bytes != 0)
        rc = add_buffers(pool, options, layout, error);
    if (rc != 0)
        (void)lab_region_destroy(&region);
    else
        *ret_pool = pool;
    return rc;
}

int lab_pool_core_destroy(struct lab_pool *pool)
{
    struct lab_region region;

    lab_pool_give_runs(pool);
    region = pool->region; /* the pool lies in it */
    return lab_region_destroy(&region);
}
