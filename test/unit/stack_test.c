/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <errno.h>
#include <lab_stack.h>
#include <random.h>
#include <string.h>

/* One stack by one thread, against a plain array. */

enum { INDICES = 300 };

struct rig {
    struct lab_stack stack;
    lab_atomic_t head;
    lab_atomic_t links[INDICES];
    uint32_t model[INDICES]; /* bottom first */
    uint32_t depth;
    uint32_t held[INDICES];
    uint32_t holding;
};

static void rig_init(struct rig *rig, int garbage)
{
    memset(rig, 0, sizeof(*rig));
    memset(rig->links, garbage, sizeof(rig->links)); /* links may be anything that is not taken */
    lab_stack_init(&rig->stack, &rig->head, rig->links, INDICES);
    for (uint32_t i = 0; i < INDICES; i++)
        rig->held[rig->holding++] = i;
}

static void push(struct rig *rig, unsigned n)
{
    rig->holding -= n;
    lab_stack_push_any(&rig->stack, rig->held + rig->holding, n);
    memcpy(rig->model + rig->depth, rig->held + rig->holding, n * sizeof(uint32_t));
    rig->depth += n;
}

static unsigned pop(struct rig *rig, unsigned n)
{
    uint32_t expected = n < rig->depth ? n : rig->depth;
    uint32_t got[LAB_STACK_BURST];
    unsigned taken = lab_stack_pop_any(&rig->stack, got, n);

    assert_int_equal(taken, expected < LAB_STACK_BURST ? expected : LAB_STACK_BURST);
    for (unsigned i = 0; i < taken; i++) {
        assert_int_equal(got[i], rig->model[--rig->depth]);
        rig->held[rig->holding++] = got[i];
    }
    return taken;
}

static void is_an_array_in_every_sequence_of_operations(void **state)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        uint64_t random = seed;
        struct rig rig;

        rig_init(&rig, seed % 2 ? 0x7f : 0);
        for (int i = 0; i < 20000; i++) {
            unsigned n = random_below(&random, LAB_STACK_BURST + 1);

            if (random_below(&random, 2))
                push(&rig, n < rig.holding ? n : rig.holding);
            else
                pop(&rig, random_below(&random, 50) == 0 ? UINT32_MAX : n);
            assert_int_equal(lab_stack_count_any(&rig.stack), rig.depth);
        }
    }
}

static void nothing_is_nothing(void **state)
{
    uint32_t index = 7;
    struct rig rig;

    rig_init(&rig, 0);
    assert_int_equal(lab_stack_pop_any(&rig.stack, &index, 1), 0);
    lab_stack_push_any(&rig.stack, &index, 0);
    assert_int_equal(lab_stack_count_any(&rig.stack), 0);
    push(&rig, 1);
    assert_int_equal(pop(&rig, 0), 0);
    assert_int_equal(lab_stack_count_any(&rig.stack), 1);
    assert_int_equal(index, 7);
}

/* Else a thief that slept meanwhile would believe that nothing has moved. */
static void every_change_gives_another_head(void **state)
{
    struct rig rig;
    uint64_t last;

    rig_init(&rig, 0);
    push(&rig, 2);
    for (int i = 0; i < 1000; i++) {
        last = lab_load_relaxed(&rig.head);
        assert_int_equal(pop(&rig, 1), 1);
        assert_true(lab_load_relaxed(&rig.head) > last);
        last = lab_load_relaxed(&rig.head);
        push(&rig, 1);
        assert_true(lab_load_relaxed(&rig.head) > last);
    }
}

/* 2^36 changes, from which the tag begins anew. */
static void the_tag_may_overflow(void **state)
{
    struct rig rig;

    rig_init(&rig, 0);
    push(&rig, 40);
    lab_store_relaxed(&rig.head, lab_load_relaxed(&rig.head) | UINT64_MAX << 28);
    assert_int_equal(lab_stack_count_any(&rig.stack), 40);
    push(&rig, 40);
    assert_true(lab_load_relaxed(&rig.head) < UINT64_C(1) << 28);
    assert_int_equal(lab_stack_count_any(&rig.stack), 80);
    assert_int_equal(pop(&rig, 64), 64);
    assert_int_equal(pop(&rig, 64), 16);
}

