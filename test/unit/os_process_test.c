/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <errno.h>
#include <lab_os.h>
#include <signal.h>
#include <sys/prctl.h>

static void a_process_has_one_identity(void **state)
{
    uint64_t self = 0, same = 0;

    assert_int_equal(lab_os_process(0, &self), 0);
    assert_int_equal(lab_os_process(getpid(), &same), 0);
    assert_true(self == same);
    assert_int_equal(lab_os_process_pid(self), getpid());
}

static void a_name_of_blanks_and_brackets_does_no_harm(void **state)
{
    char name[16] = "";
    uint64_t self = 0, same = 0;

    assert_int_equal(lab_os_process(0, &self), 0);
    assert_int_equal(prctl(PR_GET_NAME, name), 0);
    assert_int_equal(prctl(PR_SET_NAME, ") R 1 (x 2"), 0);
    assert_int_equal(lab_os_process(0, &same), 0);
    assert_int_equal(prctl(PR_SET_NAME, name), 0);
    assert_true(self == same);
}

static int differs(void *parent)
{
    uint64_t self = 0;

    return lab_os_process(0, &self) == 0 && self != *(uint64_t *)parent &&
           lab_os_process_pid(self) == getpid();
}

static void another_process_has_another(void **state)
{
    uint64_t self = 0;

    assert_int_equal(lab_os_process(0, &self), 0);
    assert_exited_with(1, status_of_child(differs, &self));
}

static void who_is_not_there_has_none(void **state)
{
    uint64_t identity = 7;
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(lab_os_process(child, &identity), -ESRCH);
    assert_int_equal(lab_os_process(-1, &identity), -ESRCH);
    assert_int_equal(lab_os_process(1 << LAB_OS_PID_BITS, &identity), -ESRCH);
    assert_int_equal(identity, 7);
}

static void it_runs_until_it_has_ended(void **state)
{
    uint64_t self = 0, other = 0;
    siginfo_t info;
    pid_t child = fork();

    if (child == 0)
        for (;;)
            pause();
    assert_int_equal(lab_os_process(0, &self), 0);
    assert_int_equal(lab_os_process(child, &other), 0);
    assert_int_equal(lab_os_process_runs(self), 1);
    assert_int_equal(lab_os_process_runs(other), 1);
    assert_int_equal(lab_os_process_runs(other ^ 1), 0); /* started at another time */
    kill(child, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(lab_os_process_runs(other), 0); /* though nobody has waited for it */
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(lab_os_process_runs(other), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_has_one_identity),
        cmocka_unit_test(a_name_of_blanks_and_brackets_does_no_harm),
        cmocka_unit_test(another_process_has_another),
        cmocka_unit_test(who_is_not_there_has_none),
        cmocka_unit_test(it_runs_until_it_has_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
