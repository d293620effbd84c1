/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include <stdbool.h>

/* One line on a terminal's stderr that says how far it is and how long it will take. Nothing when
 * stderr is no terminal. */

struct progress {
    bool shows;
    unsigned n, done; /* settings */
    unsigned rounds;  /* of each */
    const char *what; /* is measured now */
    double start_s;
};

void progress_start(struct progress *progress, bool wanted, unsigned n, unsigned rounds);
void progress_setting(struct progress *progress, const char *what, unsigned done);
void progress_turn(void *progress, unsigned round, const char *pool);

/* Takes the line away, before something else is printed. */
void progress_clear(const struct progress *progress);

#endif
