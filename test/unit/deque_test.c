/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <invariants.h>
#include <lab_deque.h>
#include <random.h>

/* One deque by one thread, against a plain array. Objects are ever-growing numbers, so that none
 * looks like another; what several threads do at once is for test/stress and test/explore. */

enum { CAPACITY = 64, BURST = CAPACITY + 8 };

struct rig {
    struct lab_deque deque;
    lab_atomic_t slots[CAPACITY + BURST]; /* behind the ring: what nobody may write */
    void *model[CAPACITY];                /* oldest first */
    uint64_t count;
    uintptr_t next;
    uint64_t mark; /* not 0: a revocation is under way */
    void *got[BURST];
};

static const uint64_t bases[] = {0, (UINT64_C(1) << 32) - 40, LAB_DEQUE_MARK - (1 << 20)};

/* An empty deque whose counters have come to `base`. */
static void rig_init(struct rig *rig, uint32_t steal_max, uint32_t private_size, bool fenced,
                     uint64_t base)
{
    memset(rig, 0, sizeof(*rig));
    rig->next = 1;
    lab_deque_init(&rig->deque, steal_max, private_size, fenced);
    lab_deque_equip_owner(&rig->deque, rig->slots, CAPACITY, 0);
    lab_store_relaxed(&rig->deque.top, base);
    lab_store_relaxed(&rig->deque.split, base);
    lab_store_relaxed(&rig->deque.bot, base);
    assert_true(lab_deque_push_slow_owner(&rig->deque, NULL, 0, true)); /* sets its limits */
}

static uint64_t private_of(const struct rig *rig)
{
    uint64_t private_part;

    assert_int_equal(lab_deque_count_any(&rig->deque, &private_part), rig->count);
    return private_part;
}

static uint64_t public_of(const struct rig *rig)
{
    return rig->count - private_of(rig);
}

static void check(const struct rig *rig)
{
    if (rig->mark == 0)
        assert_null(deque_wrong(&rig->deque));
    assert_int_equal(lab_deque_count_any(&rig->deque, NULL), rig->count);
    for (unsigned i = CAPACITY; i < CAPACITY + BURST; i++)
        assert_int_equal(lab_load_relaxed(&rig->slots[i]), 0);
}

static bool push(struct rig *rig, unsigned n, bool publish_all)
{
    void *objects[BURST];
    bool fits = rig->count + n <= CAPACITY;

    for (unsigned i = 0; i < n; i++)
        objects[i] = (void *)(rig->next + i);
    if (publish_all || !lab_deque_push_owner(&rig->deque, objects, n))
        assert_int_equal(lab_deque_push_slow_owner(&rig->deque, objects, n, publish_all), fits);
    else
        assert_true(fits);
    if (!fits)
        return false;
    if (rig->mark != 0 && lab_load_relaxed(&rig->deque.split) < LAB_DEQUE_MARK)
        rig->mark = 0; /* the push has ended it */
    for (unsigned i = 0; i < n; i++)
        rig->model[rig->count++] = objects[i];
    rig->next += n;
    if (publish_all)
        assert_int_equal(private_of(rig), 0);
    return true;
}

/* Whether got[0 .. n-1] are the model's objects from `at` on. */
static void expect_model(const struct rig *rig, uint64_t at, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        assert_ptr_equal(rig->got[i], rig->model[at + i]);
}

static unsigned pop(struct rig *rig, unsigned n)
{
    unsigned got = n;
    uint64_t private_part = private_of(rig);

    if (lab_deque_pop_owner(&rig->deque, rig->got, n)) {
        assert_int_equal(rig->mark, 0);
        assert_true(n <= private_part);
        assert_false(lab_deque_is_fenced_any(&rig->deque));
    } else {
        got = lab_deque_pop_slow_owner(&rig->deque, rig->got, 1, n);
        assert_true(got <= n);
        /* Objects that no thief can reach are the owner's. */
        if (rig->mark == 0 && rig->count >= (uint64_t)n + rig->deque.steal_max)
            assert_int_equal(got, n);
        if (rig->mark == 0 && n <= private_part)
            assert_int_equal(got, n);
        rig->mark = 0;
    }
    rig->count -= got;
    expect_model(rig, rig->count, got);
    return got;
}

