/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The programs of an arena: requests as callers make them, through deques, zones, marks and
 * reserve. Thread t is lcore t unless its step says otherwise. */

#include "play.h"

#include <errno.h>
#include <lab_arena_cache.h>
#include <lab_os.h>
#include <stdlib.h>

#define LCORES 3u
#define ROWS 2u
#define MEMORY ((char *)UINT64_C(0x200000000000)) /* nobody looks into pages */
#define BLOCK_BYTES (LAB_BLOCK_PAGES * LAB_PAGE_BYTES)

/* An object is a unit of 8 pages, a quarter of a row, of the first two rows of the common block;
 * other rows are taken. With a reserve, the first row of its block is there too. */
#define ORDER 3u
#define UNIT_BYTES (LAB_PAGE_BYTES << ORDER)
#define ROW_UNITS (LAB_ROW_PAGES >> ORDER)

struct game {
    const char *name;
    play_steps steps;
    unsigned puts_before[LCORES]; /* units that each lcore has put into its deque at the start */
    unsigned hand[EXPLORE_THREADS];
    unsigned taken;     /* units that are not there, besides */
    unsigned steal_max; /* of a steal; left 0: 1 */
    bool reserve;       /* one row of it */
    bool singles;       /* single pages have deques, too */
    bool fenced;        /* no private part is out of reach */
    bool flushes;       /* deques may be emptied: much is moved at once */
    unsigned bound;     /* left 0: 3 */
};

static const struct game *game;
static struct lab_arena *arena;
static unsigned unit_of[PLAY_OBJECTS + 1],
    number_of[2 * ROWS * ROW_UNITS]; /* objects are numbers */

/* Only lab_arena_create() maps memory. */
int lab_region_create(const struct lab_region_options *options, struct lab_region *ret_region,
                      struct lab_error *error)
{
    return -ENOSYS;
}

int lab_region_destroy(struct lab_region *region)
{
    return -ENOSYS;
}

uint64_t lab_barrier_address_space(void)
{
    return 1;
}

void lab_os_yield(void)
{
}

static char *address_of(unsigned unit)
{
    unsigned common = ROWS * ROW_UNITS;

    return unit < common ? MEMORY + unit * UNIT_BYTES
                         : MEMORY + BLOCK_BYTES + (unit - common) * UNIT_BYTES;
}

static void *page_of(void *object)
{
    return address_of(unit_of[(uintptr_t)object]);
}

static void *object_of(const void *page)
{
    for (unsigned unit = 0; unit < 2 * ROWS * ROW_UNITS; unit++)
        if (address_of(unit) == page && number_of[unit] != 0)
            return (void *)(uintptr_t)number_of[unit];
    explore_fail("nobody put page %p there", page);
}

static unsigned steal_max(void)
{
    return game->steal_max != 0 ? game->steal_max : 1;
}

/* The most that a call for n units may have in its hands. */
static unsigned burst(unsigned n)
{
    return game->flushes ? PLAY_OBJECTS : n + steal_max();
}

static void get_with(unsigned n, uint32_t lcore, unsigned gfp)
{
    void *pages[PLAY_OBJECTS];

    play_moving(burst(n));
    n = lab_page_alloc_bulk(arena, lcore, ORDER, gfp, pages, n) == 0 ? n : 0;
    for (unsigned i = 0; i < n; i++) {
        if (!(gfp & LAB_GFP_ATOMIC) && (char *)pages[i] >= MEMORY + BLOCK_BYTES)
            explore_fail("page %p is of the reserve, and was got without leave", pages[i]);
        pages[i] = object_of(pages[i]);
    }
    play_obtain(pages, n);
}

static bool get(unsigned n, unsigned lcore)
{
    get_with(n, lcore, LAB_GFP_NOWAIT);
    return true;
}

static bool get_atomic(unsigned n, unsigned lcore)
{
    get_with(n, lcore, LAB_GFP_ATOMIC);
    return true;
}

static bool get_wait(unsigned n, unsigned lcore)
{
    get_with(n, lcore, LAB_GFP_WAIT);
    return true;
}

static bool put(unsigned n, unsigned lcore)
{
    void *pages[PLAY_OBJECTS];

    n = play_let_go(pages, n);
    play_moving(burst(n));
    for (unsigned i = 0; i < n; i++)
        pages[i] = page_of(pages[i]);
    if (lab_page_free_bulk(arena, lcore, ORDER, pages, n, NULL) != 0)
        explore_fail("a put was refused");
    play_moving(0);
    return true;
}

