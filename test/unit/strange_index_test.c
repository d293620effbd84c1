/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "arena_rig.h"
#include "pool_audit_rig.h"
#include <lab_audit_calls.h>
#include <lab_audit_quarantine.h>
#include <lab_pool_layout.h>

/* Another process has left numbers in the shared parts that are none: no call goes astray for that.
 * It hands out what these numbers make of it then, but all of it is the pool's. Objects lie in
 * memory of their own, and sanitizers look at its bounds. */

static const uint64_t strange[] = {4096, INT32_MAX, UINT32_MAX - 1, UINT64_MAX / 2, UINT64_MAX};

#define STRANGE (sizeof(strange) / sizeof(*strange))

enum { COUNT = 512, BULK = 256 };

static struct lab_pool_options small_options(void)
{
    struct lab_pool_options options = plain_options(OBJECTS, COUNT);

    options.lcores = 8;
    return options;
}

static void expect_some(struct lab_pool *pool, void *const *objects, unsigned n)
{
    uint32_t index;

    for (unsigned i = 0; i < n; i++)
        assert_int_equal(lab_pool_index(pool, objects[i], &index), 0);
}

/* Some with lcore 1, some in the stack, the rest with lcore 2. */
static void spread(struct rig *rig)
{
    struct lab_pool_options options = small_options();

    rig_make_held(rig, &options);
    rig_put_by(rig, 1, rig->objects, COUNT / 4, 32);
    rig_put_by(rig, LAB_LCORE_ANY, rig->objects + COUNT / 4, COUNT / 4, 32);
    rig_put_by(rig, 2, rig->objects + COUNT / 2, COUNT / 2, 32);
}

static void registry(void **state)
{
    for (unsigned i = 0; i < STRANGE; i++) {
        void *objects[BULK];
        struct rig rig;

        spread(&rig);
        lab_store_relaxed(&rig.pool->set.entry[0], strange[i]); /* lcore 1's place */
        lab_store_relaxed(&rig.pool->state.registered, strange[i]);
        assert_int_equal(lab_pool_count(rig.pool), COUNT - COUNT / 4);
        rig.pool->slow[lab_pool_lcore_index(3)].own.victim = (uint32_t)strange[i];
        assert_int_equal(lab_pool_get_bulk(rig.pool, 3, objects, BULK), 0);
        expect_some(rig.pool, objects, BULK);
        assert_int_equal(lab_pool_put_bulk(rig.pool, 4, objects, BULK),
                         0); /* the registry is full */
        assert_int_equal(lab_pool_get_bulk(rig.pool, 5, objects, BULK),
                         0); /* and private parts are revoked */
        rig_unmake(&rig);
    }
}

static void stack(void **state)
{
    for (unsigned i = 0; i < STRANGE; i++) {
        struct rig rig;
        uint64_t head;
        void *object;

        spread(&rig);
        head = lab_load_relaxed(rig.pool->stack.head);
        lab_store_relaxed(&rig.pool->stack.links[(head & LAB_STACK_INDEX_MAX) - 1], strange[i]);
        lab_store_relaxed(&rig.pool->state.registered, 0); /* so that the stack is next */
        for (unsigned n = 0; n < COUNT && lab_pool_get(rig.pool, 3, &object) == 0; n++)
            expect_some(rig.pool, &object, 1);
        rig_unmake(&rig);
    }
}

static void objects_by_their_index(void **state)
{
    struct lab_pool_options options = small_options();
    void *objects[BULK];
    struct rig rig;

    options.audit.level = LAB_AUDIT_FULL;
    options.audit.quarantine = 4;
    for (unsigned i = 0; i < STRANGE; i++) {
        rig_make(&rig, &options);
        for (unsigned place = 0; place < 4; place++)
            lab_store_relaxed(lab_audit_place(lab_intercept_of(rig.pool)->audit, place),
                              strange[i]);
        memcpy(objects, rig.objects, sizeof(objects));
        assert_int_equal(lab_pool_put_bulk(rig.pool, 1, objects, BULK), 0);
        assert_int_equal(lab_pool_get_bulk(rig.pool, 1, objects, 8), 0);
        expect_some(rig.pool, objects, 8);
        for (unsigned place = 0; place < 4; place++)
            lab_store_relaxed(lab_audit_place(lab_intercept_of(rig.pool)->audit, place),
                              strange[i]);
        assert_int_equal(lab_pool_set_audit(rig.pool, LAB_AUDIT_OFF), 0); /* they come out */
        assert_int_equal(lab_pool_put_handle(rig.pool, 1, strange[i]), -EINVAL);
        rig_unmake(&rig);
    }
}

