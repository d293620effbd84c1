/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <errno.h>
#include <lab_atomic.h>
#include <lab_barrier.h>
#include <pthread.h>
#include <sched.h>

static const enum lab_barrier kinds[] = {LAB_BARRIER_PRIVATE, LAB_BARRIER_SHARED};

static enum lab_barrier got(enum lab_barrier wanted)
{
    enum lab_barrier got = 99;

    assert_int_equal(lab_barrier_register(wanted, &got), 0);
    return got;
}

/* The first test: nothing is registered yet. */
static void an_unregistered_process_has_the_slow_one(void **state)
{
    assert_false(lab_barrier_heavy(LAB_BARRIER_PRIVATE));
}

static void refuses_an_unknown_kind(void **state)
{
    enum lab_barrier got = 99;

    assert_int_equal(lab_barrier_register((enum lab_barrier)3, &got), -EINVAL);
    assert_int_equal(got, 99);
}

static void a_fence_needs_nothing(void **state)
{
    assert_int_equal(got(LAB_BARRIER_FENCE), LAB_BARRIER_FENCE);
    assert_true(lab_barrier_heavy(LAB_BARRIER_FENCE));
}

static void the_environment_forces_a_fence(void **state)
{
    assert_int_equal(setenv("LABYRINTH_BARRIER", "fence", 1), 0);
    assert_int_equal(got(LAB_BARRIER_PRIVATE), LAB_BARRIER_FENCE);
    assert_int_equal(got(LAB_BARRIER_SHARED), LAB_BARRIER_FENCE);
    assert_int_equal(unsetenv("LABYRINTH_BARRIER"), 0);
}

static int call_barrier(void *kind)
{
    return lab_barrier_heavy(*(const enum lab_barrier *)kind) ? 0 : 1;
}

static void registers_more_than_once_and_over_fork(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        enum lab_barrier kind = got(kinds[i]);

        if (kind == LAB_BARRIER_FENCE)
            skip_because("no membarrier(2) here, which leaves the fence");
        assert_int_equal(kind, kinds[i]);
        assert_int_equal(got(kinds[i]), kind);
        assert_true(lab_barrier_heavy(kind));
        assert_exited_with(0, status_of_child(call_barrier, &kind));
    }
}

static int address_space_elsewhere(void *of_the_parent)
{
    enum lab_barrier kind;
    uint64_t before = lab_barrier_address_space(), after;

    if (before != 0 || lab_barrier_register(LAB_BARRIER_PRIVATE, &kind) != 0)
        return 1;
    after = lab_barrier_address_space();
    return after != 0 && after != *(const uint64_t *)of_the_parent ? 0 : 2;
}

static void a_child_is_another_address_space(void **state)
{
    uint64_t address_space;

    if (got(LAB_BARRIER_PRIVATE) == LAB_BARRIER_FENCE)
        skip_because("no membarrier(2) here: nobody is to be reached");
    if (is_emulated())
        skip_because("an emulator does not follow advice about memory");
    address_space = lab_barrier_address_space();
    assert_int_not_equal(address_space, 0);
    assert_int_equal(got(LAB_BARRIER_SHARED), LAB_BARRIER_SHARED);
    assert_int_equal(lab_barrier_address_space(), address_space);
    assert_exited_with(0, status_of_child(address_space_elsewhere, &address_space));
}

/* Store buffering: each of two threads stores to its own word and then loads the other's. Without a
 * full fence in both, both loads may miss the other's store; the pair of fences is there to forbid
 * just that.
 *
 * The light side runs freely, numbering its stores, and notes in which iteration it first saw each
 * store of the heavy side. The heavy side's n-th load saw the light store number s: the iteration
 * s + 1 had not stored yet, so its load, which comes after, must see n. */
enum { STORES = 3000, STORES_SLOW = 30 /* each with a barrier of some milliseconds */ };

static struct {
    lab_atomic_t value;
    char apart[LAB_CACHE_LINE - sizeof(lab_atomic_t)];
} by_light, by_heavy;

static uint64_t first_seen_in[STORES + 1];

static uint64_t stores_of(enum lab_barrier kind)
{
    return kind == LAB_BARRIER_SHARED ? STORES_SLOW : STORES;
}

static void *light_side(void *argument)
{
    const enum lab_barrier kind = *(const enum lab_barrier *)argument;
    const bool fence = kind == LAB_BARRIER_FENCE;
    const uint64_t stores = stores_of(kind);
    uint64_t last = 0;

    for (uint64_t i = 1; last < stores; i++) {
        uint64_t seen;

        lab_store_relaxed(&by_light.value, i);
        if (fence)
            lab_fence_seq_cst();
        else
            lab_fence_light();
        seen = lab_load_relaxed(&by_heavy.value);
        while (last < seen)
            first_seen_in[++last] = i;
    }
    return NULL;
}

static unsigned both_missed(enum lab_barrier kind)
{
    static uint64_t seen_after[STORES + 1];
    const uint64_t stores = stores_of(kind);
    unsigned missed = 0;
    pthread_t thread;

    lab_store_relaxed(&by_light.value, 0);
    lab_store_relaxed(&by_heavy.value, 0);
    assert_int_equal(pthread_create(&thread, NULL, light_side, &kind), 0);
    while (lab_load_relaxed(&by_light.value) == 0)
        sched_yield();
    for (uint64_t n = 1; n <= stores; n++) {
        lab_store_relaxed(&by_heavy.value, n);
        (void)lab_barrier_heavy(kind);
        seen_after[n] = lab_load_relaxed(&by_light.value);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (uint64_t n = 1; n <= stores; n++)
        missed += first_seen_in[n] > seen_after[n] + 1;
    return missed;
}

static void nobody_misses_the_others_store(void **state)
{
    assert_int_equal(both_missed(LAB_BARRIER_FENCE), 0);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(both_missed(got(kinds[i])), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unregistered_process_has_the_slow_one),
        cmocka_unit_test(refuses_an_unknown_kind),
        cmocka_unit_test(a_fence_needs_nothing),
        cmocka_unit_test(the_environment_forces_a_fence),
        cmocka_unit_test(registers_more_than_once_and_over_fork),
        cmocka_unit_test(a_child_is_another_address_space),
        cmocka_unit_test(nobody_misses_the_others_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
