/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where_owner.h"

#include <string.h>

bool where_owner_make(struct where_owners *ret_owners)
{
    *ret_owners = (struct where_owners){
        .set.start = where_memory_get(WHERE_OWNED_MAX * sizeof(*ret_owners->set.start)),
        .place = where_memory_get(WHERE_OWNED_MAX * sizeof(*ret_owners->place)),
        .at = where_memory_get(WHERE_OWNED_MAX * sizeof(*ret_owners->at)),
    };
    return ret_owners->set.start != NULL && ret_owners->place != NULL && ret_owners->at != NULL;
}

void where_owner_free(struct where_owners *owners)
{
    where_memory_put(owners->set.start);
    where_memory_put(owners->place);
    where_memory_put(owners->at);
    *owners = (struct where_owners){.place = NULL};
}

void where_owner_begin(struct where_owners *owners)
{
    owners->set.n = 0;
    owners->set.bytes = WHERE_OWNED_HEAD;
    memset(owners->place, WHERE_UNKNOWN, WHERE_OWNED_MAX * sizeof(*owners->place));
}

/* References come in the order of addresses, more or less: most are in the block of the one before.
 */
void where_owner_add(struct where_owners *owners, const struct where_map *map, uintptr_t at)
{
    const struct where_range *block = where_map_block(map, at);
    struct where_set *set = &owners->set;

    if (block == NULL)
        block = where_map_chunk(map, at);
    if (block == NULL || where_map_zone(map, at) != NULL || set->n == WHERE_OWNED_MAX ||
        (set->n > 0 && set->start[set->n - 1] == block->start))
        return;
    set->start[set->n++] = block->start;
}

void where_owner_ready(struct where_owners *owners)
{
    where_set_ready(&owners->set);
}

enum where_place where_owner_of(const struct where_owners *owners, uintptr_t block,
                                uintptr_t *ret_at)
{
    uint32_t i = where_set_find_start(&owners->set, block);

    if (i == WHERE_NO_OBJECT)
        return WHERE_UNKNOWN;
    *ret_at = owners->at[i];
    return owners->place[i];
}
