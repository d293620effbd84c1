/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* From a site to its function's caller, by what an unwinder has found out once: a function without
 * arrays of variable length has frames of one size at each of its calls.
 *
 * All of it happens on threads that poll. The unwinder reads tables that the loader has mapped with
 * the code, and finds them without a lock (_dl_find_object(), glibc 2.35 and later). */

#include <lab_atomic.h>
#include <lab_audit_table.h>
#include <unwind.h>

#include "labyrinth_site.h"

/* The knowledge of a site, in one word, so that it is read and written at once:
 *     63 .. 24  the site, but for the bits that are its row in the table
 *     23 .. 12  words from the frame below to this one, 0: the site is the program's own
 *     11 ..  0  words from the frame below to the return address */
#define ROWS 1024u
#define PLACES 4u /* in a row: one that is driven out is looked up again, at each of its calls */
#define TAG_SHIFT 24
#define SIZE_SHIFT 12
#define WORDS_MASK UINT64_C(0xfff)

/* Calls of inline functions in each other, where nothing is inlined, are about eight. */
#define DEPTH_MAX 12
#define FRAMES_MAX 64

static lab_atomic_t learned[ROWS][PLACES];

static uint64_t tag_of(uint64_t site)
{
    return site / ROWS << TAG_SHIFT;
}

/* The site's word, or 0 where there is none. */
static uint64_t find(uint64_t site)
{
    const lab_atomic_t *row = learned[site % ROWS];

    for (unsigned i = 0; i < PLACES; i++) {
        uint64_t word = lab_load_relaxed(&row[i]);

        if (lab_likely(word >> TAG_SHIFT == tag_of(site) >> TAG_SHIFT))
            return word;
    }
    return 0;
}

/* The oldest of a row goes. Another thread that looks there meanwhile may miss one, and learns it
 * again. */
static void keep(uint64_t site, uint64_t word)
{
    lab_atomic_t *row = learned[site % ROWS];

    for (unsigned i = PLACES - 1; i > 0; i--)
        lab_store_relaxed(&row[i], lab_load_relaxed(&row[i - 1]));
    lab_store_relaxed(&row[0], word);
}

/* The frames above a site. */
struct walk {
    uint64_t site;
    uint64_t cfa[2], address[2]; /* of the site and of its caller; cfa is of the frame below */
    int frames, found;
};

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *argument)
{
    struct walk *walk = argument;
    uint64_t address = _Unwind_GetIP(context);

    if (walk->found == 1 || address == walk->site) {
        walk->cfa[walk->found] = _Unwind_GetCFA(context);
        walk->address[walk->found++] = address;
    }
    return walk->found == 2 || ++walk->frames == FRAMES_MAX ? _URC_END_OF_STACK : _URC_NO_REASON;
}

/* The word for a site that is not the program's own: where its caller's address lies. */
static uint64_t find_caller(uint64_t site, uint64_t cfa)
{
    struct walk walk = {.site = site};
    uint64_t words;

    (void)_Unwind_Backtrace(step, &walk);
    if (walk.found < 2 || walk.cfa[0] != cfa || walk.cfa[1] <= cfa)
        return 0;
    words = (walk.cfa[1] - cfa) / sizeof(uint64_t);
    if (words > WORDS_MASK)
        return 0;
    for (uint64_t at = words; at-- > 0;)
        if (((const uint64_t *)cfa)[at] == walk.address[1])
            return words << SIZE_SHIFT | at;
    return 0;
}

static LAB_COLD uint64_t learn(uint64_t site, uint64_t cfa)
{
    /* Of the call itself: what follows may be another function. */
    enum labyrinth_code code = labyrinth_code_at(site - 1);
    uint64_t word = tag_of(site);

    if (code == LABYRINTH_CODE_UNKNOWN)
        return word; /* it may be read by the next time: this time the site stays as it is */
    if (code == LABYRINTH_CODE_BETWEEN)
        word |= find_caller(site, cfa);
    keep(site, word);
    return word;
}

/* The first time that an unwinder runs, it may wake others that wait for it to set itself up. */
static _Unwind_Reason_Code step_once(struct _Unwind_Context *context, void *argument)
{
    (void)context;
    (void)argument;
    return _URC_END_OF_STACK;
}

void labyrinth_caller_prepare(void)
{
    labyrinth_code_read();
    (void)_Unwind_Backtrace(step_once, NULL);
}

const void *labyrinth_caller(struct lab_audit_site from, bool *ret_own)
{
    uint64_t cache = (uint64_t)(uintptr_t)from.address & LABYRINTH_SITE_CACHE;
    uint64_t first = (uint64_t)(uintptr_t)from.address & ~LABYRINTH_SITE_CACHE;
    uint64_t site = first, cfa = (uint64_t)(uintptr_t)from.frame;

    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        uint64_t word = find(site);

        if (lab_unlikely(word == 0))
            word = learn(site, cfa);
        if (lab_likely((word >> SIZE_SHIFT & WORDS_MASK) == 0))
            break;
        site = ((const uint64_t *)cfa)[word & WORDS_MASK];
        cfa += (word >> SIZE_SHIFT & WORDS_MASK) * sizeof(uint64_t);
    }
    /* A site that could not be looked up just now has no place in the table yet. */
    *ret_own = site == first && find(site) == tag_of(site);
    return (const void *)(uintptr_t)(site | cache);
}
