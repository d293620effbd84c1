/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "audit_rig.h"
#include <lab_audit_here.h>
#include <lab_os.h>
#include <lab_ticks.h>
#include <sys/syscall.h>

#define COUNT 4u

static void a_record_tells_who_when_and_from_where(void **state)
{
    struct lab_audit *audit = audit_make_full(COUNT);
    const struct lab_audit_record *record = &audit->table->record[2];
    uint64_t word, begin = lab_ticks();
    struct lab_audit_call get = audit_call(audit, 9, 0x111);
    struct lab_audit_call put = audit_call(audit, LAB_LCORE_ANY, 0x222);

    assert_int_equal(lab_audit_got(audit, 2, &get, &word), LAB_AUDIT_FINE);
    word = lab_load_relaxed(&record->word);
    assert_int_equal(lab_audit_word_state(word, get.who), LAB_AUDIT_HELD);
    assert_int_equal(lab_audit_word_lcore(word), 9);
    assert_true(lab_audit_process(audit, lab_audit_word_process_slot(word)) == lab_audit_self());
    assert_int_equal(lab_load_relaxed(&record->got_site), 0x111);
    assert_in_range(lab_load_relaxed(&record->got_at), begin, lab_ticks());

    assert_int_equal(lab_audit_put(audit, 2, &put, 0, &word), LAB_AUDIT_FINE);
    assert_int_equal(lab_load_relaxed(&record->got_site), 0x111);
    assert_true(lab_audit_word_is_by(lab_load_relaxed(&record->got_by), get.who));
    assert_int_equal(lab_load_relaxed(&record->put_site), 0x222);
    assert_int_equal(lab_audit_word_lcore(lab_load_relaxed(&record->put_by)), LAB_AUDIT_LCORE_ANY);
    free(audit);
}

static void what_is_wrong_changes_nothing(void **state)
{
    struct lab_audit *audit =
        audit_make(COUNT, &(struct lab_audit_options){.level = LAB_AUDIT_FULL, .stated = true});
    struct lab_audit_call one = audit_call(audit, 1, 0x111), two = audit_call(audit, 2, 0x222);
    struct lab_audit_record was;
    uint64_t word;

    assert_int_equal(lab_audit_got(audit, 0, &one, &word), LAB_AUDIT_FINE);
    was = audit->table->record[0];
    assert_int_equal(lab_audit_put(audit, 0, &two, 0, &word), LAB_AUDIT_WRONG_HOLDER);
    assert_int_equal(lab_audit_hand(audit, 0, &two, two.who, &word), LAB_AUDIT_WRONG_HOLDER);
    assert_int_equal(lab_audit_got(audit, 0, &two, &word), LAB_AUDIT_HELD_TWICE);
    assert_memory_equal(&audit->table->record[0], &was, sizeof(was));

    assert_int_equal(lab_audit_hand(audit, 0, &one, two.who, &word), LAB_AUDIT_FINE);
    assert_int_equal(lab_load_relaxed(&audit->table->record[0].handed_site), 0x111);
    assert_int_equal(lab_audit_put(audit, 0, &two, LAB_AUDIT_POISONED, &word), LAB_AUDIT_FINE);
    was = audit->table->record[0];
    assert_true(lab_load_relaxed(&was.word) & LAB_AUDIT_POISONED);
    assert_int_equal(lab_audit_put(audit, 0, &two, 0, &word), LAB_AUDIT_DOUBLE_FREE);
    assert_memory_equal(&audit->table->record[0], &was, sizeof(was));
    free(audit);
}

static void a_change_of_level_voids_what_was_recorded(void **state)
{
    struct lab_audit *audit = audit_make_full(COUNT);
    struct lab_audit_call call = audit_call(audit, 1, 0x111), old = call;
    uint64_t word, begin = lab_os_clock_ns();

    assert_int_equal(lab_audit_put(audit, 0, &call, 0, &word), LAB_AUDIT_FINE);
    lab_audit_set_level(audit, LAB_AUDIT_OFF);
    lab_audit_set_level(audit, LAB_AUDIT_FULL);
    assert_int_equal(lab_audit_level(audit), LAB_AUDIT_FULL);
    assert_false(lab_audit_begin(audit, 1, (struct lab_audit_site){0}, lab_ticks(), &call));
    /* One that was under way writes a record of before. */
    assert_int_equal(lab_audit_put(audit, 1, &old, 0, &word), LAB_AUDIT_FINE);
    while (!lab_audit_begin(audit, 1, (struct lab_audit_site){0}, lab_ticks(), &call))
        usleep(1000);
    assert_true((lab_os_clock_ns() - begin) / 1000000 >= LAB_AUDIT_SETTLE_MS / 2);
    assert_int_equal(lab_audit_put(audit, 0, &call, 0, &word), LAB_AUDIT_FINE);
    assert_int_equal(lab_audit_put(audit, 1, &call, 0, &word), LAB_AUDIT_FINE);
    assert_int_equal(lab_audit_put(audit, 1, &call, 0, &word), LAB_AUDIT_DOUBLE_FREE);
    free(audit);
}

