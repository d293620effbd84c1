/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_RESOLUTION_H
#define REPLAY_RESOLUTION_H

#include "report/report.h"

/* The smallest difference that a comparison can show: a smaller one may be the machine's noise.
 *
 * It is that of the pool whose ratios to the first pool differ most from round to round, and of one
 * pool alone, that of its rates. Of five rounds and more it is 1.58 times the distance of their
 * quartiles, divided by the root of how many they are (McGill, Tukey and Larsen, "Variations of box
 * plots", 1978: medians further apart differ, in 95 of 100 cases); of fewer, the distance of the
 * extremes. */

/* As a share: 0.3 is 30 %. NAN where one round shows nothing of it. */
double resolution_of(const struct report *report);

/* Says so, and what helps, when the rounds are too few, too short or too noisy for 5 %. */
void resolution_print(FILE *out, const struct report *report);

#endif
