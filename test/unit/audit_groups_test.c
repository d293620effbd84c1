/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "audit_rig.h"
#include <lab_audit_groups.h>

#define COUNT 1000u

static void get(struct lab_audit *audit, uint32_t index, uint32_t lcore, uintptr_t site)
{
    struct lab_audit_call call = audit_call(audit, lcore, site);
    uint64_t before;

    assert_int_equal(lab_audit_got(audit, index, &call, &before), LAB_AUDIT_FINE);
}

static void put(struct lab_audit *audit, uint32_t index)
{
    struct lab_audit_call call = audit_call(audit, 1, 0x1);
    uint64_t before;

    assert_int_equal(lab_audit_put(audit, index, &call, 0, &before), LAB_AUDIT_FINE);
}

static void the_largest_group_comes_first(void **state)
{
    struct lab_audit *audit = audit_make_full(COUNT);
    struct lab_audit_group groups[LAB_AUDIT_GROUPS_MAX];
    uint64_t rest = 7, skip[(COUNT + 63) / 64] = {0};

    assert_int_equal(lab_audit_groups(audit, 0, NULL, groups, 64, &rest), 0);
    assert_int_equal(rest, 0);
    for (uint32_t i = 0; i < 20; i++)
        get(audit, i, 1, 0x111);
    for (uint32_t i = 20; i < 70; i++)
        get(audit, i, LAB_LCORE_ANY, 0x111);
    for (uint32_t i = 70; i < 100; i++)
        get(audit, i, 1, 0x222);
    put(audit, 0);
    put(audit, 500);
    assert_int_equal(lab_audit_groups(audit, 0, NULL, groups, 64, &rest), 3);
    assert_int_equal(rest, 0);
    assert_int_equal(groups[0].count, 50);
    assert_int_equal(groups[0].holder.lcore, LAB_LCORE_ANY);
    assert_int_equal(groups[1].count, 30);
    assert_int_equal(groups[1].holder.site, 0x222);
    assert_int_equal(groups[2].count, 19);
    assert_int_equal(groups[2].holder.site, 0x111);
    assert_int_equal(groups[2].holder.lcore, 1);
    assert_true(groups[2].holder.process == lab_audit_self());
    assert_true(groups[2].youngest_ns <= groups[2].holder.age_ns);

    assert_int_equal(lab_audit_groups(audit, 0, NULL, groups, 1, &rest), 1);
    assert_int_equal(rest, 49);
    skip[0] = UINT64_MAX; /* 0 to 63 */
    assert_int_equal(lab_audit_groups(audit, 0, skip, groups, 64, &rest), 2);
    assert_int_equal(groups[0].count, 30);
    assert_int_equal(groups[1].count, 6);
    assert_int_equal(lab_audit_groups(audit, UINT64_C(3600) * 1000000000, NULL, groups, 64, &rest),
                     0);
    free(audit);
}

static void more_groups_than_there_is_room_for_are_counted(void **state)
{
    struct lab_audit *audit = audit_make_full(COUNT);
    struct lab_audit_group groups[LAB_AUDIT_GROUPS_MAX];
    uint64_t rest = 7;

    for (uint32_t i = 0; i < COUNT; i++)
        get(audit, i, 1, 0x1000 + i);
    assert_int_equal(lab_audit_groups(audit, 0, NULL, groups, 64, &rest), 64);
    assert_int_equal(rest, COUNT - 64);
    free(audit);
}

static void old_and_young_are_apart(void **state)
{
    struct lab_audit *audit = audit_make_full(COUNT);
    struct lab_audit_group groups[LAB_AUDIT_GROUPS_MAX];
    uint64_t rest;

    get(audit, 0, 1, 0x111);
    get(audit, 1, 1, 0x111);
    lab_store_relaxed(&audit->table->record[1].got_at, 1); /* when the machine started */
    assert_int_equal(lab_audit_groups(audit, 0, NULL, groups, 64, &rest), 2);
    assert_true(groups[0].decade != groups[1].decade);
    assert_int_equal(lab_audit_groups(audit, UINT64_C(5) * 1000000000, NULL, groups, 64, &rest), 1);
    assert_true(groups[0].decade > 0);
    free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_group_comes_first),
        cmocka_unit_test(more_groups_than_there_is_room_for_are_counted),
        cmocka_unit_test(old_and_young_are_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
