/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_WATERMARK_H
#define LAB_POOL_WATERMARK_H

/* A pool's watermarks (lab_watermark.h): how near its end it is, as events that a program polls.
 *
 *     objects free     high ─ there is no pressure any more
 *          │           low  ─ no more than these: gets end here where this is the reserve, which is
 *          │                  the default
 *          ▼           0    ─ not even the receive path gets anything any more: below min
 *
 * Free objects are counted where it costs nothing that a program would notice, on the slow paths:
 * by gets that fail, by the first to take something from the reserve, by every eighth slow get of
 * an lcore (each of which moves many objects), and, while there is pressure, by its slow puts
 * likewise. So a low watermark above the reserve is noticed some refills late, and a pool that
 * nobody works with does not notice that the pressure is over: lab_pool_pressure() counts at once.
 * Threads that count at the same time may be wrong by what others are moving. */

#include <lab_watermark.h>

struct lab_pool;

struct lab_pool_events {
    enum lab_pressure pressure;
    uint32_t low; /* the watermarks, in objects */
    uint32_t high;
    uint64_t count[LAB_CROSSINGS]; /* since the pool was made */
};

/* What has been seen so far. Reads only. Any thread, of any process that has the pool; wait-free,
 * no system call. */
LAB_PUBLIC void lab_pool_events(const struct lab_pool *pool, struct lab_pool_events *ret_events);

/* Counts now, and returns how near the end the pool is: for a thread that is idle, since it reads
 * the lines that others are writing. Any thread; wait-free. */
LAB_PUBLIC enum lab_pressure lab_pool_pressure(struct lab_pool *pool);

/* The names, "below_low", "emptied", "above_high", and "none", "below low", "empty"; NULL beyond
 * the last. Any thread; wait-free. */
LAB_PUBLIC const char *lab_pool_crossing_name(enum lab_crossing crossing);
LAB_PUBLIC const char *lab_pool_pressure_name(enum lab_pressure pressure);

#endif
