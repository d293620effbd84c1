/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "slots.h"

#include "chunks.h"
#include "counted.h"
#include "drift.h"
#include "lcores.h"
#include "message.h"
#include "occupancy.h"
#include "plan.h"
#include "stop.h"

#include <errno.h>
#include <rte_malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A setting while it is measured. */
struct series {
    const struct options *options;
    struct result *result;
    struct contender contenders[CONTENDERS_MAX];
    struct occupancy occupancies[CONTENDERS_MAX]; /* one for each of them */
    unsigned n;
    unsigned lcores[RTE_MAX_LCORE];
    struct turn turn;
    struct chunks chunks; /* where turns are cut into these */
};

static void open_contenders(struct series *series)
{
    const struct setting *setting = &series->result->setting;

    for (unsigned i = 0; i < series->options->n_pools; i++) {
        struct contender *contender = &series->contenders[series->n];
        const char *name = series->options->pools[i];

        if (!pattern_takes(setting->pattern, contender_kind(name)) || !contender_exists(name))
            continue;
        if (contender_open(contender, name, setting->bufs, setting->cache,
                           setting->pattern->touched) &&
            occupancy_fill(&series->occupancies[series->n], contender, setting)) {
            series->n++;
            continue;
        }
        contender_close(contender);
        note("%s: %s is left out", setting->pattern->name, name);
    }
}

/* Looks whether every buffer that a pool began with is there again. */
static bool look_for_lost(struct series *series)
{
    const struct setting *setting = &series->result->setting;
    bool ours_whole = true;

    for (unsigned i = 0; i < series->n; i++) {
        occupancy_release(&series->occupancies[i], &series->contenders[i]);
        ours_whole = contender_is_whole(&series->contenders[i], setting->bufs,
                                        setting->pattern->name, &series->result->entries[i].lost) &&
                     ours_whole;
    }
    return ours_whole;
}

static void close_series(struct series *series)
{
    for (unsigned i = 0; i < series->n; i++)
        contender_close(&series->contenders[i]);
    for (unsigned i = 0; series->turn.workers != NULL && i < series->result->setting.lcores; i++)
        free(series->turn.workers[i].room);
    rte_free(series->turn.workers);
    free(series);
}

static bool place_deques(struct series *series)
{
    const struct setting *setting = &series->result->setting;
    bool placed = true;

    for (unsigned i = 0; i < series->n && setting->drift > 0; i++)
        placed = drift_place(&series->contenders[i], setting, series->lcores) && placed;
    return placed;
}

/* The same memory for all pools, so that none has it better. */
static bool open_workers(struct series *series)
{
    const struct setting *setting = &series->result->setting;
    struct worker *workers =
        rte_zmalloc("bench", setting->lcores * sizeof(*workers), RTE_CACHE_LINE_SIZE);

    series->turn.workers = workers;
    if (workers == NULL)
        return false;
    for (unsigned i = 0; i < setting->lcores; i++) {
        size_t bytes = CHUNKS_ROOM + RTE_ALIGN_CEIL(setting->held * sizeof(void *), CHUNKS_ROOM);

        workers[i].room = aligned_alloc(CHUNKS_ROOM, bytes);
        if (workers[i].room == NULL)
            return false;
        memset(workers[i].room, 0, bytes); /* page faults now */
    }
    return true;
}

/* Chunks fill as much time as turns would. */
static bool open_samples(struct series *series)
{
    struct result *result = series->result;
    unsigned rounds = series->options->rounds, chunk_us = result->setting.chunk_us, rows = 1;

    if (chunk_us > 0)
        rows = RTE_MAX(1u, series->options->slot_ms * 1000 / chunk_us);
    series->chunks = (struct chunks){
        .turn = &series->turn,
        .contenders = series->contenders,
        .lcores = series->lcores,
        .slot_us = chunk_us,
        .rows = rows,
        .result = result,
        .random = mix_seed(rows),
    };
    return result_open(result, series->n, rounds * rows);
}

