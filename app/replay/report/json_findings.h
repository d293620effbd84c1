/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_JSON_FINDINGS_H
#define REPLAY_JSON_FINDINGS_H

#include "report/result.h"

#include <jansson.h>

/* The part of the JSON report about buffers and time. */

/* null for what is no number. */
json_t *json_findings_number(double value);

/* {"median": ..., "min": ..., "max": ...} */
json_t *json_findings_spread(struct spread spread);

/* Adds occupancy, steals, cycles, latency, and the series if there is one, to a run's object. */
void json_findings(json_t *object, const struct run_result *result);

#endif
