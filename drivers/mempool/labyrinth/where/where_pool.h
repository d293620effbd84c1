/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WHERE_POOL_H
#define WHERE_POOL_H

/* The mempool that a search is about, of whatever driver; and where its objects are as far as
 * structures say so: its driver's, DPDK's caches and rings, the audit's records. */

#include "where_memory.h"
#include "where_set.h"

#include <rte_mempool.h>
#include <rte_ring.h>

/* Where an object is. */
enum where_place {
    WHERE_UNKNOWN, /* in no structure, and nothing points to it */

    /* Free; `detail` is an lcore, or 0 */
    WHERE_PRIVATE,
    WHERE_PUBLIC,
    WHERE_STACK,
    WHERE_RESERVE,
    WHERE_QUARANTINE,
    WHERE_OPS_RING,  /* the ring of ring_mp_mc and its like */
    WHERE_OPS_STACK, /* of stack and lf_stack */
    WHERE_CACHE,     /* DPDK's, in front of the driver */
    WHERE_OWN_CACHE, /* one that the program has made */

    /* Held, and known by structure */
    WHERE_RING,    /* detail: which one of where_sample.ring */
    WHERE_DEVICE,  /* handed to it (lab_pool_transfer()); detail: the queue */
    WHERE_PROCESS, /* the same; detail: its process id */

    /* Held, and known by what points to it: the worse ones first */
    WHERE_ELSEWHERE, /* memory of another process */
    WHERE_FRAME,     /* the stack of a thread */
    WHERE_OBJECT,    /* memory of another object of the pool */
    WHERE_CHAIN,     /* the mbuf before it */
    WHERE_DIRECT,    /* an mbuf that is attached to it */
    WHERE_MEMORY,    /* the heap, or other memory that was mapped */
    WHERE_THREAD,    /* a thread's own variables */
    WHERE_GLOBAL,    /* a variable of the program's, or of a library's */
    WHERE_DPDK,      /* rte_malloc() and memzones */

    WHERE_MOVING, /* seen at other times during the search: objects move meanwhile */
    WHERE_LOST,   /* nothing pointed to it in any walk, and it was never free */
    WHERE_PLACES
};

static inline bool where_is_free(enum where_place place)
{
    return place >= WHERE_PRIVATE && place <= WHERE_OWN_CACHE;
}

enum where_driver {
    WHERE_DRIVER_OTHER, /* nobody can say which of its objects are free */
    WHERE_DRIVER_LABYRINTH,
    WHERE_DRIVER_RING,
    WHERE_DRIVER_STACK,
};

struct where_pool {
    char name[RTE_MEMPOOL_NAMESIZE];
    char ops[RTE_MEMPOOL_OPS_NAMESIZE];
    enum where_driver driver;
    const struct rte_mempool *mp;
    const void *data; /* its pool_data */
    bool has_mbufs;
    uint32_t data_from; /* bytes from an mbuf to its data room */
    struct where_set set;
    struct where_range *skip; /* memory that a walk does not look at: the pool's own */
    size_t skips, skip_places;
};

/* A mempool by its name: 0; -ENOENT; -ENOMEM. Control threads; takes DPDK's lock of the list. */
int where_pool_open(const char *name, struct where_pool *ret_pool);
void where_pool_close(struct where_pool *pool);

/* A place and what of that. */
struct where_spot {
    uint8_t place;
    uint32_t detail;
};

struct where_ring {
    char name[RTE_RING_NAMESIZE];
    struct where_range memory;
};

#define WHERE_RINGS_MAX 2048u /* others are read as memory, with what is stale in them */

/* One look at all structures. */
struct where_sample {
    struct where_spot *spot; /* by object */
    struct where_ring *ring; /* those of pointers */
    unsigned rings;
};

bool where_sample_make(struct where_sample *ret_sample, const struct where_pool *pool);
void where_sample_free(struct where_sample *sample);

struct where_caches; /* where_cache.h */

/* Looks: every object that was in a structure from the beginning to the end has its spot, and each
 * spot was right at some moment. False: the pool is gone. Control threads; takes DPDK's lock. */
bool where_sample_take(struct where_sample *sample, const struct where_pool *pool,
                       const struct where_caches *caches);

/* where_ring.c: shows visit() what lies in a ring of pointers, which need not be there any more.
 * False: it is no ring of pointers; or none at all. */
bool where_ring_read(uintptr_t ring, void (*visit)(void *context, uintptr_t pointer), void *context,
                     struct where_ring *ret_ring);

#endif
