/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_MARKS_H
#define LAB_POOL_MARKS_H

/* A pool's marks: how near its end it is, as events that a program polls.
 *
 *     things free     high ─ the pool is calm again                            (an event)
 *          │          low  ─ no more than these: get ends here where this is the reserve, which is
 *          │                 the default                                       (an event)
 *          ▼          0    ─ not even the receive path gets anything any more  (an event)
 *
 * Between low and high the pressure stays what it was, so that nobody is told twice. The marks only
 * tell: who may take what is the reserve's business (lab_pool.h).
 *
 * Free things are counted where it costs nothing that a program would notice, on the slow paths: by
 * gets that fail, by the first to take something from the reserve, by every eighth slow get of an
 * lcore (each of which moves many things), and, while the pool is not calm, by its slow puts
 * likewise. So a low mark above the reserve is noticed some refills late, and a pool that nobody
 * works with does not notice that it is calm: lab_pool_watch() looks at once. Threads that count at
 * the same time may be wrong by what others are moving.
 *
 * Label: M1 a fence between an event's count and the sequence, pairs with M2, the load of the
 * sequence, acquire: who has seen that it changed finds the event, or would never ask again. */

#include <lab_atomic.h>
#include <lab_common.h>

struct lab_pool;

enum lab_pool_pressure { LAB_POOL_CALM, LAB_POOL_IS_LOW, LAB_POOL_IS_EMPTY };

/* What the marks tell; each raises the pool's sequence by one. */
enum lab_pool_crossing {
    LAB_POOL_BELOW_LOW,  /* no more things are free than the low mark says */
    LAB_POOL_EMPTIED,    /* none is, nor in the reserve */
    LAB_POOL_ABOVE_HIGH, /* as many are free again as the high mark says */
    LAB_POOL_CROSSINGS
};

/* Part of a pool: only lib/pool looks inside. */
struct lab_pool_marks {
    lab_atomic_t pressure;
    lab_atomic_t sequence;
    lab_atomic_t count[LAB_POOL_CROSSINGS];
};

struct lab_pool_events {
    enum lab_pool_pressure pressure;
    uint32_t low; /* the marks, in things */
    uint32_t high;
    uint64_t count[LAB_POOL_CROSSINGS]; /* since the pool was made */
};

/* What has been seen so far. Reads only. Any thread, of any process that has the pool; wait-free,
 * no system call. */
LAB_PUBLIC void lab_pool_events(const struct lab_pool *pool, struct lab_pool_events *ret_events);

/* Counts now, and returns how near the end the pool is: for a thread that is idle, since it reads
 * the lines that others are writing. Any thread; wait-free. */
LAB_PUBLIC enum lab_pool_pressure lab_pool_watch(struct lab_pool *pool);

/* The names, "below_low" and "below low" and the like; NULL beyond the last. Any thread;
 * wait-free. */
LAB_PUBLIC const char *lab_pool_crossing_name(enum lab_pool_crossing crossing);
LAB_PUBLIC const char *lab_pool_pressure_name(enum lab_pool_pressure pressure);

#endif
