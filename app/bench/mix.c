/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "mix.h"

#include <stdlib.h>

struct mix_state mix_seed(unsigned seed)
{
    /* The lowest word as srand48() has it. */
    return (struct mix_state){{0x330e, (unsigned short)seed, (unsigned short)(seed >> 16)}};
}

unsigned mix_below(struct mix_state *state, unsigned n)
{
    return (unsigned)((uint64_t)nrand48(state->words) * n >> 31);
}

void mix_shuffle(struct mix_state *state, unsigned ret_order[], unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned other = mix_below(state, i + 1);

        ret_order[i] = ret_order[other];
        ret_order[other] = i;
    }
}

unsigned mix_order(unsigned mix, struct mix_state *state)
{
    unsigned draw;

    switch (mix) {
    case MIX_PAGES: /* each order half as often as the one below */
        draw = mix_below(state, 1u << (LAB_PAGE_ORDERS - 1));
        return draw == 0 ? LAB_PAGE_ORDERS - 1 : (unsigned)__builtin_ctz(draw);
    case MIX_SINGLES:
        draw = mix_below(state, 100);
        return draw < 90 ? 0 : draw < 97 ? 3 : 9;
    case MIX_COUNTS:
        return mix_below(state, LAB_PAGE_ORDERS);
    default:
        return mix;
    }
}
