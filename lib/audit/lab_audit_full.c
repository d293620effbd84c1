/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Get and put while there is an audit: the same as without, and the audit records a put before the
 * object goes into the pool and a get after it came out. So no object is free while its record says
 * it is held.
 */

#include <lab_audit_context.h>
#include <lab_audit_poison.h>
#include <lab_audit_quarantine.h>
#include <lab_audit_report.h>
#include <lab_audit_watch.h>

/* Objects that are looked at before they are put, all at once. */
#define BURST 32u

static uint64_t time_of_get(struct lab_pool *pool, uint32_t lcore_index)
{
    return lcore_index == LAB_DEQUE_SET_ANY
               ? lab_ticks()
               : lab_audit_context_now(lab_audit_context_of(pool, lcore_index));
}

static uint64_t time_of_put(struct lab_pool *pool, uint32_t lcore_index)
{
    return lcore_index == LAB_DEQUE_SET_ANY
               ? lab_ticks()
               : lab_audit_context_time(lab_audit_context_of(pool, lcore_index));
}

static LAB_COLD bool begin_audited_anew(struct lab_pool *pool, uint32_t lcore_index,
                                        struct lab_audit_site site, uint64_t mode,
                                        struct lab_audit_call *ret_call)
{
    struct lab_audit_context *last = lab_audit_context_of(pool, lcore_index);
    uint64_t now = time_of_get(pool, lcore_index);

    lab_audit_take_over_owner(pool, lcore_index);
    if (!lab_audit_begin(lab_audit_of(pool), lab_pool_lcore(lcore_index), site, now, ret_call))
        return false;
    if (lcore_index != LAB_DEQUE_SET_ANY) {
        last->who = ret_call->who;
        last->process = lab_audit_self();
        last->mode = mode;
    }
    return true;
}

/* Fills in *ret_call, but for the time of this call. Returns whether what it does may be recorded.
 */
static bool begin_audited(struct lab_pool *pool, uint32_t lcore_index, struct lab_audit_site site,
                          uint64_t mode, struct lab_audit_call *ret_call)
{
    const struct lab_audit_context *last = lab_audit_context_of(pool, lcore_index);

    if (!lab_audit_context_holds(last, mode))
        return begin_audited_anew(pool, lcore_index, site, mode, ret_call);
    ret_call->who = last->who;
    ret_call->at = last->at;
    ret_call->site = (uint64_t)(uintptr_t)lab_audit_resolve(site);
    return true;
}

static bool has_shared(const struct lab_pool *pool, uint64_t who)
{
    unsigned lcore = lab_audit_word_lcore(who);

    return lcore < pool->lcores &&
           lab_audit_context_of(pool, lab_pool_lcore_index(lcore))->shared != 0;
}

/* Two threads that use one lcore id damage its deque, which looks like a double free; or they get
 * NULL from it, and free that. The report names the shared id where one of the two is the caller,
 * or had the object last. */
static enum lab_audit_fault name_of(const struct lab_pool *pool, enum lab_audit_fault fault,
                                    const void *object, uint64_t who, uint64_t before)
{
    bool alike = fault == LAB_AUDIT_DOUBLE_FREE || fault == LAB_AUDIT_HELD_TWICE ||
                 fault == LAB_AUDIT_WRONG_HOLDER ||
                 (fault == LAB_AUDIT_FOREIGN_FREE && object == NULL);

    return alike && (has_shared(pool, who) || has_shared(pool, before)) ? LAB_AUDIT_SHARED_LCORE
                                                                        : fault;
}

LAB_COLD void lab_audit_report_call(struct lab_pool *pool, const struct lab_audit_call *call,
                                    enum lab_audit_fault fault, const void *object, uint32_t index,
                                    uint64_t before, uint64_t offset)
{
    /* An address that is no object had no holder, and 0 is the word of lcore 0. */
    uint64_t last = index != LAB_AUDIT_NONE ? before : call->who;
    struct lab_audit_entry entry = {.fault = name_of(pool, fault, object, call->who, last),
                                    .pool = pool->name,
                                    .object = object,
                                    .index = index,
                                    .offset = offset};

    lab_audit_report(lab_audit_of(pool), &entry, call, before);
}

