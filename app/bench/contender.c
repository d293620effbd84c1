/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "contender.h"

#include "message.h"
#include "pools.h"

#include <dlfcn.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

const char *const contender_defaults[] = {
    "liblabyrinth", "labyrinth",   "lab_page",   "lab_zone", "ring_mp_mc",
    "ring_mt_rts",  "ring_mt_hts", "stack",      "lf_stack", "bucket",
    "mimalloc",     "jemalloc",    "rte_malloc", "mmap",     "buddy",
};
const unsigned contender_n_defaults = RTE_DIM(contender_defaults);

/* The allocators that this program was linked with (see meson.build), which has put the C library
 * before them: malloc() is still its. Theirs are asked for by library. */
static const struct {
    const char *name, *library, *get, *get_aligned, *put;
} allocators[] = {
    {"mimalloc", "libmimalloc.so.2", "mi_malloc", "mi_aligned_alloc", "mi_free"},
    {"jemalloc", "libjemalloc.so.2", "malloc", "aligned_alloc", "free"},
};

static void *get_rte_malloc(size_t bytes)
{
    return rte_malloc(NULL, bytes, (unsigned)bytes);
}

static void put_rte_malloc(void *pages, size_t bytes)
{
    rte_free(pages);
}

static void *get_mmap(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return pages != MAP_FAILED ? pages : NULL;
}

static void put_mmap(void *pages, size_t bytes)
{
    munmap(pages, bytes);
}

static const struct {
    const char *name;
    void *(*get)(size_t bytes);
    void (*put)(void *pages, size_t bytes);
} systems[] = {
    {"rte_malloc", get_rte_malloc, put_rte_malloc},
    {"mmap", get_mmap, put_mmap},
};

enum contender_kind contender_kind(const char *name)
{
    static const struct {
        const char *name;
        enum contender_kind kind;
    } kinds[] = {
        {"liblabyrinth", CONTENDER_LIBRARY}, {"lab_zone", CONTENDER_ZONE},
        {"lab_page", CONTENDER_PAGE},        {"mimalloc", CONTENDER_MALLOC},
        {"jemalloc", CONTENDER_MALLOC},      {"rte_malloc", CONTENDER_SYSTEM},
        {"mmap", CONTENDER_SYSTEM},          {"buddy", CONTENDER_BUDDY},
    };

    for (size_t i = 0; i < RTE_DIM(kinds); i++) {
        if (strcmp(name, kinds[i].name) == 0)
            return kinds[i].kind;
    }
    return CONTENDER_MEMPOOL;
}

bool contender_is_ours(const char *name)
{
    return strcmp(name, "labyrinth") == 0 || strcmp(name, "liblabyrinth") == 0 ||
           strcmp(name, "lab_page") == 0 || strcmp(name, "lab_zone") == 0;
}

static bool find_allocator(const char *name, struct contender *ret_contender)
{
    for (size_t i = 0; i < RTE_DIM(allocators); i++) {
        void *library;

        if (strcmp(name, allocators[i].name) != 0)
            continue;
        library = dlopen(allocators[i].library, RTLD_NOW | RTLD_NOLOAD);
        if (library == NULL)
            return false;
        *(void **)&ret_contender->malloc.get = dlsym(library, allocators[i].get);
        *(void **)&ret_contender->malloc.get_aligned = dlsym(library, allocators[i].get_aligned);
        *(void **)&ret_contender->malloc.put = dlsym(library, allocators[i].put);
        return ret_contender->malloc.get != NULL && ret_contender->malloc.get_aligned != NULL &&
               ret_contender->malloc.put != NULL;
    }
    return false;
}

static bool is_registered(const char *driver)
{
    for (unsigned i = 0; i < rte_mempool_ops_table.num_ops; i++) {
        if (strcmp(rte_mempool_ops_table.ops[i].name, driver) == 0)
            return true;
    }
    return false;
}

bool contender_exists(const char *name)
{
    struct contender allocator;

    switch (contender_kind(name)) {
    case CONTENDER_MEMPOOL:
        return is_registered(name);
    case CONTENDER_MALLOC:
        return find_allocator(name, &allocator);
    default:
        return true;
    }
}

