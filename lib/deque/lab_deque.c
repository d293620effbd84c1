/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The slow paths of the split deque. Its picture, invariant and the labels D1 to D14 stand in
 * lab_deque.h; after initialisation `split` is changed by CAS alone. */

#include <lab_deque.h>

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The owner's view of the counters, from which its hot paths decide. */
static void set_limits(struct lab_deque *deque, uint64_t split, uint64_t top)
{
    uint64_t publish = split + 2 * (uint64_t)deque->private_size;
    uint64_t room = top + deque->capacity;
    uint64_t floor = split > deque->remote_below ? split : deque->remote_below;

    deque->safe_split = split;
    deque->pop_floor = lab_load_relaxed(&deque->fenced) ? LAB_DEQUE_NEVER : floor;
    deque->push_limit = (int64_t)(room - publish) < 0 ? room : publish;
}

void lab_deque_init(struct lab_deque *deque, uint32_t steal_max, uint32_t private_size, bool fenced)
{
    memset(deque, 0, sizeof(*deque));
    deque->steal_max = steal_max;
    deque->private_size = private_size;
    lab_store_relaxed(&deque->fenced, fenced);
    deque->pop_floor = LAB_DEQUE_NEVER;
    deque->push_limit = UINT64_MAX; /* below every counter, even for n = 0: there are no slots */
}

void lab_deque_repair_layout_any(struct lab_deque *deque, lab_atomic_t *slots, uint64_t capacity,
                                 uint32_t steal_max)
{
    deque->slots = slots;
    deque->capacity = capacity;
    deque->mask = capacity - 1;
    deque->steal_max = steal_max;
}

void lab_deque_equip_owner(struct lab_deque *deque, lab_atomic_t *slots, uint64_t capacity,
                           uint64_t start)
{
    if (start != 0) {
        lab_store_relaxed(&deque->bot, start);
        lab_store_relaxed(&deque->split, start);
        lab_store_relaxed(&deque->top, start);
    }
    deque->capacity = capacity;
    deque->mask = capacity - 1;
    lab_pointer_store_release(&deque->slots, slots); /* D13: or it has slots and no layout yet */
    lab_fence_light(); /* a killed owner must not leave limits without slots */
    set_limits(deque, start, start);
}

void lab_deque_fence_owner(struct lab_deque *deque, bool fenced)
{
    if (fenced)
        deque->pop_floor = LAB_DEQUE_NEVER;
    lab_store_release(&deque->fenced, fenced); /* D10: or pops of before it are not seen */
}

/* The first piece of a burst of n objects from `at` on, up to the end of the ring. */
static unsigned before_end(struct lab_deque_ring ring, uint64_t at, unsigned n)
{
    return (unsigned)min_u64(n, ring.mask + 1 - (at & ring.mask));
}

static void load(struct lab_deque_ring ring, uint64_t at, void **ret_objects, unsigned n)
{
    unsigned first = before_end(ring, at, n);

    lab_words_load(ret_objects, ring.slots + (at & ring.mask), first);
    if (first < n)
        lab_words_load(ret_objects + first, ring.slots, n - first);
}

static void store(struct lab_deque_ring ring, uint64_t at, void *const *objects, unsigned n)
{
    unsigned first = before_end(ring, at, n);

    if (n == 0) /* and perhaps no array: all is to be published */
        return;
    lab_words_store(ring.slots + (at & ring.mask), objects, first);
    if (first < n)
        lab_words_store(ring.slots, objects + first, n - first);
}

/* A ring without an end, to the hot functions: the burst is taken in two pieces here. */
#define NO_END UINT64_MAX

bool lab_deque_pop_around_owner(struct lab_deque *deque, struct lab_deque_ring ring,
                                void **ret_objects, unsigned n)
{
    uint64_t bot = lab_load_relaxed(&deque->bot);

    if (n > ring.mask + 1 || !lab_deque_pop_at_owner(deque, NO_END, bot, deque->pop_floor, &bot, n))
        return false;
    load(ring, bot, ret_objects, n);
    return true;
}

bool lab_deque_push_around_owner(struct lab_deque *deque, struct lab_deque_ring ring,
                                 void *const *objects, unsigned n)
{
    uint64_t bot = lab_load_relaxed(&deque->bot);

    if (n > ring.mask + 1 || !lab_deque_has_room_at(NO_END, bot, deque->push_limit, n))
        return false;
    store(ring, bot, objects, n);
    lab_store_release(&deque->bot, bot + n); /* D1: or a revoker publishes what it sees unwritten */
    return true;
}

