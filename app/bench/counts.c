/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "emulate.h"
#include "pattern.h"

/* Patterns in which no time is taken: see emulate.h. */

#define FOOTPRINT                                                                                  \
    .operation = "distinct buffers that were got while each could have passed four times",         \
    .bulk = LIST(32), .cache = LIST(0), .bufs = LIST(65535),                                       \
    .lru_bytes = LIST(1 << 20, 4 << 20, 16 << 20), .held = 512, .touched = true,                   \
    .measures = MEASURE_BIT(MEASURE_DISTINCT) | MEASURE_BIT(MEASURE_LRU_MISSES),                   \
    .ranked = MEASURE_DISTINCT, .count = emulate

const struct pattern footprint = {
    .name = "footprint",
    .shows =
        "counted, not timed: buffers that circulate where A receives and B frees; and how many "
        "miss an LRU cache",
    .lcores = LIST(2),
    .least = 2,
    .multiple = 2,
    .traffic = TRAFFIC_PAIRS,
    FOOTPRINT,
};

const struct pattern footprint_local = {
    .name = "footprint-local",
    .shows = "the same where one lcore receives and frees: run to completion",
    .lcores = LIST(1),
    .traffic = TRAFFIC_LOCAL,
    FOOTPRINT,
};

#define SCALING                                                                                    \
    .operation = "lines of packets that change hands, for each buffer got", .bulk = LIST(32),      \
    .cache = LIST(0), .lcores = LIST(2, 4, 8, 16, 32, 64, 120), .bufs = LIST(1024),                \
    .bufs_each = true, .held = 256,                                                                \
    .measures = MEASURE_BIT(MEASURE_LINES) | MEASURE_BIT(MEASURE_STEALS) |                         \
                MEASURE_BIT(MEASURE_PUBLISHES) | MEASURE_BIT(MEASURE_REVOKES) |                    \
                MEASURE_BIT(MEASURE_FAILS),                                                        \
    .ranked = MEASURE_LINES, .count = emulate

const struct pattern scaling_counts_local = {
    .name = "scaling-counts-local",
    .shows =
        "counted, not timed: what 2 to 120 lcores do to each other that free what they receive",
    .traffic = TRAFFIC_LOCAL,
    SCALING,
};

const struct pattern scaling_counts_pairs = {
    .name = "scaling-counts-pairs",
    .shows = "the same in pairs: one receives, the other frees",
    .least = 2,
    .multiple = 2,
    .traffic = TRAFFIC_PAIRS,
    SCALING,
};

const struct pattern scaling_counts_fan_out = {
    .name = "scaling-counts-fan-out",
    .shows = "the same where one receives for all others",
    .least = 2,
    .traffic = TRAFFIC_FAN_OUT,
    SCALING,
};

const struct pattern scaling_counts_fan_in = {
    .name = "scaling-counts-fan-in",
    .shows = "the same where one frees for all others",
    .least = 2,
    .traffic = TRAFFIC_FAN_IN,
    SCALING,
};

const struct pattern scaling_counts_random = {
    .name = "scaling-counts-random",
    .shows = "the same where all receive and any frees",
    .least = 2,
    .traffic = TRAFFIC_RANDOM,
    SCALING,
};
