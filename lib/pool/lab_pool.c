/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The slow path of put: what happens when the own tip is too large, or absent; and what gets (in
 * lab_pool_get.c) keep. */

#include <lab_audit_quarantine.h>
#include <lab_pool_barrier.h>
#include <lab_pool_slow.h>
#include <lab_pool_sweep.h>

/* Puts of one lcore without any get starving, after which the pool counts as fed. */
#define CALM_PUTS 256u

/* Things of which some may be of the reserve are looked through in pieces of so many. */
#define SORTED 32u

void lab_pool_count_events(struct lab_pool *pool, uint32_t slot, enum lab_pool_event event,
                           unsigned n)
{
    lab_atomic_t *counter = &pool->slow[slot].event[event];

    if (slot != LAB_POOL_SLOT_ANY)
        lab_count_owner(counter, n);
    else
        lab_fetch_add_relaxed(counter, n);
}

/* That of a slot's place, if it has one. */
static LAB_COLD bool mend_layout(struct lab_pool *pool, uint32_t slot)
{
    struct lab_deque *deque = &pool->deque[slot];
    uint64_t place = 0;
    bool has = lab_roster_find_any(&pool->roster, slot, &place);
    lab_atomic_t *slots = pool->slots + place * pool->capacity;

    lab_deque_set_layout_any(deque, has ? slots : NULL, pool->capacity, pool->reach, pool->tip);
    return has;
}

bool lab_pool_has_deque(struct lab_pool *pool, uint32_t slot)
{
    const struct lab_deque *deque = &pool->deque[slot];
    uintptr_t slots = (uintptr_t)lab_deque_slots_any(deque);
    uint64_t offset = (uint64_t)(slots - (uintptr_t)pool->slots);
    uint64_t ring_bytes = (uint64_t)pool->capacity * sizeof(lab_atomic_t);

    if (slot == LAB_POOL_SLOT_ANY || slots == 0)
        return false;
    if (lab_likely(offset < pool->roster.places * ring_bytes && offset % ring_bytes == 0 &&
                   deque->capacity == pool->capacity && deque->mask == pool->slot_mask &&
                   deque->reach == pool->reach && deque->tip == pool->tip))
        return true;
    return mend_layout(pool, slot);
}

bool lab_pool_enrol(struct lab_pool *pool, uint32_t slot)
{
    struct lab_deque *deque = &pool->deque[slot];
    uint64_t place;

    if (lab_pool_has_deque(pool, slot)) {
        lab_pool_look_for_company_owner(pool, slot);
        return true;
    }
    if (slot == LAB_POOL_SLOT_ANY || !lab_roster_enter_owner(&pool->roster, slot, &place))
        return false;
    lab_pool_choose_fence_owner(pool, slot);
    lab_deque_equip_owner(deque, pool->slots + place * pool->capacity, pool->capacity);
    return true;
}

unsigned lab_pool_stack_put(struct lab_pool *pool, uint32_t slot, struct lab_stack *stack,
                            void *const *things, unsigned n)
{
    uint32_t indices[LAB_STACK_BURST];
    unsigned k = 0, foreign = 0, twice = 0;

    for (unsigned i = 0; i < n; i++) {
        if (lab_pool_index(pool, things[i], &indices[k]) == 0) {
            k++;
        } else {
            foreign++;
            lab_pool_tell_foreign(pool, things[i]);
        }
        if (k == LAB_STACK_BURST || (i + 1 == n && k > 0)) {
            twice += k - lab_stack_push_any(stack, indices, k);
            k = 0;
        }
    }
    if (foreign > 0)
        lab_pool_count_events(pool, slot, LAB_POOL_PUT_FOREIGN, foreign);
    if (twice > 0)
        lab_pool_count_events(pool, slot, LAB_POOL_PUT_TWICE, twice);
    return n - foreign - twice;
}

/* Puts things where the caller's things belong: its deque if it has one with room, else the
 * stack. Returns whether they went into the deque. */
static bool keep_common(struct lab_pool *pool, uint32_t slot, void *const *things, unsigned n,
                        bool publish_all)
{
    if (lab_pool_enrol(pool, slot) &&
        lab_deque_push_slow_owner(&pool->deque[slot], things, n, publish_all))
        return true;
    (void)lab_pool_stack_put(pool, slot, &pool->stack, things, n);
    return false;
}

static bool is_any_reserve(const struct lab_pool *pool, void *const *things, unsigned n)
{
    unsigned any = 0;

    for (unsigned i = 0; i < n; i++)
        any |= lab_pool_lies_in_reserve(pool, things[i]);
    return any != 0;
}

