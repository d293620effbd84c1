/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"

#include "smaps.h"
#include <errno.h>
#include <fcntl.h>
#include <lab_os.h>
#include <lab_region.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

static char name[32];
static const struct lab_region untouched = {.address = (void *)0x5a5a, .bytes = 1, .node = 2};

static int create(enum lab_pages pages, size_t bytes, struct lab_region *ret_region,
                  struct lab_error *error)
{
    const struct lab_region_options options = {
        .bytes = bytes, .node = LAB_NODE_ANY, .pages = pages, .share = name};

    return lab_region_create(&options, ret_region, error);
}

static int set_up(void **state)
{
    skip_shared_regions_under_tsan();
    snprintf(name, sizeof(name), "test-%d", (int)getpid());
    return 0;
}

/* Another process, that runs body when it is asked to: it is there before the region is, so that it
 * has inherited nothing of it. */
struct other {
    pid_t pid;
    int go[2];
};

static struct other other_start(int (*body)(void))
{
    struct other other;

    assert_int_equal(pipe(other.go), 0);
    other.pid = fork();
    assert_true(other.pid >= 0);
    if (other.pid == 0) {
        char byte;

        close(other.go[1]); /* or it would wait for ever after a test that failed */
        _exit(read(other.go[0], &byte, 1) == 1 ? body() : 100);
    }
    return other;
}