void contender_complain(const char *name)
{
    if (contender_kind(name) == CONTENDER_MEMPOOL)
        pools_know("pools", name);
    else
        complain("--pools=%s: this program was built without: apt install lib%s-dev, then meson "
                 "setup --reconfigure",
                 name, name);
}

static bool open_mempool(struct contender *contender, unsigned bufs, unsigned cache, bool touched)
{
    const struct pool_spec spec = {
        .name = contender->name,
        .driver = contender->name,
        .n_mbufs = bufs,
        .mbuf_size = CONTENDER_MBUF_SIZE,
        .cache = cache,
        .plain = !touched,
        .cache_option = "cache",
        .economy = "a smaller --bufs",
    };

    contender->mempool = pools_create(&spec);
    return contender->mempool != NULL;
}

static bool open_library(struct contender *contender, unsigned bufs)
{
    const struct lab_pool_options options = {
        .name = contender->name,
        .count = bufs,
        .buffer_bytes = sizeof(struct rte_mbuf) + CONTENDER_MBUF_SIZE,
        .node = LAB_NODE_ANY,
    };
    struct lab_error error = {0};

    if (lab_pool_create(&options, &contender->library, &error) == 0)
        return true;
    complain("pool %s: %s", contender->name, error.message);
    return false;
}

/* A zone of pages that are numbers only: what is measured does not look into them. */
static bool open_zone(struct contender *contender, unsigned pages)
{
    const struct lab_zone_options options = {
        .name = contender->name,
        .blocks = pages / LAB_BLOCK_PAGES,
        .lcores = RTE_MAX_LCORE,
    };
    struct lab_region_options home = {.node = LAB_NODE_ANY};
    struct lab_error error = {0};

    if (lab_zone_footprint(&options, &home.bytes, &error) == 0 &&
        lab_region_create(&home, &contender->home, &error) == 0 &&
        lab_zone_init(contender->home.address, &options, &contender->zone, &error) == 0)
        return true;
    complain("zone %s: %s", contender->name, error.message);
    return false;
}

