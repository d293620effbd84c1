/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The registry, the processes that have come, stealing in turn, shortages. */

#include <lab_deque_set.h>

void lab_deque_set_init(const struct lab_deque_set *set)
{
    for (uint32_t i = 0; i < set->arrays; i++)
        for (uint32_t j = 0; j <= set->lcores; j++)
            lab_deque_init(&set->array[i].deque[j], set->array[i].steal_max,
                           set->array[i].private_size, set->barrier != LAB_BARRIER_PRIVATE);
}

/* Processes */

void lab_deque_set_announce_any(const struct lab_deque_set *set)
{
    lab_store_relaxed(&set->state->is_multi_process, 1);
    lab_fence_seq_cst(); /* C1: before the first call, or the maker's barrier passes it over */
}

void lab_deque_set_arrive_any(const struct lab_deque_set *set)
{
    if (set->maker != lab_barrier_address_space() && !lab_deque_set_is_multi_process(set))
        lab_deque_set_announce_any(set);
}

LAB_COLD void lab_deque_set_fence_owner(const struct lab_deque_set *set, uint32_t lcore_index)
{
    if (lab_load_relaxed(&set->array[0].deque[lcore_index].fenced) != 0)
        return;
    for (uint32_t i = set->arrays; i-- > 0;)
        lab_deque_fence_owner(&set->array[i].deque[lcore_index], true);
}

/* Registry */

static bool find_place(const struct lab_deque_set *set, uint32_t lcore_index, uint64_t *ret_place)
{
    for (uint32_t place = 0; place < set->places; place++)
        if (lab_load_relaxed(&set->entry[place]) == lcore_index) {
            *ret_place = place;
            return true;
        }
    return false;
}

/* The place that a killed predecessor with the same id took, or a new one. */
static bool take_place(const struct lab_deque_set *set, uint32_t lcore_index, uint64_t *ret_place)
{
    uint64_t place;

    if (find_place(set, lcore_index, ret_place))
        return true;
    if (lab_load_relaxed(&set->state->registered) >= set->places)
        return false;
    place = lab_fetch_add_relaxed(&set->state->registered, 1);
    if (place >= set->places)
        return false;
    *ret_place = lab_index_bounded(place, set->places);
    return true;
}

static lab_atomic_t *slots_of(const struct lab_deque_set *set, const struct lab_deque_array *array,
                              uint64_t place)
{
    return set->slots + place * set->slots_each + array->slots_at;
}

static LAB_COLD bool repair_layout(const struct lab_deque_set *set,
                                   const struct lab_deque_array *array, uint32_t lcore_index)
{
    uint64_t place = 0;
    bool has = find_place(set, lcore_index, &place);

    lab_deque_repair_layout_any(&array->deque[lcore_index],
                                has ? slots_of(set, array, place) : NULL, array->capacity,
                                array->steal_max);
    return has;
}

bool lab_deque_set_has_any(const struct lab_deque_set *set, const struct lab_deque_array *array,
                           uint32_t lcore_index)
{
    const struct lab_deque *deque = &array->deque[lcore_index];
    uintptr_t slots = (uintptr_t)lab_deque_slots_any(deque);
    uint64_t offset = (uint64_t)(slots - (uintptr_t)(set->slots + array->slots_at));
    uint64_t each = (uint64_t)set->slots_each * sizeof(lab_atomic_t);

    if (lcore_index == LAB_DEQUE_SET_ANY || slots == 0)
        return false;
    if (lab_likely(offset < set->places * each && offset % each == 0 &&
                   deque->capacity == array->capacity && deque->mask == array->capacity - 1 &&
                   deque->steal_max == array->steal_max))
        return true;
    return repair_layout(set, array, lcore_index);
}

/* The more lcores there are, the less each keeps from the others. Those that came before find out
 * in their next slow call; and one that has just come cannot know how many follow. */
static void fit_private_owner(const struct lab_deque_set *set, uint32_t lcore_index,
                              uint32_t lcores)
{
    uint32_t others = lcores > 1 ? lcores - 1 : 1;

    for (uint32_t i = 0; i < set->arrays; i++) {
        const struct lab_deque_array *array = &set->array[i];
        uint32_t share = array->private_all / others, size = array->private_size;

        if (share < LAB_DEQUE_SET_PRIVATE_MIN)
            share = LAB_DEQUE_SET_PRIVATE_MIN;
        if (array->private_all != 0 && share < size)
            size = share;
        lab_deque_fit_owner(&array->deque[lcore_index], size);
    }
}

