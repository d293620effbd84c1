/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_ZONE_ENTER_H
#define LAB_ZONE_ENTER_H

/* What every call of a zone begins and ends with. For lib/page alone.
 *
 *     Z1 a guest's place is taken acquire   pairs with Z2
 *     Z2 a guest's place is left  release   pairs with Z1 */

#include <lab_zone_search.h>

/* What names the block's rows while the lcore is in transit with one of them. */
LAB_INLINE struct lab_block_transit lab_zone_transit_of(struct lab_zone_lcore *me, uint32_t block)
{
    return (struct lab_block_transit){&me->intent, 1 + (uint64_t)block * LAB_BLOCK_ROWS};
}

/* A caller's lcore, or the first guest's place that nobody is in. Threads without an id that find
 * none use *late instead, without an intent. NULL: there is no such lcore. */
static inline struct lab_zone_lcore *lab_zone_enter(struct lab_zone *zone, uint32_t lcore,
                                                    struct lab_zone_lcore *late)
{
    struct lab_zone_lcore *guest = &zone->lcore[zone->lcores];

    if (lab_likely(lcore < zone->lcores))
        return &zone->lcore[lcore];
    if (lcore != LAB_LCORE_ANY)
        return NULL;
    for (unsigned i = 0; i < LAB_ZONE_GUESTS; i++, guest++) {
        uint64_t free = 0;

        /* Z1: or what the guest before wrote comes later than what this one does */
        if (lab_load_relaxed(&guest->taken) == 0 && lab_cas_acquire(&guest->taken, &free, 1))
            return guest;
    }
    memset(late, 0, sizeof(*late));
    memset(late->at, 0xff, sizeof(late->at)); /* LAB_PAGE_NONE */
    late->silent = true;
    return late;
}

static inline void lab_zone_leave(struct lab_zone *zone, struct lab_zone_lcore *me, uint32_t lcore)
{
    if (lab_likely(lcore != LAB_LCORE_ANY))
        return;
    if (me->silent)
        lab_zone_stop_all_work(zone, me);
    else
        lab_store_release(&me->taken, 0); /* Z2: or the next guest does not see what it wrote */
}

/* Whether an allocation of that order may begin at the page. */
LAB_INLINE bool lab_zone_has(const struct lab_zone *zone, uint32_t page, unsigned order)
{
    return order < LAB_PAGE_ORDERS && page / LAB_BLOCK_PAGES < zone->blocks &&
           (page & ((1u << order) - 1)) == 0;
}

#endif