/* Raises split to bot - keep, or to bot where a revocation is under way: whoever began it wants
 * everything, and must find that it has it. Returns the split that is then in force. */
static uint64_t raise_split(struct lab_deque *deque, uint64_t bot, uint64_t keep)
{
    uint64_t split = lab_load_relaxed(&deque->split);

    for (;;) {
        uint64_t wanted = split >= LAB_DEQUE_MARK ? bot : bot - keep;

        if (split < LAB_DEQUE_MARK && (int64_t)(wanted - split) <= 0)
            return split;
        /* D3: or entries are stolen before they are written */
        if (lab_cas_release(&deque->split, &split, wanted))
            return wanted;
    }
}

/* The split, once a revocation is ended that somebody else has begun; it is raised for no other
 * reason. */
static uint64_t settled_split(struct lab_deque *deque, uint64_t bot)
{
    return raise_split(deque, bot, deque->capacity);
}

/* The owner's bot, once it has repaired what a predecessor with the same id left that was killed
 * inside a call:
 * - a bot lowered by a pop, though a revoker had just made those objects public. They stay so;
 * - a split lowered, but not yet checked against top: thieves may have taken what then looks
 *   private. All becomes public, which is always safe. */
static uint64_t repaired_bot(struct lab_deque *deque)
{
    uint64_t bot = lab_load_relaxed(&deque->bot);
    uint64_t split = lab_load_relaxed(&deque->split);
    uint64_t least = split;

    if (lab_likely(split < LAB_DEQUE_MARK && split >= deque->safe_split &&
                   (int64_t)(bot - split) >= 0))
        return bot;
    if (split >= LAB_DEQUE_MARK || split < deque->safe_split)
        least = lab_load_acquire(&deque->top); /* D8: or slots are reused that a thief reads */
    if ((int64_t)(bot - least) < 0) {
        bot = least;
        /* D1: or a revoker publishes entries that others do not see written */
        lab_store_release(&deque->bot, bot);
    }
    while (split < deque->safe_split && !lab_cas_release(&deque->split, &split, bot)) /* D3 */
        ;
    return bot;
}

void lab_deque_repair_owner(struct lab_deque *deque)
{
    uint64_t bot, split;

    if (deque->slots == NULL)
        return;
    lab_fence_seq_cst(); /* D12: or a mark is missed whose revoker goes by an earlier bot */
    do {
        bot = repaired_bot(deque);
        split = settled_split(deque, bot);
    } while ((int64_t)(bot - split) < 0);
    set_limits(deque, split, lab_load_acquire(&deque->top)); /* D8 */
}

/* A pop closes pushes while bot is low (pop_private()). Where they are still closed when the owner
 * makes its next call, it was not this one that popped. */
static void close_pushes(struct lab_deque *deque, uint64_t bot)
{
    deque->push_limit = bot - LAB_DEQUE_NEVER;
}

static void repair_if_pop_was_cut_short(struct lab_deque *deque)
{
    int64_t beyond = (int64_t)(lab_load_relaxed(&deque->bot) - deque->push_limit);

    if (lab_unlikely(beyond > (int64_t)(LAB_DEQUE_NEVER / 2)))
        lab_deque_repair_owner(deque);
}

bool lab_deque_push_slow_owner(struct lab_deque *deque, void *const *objects, unsigned n,
                               bool publish_all)
{
    uint64_t bot, top, split;

    if (deque->slots == NULL)
        return false;
    repair_if_pop_was_cut_short(deque);
    bot = repaired_bot(deque);
    top = lab_load_acquire(&deque->top); /* D8 */
    if (n > top + deque->capacity - bot || n > deque->capacity)
        return false;
    store(lab_deque_ring(deque), bot, objects, n);
    bot += n;
    lab_store_release(&deque->bot, bot); /* D1 */

    split = lab_load_relaxed(&deque->split);
    if (publish_all || split >= LAB_DEQUE_MARK || bot - split > 2 * (uint64_t)deque->private_size)
        split = raise_split(deque, bot, publish_all ? 0 : deque->private_size);
    set_limits(deque, split, top);
    return true;
}

/* Makes the newest `need` public objects private again, and a whole private part more where there
 * are plenty. Only what no thief can reach any longer: `steal_max` objects above a top that was
 * read after the fence. false: the caller must look at split afresh. */
