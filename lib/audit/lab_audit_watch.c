/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <lab_audit_watch.h>
#include <lab_ticks.h>

uint32_t lab_audit_next_sample(const struct lab_audit *audit)
{
    uint64_t sample = lab_audit_sample(audit);
    uint64_t odd = lab_ticks() * UINT64_C(0x9e3779b97f4a7c15) >> 32;

    return (uint32_t)(1 + odd % (2 * sample - 1));
}

bool lab_audit_set_sampled(struct lab_audit *audit, uint32_t index, const void *object,
                           const struct lab_audit_call *call)
{
    lab_atomic_t *word = &audit->table->record[index].word;
    uint64_t before, held;

    /* Held already: its put was not seen, for it came before the change of level was known to its
     * thread. The record's count stands. */
    if (lab_audit_got(audit, index, call, &before) != LAB_AUDIT_FINE)
        return false;
    held = lab_audit_word_next(lab_audit_word_generation(before) + 1, call->who, LAB_AUDIT_HELD);
    /* U1, U2: or what its getter noted is not seen by a thread that finds it sampled */
    if (lab_cas_acq_rel(word, &held, held | LAB_AUDIT_SAMPLED)) {
        (void)lab_fetch_add_relaxed(lab_audit_sampled_count(audit, object), 1);
        lab_fence_seq_cst(); /* N1: or a change of level passes unseen, and the flag stays */
        held |= LAB_AUDIT_SAMPLED;
        /* Nobody would look for it at its put. The count stays, and costs a look now and then: it
         * may be that of others by now. */
        if (lab_audit_word_epoch(lab_load_relaxed(&audit->table->mode)) !=
                lab_audit_word_epoch(call->who) &&
            lab_cas_acq_rel(word, &held, held & ~(LAB_AUDIT_STATE_MASK | LAB_AUDIT_SAMPLED)))
            return false;
        return !lab_audit_word_is_sampled(before);
    }
    return false;
}

bool lab_audit_clear_sampled(struct lab_audit *audit, uint32_t index, const void *object)
{
    lab_atomic_t *word = &audit->table->record[index].word,
                 *count = lab_audit_sampled_count(audit, object);
    uint64_t seen = lab_load_acquire(word); /* U2: or a put reads an earlier holder's call */

    do {
        if (!lab_audit_word_is_sampled(seen))
            return false;
    } while (!lab_cas_acq_rel(word, &seen,
                              seen & ~(LAB_AUDIT_STATE_MASK | LAB_AUDIT_SAMPLED))); /* U1, U2 */
    seen = lab_load_relaxed(count);
    while (seen != 0 && !lab_cas_relaxed(count, &seen, seen - 1))
        ;
    return true;
}
