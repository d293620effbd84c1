/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The programs of the pages. Thread t is lcore t, and most programs play in the first two rows of a
 * block whose other rows are taken, by get, split and put of lib/page/lab_block.h. A unit is eight
 * pages, a quarter of a row, so that rows fill up: order 3 is one unit, order 6 all eight.
 *
 * Each unit has a word that its holder writes and wipes, relaxed: who gets the unit must find it
 * wiped. */

#include "play.h"

#include <errno.h>
#include <lab_zone.h>
#include <stdlib.h>

#define ROWS 2u
#define UNIT_ORDER 3u
#define UNIT_PAGES (1u << UNIT_ORDER)
#define UNITS (ROWS * LAB_ROW_PAGES / UNIT_PAGES)
#define DEAD (EXPLORE_THREADS - 1) /* the lcore that is dead from the start, if one is */
#define LATE 1u                    /* in `which` of a step: by a thread without an intent */

/* Where the dead lcore stopped. All of it was in row 0. */
enum dead {
    NOBODY,
    STALE,         /* behind its last step: its intent stayed behind */
    SPLITTING,     /* before it opened the row */
    OPENED,        /* just behind that, holding two units */
    LEFT_EMPTY = 8 /* (nobody is dead) a late thread emptied the row */
};

struct game {
    const char *name;
    play_steps steps;
    unsigned held[EXPLORE_THREADS][2]; /* orders that each thread holds at the start, or 0 */
    enum dead dead;
    bool whole; /* all rows of the block are there */
    unsigned bound;
    bool may_leave_empty; /* open rows */
};

struct held {
    unsigned page, order;
};

static const struct game *game;
static struct lab_zone *zone;
static struct lab_block *block;
static lab_atomic_t content[UNITS], box;
static unsigned holder[UNITS]; /* thread and 1, or 0 */
static struct hand {
    struct held held[8];
    unsigned n;
    unsigned moving; /* units that it may hide if it dies */
} hands[EXPLORE_THREADS];

/* Only lab_zone_create() maps memory. */
int lab_region_create(const struct lab_region_options *options, struct lab_region *ret_region,
                      struct lab_error *error)
{
    return -ENOSYS;
}

int lab_region_destroy(struct lab_region *region)
{
    return -ENOSYS;
}

static unsigned units(unsigned order)
{
    return order <= UNIT_ORDER ? 1 : 1u << (order - UNIT_ORDER);
}

static struct lab_block_transit transit(unsigned lcore)
{
    return (struct lab_block_transit){&zone->lcore[lcore].intent, 1};
}

static void obtain(unsigned thread, unsigned page, unsigned order)
{
    struct hand *hand = &hands[thread];

    explore_note("  has page %u, order %u", page, order);
    for (unsigned u = page / UNIT_PAGES; u < page / UNIT_PAGES + units(order); u++) {
        if (u >= UNITS)
            explore_fail("page %u was never free", page);
        if (holder[u] != 0)
            explore_fail("unit %u is held twice", u);
        holder[u] = thread + 1;
    }
    hand->held[hand->n++] = (struct held){page, order};
    hand->moving = 0;
    for (unsigned u = page / UNIT_PAGES; u < page / UNIT_PAGES + units(order); u++) {
        if (lab_load_relaxed(&content[u]) != 0)
            explore_fail("what the last holder of unit %u did has not arrived", u);
        lab_store_relaxed(&content[u], thread + 1);
    }
}

/* Order by order as the zone does it, but row by row. */
static bool get_small(unsigned thread, unsigned order, bool late, unsigned *ret_page)
{
    struct lab_block_transit mine = transit(thread);
    unsigned row;

    for (row = 0; row < ROWS; row++)
        if (lab_block_get(block, row, order, ret_page)) {
            *ret_page += row * LAB_ROW_PAGES;
            return true;
        }
    if (!lab_block_split(block, lab_row_run(0, order), late ? NULL : &mine, &row))
        return false;
    *ret_page = row * LAB_ROW_PAGES;
    return true;
}

static bool get_as(unsigned thread, unsigned order, bool late)
{
    unsigned page, row;
    bool found;

    hands[thread].moving = units(late ? LAB_BLOCK_ROW_ORDER : order);
    if (order <= LAB_ROW_ORDER_MAX) {
        found = get_small(thread, order, late, &page);
    } else {
        found = lab_block_get_rows(block, order, &row);
        page = row * LAB_ROW_PAGES;
    }
    if (found)
        obtain(thread, page, order);
    hands[thread].moving = 0;
    return true;
}

static struct held let_go(unsigned thread)
{
    struct hand *hand = &hands[thread];
    struct held held = hand->held[hand->n - 1];

    for (unsigned u = held.page / UNIT_PAGES; u < held.page / UNIT_PAGES + units(held.order); u++) {
        if (lab_load_relaxed(&content[u]) != thread + 1)
            explore_fail("another wrote into unit %u", u);
        lab_store_relaxed(&content[u], 0);
    }
    hand->n--;
    hand->moving = units(held.order);
    for (unsigned u = held.page / UNIT_PAGES; u < held.page / UNIT_PAGES + units(held.order); u++)
        holder[u] = 0;
    explore_note("  lets page %u go, order %u", held.page, held.order);
    return held;
}

