/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "cmocka_first.h"
#include "report/resolution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A comparison says which differences it cannot show, and what helps. */

static struct run_result result(unsigned rounds, double seconds, struct spread ratio)
{
    return (struct run_result){
        .rounds = rounds, .duration_s = seconds, .mpps_spread = ratio, .ratio = ratio};
}

static const struct spread exact = {.median = 1, .min = 1, .max = 1, .q1 = 1, .q3 = 1};

/* The sentence about a pool with this spread of ratios to the first. */
static void assert_said(const char *text, unsigned rounds, double seconds, struct spread ratio)
{
    const struct options options = {.loop = 1};
    const struct run_result results[] = {result(rounds, seconds, exact),
                                         result(rounds, seconds, ratio)};
    const struct report report = {.options = &options, .results = results, .n = 2};
    char *said = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&said, &n);

    assert_non_null(out);
    resolution_print(out, &report);
    fclose(out);
    assert_string_equal(said, text);
    free(said);
}

static void test_sentences(void **state)
{
    const struct spread wide = {.median = 1, .min = 0.8, .max = 1.1, .q1 = 0.9, .q3 = 1};

    assert_said("", 5, 2, exact);
    assert_said("One round of 370 us: how far rounds differ is not known: --repeat=5 --loop=0 "
                "--duration=1\n",
                1, 370e-6, exact);
    assert_said("One round of 2 s: how far rounds differ is not known: --repeat=5\n", 1, 2, exact);
    assert_said("Rounds of 100 ms: no difference below 30 % can be seen: --repeat=5 --loop=0 "
                "--duration=1\n",
                3, 0.1, wide);
    assert_said("Rounds of 100 ms: no difference below 7 % can be seen: --loop=0 --duration=5\n", 5,
                0.1, wide);
    assert_said("Rounds of 2 s: no difference below 7 % can be seen: --repeat=10\n", 5, 2, wide);
    assert_said("Rounds of 10 ms are short: one interruption changes them: --loop=0 --duration=1\n",
                5, 0.01, exact);
}

static void test_unknown_is_no_number(void **state)
{
    const struct options options = {.loop = 1};
    struct run_result results[] = {result(5, 1, exact), result(5, 1, exact)};
    struct report report = {.options = &options, .results = results, .n = 2};

    assert_true(resolution_of(&report) == 0);
    results[1].rounds = 1;
    assert_true(isnan(resolution_of(&report)));
    results[1] = result(5, 1, (struct spread){NAN, NAN, NAN, NAN, NAN});
    assert_true(isnan(resolution_of(&report)));
    report.n = 1;
    assert_true(resolution_of(&report) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_unknown_is_no_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
