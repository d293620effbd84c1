/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where_set.h"

static void sift_down(uintptr_t *words, size_t from, size_t n)
{
    uintptr_t word = words[from];

    for (size_t child; (child = 2 * from + 1) < n; from = child) {
        if (child + 1 < n && words[child + 1] > words[child])
            child++;
        if (words[child] <= word)
            break;
        words[from] = words[child];
    }
    words[from] = word;
}

static bool is_sorted(const uintptr_t *words, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (words[i - 1] > words[i])
            return false;
    return true;
}

/* A heap sort needs no memory beside; pools of one piece of memory are sorted already. */
void where_sort(uintptr_t *words, size_t n)
{
    if (is_sorted(words, n))
        return;
    for (size_t i = n / 2; i-- > 0;)
        sift_down(words, i, n);
    for (size_t i = n; i-- > 1;) {
        uintptr_t largest = words[0];

        words[0] = words[i];
        words[i] = largest;
        sift_down(words, 0, i);
    }
}

void where_set_ready(struct where_set *set)
{
    uint32_t n = 0;

    where_sort(set->start, set->n);
    for (uint32_t i = 0; i < set->n; i++)
        if (n == 0 || set->start[n - 1] != set->start[i])
            set->start[n++] = set->start[i];
    set->n = n;
    set->low = n > 0 ? set->start[0] : 0;
    set->span = n > 0 ? set->start[n - 1] - set->low + set->bytes : 0;
    set->step = n > 1 ? (set->start[n - 1] - set->low) / (n - 1) : set->bytes;
}

static bool lies_in(const struct where_set *set, uint32_t object, uintptr_t address)
{
    return address - set->start[object] < set->bytes;
}

uint32_t where_set_find(const struct where_set *set, uint64_t word)
{
    uintptr_t address = word & WHERE_ADDRESS_MASK;
    uint32_t from = 0, to = set->n;
    uintptr_t guess;

    if (!where_set_is_near(set, word))
        return WHERE_NO_OBJECT;
    guess = (address - set->low) / set->step; /* right where all lie in one piece */
    if (guess < set->n && lies_in(set, (uint32_t)guess, address))
        return (uint32_t)guess;
    while (to - from > 1) {
        uint32_t middle = from + (to - from) / 2;

        if (set->start[middle] <= address)
            from = middle;
        else
            to = middle;
    }
    return lies_in(set, from, address) ? from : WHERE_NO_OBJECT;
}

uint32_t where_set_find_start(const struct where_set *set, uint64_t address)
{
    uint32_t object = where_set_find(set, address);

    return object != WHERE_NO_OBJECT && set->start[object] == address ? object : WHERE_NO_OBJECT;
}
