/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WORLD_H
#define WORLD_H

/* The world in which the deque's programs play: deque 0, owned by thread 0, and deque 1, owned by
 * thread 1. A thread pushes what it got last, and never more than it holds. */

#include "play.h"

bool world_register(unsigned n,
                    unsigned deque); /* an owner that has no slots yet, and then does without
                                        fences where the program's barrier reaches it */
bool world_push(unsigned n, unsigned deque);
bool world_push_public(unsigned n, unsigned deque); /* and publish everything */
bool world_pop(unsigned n,
               unsigned deque); /* what the private part lacks is stolen from the own deque */
bool world_publish(unsigned n, unsigned deque); /* everything */
bool world_steal(unsigned n, unsigned deque);   /* once, as much as a steal takes */
bool world_revoke(unsigned n, unsigned deque);
bool world_survey(unsigned n, unsigned deque); /* the owner has ended: from now on nothing is public
                                                  that was not in the deque then */

/* Misuse: programs that do this must fail. */
bool world_revoke_alone(unsigned n, unsigned deque); /* no barrier */
bool world_help_alone(unsigned n, unsigned deque);   /* none where another thread set the mark */

// clang-format off
#define REGISTER          {world_register, "REGISTER", 0, 0}
#define PUSH(n)        {world_push, "PUSH", n, 0}
#define PUSH_PUBLIC(n) {world_push_public, "PUSH_PUBLIC", n, 0}
#define POP(n)         {world_pop, "POP", n, 0}
#define PUBLISH        {world_publish, "PUBLISH", 0, 0}
#define STEAL          {world_steal, "STEAL", 0, 0}
#define REVOKE         {world_revoke, "REVOKE", 0, 0}
#define SURVEY         {world_survey, "SURVEY", 0, 0}
#define REVOKE_ALONE   {world_revoke_alone, "REVOKE_ALONE", 0, 0}
#define HELP_ALONE     {world_help_alone, "HELP_ALONE", 0, 0}
#define PUSH_2(n)      {world_push, "PUSH_2", n, 1}
#define POP_2(n)       {world_pop, "POP_2", n, 1}
#define PUBLISH_2      {world_publish, "PUBLISH_2", 0, 1}
#define STEAL_2        {world_steal, "STEAL_2", 0, 1}
// clang-format on

/* One program. Objects 1, 2, ... lie in deque 0 from `top` on, and each thread holds some more. */
struct world {
    const char *name;
    play_steps steps;
    unsigned steal_max, private_size, capacity; /* left 0: 1, 1 and 4 */
    unsigned top, split, bot;
    unsigned hand[EXPLORE_THREADS];
    bool vacant;    /* deque 0 has no slots before its owner's REGISTER */
    bool unseen;    /* the owner does not know yet that split has left top: it was revoked */
    unsigned bound; /* left 0: 3 */
    bool broken;    /* it must fail */
};

/* For explore_suite(): as it is; and, if it revokes, with the owner's fence in place of the system
 * call. */
void world_add(const struct world *world);

#endif
