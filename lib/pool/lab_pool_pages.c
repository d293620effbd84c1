/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Buffers that are cut from the pages of an arena.
 *
 * The pool takes runs of the largest order that there is, 2 MiB as a rule, and cuts as many buffers
 * from each as fit: a last run is as small as what is left to be had, and smaller ones do where the
 * arena is fragmented. No buffer lies across two runs. To the rest of the pool these buffers are
 * objects of a caller's. */

#include <lab_page.h>
#include <lab_pool.h>
#include <lab_pool_core.h>

/* A run's order fits into the low bits of its address. */
#define ORDER_MASK (LAB_PAGE_BYTES - 1)

int lab_pool_plan_runs(const struct lab_pool_options *options, uint32_t *ret_most,
                       struct lab_error *error)
{
    uint32_t step = lab_pool_step(options);
    size_t in_smallest;

    if (options->buffer_bytes == 0)
        return lab_error_set(error, -EINVAL, "pool %s: buffers of 0 bytes asked for from pages",
                             options->name);
    if (options->shared)
        return lab_error_set(
            error, -EINVAL,
            "pool %s: other processes do not have the pages of its arena: a shared "
            "pool maps memory of its own",
            options->name);
    if (lab_page_order_of(step) == LAB_PAGE_ORDERS)
        return lab_error_set(error, -EINVAL,
                             "pool %s: buffers of %u bytes asked for from pages, at most 2 MiB are "
                             "possible",
                             options->name, options->buffer_bytes);
    if (options->gfp != 0 && !lab_gfp_is_valid(options->gfp))
        return lab_error_set(error, -EINVAL, "pool %s: request flags %#x make no sense",
                             options->name, options->gfp);
    in_smallest = (LAB_PAGE_BYTES << lab_page_order_of(step)) / step;
    *ret_most = (uint32_t)((options->count + in_smallest - 1) / in_smallest);
    return 0;
}

static void cut(struct lab_pool *pool, char *run, size_t bytes, uint32_t step)
{
    for (size_t at = 0; at + step <= bytes && pool->adopted < pool->count; at += step)
        (void)lab_pool_know(pool, run + at);
}

int lab_pool_take_runs(struct lab_pool *pool, const struct lab_pool_options *options,
                       struct lab_error *error)
{
    uint32_t step = lab_pool_step(options);
    unsigned gfp = options->gfp != 0 ? options->gfp : LAB_GFP_WAIT, order;
    struct lab_error why = {0};
    void *run;

    pool->arena = options->arena;
    while (pool->adopted < pool->count) {
        size_t left = (size_t)(pool->count - pool->adopted) * step;
        int rc = lab_page_fit(pool->arena, gfp, step, left, &run, &order, &why);

        if (rc != 0) {
            rc = lab_error_set(error, rc, "pool %s, after %u of %u buffers: %s", pool->name,
                               pool->adopted, pool->count, why.message);
            lab_pool_give_runs(pool);
            return rc;
        }
        pool->run[pool->runs++] = (uintptr_t)run | order;
        cut(pool, run, LAB_PAGE_BYTES << order, step);
    }
    return 0;
}

void lab_pool_give_runs(struct lab_pool *pool)
{
    while (pool->runs > 0) {
        uintptr_t run = pool->run[--pool->runs];

        (void)lab_page_free(pool->arena, LAB_LCORE_ANY, (void *)(run & ~ORDER_MASK),
                            run & ORDER_MASK);
    }
}
