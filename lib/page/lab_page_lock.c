/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Locks of single pages.
 *
 *     B1 a lock is taken acquire   pairs with B2
 *     B2 it is given up  release   pairs with B1 */

#include <errno.h>
#include <lab_arena_node.h>

/* The byte of a page that this lcore has locked; threads without an id count as one. */
static uint8_t key_of(uint32_t lcore)
{
    return (uint8_t)(lcore + 2);
}

_Static_assert(LAB_ARENA_LCORES_MAX + 1 <= UINT8_MAX, "every lcore has a key of its own");

static lab_byte_t *lock_of(struct lab_arena *arena, uint32_t lcore, const void *page)
{
    struct lab_page_where where;

    if (!lab_arena_has_lcore(arena, lcore) || !lab_arena_find(arena, page, &where))
        return NULL;
    return &where.zone->lock[where.zone->first[where.part] + where.page];
}

int lab_page_trylock(struct lab_arena *arena, uint32_t lcore, void *page)
{
    lab_byte_t *lock = lock_of(arena, lcore, page);
    uint8_t free = 0;

    if (lock == NULL)
        return -EINVAL;
    /* B1: or the caller reads what the page held before the last one let go of it */
    return lab_byte_cas_acquire(lock, &free, key_of(lcore)) ? 0 : -EBUSY;
}

int lab_page_unlock(struct lab_arena *arena, uint32_t lcore, void *page)
{
    lab_byte_t *lock = lock_of(arena, lcore, page);
    uint8_t mine = key_of(lcore);

    if (lock == NULL)
        return -EINVAL;
    /* B2: or the next one does not see what the caller wrote into the page */
    return lab_byte_cas_release(lock, &mine, 0) ? 0 : -EPERM;
}

void lab_page_unlock_all(struct lab_zone *zone, uint32_t dead)
{
    for (uint64_t page = 0; page < zone->pages; page++) {
        uint8_t key = key_of(dead);

        if (lab_byte_load_relaxed(&zone->lock[page]) == key)
            (void)lab_byte_cas_release(&zone->lock[page], &key, 0); /* B2 */
    }
}
