/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "worlds.h"
#include <grp.h>
#include <lab_os.h>
#include <lab_region.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Strangers and the names of shared regions: they neither keep others from making a region or
 * attaching to one, nor have them attach to theirs, nor have them open what is theirs. */

static char name[32], prefix[64];

static int set_up(void **state)
{
    static unsigned n;

    skip_shared_regions_under_tsan();
    snprintf(name, sizeof(name), "names-%d-%u", (int)getpid(), n++);
    snprintf(prefix, sizeof(prefix), "labyrinth:%s@", name);
    return 0;
}

static int create(struct lab_region *ret_region, struct lab_error *error)
{
    const struct lab_region_options options = {
        .bytes = 1, .node = LAB_NODE_ANY, .pages = LAB_PAGES_NORMAL, .share = name};

    return lab_region_create(&options, ret_region, error);
}

static int make_one(void *unused)
{
    struct lab_region region;

    return create(&region, NULL);
}

/* A stranger has one: nobody attaches to that, and one of the caller's own can be made. */
static void expect_ignored(const char *why)
{
    struct lab_region region, same;
    struct lab_error error = {0};

    assert_int_equal(lab_region_attach(name, &region, &error), -ENOENT);
    if (strstr(error.message, why) == NULL)
        fail_msg("%s", error.message);
    assert_int_equal(create(&region, &error), 0);
    assert_int_equal(lab_region_attach(name, &same, &error), -EALREADY);
    assert_int_equal(lab_region_destroy(&region), 0);
}

static void one_of_another_pid_namespace(void **state)
{
    struct resident resident = settle(other_pids, make_one, NULL);

    expect_ignored("namespace");
    end(&resident);
}

static int other_user_namespace(void)
{
    FILE *map;

    if (unshare(CLONE_NEWUSER) != 0)
        return -errno;
    map = fopen("/proc/self/uid_map", "w");
    if (map == NULL || fprintf(map, "0 %d 1", 0) < 0 || fclose(map) != 0)
        return -EPERM;
    return 0;
}

static void one_of_another_user_namespace(void **state)
{
    struct resident resident;

    if (geteuid() != 0)
        skip_because("needs root");
    resident = settle(other_user_namespace, make_one, NULL);
    expect_ignored("namespace");
    end(&resident);
}

static int without_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};

    if (geteuid() != 0)
        return -EPERM; /* has none anyhow */
    return syscall(SYS_capset, &header, none) == 0 ? 0 : -errno;
}

static void one_of_a_process_with_fewer_rights(void **state)
{
    struct resident resident = settle(without_capabilities, make_one, NULL);

    expect_ignored("capabilities");
    end(&resident);
}

/* The kernel lists them before the capabilities, in as much text as it takes. */
static int many_groups(void)
{
    enum { GROUPS = 1000 };
    gid_t groups[GROUPS];

    for (unsigned i = 0; i < GROUPS; i++)
        groups[i] = 1000000000 + i;
    return setgroups(GROUPS, groups) == 0 ? 0 : -errno;
}

static int attach_to_one(void *unused)
{
    struct lab_region region;

    return lab_region_attach(name, &region, NULL) == 0 ? lab_region_destroy(&region) : 1;
}

static void one_of_a_user_of_many_groups(void **state)
{
    struct resident resident = settle(many_groups, make_one, NULL);

    assert_int_equal(visit_world(many_groups, attach_to_one, NULL), 0);
    end(&resident);
}

/* In a process whose first thread has ended, which /proc/self then shows without files. */
static void *attach_and_make(void *unused)
{
    struct lab_region region;

    while (access("/proc/self/exe", F_OK) == 0)
        usleep(1000);
    if (lab_region_attach(name, &region, NULL) != 0 || lab_region_destroy(&region) != 0)
        _exit(1);
    strcat(name, "-other");
    _exit(make_one(NULL) == 0 ? 0 : 2);
}