/* Of what nobody got like that: it must be refused. */
static bool put_wrong(unsigned order, unsigned lcore)
{
    if (lab_page_free(arena, lcore, MEMORY, order) == 0)
        explore_fail("a wrong put was done");
    return true;
}

static bool housekeep(unsigned n, unsigned lcore)
{
    play_moving(PLAY_OBJECTS);
    (void)lab_housekeep(arena, lcore, 0, NULL);
    play_moving(0);
    return true;
}

static bool sweep(unsigned dead, unsigned which)
{
    int rc;

    play_moving(PLAY_OBJECTS);
    rc = lab_arena_sweep(arena, dead);
    play_moving(0);
    if (rc != 0 && rc != -EAGAIN)
        explore_fail("a sweep returned %d", rc);
    return true;
}

// clang-format off
#define GET(n, lcore)        {get, "GET", n, lcore}
#define GET_ATOMIC(n, lcore) {get_atomic, "GET_ATOMIC", n, lcore}
#define GET_WAIT(n, lcore)   {get_wait, "GET_WAIT", n, lcore}
#define PUT(n, lcore)        {put, "PUT", n, lcore}
#define PAIR(lcore)          GET(1, lcore), PUT(1, lcore)
#define PUT_WRONG(order, lcore) {put_wrong, "PUT_WRONG", order, lcore}
#define HOUSEKEEP(lcore)     {housekeep, "HOUSEKEEP", 0, lcore}
#define SWEEP(lcore)         {sweep, "SWEEP", lcore, 0}
// clang-format on

/* As small as they can be: one unit stays private. */
static void shrink(struct lab_deque_array *array, uint32_t capacity)
{
    array->capacity = capacity;
    array->steal_max = steal_max();
    array->private_size = 1;
}

/* Few programs need deques of single pages, and without them a revocation has fewer private parts
 * to look at. */
static void shrink_deques(void)
{
    uint32_t first = game->singles ? LAB_PAGE_KINDS : 0;

    for (uint32_t kind = 0; kind < LAB_PAGE_KINDS; kind++) {
        shrink(&arena->array[kind], 2);
        arena->array[first + kind] = arena->array[arena->cache[ORDER] + kind];
        shrink(&arena->array[first + kind], 4);
    }
    if (!game->singles)
        arena->cache[0] = LAB_PAGE_UNCACHED;
    arena->cache[ORDER] = first;
    arena->set.arrays = first + LAB_PAGE_KINDS;
    lab_deque_set_init(&arena->set);
}

static void take_rows_from(struct lab_block *block, unsigned first)
{
    uint64_t state = 0;

    for (unsigned order = 0; order < 4; order++)
        if (1u << order >= first)
            state = lab_block_state_take(state, UINT32_C(1) << (1u << order), order);
    lab_store_relaxed(&block->state, state);
}

static void make_arena(void)
{
    const struct lab_arena_zone zone = {.bytes = (game->reserve ? 2 : 1) * BLOCK_BYTES,
                                        .memory = MEMORY,
                                        .zeroed = true,
                                        .reserve_runs_bytes = game->reserve ? BLOCK_BYTES : 0,
                                        .watermark = {0, 0, 1}};
    const struct lab_arena_options options = {.name = "explored",
                                              .zone = &zone,
                                              .zones = 1,
                                              .lcores = LCORES,
                                              .cached_orders = 1u << ORDER,
                                              .fenced = game->fenced};
    static _Alignas(LAB_CACHE_LINE) char memory[1 << 20];
    size_t bytes;

    if (lab_arena_footprint(&options, &bytes, NULL) != 0 || bytes > sizeof(memory))
        abort();
    memset(memory, 0, bytes);
    if (lab_arena_init(memory, &options, &arena, NULL) != 0)
        abort();
    shrink_deques();
    take_rows_from(arena->zone[0].part[LAB_PAGE_COMMON]->block, ROWS);
    if (game->reserve)
        take_rows_from(arena->zone[0].part[LAB_PAGE_RESERVE_RUNS]->block, 1);
}

