/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <lab_watermark.h>

void lab_watermark_raise_event(lab_atomic_t *count, lab_atomic_t *sequence)
{
    (void)lab_fetch_add_relaxed(count, 1);
    lab_fence_seq_cst(); /* M1: before the sequence, or a poller sees it change and no event */
    (void)lab_fetch_add_relaxed(sequence, 1);
}

unsigned lab_watermark_update(struct lab_watermark *watermark,
                              const struct lab_watermark_limits *limits, int64_t free,
                              lab_atomic_t *sequence)
{
    uint64_t before = lab_load_relaxed(&watermark->pressure);
    uint64_t now = lab_watermark_pressure(limits, free, (enum lab_pressure)before);
    unsigned crossed = 0;

    if (lab_likely(now == before) || !lab_cas_relaxed(&watermark->pressure, &before, now))
        return 0;
    if (before == LAB_PRESSURE_NONE)
        crossed |= 1u << LAB_BELOW_LOW;
    if (now == LAB_PRESSURE_MIN)
        crossed |= 1u << LAB_BELOW_MIN;
    if (now == LAB_PRESSURE_NONE)
        crossed |= 1u << LAB_ABOVE_HIGH;
    for (unsigned i = 0; i < LAB_CROSSINGS; i++)
        if ((crossed & 1u << i) != 0)
            lab_watermark_raise_event(&watermark->count[i], sequence);
    return crossed;
}
