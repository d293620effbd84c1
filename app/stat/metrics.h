/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_METRICS_H
#define STAT_METRICS_H

#include "client.h"
#include "options.h"

/* Prints what there is to say of all pools in OpenMetrics' text format, which is also the one of
 * Prometheus: for the textfile collector of node_exporter. Names and labels are stable, and those
 * of doc/monitoring/labyrinth.py under dpdk-telemetry-exporter.py. An unknown value has no sample.
 * Returns the exit status; nothing is printed when the process could not be asked for all. */
int metrics(struct client *client, const struct options *options);

#endif
