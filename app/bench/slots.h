/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_SLOTS_H
#define BENCH_SLOTS_H

#include "options.h"
#include "result.h"

/* All pools of a setting, taking turns. */

enum slots_verdict {
    SLOTS_DONE,
    SLOTS_LEFT_OUT, /* result->left_out says why */
    SLOTS_LEAKED,   /* the result is there, but a pool of ours has lost buffers */
};

/* Told before each turn. */
struct slots_monitor {
    void (*turn)(void *context, unsigned round, const char *pool);
    void *context;
};

/* Measures result->setting with the pools of the options that exist and that the pattern is for;
 * fills in the rest of the result. Ends early, with fewer rounds, when a signal asks for it. */
enum slots_verdict slots_run(const struct options *options, const struct slots_monitor *monitor,
                             struct result *result);

#endif
