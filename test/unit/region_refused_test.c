/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Regions where the system refuses a call, or has limits: the linker puts the functions here before
 * those of lab_os.h, so that the machine has two nodes, or a control group with little room. */

#include "unit.h"

#include <errno.h>
#include <lab_os.h>
#include <lab_pool.h>
#include <lab_region.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define MIB ((size_t)1 << 20)

static const struct lab_region untouched = {.address = (void *)0x5a5a, .bytes = 1, .node = 2};

/* The behaviour of the functions; that of the system while all is 0. */
static struct {
    bool has_two_nodes;
    int bind;   /* mbind(2) fails with this, or binds nothing */
    int advice; /* madvise(2) fails with this */
    int memfd;  /* memfd_create(2) fails with this */
    int groups; /* control groups cannot be looked at, and why */
    size_t page_bytes;
    size_t room; /* what they leave of such pages; 0: as much as there is */
    unsigned touched;
} system_is;

int __real_lab_os_memory(int node, size_t *ret_bytes);
int __wrap_lab_os_memory(int node, size_t *ret_bytes);
int __wrap_lab_os_bind(void *address, size_t bytes, int node);
int __wrap_lab_os_group_room(size_t page_bytes, struct lab_os_room *ret_room);
int __real_lab_os_share_create(const char *name, size_t bytes, size_t page_bytes, int *ret_file);
int __wrap_lab_os_share_create(const char *name, size_t bytes, size_t page_bytes, int *ret_file);
int __real_lab_os_keep_private(void *address, size_t bytes);
int __wrap_lab_os_keep_private(void *address, size_t bytes);
int __real_lab_os_populate(void *address, size_t bytes);
int __wrap_lab_os_populate(void *address, size_t bytes);

int __wrap_lab_os_memory(int node, size_t *ret_bytes)
{
    return __real_lab_os_memory(node == 1 && system_is.has_two_nodes ? 0 : node, ret_bytes);
}

int __wrap_lab_os_bind(void *address, size_t bytes, int node)
{
    return system_is.bind;
}

int __wrap_lab_os_group_room(size_t page_bytes, struct lab_os_room *ret_room)
{
    bool is_limited = system_is.room != 0 && page_bytes == system_is.page_bytes;

    if (system_is.groups != 0)
        return system_is.groups;
    *ret_room = (struct lab_os_room){.bytes = is_limited ? system_is.room : SIZE_MAX,
                                     .limit = "/group/limit"};
    return 0;
}

int __wrap_lab_os_share_create(const char *name, size_t bytes, size_t page_bytes, int *ret_file)
{
    return system_is.memfd != 0 ? system_is.memfd
                                : __real_lab_os_share_create(name, bytes, page_bytes, ret_file);
}

int __wrap_lab_os_keep_private(void *address, size_t bytes)
{
    return system_is.advice != 0 ? system_is.advice : __real_lab_os_keep_private(address, bytes);
}

int __wrap_lab_os_populate(void *address, size_t bytes)
{
    system_is.touched++;
    return __real_lab_os_populate(address, bytes);
}

static int set_up(void **state)
{
    memset(&system_is, 0, sizeof(system_is));
    return 0;
}

static int create(size_t bytes, enum lab_pages pages, int node, struct lab_region *ret_region,
                  struct lab_error *error)
{
    const struct lab_region_options options = {.bytes = bytes, .node = node, .pages = pages};

    *ret_region = untouched;
    return lab_region_create(&options, ret_region, error);
}

static void binding_is_refused_on_one_of_several_nodes(void **state)
{
    const int refusals[] = {-EPERM, -ENOSYS, -EACCES};
    struct lab_region region;
    struct lab_error error;

    system_is.has_two_nodes = true;
    for (unsigned i = 0; i < 3; i++) {
        system_is.bind = refusals[i];
        assert_int_equal(create(1, LAB_PAGES_NORMAL, 1, &region, &error), 0);
        assert_int_equal(region.node, LAB_NODE_ANY);
        assert_int_equal(error.code, 0);
        assert_non_null(strstr(error.message, "not bound to NUMA node 1"));
        assert_non_null(strstr(error.message, strerror(-refusals[i])));
        assert_int_equal(lab_region_destroy(&region), 0);
    }
    system_is.bind = -EINVAL; /* no refusal: that node has no memory */
    assert_int_equal(create(1, LAB_PAGES_NORMAL, 1, &region, &error), -EINVAL);
    assert_memory_equal(&region, &untouched, sizeof(region));
}

