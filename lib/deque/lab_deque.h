/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_DEQUE_H
#define LAB_DEQUE_H

/* The split deque: free objects of one lcore, most of which any thread may take.
 *
 *         top              split                 bot
 *  ────────┬─────────────────┬────────────────────┬────────
 *          │  public: any    │ private part: only │
 *          │  thread steals  │  the owner, plain  │
 *          │  from this end  │  loads and stores  │
 *  ────────┴─────────────────┴────────────────────┴────────
 *    oldest, cold                          newest, cache-hot
 *
 * Three ever-growing counters over a ring of slots; object i lies in slot i & mask. At rest
 *
 *     top <= split <= bot <= top + capacity
 *
 * and an object is in the deque exactly if its counter lies in [top, bot). Inside a call, `split`
 * may lie below `top` for a moment (the owner is lowering it) and so may `bot` (the owner is about
 * to find that the private part was too small), which is why all comparisons are of signed
 * differences.
 *
 * The owner pushes and pops at `bot` without any atomic read-modify-write. Thieves take from `top`
 * by CAS, at most `steal_max` objects at once: no thief that read an old `split` can get farther
 * than `steal_max` beyond the `top` that it read. So the owner may lower `split` to a value that
 * lies at least `steal_max` above a `top` read after a fence.
 *
 * Revocation: a private part whose owner does not call in would be stranded. A starving thread
 * replaces `split` by a mark with a unique ticket, makes every running thread execute a fence
 * (lab_barrier_heavy) and publishes all up to the `bot` that it then reads. The owner's pop stores
 * `bot` first and then looks at `split`, so that one of the two sees the other.
 *
 * Progress: pop and push of the owner are wait-free; everything else is lock-free. A thread stopped
 * or killed anywhere stops nobody, and hides at most the burst that it was moving.
 *
 * One fault is known, and left. An owner that does not fence is killed in the hot pop, when it has
 * lowered bot, and a revoker publishes what lies above: bot stays below split. The first hot push
 * of the owner's successor then writes to public slots. As many objects are lost as the dead owner
 * was moving, though not the same ones. To prevent it, each push would have to load split. Owners
 * that fence, which are all where one process may be killed and another goes on, do not have it:
 * their pops close the hot push while bot is low.
 *
 * Sources: Acar, Charguéraud, Rainey, "Scheduling parallel programs by work stealing with private
 * deques" (2013), and van Dijk, van de Pol, "Lace: non-blocking split deque" (2014) for the split;
 * the bulk steal bounded by `steal_max` and the revocation are Labyrinth's own.
 *
 * Labels of the orders (lab_deque.c has most of the places):
 *
 *     D1 store of bot           release   pairs with D2
 *     D2 revoker's load of bot  acquire   pairs with D1, D9, D12; after its heavy barrier
 *     D3 raise of split         release   pairs with D4: entries are written before they are public
 *     D4 thief's load of split  acquire   pairs with D3
 *     D5 owner's fence after lowering split, before its load of top   pairs with D6
 *     D6 thief's fence after its load of top, before its load of split, at every attempt   pairs
 *        with D5
 *     D7 thief's CAS of top     acq_rel   pairs with D8: slots are read before they are reused
 *     D8 owner's load of top    acquire   pairs with D7; before it reuses slots
 *     D9 owner's fence between its store of bot and its load of split, a light one where the
 *        revoker's lab_barrier_heavy() reaches it   pairs with D2, behind that barrier
 *     D10 owner's store of fenced   release   pairs with D11: its pops before are seen
 *     D11 revoker's load of fenced  acquire   pairs with D10: made after the mark. One that helps
 *         with another's mark sees what the marker saw: by the marker's load of bot (acquire) and
 *         CAS (acq_rel), and its own load of split (acquire)
 *     D12 fence of a thread that knows that an owner has ended, before it looks for a mark   pairs
 *         with D2: a revoker that sets a mark later sees the owner's last bot, for its barrier lies
 *         between its CAS and D2
 *     D13 store of slots        release   pairs with D14: the layout is written before
 *     D14 others' load of slots acquire   pairs with D13; before they look at the layout
 */

