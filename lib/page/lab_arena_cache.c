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

static struct lab_deque *own_deque(const struct lab_page_request *r, enum lab_page_kind kind)
{
    return &array_of(r->arena, r->order, kind)->deque[r->lcore + 1];
}

/* Where the next page that the request gets goes. */
static void **next(const struct lab_page_request *r)
{
    return r->pages + r->got;
}

static unsigned left(const struct lab_page_request *r)
{
    return r->want - r->got;
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
static void keep(const struct lab_page_request *r, enum lab_page_kind kind, void *const *pages,
                 unsigned n)
{
    if (n > 0 && !lab_deque_push_slow_owner(own_deque(r, kind), pages, n, false))
        (void)lab_arena_give(r, pages, n, NULL);
}

/* One burst from a deque, as far as it is wanted; the rest, if the caller may keep it, into its own
 * deque. Returns how many of those that were wanted came. */
static unsigned steal(struct lab_page_request *r, enum lab_page_kind kind, uint32_t from)
{
    struct lab_arena *arena = r->arena;
    struct lab_deque *deque = &array_of(arena, r->order, kind)->deque[from];
    struct lab_page_lcore *me = &arena->lcore[r->lcore + 1];
    unsigned n = left(r), came, used;
    void *burst[STEAL_BURST];

    if (n >= deque->steal_max || n >= STEAL_BURST || arena->lcore[from].home != me->home ||
        lab_deque_set_shortage(&arena->set) != 0 ||
        !lab_deque_set_register_owner(&arena->set, r->lcore + 1)) {
        used = lab_deque_steal_any(deque, next(r), n);
        r->got += used;
        return used;
    }
    came = lab_deque_steal_any(deque, burst, STEAL_BURST);
    used = came < n ? came : n;
    memcpy(next(r), burst, used * sizeof(*burst));
    r->got += used;
    /* Their lcore may prefer another zone since it was looked at. */
    if (lab_likely(are_own(me, burst + used, came - used)))
        keep(r, kind, burst + used, came - used);
    else
        (void)lab_arena_give(r, burst + used, came - used, NULL);
    return used;
}

/* Clean pages that were offered to all come back a burst at a time; otherwise what was put last is
 * got first. */
bool lab_arena_cache_get_own(struct lab_page_request *r, enum lab_page_kind kind)
{
    struct lab_deque *own = own_deque(r, kind);
    unsigned came = own->slots != NULL;

    if (lab_page_is_complete(r) || own->slots == NULL)
        return lab_page_is_complete(r);
    if (kind == LAB_PAGE_CLEAN)
        (void)steal(r, kind, r->lcore + 1);
    if (!lab_page_is_complete(r))
        r->got += lab_deque_pop_slow_owner(own, next(r), 1, left(r));
    while (!lab_page_is_complete(r) && came > 0) {
        came = lab_deque_steal_any(own, next(r), left(r));
        r->got += came;
    }
    return lab_page_is_complete(r);
}

bool lab_arena_cache_get_others(struct lab_page_request *r, enum lab_page_kind kind,
                                enum lab_arena_reach reach)
{
    struct lab_arena *arena = r->arena;
    struct lab_page_lcore *me = &arena->lcore[r->lcore + 1];
    struct lab_deque_victims victims =
        lab_deque_victims(&arena->set, array_of(arena, r->order, kind), &me->own, r->lcore + 1);

    if (reach == LAB_ARENA_LAST && victims.left > 1)
        victims.left = 1;
    while (!lab_page_is_complete(r) && lab_deque_victims_next(&victims) != NULL) {
        unsigned before = r->got;

        if (reach != LAB_ARENA_FAR && arena->lcore[victims.lcore_index].home != me->home)
            continue;
        while (!lab_page_is_complete(r) && steal(r, kind, victims.lcore_index) > 0)
            ;
        if (r->got > before)
            lab_deque_victims_remember(&victims, &me->own);
    }
    return lab_page_is_complete(r);
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
static void keep_surplus(const struct lab_page_request *r, struct lab_zone *zone, void **pages,
                         unsigned n)
{
    const struct lab_deque *own = own_deque(r, LAB_PAGE_CLEAN);
    unsigned clean = sort(zone, r->order, LAB_PAGE_CLEAN, pages, n);

    if (lab_deque_count_any(own, NULL) + clean > own->capacity / 2)
        clean = 0;
    keep(r, LAB_PAGE_CLEAN, pages, clean);
    for (unsigned i = clean; i < n; i++)
        lab_page_set_dirty(zone->dirt + lab_page_number(zone, pages[i], r->order),
                           (size_t)1 << r->order);
    keep(r, LAB_PAGE_PLAIN, pages + clean, n - clean);
}

bool lab_arena_cache_refill(struct lab_page_request *r, enum lab_page_kind kind)
{
    struct lab_page_lcore *me = &r->arena->lcore[r->lcore + 1];
    struct lab_zone *zone = lab_arena_home(r->arena, r->lcore + 1);
    unsigned surplus = array_of(r->arena, r->order, kind)->capacity / 4, n = left(r), got, used;
    void *burst[REFILL_BURST], **pages = n < REFILL_BURST ? burst : next(r);

    if (surplus > SURPLUS_MOST >> r->order)
        surplus = SURPLUS_MOST >> r->order;
    if (n + surplus > REFILL_BURST)
        surplus = n < REFILL_BURST ? REFILL_BURST - n : 0;
    if (lab_deque_set_shortage(&r->arena->set) != 0 ||
        !lab_deque_set_register_owner(&r->arena->set, r->lcore + 1))
        return false;
    if (kind == LAB_PAGE_CLEAN && me->no_clean_until > 0) {
        me->no_clean_until--;
        return lab_arena_cache_get_own(r, LAB_PAGE_PLAIN);
    }
    got = lab_arena_take(r, zone, zone->limits.high, pages, n + surplus);
    if (sort(zone, r->order, kind, pages, got) == 0 && kind == LAB_PAGE_CLEAN)
        me->no_clean_until = NO_CLEAN_REQUESTS;
    used = got < n ? got : n;
    if (pages == burst)
        memcpy(next(r), burst, used * sizeof(*burst));
    r->got += used;
    keep_surplus(r, zone, pages + used, got - used);
    return lab_page_is_complete(r);
}

bool lab_arena_cache_put(const struct lab_page_request *r, void *const *pages, unsigned n)
{
    struct lab_deque *own = own_deque(r, LAB_PAGE_PLAIN);
    void *oldest[STEAL_BURST];

    for (unsigned i = 0; i < n; i++)
        if (!lab_page_is_own(&r->arena->lcore[r->lcore + 1], pages[i], r->order))
            return false;
    if (!lab_deque_set_register_owner(&r->arena->set, r->lcore + 1))
        return false;
    if (lab_deque_push_slow_owner(own, pages, n, false))
        return true;
    /* Full: the oldest of it make room for many puts to come. */
    (void)lab_arena_give(r, oldest, lab_deque_steal_any(own, oldest, STEAL_BURST), NULL);
    return lab_deque_push_slow_owner(own, pages, n, false);
}

/* Gives back what can be had of one deque, as its owner or as a thief: burst by burst, so that one
 * that is killed meanwhile hides no more than that. */
static void empty(struct lab_arena *arena, uint32_t lcore, unsigned order, enum lab_page_kind kind,
                  uint32_t lcore_index)
{
    void *pages[FLUSH_BURST];
    struct lab_page_request r = {arena, lcore, order, .pages = pages, .want = FLUSH_BURST};
    struct lab_deque *deque = &array_of(arena, order, kind)->deque[lcore_index];
    unsigned rest = array_of(arena, order, kind)->capacity;

    do {
        r.got = 0;
        if (lcore_index == lcore + 1)
            (void)lab_arena_cache_get_own(&r, kind);
        else
            r.got = lab_deque_steal_any(deque, pages, FLUSH_BURST);
        (void)lab_arena_give(&r, pages, r.got, NULL);
        rest -= r.got < rest ? r.got : rest; /* no more than were there, though others may put */
    } while (r.got > 0 && rest > 0);
}

/* Gives back what can be had of an lcore's deques; of the dead, everything. */
static void empty_all(struct lab_arena *arena, uint32_t lcore, uint32_t lcore_index, bool is_dead)
{
    if (lcore_index == LAB_DEQUE_SET_ANY)
        return;
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++)
        for (unsigned kind = 0; kind < LAB_PAGE_KINDS && lab_arena_is_cached(arena, order); kind++)
            do
                empty(arena, lcore, order, (enum lab_page_kind)kind, lcore_index);
            while (is_dead &&
                   lab_deque_open_dead_any(arena->lcore[lcore_index].deque[kind][order]));
}

void lab_arena_cache_flush(struct lab_arena *arena, uint32_t lcore_index)
{
    empty_all(arena, lcore_index - 1, lcore_index, false);
}

void lab_arena_cache_drain(struct lab_arena *arena, uint32_t lcore)
{
    uint32_t length = lab_deque_set_length(&arena->set);

    for (uint32_t place = 0; place < length; place++)
        empty_all(arena, lcore, lab_deque_set_at(&arena->set, place), false);
}

void lab_arena_cache_drain_dead(struct lab_arena *arena, uint32_t lcore_index)
{
    empty_all(arena, LAB_LCORE_ANY, lcore_index, true);
}

bool lab_arena_cache_revoke(struct lab_arena *arena, uint32_t lcore_index)
{
    bool any = false;

    for (uint32_t i = 0; i < arena->set.arrays; i++)
        any |= lab_deque_set_revoke_any(&arena->set, &arena->array[i], lcore_index).any;
    return any;
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

struct lab_page_cache_map lab_arena_cache_count(const struct lab_arena *arena, unsigned order,
                                                enum lab_page_kind kind, uint32_t own,
                                                uint32_t zone)
{
    uint32_t length = lab_arena_is_cached(arena, order) ? lab_deque_set_length(&arena->set) : 0;
    struct lab_page_cache_map sum = {0};

    for (uint32_t place = 0; place < length; place++) {
        uint32_t lcore_index = lab_deque_set_at(&arena->set, place);
        uint64_t private_part, all;

        if (lcore_index == LAB_DEQUE_SET_ANY ||
            (zone != LAB_ARENA_ZONES_MAX && arena->lcore[lcore_index].home != zone))
            continue;
        all = lab_deque_count_any(&array_of(arena, order, kind)->deque[lcore_index], &private_part);
        if (lcore_index == own)
            private_part = 0;
        sum.private_parts += private_part << order;
        sum.public_parts += (all > private_part ? all - private_part : 0) << order;
    }
    return sum;
}
