/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Get and put while there is an audit: the same as without, and the audit is told before a thing
 * goes into the pool and after it came out. So no thing is free while its record says it is held.
 */

#include <lab_audit_poison.h>
#include <lab_audit_quarantine.h>
#include <lab_audit_report.h>
#include <lab_audit_watch.h>
#include <lab_pool_slow.h>
#include <lab_pool_sweep.h>
#include <lab_ticks.h>

/* Things that are looked at before they are put, all at once. */
#define BURST 64u

/* A call under audit. */
struct look {
    struct lab_pool *pool;
    struct lab_audit *audit;
    struct lab_audit_call call;
};

/* Reading the clock takes as long as the rest of a put. A put's time is that of the lcore's last
 * get, or of one of its last puts. */
#define CLOCK_EVERY 16u

static uint64_t time_of_get(struct lab_pool *pool, uint32_t slot)
{
    struct lab_pool_slow *slow = &pool->slow[slot];

    if (slot == lab_pool_slot(LAB_LCORE_ANY))
        return lab_ticks();
    slow->looks = 1;
    return slow->looked_at = lab_ticks();
}

static uint64_t time_of_put(struct lab_pool *pool, uint32_t slot)
{
    struct lab_pool_slow *slow = &pool->slow[slot];

    if (slot == lab_pool_slot(LAB_LCORE_ANY) || slow->looks++ % CLOCK_EVERY == 0)
        return time_of_get(pool, slot);
    return slow->looked_at;
}

static bool look_begin(struct look *look, struct lab_pool *pool, uint32_t slot,
                       struct lab_audit_site site, uint64_t at)
{
    look->pool = pool;
    look->audit = pool->audit;
    return lab_audit_begin(pool->audit, lab_pool_lcore(slot), site, at, &look->call);
}

static LAB_COLD void report(struct look *look, enum lab_audit_fault fault, const void *thing,
                            uint32_t index, uint64_t before, uint64_t offset)
{
    struct lab_audit_entry entry = {
        .fault = fault,
        .pool = look->pool->name,
        .thing = thing,
        .index = index,
        .offset = offset,
    };

    lab_audit_report(look->audit, &entry, &look->call, before);
}

/* Gets */

static void *poisoned_part(const struct look *look, void *thing)
{
    return (char *)thing + look->audit->poison_from;
}

static void check_poison(struct look *look, void *thing, uint32_t index, uint64_t before)
{
    size_t bytes = look->audit->poison_bytes;
    size_t end = lab_audit_poison_end(poisoned_part(look, thing), bytes);

    if (lab_unlikely(end < bytes))
        report(look, LAB_AUDIT_WRITE_AFTER_FREE, thing, index, before,
               look->audit->poison_from + end);
}

/* The record was one of a sample, of before the level was raised. */
static void forget_watch(struct look *look, uint64_t before)
{
    if (lab_unlikely(lab_audit_word_is_watched(before)))
        lab_pool_await(look->pool, -1);
}

static void see_got(struct look *look, void *const *things, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        enum lab_audit_fault fault;
        uint64_t before;
        uint32_t index;

        if (lab_pool_index(look->pool, things[i], &index) != 0)
            continue; /* put before the audit began to look */
        fault = lab_audit_got(look->audit, index, &look->call, &before);
        forget_watch(look, before);
        if (lab_unlikely(fault != LAB_AUDIT_FINE))
            report(look, fault, things[i], index, before, 0);
        else if ((before & LAB_AUDIT_POISONED) != 0 &&
                 lab_audit_word_state(before, look->call.who) == LAB_AUDIT_FREE)
            check_poison(look, things[i], index, before);
    }
}

static LAB_COLD void watch(struct lab_pool *pool, uint32_t slot, void *thing,
                           struct lab_audit_site site)
{
    struct look look;
    uint32_t index;

    if (look_begin(&look, pool, slot, site, time_of_get(pool, slot)) &&
        lab_pool_index(pool, thing, &index) == 0)
        lab_pool_await(pool, lab_audit_watch(look.audit, index, thing, &look.call));
}

/* Threads without an id count together. */
static void sample_any(struct lab_pool *pool, void *const *things, unsigned n,
                       struct lab_audit_site site)
{
    uint64_t sample = lab_load_relaxed(&pool->audit->sample);
    uint64_t before = lab_fetch_add_relaxed(&pool->audit->any_gets, n);

    if (before / sample != (before + n) / sample)
        watch(pool, lab_pool_slot(LAB_LCORE_ANY), things[0], site);
}

static void sample_got(struct lab_pool *pool, uint32_t slot, void *const *things, unsigned n,
                       struct lab_audit_site site)
{
    struct lab_pool_slow *slow = &pool->slow[slot];
    uint32_t next;

    if (slot == lab_pool_slot(LAB_LCORE_ANY)) {
        sample_any(pool, things, n, site);
        return;
    }
    for (next = slow->to_sample; next <= n; next = lab_audit_next_sample(pool->audit)) {
        if (next > 0)
            watch(pool, slot, things[lab_index_bounded(next - 1, n)], site);
        n -= next;
        things += next;
    }
    slow->to_sample = next - n;
}

static int get_full(struct lab_pool *pool, uint32_t slot, unsigned gfp, void **ret_things,
                    unsigned n, struct lab_audit_site site)
{
    lab_atomic_t *call = lab_pool_call_begin(pool, slot);
    struct look look;
    int rc = lab_pool_take(pool, slot, gfp, ret_things, n);

    if (rc == 0 && look_begin(&look, pool, slot, site, time_of_get(pool, slot)))
        see_got(&look, ret_things, n);
    lab_pool_call_end(slot, call);
    return rc;
}