#include <lab_atomic.h>
#include <lab_common.h>

/* A split at or above this is a mark: "being revoked", the ticket in the low bits. No counter ever
 * gets there: at 10^10 objects a second it would take 14 years. */
#define LAB_DEQUE_MARK (UINT64_C(1) << 62)

/* A pop floor that no pop passes: sends the owner the slow way every time. */
#define LAB_DEQUE_NEVER LAB_DEQUE_MARK

/* The most objects that one steal may take, so that a thief's landing place has a fixed size. */
#define LAB_DEQUE_STEAL_MAX 512u

struct lab_deque {
    /* Written by thieves. */
    alignas(LAB_CACHE_LINE) lab_atomic_t top;
    lab_atomic_t tickets; /* the next mark's, so that no mark is used twice */

    /* Written once in many operations, read by all. */
    alignas(LAB_CACHE_LINE) lab_atomic_t split;
    lab_atomic_t *slots;   /* NULL until the owner has been given some */
    uint64_t capacity;     /* a power of two */
    uint64_t mask;         /* capacity - 1 */
    uint32_t steal_max;    /* the most objects that one steal takes */
    uint32_t private_size; /* the private part's size after a publication; it is published beyond
                              twice that */

    /* Written by the owner at every operation. */
    alignas(LAB_CACHE_LINE) lab_atomic_t bot;
    uint64_t pop_floor;  /* pops below it go the slow way: split, remote_below or LAB_DEQUE_NEVER */
    uint64_t push_limit; /* pushes beyond it publish, or find no room */
    uint64_t remote_below; /* objects below it came from elsewhere: lab_deque_mark_remote_owner() */
    lab_atomic_t fenced;   /* not 0: the owner fences on every pop, and needs no heavy barrier */
    uint64_t safe_split;   /* the owner's last split of which it knows that top cannot pass it */
};

/* Makes an empty deque without slots. steal_max is 1 to LAB_DEQUE_STEAL_MAX. Not thread-safe. */
void lab_deque_init(struct lab_deque *deque, uint32_t steal_max, uint32_t private_size,
                    bool fenced);

/* Repairs the layout, which is constant once there are slots, where some process has damaged it.
 * Any thread; wait-free. */
void lab_deque_repair_layout_any(struct lab_deque *deque, lab_atomic_t *slots, uint64_t capacity,
                                 uint32_t steal_max);

/* Sets the size of the private part, from the next slow call on. Owner; wait-free. */
LAB_INLINE void lab_deque_fit_owner(struct lab_deque *deque, uint32_t private_size)
{
    if (lab_unlikely(deque->private_size != private_size))
        deque->private_size = private_size;
}

/* Gives the deque its slots; capacity is a power of two, at least twice the private part. Its
 * counters begin at `start`, less than capacity: see lab_deque_array. Owner; once. */
void lab_deque_equip_owner(struct lab_deque *deque, lab_atomic_t *slots, uint64_t capacity,
                           uint64_t start);

/* Where its slots are, or NULL while there are none; then its layout is not to be looked at. Any
 * thread; wait-free. */
LAB_INLINE lab_atomic_t *lab_deque_slots_any(const struct lab_deque *deque)
{
    return lab_pointer_load_acquire(&deque->slots); /* D14: or the layout is not there yet */
}

/* From now on the owner fences on every pop; or, only before it has slots, it is not to, since a
 * heavy barrier reaches it. Owner; wait-free. */
void lab_deque_fence_owner(struct lab_deque *deque, bool fenced);

/* Whether the owner fences, for a thread that has put or found a mark. Any thread; wait-free. */
LAB_INLINE bool lab_deque_is_fenced_any(const struct lab_deque *deque)
{
    return lab_load_acquire(&deque->fenced) != 0; /* D11: or pops of before it are not seen */
}

/* Repairs what a predecessor with the same id left that was killed inside a call: at rest,
 * top <= split <= bot again. The slow halves below do so by themselves. Owner; lock-free. */
