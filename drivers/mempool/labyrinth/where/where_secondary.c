/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The part of a secondary process in a search of the primary's. */

#include "where_board.h"
#include "where_run.h"

#include <rte_eal.h>
#include <rte_memzone.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The walk that goes on; its thread alone changes it until it has ended. */
static struct {
    lab_atomic_t is_busy;
    struct where_board *board;
    uint32_t walk;
} part;

static struct where_slot *take_slot(struct where_board *board, unsigned *ret_number)
{
    for (unsigned i = 0; i < WHERE_BOARD_SLOTS; i++) {
        uint64_t nobody = 0;

        if (lab_cas_relaxed(&board->slot[i].process, &nobody, (uint64_t)getpid())) {
            *ret_number = i;
            return &board->slot[i];
        }
    }
    return NULL;
}

/* The group of that name, from 1 on; the last one has what there is no room for. */
static uint8_t group_for(struct where_slot *slot, const char *kind, const char *name)
{
    uint32_t n = slot->groups;

    for (uint32_t i = 0; i < n; i++)
        if (strncmp(slot->group[i].kind, kind, sizeof(slot->group[i].kind) - 1) == 0 &&
            strncmp(slot->group[i].name, name, sizeof(slot->group[i].name) - 1) == 0)
            return (uint8_t)(i + 1);
    if (n == WHERE_BOARD_GROUPS)
        return WHERE_BOARD_GROUPS;
    snprintf(slot->group[n].kind, sizeof(slot->group[n].kind), "%s", kind);
    snprintf(slot->group[n].name, sizeof(slot->group[n].name), "%s", name);
    return (uint8_t)++slot->groups;
}

static void fill_in(struct where_slot *slot, uint8_t *group_of, const struct where_walk *walk)
{
    struct where_range known = {0, 0};
    uint8_t known_place = 0, group = 0;

    slot->groups = 0;
    for (uint32_t i = 0; i < walk->pool->set.n; i++) {
        const char *kind;
        char name[104];

        group_of[i] = 0;
        if (walk->place[i] == WHERE_UNKNOWN)
            continue;
        if (walk->place[i] != known_place || !where_range_has(&known, walk->at[i])) {
            known = where_name_place(walk, walk->place[i], walk->at[i], &kind, name, sizeof(name));
            known_place = walk->place[i];
            group = group_for(slot, kind, name);
        }
        group_of[i] = group;
    }
}

static void take_part(void *context)
{
    struct where_board *board = part.board;
    struct where_pace pace = {.bytes_s = board->mib_s << 20};
    struct where_pool pool;
    struct where_walk walk;
    unsigned number;
    struct where_slot *slot = take_slot(board, &number);

    (void)context;
    if (slot == NULL || where_pool_open(board->pool, &pool) != 0)
        return;
    /* The primary numbers the objects in the same way: by their addresses, which are the same. */
    if (pool.set.n == board->objects && pool.set.n <= board->room &&
        where_walk_make(&walk, &pool, &pace)) {
        if (where_walk_private(&walk, board->leave_out) &&
            lab_load_relaxed(&board->walk) == part.walk) {
            fill_in(slot, where_board_groups(board, number), &walk);
            lab_store_release(&slot->done, part.walk); /* Q1: or not all is there */
        }
        where_walk_free(&walk);
    }
    where_pool_close(&pool);
}

static void run_part(void *context)
{
    (void)where_memory_call(take_part, context);
    lab_store_release(&part.is_busy, 0); /* Q3: or the next one finds this one's part */
}

/* DPDK's thread for messages: others wait behind this one. */
static int on_message(const struct rte_mp_msg *message, const void *peer)
{
    const struct rte_memzone *memzone;
    struct where_call call;
    uint64_t idle = 0;

    (void)peer;
    if (message->len_param != sizeof(call))
        return 0;
    memcpy(&call, message->param, sizeof(call));
    call.zone[sizeof(call.zone) - 1] = '\0';
    memzone = rte_memzone_lookup(call.zone);
    if (call.magic != WHERE_BOARD_MAGIC || memzone == NULL ||
        !lab_cas_acq_rel(&part.is_busy, &idle, 1)) /* Q4: as Q3 says */
        return 0;
    part.board = memzone->addr;
    part.walk = call.walk;
    if (part.board->magic != WHERE_BOARD_MAGIC ||
        lab_load_acquire(&part.board->walk) != call.walk || where_run_start(run_part, NULL) != 0)
        lab_store_relaxed(&part.is_busy, 0);
    return 0;
}

void where_secondary_register(void)
{
    (void)rte_mp_action_register(WHERE_BOARD_MESSAGE, on_message); /* or this process is unseen */
}