static LAB_COLD void report_shared(struct lab_pool *pool, uint32_t lcore_index,
                                   const struct lab_audit_call *call)
{
    lab_audit_context_of(pool, lcore_index)->shared = 1;
    lab_audit_report_call(pool, call, LAB_AUDIT_SHARED_LCORE, NULL, LAB_AUDIT_NONE, 0, 0);
}

static lab_atomic_t *begin(struct lab_pool *pool, uint32_t lcore_index,
                           const struct lab_audit_call *call)
{
    if (lcore_index != LAB_DEQUE_SET_ANY &&
        lab_audit_is_shared(lab_audit_context_of(pool, lcore_index), call->who))
        report_shared(pool, lcore_index, call);
    return lab_audit_call_begin(pool, lcore_index, call->who);
}

/* Gets */

static void *poisoned_part(const struct lab_pool *pool, void *object)
{
    return (char *)object + lab_audit_of(pool)->poison_from;
}

static void check_poison(struct lab_pool *pool, const struct lab_audit_call *call, void *object,
                         uint32_t index, uint64_t before)
{
    size_t bytes = lab_audit_of(pool)->poison_bytes;
    size_t end = lab_audit_poison_end(poisoned_part(pool, object), bytes);

    if (lab_unlikely(end < bytes))
        lab_audit_report_call(pool, call, LAB_AUDIT_WRITE_AFTER_FREE, object, index, before,
                              lab_audit_of(pool)->poison_from + end);
}

/* The record was one of a sample, of before the level was raised. */
static void forget_sampled(struct lab_pool *pool, uint64_t before)
{
    if (lab_unlikely(lab_audit_word_is_sampled(before)))
        lab_deque_set_intercept(&pool->set, -1);
}

static LAB_NOINLINE void see_got(struct lab_pool *pool, struct lab_audit_call call, void *object,
                                 uint32_t index)
{
    uint64_t before;
    enum lab_audit_fault fault = lab_audit_got(lab_audit_of(pool), index, &call, &before);

    forget_sampled(pool, before);
    if (lab_unlikely(fault != LAB_AUDIT_FINE))
        lab_audit_report_call(pool, &call, fault, object, index, before, 0);
    else if ((before & LAB_AUDIT_POISONED) != 0 &&
             lab_audit_word_state(before, call.who) == LAB_AUDIT_FREE)
        check_poison(pool, &call, object, index, before);
}

LAB_INLINE void see_all_got(struct lab_pool *pool, const struct lab_audit_call *call,
                            void *const *objects, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint32_t index = lab_pool_find(pool, objects[i]);

        if (lab_unlikely(index == LAB_POOL_NO_INDEX))
            continue; /* put before the audit began to look */
        if (lab_unlikely(!lab_audit_got_plain(lab_audit_of(pool), index, call)))
            see_got(pool, *call, objects[i], index);
    }
}

static LAB_COLD void set_sampled(struct lab_pool *pool, uint32_t lcore_index, void *object,
                                 struct lab_audit_site site)
{
    struct lab_audit_call call;
    uint32_t index;

    if (lab_audit_begin(lab_audit_of(pool), lab_pool_lcore(lcore_index), site, lab_ticks(),
                        &call) &&
        lab_pool_index(pool, object, &index) == 0)
        lab_deque_set_intercept(&pool->set,
                                lab_audit_set_sampled(lab_audit_of(pool), index, object, &call));
}

/* Threads without an id count together. */
static void sample_any(struct lab_pool *pool, void *const *objects, unsigned n,
                       struct lab_audit_site site)
{
    uint64_t sample = lab_audit_sample(lab_audit_of(pool));
    uint64_t before = lab_fetch_add_relaxed(&lab_audit_of(pool)->table->any_gets, n);

    if (before / sample != (before + n) / sample)
        set_sampled(pool, lab_pool_lcore_index(LAB_LCORE_ANY), objects[0], site);
}

static void sample_got(struct lab_pool *pool, uint32_t lcore_index, void *const *objects,
                       unsigned n, struct lab_audit_site site)
{
    struct lab_audit_context *context = lab_audit_context_of(pool, lcore_index);
    uint32_t next;

    if (lcore_index == LAB_DEQUE_SET_ANY) {
        sample_any(pool, objects, n, site);
        return;
    }
    for (next = context->to_sample; next <= n; next = lab_audit_next_sample(lab_audit_of(pool))) {
        if (next > 0)
            set_sampled(pool, lcore_index, objects[lab_index_bounded(next - 1, n)], site);
        n -= next;
        objects += next;
    }
    context->to_sample = next - n;
}