void lab_deque_repair_owner(struct lab_deque *deque);

/* The slow half of push: publishes all but the private part when that has grown, or everything when
 * `publish_all`. false: no room for n (or no slots at all), and nothing is changed. Owner;
 * lock-free. */
bool lab_deque_push_slow_owner(struct lab_deque *deque, void *const *objects, unsigned n,
                               bool publish_all);

/* The slow half of pop: takes n objects, or as many as there are if that is at least `least` (1 or
 * more), from the private part and from what can be made private again. Returns how many; with 0,
 * ret_objects is untouched. Owner; lock-free. */
unsigned lab_deque_pop_slow_owner(struct lab_deque *deque, void **ret_objects, unsigned least,
                                  unsigned n);

/* Says that all objects now in the deque came from elsewhere: their cache lines are with another
 * core. They are popped the slow way, once; what the owner puts in their place is not remote. Needs
 * slots. Owner; wait-free. */
void lab_deque_mark_remote_owner(struct lab_deque *deque);

/* Whether some of the newest n objects are remote. Owner; wait-free. */
bool lab_deque_is_remote_owner(const struct lab_deque *deque, unsigned n);

/* Takes the oldest public objects, at most n and at most `steal_max`, in one CAS. Returns how many,
 * 0 when the public part is empty or being revoked. Any thread, the owner too; lock-free. */
unsigned lab_deque_steal_any(struct lab_deque *deque, void **ret_objects, unsigned n);

/* Steals into the ring of the caller's own deque: as much as one steal takes and there is room for.
 * Its own public part is a source, too. The objects lie above bot then, and are in no deque yet;
 * returns how many. They come in whole pieces of `piece` objects, the oldest piece uppermost, so
 * that pops of that size give them in the order in which they were put; or, where there is less
 * than one piece, no more than `missing` of them. Owner of `own`; lock-free. */
unsigned lab_deque_steal_owner(struct lab_deque *own, struct lab_deque *from, unsigned piece,
                               unsigned missing);

/* The i-th of what lies above bot. Owner; wait-free. */
LAB_INLINE void *lab_deque_above_owner(const struct lab_deque *own, unsigned i);

/* Adds the first n of what lies above bot to the private part; nothing is published. Owner;
 * wait-free. */
void lab_deque_keep_owner(struct lab_deque *own, unsigned n);

/* Objects that still fit. Owner; wait-free. */
uint64_t lab_deque_room_owner(struct lab_deque *deque);

/* Adds n objects to the private part, which has room, and publishes nothing. Owner; wait-free. */
void lab_deque_land_owner(struct lab_deque *deque, void *const *objects, unsigned n);

/* Objects of the private part; 0 while it is being revoked. Owner; wait-free. */
LAB_INLINE uint64_t lab_deque_private_owner(const struct lab_deque *deque)
{
    int64_t n = (int64_t)(lab_load_relaxed(&deque->bot) - lab_load_relaxed(&deque->split));

    return n > 0 ? (uint64_t)n : 0;
}

/* Whether something may be in the public part. Owner; wait-free. */
LAB_INLINE bool lab_deque_has_public_owner(const struct lab_deque *deque)
{
    return (int64_t)(lab_load_relaxed(&deque->split) - lab_load_relaxed(&deque->top)) > 0;
}

/* The findings of lab_deque_mark_any(). */
enum lab_deque_marked {
    LAB_DEQUE_BARE,   /* nothing in the private part */
    LAB_DEQUE_PUBLIC, /* something to steal, or the owner is at work: steal first */
    LAB_DEQUE_MARKED, /* *ret_mark must be settled, after a heavy barrier, or a fence of the caller
                         alone if lab_deque_is_fenced_any() has been asked since and said so */
};

/* First half of a revocation: puts a mark in place of split, or finds the mark of another thread,
 * which must be helped in just the same way. Any thread; wait-free. */
enum lab_deque_marked lab_deque_mark_any(struct lab_deque *deque, uint64_t *ret_mark);

