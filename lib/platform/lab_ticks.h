/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_TICKS_H
#define LAB_TICKS_H

/* Time that costs next to nothing to read, in units of the machine. */

#include <lab_common.h>
#include <stdint.h>
#if !defined(__x86_64__) && !defined(__aarch64__)
#include <lab_os.h>
#endif

/* Ticks since some moment, at a steady rate, the same on all CPUs and in all processes; two reads
 * in succession may be out of order by some tens of nanoseconds. Two readings of this and of
 * lab_os_clock_ns() show how long a tick is. Any thread; wait-free. */
LAB_INLINE uint64_t lab_ticks(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return lab_os_clock_ns();
#endif
}

#endif
