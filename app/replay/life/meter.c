/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "life/meter.h"

#include <rte_errno.h>
#include <rte_mbuf_dyn.h>

uint64_t meter_flag;
static int stamp_offset;

int meter_register(void)
{
    static const struct rte_mbuf_dynfield field = {
        .name = "labyrinth_replay_filled",
        .size = sizeof(uint64_t),
        .align = __alignof__(uint64_t),
    };
    static const struct rte_mbuf_dynflag flag = {.name = "labyrinth_replay_filled"};
    int bit;

    stamp_offset = rte_mbuf_dynfield_register(&field);
    if (stamp_offset < 0)
        return -rte_errno;
    bit = rte_mbuf_dynflag_register(&flag);
    if (bit < 0)
        return -rte_errno;
    meter_flag = UINT64_C(1) << bit;
    return 0;
}

uint64_t meter_outside(struct meter meters[], unsigned n)
{
    uint64_t taken = 0, returned = 0;

    /* Each buffer was taken before it was returned: read in this order, the difference is not
     * negative. */
    for (unsigned i = 0; i < n; i++)
        returned += lab_load_relaxed(&meters[i].returned); /* written by meter_returned() */
    for (unsigned i = 0; i < n; i++)
        taken += lab_load_relaxed(&meters[i].taken); /* written by meter_taken() */
    return taken > returned ? taken - returned : 0;
}

void meter_occupancy(struct meter *meter, uint64_t outside)
{
    meter->occupancy_n++;
    meter->occupancy_sum += outside;
    meter->occupancy_max = RTE_MAX(meter->occupancy_max, outside);
}

void meter_stamp(struct rte_mbuf *packet, uint64_t cycles)
{
    packet->ol_flags |= meter_flag;
    *RTE_MBUF_DYNFIELD(packet, stamp_offset, uint64_t *) = cycles;
}

void meter_end(struct meter *meter, const struct rte_mbuf *packet)
{
    uint64_t filled = *RTE_MBUF_DYNFIELD(packet, stamp_offset, const uint64_t *);
    uint64_t now = rte_rdtsc();
    uint64_t took = now > filled ? now - filled : 0; /* CPUs' counters may differ by a little */

    histogram_add(&meter->latency, took);
    /* Each is read for its own sake. */
    lab_store_relaxed(&meter->latency_n, lab_load_relaxed(&meter->latency_n) + 1);
    lab_store_relaxed(&meter->latency_sum, lab_load_relaxed(&meter->latency_sum) + took);
    if (took > lab_load_relaxed(&meter->latency_peak))
        lab_store_relaxed(&meter->latency_peak, took);
}
