/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "cmocka_first.h"
#include "life/hold.h"

#include <math.h>
#include <rte_eal.h>
#include <rte_random.h>
#include <string.h>

/* How long packets are held, frame for frame. They are never looked at, so any address will do. */

#define FRAMES 200000
#define MOST 65536

static struct rte_mbuf *packet(uintptr_t number)
{
    return (struct rte_mbuf *)(number + 1); /* NOLINT: an address that says who it is */
}

static struct hold opened(const char *text)
{
    struct hold_spec spec;
    struct hold hold;

    rte_srand(1);
    assert_true(hold_parse(text, &spec));
    assert_int_equal(hold_open(&hold, &spec, MOST), 0);
    return hold;
}

/* Puts one packet a frame and takes what is due. Notes how many frames each was held for; -1:
 * still held. */
static void pass(struct hold *hold, int held[FRAMES])
{
    memset(held, -1, FRAMES * sizeof(*held));
    for (unsigned i = 0; i < FRAMES; i++) {
        struct rte_mbuf *in = packet(i), *out[8];
        unsigned n;

        hold_tick(hold, 1);
        hold_put(hold, &in, 1);
        while ((n = hold_take(hold, out, 8)) > 0) {
            while (n-- > 0) {
                uintptr_t number = (uintptr_t)out[n] - 1;

                assert_in_range(number, 0, i);
                assert_int_equal(held[number], -1);
                held[number] = (int)(i - number);
            }
        }
    }
}

/* Mean and deviation of those that are out. */
static double mean(const int held[], double *ret_deviation, unsigned *ret_out)
{
    double sum = 0, squares = 0;
    unsigned n = 0;

    for (unsigned i = 0; i < FRAMES; i++) {
        if (held[i] < 0)
            continue;
        n++;
        sum += held[i];
        squares += (double)held[i] * held[i];
    }
    *ret_out = n;
    *ret_deviation = sqrt(squares / n - sum / n * (sum / n));
    return sum / n;
}

static int held[FRAMES];

static void test_fixed_is_exact(void **state)
{
    struct hold hold = opened("fixed:1000");

    pass(&hold, held);
    for (unsigned i = 0; i < FRAMES - 1000; i++)
        assert_int_equal(held[i], 1000);
    assert_int_equal(hold_count(&hold), 1000);
    hold_close(&hold);
}

static void test_fixed_counts_frames_that_were_lost(void **state)
{
    struct rte_mbuf *in = packet(0), *out;
    struct hold hold = opened("fixed:10");

    hold_put(&hold, &in, 1);
    hold_tick(&hold, 9);
    assert_int_equal(hold_take(&hold, &out, 1), 0);
    hold_tick(&hold, 1);
    assert_int_equal(hold_take(&hold, &out, 1), 1);
    assert_ptr_equal(out, in);
    hold_close(&hold);
}

/* Its mean and its deviation are the same, which distinguishes it from most others. */
static void test_exponential(void **state)
{
    struct hold hold = opened("exp:100");
    double deviation, average;
    unsigned out;

    pass(&hold, held);
    average = mean(held, &deviation, &out);
    assert_true(average > 95 && average < 105);
    assert_true(deviation > 95 && deviation < 105);
    assert_true(hold_count(&hold) > 50 && hold_count(&hold) < 150);
    hold_close(&hold);
}

static void test_a_share_for_ever(void **state)
{
    struct hold hold = opened("forever:0.25");
    double deviation;
    unsigned out;

    pass(&hold, held);
    assert_true(mean(held, &deviation, &out) == 0);
    assert_in_range(hold_count(&hold), FRAMES / 4 - 1000, FRAMES / 4 + 1000);
    assert_int_equal(out, FRAMES - hold_count(&hold));
    hold_close(&hold);
}

static void test_all_at_once(void **state)
{
    static const char *const texts[] = {"fixed:1000", "exp:1000", "forever:1"};

    for (unsigned i = 0; i < RTE_DIM(texts); i++) {
        struct hold hold = opened(texts[i]);
        struct rte_mbuf *in[100], *out[100];

        for (unsigned j = 0; j < 100; j++)
            in[j] = packet(j);
        hold_put(&hold, in, 100);
        hold.all = true;
        assert_int_equal(hold_take(&hold, out, 100), 100);
        assert_int_equal(hold_count(&hold), 0);
        hold_close(&hold);
    }
}

static void test_what_is_no_hold(void **state)
{
    static const char *const texts[] = {"",       "fixed",     "fixed:",      "fixed:0",
                                        "exp:0",  "fixed:1.5", "forever:0",   "forever:1.1",
                                        "exp:1x", "never:1",   "forever:nan", "fixed:-1"};
    struct hold_spec spec = {.amount = 42};

    for (unsigned i = 0; i < RTE_DIM(texts); i++)
        assert_false(hold_parse(texts[i], &spec));
    assert_true(spec.kind == HOLD_NONE && spec.amount == 42); /* untouched on failure */
}

/* DPDK's random numbers are the EAL's. */
static int start_eal(void **state)
{
    char *arguments[] = {"hold_test", "--no-huge",      "-m64", "--no-shconf",
                         "--no-pci",  "--no-telemetry", NULL};

    return rte_eal_init(RTE_DIM(arguments) - 1, arguments) < 0 ? -1 : 0;
}

static int end_eal(void **state)
{
    return rte_eal_cleanup();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_is_exact),
        cmocka_unit_test(test_fixed_counts_frames_that_were_lost),
        cmocka_unit_test(test_exponential),
        cmocka_unit_test(test_a_share_for_ever),
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_what_is_no_hold),
    };

    return cmocka_run_group_tests(tests, start_eal, end_eal);
}
