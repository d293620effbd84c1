/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <lab_roster.h>

/* The entry of a slot: one that a killed predecessor took, or a new one. */
static uint64_t find_place(struct lab_roster *roster, uint32_t slot)
{
    for (uint32_t place = 0; place < roster->places; place++)
        if (lab_load_relaxed(&roster->entry[place]) == slot)
            return place;
    if (lab_load_relaxed(&roster->taken) >= roster->places)
        return roster->places;
    return lab_fetch_add_relaxed(&roster->taken, 1);
}

bool lab_roster_enter_owner(struct lab_roster *roster, uint32_t slot, uint64_t *ret_place)
{
    uint64_t place = find_place(roster, slot);

    if (place >= roster->places)
        return false;
    place = lab_index_bounded(place, roster->places);
    lab_store_relaxed(&roster->entry[place], slot);
    lab_fence_light(); /* the caller may be killed before it has slots, not the other way round */
    *ret_place = place;
    return true;
}

bool lab_roster_revoke_any(const struct lab_roster *roster, struct lab_deque *deques, uint32_t own,
                           enum lab_barrier barrier, bool *ret_called)
{
    uint64_t marks[LAB_ROSTER_PLACES_MAX];
    uint32_t length = lab_roster_length(roster);
    bool any_public = false, any_mark = false, all_fenced = true;

    for (uint32_t i = 0; i < length; i++) {
        uint32_t slot = lab_roster_slot(roster, i);

        marks[i] = 0;
        if (slot == LAB_ROSTER_ANY || slot == own)
            continue;
        switch (lab_deque_mark_any(&deques[slot], &marks[i])) {
        case LAB_DEQUE_BARE:
            break;
        case LAB_DEQUE_PUBLIC:
            any_public = true;
            break;
        case LAB_DEQUE_MARKED:
            any_mark = true;
            all_fenced &= lab_deque_is_fenced_any(&deques[slot]);
            break;
        }
    }
    if (any_mark) {
        lab_barrier_heavy(all_fenced ? LAB_BARRIER_FENCE : barrier);
        for (uint32_t i = 0; i < length; i++)
            if (marks[i] != 0)
                lab_deque_settle_any(&deques[lab_roster_slot(roster, i)], marks[i]);
    }
    *ret_called = any_mark;
    return any_public || any_mark;
}
