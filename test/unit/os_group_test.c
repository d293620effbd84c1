/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The memory that control groups leave, in trees of files that are made up, and in a real group. */

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <lab_os.h>
#include <lab_region.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define MIB ((size_t)1 << 20)

static char root[] = "/tmp/labyrinth-group-XXXXXX";

static int set_up(void **state)
{
    strcpy(strrchr(root, '-'), "-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int take_away(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    return remove(path);
}

static int tear_down(void **state)
{
    return nftw(root, take_away, 8, FTW_DEPTH | FTW_PHYS);
}

/* Writes a file below the root, in directories that are made for it; %s in the text is the root. */
static void file(const char *path, const char *text)
{
    char whole[PATH_MAX];
    FILE *out;

    snprintf(whole, sizeof(whole), "%s/%s", root, path);
    for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        (void)mkdir(whole, 0700);
    }
    out = fopen(whole, "w");
    assert_non_null(out);
    for (; *text != '\0'; text++) {
        if (*text == '%')
            fputs(root, out);
        else
            fputc(*text, out);
    }
    assert_int_equal(fclose(out), 0);
}

static struct lab_os_room room_of(size_t page_bytes)
{
    struct lab_os_room room = {.bytes = 1};

    assert_int_equal(lab_os_group_room_in(root, page_bytes, &room), 0);
    return room;
}

static void expect(size_t page_bytes, size_t bytes, const char *limit)
{
    struct lab_os_room room = room_of(page_bytes);
    char whole[PATH_MAX] = "";

    if (limit[0] != '\0')
        snprintf(whole, sizeof(whole), "%s/%s", root, limit);
    assert_int_equal(room.bytes, bytes);
    assert_string_equal(room.limit, whole);
}

#define MEMORY_1 "33 25 0:30 / %/memory rw,relatime - cgroup cgroup rw,memory\n"
#define UNIFIED "35 25 0:32 / %/unified rw,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"

