/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pools.h"

#include "hugepages.h"
#include "message.h"
#include "plugin.h"
#include "suggest.h"

#include <lab_mbuf.h>
#include <lab_os.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define MIB ((size_t)1 << 20)

bool pools_has(const char *driver)
{
    for (unsigned i = 0; i < rte_mempool_ops_table.num_ops; i++) {
        if (strcmp(rte_mempool_ops_table.ops[i].name, driver) == 0)
            return true;
    }
    return false;
}

bool pools_know(const char *option, const char *driver)
{
    const char *names[RTE_MEMPOOL_MAX_OPS_IDX], *nearest;
    char list[RTE_MEMPOOL_MAX_OPS_IDX * (RTE_MEMPOOL_OPS_NAMESIZE + 2)] = "none";
    size_t length = 0;
    unsigned n = rte_mempool_ops_table.num_ops;

    if (pools_has(driver))
        return true;
    for (unsigned i = 0; i < n; i++) {
        names[i] = rte_mempool_ops_table.ops[i].name;
        length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s", i == 0 ? "" : ", ",
                                   names[i]);
    }
    nearest = suggest(driver, names, n);
    if (strcmp(driver, "labyrinth") == 0)
        complain("--%s=labyrinth: its plugin is not loaded: install it, or name it before "
                 "\"--\": -d PATH/" PLUGIN_NAME " -- (registered: %s)",
                 option, list);
    else if (nearest != NULL)
        complain("--%s=%s: no such mempool driver: did you mean %s? (registered: %s)", option,
                 driver, nearest, list);
    else
        complain("--%s=%s: no such mempool driver (registered: %s)", option, driver, list);
    return false;
}

/* The memory that the EAL has to give: its heap, and the huge pages that it would take. */
static size_t free_bytes(void)
{
    struct rte_malloc_socket_stats stats;
    size_t bytes = rte_eal_has_hugepages() ? hugepages_free_bytes() : 0;

    for (unsigned i = 0; i < rte_socket_count(); i++) {
        if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) == 0)
            bytes += stats.heap_freesz_bytes;
    }
    return bytes;
}

/* Whether the EAL cannot have huge pages of `bytes` open, beside its other files. */
static bool lacks_files(size_t bytes)
{
    struct rlimit limit;

    return rte_eal_has_hugepages() && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
           limit.rlim_cur < bytes / LAB_PAGE_2M + 64;
}

static void complain_memory(const struct pool_spec *spec)
{
    size_t page_bytes = rte_eal_has_hugepages() ? LAB_PAGE_2M : lab_os_page_bytes();
    size_t needed = pools_bytes(spec->n_mbufs, spec->mbuf_size, page_bytes);
    size_t available = free_bytes();
    char advice[96];

    if (lacks_files(needed))
        snprintf(advice, sizeof(advice),
                 "a larger `ulimit -n` (to the EAL each huge page is an open file)");
    else if (rte_eal_has_hugepages())
        hugepages_advice(advice, sizeof(advice), needed - RTE_MIN(needed, available));
    else
        snprintf(advice, sizeof(advice), "-m %zu among the EAL options", needed / MIB + 1);
    complain("pool %s: %u buffers of %u bytes need about %zu MiB, and %zu MiB are free: %s, or %s",
             spec->driver, spec->n_mbufs, spec->mbuf_size, needed / MIB + 1, available / MIB,
             advice, spec->memory_advice);
}

/* Bytes of a buffer, with what it wastes of pages of this size. */
static size_t buffer_bytes(unsigned mbuf_size, size_t page_bytes)
{
    /* The mempool spreads objects over the memory channels by a few cache lines. */
    size_t buffer = sizeof(struct rte_mempool_objhdr) + sizeof(struct rte_mbuf) +
                    RTE_ALIGN_CEIL(mbuf_size, RTE_CACHE_LINE_SIZE) + 4 * RTE_CACHE_LINE_SIZE;

    /* It lets none cross from page to page if that can be helped. */
    if (buffer <= page_bytes)
        return page_bytes / (page_bytes / buffer);
    return RTE_ALIGN_CEIL(buffer, page_bytes);
}

