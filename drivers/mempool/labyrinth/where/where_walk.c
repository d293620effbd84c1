/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where_walk.h"

#include "where_board.h"
#include "where_page.h"

#include <gnu/libc-version.h>
#include <lab_os.h>
#include <rte_common.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)256 << 10) /* of a second-level cache */
#define HUGE_MAPPING                                                                               \
    ((uintptr_t)1 << 40) /* larger ones are room that somebody keeps: sanitizers                   \
                          */
#define WORD_STEP 4u
#define PAGE_BYTES ((uintptr_t)4096)
#define PAGES_MAX 4096u /* that are read again between walks */

bool where_walk_make(struct where_walk *ret_walk, const struct where_pool *pool,
                     struct where_pace *pace)
{
    size_t n = pool->set.n + 1;

    *ret_walk = (struct where_walk){
        .pool = pool,
        .pace = pace,
        .place = where_memory_get(n * sizeof(*ret_walk->place)),
        .at = where_memory_get(n * sizeof(*ret_walk->at)),
        .queue = where_memory_get(n * sizeof(*ret_walk->queue)),
        .page = where_memory_get(n * sizeof(*ret_walk->page)),
        .buffer = where_memory_get(BUFFER_BYTES),
    };
    return where_cache_make(&ret_walk->caches) && where_owner_make(&ret_walk->owners) &&
           ret_walk->place != NULL && ret_walk->at != NULL && ret_walk->queue != NULL &&
           ret_walk->page != NULL && ret_walk->buffer != NULL;
}

void where_walk_free(struct where_walk *walk)
{
    where_map_free(&walk->map);
    where_cache_free(&walk->caches);
    where_owner_free(&walk->owners);
    where_memory_put(walk->place);
    where_memory_put(walk->at);
    where_memory_put(walk->queue);
    where_memory_put(walk->page);
    where_memory_put(walk->buffer);
    *walk = (struct where_walk){.pool = NULL};
}

/* Pace */

/* Sleeps as long as more has been read than the time that has passed allows. */
static void keep_pace(struct where_pace *pace, size_t bytes)
{
    uint64_t due, now;

    pace->read += bytes;
    pace->walk_read += bytes;
    if (pace->bytes_s == 0)
        return;
    due = pace->walk_from_ns + pace->walk_read * 1000 / (pace->bytes_s / 1000000 + 1);
    now = lab_os_clock_ns();
    if (due > now)
        usleep((useconds_t)RTE_MIN((due - now) / 1000 + 1, UINT64_C(999999)));
}

static bool is_stopped(const struct where_pace *pace)
{
    return lab_load_relaxed(&pace->is_stopped) != 0;
}

/* References */

static enum where_place place_of(const struct where_walk *walk, const struct where_mapping *mapping,
                                 uintptr_t at)
{
    const struct where_module *module;

    if (where_map_is_dpdk(&walk->map, at))
        return WHERE_DPDK;
    if (where_map_module(&walk->map, at) != NULL)
        return WHERE_GLOBAL;
    if (where_map_owner(&walk->map, at, &module) != NULL)
        return WHERE_THREAD;
    return mapping->kind == WHERE_MAPPING_STACK ? WHERE_FRAME : WHERE_MEMORY;
}

static void note(struct where_walk *walk, uint32_t object, enum where_place place, uintptr_t at)
{
    if (walk->place[object] >= place)
        return;
    walk->place[object] = (uint8_t)place;
    walk->at[object] = at;
}

/* Objects are followed, not walked through. Libraries have tables of numbers, two of which can look
 * like an address; variables that are addresses have their place. */
static void note_reference(struct where_walk *walk, const struct where_mapping *mapping,
                           uint64_t word, uintptr_t at)
{
    uint32_t object = where_set_find(&walk->pool->set, word);
    enum where_place place;

    if (object == WHERE_NO_OBJECT || where_set_find(&walk->pool->set, at) != WHERE_NO_OBJECT)
        return;
    place = place_of(walk, mapping, at);
    if (place != WHERE_GLOBAL || at % sizeof(word) == 0)
        note(walk, object, place, at);
}