/* A unit, from the zone: its number. */
static unsigned take_unit(unsigned (*new_object)(unsigned), unsigned thread)
{
    const struct lab_page_request request = {arena, LAB_LCORE_ANY, ORDER, .gfp = LAB_GFP_NOWAIT};
    unsigned number = new_object(thread);
    void *page;

    if (lab_arena_take(&request, &arena->zone[0], 0, &page, 1) != 1)
        abort();
    unit_of[number] = (unsigned)((size_t)((char *)page - MEMORY) / UNIT_BYTES);
    number_of[unit_of[number]] = number;
    return number;
}

static unsigned new_free(unsigned thread)
{
    return play_new_free();
}

/* The free pages of a part. */
static void name_free(unsigned first, unsigned units)
{
    for (unsigned unit = first; unit < first + units; unit++)
        if (number_of[unit] == 0) {
            unsigned number = play_new_free();

            unit_of[number] = unit;
            number_of[unit] = number;
        }
}

static void setup(const void *data)
{
    game = data;
    play_reset(&game->steps);
    memset(number_of, 0, sizeof(number_of));
    make_arena();
    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        for (unsigned i = 0; i < game->hand[t]; i++)
            (void)take_unit(play_new_held, t);
    for (unsigned lcore = 0; lcore < LCORES; lcore++)
        for (unsigned i = 0; i < game->puts_before[lcore]; i++)
            if (lab_page_free(arena, lcore, address_of(unit_of[take_unit(new_free, 0)]), ORDER) !=
                0)
                abort();
    for (unsigned i = 0; i < game->taken; i++)
        (void)take_unit(play_new_held, EXPLORE_THREADS - 1);
    name_free(0, ROWS * ROW_UNITS);
    if (game->reserve)
        name_free(ROWS * ROW_UNITS, ROW_UNITS);
}

static bool is_out(unsigned unit)
{
    unsigned common = ROWS * ROW_UNITS, place = unit < common ? unit : unit - common;
    const struct lab_zone_part *part =
        arena->zone[0].part[unit < common ? LAB_PAGE_COMMON : LAB_PAGE_RESERVE_RUNS];
    uint64_t state = lab_load_relaxed(&part->block->state);
    uint64_t word = lab_load_relaxed(&part->block->row[place / ROW_UNITS]);
    unsigned row = place / ROW_UNITS;

    if (!lab_block_state_is_split(state, row))
        return !(lab_block_state_free(state) >> row & 1);
    if (lab_row_is_closed(word))
        explore_fail("row %u is lost", row);
    return word >> (place % ROW_UNITS << ORDER) & 1;
}

/* Twice, for two may have died over the same row. */
static void sweep_the_dead(void)
{
    int rc = 1;

    for (unsigned round = 0; round < 2 && rc != 0; round++) {
        rc = play_died() ? lab_arena_sweep(arena, LAB_LCORE_ANY) : 0;
        for (unsigned t = 0; t < LCORES; t++)
            rc |= explore_died(t) ? lab_arena_sweep(arena, t) : 0;
    }
    if (rc != 0)
        explore_fail("the sweep cannot end");
    for (unsigned t = 0; t < LCORES; t++)
        for (int kind = 0; kind < LAB_PAGE_KINDS && explore_died(t); kind++)
            if (lab_deque_count_any(arena->lcore[t + 1].deque[kind][ORDER], NULL) != 0)
                explore_fail("the deque of lcore %u was left full", t);
}

/* After the dead are swept and the deques are empty, all is in the zone but what is held. */
static void check(void)
{
    unsigned units = (game->reserve ? ROWS + 1 : ROWS) * ROW_UNITS;

    sweep_the_dead();
    for (unsigned round = 0; round < 2; round++) {
        (void)lab_arena_cache_revoke(arena, LAB_DEQUE_SET_ANY);
        lab_arena_cache_drain(arena, LAB_LCORE_ANY);
    }
    for (int part = 0; part < LAB_PAGE_PARTS; part++)
        if (arena->zone[0].part[part] != NULL && !lab_zone_part_is_valid(arena->zone[0].part[part]))
            explore_fail("part %d of the zone is not valid", part);
    for (unsigned unit = 0; unit < units; unit++) {
        void *object = (void *)(uintptr_t)number_of[unit];

        if (!is_out(unit))
            play_found_free(&object, 1);
    }
    play_check();
}