static unsigned steal(struct rig *rig, unsigned n)
{
    uint64_t expected = rig->mark != 0 ? 0 : public_of(rig);
    unsigned got = lab_deque_steal_any(&rig->deque, rig->got, n);

    if (expected > n)
        expected = n;
    if (expected > rig->deque.steal_max)
        expected = rig->deque.steal_max;
    assert_int_equal(got, expected);
    expect_model(rig, 0, got);
    rig->count -= got;
    memmove(rig->model, rig->model + got, rig->count * sizeof(void *));
    return got;
}

static void mark(struct rig *rig)
{
    uint64_t private_part = private_of(rig), found = 0, before = rig->mark;

    switch (lab_deque_mark_any(&rig->deque, &found)) {
    case LAB_DEQUE_BARE:
        assert_int_equal(rig->count, 0);
        break;
    case LAB_DEQUE_PUBLIC:
        assert_true(rig->count > private_part);
        break;
    case LAB_DEQUE_MARKED:
        assert_true(before == 0 ? rig->count == private_part && private_part > 0 : found == before);
        assert_true(found >= LAB_DEQUE_MARK);
        rig->mark = found;
        break;
    }
}

/* A mark that is no longer in force changes nothing. */
static void settle(struct rig *rig, uint64_t mark)
{
    uint64_t before = private_of(rig);

    lab_deque_settle_any(&rig->deque, mark);
    if (mark == rig->mark) {
        rig->mark = 0;
        assert_int_equal(private_of(rig), 0);
    } else if (rig->mark == 0) {
        assert_int_equal(private_of(rig), before);
    }
}

static void random_operations(uint32_t steal_max, uint32_t private_size, bool fenced, uint64_t base)
{
    uint64_t random = steal_max * 1000 + private_size, old_mark = LAB_DEQUE_MARK | 7;
    struct rig rig;

    rig_init(&rig, steal_max, private_size, fenced, base);
    for (int i = 0; i < 20000; i++) {
        unsigned n = random_below(&random, random_below(&random, 8) == 0 ? BURST : 12);

        switch (random_below(&random, 10)) {
        case 0 ... 2:
            push(&rig, n, random_below(&random, 8) == 0);
            break;
        case 3 ... 5:
            pop(&rig, n);
            break;
        case 6 ... 7:
            steal(&rig, n);
            break;
        case 8:
            mark(&rig);
            old_mark = rig.mark != 0 && random_below(&random, 2) ? rig.mark : old_mark;
            break;
        default:
            settle(&rig, rig.mark != 0 && random_below(&random, 2) ? rig.mark : old_mark);
        }
        check(&rig);
    }
}

static void is_an_array_in_every_sequence_of_operations(void **state)
{
    static const uint32_t steal_maxes[] = {1, 3, 8, 64}, sizes[] = {1, 8, 32};

    for (unsigned r = 0; r < 4; r++)
        for (unsigned t = 0; t < 3; t++)
            for (unsigned b = 0; b < 3; b++)
                for (int fenced = 0; fenced < 2; fenced++)
                    random_operations(steal_maxes[r], sizes[t], fenced, bases[b]);
}

static void wraps_around_at_every_alignment(void **state)
{
    struct rig rig;

    for (uint64_t at = 0; at < CAPACITY; at++)
        for (unsigned burst = 1; burst <= CAPACITY; burst += 7) {
            unsigned rest = CAPACITY % burst;

            rig_init(&rig, CAPACITY, CAPACITY / 2, false, bases[1] + at);
            for (unsigned i = 0; i < CAPACITY / burst; i++)
                assert_true(push(&rig, burst, false));
            assert_true(push(&rig, rest, true));
            assert_false(push(&rig, 1, false)); /* full */
            check(&rig);
            assert_int_equal(steal(&rig, burst), burst);
            while (rig.count > 0)
                assert_true(steal(&rig, burst) > 0);
            check(&rig);
        }
}

