/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef ZONE_ORACLE_H
#define ZONE_ORACLE_H

/* A zone and a plain array of pages, driven by the same sequence of operations, one thread playing
 * all lcores. The array must bear out every answer of the zone: a run that is given was free and is
 * aligned, a refusal means that no such run is free, a free that is wrong changes nothing. */

#include <lab_zone.h>
#include <stdbool.h>

enum {
    ORACLE_BLOCKS_MAX = 5,
    ORACLE_PAGES_MAX = ORACLE_BLOCKS_MAX * LAB_BLOCK_PAGES,
    ORACLE_LCORES = 3, /* and the threads without an id */
    ORACLE_BULK = 64
};

struct oracle {
    struct lab_zone_part *part;
    uint32_t pages;
    uint8_t order[ORACLE_PAGES_MAX]; /* as zone_wrong() has it */
    uint32_t held[ORACLE_PAGES_MAX]; /* first pages, in no order */
    uint32_t n_held;
    uint32_t free_pages;
    const char *wrong; /* the first thing that was, or NULL */
    char memory[16384] __attribute__((aligned(64)));
};

/* The kinds of steps. */
enum oracle_kind {
    ORACLE_GET,
    ORACLE_PUT,
    ORACLE_PUT_WRONG, /* any page, any order */
    ORACLE_GET_BULK,
    ORACLE_PUT_BULK,
    ORACLE_KINDS
};

struct oracle_step {
    enum oracle_kind kind;
    uint32_t lcore; /* 0 to ORACLE_LCORES, the last being LAB_LCORE_ANY */
    unsigned order;
    enum lab_zone_class lifetime;
    uint32_t which; /* of those that are held; a page; how many */
};

/* A zone of 1 to ORACLE_BLOCKS_MAX blocks, all free. */
void oracle_init(struct oracle *oracle, uint32_t blocks);

/* Any number is a step. */
struct oracle_step oracle_step_of(uint32_t number);

/* false: the zone and the array disagree, and oracle->wrong says how. */
bool oracle_play(struct oracle *oracle, const struct oracle_step *step);

/* Looks at every word of the zone, and at its statistics; as oracle_play(). */
bool oracle_compare(struct oracle *oracle);

#endif
