/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <lab_audit_word.h>

/* Two lcores of two processes, in epoch 5; and the first one in the epoch before. */
static const uint64_t one = UINT64_C(7) << 16 | UINT64_C(1) << 10 | UINT64_C(5) << 4;
static const uint64_t other = UINT64_C(0x7fff) << 16 | UINT64_C(63) << 10 | UINT64_C(5) << 4;
static const uint64_t before = UINT64_C(7) << 16 | UINT64_C(1) << 10 | UINT64_C(4) << 4;

static void fields_do_not_overlap(void **state)
{
    uint64_t word = lab_audit_word_next(UINT32_MAX, lab_audit_who(63, 0xffff, 63), LAB_AUDIT_HELD);

    assert_true(lab_audit_who(1, 7, 5) == one);
    assert_true(lab_audit_who(63, 0x7fff, 5) == other);
    assert_true((word | LAB_AUDIT_POISONED) ==
                (UINT64_MAX & ~LAB_AUDIT_STATE_MASK) + LAB_AUDIT_HELD);
    assert_int_equal(lab_audit_word_generation(word), UINT32_MAX);
    assert_int_equal(lab_audit_word_lcore(word), 0xffff);
    assert_int_equal(lab_audit_word_process_slot(word), 63);
    assert_int_equal(lab_audit_word_epoch(word), 63);
    word = lab_audit_word_next(9, one, LAB_AUDIT_FREE);
    assert_int_equal(lab_audit_word_generation(word), 9);
    assert_int_equal(lab_audit_word_lcore(word), 7);
    assert_int_equal(lab_audit_word_process_slot(word), 1);
    assert_int_equal(lab_audit_word_epoch(word), 5);
}

static void a_get_makes_a_holder_of_a_new_generation(void **state)
{
    uint64_t word = 0;

    assert_int_equal(lab_audit_word_get(0, one, &word), LAB_AUDIT_FINE);
    assert_int_equal(lab_audit_word_state(word, one), LAB_AUDIT_HELD);
    assert_int_equal(lab_audit_word_generation(word), 1);
    assert_true(lab_audit_word_is_by(word, one));
    assert_false(lab_audit_word_is_by(word, other));
    assert_int_equal(lab_audit_word_put(word, one, true, &word), LAB_AUDIT_FINE);
    assert_int_equal(lab_audit_word_state(word, one), LAB_AUDIT_FREE);
    assert_true(lab_audit_word_is_by(word, one));
    assert_int_equal(lab_audit_word_get(word | LAB_AUDIT_POISONED, other, &word), LAB_AUDIT_FINE);
    assert_int_equal(lab_audit_word_generation(word), 2);
    assert_true(lab_audit_word_is_by(word, other));
    assert_false(word & LAB_AUDIT_POISONED);
}

static void what_is_held_is_not_given_again(void **state)
{
    uint64_t word = lab_audit_word_next(3, one, LAB_AUDIT_HELD), next = 0;

    assert_int_equal(lab_audit_word_get(word, other, &next), LAB_AUDIT_HELD_TWICE);
    assert_true(next == lab_audit_word_next(4, other, LAB_AUDIT_HELD));
}

static void what_is_free_is_not_put_again(void **state)
{
    uint64_t word = lab_audit_word_next(3, one, LAB_AUDIT_FREE), next = 7;

    assert_int_equal(lab_audit_word_put(word, one, false, &next), LAB_AUDIT_DOUBLE_FREE);
    assert_int_equal(lab_audit_word_put(word | LAB_AUDIT_POISONED, other, true, &next),
                     LAB_AUDIT_DOUBLE_FREE);
    assert_int_equal(lab_audit_word_hand(word, one, other, &next), LAB_AUDIT_WRONG_HOLDER);
    assert_int_equal(next, 7);
}

