/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "worlds.h"
#include <lab_os.h>
#include <pthread.h>
#include <sys/personality.h>

/* Shared with the residents. */
static struct lab_os_process *who;

static int set_up(void **state)
{
    who = shared_memory(sizeof(*who));
    return 0;
}

static uint64_t own_home(void)
{
    struct lab_os_process self;

    lab_os_process_self(&self);
    return self.home;
}

static int runs(const struct lab_os_process *process)
{
    return lab_os_process_runs(process, own_home());
}

static int status_of(pid_t child)
{
    int status;

    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool is_stack_fixed(void)
{
    FILE *file = fopen("/proc/sys/kernel/randomize_va_space", "r");
    int randomize = 0;

    if (file != NULL && fscanf(file, "%d", &randomize) != 1)
        randomize = 0;
    if (file != NULL)
        fclose(file);
    return randomize == 0 || (personality(0xffffffff) & ADDR_NO_RANDOMIZE) != 0;
}

static int tell_who(void *unused)
{
    lab_os_process_self(who);
    return lab_os_process_pid(who->identity) != getpid();
}

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
    struct lab_os_process self, other;
    uint64_t found = 0;
    siginfo_t info;
    pid_t child = fork();

    if (child == 0)
        for (;;)
            pause();
    lab_os_process_self(&self);
    assert_int_equal(lab_os_process(child, &found), 0);
    other = (struct lab_os_process){.identity = found, .home = self.home};
    assert_int_equal(runs(&self), 1);
    assert_int_equal(runs(&other), 1);
    kill(child, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(lab_os_process(child, &found), -ESRCH);
    assert_int_equal(runs(&other), 0); /* though nobody has waited for it */
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(runs(&other), 0);
}

/* Of what is made next in this namespace. */
static bool set_next_number(pid_t number)
{
    FILE *last = fopen("/proc/sys/kernel/ns_last_pid", "w");

    return last != NULL && fprintf(last, "%d", number - 1) > 0 && fclose(last) == 0;
}

/* The next process gets the number that another one had. */
static int use_number_again(void *unused)
{
    struct lab_os_process first;
    pid_t child, again;

    if (mount_own_proc(NULL) != 0)
        return ENTERED_NOT;
    child = fork();
    if (child == 0)
        _exit(tell_who(NULL));
    if (waitpid(child, NULL, 0) != child || runs(who) != 0)
        return 1;
    first = *who;
    usleep(50000); /* the kernel reports times of start in hundredths of a second */
    if (!set_next_number(child))
        return ENTERED_NOT;
    again = fork();
    if (again == 0)
        _exit(tell_who(NULL) || runs(who) != 1 || runs(&first) != 0);
    if (again != child)
        return 2;
    return status_of(again) == 0 && who->identity != first.identity && runs(&first) == 0 ? 0 : 3;
}

static void *tell_number(void *ret_number)
{
    lab_store_relaxed(ret_number, (uint64_t)syscall(SYS_gettid));
    pause();
    return NULL;
}

/* A thread gets it, which makes no process of it. */
static int use_number_for_a_thread(void *unused)
{
    lab_atomic_t number = {0};
    uint64_t identity = 7;
    pthread_t thread;
    pid_t child;

    if (LAB_WORDS_ATOMIC)
        return 0; /* ThreadSanitizer makes a thread of its own first, which gets the number */
    if (mount_own_proc(NULL) != 0)
        return ENTERED_NOT;
    child = fork();
    if (child == 0)
        _exit(tell_who(NULL));
    if (waitpid(child, NULL, 0) != child || !set_next_number(child) ||
        pthread_create(&thread, NULL, tell_number, &number) != 0)
        return ENTERED_NOT;
    while (lab_load_relaxed(&number) == 0)
        usleep(1000);
    if (lab_load_relaxed(&number) != (uint64_t)child)
        return 1;
    return runs(who) == 0 && lab_os_process(child, &identity) == -ESRCH && identity == 7 ? 0 : 2;
}

static int in_first_process(int (*body)(void *))
{
    pid_t child = fork();

    if (child == 0)
        _exit(body(NULL));
    return status_of(child);
}

static int use_number_again_there(void *unused)
{
    return in_first_process(use_number_again);
}

static int use_number_for_a_thread_there(void *unused)
{
    return in_first_process(use_number_for_a_thread);
}

static void a_number_is_used_again(void **state)
{
    assert_int_equal(visit_world(other_pids, use_number_again_there, NULL), 0);
    assert_int_equal(visit_world(other_pids, use_number_for_a_thread_there, NULL), 0);
}

static bool first_thread_has_ended(void)
{
    char path[64], name[64], state = '?';
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
    file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%*d %63s %c", name, &state) != 2)
        _exit(1);
    fclose(file);
    return state == 'Z';
}

/* It is not joined, since ThreadSanitizer does not know it. */
static void *tell_who_after_first(void *unused)
{
    while (!first_thread_has_ended())
        usleep(1000);
    if (tell_who(NULL) != 0)
        _exit(1);
    pause();
    return NULL;
}

/* The thread that a process began with has ended, which is not its end, and it knows who it is. */
static void its_first_thread_has_ended(void **state)
{
    pthread_t second;
    pid_t child;

    memset(who, 0, sizeof(*who));
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody outlives a test that fails */
        if (pthread_create(&second, NULL, tell_who_after_first, NULL) != 0)
            _exit(1);
        pthread_exit(NULL);
    }
    while (*(volatile uint64_t *)&who->home == 0 && waitpid(child, NULL, WNOHANG) == 0)
        usleep(1000);
    assert_true(who->home == own_home());
    assert_int_equal(runs(who), 1);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(runs(who), 0);
}

