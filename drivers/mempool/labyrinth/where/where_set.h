/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WHERE_SET_H
#define WHERE_SET_H

/* The objects of a pool by their addresses: the object that an address lies in. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHERE_NO_OBJECT UINT32_MAX

/* The bits of a word that can be an address: programs keep marks in the others. */
#define WHERE_ADDRESS_MASK UINT64_C(0x0000ffffffffffff)

struct where_set {
    uintptr_t *start; /* of each object, ascending; memory of the search */
    uint32_t n;
    uint32_t bytes; /* of one object */
    uintptr_t low;  /* all lie from here on */
    uintptr_t span; /* in this number of bytes */
    uintptr_t step; /* from one to the next, on average */
};

/* Sorts ascending, in place. */
void where_sort(uintptr_t *words, size_t n);

/* Sorts the starts, drops those that are there twice, and knows where they lie. */
void where_set_ready(struct where_set *set);

/* Whether a word may point into an object: quick, and seldom wrong. */
static inline bool where_set_is_near(const struct where_set *set, uint64_t word)
{
    return (word & WHERE_ADDRESS_MASK) - set->low < set->span;
}

/* The object that a word points into, or WHERE_NO_OBJECT. */
uint32_t where_set_find(const struct where_set *set, uint64_t word);

/* The object that begins there, or WHERE_NO_OBJECT. */
uint32_t where_set_find_start(const struct where_set *set, uint64_t address);

#endif
