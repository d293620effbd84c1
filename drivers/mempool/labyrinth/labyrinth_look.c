/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Looking at mempools that may go at any time, and what else all commands of telemetry need. */

#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_tailq.h>
#include <string.h>

#include "labyrinth_driver.h"
#include "labyrinth_plain.h"

TAILQ_HEAD(mempool_list, rte_tailq_entry); /* as rte_mempool.c has it */

/* With the list's lock held. */
static void visit_any(labyrinth_look_fn *look, void *context)
{
    const struct mempool_list *list = RTE_TAILQ_LOOKUP("RTE_MEMPOOL", mempool_list);
    const struct rte_tailq_entry *entry = list != NULL ? TAILQ_FIRST(list) : NULL;

    for (; entry != NULL; entry = TAILQ_NEXT(entry, next))
        look(entry->data, context);
}

struct visit {
    labyrinth_look_fn *look;
    void *context;
};

static void visit_ours(const struct rte_mempool *mp, void *context)
{
    const struct visit *visit = context;

    if (labyrinth_pool_of(mp) != NULL)
        visit->look(mp, visit->context);
}

static void visit_all(labyrinth_look_fn *look, void *context)
{
    struct visit visit = {look, context};

    visit_any(visit_ours, &visit);
}

void labyrinth_look_at_all(labyrinth_look_fn *look, void *context)
{
    rte_mcfg_tailq_read_lock();
    visit_all(look, context);
    rte_mcfg_tailq_read_unlock();
}

struct search {
    const char *name;
    const struct rte_mempool *shown; /* the one that is shown under this name, */
    const struct rte_mempool *named; /* and the one that has it: only plain names are the same */
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

static bool find(void (*visit)(labyrinth_look_fn *look, void *context), const char *name,
                 labyrinth_look_fn *look, void *context)
{
    struct search search = {.name = name};
    const struct rte_mempool *found;

    rte_mcfg_tailq_read_lock();
    visit(compare, &search);
    found = search.shown != NULL ? search.shown : search.named;
    if (found != NULL)
        look(found, context);
    rte_mcfg_tailq_read_unlock();
    return found != NULL;
}

bool labyrinth_look_at(const char *name, labyrinth_look_fn *look, void *context)
{
    return find(visit_all, name, look, context);
}

bool labyrinth_look_at_any(const char *name, labyrinth_look_fn *look, void *context)
{
    return find(visit_any, name, look, context);
}

bool labyrinth_look_for(const char *params, labyrinth_look_fn *look, void *context,
                        struct rte_tel_data *data)
{
    /* Telemetry makes the same of an empty name and of none. */
    if (labyrinth_look_at(params != NULL ? params : "", look, context))
        return true;
    if (params == NULL || *params == '\0')
        rte_tel_data_add_dict_string(data, "error",
                                     "which pool? /labyrinth/info,NAME; /labyrinth/list has names");
    else
        rte_tel_data_add_dict_string(data, "error",
                                     "no labyrinth pool of that name; /labyrinth/list has names");
    return false;
}

void labyrinth_look_command(const char *command, telemetry_cb callback, const char *help)
{
    int rc = rte_telemetry_register_cmd(command, callback, help);

    if (rc != 0)
        LABYRINTH_LOG(NOTICE, "telemetry has no %s: %s", command, rte_strerror(-rc));
}
