/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_HOLD_SPEC_H
#define REPLAY_HOLD_SPEC_H

#include <stdbool.h>
#include <stddef.h>

/* The value of --hold: how long packets are held. */
enum hold_kind {
    HOLD_NONE,
    HOLD_FIXED,   /* each for `amount` frames */
    HOLD_EXP,     /* each for a time of its own, `amount` frames on average */
    HOLD_FOREVER, /* a share, `amount`, until the end of the run; the others not at all */
    HOLD_ALL,     /* until they are let go: --exhaust */
};

struct hold_spec {
    enum hold_kind kind;
    double amount;
};

/* fixed:N, exp:MEAN or forever:SHARE. False, and the reason said, for anything else. */
bool hold_parse(const char *text, struct hold_spec *ret_spec);

/* The same, written. */
void hold_format(const struct hold_spec *spec, char *text, size_t capacity);

/* Packets that one queue may have held at once, rather too many than too few, when `frames` come
 * by. */
double hold_most(const struct hold_spec *spec, double frames);

#endif