static int put_page(unsigned thread, struct held held, bool late)
{
    struct lab_block_transit mine = transit(thread);
    unsigned row = held.page / LAB_ROW_PAGES, ignored;

    if (held.order > LAB_ROW_ORDER_MAX)
        return lab_block_put_rows(block, row, held.order, &ignored);
    return lab_block_put(block, row, lab_row_run(held.page % LAB_ROW_PAGES, held.order),
                         late ? NULL : &mine, &ignored);
}

/* Steps. */

static bool get(unsigned order, unsigned late)
{
    return get_as(explore_self(), order, late);
}

/* What was got last. */
static bool put(unsigned n, unsigned late)
{
    unsigned me = explore_self();

    if (hands[me].n == 0)
        return true;
    if (put_page(me, let_go(me), late) != 0)
        explore_fail("a put was refused");
    hands[me].moving = 0;
    return true;
}

/* A put that must be refused, of what nobody got like that. */
static bool put_wrong(unsigned order, unsigned page)
{
    if (put_page(explore_self(), (struct held){page, order}, false) == 0)
        explore_fail("a wrong put was done");
    return true;
}

static bool give(unsigned n, unsigned which)
{
    unsigned me = explore_self();

    if (hands[me].n > 0) {
        struct held held = hands[me].held[--hands[me].n];

        lab_store_release(&box, held.page << 8 | held.order << 1 | 1);
    }
    return true;
}

static bool receive(unsigned n, unsigned which)
{
    unsigned me = explore_self();
    uint64_t given = lab_load_acquire(&box);
    struct held held = {(unsigned)(given >> 8), (unsigned)(given >> 1) & 0x7f};

    if (given == 0)
        return true;
    hands[me].held[hands[me].n++] = held;
    for (unsigned u = held.page / UNIT_PAGES; u < held.page / UNIT_PAGES + units(held.order); u++) {
        holder[u] = me + 1;
        lab_store_relaxed(&content[u], me + 1);
    }
    return true;
}

static bool sweep(unsigned lcore, unsigned which)
{
    int rc = lab_zone_sweep(zone, lcore);

    if (rc != 0 && rc != -EAGAIN)
        explore_fail("a sweep returned %d", rc);
    return true;
}

/* By the zone's own way through all rows; `which` is the lcore. */
static bool zone_get(unsigned order, unsigned lcore)
{
    unsigned me = explore_self();
    uint32_t page;

    hands[me].moving = units(order);
    if (lab_zone_alloc(zone, lcore == DEAD ? LAB_LCORE_ANY : lcore, order, LAB_ZONE_SHORT, &page) ==
        0)
        obtain(me, page, order);
    hands[me].moving = 0;
    return true;
}

static bool zone_put(unsigned n, unsigned lcore)
{
    unsigned me = explore_self();
    struct held held;

    if (hands[me].n == 0)
        return true;
    held = let_go(me);
    if (lab_zone_free(zone, lcore == DEAD ? LAB_LCORE_ANY : lcore, held.page, held.order) != 0)
        explore_fail("a put was refused");
    hands[me].moving = 0;
    return true;
}

static void make_zone(void)
{
    struct lab_zone_options options = {.name = "explored", .blocks = 1, .lcores = EXPLORE_THREADS};
    static _Alignas(LAB_CACHE_LINE) char memory[8192];
    size_t bytes;

    if (lab_zone_footprint(&options, &bytes, NULL) != 0 || bytes > sizeof(memory))
        abort();
    memset(memory, 0, bytes);
    if (lab_zone_init(memory, &options, &zone, NULL) != 0)
        abort();
    block = &zone->block[0];
}

/* Rows 2 to 15 are somebody's. */
static void take_the_rest(void)
{
    uint64_t state = 0;

    for (unsigned order = 1; order < 4; order++)
        state = lab_block_state_take(state, 1u << order, order);
    lab_store_relaxed(&block->state, state);
}

static void kill_one(enum dead dead)
{
    unsigned ignored;
    struct lab_block_transit none = {&zone->lcore[DEAD].intent, 1};

    if (dead == STALE || dead == SPLITTING || dead == OPENED)
        lab_store_relaxed(&zone->lcore[DEAD].intent, 1);
    if (dead == SPLITTING)
        lab_store_relaxed(&block->state, lab_block_state_split(lab_load_relaxed(&block->state), 0));
    if (dead == OPENED) {
        get_as(DEAD, UNIT_ORDER + 1, false);
        lab_store_relaxed(&zone->lcore[DEAD].intent, 1);
    }
    if (dead == LEFT_EMPTY) {
        if (!lab_block_split(block, lab_row_run(0, 0), &none, &ignored) ||
            lab_block_put(block, 0, lab_row_run(0, 0), NULL, &ignored) != 0)
            abort();
    }
}

