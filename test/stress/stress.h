/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STRESS_H
#define STRESS_H

/* The needs of every stress test: a seed, an end, and actors that are threads or processes. */

#include <lab_atomic.h>
#include <pthread.h>
#include <random.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum how { THREADS, PROCESSES };

#define SLOT_MS 100 /* progress is looked at in slots of this length */
#define SKIPPED 77  /* for meson: not run, for the reason that was printed */

extern uint64_t stress_seed;

/* Takes the seed from the environment or the clock, confines the process to two CPUs, so that
 * actors are preempted anywhere, and sets a time after which the test has failed: it hangs. */
void stress_begin(const char *name);

/* Seconds that the test is to last: `otherwise`, or LABYRINTH_STRESS_SECONDS. */
double stress_seconds(double otherwise);

/* Ends the process with a message and the seed, if the condition does not hold. */
#define expect(condition, ...)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            stress_fail(__FILE__, __LINE__, __VA_ARGS__);                                          \
    } while (0)
_Noreturn void stress_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Waits until the condition holds, however busy the machine is; where it never does, the test
 * hangs, and fails when its time is over. */
#define wait_until(condition)                                                                      \
    do {                                                                                           \
        while (!(condition))                                                                       \
            sleep_ms(1);                                                                           \
    } while (0)

/* Zeroed memory that children share, at the same address. */
void *stress_map(size_t bytes);

/* Somebody who runs body(argument); a child process does not outlive its parent. */
struct actor {
    enum how how;
    pthread_t thread;
    pid_t child;
    void (*body)(void *);
    void *argument;
};

void actor_start(struct actor *actor, enum how how, void (*body)(void *), void *argument);

/* An actor of this process that can be stopped by a signal, wherever it happens to be. */
struct stopper {
    lab_atomic_t stopped;
    int go[2]; /* a pipe */
};

/* Before the actor starts; and by the actor itself, before anybody stops it. */
void stopper_make(struct stopper *stopper);
void stopper_obey(struct stopper *stopper);

/* Stops the actor, and returns when it is; and lets it go on. */
void stopper_stop(struct stopper *stopper, const struct actor *actor);
void stopper_go(struct stopper *stopper);
bool stopper_is_stopped(const struct stopper *stopper);

/* Waits for the end of an actor, which must be a good one. */
void actor_join(struct actor *actor);

/* "threads" or "processes", the program's argument. Ends the program with SKIPPED where processes
 * cannot be run. */
enum how how_of(int argc, char **argv);

/* Ends the program with SKIPPED under ThreadSanitizer, which sees one process only. */
void skip_processes_under_tsan(void);

double now_seconds(void);
void sleep_ms(double ms);

#endif
