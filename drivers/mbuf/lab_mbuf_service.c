/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <errno.h>
#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_service.h>
#include <rte_service_component.h>
#include <stdio.h>

#include "lab_mbuf_private.h"

/* Pages of one call: some microseconds, so that other services of the core get their turns. */
#define PAGES 64

static int32_t keep(void *arena)
{
    unsigned ready = 0;
    uint32_t lcore = rte_lcore_id();

    if (lcore != LAB_LCORE_ANY && lcore >= ((struct lab_arena *)arena)->lcores)
        lcore = LAB_LCORE_ANY;
    (void)lab_housekeep(arena, lcore, PAGES, &ready);
    return ready > 0 ? 0 : -EAGAIN; /* there was nothing to do */
}

static void name_of(const struct lab_arena *arena, char *ret_name)
{
    snprintf(ret_name, RTE_SERVICE_NAME_MAX, "lab_%s", arena->name);
}

void lab_mbuf_service_add(struct lab_arena *arena)
{
    struct rte_service_spec spec = {.callback = keep,
                                    .callback_userdata = arena,
                                    .capabilities = RTE_SERVICE_CAP_MT_SAFE,
                                    .socket_id = arena->zone[0].node};
    uint32_t id;
    int rc;

    name_of(arena, spec.name);
    rc = rte_service_component_register(&spec, &id);
    if (rc == 0)
        rc = rte_service_component_runstate_set(id, 1);
    if (rc != 0)
        LAB_MBUF_SAY(NOTICE, "arena %s: no service for its housekeeping: %s", arena->name,
                     rte_strerror(-rc));
}

void lab_mbuf_service_remove(const struct lab_arena *arena)
{
    char name[RTE_SERVICE_NAME_MAX];
    uint32_t id;

    name_of(arena, name);
    if (rte_service_get_by_name(name, &id) != 0)
        return;
    (void)rte_service_runstate_set(id, 0);
    (void)rte_service_component_runstate_set(id, 0);
    while (rte_service_may_be_active(id) == 1)
        rte_delay_us_sleep(10);
    (void)rte_service_component_unregister(id);
}
