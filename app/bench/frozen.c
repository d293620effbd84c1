/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "message.h"
#include "pattern.h"

#include <errno.h>
#include <lab_os.h>
#include <math.h>
#include <pthread.h>
#include <rte_cycles.h>
#include <rte_mempool.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* One of the lcores, the victim, is stopped in the middle of a get or a put by a signal whose
 * handler sleeps, as a debugger, a hypervisor or the scheduler may stop it. Measured is how the
 * others do meanwhile.
 *
 * Their speed is compared with that while the victim rests between two calls: it uses neither the
 * CPU nor the pool in both, so that what is left is the effect of where it stopped. The signal
 * comes at random, and is taken for one in mid-call only when the victim says that it is inside of
 * one; otherwise it is sent again. A turn freezes at some ten such points. */

#define WINDOW_MS 5.0   /* for which the others are counted at a time */
#define WINDOWS_MAX 20  /* and how often in a row */
#define TRIES_MAX 10000 /* of hitting the victim in mid-call */

/* The finding of the signal. */
enum answer { ANSWER_NONE, ANSWER_OUTSIDE, ANSWER_INSIDE };

/* The work of the others, in how much CPU time of theirs: see turn.h. */
struct tally {
    double ops, cpu_s;
};

struct freezer {
    pthread_t victim;
    lab_atomic_t arrived; /* `victim` is set */
    lab_atomic_t inside;  /* the victim is in a call; for its own handler */
    lab_atomic_t answer;
    lab_atomic_t rest;    /* the victim is to rest before its next call */
    lab_atomic_t resting; /* it does */
    int wake[2];          /* a pipe: a byte lets it go on */
    struct sigaction before;

    /* Sums over the points of a turn. */
    struct tally when_resting, when_frozen;
    unsigned points, halted;
};

/* For the handler. There is one at a time. */
static struct freezer *current;

static void sleep_until_woken(const struct freezer *freezer)
{
    char byte;

    while (read(freezer->wake[0], &byte, 1) != 1)
        ;
}

static void on_signal(int number)
{
    int error = errno;

    if (lab_load_relaxed(&current->inside) != 0) {
        lab_store_release(&current->answer, ANSWER_INSIDE); /* F1 pairs with F2 */
        sleep_until_woken(current);
    } else {
        lab_store_release(&current->answer, ANSWER_OUTSIDE); /* F1 */
    }
    errno = error;
}

static uint64_t be_victim(struct worker *worker, struct freezer *freezer)
{
    const struct turn *turn = worker->turn;
    struct rte_mempool *pool = turn->contender->mempool;
    unsigned bulk = turn->setting->bulk;

    freezer->victim = pthread_self();
    lab_store_release(&freezer->arrived, 1); /* F3 pairs with F4 */
    while (!turn_is_over(worker)) {
        int rc;

        if (lab_load_relaxed(&freezer->rest) != 0) {
            lab_store_relaxed(&freezer->rest, 0);
            lab_store_release(&freezer->resting, 1); /* F5 pairs with F6 */
            sleep_until_woken(freezer);
        }
        lab_store_relaxed(&freezer->inside, 1);
        lab_fence_light(); /* keeps the call where the handler believes it to be */
        rc = rte_mempool_get_bulk(pool, worker->objects, bulk);
        lab_fence_light();
        lab_store_relaxed(&freezer->inside, 0);
        if (rc != 0)
            continue;
        lab_store_relaxed(&freezer->inside, 1);
        lab_fence_light();
        rte_mempool_put_bulk(pool, worker->objects, bulk);
        lab_fence_light();
        lab_store_relaxed(&freezer->inside, 0);
    }
    return 0;
}

static uint64_t be_other(struct worker *worker)
{
    const struct turn *turn = worker->turn;
    struct rte_mempool *pool = turn->contender->mempool;
    unsigned bulk = turn->setting->bulk;
    uint64_t ops = 0;

    while (!turn_is_over(worker)) {
        if (rte_mempool_get_bulk(pool, worker->objects, bulk) != 0)
            continue;
        rte_mempool_put_bulk(pool, worker->objects, bulk);
        ops += bulk;
        lab_store_relaxed(&worker->progress, ops);
    }
    return ops;
}

static uint64_t work(struct worker *worker)
{
    return worker->index == 0 ? be_victim(worker, worker->turn->state) : be_other(worker);
}

static int set_up(struct turn *turn)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct freezer *freezer = calloc(1, sizeof(*freezer));

    if (freezer == NULL)
        return -ENOMEM;
    if (pipe(freezer->wake) != 0) {
        free(freezer);
        return -errno;
    }
    turn->state = current = freezer;
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, &freezer->before);
    return 0;
}