/* An lcore that has no slots yet decides whether it will fence. */
static void choose_fence_owner(const struct lab_deque_set *set, uint32_t lcore_index)
{
    bool fence;

    if (set->barrier == LAB_BARRIER_SHARED)
        lab_deque_set_arrive_any(set);
    fence = set->barrier == LAB_BARRIER_FENCE || lab_deque_set_is_multi_process(set);
    for (uint32_t i = set->arrays; i-- > 0;)
        lab_deque_fence_owner(&set->array[i].deque[lcore_index], fence);
    if (!fence)
        lab_fence_seq_cst(); /* W6: before the next call, or a sweep takes what it moves */
}

/* Array 0 comes last: an lcore whose deque there has slots has all. */
bool lab_deque_set_register_owner(const struct lab_deque_set *set, uint32_t lcore_index)
{
    uint64_t place;

    if (lab_deque_set_has_any(set, &set->array[0], lcore_index)) {
        lab_deque_set_see_processes_owner(set, lcore_index);
        fit_private_owner(set, lcore_index, lab_deque_set_length(set));
        return true;
    }
    if (lcore_index == LAB_DEQUE_SET_ANY || !take_place(set, lcore_index, &place))
        return false;
    lab_store_relaxed(&set->entry[place], lcore_index);
    lab_fence_light(); /* the caller may be killed before it has slots, not the other way round */
    choose_fence_owner(set, lcore_index);
    fit_private_owner(set, lcore_index, set->places);
    for (uint32_t i = set->arrays; i-- > 0;)
        lab_deque_equip_owner(&set->array[i].deque[lcore_index],
                              slots_of(set, &set->array[i], place), set->array[i].capacity,
                              place == 0 ? set->array[i].start : 0);
    return true;
}

uint64_t lab_deque_set_count_any(const struct lab_deque_set *set,
                                 const struct lab_deque_array *array)
{
    uint32_t length = lab_deque_set_length(set);
    uint64_t n = 0;

    for (uint32_t place = 0; place < length; place++) {
        uint32_t lcore_index = lab_deque_set_at(set, place);

        if (lcore_index != LAB_DEQUE_SET_ANY)
            n += lab_deque_count_any(&array->deque[lcore_index], NULL);
    }
    return n;
}

static unsigned places_of(const struct lab_deque_set *set, uint32_t lcore_index)
{
    unsigned n = 0;

    for (uint32_t place = 0; place < set->places; place++)
        n += lab_load_relaxed(&set->entry[place]) == lcore_index;
    return n;
}

bool lab_deque_set_is_valid(const struct lab_deque_set *set)
{
    bool starving = lab_deque_set_shortage(set) != 0;

    for (uint32_t i = 0; i < set->arrays; i++)
        for (uint32_t j = 0; j <= set->lcores; j++) {
            const struct lab_deque *deque = &set->array[i].deque[j];
            bool registered = j != LAB_DEQUE_SET_ANY && places_of(set, j) == 1;

            if (!lab_deque_is_valid(deque) || (deque->slots != NULL) != registered)
                return false;
        }
    return lab_load_relaxed(&set->state->intercepted) >= starving &&
           lab_deque_set_shortage(set) <= lab_load_relaxed(&set->state->shortages);
}

/* Stealing in turn */

struct lab_deque *lab_deque_victims_next(struct lab_deque_victims *victims)
{
    uint32_t length = lab_deque_set_length(victims->set);

    while (victims->left > 0) {
        victims->left--;
        victims->place = victims->place + 1 < length ? victims->place + 1 : 0;
        victims->lcore_index = lab_deque_set_at(victims->set, victims->place);
        if (victims->lcore_index != victims->own &&
            lab_deque_set_has_any(victims->set, victims->array, victims->lcore_index))
            return &victims->array->deque[victims->lcore_index];
    }
    return NULL;
}

/* Shortages */

void lab_deque_set_starve_any(const struct lab_deque_set *set)
{
    struct lab_deque_set_state *state = set->state;
    uint64_t number = lab_fetch_add_relaxed(&state->shortages, 1) + 1;
    uint64_t before = lab_load_relaxed(&state->starving);

    lab_deque_set_intercept(set, 1); /* a shortage is one reason, however many gets starve */
    while (!lab_cas_relaxed(&state->starving, &before, number))
        ;
    if (before != 0)
        lab_deque_set_intercept(set, -1);
}

unsigned lab_deque_set_note_put_owner(struct lab_deque_set_own *own, uint64_t shortage)
{
    if (own->shortage != shortage) {
        own->shortage = shortage;
        own->puts = 0;
    }
    return ++own->puts;
}

void lab_deque_set_end_shortage_any(const struct lab_deque_set *set, uint64_t shortage)
{
    if (shortage != 0 && lab_cas_relaxed(&set->state->starving, &shortage, 0))
        lab_deque_set_intercept(set, -1);
}
