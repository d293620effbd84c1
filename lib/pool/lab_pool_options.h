/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_OPTIONS_H
#define LAB_POOL_OPTIONS_H

/* What a pool is to be. */

#include <lab_gfp.h>
#include <lab_lcore.h>
#include <lab_region.h>
#include <lab_stack.h>

/* Who holds what: the floor above reads these, the pool carries them. */

enum lab_audit_level {
    LAB_AUDIT_OFF,    /* costs nothing */
    LAB_AUDIT_SAMPLE, /* one get in so many: finds leaks */
    LAB_AUDIT_FULL,   /* every get and put: finds everything */
};

struct lab_audit_options {
    enum lab_audit_level level;
    bool records;          /* have a table though the level is off, so that it can be raised */
    bool stated;           /* the program states its hand-overs: only the holder may put */
    bool poison;           /* overwrite what is free, from poison_from on, poison_bytes of it, and
                              look whether somebody wrote there; at level full */
    uint32_t poison_from;  /* bytes; what lies before is left alone */
    uint32_t poison_bytes; /* [all, in a pool of buffers] */
    uint32_t sample;       /* level sample looks at one get in so many [4096] */
    uint32_t quarantine;   /* things that wait so many puts before they can be got again, or until a
                              get would fail without them, at level full; up to a quarter of the
                              pool [0] */
};

struct lab_arena;

/* The most cache lines of a thing that a pool claims for whoever gets it. */
#define LAB_POOL_CLAIMS 2

/* A pool's name, with its terminating zero: as long as DPDK's. */
#define LAB_POOL_NAME_SIZE 32

/* Things in one pool: the stack's limit. */
#define LAB_POOL_COUNT_MAX LAB_STACK_INDEX_MAX

struct lab_pool_options {
    const char *name; /* for reports; at most LAB_POOL_NAME_SIZE - 1 characters. "" for
                         lab_pool_init() alone */
    uint32_t count;   /* things, 1 to LAB_POOL_COUNT_MAX */

    /* The rest may be 0, which asks for what stands in brackets. */
    uint32_t lcores; /* ids are 0 to lcores - 1 [LAB_LCORE_MAX] */
    uint32_t deques; /* lcores that can have a deque of their own at the same time; those that come
                        later work through the stack; at most LAB_LCORE_MAX [16, or lcores if
                        that is less] */
    uint32_t tip; /* things that a lcore keeps private when it publishes [by count, up to 1,024] */
    uint32_t reach;   /* most things that one steal takes [by count, up to 256] */
    uint32_t reserve; /* of these, things that only LAB_GFP_ATOMIC may take: fewer than count. With
                         lab_pool_init(), those that are adopted first [none] */
    uint32_t low;     /* things free at which the pool is low (lab_pool_watermark.h), those of the
                         reserve     among them: from the reserve on, fewer than count [the reserve] */
    uint32_t high;    /* and at which it is calm again: more than low [low, and an eighth of what is
                         beyond that] */
    bool shared; /* other processes use the pool too [this one alone]; once one has come, every get
                    fences. With lab_pool_create() they find it by its name, which no other shared
                    region of this user may have */
    struct lab_audit_options audit; /* who holds what, since when and from where [nothing] */

    /* For lab_pool_init() alone: until the first lab_pool_adopt(), an object that the pool does not
     * know is adopted when it is put, as long as there are fewer than count. For programs that put
     * their objects without telling of them before; each put is a slow one until the pool has all
     * [what is put must be known] */
    bool takes_strangers;

    /* Cache lines that a holder writes first, by an offset in each thing. Those of a thing that
     * comes from another lcore are asked for when it is got, in the exclusive state: the caller's
     * first writes then need not wait. It costs where nobody touches the things [none]. */
    uint32_t claims; /* how many, up to LAB_POOL_CLAIMS */
    uint32_t claim[LAB_POOL_CLAIMS];

    /* For lab_pool_create() alone. */

    /* Trust domains: domain[i] is that of lcore i, for all `lcores`, which must be given then;
     * threads without an id are of domain 0. What one domain left in a buffer is zeroed before
     * another gets it, as far as it was dirtied: see lab_pool_put_used(). Gets and puts cost more
     * then [all trust each other] */
    const uint8_t *domain;

    uint32_t buffer_bytes; /* size of a buffer; 1 to 1 GiB */
    uint32_t align;        /* of buffers, a power of two up to 4096 [64] */
    int node;              /* NUMA node, or LAB_NODE_ANY. 0 is node 0! */
    enum lab_pages pages;  /* [the best that can be had] */

    /* Pages of this arena (lab_page.h) are what the buffers are cut from: several pools, of
     * whatever sizes, can share its memory, and lab_pool_destroy() gives it back. It must live
     * longer than the pool. What the pool needs beside its buffers is mapped for itself, as `node`
     * and `pages` say. Not for shared pools, and buffers have at most 2 MiB [mapped memory] */
    struct lab_arena *arena;
    unsigned gfp; /* how to ask the arena: a class, and modifiers (lab_gfp.h) [LAB_GFP_WAIT] */
};

#endif
