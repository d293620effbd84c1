/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef PAGES_H
#define PAGES_H

/* Where the programs of the pages play. Thread t is lcore t, and most programs play in the first
 * two rows of a block whose other rows are taken, by get, split and put of lib/page/lab_block.h. A
 * unit is eight pages, a quarter of a row, so that rows fill up: order 3 is one unit, order 6 all
 * eight.
 *
 * Each unit has a word that its holder writes and wipes, relaxed: who gets the unit must find it
 * wiped. */

#include "play.h"

#define DEAD (EXPLORE_THREADS - 1) /* the lcore that is dead from the start, if one is */
#define LATE 1u                    /* in `which` of a step: by a thread without an intent */

/* Where the dead lcore stopped. All of it was in row 0. */
enum pages_dead {
    NOBODY,
    STALE,     /* behind its last step: its intent stayed behind */
    SPLITTING, /* before it opened the row */
    OPENED,    /* just behind that, holding two units */
    LEFT_EMPTY /* (nobody is dead) a late thread emptied the row */
};

struct pages_game {
    const char *name;
    play_steps steps;
    unsigned held[EXPLORE_THREADS][2]; /* orders that each thread holds at the start, or 0 */
    enum pages_dead dead;
    unsigned bound;
    bool may_leave_empty; /* open rows */
};

/* For explore_suite(). */
void pages_add(const struct pages_game *game);

/* Steps, of what their macros say. */
bool pages_get(unsigned order, unsigned late);
bool pages_put(unsigned n, unsigned late);           /* what was got last, as all that follow */
bool pages_put_wrong(unsigned order, unsigned page); /* must be refused */
bool pages_hand_over(unsigned n, unsigned which);    /* to whoever takes it over */
bool pages_take_over(unsigned n, unsigned which);
bool pages_sweep(unsigned lcore, unsigned which);
bool pages_zone_get(unsigned order, unsigned lcore); /* by the zone's way through all rows */
bool pages_zone_put(unsigned n, unsigned lcore);

// clang-format off
#define GET(order)          {pages_get, "GET", order, 0}
#define PUT                 {pages_put, "PUT", 0, 0}
#define PAIR(order)         GET(order), PUT
#define GET_LATE(order)     {pages_get, "GET_LATE", order, LATE}
#define PUT_LATE            {pages_put, "PUT_LATE", 0, LATE}
#define PUT_WRONG(page, order) {pages_put_wrong, "PUT_WRONG", order, page}
#define HAND_OVER           {pages_hand_over, "HAND_OVER", 0, 0}
#define TAKE_OVER           {pages_take_over, "TAKE_OVER", 0, 0}
#define SWEEP(lcore)        {pages_sweep, "SWEEP", lcore, 0}
#define ZONE_GET(order, as) {pages_zone_get, "ZONE_GET", order, as}
#define ZONE_PUT(as)        {pages_zone_put, "ZONE_PUT", 0, as}
#define ANY                 DEAD /* in the place of an lcore */
// clang-format on

#endif
