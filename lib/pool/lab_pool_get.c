/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The slow path of get: the own private part is too small, or absent.
 *
 * A get is all or nothing, and a caller may go on using what was in its array after a failure, as
 * DPDK's mempool does with that of its cache. So what is gathered must lie somewhere before all of
 * it is there, and the stack of the caller may be small: it comes into the private part of the
 * caller's own deque, straight from the ring that it was in. Callers without a deque, and those
 * that want more than theirs holds, link it up in a stack of the call's own (`pieces`), over the
 * links that belong to the objects' holder. Objects of the reserve go there, too, for they must
 * never be in a deque. */

#include <lab_pool_core.h>
#include <lab_prefetch.h>
#include <lab_probe.h>

/* Where every get is a slow one, one in this number counts the free objects. */
#define SAMPLE_EVERY_FENCED 256u

/* Gets of an lcore that go around the end of its ring before its deque moves on. */
#define WRAPS_MANY 16u

/* A get under way. */
struct request {
    struct lab_pool *pool;
    void **ret_objects; /* the caller's, written when everything is there */
    uint32_t lcore_index;
    unsigned want;
    unsigned in_pieces;
    bool owns;        /* the deque takes what comes */
    bool atomic;      /* it may take the reserve */
    bool remote;      /* some came from elsewhere than the own deque */
    bool spends;      /* some came from the reserve */
    bool done;        /* everything is with the caller */
    unsigned refills; /* bursts so far */
    lab_atomic_t pieces_head;
    struct lab_stack pieces;
};

static struct lab_deque *own_deque(const struct request *request)
{
    return &request->pool->deque[request->lcore_index];
}

static void count(const struct request *request, enum lab_pool_counter counter)
{
    lab_pool_add_to_counter(request->pool, request->lcore_index, counter, 1);
}

/* Takes up to n objects (at most LAB_STACK_BURST) from a stack. */
static LAB_NOINLINE unsigned stack_get(struct lab_pool *pool, struct lab_stack *stack,
                                       void **ret_objects, unsigned n)
{
    uint32_t indices[LAB_STACK_BURST];
    unsigned taken = lab_stack_pop_any(stack, indices, n);

    for (unsigned i = 0; i < taken; i++)
        ret_objects[i] = lab_pool_object(pool, indices[i]);
    return taken;
}

/* Asks for the lines that the caller will write first. */
static void prefetch_for_writing(const struct lab_pool *pool, void *const *objects, unsigned n)
{
    for (uint32_t line = 0; line < pool->prefetch_lines; line++)
        for (unsigned i = 0; i < n; i++)
            lab_prefetch_exclusive((const char *)objects[i] + pool->prefetch[line]);
}

static void sample_now_and_then(struct lab_pool *pool, uint32_t lcore_index)
{
    bool fenced = lab_load_relaxed(&pool->deque[lcore_index].fenced) != 0;
    uint32_t every = fenced ? SAMPLE_EVERY_FENCED : lab_pool_sample_every(pool);

    if (lcore_index != LAB_DEQUE_SET_ANY && pool->slow[lcore_index].gets++ % every == 0)
        lab_pool_sample_free(pool);
}

/* Where objects come to lie */

/* Gives the caller everything, if everything is there: what the own deque has, and behind it the
 * pieces. Fewer pieces than were counted can only be there when some process has damaged their
 * links. */
static bool finish(struct request *request)
{
    unsigned k = request->want - request->in_pieces, came;

    if (k > 0 && (!request->owns ||
                  lab_deque_pop_slow_owner(own_deque(request), request->ret_objects, k, k) == 0))
        return false;
    for (; k < request->want; k += came) {
        came =
            stack_get(request->pool, &request->pieces, request->ret_objects + k, request->want - k);
        if (came == 0) {
            (void)lab_pool_keep(request->pool, request->lcore_index, request->ret_objects, k, true);
            request->in_pieces = 0;
            return false;
        }
    }
    request->done = true;
    return true;
}

static unsigned missing(const struct request *request)
{
    unsigned left = request->want - request->in_pieces;
    uint64_t own = request->owns ? lab_deque_private_owner(own_deque(request)) : 0;

    return own < left ? left - (unsigned)own : 0;
}

/* A get takes what another lcore has put in the order of the puts, if the next gets are of the size
 * of this one: where addresses follow each other at one distance, as in a pool that was just
 * filled, the processor prefetches the packets' lines. One at a time, it may be the reverse; and
 * what comes from the caller's own end was in no such order. */
static unsigned steal(const struct request *request, struct lab_deque *deque)
{
    struct lab_deque *own = own_deque(request);

    if (request->want == 1 || deque == own)
        return lab_deque_steal_owner(own, deque, LAB_DEQUE_STEAL_MAX, LAB_DEQUE_STEAL_MAX);
    return lab_deque_steal_owner(own, deque, request->want, missing(request));
}

/* One burst from a deque, perhaps the caller's own, into the caller's. Objects are noted before
 * they lie there, like all that are moved during a sweep. Returns whether any came. */