/* The whole series, or NULL and result->left_out says why. */
static struct series *open_series(const struct options *options, struct result *result)
{
    struct series *series = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*series));

    if (series == NULL) {
        snprintf(result->left_out, sizeof(result->left_out), "no memory");
        return NULL;
    }
    *series = (struct series){.options = options, .result = result};
    series->turn.setting = &result->setting;
    series->turn.slot_ms = options->slot_ms;
    result->n_cpus = lcores_pick(result->setting.lcores, result->setting.crowded, series->lcores,
                                 result->left_out, sizeof(result->left_out));
    series->turn.n_cpus = result->n_cpus;
    if (result->n_cpus > 0) {
        open_contenders(series);
        if (series->n == 0)
            snprintf(result->left_out, sizeof(result->left_out), "none of the pools takes part");
        else if (!place_deques(series))
            snprintf(result->left_out, sizeof(result->left_out), "the deques cannot be placed");
        else if (!open_workers(series))
            snprintf(result->left_out, sizeof(result->left_out), "no memory");
    }
    if (result->left_out[0] == '\0') {
        if (open_samples(series))
            return series;
        snprintf(result->left_out, sizeof(result->left_out), "no memory");
    }
    close_series(series);
    return NULL;
}

/* One turn for each pool. The one that begins is another in every round, and every other round goes
 * backwards: none always comes first, or always after the same one. */
static int take_turns(struct series *series, unsigned round, const struct slots_monitor *monitor)
{
    struct result *result = series->result;

    for (unsigned i = 0; i < series->n; i++) {
        unsigned place = (round + i) % series->n;
        unsigned which = round % 2 == 0 ? place : series->n - 1 - place;
        double values[MEASURES];
        int rc;

        if (stop_requested() != STOP_NONE)
            return -EINTR;
        monitor->turn(monitor->context, round, series->contenders[which].name);
        series->turn.round = round;
        series->turn.contender = &series->contenders[which];
        rc = turn_take(&series->turn, series->lcores, values);
        if (rc != 0)
            return rc;
        for (unsigned measure = 0; measure < MEASURES; measure++) {
            if (result->entries[which].values[measure] != NULL)
                result->entries[which].values[measure][round] = values[measure];
        }
    }
    result->samples++;
    return 0;
}

static int take_round(struct series *series, unsigned round, const struct slots_monitor *monitor)
{
    int rc;

    if (series->result->setting.chunk_us == 0) {
        rc = take_turns(series, round, monitor);
    } else {
        monitor->turn(monitor->context, round, "all pools");
        rc = chunks_round(&series->chunks);
    }
    if (rc != 0 && rc != -EINTR)
        complain("%s: %s", series->result->setting.pattern->name, strerror(-rc));
    return rc;
}

enum slots_verdict slots_run(const struct options *options, const struct slots_monitor *monitor,
                             struct result *result)
{
    const char *objection = plan_objection(&result->setting);
    struct series *series;
    bool ours_whole;

    if (objection != NULL) {
        snprintf(result->left_out, sizeof(result->left_out), "%s", objection);
        return SLOTS_LEFT_OUT;
    }
    if (result->setting.pattern->count != NULL)
        return counted_run(options, monitor, result);
    series = open_series(options, result);
    if (series == NULL)
        return SLOTS_LEFT_OUT;
    if (result->setting.lcores > 1 && !result->setting.crowded)
        result->line = line_measure(series->lcores);
    for (unsigned i = 0; i < series->n; i++)
        result->entries[i].pool = series->contenders[i].name;
    while (result->rounds < options->rounds && take_round(series, result->rounds, monitor) == 0)
        result->rounds++;
    ours_whole = look_for_lost(series);
    close_series(series);
    if (result->rounds == 0)
        snprintf(result->left_out, sizeof(result->left_out), "interrupted");
    if (!ours_whole)
        return SLOTS_LEAKED;
    return result->rounds > 0 ? SLOTS_DONE : SLOTS_LEFT_OUT;
}