/* The owner of a block; a block that points to itself, or an object, owns nothing. */
static void note_owner(struct where_walk *walk, const struct where_mapping *mapping, uint64_t word,
                       uintptr_t at)
{
    struct where_owners *owners = &walk->owners;
    uint32_t block = where_set_find(&owners->set, word);
    enum where_place place;

    if (block == WHERE_NO_OBJECT || where_set_find(&walk->pool->set, at) != WHERE_NO_OBJECT)
        return;
    place = place_of(walk, mapping, at);
    if (owners->place[block] >= place || at - owners->set.start[block] < WHERE_OWNED_HEAD)
        return;
    owners->place[block] = (uint8_t)place;
    owners->at[block] = at;
}

/* The upper halves of addresses of a set, of 32 bits each: a few values. */
struct upper {
    uint32_t low, span;
};

static struct upper upper_of(const struct where_set *set)
{
    uint32_t low = (uint32_t)(set->low >> 32);

    return (struct upper){low, (uint32_t)((set->low + set->span) >> 32) - low};
}

#define BLOCK_HALVES 16u /* of a cache line */

/* Whether a half of a line can be the upper one of an address: few lines have any, and compilers
 * make a loop of this that looks at several halves at a time. */
static bool has_upper(const uint32_t *half, struct upper a, struct upper b)
{
    uint32_t any = 0;

    for (unsigned i = 0; i < BLOCK_HALVES; i++) {
        uint32_t upper = half[i] & (uint32_t)(WHERE_ADDRESS_MASK >> 32);

        any |= (uint32_t)(upper - a.low <= a.span) | (uint32_t)(upper - b.low <= b.span);
    }
    return any != 0;
}

/* A word whose upper half is the i-th one. */
static void look_at_word(struct where_walk *walk, const struct where_mapping *mapping,
                         const uint32_t *half, uintptr_t at)
{
    uint64_t word = (uint64_t)half[0] << 32 | half[-1];

    if (lab_unlikely(where_set_is_near(&walk->pool->set, word)))
        note_reference(walk, mapping, word, at - sizeof(*half));
    if (lab_unlikely(where_set_is_near(&walk->owners.set, word)))
        note_owner(walk, mapping, word, at - sizeof(*half));
}

/* Words at multiples of four bytes, which are two halves each. */
static void look_at(struct where_walk *walk, const struct where_mapping *mapping, uintptr_t at,
                    size_t bytes)
{
    const uint32_t *half = (const void *)walk->buffer;
    size_t n = bytes / sizeof(*half);
    struct upper objects = upper_of(&walk->pool->set);
    struct upper blocks = walk->owners.set.n > 0 ? upper_of(&walk->owners.set) : objects;

    for (size_t i = 0; i < n; i += BLOCK_HALVES) {
        if (i + BLOCK_HALVES <= n && lab_likely(!has_upper(half + i, objects, blocks)))
            continue;
        for (size_t k = i > 0 ? i : 1; k < i + BLOCK_HALVES && k < n; k++)
            look_at_word(walk, mapping, half + k, at + k * sizeof(*half));
    }
}

static void walk_piece(struct where_walk *walk, const struct where_mapping *mapping,
                       struct where_pages *pages, struct where_range piece)
{
    struct where_range run;

    for (uintptr_t at = piece.start;
         !is_stopped(walk->pace) && where_page_next(pages, piece, at, BUFFER_BYTES, &run);) {
        size_t bytes = run.end - run.start;
        size_t got = where_memory_read(run.start, walk->buffer, bytes);

        look_at(walk, mapping, run.start, got);
        keep_pace(walk->pace, got);
        /* Memory that is gone, or cannot be read, is passed over a page at a time. */
        at = got > 0 ? run.start + got : (run.start / pages->page + 1) * pages->page;
    }
}

static void walk_range(struct where_walk *walk, const struct where_mapping *mapping,
                       struct where_pages *pages, struct where_range range)
{
    struct where_range piece;

    for (uintptr_t at = range.start; where_map_next(&walk->map, range, at, &piece); at = piece.end)
        walk_piece(walk, mapping, pages, piece);
}

