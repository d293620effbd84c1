/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_STATISTICS_H
#define COMMON_STATISTICS_H

#include <stdbool.h>

/* The most rounds of a measurement. */
#define STATISTICS_MAX 1000

/* The values of a measurement's rounds. The middle one is quoted, for a slow moment of the machine
 * moves it little; the quartiles and the extremes stand beside it, so that nobody takes noise for a
 * result. */
struct spread {
    double median;
    double min;
    double max;
    double q1; /* a quarter of the values lies below, */
    double q3; /* and a quarter above */
};

/* Of n values, 1 or more. NAN stands for a value that could not be had, and is left out; all are
 * NAN when there is no other, or no memory. */
struct spread spread_of(const double values[], unsigned n);

/* Of the ratios a[i] / b[i]: each compares two turns of one round, which had the same machine, as
 * medians of different rounds have not. Infinite where b alone is 0. False when no pair says
 * anything: both are 0, or one is NAN, in each. */
bool spread_of_ratios(const double a[], const double b[], unsigned n, struct spread *ret_spread);

#endif
