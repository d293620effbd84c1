/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WHERE_MAP_H
#define WHERE_MAP_H

/* The memory of this process that can hold references, and what lies where in it. Made anew for
 * each walk: a program maps and unmaps as it pleases. */

#include "where_memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* where_map.c: all that can be written to, and is memory. */

enum where_mapping_kind {
    WHERE_MAPPING_OTHER, /* anonymous, or of a file */
    WHERE_MAPPING_HEAP,
    WHERE_MAPPING_STACK, /* of the main thread, or of one that was recognised */
};

#define WHERE_NO_THREAD UINT32_MAX

struct where_mapping {
    struct where_range at;
    enum where_mapping_kind kind;
    bool is_shared;
    bool is_skipped;
    uint32_t thread; /* whose stack it is */
    char name[80];   /* the end of its path; "" for anonymous memory */
};

/* where_thread.c */

struct where_thread {
    pid_t tid;
    char name[16];
    uintptr_t self;    /* where its own variables end; 0: unknown */
    uintptr_t stack;   /* the stack's top, while it waits in the system; 0: it runs */
    uint64_t switches; /* how often it has been put aside */
};

/* where_module.c: the program and its libraries. */

struct where_module {
    struct where_range at; /* what can be written to of it */
    uintptr_t base;        /* what the loader added to the addresses of its file */
    intptr_t own_from;     /* a thread's own variables, counted from where_thread.self */
    size_t own_bytes;
    char path[240];
};

/* where_dpdk.c */

struct where_zone {
    struct where_range at;
    char name[32];
};

/* where_queue.c */

struct where_queue {
    struct where_range at; /* a block of it */
    uint16_t port, number;
    bool is_rx;
};

struct where_map {
    struct where_mapping *mapping;
    struct where_thread *thread;
    struct where_module *module;
    struct where_range *dpdk;  /* memory of rte_malloc()'s heaps */
    struct where_range *block; /* what it has given out */
    struct where_range *chunk; /* blocks of malloc() */
    struct where_zone *zone;
    struct where_queue *queue;
    struct where_range *skip; /* sorted; what no walk looks at */
    size_t mappings, threads, modules, dpdks, blocks, chunks, zones, queues, skips;
    size_t mapping_places, thread_places, module_places, dpdk_places, block_places, chunk_places,
        zone_places, queue_places, skip_places;
    bool failed; /* memory was short */
};

/* Reads all of it. leave_out (may be NULL): a part of the path of mappings that the user wants left
 * out, or the hexadecimal address at which one begins. False: memory was short, or there is no
 * /proc. Control threads. */
bool where_map_read(struct where_map *ret_map, const char *leave_out);
void where_map_free(struct where_map *map);

/* Adds memory that is not looked at; and sorts it, with the pieces of the search itself. */
void where_map_skip(struct where_map *map, struct where_range range);
void where_map_ready(struct where_map *map);

/* The next piece of a range, from `from` on, that is not skipped; false: there is none. */
bool where_map_next(const struct where_map *map, struct where_range range, uintptr_t from,
                    struct where_range *ret_piece);

/* The mapping, thread with variables of its own, module, memzone, block, chunk of malloc()'s or
 * memory of DPDK's that has an address; NULL for none. */
const struct where_mapping *where_map_mapping(const struct where_map *map, uintptr_t address);
const struct where_thread *where_map_owner(const struct where_map *map, uintptr_t address,
                                           const struct where_module **ret_module);
const struct where_module *where_map_module(const struct where_map *map, uintptr_t address);
const struct where_zone *where_map_zone(const struct where_map *map, uintptr_t address);
const struct where_range *where_map_block(const struct where_map *map, uintptr_t address);
const struct where_range *where_map_chunk(const struct where_map *map, uintptr_t address);
const struct where_queue *where_map_queue(const struct where_map *map, uintptr_t address);
bool where_map_is_dpdk(const struct where_map *map, uintptr_t address);

/* The range that has an address, of some that are sorted; NULL for none. */
const struct where_range *where_range_find(const struct where_range *ranges, size_t n,
                                           uintptr_t address);
void where_range_sort(struct where_range *ranges, size_t n);

static inline bool where_range_has(const struct where_range *range, uintptr_t address)
{
    return address - range->start < range->end - range->start;
}

/* Another item at the end of one of the arrays; NULL and map->failed where memory is short. */
#define WHERE_MAP_ADD(map, what)                                                                   \
    ((__typeof__((map)->what))where_map_add((map), (void **)&(map)->what, &(map)->what##s,         \
                                            &(map)->what##_places, sizeof(*(map)->what)))
void *where_map_add(struct where_map *map, void **array, size_t *n, size_t *places,
                    size_t item_bytes);

/* Steps of where_map_read(). */
void where_map_read_threads(struct where_map *map);
void where_map_read_modules(struct where_map *map);
void where_map_read_dpdk(struct where_map *map);
void where_map_read_heap(struct where_map *map);
void where_map_read_queues(struct where_map *map);

/* Where a thread is now: its stack's top and how often it was put aside. */
void where_thread_look(struct where_thread *thread);

/* Whether it has not run between two looks, in both of which it waited. */
static inline bool where_thread_has_slept(const struct where_thread *before,
                                          const struct where_thread *after)
{
    return before->stack != 0 && before->stack == after->stack &&
           before->switches == after->switches;
}

/* A symbol that covers an address of a module's file, or of a thread's own variables of it. */
struct where_symbol {
    char name[96]; /* "" for none */
    uint64_t start, bytes;
};
void where_module_symbol(const struct where_module *module, uint64_t address, bool is_own,
                         struct where_symbol *ret_symbol);

#endif
