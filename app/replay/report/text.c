/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The report for a person. */

#include "duration.h"
#include "report/report.h"
#include "report/resolution.h"

#include <inttypes.h>
#include <rte_cycles.h>
#include <stdio.h>
#include <string.h>

const char *report_free_on(const struct options *options)
{
    return options->free_on == FREE_ON_RANDOM  ? "random"
           : options->free_on == FREE_ON_OTHER ? "other"
                                               : "same";
}

static void print_pace(FILE *out, const struct pace *pace, const struct run_result *r)
{
    double part;

    if (!pace_is_timed(pace))
        return;
    fprintf(out, "  Asked: --%s=%.10g, reached: ", pace_name(pace->kind), pace->rate);
    if (result_reached(r, &part))
        fprintf(out, "%.10g (%.2f %%)\n", pace->rate * part, 100 * part);
    else
        fprintf(out, "%s\n",
                r->frames_replayed > 0 ? "unknown (all frames were due at once)"
                                       : "unknown (no frame was replayed)");
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

static void print_exhaust(FILE *out, const struct exhaust *exhaust)
{
    double ns = 1e9 / (double)rte_get_tsc_hz();
    char mean[DURATION_BYTES], most[DURATION_BYTES];

    fprintf(out,
            "  Exhausted: %" PRIu64 " times, with up to %" PRIu64 " packets held; %" PRIu64
            " polls meanwhile, %" PRIu64 " refills refused\n",
            exhaust->times, exhaust->held_most, exhaust->polls_empty, exhaust->refused);
    if (exhaust->recoveries > 0)
        fprintf(out, "  Recovered: the queue was full again after %s (%s at most)\n",
                duration_format(ns * (double)exhaust->recovery_total / (double)exhaust->recoveries,
                                mean),
                duration_format(ns * (double)exhaust->recovery_most, most));
}

/* Samples of which so few are larger than a percentile say nothing of it. */
#define LEAST_ABOVE 5

/* Of ten samples and more, their middle is known; of 500, also p99. */
static bool is_known(const struct quantiles *q, double share)
{
    return (double)q->n * (1 - share) >= LEAST_ABOVE;
}

static void print_latency(FILE *out, const struct quantiles *q)
{
    const struct {
        const char *name;
        double share, ns;
    } rows[] = {{"p50", 0.5, q->p50},
                {"p90", 0.9, q->p90},
                {"p99", 0.99, q->p99},
                {"p99.9", 0.999, q->p999},
                {"p99.99", 0.9999, q->p9999}};
    char text[DURATION_BYTES];

    if (q->n == 0)
        return;
    fprintf(out, "  Latency, descriptor to free: ");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (is_known(q, rows[i].share))
            fprintf(out, "%s %s, ", rows[i].name, duration_format(rows[i].ns, text));
    }
    fprintf(out, "max %s (%" PRIu64 " samples%s)\n", duration_format(q->max, text), q->n,
            is_known(q, 0.5) ? "" : ", too few for percentiles: --loop=0 --duration=1");
}

static void print_cycles(FILE *out, const char *name, const struct quantiles *q)
{
    fprintf(out, "%s %.1f", name, q->p50);
    if (is_known(q, 0.99))
        fprintf(out, " (p99 %.1f)", q->p99);
}

static void print_findings(FILE *out, const struct run_result *r)
{
    const struct findings *f = &r->findings;

    fprintf(out, "  Allocations: %" PRIu64 ", failures: %" PRIu64, r->allocations,
            r->alloc_failures);
    if (f->has_steals)
        fprintf(out, ", steals: %" PRIu64, f->steals);
    fputc('\n', out);
    if (!r->port.used) /* a port takes and frees buffers of which it does not say */
        fprintf(out, "  Occupancy: mean %.1f, high-water %" PRIu64 " buffers outside the pool\n",
                f->occupancy_mean, f->occupancy_high);
    if (is_known(&f->get, 0.5) && is_known(&f->put, 0.5)) {
        print_cycles(out, "  Cycles a buffer: get", &f->get);
        print_cycles(out, ", put", &f->put);
        fputc('\n', out);
    }
    print_latency(out, &f->latency);
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

    fprintf(out, "  Port: %s%s%s to %s\n", port->tx, port->tx2[0] == '\0' ? "" : " and ", port->tx2,
            port->rx[0] == '\0'    ? "nowhere"
            : port->tx2[0] != '\0' ? "one another"
                                   : port->rx);
    for (unsigned i = 0; i < LOSSES; i++) {
        if (port->lost[i] == 0)
            continue;
        fprintf(out, "%s%" PRIu64 " %s", between, port->lost[i], port_loss_name(i));
        between = ", ";
    }
    if (between[0] == ',')
        fputc('\n', out);
    if (port->rx[0] != '\0')
        fprintf(out,
                "  Foreign:    %-14" PRIu64 " Reordered: %-15" PRIu64 " Duplicated: %" PRIu64 "\n",
                port->foreign, port->reordered, port->duplicated);
    if (port->kept != 0)
        fprintf(out, "  Kept by the driver: %" PRIu64 " buffers, though the port is closed\n",
                port->kept);
}

static void print_packets(FILE *out, const struct run_result *r)
{
    if (result_only_sends(r)) {
        fprintf(out, "  TX-packets: %-14" PRIu64 " TX-bytes:   %" PRIu64 "\n", r->frames_replayed,
                r->bytes_replayed);
        return;
    }
    fprintf(out,
            "  RX-packets: %-14" PRIu64 " RX-dropped: %-14" PRIu64 " RX-bytes:   %" PRIu64 "\n",
            r->rx_packets, r->rx_dropped, r->rx_bytes);
    fprintf(out, "  RX-nombufs: %-14" PRIu64 " RX-chains:  %" PRIu64 "\n", r->rx_nombuf,
            r->rx_chains);
}

