/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Memory that processes share by name. It is a memfd, whose name the kernel shows in /proc to
 * processes of the same user; they open it from there (lab_os_find.c). Nothing of it lies in a file
 * system. */

#include <errno.h>
#include <fcntl.h>
#include <lab_os.h>
#include <linux/memfd.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL /* Linux 6.3 */
#define MFD_NOEXEC_SEAL 0x0008u
#endif

/* The seals of memory that is shared: what no holder of it may do to the others, for a shorter file
 * would be a SIGBUS to them. One that has none yet is being made, and one that has the last alone
 * was withdrawn. */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

int lab_os_share_create(const char *name, size_t bytes, size_t page_bytes, int *ret_file)
{
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    struct rlimit limit;
    int file;

    if (page_bytes)
        flags |= MFD_HUGETLB | (unsigned)__builtin_ctzl(page_bytes) << MFD_HUGE_SHIFT;
    /* The kernel kills a process that goes beyond, by SIGXFSZ. */
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && bytes > limit.rlim_cur)
        return -EFBIG;
    file = memfd_create(name, flags | MFD_NOEXEC_SEAL);
    if (file < 0 && errno == EINVAL)
        file = memfd_create(name, flags);
    if (file < 0)
        return -errno;
    if (ftruncate(file, (off_t)bytes) != 0) {
        int err = -errno;

        close(file);
        return err;
    }
    *ret_file = file;
    return 0;
}

int lab_os_share_publish(int file)
{
    return fcntl(file, F_ADD_SEALS, SEALS) == 0 ? 0 : -errno;
}

void lab_os_share_withdraw(int file)
{
    (void)fcntl(file, F_ADD_SEALS, F_SEAL_SEAL); /* a forked child may keep it */
    close(file);
}

uint64_t lab_os_share_number(int file)
{
    int seals = fcntl(file, F_GET_SEALS);
    struct stat status;

    if (seals < 0 || (seals & SEALS) != SEALS || fstat(file, &status))
        return 0;
    return status.st_ino;
}

int lab_os_share_size(int file, size_t *ret_bytes, size_t *ret_page_bytes)
{
    struct stat status;

    if (fstat(file, &status) != 0)
        return -errno;
    *ret_bytes = (size_t)status.st_size;
    *ret_page_bytes = (size_t)status.st_blksize; /* hugetlbfs says its page's */
    return 0;
}

int lab_os_share_map(int file, void *address, size_t bytes)
{
    void *mapped = mmap(address, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);

    return mapped == MAP_FAILED ? -errno : 0;
}

int lab_os_reserve(void *address, size_t bytes)
{
    void *mapped = mmap(address, bytes, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

    if (mapped == MAP_FAILED)
        return -errno;
    if (mapped == address)
        return 0;
    munmap(mapped, bytes); /* a kernel or an emulator that takes the address for advice */
    return -EEXIST;
}

int lab_os_close(int file)
{
    return close(file) ? -errno : 0;
}
