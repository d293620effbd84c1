/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_TABLE_H
#define LAB_AUDIT_TABLE_H

/* The audit: for each object of a pool a record of who holds it, since when and from where, in a
 * table beside the objects. It knows objects by their index only.
 *
 * The table is shared between processes, at the same or at different addresses: there are no
 * pointers in it. The constant part is each process's own (struct lab_audit), so that no other can
 * lead it out of the table. A call site is an address in the process that stands beside it.
 *
 * A record's word changes by these rules (lab_audit_word.h):
 *
 *     a get of an object without a flag is a store, since the caller alone has the object
 *     a put and a hand-over are a CAS, since two may believe that they hold it: one of them is
 *     reported
 *     a flag that counts (LAB_AUDIT_SAMPLED) is set by a CAS, since a change of level takes it away
 *     and is to count it exactly once
 *
 *     U1 store or CAS of the word release   pairs with U2: the rest of the record belongs to the
 *                                           word's holder, who writes it after a put's CAS and
 *                                           before a get's store
 *     U2 load or CAS of the word  acquire   pairs with U1
 *     N1 fence of a sampled get between its flag and its look at the level     pairs with N2: one
 *                                           of the two takes the flag away
 *     N2 fence between the change of the level and the look for flags      pairs with N1, N3
 *     N3 fence of a get between what it found and its look at the level    pairs with N2
 *
 * A put writes the rest before it lets the object into the pool. A report that reads a record while
 * it changes may see a new word with an old call site, and so name the call before the one that was
 * meant; the word never errs.
 */

#include <lab_atomic.h>
#include <lab_audit_word.h>
#include <lab_error.h>
#include <lab_lcore.h>

#define LAB_AUDIT_SAMPLE_DEFAULT 4096u

/* One object's record. `at` are lab_ticks(), `by` who-words as in lab_audit_word.h. */
struct lab_audit_record {
    alignas(LAB_CACHE_LINE) lab_atomic_t word;
    lab_atomic_t got_site;
    lab_atomic_t got_at;
    lab_atomic_t got_by;
    lab_atomic_t put_site; /* of the last put, also while the object is held again */
    lab_atomic_t put_at;
    lab_atomic_t put_by;
    lab_atomic_t handed_site; /* of the last hand-over, 0 when there was none since the get */
};

/* The part that all processes write. */
struct lab_audit_table {
    /* level | how often it was changed << LAB_AUDIT_EPOCH_SHIFT: the epoch, and above it a count
     * that distinguishes two of the same number. A thread that remembers a mode knows whether it is
     * still that. */
    alignas(LAB_CACHE_LINE) lab_atomic_t mode;
    lab_atomic_t settled_at; /* ticks; before, calls that began at another level may be under way */
    lab_atomic_t sample;
    lab_atomic_t first_ticks; /* a moment, as early as can be, in ticks and in nanoseconds */
    lab_atomic_t first_ns;

    alignas(LAB_CACHE_LINE) lab_atomic_t tickets; /* of the quarantine */
    lab_atomic_t any_gets;                        /* by threads without an id, for sampling */
    lab_atomic_t faults[LAB_AUDIT_FAULTS];        /* found so far */

    lab_atomic_t process[LAB_AUDIT_PROCESS_SLOTS]; /* identities (lab_os_process()), from 1 on */
    lab_atomic_t home[LAB_AUDIT_PROCESS_SLOTS]; /* where these mean something; 0: not yet stated */
    lab_atomic_t
        sampled[LAB_AUDIT_SAMPLED_COUNTS]; /* sampled objects that are held, by their address */

    struct lab_audit_record record[]; /* and behind them the quarantine's places */
};

/* The constant part, so that a process can have it where no other writes. */
struct lab_audit {
    struct lab_audit_table *table;
    uint32_t count;
    uint32_t quarantine;
    uint32_t poison_from;
    uint32_t poison_bytes; /* 0: no poison */
    bool stated;
    uint64_t plain_put; /* what a plain put looks at: lab_audit_word.h */
};

/* Where a call was made: the address it returns to; and the frame of the function that was called,
 * as __builtin_dwarf_cfa() has it, if a resolver is to look further, otherwise NULL. */
struct lab_audit_site {
    const void *address;
    const void *frame;
};

/* One call's view: made once a call, used for each of its objects. */
struct lab_audit_call {
    uint64_t who;  /* as in lab_audit_word.h */
    uint64_t at;   /* lab_ticks() */
    uint64_t site; /* the address that the call returns to */
};

