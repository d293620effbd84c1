/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The programs of the pages. */

#include "pages.h"

#include <string.h>

static const struct pages_game games[] = {
    /* Split and coalesce. */
    {"two units", {{PAIR(3)}, {PAIR(3)}}, .bound = 5},
    {"a unit and half a row", {{PAIR(3)}, {PAIR(4)}}, .bound = 5},
    {"three units", {{PAIR(3)}, {PAIR(3)}, {PAIR(3)}}, .bound = 3},
    {"twice", {{PAIR(3), PAIR(4)}, {PAIR(4), PAIR(3)}}, .bound = 3},
    {"two put the last", {{PUT}, {PUT}}, .held = {{3}, {4}}, .bound = 6},
    {"two put the last, another gets half a row",
     {{PUT}, {PUT}, {PAIR(4)}},
     .held = {{3}, {4}},
     .bound = 3},
    {"a row goes and comes, two get of it", {{PUT}, {GET(3)}, {GET(3)}}, .held = {{4}}, .bound = 4},
    {"handed over", {{GET(3), HAND_OVER}, {TAKE_OVER, PUT}, {PAIR(4)}}, .bound = 3},

    /* Rows against what is in them. */
    {"a unit and a row", {{PAIR(3)}, {PAIR(5)}}, .bound = 5},
    {"a unit and all rows", {{PAIR(3)}, {PAIR(6)}}, .bound = 5},
    {"rows", {{PAIR(5)}, {PAIR(5)}, {PAIR(6)}}, .bound = 3},
    {"a unit, half a row and a row", {{PAIR(3)}, {PAIR(4)}, {PAIR(5)}}, .bound = 3},
    {"a unit, half a row and all rows", {{PAIR(3)}, {PAIR(4)}, {PAIR(6)}}, .bound = 3},
    {"two put the last, another gets all rows",
     {{PUT}, {PUT}, {PAIR(6)}},
     .held = {{3}, {4}},
     .bound = 4},
    {"two put the last, another gets a row",
     {{PUT}, {PUT}, {PAIR(5)}},
     .held = {{3}, {4}},
     .bound = 4},
    {"mixed", {{PAIR(3), PAIR(6)}, {PAIR(5)}, {PAIR(4)}}, .bound = 2},
    {"the last unit goes, and so do rows",
     {{PUT, PAIR(5)}, {PAIR(5), PAIR(3)}},
     .held = {{3}},
     .bound = 3},

    /* One dies, and is swept while others go on. */
    {"swept in a get", {{PAIR(3)}, {PAIR(3)}, {JOIN(0), SWEEP(0)}}, .bound = 3},
    {"swept in a put", {{PUT}, {PAIR(3)}, {JOIN(0), SWEEP(0)}}, .held = {{3}}, .bound = 4},
    {"swept in a put, another gets a row",
     {{PUT}, {PAIR(5), PAIR(5)}, {JOIN(0), SWEEP(0)}},
     .held = {{3}},
     .bound = 4},
    {"swept twice", {{PAIR(3)}, {JOIN(0), SWEEP(0), PAIR(3)}, {JOIN(0), SWEEP(0)}}, .bound = 4},
    {"a stale intent", {{SWEEP(DEAD)}, {PAIR(3)}}, .dead = STALE, .bound = 6},
    {"a stale intent, a row split twice",
     {{SWEEP(DEAD)}, {PAIR(3), PAIR(3)}},
     .dead = STALE,
     .bound = 5},
    {"a stale intent, two work", {{SWEEP(DEAD)}, {PAIR(3)}, {PAIR(3)}}, .dead = STALE, .bound = 3},
    {"a stale intent, a row is taken",
     {{SWEEP(DEAD)}, {PAIR(3)}, {PAIR(5)}},
     .dead = STALE,
     .bound = 4},
    {"a stale intent, the last unit goes",
     {{SWEEP(DEAD)}, {PUT}, {PAIR(3)}},
     .held = {{0}, {3}},
     .dead = STALE,
     .bound = 4},
    {"two sweep a split, others work",
     {{SWEEP(DEAD), PAIR(3)}, {SWEEP(DEAD)}, {PAIR(3)}},
     .dead = SPLITTING,
     .bound = 3},
    {"a row comes back and is taken",
     {{SWEEP(DEAD)}, {PAIR(5), PAIR(5)}},
     .dead = SPLITTING,
     .bound = 5},
    {"a full row is not a closed one",
     {{SWEEP(DEAD)}, {GET(4)}, {GET(5)}},
     .dead = OPENED,
     .bound = 4},

    /* Threads without an intent. */
    {"late and late",
     {{GET_LATE(3), PUT_LATE}, {GET_LATE(3), PUT_LATE}},
     .bound = 5,
     .may_leave_empty = true},
    {"a late thread splits, another gets of it",
     {{PUT}, {GET_LATE(3)}, {GET(3)}},
     .held = {{4}},
     .bound = 4},
    {"late and not",
     {{GET_LATE(3), PUT_LATE}, {PAIR(4)}, {PAIR(5)}},
     .bound = 3,
     .may_leave_empty = true},
    {"late, and a sweep",
     {{GET_LATE(3), PUT_LATE}, {SWEEP(DEAD)}, {PAIR(3)}},
     .dead = STALE,
     .bound = 3,
     .may_leave_empty = true},
    {"what was left empty is closed", {{PAIR(3)}, {PAIR(4)}}, .dead = LEFT_EMPTY, .bound = 5},
    {"left empty, a stale intent",
     {{GET_LATE(4), PUT_LATE, PAIR(3)}, {PAIR(3)}, {SWEEP(DEAD)}},
     .dead = STALE,
     .bound = 3,
     .may_leave_empty = true},

    /* Errors of programs. */
    {"put twice, closed", {{PUT_WRONG(0, 3)}, {GET(5)}, {GET(4)}}, .bound = 4},
    {"put as another order",
     {{PUT_WRONG(0, 3), PUT_WRONG(8, 3), PUT_WRONG(0, 5), PUT_WRONG(0, 6)}, {PAIR(3)}},
     .held = {{4}},
     .bound = 5},

    /* By the zone's own search. */
    {"zone, two units", {{ZONE_GET(3, 0), ZONE_PUT(0)}, {ZONE_GET(3, 1), ZONE_PUT(1)}}, .bound = 3},
    {"zone, guests",
     {{ZONE_GET(3, ANY), ZONE_PUT(ANY)}, {ZONE_GET(4, ANY), ZONE_PUT(ANY)}},
     .bound = 3},
    {"zone, guests and a stale intent",
     {{ZONE_GET(3, ANY), ZONE_PUT(ANY)}, {ZONE_GET(5, ANY), ZONE_PUT(ANY)}, {SWEEP(DEAD)}},
     .dead = STALE,
     .bound = 2},
    {"zone, a row that was left empty",
     {{ZONE_GET(6, 0), ZONE_PUT(0)}, {ZONE_GET(5, 1), ZONE_PUT(1)}},
     .dead = LEFT_EMPTY,
     .bound = 3},
};

void explore_suite(void)
{
    for (unsigned i = 0; i < sizeof(games) / sizeof(games[0]); i++)
        pages_add(&games[i]);
}
