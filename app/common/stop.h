/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_STOP_H
#define COMMON_STOP_H

/* Why a run ends before its last frame. The receiving lcores see it, whoever asks for it, at their
 * next poll, stop feeding, and everything that is under way is received and given back. */

enum stop_cause {
    STOP_NONE,
    STOP_DURATION, /* --duration is over */
    STOP_INPUT,    /* nobody presses a key any more */
    STOP_SIGNAL,   /* SIGINT and the like, or SIGHUP: the terminal is gone */
};

/* Makes these signals end the run with its report, however often they come: timeout(1), for one,
 * sends its signal twice. */
void stop_on_signals(void);

/* The same of a SIGPIPE that somebody sends. A write to nobody fails from now on, instead of ending
 * the program. */
void stop_on_pipe(void);

/* From now on a signal gives the program so long, of whatever it is doing: then SIGALRM comes. 0:
 * as long as it takes. */
void stop_within(unsigned seconds);

/* Asks for the end. The first cause stays, except that a signal overrides. */
void stop_request(enum stop_cause cause);

/* Forgets a --duration that is over, before the next run; a signal stays. */
void stop_rearm(void);

enum stop_cause stop_requested(void);

#endif
