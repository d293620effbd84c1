/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "hugepages.h"

#include <dlfcn.h>
#include <errno.h>
#include <lab_os.h>
#include <lab_region.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

size_t hugepages_free_bytes(void)
{
    static const size_t sizes[] = {LAB_PAGE_2M, LAB_PAGE_1G};
    size_t bytes = 0;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t n_free, n_total;

        if (lab_os_hugepages(sizes[i], -1, &n_free, &n_total) == 0)
            bytes += n_free * sizes[i];
    }
    return bytes;
}

/* The EAL looks for a hugetlbfs, though it is to use none, and ends the program where it cannot. */
static bool may_see_mounts(struct lab_error *error)
{
    static const char path[] = "/proc/mounts";

    if (access(path, R_OK) == 0)
        return true;
    (void)lab_error_set(error, -errno, "DPDK has huge pages only where it can read %s: %s", path,
                        strerror(errno));
    return false;
}

/* A file of huge pages, which each of the EAL's pages is: it takes the largest first. */
static bool may_have_files(struct lab_error *error)
{
    size_t n_free = 0, n_total, page_bytes = LAB_PAGE_2M;
    struct rlimit limit;
    int file;

    if (lab_os_hugepages(LAB_PAGE_1G, -1, &n_free, &n_total) == 0 && n_free > 0)
        page_bytes = LAB_PAGE_1G;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < page_bytes) {
        (void)lab_error_set(error, -EFBIG,
                            "each huge page of DPDK's is a file, and those may not be so large "
                            "here: `ulimit -f unlimited`");
        return false;
    }
    file = memfd_create("labyrinth", MFD_CLOEXEC | MFD_HUGETLB);
    if (file < 0) {
        (void)lab_error_set(error, -errno,
                            "DPDK has huge pages by memfd_create(2), which is refused: %s",
                            strerror(errno));
        return false;
    }
    if (ftruncate(file, (off_t)page_bytes) != 0) {
        (void)lab_error_set(error, -errno,
                            "DPDK has huge pages in files that it makes longer by ftruncate(2), "
                            "which is refused: %s",
                            strerror(errno));
        close(file);
        return false;
    }
    close(file);
    return true;
}

/* Where NUMA is there at all, the EAL asks for the node of each page. Its library takes some
 * refusals for a kernel without NUMA, and which ones they are depends on its version: so it is
 * asked. */
static bool may_ask_for_nodes(struct lab_error *error)
{
    void *symbol = dlsym(RTLD_DEFAULT, "numa_available");
    int (*numa_available)(void);

    memcpy(&numa_available, &symbol, sizeof(symbol));
    if (symbol == NULL || numa_available() != 0 ||
        syscall(SYS_get_mempolicy, NULL, NULL, 0ul, NULL, 0ul) == 0)
        return true;
    (void)lab_error_set(error, -errno,
                        "DPDK asks for the NUMA node of huge pages by get_mempolicy(2), which is "
                        "refused: %s",
                        strerror(errno));
    return false;
}

bool hugepages_granted(size_t bytes, struct lab_error *error)
{
    struct lab_region_options options = {.bytes = bytes, .node = LAB_NODE_ANY};
    struct lab_region region;

    if (!may_see_mounts(error) || !may_have_files(error) || !may_ask_for_nodes(error))
        return false;
    options.pages = LAB_PAGES_2M;
    if (lab_region_create(&options, &region, error) != 0) {
        options.pages = LAB_PAGES_1G;
        if (lab_region_create(&options, &region, NULL) != 0)
            return false;
    }
    (void)lab_region_destroy(&region);
    return true;
}

void hugepages_advice(char *text, size_t capacity, size_t missing_bytes)
{
    size_t n_free, n_total = 0;
    size_t missing = (missing_bytes + LAB_PAGE_2M - 1) / LAB_PAGE_2M;

    if (lab_os_hugepages(LAB_PAGE_2M, -1, &n_free, &n_total) != 0)
        n_total = 0;
    snprintf(text, capacity, "hugeadm --pool-pages-min 2MB:%zu", n_total + missing);
}