/* Bytes of a table for `count` objects. */
size_t lab_audit_footprint(uint32_t count, const struct lab_audit_options *options);

/* Fills in what never changes of a table that somebody makes, or has made. */
void lab_audit_init(struct lab_audit *audit, struct lab_audit_table *table, uint32_t count,
                    const struct lab_audit_options *options);

/* Makes the table in zeroed memory, aligned to LAB_CACHE_LINE; all records are unseen, and the
 * calling process has a place (lab_audit_enter()), so that none of its gets need ask the system for
 * one. The level counts from the beginning: there are no calls under way. */
void lab_audit_begin_table(struct lab_audit *audit, const struct lab_audit_options *options);

/* Changes the level; records of before are void, and for some time (LAB_AUDIT_SETTLE_MS) nothing is
 * recorded, until calls that began before have ended. Returns how many objects were
 * sampled until now (lab_audit_watch.h). One thread at a time. */
uint32_t lab_audit_set_level(struct lab_audit *audit, enum lab_audit_level level);

/* All objects are others from now on, that nobody has ever got; nobody else uses the table. Returns
 * how many were sampled until now. */
uint32_t lab_audit_forget(struct lab_audit *audit);

LAB_INLINE enum lab_audit_level lab_audit_mode_level(uint64_t mode)
{
    return (enum lab_audit_level)(mode & LAB_AUDIT_STATE_MASK);
}

/* Any thread; wait-free. */
LAB_INLINE enum lab_audit_level lab_audit_level(const struct lab_audit *audit)
{
    return lab_audit_mode_level(lab_load_relaxed(&audit->table->mode));
}

/* Level sample looks at one get in this number: at least 1, whatever others wrote there. */
LAB_INLINE uint32_t lab_audit_sample(const struct lab_audit *audit)
{
    uint32_t sample = (uint32_t)lab_load_relaxed(&audit->table->sample);

    return sample != 0 ? sample : 1;
}

/* The process slot of a process, by its identity (lab_os_process()). 0 when it has none.
 * Any thread; wait-free. */
unsigned lab_audit_process_slot(const struct lab_audit *audit, uint64_t identity);

/* The place of the calling process, which takes one if it has none, also one that another process
 * had which is gone. 0 when all are taken. Any thread; wait-free but for the first call of the
 * process, which may wait for its other threads that take places. */
unsigned lab_audit_enter(struct lab_audit *audit);

/* The same for a process of that identity and home, which is the caller. */
unsigned lab_audit_admit(struct lab_audit *audit, uint64_t identity, uint64_t home);

/* Whether all places are taken. Any thread; wait-free. */
bool lab_audit_has_no_place(const struct lab_audit *audit);

/* Makes the place of one that is gone with all that it had free for others. */
void lab_audit_leave(struct lab_audit *audit, unsigned process_slot);

/* Whether the process in a place runs: 1, also where there is none; 0 when it has ended; -errno
 * when that cannot be known. Asks the system. Any thread. */
int lab_audit_runs(const struct lab_audit *audit, unsigned process_slot);

/* The identity of the process in a place, or 0. Any thread; wait-free. */
LAB_INLINE uint64_t lab_audit_process(const struct lab_audit *audit, unsigned process_slot)
{
    return lab_load_relaxed(&audit->table->process[process_slot]);
}

/* The calling process's identity, never 0. The first call reads files, later ones do not. */
uint64_t lab_audit_self(void);

/* And its home; 0: others cannot know whether it has ended, and it cannot know that of others. */
uint64_t lab_audit_home(void);

/* An lcore id, a device queue or LAB_LCORE_ANY, as a record has it. */
LAB_INLINE unsigned lab_audit_lcore(uint32_t lcore)
{
    return lcore <= UINT16_MAX ? lcore : LAB_AUDIT_LCORE_ANY;
}

/* Fills in *ret_call; lcore may be LAB_LCORE_ANY; at is lab_ticks(), or a little earlier. false:
 * the level has just changed, and nothing may be recorded. Any thread; lock-free. */
bool lab_audit_begin(struct lab_audit *audit, uint32_t lcore, struct lab_audit_site site,
                     uint64_t at, struct lab_audit_call *ret_call);

/* The rest of a record. */

LAB_INLINE void lab_audit_note_get(struct lab_audit_record *record,
                                   const struct lab_audit_call *call)
{
    lab_store_relaxed(&record->got_site, call->site);
    lab_store_relaxed(&record->got_at, call->at);
    lab_store_relaxed(&record->got_by, call->who);
    lab_store_relaxed(&record->handed_site, 0);
}

