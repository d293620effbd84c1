/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Two processes of four threads use a pool, and are killed at random, hundreds of times; with a
 * number as argument, that number of times. After each death the parent reclaims what the dead
 * held, while the others go on. Nothing is held twice; and whenever all are dead, nothing is lost.
 */

#include "rig.h"
#include <lab_audit.h>
#include <lab_audit_report.h>
#include <lab_intercept.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

enum { CHILDREN = 2, THREADS_EACH = 4, COUNT = 2047, BULK = 32, HOLD = 100 };
enum { PARENT = 50, PARENT_WHO = 100 };
enum { DEATHS_PER_LOOK = 16 };

struct child {
    struct rig *rig;
    unsigned number;
    uint64_t seed;
    struct actor actor;
};

struct thread {
    const struct child *child;
    unsigned number;
};

static void *scratch[COUNT];
static unsigned deaths, held, in_motion, incomplete;
static double slowest;

static void live(const struct child *self, unsigned thread)
{
    uint64_t random = self->seed + thread, who = self->number * THREADS_EACH + thread + 1;
    uint32_t lcore = thread == 0 ? LAB_LCORE_ANY : (uint32_t)who;
    void *objects[HOLD + BULK];
    unsigned n_held = 0;

    for (;;) {
        unsigned n = random_below(&random, BULK + 1);

        /* Not all at once, or a sweep waits for who was put aside for want of a CPU. */
        if (random_below(&random, 128) == 0)
            sleep_ms(0.5);
        if (n_held < HOLD && random_below(&random, 2)) {
            if (rig_get(self->rig, lcore, who, objects + n_held, n))
                n_held += n;
        } else {
            n = n < n_held ? n : n_held;
            n_held -= n;
            rig_put(self->rig, lcore, who, objects + n_held, n);
        }
    }
}

static void *live_thread(void *argument)
{
    const struct thread *thread = argument;

    live(thread->child, thread->number);
    return NULL;
}

static void live_child(void *argument)
{
    struct thread threads[THREADS_EACH];
    pthread_t ignored;

    rig_attach(((struct child *)argument)->rig);
    for (unsigned i = 1; i < THREADS_EACH; i++) {
        threads[i] = (struct thread){argument, i};
        expect(pthread_create(&ignored, NULL, live_thread, &threads[i]) == 0, "no thread");
    }
    live(argument, 0);
}

static void bear(struct child *child, uint64_t *random)
{
    child->seed = random_next(random);
    actor_start(&child->actor, PROCESSES, live_child, child);
}

static void reclaim(struct rig *rig)
{
    const struct lab_pool_holder dead = {.process = 0, .lcore = LAB_LCORE_ANY};
    struct lab_pool_reclaimed reclaimed;
    double begin = now_seconds(), taken;
    struct lab_error error;

    expect(lab_pool_reclaim(rig->pool, PARENT, &dead, NULL, NULL, &reclaimed, &error) == 0, "%s",
           error.message);
    taken = now_seconds() - begin;
    slowest = taken > slowest ? taken : slowest;
    held += reclaimed.held;
    in_motion += reclaimed.in_motion;
    incomplete += !reclaimed.complete;
}

static void end(struct child *child)
{
    int status;

    kill(child->actor.child, SIGKILL);
    expect(waitpid(child->actor.child, &status, 0) == child->actor.child, "cannot wait");
    expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "a child failed");
    deaths++;
}

static void work(struct rig *rig, uint64_t *random)
{
    double until = now_seconds() + random_below(random, 30) / 10000.0;

    while (now_seconds() < until) {
        uint32_t lcore = random_below(random, 2) ? PARENT : LAB_LCORE_ANY;
        unsigned n = 1 + random_below(random, BULK);

        if (rig_get(rig, lcore, PARENT_WHO, scratch, n))
            rig_put(rig, lcore, PARENT_WHO, scratch, n);
    }
}

/* Prints the records of all objects, for a failure. */
static void print_records(const struct rig *rig)
{
    unsigned states[8] = {0};

    for (unsigned i = 0; i < COUNT; i++)
        states[lab_load_relaxed(&lab_intercept_of(rig->pool)->audit->table->record[i].word) &
               LAB_AUDIT_STATE_MASK]++;
    fprintf(stderr, "%u unseen, %u free, %u held\n", states[LAB_AUDIT_UNSEEN],
            states[LAB_AUDIT_FREE], states[LAB_AUDIT_HELD]);
}

/* All are dead: everything must be there. */
static void expect_all(struct rig *rig)
{
    uint32_t got;

    reclaim(rig);
    if (lab_pool_count(rig->pool) != COUNT)
        print_records(rig);
    expect(lab_pool_count(rig->pool) == COUNT, "%u of %u are free", lab_pool_count(rig->pool),
           (unsigned)COUNT);
    got = rig_drain(rig, PARENT, PARENT_WHO, scratch, BULK);
    expect(got == COUNT, "%u of %u could be had", got, (unsigned)COUNT);
    rig_put(rig, PARENT, PARENT_WHO, scratch, COUNT);
}

static void round_of_deaths(struct rig *rig, struct child children[], uint64_t *random)
{
    for (unsigned i = 0; i < DEATHS_PER_LOOK - CHILDREN; i++) {
        struct child *child = &children[random_below(random, CHILDREN)];

        work(rig, random);
        end(child);
        reclaim(rig);
        bear(child, random);
    }
    work(rig, random);
    for (unsigned i = 0; i < CHILDREN; i++)
        end(&children[i]);
    expect_all(rig);
}

int main(int argc, char **argv)
{
    const struct lab_audit_options audit = {.level = LAB_AUDIT_FULL, .stated = true};
    unsigned wanted = argc > 1 ? (unsigned)atoi(argv[1]) : 300;
    struct child children[CHILDREN];
    struct rig *rig;
    uint64_t random;
    double until;

    skip_processes_under_tsan();
    stress_begin("reclaim");
    random = stress_seed;
    until = now_seconds() + stress_seconds(6);
    rig = rig_create_shared(COUNT, audit);
    while (deaths < wanted && (argc > 1 || held == 0 || now_seconds() < until)) {
        for (unsigned i = 0; i < CHILDREN; i++) {
            children[i] = (struct child){.rig = rig, .number = i};
            bear(&children[i], &random);
        }
        round_of_deaths(rig, children, &random);
    }
    printf("%u deaths: %u objects were held, %u in motion; %u sweeps were incomplete, the longest "
           "took %.1f ms\n",
           deaths, held, in_motion, incomplete, slowest * 1e3);
    rig_unmap(rig);
    return 0;
}
