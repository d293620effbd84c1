/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "audit_rig.h"
#include <lab_audit_watch.h>

static char objects[2][64 * 1024]; /* with the same count, or not */

static struct lab_audit *sampled(uint32_t sample)
{
    return audit_make(4, &(struct lab_audit_options){.level = LAB_AUDIT_SAMPLE, .sample = sample});
}

static void what_is_watched_is_known_until_it_is_put(void **state)
{
    struct lab_audit *audit = sampled(1);
    struct lab_audit_call call = audit_call(audit, 1, 0x111);
    const lab_atomic_t *word = &audit->table->record[2].word;

    assert_false(lab_audit_may_be_sampled(audit, objects[0]));
    assert_true(lab_audit_set_sampled(audit, 2, objects[0], &call));
    assert_false(lab_audit_set_sampled(audit, 2, objects[0], &call)); /* its put was not seen */
    assert_true(lab_audit_may_be_sampled(audit, objects[0]));
    assert_false(lab_audit_may_be_sampled(audit, objects[0] + 64));
    assert_int_equal(lab_audit_word_state(lab_load_relaxed(word), call.who), LAB_AUDIT_HELD);
    assert_false(
        lab_audit_clear_sampled(audit, 3, objects[0])); /* another one with the same count */
    assert_true(lab_audit_may_be_sampled(audit, objects[0]));
    assert_true(lab_audit_clear_sampled(audit, 2, objects[0]));
    assert_false(lab_audit_may_be_sampled(audit, objects[0]));
    assert_int_equal(lab_audit_word_state(lab_load_relaxed(word), call.who), LAB_AUDIT_UNSEEN);
    free(audit);
}

static void samples_are_as_many_as_asked_for(void **state)
{
    static const uint32_t every[] = {1, 2, 100, 4096};

    for (unsigned i = 0; i < 4; i++) {
        struct lab_audit *audit = sampled(every[i]);
        double sum = 0;
        uint32_t least = UINT32_MAX, most = 0;

        for (unsigned k = 0; k < 20000; k++) {
            uint32_t next = lab_audit_next_sample(audit);

            sum += next;
            least = next < least ? next : least;
            most = next > most ? next : most;
        }
        assert_true(least >= 1 && most <= 2 * every[i] - 1);
        assert_true(sum / 20000 > 0.9 * every[i] && sum / 20000 < 1.1 * every[i]);
        assert_true(every[i] == 1 || most > least);
        free(audit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_watched_is_known_until_it_is_put),
        cmocka_unit_test(samples_are_as_many_as_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