LAB_INLINE void lab_audit_note_put(struct lab_audit_record *record,
                                   const struct lab_audit_call *call)
{
    lab_store_relaxed(&record->put_site, call->site);
    lab_store_relaxed(&record->put_at, call->at);
    lab_store_relaxed(&record->put_by, call->who);
}

/* Where objects are recorded: `before` is the record's word as it was, for a report. */

/* The caller took object `index` out of the pool. *ret_before is the word of before. */
LAB_INLINE enum lab_audit_fault lab_audit_got(struct lab_audit *audit, uint32_t index,
                                              const struct lab_audit_call *call,
                                              uint64_t *ret_before)
{
    struct lab_audit_record *record = &audit->table->record[index];
    /* U2: or the holder before may yet write into the record that is now the caller's */
    uint64_t word = lab_load_acquire(&record->word), next;

    do {
        enum lab_audit_fault fault = lab_audit_word_get(word, call->who, &next);

        *ret_before = word;
        if (lab_unlikely(fault != LAB_AUDIT_FINE))
            return fault;
        lab_audit_note_get(record, call);
        /* U1, U2: or the next holder's reports show the sites of an earlier one */
    } while (lab_unlikely(!lab_cas_acq_rel(&record->word, &word, next)));
    return LAB_AUDIT_FINE;
}

/* Whether a put may change the object. An object that is put and was never got is of a pool's first
 * filling: its program writes into free objects, and means to find that there. */
LAB_INLINE bool lab_audit_may_touch(uint64_t before)
{
    return lab_audit_word_generation(before) != 0;
}

/* The caller puts object `index`, and does so only if this is fine. `poison` is 0 or
 * LAB_AUDIT_POISONED: then the caller overwrites the object, if it may touch it, before it goes
 * into the pool. */
LAB_INLINE enum lab_audit_fault lab_audit_put(struct lab_audit *audit, uint32_t index,
                                              const struct lab_audit_call *call, uint64_t poison,
                                              uint64_t *ret_before)
{
    struct lab_audit_record *record = &audit->table->record[index];
    uint64_t word = lab_load_acquire(&record->word), next; /* U2 */

    do {
        enum lab_audit_fault fault = lab_audit_word_put(word, call->who, audit->stated, &next);

        *ret_before = word;
        if (lab_unlikely(fault != LAB_AUDIT_FINE))
            return fault;
        if (lab_audit_may_touch(word))
            next |= poison;
    } while (lab_unlikely(!lab_cas_acq_rel(&record->word, &word, next))); /* U1, U2 */
    lab_audit_note_put(record, call);
    return LAB_AUDIT_FINE;
}

/* The same, where nothing is out of the ordinary; false: nothing was done. */
LAB_INLINE bool lab_audit_got_plain(struct lab_audit *audit, uint32_t index,
                                    const struct lab_audit_call *call)
{
    struct lab_audit_record *record = &audit->table->record[index];
    uint64_t word = lab_load_acquire(&record->word); /* U2 */

    if (lab_unlikely(
            !lab_audit_word_is_plain(word, call->who, LAB_AUDIT_PLAIN_GET, LAB_AUDIT_FREE)))
        return false;
    lab_audit_note_get(record, call);
    lab_store_release(&record->word, lab_audit_word_next(lab_audit_word_generation(word) + 1,
                                                         call->who, LAB_AUDIT_HELD)); /* U1 */
    return true;
}

LAB_INLINE bool lab_audit_put_plain(struct lab_audit *audit, uint32_t index,
                                    const struct lab_audit_call *call)
{
    struct lab_audit_record *record = &audit->table->record[index];
    uint64_t word = lab_load_acquire(&record->word), next; /* U2 */

    next = lab_audit_word_next(lab_audit_word_generation(word), call->who, LAB_AUDIT_FREE);
    if (lab_unlikely(!lab_audit_word_is_plain(word, call->who, audit->plain_put, LAB_AUDIT_HELD)) ||
        lab_unlikely(!lab_cas_acq_rel(&record->word, &word, next))) /* U1, U2 */
        return false;
    lab_audit_note_put(record, call);
    return true;
}

/* The caller hands object `index` to another holder. Any thread; lock-free. */
enum lab_audit_fault lab_audit_hand(struct lab_audit *audit, uint32_t index,
                                    const struct lab_audit_call *call, uint64_t to,
                                    uint64_t *ret_before);

#endif
