/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A plugin that leaks: with -d in any DPDK program, telemetry's "/leak,PREFIX,N" takes N mbufs of
 * the first mempool whose name begins so, and forgets them. */

#include <rte_common.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_telemetry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct search {
    char prefix[RTE_MEMPOOL_NAMESIZE];
    struct rte_mempool *found;
};

static void compare(struct rte_mempool *mp, void *context)
{
    struct search *search = context;

    if (search->found == NULL && strncmp(mp->name, search->prefix, strlen(search->prefix)) == 0)
        search->found = mp;
}

/* A function of its own, which the audit is to name. */
static __rte_noinline unsigned int leak_on_purpose(struct rte_mempool *mp, unsigned int n)
{
    unsigned int taken = 0;

    while (taken < n && rte_pktmbuf_alloc(mp) != NULL)
        taken++;
    return taken;
}

static int handle_leak(const char *cmd, const char *params, struct rte_tel_data *data)
{
    struct search search = {.prefix = ""};
    const char *comma = params != NULL ? strrchr(params, ',') : NULL;

    RTE_SET_USED(cmd);
    if (comma == NULL)
        return -1;
    snprintf(search.prefix, sizeof(search.prefix), "%.*s", (int)(comma - params), params);
    rte_mempool_walk(compare, &search);
    if (search.found == NULL)
        return -1;
    rte_tel_data_start_dict(data);
    rte_tel_data_add_dict_string(data, "pool", search.found->name);
    rte_tel_data_add_dict_int(data, "leaked",
                              (int)leak_on_purpose(search.found, (unsigned int)atoi(comma + 1)));
    return 0;
}

RTE_INIT(leak_register)
{
    rte_telemetry_register_cmd("/leak", handle_leak, "Leaks. Parameters: PREFIX,N.");
}
