/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_AUDIT_H
#define LAB_POOL_AUDIT_H

/* The audit of a pool: who holds which thing, since when and from where. A pool has one if its
 * options ask for it (struct lab_audit_options), or for the records alone.
 *
 *     off     costs nothing
 *     sample  one get in some thousands is recorded: who leaks, is found in time
 *     full    every get and every put: double frees, frees of what is not the pool's, frees by one
 *             who does not hold it and writes after a free are reported (lab_audit_report.h) at the
 *             moment they happen, and what was wrong is not done
 *
 * Example: test/unit/pool_audit_test.c.
 */

#include <lab_audit.h>
#include <lab_audit_groups.h>
#include <lab_pool.h>
#include <lab_process.h>

/* The share of a pool that may wait in quarantine: the rest must do for all work. */
#define LAB_POOL_QUARANTINE_SHARE 4u

/* A holder that is no lcore: what is posted to a device queue (0 to 32,767) is the device's. */
#define LAB_POOL_DEVICE(queue) (LAB_AUDIT_DEVICE | (uint32_t)(queue))

/* Changes the level while the pool is in use. What was recorded before is void, and for
 * LAB_AUDIT_SETTLE_MS nothing is: calls that began at the old level must have ended before
 * anything is said. (A thread that is put aside for longer in the middle of a get can be reported
 * for a double free that was none.) Returns 0; -ENOENT for a pool without records; -EINVAL for an
 * unknown level. Any thread, one at a time; lock-free: does not wait for others; a system call
 * (lab_barrier.h) where the level becomes off. */
LAB_PUBLIC int lab_pool_set_audit(struct lab_pool *pool, enum lab_audit_level level);

/* States that the caller, who has the id lcore, hands n things to the lcore `to` of a process (0:
 * this one; else lab_os_process() of it), or to a device queue, LAB_POOL_DEVICE(queue). A device's
 * things are handed back by stating `to` as the caller. Returns 0; -EINVAL when lcore is out of
 * range, and -ESRCH when that process does not use the pool, or uses it no longer: nothing is
 * handed over then; -EBADMSG when the audit found that the caller does not hold some: these stay as
 * they are, and the others are handed over. Below level full it does nothing. Lock-free. */
LAB_PUBLIC int lab_pool_transfer(struct lab_pool *pool, uint32_t lcore, void *const *things,
                                 unsigned n, uint32_t to, uint64_t process);

/* A thing's number and how often it was got, in one word: it tells whether the thing was given out
 * again since. -ENOENT when it is no thing of this pool. Counts at level full alone: below, a thing
 * has the same handle again. Wait-free. */
LAB_PUBLIC int lab_pool_handle(const struct lab_pool *pool, const void *thing,
                               uint64_t *ret_handle) LAB_CHECKED;

/* lab_pool_put() by a handle. Returns 0; -EINVAL for an unknown lcore, or what is no handle of this
 * pool; -EBADMSG when the object was given out again since the handle was made, or as
 * lab_pool_put(): this is reported, and nothing is put. Progress as lab_pool_put(): wait-free into
 * the private part, otherwise lock-free; never blocks. */
LAB_PUBLIC int lab_pool_put_handle(struct lab_pool *pool, uint32_t lcore, uint64_t handle);

/* What is held, in groups of one call site and one lcore, the largest first: lab_audit_groups() of
 * this pool. ret_rest may be NULL. Returns how many groups there are, 0 without an audit. Any
 * thread; wait-free. */
LAB_PUBLIC unsigned lab_pool_groups(const struct lab_pool *pool, uint64_t least_age_ns,
                                    const uint64_t *skip, struct lab_audit_group *ret_groups,
                                    unsigned n, uint64_t *ret_rest);

/* Reports all that is held as leaked, one entry for each group; skip as for lab_audit_groups().
 * Returns how many things. For the end of a pool; any thread. */
LAB_PUBLIC uint64_t lab_pool_report_leaks(const struct lab_pool *pool, const uint64_t *skip);

/* What the audit has to say of itself; all 0 without one. Wait-free. */
struct lab_pool_audit_stats {
    bool records;
    enum lab_audit_level level;
    uint32_t sample;
    uint32_t quarantined;              /* free, and waiting; counted as free */
    uint64_t faults[LAB_AUDIT_FAULTS]; /* found so far */
};
LAB_PUBLIC void lab_pool_audit_stats(const struct lab_pool *pool,
                                     struct lab_pool_audit_stats *ret_stats);

/* The slow halves for code that stands between a program and the pool: the audit takes `site` for
 * the place of the call, not the place where these are called. Example: the DPDK driver. */
LAB_PUBLIC int lab_pool_get_slow_from(struct lab_pool *pool, uint32_t lcore, unsigned gfp,
                                      void **ret_things, unsigned n, struct lab_audit_site site);
LAB_PUBLIC int lab_pool_put_slow_from(struct lab_pool *pool, uint32_t lcore, void *const *things,
                                      unsigned n, struct lab_audit_site site);

#endif
