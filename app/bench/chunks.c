/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "chunks.h"

#include "pattern.h"
#include "stop.h"

#include <errno.h>
#include <rte_cycles.h>
#include <rte_launch.h>
#include <sys/resource.h>

#define WARM_SHARE 4 /* a fourth of a chunk goes before it */
#define LINE_WORDS (RTE_CACHE_LINE_SIZE / sizeof(void *))

#define PATIENCE 4 /* a round takes at most this number of times as long as it should */

/* Beyond this a loop of a pattern does nothing. */
#define BUDGET_MAX (UINT64_C(1) << 40)

/* Of the calling thread. */
static uint64_t cpu_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static long preemptions(void)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nivcsw;
}

/* The worker's part of a chunk, from when it was on its CPU, ready for it. */
static void work(const struct chunks *chunks, struct worker *worker, long preemptions_before)
{
    uint64_t start_ns = cpu_ns();

    worker->objects = worker->room + chunks->offset;
    worker->ops = chunks->turn->setting->pattern->work(worker);
    worker->cpu_ns = cpu_ns() - start_ns;
    worker->was_preempted = preemptions() != preemptions_before;
}

/* The leader's side: waits until all others have come as far. They are on their CPUs then. */
static void gather(struct chunks *chunks, lab_atomic_t *arrived)
{
    unsigned others = chunks->turn->setting->lcores - 1, spins = 0;

    while (lab_load_acquire(arrived) < others) /* C2 pairs with C1 */
        turn_wait(&spins);
}

static void arrive(lab_atomic_t *arrived)
{
    lab_fence_seq_cst();
    (void)lab_fetch_add_relaxed(arrived, 1); /* C1 pairs with C2 */
}

/* The others' side: waits until the leader has stepped so far. */
static void await_step(const struct chunks *chunks, uint64_t step)
{
    unsigned spins = 0;

    while (lab_load_acquire(&chunks->step) < step) /* C4 pairs with C3 */
        turn_wait(&spins);
}

static void take_step(struct chunks *chunks)
{
    lab_store_release(&chunks->step, lab_load_relaxed(&chunks->step) + 1); /* C3 pairs with C4 */
}

/* Has all lcores do `budget` loops of the leader's with one pool. */
static void play(struct chunks *chunks, const struct contender *contender, uint64_t budget)
{
    struct turn *turn = chunks->turn;

    turn->contender = contender;
    turn->workers[0].left = budget;
    lab_store_relaxed(&turn->over, 0);
    lab_store_relaxed(&chunks->ready, 0);
    lab_store_relaxed(&chunks->done, 0);
    take_step(chunks);
    gather(chunks, &chunks->ready);
    take_step(chunks);
    work(chunks, &turn->workers[0], preemptions());
    lab_store_relaxed(&turn->over, 1);
    gather(chunks, &chunks->done);
}

static void follow(struct chunks *chunks, struct worker *worker)
{
    for (uint64_t step = 1;; step += 2) {
        long before;

        await_step(chunks, step);
        if (chunks->is_last)
            return;
        worker->left = UINT64_MAX;
        before = preemptions();
        arrive(&chunks->ready);
        await_step(chunks, step + 1);
        work(chunks, worker, before);
        arrive(&chunks->done);
    }
}

/* The leader's time for `budget` loops, and what all did. */
static uint64_t time_ns(struct chunks *chunks, const struct contender *contender, uint64_t budget,
                        uint64_t *ops)
{
    play(chunks, contender, budget);
    for (unsigned i = 0; i < chunks->turn->setting->lcores; i++)
        *ops += chunks->turn->workers[i].ops;
    return RTE_MAX(UINT64_C(1), chunks->turn->workers[0].cpu_ns);
}

/* Finds out how many loops take as long as a chunk; and lets a pool of buffers come to rest, for
 * which all of them pass through it twice. The faster of two tries counts: the first loops of a
 * pool may take a thousand times as long as the others. */
