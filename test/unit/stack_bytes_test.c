/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The bytes of stack that calls need: each runs on one that was painted before. */

#include "pool_rig.h"
#include <lab_audit.h>
#include <lab_page.h>
#include <pthread.h>
#include <sys/mman.h>

enum { STACK = 256 << 10, PAINT = 0x77, COUNT = 1023, LCORES = 100, PAGES = 1024 };

static struct lab_pool *pool;
static struct lab_arena *arena;
static void *objects[COUNT], *pages[PAGES];
static int result; /* of the last get of pages */

/* One call, of the lcore `lcore`, of n objects. */
struct call {
    const char *name;
    void (*make)(const struct call *call);
    uint32_t lcore;
    unsigned n;
    unsigned gfp;
};

static void nothing(const struct call *call)
{
}

static void get(const struct call *call)
{
    (void)!lab_pool_get_bulk(pool, call->lcore, objects, call->n);
}

static void get_atomic(const struct call *call)
{
    (void)!lab_pool_get_bulk_atomic(pool, call->lcore, objects, call->n);
}

static void put(const struct call *call)
{
    (void)lab_pool_put_bulk(pool, call->lcore, objects, call->n);
}

static void page_get(const struct call *call)
{
    result = lab_page_alloc_bulk(arena, call->lcore, 0, call->gfp, pages, call->n);
}

static void page_put(const struct call *call)
{
    (void)lab_page_free_bulk(arena, call->lcore, 0, pages, call->n, NULL);
}

static void *run(void *call)
{
    ((const struct call *)call)->make(call);
    return NULL;
}

static size_t bytes_of(const struct call *call)
{
    unsigned char *stack =
        mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t attributes;
    pthread_t thread;
    size_t clean = 0;

    assert_ptr_not_equal(stack, MAP_FAILED);
    memset(stack, PAINT, STACK);
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, STACK), 0);
    assert_int_equal(pthread_create(&thread, &attributes, run, (void *)call), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_attr_destroy(&attributes), 0);
    while (clean < STACK && stack[clean] == PAINT)
        clean++;
    assert_int_equal(munmap(stack, STACK), 0);
    return STACK - clean;
}

/* Compares what is left when the needs of the thread itself, and of the call of nothing, are taken
 * off. */
static void needs_at_most(size_t most, const struct call *call)
{
    static const struct call empty = {"nothing", nothing, 0, 0, 0};
    size_t used = bytes_of(call), without = bytes_of(&empty);

    if (used > without + most)
        fail_msg("%s, %u of lcore %d: %zu bytes of stack", call->name, call->n, (int)call->lcore,
                 used - without);
}

static void let_all_go(void)
{
    /* By an lcore that has a deque, and by others into theirs. */
    for (unsigned i = 0; i < COUNT; i++)
        (void)lab_pool_put(pool, i < COUNT / 2 ? 1 : 2 + i % (LCORES - 2), objects[i]);
}

static void calls_of_a_pool(const struct lab_pool_options *options)
{
    static const uint32_t lcores[] = {0, LAB_LCORE_ANY};
    static const unsigned bulks[] = {1, 32, 64, 65, 256, COUNT - 100, COUNT};

    assert_int_equal(lab_pool_create(options, &pool, NULL), 0);
    for (unsigned way = 0; way < 2 * 7 * 2; way++) {
        uint32_t lcore = lcores[way % 2];
        unsigned n = bulks[way / 2 % 7];
        void (*const by)(const struct call *) = way / 14 ? get_atomic : get;
        const struct call a = {"get", by, lcore, n, 0}, b = {"put", put, lcore, n, 0};

        /* Everything is elsewhere: in public parts, in private parts of lcores that do not call
         * in. */
        assert_int_equal(lab_pool_get_bulk_atomic(pool, lcore, objects, COUNT), 0);
        let_all_go();
        needs_at_most(LAB_POOL_STACK_BYTES, &a);
        if (lab_pool_count(pool) + n == COUNT)
            needs_at_most(LAB_POOL_STACK_BYTES, &b);
        /* A get that fails, having gathered the most. */
        assert_int_equal(lab_pool_get(pool, 1, &objects[0]), 0);
        needs_at_most(LAB_POOL_STACK_BYTES, &(struct call){"get in vain", by, lcore, COUNT, 0});
        assert_int_equal(lab_pool_put(pool, LAB_LCORE_ANY, objects[0]), 0);
    }
    assert_int_equal(lab_pool_destroy(pool), 0);
}

static void of_a_pool(void **state)
{
    for (unsigned way = 0; way < 16; way++) {
        struct lab_pool_options options = plain_options(BUFFERS, COUNT);
        uint8_t domain[LCORES] = {0, 1, 1};

        options.lcores = LCORES;
        options.deques = way & 8 ? LCORES : 4;
        options.audit.level = way & 1 ? LAB_AUDIT_FULL : LAB_AUDIT_OFF;
        options.reserve = way & 2 ? 50 : 0;
        options.domain = way & 4 ? domain : NULL;
        calls_of_a_pool(&options);
    }
}

