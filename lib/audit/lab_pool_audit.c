/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The questions and statements of a program to its pool's audit. */

#include <lab_audit.h>
#include <lab_audit_context.h>
#include <lab_audit_groups.h>
#include <lab_audit_quarantine.h>
#include <lab_audit_report.h>
#include <lab_intercept.h>
#include <lab_ticks.h>

/* The audit does not see gets on the hot path. That is opened after the level has fallen, and after
 * every thread can see that: an object that was got there, and put at level full, would be taken
 * for one that is freed twice. */
static void set_hot(struct lab_pool *pool, enum lab_audit_level level)
{
    if (level != LAB_AUDIT_OFF) {
        lab_store_relaxed(&pool->hot, 0);
    } else if (lab_intercept_of(pool)->domain == NULL &&
               !(pool->region.front != 0 && lab_deque_set_is_multi_process(&pool->set))) {
        lab_deque_set_barrier_any(&pool->set);
        /* H1: or a get that sees it open does not see that the level has fallen */
        lab_store_release(&pool->hot, pool->lcores);
    }
}

int lab_pool_set_audit(struct lab_pool *pool, enum lab_audit_level level)
{
    enum lab_audit_level before;
    uint32_t sampled;

    if (lab_audit_of(pool) == NULL)
        return -ENOENT;
    if ((unsigned)level > LAB_AUDIT_FULL)
        return -EINVAL;
    before = lab_audit_level(lab_audit_of(pool));
    sampled = lab_audit_set_level(lab_audit_of(pool), level);
    (void)lab_audit_free_quarantine(pool);
    set_hot(pool, level);
    if (level == LAB_AUDIT_FULL)
        lab_deque_set_intercept(&pool->set, 1);
    lab_deque_set_intercept(&pool->set, -(int64_t)sampled - (before == LAB_AUDIT_FULL));
    return 0;
}

int lab_pool_set_sample(struct lab_pool *pool, uint32_t sample)
{
    if (lab_audit_of(pool) == NULL)
        return -ENOENT;
    if (sample == 0)
        return -EINVAL;
    lab_store_relaxed(&lab_audit_of(pool)->table->sample, sample);
    return 0;
}

static bool is_full(const struct lab_pool *pool)
{
    return lab_audit_of(pool) != NULL && lab_audit_level(lab_audit_of(pool)) == LAB_AUDIT_FULL;
}

/* Place 0 is that of processes that came when all were taken. */
static int find_receiver(const struct lab_audit *audit, uint64_t who, uint64_t process,
                         unsigned *ret_process_slot)
{
    *ret_process_slot =
        process != 0 ? lab_audit_process_slot(audit, process) : lab_audit_word_process_slot(who);
    return *ret_process_slot == 0 && process != 0 && !lab_audit_has_no_place(audit) ? -ESRCH : 0;
}

LAB_NOINLINE int lab_pool_transfer(struct lab_pool *pool, uint32_t lcore, void *const *objects,
                                   unsigned n, uint32_t to, uint64_t process)
{
    struct lab_audit_site site = {__builtin_return_address(0), NULL};
    struct lab_audit_call call;
    lab_atomic_t *inside;
    unsigned process_slot;
    uint64_t next;
    int rc;

    if (lab_pool_lcore_index(lcore) > pool->lcores)
        return -EINVAL;
    if (!is_full(pool) || !lab_audit_begin(lab_audit_of(pool), lcore, site, lab_ticks(), &call))
        return 0;
    lab_audit_take_over_owner(pool, lab_pool_lcore_index(lcore));
    inside = lab_audit_call_begin(pool, lab_pool_lcore_index(lcore),
                                  call.who); /* or `to` is forgotten */
    rc = find_receiver(lab_audit_of(pool), call.who, process, &process_slot);
    next = lab_audit_who(process_slot, lab_audit_lcore(to), lab_audit_word_epoch(call.who));
    for (unsigned i = 0; i < n && rc != -ESRCH; i++) {
        uint64_t before = 0;
        uint32_t index = LAB_AUDIT_NONE;
        enum lab_audit_fault fault = LAB_AUDIT_WRONG_HOLDER;

        if (lab_pool_index(pool, objects[i], &index) == 0)
            fault = lab_audit_hand(lab_audit_of(pool), index, &call, next, &before);
        if (fault != LAB_AUDIT_FINE) {
            lab_audit_report_call(pool, &call, fault, objects[i], index, before, 0);
            rc = -EBADMSG;
        }
    }
    lab_audit_call_end(lab_pool_lcore_index(lcore), inside);
    return rc;
}