static uint64_t find_budget(struct chunks *chunks, const struct contender *contender)
{
    const struct setting *setting = chunks->turn->setting;
    uint64_t wanted_ns = chunks->slot_us * UINT64_C(1000), ns, ops = 0, budget = 1;
    uint64_t wanted_ops = setting->pattern->pages ? 0 : 2 * (uint64_t)setting->bufs;

    for (;;) {
        ns = time_ns(chunks, contender, budget, &ops);
        ns = RTE_MIN(ns, time_ns(chunks, contender, budget, &ops));
        if (ns >= wanted_ns / 2 && ops >= wanted_ops)
            return RTE_MAX(UINT64_C(1), (uint64_t)((double)budget * wanted_ns / ns));
        if (ns < wanted_ns)
            budget *= 2;
        if (budget > BUDGET_MAX || (ops == 0 && ns > 1000 * wanted_ns))
            return 1;
    }
}

static bool was_preempted(const struct turn *turn)
{
    bool any = false;

    for (unsigned i = 0; i < turn->setting->lcores; i++)
        any = any || turn->workers[i].was_preempted;
    return any;
}

static void measure_row(struct chunks *chunks)
{
    struct result *result = chunks->result;
    unsigned order[CONTENDERS_MAX], row = result->samples;

    mix_shuffle(&chunks->random, order, result->n_entries);
    chunks->offset = mix_below(&chunks->random, CHUNKS_ROOM / RTE_CACHE_LINE_SIZE) * LINE_WORDS;
    for (unsigned i = 0; i < result->n_entries; i++) {
        const struct contender *contender = &chunks->contenders[order[i]];
        struct entry *entry = &result->entries[order[i]];
        uint64_t budget = chunks->budget[order[i]];

        play(chunks, contender, RTE_MAX(UINT64_C(1), budget / WARM_SHARE));
        play(chunks, contender, budget);
        entry->values[MEASURE_MOPS][row] = turn_speed_mops(chunks->turn);
        entry->disturbed[row] = was_preempted(chunks->turn);
    }
    result->samples++;
}

/* One loop of a slow pool may take much longer than a chunk: then there are fewer rows. */
static void lead(struct chunks *chunks)
{
    uint64_t limit_ns = PATIENCE * UINT64_C(1000) * chunks->slot_us * chunks->rows;
    uint64_t end_ns;

    for (unsigned i = 0; i < chunks->result->n_entries; i++) {
        if (chunks->budget[i] == 0)
            chunks->budget[i] = find_budget(chunks, &chunks->contenders[i]);
    }
    end_ns = cpu_ns() + limit_ns * chunks->result->n_entries;
    for (unsigned i = 0; i < chunks->rows && stop_requested() == STOP_NONE; i++) {
        measure_row(chunks);
        if (cpu_ns() > end_ns)
            break;
    }
    chunks->is_last = true;
    take_step(chunks);
}

/* An lcore, and what it takes part in. */
struct seat {
    struct chunks *chunks;
    struct worker *worker;
};

static int sit(void *argument)
{
    const struct seat *seat = argument;

    if (seat->worker->index == 0)
        lead(seat->chunks);
    else
        follow(seat->chunks, seat->worker);
    return 0;
}

/* The EAL's own way of waiting takes a CPU. */
static void wait_for(unsigned lcore)
{
    while (rte_eal_get_lcore_state(lcore) == RUNNING)
        rte_delay_us_sleep(2000);
    rte_eal_wait_lcore(lcore);
}

int chunks_round(struct chunks *chunks)
{
    struct turn *turn = chunks->turn;
    const struct pattern *pattern = turn->setting->pattern;
    struct seat seats[RTE_MAX_LCORE];
    double unused[MEASURES];
    int rc = pattern->set_up != NULL ? pattern->set_up(turn) : 0;

    if (rc != 0)
        return rc;
    chunks->is_last = false;
    lab_store_relaxed(&chunks->step, 0);
    for (unsigned i = turn->setting->lcores; i-- > 0;) {
        struct worker *worker = &turn->workers[i];

        worker->turn = turn;
        worker->index = i;
        worker->lcore = chunks->lcores[i];
        seats[i] = (struct seat){chunks, worker};
        rte_eal_remote_launch(sit, &seats[i], worker->lcore);
    }
    for (unsigned i = 0; i < turn->setting->lcores; i++)
        wait_for(chunks->lcores[i]);
    if (pattern->collect != NULL)
        pattern->collect(turn, unused);
    return stop_requested() == STOP_NONE ? 0 : -EINTR;
}
