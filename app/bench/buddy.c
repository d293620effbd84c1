/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "buddy.h"

#include <lab_block.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define NOT_FREE UINT8_MAX

/* Of each page, meaningful at the first of a free run. */
struct run {
    uint32_t next, previous;
    uint8_t order; /* NOT_FREE: no free run begins here */
};

struct buddy {
    uint32_t free_pages;
    uint32_t head[LAB_PAGE_ORDERS];
    struct run run[];
};

static void push(struct buddy *buddy, uint32_t page, unsigned order)
{
    uint32_t next = buddy->head[order];

    buddy->run[page] = (struct run){.next = next, .previous = NONE, .order = (uint8_t)order};
    if (next != NONE)
        buddy->run[next].previous = page;
    buddy->head[order] = page;
}

static void take_out(struct buddy *buddy, uint32_t page)
{
    struct run *run = &buddy->run[page];

    if (run->previous != NONE)
        buddy->run[run->previous].next = run->next;
    else
        buddy->head[run->order] = run->next;
    if (run->next != NONE)
        buddy->run[run->next].previous = run->previous;
    run->order = NOT_FREE;
}

struct buddy *buddy_create(uint32_t pages)
{
    struct buddy *buddy = malloc(sizeof(*buddy) + pages * sizeof(struct run));

    if (buddy == NULL)
        return NULL;
    buddy->free_pages = pages;
    memset(buddy->head, 0xff, sizeof(buddy->head)); /* NONE */
    memset(buddy->run, 0xff, pages * sizeof(struct run));
    for (uint32_t page = pages; page >= LAB_BLOCK_PAGES; page -= LAB_BLOCK_PAGES)
        push(buddy, page - LAB_BLOCK_PAGES, LAB_PAGE_ORDERS - 1);
    return buddy;
}

void buddy_destroy(struct buddy *buddy)
{
    free(buddy);
}

bool buddy_get(struct buddy *buddy, unsigned order, uint32_t *ret_page)
{
    unsigned found = order;
    uint32_t page;

    while (found < LAB_PAGE_ORDERS && buddy->head[found] == NONE)
        found++;
    if (found == LAB_PAGE_ORDERS)
        return false;
    page = buddy->head[found];
    take_out(buddy, page);
    while (found-- > order)
        push(buddy, page + (1u << found), found);
    buddy->free_pages -= 1u << order;
    *ret_page = page;
    return true;
}

void buddy_put(struct buddy *buddy, uint32_t page, unsigned order)
{
    buddy->free_pages += 1u << order;
    for (; order + 1 < LAB_PAGE_ORDERS; order++) {
        uint32_t neighbour = page ^ 1u << order;

        if (buddy->run[neighbour].order != order)
            break;
        take_out(buddy, neighbour);
        page &= ~(1u << order);
    }
    push(buddy, page, order);
}

uint32_t buddy_free_pages(const struct buddy *buddy)
{
    return buddy->free_pages;
}
