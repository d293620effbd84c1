/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pools.h"

#include <lab_audit_calls.h>
#include <lab_audit_here.h>
#include <lab_os.h>
#include <lab_region_front.h>
#include <lab_ticks.h>
#include <stdlib.h>

static const struct pools_game *game;
static struct lab_pool *pool;
static struct lab_pool_cursor cursors[EXPLORE_THREADS];
static bool acting;       /* the threads are, and not setup or check */
static unsigned stand_in; /* these are then of this thread's process */

/* Only lab_pool_create() maps memory, and the pools here are lab_pool_init()'s. */
int lab_region_create(const struct lab_region_options *options, struct lab_region *ret_region,
                      struct lab_error *error)
{
    return -ENOSYS;
}

int lab_region_attach(const char *name, struct lab_region *ret_region, struct lab_error *error)
{
    return -ENOSYS;
}

int lab_region_freeze_front(const struct lab_region *region)
{
    return -ENOSYS;
}

int lab_region_front(struct lab_region *region, struct lab_error *error)
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

/* Long after the pool was made; and no time passes, so that a change of level is not over before
 * the end. */
uint64_t lab_ticks(void)
{
    return acting ? UINT64_C(1) << 40 : 0;
}

/* A clock that no machine is too busy for. */
uint64_t lab_os_clock_ns(void)
{
    static uint64_t now;

    return now += game->hasty || game->levels ? 1000000000 : 1;
}

static bool is_of_processes(void)
{
    return game->is_multi_process || game->reclaim == OF_PROCESSES;
}

/* The process of a thread; the last one is whoever checks. Thread 0's makes the pool. */
static uint64_t process_of(unsigned thread)
{
    return is_of_processes() ? thread + 1 : 1;
}

/* Each process is an address space. */
uint64_t lab_barrier_address_space(void)
{
    return process_of(acting ? explore_self() : stand_in);
}

struct lab_audit_here lab_audit_here;

/* Where threads are processes this is not remembered: the next one that asks is another. Then each
 * call that looks into its records is another process's, and none goes the shortest way. */
uint64_t lab_audit_self(void)
{
    uint64_t self = process_of(acting ? explore_self() : stand_in);

    if (!is_of_processes())
        lab_store_relaxed(&lab_audit_here.identity, self);
    return self;
}

uint64_t lab_audit_home(void)
{
    return 1;
}

/* Every process has its place before the threads begin. */
void lab_audit_lock_here(sigset_t *ret_signals)
{
}

void lab_audit_unlock_here(const sigset_t *signals)
{
}

static bool is_dead(unsigned thread)
{
    return explore_died(thread) || (game->ended && thread == POOLS_ENDED);
}

static bool is_anybody_dead(void)
{
    return play_died() || game->ended;
}

/* A thread that is seen to be dead has done all that it will do. */
static bool drain_dead(unsigned thread)
{
    if (!is_dead(thread))
        return false;
    play_drain_dead(thread);
    if (acting && explore_died(thread))
        explore_join(thread);
    return true;
}

int lab_os_process_runs(const struct lab_os_process *process, uint64_t own_home)
{
    return game->reclaim != OF_PROCESSES || process->identity > EXPLORE_THREADS ||
           !drain_dead((unsigned)process->identity - 1);
}

int lab_os_process_pid(uint64_t identity)
{
    return (int)identity;
}

void lab_os_yield(void)
{
    if (!game->hasty)
        explore_yield();
}

static uint32_t lcore_of(unsigned lcore)
{
    return lcore == SELF ? explore_self() : lcore;
}

/* The most that a call for n objects may have in its hands, and so hide if it dies. */
static unsigned burst(unsigned n)
{
    return game->stacked ? PLAY_OBJECTS : n - 1 + pool->deque[0].steal_max;
}

static void expect_none_of_the_reserve(void *const *objects, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if ((uintptr_t)objects[i] <= game->reserve)
            explore_fail("object %u is of the reserve, and was got without leave",
                         (unsigned)(uintptr_t)objects[i]);
}

