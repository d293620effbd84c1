/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The programs of the pool: get and put as callers know them. Thread t has lcore id t unless its
 * step says otherwise. */

#include "play.h"

#include <lab_os.h>
#include <lab_pool_audit.h>
#include <lab_pool_slow.h>
#include <stdlib.h>

#define LCORES 3u

struct game {
    const char *name;
    play_steps steps;
    unsigned tips[LCORES]; /* things that each lcore has put at the start */
    unsigned stack;        /* and a thread without an id */
    unsigned hand[EXPLORE_THREADS];
    unsigned lent;     /* things that several threads believe to hold: the first ones */
    unsigned deques;   /* left 0: one for each lcore */
    unsigned capacity; /* of a deque; left 0: as the pool wants it */
    bool audited;      /* at level full, and only holders may put */
    bool wrong;        /* some puts are wrong, which the audit says */
    unsigned quarantine;
    unsigned reserve; /* the first things */
    bool stacked;     /* there may be things in the stack, from where a get takes many */
    unsigned bound;   /* left 0: 3 */
};

static const struct game *game;
static struct lab_pool *pool;

/* Only lab_pool_create() maps memory, and the pools here are lab_pool_init()'s. */
int lab_region_create(const struct lab_region_options *options, struct lab_region *ret_region,
                      struct lab_error *error)
{
    return -ENOSYS;
}

int lab_region_destroy(struct lab_region *region)
{
    return -ENOSYS;
}

int lab_pool_plan_runs(const struct lab_pool_options *options, uint32_t *ret_most,
                       struct lab_error *error)
{
    return -ENOSYS;
}

int lab_pool_take_runs(struct lab_pool *pool_, const struct lab_pool_options *options,
                       struct lab_error *error)
{
    return -ENOSYS;
}

void lab_pool_give_runs(struct lab_pool *pool_)
{
}

/* A clock that no machine is too busy for, and one process. */
uint64_t lab_os_clock_ns(void)
{
    static uint64_t now;

    return now += 1000000000;
}

int lab_os_process(int pid, uint64_t *ret_identity)
{
    *ret_identity = 1;
    return 0;
}

int lab_os_process_runs(uint64_t identity)
{
    return 1;
}

int lab_os_process_pid(uint64_t identity)
{
    return 1;
}

void lab_os_yield(void)
{
}

/* The most that a call for n things may have in its hands, and so hide if it dies. */
static unsigned burst(unsigned n)
{
    return game->stacked ? PLAY_THINGS : n - 1 + pool->deque[0].reach;
}

static void expect_none_of_the_reserve(void *const *things, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if ((uintptr_t)things[i] <= game->reserve)
            explore_fail("thing %u is of the reserve, and was got without leave",
                         (unsigned)(uintptr_t)things[i]);
}

static bool get_as(unsigned n, uint32_t lcore)
{
    void *things[PLAY_THINGS];

    play_moving(burst(n));
    n = lab_pool_get_bulk(pool, lcore, things, n) == 0 ? n : 0;
    expect_none_of_the_reserve(things, n);
    play_obtain(things, n);
    return true;
}

static bool get_atomic_as(unsigned n, uint32_t lcore)
{
    void *things[PLAY_THINGS];

    play_moving(burst(n));
    n = lab_pool_get_bulk_atomic(pool, lcore, things, n) == 0 ? n : 0;
    play_obtain(things, n);
    return true;
}

static bool put_as(unsigned n, uint32_t lcore)
{
    void *things[PLAY_THINGS];

    n = play_let_go(things, n);
    if (lab_pool_put_bulk(pool, lcore, things, n) != 0)
        explore_fail("a put was refused");
    play_moving(0);
    return true;
}

/* Puts thing n, whoever holds it: of all who do so, the audit lets one. */
static bool put_same(unsigned n, unsigned which)
{
    play_moving(1);
    (void)lab_pool_put(pool, explore_self(), (void *)(uintptr_t)n);
    play_moving(0);
    return true;
}

static bool transfer(unsigned to, unsigned which)
{
    void *things[PLAY_THINGS];
    unsigned n = play_let_go(things, PLAY_THINGS);

    if (lab_pool_transfer(pool, explore_self(), things, n, to, 0) != 0)
        explore_fail("a hand-over was refused");
    play_obtain(things, n);
    return true;
}

static void told(const struct lab_audit_entry *entry)
{
    explore_note("  audit: %s", lab_audit_fault_text(entry->fault));
    if (!game->wrong)
        explore_fail("the audit says of thing %u: %s", (unsigned)(uintptr_t)entry->thing,
                     lab_audit_fault_text(entry->fault));
}

