/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_REPEAT_H
#define STAT_REPEAT_H

#include <stdbool.h>

/* Commands that look again and again, until they have looked so often, or a signal comes. Signals
 * come in while one waits, and nowhere else. */
struct repeat {
    double interval_s;
    unsigned count; /* looks; 0: until a signal comes */
    unsigned done;
};

/* From now on signals wait. */
void repeat_begin(void);

/* After a look: waits, and returns whether to look again. */
bool repeat_wait(struct repeat *repeat);

/* Sleeps, but not through a signal. */
void repeat_sleep(double seconds);

#endif
