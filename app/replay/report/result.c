/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "report/result.h"

bool result_only_sends(const struct run_result *result)
{
    return result->port.used && result->port.rx[0] == '\0';
}

double result_mpps(const struct run_result *result)
{
    uint64_t packets = result_only_sends(result) ? result->frames_replayed : result->rx_packets;

    return result->duration_s > 0 ? (double)packets / result->duration_s / 1e6 : 0;
}

double result_gbps(const struct run_result *result)
{
    uint64_t bytes = result_only_sends(result) ? result->bytes_replayed : result->rx_bytes;

    return result->duration_s > 0 ? (double)bytes * 8 / result->duration_s / 1e9 : 0;
}

bool result_flows(const struct run_result *result, const struct options *options,
                  const struct capture *capture, double *ret_flows)
{
    double passes;

    if (!capture->flows.known || result->not_reached != 0 || capture->n_frames == 0)
        return false;
    *ret_flows = (double)capture->flows.n;
    passes = (double)result->frames_replayed / (double)capture->n_frames;
    if (options->unique_ip && passes > (double)options->unique_ip_loops)
        *ret_flows *= passes / (double)options->unique_ip_loops;
    return true;
}

bool result_reached(const struct run_result *result, double *ret_part)
{
    if (result->planned_s <= 0 || result->fed_s <= 0)
        return false;
    *ret_part = result->planned_s / result->fed_s;
    return true;
}

/* The frames that were sent came back, and in order. */
static bool is_whole(const struct run_result *result)
{
    const struct port_result *port = &result->port;

    if (!port->used)
        return result->rx_packets == result->frames_replayed &&
               result->rx_bytes == result->bytes_replayed;
    return port->reordered == 0 && !port->stalled &&
           (result_only_sends(result) || result->rx_packets == result->frames_replayed);
}

/* Whether all frames were replayed, or as many as were asked for. */
static bool is_complete(const struct run_result *result)
{
    return result->stopped == STOP_DURATION || result->stopped == STOP_INPUT ||
           (result->not_reached == 0 && !result->unread);
}

bool result_is_clean(const struct run_result *result)
{
    return result->corrupted == 0 && result->leaked == 0 && is_whole(result) && is_complete(result);
}
