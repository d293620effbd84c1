/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The mempool driver through DPDK's own interface.
 *
 *     driver_test [EAL options]        with -d librte_mempool_labyrinth.so and lcores 0 to 7 */

#include "driver_test.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <stdio.h>

#define BURST 32u

static void clear(struct rte_mempool *mp, void *arg, void *object, unsigned int i)
{
    *(uint32_t *)object = 0;
}

struct rte_mempool *make_empty_pool(unsigned int size, unsigned int object_bytes,
                                    unsigned int cache, unsigned int flags)
{
    struct rte_mempool *mp;

    rte_mempool_free(rte_mempool_lookup("test"));
    mp = rte_mempool_create_empty("test", size, object_bytes, cache, 0, SOCKET_ID_ANY, flags);
    assert_non_null(mp);
    assert_return_code(rte_mempool_set_ops_byname(mp, "labyrinth", NULL), 0);
    return mp;
}

struct rte_mempool *make_pool(unsigned int size, unsigned int object_bytes, unsigned int cache)
{
    struct rte_mempool *mp = make_empty_pool(size, object_bytes, cache, 0);

    assert_int_equal(rte_mempool_populate_default(mp), size);
    assert_int_equal(driver_count(mp), size);
    rte_mempool_obj_iter(mp, clear, NULL);
    return mp;
}

unsigned int driver_count(const struct rte_mempool *mp)
{
    return rte_mempool_get_ops(mp->ops_index)->get_count(mp);
}

unsigned int drain(struct rte_mempool *mp, void **objects, unsigned int max)
{
    unsigned int n = 0;

    while (n + BURST <= max && rte_mempool_get_bulk(mp, objects + n, BURST) == 0)
        n += BURST;
    while (n < max && rte_mempool_get(mp, objects + n) == 0)
        n++;
    return n;
}

void put_all(struct rte_mempool *mp, void *const *objects, unsigned int n)
{
    for (unsigned int i = 0; i < n; i += BURST)
        rte_mempool_put_bulk(mp, objects + i, RTE_MIN(BURST, n - i));
}

unsigned int mark(void *const *objects, unsigned int n, uint32_t is_held)
{
    unsigned int twice = 0;

    for (unsigned int i = 0; i < n; i++)
        if (__atomic_exchange_n((uint32_t *)objects[i], is_held, __ATOMIC_ACQ_REL) == is_held)
            twice++;
    return twice;
}

int main(int argc, char **argv)
{
    int failed;

    if (rte_eal_init(argc, argv) < 0)
        return 1;
    failed = run_pool_tests() + run_thread_tests();
    return rte_eal_cleanup() == 0 && failed == 0 ? 0 : 1;
}