/* Nothing to say where there is one node, or any will do. */
static void binding_is_refused_on_the_only_node(void **state)
{
    struct lab_region region;
    struct lab_error error;
    size_t ignored;

    system_is.bind = -EPERM;
    for (int node = LAB_NODE_ANY; node <= 0; node++) {
        if (node == 0 && __real_lab_os_memory(1, &ignored) == 0)
            skip_because("this machine has several nodes");
        assert_int_equal(create(1, LAB_PAGES_NORMAL, node, &region, &error), 0);
        assert_int_equal(region.node, node);
        assert_string_equal(error.message, "");
        assert_int_equal(lab_region_destroy(&region), 0);
    }
}

/* A pool passes on what its region has to say. */
static void a_pool_says_that_it_is_not_bound(void **state)
{
    const struct lab_pool_options options = {
        .name = "frames", .count = 8, .buffer_bytes = 64, .node = 1, .pages = LAB_PAGES_NORMAL};
    struct lab_error error;
    struct lab_pool *pool;

    system_is.has_two_nodes = true;
    system_is.bind = -EPERM;
    assert_int_equal(lab_pool_create(&options, &pool, &error), 0);
    assert_non_null(strstr(error.message, "pool frames: not bound to NUMA node 1"));
    assert_int_equal(lab_pool_destroy(pool), 0);
}

static void a_group_with_too_little_room(void **state)
{
    const enum lab_pages kinds[] = {LAB_PAGES_THP, LAB_PAGES_NORMAL, LAB_PAGES_ANY};
    struct lab_region region;
    struct lab_error error;

    system_is.room = 5 * MIB;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(create(6 * MIB, kinds[i], LAB_NODE_ANY, &region, &error), -ENOMEM);
        assert_memory_equal(&region, &untouched, sizeof(region));
        assert_non_null(strstr(error.message, "needs 6 MiB of memory"));
        assert_non_null(strstr(error.message, "the control group leaves 5 MiB: ask for less, or "
                                              "raise /group/limit"));
    }
    /* The last bytes are those of page tables. */
    assert_int_equal(create(5 * MIB, LAB_PAGES_NORMAL, LAB_NODE_ANY, &region, &error), -ENOMEM);
    assert_int_equal(system_is.touched, 0);
    assert_int_equal(create(4 * MIB, LAB_PAGES_NORMAL, LAB_NODE_ANY, &region, &error), 0);
    assert_int_equal(lab_region_destroy(&region), 0);
    system_is.groups = -ENOENT; /* unknown is no limit */
    assert_int_equal(create(6 * MIB, LAB_PAGES_NORMAL, LAB_NODE_ANY, &region, &error), 0);
    assert_int_equal(lab_region_destroy(&region), 0);
}

/* Ordinary memory will do, and the sentence says why it is that. */
static void a_group_with_no_huge_pages(void **state)
{
    struct lab_region region;
    struct lab_error error;

    system_is.page_bytes = LAB_PAGE_2M;
    system_is.room = LAB_PAGE_2M;
    assert_int_equal(create(4 * MIB, LAB_PAGES_2M, LAB_NODE_ANY, &region, &error), -ENOMEM);
    assert_int_equal(system_is.touched, 0);
    assert_non_null(strstr(error.message, "needs 2 pages of 2 MiB"));
    assert_non_null(strstr(error.message, "the control group leaves 2 MiB"));
    assert_int_equal(create(4 * MIB, LAB_PAGES_ANY, LAB_NODE_ANY, &region, &error), 0);
    assert_true(region.pages == LAB_PAGES_THP || region.pages == LAB_PAGES_NORMAL);
    assert_non_null(strstr(error.message, "the control group leaves 2 MiB"));
    assert_int_equal(lab_region_destroy(&region), 0);
}