static void setup(const void *data)
{
    game = data;
    play_reset(&game->steps);
    make_zone();
    if (!game->whole)
        take_the_rest();
    memset(content, 0, sizeof(content));
    memset(holder, 0, sizeof(holder));
    memset(hands, 0, sizeof(hands));
    memset(&box, 0, sizeof(box));
    for (unsigned i = 0; i < 2; i++)
        for (unsigned t = 0; t < EXPLORE_THREADS; t++)
            if (game->held[t][i] != 0)
                get_as(t, game->held[t][i], false);
    kill_one(game->dead);
}

static void check_row(unsigned row, unsigned *taken)
{
    uint64_t state = lab_load_relaxed(&block->state), word = lab_load_relaxed(&block->row[row]);
    bool is_free = lab_block_state_free(state) >> row & 1;
    bool split = lab_block_state_is_split(state, row);

    if (split && lab_row_is_closed(word))
        explore_fail("row %u is lost", row);
    if (is_free && !lab_row_is_closed(word))
        explore_fail("row %u is free and open", row);
    if (split && lab_row_is_empty(word) && !game->may_leave_empty &&
        !(play_died() && game->dead == LEFT_EMPTY))
        explore_fail("row %u is open and empty", row);
    for (unsigned i = 0; i < LAB_ROW_PAGES / UNIT_PAGES; i++) {
        unsigned unit = row * LAB_ROW_PAGES / UNIT_PAGES + i;
        bool here = split ? word >> i * UNIT_PAGES & 1 : !is_free;

        *taken += here;
        if (holder[unit] != 0 && !here)
            explore_fail("unit %u is held, and free", unit);
    }
}

static bool is_dead(unsigned lcore)
{
    return explore_died(lcore) || (lcore == DEAD && game->dead != NOBODY);
}

/* Each of the dead, and the guests that died. Once is enough unless two died over the same row:
 * then the first sweep does not know yet that the second is dead. */
static void sweep_all(void)
{
    unsigned failed = 1;

    for (unsigned round = 0; round < 2 && failed > 0; round++) {
        failed = play_died() && lab_zone_sweep(zone, LAB_LCORE_ANY) != 0;
        for (unsigned t = 0; t < EXPLORE_THREADS; t++)
            failed += is_dead(t) && lab_zone_sweep(zone, t) != 0;
    }
    if (failed > 0)
        explore_fail("the sweep cannot end");
}

/* After the dead are swept, all is free but what is held. */
static void check(void)
{
    unsigned taken = 0, held = 0, hidden = 0;

    sweep_all();
    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        hidden += is_dead(t) ? hands[t].moving : 0;
    for (unsigned lcore = 0; lcore < zone->lcores + LAB_ZONE_GUESTS; lcore++)
        if (lab_load_relaxed(&zone->lcore[lcore].intent) != 0)
            explore_fail("lcore %u is still in transit", lcore);
    for (unsigned row = 0; row < ROWS; row++)
        check_row(row, &taken);
    for (unsigned u = 0; u < UNITS; u++)
        held += holder[u] != 0;
    if (taken > held + hidden)
        explore_fail("%u units are lost, and %u may be", taken - held, hidden);
}

// clang-format off
#define GET(order)          {get, "GET", order, 0}
#define PUT                 {put, "PUT", 0, 0}
#define PAIR(order)         GET(order), PUT
#define GET_LATE(order)     {get, "GET_LATE", order, LATE}
#define PUT_LATE            {put, "PUT_LATE", 0, LATE}
#define PUT_WRONG(page, order) {put_wrong, "PUT_WRONG", order, page}
#define HAND_OVER           {give, "HAND_OVER", 0, 0}
#define TAKE_OVER           {receive, "TAKE_OVER", 0, 0}
#define SWEEP(lcore)        {sweep, "SWEEP", lcore, 0}
#define ZONE_GET(order, as) {zone_get, "ZONE_GET", order, as}
#define ZONE_PUT(as)        {zone_put, "ZONE_PUT", 0, as}
#define ANY                 DEAD /* in the place of an lcore */
// clang-format on

static const struct game games[] = {
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
    {"swept in a get", {{PAIR(3)}, {PAIR(3)}, {JOIN(0), SWEEP(0)}}, .bound = 4},
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

#define GAMES (sizeof(games) / sizeof(games[0]))

int main(int argc, char **argv)
{
    struct explore_program programs[2 * GAMES], *p = programs;

    for (unsigned i = 0; i < 2 * GAMES; i++, p++) {
        static const char *const names[] = {"thread 0", "thread 1", "thread 2", "thread 3"};
        const struct game *g = &games[i / 2];

        *p = play_program(g->name, "", &g->steps, g->bound, i % 2 == 1);
        memcpy(p->thread_name, names, sizeof(names));
        p->data = g;
        p->setup = setup;
        p->check = check;
    }
    return explore_main(argc, argv, programs, 2 * GAMES);
}
