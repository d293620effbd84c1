/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "memory.h"
#include "choice.h"
#include "explore.h"

#include <string.h>

#define MESSAGES 8192
#define TABLE 512 /* a power of two, and sparse: 128 words at most */

struct message {
    uint64_t value;
    struct message *older;
    struct view view;
};

struct word {
    struct message *newest;
    uint8_t index; /* of the newest message */
};

static struct message messages[MESSAGES];
static unsigned n_messages;

static struct word words[MEMORY_WORDS];
static unsigned n_words;

/* Address to word. A slot counts in the execution that filled it and is empty in all others. */
static struct slot {
    const lab_atomic_t *address;
    uint64_t execution;
    unsigned word;
} table[TABLE];
static uint64_t execution;

static struct view fences;

static void too_many(const char *what)
{
    explore_fail("blocked, or memory.c is too small: more %s than it has room for", what);
}

static struct message *message_new(uint64_t value, struct message *older)
{
    struct message *m = &messages[n_messages];

    if (n_messages++ == MESSAGES)
        too_many("stores");
    m->value = value;
    m->older = older;
    return m;
}

static unsigned word_new(uint64_t value)
{
    struct message *m = message_new(value, NULL);

    if (n_words == MEMORY_WORDS)
        too_many("words");
    memset(&m->view, 0, sizeof(m->view));
    words[n_words] = (struct word){.newest = m};
    return n_words++;
}

/* The slot of a word, or the empty one where it would stand. */
static struct slot *slot_of(const lab_atomic_t *a)
{
    unsigned i = (unsigned)(((uintptr_t)a >> 3) * 0x9e3779b1u) & (TABLE - 1);

    while (table[i].execution == execution && table[i].address != a)
        i = (i + 1) & (TABLE - 1);
    return &table[i];
}

static unsigned find(const lab_atomic_t *a)
{
    struct slot *slot = slot_of(a);

    if (slot->execution != execution)
        *slot = (struct slot){.address = a, .execution = execution, .word = word_new(a->word)};
    return slot->word;
}

static void join(struct view *into, const struct view *from)
{
    for (unsigned i = 0; i < MEMORY_WORDS; i++)
        into->oldest[i] = from->oldest[i] > into->oldest[i] ? from->oldest[i] : into->oldest[i];
}

void memory_reset(void)
{
    execution++;
    n_messages = 0;
    n_words = 0;
    memset(&fences, 0, sizeof(fences));
}

void memory_join(struct memory_thread *child, const struct memory_thread *parent)
{
    join(&child->current, &parent->current);
    join(&child->acquired, &parent->current);
}

static void see(struct memory_thread *thread, unsigned word, const struct message *m, uint8_t index,
                bool acquire)
{
    thread->current.oldest[word] = index;
    if (thread->acquired.oldest[word] < index)
        thread->acquired.oldest[word] = index;
    join(&thread->acquired, &m->view);
    if (acquire)
        join(&thread->current, &m->view);
}

static void write(struct memory_thread *thread, unsigned word, lab_atomic_t *a, uint64_t value,
                  const struct view *inherited, bool release)
{
    struct message *m = message_new(value, words[word].newest);
    uint8_t index = ++words[word].index;

    if (index == 0)
        too_many("stores to one word");
    words[word].newest = m;
    a->word = value;
    thread->current.oldest[word] = index;
    thread->acquired.oldest[word] = index;
    m->view = release ? thread->current : thread->released;
    m->view.oldest[word] = index;
    if (inherited)
        join(&m->view, inherited);
}

uint64_t memory_load(struct memory_thread *thread, const lab_atomic_t *a, bool acquire)
{
    const struct slot *slot = slot_of(a);
    const struct message *m;
    unsigned word = slot->word, stale;
    uint8_t index;

    if (slot->execution != execution)
        return a->word; /* nobody has written it yet */
    m = words[word].newest;
    index = words[word].index;
    stale = choose('v', 1, 1u + index - thread->current.oldest[word]);
    index = (uint8_t)(index - stale);
    while (stale--)
        m = m->older;
    see(thread, word, m, index, acquire);
    return m->value;
}

void memory_store(struct memory_thread *thread, lab_atomic_t *a, uint64_t value, bool release)
{
    write(thread, find(a), a, value, NULL, release);
}

bool memory_cas(struct memory_thread *thread, lab_atomic_t *a, uint64_t *expected, uint64_t desired,
                bool acquire, bool release)
{
    unsigned word = find(a);
    const struct message *newest = words[word].newest, *m, *candidates[UINT8_MAX + 1];
    uint8_t index = words[word].index, indices[UINT8_MAX + 1];
    unsigned n = 0, pick;

    for (m = newest;; m = m->older, index--) {
        if (m == newest || m->value != *expected) {
            candidates[n] = m;
            indices[n++] = index;
        }
        if (index == thread->current.oldest[word])
            break;
    }
    pick = choose('v', 1, n);
    m = candidates[pick];
    see(thread, word, m, indices[pick], acquire);
    if (m->value != *expected) {
        *expected = m->value;
        return false;
    }
    write(thread, word, a, desired, &newest->view, release);
    return true;
}

uint64_t memory_fetch_add(struct memory_thread *thread, lab_atomic_t *a, uint64_t addend)
{
    unsigned word = find(a);
    const struct message *m = words[word].newest;

    see(thread, word, m, words[word].index, false);
    write(thread, word, a, m->value + addend, &m->view, false);
    return m->value;
}

void memory_fence(struct memory_thread *thread)
{
    join(&thread->current, &thread->acquired);
    join(&thread->current, &fences);
    fences = thread->current;
    thread->acquired = thread->current;
    thread->released = thread->current;
}
