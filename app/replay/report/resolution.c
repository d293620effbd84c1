/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "report/resolution.h"

#include "duration.h"

#include <math.h>

#define FINE 0.05       /* noise below this is not reported */
#define SHORT_S 0.1     /* a round in which one interruption by the kernel shows */
#define LONG_S 1.0      /* of rounds that are longer, more help more */
#define FEW 5           /* rounds that have no quartiles worth the name */
#define MOST_ROUNDS 100 /* that are recommended */

static double resolution_of_spread(struct spread spread, unsigned rounds)
{
    double width = rounds < FEW ? spread.max - spread.min
                                : 1.58 * (spread.q3 - spread.q1) / sqrt((double)rounds);

    return width / spread.median;
}

static unsigned least_rounds(const struct report *report)
{
    unsigned rounds = report->results[0].rounds;

    for (unsigned i = 1; i < report->n; i++)
        rounds = RTE_MIN(rounds, report->results[i].rounds);
    return rounds;
}

double resolution_of(const struct report *report)
{
    unsigned rounds = least_rounds(report);
    double coarsest = 0;

    if (rounds < 2)
        return NAN;
    if (report->n == 1)
        return resolution_of_spread(report->results[0].mpps_spread, rounds);
    for (unsigned i = 1; i < report->n; i++) {
        double own = resolution_of_spread(report->results[i].ratio, rounds);

        if (!(own <= coarsest)) /* or nothing is known of it */
            coarsest = own;
    }
    return coarsest;
}

static double shortest_round_s(const struct report *report)
{
    double seconds = report->results[0].duration_s;

    for (unsigned i = 1; i < report->n; i++)
        seconds = RTE_MIN(seconds, report->results[i].duration_s);
    return seconds;
}

/* Rounds narrow it by the root of their number. */
static unsigned rounds_for(double resolution, unsigned rounds)
{
    double wanted = ceil(rounds * (resolution / FINE) * (resolution / FINE));

    return wanted < FEW ? FEW : wanted < MOST_ROUNDS ? (unsigned)wanted : MOST_ROUNDS;
}

static void print_advice(FILE *out, const struct report *report, double resolution, double round_s)
{
    const char *loop = report->options->loop == 0 ? "" : "--loop=0 ";
    unsigned rounds = least_rounds(report);

    if (rounds < FEW)
        fprintf(out, ": --repeat=%d%s%s\n", FEW, round_s < LONG_S ? " " : "",
                round_s >= LONG_S ? ""
                : loop[0] == '\0' ? "--duration=1"
                                  : "--loop=0 --duration=1");
    else if (round_s < LONG_S)
        fprintf(out, ": %s--duration=%d\n", loop, round_s < SHORT_S ? 1 : 5);
    else
        fprintf(out, ": --repeat=%u\n", rounds_for(resolution, rounds));
}

void resolution_print(FILE *out, const struct report *report)
{
    double resolution = resolution_of(report), round_s = shortest_round_s(report);
    char length[DURATION_BYTES];

    duration_format(round_s * 1e9, length);
    if (isnan(resolution)) {
        if (report->n < 2)
            return;
        fprintf(out, "One round of %s: how far rounds differ is not known", length);
    } else if (resolution > FINE) {
        fprintf(out, "Rounds of %s: no difference below %.0f %% can be seen", length,
                100 * resolution);
    } else if (round_s < SHORT_S) {
        fprintf(out, "Rounds of %s are short: one interruption changes them", length);
    } else {
        return;
    }
    print_advice(out, report, resolution, round_s);
}
