/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <lab_page_cache.h>
#include <lab_page_clean.h>
#include <string.h>

/* Puts of one lcore without anybody starving, after which the arena counts as fed. */
#define CALM_PUTS 256u

/* What a refill takes beyond the need: a part of what the tip can hold, in pages up to this. More
 * gained nothing. Need and surplus come in one burst; a need as large as that has no surplus. */
#define SURPLUS_MOST 64u
#define REFILL_BURST 48u

/* Allocations that go back to a zone in one go when a deque is emptied; and that one steal brings.
 * A caller's stack may be small. */
#define FLUSH_BURST 32u
#define STEAL_BURST 48u

/* Requests for zeros that do without the zone, after it had no clean page. */
#define NO_CLEAN_REQUESTS 64u

/* The tips of all deques of this kind are looked at by this, for the threads without an id too. */
static struct lab_deque *deques_of(const struct lab_arena *arena, unsigned order,
                                   enum lab_page_kind kind)
{
    return arena->deque + arena->cache[order] + (arena->lcores + 1) * (uint32_t)kind;
}

static bool is_refused(const struct lab_arena *arena)
{
    return lab_unlikely(lab_load_relaxed(&arena->refused) != 0);
}

/* The system call that would spare the owner of these deques its fences is refused by now. The
 * plain deque of order 0 comes last here, too. */
static LAB_COLD void fence_from_now_on(struct lab_arena *arena, uint32_t slot)
{
    for (unsigned order = LAB_PAGE_ORDERS; order-- > 0;)
        for (int kind = LAB_PAGE_KINDS; kind-- > 0;)
            if (arena->capacity[order][kind] != 0)
                lab_deque_fence_owner(&deques_of(arena, order, (enum lab_page_kind)kind)[slot],
                                      true);
}

/* Gives the caller's deques slots, the first time that it has something to keep, as long as there
 * are some. Returns whether it has them. Order 0 comes last: whose plain deque has slots has all.
 */
static bool enrol(struct lab_arena *arena, uint32_t slot)
{
    uint64_t place;
    lab_atomic_t *slots;

    if (is_refused(arena) && slot != LAB_ROSTER_ANY &&
        !lab_deque_is_fenced_any(&deques_of(arena, 0, LAB_PAGE_PLAIN)[slot]))
        fence_from_now_on(arena, slot);
    if (deques_of(arena, 0, LAB_PAGE_PLAIN)[slot].slots != NULL)
        return true;
    if (slot == LAB_ROSTER_ANY || !lab_roster_enter_owner(&arena->roster, slot, &place))
        return false;
    slots = arena->slots + (place + 1) * arena->slots_each;
    for (unsigned order = LAB_PAGE_ORDERS; order-- > 0;)
        for (int kind = LAB_PAGE_KINDS; kind-- > 0;) {
            uint32_t capacity = arena->capacity[order][kind];

            if (capacity == 0)
                continue;
            slots -= capacity;
            lab_deque_equip_owner(&deques_of(arena, order, (enum lab_page_kind)kind)[slot], slots,
                                  capacity);
        }
    return true;
}

/* Whether all of these are of the caller's first zone, as what its deques hold must be. */
static bool are_own(const struct lab_page_lcore *me, void *const *pages, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if ((size_t)((uintptr_t)pages[i] - (uintptr_t)me->base) >= me->bytes)
            return false;
    return true;
}

/* Into the own deque, which takes what is clean only as such. What does not fit goes back. */
static void keep(const struct lab_page_request *request, enum lab_page_kind kind,
                 void *const *pages, unsigned n)
{
    struct lab_deque *own = &deques_of(request->arena, request->order, kind)[request->lcore + 1];
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
    struct lab_deque *deque = &deques_of(arena, request->order, kind)[from];
    uint32_t slot = request->lcore + 1;
    void *burst[STEAL_BURST];
    unsigned came, used, done;

    if (n >= deque->reach || n >= STEAL_BURST ||
        arena->lcore[from].home != arena->lcore[slot].home ||
        lab_load_relaxed(&arena->hungry) != 0 || !enrol(arena, slot))
        return lab_deque_steal_any(deque, ret_pages, n);
    came = lab_deque_steal_any(deque, burst, STEAL_BURST);
    used = came < n ? came : n;
    memcpy(ret_pages, burst, used * sizeof(*burst));
    /* Their lcore may prefer another zone since it was looked at. */
    if (lab_unlikely(!are_own(&arena->lcore[slot], burst + used, came - used))) {
        (void)lab_arena_give(arena, request->lcore, request->order, burst + used, came - used,
                             &done);
        return used;
    }
    keep(request, kind, burst + used, came - used);
    return used;
}

