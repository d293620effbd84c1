/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "run/find_size.h"

#include "message.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

/* A pool suffices when it never says no, which also means that no frame had to wait for it. */
static bool suffices(const struct run_result *result)
{
    return result->alloc_failures == 0 && result->rx_dropped == 0 && result->rx_nombuf == 0;
}

/* Runs one size until it fails, --repeat times at most. The result is the last run's. */
static int try(const struct find_size *find, unsigned n_mbufs, bool *ret_suffices,
               struct run_result *ret_result)
{
    struct run_result result = {0};

    *ret_suffices = true;
    for (unsigned i = 0; i < find->repeat && *ret_suffices; i++) {
        int rc;

        free(result.series);
        rc = find->run(find->context, n_mbufs, &result);
        if (rc != 0)
            return rc;
        if (stop_requested() == STOP_SIGNAL) {
            free(result.series);
            return -EINTR;
        }
        *ret_suffices = suffices(&result);
    }
    if (*ret_suffices)
        note("find-size: %u buffers suffice", n_mbufs);
    else
        note("find-size: %u buffers are too few: %" PRIu64 " allocations failed, %" PRIu64
             " frames were dropped",
             n_mbufs, result.alloc_failures, result.rx_dropped);
    free(ret_result->series);
    *ret_result = result;
    return 0;
}

int find_size(const struct find_size *find, unsigned *ret_smallest, struct run_result *ret_result)
{
    /* Sizes below `low` are known to be too small, `high` to be enough. */
    unsigned low = find->least, high = find->most;
    struct run_result best = {0}, last = {0};
    bool enough;
    int rc = try(find, high, &enough, &best);

    if (rc == 0 && !enough) {
        complain("--find-size: %u buffers are too few: give a larger --total-num-mbufs", high);
        rc = -ENOSPC;
    }
    while (rc == 0 && low < high) {
        unsigned middle = low + (high - low) / 2;

        rc = try(find, middle, &enough, &last);
        if (rc != 0)
            break;
        if (!enough) {
            low = middle + 1;
            continue;
        }
        high = middle;
        free(best.series);
        best = last;
        last.series = NULL;
    }
    free(last.series);
    if (rc != 0) {
        free(best.series);
        return rc;
    }
    *ret_smallest = high;
    *ret_result = best;
    return 0;
}
