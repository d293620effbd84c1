/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* membarrier(2) is refused at some moment, as in a program that filters its system calls. */

#include "pool_rig.h"
#include "refuse.h"
#include <lab_page.h>
#include <pthread.h>

enum { COUNT = 1023, IDLE = 500, CANNOT = 77 };

static const int errors[] = {EPERM, ENOSYS};

/* Fills the private part of an lcore, and leaves it. */
static void idle_with_a_private_part(struct lab_pool *pool, uint32_t lcore)
{
    void *objects[IDLE];

    if (lab_pool_get_bulk(pool, lcore, objects, IDLE) != 0)
        _exit(10);
    for (int i = 0; i < IDLE; i += 10)
        if (lab_pool_put_bulk(pool, lcore, objects + i, 10) != 0)
            _exit(11);
}

static struct lab_pool *make(bool shared)
{
    struct lab_pool_options options = plain_options(BUFFERS, COUNT);
    char name[LAB_POOL_NAME_SIZE];
    struct lab_pool *pool;

    snprintf(name, sizeof(name), "refused-%d", (int)getpid());
    options.name = name;
    options.shared = shared;
    if (lab_pool_create(&options, &pool, NULL) != 0)
        _exit(12);
    return pool;
}

static bool is_refused(const struct lab_pool *pool)
{
    struct lab_pool_stats stats;

    lab_pool_stats(pool, &stats);
    return stats.refused;
}

/* Everything can be had, though half of it lies in the private part of an idle lcore. */
static int starve(struct lab_pool *pool)
{
    void *objects[COUNT];
    bool quick = pool->set.barrier != LAB_BARRIER_FENCE;

    if (lab_pool_get_bulk(pool, 0, objects, COUNT) != 0)
        return 1;
    if (is_refused(pool) != quick)
        return 2;
    if (lab_pool_put_bulk(pool, 0, objects, COUNT) != 0)
        return 3;
    /* An lcore that idled fences from its next slow path on, and nobody asks for the barrier again.
     */
    idle_with_a_private_part(pool, 1);
    if (!lab_deque_is_fenced_any(&pool->deque[lab_pool_lcore_index(1)]))
        return 4;
    return lab_pool_get_bulk(pool, 0, objects, COUNT) == 0 ? 0 : 5;
}

static int refuse_before(void *error)
{
    struct lab_pool *pool;

    if (!refuse(SYS_membarrier, *(const int *)error, true))
        return CANNOT;
    pool = make(false);
    if (pool->set.barrier != LAB_BARRIER_FENCE)
        return 20;
    idle_with_a_private_part(pool, 1);
    return starve(pool);
}

static int refuse_between(void *error)
{
    struct lab_pool *pool = make(false), *second;

    idle_with_a_private_part(pool, 1);
    if (!refuse(SYS_membarrier, *(const int *)error, true))
        return CANNOT;
    second = make(false);
    if (second->set.barrier != LAB_BARRIER_FENCE)
        return 20;
    idle_with_a_private_part(second, 1);
    return starve(second) != 0 ? 21 : starve(pool);
}

static int refuse_in_a_shared_one(void *error)
{
    struct lab_pool *pool = make(true);

    idle_with_a_private_part(pool, 1);
    return refuse(SYS_membarrier, *(const int *)error, true) ? starve(pool) : CANNOT;
}

static lab_atomic_t go_on;

/* This thread gives its right up, the others keep theirs. */
static void *starve_alone(void *error)
{
    static int result;
    struct lab_pool *pool = make(false);

    idle_with_a_private_part(pool, 1);
    if (!refuse(SYS_membarrier, *(const int *)error, false))
        result = CANNOT;
    else
        result = starve(pool);
    return &result;
}

static int refuse_one_thread(void *error)
{
    pthread_t thread;
    void *result;

    if (pthread_create(&thread, NULL, starve_alone, error) != 0)
        return 30;
    return pthread_join(thread, &result) == 0 ? *(int *)result : 31;
}

