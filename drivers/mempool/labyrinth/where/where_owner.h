/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WHERE_OWNER_H
#define WHERE_OWNER_H

/* The owners of blocks. Memory of rte_malloc() and malloc() bears no names; but what points to the
 * beginning of a block often does: "sessions (app)". The blocks are those in which one walk found
 * references, and the next finds what points to them. */

#include "where_map.h"
#include "where_pool.h"

#define WHERE_OWNED_MAX 4096u
#define WHERE_OWNED_HEAD 64u /* a pointer to this number of bytes of the beginning counts */

struct where_owners {
    struct where_set set; /* the blocks */
    uint8_t *place;       /* by block: where what points to it lies */
    uintptr_t *at;
};

bool where_owner_make(struct where_owners *ret_owners);
void where_owner_free(struct where_owners *owners);

/* Adds the block that has an address in which a reference was found, unless there are too many; and
 * makes the set ready after the last. */
void where_owner_begin(struct where_owners *owners);
void where_owner_add(struct where_owners *owners, const struct where_map *map, uintptr_t at);
void where_owner_ready(struct where_owners *owners);

/* The place that points to the block that begins there; WHERE_UNKNOWN where none is known. */
enum where_place where_owner_of(const struct where_owners *owners, uintptr_t block,
                                uintptr_t *ret_at);

#endif
