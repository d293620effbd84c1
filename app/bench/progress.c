/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "progress.h"

#include <lab_os.h>
#include <stdio.h>
#include <unistd.h>

static double now_s(void)
{
    return (double)lab_os_clock_ns() / 1e9;
}

void progress_start(struct progress *progress, bool wanted, unsigned n, unsigned rounds)
{
    *progress = (struct progress){
        .shows = wanted && isatty(STDERR_FILENO),
        .n = n,
        .rounds = rounds,
        .start_s = now_s(),
    };
}

void progress_setting(struct progress *progress, const char *what, unsigned done)
{
    progress->what = what;
    progress->done = done;
}

void progress_turn(void *context, unsigned round, const char *pool)
{
    const struct progress *progress = context;
    double done = progress->done + (double)round / progress->rounds;
    double passed_s = now_s() - progress->start_s;

    if (!progress->shows)
        return;
    fprintf(stderr, "\r\033[K[%u/%u] %s, round %u of %u: %s", progress->done + 1, progress->n,
            progress->what, round + 1, progress->rounds, pool);
    if (done > 0)
        fprintf(stderr, " (about %.0f s to go)", passed_s / done * (progress->n - done));
}

void progress_clear(const struct progress *progress)
{
    if (progress->shows)
        fputs("\r\033[K", stderr);
}
