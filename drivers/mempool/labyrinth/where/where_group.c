/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The objects in groups of those that are in the same place: since when, who got them, and what is
 * in them. */

#include "where_board.h"
#include "where_content.h"

#include "labyrinth_driver.h"

#include <inttypes.h>
#include <lab_audit_report.h>
#include <lab_intercept.h>
#include <stdio.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
#define NAMED_MAX 1024u /* ranges of memory whose names are remembered */
#define HUNDREDTH_NS (SECOND_NS / 100)

struct named {
    struct where_range range;
    uint8_t place;
    uint32_t group;
};

/* The making of groups. */
struct grouping {
    struct where_answer *answer;
    const struct where_pool *pool;
    const struct where_walk *walk;
    const struct where_others *others;
    const struct where_sample *sample;
    struct named *named;
    uint32_t nameds, last_named;
    struct where_content *content;
};

static const char *const structure_kinds[WHERE_PLACES] = {
    [WHERE_PRIVATE] = "private part",
    [WHERE_PUBLIC] = "public part",
    [WHERE_STACK] = "shared stack",
    [WHERE_RESERVE] = "reserve",
    [WHERE_QUARANTINE] = "quarantine",
    [WHERE_OPS_RING] = "the driver's ring",
    [WHERE_OPS_STACK] = "the driver's stack",
    [WHERE_CACHE] = "DPDK's cache",
    [WHERE_OWN_CACHE] = "a cache of the program's own",
    [WHERE_RING] = "ring",
    [WHERE_DEVICE] = "device queue",
    [WHERE_PROCESS] = "process",
    [WHERE_OBJECT] = "another object of the pool",
    [WHERE_CHAIN] = "chained behind an mbuf",
    [WHERE_DIRECT] = "data of an indirect mbuf",
    [WHERE_MOVING] = "on its way",
    [WHERE_LOST] = "nothing points to it",
    [WHERE_UNKNOWN] = "free, or nothing points to it",
};

/* Groups */

static uint32_t find_group(struct grouping *grouping, enum where_place place, const char *kind,
                           const char *name)
{
    struct where_answer *answer = grouping->answer;
    struct where_group *group;

    for (uint32_t i = 0; i < answer->groups; i++)
        if (answer->group[i].place == place && strcmp(answer->group[i].kind, kind) == 0 &&
            strcmp(answer->group[i].name, name) == 0)
            return i;
    if (answer->groups == WHERE_GROUPS_MAX)
        return WHERE_GROUPS_MAX - 1;
    group = &answer->group[answer->groups];
    *group = (struct where_group){.place = place, .kind = kind, .first = WHERE_NO_OBJECT};
    snprintf(group->name, sizeof(group->name), "%s",
             answer->groups == WHERE_GROUPS_MAX - 1 ? "and in other places" : name);
    return answer->groups++;
}

static uint32_t group_of_structure(struct grouping *grouping, struct where_spot spot)
{
    char name[sizeof(((struct where_group *)0)->name)] = "";

    switch (spot.place) {
    case WHERE_PRIVATE:
    case WHERE_PUBLIC:
    case WHERE_CACHE:
        snprintf(name, sizeof(name), "lcore %" PRIu32, spot.detail);
        break;
    case WHERE_RING:
        snprintf(name, sizeof(name), "%s", grouping->sample->ring[spot.detail].name);
        break;
    case WHERE_DEVICE:
    case WHERE_PROCESS:
        snprintf(name, sizeof(name), "%" PRIu32, spot.detail);
        break;
    }
    return find_group(grouping, spot.place, structure_kinds[spot.place], name);
}

/* To look up what memory is called takes long: what lies beside has the same name. */
static const struct named *find_named(struct grouping *grouping, enum where_place place,
                                      uintptr_t at)
{
    for (uint32_t i = 0; i < grouping->nameds; i++) {
        uint32_t k = (grouping->last_named + i) % grouping->nameds;

        if (grouping->named[k].place == place && where_range_has(&grouping->named[k].range, at)) {
            grouping->last_named = k;
            return &grouping->named[k];
        }
    }
    return NULL;
}

/* Beyond what is remembered, the same block would be counted again and again. */
static void count_block(struct grouping *grouping, uint32_t group, uintptr_t start)
{
    const struct where_map *map = &grouping->walk->map;
    const struct where_range *block = where_map_block(map, start);
    struct where_group *of = &grouping->answer->group[group];

    if (block == NULL)
        block = where_map_chunk(map, start);
    if (block == NULL || block->start != start)
        return;
    of->blocks++;
    of->has_more_blocks |= grouping->nameds == NAMED_MAX;
}

static uint32_t group_of_reference(struct grouping *grouping, enum where_place place, uintptr_t at)
{
    char name[sizeof(((struct where_group *)0)->name)];
    const struct named *known = find_named(grouping, place, at);
    struct where_range range;
    const char *kind;
    uint32_t group;

    if (known != NULL)
        return known->group;
    range = where_name_place(grouping->walk, place, at, &kind, name, sizeof(name));
    group = find_group(grouping, place, kind, name);
    count_block(grouping, group, range.start);
    if (grouping->nameds < NAMED_MAX)
        grouping->named[grouping->nameds++] = (struct named){range, (uint8_t)place, group};
    return group;
}

static uint32_t group_of_other(struct grouping *grouping, uintptr_t at)
{
    char name[sizeof(((struct where_group *)0)->name)];
    const char *kind;

    where_others_name(grouping->others, at, &kind, name, sizeof(name));
    return find_group(grouping, WHERE_ELSEWHERE, kind, name);
}

