/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "labyrinth_look.h"

#include <rte_eal_memconfig.h>
#include <rte_tailq.h>
#include <string.h>

#include "labyrinth_driver.h"
#include "labyrinth_plain.h"

TAILQ_HEAD(mempool_list, rte_tailq_entry); /* as rte_mempool.c has it */

/* With the list's lock held. */
static void visit_all(labyrinth_look_fn *look, void *context)
{
    const struct mempool_list *list = RTE_TAILQ_LOOKUP("RTE_MEMPOOL", mempool_list);
    const struct rte_tailq_entry *entry = list != NULL ? TAILQ_FIRST(list) : NULL;

    for (; entry != NULL; entry = TAILQ_NEXT(entry, next))
        if (labyrinth_pool_of(entry->data) != NULL)
            look(entry->data, context);
}

void labyrinth_look_at_all(labyrinth_look_fn *look, void *context)
{
    rte_mcfg_tailq_read_lock();
    visit_all(look, context);
    rte_mcfg_tailq_read_unlock();
}

struct search {
    const char *name;
    const struct rte_mempool
        *shown; /* under this name, and the one whose name it is: other names */
    const struct rte_mempool *named; /* than plain ones are shown in another way */
};

static void compare(const struct rte_mempool *mp, void *context)
{
    struct search *search = context;
    char plain[LABYRINTH_PLAIN_NAME];

    if (strcmp(labyrinth_plain(plain, sizeof(plain), mp->name), search->name) == 0)
        search->shown = mp;
    if (strcmp(mp->name, search->name) == 0)
        search->named = mp;
}

bool labyrinth_look_at(const char *name, labyrinth_look_fn *look, void *context)
{
    struct search search = {.name = name};
    const struct rte_mempool *found;

    rte_mcfg_tailq_read_lock();
    visit_all(compare, &search);
    found = search.shown != NULL ? search.shown : search.named;
    if (found != NULL)
        look(found, context);
    rte_mcfg_tailq_read_unlock();
    return found != NULL;
}