static void only_the_holder_puts_where_hand_overs_are_stated(void **state)
{
    uint64_t word = lab_audit_word_next(3, one, LAB_AUDIT_HELD), next = 7;

    assert_int_equal(lab_audit_word_put(word, other, true, &next), LAB_AUDIT_WRONG_HOLDER);
    assert_int_equal(next, 7);
    assert_int_equal(lab_audit_word_put(word, other, false, &next), LAB_AUDIT_FINE);
    assert_true(next == lab_audit_word_next(3, other, LAB_AUDIT_FREE));
    assert_int_equal(lab_audit_word_hand(word, one, other, &next), LAB_AUDIT_FINE);
    assert_true(next == lab_audit_word_next(3, other, LAB_AUDIT_HELD));
    assert_int_equal(lab_audit_word_put(next, one, true, &word), LAB_AUDIT_WRONG_HOLDER);
    assert_int_equal(lab_audit_word_hand(next, one, one, &word), LAB_AUDIT_WRONG_HOLDER);
    assert_int_equal(lab_audit_word_put(next, other, true, &word), LAB_AUDIT_FINE);
}

static void another_epochs_record_says_nothing(void **state)
{
    uint64_t held = lab_audit_word_next(3, before, LAB_AUDIT_HELD);
    uint64_t free = lab_audit_word_next(3, before, LAB_AUDIT_FREE), next = 0;

    assert_int_equal(lab_audit_word_state(held, one), LAB_AUDIT_UNSEEN);
    assert_int_equal(lab_audit_word_get(held, one, &next), LAB_AUDIT_FINE);
    assert_int_equal(lab_audit_word_put(free, one, true, &next), LAB_AUDIT_FINE);
    assert_true(next == lab_audit_word_next(3, one, LAB_AUDIT_FREE));
    assert_int_equal(lab_audit_word_put(held, other, true, &next), LAB_AUDIT_FINE);
    assert_int_equal(lab_audit_word_hand(free, one, other, &next), LAB_AUDIT_FINE);
}

static bool is_plainly_held(uint64_t word, uint64_t plain)
{
    return lab_audit_word_is_plain(word, one, plain, LAB_AUDIT_HELD);
}

static void what_is_out_of_the_ordinary_is_not_plain(void **state)
{
    uint64_t held = lab_audit_word_next(3, one, LAB_AUDIT_HELD);
    uint64_t others = lab_audit_word_next(3, other, LAB_AUDIT_HELD);
    uint64_t free = lab_audit_word_next(3, other, LAB_AUDIT_FREE);
    uint64_t old = lab_audit_word_next(3, before, LAB_AUDIT_HELD);

    assert_true(is_plainly_held(held, LAB_AUDIT_PLAIN_PUT));
    assert_true(is_plainly_held(others, LAB_AUDIT_PLAIN_PUT));
    assert_true(is_plainly_held(held, LAB_AUDIT_PLAIN_PUT_STATED));
    assert_false(is_plainly_held(others, LAB_AUDIT_PLAIN_PUT_STATED));
    assert_false(is_plainly_held(held, 0));
    assert_false(is_plainly_held(held | LAB_AUDIT_SAMPLED, LAB_AUDIT_PLAIN_PUT));
    assert_false(is_plainly_held(old, LAB_AUDIT_PLAIN_PUT));
    assert_false(is_plainly_held(free, LAB_AUDIT_PLAIN_PUT));
    assert_false(is_plainly_held(0, LAB_AUDIT_PLAIN_PUT));
    assert_true(lab_audit_word_is_plain(free, one, LAB_AUDIT_PLAIN_GET, LAB_AUDIT_FREE));
    assert_false(lab_audit_word_is_plain(free | LAB_AUDIT_POISONED, one, LAB_AUDIT_PLAIN_GET,
                                         LAB_AUDIT_FREE));
    assert_false(lab_audit_word_is_plain(held, one, LAB_AUDIT_PLAIN_GET, LAB_AUDIT_FREE));
}

static void generations_wrap_around(void **state)
{
    uint64_t word = lab_audit_word_next(UINT32_MAX, one, LAB_AUDIT_FREE);

    assert_int_equal(lab_audit_word_get(word, one, &word), LAB_AUDIT_FINE);
    assert_true(word == lab_audit_word_next(0, one, LAB_AUDIT_HELD));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_do_not_overlap),
        cmocka_unit_test(a_get_makes_a_holder_of_a_new_generation),
        cmocka_unit_test(what_is_held_is_not_given_again),
        cmocka_unit_test(what_is_free_is_not_put_again),
        cmocka_unit_test(only_the_holder_puts_where_hand_overs_are_stated),
        cmocka_unit_test(another_epochs_record_says_nothing),
        cmocka_unit_test(what_is_out_of_the_ordinary_is_not_plain),
        cmocka_unit_test(generations_wrap_around),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