static void records_of_an_epoch_with_the_same_number_are_gone(void **state)
{
    struct lab_audit *audit = audit_make_full(COUNT);
    struct lab_audit_call call = audit_call(audit, 1, 0x111);
    uint64_t word, mode = lab_load_relaxed(&audit->table->mode);

    assert_int_equal(lab_audit_put(audit, 0, &call, 0, &word), LAB_AUDIT_FINE);
    for (unsigned i = 0; i < LAB_AUDIT_EPOCHS; i++)
        lab_audit_set_level(audit, LAB_AUDIT_FULL);
    /* An lcore that slept through all of it must not take this for the mode that it knows. */
    assert_int_equal(lab_audit_word_epoch(lab_load_relaxed(&audit->table->mode)),
                     lab_audit_word_epoch(mode));
    assert_true(lab_load_relaxed(&audit->table->mode) != mode);
    (void)lab_audit_begin(audit, 1, (struct lab_audit_site){0}, lab_ticks(), &call);
    assert_int_equal(lab_audit_put(audit, 0, &call, 0, &word), LAB_AUDIT_FINE);
    free(audit);
}

static void processes_have_places_as_long_as_there_are_some(void **state)
{
    struct lab_audit *audit =
        audit_make(COUNT, &(struct lab_audit_options){.level = LAB_AUDIT_OFF});

    lab_audit_leave(audit, 1); /* the maker's */
    for (unsigned i = 1; i < LAB_AUDIT_PROCESS_SLOTS; i++)
        assert_int_equal(lab_audit_admit(audit, 1000 + i, 0), i);
    assert_int_equal(lab_audit_admit(audit, 1001, 0), 1);
    assert_int_equal(lab_audit_process_slot(audit, 1063), 63);
    assert_int_equal(lab_audit_admit(audit, 2000, 0), 0);
    lab_audit_leave(audit, 5);
    assert_int_equal(lab_audit_process_slot(audit, 1005), 0);
    assert_int_equal(lab_audit_admit(audit, 2000, 7), 5);
    assert_int_equal(lab_load_relaxed(&audit->table->home[5]), 7);
    assert_int_equal(lab_audit_process(audit, 63), 1063);
    assert_int_equal(lab_audit_process(audit, 0), 0);
    free(audit);
}

/* It asks in each of its calls, and none may wait for another thread. */
static void who_finds_no_place_takes_no_lock(void **state)
{
    struct lab_audit *audit =
        audit_make(COUNT, &(struct lab_audit_options){.level = LAB_AUDIT_OFF});

    for (unsigned i = 2; i < LAB_AUDIT_PROCESS_SLOTS; i++)
        assert_int_equal(lab_audit_admit(audit, 1000 + i, 0), i);
    pthread_mutex_lock(&lab_audit_here.entering);
    assert_int_equal(lab_audit_admit(audit, 2000, 0), 0);
    pthread_mutex_unlock(&lab_audit_here.entering);
    free(audit);
}

static int has_identity_of_its_own(void *parent)
{
    return lab_audit_self() != *(uint64_t *)parent && lab_audit_self() != 0;
}

static void a_child_is_a_process_of_its_own(void **state)
{
    uint64_t self = lab_audit_self();

    assert_true(self == lab_audit_self());
    assert_exited_with(1, status_of_child(has_identity_of_its_own, &self));
}

/* One that no handler of fork(3) knows of. */
static void so_is_one_that_is_made_without_fork(void **state)
{
    uint64_t self = lab_audit_self();
    pid_t child;
    int status;

    if (is_emulated())
        skip_because("an emulator does not follow advice about memory");
    if (sysconf(_SC_PAGESIZE) > LAB_AUDIT_HERE_BYTES)
        skip_because("pages are larger here than what is emptied");
    child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        _exit(has_identity_of_its_own(&self));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_exited_with(1, status);
    assert_true(self == lab_audit_self());
}

/* A process that was killed as it came has nothing, and is no riddle to the others. */
static void one_that_is_just_coming_runs(void **state)
{
    struct lab_audit *audit =
        audit_make(COUNT, &(struct lab_audit_options){.level = LAB_AUDIT_OFF});

    lab_audit_leave(audit, 1); /* the maker's */
    assert_int_equal(lab_audit_admit(audit, 1000, 0), 1);
    assert_true(lab_audit_runs(audit, 1) < 0);
    lab_store_relaxed(&audit->table->process[2], 2000);
    assert_int_equal(lab_audit_runs(audit, 2), 1);
    assert_int_equal(lab_audit_runs(audit, 3), 1);
    lab_audit_leave(audit, 1);
    assert_int_equal(lab_audit_runs(audit, 1), 1);
    free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_tells_who_when_and_from_where),
        cmocka_unit_test(what_is_wrong_changes_nothing),
        cmocka_unit_test(a_change_of_level_voids_what_was_recorded),
        cmocka_unit_test(records_of_an_epoch_with_the_same_number_are_gone),
        cmocka_unit_test(processes_have_places_as_long_as_there_are_some),
        cmocka_unit_test(who_finds_no_place_takes_no_lock),
        cmocka_unit_test(a_child_is_a_process_of_its_own),
        cmocka_unit_test(so_is_one_that_is_made_without_fork),
        cmocka_unit_test(one_that_is_just_coming_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