static bool get(unsigned n, unsigned which)
{
    return get_as(n, explore_self());
}

static bool get_atomic(unsigned n, unsigned which)
{
    return get_atomic_as(n, explore_self());
}

static bool put(unsigned n, unsigned which)
{
    return put_as(n, explore_self());
}

// clang-format off
#define GET(n)           {get, "GET", n, 0}
#define PUT(n)           {put, "PUT", n, 0}
#define GET_ATOMIC(n)    {get_atomic, "GET_ATOMIC", n, 0}
#define GET_ATOMIC_ANY(n) {get_atomic_as, "GET_ATOMIC_ANY", n, LAB_LCORE_ANY}
#define GET_AS(lcore, n) {get_as, "GET_AS", n, lcore}
#define PUT_AS(lcore, n) {put_as, "PUT_AS", n, lcore}
#define GET_ANY(n)       {get_as, "GET_ANY", n, LAB_LCORE_ANY}
#define PUT_SAME(thing)  {put_same, "PUT_SAME", thing, 0}
#define TRANSFER(lcore)  {transfer, "TRANSFER", lcore, 0}
#define PUT_ANY(n)       {put_as, "PUT_ANY", n, LAB_LCORE_ANY}
// clang-format on

static void put_new(uint32_t lcore, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        void *thing = (void *)(uintptr_t)play_new_free();

        if (lab_pool_adopt(pool, thing) != 0 || lab_pool_put(pool, lcore, thing) != 0)
            abort();
    }
}

static void make_pool(void)
{
    struct lab_pool_options options = {.name = "explored",
                                       .count = PLAY_THINGS,
                                       .lcores = LCORES,
                                       .deques = game->deques ? game->deques : LCORES,
                                       .reserve = game->reserve,
                                       .tip = 1,
                                       .reach = 1,
                                       .shared = true};
    static _Alignas(LAB_CACHE_LINE) char memory[65536];
    size_t bytes;

    if (game->audited)
        options.audit = (struct lab_audit_options){
            .level = LAB_AUDIT_FULL, .stated = true, .quarantine = game->quarantine};
    (void)lab_audit_self();
    lab_audit_report_to(told, 0);
    if (lab_pool_footprint(&options, &bytes, NULL) != 0 || bytes > sizeof(memory))
        abort();
    memset(memory, 0, bytes);
    if (lab_pool_init(memory, &options, &pool, NULL) != 0)
        abort();
    if (game->capacity)
        pool->capacity = game->capacity;
}

static void setup(const void *data)
{
    game = data;
    play_reset(&game->steps);
    make_pool();
    put_new(LAB_LCORE_ANY, game->reserve);
    for (unsigned i = 0; i < game->lent; i++)
        if (lab_pool_adopt(pool, (void *)(uintptr_t)play_new_free()) != 0)
            abort();
    for (unsigned lcore = 0; lcore < LCORES; lcore++)
        put_new(lcore, game->tips[lcore]);
    put_new(LAB_LCORE_ANY, game->stack);
    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        for (unsigned i = 0; i < game->hand[t]; i++)
            if (lab_pool_adopt(pool, (void *)(uintptr_t)play_new_held(t)) != 0)
                abort();
}

/* A thread that never had an lcore can obtain all that is free. */
static void check(void)
{
    uint32_t count = lab_pool_count(pool), found = 0;
    void *thing;

    if (game->quarantine > 0) /* as lab_pool_set_audit(), which visits more words than fit here */
        lab_store_relaxed(&pool->audit->mode, LAB_AUDIT_OFF);

    for (; lab_pool_get(pool, LAB_LCORE_ANY, &thing) == 0; found++) {
        expect_none_of_the_reserve(&thing, 1);
        play_found_free(&thing, 1);
    }
    for (; lab_pool_get_atomic(pool, LAB_LCORE_ANY, &thing) == 0; found++)
        play_found_free(&thing, 1);
    if (found != count && !play_died())
        explore_fail("%u were counted, and %u could be had", count, found);
    play_check();
}

