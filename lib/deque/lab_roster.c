/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <lab_roster.h>

bool lab_roster_find_any(const struct lab_roster *roster, uint32_t slot, uint64_t *ret_place)
{
    for (uint32_t place = 0; place < roster->places; place++)
        if (lab_load_relaxed(&roster->entry[place]) == slot) {
            *ret_place = place;
            return true;
        }
    return false;
}

/* The entry of a slot: one that a killed predecessor took, or a new one. */
static uint64_t find_place(const struct lab_roster *roster, uint32_t slot)
{
    uint64_t found;

    if (lab_roster_find_any(roster, slot, &found))
        return found;
    if (lab_load_relaxed(roster->taken) >= roster->places)
        return roster->places;
    return lab_fetch_add_relaxed(roster->taken, 1);
}

bool lab_roster_enter_owner(const struct lab_roster *roster, uint32_t slot, uint64_t *ret_place)
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

bool lab_roster_mark_any(const struct lab_roster *roster, struct lab_deque *deques, uint32_t own,
                         uint32_t from, struct lab_roster_marks *ret_marks)
{
    bool any_public = false;
    uint32_t left = lab_roster_length(roster) - from;

    ret_marks->from = from;
    ret_marks->length = left < LAB_ROSTER_MARKS ? left : LAB_ROSTER_MARKS;
    ret_marks->any = false;
    ret_marks->all_fenced = true;
    for (uint32_t i = 0; i < ret_marks->length; i++) {
        uint32_t slot = lab_roster_slot(roster, from + i);

        ret_marks->mark[i] = 0;
        if (slot == LAB_ROSTER_ANY || slot == own)
            continue;
        switch (lab_deque_mark_any(&deques[slot], &ret_marks->mark[i])) {
        case LAB_DEQUE_BARE:
            break;
        case LAB_DEQUE_PUBLIC:
            any_public = true;
            break;
        case LAB_DEQUE_MARKED:
            ret_marks->any = true;
            ret_marks->all_fenced &= lab_deque_is_fenced_any(&deques[slot]);
            break;
        }
    }
    return any_public;
}

bool lab_roster_settle_any(const struct lab_roster *roster, struct lab_deque *deques,
                           const struct lab_roster_marks *marks, enum lab_barrier barrier)
{
    bool as_asked = lab_barrier_heavy(marks->all_fenced ? LAB_BARRIER_FENCE : barrier);

    for (uint32_t i = 0; i < marks->length; i++)
        if (marks->mark[i] != 0)
            lab_deque_settle_any(&deques[lab_roster_slot(roster, marks->from + i)], marks->mark[i]);
    return as_asked;
}