/* Another lcore is at work all the time, without a fence at first: nothing is held twice. */
static void *work(void *pool)
{
    void *objects[32];

    while (lab_load_acquire(&go_on) == 0)
        if (lab_pool_get_bulk(pool, 1, objects, 32) == 0) {
            for (int i = 0; i < 32; i++)
                *(volatile int *)objects[i] = 1;
            for (int i = 0; i < 32; i++)
                if (*(volatile int *)objects[i] != 1)
                    _exit(40);
            (void)lab_pool_put_bulk(pool, 1, objects, 32);
        }
    return NULL;
}

static int refuse_during(void *error)
{
    struct lab_pool *pool = make(false);
    void *objects[COUNT];
    pthread_t thread;

    idle_with_a_private_part(pool, 2);
    if (pthread_create(&thread, NULL, work, pool) != 0)
        return 30;
    if (!refuse(SYS_membarrier, *(const int *)error, true))
        return CANNOT;
    for (int round = 0; round < 20; round++)
        for (unsigned n = COUNT; n > 0; n /= 2) {
            if (lab_pool_get_bulk(pool, 0, objects, n) != 0)
                continue;
            for (unsigned i = 0; i < n; i++)
                *(volatile int *)objects[i] = 2;
            for (unsigned i = 0; i < n; i++)
                if (*(volatile int *)objects[i] != 2)
                    return 41;
            (void)lab_pool_put_bulk(pool, 0, objects, n);
        }
    lab_store_release(&go_on, 1);
    if (pthread_join(thread, NULL) != 0)
        return 31;
    return starve(pool);
}

/* An arena's deques, whose owner idles. */
static int refuse_in_an_arena(void *error)
{
    const struct lab_arena_zone zone = {
        .bytes = 8 << 20, .node = LAB_NODE_ANY, .pages = LAB_PAGES_NORMAL};
    const struct lab_arena_options options = {.name = "refused", .zone = &zone, .zones = 1};
    enum { PAGES = (8 << 20) / LAB_PAGE_BYTES, IDLE_PAGES = 64 };
    void *pages[PAGES];
    struct lab_arena *arena;
    unsigned n = 0;

    if (lab_arena_create(&options, &arena, NULL) != 0)
        return 50;
    for (unsigned i = 0; i < IDLE_PAGES; i++)
        if (lab_page_alloc(arena, 1, 0, LAB_GFP_WAIT, &pages[i]) != 0)
            return 51;
    for (unsigned i = 0; i < IDLE_PAGES; i++)
        (void)lab_page_free(arena, 1, pages[i], 0);
    if (!refuse(SYS_membarrier, *(const int *)error, true))
        return CANNOT;
    while (n < PAGES && lab_page_alloc(arena, 0, 0, LAB_GFP_WAIT, &pages[n]) == 0)
        n++;
    if (n + 2 * LAB_PAGE_BULK_MAX < PAGES)
        return 52;
    if ((lab_load_relaxed(&arena->state.is_refused) != 0) !=
        (arena->set.barrier != LAB_BARRIER_FENCE))
        return 53;
    return 0;
}

static void for_each_error(int (*body)(void *))
{
    for (unsigned i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
        int error = errors[i];
        int status = status_of_child(body, &error);

        if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT)
            skip_because("no filters of system calls here");
        assert_exited_with(0, status);
    }
}

static void before_the_pool_is_made(void **state)
{
    for_each_error(refuse_before);
}

static void between_two_pools(void **state)
{
    for_each_error(refuse_between);
}

static void of_one_thread(void **state)
{
    for_each_error(refuse_one_thread);
}

static void while_others_work(void **state)
{
    for_each_error(refuse_during);
}

static void in_an_arena(void **state)
{
    for_each_error(refuse_in_an_arena);
}

static void in_a_shared_pool(void **state)
{
    if (LAB_WORDS_ATOMIC)
        skip_because("ThreadSanitizer leaves no addresses for shared regions");
    for_each_error(refuse_in_a_shared_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_pool_is_made),
        cmocka_unit_test(between_two_pools),
        cmocka_unit_test(of_one_thread),
        cmocka_unit_test(while_others_work),
        cmocka_unit_test(in_an_arena),
        cmocka_unit_test(in_a_shared_pool),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
