/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WORLD_H
#define WORLD_H

/* The world in which the deque's programs play: numbered things, two deques, and for each thing
 * where it is. Two holders of one thing are found at once, a thing that nobody can obtain any
 * longer at the end. A thread pushes what it got last, and never more than it holds. */

#include "explore.h"

enum verb {
    END,
    DO_PUSH,        /* n things, onto a deque that this thread owns */
    DO_PUSH_PUBLIC, /* and publish everything */
    DO_POP,         /* n things, and steal from the own deque what the tip lacks */
    DO_PUBLISH,     /* everything */
    DO_STEAL,       /* once, as much as a steal takes */
    DO_REVOKE,
    DO_GIVE,    /* one thing into hand-over box n */
    DO_RECEIVE, /* what lies in box n by now */
    DO_SWAP,    /* the two things got last */
    DO_JOIN,    /* wait for the end, or the death, of thread n */
    DO_SAY,     /* raise flag n (release) */
    DO_HEAR,    /* stop unless flag n is raised */

    /* Misuse: programs that do these must fail. */
    DO_REVOKE_ALONE, /* no barrier */
    DO_HELP_ALONE,   /* no barrier where another thread set the mark */
    DO_SAY_RELAXED,
    DO_INSIST, /* on holding something: a steal that found nothing proves nothing */
};

struct op {
    enum verb verb;
    unsigned n;
    unsigned deque;
};

// clang-format off
#define PUSH(n)        {DO_PUSH, n, 0}
#define PUSH_PUBLIC(n) {DO_PUSH_PUBLIC, n, 0}
#define POP(n)         {DO_POP, n, 0}
#define PUBLISH        {DO_PUBLISH, 0, 0}
#define STEAL          {DO_STEAL, 0, 0}
#define REVOKE         {DO_REVOKE, 0, 0}
#define GIVE(n)        {DO_GIVE, n, 0}
#define RECEIVE(n)     {DO_RECEIVE, n, 0}
#define SWAP           {DO_SWAP, 0, 0}
#define JOIN(n)        {DO_JOIN, n, 0}
#define SAY(n)         {DO_SAY, n, 0}
#define HEAR(n)        {DO_HEAR, n, 0}
#define REVOKE_ALONE   {DO_REVOKE_ALONE, 0, 0}
#define HELP_ALONE     {DO_HELP_ALONE, 0, 0}
#define SAY_RELAXED(n) {DO_SAY_RELAXED, n, 0}
#define INSIST         {DO_INSIST, 0, 0}
#define PUSH_2(n)      {DO_PUSH, n, 1}
#define POP_2(n)       {DO_POP, n, 1}
#define PUBLISH_2      {DO_PUBLISH, 0, 1}
#define STEAL_2        {DO_STEAL, 0, 1}
// clang-format on

#define WORLD_OPS 10u

/* One program. Things 1, 2, ... lie in deque 0 from `top` on, and thread 0 holds `hand` more. */
struct world {
    const char *name;
    struct op ops[EXPLORE_THREADS][WORLD_OPS];
    unsigned reach, tip, capacity; /* left 0: 1, 1 and 4 */
    unsigned top, split, bot;
    unsigned hand;
    bool unseen;    /* the owner does not know yet that split has left top: it was revoked */
    unsigned bound; /* left 0: 3 */
    bool broken;
};

/* Its variants, as programs for explore_main(): as it is; with one thread that dies, at each of its
 * steps; and, if it revokes, with the owner's fence in place of the system call. Returns how many
 * were written to `programs`. */
#define WORLD_VARIANTS 4u
unsigned world_programs(const struct world *world, struct explore_program *programs);

#endif
