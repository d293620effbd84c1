/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "life/life.h"

#include "life/release.h"
#include "queue/idle.h"

#include <errno.h>
#include <lab_mbuf.h>
#include <rte_random.h>
#include <stdio.h>

#define PIECE 64 /* packets that are taken out of the hold at once */

int life_open(struct life *ret_life, const struct options *options, unsigned index,
              struct rte_mempool *pool, bool yield, struct meter *meter)
{
    struct life life = {
        .random = options->free_on == FREE_ON_RANDOM,
        .yield = yield,
        .clone = options->clone,
        .exhaust.on = options->hold.kind == HOLD_ALL,
        .reserve = options->reserve > 0 ? pool : NULL,
        .meter = meter,
    };
    char name[RTE_RING_NAMESIZE];

    if (hold_open(&life.hold, &options->hold, pool->size) != 0)
        return -ENOMEM;
    snprintf(name, sizeof(name), "replay_handover_%u", index);
    if (options->free_on != FREE_ON_SAME) {
        life.handover =
            rte_ring_create(name, options->rxd, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
        if (life.handover == NULL) {
            hold_close(&life.hold);
            return -ENOMEM;
        }
    }
    *ret_life = life;
    return 0;
}

void life_close(struct life *life)
{
    rte_ring_free(life->handover);
    hold_close(&life->hold);
}

void life_clone(struct life *life, struct rte_mbuf *packets[], unsigned n)
{
    for (unsigned i = 0; life->clone && i < n; i++) {
        struct rte_mempool *pool = lab_mbuf_pool_nowait(packets[i]->pool);
        struct rte_mbuf *clone = rte_pktmbuf_clone(packets[i], pool);

        if (clone == NULL) {
            life->clone_failures++;
            continue;
        }
        life->n_clones += clone->nb_segs;
        rte_pktmbuf_free(packets[i]); /* the clone holds on to it */
        packets[i] = clone;
    }
}

static void pass_on(struct life *life, struct rte_mbuf *packets[], unsigned n)
{
    unsigned sent = 0;

    if (life->handover == NULL || (life->random && (rte_rand() & 1) != 0)) {
        release(packets, n, life->meter);
        return;
    }
    while ((sent +=
            rte_ring_sp_enqueue_burst(life->handover, (void **)packets + sent, n - sent, NULL)) < n)
        idle(life->yield);
}

static void pass_on_due(struct life *life)
{
    struct rte_mbuf *packets[PIECE];
    unsigned n;

    while ((n = hold_take(&life->hold, packets, PIECE)) > 0)
        pass_on(life, packets, n);
}

/* Packets of the reserve are not for keeping: they go back at once. Returns how many are left. */
static unsigned give_up(struct life *life, struct rte_mbuf *packets[], unsigned n)
{
    struct rte_mbuf *given[PIECE];
    unsigned left = 0, k = 0;

    for (unsigned i = 0; i < n; i++) {
        if (!lab_mbuf_is_reserve(life->reserve, packets[i])) {
            packets[left++] = packets[i];
            continue;
        }
        given[k++] = packets[i];
        if (k == PIECE) {
            release(given, k, life->meter);
            k = 0;
        }
    }
    release(given, k, life->meter);
    life->unkept += n - left;
    life->spent = left == 0;
    return left;
}

void life_take(struct life *life, struct rte_mbuf *packets[], unsigned n)
{
    if (life->hold.spec.kind == HOLD_NONE) {
        pass_on(life, packets, n);
        return;
    }
    hold_tick(&life->hold, n);
    if (life->reserve != NULL)
        n = give_up(life, packets, n);
    hold_put(&life->hold, packets, n);
    pass_on_due(life);
}

void life_dropped(struct life *life, unsigned n)
{
    hold_tick(&life->hold, n);
    pass_on_due(life);
}

static void let_go(struct life *life)
{
    life->hold.all = true;
    pass_on_due(life);
    life->hold.all = false;
}

void life_poll(struct life *life, bool whole, bool starved)
{
    if (!life->exhaust.on)
        return;
    if (exhaust_poll(&life->exhaust, starved, life->spent, whole)) {
        life->spent = false;
        exhaust_let_go(&life->exhaust, hold_count(&life->hold));
        let_go(life);
    }
}

void life_end(struct life *life)
{
    let_go(life);
}
