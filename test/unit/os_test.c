/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "worlds.h"

#include "smaps.h"
#include <errno.h>
#include <lab_os.h>
#include <linux/mempolicy.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

int __real_madvise(void *address, size_t bytes, int advice);
int __wrap_madvise(void *address, size_t bytes, int advice);

/* How MADV_POPULATE_WRITE fails, or 0: EINVAL before Linux 5.14, and as a container likes. */
static int populating_fails;

int __wrap_madvise(void *address, size_t bytes, int advice)
{
    if (populating_fails && advice == MADV_POPULATE_WRITE) {
        errno = populating_fails;
        return -1;
    }
    return __real_madvise(address, bytes, advice);
}

int __real_munmap(void *address, size_t bytes);
int __wrap_munmap(void *address, size_t bytes);

/* The piece that munmap(2) does not cut off, as if there were no mapping to spare. */
static struct {
    bool fails;
    void *piece;
} cutting;

int __wrap_munmap(void *address, size_t bytes)
{
    if (!cutting.fails || bytes >= LAB_PAGE_2M)
        return __real_munmap(address, bytes);
    cutting.piece = address;
    errno = ENOMEM;
    return -1;
}

static char *mapped(size_t bytes)
{
    void *address = NULL;

    assert_int_equal(lab_os_map(bytes, 0, &address), 0);
    assert_non_null(address);
    return address;
}

static bool is_mapped(void *address, size_t bytes)
{
    return msync(address, bytes, MS_ASYNC) == 0;
}

static void maps_aligned_zeros_and_unmaps_them_all(void **state)
{
    const size_t page = lab_os_page_bytes();
    const size_t sizes[] = {page, LAB_PAGE_2M - page, LAB_PAGE_2M, LAB_PAGE_2M + page,
                            5 * LAB_PAGE_2M};

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        char *address = mapped(sizes[i]);

        assert_int_equal((uintptr_t)address % (sizes[i] < LAB_PAGE_2M ? page : LAB_PAGE_2M), 0);
        assert_true(is_mapped(address, sizes[i]));
        for (size_t at = 0; at < sizes[i]; at += page)
            assert_int_equal(address[at], 0);
        assert_int_equal(address[sizes[i] - 1], 0);
        assert_int_equal(lab_os_unmap(address, sizes[i]), 0);
        assert_false(is_mapped(address, page));
        assert_false(is_mapped(address + sizes[i] - page, page));
    }
}

static void a_refused_mapping_changes_nothing(void **state)
{
    void *const none = &populating_fails;
    void *address = none;

    assert_int_equal(lab_os_map((size_t)1 << 62, 0, &address), -ENOMEM);
    assert_int_equal(lab_os_map(SIZE_MAX - lab_os_page_bytes() + 1, 0, &address), -ENOMEM);
    assert_int_equal(lab_os_map(LAB_PAGE_2M, 4096, &address), -EINVAL);
    assert_true(lab_os_map((size_t)1 << 62, LAB_PAGE_2M, &address) < 0);
    assert_int_equal(lab_os_unmap((char *)none + 1, lab_os_page_bytes()), -EINVAL);
    assert_ptr_equal(address, none);
}

static void a_mapping_that_cannot_be_cut_is_none(void **state)
{
    void *address = &cutting;
    int err;

    cutting.fails = true;
    err = lab_os_map(LAB_PAGE_2M, 0, &address);
    cutting.fails = false;
    assert_int_equal(err, -ENOMEM);
    assert_ptr_equal(address, &cutting);
    assert_non_null(cutting.piece);
    assert_false(is_mapped(cutting.piece, lab_os_page_bytes()));
}

static void binds_to_a_node(void **state)
{
    const size_t bytes = lab_os_page_bytes();
    char *address = mapped(bytes);
    int node = node_here();
    int err = lab_os_bind(address, bytes, node);
    int mode = -1;

    assert_int_equal(lab_os_bind(address, bytes, -1), -EINVAL);
    assert_int_equal(lab_os_bind(address, bytes, 1 << 20), -EINVAL);
    if (err == 0 && syscall(SYS_get_mempolicy, &mode, NULL, 0ul, address, MPOL_F_ADDR) == 0)
        assert_int_equal(mode, MPOL_BIND);
    assert_int_equal(lab_os_unmap(address, bytes), 0);
    if (err == -ENOSYS || err == -EPERM)
        skip_because("mbind(2) is refused here: %s", strerror(-err));
    assert_int_equal(err, 0);
}

