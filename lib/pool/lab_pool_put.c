/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The slow path of put: the own private part is too large, or absent. Gets that gathered in vain
 * put back what they have in the same way. */

#include <lab_pool_core.h>
#include <lab_probe.h>

void lab_pool_note_moving_slow(struct lab_pool *pool, void *const *objects, unsigned n)
{
    uint8_t sweep = (uint8_t)lab_load_relaxed(&pool->sweep);
    uint32_t index;

    /* Other processes may have written to `sweep` in a pool that nobody sweeps. */
    for (unsigned i = 0; i < n && pool->sweep_seen != NULL; i++)
        if (lab_pool_index(pool, objects[i], &index) == 0)
            lab_byte_store_relaxed(&pool->sweep_seen[index], sweep);
}

LAB_COLD void lab_pool_close_hot_puts(struct lab_pool *pool)
{
    if (pool->region.front != 0 && pool->hot_puts != 0)
        pool->hot_puts = 0; /* the maker's own; the others' is 0, and cannot be written to */
}

/* An object that is not this pool's: the first that is not reported yet stays for the report. */
static LAB_COLD void note_foreign(struct lab_pool *pool, const void *object)
{
    uint64_t none = 0;

    (void)lab_cas_relaxed(&pool->foreign, &none, (uint64_t)(uintptr_t)object);
}

unsigned lab_pool_stack_put(struct lab_pool *pool, uint32_t lcore_index, struct lab_stack *stack,
                            void *const *objects, unsigned n)
{
    uint32_t indices[LAB_STACK_BURST];
    unsigned k = 0, foreign = 0, twice = 0;

    for (unsigned i = 0; i < n; i++) {
        if (lab_pool_index(pool, objects[i], &indices[k]) == 0) {
            k++;
        } else {
            foreign++;
            note_foreign(pool, objects[i]);
        }
        if (k == LAB_STACK_BURST || (i + 1 == n && k > 0)) {
            twice += k - lab_stack_push_any(stack, indices, k);
            k = 0;
        }
    }
    if (lab_unlikely(foreign + twice > 0))
        LAB_PROBE3(dropped, pool->name, foreign, twice);
    if (foreign > 0)
        lab_pool_add_to_counter(pool, lcore_index, LAB_POOL_PUT_FOREIGN, foreign);
    if (twice > 0)
        lab_pool_add_to_counter(pool, lcore_index, LAB_POOL_PUT_TWICE, twice);
    return n - foreign - twice;
}

/* Puts objects where the caller's belong: its deque if it has one with room, otherwise the stack.
 * Returns whether they went into the deque. */
static bool keep_common(struct lab_pool *pool, uint32_t lcore_index, void *const *objects,
                        unsigned n, bool publish_all)
{
    if (lab_pool_register(pool, lcore_index) &&
        lab_deque_push_slow_owner(&pool->deque[lcore_index], objects, n, publish_all))
        return true;
    (void)lab_pool_stack_put(pool, lcore_index, &pool->stack, objects, n);
    return false;
}

/* How many of the first objects are none of the reserve's. */
static unsigned count_common(const struct lab_pool *pool, void *const *objects, unsigned n)
{
    unsigned k = 0;

    while (k < n && lab_pool_find_reserve(pool, objects[k]) == LAB_POOL_NO_INDEX)
        k++;
    return k;
}

bool lab_pool_keep(struct lab_pool *pool, uint32_t lcore_index, void *const *objects, unsigned n,
                   bool publish_all)
{
    bool all = true;

    lab_pool_note_moving(pool, objects, n);
    if (lab_likely(!lab_pool_reserve_is_held(pool)))
        return keep_common(pool, lcore_index, objects, n, publish_all);
    for (unsigned k; n > 0; objects += k, n -= k) {
        k = count_common(pool, objects, n);
        if (k > 0)
            all &= keep_common(pool, lcore_index, objects, k, publish_all);
        else
            k = lab_pool_give_reserve(pool, lcore_index, objects, n);
    }
    return all;
}