bool pools_get(unsigned n, unsigned lcore)
{
    void *objects[PLAY_OBJECTS];

    play_moving(burst(n));
    n = lab_pool_get_bulk(pool, lcore_of(lcore), objects, n) == 0 ? n : 0;
    expect_none_of_the_reserve(objects, n);
    play_obtain(objects, n);
    return true;
}

bool pools_get_atomic(unsigned n, unsigned lcore)
{
    void *objects[PLAY_OBJECTS];

    play_moving(burst(n));
    n = lab_pool_get_bulk_atomic(pool, lcore_of(lcore), objects, n) == 0 ? n : 0;
    play_obtain(objects, n);
    return true;
}

bool pools_put(unsigned n, unsigned lcore)
{
    void *objects[PLAY_OBJECTS];

    n = play_let_go(objects, n);
    if (lab_pool_put_bulk(pool, lcore_of(lcore), objects, n) != 0)
        explore_fail("a put was refused");
    play_moving(0);
    return true;
}

/* The thread's cursor, which it opens at its first call. */
static struct lab_pool_cursor *own_cursor(void)
{
    struct lab_pool_cursor *cursor = &cursors[explore_self()];

    if (cursor->pool == NULL)
        lab_pool_cursor_open(cursor, pool, explore_self());
    return cursor;
}

bool pools_cursor_get(unsigned n, unsigned which)
{
    void *object;

    play_moving(burst(1));
    n = lab_pool_cursor_get(own_cursor(), &object) == 0;
    play_obtain(&object, n);
    return true;
}

bool pools_cursor_put(unsigned n, unsigned which)
{
    void *object;

    if (play_let_go(&object, 1) == 1 && lab_pool_cursor_put(own_cursor(), object) != 0)
        explore_fail("a put was refused");
    play_moving(0);
    return true;
}

bool pools_put_same(unsigned n, unsigned which)
{
    play_moving(1);
    (void)lab_pool_put(pool, explore_self(), (void *)(uintptr_t)n);
    play_moving(0);
    return true;
}

bool pools_get_same(unsigned n, unsigned which)
{
    void *object;

    play_moving(1);
    (void)lab_pool_get(pool, explore_self(), &object);
    play_moving(0);
    return true;
}

bool pools_attach(unsigned n, unsigned which)
{
    lab_deque_set_arrive_any(&pool->set);
    return true;
}

bool pools_set_audit(unsigned level, unsigned which)
{
    if (lab_pool_set_audit(pool, (enum lab_audit_level)level) != 0)
        explore_fail("the level was not changed");
    return true;
}

bool pools_revoke(unsigned n, unsigned which)
{
    (void)lab_deque_set_revoke_any(&pool->set, &pool->array, lab_pool_lcore_index(explore_self()));
    return true;
}

/* False: `to` has ended, and what it had was taken back. */
static bool state(void *const *objects, unsigned n, unsigned to)
{
    int rc = lab_pool_transfer(pool, explore_self(), objects, n, to, process_of(to));

    if (rc != 0 && !(rc == -ESRCH && is_dead(to)))
        explore_fail("a hand-over was refused");
    return rc == 0;
}

bool pools_transfer(unsigned to, unsigned which)
{
    void *objects[PLAY_OBJECTS];
    unsigned n = play_let_go(objects, PLAY_OBJECTS);

    (void)state(objects, n, to);
    play_obtain(objects, n);
    return true;
}

bool pools_hand(unsigned to, unsigned box)
{
    void *handed = play_sending(to);

    if (handed && state(&handed, 1, to))
        play_send(box, handed);
    else if (handed)
        play_keep(handed);
    return true;
}

/* From an lcore, of which the caller knows that it has ended, or of all processes that have. */
static int reclaim(uint32_t as, unsigned thread, struct lab_pool_reclaimed *ret_reclaimed)
{
    struct lab_pool_holder dead = {.lcore = LAB_LCORE_ANY};

    if (thread != SELF) {
        dead.process = process_of(thread);
        dead.lcore = thread;
    }
    return lab_pool_reclaim(pool, as, &dead, NULL, NULL, ret_reclaimed, NULL);
}

