/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The slow paths of get and put: what happens when the own tip is too small, too large, or absent.
 */

#include <lab_audit_quarantine.h>
#include <lab_pool_barrier.h>
#include <lab_pool_slow.h>
#include <lab_pool_sweep.h>
#include <lab_prefetch.h>

/* An lcore counts the free things at every so many slow gets: the sum over all deques
 * reads their owners' hot lines, which is no price for one get in some thousands. */
#define SAMPLE_EVERY 8u
#define SAMPLE_EVERY_FENCED 256u /* where every get is a slow one */

/* Puts of one lcore without any get starving, after which the pool counts as fed. */
#define CALM_PUTS 256u

/* lab_pool_slot(LAB_LCORE_ANY): many threads at once. */
#define SLOT_ANY LAB_ROSTER_ANY

/* The most things that are gathered before a get is known to succeed: the largest bulk of DPDK's
 * mempool. What is larger still is gathered in pieces. */
#define PIECE_MAX 1024u

/* A get under way. What it gathers lands here, never with the caller before all of it is there: a
 * caller may go on using what was in its array after a failure, as DPDK's mempool does with that of
 * its cache. */
struct request {
    struct lab_pool *pool;
    uint32_t slot; /* index of the caller's deque and slow memory */
    unsigned want;
    unsigned got;
    bool atomic; /* it may take the reserve */
    bool cold;   /* some came from elsewhere than the own deque */
    bool spends; /* some came from the reserve */
    void *things[PIECE_MAX];
};

static struct lab_deque *own_deque(const struct request *request)
{
    return &request->pool->deque[request->slot];
}

static void count_events(struct lab_pool *pool, uint32_t slot, enum lab_pool_event event,
                         unsigned n)
{
    lab_atomic_t *counter = &pool->slow[slot].event[event];

    if (slot != SLOT_ANY)
        lab_count_owner(counter, n);
    else
        lab_fetch_add_relaxed(counter, n);
}

static void count_event(struct lab_pool *pool, uint32_t slot, enum lab_pool_event event)
{
    count_events(pool, slot, event, 1);
}

/* Gives the caller's deque slots, the first time that it has something to keep, as long as there
 * are some. Returns whether it has them. */
static bool enrol(struct lab_pool *pool, uint32_t slot)
{
    struct lab_deque *deque = &pool->deque[slot];
    uint64_t place;

    if (deque->slots != NULL) {
        lab_pool_look_for_company_owner(pool, slot);
        return true;
    }
    if (slot == SLOT_ANY || !lab_roster_enter_owner(&pool->roster, slot, &place))
        return false;
    lab_pool_choose_fence_owner(pool, slot);
    lab_deque_equip_owner(deque, pool->slots + place * pool->capacity, pool->capacity);
    return true;
}

/* The deque at a place of the roster, or NULL while its owner is still moving in. */
static struct lab_deque *roster_deque(struct lab_pool *pool, uint32_t place)
{
    uint32_t slot = lab_roster_slot(&pool->roster, place);

    return slot == SLOT_ANY ? NULL : &pool->deque[slot];
}

/* Puts things into a stack; returns how many. What is not this pool's has no link there, and what
 * somebody put before has no second one: both are dropped and counted, and the first is told, rather
 * than allowed to overwrite the link of another. */
static unsigned stack_put(struct lab_pool *pool, uint32_t slot, struct lab_stack *stack,
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
        count_events(pool, slot, LAB_POOL_PUT_FOREIGN, foreign);
    if (twice > 0)
        count_events(pool, slot, LAB_POOL_PUT_TWICE, twice);
    return n - foreign - twice;
}

/* Takes up to n things (at most LAB_STACK_BURST) from a stack. */
static unsigned stack_get(struct lab_pool *pool, struct lab_stack *stack, void **ret_things,
                          unsigned n)
{
    uint32_t indices[LAB_STACK_BURST];
    unsigned taken = lab_stack_pop_any(stack, indices, n);

    for (unsigned i = 0; i < taken; i++)
        ret_things[i] = lab_pool_thing(pool, indices[i]);
    return taken;
}

/* Asks for the lines that the caller will write first. */
static void claim(const struct lab_pool *pool, void *const *things, unsigned n)
{
    for (uint32_t line = 0; line < pool->claims; line++)
        for (unsigned i = 0; i < n; i++)
            lab_prefetch_exclusive((const char *)things[i] + pool->claim[line]);
}

