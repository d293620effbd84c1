/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "sharing.h"
#include "explore.h"

#include <stdio.h>
#include <stdlib.h>

#define TABLE 1024u /* a power of two, and sparse */

static struct slot {
    const lab_atomic_t *address;
    unsigned users, writers; /* bit t: thread t */
} table[TABLE];
static unsigned n_slots;
static bool learned;

void sharing_forget(void)
{
    memset(table, 0, sizeof(table));
    n_slots = 0;
}

static struct slot *find(const lab_atomic_t *a)
{
    unsigned i = (unsigned)((uintptr_t)a >> 3) & (TABLE - 1);

    for (; table[i].address; i = (i + 1) & (TABLE - 1))
        if (table[i].address == a)
            return &table[i];
    if (++n_slots > TABLE / 2) {
        fprintf(stderr, "explorer: more words in one program than sharing.c has room for\n");
        abort();
    }
    table[i].address = a;
    return &table[i];
}

enum sharing sharing_note(const lab_atomic_t *a, unsigned thread, bool writes)
{
    struct slot *slot = find(a);
    unsigned me = 1u << thread, others;

    if (!(slot->users & me) || (writes && !(slot->writers & me)))
        learned = true;
    slot->users |= me;
    slot->writers |= writes ? me : 0;
    others = (writes ? slot->users : slot->writers) & ~me;
    if (others == 0)
        return NOBODYS;
    return others == 1u << EXPLORE_THREADS ? OUTSIDE : OTHERS;
}

bool sharing_learned(void)
{
    bool was = learned;

    learned = false;
    return was;
}
