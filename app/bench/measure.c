/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "measure.h"

const struct measure_info *measure_info(enum measure measure)
{
    static const struct measure_info infos[] = {
        [MEASURE_MOPS] = {"mops", "Mops", "million operations a second", false},
        [MEASURE_KEPT] = {"kept", "kept", "share of the others' speed", false},
        [MEASURE_HALTED] = {"halted", "halted", "share of the freezes", true},
        [MEASURE_P50] = {"p50_ns", "p50", "ns", true},
        [MEASURE_P99] = {"p99_ns", "p99", "ns", true},
        [MEASURE_P999] = {"p999_ns", "p99.9", "ns", true},
        [MEASURE_P9999] = {"p9999_ns", "p99.99", "ns", true},
        [MEASURE_MAX] = {"max_ns", "max", "ns", true},
        [MEASURE_LARGEST] = {"largest", "order 9", "share of the free pages", false},
        [MEASURE_ZERO] = {"zero_ns", "zero", "ns", true},
        [MEASURE_PLAIN] = {"plain_ns", "plain", "ns", true},
        [MEASURE_EXTRA] = {"extra_ns", "extra", "ns", true},
        [MEASURE_MISSED] = {"missed", "missed", "requests", true},
        [MEASURE_PREEMPTED] = {"preempted", "preempted", "calls", true},
        [MEASURE_DISTINCT] = {"distinct", "distinct", "buffers", true},
        [MEASURE_LRU_MISSES] = {"lru_misses", "LRU misses", "share of the gets", true},
        [MEASURE_LINES] = {"lines", "lines", "cache lines a buffer", true},
        [MEASURE_STEALS] = {"steals", "steals/k", "steals in a thousand buffers", true},
        [MEASURE_PUBLISHES] = {"publishes", "publish/k", "puts in a thousand buffers", true},
        [MEASURE_REVOKES] = {"revokes", "revoke/M", "revocations in a million buffers", true},
        [MEASURE_FAILS] = {"fails", "fails", "gets", true},
    };

    return &infos[measure];
}
