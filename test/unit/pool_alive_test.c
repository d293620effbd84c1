/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "worlds.h"
#include <lab_audit.h>
#include <lab_intercept.h>
#include <lab_os.h>

/* Reclaim takes nothing from a process of which it is not known that it has ended, and says that
 * there is one. The pools lie in memory that processes inherit. */

enum { COUNT = 600, BYTES = 64, HELD = 100, SELF = 0, OTHER = 1, LATER = 2, MEMORY = 1 << 18 };

static const struct lab_pool_holder the_dead = {.process = 0, .lcore = LAB_LCORE_ANY};

/* A pool at level full, and what a resident holds of it. */
static struct rig {
    struct lab_pool *pool;
    char *memory;
    char *objects;
    void **held; /* shared */
} rig;

static int make_pool(void *unused)
{
    struct lab_pool_options options = {.name = "alive",
                                       .count = COUNT,
                                       .lcores = 4,
                                       .deques = 4,
                                       .shared = true,
                                       .audit = {.level = LAB_AUDIT_FULL}};
    size_t bytes;

    if (lab_pool_footprint(&options, &bytes, NULL) != 0 || bytes > MEMORY)
        return 1;
    return lab_pool_init(rig.memory, &options, &rig.pool, NULL);
}

static int fill_pool(void *unused)
{
    for (unsigned i = 0; i < COUNT; i++) {
        void *object = rig.objects + (size_t)i * BYTES;

        if (lab_pool_adopt(rig.pool, object) != 0 || lab_pool_put(rig.pool, SELF, object) != 0)
            return 1;
    }
    return 0;
}

static int set_up(void **state)
{
    rig.memory = shared_memory(MEMORY);
    rig.objects = shared_memory(COUNT * BYTES);
    rig.held = shared_memory(HELD * sizeof(void *));
    assert_int_equal(make_pool(NULL), 0);
    assert_int_equal(fill_pool(NULL), 0);
    return 0;
}

static int tear_down(void **state)
{
    munmap(rig.memory, MEMORY);
    munmap(rig.objects, COUNT * BYTES);
    munmap(rig.held, HELD * sizeof(void *));
    return 0;
}

static int hold(void *unused)
{
    return lab_pool_get_bulk(rig.pool, OTHER, rig.held, HELD);
}

static int hold_without_descriptors(void *unused)
{
    return no_descriptors() != 0 ? 1 : hold(NULL);
}

static int hold_one_and_die(void *unused)
{
    void *object;

    return lab_pool_get(rig.pool, LATER, &object);
}

static void one_dies(void)
{
    int status = status_of_child(hold_one_and_die, NULL);

    assert_exited_with(0, status);
}

/* Nobody gets what the resident holds. */
static void expect_still_held(void)
{
    void *objects[COUNT];
    unsigned n = 0;

    while (lab_pool_get(rig.pool, SELF, &objects[n]) == 0)
        for (unsigned i = 0, last = n++; i < HELD; i++)
            assert_ptr_not_equal(objects[last], rig.held[i]);
    assert_int_equal(n, COUNT - HELD);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(lab_pool_put(rig.pool, SELF, objects[i]), 0);
}

static struct lab_pool_reclaimed reclaim(void)
{
    struct lab_pool_reclaimed reclaimed = {0};
    struct lab_error error = {0};

    if (lab_pool_reclaim(rig.pool, SELF, &the_dead, NULL, NULL, &reclaimed, &error) != 0)
        fail_msg("%s", error.message);
    return reclaimed;
}

static int cannot_reclaim_from(uint64_t process)
{
    struct lab_pool_holder named = {.process = process, .lcore = LAB_LCORE_ANY};
    struct lab_pool_reclaimed reclaimed = {.held = 99};
    struct lab_error error = {0};
    int rc = lab_pool_reclaim(rig.pool, SELF, &named, NULL, NULL, &reclaimed, &error);

    return rc == -EBUSY && strstr(error.message, "cannot be known") != NULL && reclaimed.held == 99;
}

/* While the resident lives in a world where it is not seen rightly, and another process dies. */
static void expect_unknown(world *enter, int (*body)(void *))
{
    struct resident resident = settle(enter, body, NULL);
    struct lab_pool_reclaimed reclaimed;
    unsigned unknown;

    assert_int_equal(lab_pool_ended(rig.pool, &unknown), 0);
    assert_int_equal(unknown, 1);
    one_dies();
    assert_int_equal(lab_pool_ended(rig.pool, NULL), 1);
    reclaimed = reclaim();
    assert_int_equal(reclaimed.held, 1);
    assert_int_equal(reclaimed.in_motion, 0);
    assert_int_equal(reclaimed.unknown, 1);
    assert_false(reclaimed.complete);
    assert_true(cannot_reclaim_from(lab_audit_process(lab_intercept_of(rig.pool)->audit, 2)));
    expect_still_held();
    end(&resident);
}

static void who_is_in_another_pid_namespace(void **state)
{
    expect_unknown(other_pids, hold);
    assert_int_equal(reclaim().held, 0); /* still not known to have ended */
    expect_still_held();
}

static void who_is_in_another_time_namespace(void **state)
{
    expect_unknown(other_time, hold);
    assert_int_equal(reclaim().held, HELD); /* nobody has its id */
}

static void who_could_not_be_identified(void **state)
{
    expect_unknown(plain_world, hold_without_descriptors);
    assert_int_equal(reclaim().held, 0);
    expect_still_held();
}