bool pools_reclaim(unsigned thread, unsigned which)
{
    struct lab_pool_reclaimed reclaimed = {0};
    int rc;

    if (thread != SELF && !drain_dead(thread))
        return true; /* it lives */
    rc =
        reclaim(explore_self() < POOLS_LCORES ? explore_self() : LAB_LCORE_ANY, thread, &reclaimed);
    if (rc == -EBUSY) /* another one does it */
        return true;
    if (rc != 0)
        explore_fail("reclaim returned %d", rc);
    explore_note("  reclaims %u, and %u in motion", reclaimed.held, reclaimed.in_motion);
    if (!reclaimed.complete && !game->hasty)
        explore_fail("a sweep was not complete");
    if (!is_anybody_dead() && reclaimed.held + reclaimed.in_motion > 0)
        explore_fail("%u objects of the living were taken", reclaimed.held + reclaimed.in_motion);
    return true;
}

static void reported(const struct lab_audit_entry *entry)
{
    explore_note("  audit: %s", lab_audit_fault_text(entry->fault));
    if (!game->wrong)
        explore_fail("the audit says of object %u: %s", (unsigned)(uintptr_t)entry->object,
                     lab_audit_fault_text(entry->fault));
}

/* Its record says that the object is held, by a thread that once got it. */
static void record(unsigned number, unsigned thread, uint32_t lcore)
{
    unsigned process_slot =
        lab_audit_process_slot(lab_intercept_of(pool)->audit, process_of(thread));
    uint64_t who = lab_audit_who(process_slot, lab_audit_lcore(lcore), 0);

    lab_store_relaxed(&lab_intercept_of(pool)->audit->table->record[number - 1].word,
                      lab_audit_word_next(1, who, LAB_AUDIT_HELD));
}

static void put_new(uint32_t lcore, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned number = play_new_free();
        void *object = (void *)(uintptr_t)number;

        if (lab_pool_adopt(pool, object) != 0)
            abort();
        if (game->reclaim != NO_RECLAIM && game->quarantine > 0)
            record(number, stand_in, lcore); /* or it would not be put in there */
        if (lab_pool_put(pool, lcore, object) != 0)
            abort();
    }
}

static void hold_new(unsigned thread)
{
    unsigned number = play_new_held(thread);

    if (lab_pool_adopt(pool, (void *)(uintptr_t)number) != 0)
        abort();
    if (game->reclaim != NO_RECLAIM)
        record(number, thread, thread);
}

/* The processes have attached. In this order, so that threads 1 and 2, which mostly live, look at
 * few places that change when others are forgotten. */
static void enter_processes(void)
{
    static const unsigned order[] = {2, 1, 3, 0, EXPLORE_THREADS};

    for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        (void)lab_audit_admit(lab_intercept_of(pool)->audit, process_of(order[i]),
                              lab_audit_home());
}

static void do_without_barrier(void)
{
    pool->set.barrier = LAB_BARRIER_FENCE;
    for (unsigned lcore_index = 0; lcore_index <= POOLS_LCORES; lcore_index++)
        lab_store_relaxed(&pool->deque[lcore_index].fenced, 1);
}

/* A sweep looks at every record, and so does a change of level: there are to be few. */
static unsigned count_of_pool(void)
{
    return game->reclaim != NO_RECLAIM || game->levels ? 4 : PLAY_OBJECTS;
}