/* Second half, after that barrier by this same thread: makes the private part public, unless
 * somebody did so before. Any thread; wait-free. */
void lab_deque_settle_any(struct lab_deque *deque, uint64_t mark);

/* Ends what others have begun to revoke, of a deque whose owner has ended for certain: one of them
 * may have read the bot of before the owner lowered it, and publishes it no longer once this has
 * returned. Any thread, several at once too; wait-free. */
void lab_deque_end_revocation_any(struct lab_deque *deque);

/* Makes public what a deque holds whose owner has ended for certain, which needs no barrier. False:
 * it holds nothing, and is in order for the next owner. Any thread, several at once too;
 * wait-free. */
bool lab_deque_open_dead_any(struct lab_deque *deque);

/* The counters between which a deque's objects lie. */
struct lab_deque_span {
    uint64_t top;
    uint64_t end;
};

/* Where the objects are. While the owner is inside a call, bot may lie below some of them for a
 * moment: the caller sees to it that it is not, or has ended. Any thread; wait-free. */
struct lab_deque_span lab_deque_span_any(const struct lab_deque *deque);

/* The object at a place of such a span; another one that its owner put or a thief took since may be
 * there. Any thread; wait-free. */
LAB_INLINE void *lab_deque_object_any(const struct lab_deque *deque, uint64_t at)
{
    return (void *)(uintptr_t)lab_load_relaxed(&deque->slots[at & deque->mask]);
}

LAB_INLINE void *lab_deque_above_owner(const struct lab_deque *own, unsigned i)
{
    return lab_deque_object_any(own, lab_load_relaxed(&own->bot) + i);
}

/* Objects in the deque; *ret_private (may be NULL) is how many of them are private. Exact while the
 * owner and the thieves are at rest, near the truth otherwise. Any thread; wait-free. */
uint64_t lab_deque_count_any(const struct lab_deque *deque, uint64_t *ret_private);

/* Whether the invariant holds, as it does at rest when nobody has died inside a call. Reads only.
 */
bool lab_deque_is_valid(const struct lab_deque *deque);

/* Adds to a counter that one thread writes and any may read. */
LAB_INLINE void lab_count_owner(lab_atomic_t *counter, uint64_t addend)
{
    lab_store_relaxed(counter, lab_load_relaxed(counter) + addend);
}

/* Where the slots are, as the caller knows without asking the deque, which others may write to. */
struct lab_deque_ring {
    lab_atomic_t *slots;
    uint64_t mask; /* how many they are, less 1 */
};

/* As the deque has it. */
LAB_INLINE struct lab_deque_ring lab_deque_ring(const struct lab_deque *deque)
{
    struct lab_deque_ring ring = {deque->slots, deque->mask};

    return ring;
}

/* Whether n slots from `slot` on pass the end of a ring. One alone does not, which saves single
 * puts and gets a load and a branch; compilers see it only where n is a constant. */
LAB_INLINE bool lab_deque_wraps(uint64_t mask, uint64_t slot, unsigned n)
{
    return !(__builtin_constant_p(n) && n == 1) && slot + (n - 1) > mask;
}

/* The hot pop and push below, for a burst that may wrap around the end of the ring: in two pieces.
 * They are the first that a slow path tries, so that none of its work depends on where bot lies; in
 * the hot functions themselves a second piece costs a sixth of their time. false: nothing is
 * changed. Owner; wait-free. */
bool lab_deque_pop_around_owner(struct lab_deque *deque, struct lab_deque_ring ring,
                                void **ret_objects, unsigned n);
bool lab_deque_push_around_owner(struct lab_deque *deque, struct lab_deque_ring ring,
                                 void *const *objects, unsigned n);

/* The two hot paths for an owner that knows the counters of its deque, which nobody else changes
 * while it makes no other call: `bot`, and the floor or the limit. The objects lie from slot
 * *ret_slot on until the owner's next push: where the slots are is asked for after the fence, or a
 * register would have to be saved for it. Otherwise as lab_deque_pop_ring_owner() and its push. */
