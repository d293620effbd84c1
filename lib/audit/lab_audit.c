/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The table of records, and its levels. */

#include <lab_audit_site.h>
#include <lab_os.h>
#include <lab_ticks.h>
#include <string.h>

#define CLOCK_PAIRS 4

size_t lab_audit_footprint(uint32_t count, const struct lab_audit_options *options)
{
    return sizeof(struct lab_audit_table) + count * sizeof(struct lab_audit_record) +
           options->quarantine * sizeof(lab_atomic_t);
}

/* One moment by both clocks: the closest of some pairs, since a thread may lose its CPU between two
 * readings. */
static void read_clocks(uint64_t *ret_ticks, uint64_t *ret_ns)
{
    uint64_t closest = UINT64_MAX;

    for (int i = 0; i < CLOCK_PAIRS; i++) {
        uint64_t before = lab_ticks(), ns = lab_os_clock_ns(), apart = lab_ticks() - before;

        if (apart < closest) {
            closest = apart;
            *ret_ticks = before;
            *ret_ns = ns;
        }
    }
}

void lab_audit_init(struct lab_audit *audit, struct lab_audit_table *table, uint32_t count,
                    const struct lab_audit_options *options)
{
    audit->table = table;
    audit->count = count;
    audit->quarantine = options->quarantine;
    audit->poison_from = options->poison_from;
    audit->poison_bytes = options->poison ? options->poison_bytes : 0;
    audit->stated = options->stated;
    if (audit->poison_bytes == 0 && audit->quarantine == 0)
        audit->plain_put = options->stated ? LAB_AUDIT_PLAIN_PUT_STATED : LAB_AUDIT_PLAIN_PUT;
}

void lab_audit_begin_table(struct lab_audit *audit, const struct lab_audit_options *options)
{
    uint32_t sample = options->sample != 0 ? options->sample : LAB_AUDIT_SAMPLE_DEFAULT;
    uint64_t ticks = 0, ns = 0;

    read_clocks(&ticks, &ns);
    lab_store_relaxed(&audit->table->sample, sample);
    lab_store_relaxed(&audit->table->mode, (uint64_t)options->level);
    lab_store_relaxed(&audit->table->first_ticks, ticks);
    lab_store_relaxed(&audit->table->first_ns, ns);
    (void)lab_audit_enter(audit); /* now, not by system calls in some get */
}

/* Records of two epochs with the same number must not meet: those of the one before this one are
 * the only ones that calls may still be writing. */
static uint32_t forget_records(struct lab_audit *audit)
{
    uint32_t sampled = 0;

    for (uint32_t i = 0; i < audit->count; i++) {
        uint64_t word = lab_load_relaxed(&audit->table->record[i].word);

        if ((word & LAB_AUDIT_STATE_MASK) != LAB_AUDIT_UNSEEN &&
            lab_cas_relaxed(&audit->table->record[i].word, &word,
                            word & ~(LAB_AUDIT_STATE_MASK | LAB_AUDIT_SAMPLED)))
            sampled += lab_audit_word_is_sampled(word);
    }
    for (uint32_t i = 0; i < LAB_AUDIT_SAMPLED_COUNTS; i++)
        lab_store_relaxed(&audit->table->sampled[i], 0);
    return sampled;
}

uint32_t lab_audit_forget(struct lab_audit *audit)
{
    uint32_t sampled = forget_records(audit);

    memset(audit->table->record, 0, audit->count * sizeof(audit->table->record[0]));
    return sampled;
}

static uint64_t ticks_in(struct lab_audit *audit, uint64_t ns)
{
    uint64_t begin = lab_load_relaxed(&audit->table->first_ticks), now = 0;
    uint64_t begin_ns = lab_load_relaxed(&audit->table->first_ns), now_ns = 0;

    read_clocks(&now, &now_ns);
    if (now_ns - begin_ns <= ns) { /* the table is too young to tell */
        begin = now;
        begin_ns = now_ns;
        while (now_ns - begin_ns < ns / 100)
            read_clocks(&now, &now_ns);
    }
    return (uint64_t)((double)(now - begin) * (double)ns / (double)(now_ns - begin_ns));
}

uint32_t lab_audit_set_level(struct lab_audit *audit, enum lab_audit_level level)
{
    uint64_t mode = lab_load_relaxed(&audit->table->mode);
    uint64_t changes = (mode >> LAB_AUDIT_EPOCH_SHIFT) + 1;

    /* Nothing is settled before the time is known: a thread that is put aside between the two
     * stores must not use it up. */
    lab_store_relaxed(&audit->table->settled_at, lab_ticks() + INT64_MAX / 2);
    lab_store_release(&audit->table->mode, (uint64_t)level | changes << LAB_AUDIT_EPOCH_SHIFT);
    lab_store_relaxed(&audit->table->settled_at,
                      lab_ticks() + ticks_in(audit, LAB_AUDIT_SETTLE_MS * UINT64_C(1000000)));
    lab_fence_seq_cst(); /* N2: or this and a sampled get miss each other, and a flag stays */
    return forget_records(audit);
}

bool lab_audit_begin(struct lab_audit *audit, uint32_t lcore, struct lab_audit_site site,
                     uint64_t at, struct lab_audit_call *ret_call)
{
    uint64_t mode = lab_load_acquire(&audit->table->mode);
    unsigned process_slot = lab_audit_enter(audit);
    uint64_t settled_at = lab_load_relaxed(&audit->table->settled_at);

    if ((int64_t)(at - settled_at) < 0)
        at = lab_ticks(); /* perhaps it is no longer so early */
    ret_call->at = at;
    ret_call->site = (uint64_t)(uintptr_t)lab_audit_resolve(site);
    ret_call->who = lab_audit_who(process_slot, lab_audit_lcore(lcore), lab_audit_word_epoch(mode));
    return (int64_t)(at - settled_at) >= 0;
}

enum lab_audit_fault lab_audit_hand(struct lab_audit *audit, uint32_t index,
                                    const struct lab_audit_call *call, uint64_t to,
                                    uint64_t *ret_before)
{
    struct lab_audit_record *record = &audit->table->record[index];
    /* U2: or the holder before may yet write into the record that is now the caller's */
    uint64_t word = lab_load_acquire(&record->word), next;

    do {
        enum lab_audit_fault fault = lab_audit_word_hand(word, call->who, to, &next);

        *ret_before = word;
        if (fault != LAB_AUDIT_FINE)
            return fault;
        lab_store_relaxed(&record->handed_site, call->site);
        /* U1, U2: or the next holder's reports show the sites of an earlier one */
    } while (!lab_cas_acq_rel(&record->word, &word, next));
    return LAB_AUDIT_FINE;
}
