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

/* Runs one size until it fails, --repeat times at most. The result is the last run's; after a
 * signal, with -EINTR, that of the run which it ended. */
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
        if (stop_requested() == STOP_SIGNAL)
            break;
        *ret_suffices = suffices(&result);
    }
    free(ret_result->series);
    *ret_result = result;
    if (stop_requested() == STOP_SIGNAL)
        return -EINTR;
    if (*ret_suffices)
        note("find-size: %u buffers suffice", n_mbufs);
    else
        note("find-size: %u buffers are too few: %" PRIu64 " allocations failed, %" PRIu64
             " frames were dropped",
             n_mbufs, result.alloc_failures, result.rx_dropped);
    return 0;
}

int find_size(const struct find_size *find, unsigned *ret_n_mbufs, struct run_result *ret_result)
{
    /* Sizes below `low` are known to be too small, `high` to be enough. */
    unsigned low = find->least, high = find->most, middle = high;
    struct run_result best = {0}, last = {0};
    bool enough;
    int rc = try(find, high, &enough, &last);

    if (rc == 0 && !enough) {
        complain("--find-size: %u buffers are too few: give a larger --total-num-mbufs", high);
        rc = -ENOSPC;
    }
    while (rc == 0) {
        if (enough) {
            high = middle;
            free(best.series);
            best = last;
            last.series = NULL;
        } else {
            low = middle + 1;
        }
        if (low >= high)
            break;
        middle = low + (high - low) / 2;
        rc = try(find, middle, &enough, &last);
    }
    if (rc == 0 || rc == -EINTR) {
        *ret_n_mbufs = rc == 0 ? high : middle;
        *ret_result = rc == 0 ? best : last;
    }
    free(rc == 0 ? last.series : best.series);
    if (rc != 0 && rc != -EINTR)
        free(last.series);
    return rc;
}
