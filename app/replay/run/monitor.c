/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "run/monitor.h"

#include "cpus.h"
#include "duration.h"
#include "message.h"
#include "run/sizing.h"

#include <errno.h>
#include <inttypes.h>
#include <lab_os.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000u
#define SERIES_NS (SECOND_NS / 10) /* without --stats */
#define BAR 30                     /* characters */

/* The workers' counts so far. */
struct count {
    uint64_t ns; /* since the start */
    uint64_t packets;
    uint64_t bytes;
    uint64_t latencies;
    uint64_t latency_cycles;
};

struct monitor {
    const struct run_shared *shared;
    struct worker *workers;
    struct series *series;
    struct count last;
    uint64_t shown_s;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool ended;
    bool shows;
};

/* The part that is done, up to 1; negative when nobody knows. */
static double share_done(const struct monitor *monitor, const struct count *now)
{
    const struct options *options = monitor->shared->options;
    uint64_t frames = sizing_frames(options, monitor->shared->capture);
    double share = -1;

    if (frames != UINT64_MAX && frames > 0)
        share = (double)now->packets / (double)frames;
    if (options->duration_s > 0)
        share = RTE_MAX(share, (double)now->ns / SECOND_NS / options->duration_s);
    return RTE_MIN(share, 1);
}

static void show(struct monitor *monitor, const struct count *now, const struct point *point)
{
    double share = share_done(monitor, now);
    char line[256], bar[BAR + 1];
    int n = snprintf(line, sizeof(line), "\r%" PRIu64 " s  %" PRIu64 " frames  %.3f Mpps ",
                     now->ns / SECOND_NS, now->packets, point->mpps);

    if (share >= 0) {
        memset(bar, '.', BAR);
        memset(bar, '#', (size_t)(share * BAR));
        bar[BAR] = '\0';
        snprintf(line + n, sizeof(line) - (size_t)n, " [%s] %3.0f %% ", bar, share * 100);
    }
    message_try(line);
}

static void print_line(const struct monitor *monitor, const struct count *now,
                       const struct point *point)
{
    const struct run_shared *shared = monitor->shared;
    char line[256], latency[DURATION_BYTES];
    int n = snprintf(line, sizeof(line), "%s%.1f s: %" PRIu64 " packets, %.3f Mpps, %.3f Gbps",
                     monitor->shows ? "\r\033[K" : "", point->seconds, now->packets, point->mpps,
                     point->gbps);

    if (shared->ports == NULL) /* which take and free buffers of which they do not say */
        n += snprintf(line + n, sizeof(line) - (size_t)n,
                      ", %" PRIu64 " buffers outside the pool, latency %s",
                      meter_outside(shared->meters, shared->n_meters),
                      duration_format(point->latency_mean_ns, latency));
    snprintf(line + n, sizeof(line) - (size_t)n, "\n");
    message_try(line);
}

static struct count count_now(const struct monitor *monitor)
{
    const struct run_shared *shared = monitor->shared;
    struct count now = {.ns = lab_os_clock_ns() - shared->start_ns};

    for (unsigned i = 0; i < shared->options->rxq; i++) {
        now.packets += lab_load_relaxed(&monitor->workers[i].progress);
        now.bytes += lab_load_relaxed(&monitor->workers[i].progress_bytes);
    }
    for (unsigned i = 0; i < shared->n_meters; i++) {
        now.latencies += lab_load_relaxed(&shared->meters[i].latency_n);
        now.latency_cycles += lab_load_relaxed(&shared->meters[i].latency_sum);
    }
    return now;
}

/* Buffers that were taken on the lcore of a worker, and are not back: those that another frees for
 * it included. */
static uint32_t outside(struct worker *worker)
{
    uint64_t returned = lab_load_relaxed(&worker->meter->returned);

    if (worker->releaser != worker->meter)
        returned += lab_load_relaxed(&worker->releaser->returned);
    return (uint32_t)(lab_load_relaxed(&worker->meter->taken) - returned);
}

static struct point point_of(struct monitor *monitor, const struct count *now)
{
    const struct run_shared *shared = monitor->shared;
    const struct count *last = &monitor->last;
    double ns = (double)(now->ns - last->ns), cycle_ns = 1e9 / (double)rte_get_tsc_hz();
    uint64_t peak = 0;
    struct point point = {
        .seconds = (double)now->ns / SECOND_NS,
        .mpps = (double)(now->packets - last->packets) / ns * 1e3,
        .gbps = (double)(now->bytes - last->bytes) * 8 / ns,
    };

