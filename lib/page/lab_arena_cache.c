/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <lab_arena_cache.h>
#include <lab_page_clean.h>
#include <string.h>

/* The pages that a refill takes beyond the need: a part of what the private part can hold, in pages
 * up to this. More gained nothing. Need and surplus come in one burst; a need as large as that has
 * no surplus. */
#define SURPLUS_MOST 64u
#define REFILL_BURST 48u

/* Allocations that go back to a zone in one go when a deque is emptied; and that one steal brings.
 * A caller's stack may be small. */
#define FLUSH_BURST 32u
#define STEAL_BURST 48u

/* Requests for zeros that do without the zone, after it had no clean page. */
#define NO_CLEAN_REQUESTS 64u

/* The deques of an order and kind that are cached. */
static const struct lab_deque_array *array_of(const struct lab_arena *arena, unsigned order,
                                              enum lab_page_kind kind)
{
    return &arena->array[arena->cache[order] + (uint32_t)kind];
}

/* Whether all of these are of the caller's first zone, as what its deques hold must be. */
static bool are_own(const struct lab_page_lcore *me, void *const *pages, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if ((size_t)((uintptr_t)pages[i] - (uintptr_t)me->base) >= me->bytes)
            return false;
    return true;
}

/* Into the own deque, which takes what is clean only as such. Pages that do not fit go back. */
static void keep(const struct lab_page_request *request, enum lab_page_kind kind,
                 void *const *pages, unsigned n)
{
    struct lab_deque *own =
        &array_of(request->arena, request->order, kind)->deque[request->lcore + 1];
    unsigned done;

    if (n == 0 || lab_deque_push_slow_owner(own, pages, n, false))
        return;
    (void)lab_arena_give(request->arena, request->lcore, request->order, pages, n, &done);
}

/* One burst from a deque, as far as it is wanted; the rest, if the caller may keep it, into its own
 * deque. */
static unsigned steal(const struct lab_page_request *request, enum lab_page_kind kind,
                      uint32_t from, void **ret_pages, unsigned n)
{
    struct lab_arena *arena = request->arena;
    struct lab_deque *deque = &array_of(arena, request->order, kind)->deque[from];
    uint32_t lcore_index = request->lcore + 1;
    void *burst[STEAL_BURST];
    unsigned came, used, done;

    if (n >= deque->steal_max || n >= STEAL_BURST ||
        arena->lcore[from].home != arena->lcore[lcore_index].home ||
        lab_deque_set_shortage(&arena->set) != 0 ||
        !lab_deque_set_register_owner(&arena->set, lcore_index))
        return lab_deque_steal_any(deque, ret_pages, n);
    came = lab_deque_steal_any(deque, burst, STEAL_BURST);
    used = came < n ? came : n;
    memcpy(ret_pages, burst, used * sizeof(*burst));
    /* Their lcore may prefer another zone since it was looked at. */
    if (lab_unlikely(!are_own(&arena->lcore[lcore_index], burst + used, came - used))) {
        (void)lab_arena_give(arena, request->lcore, request->order, burst + used, came - used,
                             &done);
        return used;
    }
    keep(request, kind, burst + used, came - used);
    return used;
}

/* Clean pages that were offered to all come back a burst at a time; otherwise what was put last is
 * got first. */
unsigned lab_arena_cache_get_own(const struct lab_page_request *request, enum lab_page_kind kind,
                                 void **ret_pages, unsigned n)
{
    uint32_t lcore_index = request->lcore + 1;
    struct lab_deque *own = &array_of(request->arena, request->order, kind)->deque[lcore_index];
    unsigned got = 0, came;

    if (n == 0 || own->slots == NULL)
        return 0;
    if (kind == LAB_PAGE_CLEAN)
        got = steal(request, kind, lcore_index, ret_pages, n);
    if (got < n)
        got += lab_deque_pop_slow_owner(own, ret_pages + got, 1, n - got);
    do {
        came = lab_deque_steal_any(own, ret_pages + got, n - got);
        got += came;
    } while (came > 0 && got < n);
    return got;
}

/* All that one victim gives, unless it is far. */
static unsigned steal_all(const struct lab_page_request *request, enum lab_page_kind kind, bool far,
                          const struct lab_deque_victims *victims, void **ret_pages, unsigned n)
{
    struct lab_arena *arena = request->arena;
    struct lab_page_lcore *me = &arena->lcore[victims->own];
    unsigned got = 0, came = 1;

    if (!far && arena->lcore[victims->lcore_index].home != me->home)
        return 0;
    while (got < n && came > 0) {
        came = steal(request, kind, victims->lcore_index, ret_pages + got, n - got);
        got += came;
    }
    if (got > 0)
        lab_deque_victims_remember(victims, &me->own);
    return got;
}

static struct lab_deque_victims victims_of(const struct lab_page_request *request,
                                           enum lab_page_kind kind)
{
    struct lab_arena *arena = request->arena;
    uint32_t lcore_index = request->lcore + 1;

    return lab_deque_victims(&arena->set, array_of(arena, request->order, kind),
                             &arena->lcore[lcore_index].own, lcore_index);
}