static bool lower_split(struct lab_deque *deque, uint64_t *split, uint64_t need)
{
    uint64_t top = lab_load_acquire(&deque->top); /* D8 */
    uint64_t before = *split, lowered = before - need, found;

    if ((int64_t)(lowered - top) < (int64_t)deque->steal_max)
        return true;
    if ((int64_t)(lowered - top) >= (int64_t)deque->private_size + deque->steal_max)
        lowered -= deque->private_size;

    /* A successor goes by these, should this owner be killed before it has checked: a revoker may
     * have raised split since the limits were set. */
    set_limits(deque, before, top);
    found = before;
    if (!lab_cas_release(&deque->split, &found, lowered))
        return false;
    lab_fence_seq_cst(); /* D5: before top, or a thief that read the old split takes them, too */
    top = lab_load_relaxed(&deque->top);
    if ((int64_t)(lowered - top) >= (int64_t)deque->steal_max) {
        deque->safe_split = lowered;
        *split = lowered;
        return true;
    }
    found = lowered;
    return lab_cas_release(&deque->split, &found, before); /* D3 */
}

/* The hot pop's protocol, with the fence that this deque needs and without a look at the floor.
 * If the owner is killed while bot is low, its successor's first push must look at split: so
 * pushes are closed until the caller has set the limits again. */
static bool pop_private(struct lab_deque *deque, uint64_t bot, void **ret_objects, unsigned n)
{
    close_pushes(deque, bot - n);
    lab_store_release(&deque->bot, bot - n); /* D1 */
    if (lab_load_relaxed(&deque->fenced))
        lab_fence_seq_cst(); /* D9: or a revoker, that fences alone, has them as well */
    else
        lab_fence_light(); /* D9: or a revoker has them as well, behind its barrier */
    if ((int64_t)(bot - n - lab_load_relaxed(&deque->split)) < 0) {
        lab_store_release(&deque->bot, bot); /* D1 */
        return false;
    }
    load(lab_deque_ring(deque), bot - n, ret_objects, n);
    return true;
}

unsigned lab_deque_pop_slow_owner(struct lab_deque *deque, void **ret_objects, unsigned least,
                                  unsigned n)
{
    if (deque->slots == NULL)
        return 0;
    repair_if_pop_was_cut_short(deque);
    /* Every turn but the last is one in which a revoker changed split: lock-free. The remains of a
     * killed predecessor may show only then, so each turn looks for them. */
    for (;;) {
        uint64_t bot = repaired_bot(deque);
        uint64_t split = settled_split(deque, bot);
        unsigned taken;

        if (bot - split < n && !lower_split(deque, &split, n - (bot - split)))
            continue;
        taken = (unsigned)min_u64(min_u64(bot - split, deque->capacity), n);
        if (taken < least)
            taken = 0;
        if (taken == 0 || pop_private(deque, bot, ret_objects, taken)) {
            deque->remote_below = min_u64(deque->remote_below, bot - taken);
            set_limits(deque, split, lab_load_acquire(&deque->top)); /* D8 */
            return taken;
        }
    }
}

void lab_deque_mark_remote_owner(struct lab_deque *deque)
{
    deque->remote_below = lab_load_relaxed(&deque->bot);
    if (!lab_load_relaxed(&deque->fenced))
        deque->pop_floor = deque->remote_below;
}

bool lab_deque_is_remote_owner(const struct lab_deque *deque, unsigned n)
{
    return (int64_t)(lab_load_relaxed(&deque->bot) - n - deque->remote_below) < 0;
}

unsigned lab_deque_steal_any(struct lab_deque *deque, void **ret_objects, unsigned n)
{
    uint64_t top = lab_load_acquire(&deque->top);

    for (;;) {
        uint64_t split;
        unsigned taken;

        lab_fence_seq_cst(); /* D6: or it trusts a split of before the owner lowered that */
        split = lab_load_acquire(&deque->split); /* D4: or it reads what is not written yet */
        if (split >= LAB_DEQUE_MARK || (int64_t)(split - top) <= 0)
            return 0;
        taken = (unsigned)min_u64(min_u64(split - top, deque->steal_max), n);
        /* The copy may be torn by an owner that reuses the slots: then top has moved, the CAS
         * fails, and the copy is not looked at. */
        load(lab_deque_ring(deque), top, ret_objects, taken);
        /* D7: or the owner reuses the slots before they were read */
        if (lab_cas_acq_rel(&deque->top, &top, top + taken))
            return taken;
    }
}

static void move_words(lab_atomic_t *to, const lab_atomic_t *from, unsigned n)
{
    void *piece[8];

    for (; n >= 8; n -= 8, to += 8, from += 8) {
        lab_words_load(piece, from, 8);
        lab_words_store(to, piece, 8);
    }
    lab_words_load(piece, from, n);
    lab_words_store(to, piece, n);
}

