/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "line.h"

#include "lcores.h"
#include "turn.h"

#include <math.h>
#include <rte_cycles.h>
#include <rte_launch.h>

#define BATCHES 200  /* that are timed, */
#define TRIPS 50     /* round trips of each, */
#define LEAST 20     /* batches at least, */
#define LIMIT_MS 500 /* and until then, whatever has been done */

struct game {
    lab_atomic_t word __rte_cache_aligned; /* odd: it is the second lcore's turn */
    double cycles[BATCHES] __rte_cache_aligned;
    unsigned n;
};

#define GAME_OVER UINT64_MAX

static void wait_while(const lab_atomic_t *word, uint64_t value)
{
    unsigned spins = 0;

    while (lab_load_relaxed(word) == value) {
        if (++spins % TURN_SPINS == 0)
            sched_yield();
    }
}

static int serve(void *argument)
{
    struct game *game = argument;
    uint64_t deadline = rte_rdtsc() + rte_get_tsc_hz() / 1000 * LIMIT_MS, word = 0;

    while (game->n < BATCHES && rte_rdtsc() < deadline) {
        uint64_t start = rte_rdtsc();

        for (unsigned i = 0; i < TRIPS; i++) {
            lab_store_relaxed(&game->word, ++word);
            wait_while(&game->word, word++);
        }
        game->cycles[game->n++] = (double)(rte_rdtsc() - start) / TRIPS;
    }
    lab_store_relaxed(&game->word, GAME_OVER);
    return 0;
}

static int answer(void *argument)
{
    struct game *game = argument;

    for (uint64_t word = 0;; word += 2) {
        wait_while(&game->word, word);
        if (lab_load_relaxed(&game->word) == GAME_OVER)
            return 0;
        lab_store_relaxed(&game->word, word + 2);
    }
}

struct line_trip line_measure(const unsigned lcores[2])
{
    struct game game = {.n = 0};
    struct line_trip trip = {.is_known = false};

    rte_eal_remote_launch(answer, &game, lcores[1]);
    rte_eal_remote_launch(serve, &game, lcores[0]);
    for (unsigned i = 0; i < 2; i++) {
        while (rte_eal_get_lcore_state(lcores[i]) == RUNNING)
            rte_delay_us_sleep(1000);
        rte_eal_wait_lcore(lcores[i]);
    }
    trip.is_known = game.n >= LEAST;
    if (trip.is_known)
        trip.cycles = spread_of(game.cycles, game.n);
    return trip;
}

struct line_trip line_measure_any(void)
{
    unsigned lcores[RTE_MAX_LCORE];
    char why[160];

    if (lcores_pick(2, false, lcores, why, sizeof(why)) == 0)
        return (struct line_trip){.is_known = false};
    return line_measure(lcores);
}

double line_ns(double cycles)
{
    return cycles / (double)rte_get_tsc_hz() * 1e9;
}

json_t *line_object(const struct line_trip *trip)
{
    json_t *object;

    if (!trip->is_known)
        return json_null();
    object = json_object();
    json_object_set_new(object, "cycles", json_real(round(trip->cycles.median)));
    json_object_set_new(object, "q1", json_real(round(trip->cycles.q1)));
    json_object_set_new(object, "q3", json_real(round(trip->cycles.q3)));
    json_object_set_new(object, "ns", json_real(round(line_ns(trip->cycles.median))));
    return object;
}
