/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_ROSTER_H
#define LAB_ROSTER_H

/* Which of many deques have slots: there are slots for `places` deques, and an lcore takes a place
 * when it first has something to keep. Its id has it for good.
 *
 * The deques are an array of the caller's, by slot: 0 is that of all threads without an id, which
 * never has slots, and i + 1 that of lcore i.
 *
 * Entries are stored and loaded relaxed: an entry may be seen before the deque's slots are, but a
 * thief touches slots only below a split that was raised (D3 in lab_deque.h) by one who saw them.
 *
 * Progress: wait-free. An lcore that is killed between its entry and its slots finds its place
 * again when its id comes back. */

#include <lab_barrier.h>
#include <lab_deque.h>
#include <lab_index.h>

/* The slot of the threads without an id. */
#define LAB_ROSTER_ANY 0u

/* The most places in one roster. */
#define LAB_ROSTER_PLACES_MAX 128u

/* What never changes of it, so that a process can have it where no other writes. */
struct lab_roster {
    lab_atomic_t *entry; /* places entries: slots in order of arrival; LAB_ROSTER_ANY: not yet */
    lab_atomic_t *taken; /* entries that are taken, or were asked for */
    uint32_t places;     /* 1 to LAB_ROSTER_PLACES_MAX */
    uint32_t slots;      /* how many deques there are: an entry beyond is none */
};

/* The place of a slot, a new one if it has none. false: there is none left. By the slot's owner,
 * who equips its deque only then: a deque that can be used can be found. */
bool lab_roster_enter_owner(const struct lab_roster *roster, uint32_t slot, uint64_t *ret_place);

/* The place that a slot has. false: it has none. Any thread; wait-free. */
bool lab_roster_find_any(const struct lab_roster *roster, uint32_t slot, uint64_t *ret_place);

/* The places that may have a deque. Any thread. */
LAB_INLINE uint32_t lab_roster_length(const struct lab_roster *roster)
{
    uint64_t taken = lab_load_relaxed(roster->taken);

    return taken < roster->places ? (uint32_t)taken : roster->places;
}

/* The slot at a place, or LAB_ROSTER_ANY while its owner is still moving in. It is one that there
 * is, and the place is brought into range, whoever wrote the two. Any thread. */
LAB_INLINE uint32_t lab_roster_slot(const struct lab_roster *roster, uint32_t place)
{
    const lab_atomic_t *entry = &roster->entry[lab_index_bounded(place, roster->places)];

    return (uint32_t)lab_index_bounded(lab_load_relaxed(entry), roster->slots);
}

/* Places that are looked at in one go: more marks do not go onto a small stack. */
#define LAB_ROSTER_MARKS 64u

/* The tips that somebody is about to make public. */
struct lab_roster_marks {
    uint64_t mark[LAB_ROSTER_MARKS]; /* by place, from `from` on; 0: none */
    uint32_t from;
    uint32_t length;
    bool any;
    bool all_fenced; /* their owners fence: no system call is needed */
};

/* The tips of these deques but the caller's are made public in two halves, those at
 * LAB_ROSTER_MARKS places at a time. The first half puts the marks, from a place on, and says
 * whether there is something public already. Any thread; wait-free. */
bool lab_roster_mark_any(const struct lab_roster *roster, struct lab_deque *deques, uint32_t own,
                         uint32_t from, struct lab_roster_marks *ret_marks);

/* The second makes one lab_barrier_heavy() for all of them, and settles. `barrier` reaches all
 * owners that do not fence, as far as the caller could find out after the first half. Returns what
 * that call returned: false says that the quick barrier is refused. Any thread; a system call,
 * unless all owners fence. */
bool lab_roster_settle_any(const struct lab_roster *roster, struct lab_deque *deques,
                           const struct lab_roster_marks *marks, enum lab_barrier barrier);

#endif