/* The same number may be another process's here. */
static void in_another_pid_namespace(void **state)
{
    struct resident resident = settle(other_pids, tell_who, NULL);
    uint64_t identity = 7;

    assert_int_equal(lab_os_process_pid(who->identity), 1);
    assert_true(who->home != 0);
    assert_int_equal(runs(who), -EXDEV);
    assert_int_equal(lab_os_process(resident.shared->pid, &identity), -EXDEV);
    assert_int_equal(identity, 7);
    end(&resident);
    assert_int_equal(runs(who), -EXDEV);
}

/* A process of another time namespace, whose start is shown differently. */
static void in_another_time_namespace(void **state)
{
    struct resident resident = settle(other_time, tell_who, NULL);
    uint64_t identity = 7;

    assert_true(who->home != 0 && who->home != own_home());
    assert_int_equal(runs(who), -EXDEV);
    assert_int_equal(lab_os_process(resident.shared->pid, &identity), -EXDEV);
    end(&resident);
    assert_int_equal(runs(who), 0); /* nobody has its id */
}

/* Looks for the resident from elsewhere. Returns whether it is neither running nor ended there. */
static int is_unknown(void *home)
{
    return lab_os_process_runs(who, *(uint64_t *)home) < 0;
}

static int has_ended(void *home)
{
    return lab_os_process_runs(who, *(uint64_t *)home) == 0;
}

/* A process that cannot be looked into is there all the same. */
static int has_no_name(void *home)
{
    uint64_t identity = 7;
    int err = lab_os_process(lab_os_process_pid(who->identity), &identity);

    return err != 0 && err != -ESRCH && identity == 7;
}

/* Death is seen where life is not. */
static void expect_unknown_in(world *enter)
{
    struct resident resident = settle(plain_world, tell_who, NULL);
    uint64_t home = own_home();

    assert_int_equal(runs(who), 1);
    assert_int_equal(visit_world(enter, is_unknown, &home), 1);
    assert_int_equal(visit_world(enter, has_no_name, &home), 1);
    end(&resident);
    assert_int_equal(visit_world(enter, has_ended, &home), 1);
}

static void who_is_hidden(void **state)
{
    expect_unknown_in(hidden_processes);
}

static void where_there_is_no_proc(void **state)
{
    expect_unknown_in(no_proc);
}