static void print_flows(FILE *out, const struct report *report, const struct run_result *r)
{
    const struct capture *capture = report->capture;
    double flows;

    if (!result_flows(r, report->options, capture, &flows))
        return;
    fprintf(out,
            "  Flows: %.0f flows, %.2f fps, %" PRIu64 " flow packets, %" PRIu64
            " non-flow packets in the capture\n",
            flows, r->duration_s > 0 ? flows / r->duration_s : 0, capture->flows.n_frames,
            capture->n_frames - capture->flows.n_frames);
}

/* The name of the pool, and its speed. */
static void print_run(FILE *out, const struct report *report, const struct run_result *r)
{
    const struct options *options = report->options;
    char hold[64] = ", held ";

    if (options->hold.kind == HOLD_NONE || options->hold.kind == HOLD_ALL)
        hold[0] = '\0';
    else
        hold_format(&options->hold, hold + strlen(hold), sizeof(hold) - strlen(hold));
    fprintf(out,
            "Pool %s: %u buffers of %u bytes, cache %u; %u x %u descriptors, burst %u, "
            "free on %s lcore%s%s\n",
            r->pool, report->n_mbufs, options->mbuf_size, options->mbcache, options->rxq,
            options->rxd, options->burst,
            options->free_on == FREE_ON_RANDOM  ? "any"
            : options->free_on == FREE_ON_OTHER ? "another"
                                                : "the same",
            hold, options->clone ? ", cloned" : "");
    fprintf(out, "  Actual: %" PRIu64 " packets (%" PRIu64 " bytes) replayed in %.6f seconds%s\n",
            r->frames_replayed, r->bytes_replayed, r->duration_s,
            r->interrupted                ? ", interrupted"
            : r->stopped == STOP_DURATION ? ", time over"
            : r->stopped == STOP_INPUT    ? ", no more keys"
            : r->port.stalled             ? ", stalled"
                                          : "");
    if (options->unique_ip)
        fprintf(out, "  With addresses of their loop: %" PRIu64 " packets\n", r->frames_edited);
    fprintf(out, "  Rated: %.1f Bps, %.2f Mbps, %.2f pps\n", result_gbps(r) * 1e9 / 8,
            result_gbps(r) * 1e3, result_mpps(r) * 1e6);
    print_flows(out, report, r);
    print_pace(out, &options->pace, r);
}

static void print_result(FILE *out, const struct report *report, const struct run_result *r)
{
    const struct options *options = report->options;

    print_run(out, report, r);
    print_packets(out, r);
    print_findings(out, r);
    if (options->stream)
        fprintf(out,
                "  Starved:    %-14" PRIu64 " waits for a frame to be read, %.6f seconds in all\n",
                r->starved, r->starved_s);
    if (options->clone)
        fprintf(out, "  Clones: %" PRIu64 " buffers, %" PRIu64 " packets found none\n", r->clones,
                r->clone_failures);
    if (r->exhaust.on)
        print_exhaust(out, &r->exhaust);
    if (options->reserve > 0)
        fprintf(out,
                "  Reserve: %u buffers; %" PRIu64 " packets were received in them, and not kept\n",
                options->reserve, r->unkept);
    if (r->port.used)
        print_port(out, &r->port);
    if (options->rxq > 1)
        print_queues(out, options->rxq, r);
    if (result_only_sends(r))
        fprintf(out, "  Corrupted:  not known (nothing is received)\n");
    else if (options->verify)
        fprintf(out, "  Corrupted:  %-14" PRIu64 " (every byte compared)\n", r->corrupted);
    else
        fprintf(out, "  Corrupted:  not looked at (--no-verify)\n");
    fprintf(out, "  Leaked:     %-14" PRIu64 " of %u buffers\n", r->leaked, report->n_mbufs);
    if (r->not_reached != 0)
        fprintf(out, "  Not reached: %" PRIu64 " frames\n", r->not_reached);
}

/* Pools beside one another, or the spread of one. */
static void print_table(FILE *out, const struct run_result results[], unsigned n)
{
    fprintf(out, "%-14s %9s %9s %9s %9s %14s %10s %6s\n", "pool", "Mpps", "min", "max", "Gbps",
            "alloc failures", "RX-nombufs", "ratio");
    for (unsigned i = 0; i < n; i++) {
        const struct run_result *r = &results[i];

        fprintf(out, "%-14s %9.3f %9.3f %9.3f %9.3f %14" PRIu64 " %10" PRIu64 " %6.2f", r->pool,
                result_mpps(r), r->mpps_spread.min, r->mpps_spread.max, result_gbps(r),
                r->alloc_failures, r->rx_nombuf, r->ratio.median);
        if (r->rounds > 1)
            fprintf(out, " (%.2f to %.2f)", r->ratio.min, r->ratio.max);
        fputc('\n', out);
    }
}

void report_print(FILE *out, const struct report *report)
{
    print_capture(out, report->capture);
    for (unsigned i = 0; i < report->n; i++)
        print_result(out, report, &report->results[i]);
    if (report->n > 1 || report->results[0].rounds > 1)
        print_table(out, report->results, report->n);
    resolution_print(out, report);
}