int lab_pool_handle(const struct lab_pool *pool, const void *object, uint64_t *ret_handle)
{
    uint64_t word = 0;
    uint32_t index;
    int rc = lab_pool_index(pool, object, &index);

    if (rc != 0)
        return rc;
    if (lab_audit_of(pool) != NULL)
        /* U2: as each load of a word, or what is read of the record next may be older */
        word = lab_load_acquire(&lab_audit_of(pool)->table->record[index].word);
    *ret_handle = (uint64_t)lab_audit_word_generation(word) << 32 | index;
    return 0;
}

LAB_NOINLINE int lab_pool_put_handle(struct lab_pool *pool, uint32_t lcore, uint64_t handle)
{
    struct lab_audit_site site = {__builtin_return_address(0), NULL};
    uint32_t index = (uint32_t)handle;
    struct lab_audit_call call;
    void *object;

    if (index >= pool->adopted || lab_pool_lcore_index(lcore) > pool->lcores)
        return -EINVAL;
    index = (uint32_t)lab_index_bounded(index, pool->count);
    object = lab_pool_object(pool, index);
    if (is_full(pool) && lab_audit_begin(lab_audit_of(pool), lcore, site, lab_ticks(), &call)) {
        uint64_t word = lab_load_acquire(&lab_audit_of(pool)->table->record[index].word); /* U2 */

        if (lab_audit_word_generation(word) != handle >> 32) {
            lab_audit_report_call(pool, &call, LAB_AUDIT_STALE_HANDLE, object, index, word, 0);
            return -EBADMSG;
        }
    }
    return lab_pool_put_hot(pool, lcore, &object, 1)
               ? 0
               : lab_pool_put_slow_from(pool, lcore, &object, 1, site);
}

unsigned lab_pool_groups(const struct lab_pool *pool, uint64_t least_age_ns, const uint64_t *skip,
                         struct lab_audit_group *ret_groups, unsigned n, uint64_t *ret_rest)
{
    uint64_t ignored;

    ret_rest = ret_rest ? ret_rest : &ignored;
    *ret_rest = 0;
    if (lab_audit_of(pool) == NULL)
        return 0;
    return lab_audit_groups(lab_audit_of(pool), least_age_ns, skip, ret_groups, n, ret_rest);
}

uint64_t lab_pool_report_leaks(const struct lab_pool *pool, const uint64_t *skip)
{
    struct lab_audit_group groups[LAB_AUDIT_GROUPS_MAX];
    uint64_t leaked;
    unsigned n = lab_pool_groups(pool, 0, skip, groups, LAB_AUDIT_GROUPS_MAX, &leaked);

    for (unsigned i = 0; i < n; i++) {
        struct lab_audit_entry entry = {
            .fault = LAB_AUDIT_LEAK,
            .pool = pool->name,
            .index = LAB_AUDIT_NONE,
            .count = groups[i].count,
            .got = groups[i].holder,
            .holder = groups[i].holder,
        };

        entry.holder.site = 0; /* whether it was handed over differs from object to object */
        leaked += groups[i].count;
        lab_audit_raise(&entry);
    }
    return leaked;
}

void lab_pool_audit_stats(const struct lab_pool *pool, struct lab_pool_audit_stats *ret_stats)
{
    struct lab_pool_audit_stats stats = {.records = lab_audit_of(pool) != NULL};

    if (stats.records) {
        stats.level = lab_audit_level(lab_audit_of(pool));
        stats.sample = lab_audit_sample(lab_audit_of(pool));
        stats.quarantined = lab_audit_quarantined(lab_audit_of(pool));
        for (unsigned i = 0; i < LAB_AUDIT_FAULTS; i++)
            stats.faults[i] = lab_load_relaxed(&lab_audit_of(pool)->table->faults[i]);
    }
    *ret_stats = stats;
}
