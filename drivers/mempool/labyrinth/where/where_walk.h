/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WHERE_WALK_H
#define WHERE_WALK_H

/* One walk through the memory of this process: what points to the objects of a pool.
 *
 * A word counts wherever it points into an object; so do words at multiples of four bytes, and with
 * marks in the highest 16 bits or, since they point into an object, the lowest ones. These are
 * stale and do not count: pools' and rings' own memory, which is known by structure, free objects'
 * content, the stack of a waiting thread beyond its top, and the notes of the search.
 *
 * The objects themselves are not walked through, but followed: from those that something points to,
 * on to those that these point to. So a chain that nothing points to is lost as a whole. */

#include "where_cache.h"
#include "where_map.h"
#include "where_owner.h"
#include "where_pool.h"

#include <lab_atomic.h>

/* How fast, how far, and whether to go on. */
struct where_pace {
    uint64_t bytes_s;       /* at most; 0: as fast as can be */
    lab_atomic_t done, all; /* bytes of this walk, for a progress; `all` is 0 before it begins */
    lab_atomic_t is_stopped;
    uint64_t read; /* bytes, of all walks */
    uint64_t walk_read, walk_from_ns;
};

struct where_others; /* where_board.h */

struct where_walk {
    const struct where_pool *pool;
    struct where_pace *pace;
    struct where_map map;
    uint8_t *place;             /* by object: where what points to it lies, an enum where_place */
    uintptr_t *at;              /* and at which address */
    struct where_caches caches; /* that the program has made */
    struct where_owners owners; /* of blocks in which the walk before found references */
    uint32_t *queue;            /* objects whose memory is to be followed */
    uintptr_t *page;            /* where the last walk found references */
    uint32_t pages;
    unsigned char *buffer;
};

bool where_walk_make(struct where_walk *ret_walk, const struct where_pool *pool,
                     struct where_pace *pace);
void where_walk_free(struct where_walk *walk);

/* Walks. `before` is a sample just before: objects in rings point to others, too. And so do those
 * that other processes have found, which have begun. False: memory was short, memory cannot be
 * read, or somebody stopped it. Control threads; takes long. */
bool where_walk_run(struct where_walk *walk, const struct where_sample *before,
                    struct where_others *others, const char *leave_out);

/* The same for another process's search: through what that does not see, and nothing is followed.
 */
bool where_walk_private(struct where_walk *walk, const char *leave_out);

/* Between walks: which pages had references, and what these point to now. Objects move from one
 * such page to another, most of them; this finds those that a walk missed on their way. A page that
 * is left out of walks is not among them, nor are objects' own. */
void where_walk_choose_pages(struct where_walk *walk);
void where_walk_pages(struct where_walk *walk, bool *is_seen);

#endif
