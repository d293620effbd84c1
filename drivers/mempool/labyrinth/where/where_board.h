/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WHERE_BOARD_H
#define WHERE_BOARD_H

/* Where the processes of a program meet for a search. A process cannot read the private memory of
 * another, so each that has loaded the driver walks through its own, when the primary's search asks
 * for it by a message, and notes here what it found:
 *
 *     primary:   resets the slots, raises `walk`, sends a message, walks through its own memory
 *     others:    each takes a slot, walks, fills it in, stores `walk` as done
 *     primary:   takes in what was done for this walk; who was not done is unseen
 *
 * The board is a memzone, and stays for good once it was needed: a process that was stopped may
 * come to it at any time, and finds that it is late. No address of an object lies in it.
 *
 *     Q1 store of a slot's done   release   pairs with Q2: what it found is written before
 *     Q2 load of it               acquire   pairs with Q1
 *     Q3 end of a part                      release   pairs with Q4: one thread at a time has it
 *     Q4 CAS that begins the next one       acq_rel   pairs with Q3 */

#include "where_search.h"

#define WHERE_BOARD_MAGIC UINT32_C(0x3157614c) /* "LaW1" in memory: the layout */
#define WHERE_BOARD_SLOTS 8u
#define WHERE_BOARD_GROUPS 64u
#define WHERE_BOARD_MESSAGE "labyrinth_where"

struct where_slot {
    lab_atomic_t process; /* its id; 0: nobody has it */
    lab_atomic_t done;    /* the walk that it has finished */
    uint32_t groups;
    struct {
        char kind[24];
        char name[104];
    } group[WHERE_BOARD_GROUPS];
};

struct where_board {
    uint32_t magic;
    uint32_t room;     /* objects for which there is room */
    lab_atomic_t walk; /* numbers of all searches: none is used twice */
    uint32_t objects;
    uint64_t mib_s;
    char pool[RTE_MEMPOOL_NAMESIZE];
    char leave_out[96];
    struct where_slot slot[WHERE_BOARD_SLOTS];
    uint8_t group_of[]; /* by slot and object: 0, or the number of a group from 1 on */
};

static inline uint8_t *where_board_groups(struct where_board *board, unsigned slot)
{
    return board->group_of + (size_t)slot * board->room;
}

/* The message. */
struct where_call {
    uint32_t magic;
    uint32_t walk;
    char zone[32]; /* the board's */
};

/* where_others.c: the primary's part, for a walk of its own. */

/* The findings of other processes. */
struct where_others {
    struct where_board *board; /* NULL: there are none */
    unsigned processes;        /* that share the memory, beside this one */
    unsigned answered;         /* of them, to the last walk */
    bool is_done[WHERE_BOARD_SLOTS];
};

/* Has the others begin; and waits for those that do, and notes in the walk's places what they have
 * found. */
void where_others_begin(struct where_others *ret_others, const struct where_pool *pool,
                        const struct where_options *options);
void where_others_take(struct where_others *others, struct where_walk *walk);

/* The group that place WHERE_ELSEWHERE stands for, at `at` of the walk. */
void where_others_name(const struct where_others *others, uintptr_t at, const char **ret_kind,
                       char *name, size_t capacity);

/* where_secondary.c: has this process take part. Once, before any other thread. */
void where_secondary_register(void);

#endif
