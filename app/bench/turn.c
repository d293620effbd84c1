/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "turn.h"

#include "pattern.h"

#include <pthread.h>
#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_pause.h>
#include <sched.h>
#include <string.h>

/* Workers without work sleep inside the EAL, so a pool's turn is not disturbed by lcores that it
 * does not use; the main lcore sleeps as long as the others work. */

#define SLOTS_MAX 20 /* that one turn may take */

static void wait_for_go(const struct turn *turn)
{
    while (lab_load_acquire(&turn->go) == 0) { /* T1 pairs with T2 */
        if (turn->setting->crowded)
            sched_yield();
        else
            rte_pause();
    }
}

uint64_t worker_cpu_ns(const struct worker *worker)
{
    struct timespec time;

    clock_gettime(worker->clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int work(void *argument)
{
    struct worker *worker = argument;
    struct turn *turn = worker->turn;
    uint64_t start_ns;

    pthread_getcpuclockid(pthread_self(), &worker->clock);
    lab_fence_seq_cst();
    (void)lab_fetch_add_relaxed(&turn->ready, 1); /* T3 pairs with T4 */
    wait_for_go(turn);
    start_ns = worker_cpu_ns(worker);
    worker->ops = turn->setting->pattern->work(worker);
    worker->cpu_ns = worker_cpu_ns(worker) - start_ns;
    return 0;
}

static uint64_t cpu_ns_of_all(const struct turn *turn)
{
    uint64_t cpu_ns = 0;

    for (unsigned i = 0; i < turn->setting->lcores; i++)
        cpu_ns += worker_cpu_ns(&turn->workers[i]);
    return cpu_ns;
}

/* The usual length of a turn, and more of it where other programs take the CPUs, until the workers
 * have had half of what would be theirs; not for ever. */
static void sleep_through(const struct turn *turn)
{
    uint64_t least_ns = cpu_ns_of_all(turn) + turn->slot_ms * UINT64_C(500000) * turn->n_cpus;
    unsigned slots = 0;

    do
        rte_delay_us_sleep(turn->slot_ms * 1000);
    while (cpu_ns_of_all(turn) < least_ns && ++slots < SLOTS_MAX);
}

double turn_speed_mops(const struct turn *turn)
{
    uint64_t ops = 0, cpu_ns = 1;

    for (unsigned i = 0; i < turn->setting->lcores; i++) {
        ops += turn->workers[i].ops;
        cpu_ns += turn->workers[i].cpu_ns;
    }
    return (double)ops * turn->n_cpus / (double)cpu_ns * 1e3;
}

int turn_take(struct turn *turn, const unsigned lcores[], double ret_values[MEASURES])
{
    const struct pattern *pattern = turn->setting->pattern;
    int rc = pattern->set_up != NULL ? pattern->set_up(turn) : 0;

    if (rc != 0)
        return rc;
    lab_store_relaxed(&turn->ready, 0);
    lab_store_relaxed(&turn->go, 0);
    lab_store_relaxed(&turn->over, 0);
    for (unsigned i = 0; i < turn->setting->lcores; i++) {
        struct worker *worker = &turn->workers[i];

        worker->turn = turn;
        worker->index = i;
        worker->lcore = lcores[i];
        worker->objects = worker->room;
        worker->left = UINT64_MAX;
        lab_store_relaxed(&worker->progress, 0);
        rte_eal_remote_launch(work, worker, lcores[i]);
    }
    while (lab_load_acquire(&turn->ready) < turn->setting->lcores) /* T4 pairs with T3 */
        rte_delay_us_sleep(50);
    lab_store_release(&turn->go, 1); /* T2 pairs with T1 */
    if (pattern->conduct != NULL)
        pattern->conduct(turn);
    else
        sleep_through(turn);
    lab_store_relaxed(&turn->over, 1);
    for (unsigned i = 0; i < turn->setting->lcores; i++)
        rte_eal_wait_lcore(lcores[i]);
    memset(ret_values, 0, MEASURES * sizeof(*ret_values));
    ret_values[MEASURE_MOPS] = turn_speed_mops(turn);
    if (pattern->collect != NULL)
        pattern->collect(turn, ret_values);
    return 0;
}
