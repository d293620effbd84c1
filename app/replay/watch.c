/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "watch.h"

#include "cpus.h"
#include "message.h"
#include "stop.h"

#include <errno.h>
#include <inttypes.h>
#include <lab_os.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000u

struct watch {
    const struct run_shared *shared;
    struct worker *workers;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool ended;
    bool shows;
};

static void show(const struct watch *watch, uint64_t elapsed_ns, uint64_t *shown)
{
    uint64_t frames = 0;

    for (unsigned i = 0; i < watch->shared->options->rxq; i++)
        frames += lab_load_relaxed(&watch->workers[i].progress);
    fprintf(stderr, "\r%" PRIu64 " s  %" PRIu64 " frames  %.3f Mpps ", elapsed_ns / SECOND_NS,
            frames, (double)(frames - *shown) / 1e6);
    *shown = frames;
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

static void *watch_thread(void *argument)
{
    struct watch *watch = argument;
    double duration_s = watch->shared->options->duration_s;
    uint64_t start_ns = watch->shared->start_ns, shown = 0, tick_ns = start_ns;
    uint64_t end_ns = UINT64_MAX;

    if (duration_s > 0 && duration_s < 1e9)
        end_ns = start_ns + (uint64_t)(duration_s * SECOND_NS);
    pthread_mutex_lock(&watch->mutex);
    do {
        tick_ns += SECOND_NS;
        if (watch->shows && tick_ns > start_ns + SECOND_NS)
            show(watch, tick_ns - SECOND_NS - start_ns, &shown);
        if (tick_ns >= end_ns) {
            if (sleep_until(watch, end_ns))
                stop_request(STOP_DURATION);
            break;
        }
    } while (sleep_until(watch, tick_ns));
    pthread_mutex_unlock(&watch->mutex);
    return NULL;
}

struct watch *watch_start(const struct run_shared *shared, struct worker workers[])
{
    bool shows = !shared->options->quiet && isatty(STDERR_FILENO);
    struct watch *watch;

    if (!shows && shared->options->duration_s == 0)
        return NULL;
    watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return NULL;
    watch->shared = shared;
    watch->workers = workers;
    watch->shows = shows;
    pthread_mutex_init(&watch->mutex, NULL);
    pthread_cond_init(&watch->wake, NULL);
    if (cpus_start_thread(&watch->thread, watch_thread, watch) != 0) {
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
        fputs("\r\033[K", stderr);
    free(watch);
}