static void the_tip_is_lifo_and_the_public_part_fifo(void **state)
{
    struct rig rig;

    rig_init(&rig, 4, 8, false, 0);
    push(&rig, 40, true);
    push(&rig, 8, false);
    assert_int_equal(private_of(&rig), 8);
    assert_int_equal(pop(&rig, 1), 1);
    assert_ptr_equal(rig.got[0], (void *)48);
    assert_int_equal(steal(&rig, 1), 1);
    assert_ptr_equal(rig.got[0], (void *)1);
    assert_int_equal(pop(&rig, 3), 3);
    assert_ptr_equal(rig.got[2], (void *)47);
    assert_int_equal(steal(&rig, 9), 4); /* its steal_max */
    assert_ptr_equal(rig.got[3], (void *)5);
}

static void a_thief_leaves_the_tip_alone_until_it_is_revoked(void **state)
{
    struct rig rig;

    rig_init(&rig, 8, 8, false, 0);
    push(&rig, 5, false);
    assert_int_equal(steal(&rig, 5), 0);
    mark(&rig);
    assert_int_not_equal(rig.mark, 0);
    assert_false(lab_deque_pop_owner(&rig.deque, rig.got, 1));
    assert_int_equal(steal(&rig, 5), 0);
    settle(&rig, rig.mark);
    assert_int_equal(steal(&rig, 5), 5);
}

static void no_two_revocations_have_one_mark(void **state)
{
    uint64_t last = 0;
    struct rig rig;

    rig_init(&rig, 8, 8, false, 0);
    for (int i = 0; i < 100; i++) {
        push(&rig, 1, false);
        mark(&rig);
        assert_true(rig.mark > last);
        last = rig.mark;
        assert_int_equal(pop(&rig, 1) + steal(&rig, 1), 1);
        settle(&rig, last); /* too late */
        check(&rig);
    }
}

static void what_came_from_elsewhere_is_popped_slowly_once(void **state)
{
    struct rig rig;

    rig_init(&rig, 4, 8, false, 0);
    push(&rig, 10, false);
    assert_false(lab_deque_is_remote_owner(&rig.deque, 10));
    lab_deque_mark_remote_owner(&rig.deque);
    assert_true(lab_deque_is_remote_owner(&rig.deque, 1));
    assert_false(lab_deque_pop_owner(&rig.deque, rig.got, 1));
    assert_int_equal(pop(&rig, 4), 4);
    assert_true(lab_deque_is_remote_owner(&rig.deque, 1));
    push(&rig, 2, false);
    assert_false(lab_deque_is_remote_owner(&rig.deque, 2));
    assert_true(lab_deque_is_remote_owner(&rig.deque, 3));
    assert_true(lab_deque_pop_owner(&rig.deque, rig.got, 2));
    rig.count -= 2;
    assert_int_equal(pop(&rig, 6), 6);
    push(&rig, 6, false);
    assert_true(lab_deque_pop_owner(&rig.deque, rig.got, 6));
}

/* Pops `piece` objects, of which the first was put as number `first` into an empty deque. */
static void expect_piece(struct lab_deque *own, unsigned piece, uintptr_t first)
{
    void *got[BURST];

    assert_int_equal(lab_deque_pop_slow_owner(own, got, piece, piece), piece);
    for (unsigned i = 0; i < piece; i++)
        assert_int_equal((uintptr_t)got[i], first + i);
}