/* Looks whether the pressure is over, which only puts can notice where nobody gets. */
static LAB_COLD void sample_under_pressure(struct lab_pool *pool, uint32_t lcore_index)
{
    if (lcore_index == LAB_DEQUE_SET_ANY ||
        pool->slow[lcore_index].puts++ % lab_pool_sample_every(pool) == 0)
        lab_pool_sample_free(pool);
}

/* A shortage ends when this lcore alone has plenty to steal, or when for many puts no get starved.
 */
static void note_put_while_starving(struct lab_pool *pool, uint32_t lcore_index, uint64_t shortage)
{
    const struct lab_deque *deque = &pool->deque[lcore_index];
    uint64_t plenty = 2 * (uint64_t)deque->private_size + pool->array.steal_max;
    unsigned puts = lab_deque_set_note_put_owner(&pool->slow[lcore_index].own, shortage);

    if (puts >= LAB_DEQUE_SET_PUTS_ENOUGH || lab_deque_count_any(deque, NULL) >= plenty)
        lab_deque_set_end_shortage_any(&pool->set, shortage);
}

/* Moves what an lcore has public beyond the bound to the stack, the oldest first: of the buffers
 * that are left, the same ones go round, and stay in the cache. */
static LAB_NOINLINE void park(struct lab_pool *pool, uint32_t lcore_index)
{
    struct lab_deque *deque = &pool->deque[lcore_index];
    uint64_t private_count, count = lab_deque_count_any(deque, &private_count);
    int64_t left = (int64_t)(count - private_count) - (int64_t)pool->circulate;
    void *burst[LAB_STACK_BURST];

    for (unsigned came = 1; left > 0 && came > 0; left -= came) {
        came = lab_deque_steal_any(deque, burst,
                                   left < LAB_STACK_BURST ? (unsigned)left : LAB_STACK_BURST);
        lab_pool_note_moving(pool, burst, came);
        (void)lab_pool_stack_put(pool, lcore_index, &pool->stack, burst, came);
    }
}

LAB_COLD void lab_pool_core_put_slow(struct lab_pool *pool, uint32_t lcore_index,
                                     void *const *objects, unsigned n)
{
    uint64_t shortage = lab_deque_set_shortage(&pool->set);
    struct lab_deque *deque = &pool->deque[lcore_index];

    if (n == 0)
        return;
    if (shortage == 0 && !lab_pool_reserve_is_held(pool) && !lab_pool_is_swept(pool) &&
        lab_deque_push_around_owner(deque, lab_pool_ring(pool, deque), objects, n))
        return;
    if (lab_pool_keep(pool, lcore_index, objects, n, shortage != 0)) {
        lab_pool_add_to_counter(pool, lcore_index, LAB_POOL_PUT_PUBLISH, 1);
        if (shortage != 0)
            note_put_while_starving(pool, lcore_index, shortage);
        else if (pool->circulate != 0)
            park(pool, lcore_index);
    } else {
        lab_pool_add_to_counter(pool, lcore_index, LAB_POOL_PUT_STACK, 1);
    }
    if (lab_unlikely(lab_watermark_is_pressed(&pool->watermark)))
        sample_under_pressure(pool, lcore_index);
}

int lab_pool_publish(struct lab_pool *pool, uint32_t lcore)
{
    uint32_t lcore_index = lab_pool_lcore_index(lcore);

    if (lcore_index > pool->lcores)
        return -EINVAL;
    if (lab_pool_has_deque(pool, lcore_index))
        (void)lab_deque_push_slow_owner(&pool->deque[lcore_index], NULL, 0, true);
    return 0;
}

void lab_pool_publish_all(struct lab_pool *pool)
{
    lab_deque_set_starve_any(&pool->set);
    (void)lab_deque_set_revoke_any(&pool->set, &pool->array, LAB_DEQUE_SET_ANY);
}

LAB_COLD int lab_pool_check(const struct lab_pool *pool, uint32_t lcore, void *const *objects,
                            unsigned n)
{
    uint32_t index;

    if (lab_pool_lcore_index(lcore) > pool->lcores)
        return -EINVAL;
    if (lab_load_relaxed(&pool->strangers) != LAB_POOL_CLOSED)
        return 0;
    for (unsigned i = 0; i < n; i++)
        if (lab_pool_index(pool, objects[i], &index) != 0)
            return -EINVAL;
    return 0;
}
