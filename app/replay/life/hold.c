/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "life/hold.h"

#include <errno.h>
#include <math.h>
#include <rte_common.h>
#include <rte_random.h>
#include <stdlib.h>
#include <string.h>

/* Above 0, up to 1. */
static double any_share(void)
{
    return (double)((rte_rand() >> 11) + 1) * 0x1p-53;
}

/* A time with a mean of 1. */
static double any_life(void)
{
    return -log(any_share());
}

uint64_t hold_bytes(const struct hold_spec *spec, uint32_t most)
{
    struct hold hold;

    if (spec->kind == HOLD_NONE)
        return 0;
    return (uint64_t)rte_align32pow2(most) * (sizeof(*hold.kept) + sizeof(*hold.since));
}

int hold_open(struct hold *ret_hold, const struct hold_spec *spec, uint32_t most)
{
    uint32_t size = rte_align32pow2(most);
    struct hold hold = {.spec = *spec, .mask = size - 1, .left = any_life()};

    if (spec->kind == HOLD_NONE) {
        *ret_hold = hold;
        return 0;
    }
    hold.kept = calloc(size, sizeof(*hold.kept));
    hold.since = calloc(size, sizeof(*hold.since));
    if (hold.kept == NULL || hold.since == NULL) {
        hold_close(&hold);
        return -ENOMEM;
    }
    *ret_hold = hold;
    return 0;
}

void hold_close(struct hold *hold)
{
    free(hold->kept);
    free(hold->since);
}

void hold_put(struct hold *hold, struct rte_mbuf *const packets[], unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t slot = hold->end++ & hold->mask;

        hold->kept[slot] = packets[i];
        hold->since[slot] = hold->now;
    }
}

static unsigned take_oldest(struct hold *hold, struct rte_mbuf *packets[], unsigned n)
{
    unsigned taken = 0;

    while (taken < n && hold_count(hold) > 0) {
        uint64_t slot = hold->first & hold->mask;

        if (!hold->all && hold->now - hold->since[slot] < (uint64_t)hold->spec.amount)
            break;
        packets[taken++] = hold->kept[slot];
        hold->first++;
    }
    return taken;
}

static struct rte_mbuf *take_any(struct hold *hold)
{
    uint64_t slot = rte_rand() % hold->end;
    struct rte_mbuf *packet = hold->kept[slot];

    hold->kept[slot] = hold->kept[--hold->end];
    return packet;
}

static unsigned take_exponential(struct hold *hold, struct rte_mbuf *packets[], unsigned n)
{
    unsigned taken = 0;

    while (taken < n && hold->end > 0) {
        double rate = (double)hold->end / hold->spec.amount;
        double passed = ((double)hold->now - hold->settled) * rate;

        if (passed < hold->left) {
            hold->left -= passed;
            hold->settled = (double)hold->now;
            return taken;
        }
        hold->settled += hold->left / rate;
        hold->left = any_life();
        packets[taken++] = take_any(hold);
    }
    if (hold->end == 0)
        hold->settled = (double)hold->now;
    return taken;
}

static unsigned take_newest(struct hold *hold, struct rte_mbuf *packets[], unsigned n)
{
    unsigned taken = 0;

    while (taken < n && hold->end > 0)
        packets[taken++] = hold->kept[--hold->end];
    return taken;
}

/* Of those that came since, a share stays. */
static unsigned take_share(struct hold *hold, struct rte_mbuf *packets[], unsigned n)
{
    unsigned taken = 0;

    while (taken < n && hold->sorted < hold->end) {
        struct rte_mbuf **packet = &hold->kept[hold->sorted];

        if (any_share() <= hold->spec.amount) {
            hold->sorted++;
        } else {
            packets[taken++] = *packet;
            *packet = hold->kept[--hold->end];
        }
    }
    return taken;
}

unsigned hold_take(struct hold *hold, struct rte_mbuf *packets[], unsigned n)
{
    if (hold->spec.kind == HOLD_FIXED)
        return take_oldest(hold, packets, n);
    if (hold->all)
        return take_newest(hold, packets, n);
    if (hold->spec.kind == HOLD_EXP)
        return take_exponential(hold, packets, n);
    if (hold->spec.kind == HOLD_FOREVER)
        return take_share(hold, packets, n);
    return 0;
}