/* Private memory does without, and says so, also beside what else there is to say. */
static void advice_is_refused(void **state)
{
    const int refusals[] = {-EPERM, -ENOSYS, -EACCES};
    struct lab_region region;
    struct lab_error error;

    for (unsigned i = 0; i < 3; i++) {
        system_is.advice = refusals[i];
        assert_int_equal(create(MIB, LAB_PAGES_NORMAL, LAB_NODE_ANY, &region, &error), 0);
        assert_int_equal(error.code, 0);
        assert_non_null(strstr(error.message, "core dumps have a copy"));
        assert_non_null(strstr(error.message, "may not call madvise(2)"));
        assert_non_null(strstr(error.message, strerror(-refusals[i])));
        assert_int_equal(lab_region_destroy(&region), 0);
    }
    system_is.has_two_nodes = true;
    system_is.bind = -EPERM;
    assert_int_equal(create(MIB, LAB_PAGES_NORMAL, 1, &region, &error), 0);
    assert_int_equal(region.node, LAB_NODE_ANY);
    assert_non_null(strstr(error.message, "neither mbind(2) nor madvise(2)"));
    assert_non_null(strstr(error.message, "profile that allows them"));
    assert_int_equal(lab_region_destroy(&region), 0);
    system_is.page_bytes = LAB_PAGE_2M;
    system_is.room = 1;
    assert_int_equal(create(4 * MIB, LAB_PAGES_ANY, LAB_NODE_ANY, &region, &error), 0);
    assert_non_null(strstr(error.message, "needs 2 pages of 2 MiB"));
    assert_non_null(strstr(error.message, "; forked children and core dumps"));
    assert_int_equal(lab_region_destroy(&region), 0);
    system_is.advice = -EINVAL; /* no refusal */
    assert_int_equal(create(MIB, LAB_PAGES_NORMAL, LAB_NODE_ANY, &region, &error), -EINVAL);
    assert_memory_equal(&region, &untouched, sizeof(region));
}

static int shared(struct lab_region *ret_region, struct lab_error *error)
{
    char name[32];
    const struct lab_region_options options = {.bytes = MIB, .node = LAB_NODE_ANY, .share = name};

    snprintf(name, sizeof(name), "refused-%d", (int)getpid());
    *ret_region = untouched;
    return lab_region_create(&options, ret_region, error);
}

static void sharing_is_refused(void **state)
{
    const int refusals[] = {-EPERM, -ENOSYS, -EACCES};
    struct lab_region region;
    struct lab_error error;

    if (LAB_WORDS_ATOMIC)
        skip_because("ThreadSanitizer leaves no addresses for shared regions");
    for (unsigned i = 0; i < 3; i++) {
        system_is.memfd = refusals[i];
        assert_int_equal(shared(&region, &error), refusals[i]);
        assert_memory_equal(&region, &untouched, sizeof(region));
        assert_non_null(strstr(error.message, "memfd_create(2)"));
        assert_non_null(strstr(error.message, strerror(-refusals[i])));
    }
    system_is.memfd = 0;
    system_is.advice = -EPERM; /* a forked child would have the memory in truth */
    assert_int_equal(shared(&region, &error), -EPERM);
    assert_memory_equal(&region, &untouched, sizeof(region));
    assert_non_null(strstr(error.message, "by madvise(2): "));
}

/* In a child, which the kernel would kill. */
static int with_small_files(void *ignored)
{
    struct rlimit limit = {MIB - 1, MIB - 1};
    struct lab_region region;
    struct lab_error error;

    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 1;
    if (shared(&region, &error) != -EFBIG || region.address != untouched.address)
        return 2;
    if (!strstr(error.message, "`ulimit -f unlimited`"))
        return 3;
    if (create(MIB, LAB_PAGES_ANY, LAB_NODE_ANY, &region, &error) != 0) /* which is no file */
        return 4;
    return lab_region_destroy(&region) == 0 ? 0 : 5;
}

static void files_are_limited(void **state)
{
    if (LAB_WORDS_ATOMIC)
        skip_because("ThreadSanitizer leaves no addresses for shared regions");
    assert_exited_with(0, status_of_child(with_small_files, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(binding_is_refused_on_one_of_several_nodes, set_up),
        cmocka_unit_test_setup(binding_is_refused_on_the_only_node, set_up),
        cmocka_unit_test_setup(a_pool_says_that_it_is_not_bound, set_up),
        cmocka_unit_test_setup(advice_is_refused, set_up),
        cmocka_unit_test_setup(a_group_with_too_little_room, set_up),
        cmocka_unit_test_setup(a_group_with_no_huge_pages, set_up),
        cmocka_unit_test_setup(sharing_is_refused, set_up),
        cmocka_unit_test_setup(files_are_limited, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
