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

bool lab_watermark_update(struct lab_watermark *watermark,
                          const struct lab_watermark_limits *limits, int64_t free,
                          lab_atomic_t *sequence)
{
    uint64_t before = lab_load_relaxed(&watermark->pressure);
    uint64_t now = lab_watermark_pressure(limits, free, (enum lab_pressure)before);

    if (lab_likely(now == before) || !lab_cas_relaxed(&watermark->pressure, &before, now))
        return false;
    if (before == LAB_PRESSURE_NONE)
        lab_watermark_raise_event(&watermark->count[LAB_BELOW_LOW], sequence);
    if (now == LAB_PRESSURE_MIN)
        lab_watermark_raise_event(&watermark->count[LAB_BELOW_MIN], sequence);
    if (now == LAB_PRESSURE_NONE)
        lab_watermark_raise_event(&watermark->count[LAB_ABOVE_HIGH], sequence);
    return before == LAB_PRESSURE_NONE;
}
