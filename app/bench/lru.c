/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "lru.h"

#include <stdlib.h>

bool lru_open(struct lru *ret_lru, uint32_t n, uint32_t capacity)
{
    struct lru_link *links = calloc(n + 1, sizeof(*links));

    if (links == NULL)
        return false;
    links[n] = (struct lru_link){.newer = n, .older = n};
    *ret_lru = (struct lru){.links = links, .n = n, .capacity = capacity};
    return true;
}

void lru_close(struct lru *lru)
{
    free(lru->links);
}

static void take_out(struct lru *lru, uint32_t item)
{
    struct lru_link *link = &lru->links[item];

    lru->links[link->newer].older = link->older;
    lru->links[link->older].newer = link->newer;
    link->is_in = false;
    lru->size--;
}

/* As the newest, which is next to the end. */
static void put_in(struct lru *lru, uint32_t item)
{
    uint32_t newest = lru->links[lru->n].older;

    lru->links[item] = (struct lru_link){.newer = lru->n, .older = newest, .is_in = true};
    lru->links[newest].newer = item;
    lru->links[lru->n].older = item;
    lru->size++;
}

bool lru_use(struct lru *lru, uint32_t item)
{
    bool hit = lru->links[item].is_in;

    if (lru->capacity == 0)
        return false;
    if (hit)
        take_out(lru, item);
    else if (lru->size == lru->capacity)
        take_out(lru, lru->links[lru->n].newer); /* the oldest */
    put_in(lru, item);
    return hit;
}
