/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef ARENA_ORACLE_H
#define ARENA_ORACLE_H

/* An arena and a plain array of pages, driven by the same sequence of public calls, one thread
 * playing all lcores; as zone_oracle.h, with deques and reserves. Its memory is never touched. */

#include <lab_page.h>

enum {
    ARENA_BLOCKS_MAX = 5, /* and one for each reserve */
    ARENA_PAGES_MAX = (ARENA_BLOCKS_MAX + 2) * LAB_BLOCK_PAGES,
    ARENA_LCORES = 3, /* and the threads without an id */
    ARENA_BULK = 64
};

struct arena_oracle {
    struct lab_arena *arena;
    uint32_t pages;
    uint8_t order[ARENA_PAGES_MAX]; /* as zone_wrong() has it */
    uint32_t held[ARENA_PAGES_MAX]; /* first pages, in no order */
    uint32_t n_held;
    const char *wrong; /* the first thing that was, or NULL */
    char memory[65536] __attribute__((aligned(64)));
};

/* An arena of 1 to ARENA_BLOCKS_MAX blocks, all free. Where it is fenced, every request reaches
 * everything, and a refusal means that there was nothing; otherwise that is so for those that wait.
 */
void arena_oracle_init(struct arena_oracle *oracle, uint32_t blocks, bool fenced);

/* Plays a step; any number is one. false: the arena and the array disagree, and oracle->wrong says
 * how. */
bool arena_oracle_play(struct arena_oracle *oracle, uint32_t number);

/* Empties all deques and looks at every word; the same. */
bool arena_oracle_compare(struct arena_oracle *oracle);

/* Puts everything back; the same. */
bool arena_oracle_put_all(struct arena_oracle *oracle);

#endif