LAB_INLINE bool lab_deque_pop_at_owner(struct lab_deque *deque, uint64_t mask, uint64_t bot,
                                       uint64_t pop_floor, uint64_t *ret_slot, unsigned n)
{
    uint64_t slot;

    bot -= n;
    slot = bot & mask;
    /* The owner's copy is read first: a pop that must fail is not to move bot, since many look at a
     * deque without an owner. */
    if (lab_unlikely((int64_t)(bot - pop_floor) < 0) ||
        lab_unlikely(lab_deque_wraps(mask, slot, n)))
        return false;
    lab_store_release(&deque->bot, bot); /* D1: or a revoker publishes what it sees unwritten */
    lab_fence_light(); /* D9: or this and a revoker miss each other, and both have them */
    if (lab_unlikely((int64_t)(bot - lab_load_relaxed(&deque->split)) < 0)) {
        lab_store_release(&deque->bot, bot + n); /* D1 */
        return false;
    }
    *ret_slot = slot;
    return true;
}

/* Whether n objects more go into the private part as it is, from `bot` on. */
LAB_INLINE bool lab_deque_has_room_at(uint64_t mask, uint64_t bot, uint64_t push_limit, unsigned n)
{
    return lab_likely((int64_t)(push_limit - (bot + n)) >= 0) &&
           lab_likely(!lab_deque_wraps(mask, bot & mask, n));
}

LAB_INLINE bool lab_deque_push_at_owner(struct lab_deque *deque, struct lab_deque_ring ring,
                                        uint64_t bot, uint64_t push_limit, void *const *objects,
                                        unsigned n)
{
    uint64_t slot = bot & ring.mask;

    if (!lab_deque_has_room_at(ring.mask, bot, push_limit, n))
        return false;
    lab_words_store(ring.slots + slot, objects, n);
    lab_store_release(&deque->bot, bot + n); /* D1 */
    return true;
}

/* Takes the newest n objects from the private part. false: the private part holds fewer, or is
 * being revoked, or the burst wraps around the end of the ring; nothing is changed, and
 * lab_deque_pop_around_owner() is the way on. Owner; wait-free. */
LAB_INLINE bool lab_deque_pop_ring_owner(struct lab_deque *deque, struct lab_deque_ring ring,
                                         void **ret_objects, unsigned n)
{
    uint64_t slot;

    if (!lab_deque_pop_at_owner(deque, ring.mask, lab_load_relaxed(&deque->bot), deque->pop_floor,
                                &slot, n))
        return false;
    lab_words_load(ret_objects, ring.slots + slot, n);
    return true;
}

LAB_INLINE bool lab_deque_pop_owner(struct lab_deque *deque, void **ret_objects, unsigned n)
{
    uint64_t slot;

    if (!lab_deque_pop_at_owner(deque, deque->mask, lab_load_relaxed(&deque->bot), deque->pop_floor,
                                &slot, n))
        return false;
    lab_words_load(ret_objects, deque->slots + slot, n);
    return true;
}

/* Adds n objects to the private part. false: the private part has grown enough to be published, or
 * there is no room, or the burst wraps around the end of the ring; nothing is changed, and
 * lab_deque_push_around_owner() is the way on. Owner; wait-free. */
LAB_INLINE bool lab_deque_push_ring_owner(struct lab_deque *deque, struct lab_deque_ring ring,
                                          void *const *objects, unsigned n)
{
    return lab_deque_push_at_owner(deque, ring, lab_load_relaxed(&deque->bot), deque->push_limit,
                                   objects, n);
}

LAB_INLINE bool lab_deque_push_owner(struct lab_deque *deque, void *const *objects, unsigned n)
{
    return lab_deque_push_ring_owner(deque, lab_deque_ring(deque), objects, n);
}

/* Whether lab_deque_push_owner() of n objects would succeed. Owner; wait-free. */
LAB_INLINE bool lab_deque_has_room_owner(const struct lab_deque *deque, unsigned n)
{
    return lab_deque_has_room_at(deque->mask, lab_load_relaxed(&deque->bot), deque->push_limit, n);
}

#endif