bool lab_pool_keep(struct lab_pool *pool, uint32_t slot, void *const *things, unsigned n,
                   bool publish_all)
{
    void *others[SORTED];
    bool all = true;

    lab_pool_mark(pool, things, n);
    if (lab_likely(!lab_pool_reserve_is_held(pool)) || !is_any_reserve(pool, things, n))
        return keep_common(pool, slot, things, n, publish_all);
    for (unsigned done = 0, k; done < n; done += k) {
        unsigned left, twice;

        k = n - done < SORTED ? n - done : SORTED;
        left = lab_pool_give_reserve(pool, things + done, k, others, &twice);
        if (twice > 0)
            lab_pool_count_events(pool, slot, LAB_POOL_PUT_TWICE, twice);
        if (left > 0)
            all &= keep_common(pool, slot, others, left, publish_all);
    }
    return all;
}

/* Whether it is calm again, which puts alone can tell where nobody gets. */
static LAB_COLD void look_for_calm(struct lab_pool *pool, uint32_t slot)
{
    if (slot == LAB_POOL_SLOT_ANY || pool->slow[slot].puts++ % LAB_POOL_SAMPLE_EVERY == 0)
        lab_pool_gauge(pool);
}

/* Hunger ends when this lcore alone has plenty to steal, or when for many puts nobody starved. */
static void digest(struct lab_pool *pool, uint32_t slot, uint64_t slow_puts)
{
    struct lab_pool_slow *slow = &pool->slow[slot];
    struct lab_deque *deque = &pool->deque[slot];
    uint64_t plenty = 2 * (uint64_t)pool->tip + pool->reach;
    uint64_t starved = lab_load_relaxed(&pool->starved);

    if (slow->starved != starved) {
        slow->starved = starved;
        slow->calm = 0;
    }
    if (++slow->calm >= CALM_PUTS || lab_deque_count_any(deque, NULL) >= plenty)
        (void)lab_cas_relaxed(&pool->slow_puts, &slow_puts, lab_pool_awaited(slow_puts));
}

LAB_COLD void lab_pool_give_slow(struct lab_pool *pool, uint32_t slot, void *const *things,
                                 unsigned n)
{
    uint64_t slow_puts = lab_load_relaxed(&pool->slow_puts);
    bool hungry = lab_pool_hunger(slow_puts) != 0;

    if (n == 0)
        return;
    if (lab_pool_keep(pool, slot, things, n, hungry)) {
        lab_pool_count_events(pool, slot, LAB_POOL_PUT_PUBLISH, 1);
        if (hungry)
            digest(pool, slot, slow_puts);
    } else {
        lab_pool_count_events(pool, slot, LAB_POOL_PUT_STACK, 1);
    }
    if (lab_unlikely(!lab_pool_is_calm(pool)))
        look_for_calm(pool, slot);
}

int lab_pool_publish(struct lab_pool *pool, uint32_t lcore)
{
    uint32_t slot = lab_pool_slot(lcore);

    if (slot > pool->lcores)
        return -EINVAL;
    if (!lab_pool_has_deque(pool, slot))
        return 0;
    (void)lab_deque_push_slow_owner(&pool->deque[slot], NULL, 0, true);
    return 0;
}

LAB_COLD int lab_pool_check(const struct lab_pool *pool, uint32_t lcore, void *const *things,
                            unsigned n)
{
    uint32_t index;

    if (lab_pool_slot(lcore) > pool->lcores)
        return -EINVAL;
    if (lab_load_relaxed(&pool->strangers) != LAB_POOL_CLOSED)
        return 0;
    for (unsigned i = 0; i < n; i++)
        if (lab_pool_index(pool, things[i], &index) != 0)
            return -EINVAL;
    return 0;
}

uint32_t lab_pool_count(const struct lab_pool *pool)
{
    uint64_t free =
        (uint64_t)lab_stack_count_any(&pool->stack) + lab_stack_count_any(&pool->reserve);
    uint32_t length = lab_roster_length(&pool->roster);

    for (uint32_t i = 0; i < length; i++) {
        uint32_t slot = lab_roster_slot(&pool->roster, i);

        if (slot != LAB_POOL_SLOT_ANY)
            free += lab_deque_count_any(&pool->deque[slot], NULL);
    }
    if (pool->audit != NULL)
        free += lab_audit_quarantined(pool->audit);
    return free < pool->count ? (uint32_t)free : pool->count;
}
