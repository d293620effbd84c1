/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Sampling an object while the level changes: another thread does that before each access in turn.
 * A mark is counted as often as it is taken back, whatever the sampler finds, or puts stay slow for
 * ever. */

#include <lab_atomic.h>

static unsigned steps_left;
static void (*interrupt)(void);

static void step(void)
{
    if (interrupt != NULL && steps_left-- == 0) {
        void (*now)(void) = interrupt;

        interrupt = NULL;
        now();
    }
}

#define lab_load_relaxed(a) (step(), lab_load_relaxed(a))
#define lab_load_acquire(a) (step(), lab_load_acquire(a))
#define lab_store_relaxed(a, value) (step(), lab_store_relaxed(a, value))
#define lab_store_release(a, value) (step(), lab_store_release(a, value))
#define lab_cas_relaxed(a, seen, next) (step(), lab_cas_relaxed(a, seen, next))
#define lab_cas_acq_rel(a, seen, next) (step(), lab_cas_acq_rel(a, seen, next))
#define lab_fetch_add_relaxed(a, addend) (step(), lab_fetch_add_relaxed(a, addend))

#include "../../lib/audit/lab_audit_watch.c"

#include "audit_rig.h"

enum { OBJECT = 2 };

static char object[64];
static struct lab_audit *audit;
static uint32_t taken_back;

static void change_level(void)
{
    taken_back += lab_audit_set_level(audit, LAB_AUDIT_OFF);
}

static struct lab_audit_call begin(void)
{
    audit = audit_make(4, &(struct lab_audit_options){.level = LAB_AUDIT_SAMPLE, .sample = 1});
    taken_back = 0;
    return audit_call(audit, 1, 0x111);
}

/* Has the level changed before the n-th access from here on. */
static void change_at(unsigned n)
{
    steps_left = n;
    interrupt = change_level;
}

/* Whether it has, or would have later. */
static bool was_changed(void)
{
    bool was = interrupt == NULL;

    interrupt = NULL;
    free(audit);
    return was;
}

static void what_a_get_samples(void **state)
{
    unsigned n = 0;
    bool changed;

    do {
        struct lab_audit_call call = begin();
        bool sampled;

        change_at(n++);
        sampled = lab_audit_set_sampled(audit, OBJECT, object, &call);
        if (lab_audit_may_be_sampled(audit, object) &&
            lab_audit_clear_sampled(audit, OBJECT, object))
            taken_back++;
        assert_int_equal(taken_back, sampled);
        changed = was_changed();
    } while (changed);
    assert_in_range(n, 5, 100);
}

static void what_a_put_gives_up(void **state)
{
    unsigned n = 0;
    bool changed;

    do {
        struct lab_audit_call call = begin();

        assert_true(lab_audit_set_sampled(audit, OBJECT, object, &call));
        change_at(n++);
        if (lab_audit_clear_sampled(audit, OBJECT, object))
            taken_back++;
        changed = was_changed();
        assert_int_equal(taken_back, 1);
    } while (changed);
    assert_in_range(n, 3, 100);
}

/* A get at another level finds the mark of a get whose put nobody saw. */
static void what_a_get_finds(void **state)
{
    unsigned n = 0;
    bool changed;

    do {
        struct lab_audit_call call = begin();
        uint64_t before;

        assert_true(lab_audit_set_sampled(audit, OBJECT, object, &call));
        call.who ^= UINT64_C(1) << LAB_AUDIT_EPOCH_SHIFT; /* of another epoch */
        change_at(n++);
        assert_int_equal(lab_audit_got(audit, OBJECT, &call, &before), LAB_AUDIT_FINE);
        taken_back += lab_audit_word_is_sampled(before);
        changed = was_changed();
        assert_int_equal(taken_back, 1);
    } while (changed);
    assert_in_range(n, 3, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_get_samples),
        cmocka_unit_test(what_a_put_gives_up),
        cmocka_unit_test(what_a_get_finds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