static const struct game games[] = {
    {"run to completion on two lcores",
     {{GET(1), PUT(1)}, {GET(1), PUT(1)}},
     .tips = {1, 1},
     .bound = 6},
    {"pipeline",
     {{GET(1), GIVE(0), GET(1), GIVE(1)}, {RECEIVE(0), PUT(1), RECEIVE(1), PUT(1)}},
     .tips = {2},
     .bound = 6},
    {"idle tips are revoked",
     {{GET(3)}, {PUT(1)}, {GET(1)}},
     .tips = {0, 1, 1},
     .hand = {0, 1},
     .bound = 2},
    {"two starve", {{GET(2), PUT(2)}, {GET(2), PUT(2)}}, .tips = {0, 0, 2}},
    {"all or nothing", {{GET(3), PUT(1)}, {GET(3), PUT(1)}}, .tips = {1, 1, 2}, .bound = 2},
    {"first puts", {{PUT(1), GET(1)}, {PUT(1), GET(1)}, {GET(1)}}, .hand = {1, 1}},
    {"more lcores than deques",
     {{PUT(1), GET(1)}, {PUT(1), GET(1)}, {PUT(1)}},
     .deques = 1,
     .hand = {1, 1, 1},
     .stacked = true},
    {"deque full, rest to the stack",
     {{PUT(1), PUT(1), GET(1)}, {GET(1)}},
     .capacity = 2,
     .tips = {2},
     .hand = {2},
     .stacked = true},
    {"threads without an id",
     {{GET_ANY(1), PUT_ANY(1)}, {GET_ANY(1), PUT_ANY(1)}, {GET(1)}},
     .stack = 2,
     .stacked = true},
    {"a thread without an id empties a tip",
     {{GET(1), PUT(1)}, {GET_ANY(2)}},
     .tips = {2},
     .bound = 4},
    {"lcore gone, another takes its id",
     {{PUT(1), GET(1)}, {GET(1)}, {JOIN(0), PUT_AS(0, 1), GET_AS(0, 1)}},
     .tips = {0, 1},
     .hand = {1, 0, 1},
     .bound = 4},
    {"lcore gone, another takes its id and puts",
     {{PUT(1)}, {JOIN(0), PUT_AS(0, 1)}},
     .hand = {1, 1},
     .bound = 4},
    {"reserve: the receive path goes on",
     {{GET_ATOMIC(1), PUT(1), GET_ATOMIC(1)}, {GET_ATOMIC(1), PUT(1)}, {GET(1)}},
     .reserve = 1,
     .tips = {1},
     .stacked = true,
     .bound = 2},
    {"reserve: put by another",
     {{GET_ATOMIC(2), GIVE(0)}, {GET(1), RECEIVE(0), PUT(2), PUT(1), GET(1)}},
     .reserve = 1,
     .tips = {0, 2},
     .stacked = true},
    {"reserve: threads without an id",
     {{GET_ATOMIC_ANY(2), PUT_ANY(2)}, {GET_ATOMIC_ANY(1), PUT_ANY(1)}},
     .reserve = 2,
     .stack = 1,
     .stacked = true},
    {"audit: run to completion on two lcores",
     {{GET(1), PUT(1)}, {GET(1), PUT(1)}},
     .tips = {1, 1},
     .audited = true},
    {"audit: pipeline",
     {{GET(1), TRANSFER(1), GIVE(0)}, {RECEIVE(0), PUT(1)}},
     .tips = {1},
     .audited = true},
    {"audit: threads without an id",
     {{GET_ANY(1), PUT_ANY(1)}, {GET_ANY(1), PUT_ANY(1)}},
     .stack = 2,
     .audited = true,
     .stacked = true,
     .bound = 2},
    {"audit: two put the same thing",
     {{PUT_SAME(1)}, {PUT_SAME(1)}, {GET(1)}},
     .lent = 1,
     .audited = true,
     .wrong = true,
     .bound = 2},
    {"audit: quarantine",
     {{GET(1), PUT(1)}, {GET(1), PUT(1)}},
     .tips = {2, 2},
     .audited = true,
     .quarantine = 1,
     .stacked = true,
     .bound = 2},
};

#define GAMES (sizeof(games) / sizeof(games[0]))

int main(int argc, char **argv)
{
    struct explore_program programs[2 * GAMES], *p = programs;

    for (unsigned i = 0; i < 2 * GAMES; i++, p++) {
        static const char *const names[] = {"thread 0", "thread 1", "thread 2", "thread 3"};
        const struct game *g = &games[i / 2];

        *p = play_program(g->name, "", &g->steps, g->bound ? g->bound : 3, i % 2 == 1);
        memcpy(p->thread_name, names, sizeof(names));
        p->data = g;
        p->setup = setup;
        p->check = check;
    }
    return explore_main(argc, argv, programs, 2 * GAMES);
}
