/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The report for a program: --json. */

#include "json_file.h"
#include "message.h"
#include "report/json_findings.h"
#include "report/report.h"
#include "report/resolution.h"

#include <errno.h>
#include <rte_cycles.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

static void set_count(json_t *object, const char *key, uint64_t value)
{
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

static const char *not_reached_name(const struct run_result *result)
{
    switch (result->stopped) {
    case STOP_SIGNAL:
        return "interrupted";
    case STOP_INPUT:
        return "after_last_key";
    default:
        return result->port.stalled ? "port_stalled" : "after_duration";
    }
}

static json_t *refused_object(const struct capture *capture, const struct run_result *r)
{
    json_t *refused = json_object();

    for (unsigned i = 0; i < REFUSALS; i++) {
        if (capture->refused[i] != 0)
            set_count(refused, capture_refusal_name(i), capture->refused[i]);
    }
    if (r->dropped_first != 0)
        set_count(refused, "no_buffer", r->dropped_first);
    if (r->not_reached != 0)
        set_count(refused, not_reached_name(r), r->not_reached);
    return refused;
}

static json_t *files_array(const struct options *options)
{
    json_t *files = json_array();

    for (int i = 0; i < options->capture.n_files; i++) {
        json_t *name = json_string(options->capture.files[i]);

        /* A file's name need not be UTF-8; JSON's strings are. */
        json_array_append_new(files, name != NULL ? name : json_string("(not UTF-8)"));
    }
    return files;
}

static json_t *queues_array(const struct options *options, const struct run_result *r)
{
    json_t *queues = json_array();

    for (unsigned i = 0; i < options->rxq; i++)
        json_array_append_new(queues, json_integer((json_int_t)r->queue_packets[i]));
    return queues;
}

static json_t *exhaust_object(const struct exhaust *exhaust)
{
    json_t *object = json_object();
    double us = 1e6 / (double)rte_get_tsc_hz();

    set_count(object, "times", exhaust->times);
    set_count(object, "held", exhaust->held_most);
    set_count(object, "polls_empty", exhaust->polls_empty);
    set_count(object, "refused", exhaust->refused);
    json_object_set_new(object, "recovery_mean_us",
                        exhaust->recoveries == 0 ? json_null()
                                                 : json_real(us * (double)exhaust->recovery_total /
                                                             (double)exhaust->recoveries));
    json_object_set_new(object, "recovery_max_us", json_real(us * (double)exhaust->recovery_most));
    return object;
}

static json_t *port_object(const struct port_result *port)
{
    json_t *object = json_object(), *lost = json_object();

    for (unsigned i = 0; i < LOSSES; i++) {
        if (port->lost[i] != 0)
            set_count(lost, port_loss_name(i), port->lost[i]);
    }
    json_object_set_new(object, "tx", json_string(port->tx));
    json_object_set_new(object, "tx2", port->tx2[0] == '\0' ? json_null() : json_string(port->tx2));
    json_object_set_new(object, "rx", port->rx[0] == '\0' ? json_null() : json_string(port->rx));
    json_object_set_new(object, "lost", lost);
    set_count(object, "foreign", port->foreign);
    set_count(object, "reordered", port->reordered);
    set_count(object, "duplicated", port->duplicated);
    set_count(object, "buffers_kept", port->kept);
    return object;
}

/* The counts of frames, packets and buffers. */
static void add_counts(json_t *object, const struct options *options, const struct capture *capture,
                       const struct run_result *r)
{
    json_object_set_new(object, "files", files_array(options));
    set_count(object, "frames_read", capture->n_read);
    set_count(object, "frames_replayed", r->frames_replayed);
    json_object_set_new(object, "frames_refused", refused_object(capture, r));
    json_object_set_new(object, "partial", json_boolean(capture->partial));
    set_count(object, "frames_cut", capture->n_cut);
    set_count(object, "timestamps_backward", capture->n_backward);
    set_count(object, "bytes_replayed", r->bytes_replayed);
    set_count(object, "frames_edited", r->frames_edited);
    set_count(object, "rx_packets", r->rx_packets);
    json_object_set_new(object, "rx_queue_packets", queues_array(options, r));
    set_count(object, "rx_bursts", r->rx_bursts);
    set_count(object, "rx_bytes", r->rx_bytes);
    set_count(object, "rx_chains", r->rx_chains);
    set_count(object, "rx_nombuf", r->rx_nombuf);
    set_count(object, "rx_dropped", r->rx_dropped);
    set_count(object, "allocations", r->allocations);
    set_count(object, "alloc_failures", r->alloc_failures);
    set_count(object, "freed_same", r->freed_same);
    set_count(object, "freed_other", r->freed_other);
    set_count(object, "clones", r->clones);
    set_count(object, "clone_failures", r->clone_failures);
    set_count(object, "corrupted", r->corrupted);
    if (options->stream) {
        set_count(object, "starved", r->starved);
        json_object_set_new(object, "starved_s", json_real(r->starved_s));
    }
    json_object_set_new(object, "verified", json_boolean(options->verify && !result_only_sends(r)));
    set_count(object, "leaked", r->leaked);
    json_object_set_new(object, "interrupted", json_boolean(r->interrupted));
    if (r->port.used)
        json_object_set_new(object, "port", port_object(&r->port));
}

static void add_speed(json_t *object, const struct options *options, const struct run_result *r)
{
    double part;

    json_object_set_new(object, "duration_s", json_real(r->duration_s));
    json_object_set_new(object, "mpps", json_real(result_mpps(r)));
    json_object_set_new(object, "gbps", json_real(result_gbps(r)));
    json_object_set_new(object, "pace", json_string(pace_name(options->pace.kind)));
    if (pace_is_timed(&options->pace)) {
        json_object_set_new(object, "rate_asked", json_real(options->pace.rate));
        json_object_set_new(object, "planned_s", json_real(r->planned_s));
        json_object_set_new(object, "rate_reached",
                            result_reached(r, &part) ? json_real(options->pace.rate * part)
                                                     : json_null());
    }
}

static void add_flows(json_t *object, const struct report *report, const struct run_result *r)
{
    const struct flow_counts *flows = &report->capture->flows;
    double replayed;

    json_object_set_new(object, "flows",
                        flows->known ? json_integer((json_int_t)flows->n) : json_null());
    json_object_set_new(object, "flow_frames",
                        flows->known ? json_integer((json_int_t)flows->n_frames) : json_null());
    json_object_set_new(object, "flows_per_s",
                        result_flows(r, report->options, report->capture, &replayed) &&
                                r->duration_s > 0
                            ? json_real(replayed / r->duration_s)
                            : json_null());
}

static void add_setting(json_t *object, const struct options *options, unsigned n_mbufs,
                        const struct run_result *r)
{
    char hold[64];

    json_object_set_new(object, "pool", json_string(r->pool));
    set_count(object, "total_num_mbufs", n_mbufs);
    set_count(object, "mbuf_size", options->mbuf_size);
    set_count(object, "mbcache", options->mbcache);
    set_count(object, "reserve", options->reserve);
    set_count(object, "unkept", r->unkept);
    set_count(object, "rxq", options->rxq);
    set_count(object, "rxd", options->rxd);
    set_count(object, "burst", options->burst);
    json_object_set_new(object, "free_on", json_string(report_free_on(options)));
    hold_format(&options->hold, hold, sizeof(hold));
    json_object_set_new(object, "hold", json_string(hold));
    json_object_set_new(object, "clone", json_boolean(options->clone));
    json_object_set_new(object, "seed", json_integer((json_int_t)options->seed));
    if (r->exhaust.on)
        json_object_set_new(object, "exhaust", exhaust_object(&r->exhaust));
}

/* Where and when. */
static void add_place(json_t *object)
{
    struct utsname machine;
    time_t now = time(NULL);
    struct tm utc;
    char date[32];

    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    json_object_set_new(object, "date", json_string(date));
    json_object_set_new(object, "host",
                        uname(&machine) == 0 ? json_string(machine.nodename) : json_null());
}

static json_t *run_object(const struct report *report, const struct run_result *r)
{
    const struct options *options = report->options;
    json_t *object = json_object();

    add_place(object);
    add_counts(object, options, report->capture, r);
    add_speed(object, options, r);
    add_flows(object, report, r);
    add_setting(object, options, report->n_mbufs, r);
    json_object_set_new(object, "find_size", json_boolean(options->find_size));
    set_count(object, "rounds", r->rounds);
    json_object_set_new(object, "mpps_spread", json_findings_spread(r->mpps_spread));
    json_object_set_new(object, "ratio", json_findings_spread(r->ratio));
    json_object_set_new(object, "resolution", json_findings_number(resolution_of(report)));
    json_findings(object, r);
    return object;
}

static bool is_capture(const struct options *options, const struct stat *place)
{
    for (int i = 0; i < options->capture.n_files; i++) {
        struct stat file;

        if (stat(options->capture.files[i], &file) == 0 && file.st_dev == place->st_dev &&
            file.st_ino == place->st_ino)
            return true;
    }
    return false;
}

int report_look(const struct options *options)
{
    const char *path = options->json;
    struct stat place;

    if (path != NULL && stat(path, &place) == 0 && is_capture(options, &place)) {
        complain("--json=%s: is a capture that is to be replayed", path);
        return -EEXIST;
    }
    return json_file_look(path);
}

int report_json(const struct report *report)
{
    const struct options *options = report->options;
    json_t *all = json_array();
    int rc;

    for (unsigned i = 0; i < report->n; i++)
        json_array_append_new(all, run_object(report, &report->results[i]));
    rc = json_file_write(options->json, options->n_pools > 1 ? all : json_array_get(all, 0));
    json_decref(all);
    return rc;
}
