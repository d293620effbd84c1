/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pages.h"

#include <errno.h>
#include <lab_zone.h>
#include <stdlib.h>

#define ROWS 2u
#define UNIT_ORDER 3u
#define UNIT_PAGES (1u << UNIT_ORDER)
#define UNITS (ROWS * LAB_ROW_PAGES / UNIT_PAGES)

struct held {
    unsigned page, order;
};

static const struct pages_game *game;
static struct lab_zone_part *part;
static struct lab_block *block;
static lab_atomic_t content[UNITS], box;
static unsigned holder[UNITS]; /* thread and 1, or 0 */
static struct hand {
    struct held held[8];
    unsigned n;
    unsigned moving; /* units that it may hide if it dies */
} hands[EXPLORE_THREADS];

static unsigned units(unsigned order)
{
    return order <= UNIT_ORDER ? 1 : 1u << (order - UNIT_ORDER);
}

static struct lab_block_transit transit(unsigned lcore)
{
    return (struct lab_block_transit){&part->lcore[lcore].intent, 1};
}

static void obtain(unsigned thread, unsigned page, unsigned order)
{
    struct hand *hand = &hands[thread];

    explore_note("  has page %u, order %u", page, order);
    explore_touch();
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

    for (row = 0; row < ROWS; row++) {
        uint32_t start = lab_block_get(block, row, order, 1);

        if (start != 0) {
            *ret_page = row * LAB_ROW_PAGES + (unsigned)__builtin_ctz(start);
            return true;
        }
    }
    if (!lab_block_split(block, lab_row_run(0, order), late ? NULL : &mine, &row))
        return false;
    *ret_page = row * LAB_ROW_PAGES;
    return true;
}

static bool get_as(unsigned thread, unsigned order, bool late)
{
    unsigned page;
    bool found;

    hands[thread].moving = units(late ? LAB_BLOCK_ROW_ORDER : order);
    if (order <= LAB_ROW_ORDER_MAX) {
        found = get_small(thread, order, late, &page);
    } else {
        uint32_t start = lab_block_get_rows(block, order, 1);

        found = start != 0;
        page = found ? (unsigned)__builtin_ctz(start) * LAB_ROW_PAGES : 0;
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
    explore_touch();
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
        return lab_block_put_rows(block, 1u << row, held.order, &ignored);
    return lab_block_put(block, row, lab_row_run(held.page % LAB_ROW_PAGES, held.order),
                         late ? NULL : &mine, &ignored);
}

/* Steps. */

bool pages_get(unsigned order, unsigned late)
{
    return get_as(explore_self(), order, late);
}

/* The pages that were got last. */
bool pages_put(unsigned n, unsigned late)
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
bool pages_put_wrong(unsigned order, unsigned page)
{
    if (put_page(explore_self(), (struct held){page, order}, false) == 0)
        explore_fail("a wrong put was done");
    return true;
}

bool pages_hand_over(unsigned n, unsigned which)
{
    unsigned me = explore_self();

    if (hands[me].n > 0) {
        struct held held = hands[me].held[--hands[me].n];

        lab_store_release(&box, held.page << 8 | held.order << 1 | 1);
    }
    return true;
}

bool pages_take_over(unsigned n, unsigned which)
{
    unsigned me = explore_self();
    uint64_t given = lab_load_acquire(&box);
    struct held held = {(unsigned)(given >> 8), (unsigned)(given >> 1) & 0x7f};

    explore_touch();
    if (given == 0)
        return true;
    hands[me].held[hands[me].n++] = held;
    for (unsigned u = held.page / UNIT_PAGES; u < held.page / UNIT_PAGES + units(held.order); u++) {
        holder[u] = me + 1;
        lab_store_relaxed(&content[u], me + 1);
    }
    return true;
}

bool pages_sweep(unsigned lcore, unsigned which)
{
    int rc = lab_zone_sweep(part, lcore);

    if (rc != 0 && rc != -EAGAIN)
        explore_fail("a sweep returned %d", rc);
    return true;
}

/* By the zone's own way through all rows; `which` is the lcore. */
bool pages_zone_get(unsigned order, unsigned lcore)
{
    unsigned me = explore_self();
    uint32_t page;

    hands[me].moving = units(order);
    if (lab_zone_alloc(part, lcore == DEAD ? LAB_LCORE_ANY : lcore, order, LAB_ZONE_SHORT, &page) ==
        0)
        obtain(me, page, order);
    hands[me].moving = 0;
    return true;
}

bool pages_zone_put(unsigned n, unsigned lcore)
{
    unsigned me = explore_self();
    struct held held;

    if (hands[me].n == 0)
        return true;
    held = let_go(me);
    if (lab_zone_free(part, lcore == DEAD ? LAB_LCORE_ANY : lcore, held.page, held.order) != 0)
        explore_fail("a put was refused");
    hands[me].moving = 0;
    return true;
}

static void make_zone(void)
{
    static _Alignas(LAB_CACHE_LINE) char memory[8192];

    if (lab_zone_footprint(1, EXPLORE_THREADS) > sizeof(memory))
        abort();
    memset(memory, 0, sizeof(memory));
    part = lab_zone_init(memory, 1, EXPLORE_THREADS);
    block = &part->block[0];
}

/* Rows 2 to 15 are somebody's. */
static void take_the_rest(void)
{
    uint64_t state = 0;

    for (unsigned order = 1; order < 4; order++)
        state = lab_block_state_take(state, 1u << (1u << order), order);
    lab_store_relaxed(&block->state, state);
}

static void kill_one(enum pages_dead dead)
{
    unsigned ignored;
    struct lab_block_transit none = {&part->lcore[DEAD].intent, 1};

    if (dead == STALE || dead == SPLITTING || dead == OPENED)
        lab_store_relaxed(&part->lcore[DEAD].intent, 1);
    if (dead == SPLITTING)
        lab_store_relaxed(&block->state, lab_block_state_split(lab_load_relaxed(&block->state), 0));
    if (dead == OPENED) {
        get_as(DEAD, UNIT_ORDER + 1, false);
        lab_store_relaxed(&part->lcore[DEAD].intent, 1);
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
    return explore_died(lcore) ||
           (lcore == DEAD && game->dead != NOBODY && game->dead != LEFT_EMPTY);
}

/* Each of the dead, and the guests that died. Once is enough unless two died over the same row:
 * then the first sweep does not know yet that the second is dead. */
static void sweep_all(void)
{
    unsigned failed = 1;

    for (unsigned round = 0; round < 2 && failed > 0; round++) {
        failed = play_died() && lab_zone_sweep(part, LAB_LCORE_ANY) != 0;
        for (unsigned t = 0; t < EXPLORE_THREADS; t++)
            failed += is_dead(t) && lab_zone_sweep(part, t) != 0;
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
    for (unsigned row = 0; row < ROWS; row++)
        check_row(row, &taken);
    if (!lab_zone_part_is_valid(part))
        explore_fail("the zone is not valid");
    for (unsigned u = 0; u < UNITS; u++)
        held += holder[u] != 0;
    if (taken > held + hidden)
        explore_fail("%u units are lost, and %u may be", taken - held, hidden);
}

void pages_add(const struct pages_game *g)
{
    play_add(
        &(struct explore_program){
            .name = g->name, .setup = setup, .check = check, .data = g, .bound = g->bound},
        &g->steps, 0);
}
