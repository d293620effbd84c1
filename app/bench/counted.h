/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_COUNTED_H
#define BENCH_COUNTED_H

#include "slots.h"

/* As slots_run(), of a pattern that counts: each pool once, and alone in memory. */
enum slots_verdict counted_run(const struct options *options, const struct slots_monitor *monitor,
                               struct result *result);

#endif
