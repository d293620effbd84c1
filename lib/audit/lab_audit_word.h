/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_WORD_H
#define LAB_AUDIT_WORD_H

/* The word of a record that says who holds an object, and what a get, a put and a hand-over make of
 * it: functions of the word alone, without atomics, so that they can be tested without threads.
 *
 *     63         32 31      16 15     10 9     4    3    2    0
 *      generation  |  lcore  | process | epoch | flag | state
 *
 * generation  one more with each get: a holder of an old one knows whether the object was given out
 *             again
 * lcore       of the holder, or of the last one while the object is free; LAB_AUDIT_LCORE_ANY for
 *             a thread without an id; from LAB_AUDIT_DEVICE on, a device queue
 * process     the process slot: a place in lab_audit.process, 1 and up; 0: one too many
 * epoch       one more with each change of level. A record of another epoch says nothing, for there
 *             were gets and puts that nobody saw
 * flag        of a free object: its content was overwritten with LAB_AUDIT_POISON; of one that is
 *             held: it is sampled (lab_audit_watch.h)
 */

#include <lab_audit.h>
#include <stdbool.h>
#include <stdint.h>

enum lab_audit_state {
    LAB_AUDIT_UNSEEN, /* neither its get nor its put was seen */
    LAB_AUDIT_FREE,
    LAB_AUDIT_HELD,
};

#define LAB_AUDIT_STATE_MASK UINT64_C(7)
#define LAB_AUDIT_POISONED (UINT64_C(1) << 3)
#define LAB_AUDIT_SAMPLED (UINT64_C(1) << 3)
#define LAB_AUDIT_EPOCH_SHIFT 4
#define LAB_AUDIT_EPOCHS 64u
#define LAB_AUDIT_PROCESS_SLOT_SHIFT 10
#define LAB_AUDIT_EPOCH_MASK                                                                       \
    ((UINT64_C(1) << LAB_AUDIT_PROCESS_SLOT_SHIFT) - (UINT64_C(1) << LAB_AUDIT_EPOCH_SHIFT))
#define LAB_AUDIT_PROCESS_SLOTS 64u
/* In lab_audit.process: of one that has ended and held nothing, but may just be handed something;
 * and of one that is gone for good, whose place is for lab_audit_enter(). */
#define LAB_AUDIT_PROCESS_LEFT (UINT64_MAX - 1)
#define LAB_AUDIT_PROCESS_GONE UINT64_MAX
/* Counts of sampled objects that are held, by a hash of their address: a put need not look up what
 * is in none of these. 8 KiB, a quarter of a first-level cache. */
#define LAB_AUDIT_SAMPLED_COUNTS 1024u
#define LAB_AUDIT_LCORE_SHIFT 16
#define LAB_AUDIT_GENERATION_SHIFT 32

/* A holder without an id: a record has no room for LAB_LCORE_ANY. */
#define LAB_AUDIT_LCORE_ANY 0x7fffu

/* A holder: process slot, lcore and epoch, as they stand in the word. */
#define LAB_AUDIT_WHO_MASK                                                                         \
    ((UINT64_C(1) << LAB_AUDIT_GENERATION_SHIFT) - (UINT64_C(1) << LAB_AUDIT_EPOCH_SHIFT))

LAB_INLINE uint64_t lab_audit_who(unsigned process_slot, unsigned lcore, unsigned epoch)
{
    return (uint64_t)lcore << LAB_AUDIT_LCORE_SHIFT |
           (uint64_t)process_slot << LAB_AUDIT_PROCESS_SLOT_SHIFT |
           (uint64_t)epoch << LAB_AUDIT_EPOCH_SHIFT;
}

LAB_INLINE unsigned lab_audit_word_lcore(uint64_t word)
{
    return (unsigned)(word >> LAB_AUDIT_LCORE_SHIFT) & 0xffff;
}

LAB_INLINE unsigned lab_audit_word_process_slot(uint64_t word)
{
    return (unsigned)(word >> LAB_AUDIT_PROCESS_SLOT_SHIFT) & (LAB_AUDIT_PROCESS_SLOTS - 1);
}

LAB_INLINE unsigned lab_audit_word_epoch(uint64_t word)
{
    return (unsigned)(word >> LAB_AUDIT_EPOCH_SHIFT) & (LAB_AUDIT_EPOCHS - 1);
}

LAB_INLINE uint32_t lab_audit_word_generation(uint64_t word)
{
    return (uint32_t)(word >> LAB_AUDIT_GENERATION_SHIFT);
}