static int get_full(struct lab_pool *pool, uint32_t lcore_index, unsigned gfp, void **ret_objects,
                    unsigned n, struct lab_audit_site site, uint64_t mode)
{
    struct lab_audit_call call;
    bool settled = begin_audited(pool, lcore_index, site, mode, &call);
    lab_atomic_t *inside = begin(pool, lcore_index, &call);
    int rc = lab_pool_core_get(pool, lcore_index, gfp, ret_objects, n);

    /* An object waits in quarantine no longer than until somebody needs it. */
    if (lab_unlikely(rc != 0) && n <= pool->count && lab_audit_free_quarantine(pool) > 0)
        rc = lab_pool_core_get_slow(pool, lcore_index, gfp, ret_objects, n);
    call.at = time_of_get(pool, lcore_index);
    if (lab_likely(rc == 0) && lab_likely(settled))
        see_all_got(pool, &call, ret_objects, n);
    lab_audit_call_end(lcore_index, inside);
    return rc;
}

LAB_NOINLINE int lab_audit_get(struct lab_pool *pool, uint32_t lcore_index, unsigned gfp,
                               void **ret_objects, unsigned n, struct lab_audit_site site)
{
    uint64_t mode = lab_load_acquire(&lab_audit_of(pool)->table->mode);
    int rc;

    if (lab_audit_mode_level(mode) == LAB_AUDIT_FULL)
        return get_full(pool, lcore_index, gfp, ret_objects, n, site, mode);
    rc = lab_pool_core_get(pool, lcore_index, gfp, ret_objects, n);
    if (rc == 0 && lab_audit_level(lab_audit_of(pool)) == LAB_AUDIT_SAMPLE)
        sample_got(pool, lcore_index, ret_objects, n, site);
    return rc;
}

/* Puts */

/* The object whose inside an address is, or LAB_AUDIT_NONE. Looks at all of them. The size of a
 * caller's objects is not known: each is taken to be as long as the gap to the one below. */