/* Puts things where the caller's things belong: its deque if it has one with room, else the
 * stack. Returns whether they went into the deque. */
static bool keep_common(struct lab_pool *pool, uint32_t slot, void *const *things, unsigned n,
                        bool publish_all)
{
    if (enrol(pool, slot) && lab_deque_push_slow_owner(&pool->deque[slot], things, n, publish_all))
        return true;
    (void)stack_put(pool, slot, &pool->stack, things, n);
    return false;
}

static bool is_any_reserve(const struct lab_pool *pool, void *const *things, unsigned n)
{
    unsigned any = 0;

    for (unsigned i = 0; i < n; i++)
        any |= lab_pool_lies_in_reserve(pool, things[i]);
    return any != 0;
}

/* The same for things of which some may be of the reserve: these go back there. */
static bool keep(struct lab_pool *pool, uint32_t slot, void *const *things, unsigned n,
                 bool publish_all)
{
    void *others[LAB_STACK_BURST];
    bool all = true;

    lab_pool_mark(pool, things, n);
    if (lab_likely(!lab_pool_reserve_is_held(pool)) || !is_any_reserve(pool, things, n))
        return keep_common(pool, slot, things, n, publish_all);
    for (unsigned done = 0, k; done < n; done += k) {
        unsigned left, twice;

        k = n - done < LAB_STACK_BURST ? n - done : LAB_STACK_BURST;
        left = lab_pool_give_reserve(pool, things + done, k, others, &twice);
        if (twice > 0)
            count_events(pool, slot, LAB_POOL_PUT_TWICE, twice);
        if (left > 0)
            all &= keep_common(pool, slot, others, left, publish_all);
    }
    return all;
}

static void look_now_and_then(struct lab_pool *pool, uint32_t slot)
{
    bool fenced = lab_load_relaxed(&pool->deque[slot].fenced) != 0;
    uint32_t every = fenced ? SAMPLE_EVERY_FENCED : SAMPLE_EVERY;

    if (slot != SLOT_ANY && pool->slow[slot].gets++ % every == 0)
        lab_pool_gauge(pool);
}

static bool is_calm(const struct lab_pool *pool)
{
    return lab_load_relaxed(&pool->marks.pressure) == LAB_POOL_CALM;
}

/* Whether it is calm again, which puts alone can tell where nobody gets. */
static LAB_COLD void look_for_calm(struct lab_pool *pool, uint32_t slot)
{
    if (slot == SLOT_ANY || pool->slow[slot].puts++ % SAMPLE_EVERY == 0)
        lab_pool_gauge(pool);
}

/* What came from elsewhere and is not wanted yet. */
static void keep_cold(const struct request *request, void *const *things, unsigned n)
{
    if (keep(request->pool, request->slot, things, n, false) && request->pool->claims > 0)
        lab_deque_chill_owner(own_deque(request));
}

/* One burst from somewhere else, as far as it is wanted into the request and the rest, if the
 * caller has a deque to keep it in, into that: the next gets are then hot. deque NULL means the
 * stack. Returns whether anything came. */
static bool refill(struct request *request, struct lab_deque *deque)
{
    struct lab_pool *pool = request->pool;
    unsigned left = request->want - request->got;
    unsigned most = deque != NULL ? deque->reach : LAB_STACK_BURST;
    void *burst[LAB_DEQUE_REACH_MAX];
    bool direct = left >= most || !enrol(pool, request->slot);
    void **landing = direct ? request->things + request->got : burst;
    unsigned n = direct ? left : LAB_DEQUE_REACH_MAX;
    unsigned came = deque != NULL ? lab_deque_steal_any(deque, landing, n)
                                  : stack_get(pool, &pool->stack, landing, n);
    unsigned used = came < left ? came : left;

    if (came == 0)
        return false;
    request->cold = true;
    if (!direct) {
        memcpy(request->things + request->got, burst, used * sizeof(*burst));
        if (came > used)
            keep_cold(request, burst + used, came - used);
    }
    request->got += used;
    count_event(pool, request->slot, deque != NULL ? LAB_POOL_GET_STEAL : LAB_POOL_GET_STACK);
    return true;
}