/* In a pool that nobody can sweep, a sweep changes nothing: not even a buffer. There are more
 * buffers than bytes between the pool's parts and the first one. */
static void sweep(void **state)
{
    struct lab_pool_options options = plain_options(BUFFERS, 2 * LAB_POOL_ALIGN_MAX);
    const char *first;
    struct rig rig;

    rig_make_held(&rig, &options);
    first = rig.pool->buffers;
    memset(rig.pool->buffers, 0x5a, options.buffer_bytes);
    lab_store_relaxed(&rig.pool->sweep, 7);
    rig_put_by(&rig, LAB_LCORE_ANY, rig.objects, options.count, BULK);
    for (unsigned i = 0; i < options.buffer_bytes; i++)
        assert_int_equal(first[i], 0x5a);
    rig_unmake(&rig);
}

static void samples(void **state)
{
    struct lab_pool_options options = small_options();
    void *objects[BULK];
    struct rig rig;

    options.audit.level = LAB_AUDIT_SAMPLE;
    rig_make(&rig, &options);
    memcpy(objects, rig.objects, sizeof(objects));
    assert_int_equal(lab_pool_put_bulk(rig.pool, 1, objects, BULK), 0);
    for (uint32_t at = 0; at < 40; at++) {
        lab_intercept_of(rig.pool)->context[lab_pool_lcore_index(1)].to_sample = at;
        assert_int_equal(lab_pool_get_bulk(rig.pool, 1, objects, 32), 0);
        assert_int_equal(lab_pool_put_bulk(rig.pool, 1, objects, 32), 0);
    }
    rig_unmake(&rig);
}

/* A deque whose counters say that there is more in it, or more room, than there are slots. */
static void more_than_the_ring(void **state)
{
    enum { CAPACITY = 64, BURST = 3 * CAPACITY };
    struct {
        lab_atomic_t before[BURST], slots[CAPACITY], behind[BURST];
    } ring = {0};
    struct lab_deque deque;
    void *objects[BURST];

    memset(objects, 0x5a, sizeof(objects));
    lab_deque_init(&deque, 32, 16, false);
    lab_deque_equip_owner(&deque, ring.slots, CAPACITY, 0);
    lab_store_relaxed(&deque.top, 1000); /* "room" for a thousand */
    assert_false(lab_deque_push_slow_owner(&deque, objects, BURST, false));
    lab_store_relaxed(&deque.top, 0);
    lab_store_relaxed(&deque.bot, 1000);
    memset(ring.before, 0x77, sizeof(ring.before));
    memset(ring.behind, 0x77, sizeof(ring.behind));
    assert_int_equal(lab_deque_pop_slow_owner(&deque, objects, 1, BURST), CAPACITY);
    for (unsigned i = 0; i < CAPACITY; i++)
        assert_null(objects[i]);
    assert_ptr_equal(objects[CAPACITY], (void *)0x5a5a5a5a5a5a5a5a);
    for (unsigned i = 0; i < CAPACITY; i++)
        assert_int_equal(lab_load_relaxed(&ring.slots[i]), 0);
}

static void expect_own(struct arena_rig *rig, void *page)
{
    uint32_t zone;

    (void)part_of(rig->arena, page, &zone);
}

