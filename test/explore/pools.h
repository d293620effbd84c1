/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef POOLS_H
#define POOLS_H

/* Where the programs of the pool play. Thread t has lcore id t unless its step says otherwise. */

#include "play.h"

#include <lab_lcore.h>

#define POOLS_LCORES 3u
#define POOLS_ENDED 3u

/* The dead, and how that is known. */
enum pools_reclaim {
    NO_RECLAIM,
    OF_PROCESSES, /* each thread is a process of its own */
    OF_LCORES     /* of one process: whoever reclaims knows that the thread has ended */
};

struct pools_game {
    const char *name;
    play_steps steps;
    unsigned puts_before[POOLS_LCORES]; /* objects that each lcore has put at the start */
    unsigned stack;                     /* and a thread without an id */
    unsigned hand[EXPLORE_THREADS];
    unsigned lent;              /* objects that several threads believe to hold: the first ones */
    unsigned deques;            /* left 0: one for each lcore */
    unsigned capacity;          /* of a deque; left 0: as the pool wants it */
    unsigned steal_max;         /* of a thief; left 0: 1 */
    unsigned circulate;         /* public objects of an lcore, before some are parked */
    bool audited;               /* at level full, and only holders may put */
    bool unstated;              /* or everybody may */
    bool levels;                /* its level changes */
    bool wrong;                 /* some puts are wrong, which the audit says */
    enum pools_reclaim reclaim; /* then it is audited, and in the end nothing is lost */
    bool ended;                 /* thread POOLS_ENDED's process has, before all began */
    bool marked;                /* somebody began to revoke lcore 0's private part, and died */
    bool hasty;                 /* a sweep does not wait for others for long */
    bool fenced;                /* there is no membarrier(2) */
    bool is_multi_process;      /* each thread is a process of its own, and 0's made the pool */
    unsigned quarantine;
    unsigned reserve; /* the first objects */
    bool stacked;     /* there may be objects in the stack, from where a get takes many */
    unsigned mortal;  /* bit t: thread t is one of those that may die; left 0: all are */
    bool broken;      /* it must fail */
    unsigned bound;   /* left 0: 3 */
    unsigned less;    /* so much lower still where threads die, which takes the longest */
};

/* Steps, of what their macros say. */
bool pools_get(unsigned n, unsigned lcore);
bool pools_get_atomic(unsigned n, unsigned lcore);
bool pools_put(unsigned n, unsigned lcore);
bool pools_cursor_get(unsigned n, unsigned which); /* one, by a cursor of the thread's own */
bool pools_cursor_put(unsigned n, unsigned which);
bool pools_put_same(unsigned object, unsigned which); /* whoever holds it: the audit lets one */
bool pools_get_same(unsigned n, unsigned which);      /* one that some will put, as above */
bool pools_transfer(unsigned to, unsigned which);     /* states it of all that the thread holds */
bool pools_hand(unsigned to, unsigned box);           /* states it of one, and sends it */
bool pools_attach(unsigned n, unsigned which);
bool pools_set_audit(unsigned level, unsigned which);
bool pools_revoke(unsigned n, unsigned which);       /* of all others, and takes nothing */
bool pools_reclaim(unsigned thread, unsigned which); /* SELF: whoever has ended */

#define SELF EXPLORE_THREADS /* in the place of an lcore */

// clang-format off
#define GET(n)           {pools_get, "GET", n, SELF}
#define PUT(n)           {pools_put, "PUT", n, SELF}
#define GET_ATOMIC(n)    {pools_get_atomic, "GET_ATOMIC", n, SELF}
#define GET_ATOMIC_ANY(n) {pools_get_atomic, "GET_ATOMIC_ANY", n, LAB_LCORE_ANY}
#define GET_AS(lcore, n) {pools_get, "GET_AS", n, lcore}
#define PUT_AS(lcore, n) {pools_put, "PUT_AS", n, lcore}
#define GET_ANY(n)       {pools_get, "GET_ANY", n, LAB_LCORE_ANY}
#define PUT_ANY(n)       {pools_put, "PUT_ANY", n, LAB_LCORE_ANY}
#define PUT_SAME(object)  {pools_put_same, "PUT_SAME", object, 0}
#define CURSOR_GET       {pools_cursor_get, "CURSOR_GET", 1, 0}
#define CURSOR_PUT       {pools_cursor_put, "CURSOR_PUT", 1, 0}
#define GET_SAME         {pools_get_same, "GET_SAME", 1, 0}
#define TRANSFER(lcore)  {pools_transfer, "TRANSFER", lcore, 0}
#define HAND(to, box)    {pools_hand, "HAND", to, box}
#define ATTACH           {pools_attach, "ATTACH", 0, 0}
#define SET_AUDIT(level) {pools_set_audit, "SET_AUDIT", level, 0}
#define REVOKE           {pools_revoke, "REVOKE", 0, 0}
#define RECLAIM          {pools_reclaim, "RECLAIM", SELF, 0}
#define RECLAIM_OF(t)    {pools_reclaim, "RECLAIM_OF", t, 0}
// clang-format on

/* For explore_suite(). */
void pools_add(const struct pools_game *game);

#endif