/* Clean pages that were offered to all come back a burst at a time; else what was put last is got
 * first. */
unsigned lab_page_cache_get_own(const struct lab_page_request *request, enum lab_page_kind kind,
                                void **ret_pages, unsigned n)
{
    uint32_t slot = request->lcore + 1;
    struct lab_deque *own = &deques_of(request->arena, request->order, kind)[slot];
    unsigned got = 0, came;

    if (n == 0 || own->slots == NULL)
        return 0;
    if (kind == LAB_PAGE_CLEAN)
        got = steal(request, kind, slot, ret_pages, n);
    if (got < n)
        got += lab_deque_pop_slow_owner(own, ret_pages + got, 1, n - got);
    do {
        came = lab_deque_steal_any(own, ret_pages + got, n - got);
        got += came;
    } while (came > 0 && got < n);
    return got;
}

/* All that a place of the roster gives. */
static unsigned steal_at(const struct lab_page_request *request, enum lab_page_kind kind, bool far,
                         uint32_t place, void **ret_pages, unsigned n)
{
    struct lab_arena *arena = request->arena;
    uint32_t from = lab_roster_slot(&arena->roster, place), slot = request->lcore + 1;
    unsigned got = 0, came = 1;

    if (from == LAB_ROSTER_ANY || from == slot ||
        (!far && arena->lcore[from].home != arena->lcore[slot].home))
        return 0;
    while (got < n && came > 0) {
        came = steal(request, kind, from, ret_pages + got, n - got);
        got += came;
    }
    if (got > 0 && slot != LAB_ROSTER_ANY)
        arena->lcore[slot].victim = place;
    return got;
}

unsigned lab_page_cache_get_victim(const struct lab_page_request *request, enum lab_page_kind kind,
                                   void **ret_pages, unsigned n)
{
    struct lab_arena *arena = request->arena;
    uint32_t place = arena->lcore[request->lcore + 1].victim;

    if (place >= lab_roster_length(&arena->roster))
        return 0;
    return steal_at(request, kind, false, place, ret_pages, n);
}

