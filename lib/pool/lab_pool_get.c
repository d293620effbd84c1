/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The slow path of get: what happens when the own tip is too small, or absent.
 *
 * A get is all or nothing, and a caller may go on using what was in its array after a failure, as
 * DPDK's mempool does with that of its cache. So what is gathered must lie somewhere before all of
 * it is there, and the stack of the caller may be small: it comes into the private part of the
 * caller's own deque, straight from the ring that it was in. Callers without a deque, and those
 * that want more than theirs holds, link it up in a stack of the call's own (`pieces`), over the
 * links that belong to whoever holds the things. What is of the reserve goes there, too, for it
 * must never be in a deque. */

#include <lab_pool_barrier.h>
#include <lab_pool_slow.h>
#include <lab_pool_sweep.h>
#include <lab_prefetch.h>

/* Where every get is a slow one, the free things are counted at every so many of them. */
#define SAMPLE_EVERY_FENCED 256u

/* A get under way. */
struct request {
    struct lab_pool *pool;
    void **ret_things; /* the caller's, written when everything is there */
    uint32_t slot;     /* index of the caller's deque and slow memory */
    unsigned want;
    unsigned in_pieces;
    bool owns;        /* the deque takes what comes */
    bool atomic;      /* it may take the reserve */
    bool cold;        /* some came from elsewhere than the own deque */
    bool spends;      /* some came from the reserve */
    bool done;        /* everything is with the caller */
    unsigned refills; /* so many yet: see below */
    lab_atomic_t pieces_head;
    struct lab_stack pieces;
};

static struct lab_deque *own_deque(const struct request *request)
{
    return &request->pool->deque[request->slot];
}

static void count(const struct request *request, enum lab_pool_event event)
{
    lab_pool_count_events(request->pool, request->slot, event, 1);
}

/* The deque at a place of the roster, or NULL while its owner is still moving in. */
static struct lab_deque *roster_deque(struct lab_pool *pool, uint32_t place)
{
    uint32_t slot = lab_roster_slot(&pool->roster, place);

    return lab_pool_has_deque(pool, slot) ? &pool->deque[slot] : NULL;
}

/* Takes up to n things (at most LAB_STACK_BURST) from a stack. */
static LAB_NOINLINE unsigned stack_get(struct lab_pool *pool, struct lab_stack *stack,
                                       void **ret_things, unsigned n)
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

static void look_now_and_then(struct lab_pool *pool, uint32_t slot)
{
    bool fenced = lab_load_relaxed(&pool->deque[slot].fenced) != 0;
    uint32_t every = fenced ? SAMPLE_EVERY_FENCED : LAB_POOL_SAMPLE_EVERY;

    if (slot != LAB_POOL_SLOT_ANY && pool->slow[slot].gets++ % every == 0)
        lab_pool_gauge(pool);
}

/* Where things come to lie */

/* The pieces in the caller's array, behind the k things that are there already. Fewer than were
 * counted can only be there when some process has damaged their links. */
static bool take_pieces(struct request *request, unsigned k)
{
    while (k < request->want) {
        unsigned came =
            stack_get(request->pool, &request->pieces, request->ret_things + k, request->want - k);

        if (came == 0) {
            (void)lab_pool_keep(request->pool, request->slot, request->ret_things, k, true);
            request->in_pieces = 0;
            return false;
        }
        k += came;
    }
    return true;
}

/* Gives the caller everything, if everything is there. */
static bool finish(struct request *request)
{
    unsigned k = request->want - request->in_pieces;

    if (k > 0 && (!request->owns ||
                  lab_deque_pop_slow_owner(own_deque(request), request->ret_things, k, k) == 0))
        return false;
    request->done = take_pieces(request, k);
    return request->done;
}

static unsigned missing(const struct request *request)
{
    unsigned left = request->want - request->in_pieces;
    uint64_t own = request->owns ? lab_deque_private_owner(own_deque(request)) : 0;

    return own < left ? left - (unsigned)own : 0;
}

/* One burst from a deque, perhaps the caller's own, into the caller's. Marked before it is in
 * there, as all that is moved. Returns whether anything came. */
static bool refill_from(struct request *request, struct lab_deque *deque)
{
    struct lab_deque *own = own_deque(request);
    unsigned came = lab_deque_steal_owner(own, deque);

    if (came == 0)
        return false;
    for (unsigned i = 0; i < came && lab_pool_is_swept(request->pool); i++) {
        void *thing = lab_deque_above_owner(own, i);

        lab_pool_mark(request->pool, &thing, 1);
    }
    lab_deque_keep_owner(own, came);
    return true;
}

