/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "contender.h"

#include "message.h"
#include "pools.h"

#include <dlfcn.h>
#include <rte_mbuf.h>
#include <string.h>

const char *const contender_defaults[] = {
    "liblabyrinth", "labyrinth", "ring_mp_mc", "ring_mt_rts", "ring_mt_hts",
    "stack",        "lf_stack",  "bucket",     "mimalloc",    "jemalloc",
};
const unsigned contender_n_defaults = RTE_DIM(contender_defaults);

/* The allocators that this program was linked with (see meson.build), which has put the C library
 * before them: malloc() is still its. Theirs are asked for by library. */
static const struct {
    const char *name, *library, *get, *put;
} allocators[] = {
    {"mimalloc", "libmimalloc.so.2", "mi_malloc", "mi_free"},
    {"jemalloc", "libjemalloc.so.2", "malloc", "free"},
};

enum contender_kind contender_kind(const char *name)
{
    for (size_t i = 0; i < RTE_DIM(allocators); i++) {
        if (strcmp(name, allocators[i].name) == 0)
            return CONTENDER_MALLOC;
    }
    return strcmp(name, "liblabyrinth") == 0 ? CONTENDER_LIBRARY : CONTENDER_MEMPOOL;
}

bool contender_is_ours(const char *name)
{
    return strcmp(name, "labyrinth") == 0 || strcmp(name, "liblabyrinth") == 0;
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
        *(void **)&ret_contender->malloc.put = dlsym(library, allocators[i].put);
        return ret_contender->malloc.get != NULL && ret_contender->malloc.put != NULL;
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
    case CONTENDER_LIBRARY:
        return true;
    case CONTENDER_MALLOC:
        return find_allocator(name, &allocator);
    }
    return false;
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
    }
    return false;
}

void contender_close(struct contender *contender)
{
    if (contender->library != NULL && lab_pool_destroy(contender->library) != 0)
        complain("pool %s stays mapped: buffers of it are missing", contender->name);
    rte_mempool_free(contender->mempool);
}

unsigned contender_missing(const struct contender *contender, unsigned bufs)
{
    switch (contender->kind) {
    case CONTENDER_MEMPOOL:
        return bufs - rte_mempool_avail_count(contender->mempool);
    case CONTENDER_LIBRARY:
        return bufs - lab_pool_count(contender->library);
    case CONTENDER_MALLOC:
        break; /* has no limit, and so no count */
    }
    return 0;
}

size_t contender_bytes(const char *name, unsigned bufs, size_t page_bytes)
{
    if (contender_kind(name) == CONTENDER_MALLOC)
        return 0; /* what is held, only: nothing beside a pool */
    return pools_bytes(bufs, CONTENDER_MBUF_SIZE, page_bytes);
}