static void version_1(void **state)
{
    file("mountinfo", "25 1 0:24 / /sys rw - sysfs sysfs rw\n"
                      "32 25 0:29 / %/cpu rw - cgroup cgroup rw,cpu,cpuacct\n" MEMORY_1);
    file("cgroup", "5:cpu,cpuacct:/\n4:memory:/a/b\n0::/\n");
    file("memory/memory.limit_in_bytes", "9223372036854771712\n");
    file("memory/memory.usage_in_bytes", "5000\n");
    file("memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
    file("memory/a/b/memory.usage_in_bytes", "3000\n");
    expect(0, SIZE_MAX, "");

    file("memory/a/memory.limit_in_bytes", "1048576\n");
    file("memory/a/memory.usage_in_bytes", "4096\n");
    expect(0, MIB - 4096, "memory/a/memory.limit_in_bytes");

    /* Cached memory counts as free, with that of the groups below. */
    file("memory/a/memory.usage_in_bytes", "524288\n");
    file("memory/a/memory.stat", "inactive_file 1\nactive_file 1\ntotal_inactive_file 4096\n"
                                 "total_active_file 8192\n");
    expect(0, MIB / 2 + 12288, "memory/a/memory.limit_in_bytes");

    /* The least of all counts. */
    file("memory/a/b/memory.limit_in_bytes", "5000\n");
    expect(0, 2000, "memory/a/b/memory.limit_in_bytes");
    file("memory/a/b/memory.usage_in_bytes", "6000\n");
    expect(0, 0, "memory/a/b/memory.limit_in_bytes");
}

static void version_2(void **state)
{
    file("mountinfo", UNIFIED);
    file("cgroup", "0::/a/b\n");
    file("unified/cgroup.controllers", "memory hugetlb\n");
    file("unified/a/memory.max", "max\n");
    file("unified/a/memory.current", "100\n");
    expect(0, SIZE_MAX, "");

    file("unified/a/memory.max", "2000\n");
    file("unified/a/b/memory.max", "2000\n");
    file("unified/a/b/memory.current", "40\n");
    expect(0, 1900, "unified/a/memory.max");
    file("unified/a/b/memory.current", "900\n");
    file("unified/a/b/memory.stat", "anon 500\ninactive_file 100\nactive_file 50\n");
    expect(0, 1250, "unified/a/b/memory.max");

    /* A program beyond memory.high waits. */
    file("unified/a/b/memory.high", "max\n");
    expect(0, 1250, "unified/a/b/memory.max");
    file("unified/a/b/memory.high", "800\n");
    expect(0, 50, "unified/a/b/memory.high");
}

/* Memory in version 1 and hugetlb pages in version 2, as systemd's hybrid mode has it. */
static void both_versions(void **state)
{
    file("mountinfo", MEMORY_1 UNIFIED);
    file("cgroup", "4:memory:/m\n0::/u\n");
    file("memory/m/memory.limit_in_bytes", "7000\n");
    file("unified/u/hugetlb.2MB.max", "6291456\n");
    file("unified/u/hugetlb.2MB.current", "2097152\n");
    file("unified/u/hugetlb.1GB.max", "0\n");
    expect(0, 7000, "memory/m/memory.limit_in_bytes");
    expect(LAB_PAGE_2M, 4 * MIB, "unified/u/hugetlb.2MB.max");
    expect(LAB_PAGE_1G, 0, "unified/u/hugetlb.1GB.max");
    file("unified/u/hugetlb.2MB.rsvd.max", "2097152\n");
    expect(LAB_PAGE_2M, 2 * MIB, "unified/u/hugetlb.2MB.rsvd.max");
}

static void hugetlb_of_version_1(void **state)
{
    file("mountinfo", "33 25 0:30 / %/hugetlb rw - cgroup cgroup rw,hugetlb\n");
    file("cgroup", "9:hugetlb:/h\n");
    file("hugetlb/h/hugetlb.2MB.limit_in_bytes", "4194304\n");
    file("hugetlb/h/hugetlb.2MB.usage_in_bytes", "2097152\n");
    expect(LAB_PAGE_2M, 2 * MIB, "hugetlb/h/hugetlb.2MB.limit_in_bytes");
}

/* A container sees its own group at the top, which /proc names as the machine does, */
static void a_container_without_a_namespace(void **state)
{
    file("mountinfo", "33 25 0:30 /docker/x %/memory ro - cgroup cgroup rw,memory\n");
    file("cgroup", "4:memory:/docker/x/sub\n");
    file("memory/memory.limit_in_bytes", "9000\n");
    file("memory/sub/memory.limit_in_bytes", "8000\n");
    expect(0, 8000, "memory/sub/memory.limit_in_bytes");
    file("cgroup", "4:memory:/docker/x\n");
    expect(0, 9000, "memory/memory.limit_in_bytes");
    file("cgroup", "4:memory:/docker/xyz\n"); /* another one */
    expect(0, 9000, "memory/memory.limit_in_bytes");
}

/* or as its own, or by a way out of it. */
static void a_container_with_a_namespace(void **state)
{
    file("mountinfo", UNIFIED);
    file("cgroup", "0::/\n");
    file("unified/memory.max", "9000\n");
    expect(0, 9000, "unified/memory.max");
    file("mountinfo", "35 25 0:32 /../.. %/unified rw - cgroup2 cgroup2 rw\n");
    expect(0, 9000, "unified/memory.max");
}

static void what_cannot_be_known_is_unknown(void **state)
{
    struct lab_os_room room = {.bytes = 77};

    assert_int_equal(lab_os_group_room_in(root, 0, &room), -ENOENT);
    file("mountinfo", "25 1 0:24 / /sys rw - sysfs sysfs rw\n\nnonsense\n - cgroup\n");
    assert_int_equal(lab_os_group_room_in(root, 0, &room), -ENOENT);
    file("mountinfo", MEMORY_1);
    assert_int_equal(lab_os_group_room_in(root, 0, &room), -ENOENT);
    file("cgroup", "garbage\n7:\n4:cpu:/\n0::/a\n");
    assert_int_equal(lab_os_group_room_in(root, 0, &room), -ENOENT);
    assert_int_equal(room.bytes, 77);
    file("cgroup", "4:memory:/a\n");
    file("memory/a/memory.limit_in_bytes", "garbage\n");
    expect(0, SIZE_MAX, "");
}

/* Two descriptors are enough: one for a list, one for a file of a group. */
static int knows_the_room(void *unused)
{
    int one = open("/dev/null", O_RDONLY), two = open("/dev/null", O_RDONLY);
    struct rlimit limit = {(rlim_t)two + 1, (rlim_t)two + 1};
    struct lab_os_room room = {.bytes = 1};

    if (two < 0 || close(one) != 0 || close(two) != 0 || setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1;
    return lab_os_group_room_in(root, 0, &room) == 0 && room.bytes == 9000 ? 0 : 2;
}

static void with_few_descriptors(void **state)
{
    file("mountinfo", MEMORY_1);
    file("cgroup", "4:memory:/a\n");
    file("memory/a/memory.limit_in_bytes", "9000\n");
    assert_exited_with(0, status_of_child(knows_the_room, NULL));
}

/* A group of the test's own, below the one that it runs in; where that may not be made, it is
 * skipped. */
static bool make_group(char (*ret_group)[PATH_MAX])
{
    static const char *const trees[] = {"/sys/fs/cgroup/memory", "/sys/fs/cgroup"};

    for (unsigned i = 0; i < 2; i++) {
        char limit[PATH_MAX + 32];

        snprintf(*ret_group, sizeof(*ret_group), "%s/labyrinth-test-%d", trees[i], (int)getpid());
        if (mkdir(*ret_group, 0700) != 0)
            continue;
        snprintf(limit, sizeof(limit), "%s/%s", *ret_group,
                 i == 0 ? "memory.limit_in_bytes" : "memory.max");
        if (access(limit, W_OK) == 0)
            return true;
        rmdir(*ret_group);
    }
    return false;
}

static bool write_to(const char *group, const char *name, size_t number)
{
    char path[PATH_MAX + 32];
    FILE *out;
    bool done;

    snprintf(path, sizeof(path), "%s/%s", group, name);
    out = fopen(path, "w");
    if (!out)
        return false;
    done = fprintf(out, "%zu", number) > 0;
    return fclose(out) == 0 && done;
}

/* In the group, whose limit is 64 MiB. Returns 0 or a step that failed. */
static int in_group(void *group)
{
    struct lab_region_options options = {
        .bytes = 200 * MIB, .node = LAB_NODE_ANY, .pages = LAB_PAGES_NORMAL};
    struct lab_region region;
    struct lab_error error;

    if (!write_to(group, "cgroup.procs", (size_t)getpid()))
        return 1;
    if (lab_region_create(&options, &region, &error) != -ENOMEM)
        return 2;
    if (!strstr(error.message, "needs 200 MiB of memory") ||
        !strstr(error.message, "the control group leaves ") ||
        !strstr(error.message, "/labyrinth-test-"))
        return 3;
    options.bytes = 16 * MIB;
    if (lab_region_create(&options, &region, &error) != 0)
        return 4;
    return lab_region_destroy(&region) == 0 ? 0 : 5;
}

static void a_real_group_is_not_exceeded(void **state)
{
    char group[PATH_MAX];
    int status;

    if (is_emulated())
        skip_because("an emulator's own memory counts, too");
    if (!make_group(&group))
        skip_because("no control group for memory may be made here");
    if (!write_to(group, "memory.limit_in_bytes", 64 * MIB) &&
        !write_to(group, "memory.max", 64 * MIB)) {
        rmdir(group);
        skip_because("the control group takes no limit");
    }
    status = status_of_child(in_group, group);
    for (int i = 0; i < 1000 && rmdir(group) != 0; i++)
        usleep(10000); /* until the kernel has seen that the child is gone */
    assert_exited_with(0, status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(version_1, set_up, tear_down),
        cmocka_unit_test_setup_teardown(version_2, set_up, tear_down),
        cmocka_unit_test_setup_teardown(both_versions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hugetlb_of_version_1, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_container_without_a_namespace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_container_with_a_namespace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_known_is_unknown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(with_few_descriptors, set_up, tear_down),
        cmocka_unit_test(a_real_group_is_not_exceeded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
