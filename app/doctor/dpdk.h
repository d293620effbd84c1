/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef DOCTOR_DPDK_H
#define DOCTOR_DPDK_H

#include "tree.h"

#include <limits.h>
#include <stdbool.h>

/* The DPDKs that are installed, found by the directories from which they load plugins. Nothing of
 * DPDK is linked: this program says what is wrong where there is none, too. */

#define DPDK_MAX 8

struct dpdk {
    char folder[PATH_MAX];    /* of its plugins */
    char libraries[PATH_MAX]; /* of its libraries */
    unsigned abi;             /* "23" of librte_eal.so.23 */
    bool present;             /* that library is not known to be gone */
};

size_t dpdk_find(const struct tree *tree, struct dpdk ret_dpdks[DPDK_MAX]);

/* The first of a file and the directories above it that everybody may write to: the EAL takes no
 * plugin from there. False when there is none. */
bool dpdk_unsafe(const struct tree *tree, const char *path, char ret_unsafe[PATH_MAX]);

#define DPDK_PLUGIN "librte_mempool_labyrinth.so"

/* The mempool drivers that a DPDK would load. */
struct dpdk_slots {
    unsigned others; /* slots that others than ours take */
    unsigned ours;   /* and that ours takes behind them: 1, or 0 */
    bool in_place;   /* ours has that of a driver for other processors instead */
    char error[256]; /* why ours does not load, in the loader's words; empty if it does */
};

/* Loads them, in a process of its own, as the EAL would (slots.c). 0; -ENOENT without the library
 * that they register with; -EIO when a driver ended the process. */
int dpdk_count_slots(const struct tree *tree, const struct dpdk *dpdk,
                     struct dpdk_slots *ret_slots);

#endif