static void make_pool(void)
{
    struct lab_pool_options options = {.name = "explored",
                                       .count = count_of_pool(),
                                       .lcores = POOLS_LCORES,
                                       .deques = game->deques ? game->deques : POOLS_LCORES,
                                       .reserve = game->reserve,
                                       .private_size = 1,
                                       .circulate = game->circulate,
                                       .steal_max = game->steal_max ? game->steal_max : 1,
                                       .shared = true};
    static _Alignas(LAB_CACHE_LINE) char memory[65536];
    size_t bytes;

    if (game->audited || game->reclaim != NO_RECLAIM)
        options.audit = (struct lab_audit_options){
            .level = LAB_AUDIT_FULL, .stated = !game->unstated, .quarantine = game->quarantine};
    lab_audit_report_to(reported, 0);
    lab_store_relaxed(&lab_audit_here.identity, 0); /* of the game before */
    if (lab_pool_footprint(&options, &bytes, NULL) != 0 || bytes > sizeof(memory))
        abort();
    memset(memory, 0, bytes);
    if (lab_pool_init(memory, &options, &pool, NULL) != 0)
        abort();
    if (game->capacity)
        pool->array.capacity = game->capacity;
    if (game->fenced)
        do_without_barrier();
    if (lab_intercept_of(pool)->audit != NULL)
        enter_processes();
    if (game->reclaim != NO_RECLAIM)
        explore_bytes(pool->sweep_seen, pool->count);
}

static void setup(const void *data)
{
    uint64_t mark;

    game = data;
    acting = false;
    stand_in = 0;
    explore_process = process_of;
    play_reset(&game->steps);
    memset(cursors, 0, sizeof(cursors));
    make_pool();
    stand_in = EXPLORE_THREADS;
    put_new(LAB_LCORE_ANY, game->reserve);
    for (unsigned i = 0; i < game->lent; i++)
        if (lab_pool_adopt(pool, (void *)(uintptr_t)play_new_free()) != 0)
            abort();
    for (stand_in = 0; stand_in < POOLS_LCORES; stand_in++)
        put_new(stand_in, game->puts_before[stand_in]);
    stand_in = EXPLORE_THREADS;
    put_new(LAB_LCORE_ANY, game->stack);
    if (game->marked)
        (void)lab_deque_mark_any(&pool->deque[lab_pool_lcore_index(0)], &mark);
    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        for (unsigned i = 0; i < game->hand[t]; i++)
            hold_new(t);
    acting = true;
}

/* Objects that are not back yet must come back now; if nobody is known to have ended, then all
 * is. */
static void reclaim_rest(void)
{
    struct lab_pool_reclaimed reclaimed;

    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        if (is_dead(t) && (game->reclaim == OF_LCORES || lab_pool_ended(pool, NULL) > 0) &&
            (reclaim(LAB_LCORE_ANY, game->reclaim == OF_LCORES ? t : SELF, &reclaimed) != 0 ||
             !reclaimed.complete))
            explore_fail("nobody can reclaim any longer");
    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        (void)drain_dead(t);
}

/* A thread that never had an lcore can obtain all that is free. */
static void check(void)
{
    uint32_t count, found = 0;
    void *object;

    acting = false;
    if (game->reclaim != NO_RECLAIM)
        reclaim_rest();
    if (!is_anybody_dead() && !game->marked && !lab_pool_is_valid(pool))
        explore_fail("the pool is not valid");
    count = lab_pool_count(pool);
    if (game->quarantine > 0) { /* as lab_pool_set_audit(), which visits more words than fit here */
        lab_store_relaxed(&lab_intercept_of(pool)->audit->table->mode, LAB_AUDIT_OFF);
        (void)lab_audit_free_quarantine(pool);
    }

    for (; lab_pool_get(pool, LAB_LCORE_ANY, &object) == 0; found++) {
        expect_none_of_the_reserve(&object, 1);
        play_found_free(&object, 1);
    }
    for (; lab_pool_get_atomic(pool, LAB_LCORE_ANY, &object) == 0; found++)
        play_found_free(&object, 1);
    if (found != count && !is_anybody_dead())
        explore_fail("%u were counted, and %u could be had", count, found);
    play_check();
}

void pools_add(const struct pools_game *g)
{
    play_add(&(struct explore_program){.name = g->name,
                                       .setup = setup,
                                       .check = check,
                                       .data = g,
                                       .bound = g->bound,
                                       .mortal = g->mortal,
                                       .broken = g->broken},
             &g->steps, g->less);
}
