/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "cpus.h"

static cpu_set_t allowed;

void cpus_remember(void)
{
    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0 || CPU_COUNT(&allowed) == 0) {
        CPU_ZERO(&allowed);
        CPU_SET(0, &allowed);
    }
}

const cpu_set_t *cpus_allowed(void)
{
    return &allowed;
}

unsigned cpus_count(void)
{
    return (unsigned)CPU_COUNT(&allowed);
}

unsigned cpus_nth(unsigned n)
{
    unsigned cpu = 0;

    for (n %= cpus_count();; cpu++) {
        if (CPU_ISSET(cpu, &allowed) && n-- == 0)
            return cpu;
    }
}

int cpus_start_thread(pthread_t *ret_thread, void *(*run)(void *), void *argument)
{
    pthread_attr_t attributes;
    int rc;

    pthread_attr_init(&attributes);
    pthread_attr_setaffinity_np(&attributes, sizeof(allowed), &allowed);
    rc = pthread_create(ret_thread, &attributes, run, argument);
    pthread_attr_destroy(&attributes);
    return rc;
}
