/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pool_audit_rig.h"
#include <lab_page.h>
#include <lab_scrub.h>

/* Trust domains: what one left in a buffer, no other gets to see. */

enum { COUNT = 64, BYTES = 200, LCORES = 4 };

/* Lcores 0 and 1 trust each other, and threads without an id with them; 2 and 3 are alone. */
static const uint8_t domains[LCORES] = {0, 0, 1, 255};

static struct lab_pool_options trust_options(uint32_t count)
{
    struct lab_pool_options options = plain_options(BUFFERS, count);

    options.buffer_bytes = BYTES;
    options.lcores = LCORES;
    options.domain = domains;
    return options;
}

static struct lab_pool *make(const struct lab_pool_options *options)
{
    struct lab_pool *pool = NULL;
    struct lab_error error = {0};

    if (lab_pool_create(options, &pool, &error) != 0)
        fail_msg("%s", error.message);
    return pool;
}

static struct lab_pool *make_one(void)
{
    const struct lab_pool_options options = trust_options(1);

    return make(&options);
}

static unsigned char *get(struct lab_pool *pool, uint32_t lcore)
{
    void *buffer;

    assert_int_equal(lab_pool_get(pool, lcore, &buffer), 0);
    return buffer;
}

static bool is_zero(const unsigned char *buffer, unsigned from)
{
    while (from < BYTES && buffer[from] == 0)
        from++;
    return from == BYTES;
}

/* The lcore gets the only buffer, writes that byte all over it, and puts it. */
static void leave(struct lab_pool *pool, uint32_t lcore, int byte)
{
    assert_int_equal(lab_pool_put(pool, lcore, memset(get(pool, lcore), byte, BYTES)), 0);
}

/* Returns what the lcore finds in a buffer; puts it, and says that nothing was written. */
static int found(struct lab_pool *pool, uint32_t lcore)
{
    unsigned char *buffer = get(pool, lcore);
    void *object = buffer;
    int byte = buffer[0];

    for (unsigned i = 1; i < BYTES; i++)
        assert_int_equal(buffer[i], byte);
    assert_int_equal(lab_pool_put_used(pool, lcore, &object, 1, 0), 0);
    return byte;
}

static void the_word(void **state)
{
    uint64_t residue = lab_residue_got(0, 7);

    assert_int_equal(lab_residue_foreign(0, 7), 0);
    assert_int_equal(lab_residue_foreign(residue, 8), 0);
    residue = lab_residue_put(residue, 7, 100);
    residue = lab_residue_put(lab_residue_got(residue, 7), 7, 30);
    assert_int_equal(lab_residue_foreign(residue, 7), 0);
    assert_int_equal(lab_residue_foreign(residue, 0), 100);
    assert_int_equal(lab_residue_foreign(residue, 255), 100);
    assert_int_equal(lab_residue_put(lab_residue_got(residue, 255), 255, 5),
                     lab_residue_owner(255) | 5);
    residue = lab_residue_put(residue, 8, 10); /* of both */
    assert_int_equal(lab_residue_foreign(residue, 7), 100);
    assert_int_equal(lab_residue_foreign(residue, 8), 100);
}

static void other_domains_find_zeros(void **state)
{
    struct lab_pool *pool = make_one();

    leave(pool, 0, 'a');
    assert_int_equal(found(pool, 0), 'a');
    assert_int_equal(found(pool, 1), 'a'); /* of the same */
    assert_int_equal(found(pool, LAB_LCORE_ANY), 'a');
    assert_int_equal(found(pool, 2), 0);
    assert_int_equal(found(pool, 0), 0); /* gone for good */
    leave(pool, 2, 'b');
    assert_int_equal(found(pool, 2), 'b');
    assert_int_equal(found(pool, LAB_LCORE_ANY), 0);
    leave(pool, LAB_LCORE_ANY, 'c');
    assert_int_equal(found(pool, 3), 0);
    assert_int_equal(lab_pool_destroy(pool), 0);
}

static void no_more_is_zeroed_than_was_written(void **state)
{
    struct lab_pool *pool = make_one();
    unsigned char *buffer = get(pool, 0);
    void *object = buffer;

    /* Says less than is true: what is behind stays, for nobody looks there. */
    memset(buffer, 'a', BYTES);
    assert_int_equal(lab_pool_put_used(pool, 0, &object, 1, 50), 0);
    assert_ptr_equal(get(pool, 2), buffer);
    assert_true(buffer[0] == 0 && buffer[49] == 0 && buffer[50] == 'a' && buffer[BYTES - 1] == 'a');
    memset(buffer, 0, BYTES);
    assert_int_equal(lab_pool_put_used(pool, 2, &object, 1, SIZE_MAX), 0); /* all of it */
    assert_int_equal(found(pool, 0), 0);

    /* Bytes that the same domain wrote further behind before are not forgotten. */
    leave(pool, 0, 'a');
    assert_ptr_equal(get(pool, 1), buffer);
    assert_int_equal(lab_pool_put_used(pool, 1, &object, 1, 1), 0);
    assert_int_equal(found(pool, 2), 0);
    assert_int_equal(lab_pool_destroy(pool), 0);
}

