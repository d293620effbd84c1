/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "audit_rig.h"
#include <lab_audit_report.h>
#include <lab_os.h>

static struct lab_audit_entry last;
static unsigned reported;

static void listen(const struct lab_audit_entry *entry)
{
    last = *entry;
    reported++;
}

static void report(struct lab_audit *audit, enum lab_audit_fault fault, uint32_t index)
{
    struct lab_audit_call call = audit_call(audit, 3, 0x333);
    struct lab_audit_entry entry = {.fault = fault, .pool = "some", .index = index};

    lab_audit_report(audit, &entry, &call, lab_load_relaxed(&audit->table->record[0].word));
}

static void an_entry_names_all_calls(void **state)
{
    struct lab_audit *audit = audit_make_full(2);
    struct lab_audit_call got = audit_call(audit, 1, 0x111), put = audit_call(audit, 2, 0x222);
    uint64_t before;

    lab_audit_report_to(listen, 0);
    (void)lab_audit_got(audit, 0, &got, &before);
    (void)lab_audit_put(audit, 0, &put, 0, &before);
    report(audit, LAB_AUDIT_DOUBLE_FREE, 0);
    assert_int_equal(reported, 1);
    assert_string_equal(last.pool, "some");
    assert_int_equal(last.generation, 1);
    assert_int_equal(last.caller.site, 0x333);
    assert_int_equal(last.caller.lcore, 3);
    assert_int_equal(last.got.site, 0x111);
    assert_int_equal(last.put.site, 0x222);
    assert_int_equal(last.put.lcore, 2);
    assert_true(last.put.process == lab_audit_self());
    assert_true(last.put.age_ns > 0 && last.put.age_ns < UINT64_C(3600) * 1000000000);
    assert_int_equal(lab_load_relaxed(&audit->table->faults[LAB_AUDIT_DOUBLE_FREE]), 1);

    report(audit, LAB_AUDIT_FOREIGN_FREE, UINT32_MAX);
    assert_int_equal(last.got.site, 0);
    report(audit, LAB_AUDIT_INSIDE_FREE, 1);
    assert_int_equal(last.put.site, 0); /* nothing was seen of that one */
    free(audit);
}

static void too_many_are_counted(void **state)
{
    struct lab_audit *audit = audit_make_full(1);
    uint64_t begin = lab_os_clock_ns(), seconds;

    lab_audit_report_to(listen, 10);
    reported = 0;
    for (unsigned i = 0; i < 1000; i++)
        report(audit, LAB_AUDIT_DOUBLE_FREE, 0);
    /* Ten in each second that has begun, of which a slow machine needs several. */
    seconds = (lab_os_clock_ns() - begin) / 1000000000 + 2;
    assert_in_range(reported, 5, 10 * seconds);
    assert_int_equal(lab_load_relaxed(&audit->table->faults[LAB_AUDIT_DOUBLE_FREE]), 1000);
    usleep(1100000);
    report(audit, LAB_AUDIT_DOUBLE_FREE, 0);
    assert_true(last.left_out > 0);
    lab_audit_report_to(NULL, 0);
    report(audit, LAB_AUDIT_DOUBLE_FREE, 0);
    free(audit);
}

static void all_faults_have_names(void **state)
{
    for (int i = 0; i < LAB_AUDIT_FAULTS; i++) {
        assert_non_null(lab_audit_fault_name((enum lab_audit_fault)i));
        assert_non_null(lab_audit_fault_text((enum lab_audit_fault)i));
    }
    assert_null(lab_audit_fault_name(LAB_AUDIT_FAULTS));
    assert_null(lab_audit_fault_text(LAB_AUDIT_FAULTS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_names_all_calls),
        cmocka_unit_test(too_many_are_counted),
        cmocka_unit_test(all_faults_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