/* Copies n objects from ring to ring. */
static void move(struct lab_deque_ring from, uint64_t from_at, struct lab_deque_ring to,
                 uint64_t to_at, unsigned n)
{
    for (unsigned k; n > 0; n -= k, from_at += k, to_at += k) {
        k = before_end(from, from_at, before_end(to, to_at, n));
        move_words(to.slots + (to_at & to.mask), from.slots + (from_at & from.mask), k);
    }
}

/* The same, the last piece first. */
static void move_pieces(struct lab_deque_ring from, uint64_t from_at, struct lab_deque_ring to,
                        uint64_t to_at, unsigned n, unsigned piece)
{
    for (unsigned left = n, k; left > 0; left -= k, from_at += k) {
        k = left < piece ? left : piece;
        move(from, from_at, to, to_at + left - k, k);
    }
}

static uint64_t room_at(const struct lab_deque *deque, uint64_t bot)
{
    uint64_t room = lab_load_acquire(&deque->top) + deque->capacity - bot; /* D8 */

    return room <= deque->capacity ? room : 0;
}

unsigned lab_deque_steal_owner(struct lab_deque *own, struct lab_deque *from, unsigned piece,
                               unsigned missing)
{
    uint64_t bot = repaired_bot(own), room = room_at(own, bot);
    uint64_t top = lab_load_acquire(&from->top);

    for (;;) {
        uint64_t split;
        unsigned taken;

        lab_fence_seq_cst();                    /* D6 */
        split = lab_load_acquire(&from->split); /* D4 */
        if (split >= LAB_DEQUE_MARK || (int64_t)(split - top) <= 0 || room == 0)
            return 0;
        taken = (unsigned)min_u64(min_u64(split - top, from->steal_max), room);
        taken = taken >= piece ? taken - taken % piece : (unsigned)min_u64(taken, missing);
        /* torn, and not looked at, if the CAS fails */
        move_pieces(lab_deque_ring(from), top, lab_deque_ring(own), bot, taken, piece);
        if (lab_cas_acq_rel(&from->top, &top, top + taken)) /* D7 */
            return taken;
    }
}

void lab_deque_keep_owner(struct lab_deque *own, unsigned n)
{
    lab_store_release(&own->bot, lab_load_relaxed(&own->bot) + n); /* D1 */
}

uint64_t lab_deque_room_owner(struct lab_deque *deque)
{
    return room_at(deque, repaired_bot(deque));
}

void lab_deque_land_owner(struct lab_deque *deque, void *const *objects, unsigned n)
{
    uint64_t bot = lab_load_relaxed(&deque->bot);

    store(lab_deque_ring(deque), bot, objects, n);
    lab_store_release(&deque->bot, bot + n); /* D1 */
}

struct lab_deque_span lab_deque_span_any(const struct lab_deque *deque)
{
    struct lab_deque_span span = {.top = lab_load_acquire(&deque->top)};
    uint64_t split = lab_load_acquire(&deque->split); /* D4 */

    /* An owner that was killed in a pop may have left bot below what a revoker made public. */
    span.end = lab_load_acquire(&deque->bot); /* D2: or entries are read unwritten */
    if (split < LAB_DEQUE_MARK && (int64_t)(span.end - split) < 0)
        span.end = split;
    if ((int64_t)(span.end - span.top) < 0)
        span.end = span.top;
    if (span.end - span.top > deque->capacity)
        span.end = span.top + deque->capacity;
    return span;
}

uint64_t lab_deque_count_any(const struct lab_deque *deque, uint64_t *ret_private)
{
    uint64_t top = lab_load_relaxed(&deque->top);
    uint64_t split = lab_load_relaxed(&deque->split);
    uint64_t bot = lab_load_relaxed(&deque->bot);
    int64_t private_part = (int64_t)(bot - (split >= LAB_DEQUE_MARK ? top : split));
    int64_t count = (int64_t)(bot - top);

    if (ret_private != NULL)
        *ret_private = private_part > 0 ? (uint64_t)private_part : 0;
    return count > 0 ? (uint64_t)count : 0;
}

bool lab_deque_is_valid(const struct lab_deque *deque)
{
    uint64_t top = lab_load_relaxed(&deque->top);
    uint64_t split = lab_load_relaxed(&deque->split);
    uint64_t bot = lab_load_relaxed(&deque->bot);

    if (deque->slots == NULL)
        return top == 0 && split == 0 && bot == 0;
    return top <= split && split <= bot && bot - top <= deque->capacity &&
           deque->mask == deque->capacity - 1;
}
