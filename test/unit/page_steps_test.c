/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "arena_rig.h"
#include <linux/seccomp.h>
#include <random.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* No call that may not wait takes more steps than are promised, and none makes a system call. The
 * library is compiled into this test with a lab_atomic.h that counts. */

uint64_t counted_steps;

enum { BLOCKS = 16, PAGES = BLOCKS * BLOCK, STEPS = 60000 };

static struct {
    void *page;
    unsigned order;
} held[PAGES];

static uint64_t most;

static void make(struct arena_rig *rig, bool fenced)
{
    static const struct lab_arena_zone zone[2] = {
        {.bytes = (BLOCKS - 6) * 2 * MIB, .node = 0, .reserve_bytes = 2 * MIB},
        {.bytes = 6 * 2 * MIB, .node = 1, .reserve_runs_bytes = 2 * MIB}};

    arena_rig_make(rig, (struct lab_arena_options){
                            .zone = zone, .zones = 2, .cached_orders = 1u << 3, .fenced = fenced});
}

static void check_steps(const struct lab_arena *arena, uint64_t before)
{
    if (counted_steps - before > most)
        most = counted_steps - before;
    if (counted_steps - before > lab_page_steps_max(arena))
        fail_msg("%llu steps, %llu promised", (unsigned long long)(counted_steps - before),
                 (unsigned long long)lab_page_steps_max(arena));
}

/* Fills it more and more, with all orders, and empties it again, by all lcores in turn. */
static void play(struct lab_arena *arena, uint64_t seed)
{
    uint64_t random = seed;
    unsigned n = 0;

    for (unsigned i = 0; i < STEPS; i++) {
        uint32_t lcore = random_below(&random, LCORES + 1);
        bool filling = random_below(&random, 16) < (i / 5000 % 2 == 0 ? 12u : 5u);
        unsigned order = random_below(&random, 3) ? random_below(&random, 4)
                                                  : random_below(&random, LAB_PAGE_ORDERS);
        uint64_t before = counted_steps;

        lcore = lcore < LCORES ? lcore : LAB_LCORE_ANY;
        if (filling) {
            if (lab_page_alloc(arena, lcore, order,
                               random_below(&random, 2) ? LAB_GFP_ATOMIC : LAB_GFP_NOWAIT,
                               &held[n].page) == 0)
                held[n++].order = order;
            check_steps(arena, before);
        } else if (n > 0) {
            unsigned which = random_below(&random, n);

            assert_int_equal(lab_page_free(arena, lcore, held[which].page, held[which].order), 0);
            check_steps(arena, before);
            held[which] = held[--n];
        }
    }
    while (n-- > 0)
        assert_int_equal(lab_page_free(arena, 0, held[n].page, held[n].order), 0);
}

static void no_call_takes_more_steps_than_promised(void **state)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct arena_rig rig;

        most = 0;
        make(&rig, seed % 2 == 0);
        play(rig.arena, seed);
        print_message("%llu steps at most, %llu promised\n", (unsigned long long)most,
                      (unsigned long long)lab_page_steps_max(rig.arena));
        expect_arena_free(rig.arena);
        arena_rig_unmake(&rig);
    }
}

/* Every second page of a large zone is free, so that all rows of all blocks are looked at in vain,
 * again and again. Nobody looks into the pages. */
static void a_zone_in_splinters(void **state)
{
    enum { MANY = 4096, BULK = LAB_PAGE_BULK_MAX };
    const struct lab_arena_zone zone = {
        .bytes = MANY * 2 * MIB, .memory = (void *)(1024 * MIB), .watermark = {0, 0, 1}};
    struct lab_arena_options options = {
        .name = "unit", .zone = &zone, .zones = 1, .lcores = 1, .cached_orders = 1u << 3};
    void *pages[BULK];

    for (int fenced = 0; fenced < 2; fenced++) {
        struct lab_arena *arena;
        size_t bytes, n = 0;
        void *home;

        most = 0;
        options.fenced = fenced == 1;
        assert_int_equal(lab_arena_footprint(&options, &bytes, NULL), 0);
        home = aligned(LAB_CACHE_LINE, bytes);
        assert_int_equal(lab_arena_init(home, &options, &arena, NULL), 0);
        while (lab_page_alloc_bulk(arena, LAB_LCORE_ANY, 0, LAB_GFP_ATOMIC, pages, BULK) == 0)
            n += BULK;
        assert_int_equal(n, MANY * BLOCK);
        for (size_t i = 0; i < n; i += 2)
            assert_int_equal(
                lab_page_free(arena, LAB_LCORE_ANY, arena->zone[0].base + i * LAB_PAGE_BYTES, 0),
                0);
        for (unsigned order = 1; order < LAB_PAGE_ORDERS; order++)
            for (unsigned gfp = LAB_GFP_ATOMIC; gfp <= LAB_GFP_NOWAIT; gfp *= 2) {
                uint64_t before = counted_steps;

                assert_int_equal(lab_page_alloc(arena, 0, order, gfp, pages), -ENOMEM);
                check_steps(arena, before);
            }
        print_message("%llu steps at most, %llu promised\n", (unsigned long long)most,
                      (unsigned long long)lab_page_steps_max(arena));
        free(home);
    }
}

/* The number that the documentation has. */
static void what_is_promised_for_a_gigabyte(void **state)
{
    const struct lab_arena_zone zone = {.bytes = 1024 * MIB, .memory = (void *)(1024 * MIB)};
    const struct lab_arena_options options = {.name = "unit", .zone = &zone, .zones = 1};
    struct lab_arena *arena;
    size_t bytes;
    void *home;

    assert_int_equal(lab_arena_footprint(&options, &bytes, NULL), 0);
    home = aligned(LAB_CACHE_LINE, bytes);
    assert_int_equal(lab_arena_init(home, &options, &arena, NULL), 0);
    if (arena->set.barrier != LAB_BARRIER_FENCE)
        assert_int_equal(lab_page_steps_max(arena), 284672);
    free(home);
}

static int play_in_strict_mode(void *argument)
{
    struct arena_rig rig;

    make(&rig, false);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
        return 77;
    play(rig.arena, 9); /* any system call but this one kills the process */
    syscall(SYS_exit, 0);
    return 1;
}

static void no_call_makes_a_system_call(void **state)
{
    int status;

    if (is_emulated())
        skip_because("the emulator makes system calls of its own");
    if (LAB_WORDS_ATOMIC)
        skip_because("ThreadSanitizer makes system calls of its own");
    status = status_of_child(play_in_strict_mode, NULL);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip_because("this kernel has no seccomp(2)");
    assert_exited_with(0, status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_call_takes_more_steps_than_promised),
        cmocka_unit_test(what_is_promised_for_a_gigabyte),
        cmocka_unit_test(a_zone_in_splinters),
        cmocka_unit_test(no_call_makes_a_system_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
