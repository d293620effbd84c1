/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <random.h>
#include <stdlib.h>
#include <zone_oracle.h>

/* A zone against a plain array, in long random sequences. The same driver is the fuzzer's
 * (test/fuzz). */

enum { SEEDS = 8, STEPS = 300000, STEPS_A_PHASE = 5000, STEPS_A_COMPARISON = 10000 };

/* Of what there is more for a while, in 16ths: the rest is as it comes. */
static const struct phase {
    unsigned gets;
    unsigned puts;
    unsigned orders_from, orders; /* those that are got */
} phases[] = {
    {8, 2, 0, 10}, {2, 10, 0, 10}, {6, 5, 0, 2}, {5, 5, 6, 4}, {4, 6, 2, 5}, {8, 8, 0, 10},
};

#define PHASES (sizeof(phases) / sizeof(*phases))

static struct oracle_step step_in(const struct phase *phase, uint64_t *random)
{
    struct oracle_step step = oracle_step_of((uint32_t)random_next(random));
    unsigned dice = random_below(random, 16);

    step.order = phase->orders_from + random_below(random, phase->orders);
    if (dice < phase->gets)
        step.kind = ORACLE_GET;
    else if (dice < phase->gets + phase->puts)
        step.kind = ORACLE_PUT;
    return step;
}

static void play(uint64_t seed)
{
    struct oracle *oracle = aligned_alloc(64, (sizeof(*oracle) + 63) / 64 * 64);
    uint64_t random = seed;

    assert_non_null(oracle);
    oracle_init(oracle, 1 + (uint32_t)seed % ORACLE_BLOCKS_MAX);
    for (int i = 0; i < STEPS; i++) {
        struct oracle_step step = step_in(&phases[i / STEPS_A_PHASE % PHASES], &random);

        if (!oracle_play(oracle, &step) || (i % STEPS_A_COMPARISON == 0 && !oracle_compare(oracle)))
            fail_msg("seed %d, step %d (kind %d, lcore %u, order %u, %u): %s", (int)seed, i,
                     (int)step.kind, step.lcore, step.order, step.which, oracle->wrong);
    }
    while (oracle->n_held > 0)
        assert_true(oracle_play(oracle, &(struct oracle_step){.kind = ORACLE_PUT}));
    assert_true(oracle_compare(oracle));
    assert_int_equal(oracle->free_pages, oracle->pages);
    free(oracle);
}

static void is_an_array_in_every_sequence(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        play(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_an_array_in_every_sequence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