static int end_the_first_thread(void *unused)
{
    pthread_t other;

    if (pthread_create(&other, NULL, attach_and_make, NULL) != 0)
        return 3;
    pthread_exit(NULL);
}

static void from_a_process_without_its_first_thread(void **state)
{
    struct resident resident = settle(plain_world, make_one, NULL);

    assert_exited_with(0, status_of_child(end_the_first_thread, NULL));
    end(&resident);
}

static void *stay(void *is_ready)
{
    while (access("/proc/self/exe", F_OK) == 0)
        usleep(1000);
    *(volatile bool *)is_ready = true;
    for (;;)
        pause();
    return NULL;
}

static int make_one_and_end_the_first_thread(void *is_ready)
{
    pthread_t other;

    if (make_one(NULL) != 0 || pthread_create(&other, NULL, stay, is_ready) != 0)
        return 1;
    pthread_exit(NULL);
}

static void one_of_a_process_without_its_first_thread(void **state)
{
    volatile bool *is_ready = shared_memory(sizeof(*is_ready));
    struct resident resident =
        settle_later(plain_world, make_one_and_end_the_first_thread, (void *)is_ready);
    struct lab_region region;

    while (!*is_ready || resident.shared->pid == 0)
        usleep(1000);
    assert_int_equal(create(&region, NULL), -EEXIST);
    assert_int_equal(lab_region_attach(name, &region, NULL), 0);
    assert_int_equal(lab_region_destroy(&region), 0);
    end(&resident);
    munmap((void *)is_ready, sizeof(*is_ready));
}

/* A file of another user, ready in all but that, and leased: to open it would block until the lease
 * is given back, or for as long as the kernel lets him. Leaves its descriptor in *argument. */
static int lease_one(void *argument)
{
    char whole[80];
    int file;

    if (setegid(65534) != 0 || seteuid(65534) != 0)
        return 1;
    signal(SIGIO, SIG_IGN);
    snprintf(whole, sizeof(whole), "%s0x200000000000", prefix);
    if (lab_os_share_create(whole, 4096, 0, &file) != 0 || lab_os_share_publish(file) != 0 ||
        fcntl(file, F_SETLEASE, F_RDLCK) != 0)
        return 1;
    *(int *)argument = file;
    return 0;
}

static int lease_and_look(void *argument)
{
    int *shared = argument;

    if (lease_one(&shared[0]) != 0)
        return 1;
    if (fork() == 0) { /* says when somebody has tried to open it */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (fcntl(shared[0], F_GETLEASE) == F_RDLCK)
            usleep(1000);
        shared[1] = 1;
        _exit(0);
    }
    return 0;
}

static void one_that_another_user_has_leased(void **state)
{
    struct resident resident;
    int *shared;

    if (geteuid() != 0)
        skip_because("needs root");
    shared = shared_memory(2 * sizeof(*shared));
    resident = settle(plain_world, lease_and_look, shared);
    expect_ignored("another user");
    usleep(20000);
    assert_int_equal(shared[1], 0);
    end(&resident);
    munmap(shared, 2 * sizeof(*shared));
}

static int lease_own(void *argument)
{
    char whole[80];
    int file;

    signal(SIGIO, SIG_IGN);
    snprintf(whole, sizeof(whole), "%s0x200000000000", prefix);
    return lab_os_share_create(whole, 4096, 0, &file) != 0 || lab_os_share_publish(file) != 0 ||
           fcntl(file, F_SETLEASE, F_RDLCK) != 0;
}

static void one_that_this_user_has_leased(void **state)
{
    struct resident resident = settle(plain_world, lease_own, NULL);
    struct lab_region region;
    struct lab_error error;

    assert_int_equal(lab_region_attach(name, &region, &error), -ETXTBSY);
    assert_non_null(strstr(error.message, "lease"));
    assert_int_equal(create(&region, &error), -ETXTBSY);
    end(&resident);
}

