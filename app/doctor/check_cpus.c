/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The CPUs that poll, and the NICs that they poll. */

#include "check.h"
#include "sizes.h"

#include <errno.h>
#include <inttypes.h>
#include <lab_barrier.h>
#include <stdio.h>
#include <string.h>

#define CPUS "/sys/devices/system/cpu"

void check_membarrier(const struct tree *tree, struct report *report)
{
    enum lab_barrier got = LAB_BARRIER_FENCE;

    if (tree->root[0] != '\0')
        return; /* nobody can ask another machine's kernel */
    (void)lab_barrier_register(LAB_BARRIER_PRIVATE, &got);
    if (got == LAB_BARRIER_PRIVATE)
        report_add(report, LEVEL_GOOD, "membarrier", "may be called");
    else
        finding_fix(report_add(report, LEVEL_ADVICE, "membarrier",
                               "not to be had: each get of a pool fences, and is slower"),
                    "allow membarrier(2) in the container's seccomp filter, and unset "
                    "LABYRINTH_BARRIER");
}

/* Whether this is where a kernel says what it has, or says nothing of. */
static bool has_cpus(const struct tree *tree)
{
    struct stat status;

    return tree_stat(tree, &status, CPUS) == 0;
}

static void check_list(const struct tree *tree, const char *name, const char *missing,
                       struct report *report)
{
    char line[256] = "";
    int rc = tree_line(tree, line, sizeof(line), CPUS "/%s", name);

    if (rc != 0 && (rc != -ENOENT || !has_cpus(tree)))
        report_unknown(report, "cpus", CPUS, rc);
    else if (line[0] == '\0' || strcmp(line, "(null)") == 0)
        finding_fix(report_add(report, LEVEL_ADVICE, "cpus", "%s", missing),
                    "%s=CPUS on the kernel's command line, for the CPUs that poll",
                    strcmp(name, "isolated") == 0 ? "isolcpus" : name);
    else
        report_add(report, LEVEL_GOOD, "cpus", "%s: %s", name, line);
}

void check_isolation(const struct tree *tree, struct report *report)
{
    check_list(tree, "isolated", "none is isolated: the scheduler interrupts polling threads",
               report);
    check_list(tree, "nohz_full", "none is without the timer's tick (nohz_full)", report);
}

void check_governor(const struct tree *tree, struct report *report)
{
    glob_t files;
    size_t n = tree_glob(tree, &files, "", CPUS "/cpu[0-9]*/cpufreq/scaling_governor"), slow = 0;
    int error = n > 0 || has_cpus(tree) ? tree_glob_error() : -ENOENT;
    char slow_name[64] = "";

    for (size_t i = 0; i < n; i++) {
        char line[sizeof(slow_name)];
        int rc = tree_line(tree, line, sizeof(line), "%s", tree_match(tree, &files, i));

        if (rc != 0)
            error = rc;
        if (rc != 0 || strcmp(line, "performance") == 0)
            continue;
        slow++;
        memcpy(slow_name, line, sizeof(line));
    }
    globfree(&files);
    if (error != 0)
        report_unknown(report, "cpus", "the governor of all of them", error);
    if (slow > 0)
        finding_fix(report_add(report, LEVEL_ADVICE, "cpus",
                               "the governor of %zu of %zu is not performance but %s", slow, n,
                               slow_name),
                    "cpupower frequency-set -g performance");
    else if (error == 0)
        report_add(report, LEVEL_GOOD, "cpus", "%s",
                   n > 0 ? "the governor is performance" : "their frequency is not ours to set");
}

/* 1, 0, or -errno when it cannot be known. */
static int is_nic(const struct tree *tree, const char *folder)
{
    char line[32];
    int rc = tree_line(tree, line, sizeof(line), "%s/class", folder);

    return rc != 0 ? rc : strncmp(line, "0x02", 4) == 0;
}

static void check_nic(const struct tree *tree, const char *folder, const struct huge_sizes *sizes,
                      struct report *report)
{
    const char *name = strrchr(folder, '/') + 1;
    int64_t node = -1;
    int rc = tree_number(tree, &node, "%s/numa_node", folder);

    if (rc != 0 && rc != -ENOENT) /* a kernel without nodes has no such file */
        report_unknown(report, "nic", name, rc);
    else if (node >= 0 && sizes->error != 0)
        report_unknown(report, "nic", name, sizes->error);
    else if (node < 0)
        report_add(report, LEVEL_GOOD, "nic", "%s is near every node", name);
    else if (sizes_pages(sizes, (int)node, 0, true) > 0)
        report_add(report, LEVEL_GOOD, "nic", "%s is on node %" PRId64 ", which has huge pages",
                   name, node);
    else
        finding_fix(report_add(report, LEVEL_ADVICE, "nic",
                               "%s is on node %" PRId64 ", which has no free huge pages", name,
                               node),
                    "echo 512 > /sys/devices/system/node/node%" PRId64
                    "/hugepages/hugepages-2048kB/nr_hugepages",
                    node);
}

void check_nics(const struct tree *tree, struct report *report)
{
    struct huge_sizes sizes;
    glob_t folders;
    size_t n = tree_glob(tree, &folders, "", "/sys/bus/pci/devices/*");
    int error = tree_glob_error(), rc;

    sizes_read(tree, &sizes);
    for (size_t i = 0; i < n; i++) {
        const char *folder = tree_match(tree, &folders, i);

        rc = is_nic(tree, folder);
        if (rc > 0)
            check_nic(tree, folder, &sizes, report);
        else if (rc < 0)
            error = rc;
    }
    globfree(&folders);
    if (error != 0)
        report_unknown(report, "nic", "/sys/bus/pci/devices", error);
}