/* Got by one, put by another: of what both wrote, neither is shown the other's. */
static void what_went_from_hand_to_hand_is_nobodys(void **state)
{
    for (uint32_t next = 0; next < LCORES; next++) {
        struct lab_pool *pool = make_one();
        unsigned char *buffer = memset(get(pool, 0), 'a', BYTES);

        buffer[0] = 'b';
        assert_int_equal(lab_pool_put(pool, 2, buffer), 0);
        assert_int_equal(found(pool, next), 0);
        assert_int_equal(lab_pool_destroy(pool), 0);
    }
}

/* A put by one who does not hold it does not make it theirs, though no audit sees it. */
static void what_another_put_is_not_shown_to_them(void **state)
{
    struct lab_pool_options options = trust_options(2);
    struct lab_pool *pool = make(&options);
    struct lab_region region;
    unsigned char *buffer = get(pool, 0);

    memset(buffer, 'a', BYTES);
    assert_int_equal(lab_pool_put(pool, 0, buffer), 0);
    assert_int_equal(lab_pool_put_used(pool, 2, &(void *){buffer}, 1, 0), 0);
    assert_ptr_equal(get(pool, 2), buffer);
    assert_true(is_zero(buffer, 0));
    region = pool->region; /* what it says is free cannot be right any more */
    assert_int_equal(lab_region_destroy(&region), 0);
}

/* All ways that a buffer can take, at random: a byte that a domain finds is 0 or its own. */
static void random_ways(const struct lab_pool_options *options, uint64_t seed)
{
    struct lab_pool *pool = make(options);
    static const unsigned char mark[LCORES + 1] = {1, 1, 1, 2, 3}; /* of its domain */
    void *held[LCORES + 1][COUNT];
    unsigned n[LCORES + 1] = {0};

    for (unsigned step = 0; step < 20000; step++) {
        uint32_t lcore_index = random_below(&seed, LCORES + 1), lcore = lcore_index - 1;
        unsigned char own = mark[lcore_index];
        unsigned k = random_below(&seed, 9);

        if (random_below(&seed, 2) == 0) {
            void **got = held[lcore_index] + n[lcore_index];

            if (n[lcore_index] + k > COUNT || lab_pool_get_bulk(pool, lcore, got, k) != 0)
                continue;
            n[lcore_index] += k;
            for (unsigned i = 0; i < k; i++)
                for (unsigned at = 0; at < BYTES; at++)
                    if (((unsigned char *)got[i])[at] != 0)
                        assert_int_equal(((unsigned char *)got[i])[at], own);
        } else {
            unsigned used = random_below(&seed, BYTES + 1);

            k = k < n[lcore_index] ? k : n[lcore_index];
            n[lcore_index] -= k;
            for (unsigned i = 0; i < k; i++)
                memset(held[lcore_index][n[lcore_index] + i], own, used);
            assert_int_equal(
                lab_pool_put_used(pool, lcore, held[lcore_index] + n[lcore_index], k, used), 0);
        }
    }
    for (uint32_t lcore_index = 0; lcore_index <= LCORES; lcore_index++)
        assert_int_equal(
            lab_pool_put_bulk(pool, lcore_index - 1, held[lcore_index], n[lcore_index]), 0);
    assert_int_equal(lab_pool_destroy(pool), 0);
}

static void whatever_way_it_takes(void **state)
{
    struct lab_pool_options options = trust_options(COUNT);

    random_ways(&options, 1);
    options.deques = 2; /* the others work through the stack */
    random_ways(&options, 2);
    options.deques = 0;
    options.private_size = options.steal_max = 1;
    options.reserve = 8;
    random_ways(&options, 3);
    options.audit.level = LAB_AUDIT_SAMPLE;
    options.audit.sample = 3;
    random_ways(&options, 4);
    options.audit.level = LAB_AUDIT_FULL;
    options.audit.quarantine = 5;
    random_ways(&options, 5);
}

static void with_an_audit_that_comes_and_goes(void **state)
{
    static const int levels[] = {LAB_AUDIT_FULL, LAB_AUDIT_OFF, LAB_AUDIT_SAMPLE, LAB_AUDIT_OFF};
    struct lab_pool_options options = trust_options(1);
    struct lab_pool *pool;

    options.audit.records = true;
    options.audit.poison = true;
    pool = make(&options);
    for (unsigned i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
        unsigned char *buffer;

        leave(pool, 0, 'a');
        assert_int_equal(lab_pool_set_audit(pool, (enum lab_audit_level)levels[i]), 0);
        assert_int_equal(found(pool, 2), 0);
        if (levels[i] == LAB_AUDIT_FULL)
            settle(pool);
        buffer = get(pool, 2); /* from now on the put is seen, and poisons all of it */
        assert_int_equal(lab_pool_put_used(pool, 2, &(void *){buffer}, 1, 0), 0);
        assert_int_equal(found(pool, 0), 0);
    }
    assert_int_equal(lab_pool_destroy(pool), 0);
}

