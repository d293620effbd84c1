/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Huge pages, where programs find them, and what of memory they may lock. */

#include "check.h"
#include "quote.h"
#include "sizes.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENOUGH_PAGES 512            /* of 2 MiB: what a testpmd takes, twice */
#define ENOUGH_LOCKED (64ull << 20) /* bytes: a small pool, and the rings of a queue */

static void check_size(const struct huge_size *size, struct report *report)
{
    enum level level = size->free == 0 ? LEVEL_BAD : LEVEL_GOOD;
    struct finding *finding;
    char where[32] = "";

    if (size->node >= 0)
        snprintf(where, sizeof(where), "node %d, ", size->node);
    if (level == LEVEL_GOOD && size->surplus > 0)
        level = LEVEL_ADVICE; /* the kernel takes them back as soon as they are free */
    finding = report_add(report, level, "hugepages",
                         "%s%s: %" PRId64 " pages, %" PRId64 " free, %" PRId64 " surplus", where,
                         sizes_name(size->page_kib), size->total, size->free, size->surplus);
    if (level != LEVEL_GOOD)
        finding_fix(finding, "hugeadm --pool-pages-min %s:%" PRId64, sizes_hugeadm(size->page_kib),
                    size->total + (size->free == 0 ? ENOUGH_PAGES : 0));
}

/* A node without any, while others have some: what its CPUs and NICs use lies elsewhere. */
static void check_nodes(const struct huge_sizes *sizes, struct report *report)
{
    int last = -1;

    for (size_t i = 0; i < sizes->n; i++) {
        int node = sizes->sizes[i].node;

        if (node < 0 || node == last || sizes_pages(sizes, node, 0, false) > 0)
            continue;
        last = node;
        finding_fix(report_add(report, LEVEL_ADVICE, "hugepages",
                               "node %d: none; pools of its CPUs and NICs lie on another node",
                               node),
                    "echo %d > /sys/devices/system/node/node%d/hugepages/hugepages-2048kB/"
                    "nr_hugepages",
                    ENOUGH_PAGES, node);
    }
}

/* Pages that are free, but that somebody has mapped and not touched yet: known machine-wide. */
static void check_promised(const struct tree *tree, const struct huge_sizes *sizes,
                           struct report *report)
{
    glob_t files;
    size_t n = tree_glob(tree, &files, "", "/sys/kernel/mm/hugepages/hugepages-*kB/resv_hugepages");

    for (size_t i = 0; i < n; i++) {
        const char *path = tree_match(tree, &files, i);
        int64_t promised = 0, available;
        uint64_t page_kib = 0;
        int rc = tree_number(tree, &promised, "%s", path);

        if (rc != 0)
            report_unknown(report, "hugepages", path, rc);
        if (rc != 0 || promised == 0 ||
            sscanf(strstr(path, "hugepages-"), "hugepages-%" SCNu64, &page_kib) != 1)
            continue;
        available = sizes_pages(sizes, -1, page_kib, true);
        if (promised < available)
            report_add(report, LEVEL_GOOD, "hugepages",
                       "%s: %" PRId64 " of the %" PRId64 " free pages are reserved by programs",
                       sizes_name(page_kib), promised, available);
        else
            finding_fix(report_add(report, LEVEL_BAD, "hugepages",
                                   "%s: all %" PRId64 " free pages are reserved by programs",
                                   sizes_name(page_kib), available),
                        "hugeadm --pool-pages-min %s:%" PRId64, sizes_hugeadm(page_kib),
                        sizes_pages(sizes, -1, page_kib, false) + ENOUGH_PAGES);
    }
    globfree(&files);
}

/* Whether a kernel without something can be distinguished from one that cannot be looked at. */
static bool is_kernel_known(const struct tree *tree, const char *check, struct report *report)
{
    glob_t files;
    size_t n = tree_glob(tree, &files, "", "/sys/kernel/mm/*");
    int error = tree_glob_error();

    globfree(&files);
    if (n > 0 && error == 0)
        return true;
    report_unknown(report, check, "/sys/kernel/mm", error != 0 ? error : ENOENT);
    return false;
}

void check_hugepages(const struct tree *tree, struct report *report)
{
    struct huge_sizes sizes;

    sizes_read(tree, &sizes);
    if (sizes.n == 0 && !is_kernel_known(tree, "hugepages", report))
        return;
    if (sizes.error != 0) {
        report_unknown(report, "hugepages", "how many there are, and are free", sizes.error);
        return;
    }
    if (sizes.n == 0) {
        finding_fix(report_add(report, LEVEL_BAD, "hugepages", "this kernel has none"),
                    "a kernel with CONFIG_HUGETLBFS, or --no-huge among the EAL options");
        return;
    }
    if (sizes_pages(&sizes, -1, 0, false) == 0) {
        finding_fix(report_add(report, LEVEL_BAD, "hugepages", "none of any size"),
                    "hugeadm --pool-pages-min 2MB:%d", ENOUGH_PAGES);
        return;
    }
    for (size_t i = 0; i < sizes.n; i++) {
        if (sizes.sizes[i].total > 0)
            check_size(&sizes.sizes[i], report);
    }
    check_nodes(&sizes, report);
    check_promised(tree, &sizes, report);
}

/* The size of a mount's pages: "pagesize=2M", "pagesize=1024M"; 2 MiB where nothing is said. */
static uint64_t mount_page_kib(const char *options)
{
    const char *found = strstr(options, "pagesize=");
    unsigned long long size;
    char unit;

    if (found == NULL || sscanf(found, "pagesize=%llu%c", &size, &unit) != 2)
        return 2048;
    return unit == 'G' ? size << 20 : unit == 'M' ? size << 10 : size;
}

