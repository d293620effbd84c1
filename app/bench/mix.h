/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_MIX_H
#define BENCH_MIX_H

#include <lab_block.h>

/* The orders of pages that a pattern asks for: always the same one (0 to LAB_PAGE_ORDERS - 1), or a
 * mix of them. */
enum mix {
    MIX_PAGES = LAB_PAGE_ORDERS, /* as many pages in each order */
    MIX_SINGLES,                 /* 90 % are of order 0, 7 % of order 3, 3 % of order 9 */
    MIX_COUNTS,                  /* each order as often */
};

/* A state of nrand48(), which a seed makes again. */
struct mix_state {
    unsigned short words[3];
};

struct mix_state mix_seed(unsigned seed);

/* 0 to n - 1. */
unsigned mix_below(struct mix_state *state, unsigned n);

/* 0 to n - 1 in random order. */
void mix_shuffle(struct mix_state *state, unsigned ret_order[], unsigned n);

/* The next order that is asked for. */
unsigned mix_order(unsigned mix, struct mix_state *state);

#endif
