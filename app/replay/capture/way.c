/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/way.h"

#include "capture/flow.h"
#include "memory.h"
#include "message.h"

#include <errno.h>
#include <inttypes.h>
#include <rte_bitops.h> /* rte_align64pow2(), since DPDK 24 */
#include <rte_common.h>
#include <stdlib.h>
#include <string.h>

/* The clients of flows: open addressing, half full at most, since a flow has a frame. */
struct client {
    uint64_t flow; /* 0: an empty place */
    uint64_t end;
    bool is_sure; /* it has sent the flow's first SYN */
};

struct client_table {
    struct client *clients;
    size_t n_places; /* a power of two */
};

static struct client *find_client(const struct client_table *table, uint64_t flow)
{
    size_t at = flow & (table->n_places - 1);

    while (table->clients[at].flow != 0 && table->clients[at].flow != flow)
        at = (at + 1) & (table->n_places - 1);
    return &table->clients[at];
}

static struct flow_ends ends_of(const struct capture *capture, size_t i)
{
    const struct frame *frame = &capture->frames[i];

    return flow_ends(capture->data + frame->offset, frame->bytes);
}

static void learn_clients(const struct client_table *table, const struct capture *capture)
{
    for (size_t i = 0; i < capture->n_frames; i++) {
        struct flow_ends ends = ends_of(capture, i);
        struct client *client = ends.flow == 0 ? NULL : find_client(table, ends.flow);

        if (client == NULL || (client->flow != 0 && (client->is_sure || !ends.is_first_syn)))
            continue;
        *client = (struct client){ends.flow, ends.source, ends.is_first_syn};
    }
}

static int split_by_flow(struct capture *capture)
{
    struct client_table table = {.n_places = rte_align64pow2(2 * capture->n_frames + 1)};
    uint64_t bytes = table.n_places * sizeof(table.clients[0]);

    if (memory_take(bytes)) {
        table.clients = calloc(table.n_places, sizeof(table.clients[0]));
        if (table.clients == NULL)
            memory_give(bytes);
    }
    if (table.clients == NULL) {
        complain("%" PRIu64 " MiB of memory are needed to distinguish the clients of %zu frames: a "
                 "cache file of tcpprep's (--cachefile), or fewer frames (--limit)",
                 bytes >> 20, capture->n_frames);
        return -ENOMEM;
    }
    learn_clients(&table, capture);
    for (size_t i = 0; i < capture->n_frames; i++) {
        struct flow_ends ends = ends_of(capture, i);

        capture->ways[i] = ends.flow != 0 && find_client(&table, ends.flow)->end != ends.source;
    }
    free(table.clients);
    memory_give(bytes);
    return 0;
}

int way_split(struct capture *capture, enum way_split split)
{
    capture->ways = malloc(capture->n_frames + 1);
    if (capture->ways == NULL) {
        complain("no memory for the ways of %zu frames", capture->n_frames);
        return -ENOMEM;
    }
    if (split == WAY_BY_FLOW)
        return split_by_flow(capture);
    for (size_t i = 0; i < capture->n_frames; i++)
        capture->ways[i] = (capture->frames[i].file & FRAME_SECOND) != 0;
    return 0;
}
