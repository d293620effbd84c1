/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Runs for set-up, and in which words they are refused. */

#include <errno.h>
#include <inttypes.h>
#include <lab_page_fit.h>

static uint64_t kib(uint64_t pages)
{
    return pages * (LAB_PAGE_BYTES / 1024);
}

static LAB_COLD int refuse(const struct lab_arena *arena, unsigned gfp, unsigned order,
                           struct lab_error *error)
{
    struct lab_page_why why = {.reason = LAB_PAGE_WOULD_SUCCEED, .largest = -1};
    uint64_t run = kib(UINT64_C(1) << order);

    (void)lab_page_why(arena, LAB_LCORE_ANY, order, gfp, &why);
    switch (why.reason) {
    case LAB_PAGE_AT_MARK:
        return lab_error_set(error, -ENOMEM,
                             "arena %s has no run of order %u (%" PRIu64
                             " KiB) to spare: of %" PRIu64 " KiB free, %" PRIu64
                             " are kept for other requests: lower its marks, "
                             "or make it larger",
                             arena->name, order, run, kib(why.free), kib(why.kept));
    case LAB_PAGE_FRAGMENTED:
        return lab_error_set(error, -ENOMEM,
                             "arena %s has no run of order %u (%" PRIu64 " KiB): %" PRIu64
                             " KiB are free, in runs of order %d at most: make large things first, "
                             "or give them an arena of their own",
                             arena->name, order, run, kib(why.free), why.largest);
    case LAB_PAGE_CACHED:
        return lab_error_set(error, -ENOMEM,
                             "arena %s has no run of order %u (%" PRIu64 " KiB): %" PRIu64
                             " KiB rest in the lcores' deques: call lab_housekeep(), or ask with "
                             "LAB_GFP_WAIT",
                             arena->name, order, run, kib(why.cached));
    default:
        if (gfp & LAB_GFP_WAIT && lab_arena_present(arena) < arena->zones)
            return lab_error_set(error, -ENOMEM,
                                 "arena %s has no run of order %u (%" PRIu64 " KiB): %" PRIu64
                                 " KiB are free, and its zone %u could not be mapped: "
                                 "lab_arena_grow() says why",
                                 arena->name, order, run, kib(why.free), lab_arena_present(arena));
        return lab_error_set(error, -ENOMEM,
                             "arena %s has no run of order %u (%" PRIu64 " KiB): %" PRIu64
                             " KiB are free: make it larger, or ask for less",
                             arena->name, order, run, kib(why.free));
    }
}

int lab_page_fit(struct lab_arena *arena, unsigned gfp, size_t least, size_t bytes, void **ret_run,
                 unsigned *ret_order, struct lab_error *error)
{
    unsigned smallest = lab_page_order_of(least), order = lab_page_order_of(bytes);

    if (least == 0 || least > bytes || smallest == LAB_PAGE_ORDERS)
        return lab_error_set(error, -EINVAL,
                             "arena %s: %zu bytes in one run asked for, 1 to %zu are possible",
                             arena->name, least, LAB_PAGE_BYTES << (LAB_PAGE_ORDERS - 1));
    if (order == LAB_PAGE_ORDERS)
        order--;
    for (;; order--) {
        /* That a large one is not to be had is no event: a smaller one will do. */
        unsigned quiet = order > smallest ? LAB_GFP_NOWARN : 0;
        int rc = lab_page_alloc(arena, LAB_LCORE_ANY, order, gfp | quiet, ret_run);

        if (rc == 0) {
            *ret_order = order;
            return 0;
        }
        if (rc == -EINVAL)
            return lab_error_set(error, -EINVAL, "arena %s: request flags %#x make no sense",
                                 arena->name, gfp);
        if (order == smallest)
            return refuse(arena, gfp, order, error);
    }
}
