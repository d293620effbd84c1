/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
/* The audit, as the manual shows its use: each function is the example of some page. */

#include <errno.h>
#include <labyrinth.h>
#include <stdio.h>

/* Runs in the thread that found the fault, in the middle of its get or put: must not use the pool.
 */
static void report(const struct lab_audit_entry *entry)
{
    fprintf(stderr, "pool %s: %s (%s), by lcore %u\n", entry->pool,
            lab_audit_fault_text(entry->fault), lab_audit_fault_name(entry->fault),
            entry->caller.lcore);
}

/* A pool with an audit at this level. At LAB_AUDIT_OFF it costs nothing, and the level can be
 * raised in the running program, since there is room for the records. */
static struct lab_pool *audited(enum lab_audit_level level)
{
    const struct lab_pool_options options = {
        .name = "audited",
        .count = 255,
        .buffer_bytes = 2048,
        .node = LAB_NODE_ANY,
        .audit = {.level = level, .records = true},
    };
    struct lab_pool *pool;

    lab_audit_report_to(report, 100); /* a second */
    return lab_pool_create(&options, &pool, NULL) == 0 ? pool : NULL;
}

/* On the day it is needed. For LAB_AUDIT_SETTLE_MS nothing is recorded yet; the program goes on. */
static int switch_on(struct lab_pool *pool)
{
    return lab_pool_set_audit(pool, LAB_AUDIT_FULL);
}

/* Posts a buffer to a device queue, whose it is until it comes back. */
static int post(struct lab_pool *pool, uint32_t lcore, void *buffer, unsigned queue)
{
    return lab_pool_transfer(pool, lcore, &buffer, 1, LAB_POOL_DEVICE(queue), 0);
}

/* Puts a buffer that somebody else may have put already, and that may be another's by now. */
static int put_once(struct lab_pool *pool, uint32_t lcore, void *buffer)
{
    uint64_t handle;

    if (lab_pool_handle(pool, buffer, &handle) != 0)
        return -1;
    /* ... what may happen in between ... */
    return lab_pool_put_handle(pool, lcore, handle);
}

/* The call sites that hold most. */
static void show_holders(const struct lab_pool *pool)
{
    struct lab_audit_group groups[8];
    uint64_t rest = 0;
    unsigned n = lab_pool_groups(pool, 0, NULL, groups, 8, &rest);

    for (unsigned i = 0; i < n; i++)
        printf("%llu got by lcore %u at 0x%llx\n", (unsigned long long)groups[i].count,
               groups[i].holder.lcore, (unsigned long long)groups[i].holder.site);
    printf("and %llu others\n", (unsigned long long)rest);
}

/* Once a second: takes back what processes held that have ended. */
static void housekeep(struct lab_pool *pool, uint32_t lcore)
{
    const struct lab_pool_holder all_ended = {.lcore = LAB_LCORE_ANY};
    struct lab_pool_reclaimed reclaimed;
    struct lab_error error = {0};
    unsigned unknown;

    if (lab_pool_ended(pool, &unknown) == 0)
        return;
    if (lab_pool_reclaim(pool, lcore, &all_ended, NULL, NULL, &reclaimed, &error) != 0)
        fprintf(stderr, "%s\n", error.message);
    else
        printf("%u are back, and %u that were in motion\n", reclaimed.held, reclaimed.in_motion);
}

/* The faults so far. */
static uint64_t faults(const struct lab_pool *pool)
{
    struct lab_pool_audit_stats stats;
    uint64_t sum = 0;

    lab_pool_audit_stats(pool, &stats);
    for (unsigned i = 0; i < LAB_AUDIT_FAULTS; i++)
        sum += stats.faults[i];
    return sum;
}

int main(void)
{
    struct lab_pool *later = audited(LAB_AUDIT_OFF), *pool = audited(LAB_AUDIT_FULL);
    void *buffer, *other;
    uint32_t lcore;

    if (later == NULL || switch_on(later) != 0 || lab_pool_destroy(later) != 0)
        return 1;
    if (pool == NULL || lab_lcore_acquire(&lcore) != 0)
        return 1;
    if (lab_pool_get(pool, lcore, &buffer) != 0 || lab_pool_get(pool, lcore, &other) != 0)
        return 1;
    show_holders(pool);
    housekeep(pool, lcore);
    if (put_once(pool, lcore, buffer) != 0 || faults(pool) != 0)
        return 1;
    if (lab_pool_put(pool, lcore, buffer) != -EBADMSG || faults(pool) != 1) /* twice */
        return 1;
    if (post(pool, lcore, other, 0) != 0 || lab_pool_put(pool, lcore, other) != 0)
        return 1;
    return lab_pool_destroy(pool) == 0 ? 0 : 1;
}