static int advise_forbidden(void *address)
{
    if (prctl(PR_SET_THP_DISABLE, 1ul, 0ul, 0ul, 0ul))
        return 2;
    return lab_os_advise_huge(address, LAB_PAGE_2M) != -EINVAL;
}

static void advises_huge_pages(void **state)
{
    char *address = mapped(LAB_PAGE_2M);
    int err = lab_os_advise_huge(address, LAB_PAGE_2M);
    struct smaps smaps = smaps_of(address);
    int forbidden = is_emulated() ? 0 : status_of_child(advise_forbidden, address);

    assert_int_equal(lab_os_unmap(address, LAB_PAGE_2M), 0);
    if (is_emulated())
        skip_because("an emulator does not follow advice about memory");
    assert_exited_with(0, forbidden);
    if (err == -EINVAL)
        skip_because("transparent huge pages are switched off");
    assert_int_equal(err, 0);
    assert_true(smaps_has(&smaps, " hg"));
}

static size_t present_pages(char *address, size_t bytes)
{
    unsigned char present[16];
    size_t pages = bytes / lab_os_page_bytes(), sum = 0;

    assert_true(pages <= sizeof(present));
    assert_int_equal(mincore(address, bytes, present), 0);
    for (size_t i = 0; i < pages; i++)
        sum += present[i] & 1;
    return sum;
}

static void populates(int failure)
{
    const size_t page = lab_os_page_bytes(), bytes = 16 * page;
    char *address = mapped(bytes);
    size_t before, present;

    assert_int_equal(madvise(address, bytes, MADV_NOHUGEPAGE), 0);
    before = present_pages(address, bytes);
    populating_fails = failure;
    assert_int_equal(lab_os_populate(address + page, bytes - page), 0);
    present = present_pages(address, bytes);
    /* A page that is not mapped is no memory. */
    assert_int_equal(lab_os_unmap(address + bytes - page, page), 0);
    if (!is_emulated() || failure)
        assert_int_equal(lab_os_populate(address, bytes), -ENOMEM);
    populating_fails = 0;
    assert_int_equal(lab_os_unmap(address, bytes), 0);
    if (is_emulated() && !failure)
        skip_because("an emulator does not follow advice about memory");
    assert_int_equal(before, 0);
    assert_int_equal(present, 15);
}

static void populates_at_once(void **state)
{
    populates(0);
}

static void populates_on_old_kernels(void **state)
{
    populates(EINVAL);
}

