/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "repeat.h"

#include "stop.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

/* The signals that are held back elsewhere; before repeat_begin() the mask is as it was. */
static sigset_t before;
static bool has_begun;

void repeat_begin(void)
{
    sigset_t ours;

    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGHUP);
    sigprocmask(SIG_BLOCK, &ours, &before);
    has_begun = true;
    stop_on_signals();
}

void repeat_sleep(double seconds)
{
    struct timespec time = {.tv_sec = (time_t)seconds};

    time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
    (void)ppoll(NULL, 0, &time, has_begun ? &before : NULL);
}

bool repeat_wait(struct repeat *repeat)
{
    if (++repeat->done == repeat->count)
        return false;
    repeat_sleep(repeat->interval_s);
    return stop_requested() == STOP_NONE;
}