static bool may_write(const struct tree *tree, const struct stat *status, uid_t user)
{
    mode_t bits = S_IWOTH | S_IXOTH;

    if (user == status->st_uid)
        bits = S_IWUSR | S_IXUSR;
    else if (tree_in_group(tree, status->st_gid))
        bits = S_IWGRP | S_IXGRP;
    return user == 0 || (status->st_mode & bits) == bits;
}

static void check_mount(const struct tree *tree, const char *path, uint64_t page_kib,
                        struct report *report)
{
    uid_t user = tree_user(tree);
    struct stat status;
    unsigned mode;
    int rc = tree_stat(tree, &status, "%s", path);

    if (rc != 0) {
        report_unknown(report, "hugetlbfs", path, rc);
        return;
    }
    mode = status.st_mode & 07777;
    if (!may_write(tree, &status, user))
        finding_fix(report_add(report, LEVEL_BAD, "hugetlbfs",
                               "%s (%s) is of user %u, mode %04o: user %u may not make files there",
                               path, sizes_name(page_kib), status.st_uid, mode, user),
                    "chown %u %s (as root), or --in-memory among the EAL options", user,
                    quote(path));
    else if ((mode & (S_IWOTH | S_ISVTX)) == S_IWOTH)
        finding_fix(report_add(report, LEVEL_ADVICE, "hugetlbfs",
                               "%s (%s), mode %04o: anybody may remove another's files", path,
                               sizes_name(page_kib), mode),
                    "chmod +t %s", quote(path));
    else
        report_add(report, LEVEL_GOOD, "hugetlbfs", "%s (%s), user %u, group %u, mode %04o", path,
                   sizes_name(page_kib), status.st_uid, status.st_gid, mode);
}

/* Pages of a size that has no mount: programs that share memory do not find them. */
static void check_unmounted(const struct huge_sizes *sizes, const char *mounted,
                            struct report *report)
{
    for (size_t i = 0; i < sizes->n; i++) {
        uint64_t page_kib = sizes->sizes[i].page_kib;
        char word[32];

        snprintf(word, sizeof(word), " %" PRIu64 " ", page_kib);
        if (sizes->sizes[i].total == 0 || strstr(mounted, word) != NULL)
            continue;
        finding_fix(report_add(report, LEVEL_BAD, "hugetlbfs",
                               "none is mounted for pages of %s: programs need --in-memory",
                               sizes_name(page_kib)),
                    "mkdir -p /dev/hugepages%s && mount -t hugetlbfs -o pagesize=%" PRIu64
                    "M none /dev/hugepages%s",
                    page_kib == 2048 ? "" : "-1G", page_kib >> 10, page_kib == 2048 ? "" : "-1G");
        return; /* once, though several nodes have the size */
    }
}

void check_mounts(const struct tree *tree, struct report *report)
{
    char *mounts = tree_file(tree, "/proc/mounts"), *rest = mounts, *line;
    char mounted[256] = " ";
    struct huge_sizes sizes;

    if (mounts == NULL) {
        report_unknown(report, "hugetlbfs", "/proc/mounts", errno);
        return;
    }
    while ((line = strsep(&rest, "\n")) != NULL) {
        char path[PATH_MAX], options[256];
        uint64_t page_kib;

        if (sscanf(line, "%*s %4095s hugetlbfs %255s", path, options) != 2)
            continue;
        tree_decode_mount(path);
        page_kib = mount_page_kib(options);
        snprintf(mounted + strlen(mounted), sizeof(mounted) - strlen(mounted), "%" PRIu64 " ",
                 page_kib);
        check_mount(tree, path, page_kib, report);
    }
    free(mounts);
    sizes_read(tree, &sizes);
    check_unmounted(&sizes, mounted, report);
}

void check_memlock(const struct tree *tree, struct report *report)
{
    static const char name[] = "Max locked memory";
    char *limits = tree_file(tree, "/proc/self/limits");
    const char *line = limits != NULL ? strstr(limits, name) : NULL;
    uid_t user = tree_user(tree);
    unsigned long long bytes;

    if (line == NULL)
        report_add(report, LEVEL_ADVICE, "memlock",
                   "not known: /proc/self/limits does not show the limit");
    else if (user == 0)
        report_add(report, LEVEL_GOOD, "memlock", "no limit for root");
    else if (sscanf(line + strlen(name), "%llu", &bytes) != 1)
        report_add(report, LEVEL_GOOD, "memlock", "no limit");
    else if (bytes >= ENOUGH_LOCKED)
        report_add(report, LEVEL_GOOD, "memlock", "%llu MiB may be locked", bytes >> 20);
    else
        finding_fix(report_add(report, LEVEL_ADVICE, "memlock",
                               "%llu KiB may be locked: too little for VFIO and AF_XDP",
                               bytes >> 10),
                    "ulimit -l unlimited (for good: \"* - memlock unlimited\" in "
                    "/etc/security/limits.d/labyrinth.conf)");
    free(limits);
}

void check_thp(const struct tree *tree, struct report *report)
{
    static const char path[] = "/sys/kernel/mm/transparent_hugepage/enabled";
    char line[64];
    int rc = tree_line(tree, line, sizeof(line), "%s", path);

    if (rc == -ENOENT && is_kernel_known(tree, "thp", report))
        report_add(report, LEVEL_ADVICE, "thp", "this kernel has no transparent huge pages");
    else if (rc == -ENOENT)
        return;
    else if (rc != 0)
        report_unknown(report, "thp", path, rc);
    else if (strstr(line, "[never]") != NULL)
        finding_fix(report_add(report, LEVEL_ADVICE, "thp",
                               "off: pools on ordinary memory have pages of 4 KiB"),
                    "echo madvise > %s", path);
    else
        report_add(report, LEVEL_GOOD, "thp", "pools on ordinary memory get them (%s)", line);
}