static void populates_without_advice(void **state)
{
    const int refusals[] = {EPERM, EACCES, ENOSYS};

    for (unsigned i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
        populates(refusals[i]);
}

/* More pages than there are: without the reservation that lab_os_map makes, a store would die. */
static int populate_too_much(void *failure)
{
    size_t free_pages, total_pages;
    char *address;

    if (lab_os_hugepages(LAB_PAGE_1G, -1, &free_pages, &total_pages))
        return 77;
    address = mmap(NULL, (free_pages + 1) * LAB_PAGE_1G, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_HUGETLB | 30 << MAP_HUGE_SHIFT,
                   -1, 0);
    if (address == MAP_FAILED)
        return 77;
    signal(SIGBUS, SIG_DFL);
    populating_fails = *(int *)failure;
    return lab_os_populate(address, (free_pages + 1) * LAB_PAGE_1G) != -ENOMEM;
}

static void too_few_pages_are_an_error_and_no_signal(void **state)
{
    if (is_emulated())
        skip_because("an emulator has no hugetlb pages");
    for (int i = 0; i < 2; i++) {
        int failure = i ? EINVAL : 0;
        int status = status_of_child(populate_too_much, &failure);

        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
            skip_because("the kernel has no pages of 1 GiB");
        assert_exited_with(0, status);
    }
}

static void keeps_memory_private(void **state)
{
    const size_t bytes = lab_os_page_bytes();
    char *address = mapped(bytes);
    struct smaps before = smaps_of(address), after;

    assert_int_equal(lab_os_keep_private(address, bytes), 0);
    after = smaps_of(address);
    assert_int_equal(lab_os_unmap(address, bytes), 0);
    if (is_emulated())
        skip_because("an emulator does not follow advice about memory");
    assert_true(before.found && !smaps_has(&before, " dd") && !smaps_has(&before, " dc"));
    assert_true(after.found && smaps_has(&after, " dd") && smaps_has(&after, " dc"));
    assert_int_equal(lab_os_keep_private(address + 1, bytes), -EINVAL);
}

static void counts_huge_pages(void **state)
{
    size_t free_pages = 99, total_pages = 99;

    assert_int_equal(lab_os_hugepages(12345 << 10, -1, &free_pages, &total_pages), -ENOENT);
    assert_int_equal(lab_os_hugepages(LAB_PAGE_2M, 1 << 20, &free_pages, &total_pages), -ENOENT);
    assert_int_equal(free_pages, 99);
    assert_int_equal(total_pages, 99);
    if (lab_os_hugepages(LAB_PAGE_2M, -1, &free_pages, &total_pages) == -ENOENT)
        skip_because("the kernel has no pages of 2 MiB");
    assert_true(free_pages <= total_pages);
    assert_int_equal(lab_os_hugepages(LAB_PAGE_2M, 0, &free_pages, &total_pages), 0);
    assert_true(free_pages <= total_pages);
}

static bool one_promise_takes_one_page(void)
{
    size_t before, after, total;
    void *address;

    if (lab_os_hugepages(LAB_PAGE_2M, 0, &before, &total) ||
        lab_os_map(LAB_PAGE_2M, LAB_PAGE_2M, &address))
        return false;
    assert_int_equal(lab_os_hugepages(LAB_PAGE_2M, 0, &after, &total), 0);
    assert_int_equal(lab_os_unmap(address, LAB_PAGE_2M), 0);
    return after + 1 == before;
}

/* A page that is promised to a mapping is no longer free, though nothing has touched it. */
static void a_promised_page_is_not_free(void **state)
{
    size_t free_pages, total;
    bool seen = false;

    if (is_emulated())
        skip_because("an emulator has no hugetlb pages");
    if (lab_os_hugepages(LAB_PAGE_2M, 0, &free_pages, &total) || free_pages == 0)
        skip_because("there are no free pages of 2 MiB: `hugeadm --pool-pages-min 2MB:1`");
    /* Other programs take and free pages, too, and there is no count of one's own. */
    for (int i = 0; i < 10000 && !seen; i++) {
        seen = one_promise_takes_one_page();
        if (!seen)
            usleep(1000);
    }
    assert_true(seen);
}

static void counts_memory(void **state)
{
    size_t bytes = 99;

    assert_int_equal(lab_os_memory(1 << 20, &bytes), -ENOENT);
    assert_int_equal(bytes, 99);
    assert_int_equal(lab_os_memory(-1, &bytes), 0);
    assert_in_range(bytes, 1 << 20, (size_t)sysconf(_SC_PHYS_PAGES) * lab_os_page_bytes());
    assert_int_equal(lab_os_memory(node_here(), &bytes), 0);
    assert_in_range(bytes, 1 << 20, (size_t)sysconf(_SC_PHYS_PAGES) * lab_os_page_bytes());
}

static int is_memory_unknown(void *unused)
{
    size_t bytes = 99;

    return lab_os_memory(-1, &bytes) == -EIO && bytes == 99;
}

static void memory_that_cannot_be_counted_is_unknown(void **state)
{
    assert_int_equal(visit_world(no_meminfo, is_memory_unknown, NULL), 1);
}

static void tells_the_time(void **state)
{
    const struct timespec nap = {.tv_nsec = 2000000};
    uint64_t before = lab_os_clock_ns();

    assert_int_equal(nanosleep(&nap, NULL), 0);
    assert_true(lab_os_clock_ns() - before >= 2000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_aligned_zeros_and_unmaps_them_all),
        cmocka_unit_test(a_refused_mapping_changes_nothing),
        cmocka_unit_test(a_mapping_that_cannot_be_cut_is_none),
        cmocka_unit_test(binds_to_a_node),
        cmocka_unit_test(advises_huge_pages),
        cmocka_unit_test(populates_at_once),
        cmocka_unit_test(populates_on_old_kernels),
        cmocka_unit_test(populates_without_advice),
        cmocka_unit_test(too_few_pages_are_an_error_and_no_signal),
        cmocka_unit_test(keeps_memory_private),
        cmocka_unit_test(counts_huge_pages),
        cmocka_unit_test(a_promised_page_is_not_free),
        cmocka_unit_test(counts_memory),
        cmocka_unit_test(memory_that_cannot_be_counted_is_unknown),
        cmocka_unit_test(tells_the_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
