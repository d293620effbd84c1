/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "lcores.h"

#include "cpus.h"

#include <rte_common.h>
#include <rte_lcore.h>
#include <sched.h>
#include <stdio.h>

void lcores_map(unsigned alone, unsigned crowded, char *text, size_t capacity)
{
    unsigned n_cpus = cpus_count(), n = RTE_MIN(RTE_MIN(alone, n_cpus), RTE_MAX_LCORE - 1u);
    unsigned in_crowd = RTE_MIN(n, CROWD_CPUS);
    size_t length = (size_t)snprintf(text, capacity, "0@(");

    for (unsigned i = 0; i < n_cpus && i < 16; i++) /* enough to find an idle one */
        length += (size_t)snprintf(text + length, capacity - length, "%s%u", i == 0 ? "" : ",",
                                   cpus_nth(i));
    length += (size_t)snprintf(text + length, capacity - length, ")");
    for (unsigned i = 0; i < n; i++)
        length += (size_t)snprintf(text + length, capacity - length, ",%u@%u", i + 1, cpus_nth(i));
    for (; in_crowd < crowded && n_cpus >= CROWD_CPUS && n < RTE_MAX_LCORE - 1; in_crowd++, n++)
        length += (size_t)snprintf(text + length, capacity - length, ",%u@%u", n + 1,
                                   cpus_nth(in_crowd % CROWD_CPUS));
}

/* The CPU of an lcore; the first, should it have several. */
static unsigned cpu_of(unsigned lcore)
{
    rte_cpuset_t set = rte_lcore_cpuset(lcore);
    unsigned cpu = 0;

    while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &set))
        cpu++;
    return cpu;
}

static unsigned pick_alone(unsigned n, unsigned lcores[], char *why, size_t capacity)
{
    unsigned picked = 0, lcore;
    cpu_set_t used;

    CPU_ZERO(&used);
    RTE_LCORE_FOREACH_WORKER (lcore) {
        unsigned cpu = cpu_of(lcore);

        if (picked == n || CPU_ISSET(cpu, &used))
            continue;
        CPU_SET(cpu, &used);
        lcores[picked++] = lcore;
    }
    if (picked == n)
        return n;
    snprintf(why, capacity, "needs %u CPUs, one for each lcore, and this program has %u", n,
             picked);
    return 0;
}

static unsigned pick_crowd(unsigned n, unsigned lcores[], char *why, size_t capacity)
{
    unsigned picked = 0, n_cpus = 0, lcore;
    cpu_set_t crowd;

    CPU_ZERO(&crowd);
    RTE_LCORE_FOREACH_WORKER (lcore) {
        unsigned cpu = cpu_of(lcore);

        if (picked == n)
            break;
        if (!CPU_ISSET(cpu, &crowd)) {
            if (n_cpus == CROWD_CPUS)
                continue;
            CPU_SET(cpu, &crowd);
            n_cpus++;
        }
        lcores[picked++] = lcore;
    }
    if (picked == n && n_cpus == CROWD_CPUS && n > CROWD_CPUS)
        return n_cpus;
    snprintf(why, capacity,
             "needs %u lcores on %d CPUs (more lcores than CPUs), and this program has %u on %u", n,
             CROWD_CPUS, picked, n_cpus);
    return 0;
}

unsigned lcores_pick(unsigned n, bool crowded, unsigned ret_lcores[RTE_MAX_LCORE], char *ret_why,
                     size_t capacity)
{
    return crowded ? pick_crowd(n, ret_lcores, ret_why, capacity)
                   : pick_alone(n, ret_lcores, ret_why, capacity);
}