/* Wherever the two rings end. */
static void a_thief_pops_pieces_in_the_order_in_which_they_were_put(void **state)
{
    enum { PIECE = 5, STEAL_MAX = 12, PUT = 40 };

    for (unsigned at = 0; at < CAPACITY; at++) {
        struct rig own, victim;

        rig_init(&own, STEAL_MAX, 8, false, CAPACITY - at % 7);
        rig_init(&victim, STEAL_MAX, 8, false, at);
        assert_true(push(&victim, PUT, true));
        assert_int_equal(lab_deque_steal_owner(&own.deque, &victim.deque, PIECE, 1), 2 * PIECE);
        lab_deque_keep_owner(&own.deque, 2 * PIECE);
        expect_piece(&own.deque, PIECE, 1);
        expect_piece(&own.deque, PIECE, 1 + PIECE);

        /* A want that is larger than a steal comes in two, the second one as small as it need be.
         */
        assert_int_equal(lab_deque_steal_owner(&own.deque, &victim.deque, 15, 15), STEAL_MAX);
        lab_deque_keep_owner(&own.deque, STEAL_MAX);
        assert_int_equal(lab_deque_steal_owner(&own.deque, &victim.deque, 15, 3), 3);
        lab_deque_keep_owner(&own.deque, 3);
        expect_piece(&own.deque, 15, 1 + 2 * PIECE);
        assert_null(deque_wrong(&own.deque));
        assert_null(deque_wrong(&victim.deque));
    }
}

static void without_slots_there_is_nothing_to_do(void **state)
{
    struct lab_deque deque;
    void *object = &deque;
    uint64_t mark;

    lab_deque_init(&deque, 8, 8, false);
    for (unsigned n = 0; n < 2; n++) {
        assert_false(lab_deque_pop_owner(&deque, &object, n));
        assert_int_equal(lab_deque_pop_slow_owner(&deque, &object, 1, n), 0);
        assert_false(lab_deque_push_owner(&deque, &object, n));
        assert_false(lab_deque_push_slow_owner(&deque, &object, n, true));
        assert_int_equal(lab_deque_steal_any(&deque, &object, n), 0);
    }
    assert_int_equal(lab_deque_mark_any(&deque, &mark), LAB_DEQUE_BARE);
    assert_ptr_equal(object, &deque);
    assert_null(deque_wrong(&deque));
}

/* The next owner of a dead one's id must find what the model has: each object once. It puts some
 * first, since a put must not harm what is there. */
static void expect_inheritance(struct rig *rig, unsigned pushing, unsigned expected)
{
    enum { FIRST = 1000 };
    bool seen[FIRST + CAPACITY + 1] = {false};
    void *objects[CAPACITY];
    unsigned count = 0, n;

    for (unsigned i = 0; i < CAPACITY; i++)
        objects[i] = (void *)(uintptr_t)(FIRST + i);
    if (lab_deque_push_slow_owner(&rig->deque, objects, pushing, pushing % 16 == 0))
        expected += pushing;
    while ((n = lab_deque_pop_slow_owner(&rig->deque, rig->got, 1, 7)) != 0 ||
           (n = lab_deque_steal_any(&rig->deque, rig->got, 7)) != 0)
        for (unsigned i = 0; i < n; i++, count++) {
            assert_in_range((uintptr_t)rig->got[i], 1, FIRST + CAPACITY);
            assert_false(seen[(uintptr_t)rig->got[i]]);
            seen[(uintptr_t)rig->got[i]] = true;
        }
    assert_int_equal(count, expected);
    assert_null(deque_wrong(&rig->deque));
    for (unsigned i = CAPACITY; i < CAPACITY + BURST; i++)
        assert_int_equal(lab_load_relaxed(&rig->slots[i]), 0);
}

/* The owner has lowered bot, and was killed before it could look at split. The objects that it was
 * popping are lost, unless a revoker has made them public before. */
static void outlives_an_owner_killed_in_a_pop(void **state)
{
    for (int fenced = 0; fenced < 2; fenced++)
        for (int revoked = 0; revoked < 2; revoked++)
            for (unsigned stolen = 0; stolen <= (revoked ? 20 : 12); stolen++)
                for (unsigned popping = 0; popping <= 8; popping++)
                    for (unsigned pushing = 0; pushing <= CAPACITY; pushing += 8) {
                        struct rig rig;

                        rig_init(&rig, 32, 8, fenced, 0);
                        push(&rig, 20, false);
                        assert_int_equal(private_of(&rig), 8);
                        if (revoked)
                            lab_store_relaxed(&rig.deque.split, 20);
                        assert_int_equal(steal(&rig, stolen), stolen);
                        lab_store_relaxed(&rig.deque.bot, 20 - popping);
                        expect_inheritance(&rig, pushing, 20 - stolen - (revoked ? 0 : popping));
                    }
}