/* From the own deque: the tip, what can be made private again, and then as a thief. */
static void get_own(struct request *request)
{
    struct lab_deque *own = own_deque(request);
    unsigned came = 1;

    request->got = lab_deque_pop_slow_owner(own, request->things, 1, request->want);
    while (request->got < request->want && came != 0) {
        came =
            lab_deque_steal_any(own, request->things + request->got, request->want - request->got);
        request->got += came;
    }
}

static void get_steal(struct request *request)
{
    struct lab_pool *pool = request->pool;
    struct lab_pool_slow *slow = &pool->slow[request->slot];
    bool has_id = request->slot != SLOT_ANY;
    uint32_t length = lab_roster_length(&pool->roster);
    uint32_t place = has_id ? slow->victim : 0;

    for (uint32_t tried = 0; tried < length && request->got < request->want;) {
        struct lab_deque *deque = roster_deque(pool, place < length ? place : 0);

        if (deque != NULL && deque != own_deque(request) && refill(request, deque)) {
            if (has_id)
                slow->victim = place;
            continue; /* as long as this one gives */
        }
        place = place + 1 < length ? place + 1 : 0;
        tried++;
    }
}

/* From where all may take: public parts first, since the stack costs more to fill again. */
static void get_public(struct request *request)
{
    get_steal(request);
    while (request->got < request->want && refill(request, NULL))
        ;
}

/* Makes the tips of all other lcores public, with one system call at most for all of them. Returns
 * whether there is now anything worth another look. */
static bool revoke_tips(struct request *request)
{
    struct lab_pool *pool = request->pool;
    struct lab_roster_marks marks;
    bool any = lab_roster_mark_any(&pool->roster, pool->deque, request->slot, &marks);

    if (!marks.any)
        return any;
    if (!lab_roster_settle_any(&pool->roster, pool->deque, &marks, lab_pool_barrier(pool)))
        lab_pool_note_refusal(pool);
    count_event(pool, request->slot, LAB_POOL_GET_REVOKE);
    return true;
}

/* Every put by an lcore that calls in publishes all it has from now on, so that the next to starve
 * need not revoke. The tips of those that do not call in are revoked; twice, since what was stolen
 * meanwhile may have come to rest in a tip again. */
static void get_starving(struct request *request)
{
    struct lab_pool *pool = request->pool;

    (void)lab_fetch_add_relaxed(&pool->slow_puts, LAB_POOL_HUNGER);
    for (int round = 0; round < 2 && request->got < request->want; round++) {
        if (!revoke_tips(request))
            break;
        get_public(request);
    }
}

/* What only the receive path may have, when there is nothing else. */
static void get_reserve(struct request *request)
{
    unsigned came = lab_pool_take_reserve(request->pool, request->things + request->got,
                                          request->want - request->got);

    request->got += came;
    request->spends = came > 0;
    if (came > 0)
        count_event(request->pool, request->slot, LAB_POOL_GET_RESERVE);
}

/* Everything that a get may try, dearer and dearer. Returns whether it has what it wants. */
static bool gather(struct request *request)
{
    struct lab_pool *pool = request->pool;

    get_own(request);
    if (request->got == request->want) {
        count_event(pool, request->slot, LAB_POOL_GET_OWN);
    } else {
        get_public(request);
        if (request->got < request->want && request->atomic && lab_pool_is_strike_slow(pool))
            get_reserve(request); /* before a wait, not after it */
        if (request->got < request->want)
            get_starving(request);
        if (request->got < request->want && request->atomic)
            get_reserve(request);
    }
    if (request->got < request->want)
        return false;
    if (request->spends && is_calm(pool))
        lab_pool_gauge(pool);
    else
        look_now_and_then(pool, request->slot);
    return true;
}

/* A get of more than fits a request: the pieces wait in a stack of this call's own, over the links
 * that belong to whoever holds the things. */
static bool gather_pieces(struct request *request, void **ret_things, unsigned n)
{
    struct lab_pool *pool = request->pool;
    struct lab_stack pieces;
    unsigned got = 0;
    bool all = true;

    lab_stack_init_beside(&pieces, &pool->stack, LAB_STACK_OF_A_CALL);
    while (got < n && all) {
        request->want = n - got < PIECE_MAX ? n - got : PIECE_MAX;
        all = gather(request);
        got += stack_put(pool, request->slot, &pieces, request->things, request->got);
    }
    for (unsigned came = 1; came > 0; ret_things += all ? came : 0) {
        came = stack_get(pool, &pieces, all ? ret_things : request->things, LAB_STACK_BURST);
        if (!all && came > 0)
            (void)keep(pool, request->slot, request->things, came, true);
    }
    return all;
}

