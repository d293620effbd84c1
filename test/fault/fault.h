/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef FAULT_H
#define FAULT_H

#include <lab_error.h>
#include <stdbool.h>
#include <stddef.h>

/* The n-th call of a function of lab_os.h fails, as the system would make it fail. The linker puts
 * the wrappers of fault.c before the real functions (--wrap, meson.build). */

/* Lets the n-th call from now on fail; 0 lets none. */
void fault_arm(unsigned n);

/* Lets all calls through again. Returns the name of the function that failed, or NULL when there
 * were fewer than n calls. *ret_fatal: whether nothing of what was asked for can be had without
 * that call. */
const char *fault_disarm(bool *ret_fatal);

/* Bytes that are mapped and not unmapped. */
size_t fault_mapped_bytes(void);

/* A way through set-up and tear-down of something.
 *
 * Returns 0 when the set-up succeeded, having torn everything down again, or the negative errno of
 * the set-up, having asserted that its results are untouched. A tear-down that fails is repeated: a
 * fault happens once. */
struct scenario {
    const char *name;
    int (*run)(const struct scenario *scenario, struct lab_error *error);
    int variant;   /* what run() makes of it */
    bool flexible; /* the set-up has other ways: it may succeed in spite of a fatal fault */
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

#endif