/* Then its successor, too, before it had repaired that: bot may even have come to lie below
 * zero. */
static void outlives_two_owners_killed_in_pops(void **state)
{
    for (int fenced = 0; fenced < 2; fenced++)
        for (unsigned stolen = 0; stolen <= 8; stolen++)
            for (uint64_t popping = 0; popping <= 16; popping++)
                for (unsigned pushing = 0; pushing <= CAPACITY - 8; pushing += 8) {
                    struct rig rig;

                    rig_init(&rig, 32, 8, fenced, 0);
                    push(&rig, 8, true);
                    assert_int_equal(steal(&rig, stolen), stolen);
                    lab_store_relaxed(&rig.deque.bot, 8 - popping);
                    expect_inheritance(&rig, pushing, 8 - stolen);
                }
}

/* The owner has lowered split, and was killed before it could look at top: thieves that knew the
 * old split have passed the new one. */
static void outlives_an_owner_killed_in_lowering_split(void **state)
{
    for (int fenced = 0; fenced < 2; fenced++)
        for (unsigned stolen = 0; stolen <= 20; stolen++)
            for (unsigned lowered = 0; lowered <= 20; lowered++)
                for (unsigned pushing = 0; pushing <= CAPACITY; pushing += 8) {
                    struct rig rig;

                    rig_init(&rig, 32, 8, fenced, 0);
                    push(&rig, 20, true);
                    assert_int_equal(steal(&rig, stolen), stolen);
                    lab_store_relaxed(&rig.deque.split, 20 - lowered);
                    expect_inheritance(&rig, pushing, 20 - stolen);
                }
}

static void what_is_wrong_is_not_valid(void **state)
{
    struct lab_deque deque;
    lab_atomic_t slots[CAPACITY] = {0};

    lab_deque_init(&deque, 4, 4, false);
    assert_true(lab_deque_is_valid(&deque));
    lab_store_relaxed(&deque.bot, 1); /* without slots */
    assert_false(lab_deque_is_valid(&deque));
    lab_store_relaxed(&deque.bot, 0);
    lab_deque_equip_owner(&deque, slots, CAPACITY, 0);
    assert_true(lab_deque_is_valid(&deque));
    lab_store_relaxed(&deque.bot, CAPACITY + 1);
    assert_false(lab_deque_is_valid(&deque));
    lab_store_relaxed(&deque.bot, 3);
    lab_store_relaxed(&deque.split, 4);
    assert_false(lab_deque_is_valid(&deque));
    lab_store_relaxed(&deque.split, 3);
    lab_store_relaxed(&deque.top, 4);
    assert_false(lab_deque_is_valid(&deque));
    lab_store_relaxed(&deque.top, 3);
    assert_true(lab_deque_is_valid(&deque));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_an_array_in_every_sequence_of_operations),
        cmocka_unit_test(wraps_around_at_every_alignment),
        cmocka_unit_test(the_tip_is_lifo_and_the_public_part_fifo),
        cmocka_unit_test(a_thief_leaves_the_tip_alone_until_it_is_revoked),
        cmocka_unit_test(no_two_revocations_have_one_mark),
        cmocka_unit_test(what_came_from_elsewhere_is_popped_slowly_once),
        cmocka_unit_test(a_thief_pops_pieces_in_the_order_in_which_they_were_put),
        cmocka_unit_test(without_slots_there_is_nothing_to_do),
        cmocka_unit_test(what_is_wrong_is_not_valid),
        cmocka_unit_test(outlives_an_owner_killed_in_a_pop),
        cmocka_unit_test(outlives_two_owners_killed_in_pops),
        cmocka_unit_test(outlives_an_owner_killed_in_lowering_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
