/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WHERE_SEARCH_H
#define WHERE_SEARCH_H

/* A search: where are the objects of a pool?
 *
 *     sample ─ walk ─ sample ── samples, for some seconds ── sample ─ walk ─ sample ── ...
 *
 * Programs move objects while they are walked through, so one walk may miss some that are on their
 * way. An object is lost if no sample found it in any structure, nothing pointed to it in any walk,
 * and its head stayed as it was. Walks go on until one has cleared nobody; in a program where one
 * has cleared some, until as many in a row have cleared nobody. Where they do not come to that, the
 * rest counts as moving. */

#include "where_walk.h"

#include <stdbool.h>

#define WHERE_WALKS_MIN 2u
#define WHERE_WALKS_IDLE 3u /* that must clear nobody, once one has */
#define WHERE_WALKS_MAX 16u

struct where_options {
    double apart_s;     /* between two walks */
    uint64_t mib_s;     /* of memory read in a second; 0: as fast as can be */
    char leave_out[96]; /* a part of the path of mappings that are not read, or "" */
};

#define WHERE_HEADERS 3u

/* Packets that look alike, or others of which something is alike. */
struct where_headers {
    uint32_t count;
    char text[80];
};

/* Objects that are in the same place. */
struct where_group {
    enum where_place place;
    uint32_t count;
    uint32_t first;       /* an object of it */
    uint32_t blocks;      /* of malloc() or rte_malloc(), in which they are */
    bool has_more_blocks; /* than can be counted: how many is not known */
    const char *kind;     /* of place: a constant */
    char name[120];       /* which of these; "" if there is but one */
    uintptr_t at;         /* where the first one is pointed to; 0 */
    uint32_t recorded;    /* objects of which the audit knows since when */
    uint64_t oldest_s, youngest_s;
    uint64_t site, process; /* the call that got most of them; 0 if not known */
    struct where_headers headers[WHERE_HEADERS]; /* the commonest first */
    struct where_headers event; /* the commonest that a port did last with one; count 0: unknown */
    uint32_t event_oldest_s, event_youngest_s;
    struct where_headers history; /* the commonest of DPDK's marks; count 0: there are none */
};

#define WHERE_GROUPS_MAX 256u

/* The findings. */
struct where_answer {
    char pool[RTE_MEMPOOL_NAMESIZE];
    char ops[RTE_MEMPOOL_OPS_NAMESIZE];
    bool shows_free; /* the driver is one that shows which objects are free */
    bool has_mbufs;
    bool is_unsettled; /* the walks did not come to an end: what may be lost counts as moving */
    uint32_t objects, free, held, moving, lost, unknown;
    uint32_t walks, samples;
    uint64_t read_bytes; /* of all walks */
    uint64_t began_ns, took_ns;
    uint32_t running; /* threads that ran: each may have one object in its registers alone */
    uint32_t asked;   /* processes that were walked through */
    uint32_t unseen;  /* others that share the memory */
    bool has_before;  /* there was a search of this pool before */
    uint32_t lost_before;
    uint64_t before_ns; /* how long before, from beginning to beginning: an object is lost if it was
                           so then */
    uint32_t *group_of; /* by object */
    struct where_group *group;
    uint32_t groups;
};

enum where_state { WHERE_WALKING, WHERE_DONE, WHERE_FAILED };

struct where_search {
    uint32_t number;
    struct where_options options;
    enum where_state state;
    char error[160];
    struct where_pool pool;
    struct where_pace pace;
    lab_atomic_t walk; /* the one that is under way, from 1 */
    bool is_told;
    struct where_answer answer;
};

/* One at a time, in a control thread of its own; its answer stays until another begins. The mutex
 * of these is held from here to there: */

void where_search_lock(void);
void where_search_unlock(void);

/* The last one that was begun, or NULL. With the lock held. */
struct where_search *where_search_last(void);

/* Begins one, in place of the last: 0; -EBUSY while that goes on; -ENOENT without such a pool;
 * another -errno when there is no memory or no thread. With the lock held. */
int where_search_begin(const char *pool, const struct where_options *options);

/* where_group.c: groups all objects. `spot` is where they are by structure, in the last picture;
 * false where memory was short. */
bool where_group_all(struct where_answer *answer, const struct where_pool *pool,
                     const struct where_walk *walk, const struct where_others *others,
                     const struct where_sample *sample, const struct where_spot *spot);

/* where_name.c: what the memory is called that points to an object; returns from where to where it
 * is called so. May read files. */
struct where_range where_name_place(const struct where_walk *walk, enum where_place place,
                                    uintptr_t at, const char **ret_kind, char *name,
                                    size_t capacity);

#endif