/* Where an lcore works in a zone, and where it searches. */
static void places_in_a_zone(void **state)
{
    for (unsigned i = 0; i < STRANGE; i++)
        for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++) {
            struct lab_arena_zone options = {.bytes = 8 * MIB};
            struct lab_zone_lcore *me;
            struct arena_rig rig;
            void *page;

            memcpy(options.watermark, no_watermarks, sizeof(no_watermarks));
            arena_rig_make_one(&rig, options);
            me = &rig.arena->zone[0].part[LAB_PAGE_COMMON]->lcore[1];
            for (int lifetime = 0; lifetime < LAB_ZONE_CLASSES; lifetime++)
                for (int group = 0; group < LAB_ZONE_GROUPS; group++)
                    me->at[lifetime][group] =
                        (struct lab_zone_place){(uint32_t)strange[i] - 1, (uint32_t)strange[i]};
            for (int cursor = 0; cursor < LAB_ZONE_CURSORS; cursor++)
                me->cursor[cursor] = (uint32_t)strange[i];
            rig.arena->lcore[2].home = (uint32_t)strange[i];
            rig.arena->lcore[2].own.victim = (uint32_t)strange[i];
            assert_int_equal(lab_page_alloc(rig.arena, 1, order, LAB_GFP_NOWAIT, &page), 0);
            expect_own(&rig, page);
            assert_int_equal(lab_page_free(rig.arena, 1, page, order), 0);
            assert_int_equal(lab_page_alloc(rig.arena, 1, order, LAB_GFP_ATOMIC, &page), 0);
            expect_own(&rig, page);
            assert_int_equal(lab_page_alloc(rig.arena, 1, order, LAB_GFP_WAIT, &page), 0);
            assert_int_equal(lab_page_free(rig.arena, 2, page, order), 0);
            arena_rig_unmake(&rig);
        }
}

/* Hints behind the last block's praise blocks that there are not. */
static void hints_of_no_block(void **state)
{
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++) {
        struct lab_arena_zone options = {.bytes = 8 * MIB};
        struct arena_rig rig;
        struct lab_zone_part *part;
        unsigned n = 0;
        void *page;

        memcpy(options.watermark, no_watermarks, sizeof(no_watermarks));
        arena_rig_make_one(&rig, options);
        part = rig.arena->zone[0].part[LAB_PAGE_COMMON];
        for (int hint = 0; hint < LAB_ZONE_HINTS; hint++)
            for (uint32_t i = 0; i < LAB_BYTES_GROUP; i++)
                lab_byte_store_relaxed(&part->hint[hint][i], i < part->blocks ? 0 : 5);
        for (; lab_page_alloc(rig.arena, 1, order, LAB_GFP_ATOMIC, &page) == 0; n++)
            expect_own(&rig, page);
        assert_int_equal(n << order, part->blocks * BLOCK);
        arena_rig_unmake(&rig);
    }
}

static void homes_and_owners(void **state)
{
    for (unsigned i = 0; i < STRANGE; i++) {
        struct lab_arena_zone options = {.bytes = 8 * MIB};
        struct arena_rig rig;
        unsigned ready;
        void *page;

        memcpy(options.watermark, no_watermarks, sizeof(no_watermarks));
        arena_rig_make_one(&rig, options);
        rig.arena->lcore[2].home = (uint32_t)strange[i];
        rig.arena->zone[0].cleaner.row = (uint32_t)strange[i];
        assert_int_equal(lab_housekeep(rig.arena, 2, 64, &ready), 0);
        assert_int_equal(lab_page_alloc(rig.arena, 2, 0, LAB_GFP_NOWAIT | LAB_GFP_EXCLUSIVE, &page),
                         0);
        expect_own(&rig, page);
        arena_rig_unmake(&rig);
    }
}

