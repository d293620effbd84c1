/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* From a record to an entry, and no more of them than a person can read. */

#include <lab_audit_report.h>
#include <lab_os.h>
#include <lab_probe.h>
#include <lab_ticks.h>

#define SECOND_NS UINT64_C(1000000000)

/* This process's reporter, and its allowance: the second in the upper half of the word, entries in
 * it in the lower. */
static lab_atomic_t reporter_address;
static lab_atomic_t per_second;
static lab_atomic_t allowance;
static lab_atomic_t left_out;

void lab_audit_report_to(lab_audit_reporter *reporter, uint32_t entries_per_second)
{
    lab_store_relaxed(&per_second, entries_per_second);
    lab_store_release(&reporter_address, (uint64_t)(uintptr_t)reporter);
}

/* Nanoseconds since a time in ticks. */
static uint64_t age_ns(const struct lab_audit *audit, uint64_t at)
{
    uint64_t ticks = lab_ticks() - lab_load_relaxed(&audit->table->first_ticks);
    uint64_t ns = lab_os_clock_ns() - lab_load_relaxed(&audit->table->first_ns);
    uint64_t age = lab_ticks() - at;

    if ((int64_t)age <= 0 || (int64_t)ticks <= 0)
        return 0;
    return (uint64_t)((double)age * (double)ns / (double)ticks);
}

struct lab_audit_actor lab_audit_actor(const struct lab_audit *audit, uint64_t site, uint64_t who,
                                       uint64_t at)
{
    unsigned lcore = lab_audit_word_lcore(who);

    return (struct lab_audit_actor){
        .site = site,
        .process = lab_audit_process(audit, lab_audit_word_process_slot(who)),
        .lcore = lcore == LAB_AUDIT_LCORE_ANY ? LAB_LCORE_ANY : lcore % LAB_AUDIT_DEVICE,
        .device = lcore >= LAB_AUDIT_DEVICE,
        .age_ns = age_ns(audit, at),
    };
}

/* Whether there may be one more entry in this second. */
static bool is_allowed(void)
{
    uint64_t most = lab_load_relaxed(&per_second);
    uint64_t second = lab_os_clock_ns() / SECOND_NS;
    uint64_t seen = lab_load_relaxed(&allowance), next;

    do {
        next = seen >> 32 == (second & UINT32_MAX) ? seen + 1 : second << 32 | 1;
        if (most != 0 && (next & UINT32_MAX) > most)
            return false;
    } while (!lab_cas_relaxed(&allowance, &seen, next));
    return true;
}

void lab_audit_raise(struct lab_audit_entry *entry)
{
    uint64_t address = lab_load_acquire(&reporter_address);
    uint64_t too_many;

    if (address == 0)
        return;
    if (!is_allowed()) {
        (void)lab_fetch_add_relaxed(&left_out, 1);
        return;
    }
    too_many = lab_load_relaxed(&left_out);
    if (too_many > 0)
        (void)lab_fetch_add_relaxed(&left_out, -too_many);
    entry->left_out = too_many;
    ((lab_audit_reporter *)(uintptr_t)address)(entry);
}

static void add_record(const struct lab_audit *audit, struct lab_audit_entry *entry,
                       uint64_t before)
{
    const struct lab_audit_record *record = &audit->table->record[entry->index];

    entry->generation = lab_audit_word_generation(before);
    if (lab_load_relaxed(&record->got_at) != 0)
        entry->got =
            lab_audit_actor(audit, lab_load_relaxed(&record->got_site),
                            lab_load_relaxed(&record->got_by), lab_load_relaxed(&record->got_at));
    if (lab_load_relaxed(&record->put_at) != 0)
        entry->put =
            lab_audit_actor(audit, lab_load_relaxed(&record->put_site),
                            lab_load_relaxed(&record->put_by), lab_load_relaxed(&record->put_at));
    if ((before & LAB_AUDIT_STATE_MASK) == LAB_AUDIT_HELD)
        entry->holder = lab_audit_actor(audit, lab_load_relaxed(&record->handed_site), before,
                                        lab_load_relaxed(&record->got_at));
}

/* Whether a get found the record of another one that was under way, as itself, while the level
 * changed: then nobody saw the put in between. */
static bool is_out_of_date(const struct lab_audit *audit, const struct lab_audit_call *call)
{
    lab_fence_seq_cst(); /* N3: or the put is known to others, and why it was not seen is not */
    return lab_audit_word_epoch(lab_load_relaxed(&audit->table->mode)) !=
           lab_audit_word_epoch(call->who);
}

void lab_audit_report(struct lab_audit *audit, struct lab_audit_entry *entry,
                      const struct lab_audit_call *call, uint64_t before)
{
    if (entry->fault == LAB_AUDIT_HELD_TWICE && is_out_of_date(audit, call))
        return;
    (void)lab_fetch_add_relaxed(&audit->table->faults[entry->fault], 1);
    if (entry->fault == LAB_AUDIT_DOUBLE_FREE)
        LAB_PROBE3(double_free, entry->pool, entry->object, call->site);
    entry->count = 1;
    entry->caller = lab_audit_actor(audit, call->site, call->who, call->at);
    if (entry->index < audit->count)
        add_record(audit, entry, before);
    lab_audit_raise(entry);
}