/* Whether the object is sampled, in whatever epoch. */
LAB_INLINE bool lab_audit_word_is_sampled(uint64_t word)
{
    return (word & (LAB_AUDIT_STATE_MASK | LAB_AUDIT_SAMPLED)) ==
           (LAB_AUDIT_HELD | LAB_AUDIT_SAMPLED);
}

/* The state in the epoch of `who`. */
LAB_INLINE enum lab_audit_state lab_audit_word_state(uint64_t word, uint64_t who)
{
    if (lab_audit_word_epoch(word) != lab_audit_word_epoch(who))
        return LAB_AUDIT_UNSEEN;
    return (enum lab_audit_state)(word & LAB_AUDIT_STATE_MASK);
}

/* Whether the word names the lcore and the process of `who`. */
LAB_INLINE bool lab_audit_word_is_by(uint64_t word, uint64_t who)
{
    return ((word ^ who) & LAB_AUDIT_WHO_MASK) == 0;
}

LAB_INLINE uint64_t lab_audit_word_next(uint32_t generation, uint64_t who,
                                        enum lab_audit_state state)
{
    return (uint64_t)generation << LAB_AUDIT_GENERATION_SHIFT | who | (uint64_t)state;
}

/* The bits of a word which show that nothing is out of the ordinary: its record is of this epoch,
 * and has no flag. Where only the holder may put, a put looks at all of who-word besides. */
#define LAB_AUDIT_PLAIN_GET (LAB_AUDIT_EPOCH_MASK | LAB_AUDIT_POISONED | LAB_AUDIT_STATE_MASK)
#define LAB_AUDIT_PLAIN_PUT (LAB_AUDIT_EPOCH_MASK | LAB_AUDIT_SAMPLED | LAB_AUDIT_STATE_MASK)
#define LAB_AUDIT_PLAIN_PUT_STATED (LAB_AUDIT_WHO_MASK | LAB_AUDIT_PLAIN_PUT)

/* Whether the object is in that state, and nothing is out of the ordinary. `plain` is one of these
 * masks, or 0, with which nothing is plain; state is not LAB_AUDIT_UNSEEN. */
LAB_INLINE bool lab_audit_word_is_plain(uint64_t word, uint64_t who, uint64_t plain,
                                        enum lab_audit_state state)
{
    return ((word ^ who) & plain) == (uint64_t)state;
}

/* `who` was given the object. The new word is right also after a fault. */
LAB_INLINE enum lab_audit_fault lab_audit_word_get(uint64_t word, uint64_t who, uint64_t *ret_next)
{
    *ret_next = lab_audit_word_next(lab_audit_word_generation(word) + 1, who, LAB_AUDIT_HELD);
    return lab_audit_word_state(word, who) == LAB_AUDIT_HELD ? LAB_AUDIT_HELD_TWICE
                                                             : LAB_AUDIT_FINE;
}

/* `who` puts the object. stated: hand-overs are stated, so nobody but the holder may. After a fault
 * *ret_next is untouched. */
LAB_INLINE enum lab_audit_fault lab_audit_word_put(uint64_t word, uint64_t who, bool stated,
                                                   uint64_t *ret_next)
{
    enum lab_audit_state state = lab_audit_word_state(word, who);

    if (state == LAB_AUDIT_FREE)
        return LAB_AUDIT_DOUBLE_FREE;
    if (state == LAB_AUDIT_HELD && stated && !lab_audit_word_is_by(word, who))
        return LAB_AUDIT_WRONG_HOLDER;
    *ret_next = lab_audit_word_next(lab_audit_word_generation(word), who, LAB_AUDIT_FREE);
    return LAB_AUDIT_FINE;
}

/* Whether the object is with a device queue of the process of `who`. */
LAB_INLINE bool lab_audit_word_is_device(uint64_t word, uint64_t who)
{
    return lab_audit_word_lcore(word) >= LAB_AUDIT_DEVICE &&
           lab_audit_word_process_slot(word) == lab_audit_word_process_slot(who);
}

/* `who` hands the object to `to`; what a device has, any thread of its process may. After a fault
 * *ret_next is untouched. */
LAB_INLINE enum lab_audit_fault lab_audit_word_hand(uint64_t word, uint64_t who, uint64_t to,
                                                    uint64_t *ret_next)
{
    enum lab_audit_state state = lab_audit_word_state(word, who);
    bool may = lab_audit_word_is_by(word, who) || lab_audit_word_is_device(word, who);

    if (state == LAB_AUDIT_FREE || (state == LAB_AUDIT_HELD && !may))
        return LAB_AUDIT_WRONG_HOLDER;
    *ret_next = lab_audit_word_next(lab_audit_word_generation(word), to, LAB_AUDIT_HELD);
    return LAB_AUDIT_FINE;
}

#endif