LAB_NOINLINE int lab_pool_get_audited(struct lab_pool *pool, uint32_t slot, unsigned gfp,
                                      void **ret_things, unsigned n, struct lab_audit_site site)
{
    int rc;

    if (lab_audit_level(pool->audit) == LAB_AUDIT_FULL)
        return get_full(pool, slot, gfp, ret_things, n, site);
    rc = lab_pool_take(pool, slot, gfp, ret_things, n);
    if (rc == 0 && lab_audit_level(pool->audit) == LAB_AUDIT_SAMPLE)
        sample_got(pool, slot, ret_things, n, site);
    return rc;
}

/* Puts */

/* The thing whose inside an address is, or LAB_AUDIT_NONE. Looks at all of them. The size of a
 * caller's objects is not known: each is taken to be as long as the gap to the one below. */
static LAB_COLD uint32_t find_around(const struct lab_pool *pool, const void *wrong,
                                     uint64_t *ret_offset)
{
    uint32_t nearest = LAB_AUDIT_NONE;
    uint64_t offset = UINT64_MAX / 2, next = offset, size;

    for (uint32_t i = 0; i < pool->adopted; i++) {
        uint64_t behind = (uintptr_t)wrong - (uintptr_t)lab_pool_thing(pool, i);

        if (behind < offset) {
            next = offset;
            offset = behind;
            nearest = i;
        } else if (behind < next) {
            next = behind;
        }
    }
    size = pool->stride != 0 ? pool->stride : next - offset;
    *ret_offset = offset;
    return nearest != LAB_AUDIT_NONE && offset < size ? nearest : LAB_AUDIT_NONE;
}

static LAB_COLD void report_foreign(struct look *look, const void *wrong)
{
    uint64_t offset;
    uint32_t index = find_around(look->pool, wrong, &offset);

    if (index != LAB_AUDIT_NONE)
        report(look, LAB_AUDIT_INSIDE_FREE, wrong, index,
               lab_load_acquire(&look->audit->record[index].word), offset); /* U2 */
    else
        report(look, LAB_AUDIT_FOREIGN_FREE, wrong, LAB_AUDIT_NONE, 0, 0);
}

/* Whether the thing at *thing may be put; it may then be another one, or NULL if none yet. */
static bool see_put(struct look *look, void **thing)
{
    struct lab_audit *audit = look->audit;
    uint64_t poison = audit->poison_bytes != 0 ? LAB_AUDIT_POISONED : 0, before;
    enum lab_audit_fault fault;
    uint32_t index;

    if (lab_unlikely(lab_pool_index(look->pool, *thing, &index) != 0)) {
        report_foreign(look, *thing);
        return false;
    }
    fault = lab_audit_put(audit, index, &look->call, poison, &before);
    forget_watch(look, before);
    if (lab_unlikely(fault != LAB_AUDIT_FINE)) {
        report(look, fault, *thing, index, before, 0);
        return false;
    }
    if (!lab_audit_may_touch(before))
        return true;
    if (poison != 0)
        lab_audit_poison(poisoned_part(look, *thing), audit->poison_bytes);
    if (audit->quarantine != 0) {
        index = lab_audit_delay(audit, index);
        *thing = index != LAB_AUDIT_NONE ? lab_pool_thing(look->pool, index) : NULL;
    }
    return true;
}

static int put_full(struct look *look, uint32_t slot, void *const *things, unsigned n)
{
    void *good[BURST];
    int rc = 0;

    while (n > 0) {
        unsigned k = 0;

        lab_pool_mark(look->pool, things, n < BURST ? n : BURST); /* W4 */
        for (; n > 0 && k < BURST; n--) {
            good[k] = *things++;
            if (!see_put(look, &good[k]))
                rc = -EINVAL;
            else if (good[k] != NULL)
                k++;
        }
        lab_pool_mark(look->pool, good, k); /* others, where there is a quarantine */
        lab_pool_give(look->pool, slot, good, k);
    }
    return rc;
}

static LAB_COLD void unwatch(struct lab_pool *pool, void *thing)
{
    uint32_t index;

    if (lab_pool_index(pool, thing, &index) == 0 && lab_audit_unwatch(pool->audit, index, thing))
        lab_pool_await(pool, -1);
}

LAB_NOINLINE int lab_pool_put_audited(struct lab_pool *pool, uint32_t slot, void *const *things,
                                      unsigned n, struct lab_audit_site site)
{
    struct look look;

    if (lab_audit_level(pool->audit) == LAB_AUDIT_FULL &&
        look_begin(&look, pool, slot, site, time_of_put(pool, slot))) {
        lab_atomic_t *call = lab_pool_call_begin(pool, slot);
        int rc = put_full(&look, slot, things, n);

        lab_pool_call_end(slot, call);
        return rc;
    }
    for (unsigned i = 0; i < n; i++)
        if (lab_unlikely(lab_audit_may_watch(pool->audit, things[i])))
            unwatch(pool, things[i]);
    lab_pool_give(pool, slot, things, n);
    return 0;
}

/* The rest */

unsigned lab_pool_free_quarantine(struct lab_pool *pool)
{
    unsigned n = 0;

    if (lab_audit_level(pool->audit) == LAB_AUDIT_FULL)
        return 0;
    for (uint32_t i = 0; i < pool->audit->quarantine; i++) {
        uint32_t index = lab_audit_exchange(pool->audit, i, LAB_AUDIT_NONE);
        void *thing;

        if (index == LAB_AUDIT_NONE)
            continue;
        thing = lab_pool_thing(pool, index);
        lab_pool_give_slow(pool, lab_pool_slot(LAB_LCORE_ANY), &thing, 1);
        n++;
    }
    return n;
}