unsigned lab_arena_cache_get_victim(const struct lab_page_request *request, enum lab_page_kind kind,
                                    void **ret_pages, unsigned n)
{
    struct lab_deque_victims victims = victims_of(request, kind);

    victims.left = victims.left > 0 ? 1 : 0;
    if (lab_deque_victims_next(&victims) == NULL)
        return 0;
    return steal_all(request, kind, false, &victims, ret_pages, n);
}

unsigned lab_arena_cache_get_others(const struct lab_page_request *request, enum lab_page_kind kind,
                                    bool far, void **ret_pages, unsigned n)
{
    struct lab_deque_victims victims = victims_of(request, kind);
    unsigned got = 0;

    while (got < n && lab_deque_victims_next(&victims) != NULL)
        got += steal_all(request, kind, far, &victims, ret_pages + got, n - got);
    return got;
}

/* Brings those of a kind to the front; returns how many they are. */
static unsigned sort(const struct lab_zone *zone, unsigned order, enum lab_page_kind kind,
                     void **pages, unsigned n)
{
    unsigned front = 0;

    for (unsigned i = 0; i < n; i++) {
        void *page = pages[i];
        bool clean = lab_page_is_clean(zone->dirt + lab_page_number(zone, page, order), order);

        if (clean != (kind == LAB_PAGE_CLEAN))
            continue;
        pages[i] = pages[front];
        pages[front++] = page;
    }
    return front;
}

/* The surplus of a refill: clean pages stay clean while there is room for them. */
static void keep_surplus(const struct lab_page_request *request, struct lab_zone *zone,
                         void **pages, unsigned n)
{
    struct lab_arena *arena = request->arena;
    const struct lab_deque *own =
        &array_of(arena, request->order, LAB_PAGE_CLEAN)->deque[request->lcore + 1];
    unsigned clean = sort(zone, request->order, LAB_PAGE_CLEAN, pages, n);

    if (lab_deque_count_any(own, NULL) + clean > own->capacity / 2)
        clean = 0;
    keep(request, LAB_PAGE_CLEAN, pages, clean);
    for (unsigned i = clean; i < n; i++)
        lab_page_set_dirty(zone->dirt + lab_page_number(zone, pages[i], request->order),
                           (size_t)1 << request->order);
    keep(request, LAB_PAGE_PLAIN, pages + clean, n - clean);
}

unsigned lab_arena_cache_refill(const struct lab_page_request *request, enum lab_page_kind kind,
                                void **ret_pages, unsigned n)
{
    struct lab_arena *arena = request->arena;
    uint32_t lcore_index = request->lcore + 1;
    struct lab_zone *zone = lab_arena_home(arena, lcore_index);
    unsigned surplus = array_of(arena, request->order, kind)->capacity / 4, got, used;
    void *burst[REFILL_BURST], **pages = n < REFILL_BURST ? burst : ret_pages;

    if (surplus > SURPLUS_MOST >> request->order)
        surplus = SURPLUS_MOST >> request->order;
    if (n + surplus > REFILL_BURST)
        surplus = n < REFILL_BURST ? REFILL_BURST - n : 0;
    if (lab_deque_set_shortage(&arena->set) != 0 ||
        !lab_deque_set_register_owner(&arena->set, lcore_index))
        return 0;
    if (kind == LAB_PAGE_CLEAN && arena->lcore[lcore_index].no_clean_until > 0) {
        arena->lcore[lcore_index].no_clean_until--;
        return lab_arena_cache_get_own(request, LAB_PAGE_PLAIN, ret_pages, n);
    }
    got = lab_arena_take(request, zone, zone->limits.high, pages, n + surplus);
    if (sort(zone, request->order, kind, pages, got) == 0 && kind == LAB_PAGE_CLEAN)
        arena->lcore[lcore_index].no_clean_until = NO_CLEAN_REQUESTS;
    used = got < n ? got : n;
    if (pages == burst)
        memcpy(ret_pages, burst, used * sizeof(*burst));
    keep_surplus(request, zone, pages + used, got - used);
    return used;
}

unsigned lab_arena_cache_offer(struct lab_arena *arena, uint32_t lcore_index, unsigned order,
                               void *const *pages, unsigned n)
{
    struct lab_deque *own = &array_of(arena, order, LAB_PAGE_CLEAN)->deque[lcore_index];

    if (!lab_deque_set_register_owner(&arena->set, lcore_index) ||
        !lab_deque_push_slow_owner(own, pages, n, true))
        return 0;
    return n;
}

bool lab_arena_cache_put(struct lab_arena *arena, uint32_t lcore_index, unsigned order,
                         void *const *pages, unsigned n)
{
    struct lab_deque *own = &array_of(arena, order, LAB_PAGE_PLAIN)->deque[lcore_index];
    void *oldest[STEAL_BURST];
    unsigned spilt, done;

    if (!lab_deque_set_register_owner(&arena->set, lcore_index))
        return false;
    if (lab_deque_push_slow_owner(own, pages, n, false))
        return true;
    /* Full: the oldest of it make room for many puts to come. */
    spilt = lab_deque_steal_any(own, oldest, STEAL_BURST);
    (void)lab_arena_give(arena, lcore_index - 1, order, oldest, spilt, &done);
    return lab_deque_push_slow_owner(own, pages, n, false);
}