/* Names of sockets are anybody's: none is asked for. */
static void a_socket_of_that_name(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct lab_region region;
    struct lab_error error;

    memcpy(address.sun_path + 1, prefix, strlen(prefix));
    assert_int_equal(bind(file, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(prefix))),
                     0);
    assert_int_equal(create(&region, &error), 0);
    assert_int_equal(lab_region_destroy(&region), 0);
    close(file);
}

/* A process that cannot look does not say that there is none. Returns 0, or what was wrong. */
static int look_without_descriptors(void *unused)
{
    bool all = false;

    for (unsigned left = 0; left < 16 && !all; left++) {
        int lowest = open("/dev/null", O_RDONLY);
        struct rlimit limit = {(rlim_t)lowest + left, 4096};
        struct lab_region region;
        struct lab_error error;
        int rc;

        close(lowest);
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            return ENTERED_NOT;
        rc = create(&region, &error);
        if (rc != -EMFILE && rc != -EEXIST)
            return 1;
        if (strstr(error.message, rc == -EMFILE ? "ulimit -n" : "exists already") == NULL)
            return 2;
        all = rc == -EEXIST;
        rc = lab_region_attach(name, &region, &error);
        if (rc != -EMFILE && rc != 0)
            return 3;
        if (rc == 0 && lab_region_destroy(&region) != 0)
            return 4;
        if (rc == -EMFILE && strstr(error.message, "ulimit -n") == NULL)
            return 5;
        limit.rlim_cur = 4096;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            return ENTERED_NOT;
    }
    return all ? 0 : 6;
}

static void without_descriptors(void **state)
{
    struct resident resident = settle(plain_world, make_one, NULL);

    assert_int_equal(visit_world(plain_world, look_without_descriptors, NULL), 0);
    end(&resident);
}

/* It is over with the one that was destroyed, also in a child. */
static int make_and_end_without_descriptors(void *unused)
{
    const struct rlimit none = {0, 4096}, some = {64, 4096};
    struct lab_region region, again;

    if (create(&region, NULL) != 0 || setrlimit(RLIMIT_NOFILE, &none) != 0 ||
        lab_region_destroy(&region) != 0 || setrlimit(RLIMIT_NOFILE, &some) != 0)
        return 1;
    if (lab_region_attach(name, &region, NULL) != -ENOENT)
        return 2;
    if (create(&region, NULL) != 0 || lab_region_attach(name, &again, NULL) != -EALREADY)
        return 3;
    return lab_region_destroy(&region);
}

static void one_that_ended_without_descriptors(void **state)
{
    assert_int_equal(visit_world(plain_world, make_and_end_without_descriptors, NULL), 0);
}

/* The number of the descriptor is that of somebody else's file by now. */
static void one_whose_descriptor_the_program_has_closed(void **state)
{
    struct lab_region region;
    int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);

    close(lowest);
    assert_int_equal(create(&region, NULL), 0);
    for (int file = lowest; file < lowest + 8; file++)
        close(file);
    for (int file = lowest; file < lowest + 8; file++)
        assert_int_equal(open("/dev/null", O_RDONLY | O_CLOEXEC), file);
    assert_int_equal(lab_region_destroy(&region), 0);
    for (int file = lowest; file < lowest + 8; file++)
        assert_int_equal(close(file), 0);
}

static int look_without_proc(void *unused)
{
    struct lab_region region;
    struct lab_error error;

    return create(&region, &error) == -ENOTSUP && strstr(error.message, "mount -t proc") != NULL &&
                   lab_region_attach(name, &region, &error) == -ENOTSUP
               ? 0
               : 1;
}

static void without_proc(void **state)
{
    assert_int_equal(visit_world(no_proc, look_without_proc, NULL), 0);
}

static int make_without_looking(void *unused)
{
    struct lab_region region;

    return create(&region, NULL) == -ENOTSUP ? 0 : 1;
}

