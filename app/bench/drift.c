/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "drift.h"

#include "as_lcore.h"

#include <stdlib.h>

/* Beyond what an lcore holds: enough that it never has to steal, which would move its bot. */
#define SLACK 256u

/* All that can be got, while the deques are moved. */
struct hands {
    const struct contender *contender;
    void **objects;
    unsigned n;
};

static void take_all(struct hands *hands)
{
    while (as_lcore_get(hands->contender, LAB_LCORE_ANY, &hands->objects[hands->n], 1))
        hands->n++;
}

/* The lcore's bot moves on by as much. */
static void give(struct hands *hands, unsigned lcore, unsigned n)
{
    hands->n -= n;
    as_lcore_put(hands->contender, lcore, &hands->objects[hands->n], n);
}

static const struct lab_deque *deque_of(const struct contender *contender, unsigned lcore)
{
    const struct lab_pool *pool = contender_pool(contender);
    const struct lab_deque *deque = pool != NULL ? &pool->deque[lab_pool_lcore_index(lcore)] : NULL;

    return deque != NULL && lab_deque_slots_any(deque) != NULL ? deque : NULL;
}

unsigned drift_at_rest(const struct contender *contender, unsigned lcore)
{
    const struct lab_deque *deque = deque_of(contender, lcore);

    if (deque == NULL)
        return 0;
    return (unsigned)(deque->capacity - (lab_load_relaxed(&deque->bot) & deque->mask));
}

/* Moves the bot of an lcore that has nothing to where `stay` buffers bring it to its place. */
static bool approach(struct hands *hands, unsigned lcore, const struct setting *setting,
                     unsigned stay)
{
    const struct lab_deque *deque;
    unsigned far;

    give(hands, lcore, 1); /* with its first buffer, an lcore is given slots */
    take_all(hands);
    deque = deque_of(hands->contender, lcore);
    if (deque == NULL)
        return false;
    far = (unsigned)((setting->held - setting->drift - stay - lab_load_relaxed(&deque->bot)) &
                     deque->mask);
    while (far > 0) {
        unsigned n = RTE_MIN(far, hands->n);

        give(hands, lcore, n);
        take_all(hands);
        far -= n;
    }
    return true;
}

bool drift_place(const struct contender *contender, const struct setting *setting,
                 const unsigned lcores[])
{
    struct hands hands = {.contender = contender};
    unsigned stay = RTE_MIN(setting->bufs / setting->lcores, setting->held + SLACK);
    bool placed = true;

    if (contender_pool(contender) == NULL)
        return true;
    hands.objects = malloc((setting->bufs + 1) * sizeof(*hands.objects)); /* one that fails */
    if (hands.objects == NULL)
        return false;
    take_all(&hands);
    for (unsigned i = 0; i < setting->lcores; i++)
        placed = approach(&hands, lcores[i], setting, stay) && placed;
    for (unsigned i = 0; i < setting->lcores; i++)
        give(&hands, lcores[i], stay);
    give(&hands, rte_lcore_id(), hands.n);
    free(hands.objects);
    return placed;
}
