/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "contender.h"

#include "message.h"
#include "peers.h"
#include "pools.h"

#include <dlfcn.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct request {
    unsigned bufs;
    unsigned cache;
    bool touched;
};

struct contender_type {
    const char *name;
    enum contender_kind kind;
    bool ours;
    bool (*open)(struct contender *contender, const struct request *request);
    unsigned (*missing)(const struct contender *contender, unsigned bufs); /* NULL: has no limit */
    size_t (*bytes)(unsigned bufs, size_t page_bytes); /* NULL: needs nothing beside a pool */

    /* An allocator that this program was linked with (see meson.build), or that was loaded with it,
     * after the C library: malloc() is still its. Theirs is asked for by library, newest first. */
    struct {
        const char *libraries[2], *get, *get_aligned, *put;
    } symbols;
    void *(*get)(size_t bytes); /* the system's */
    void (*put)(void *pages, size_t bytes);
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

static bool open_system(struct contender *contender, const struct request *request)
{
    contender->system.get = contender->type->get;
    contender->system.put = contender->type->put;
    return true;
}

static bool open_malloc(struct contender *contender, const struct request *request)
{
    const struct contender_type *type = contender->type;
    void *library = NULL;

    for (size_t i = 0; i < RTE_DIM(type->symbols.libraries) && library == NULL; i++) {
        if (type->symbols.libraries[i] != NULL)
            library = dlopen(type->symbols.libraries[i], RTLD_NOW | RTLD_NOLOAD);
    }
    if (library == NULL)
        return false;
    *(void **)&contender->malloc.get = dlsym(library, type->symbols.get);
    *(void **)&contender->malloc.get_aligned = dlsym(library, type->symbols.get_aligned);
    *(void **)&contender->malloc.put = dlsym(library, type->symbols.put);
    return contender->malloc.get != NULL && contender->malloc.get_aligned != NULL &&
           contender->malloc.put != NULL;
}

static bool open_mempool(struct contender *contender, const struct request *request)
{
    const struct pool_spec spec = {
        .name = contender->name,
        .driver = contender->name,
        .n_mbufs = request->bufs,
        .mbuf_size = CONTENDER_MBUF_SIZE,
        .cache = request->cache,
        .plain = !request->touched,
        .cache_option = "cache",
        .memory_advice = "a smaller --bufs",
    };

    contender->mempool = pools_create(&spec);
    return contender->mempool != NULL;
}

static bool open_library(struct contender *contender, const struct request *request)
{
    const struct lab_pool_options options = {
        .name = contender->name,
        .count = request->bufs,
        .buffer_bytes = CONTENDER_BUFFER_BYTES,
        .node = LAB_NODE_ANY,
    };
    struct lab_error error = {0};

    if (lab_pool_create(&options, &contender->library, &error) == 0)
        return true;
    complain("pool %s: %s", contender->name, error.message);
    return false;
}

/* A zone of pages that are numbers only: what is measured does not look into them. */
static bool open_zone(struct contender *contender, const struct request *request)
{
    uint32_t blocks = request->bufs / LAB_BLOCK_PAGES;
    struct lab_region_options home = {.bytes = lab_zone_footprint(blocks, RTE_MAX_LCORE),
                                      .node = LAB_NODE_ANY};
    struct lab_error error = {0};

    if (blocks == 0) {
        complain("zone %s: at least %u pages, a block, are needed", contender->name,
                 LAB_BLOCK_PAGES);
        return false;
    }
    if (lab_region_create(&home, &contender->home, &error) != 0) {
        complain("zone %s: %s", contender->name, error.message);
        return false;
    }
    contender->part = lab_zone_init(contender->home.address, blocks, RTE_MAX_LCORE);
    return true;
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
static bool open_arena(struct contender *contender, const struct request *request)
{
    size_t bytes = request->bufs * LAB_PAGE_BYTES;
    struct lab_arena_zone zone = {
        .bytes = bytes,
        .node = LAB_NODE_ANY,
        .memory = reserve_addresses(contender, bytes),
        .watermark = {[LAB_PAGE_HIGH] = 1},
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

static bool open_buddy(struct contender *contender, const struct request *request)
{
    contender->buddy = buddy_create(request->bufs);
    return contender->buddy != NULL;
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

static unsigned missing_of_mempool(const struct contender *contender, unsigned bufs)
{
    struct rte_mempool *pool = contender->mempool;

    if (rte_mempool_avail_count(pool) == bufs)
        return 0;
    return bufs - RTE_MIN(bufs, count_by_taking(pool, bufs));
}

static unsigned missing_of_library(const struct contender *contender, unsigned bufs)
{
    return bufs - lab_pool_count(contender->library);
}

static unsigned missing_of_arena(const struct contender *contender, unsigned bufs)
{
    struct lab_page_why why = {0};

    (void)lab_page_why(contender->arena, LAB_LCORE_ANY, 0, LAB_GFP_ATOMIC, &why);
    return bufs - (unsigned)(why.free + why.cached);
}

static unsigned missing_of_zone(const struct contender *contender, unsigned bufs)
{
    struct lab_page_part_map stats;

    lab_zone_stats(contender->part, &stats);
    return bufs - (unsigned)stats.free_pages;
}

static unsigned missing_of_buddy(const struct contender *contender, unsigned bufs)
{
    return bufs - buddy_free_pages(contender->buddy);
}

static size_t bytes_of_pool(unsigned bufs, size_t page_bytes)
{
    return pools_bytes(bufs, CONTENDER_MBUF_SIZE, page_bytes);
}

/* Held, and before the first turn; twice, since its headers stand between. */
static size_t bytes_of_rte_malloc(unsigned bufs, size_t page_bytes)
{
    return 2 * 2 * RTE_MIN(CONTENDER_PAGES_HELD_BYTES, bufs * CONTENDER_PAGE_BYTES);
}

#define MEMPOOL                                                                                    \
    .kind = CONTENDER_MEMPOOL, .open = open_mempool, .missing = missing_of_mempool,                \
    .bytes = bytes_of_pool

#define LIBRARY .open = open_library, .missing = missing_of_library, .bytes = bytes_of_pool

/* All that are measured when --pools says nothing, in this order. */
static const struct contender_type types[] = {
    {.name = "liblabyrinth", .kind = CONTENDER_LIBRARY, .ours = true, LIBRARY},
    {.name = "lab_receive", .kind = CONTENDER_RECEIVE, .ours = true, LIBRARY},
    {.name = "labyrinth", .ours = true, MEMPOOL},
    {.name = "lab_page",
     .kind = CONTENDER_PAGE,
     .ours = true,
     .open = open_arena,
     .missing = missing_of_arena},
    {.name = "lab_zone",
     .kind = CONTENDER_ZONE,
     .ours = true,
     .open = open_zone,
     .missing = missing_of_zone},
    {.name = "ring_mp_mc", MEMPOOL},
    {.name = "ring_mt_rts", MEMPOOL},
    {.name = "ring_mt_hts", MEMPOOL},
    {.name = "stack", MEMPOOL},
    {.name = "lf_stack", MEMPOOL},
    {.name = "bucket", MEMPOOL},
    {.name = "scq", MEMPOOL},
    {.name = "vpp", MEMPOOL},
    {.name = "mimalloc",
     .kind = CONTENDER_MALLOC,
     .open = open_malloc,
     .symbols =
         {{"libmimalloc.so.3", "libmimalloc.so.2"}, "mi_malloc", "mi_aligned_alloc", "mi_free"}},
    {.name = "jemalloc",
     .kind = CONTENDER_MALLOC,
     .open = open_malloc,
     .symbols = {{"libjemalloc.so.2"}, "malloc", "aligned_alloc", "free"}},
    {.name = "rte_malloc",
     .kind = CONTENDER_SYSTEM,
     .open = open_system,
     .bytes = bytes_of_rte_malloc,
     .get = get_rte_malloc,
     .put = put_rte_malloc},
    {.name = "mmap",
     .kind = CONTENDER_SYSTEM,
     .open = open_system,
     .get = get_mmap,
     .put = put_mmap},
    {.name = "buddy", .kind = CONTENDER_BUDDY, .open = open_buddy, .missing = missing_of_buddy},
};

/* A name that is none of these is the name of a mempool's driver. */
static const struct contender_type *type_of(const char *name)
{
    static const struct contender_type other = {MEMPOOL};

    for (size_t i = 0; i < RTE_DIM(types); i++) {
        if (strcmp(name, types[i].name) == 0)
            return &types[i];
    }
    return &other;
}

unsigned contender_defaults(const char *ret_names[CONTENDERS_MAX])
{
    _Static_assert(RTE_DIM(types) <= CONTENDERS_MAX, "all are measured by default");

    for (size_t i = 0; i < RTE_DIM(types); i++)
        ret_names[i] = types[i].name;
    return RTE_DIM(types);
}

enum contender_kind contender_kind(const char *name)
{
    return type_of(name)->kind;
}

bool contender_is_ours(const char *name)
{
    return type_of(name)->ours;
}

bool contender_exists(const char *name)
{
    struct contender contender = {.name = name, .type = type_of(name)};

    switch (contender.type->kind) {
    case CONTENDER_MEMPOOL:
        peers_register(name);
        return pools_has(name);
    case CONTENDER_MALLOC:
        return open_malloc(&contender, NULL);
    default:
        return true;
    }
}

void contender_complain(const char *name)
{
    const struct contender_type *type = type_of(name);

    if (type->kind == CONTENDER_MEMPOOL)
        pools_know("pools", name);
    else
        complain("--pools=%s: this program was built without; load it after the C library: "
                 "LD_PRELOAD='libc.so.6 %s' labyrinth-bench ...%s%s",
                 name, type->symbols.libraries[0], type->symbols.libraries[1] ? " or " : "",
                 type->symbols.libraries[1] ? type->symbols.libraries[1] : "");
}

bool contender_open(struct contender *ret_contender, const char *name, unsigned bufs,
                    unsigned cache, bool touched)
{
    const struct contender_type *type = type_of(name);

    *ret_contender = (struct contender){.name = name, .kind = type->kind, .type = type};
    return type->open(ret_contender,
                      &(const struct request){.bufs = bufs, .cache = cache, .touched = touched});
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

const struct lab_pool *contender_pool(const struct contender *contender)
{
    if (contender->mempool != NULL && contender->type->ours)
        return contender->mempool->pool_data;
    return contender->library;
}

unsigned contender_missing(const struct contender *contender, unsigned bufs)
{
    const struct contender_type *type = contender->type;

    return type->missing == NULL ? 0 : type->missing(contender, bufs);
}

bool contender_is_whole(const struct contender *contender, unsigned bufs, const char *pattern,
                        unsigned *ret_lost)
{
    unsigned lost = contender_missing(contender, bufs);

    *ret_lost = lost;
    if (lost == 0 || !contender_is_ours(contender->name))
        return true;
    complain("%s: pool %s has lost %u of its %u buffers", pattern, contender->name, lost, bufs);
    return false;
}

size_t contender_bytes(const char *name, unsigned bufs, size_t page_bytes)
{
    const struct contender_type *type = type_of(name);

    return type->bytes == NULL ? 0 : type->bytes(bufs, page_bytes);
}