    if (now->latencies > last->latencies)
        point.latency_mean_ns = cycle_ns * (double)(now->latency_cycles - last->latency_cycles) /
                                (double)(now->latencies - last->latencies);
    for (unsigned i = 0; i < shared->n_meters; i++) {
        peak = RTE_MAX(peak, lab_load_relaxed(&shared->meters[i].latency_peak));
        lab_store_relaxed(&shared->meters[i].latency_peak, 0);
    }
    point.latency_max_ns = cycle_ns * (double)peak;
    for (unsigned i = 0; shared->ports == NULL && i < shared->options->rxq; i++)
        point.outside[i] = outside(&monitor->workers[i]);
    return point;
}

static void look(struct monitor *monitor)
{
    struct count now = count_now(monitor);
    struct point point;

    if (now.ns <= monitor->last.ns)
        return;
    point = point_of(monitor, &now);
    if (monitor->series != NULL)
        series_add(monitor->series, &point);
    if (monitor->shared->options->stats_s > 0 && !monitor->shared->options->quiet)
        print_line(monitor, &now, &point);
    if (monitor->shows && now.ns / SECOND_NS > monitor->shown_s) {
        monitor->shown_s = now.ns / SECOND_NS;
        show(monitor, &now, &point);
    }
    monitor->last = now;
}

/* Sleeps until then, or until the run is over. */
static bool sleep_until(struct monitor *monitor, uint64_t ns)
{
    struct timespec then = {.tv_sec = (time_t)(ns / SECOND_NS), .tv_nsec = (long)(ns % SECOND_NS)};
    int rc = 0;

    while (!monitor->ended && rc != ETIMEDOUT)
        rc = pthread_cond_clockwait(&monitor->wake, &monitor->mutex, CLOCK_MONOTONIC, &then);
    return !monitor->ended;
}

static uint64_t period_ns(const struct monitor *monitor)
{
    double stats_s = monitor->shared->options->stats_s;

    if (stats_s > 0)
        return (uint64_t)(stats_s * SECOND_NS);
    return monitor->series != NULL ? SERIES_NS : SECOND_NS;
}

static void *monitor_thread(void *argument)
{
    struct monitor *monitor = argument;
    uint64_t next_ns = monitor->shared->start_ns;
    bool over = false;

    pthread_mutex_lock(&monitor->mutex);
    while (!over) {
        /* A missed turn is not caught up with. */
        next_ns = RTE_MAX(next_ns + period_ns(monitor), lab_os_clock_ns());
        over = !sleep_until(monitor, next_ns);
        look(monitor);
    }
    pthread_mutex_unlock(&monitor->mutex);
    return NULL;
}

struct monitor *monitor_start(const struct run_shared *shared, struct worker workers[],
                              struct series *series)
{
    const struct options *options = shared->options;
    bool shows = !options->quiet && isatty(STDERR_FILENO);
    struct monitor *monitor;
    int rc;

    if (!shows && options->stats_s == 0 && series == NULL)
        return NULL;
    monitor = calloc(1, sizeof(*monitor));
    if (monitor == NULL)
        return NULL;
    monitor->shared = shared;
    monitor->workers = workers;
    monitor->series = series;
    monitor->shows = shows;
    pthread_mutex_init(&monitor->mutex, NULL);
    pthread_cond_init(&monitor->wake, NULL);
    rc = cpus_start_thread(&monitor->thread, monitor_thread, monitor);
    if (rc != 0) {
        note("no thread to watch the run with (%s): no progress is shown, and the report has no "
             "series",
             strerror(rc));
        free(monitor);
        return NULL;
    }
    return monitor;
}

void monitor_end(struct monitor *monitor)
{
    if (monitor == NULL)
        return;
    pthread_mutex_lock(&monitor->mutex);
    monitor->ended = true;
    pthread_cond_signal(&monitor->wake);
    pthread_mutex_unlock(&monitor->mutex);
    pthread_join(monitor->thread, NULL);
    if (monitor->shows)
        message_try("\r\033[K");
    free(monitor);
}