static LAB_COLD uint32_t find_around(const struct lab_pool *pool, const void *wrong,
                                     uint64_t *ret_offset)
{
    uint32_t nearest = LAB_AUDIT_NONE;
    uint64_t offset = UINT64_MAX / 2, next = offset, size;

    for (uint32_t i = 0; i < pool->adopted; i++) {
        uint64_t behind = (uintptr_t)wrong - (uintptr_t)lab_pool_object(pool, i);

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

static LAB_COLD void report_foreign(struct lab_pool *pool, const struct lab_audit_call *call,
                                    const void *wrong)
{
    uint64_t offset;
    uint32_t index = find_around(pool, wrong, &offset);

    if (index != LAB_AUDIT_NONE)
        /* U2: or it names the call sites of an earlier holder */
        lab_audit_report_call(pool, call, LAB_AUDIT_INSIDE_FREE, wrong, index,
                              lab_load_acquire(&lab_audit_of(pool)->table->record[index].word),
                              offset);
    else
        lab_audit_report_call(pool, call, LAB_AUDIT_FOREIGN_FREE, wrong, LAB_AUDIT_NONE, 0, 0);
}

/* Poisons a free object, and puts it in quarantine. Returns the object that is to go into the pool,
 * NULL for none yet.
 */
static void *keep_back(struct lab_pool *pool, void *object, uint32_t index)
{
    struct lab_audit *audit = lab_audit_of(pool);

    if (audit->poison_bytes != 0)
        lab_audit_poison(poisoned_part(pool, object), audit->poison_bytes);
    if (audit->quarantine == 0)
        return object;
    index = lab_audit_delay(audit, index);
    if (index == LAB_AUDIT_NONE) {
        (void)lab_fetch_add_relaxed(&pool->withheld, 1);
        return NULL;
    }
    object = lab_pool_object(pool, index);
    lab_pool_note_moving(pool, &object, 1);
    return object;
}

/* Whether the object at *object may be put; it may then be another one, or NULL if none yet. */
static LAB_NOINLINE bool see_put(struct lab_pool *pool, struct lab_audit_call call, void **object)
{
    uint64_t poison = lab_audit_of(pool)->poison_bytes != 0 ? LAB_AUDIT_POISONED : 0, before;
    uint32_t index = lab_pool_find(pool, *object);
    enum lab_audit_fault fault;

    if (lab_unlikely(index == LAB_POOL_NO_INDEX)) {
        report_foreign(pool, &call, *object);
        return false;
    }
    fault = lab_audit_put(lab_audit_of(pool), index, &call, poison, &before);
    forget_sampled(pool, before);
    if (lab_unlikely(fault != LAB_AUDIT_FINE)) {
        lab_audit_report_call(pool, &call, fault, *object, index, before, 0);
        return false;
    }
    if (lab_audit_may_touch(before))
        *object = keep_back(pool, *object, index);
    return true;
}

/* The same, without a call where nothing is out of the ordinary. */
LAB_INLINE bool see_put_inline(struct lab_pool *pool, const struct lab_audit_call *call,
                               void **object)
{
    uint32_t index = lab_pool_find(pool, *object);

    if (lab_likely(index != LAB_POOL_NO_INDEX) &&
        lab_likely(lab_audit_put_plain(lab_audit_of(pool), index, call)))
        return true;
    return see_put(pool, *call, object);
}

static int put_full(struct lab_pool *pool, uint32_t lcore_index, struct lab_audit_call call,
                    void *const *objects, unsigned n)
{
    lab_atomic_t *inside = begin(pool, lcore_index, &call);
    void *good[BURST];
    int rc = 0;

    while (n > 0) {
        unsigned k = 0;

        /* W4: or a sweep finds an object free that it does not find noted */
        lab_pool_note_moving(pool, objects, n < BURST ? n : BURST);
        for (; n > 0 && k < BURST; n--) {
            good[k] = *objects++;
            if (!see_put_inline(pool, &call, &good[k]))
                rc = -EBADMSG;
            else if (lab_likely(good[k] != NULL))
                k++;
        }
        lab_pool_core_put(pool, lcore_index, good, k);
    }
    lab_audit_call_end(lcore_index, inside);
    return rc;
}

static LAB_COLD void clear_sampled(struct lab_pool *pool, void *object)
{
    uint32_t index;

    if (lab_pool_index(pool, object, &index) == 0 &&
        lab_audit_clear_sampled(lab_audit_of(pool), index, object))
        lab_deque_set_intercept(&pool->set, -1);
}

static void put_sampled(struct lab_pool *pool, uint32_t lcore_index, void *const *objects,
                        unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (lab_unlikely(lab_audit_may_be_sampled(lab_audit_of(pool), objects[i])))
            clear_sampled(pool, objects[i]);
    lab_pool_core_put(pool, lcore_index, objects, n);
}

LAB_NOINLINE int lab_audit_put_bulk(struct lab_pool *pool, uint32_t lcore_index,
                                    void *const *objects, unsigned n, struct lab_audit_site site)
{
    uint64_t mode = lab_load_acquire(&lab_audit_of(pool)->table->mode);
    struct lab_audit_call call;

    if (lab_likely(lab_audit_mode_level(mode) == LAB_AUDIT_FULL) &&
        lab_likely(begin_audited(pool, lcore_index, site, mode, &call))) {
        call.at = time_of_put(pool, lcore_index);
        return put_full(pool, lcore_index, call, objects, n);
    }
    put_sampled(pool, lcore_index, objects, n);
    return 0;
}

/* The rest */

unsigned lab_audit_free_quarantine(struct lab_pool *pool)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < lab_audit_of(pool)->quarantine; i++) {
        uint32_t index = lab_audit_exchange(lab_audit_of(pool), i, LAB_AUDIT_NONE);
        void *object;

        if (index == LAB_AUDIT_NONE)
            continue;
        object = lab_pool_object(pool, index);
        (void)lab_fetch_add_relaxed(&pool->withheld, -UINT64_C(1));
        lab_pool_core_put_slow(pool, lab_pool_lcore_index(LAB_LCORE_ANY), &object, 1);
        n++;
    }
    return n;
}