static LAB_NOINLINE bool refill_from_stack(struct request *request)
{
    struct lab_pool *pool = request->pool;
    uint64_t room = lab_deque_room_owner(own_deque(request));
    void *burst[LAB_STACK_BURST];
    unsigned came = stack_get(pool, &pool->stack, burst,
                              room < LAB_STACK_BURST ? (unsigned)room : LAB_STACK_BURST);

    if (came == 0)
        return false;
    lab_pool_mark(pool, burst, came);
    lab_deque_land_owner(own_deque(request), burst, came);
    return true;
}

/* The same for one who has no deque for it. What is all that is wanted needs no links; and of what
 * lies in the stack, many at once stay linked. */
static LAB_NOINLINE bool refill_pieces(struct request *request, struct lab_deque *deque)
{
    struct lab_pool *pool = request->pool;
    unsigned left = request->want - request->in_pieces, came;
    unsigned most = left < LAB_STACK_BURST ? left : LAB_STACK_BURST;
    void *burst[LAB_STACK_BURST];

    if (deque == NULL && request->want > LAB_STACK_BURST) {
        came = lab_stack_move_any(&pool->stack, &request->pieces, most);
        request->in_pieces += came;
        return came > 0;
    }
    came = deque != NULL ? lab_deque_steal_any(deque, burst, most)
                         : stack_get(pool, &pool->stack, burst, most);
    if (came == request->want) {
        memcpy(request->ret_things, burst, came * sizeof(*burst));
        request->done = true;
    } else {
        request->in_pieces +=
            lab_pool_stack_put(pool, request->slot, &request->pieces, burst, came);
    }
    return came > 0;
}

/* A burst from a deque, or (NULL) from the stack, to where the caller's lie. */
static bool refill(struct request *request, struct lab_deque *deque)
{
    bool came = request->refills++ > lab_pool_refills_max(request->pool) ? false
                : !request->owns ? refill_pieces(request, deque)
                : deque != NULL  ? refill_from(request, deque)
                                 : refill_from_stack(request);

    if (!came)
        return false;
    request->cold = true;
    count(request, deque != NULL ? LAB_POOL_GET_STEAL : LAB_POOL_GET_STACK);
    if (!request->done)
        (void)finish(request);
    return true;
}

/* Where things come from */

static LAB_NOINLINE bool pop_to_pieces(struct request *request)
{
    unsigned left = request->want - request->in_pieces, came;
    void *burst[LAB_STACK_BURST];

    if (left > LAB_STACK_BURST)
        left = LAB_STACK_BURST;
    came = lab_deque_pop_slow_owner(own_deque(request), burst, 1, left);
    request->in_pieces +=
        lab_pool_stack_put(request->pool, request->slot, &request->pieces, burst, came);
    return came > 0;
}

/* From the own deque: the tip, what can be made private again, and then as a thief. */
static void get_own(struct request *request)
{
    struct lab_deque *own = own_deque(request);

    if (!lab_pool_has_deque(request->pool, request->slot))
        return;
    if (request->owns) {
        while (!request->done && lab_deque_has_public_owner(own) && refill_from(request, own))
            (void)finish(request);
        return;
    }
    while (!request->done && !finish(request) &&
           (pop_to_pieces(request) || refill_pieces(request, own)))
        ;
}