static const struct game games[] = {
    {"two lcores, from the zone", {{PAIR(0)}, {PAIR(1)}}, .bound = 3},
    {"run to completion", {{PAIR(0), PAIR(0)}, {PAIR(1)}}, .puts_before = {1, 1}, .bound = 4},
    {"pipeline",
     {{GET(1, 0), GIVE(0), GET(1, 0), GIVE(1)}, {RECEIVE(0), PUT(1, 1), RECEIVE(1), PUT(1, 1)}},
     .puts_before = {2},
     .bound = 4},
    {"stolen",
     {{GET(1, 0), PUT(1, 0)}, {GET(2, 1), PUT(2, 1)}},
     .puts_before = {3},
     .taken = 5,
     .bound = 4},
    {"a steal brings more than is wanted",
     {{GET(1, 0), PUT(1, 0)}, {GET(1, 1), GET(1, 1), PUT(1, 1)}},
     .puts_before = {4},
     .taken = 4,
     .steal_max = 2,
     .bound = 4},
    {"a deque runs over",
     {{PUT(1, 0), PUT(1, 0), GET(1, 0)}, {GET(1, 1)}},
     .puts_before = {3},
     .hand = {2},
     .taken = 3,
     .bound = 4},
    {"no more than there is",
     {{GET(2, 0), PUT(2, 0)}, {GET(2, 1), PUT(2, 1)}},
     .puts_before = {1},
     .taken = 5,
     .flushes = true,
     .bound = 2},
    {"starving: what is put goes back to the zone",
     {{PUT(1, 0), GET(1, 0)}, {GET(2, 1), GET(1, 1)}},
     .puts_before = {1},
     .hand = {1},
     .taken = 6,
     .flushes = true,
     .bound = 3},
    {"whoever may wait empties the private parts",
     {{PUT(1, 0), GET(1, 0)}, {GET_WAIT(2, 1), PUT(2, 1)}},
     .puts_before = {2},
     .hand = {1},
     .taken = 5,
     .flushes = true,
     .bound = 2},
    {"a private part is emptied while its owner gets from it",
     {{GET(1, 0)}, {GET_WAIT(2, 1)}},
     .puts_before = {1},
     .taken = 7,
     .flushes = true,
     .bound = 2},
    {"fenced: never waiting, and no private part out of reach",
     {{GET(1, 0), PUT(1, 0)}, {GET_ATOMIC(2, 1)}},
     .puts_before = {2},
     .taken = 6,
     .fenced = true,
     .flushes = true,
     .bound = 2},
    {"the reserve",
     {{GET_ATOMIC(1, 0), PUT(1, 0)}, {GET_ATOMIC(1, 1), PUT(1, 1)}, {GET(1, 2)}},
     .taken = 7,
     .reserve = true,
     .flushes = true,
     .bound = 2},
    {"threads without an id",
     {{PAIR(LAB_LCORE_ANY)}, {PAIR(LAB_LCORE_ANY)}, {PAIR(1)}},
     .puts_before = {0, 1},
     .bound = 2},
    {"housekeeping while starving",
     {{GET(2, 0)}, {PUT(1, 1), GET(1, 1)}, {HOUSEKEEP(2)}},
     .puts_before = {0, 1},
     .hand = {0, 1},
     .taken = 6,
     .flushes = true,
     .bound = 2},
    {"swept while another works",
     {{PAIR(0)}, {PAIR(1)}, {JOIN(0), SWEEP(0)}},
     .puts_before = {1, 1},
     .flushes = true,
     .bound = 3},
    {"swept, and the id is used again",
     {{PUT(1, 0), GET(1, 0)}, {GET(1, 1)}, {JOIN(0), SWEEP(0), PUT(1, 0), GET(1, 0)}},
     .puts_before = {1},
     .hand = {1, 0, 1},
     .flushes = true,
     .bound = 2},
    {"two sweep the same",
     {{PAIR(0)}, {JOIN(0), SWEEP(0)}, {JOIN(0), SWEEP(0)}},
     .puts_before = {2},
     .flushes = true,
     .bound = 2},
    {"put as another order",
     {{PUT_WRONG(0, 0), PUT_WRONG(ORDER - 1, 0), PUT_WRONG(ORDER + 1, 0), PUT(1, 0)}, {PAIR(1)}},
     .hand = {1},
     .singles = true,
     .bound = 3},
};

void explore_suite(void)
{
    for (const struct game *g = games; g < games + sizeof(games) / sizeof(games[0]); g++)
        play_add(
            &(struct explore_program){
                .name = g->name, .setup = setup, .check = check, .data = g, .bound = g->bound},
            &g->steps, 0);
}
