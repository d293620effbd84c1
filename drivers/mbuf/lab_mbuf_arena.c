/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* An arena over a memzone: memory that DPDK has mapped for devices, and that secondary processes
 * have at the same address. */

#include <lab_page.h>
#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_memzone.h>
#include <stdio.h>
#include <string.h>

#include "lab_mbuf.h"
#include "lab_mbuf_private.h"

#define BLOCK_BYTES ((size_t)2 << 20)

static void zone_name(const char *name, char *ret_name)
{
    snprintf(ret_name, RTE_MEMZONE_NAMESIZE, "LAB_%s", name);
}

static const struct rte_memzone *reserve(const char *name, size_t bytes, int socket)
{
    const struct rte_memzone *zone;
    char text[RTE_MEMZONE_NAMESIZE];

    zone_name(name, text);
    zone = rte_memzone_reserve_aligned(text, RTE_ALIGN_CEIL(bytes, BLOCK_BYTES), socket, 0,
                                       BLOCK_BYTES);
    if (zone != NULL)
        return zone;
    if (rte_errno == EEXIST)
        LAB_MBUF_FAIL(EEXIST, "arena %s: there is one of that name", name);
    else
        LAB_MBUF_FAIL(
            rte_errno,
            "arena %s needs %zu MiB in one piece on socket %d, and DPDK has none (%s): %s", name,
            bytes >> 20, socket, rte_strerror(rte_errno), lab_mbuf_remedy(bytes));
    return NULL;
}

static struct lab_arena *build(const struct lab_arena_options *options, int socket)
{
    struct lab_arena *arena = NULL;
    struct lab_error error = {0};
    void *memory = NULL;
    size_t bytes;
    int rc = lab_arena_footprint(options, &bytes, &error);

    if (rc == 0) {
        memory = rte_zmalloc_socket("labyrinth", bytes, LAB_CACHE_LINE, socket);
        rc = memory != NULL
                 ? lab_arena_init(memory, options, &arena, &error)
                 : lab_error_set(&error, -ENOMEM, "arena %s needs %zu KiB for itself: raise -m",
                                 options->name, bytes / 1024);
    }
    if (rc == 0)
        return arena;
    rte_free(memory);
    LAB_MBUF_FAIL(-rc, "%s", error.message);
    return NULL;
}

struct lab_arena *lab_mbuf_arena_create(const char *name, size_t bytes, int socket)
{
    struct lab_arena_zone zone = {.bytes = bytes, .node = socket};
    const struct lab_arena_options options = {.name = name, .zone = &zone, .zones = 1};
    const struct rte_memzone *memory;
    struct lab_arena *arena;

    if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
        LAB_MBUF_FAIL(E_RTE_SECONDARY, "arenas are made by the primary process");
        return NULL;
    }
    if (name == NULL || name[0] == '\0' || strlen(name) >= LAB_ARENA_NAME_SIZE || bytes == 0 ||
        bytes > SIZE_MAX - BLOCK_BYTES) {
        LAB_MBUF_FAIL(EINVAL, "an arena has a name of 1 to %d characters, and some bytes",
                      LAB_ARENA_NAME_SIZE - 1);
        return NULL;
    }
    memory = reserve(name, bytes, socket);
    if (memory == NULL)
        return NULL;
    zone.memory = memory->addr;
    arena = build(&options, socket);
    if (arena == NULL) {
        rte_memzone_free(memory);
        return NULL;
    }
    lab_mbuf_map_add(arena);
    lab_mbuf_service_add(arena);
    return arena;
}

int lab_mbuf_arena_destroy(struct lab_arena *arena)
{
    char name[RTE_MEMZONE_NAMESIZE];
    int rc;

    if (arena == NULL)
        return 0;
    lab_mbuf_map_remove(arena);
    lab_mbuf_service_remove(arena);
    rc = lab_arena_destroy(arena); /* whose memory is not its own */
    if (rc != 0) {
        lab_mbuf_map_add(arena);
        lab_mbuf_service_add(arena);
        return rc;
    }
    zone_name(arena->name, name);
    rte_free(arena);
    return rte_memzone_free(rte_memzone_lookup(name));
}