static int other_go(struct other *other)
{
    int status;

    assert_int_equal(write(other->go[1], "", 1), 1);
    assert_int_equal(waitpid(other->pid, &status, 0), other->pid);
    close(other->go[0]);
    close(other->go[1]);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Finds what the parent wrote, and leaves an answer. Returns 0 or a step that failed. */
static int visit(void)
{
    struct lab_region region;
    struct lab_error error;
    struct smaps smaps;
    char *bytes;

    if (lab_region_attach(name, &region, &error) != 0)
        return 1;
    bytes = region.address;
    if (bytes[0] != 'a' || *(char **)(bytes + 8) != bytes || !region.shared)
        return 2;
    bytes[region.bytes - 1] = 'z';
    if (lab_region_attach(name, &region, &error) != -EALREADY)
        return 3;
    smaps = smaps_of(bytes);
    if (!is_emulated() && !(smaps_has(&smaps, " dd") && smaps_has(&smaps, " dc")))
        return 4;
    return lab_region_destroy(&region) == 0 && region.address == NULL ? 0 : 5;
}

static int is_hidden(void *address)
{
    return is_out_of_reach(address, 'a');
}

/* A forked child does not have it, nor a dump of memory, whether this process made it or attached.
 */
static void expect_private(char *address)
{
    struct smaps smaps = smaps_of(address);
    int in_child;

    if (is_emulated())
        return;
    assert_true(smaps_has(&smaps, " dd"));
    assert_true(smaps_has(&smaps, " dc"));
    in_child = status_of_child(is_hidden, address);
    assert_exited_with(1, in_child);
}

/* Nobody can change its size, which would be a SIGBUS to the others; nor its seals. */
static void expect_sealed(void)
{
    struct lab_os_share found;
    size_t bytes, page;
    int file;

    assert_int_equal(lab_os_share_find("labyrinth:test-", -1, &found), 0);
    file = found.file;
    assert_int_equal(lab_os_share_size(file, &bytes, &page), 0);
    assert_int_equal(fcntl(file, F_GET_SEALS) & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
                     F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ftruncate(file, i == 0 ? 0 : (off_t)(bytes + page)), -1);
        assert_int_equal(errno, EPERM);
    }
    assert_int_equal(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(fcntl(file, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(file);
}

static void check_shared(enum lab_pages pages)
{
    struct other other = other_start(visit);
    struct lab_region region = untouched;
    struct lab_error error;
    int err = create(pages, LAB_PAGE_2M, &region, &error), verdict;
    char *bytes = region.address;

    if (err == -ENOMEM) {
        kill(other.pid, SIGKILL);
        waitpid(other.pid, NULL, 0);
        skip_because("%s", error.message);
    }
    assert_int_equal(err, 0);
    assert_int_equal(region.pages, pages);
    assert_true(region.shared);
    assert_int_equal((uintptr_t)bytes % LAB_PAGE_2M, 0);
    bytes[0] = 'a';
    *(char **)(bytes + 8) = bytes;
    expect_private(bytes);
    expect_sealed();
    verdict = other_go(&other);
    assert_int_equal(bytes[region.bytes - 1], verdict == 0 ? 'z' : 0);
    assert_int_equal(lab_region_destroy(&region), 0);
    assert_int_equal(lab_region_attach(name, &region, &error), -ENOENT);
    assert_int_equal(verdict, 0);
}

static void test_of_2m_pages(void **state)
{
    check_shared(LAB_PAGES_2M);
}

static void test_of_ordinary_pages(void **state)
{
    check_shared(LAB_PAGES_NORMAL);
}

/* The creator is killed: the region lives on with the one who attached, and ends with it. */
static int attach_and_stay(void)
{
    struct lab_region region;

    if (lab_region_attach(name, &region, NULL) != 0)
        return 1;
    kill(getppid(), SIGKILL);
    return *(char *)region.address == 'c' ? 0 : 2;
}

static int create_and_die(void *unused)
{
    struct other heir = other_start(attach_and_stay);
    struct lab_region region;

    if (create(LAB_PAGES_NORMAL, 1, &region, NULL) != 0)
        return 1;
    *(char *)region.address = 'c';
    return other_go(&heir);
}

static void test_ends_with_its_last_user(void **state)
{
    int status = status_of_child(create_and_die, NULL);
    struct lab_region region;
    int err = -1;

    assert_killed_by(SIGKILL, status);
    for (int tries = 0; tries < 60000 && err != -ENOENT; tries++) {
        usleep(1000); /* the heir ends in a moment */
        err = lab_region_attach(name, &region, NULL);
        if (err == 0)
            assert_int_equal(lab_region_destroy(&region), 0);
    }
    assert_int_equal(err, -ENOENT);
}

static void test_one_of_a_name(void **state)
{
    struct lab_region region, second = untouched;
    struct lab_error error;

    assert_int_equal(create(LAB_PAGES_NORMAL, 1, &region, &error), 0);
    assert_int_equal(create(LAB_PAGES_ANY, 1, &second, &error), -EEXIST);
    assert_non_null(strstr(error.message, "attach to it, or take another name"));
    assert_memory_equal(&second, &untouched, sizeof(second));
    assert_int_equal(lab_region_destroy(&region), 0);
    assert_int_equal(create(LAB_PAGES_ANY, 1, &region, &error), 0);
    assert_int_equal(lab_region_destroy(&region), 0);
}

/* A child that was forked has it open, not mapped. */
static int attach_as_child(void *unused)
{
    struct lab_region region;

    return lab_region_attach(name, &region, NULL) == 0 && *(char *)region.address == 'f' &&
                   lab_region_destroy(&region) == 0
               ? 0
               : 1;
}

static void test_forked_child(void **state)
{
    struct lab_region region;
    int status;

    assert_int_equal(create(LAB_PAGES_NORMAL, 1, &region, NULL), 0);
    *(char *)region.address = 'f';
    status = status_of_child(attach_as_child, NULL);
    assert_int_equal(lab_region_destroy(&region), 0);
    if (is_emulated())
        skip_because("an emulator does not follow advice about memory");
    assert_exited_with(0, status);
}

static int attach_where_taken(void)
{
    struct lab_region region = untouched;
    struct lab_error error;
    int err = lab_region_attach(name, &region, &error);
    void *address;

    if (err != 0)
        return 1;
    address = region.address;
    if (lab_region_destroy(&region) != 0 ||
        mmap(address, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        return 2;
    region = untouched;
    err = lab_region_attach(name, &region, &error);
    return err == -EADDRINUSE && strstr(error.message, "attach earlier") != NULL &&
                   memcmp(&region, &untouched, sizeof(region)) == 0
               ? 0
               : 3;
}

static void test_address_that_is_taken(void **state)
{
    struct other other = other_start(attach_where_taken);
    struct lab_region region;
    int verdict;

    assert_int_equal(create(LAB_PAGES_NORMAL, 1, &region, NULL), 0);
    verdict = other_go(&other);
    assert_int_equal(lab_region_destroy(&region), 0);
    assert_int_equal(verdict, 0);
}

static void test_refusals(void **state)
{
    const char *good = "fine";
    char long_name[LAB_REGION_NAME_SIZE + 1];
    struct lab_region_options options = {.bytes = 1, .node = LAB_NODE_ANY, .share = good};
    struct lab_region region = untouched;
    struct lab_error error;

    memset(long_name, 'x', sizeof(long_name));
    long_name[LAB_REGION_NAME_SIZE] = '\0';
    for (int i = 0; i < 3; i++) {
        options.share = (const char *[]){"", "a@b", long_name}[i];
        assert_int_equal(lab_region_create(&options, &region, &error), -EINVAL);
        assert_non_null(strstr(error.message, "1 to 63 characters"));
        assert_int_equal(lab_region_attach(options.share, &region, &error), -EINVAL);
    }
    options.share = good;
    options.pages = LAB_PAGES_THP;
    assert_int_equal(lab_region_create(&options, &region, &error), -EINVAL);
    assert_non_null(strstr(error.message, "cannot be shared"));
    assert_int_equal(lab_region_attach("nobody has this", &region, &error), -ENOENT);
    assert_non_null(strstr(error.message, "start the one that makes it first"));
    assert_memory_equal(&region, &untouched, sizeof(region));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_2m_pages),
        cmocka_unit_test(test_of_ordinary_pages),
        cmocka_unit_test(test_ends_with_its_last_user),
        cmocka_unit_test(test_one_of_a_name),
        cmocka_unit_test(test_forked_child),
        cmocka_unit_test(test_address_that_is_taken),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