/* Newer ones do not map the page below a stack apart: something else may lie beneath. */
static bool ends_where_mapping_ends(const struct where_thread *thread)
{
    const char *version = gnu_get_libc_version();

    return thread->tid == getpid() || (strncmp(version, "2.", 2) == 0 && atoi(version + 2) < 42);
}

#define STACK_TRIES 3

/* The part in use of a thread's stack that waits meanwhile, otherwise all of it. */
static void walk_stack(struct where_walk *walk, const struct where_mapping *mapping,
                       struct where_pages *pages)
{
    struct where_thread before, after;

    for (int i = 0; mapping->thread != WHERE_NO_THREAD && i < STACK_TRIES; i++) {
        before = after = walk->map.thread[mapping->thread];
        where_thread_look(&before);
        if (!where_range_has(&mapping->at, before.stack) || !ends_where_mapping_ends(&before))
            break;
        walk_range(walk, mapping, pages, (struct where_range){before.stack, mapping->at.end});
        where_thread_look(&after);
        if (where_thread_has_slept(&before, &after))
            return;
    }
    walk_range(walk, mapping, pages, mapping->at);
}

static void walk_mappings(struct where_walk *walk)
{
    struct where_pages pages;
    uint64_t all = 0;

    for (size_t i = 0; i < walk->map.mappings; i++)
        all += walk->map.mapping[i].at.end - walk->map.mapping[i].at.start;
    lab_store_relaxed(&walk->pace->done, 0);
    lab_store_relaxed(&walk->pace->all, all);
    where_page_open(&pages);
    for (size_t i = 0; i < walk->map.mappings && !is_stopped(walk->pace); i++) {
        const struct where_mapping *mapping = &walk->map.mapping[i];

        where_page_begin(&pages, mapping->is_shared,
                         !mapping->is_shared &&
                             where_map_module(&walk->map, mapping->at.start) != NULL);
        if (mapping->kind == WHERE_MAPPING_STACK)
            walk_stack(walk, mapping, &pages);
        else
            walk_range(walk, mapping, &pages, mapping->at);
        lab_store_relaxed(&walk->pace->done, lab_load_relaxed(&walk->pace->done) + mapping->at.end -
                                                 mapping->at.start);
    }
    where_page_close(&pages);
}

/* From object to object */

static enum where_place place_in(const struct where_walk *walk, size_t offset)
{
    if (walk->pool->has_mbufs && offset == offsetof(struct rte_mbuf, next))
        return WHERE_CHAIN;
    if (walk->pool->has_mbufs && offset == offsetof(struct rte_mbuf, buf_addr))
        return WHERE_DIRECT;
    return WHERE_OBJECT;
}

/* Follows what an object has in it, and queues what nobody had pointed to. Returns how many are
 * queued now. */
static uint32_t follow(struct where_walk *walk, uint32_t object, uint32_t queued)
{
    const struct where_set *set = &walk->pool->set;
    size_t bytes = where_memory_read(set->start[object], walk->buffer,
                                     RTE_MIN(set->bytes, (uint32_t)BUFFER_BYTES));

    for (size_t i = 0; i + sizeof(uint64_t) <= bytes; i += WORD_STEP) {
        uint32_t other;
        uint64_t word;
        bool is_new;

        memcpy(&word, walk->buffer + i, sizeof(word));
        if (lab_likely(!where_set_is_near(set, word)))
            continue;
        other = where_set_find(set, word);
        if (other == WHERE_NO_OBJECT || other == object)
            continue;
        is_new = walk->place[other] == WHERE_UNKNOWN;
        note(walk, other, place_in(walk, i), set->start[object] + i);
        if (is_new)
            walk->queue[queued++] = other;
    }
    keep_pace(walk->pace, bytes);
    return queued;
}

/* Objects that are free have nothing to say, whatever points to them. */
static void follow_all(struct where_walk *walk, const struct where_sample *before)
{
    uint32_t queued = 0;

    for (uint32_t i = 0; i < walk->pool->set.n; i++) {
        if (before->spot[i].place >= WHERE_RING)
            note(walk, i, before->spot[i].place, 0);
        if (walk->place[i] != WHERE_UNKNOWN)
            walk->queue[queued++] = i;
    }
    for (uint32_t i = 0; i < queued && !is_stopped(walk->pace); i++)
        if (!where_is_free(before->spot[walk->queue[i]].place))
            queued = follow(walk, walk->queue[i], queued);
}

