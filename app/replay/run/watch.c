/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "run/watch.h"

#include "cpus.h"
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

/* What the workers have counted so far. */
struct count {
    uint64_t ns; /* since the start */
    uint64_t packets;
    uint64_t bytes;
    uint64_t latencies;
    uint64_t latency_cycles;
};

struct watch {
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
static double share_done(const struct watch *watch, const struct count *now)
{
    const struct options *options = watch->shared->options;
    uint64_t frames = sizing_frames(options, watch->shared->capture);
    double share = -1;

    if (frames != UINT64_MAX && frames > 0)
        share = (double)now->packets / (double)frames;
    if (options->duration_s > 0)
        share = RTE_MAX(share, (double)now->ns / SECOND_NS / options->duration_s);
    return RTE_MIN(share, 1);
}

static void show(struct watch *watch, const struct count *now, const struct point *point)
{
    double share = share_done(watch, now);
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

static void print_line(const struct watch *watch, const struct count *now,
                       const struct point *point)
{
    const struct run_shared *shared = watch->shared;

    char line[256];
    int n = snprintf(line, sizeof(line), "%s%.1f s: %" PRIu64 " packets, %.3f Mpps, %.3f Gbps",
                     watch->shows ? "\r\033[K" : "", point->seconds, now->packets, point->mpps,
                     point->gbps);

    if (shared->ports == NULL) /* which take and free buffers of which they do not say */
        n +=
            snprintf(line + n, sizeof(line) - (size_t)n,
                     ", %" PRIu64 " buffers outside the pool, latency %.1f us",
                     meter_outside(shared->meters, shared->n_meters), point->latency_mean_ns / 1e3);
    snprintf(line + n, sizeof(line) - (size_t)n, "\n");
    message_try(line);
}

static struct count count_now(const struct watch *watch)
{
    const struct run_shared *shared = watch->shared;
    struct count now = {.ns = lab_os_clock_ns() - shared->start_ns};

    for (unsigned i = 0; i < shared->options->rxq; i++) {
        now.packets += lab_load_relaxed(&watch->workers[i].progress);
        now.bytes += lab_load_relaxed(&watch->workers[i].progress_bytes);
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

static struct point point_of(struct watch *watch, const struct count *now)
{
    const struct run_shared *shared = watch->shared;
    const struct count *last = &watch->last;
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
        point.outside[i] = outside(&watch->workers[i]);
    return point;
}

static void look(struct watch *watch)
{
    struct count now = count_now(watch);
    struct point point;

    if (now.ns <= watch->last.ns)
        return;
    point = point_of(watch, &now);
    if (watch->series != NULL)
        series_add(watch->series, &point);
    if (watch->shared->options->stats_s > 0 && !watch->shared->options->quiet)
        print_line(watch, &now, &point);
    if (watch->shows && now.ns / SECOND_NS > watch->shown_s) {
        watch->shown_s = now.ns / SECOND_NS;
        show(watch, &now, &point);
    }
    watch->last = now;
}

/* Sleeps until then, or until the run is over. */
static bool sleep_until(struct watch *watch, uint64_t ns)
{
    struct timespec then = {.tv_sec = (time_t)(ns / SECOND_NS), .tv_nsec = (long)(ns % SECOND_NS)};
    int rc = 0;

    while (!watch->ended && rc != ETIMEDOUT)
        rc = pthread_cond_clockwait(&watch->wake, &watch->mutex, CLOCK_MONOTONIC, &then);
    return !watch->ended;
}

static uint64_t period_ns(const struct watch *watch)
{
    double stats_s = watch->shared->options->stats_s;

    if (stats_s > 0)
        return (uint64_t)(stats_s * SECOND_NS);
    return watch->series != NULL ? SERIES_NS : SECOND_NS;
}

static void *watch_thread(void *argument)
{
    struct watch *watch = argument;
    uint64_t next_ns = watch->shared->start_ns;
    bool over = false;

    pthread_mutex_lock(&watch->mutex);
    while (!over) {
        /* What has been missed is not caught up with. */
        next_ns = RTE_MAX(next_ns + period_ns(watch), lab_os_clock_ns());
        over = !sleep_until(watch, next_ns);
        look(watch);
    }
    pthread_mutex_unlock(&watch->mutex);
    return NULL;
}

struct watch *watch_start(const struct run_shared *shared, struct worker workers[],
                          struct series *series)
{
    const struct options *options = shared->options;
    bool shows = !options->quiet && isatty(STDERR_FILENO);
    struct watch *watch;
    int rc;

    if (!shows && options->stats_s == 0 && series == NULL)
        return NULL;
    watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return NULL;
    watch->shared = shared;
    watch->workers = workers;
    watch->series = series;
    watch->shows = shows;
    pthread_mutex_init(&watch->mutex, NULL);
    pthread_cond_init(&watch->wake, NULL);
    rc = cpus_start_thread(&watch->thread, watch_thread, watch);
    if (rc != 0) {
        note("no thread to watch the run with (%s): no progress is shown, and the report has no "
             "series",
             strerror(rc));
        free(watch);
        return NULL;
    }
    return watch;
}

void watch_end(struct watch *watch)
{
    if (watch == NULL)
        return;
    pthread_mutex_lock(&watch->mutex);
    watch->ended = true;
    pthread_cond_signal(&watch->wake);
    pthread_mutex_unlock(&watch->mutex);
    pthread_join(watch->thread, NULL);
    if (watch->shows)
        message_try("\r\033[K");
    free(watch);
}