static bool refill_from_deque(struct request *request, struct lab_deque *deque)
{
    struct lab_deque *own = own_deque(request);
    unsigned came = steal(request, deque);

    if (came == 0)
        return false;
    for (unsigned i = 0; i < came && lab_pool_is_swept(request->pool); i++) {
        void *object = lab_deque_above_owner(own, i);

        lab_pool_note_moving(request->pool, &object, 1);
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
    lab_pool_note_moving(pool, burst, came);
    lab_deque_land_owner(own_deque(request), burst, came);
    return true;
}

/* The same for a caller that has no deque for it. A burst that is all that is wanted needs no
 * links; and of what lies in the stack, many at once stay linked. */
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
        memcpy(request->ret_objects, burst, came * sizeof(*burst));
        request->done = true;
    } else {
        request->in_pieces +=
            lab_pool_stack_put(pool, request->lcore_index, &request->pieces, burst, came);
    }
    return came > 0;
}

/* A burst from a deque, or (NULL) from the stack, to where the caller's lie. */
static bool refill(struct request *request, struct lab_deque *deque)
{
    bool came = request->refills++ > lab_pool_refills_max(request->pool) ? false
                : !request->owns ? refill_pieces(request, deque)
                : deque != NULL  ? refill_from_deque(request, deque)
                                 : refill_from_stack(request);

    if (!came)
        return false;
    request->remote = true;
    count(request, deque != NULL ? LAB_POOL_GET_STEAL : LAB_POOL_GET_STACK);
    if (!request->done)
        (void)finish(request);
    return true;
}

/* Where objects come from */

/* From the own deque: the private part, what can be made private again, and then as a thief; or, if
 * it cannot take what is missing, all of it as a thief. */
static void get_own(struct request *request)
{
    struct lab_deque *own = own_deque(request);

    if (!lab_pool_has_deque(request->pool, request->lcore_index))
        return;
    if (request->owns) {
        while (!request->done && lab_deque_has_public_owner(own) && refill_from_deque(request, own))
            (void)finish(request);
        return;
    }
    (void)lab_deque_push_slow_owner(own, NULL, 0, true);
    while (!request->done && !finish(request) && refill_pieces(request, own))
        ;
}

/* Gets what all may take: public parts first, since the stack costs more to fill again. */
static void get_public(struct request *request)
{
    struct lab_pool *pool = request->pool;
    struct lab_deque_set_own *own = &pool->slow[request->lcore_index].own;
    struct lab_deque_victims victims =
        lab_deque_victims(&pool->set, &pool->array, own, request->lcore_index);
    struct lab_deque *victim;

    do {
        victim = lab_deque_victims_next(&victims); /* after the last one, the stack */
        while (!request->done && refill(request, victim))
            if (victim != NULL)
                lab_deque_victims_remember(&victims, own);
    } while (!request->done && victim != NULL);
}

/* From now on each put publishes all that its lcore has, so that the next to starve need not
 * revoke. The private parts of lcores that make no call are revoked; twice, since what was stolen
 * meanwhile may have come to rest in one again. */
static void get_starving(struct request *request)
{
    struct lab_pool *pool = request->pool;

    lab_deque_set_starve_any(&pool->set);
    LAB_PROBE3(starve, pool->name, lab_pool_lcore(request->lcore_index), request->want);
    for (int round = 0; round < 2 && !request->done; round++) {
        struct lab_deque_revoked revoked =
            lab_deque_set_revoke_any(&pool->set, &pool->array, request->lcore_index);

        lab_pool_add_to_counter(pool, request->lcore_index, LAB_POOL_GET_REVOKE, revoked.barriers);
        if (!revoked.any)
            break;
        LAB_PROBE3(revoke, pool->name, lab_pool_lcore(request->lcore_index), revoked.barriers);
        get_public(request);
    }
}

/* The receive path alone may have the reserve, when there is nothing else. Others that starve may
 * revoke what lies in the own deque meanwhile: the reserve then gives that, too. */
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

/* Tries all sources, in the order of cost. Returns whether it has what it wants. */
static bool gather_objects(struct request *request)
{
    struct lab_pool *pool = request->pool;

    get_own(request);
    if (request->done) {
        count(request, LAB_POOL_GET_OWN);
    } else {
        get_public(request);
        if (!request->done && request->atomic && lab_deque_set_is_barrier_slow_any(&pool->set))
            get_reserve(request); /* before a wait, not after it */
        if (!request->done)
            get_starving(request);
        if (!request->done && request->atomic)
            get_reserve(request);
    }
    if (!request->done)
        return false;
    if (request->spends && !lab_watermark_is_pressed(&pool->watermark))
        lab_pool_sample_free(pool);
    else
        sample_now_and_then(pool, request->lcore_index);
    return true;
}

/* Objects that were gathered in vain are for all. */
static LAB_NOINLINE void give_up(struct request *request)
{
    struct lab_pool *pool = request->pool;
    void *burst[LAB_STACK_BURST / 2];
    unsigned came;

    while ((came = stack_get(pool, &request->pieces, burst, LAB_STACK_BURST / 2)) > 0)
        (void)lab_pool_keep(pool, request->lcore_index, burst, came, true);
    if (request->owns)
        (void)lab_deque_push_slow_owner(own_deque(request), NULL, 0, true);
}