unsigned lab_page_cache_get_others(const struct lab_page_request *request, enum lab_page_kind kind,
                                   bool far, void **ret_pages, unsigned n)
{
    uint32_t length = lab_roster_length(&request->arena->roster);
    unsigned got = 0;

    for (uint32_t place = 0; place < length && got < n; place++)
        got += steal_at(request, kind, far, place, ret_pages + got, n - got);
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

/* What a refill brought beyond the need: what is clean stays so while there is room for it. */
static void keep_surplus(const struct lab_page_request *request, struct lab_zone *zone,
                         void **pages, unsigned n)
{
    struct lab_arena *arena = request->arena;
    const struct lab_deque *own =
        &deques_of(arena, request->order, LAB_PAGE_CLEAN)[request->lcore + 1];
    unsigned clean = sort(zone, request->order, LAB_PAGE_CLEAN, pages, n);

    if (lab_deque_count_any(own, NULL) + clean > own->capacity / 2)
        clean = 0;
    keep(request, LAB_PAGE_CLEAN, pages, clean);
    for (unsigned i = clean; i < n; i++)
        lab_page_set_dirty(zone->dirt + lab_page_number(zone, pages[i], request->order),
                           (size_t)1 << request->order);
    keep(request, LAB_PAGE_PLAIN, pages + clean, n - clean);
}

unsigned lab_page_cache_refill(const struct lab_page_request *request, enum lab_page_kind kind,
                               void **ret_pages, unsigned n)
{
    struct lab_arena *arena = request->arena;
    uint32_t slot = request->lcore + 1;
    struct lab_zone *zone = lab_arena_home(arena, slot);
    unsigned surplus = arena->capacity[request->order][kind] / 4, got, used;
    void *burst[REFILL_BURST], **pages = n < REFILL_BURST ? burst : ret_pages;

    if (surplus > SURPLUS_MOST >> request->order)
        surplus = SURPLUS_MOST >> request->order;
    if (n + surplus > REFILL_BURST)
        surplus = n < REFILL_BURST ? REFILL_BURST - n : 0;
    if (lab_load_relaxed(&arena->hungry) != 0 || !enrol(arena, slot))
        return 0;
    if (kind == LAB_PAGE_CLEAN && arena->lcore[slot].no_clean_until > 0) {
        arena->lcore[slot].no_clean_until--;
        return lab_page_cache_get_own(request, LAB_PAGE_PLAIN, ret_pages, n);
    }
    got = lab_arena_take(request, zone, zone->watermark[LAB_PAGE_HIGH], pages, n + surplus);
    if (sort(zone, request->order, kind, pages, got) == 0 && kind == LAB_PAGE_CLEAN)
        arena->lcore[slot].no_clean_until = NO_CLEAN_REQUESTS;
    used = got < n ? got : n;
    if (pages == burst)
        memcpy(ret_pages, burst, used * sizeof(*burst));
    keep_surplus(request, zone, pages + used, got - used);
    return used;
}

unsigned lab_page_cache_offer(struct lab_arena *arena, uint32_t slot, unsigned order,
                              void *const *pages, unsigned n)
{
    struct lab_deque *own = &deques_of(arena, order, LAB_PAGE_CLEAN)[slot];

    if (!enrol(arena, slot) || !lab_deque_push_slow_owner(own, pages, n, true))
        return 0;
    return n;
}

bool lab_page_cache_put(struct lab_arena *arena, uint32_t slot, unsigned order, void *const *pages,
                        unsigned n)
{
    struct lab_deque *own = &deques_of(arena, order, LAB_PAGE_PLAIN)[slot];
    void *oldest[STEAL_BURST];
    unsigned spilt, done;

    if (!enrol(arena, slot))
        return false;
    if (lab_deque_push_slow_owner(own, pages, n, false))
        return true;
    /* Full: the oldest of it make room for many puts to come. */
    spilt = lab_deque_steal_any(own, oldest, STEAL_BURST);
    (void)lab_arena_give(arena, slot - 1, order, oldest, spilt, &done);
    return lab_deque_push_slow_owner(own, pages, n, false);
}

/* Gives back what can be had of one deque, as its owner or as a thief: burst by burst, so that one
 * who is killed meanwhile hides no more than that. */
static void empty(struct lab_arena *arena, uint32_t lcore, unsigned order, enum lab_page_kind kind,
                  uint32_t slot)
{
    const struct lab_page_request request = {arena, lcore, order, 0};
    struct lab_deque *deque = &deques_of(arena, order, kind)[slot];
    unsigned n, done, left = arena->capacity[order][kind];
    void *pages[FLUSH_BURST];

    do {
        n = slot == lcore + 1 ? lab_page_cache_get_own(&request, kind, pages, FLUSH_BURST)
                              : lab_deque_steal_any(deque, pages, FLUSH_BURST);
        (void)lab_arena_give(arena, lcore, order, pages, n, &done);
        left -= n < left ? n : left; /* no more than were there, though others may put */
    } while (n > 0 && left > 0);
}

static void empty_all(struct lab_arena *arena, uint32_t lcore, uint32_t slot)
{
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++)
        for (int kind = 0; kind < LAB_PAGE_KINDS; kind++)
            if (arena->capacity[order][kind] != 0)
                empty(arena, lcore, order, (enum lab_page_kind)kind, slot);
}

void lab_page_cache_flush(struct lab_arena *arena, uint32_t slot)
{
    if (slot != LAB_ROSTER_ANY)
        empty_all(arena, slot - 1, slot);
}

void lab_page_cache_drain(struct lab_arena *arena, uint32_t lcore)
{
    uint32_t length = lab_roster_length(&arena->roster);

    for (uint32_t place = 0; place < length; place++) {
        uint32_t slot = lab_roster_slot(&arena->roster, place);

        if (slot != LAB_ROSTER_ANY)
            empty_all(arena, lcore, slot);
    }
}

