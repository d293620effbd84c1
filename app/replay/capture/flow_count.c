/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/flow_count.h"

#include "capture/flow.h"
#include "memory.h"

#include <stdlib.h>

/* Open addressing, at most half full; 0 is an empty place. */
struct flow_set {
    uint64_t *keys;
    size_t n_places; /* a power of two */
    size_t n;
};

#define FIRST_PLACES 1024

static uint64_t *find_place(const struct flow_set *set, uint64_t key)
{
    size_t at = key & (set->n_places - 1);

    while (set->keys[at] != 0 && set->keys[at] != key)
        at = (at + 1) & (set->n_places - 1);
    return &set->keys[at];
}

static void close_set(struct flow_set *set)
{
    free(set->keys);
    memory_give(set->n_places * sizeof(set->keys[0]));
    *set = (struct flow_set){0};
}

static bool open_set(struct flow_set *ret_set, size_t n_places)
{
    struct flow_set set = {.n_places = n_places};

    if (!memory_take(n_places * sizeof(set.keys[0])))
        return false;
    set.keys = calloc(n_places, sizeof(set.keys[0]));
    *ret_set = set;
    if (set.keys == NULL)
        close_set(ret_set);
    return set.keys != NULL;
}

static bool grow(struct flow_set *set)
{
    struct flow_set larger;

    if (!open_set(&larger, 2 * set->n_places))
        return false;
    for (size_t i = 0; i < set->n_places; i++) {
        if (set->keys[i] != 0)
            *find_place(&larger, set->keys[i]) = set->keys[i];
    }
    larger.n = set->n;
    close_set(set);
    *set = larger;
    return true;
}

static bool add(struct flow_set *set, uint64_t key)
{
    uint64_t *place = find_place(set, key);

    if (*place == key)
        return true;
    *place = key;
    return 2 * ++set->n < set->n_places || grow(set);
}

void flow_count(struct capture *capture)
{
    struct flow_counts flows = {.known = true};
    struct flow_set set;

    if (!open_set(&set, FIRST_PLACES))
        return;
    for (size_t i = 0; i < capture->n_frames && flows.known; i++) {
        const struct frame *frame = &capture->frames[i];
        uint64_t key = flow_ends(capture->data + frame->offset, frame->bytes).flow;

        if (key == 0)
            continue;
        flows.n_frames++;
        flows.known = add(&set, key);
    }
    flows.n = set.n;
    close_set(&set);
    if (flows.known)
        capture->flows = flows;
}