/* A page of nowhere in a deque: what is written down of it is written down within the zone. */
static void pages_of_nowhere(void **state)
{
    for (unsigned order = 0; order < 2; order++) {
        struct lab_arena_zone zone = {.bytes = 8 * MIB};
        static char elsewhere[LAB_PAGE_BYTES] = "not to be zeroed";
        void *pages[2] = {elsewhere, elsewhere + 1}, *page;
        struct arena_rig rig;
        struct lab_deque *deque;

        memcpy(zone.watermark, no_watermarks, sizeof(no_watermarks));
        arena_rig_make(&rig,
                       (struct lab_arena_options){.zone = &zone, .zones = 1, .cached_orders = 2});
        for (unsigned kind = 0; kind < LAB_PAGE_KINDS; kind++) {
            assert_int_equal(lab_page_alloc(rig.arena, 1, order, LAB_GFP_NOWAIT, &page), 0);
            assert_int_equal(lab_page_free(rig.arena, 1, page, order), 0);
            deque = rig.arena->lcore[lab_pool_lcore_index(1)].deque[kind][order];
            assert_true(lab_deque_push_slow_owner(deque, pages, 2, false));
            assert_int_equal(
                lab_page_alloc(rig.arena, 1, order, LAB_GFP_NOWAIT | LAB_GFP_ZERO, &page), 0);
            assert_int_equal(
                lab_page_alloc(rig.arena, 1, order, LAB_GFP_NOWAIT | LAB_GFP_EXCLUSIVE, &page), 0);
        }
        assert_string_equal(elsewhere, "not to be zeroed");
        arena_rig_unmake(&rig);
    }
}

/* A page that is said to be dirty beyond its end: its neighbour is not cleaned with it. */
static void more_dirt_than_a_page(void **state)
{
    struct lab_arena_zone zone = {.bytes = 8 * MIB};
    struct arena_rig rig;
    char *page;

    memcpy(zone.watermark, no_watermarks, sizeof(no_watermarks));
    arena_rig_make_one(&rig, zone);
    memset(rig.memory[0], 'x', zone.bytes);
    lab_bytes_fill(rig.arena->zone[0].dirt, UINT8_MAX, zone.bytes / LAB_PAGE_BYTES);
    assert_int_equal(
        lab_page_alloc(rig.arena, 1, 0, LAB_GFP_NOWAIT | LAB_GFP_EXCLUSIVE, (void **)&page), 0);
    assert_in_range(page - (char *)rig.memory[0], 0, zone.bytes - 8 * LAB_PAGE_BYTES);
    assert_int_equal(page[LAB_PAGE_BYTES - 1], 0);
    assert_int_equal(page[LAB_PAGE_BYTES], 'x');
    arena_rig_unmake(&rig);
}

static void the_first_page(void **state)
{
    const char *base = (const char *)(uintptr_t)(64 * MIB); /* nobody looks there */

    assert_int_equal(lab_page_first(base, BLOCK, base + 5 * LAB_PAGE_BYTES, 0), 5);
    assert_int_equal(lab_page_first(base, BLOCK, base + 5 * LAB_PAGE_BYTES, 2), 4);
    assert_int_equal(lab_page_first(base, BLOCK, base + BLOCK * LAB_PAGE_BYTES, 0), 0);
    assert_int_equal(lab_page_first(base, BLOCK, base - 1, 0), 0);
}

/* A dead lcore's word that names a row of no block. */
static void intents(void **state)
{
    for (unsigned i = 0; i < STRANGE; i++) {
        struct lab_arena_zone options = {.bytes = 8 * MIB};
        struct arena_rig rig;

        memcpy(options.watermark, no_watermarks, sizeof(no_watermarks));
        arena_rig_make_one(&rig, options);
        lab_store_relaxed(&rig.arena->zone[0].part[LAB_PAGE_COMMON]->lcore[1].intent, strange[i]);
        assert_int_equal(lab_arena_sweep(rig.arena, 1), 0);
        expect_arena_free(rig.arena);
        arena_rig_unmake(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registry),
        cmocka_unit_test(stack),
        cmocka_unit_test(objects_by_their_index),
        cmocka_unit_test(sweep),
        cmocka_unit_test(samples),
        cmocka_unit_test(more_than_the_ring),
        cmocka_unit_test(places_in_a_zone),
        cmocka_unit_test(hints_of_no_block),
        cmocka_unit_test(homes_and_owners),
        cmocka_unit_test(pages_of_nowhere),
        cmocka_unit_test(more_dirt_than_a_page),
        cmocka_unit_test(the_first_page),
        cmocka_unit_test(intents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
