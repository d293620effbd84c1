/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef PATIENCE_H
#define PATIENCE_H

/* For loops that wait for what others do. */

#include <rte_cycles.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

/* A thread that has waited for this time has come to a standstill. */
#define STANDSTILL_S 10

/* Sleeps: on a busy machine, a thread that yields in a loop is passed over for seconds. */
static inline void pause_a_little(void)
{
    usleep(20);
}

/* Whether to try again, after a burst that came or did not; *since is when the last one came. */
static inline bool patient(uint64_t *since, bool came)
{
    if (came)
        *since = rte_get_tsc_cycles();
    else
        pause_a_little();
    return rte_get_tsc_cycles() - *since < STANDSTILL_S * rte_get_tsc_hz();
}

#endif
