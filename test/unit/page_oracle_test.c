/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <arena_oracle.h>
#include <random.h>

/* An arena against a plain array, in long random sequences of public calls. The same driver is the
 * fuzzer's (test/fuzz). */

enum { SEEDS = 8, STEPS = 100000, STEPS_A_COMPARISON = 5000 };

/* Of each eight steps of a phase at least the first number are gets, and the second puts. */
static const unsigned phases[][2] = {{4, 1}, {0, 5}, {2, 2}, {0, 0}};

static uint32_t step_in(const unsigned phase[2], uint64_t *random)
{
    uint32_t number = (uint32_t)random_next(random), dice = random_below(random, 8);

    if (dice < phase[0])
        return number & ~7u;
    return dice < phase[0] + phase[1] ? (number & ~7u) | 3 : number;
}

static void play(uint64_t seed)
{
    static struct arena_oracle oracle;
    uint64_t random = seed;

    arena_oracle_init(&oracle, 1 + (uint32_t)seed % ARENA_BLOCKS_MAX, seed % 2 == 0);
    for (unsigned i = 0; i < STEPS; i++) {
        uint32_t number = step_in(phases[i / 700 % 4], &random);

        if (!arena_oracle_play(&oracle, number) ||
            (i % STEPS_A_COMPARISON == 0 && !arena_oracle_compare(&oracle)))
            fail_msg("seed %d, step %u (0x%x): %s", (int)seed, i, number, oracle.wrong);
    }
    assert_true(arena_oracle_put_all(&oracle));
    if (!arena_oracle_compare(&oracle))
        fail_msg("seed %d, at the end: %s", (int)seed, oracle.wrong);
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
