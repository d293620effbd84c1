/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_INTERCEPT_H
#define LAB_INTERCEPT_H

/* Where gets and puts leave the hot path, and what the interceptors have in a pool.
 *
 * A call goes the slow way because its deque cannot serve it, or because somebody intercepts: the
 * audit, trust domains, a pool that adopts strangers. The entry (lab_intercept.c) is the one place
 * that asks which; the interceptor then does its part and calls the core (lab_pool_core.h) like
 * everybody else. The core knows nothing of this floor.
 *
 *     lab_pool_get_bulk() ── hot path ──────────────────────────▶ lab_deque
 *            │
 *            └─ lab_pool_get_slow() ─ nobody does ─────────────▶ lab_pool_core_get_slow()
 *                       │                                              ▲
 *                       └─ intercepted ─▶   lab_audit_full, lab_scrub ─┘ */

#include <lab_audit_table.h>
#include <lab_pool_core.h>

struct lab_audit_calls;
struct lab_audit_context;

/* Constant; each process has its own in a pool that is shared by name. */
struct lab_intercept {
    struct lab_audit *audit;           /* the records, or NULL */
    struct lab_audit records;          /* where that points to */
    struct lab_audit_calls *calls;     /* beside them, for a sweep */
    struct lab_audit_context *context; /* and by lcore index, what a call finds of the last one */
    uint8_t *domain;                   /* by lcore index; NULL: there are no trust domains */
    lab_atomic_t *residue;             /* then: by index of an object, what lies in it */
};

static_assert(sizeof(struct lab_intercept) <= LAB_POOL_ABOVE_BYTES,
              "LAB_POOL_ABOVE_BYTES is too small");

LAB_INLINE struct lab_intercept *lab_intercept_of(const struct lab_pool *pool)
{
    return (struct lab_intercept *)(uintptr_t)pool->above;
}

/* The slow halves for code that stands between a program and the pool: the audit takes `site` for
 * the place of the call, not the place where these are called. Example: the DPDK driver. */
int lab_pool_get_slow_from(struct lab_pool *pool, uint32_t lcore, unsigned gfp, void **ret_objects,
                           unsigned n, struct lab_audit_site site);
int lab_pool_put_slow_from(struct lab_pool *pool, uint32_t lcore, void *const *objects, unsigned n,
                           struct lab_audit_site site);

/* Makes a pool of lab_pool_init() forget all objects, so that it can adopt others: the way back
 * from an adoption that failed half-way. An audit forgets them, too. Any thread, while no other
 * uses the pool; wait-free. Returns 0; -EBUSY while any object is free: get them all first; -EINVAL
 * for a pool that was cut into buffers. */
int lab_pool_disown_all(struct lab_pool *pool) LAB_CHECKED;

/* Reports all that is held as leaked, one entry for each group; skip as for lab_audit_groups().
 * Returns how many objects. For the end of a pool; any thread. */
uint64_t lab_pool_report_leaks(const struct lab_pool *pool, const uint64_t *skip);

/* From now on level sample records one get in this number, each lcore after its next sample.
 * Returns 0; -ENOENT for a pool without records; -EINVAL for 0. Any thread; wait-free. */
int lab_pool_set_sample(struct lab_pool *pool, uint32_t sample);

/* The pool's records, or NULL. */
LAB_INLINE struct lab_audit *lab_audit_of(const struct lab_pool *pool)
{
    return lab_intercept_of(pool)->audit;
}

/* Get and put while there is an audit. */
int lab_audit_get(struct lab_pool *pool, uint32_t lcore_index, unsigned gfp, void **ret_objects,
                  unsigned n, struct lab_audit_site site);
int lab_audit_put_bulk(struct lab_pool *pool, uint32_t lcore_index, void *const *objects,
                       unsigned n, struct lab_audit_site site);

/* Reports what is wrong with an object that a call puts, gets or hands over: lab_audit_report().
 * Where two have used the lcore id of one of its holders, the fault is that. */
void lab_audit_report_call(struct lab_pool *pool, const struct lab_audit_call *call,
                           enum lab_audit_fault fault, const void *object, uint32_t index,
                           uint64_t before, uint64_t offset);

/* Lets go of all that waits in quarantine, so that it can be got. Returns how many objects. */
unsigned lab_audit_free_quarantine(struct lab_pool *pool);

#endif