/* Gives back what can be had of one deque, as its owner or as a thief: burst by burst, so that one
 * that is killed meanwhile hides no more than that. */
static void empty(struct lab_arena *arena, uint32_t lcore, unsigned order, enum lab_page_kind kind,
                  uint32_t lcore_index)
{
    const struct lab_page_request request = {arena, lcore, order, 0};
    struct lab_deque *deque = &array_of(arena, order, kind)->deque[lcore_index];
    unsigned n, done, left = array_of(arena, order, kind)->capacity;
    void *pages[FLUSH_BURST];

    do {
        n = lcore_index == lcore + 1 ? lab_arena_cache_get_own(&request, kind, pages, FLUSH_BURST)
                                     : lab_deque_steal_any(deque, pages, FLUSH_BURST);
        (void)lab_arena_give(arena, lcore, order, pages, n, &done);
        left -= n < left ? n : left; /* no more than were there, though others may put */
    } while (n > 0 && left > 0);
}

static void empty_all(struct lab_arena *arena, uint32_t lcore, uint32_t lcore_index)
{
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++)
        for (int kind = 0; kind < LAB_PAGE_KINDS && lab_arena_is_cached(arena, order); kind++)
            empty(arena, lcore, order, (enum lab_page_kind)kind, lcore_index);
}

void lab_arena_cache_flush(struct lab_arena *arena, uint32_t lcore_index)
{
    if (lcore_index != LAB_DEQUE_SET_ANY)
        empty_all(arena, lcore_index - 1, lcore_index);
}

void lab_arena_cache_drain(struct lab_arena *arena, uint32_t lcore)
{
    uint32_t length = lab_deque_set_length(&arena->set);

    for (uint32_t place = 0; place < length; place++) {
        uint32_t lcore_index = lab_deque_set_at(&arena->set, place);

        if (lcore_index != LAB_DEQUE_SET_ANY)
            empty_all(arena, lcore, lcore_index);
    }
}

bool lab_arena_cache_revoke(struct lab_arena *arena, uint32_t lcore_index)
{
    bool any = false;

    for (uint32_t i = 0; i < arena->set.arrays; i++)
        any |= lab_deque_set_revoke_any(&arena->set, &arena->array[i], lcore_index).any;
    return any;
}

void lab_arena_cache_drain_dead(struct lab_arena *arena, uint32_t lcore_index)
{
    if (lcore_index == LAB_DEQUE_SET_ANY)
        return;
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++)
        for (int kind = 0; kind < LAB_PAGE_KINDS && lab_arena_is_cached(arena, order); kind++) {
            struct lab_deque *deque =
                &array_of(arena, order, (enum lab_page_kind)kind)->deque[lcore_index];

            do
                empty(arena, LAB_LCORE_ANY, order, (enum lab_page_kind)kind, lcore_index);
            while (lab_deque_open_dead_any(deque));
        }
}

static bool is_pressed(const struct lab_arena *arena)
{
    uint32_t present = lab_arena_present(arena);

    for (uint32_t i = 0; i < present; i++)
        if (lab_watermark_is_pressed(&arena->zone[i].watermark))
            return true;
    return false;
}

void lab_arena_cache_note_put(struct lab_arena *arena, uint32_t lcore_index)
{
    uint64_t shortage = lab_deque_set_shortage(&arena->set);
    unsigned puts;

    if (lcore_index == LAB_DEQUE_SET_ANY || shortage == 0)
        return;
    puts = lab_deque_set_note_put_owner(&arena->lcore[lcore_index].own, shortage);
    if (puts == 1)
        lab_arena_cache_flush(arena, lcore_index);
    if (puts >= LAB_DEQUE_SET_PUTS_ENOUGH && !is_pressed(arena))
        lab_deque_set_end_shortage_any(&arena->set, shortage);
}

struct lab_arena_cached lab_arena_cache_count(const struct lab_arena *arena, unsigned order,
                                              enum lab_page_kind kind, uint32_t own)
{
    uint32_t length = lab_deque_set_length(&arena->set);
    struct lab_arena_cached sum = {0};

    if (!lab_arena_is_cached(arena, order))
        return sum;
    for (uint32_t place = 0; place < length; place++) {
        uint32_t lcore_index = lab_deque_set_at(&arena->set, place);
        uint64_t private_part = 0, all = 0;

        if (lcore_index != LAB_DEQUE_SET_ANY)
            all = lab_deque_count_any(&array_of(arena, order, kind)->deque[lcore_index],
                                      &private_part);
        if (lcore_index == own || arena->set.barrier == LAB_BARRIER_FENCE)
            private_part = 0;
        sum.private_parts += private_part << order;
        sum.public_parts += (all - private_part) << order;
    }
    return sum;
}