static LAB_NOINLINE bool revoke(struct lab_arena *arena, struct lab_deque *deques, uint32_t slot,
                                uint32_t from)
{
    enum lab_barrier barrier = is_refused(arena) ? LAB_BARRIER_SHARED : arena->barrier;
    struct lab_roster_marks marks;
    bool any = lab_roster_mark_any(&arena->roster, deques, slot, from, &marks);

    if (marks.any && !lab_roster_settle_any(&arena->roster, deques, &marks, barrier))
        lab_store_relaxed(&arena->refused, 1);
    return any || marks.any;
}

bool lab_page_cache_revoke(struct lab_arena *arena, uint32_t slot)
{
    uint32_t length = lab_roster_length(&arena->roster);
    bool any = false;

    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++)
        for (int kind = 0; kind < LAB_PAGE_KINDS; kind++)
            if (arena->capacity[order][kind] != 0)
                for (uint32_t from = 0; from < length; from += LAB_ROSTER_MARKS)
                    any |= revoke(arena, deques_of(arena, order, (enum lab_page_kind)kind), slot,
                                  from);
    return any;
}

/* Its owner has ended, so what is in the tip needs no barrier to become public. */
static void bury(struct lab_arena *arena, unsigned order, enum lab_page_kind kind, uint32_t slot)
{
    struct lab_deque *deque = &deques_of(arena, order, kind)[slot];
    enum lab_deque_marked marked;
    uint64_t mark;

    do {
        empty(arena, LAB_LCORE_ANY, order, kind, slot);
        marked = lab_deque_mark_any(deque, &mark);
        if (marked == LAB_DEQUE_MARKED)
            lab_deque_settle_any(deque, mark);
    } while (marked != LAB_DEQUE_BARE);
    lab_deque_lay_out_any(deque);
}

void lab_page_cache_bury(struct lab_arena *arena, uint32_t slot)
{
    if (slot == LAB_ROSTER_ANY)
        return;
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++)
        for (int kind = 0; kind < LAB_PAGE_KINDS; kind++)
            if (arena->capacity[order][kind] != 0)
                bury(arena, order, (enum lab_page_kind)kind, slot);
}

static bool is_calm(const struct lab_arena *arena)
{
    uint32_t present = lab_arena_present(arena);

    for (uint32_t i = 0; i < present; i++)
        if (lab_load_relaxed(&arena->zone[i].pressure) != LAB_PAGE_CALM)
            return false;
    return true;
}

void lab_page_cache_digest(struct lab_arena *arena, uint32_t slot)
{
    struct lab_page_lcore *me = &arena->lcore[slot];
    uint64_t hungry = lab_load_relaxed(&arena->hungry);
    uint64_t shortages = lab_load_relaxed(&arena->shortages);

    if (slot == LAB_ROSTER_ANY)
        return;
    if (me->shortages != shortages) {
        me->shortages = shortages;
        me->calm = 0;
        lab_page_cache_flush(arena, slot);
    }
    if (++me->calm >= CALM_PUTS && is_calm(arena))
        (void)lab_cas_relaxed(&arena->hungry, &hungry, 0);
}

struct lab_page_cached lab_page_cache_count(const struct lab_arena *arena, unsigned order,
                                            enum lab_page_kind kind, uint32_t own)
{
    uint32_t length = lab_roster_length(&arena->roster);
    struct lab_page_cached sum = {0};

    if (arena->capacity[order][kind] == 0)
        return sum;
    for (uint32_t place = 0; place < length; place++) {
        uint32_t slot = lab_roster_slot(&arena->roster, place);
        uint64_t tip = 0, all = 0;

        if (slot != LAB_ROSTER_ANY)
            all = lab_deque_count_any(&deques_of(arena, order, kind)[slot], &tip);
        if (slot == own || arena->barrier == LAB_BARRIER_FENCE)
            tip = 0;
        sum.private_parts += tip << order;
        sum.public_parts += (all - tip) << order;
    }
    return sum;
}