/* One that is not shown its own has not been shown others' either. */
static void where_names_are_not_shown(void **state)
{
    assert_int_equal(visit_world(no_readlinkat, make_without_looking, NULL), 0);
}

/* Of several that are being made, all agree which one goes on. */
static void some_make_one_at_the_same_time(void **state)
{
    struct lab_os_share share;
    char whole[80];
    int file[2], first;

    snprintf(whole, sizeof(whole), "%s0x200000000000", prefix);
    assert_int_equal(lab_os_share_create(whole, 4096, 0, &file[0]), 0);
    assert_int_equal(lab_os_share_find(prefix, file[0], &share), -ENOENT); /* itself */
    assert_int_equal(lab_os_share_create(whole, 4096, 0, &file[1]), 0);
    assert_int_equal(lab_os_share_find(prefix, -1, &share), -ENOENT); /* none is ready */
    first = lab_os_share_find(prefix, file[0], &share) == -EAGAIN ? 0 : 1;
    assert_int_equal(lab_os_share_find(prefix, file[first], &share), -EAGAIN);
    assert_int_equal(lab_os_share_find(prefix, file[!first], &share), -EBUSY);
    assert_int_equal(share.pid, getpid());

    first = dup(file[first]); /* as a forked child has it */
    lab_os_share_withdraw(file[0]);
    assert_int_equal(lab_os_share_find(prefix, file[1], &share), -ENOENT);
    close(first);
    assert_int_equal(lab_os_share_publish(file[1]), 0);
    assert_int_equal(lab_os_share_find(prefix, -1, &share), 0);
    assert_int_equal(share.pid, getpid());
    close(share.file);
    close(file[1]);
    assert_int_equal(lab_os_share_find(prefix, -1, &share), -ENOENT);
}

/* Of threads or processes that make one at the same time, one has it. */
static int make_in_turn(void *argument)
{
    lab_atomic_t *made = argument;
    struct lab_region region;
    struct lab_error error;
    int rc = create(&region, &error);

    if (rc == 0)
        (void)lab_fetch_add_relaxed(made, 1);
    else if (rc != -EEXIST)
        return 1;
    return 0;
}

static void one_has_it(void **state)
{
    enum { MAKERS = 6 };
    struct resident maker[MAKERS];
    lab_atomic_t *made = shared_memory(sizeof(*made));

    for (unsigned i = 0; i < MAKERS; i++)
        maker[i] = settle_later(plain_world, make_in_turn, made);
    for (unsigned i = 0; i < MAKERS; i++)
        wait_until_settled(&maker[i]);
    assert_int_equal(lab_load_relaxed(made), 1);
    for (unsigned i = 0; i < MAKERS; i++)
        end(&maker[i]);
    munmap(made, sizeof(*made));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_of_another_pid_namespace, set_up),
        cmocka_unit_test_setup(one_of_another_user_namespace, set_up),
        cmocka_unit_test_setup(one_of_a_process_with_fewer_rights, set_up),
        cmocka_unit_test_setup(one_of_a_user_of_many_groups, set_up),
        cmocka_unit_test_setup(from_a_process_without_its_first_thread, set_up),
        cmocka_unit_test_setup(one_of_a_process_without_its_first_thread, set_up),
        cmocka_unit_test_setup(one_that_another_user_has_leased, set_up),
        cmocka_unit_test_setup(one_that_this_user_has_leased, set_up),
        cmocka_unit_test_setup(a_socket_of_that_name, set_up),
        cmocka_unit_test_setup(without_descriptors, set_up),
        cmocka_unit_test_setup(one_that_ended_without_descriptors, set_up),
        cmocka_unit_test_setup(one_whose_descriptor_the_program_has_closed, set_up),
        cmocka_unit_test_setup(without_proc, set_up),
        cmocka_unit_test_setup(where_names_are_not_shown, set_up),
        cmocka_unit_test_setup(some_make_one_at_the_same_time, set_up),
        cmocka_unit_test_setup(one_has_it, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
