/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>

double report_mpps(const struct run_result *result)
{
    return result->duration_s > 0 ? (double)result->rx_packets / result->duration_s / 1e6 : 0;
}

double report_gbps(const struct run_result *result)
{
    return result->duration_s > 0 ? (double)result->rx_bytes * 8 / result->duration_s / 1e9 : 0;
}

static void print_capture(FILE *out, const struct capture *capture)
{
    fprintf(out, "Read: %" PRIu64 " frames, %zu to replay (%zu bytes)%s\n", capture->n_read,
            capture->n_frames, capture->data_bytes, capture->partial ? ", partial" : "");
    for (unsigned i = 0; i < REFUSALS; i++) {
        if (capture->refused[i] != 0)
            fprintf(out, "  Refused: %" PRIu64 " %s\n", capture->refused[i],
                    capture_refusal_name(i));
    }
    if (capture->n_cut != 0)
        fprintf(out, "  Cut short in the capture: %" PRIu64 "\n", capture->n_cut);
    if (capture->n_backward != 0)
        fprintf(out, "  Timestamps that go backwards: %" PRIu64 "\n", capture->n_backward);
}

/* How evenly the flows have spread. */
static void print_queues(FILE *out, unsigned n, const struct run_result *r)
{
    fprintf(out, "  RX-queues: ");
    for (unsigned i = 0; i < n; i++)
        fprintf(out, " %" PRIu64 " (%.1f %%)", r->queue_packets[i],
                r->rx_packets == 0 ? 0
                                   : 100.0 * (double)r->queue_packets[i] / (double)r->rx_packets);
    fputc('\n', out);
}

static void print_port(FILE *out, const struct port_result *port)
{
    const char *between = "  Lost:       ";

    fprintf(out, "  Port: %s to %s\n", port->tx, port->rx[0] == '\0' ? "nowhere" : port->rx);
    for (unsigned i = 0; i < LOSSES; i++) {
        if (port->lost[i] == 0)
            continue;
        fprintf(out, "%s%" PRIu64 " %s", between, port->lost[i], port_loss_name(i));
        between = ", ";
    }
    if (between[0] == ',')
        fputc('\n', out);
    fprintf(out, "  Foreign:    %-14" PRIu64 " Reordered: %-15" PRIu64 " Duplicated: %" PRIu64 "\n",
            port->foreign, port->reordered, port->duplicated);
    if (port->kept != 0)
        fprintf(out, "  Kept by the driver: %" PRIu64 " buffers, though the port is closed\n",
                port->kept);
}

static void print_result(FILE *out, const struct options *options, unsigned n_mbufs,
                         const struct run_result *r)
{
    fprintf(out,
            "Pool %s: %u buffers of %u bytes, cache %u; %u x %u descriptors, burst %u, "
            "free on %s lcore\n",
            r->pool, n_mbufs, options->mbuf_size, options->mbcache, options->rxq, options->rxd,
            options->burst, options->free_on_other ? "another" : "the same");
    fprintf(out, "  Actual: %" PRIu64 " packets (%" PRIu64 " bytes) replayed in %.6f seconds%s\n",
            r->frames_replayed, r->bytes_replayed, r->duration_s,
            r->stopped == STOP_SIGNAL     ? ", interrupted"
            : r->stopped == STOP_DURATION ? ", time over"
            : r->port.stalled             ? ", stalled"
                                          : "");
    fprintf(out, "  Rated: %.1f Bps, %.2f Mbps, %.2f pps\n", report_gbps(r) * 1e9 / 8,
            report_gbps(r) * 1e3, report_mpps(r) * 1e6);
    fprintf(out, "  RX-packets: %-14" PRIu64 " RX-bytes: %-16" PRIu64 " RX-nombufs: %" PRIu64 "\n",
            r->rx_packets, r->rx_bytes, r->rx_nombuf);
    fprintf(out, "  RX-chains:  %-14" PRIu64 " Allocation failures: %" PRIu64 "\n", r->rx_chains,
            r->alloc_failures);
    if (r->port.used)
        print_port(out, &r->port);
    if (options->rxq > 1)
        print_queues(out, options->rxq, r);
    if (options->verify)
        fprintf(out, "  Corrupted:  %-14" PRIu64 " (every byte compared)\n", r->corrupted);
    else
        fprintf(out, "  Corrupted:  not looked at (--no-verify)\n");
    fprintf(out, "  Leaked:     %-14" PRIu64 " of %u buffers\n", r->leaked, n_mbufs);
    if (r->not_reached != 0)
        fprintf(out, "  Not reached: %" PRIu64 " frames\n", r->not_reached);
}

static void print_table(FILE *out, const struct run_result results[], unsigned n)
{
    fprintf(out, "%-16s %12s %12s %14s %12s %10s\n", "pool", "Mpps", "Gbps", "alloc failures",
            "RX-nombufs", "ratio");
    for (unsigned i = 0; i < n; i++) {
        const struct run_result *r = &results[i];
        double first = report_mpps(&results[0]);

        fprintf(out, "%-16s %12.3f %12.3f %14" PRIu64 " %12" PRIu64 " %10.2f\n", r->pool,
                report_mpps(r), report_gbps(r), r->alloc_failures, r->rx_nombuf,
                first > 0 ? report_mpps(r) / first : 0);
    }
}

void report_print(FILE *out, const struct options *options, const struct capture *capture,
                  unsigned n_mbufs, const struct run_result results[], unsigned n)
{
    print_capture(out, capture);
    for (unsigned i = 0; i < n; i++)
        print_result(out, options, n_mbufs, &results[i]);
    if (n > 1)
        print_table(out, results, n);
}