/* Addresses that nobody looks into, aligned to blocks. */
static void *reserve_addresses(struct contender *contender, size_t bytes)
{
    uintptr_t address;

    contender->addresses_bytes = bytes + LAB_PAGE_BYTES * LAB_BLOCK_PAGES;
    contender->addresses = mmap(NULL, contender->addresses_bytes, PROT_NONE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (contender->addresses == MAP_FAILED) {
        contender->addresses = NULL;
        return NULL;
    }
    address = RTE_ALIGN_CEIL((uintptr_t)contender->addresses, LAB_PAGE_BYTES * LAB_BLOCK_PAGES);
    return (void *)address;
}

/* All that there is for everybody: no marks, no reserve. */
static bool open_arena(struct contender *contender, unsigned pages)
{
    struct lab_arena_zone zone = {
        .bytes = pages * LAB_PAGE_BYTES,
        .node = LAB_NODE_ANY,
        .memory = reserve_addresses(contender, pages * LAB_PAGE_BYTES),
        .mark = {[LAB_PAGE_HIGH] = 1},
    };
    const struct lab_arena_options options = {
        .name = contender->name,
        .zone = &zone,
        .zones = 1,
        .cached_orders = (1u << LAB_PAGE_ORDERS) - 1,
    };
    struct lab_region_options home = {.node = LAB_NODE_ANY};
    struct lab_error error = {.message = "no addresses"};

    if (zone.memory != NULL && lab_arena_footprint(&options, &home.bytes, &error) == 0 &&
        lab_region_create(&home, &contender->home, &error) == 0 &&
        lab_arena_init(contender->home.address, &options, &contender->arena, &error) == 0)
        return true;
    complain("arena %s: %s", contender->name, error.message);
    return false;
}

static bool find_system(const char *name, struct contender *ret_contender)
{
    for (size_t i = 0; i < RTE_DIM(systems); i++) {
        if (strcmp(name, systems[i].name) != 0)
            continue;
        ret_contender->system.get = systems[i].get;
        ret_contender->system.put = systems[i].put;
        return true;
    }
    return false;
}

bool contender_open(struct contender *ret_contender, const char *name, unsigned bufs,
                    unsigned cache, bool touched)
{
    *ret_contender = (struct contender){.name = name, .kind = contender_kind(name)};
    switch (ret_contender->kind) {
    case CONTENDER_MEMPOOL:
        return open_mempool(ret_contender, bufs, cache, touched);
    case CONTENDER_LIBRARY:
        return open_library(ret_contender, bufs);
    case CONTENDER_MALLOC:
        return find_allocator(name, ret_contender);
    case CONTENDER_PAGE:
        return open_arena(ret_contender, bufs);
    case CONTENDER_ZONE:
        return open_zone(ret_contender, bufs);
    case CONTENDER_SYSTEM:
        return find_system(name, ret_contender);
    case CONTENDER_BUDDY:
        ret_contender->buddy = buddy_create(bufs);
        return ret_contender->buddy != NULL;
    }
    return false;
}

void contender_close(struct contender *contender)
{
    buddy_destroy(contender->buddy);
    (void)lab_region_destroy(&contender->home);
    if (contender->addresses != NULL)
        munmap(contender->addresses, contender->addresses_bytes);
    if (contender->library != NULL && lab_pool_destroy(contender->library) != 0)
        complain("pool %s stays mapped: buffers of it are missing", contender->name);
    rte_mempool_free(contender->mempool);
}

/* Takes one by one what there is, for a driver's own count may err. The lcores' caches hold the
 * rest. */
static unsigned count_by_taking(struct rte_mempool *pool, unsigned bufs)
{
    void **taken = malloc(bufs * sizeof(*taken));
    unsigned n = 0, cached = 0;

    if (taken == NULL)
        return rte_mempool_avail_count(pool);
    while (n < bufs && rte_mempool_get(pool, &taken[n]) == 0)
        n++;
    for (unsigned lcore = 0; pool->cache_size > 0 && lcore < RTE_MAX_LCORE; lcore++)
        cached += pool->local_cache[lcore].len;
    for (unsigned i = 0; i < n; i++)
        rte_mempool_put(pool, taken[i]);
    free(taken);
    return n + cached;
}

static unsigned missing_of_mempool(struct rte_mempool *pool, unsigned bufs)
{
    if (rte_mempool_avail_count(pool) == bufs)
        return 0;
    return bufs - RTE_MIN(bufs, count_by_taking(pool, bufs));
}

unsigned contender_missing(const struct contender *contender, unsigned bufs)
{
    struct lab_zone_stats stats;
    struct lab_page_why why = {0};

    switch (contender->kind) {
    case CONTENDER_MEMPOOL:
        return missing_of_mempool(contender->mempool, bufs);
    case CONTENDER_LIBRARY:
        return bufs - lab_pool_count(contender->library);
    case CONTENDER_PAGE:
        (void)lab_page_why(contender->arena, LAB_LCORE_ANY, 0, LAB_GFP_ATOMIC, &why);
        return bufs - (unsigned)(why.free + why.cached);
    case CONTENDER_ZONE:
        lab_zone_stats(contender->zone, &stats);
        return bufs - (unsigned)stats.free_pages;
    case CONTENDER_BUDDY:
        return bufs - buddy_free_pages(contender->buddy);
    case CONTENDER_MALLOC:
    case CONTENDER_SYSTEM:
        break; /* has no limit, and so no count */
    }
    return 0;
}

size_t contender_bytes(const char *name, unsigned bufs, size_t page_bytes)
{
    enum contender_kind kind = contender_kind(name);

    if (kind == CONTENDER_MEMPOOL || kind == CONTENDER_LIBRARY)
        return pools_bytes(bufs, CONTENDER_MBUF_SIZE, page_bytes);
    if (strcmp(name, "rte_malloc") != 0)
        return 0; /* its own memory, or what is held only: nothing beside a pool */
    /* What is held, and before the first turn; twice, since its headers stand between. */
    return 2 * 2 * RTE_MIN(CONTENDER_PAGES_HELD_BYTES, bufs * CONTENDER_PAGE_BYTES);
}