/* Freed objects wait, and those that are got were poisoned. */
static void of_a_pool_with_a_quarantine(void **state)
{
    static const uint32_t lcores[] = {0, LAB_LCORE_ANY};
    struct lab_pool_options options = plain_options(BUFFERS, COUNT);

    options.lcores = LCORES;
    options.reserve = 50;
    options.audit =
        (struct lab_audit_options){.level = LAB_AUDIT_FULL, .quarantine = 32, .poison = true};
    assert_int_equal(lab_pool_create(&options, &pool, NULL), 0);
    for (unsigned way = 0; way < 6; way++) {
        needs_at_most(LAB_POOL_STACK_BYTES,
                      &(struct call){"get", get_atomic, lcores[way % 2], 900, 0});
        needs_at_most(LAB_POOL_STACK_BYTES, &(struct call){"put", put, lcores[way % 2], 900, 0});
    }
    assert_int_equal(lab_pool_destroy(pool), 0);
}

/* From what the own zone has, and when half of it lies in the deques of others. */
static void calls_of_an_arena(uint32_t lcore, unsigned n, unsigned gfp)
{
    const struct lab_arena_zone zone = {
        .bytes = PAGES * LAB_PAGE_BYTES, .node = LAB_NODE_ANY, .pages = LAB_PAGES_NORMAL};
    const struct lab_arena_options options = {.name = "stack", .zone = &zone, .zones = 1};
    const struct call a = {"pages", page_get, lcore, n, gfp}, b = {"back", page_put, lcore, n, gfp};
    static void *rest[PAGES];
    unsigned held = 0;

    assert_int_equal(lab_arena_create(&options, &arena, NULL), 0);
    needs_at_most(LAB_PAGE_STACK_BYTES, &a);
    if (result == 0)
        needs_at_most(LAB_PAGE_STACK_BYTES, &b);
    while (lab_page_alloc(arena, 1, 0, LAB_GFP_WAIT, &rest[held]) == 0)
        held++;
    for (; held > PAGES / 2; held--)
        assert_int_equal(lab_page_free(arena, 1 + held % 8, rest[held - 1], 0), 0);
    needs_at_most(LAB_PAGE_STACK_BYTES, &a);
    if (result == 0)
        needs_at_most(LAB_PAGE_STACK_BYTES, &b);
    for (; held > 0; held--)
        assert_int_equal(lab_page_free(arena, 1, rest[held - 1], 0), 0);
    assert_int_equal(lab_arena_destroy(arena), 0);
}

/* The first calls of a process that nobody knows yet. */
static int make_first_calls(void *unused)
{
    struct lab_pool_options options = plain_options(BUFFERS, COUNT);

    options.audit.level = LAB_AUDIT_FULL;
    if (lab_pool_create(&options, &pool, NULL) != 0)
        return 1;
    needs_at_most(LAB_POOL_STACK_BYTES, &(struct call){"get", get, 3, 32, 0});
    needs_at_most(LAB_POOL_STACK_BYTES, &(struct call){"put", put, 3, 32, 0});
    return 0;
}

static void of_the_first_calls(void **state)
{
    assert_exited_with(0, status_of_child(make_first_calls, NULL));
}

static void of_an_arena(void **state)
{
    static const unsigned gfps[] = {LAB_GFP_ATOMIC, LAB_GFP_NOWAIT, LAB_GFP_WAIT,
                                    LAB_GFP_NOWAIT | LAB_GFP_ZERO};
    static const unsigned bulks[] = {1, 16, 17, 64, 512};

    for (unsigned way = 0; way < 4 * 5 * 2; way++)
        calls_of_an_arena(way % 2 ? LAB_LCORE_ANY : 0, bulks[way / 2 % 5], gfps[way / 10]);
}

#if defined(__SANITIZE_ADDRESS__)
#define IS_ADDRESS_SANITIZED 1
#elif defined(__has_feature)
#define IS_ADDRESS_SANITIZED __has_feature(address_sanitizer)
#else
#define IS_ADDRESS_SANITIZED 0
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_the_first_calls),
        cmocka_unit_test(of_a_pool),
        cmocka_unit_test(of_a_pool_with_a_quarantine),
        cmocka_unit_test(of_an_arena),
    };

#if !defined(__OPTIMIZE__) || IS_ADDRESS_SANITIZED
    print_message("what is not optimized, or sanitized, needs more stack\n");
    return 77;
#endif
    if (LAB_WORDS_ATOMIC || is_emulated()) {
        print_message("what watches the program, or emulates it, needs more stack\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