static bool gather_one(struct request *request, void **ret_things, unsigned n)
{
    request->want = n;
    if (gather(request)) {
        memcpy(ret_things, request->things, n * sizeof(*ret_things));
        return true;
    }
    if (request->got > 0)
        (void)keep(request->pool, request->slot, request->things, request->got, true);
    return false;
}

/* Everything that is wanted, or nothing, from the own deque's private part and what can be added to
 * it: much the most frequent slow path, and the only one that needs no landing place. */
static bool get_private(struct lab_pool *pool, uint32_t slot, void **ret_things, unsigned n)
{
    struct lab_deque *deque = &pool->deque[slot];
    bool cold = lab_deque_is_cold_owner(deque, n);

    if (slot != SLOT_ANY)
        lab_pool_look_for_company_owner(pool, slot);
    if (lab_deque_pop_slow_owner(deque, ret_things, n, n) == 0)
        return false;
    count_event(pool, slot, LAB_POOL_GET_OWN);
    if (cold)
        claim(pool, ret_things, n);
    else
        look_now_and_then(pool, slot);
    return true;
}

static bool get_elsewhere(struct lab_pool *pool, uint32_t slot, unsigned gfp, void **ret_things,
                          unsigned n)
{
    struct request request;

    request.pool = pool;
    request.slot = slot;
    request.atomic = (gfp & LAB_GFP_ATOMIC) != 0;
    request.cold = false;
    request.spends = false;
    if (n <= PIECE_MAX ? !gather_one(&request, ret_things, n)
                       : !gather_pieces(&request, ret_things, n))
        return false;
    if (request.cold)
        claim(pool, ret_things, n);
    return true;
}

/* What waits in quarantine is free: it waits no longer than until somebody needs it. */
static bool get_quarantined(struct lab_pool *pool, uint32_t slot, unsigned gfp, void **ret_things,
                            unsigned n)
{
    return pool->audit != NULL && lab_pool_free_quarantine(pool) > 0 &&
           get_elsewhere(pool, slot, gfp, ret_things, n);
}

LAB_COLD int lab_pool_take_slow(struct lab_pool *pool, uint32_t slot, unsigned gfp,
                                void **ret_things, unsigned n)
{
    if (n == 0 || get_private(pool, slot, ret_things, n))
        return 0;
    /* More than there are is not worth a search, which would empty every tip in vain. */
    if (n <= pool->count && (get_elsewhere(pool, slot, gfp, ret_things, n) ||
                             get_quarantined(pool, slot, gfp, ret_things, n)))
        return 0;
    count_event(pool, slot, LAB_POOL_GET_FAIL);
    lab_pool_gauge(pool); /* what was gathered in vain was never held */
    return -ENOBUFS;
}

/* Hunger ends when this lcore alone has plenty to steal, or when for many puts nobody starved. */
static void digest(struct lab_pool *pool, uint32_t slot, uint64_t slow_puts)
{
    struct lab_pool_slow *slow = &pool->slow[slot];
    struct lab_deque *deque = &pool->deque[slot];
    uint64_t plenty = 2 * (uint64_t)deque->tip + deque->reach;
    uint64_t hunger = lab_pool_hunger(slow_puts);

    if (slow->hunger != hunger) {
        slow->hunger = hunger;
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
    if (keep(pool, slot, things, n, hungry)) {
        count_event(pool, slot, LAB_POOL_PUT_PUBLISH);
        if (hungry)
            digest(pool, slot, slow_puts);
    } else {
        count_event(pool, slot, LAB_POOL_PUT_STACK);
    }
    if (lab_unlikely(!is_calm(pool)))
        look_for_calm(pool, slot);
}

int lab_pool_publish(struct lab_pool *pool, uint32_t lcore)
{
    uint32_t slot = lab_pool_slot(lcore);

    if (slot > pool->lcores)
        return -EINVAL;
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

        if (slot != SLOT_ANY)
            free += lab_deque_count_any(&pool->deque[slot], NULL);
    }
    if (pool->audit != NULL)
        free += lab_audit_quarantined(pool->audit);
    return free < pool->count ? (uint32_t)free : pool->count;
}
