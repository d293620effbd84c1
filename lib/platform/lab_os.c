/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <errno.h>
#include <fcntl.h>
#include <lab_os.h>
#include <lab_os_text.h>
#include <linux/mempolicy.h>
#include <linux/mman.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LONG_BITS (8 * sizeof(long))

/* The most nodes that any kernel is built for (CONFIG_NODES_SHIFT is at most 10). */
#define NODES_MAX 1024

static int map_anonymous(size_t bytes, int flags, void **ret_address)
{
    /* No MAP_NORESERVE: a refusal now is better than the out-of-memory killer, or for hugetlb
     * pages a SIGBUS, at the first touch. */
    void *address =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

    if (address == MAP_FAILED)
        return -errno;
    *ret_address = address;
    return 0;
}

/* Ordinary pages come at any address: map too much, and cut off what lies before and behind.
 * Without a mapping to spare the kernel cuts nothing off: then there is none, and nothing stays. */
static int map_aligned(size_t bytes, size_t alignment, void **ret_address)
{
    size_t slack = alignment - lab_os_page_bytes(), before;
    char *address;
    void *whole = NULL;
    int err = bytes > SIZE_MAX - slack ? -ENOMEM : map_anonymous(bytes + slack, 0, &whole);

    if (err)
        return err;
    before = -(uintptr_t)whole & (alignment - 1);
    address = (char *)whole + before;
    if ((before > 0 && munmap(whole, before)) ||
        (before < slack && munmap(address + bytes, slack - before))) {
        err = -errno;
        (void)munmap(whole, bytes + slack);
        return err;
    }
    *ret_address = address;
    return 0;
}

int lab_os_map(size_t bytes, size_t page_bytes, void **ret_address)
{
    if (page_bytes == LAB_PAGE_2M || page_bytes == LAB_PAGE_1G)
        return map_anonymous(bytes, MAP_HUGETLB | __builtin_ctzl(page_bytes) << MAP_HUGE_SHIFT,
                             ret_address);
    if (page_bytes)
        return -EINVAL;
    return bytes >= LAB_PAGE_2M ? map_aligned(bytes, LAB_PAGE_2M, ret_address)
                                : map_anonymous(bytes, 0, ret_address);
}

int lab_os_unmap(void *address, size_t bytes)
{
    return munmap(address, bytes) ? -errno : 0;
}

int lab_os_bind(void *address, size_t bytes, int node)
{
    unsigned long mask[NODES_MAX / LONG_BITS] = {0};

    if (node < 0 || node >= NODES_MAX)
        return -EINVAL;
    mask[(size_t)node / LONG_BITS] = 1ul << ((size_t)node % LONG_BITS);
    /* One more than there are bits: the kernel takes one off. */
    return syscall(SYS_mbind, address, bytes, MPOL_BIND, mask, NODES_MAX + 1ul, 0u) ? -errno : 0;
}

static int advise(void *address, size_t bytes, int advice)
{
    return madvise(address, bytes, advice) ? -errno : 0;
}

/* The kernel takes the advice even where it is configured never to follow it. */
static bool thp_forbidden(void)
{
    char text[64];

    return prctl(PR_GET_THP_DISABLE, 0ul, 0ul, 0ul, 0ul) > 0 ||
           (lab_os_read_text(AT_FDCWD, "/sys/kernel/mm/transparent_hugepage/enabled", text,
                             sizeof(text)) == 0 &&
            strstr(text, "[never]") != NULL);
}

int lab_os_advise_huge(void *address, size_t bytes)
{
    return thp_forbidden() ? -EINVAL : advise(address, bytes, MADV_HUGEPAGE);
}

/* Before Linux 5.14, and where a container forbids advice: write zeros over the zeros by a system
 * call, which unlike a store fails with EFAULT where there is no page. */
static int populate_by_read(char *address, size_t bytes)
{
    int zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    int err = 0;

    if (zeros < 0)
        return -errno;
    while (bytes > 0 && !err) {
        ssize_t n = TEMP_FAILURE_RETRY(read(zeros, address, bytes));

        if (n > 0) {
            address += n;
            bytes -= (size_t)n;
        } else {
            err = n ? -errno : -EIO;
        }
    }
    close(zeros);
    return err;
}

int lab_os_populate(void *address, size_t bytes)
{
    int err = advise(address, bytes, MADV_POPULATE_WRITE);

    if (err == -EINVAL || err == -EPERM || err == -EACCES || err == -ENOSYS)
        err = populate_by_read(address, bytes);
    return err == -EFAULT ? -ENOMEM : err;
}

int lab_os_keep_private(void *address, size_t bytes)
{
    int err = advise(address, bytes, MADV_DONTFORK);

    return err ? err : advise(address, bytes, MADV_DONTDUMP);
}

int lab_os_set_writable(void *address, size_t bytes, bool writable)
{
    return mprotect(address, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ) ? -errno : 0;
}

int lab_os_empty_in_children(void *address, size_t bytes)
{
    return advise(address, bytes, MADV_WIPEONFORK);
}

size_t lab_os_page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

int lab_os_pid_self(void)
{
    return getpid();
}

uint64_t lab_os_clock_ns(void)
{
    struct timespec now = {0}; /* a filter may refuse it where it is a system call */

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