/* Between walks */

void where_walk_choose_pages(struct where_walk *walk)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < walk->pool->set.n; i++)
        if (walk->place[i] >= WHERE_FRAME && walk->place[i] <= WHERE_DPDK)
            walk->page[n++] = walk->at[i] / PAGE_BYTES * PAGE_BYTES;
    where_sort(walk->page, n);
    walk->pages = 0;
    for (uint32_t i = 0; i < n; i++)
        if (walk->pages == 0 || walk->page[walk->pages - 1] != walk->page[i])
            walk->page[walk->pages++] = walk->page[i];
}

void where_walk_pages(struct where_walk *walk, bool *is_seen)
{
    const struct where_set *set = &walk->pool->set;

    for (uint32_t p = 0; p < walk->pages && p < PAGES_MAX; p++) {
        size_t bytes = where_memory_read(walk->page[p], walk->buffer, PAGE_BYTES);

        for (size_t i = 0; i + sizeof(uint64_t) <= bytes; i += sizeof(uint64_t)) {
            uint32_t object;
            uint64_t word;

            memcpy(&word, walk->buffer + i, sizeof(word));
            object = where_set_find(set, word);
            if (object != WHERE_NO_OBJECT)
                is_seen[object] = true;
        }
    }
}

/* The whole */

/* The stack of this thread has had addresses of objects on it. */
static void leave_out_itself(struct where_map *map)
{
    const struct where_mapping *mapping =
        where_map_mapping(map, (uintptr_t)__builtin_frame_address(0));

    if (mapping != NULL)
        where_map_skip(map, mapping->at);
}

/* By what the walk before has found, while there is still its map. */
static void choose_blocks(struct where_walk *walk)
{
    where_owner_begin(&walk->owners);
    for (uint32_t i = 0; i < walk->pool->set.n; i++)
        if (walk->place[i] == WHERE_DPDK || walk->place[i] == WHERE_MEMORY)
            where_owner_add(&walk->owners, &walk->map, walk->at[i]);
    where_owner_ready(&walk->owners);
}

static void leave_out_known(struct where_walk *walk)
{
    struct where_map *map = &walk->map;

    for (size_t i = 0; i < walk->pool->skips; i++)
        where_map_skip(map, walk->pool->skip[i]);
    for (size_t i = 0; i < map->mappings; i++)
        if (map->mapping[i].at.end - map->mapping[i].at.start > HUGE_MAPPING)
            where_map_skip(map, map->mapping[i].at);
    leave_out_itself(map);
}

static bool begin(struct where_walk *walk, const char *leave_out)
{
    choose_blocks(walk);
    memset(walk->place, WHERE_UNKNOWN, walk->pool->set.n * sizeof(*walk->place));
    walk->pace->walk_read = 0;
    walk->pace->walk_from_ns = lab_os_clock_ns();
    where_map_free(&walk->map);
    if (!where_map_read(&walk->map, leave_out))
        return false;
    where_cache_find(&walk->caches, walk->pool, &walk->map);
    leave_out_known(walk);
    return true;
}

static bool is_good(const struct where_walk *walk)
{
    return !walk->map.failed && !is_stopped(walk->pace) && walk->pace->walk_read > 0;
}

bool where_walk_run(struct where_walk *walk, const struct where_sample *before,
                    struct where_others *others, const char *leave_out)
{
    if (!begin(walk, leave_out))
        return false;
    for (unsigned i = 0; i < before->rings; i++)
        where_map_skip(&walk->map, before->ring[i].memory);
    where_map_ready(&walk->map);
    walk_mappings(walk);
    where_others_take(others, walk);
    follow_all(walk, before);
    return is_good(walk);
}

bool where_walk_private(struct where_walk *walk, const char *leave_out)
{
    if (!begin(walk, leave_out))
        return false;
    for (size_t i = 0; i < walk->map.dpdks; i++)
        where_map_skip(&walk->map, walk->map.dpdk[i]);
    where_map_ready(&walk->map);
    walk_mappings(walk);
    return is_good(walk);
}
