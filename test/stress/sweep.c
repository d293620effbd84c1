/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How long a sweep takes in a pool of 262,144, and how long the longest get or put of a living
 * lcore takes while there is one, against one of as long a time without. Both are printed, and no
 * more: a time depends on the machine, and on who else is there (bench-smoke looks for a collapse).
 * With a number as argument, the dead hold that number of objects; with a second one, of that
 * number of bytes. */

#include "stress.h"
#include <lab_intercept.h>
#include <lab_ticks.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { COUNT = 262144, BULK = 32, ROUNDS = 15 };
enum { SWEEPER = 0, LIVING = 1, DEAD = 2 };

/* So long with sweeps, one after the other, and so long without: on any machine long enough for
 * what interrupts a thread now and then to do so in both. */
#define WINDOW_SECONDS 0.04

/* A call of at least this may have lost its CPU, which is asked then; such calls do not count. */
#define LONG_US 10

enum phase { PAUSE, WITHOUT, WITH, OVER, PHASES };

static struct lab_pool *pool;
static lab_atomic_t phase, turns;
static lab_atomic_t longest[PHASES]; /* ticks */
static uint64_t long_ticks;
static void *objects[COUNT];
static unsigned dead_hold = 1000, bytes = 64;

static long switches(void)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nivcsw + usage.ru_nvcsw;
}

static void took(enum phase in, uint64_t ticks)
{
    static long before;

    if (ticks >= long_ticks) {
        long now = switches();

        if (now != before) {
            before = now;
            return;
        }
    }
    if (ticks > lab_load_relaxed(&longest[in]))
        lab_store_relaxed(&longest[in], ticks);
}

static void use_cpu(int nth)
{
    cpu_set_t mine, one;

    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof(mine), &mine) != 0)
        return;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &mine) && nth-- == 0)
            CPU_SET(cpu, &one);
    if (CPU_COUNT(&one) == 1)
        (void)sched_setaffinity(0, sizeof(one), &one);
}

/* Some in hand all the time, so that the deque's ends move. */
static void live(void *unused)
{
    void *mine[8 * BULK];
    unsigned held = 0;
    uint64_t random = stress_seed;
    enum phase now;

    (void)unused;
    use_cpu(1);
    do {
        unsigned n = 1 + random_below(&random, BULK);
        uint64_t start;

        now = (enum phase)lab_load_acquire(&phase);
        if (held < 7 * BULK && random_below(&random, 2)) {
            start = lab_ticks();
            expect(lab_pool_get_bulk(pool, LIVING, mine + held, n) == 0, "no object");
            took(now, lab_ticks() - start);
            held += n;
        } else {
            n = n < held ? n : held;
            held -= n;
            start = lab_ticks();
            expect(lab_pool_put_bulk(pool, LIVING, mine + held, n) == 0, "cannot put");
            took(now, lab_ticks() - start);
        }
        lab_store_release(&turns, lab_load_relaxed(&turns) + 1);
    } while (now != OVER);
    expect(lab_pool_put_bulk(pool, LIVING, mine, held) == 0, "cannot put");
}

/* The caller sees what the living did in the phase that ends. */
static void begin(enum phase next)
{
    uint64_t seen = lab_load_relaxed(&turns);

    lab_store_release(&phase, next);
    while (lab_load_acquire(&turns) - seen < 2)
        sched_yield();
}

static double sweep(void)
{
    const struct lab_pool_holder dead = {.process = lab_audit_self(), .lcore = DEAD};
    uint32_t held = 0, in_motion = 0;
    struct lab_pool_reclaimed reclaimed;
    struct lab_error error;
    double start, taken;

    expect(lab_pool_get_bulk(pool, DEAD, objects, dead_hold) == 0, "no objects");
    begin(WITH);
    start = now_seconds();
    /* One that lost its CPU inside a call is not waited for: the next sweep is for what it left. */
    do {
        expect(lab_pool_reclaim(pool, SWEEPER, &dead, NULL, NULL, &reclaimed, &error) == 0, "%s",
               error.message);
        held += reclaimed.held;
        in_motion += reclaimed.in_motion;
    } while (!reclaimed.complete);
    taken = now_seconds() - start;
    begin(PAUSE);
    expect(held == dead_hold && in_motion == 0, "%u of %u were held, %u in motion", held, dead_hold,
           in_motion);
    return taken;
}

static void wait_for(double seconds)
{
    double end = now_seconds() + seconds;

    begin(WITHOUT);
    while (now_seconds() < end)
        ;
    begin(PAUSE);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof(*values), compare);
    return values[ROUNDS / 2];
}

static void create(void)
{
    const struct lab_pool_options options = {.name = "sweep",
                                             .count = COUNT,
                                             .buffer_bytes = bytes,
                                             .node = LAB_NODE_ANY,
                                             .audit = {.level = LAB_AUDIT_FULL, .stated = true}};
    struct lab_error error;

    expect(lab_pool_create(&options, &pool, &error) == 0, "%s", error.message);
}

/* A third of the objects in a deque, the rest in the stack. */
static void spread(void)
{
    void **all = malloc(COUNT / 3 * sizeof(*all));

    expect(all != NULL && lab_pool_get_bulk(pool, DEAD, all, COUNT / 3) == 0 &&
               lab_pool_put_bulk(pool, DEAD, all, COUNT / 3) == 0,
           "cannot spread the objects");
    free(all);
}

static double ticks_in_a_us(void)
{
    double start = now_seconds();
    uint64_t ticks = lab_ticks();

    sleep_ms(20);
    return (double)(lab_ticks() - ticks) / (now_seconds() - start) / 1e6;
}

static double take_longest(enum phase in)
{
    double ticks = (double)lab_load_relaxed(&longest[in]);

    lab_store_relaxed(&longest[in], 0);
    return ticks;
}

static void measure(double us)
{
    double sweeps[ROUNDS], with[ROUNDS], without[ROUNDS], ratio[ROUNDS];

    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned n = 0;
        double seconds = 0;

        for (; seconds < WINDOW_SECONDS; n++)
            seconds += sweep();
        wait_for(seconds);
        sweeps[i] = seconds / n * 1e3;
        with[i] = take_longest(WITH) / us;
        without[i] = take_longest(WITHOUT) / us;
        ratio[i] = without[i] > 0 ? with[i] / without[i] : 1;
    }
    printf("a pool of %u, %u of them held by the dead: a sweep takes %.1f ms; the longest call of "
           "the living %.1f us, without a sweep %.1f us; %.2f times as long (medians of %u)\n",
           (unsigned)COUNT, dead_hold, median(sweeps), median(with), median(without), median(ratio),
           (unsigned)ROUNDS);
}

int main(int argc, char **argv)
{
    struct actor living;
    double us;

    stress_begin("sweep");
    if (argc > 1)
        dead_hold = (unsigned)atoi(argv[1]);
    if (argc > 2)
        bytes = (unsigned)atoi(argv[2]);
    expect(dead_hold > 0 && dead_hold <= COUNT / 2 && bytes > 0, "%u objects of %u bytes?",
           dead_hold, bytes);
    create();
    spread();
    us = ticks_in_a_us();
    long_ticks = (uint64_t)(LONG_US * us);
    actor_start(&living, THREADS, live, NULL);
    use_cpu(0);
    measure(us);
    begin(OVER);
    actor_join(&living);
    expect(lab_pool_count(pool) == COUNT, "%u of %u are free", lab_pool_count(pool),
           (unsigned)COUNT);
    expect(lab_pool_destroy(pool) == 0, "cannot destroy the pool");
    return 0;
}