/* Another process wrote where it should not have: what cannot be a link is not followed. */
static void a_foreign_link_ends_the_stack(void **state)
{
    static const uint64_t foreign[] = {INDICES + 1, (1u << LAB_STACK_INDEX_BITS) - 1};

    for (unsigned i = 0; i < 2; i++) {
        uint32_t got[4];
        struct rig rig;

        rig_init(&rig, 0);
        push(&rig, 3);
        lab_store_relaxed(&rig.links[rig.model[1]], UINT64_C(2) << 32 | foreign[i]);
        assert_int_equal(lab_stack_pop_any(&rig.stack, got, 4), 2);
        assert_int_equal(got[1], rig.model[1]);
        assert_int_equal(lab_stack_count_any(&rig.stack), 0);

        lab_store_relaxed(&rig.head, foreign[i]);
        assert_int_equal(lab_stack_pop_any(&rig.stack, got, 4), 0);
        assert_int_equal(lab_stack_count_any(&rig.stack), 0);
        lab_stack_push_any(&rig.stack, got, 1);
        assert_int_equal(lab_stack_count_any(&rig.stack), 1);
        assert_int_equal(lab_stack_pop_any(&rig.stack, got + 1, 1), 1);
        assert_int_equal(got[1], got[0]);
    }
}

/* In one burst, one after the other, and into another stack over the same links; but when it has
 * been popped, it may be pushed again. */
static void what_is_pushed_twice_is_left_out(void **state)
{
    uint32_t twice[] = {3, 5, 3, 7, 5}, got[8];
    lab_atomic_t beside_head = {0};
    struct lab_stack beside;
    struct rig rig;

    rig_init(&rig, 0);
    lab_stack_init_beside(&beside, &beside_head, &rig.stack, LAB_STACK_RESERVE);
    assert_int_equal(lab_stack_push_any(&rig.stack, twice, 5), 3);
    assert_int_equal(lab_stack_push_any(&rig.stack, twice, 2), 0);
    assert_int_equal(lab_stack_push_any(&beside, twice, 5), 0);
    assert_int_equal(lab_stack_count_any(&rig.stack), 3);
    assert_int_equal(lab_stack_count_any(&beside), 0);
    assert_int_equal(lab_stack_pop_any(&rig.stack, got, 2), 2);
    assert_int_equal(got[0], 7);
    assert_int_equal(got[1], 5);
    assert_int_equal(lab_stack_push_any(&beside, twice, 5), 2);
    assert_int_equal(lab_stack_pop_any(&rig.stack, got, 8), 1);
    assert_int_equal(got[0], 3);
    assert_int_equal(lab_stack_pop_any(&beside, got, 8), 2);
    assert_int_equal(got[0], 7);
    assert_int_equal(got[1], 5);
}

/* One that was killed between its pop's steps left the object so. */
static void what_is_forgotten_can_be_pushed(void **state)
{
    uint32_t index = 9, got;
    struct rig rig;

    rig_init(&rig, 0);
    lab_store_relaxed(&rig.links[index], UINT64_MAX);
    assert_int_equal(lab_stack_push_any(&rig.stack, &index, 1), 0);
    lab_stack_forget(&rig.stack, index);
    assert_int_equal(lab_stack_push_any(&rig.stack, &index, 1), 1);
    assert_int_equal(lab_stack_pop_any(&rig.stack, &got, 1), 1);
    assert_int_equal(got, index);
}

static void see(void *context, uint32_t index)
{
    ((uint32_t *)context)[index]++;
}

static void a_walk_sees_all_of_this_stack_alone(void **state)
{
    lab_atomic_t beside_head = {0};
    struct lab_stack beside;
    struct rig rig;

    rig_init(&rig, 0);
    for (unsigned depth = 0; depth <= 128; depth += 64) {
        uint32_t seen[INDICES] = {0};

        assert_int_equal(lab_stack_walk_any(&rig.stack, see, seen), 0);
        for (unsigned i = 0; i < depth; i++)
            assert_int_equal(seen[rig.model[i]], 1);
        for (unsigned i = 0; i < rig.holding; i++)
            assert_int_equal(seen[rig.held[i]], 0);
        push(&rig, 64);
    }
    /* An object that was popped and went into another stack leads nobody there. */
    lab_stack_init_beside(&beside, &beside_head, &rig.stack, LAB_STACK_RESERVE);
    lab_stack_forget(&rig.stack, rig.model[rig.depth - 2]);
    lab_stack_push_any(&beside, &rig.model[rig.depth - 2], 1);
    assert_int_equal(lab_stack_walk_any(&rig.stack, see, rig.held), -EAGAIN);
    assert_int_equal(lab_stack_count_any(&beside), 1);
    memset(rig.held, 0, sizeof(rig.held));
    assert_int_equal(lab_stack_walk_any(&beside, see, rig.held), 0);
    assert_int_equal(rig.held[rig.model[rig.depth - 2]], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_an_array_in_every_sequence_of_operations),
        cmocka_unit_test(nothing_is_nothing),
        cmocka_unit_test(every_change_gives_another_head),
        cmocka_unit_test(the_tag_may_overflow),
        cmocka_unit_test(a_foreign_link_ends_the_stack),
        cmocka_unit_test(what_is_pushed_twice_is_left_out),
        cmocka_unit_test(what_is_forgotten_can_be_pushed),
        cmocka_unit_test(a_walk_sees_all_of_this_stack_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
