/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "life/exhaust.h"

#include <rte_common.h>
#include <rte_cycles.h>

/* Long enough that every lcore's cache has been emptied and every way to get a buffer been tried;
 * short enough that a capture of some thousand frames sees the pool empty more than once. */
#define POLLS 1000

bool exhaust_poll(struct exhaust *exhaust, bool starved, bool spent, bool whole)
{
    if (!starved && !spent) {
        exhaust->polls = 0;
        if (whole && exhaust->let_go != 0) {
            uint64_t took = rte_rdtsc() - exhaust->let_go;

            exhaust->recoveries++;
            exhaust->recovery_total += took;
            exhaust->recovery_most = RTE_MAX(exhaust->recovery_most, took);
            exhaust->let_go = 0;
        }
        return false;
    }
    exhaust->polls_empty++;
    exhaust->refused += starved;
    return ++exhaust->polls >= POLLS;
}

void exhaust_let_go(struct exhaust *exhaust, uint64_t held)
{
    exhaust->polls = 0;
    exhaust->times++;
    exhaust->held_most = RTE_MAX(exhaust->held_most, held);
    exhaust->let_go = rte_rdtsc();
}

void exhaust_merge(struct exhaust *into, const struct exhaust *from)
{
    into->on |= from->on;
    into->times += from->times;
    into->held_most = RTE_MAX(into->held_most, from->held_most);
    into->polls_empty += from->polls_empty;
    into->refused += from->refused;
    into->recoveries += from->recoveries;
    into->recovery_total += from->recovery_total;
    into->recovery_most = RTE_MAX(into->recovery_most, from->recovery_most);
}
