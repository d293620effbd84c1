/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/pace.h"

#include <rte_common.h>
#include <stdio.h>

/* Infinity would do, but that times 0 is no number. */
#define NEVER_NS 0x1p65

const char *pace_name(enum pace_kind kind)
{
    static const char *const names[PACE_KINDS] = {
        [PACE_TOPSPEED] = "topspeed", [PACE_MULTIPLIER] = "multiplier", [PACE_PPS] = "pps",
        [PACE_MBPS] = "mbps",         [PACE_ONEATATIME] = "oneatatime",
    };

    return names[kind];
}

/* A rate near zero puts the time beyond what 64 bits can tell: 584 years will do. */
uint64_t pace_whole_ns(double ns)
{
    return ns < 0x1p64 ? (uint64_t)ns : UINT64_MAX;
}

void pace_format(uint64_t ns, char *text, size_t capacity)
{
    static const struct {
        double seconds;
        const char *name;
    } units[] = {{365.25 * 86400, "years"}, {86400, "days"}, {3600, "hours"}, {60, "minutes"}};
    double seconds = (double)ns / 1e9;
    unsigned i = 0;

    while (i < 3 && seconds < 2 * units[i].seconds)
        i++;
    snprintf(text, capacity, "%s%.1f %s", ns == UINT64_MAX ? "more than " : "",
             seconds / units[i].seconds, units[i].name);
}

/* Between the frames, or the groups of them, that are due at once. */
static double pps_wait_ns(const struct pace *pace)
{
    double wait_ns = (double)RTE_MAX(pace->together, 1u) * 1e9 / pace->rate;

    wait_ns = RTE_MIN(wait_ns, NEVER_NS);
    return pace->longest_ns > 0 && wait_ns > pace->longest_ns ? pace->longest_ns : wait_ns;
}

static double mbps_ns(const struct pace *pace, uint64_t bytes)
{
    return (double)bytes * 8e3 / pace->rate;
}

void pace_plan_start(struct pace_plan *plan, const struct pace *pace)
{
    *plan = (struct pace_plan){.pace = *pace};
}

double pace_plan_next(struct pace_plan *plan, uint64_t time_ns, uint32_t bytes)
{
    const struct pace *pace = &plan->pace;
    double uncut_ns = 0, wait_ns;

    if (pace->kind == PACE_MULTIPLIER)
        uncut_ns = (double)time_ns / pace->rate;
    else if (pace->kind == PACE_MBPS)
        uncut_ns = mbps_ns(pace, plan->bytes);
    uncut_ns = RTE_MIN(uncut_ns, NEVER_NS);
    wait_ns = uncut_ns - plan->uncut_ns;
    if (pace->longest_ns > 0 && wait_ns > pace->longest_ns)
        plan->cut_ns += wait_ns - pace->longest_ns;
    plan->uncut_ns = uncut_ns;
    plan->bytes += bytes;
    plan->n_frames++;
    return uncut_ns - plan->cut_ns;
}

/* As recorded, a pass ends with its last frame, since nobody knows what came after. At a rate, it
 * ends when the next frame would be due. */
double pace_plan_pass_ns(const struct pace_plan *plan)
{
    struct pace_plan next = *plan;

    if (plan->pace.kind == PACE_PPS)
        return 0; /* the index of a frame says all */
    if (plan->pace.kind == PACE_MBPS)
        return pace_plan_next(&next, 0, 0);
    return plan->uncut_ns - plan->cut_ns;
}

/* A double counts whole nanoseconds for 104 days; after that it errs by less than a microsecond
 * for longer than anybody will wait. */
uint64_t pace_due_ns(const struct pace *pace, uint64_t index, uint64_t loop, double pass_ns,
                     double due_ns)
{
    double delays_ns = (double)loop * pace->loop_delay_ns;

    switch (pace->kind) {
    case PACE_PPS:
        if (pace->together > 1)
            index /= pace->together;
        return pace_whole_ns((double)index * pps_wait_ns(pace) + delays_ns);
    case PACE_MULTIPLIER:
    case PACE_MBPS:
        return pace_whole_ns((double)loop * pass_ns + due_ns + delays_ns);
    case PACE_TOPSPEED:
    case PACE_ONEATATIME:
    case PACE_KINDS:
        break;
    }
    return 0;
}