static void wait_until(const lab_atomic_t *word)
{
    while (lab_load_acquire(word) == 0) /* F2, F4, F6: each pairs with the store of its word */
        rte_delay_us_sleep(20);
}

static void wake(const struct freezer *freezer)
{
    while (write(freezer->wake[1], "", 1) != 1)
        ;
}

static struct tally tally_of_others(const struct turn *turn)
{
    struct tally tally = {0};

    for (unsigned i = 1; i < turn->setting->lcores; i++) {
        tally.ops += (double)lab_load_relaxed(&turn->workers[i].progress);
        tally.cpu_s += (double)worker_cpu_ns(&turn->workers[i]) / 1e9;
    }
    return tally;
}

/* Adds what the others do in a window of time, or several, until they have had a CPU for a part of
 * it: on a busy machine that may take a while. Returns their speed; negative when they had none. */
static double count_window(const struct turn *turn, double window_ms, struct tally *sum)
{
    struct tally before = tally_of_others(turn), now;
    unsigned windows = 0;

    do {
        rte_delay_us_sleep((unsigned)(window_ms * 1000));
        now = tally_of_others(turn);
    } while (now.cpu_s - before.cpu_s < window_ms / 1e3 / 4 && ++windows < WINDOWS_MAX);
    sum->ops += now.ops - before.ops;
    sum->cpu_s += now.cpu_s - before.cpu_s;
    return now.cpu_s > before.cpu_s ? (now.ops - before.ops) / (now.cpu_s - before.cpu_s) : -1;
}

/* Stops the victim in mid-call. False when it is never found in one. */
static bool freeze(struct freezer *freezer)
{
    for (unsigned i = 0; i < TRIES_MAX; i++) {
        rte_delay_us_sleep((unsigned)(20 + random() % 100));
        lab_store_relaxed(&freezer->answer, ANSWER_NONE);
        pthread_kill(freezer->victim, SIGUSR1);
        wait_until(&freezer->answer);
        if (lab_load_acquire(&freezer->answer) == ANSWER_INSIDE) /* F2 pairs with F1 */
            return true;
    }
    return false;
}

static void freeze_once(struct turn *turn, struct freezer *freezer, double window_ms)
{
    double at_rest, in_call;

    lab_store_relaxed(&freezer->resting, 0);
    lab_store_relaxed(&freezer->rest, 1);
    wait_until(&freezer->resting);
    at_rest = count_window(turn, window_ms, &freezer->when_resting);
    wake(freezer);
    if (!freeze(freezer))
        return;
    in_call = count_window(turn, window_ms, &freezer->when_frozen);
    wake(freezer);
    if (at_rest < 0 || in_call < 0)
        return;
    freezer->points++;
    freezer->halted += in_call < at_rest / 100; /* not even the calls that were under way */
}

static void conduct(struct turn *turn)
{
    struct freezer *freezer = turn->state;
    double window_ms = RTE_MIN(WINDOW_MS, turn->slot_ms / 4.0);
    uint64_t end_ns = lab_os_clock_ns() + turn->slot_ms * UINT64_C(1000000);

    wait_until(&freezer->arrived);
    do
        freeze_once(turn, freezer, window_ms);
    while (lab_os_clock_ns() < end_ns);
}

static void collect(struct turn *turn, double values[MEASURES])
{
    struct freezer *freezer = turn->state;

    sigaction(SIGUSR1, &freezer->before, NULL);
    close(freezer->wake[0]);
    close(freezer->wake[1]);
    if (freezer->points > 0) {
        double in_call = freezer->when_frozen.ops / freezer->when_frozen.cpu_s;
        double at_rest = freezer->when_resting.ops / freezer->when_resting.cpu_s;

        values[MEASURE_MOPS] = in_call / 1e6 * (turn->setting->lcores - 1);
        values[MEASURE_KEPT] = at_rest > 0 ? in_call / at_rest : 0;
        values[MEASURE_HALTED] = (double)freezer->halted / freezer->points;
    } else {
        values[MEASURE_MOPS] = values[MEASURE_KEPT] = values[MEASURE_HALTED] = NAN;
        note("%s: could not be stopped inside a call", turn->contender->name);
    }
    free(freezer);
}

const struct pattern frozen = {
    .name = "frozen",
    .shows = "one lcore is stopped in mid-call, at many points: what do the others still do",
    .operation = "buffers that the others got and put back meanwhile",
    .bulk = LIST(32),
    .cache = LIST(0),
    .lcores = LIST(2),
    .bufs = LIST(8191),
    .least = 2,
    .measures = MEASURE_BIT(MEASURE_KEPT) | MEASURE_BIT(MEASURE_HALTED),
    .ranked = MEASURE_KEPT,
    .set_up = set_up,
    .collect = collect,
    .work = work,
    .conduct = conduct,
};