/* Pages that somebody else had. */
static void on_pages(void **state)
{
    const struct lab_arena_zone zone = {
        .bytes = 4 << 20, .node = LAB_NODE_ANY, .pages = LAB_PAGES_NORMAL};
    const struct lab_arena_options arena_options = {.name = "trust", .zone = &zone, .zones = 1};
    struct lab_pool_options options = trust_options(1000);
    struct lab_arena *arena;
    struct lab_error error;
    void *page;

    assert_int_equal(lab_arena_create(&arena_options, &arena, &error), 0);
    for (unsigned i = 0; i < 2; i++) { /* pages of the whole zone */
        assert_int_equal(lab_page_alloc(arena, LAB_LCORE_ANY, 9, LAB_GFP_ATOMIC, &page), 0);
        memset(page, 'x', LAB_PAGE_BYTES << 9);
        assert_int_equal(lab_page_free(arena, LAB_LCORE_ANY, page, 9), 0);
    }
    options.arena = arena;
    for (unsigned gfp = LAB_GFP_WAIT; gfp != 0; gfp = gfp & LAB_GFP_ZERO ? 0 : gfp | LAB_GFP_ZERO) {
        struct lab_pool *pool;
        unsigned char *buffer;

        options.gfp = gfp;
        pool = make(&options);
        buffer = get(pool, 0);
        assert_true(is_zero(buffer, 0));
        memset(buffer, 'x', BYTES);
        assert_int_equal(lab_pool_put(pool, 0, buffer), 0);
        assert_int_equal(lab_pool_destroy(pool), 0);
    }
    assert_int_equal(lab_arena_destroy(arena), 0);
}

static char name[LAB_POOL_NAME_SIZE];

static int look_from_there(void *unused)
{
    struct lab_pool *pool;
    void *buffer;
    int wrong;

    if (lab_pool_attach(name, &pool, NULL) != 0 || lab_pool_get(pool, 2, &buffer) != 0)
        return 1;
    wrong = is_zero(buffer, 0) ? 0 : 2;
    memset(buffer, 'b', BYTES);
    if (lab_pool_put(pool, 2, buffer) != 0 || lab_pool_destroy(pool) != 0)
        return 3;
    return wrong;
}

static void in_another_process(void **state)
{
    struct lab_pool_options options = trust_options(1);
    struct lab_pool *pool;
    int status;

    if (LAB_WORDS_ATOMIC || is_emulated())
        skip_because("no shared regions here");
    snprintf(name, sizeof(name), "trust-%d", (int)getpid());
    options.name = name;
    options.shared = true;
    pool = make(&options);
    leave(pool, 0, 'a');
    status = status_of_child(look_from_there, NULL);
    assert_exited_with(0, status);
    assert_int_equal(found(pool, 0), 0);
    assert_int_equal(lab_pool_destroy(pool), 0);
}

/* Without domains nothing is looked at, and nothing takes longer. */
static void who_asks_for_none_pays_nothing(void **state)
{
    struct lab_pool_options options = trust_options(COUNT);
    size_t with = 0, without = 0;
    struct lab_pool *pool;
    struct lab_error error;

    options.domain = NULL;
    pool = make(&options);
    assert_int_equal(lab_load_relaxed(&pool->hot), LCORES);
    assert_int_equal(lab_load_relaxed(&pool->state.intercepted), 0);
    assert_null(lab_intercept_of(pool)->domain);
    assert_int_equal(lab_pool_destroy(pool), 0);
    assert_int_equal(lab_pool_footprint(&options, &without, &error), 0);
    options.domain = domains;
    assert_int_equal(lab_pool_footprint(&options, &with, &error), 0);
    assert_true(with > without);
    pool = make_one();
    leave(pool, 0, 'a');
    assert_int_equal(lab_pool_put_used(pool, LCORES, &(void *){pool->buffers}, 1, 0), -EINVAL);
    assert_int_equal(lab_pool_destroy(pool), 0);
}

static void refusals(void **state)
{
    struct lab_pool_options options = trust_options(1);
    struct lab_pool *pool = NULL;
    struct lab_error error;
    size_t bytes;

    options.lcores = 0;
    assert_int_equal(lab_pool_create(&options, &pool, &error), -EINVAL);
    assert_non_null(strstr(error.message, "give buffer_bytes and lcores"));
    options = plain_options(OBJECTS, 1);
    options.lcores = LCORES;
    options.domain = domains;
    assert_int_equal(lab_pool_footprint(&options, &bytes, &error), -EINVAL);
    assert_null(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_word),
        cmocka_unit_test(other_domains_find_zeros),
        cmocka_unit_test(no_more_is_zeroed_than_was_written),
        cmocka_unit_test(what_went_from_hand_to_hand_is_nobodys),
        cmocka_unit_test(what_another_put_is_not_shown_to_them),
        cmocka_unit_test(whatever_way_it_takes),
        cmocka_unit_test(with_an_audit_that_comes_and_goes),
        cmocka_unit_test(on_pages),
        cmocka_unit_test(in_another_process),
        cmocka_unit_test(who_asks_for_none_pays_nothing),
        cmocka_unit_test(refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
