/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef DOCTOR_SLOTS_H
#define DOCTOR_SLOTS_H

#include "dpdk.h"

/* How this program calls itself to count: `PROGRAM SLOTS_WORD root folder abi answer`. */
#define SLOTS_WORD "count-slots"
#define SLOTS_WORDS 6

struct slots_call {
    const char *root, *folder, *abi;
    int answer; /* the file to which struct dpdk_slots is written */
};

/* Loads the drivers of the folder, in the order of their names and ours last. Returns the exit
 * status: 0; ENOENT without the library that they register with; EIO. */
int slots_main(const struct slots_call *call);

#endif
