/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "stop.h"

#include <lab_atomic.h>
#include <signal.h>
#include <unistd.h>

/* A lone word, published for its own sake: nothing else is read on the strength of it. */
static lab_atomic_t cause_asked;
static lab_atomic_t patience; /* seconds */

enum stop_cause stop_requested(void)
{
    return (enum stop_cause)lab_load_relaxed(&cause_asked);
}

void stop_request(enum stop_cause cause)
{
    uint64_t found = STOP_NONE;

    if (cause == STOP_SIGNAL)
        lab_store_relaxed(&cause_asked, cause);
    else
        (void)lab_cas_relaxed(&cause_asked, &found, cause);
}

void stop_rearm(void)
{
    uint64_t found = STOP_DURATION;

    (void)lab_cas_relaxed(&cause_asked, &found, STOP_NONE);
}

void stop_within(unsigned seconds)
{
    lab_store_relaxed(&patience, seconds); /* alone, as above */
    alarm(stop_requested() == STOP_SIGNAL ? seconds : 0);
}

static void on_signal(int number)
{
    unsigned seconds = (unsigned)lab_load_relaxed(&patience);

    stop_request(STOP_SIGNAL);
    if (seconds != 0)
        alarm(seconds);
}

void stop_on_signals(void)
{
    /* By the last three, others say that a program's time is up. SIGABRT still leaves a core at
     * once. */
    static const int numbers[] = {SIGINT, SIGTERM, SIGQUIT, SIGXCPU, SIGUSR1, SIGUSR2};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigaction before;

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaction(numbers[i], &action, NULL);
    /* nohup(1) has it ignored. */
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
}

/* The kernel's for what was written to nobody comes from the writer itself: the write fails, and
 * that is told. */
static void on_pipe(int number, siginfo_t *info, void *context)
{
    if (info->si_pid != getpid())
        on_signal(number);
}

void stop_on_pipe(void)
{
    struct sigaction action = {.sa_sigaction = on_pipe, .sa_flags = SA_RESTART | SA_SIGINFO};

    sigemptyset(&action.sa_mask);
    sigaction(SIGPIPE, &action, NULL);
}