static void get_steal(struct request *request)
{
    struct lab_pool *pool = request->pool;
    struct lab_pool_slow *slow = &pool->slow[request->slot];
    bool has_id = request->slot != LAB_POOL_SLOT_ANY;
    uint32_t length = lab_roster_length(&pool->roster);
    uint32_t place = has_id ? slow->victim : 0;

    for (uint32_t tried = 0; tried < length && !request->done;) {
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
    while (!request->done && refill(request, NULL))
        ;
}

/* Makes the tips of all other lcores public, with one system call for each LAB_ROSTER_MARKS of them
 * at most. Returns whether there is now anything worth another look. */
static LAB_NOINLINE bool revoke_tips(struct request *request)
{
    struct lab_pool *pool = request->pool;
    struct lab_roster_marks marks;
    bool any = false;

    for (uint32_t from = 0; from < lab_roster_length(&pool->roster); from += LAB_ROSTER_MARKS) {
        any |= lab_roster_mark_any(&pool->roster, pool->deque, request->slot, from, &marks);
        if (!marks.any)
            continue;
        if (!lab_roster_settle_any(&pool->roster, pool->deque, &marks, lab_pool_barrier(pool)))
            lab_pool_note_refusal(pool);
        count(request, LAB_POOL_GET_REVOKE);
        any = true;
    }
    return any;
}

/* Every put by an lcore that calls in publishes all it has from now on, so that the next to starve
 * need not revoke. The tips of those that do not call in are revoked; twice, since what was stolen
 * meanwhile may have come to rest in a tip again. */
static void get_starving(struct request *request)
{
    struct lab_pool *pool = request->pool;

    (void)lab_fetch_add_relaxed(&pool->starved, 1);
    (void)lab_fetch_add_relaxed(&pool->slow_puts, LAB_POOL_HUNGER);
    for (int round = 0; round < 2 && !request->done; round++) {
        if (!revoke_tips(request))
            break;
        get_public(request);
    }
}

/* What only the receive path may have, when there is nothing else. What lies in the own deque may
 * be revoked meanwhile by others who starve: the reserve then gives that, too. */
static void get_reserve(struct request *request)
{
    unsigned left, came;

    do {
        left = missing(request);
        came = left > 0 ? lab_pool_take_reserve(request->pool, &request->pieces, left) : 0;
        request->in_pieces += came;
        if (came > 0 && !request->spends)
            count(request, LAB_POOL_GET_RESERVE);
        request->spends |= came > 0;
    } while (!finish(request) && (came > 0 || left == 0) &&
             request->refills++ < lab_pool_refills_max(request->pool));
}

/* Everything that a get may try, dearer and dearer. Returns whether it has what it wants. */
static bool gather(struct request *request)
{
    struct lab_pool *pool = request->pool;

    get_own(request);
    if (request->done) {
        count(request, LAB_POOL_GET_OWN);
    } else {
        get_public(request);
        if (!request->done && request->atomic && lab_pool_is_strike_slow(pool))
            get_reserve(request); /* before a wait, not after it */
        if (!request->done)
            get_starving(request);
        if (!request->done && request->atomic)
            get_reserve(request);
    }
    if (!request->done)
        return false;
    if (request->spends && lab_pool_is_calm(pool))
        lab_pool_gauge(pool);
    else
        look_now_and_then(pool, request->slot);
    return true;
}

/* What was gathered in vain is for all. */
static LAB_NOINLINE void give_up(struct request *request)
{
    struct lab_pool *pool = request->pool;
    void *burst[LAB_STACK_BURST / 2];
    unsigned came;

    while ((came = stack_get(pool, &request->pieces, burst, LAB_STACK_BURST / 2)) > 0)
        (void)lab_pool_keep(pool, request->slot, burst, came, true);
    if (request->owns)
        (void)lab_deque_push_slow_owner(own_deque(request), NULL, 0, true);
}

/* What came beyond the need stays in the own deque: the next gets are then hot. */
static void keep_surplus(const struct request *request)
{
    struct lab_deque *own = own_deque(request);
    uint64_t left = request->owns ? lab_deque_private_owner(own) : 0;

    if (left > 0 && request->pool->claims > 0)
        lab_deque_chill_owner(own);
    if (left > 2 * (uint64_t)request->pool->tip)
        (void)lab_deque_push_slow_owner(own, NULL, 0, false);
}

static LAB_NOINLINE bool get_elsewhere(struct lab_pool *pool, uint32_t slot, unsigned gfp,
                                       void **ret_things, unsigned n)
{
    struct request request = {.pool = pool, .ret_things = ret_things, .slot = slot, .want = n};

    /* A full deque is to have all that is wanted, beside what thieves may be taking. */
    request.owns = n <= pool->capacity - pool->reach && lab_pool_enrol(pool, slot);
    request.atomic = (gfp & LAB_GFP_ATOMIC) != 0;
    lab_stack_init_beside(&request.pieces, &request.pieces_head, &pool->stack, LAB_STACK_OF_A_CALL);
    if (!gather(&request)) {
        give_up(&request);
        return false;
    }
    if (request.cold) {
        keep_surplus(&request);
        claim(pool, ret_things, n);
    }
    return true;
}

/* Everything that is wanted, or nothing, from the own deque's private part and what can be added to
 * it: much the most frequent slow path. */
static bool get_private(struct lab_pool *pool, uint32_t slot, void **ret_things, unsigned n)
{
    struct lab_deque *deque = &pool->deque[slot];
    bool cold = lab_deque_is_cold_owner(deque, n);

    if (!lab_pool_has_deque(pool, slot))
        return false;
    lab_pool_look_for_company_owner(pool, slot);
    if (lab_deque_pop_slow_owner(deque, ret_things, n, n) == 0)
        return false;
    lab_pool_count_events(pool, slot, LAB_POOL_GET_OWN, 1);
    if (cold)
        claim(pool, ret_things, n);
    else
        look_now_and_then(pool, slot);
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
    lab_pool_count_events(pool, slot, LAB_POOL_GET_FAIL, 1);
    lab_pool_gauge(pool); /* what was gathered in vain was never held */
    return -ENOBUFS;
}