/* The surplus stays in the own deque: the next gets are then hot. */
static void keep_surplus(const struct request *request)
{
    struct lab_deque *own = own_deque(request);
    uint64_t left = request->owns ? lab_deque_private_owner(own) : 0;

    if (left > 0 && request->pool->prefetch_lines > 0)
        lab_deque_mark_remote_owner(own);
    if (left > 2 * (uint64_t)own->private_size)
        (void)lab_deque_push_slow_owner(own, NULL, 0, false);
}

static LAB_NOINLINE bool get_elsewhere(struct lab_pool *pool, uint32_t lcore_index, unsigned gfp,
                                       void **ret_objects, unsigned n)
{
    struct request request = {
        .pool = pool, .ret_objects = ret_objects, .lcore_index = lcore_index, .want = n};

    /* A full deque is to have all that is wanted, beside what thieves may be taking. */
    request.owns =
        n <= pool->array.capacity - pool->array.steal_max && lab_pool_register(pool, lcore_index);
    request.atomic = (gfp & LAB_GFP_ATOMIC) != 0;
    lab_stack_init_beside(&request.pieces, &request.pieces_head, &pool->stack, LAB_STACK_OF_A_CALL);
    if (!gather_objects(&request)) {
        give_up(&request);
        return false;
    }
    if (request.remote) {
        keep_surplus(&request);
        prefetch_for_writing(pool, ret_objects, n);
    }
    return true;
}

/* Everything that is wanted, or nothing, from the own deque's private part and what can be added to
 * it: by far the most frequent slow path. */
static bool get_private(struct lab_pool *pool, uint32_t lcore_index, void **ret_objects, unsigned n)
{
    struct lab_deque *deque = &pool->deque[lcore_index];
    bool remote = lab_deque_is_remote_owner(deque, n);

    if (!lab_pool_has_deque(pool, lcore_index))
        return false;
    lab_pool_see_processes(pool, lcore_index);
    if (lab_deque_pop_slow_owner(deque, ret_objects, n, n) == 0)
        return false;
    lab_pool_add_to_counter(pool, lcore_index, LAB_POOL_GET_OWN, 1);
    if (remote)
        prefetch_for_writing(pool, ret_objects, n);
    else
        sample_now_and_then(pool, lcore_index);
    return true;
}

/* Whether a put of n, such as that of what has just been got, would go around the end of the ring.
 */
static bool is_at_end(const struct lab_pool *pool, uint32_t lcore_index, unsigned n)
{
    const struct lab_deque *deque = &pool->deque[lcore_index];
    uint64_t mask = lab_pool_ring(pool, deque).mask;

    return lab_deque_wraps(mask, lab_load_relaxed(&deque->bot) & mask, n);
}

/* A deque that comes to rest at the end of its ring would go around it at each call, at more than
 * twice the cost, for as long as it rests there. So after some such gets it moves on: its oldest
 * objects become its newest. */
static LAB_NOINLINE void move_on(struct lab_pool *pool, uint32_t lcore_index, unsigned n)
{
    struct request request = {.pool = pool, .lcore_index = lcore_index};
    struct lab_deque *own = own_deque(&request);

    if (!lab_pool_has_deque(pool, lcore_index))
        return;
    if (!lab_deque_has_public_owner(own))
        (void)lab_deque_push_slow_owner(own, NULL, 0, true);
    while (is_at_end(pool, lcore_index, n) && refill_from_deque(&request, own))
        ;
}

/* From the own deque: as the hot path does, for a burst that goes around the end, or slowly. */
static bool get_here(struct lab_pool *pool, uint32_t lcore_index, void **ret_objects, unsigned n)
{
    struct lab_deque *deque = &pool->deque[lcore_index];

    if (!lab_deque_pop_around_owner(deque, lab_pool_ring(pool, deque), ret_objects, n) &&
        !get_private(pool, lcore_index, ret_objects, n))
        return false;
    if (is_at_end(pool, lcore_index, n) && ++pool->slow[lcore_index].wraps % WRAPS_MANY == 0)
        move_on(pool, lcore_index, n);
    return true;
}

LAB_COLD int lab_pool_core_get_slow(struct lab_pool *pool, uint32_t lcore_index, unsigned gfp,
                                    void **ret_objects, unsigned n)
{
    if (n == 0 || get_here(pool, lcore_index, ret_objects, n))
        return 0;
    /* More than there are is not worth a search, which would empty every private part in vain. */
    if (n <= pool->count && get_elsewhere(pool, lcore_index, gfp, ret_objects, n))
        return 0;
    return -ENOBUFS;
}

LAB_COLD int lab_pool_fail(struct lab_pool *pool, uint32_t lcore_index)
{
    lab_pool_add_to_counter(pool, lcore_index, LAB_POOL_GET_FAIL, 1);
    LAB_PROBE2(fail, pool->name, lab_pool_lcore(lcore_index));
    lab_pool_sample_free(pool); /* what was gathered in vain was never held */
    return -ENOBUFS;
}