static void where_pidfd_open_is_refused(void **state)
{
    struct resident resident = settle(plain_world, tell_who, NULL);
    uint64_t home = own_home();

    assert_int_equal(visit_world(no_pidfd_open, is_unknown, &home), 1);
    end(&resident);
    assert_int_equal(visit_world(no_pidfd_open, is_unknown, &home), 1);
    assert_int_equal(runs(who), 0);
}

static int is_short_of_descriptors(void *home)
{
    return lab_os_process_runs(who, *(uint64_t *)home) == -EMFILE;
}

static void where_there_is_no_descriptor(void **state)
{
    struct resident resident = settle(plain_world, tell_who, NULL);
    uint64_t home = own_home();

    assert_int_equal(visit_world(no_descriptors, is_short_of_descriptors, &home), 1);
    end(&resident);
    assert_int_equal(visit_world(no_descriptors, has_ended, &home), 1);
}

/* It has an identity, like nobody's, which says that nobody can know. */
static int is_anonymous(void *unused)
{
    struct lab_os_process self, again;
    uint64_t identity = 7;

    lab_os_process_self(&self);
    lab_os_process_self(&again);
    return self.home == 0 && (lab_os_process_pid(self.identity) == getpid() || getpid() < 0) &&
           self.identity != again.identity && runs(&self) == -EXDEV &&
           lab_os_process(0, &identity) < 0 && identity == 7;
}

static void who_cannot_be_identified(void **state)
{
    assert_int_equal(visit_world(no_descriptors, is_anonymous, NULL), 1);
    assert_int_equal(visit_world(no_proc, is_anonymous, NULL), 1);
    assert_int_equal(visit_world(no_getpid, is_anonymous, NULL), 1);
}

/* The same process, and another program: what the one before had is nobody's. */
static void it_executes_another_program(void **state)
{
    char *const program[] = {"os_process_test", "wait", NULL};
    struct lab_os_process before = {.home = own_home()};
    uint64_t after;
    int go[2], status;
    char byte;
    pid_t child;

    if (is_emulated() || is_stack_fixed())
        skip_because("each program has its stack at the same address here");
    assert_int_equal(pipe(go), 0);
    child = fork();
    if (child == 0) {
        close(go[1]);
        if (read(go[0], &byte, 1) != 1)
            _exit(1);
        dup2(go[0], 0);
        execv("/proc/self/exe", program);
        _exit(1);
    }
    close(go[0]);
    assert_int_equal(lab_os_process(child, &before.identity), 0);
    assert_int_equal(runs(&before), 1);
    assert_int_equal(write(go[1], "x", 1), 1);
    while (runs(&before) == 1)
        usleep(1000);
    assert_int_equal(runs(&before), 0);
    assert_int_equal(lab_os_process(child, &after), 0);
    assert_int_equal(lab_os_process_pid(after), child);
    assert_true(after != before.identity);
    close(go[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_exited_with(3, status);
}

/* Another program: lives until its standard input ends. */
static int wait_for_end(void)
{
    char byte;

    while (read(0, &byte, 1) > 0)
        ;
    return 3;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_has_one_identity),
        cmocka_unit_test(a_name_of_blanks_and_brackets_does_no_harm),
        cmocka_unit_test(another_process_has_another),
        cmocka_unit_test(who_is_not_there_has_none),
        cmocka_unit_test(it_runs_until_it_has_ended),
        cmocka_unit_test(a_number_is_used_again),
        cmocka_unit_test(its_first_thread_has_ended),
        cmocka_unit_test(in_another_pid_namespace),
        cmocka_unit_test(in_another_time_namespace),
        cmocka_unit_test(who_is_hidden),
        cmocka_unit_test(where_there_is_no_proc),
        cmocka_unit_test(where_pidfd_open_is_refused),
        cmocka_unit_test(where_there_is_no_descriptor),
        cmocka_unit_test(who_cannot_be_identified),
        cmocka_unit_test(it_executes_another_program),
    };

    if (argc > 1 && strcmp(argv[1], "wait") == 0)
        return wait_for_end();

    return cmocka_run_group_tests(tests, set_up, NULL);
}
