/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_FIND_SIZE_H
#define REPLAY_FIND_SIZE_H

#include "report/result.h"

/* --find-size: the smallest pool of which no allocation fails, by bisection. A size counts as
 * enough when each of --repeat runs says so; what is found has been run, and so has the next
 * smaller one, unless it is the least that can be run at all. */

/* Runs the capture with n_mbufs buffers. 0 or -errno, and the reason has been said. */
typedef int find_size_run(void *context, unsigned n_mbufs, struct run_result *ret_result);

struct find_size {
    unsigned least; /* sizes that are tried: from here */
    unsigned most;  /* to here */
    unsigned repeat;
    find_size_run *run;
    void *context;
};

/* 0, the smallest pool and the run with it; -EINTR, and the run that a signal ended, with its pool;
 * -ENOSPC when the largest is too small, which has been said; or what run() returned. */
int find_size(const struct find_size *find, unsigned *ret_n_mbufs, struct run_result *ret_result);

#endif