/* Looks for the dead from a world, and finds none but those that are known to be. */
static int reclaims_nothing(void *unknown)
{
    struct lab_pool_reclaimed reclaimed = reclaim();

    return lab_pool_ended(rig.pool, NULL) == 0 && reclaimed.held == 0 && reclaimed.in_motion == 0 &&
           reclaimed.unknown == *(unsigned *)unknown && !reclaimed.complete;
}

static void where_pidfd_open_is_refused(void **state)
{
    struct resident resident = settle(plain_world, hold, NULL);
    unsigned unknown = 2; /* the resident, and the test, which made the pool */

    assert_int_equal(visit_world(no_pidfd_open, reclaims_nothing, &unknown), 1);
    end(&resident);
    unknown = 3; /* and the first visitor, who has ended, too */
    assert_int_equal(visit_world(no_pidfd_open, reclaims_nothing, &unknown), 1);
}

static void where_others_are_hidden(void **state)
{
    struct resident resident = settle(plain_world, hold, NULL);
    unsigned unknown = 2;

    assert_int_equal(visit_world(hidden_processes, reclaims_nothing, &unknown), 1);
    end(&resident);
}

/* After a chroot, with what it held before. */
static int keeps_its_own(void *unused)
{
    struct lab_pool_reclaimed reclaimed;

    if (hold(NULL) != 0 || no_proc() != 0)
        return ENTERED_NOT;
    reclaimed = reclaim();
    return lab_pool_ended(rig.pool, NULL) == 0 && reclaimed.held == 0 &&
           lab_pool_put_bulk(rig.pool, OTHER, rig.held, HELD) == 0;
}

/* It made the pool before, and has used it later only. */
static int make_and_lose_proc(void *unused)
{
    if (make_pool(NULL) != 0 || no_proc() != 0)
        return 1;
    return fill_pool(NULL) != 0 || hold(NULL) != 0;
}

static void who_lost_its_proc_before_the_first_get(void **state)
{
    struct resident resident;
    unsigned unknown;

    memset(rig.memory, 0, MEMORY);
    resident = settle(plain_world, make_and_lose_proc, NULL);
    assert_int_equal(lab_pool_ended(rig.pool, &unknown), 0);
    assert_int_equal(unknown, 0);
    end(&resident);
    assert_int_equal(lab_pool_ended(rig.pool, NULL), 1);
    assert_int_equal(reclaim().held, HELD);
}

/* Others could not tell whether it had ended. */
static int cannot_reclaim(void *unused)
{
    struct lab_pool_reclaimed reclaimed;
    struct lab_error error;

    return lab_pool_reclaim(rig.pool, OTHER, &the_dead, NULL, NULL, &reclaimed, &error) == -EBUSY &&
           strstr(error.message, "from one of those") != NULL;
}

static void who_has_found_no_place(void **state)
{
    for (unsigned i = 2; i < LAB_AUDIT_PROCESS_SLOTS; i++)
        assert_int_equal(
            lab_audit_admit(lab_intercept_of(rig.pool)->audit, lab_audit_self() + i, 0), i);
    assert_exited_with(1, status_of_child(cannot_reclaim, NULL));
    for (unsigned i = 2; i < LAB_AUDIT_PROCESS_SLOTS; i++)
        lab_audit_leave(lab_intercept_of(rig.pool)->audit, i);
    assert_true(reclaim().complete);
}

static void who_has_lost_its_proc(void **state)
{
    assert_int_equal(visit_world(plain_world, keeps_its_own, NULL), 1);
    assert_int_equal(reclaim().held, 0);
    assert_int_equal(lab_pool_count(rig.pool), COUNT);
}

/* More processes than there are places, some at a time: they have those of the ones before. */
static void some_after_others(void **state)
{
    enum { AT_A_TIME = 20 };

    for (unsigned i = 0; i < LAB_AUDIT_PROCESS_SLOTS; i += AT_A_TIME) {
        struct lab_pool_reclaimed reclaimed;

        for (unsigned j = 0; j < AT_A_TIME; j++)
            one_dies();
        assert_int_equal(lab_pool_count(rig.pool), COUNT - AT_A_TIME);
        reclaimed = reclaim();
        assert_int_equal(reclaimed.held, AT_A_TIME);
        assert_true(reclaimed.complete);
    }
    assert_int_equal(lab_pool_count(rig.pool), COUNT);
}

/* Nothing is handed to a process that the pool does not know. */
static void nothing_is_handed_to_who_is_gone(void **state)
{
    uint64_t gone;
    void *object;

    assert_int_equal(lab_pool_get(rig.pool, SELF, &object), 0);
    one_dies();
    gone = lab_audit_process(lab_intercept_of(rig.pool)->audit, 2);
    assert_int_equal(lab_pool_transfer(rig.pool, SELF, &object, 1, LATER, gone), 0);
    assert_int_equal(reclaim().held, 2);
    assert_int_equal(lab_audit_process(lab_intercept_of(rig.pool)->audit, 2),
                     LAB_AUDIT_PROCESS_GONE);
    assert_int_equal(lab_pool_get(rig.pool, SELF, &object), 0);
    assert_int_equal(lab_pool_transfer(rig.pool, SELF, &object, 1, LATER, gone), -ESRCH);
    assert_int_equal(lab_pool_put(rig.pool, SELF, object), 0);
    assert_int_equal(lab_pool_count(rig.pool), COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_is_in_another_pid_namespace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_in_another_time_namespace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_could_not_be_identified, set_up, tear_down),
        cmocka_unit_test_setup_teardown(where_pidfd_open_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(where_others_are_hidden, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_has_lost_its_proc, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_lost_its_proc_before_the_first_get, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_has_found_no_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(some_after_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_handed_to_who_is_gone, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
