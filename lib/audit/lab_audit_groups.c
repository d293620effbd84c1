/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <lab_audit_groups.h>
#include <stdlib.h>

#define SECOND_NS UINT64_C(1000000000)

/* One object, as if it were a group. false: it is not held, or nobody knows. */
static bool look_at(const struct lab_audit *audit, uint32_t index, struct lab_audit_group *ret_one)
{
    const struct lab_audit_record *record = &audit->table->record[index];
    /* U2: or the report names the call site of an earlier holder */
    uint64_t word = lab_load_acquire(&record->word);
    struct lab_audit_actor *holder = &ret_one->holder;

    if (lab_audit_word_state(word, lab_load_relaxed(&audit->table->mode)) != LAB_AUDIT_HELD)
        return false;
    *holder = lab_audit_actor(audit, lab_load_relaxed(&record->got_site), word,
                              lab_load_relaxed(&record->got_at));
    ret_one->youngest_ns = holder->age_ns;
    ret_one->count = 1;
    ret_one->decade = 0;
    for (uint64_t limit = SECOND_NS; limit <= holder->age_ns && ret_one->decade < 9; limit *= 10)
        ret_one->decade++;
    return true;
}

static bool is_alike(const struct lab_audit_group *a, const struct lab_audit_group *b)
{
    return a->holder.site == b->holder.site && a->holder.process == b->holder.process &&
           a->holder.lcore == b->holder.lcore && a->holder.device == b->holder.device &&
           a->decade == b->decade;
}

static void merge(struct lab_audit_group *group, const struct lab_audit_group *one)
{
    group->count++;
    if (one->holder.age_ns > group->holder.age_ns)
        group->holder.age_ns = one->holder.age_ns;
    if (one->youngest_ns < group->youngest_ns)
        group->youngest_ns = one->youngest_ns;
}

static int by_count(const void *a, const void *b)
{
    uint64_t x = ((const struct lab_audit_group *)a)->count;
    uint64_t y = ((const struct lab_audit_group *)b)->count;

    return x < y ? 1 : x > y ? -1 : 0;
}

static bool is_skipped(const uint64_t *skip, uint32_t index)
{
    return skip != NULL && (skip[index / 64] >> index % 64 & 1) != 0;
}

unsigned lab_audit_groups(const struct lab_audit *audit, uint64_t least_age_ns,
                          const uint64_t *skip, struct lab_audit_group *ret_groups, unsigned n,
                          uint64_t *ret_rest)
{
    struct lab_audit_group groups[LAB_AUDIT_GROUPS_MAX], one;
    unsigned known = 0, returned;

    *ret_rest = 0;
    for (uint32_t i = 0; i < audit->count; i++) {
        unsigned g = 0;

        if (is_skipped(skip, i) || !look_at(audit, i, &one) || one.youngest_ns < least_age_ns)
            continue;
        while (g < known && !is_alike(&groups[g], &one))
            g++;
        if (g < known)
            merge(&groups[g], &one);
        else if (known < LAB_AUDIT_GROUPS_MAX)
            groups[known++] = one;
        else
            ++*ret_rest;
    }
    qsort(groups, known, sizeof(*groups), by_count);
    returned = known < n ? known : n;
    memcpy(ret_groups, groups, returned * sizeof(*groups));
    for (unsigned g = returned; g < known; g++)
        *ret_rest += groups[g].count;
    return returned;
}