/* An arena of which a pool leaves nothing but what its watermarks want. */
static struct lab_arena *create_arena(const struct pool_spec *spec)
{
    size_t page_bytes = rte_eal_has_hugepages() ? LAB_PAGE_2M : lab_os_page_bytes();
    size_t bytes = spec->n_mbufs * buffer_bytes(spec->mbuf_size, page_bytes);

    return lab_mbuf_arena_create(spec->name, bytes + bytes / 64 + 2 * LAB_PAGE_2M, SOCKET_ID_ANY);
}

static struct rte_mempool *create_labyrinth(const struct pool_spec *spec)
{
    struct lab_mbuf_pool_options options = {
        .name = spec->name,
        .count = spec->n_mbufs,
        .socket = SOCKET_ID_ANY,
        .reserve = spec->reserve,
        .cache = spec->cache,
        .data_room = (uint16_t)spec->mbuf_size,
    };

    struct rte_mempool *pool;
    int code;

    if (spec->paged && (options.arena = create_arena(spec)) == NULL)
        return NULL;
    pool = lab_mbuf_pool_create(&options);
    if (pool != NULL)
        return pool;
    code = rte_errno;
    (void)lab_mbuf_arena_destroy(options.arena);
    rte_errno = code;
    return NULL;
}

static struct rte_mempool *create_mbufs(const struct pool_spec *spec)
{
    if (strcmp(spec->driver, "labyrinth") == 0)
        return create_labyrinth(spec);
    return rte_pktmbuf_pool_create_by_ops(spec->name, spec->n_mbufs, spec->cache, 0,
                                          (uint16_t)spec->mbuf_size, SOCKET_ID_ANY, spec->driver);
}

static struct rte_mempool *create_plain(const struct pool_spec *spec)
{
    unsigned bytes = (unsigned)sizeof(struct rte_mbuf) + spec->mbuf_size;
    struct rte_mempool *pool = rte_mempool_create_empty(spec->name, spec->n_mbufs, bytes,
                                                        spec->cache, 0, SOCKET_ID_ANY, 0);
    int rc;

    if (pool == NULL)
        return NULL;
    rc = rte_mempool_set_ops_byname(pool, spec->driver, NULL);
    if (rc == 0)
        rc = rte_mempool_populate_default(pool);
    if (rc >= 0)
        return pool;
    rte_mempool_free(pool);
    rte_errno = -rc;
    return NULL;
}

struct rte_mempool *pools_create(const struct pool_spec *spec)
{
    struct rte_mempool *pool = spec->plain ? create_plain(spec) : create_mbufs(spec);

    if (pool != NULL)
        return pool;
    /* -ENOBUFS is DPDK's word for memory that does not hold a single buffer. */
    if (rte_errno == ENOMEM || rte_errno == ENOBUFS)
        complain_memory(spec);
    else
        complain("pool %s: %u buffers with --%s=%u cannot be created: %s", spec->driver,
                 spec->n_mbufs, spec->cache_option, spec->cache, rte_strerror(rte_errno));
    return NULL;
}

void pools_free(struct rte_mempool *pool)
{
    struct lab_arena *arena = lab_mbuf_pool_arena(pool);

    rte_mempool_free(pool);
    (void)lab_mbuf_arena_destroy(arena);
}

size_t pools_bytes(unsigned n_mbufs, unsigned mbuf_size, size_t page_bytes)
{
    size_t buffer = buffer_bytes(mbuf_size, page_bytes);

    /* A tenth for the driver; the rest for caches, rings and the EAL itself. */
    return n_mbufs * (buffer + buffer / 10) + ((size_t)32 << 20);
}