static uint32_t group_of(struct grouping *grouping, uint32_t object, struct where_spot spot)
{
    if (structure_kinds[spot.place] != NULL)
        return group_of_structure(grouping, spot);
    if (spot.place == WHERE_ELSEWHERE)
        return group_of_other(grouping, grouping->walk->at[object]);
    return group_of_reference(grouping, spot.place, grouping->walk->at[object]);
}

/* The order of an answer: what is lost, then what is held, and the largest first. */

static unsigned rank_of(const struct where_group *group)
{
    if (group->place == WHERE_LOST || group->place == WHERE_UNKNOWN)
        return 0;
    if (group->place == WHERE_MOVING)
        return 2;
    return where_is_free(group->place) ? 3 : 1;
}

static bool comes_before(const struct where_group *a, const struct where_group *b)
{
    return rank_of(a) != rank_of(b) ? rank_of(a) < rank_of(b) : a->count > b->count;
}

static void sort_groups(struct where_answer *answer, uint32_t objects)
{
    uint32_t number[WHERE_GROUPS_MAX], now[WHERE_GROUPS_MAX];

    for (uint32_t i = 0; i < answer->groups; i++) {
        struct where_group group = answer->group[i];
        uint32_t at = i;

        for (; at > 0 && comes_before(&group, &answer->group[at - 1]); at--) {
            answer->group[at] = answer->group[at - 1];
            number[at] = number[at - 1];
        }
        answer->group[at] = group;
        number[at] = i;
    }
    for (uint32_t i = 0; i < answer->groups; i++)
        now[number[i]] = i;
    for (uint32_t i = 0; i < objects; i++)
        answer->group_of[i] = now[answer->group_of[i]];
}

/* The audit's records */

static void add_record(struct grouping *grouping, uint32_t object, const struct lab_audit *audit,
                       const struct lab_audit_record *record)
{
    struct where_group *group = &grouping->answer->group[grouping->answer->group_of[object]];
    uint64_t word = lab_load_acquire(&record->word); /* U2: or what follows is older */
    struct lab_audit_actor got;
    uint64_t age_s;

    if (lab_audit_word_state(word, word) != LAB_AUDIT_HELD)
        return;
    got = lab_audit_actor(audit, lab_load_relaxed(&record->got_site),
                          lab_load_relaxed(&record->got_by), lab_load_relaxed(&record->got_at));
    where_content_got(grouping->content, object, got.age_ns / HUNDREDTH_NS);
    age_s = got.age_ns / SECOND_NS;
    if (group->recorded == 0 || age_s > group->oldest_s)
        group->oldest_s = age_s;
    if (group->recorded == 0 || age_s < group->youngest_s)
        group->youngest_s = age_s;
    if (group->recorded++ == 0) {
        group->site = got.site;
        group->process = got.process;
    }
}

/* The pool may go meanwhile, but not before its lock is free: its records are read in one go. */
static void add_records(struct grouping *grouping, const struct lab_pool *ours)
{
    const struct lab_audit *audit = lab_audit_of(ours);
    const struct where_answer *answer = grouping->answer;

    if (audit == NULL || lab_audit_level(audit) == LAB_AUDIT_OFF)
        return;
    for (uint32_t i = 0; i < grouping->pool->set.n; i++) {
        uint32_t index;

        if (!where_is_free(answer->group[answer->group_of[i]].place) &&
            lab_pool_index(ours, (void *)grouping->pool->set.start[i], &index) == 0)
            add_record(grouping, i, audit, &audit->table->record[index]);
    }
}

static void copy_records(const struct rte_mempool *mp, void *context)
{
    struct grouping *grouping = context;

    if (mp == grouping->pool->mp && mp->pool_data == grouping->pool->data)
        add_records(grouping, mp->pool_data);
}

/* The whole */

static void group_objects(struct grouping *grouping, const struct where_spot *spot)
{
    struct where_answer *answer = grouping->answer;

    for (uint32_t i = 0; i < grouping->pool->set.n; i++) {
        uint32_t number = group_of(grouping, i, spot[i]);
        struct where_group *group = &answer->group[number];

        answer->group_of[i] = number;
        if (group->count++ == 0) {
            group->first = i;
            group->at = where_is_free(group->place) ? 0 : grouping->walk->at[i];
        }
    }
}

bool where_group_all(struct where_answer *answer, const struct where_pool *pool,
                     const struct where_walk *walk, const struct where_others *others,
                     const struct where_sample *sample, const struct where_spot *spot)
{
    struct grouping grouping = {answer, pool, walk, others, sample, .nameds = 0};
    bool is_there;

    answer->group_of = where_memory_get((pool->set.n + 1) * sizeof(*answer->group_of));
    answer->group = where_memory_get(WHERE_GROUPS_MAX * sizeof(*answer->group));
    grouping.named = where_memory_get(NAMED_MAX * sizeof(*grouping.named));
    grouping.content = where_content_open(pool);
    is_there = answer->group_of != NULL && answer->group != NULL && grouping.named != NULL &&
               grouping.content != NULL;
    if (is_there) {
        group_objects(&grouping, spot);
        sort_groups(answer, pool->set.n);
        if (pool->driver == WHERE_DRIVER_LABYRINTH)
            (void)labyrinth_look_at_any(pool->name, copy_records, &grouping);
        for (uint32_t i = 0; pool->has_mbufs && i < answer->groups; i++)
            if (!where_is_free(answer->group[i].place))
                where_content_look(grouping.content, answer, i);
    }
    where_memory_put(grouping.named);
    where_content_close(grouping.content);
    return is_there;
}
