/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How many objects of a mempool are to go round: circulate=auto. */

#include <rte_cpuflags.h>
#include <rte_lcore.h>
#include <stdio.h>
#include <string.h>

#include "labyrinth_driver.h"

/* Fewer would be published and parked again with each burst. */
#define LEAST 2048u

/* The half of the cache: the packets' tables and the program have the other. */
#define CACHE_SHARE 2u

/* A line of what the kernel says of a CPU's third-level cache; false where it says nothing. */
static bool read_cache(unsigned int cpu, const char *what, char *ret_line, int size)
{
    char path[128];
    FILE *file;
    bool is_read;

    snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/cache/index3/%s", cpu, what);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    is_read = fgets(ret_line, size, file) != NULL;
    fclose(file);
    return is_read;
}

/* Whether the CPUs of all lcores have one last-level cache, as far as can be known: what a virtual
 * machine says of its caches is anybody's guess. */
static bool share_one_cache(void)
{
    char first[512] = "", other[512];
    unsigned int lcore;

#ifdef RTE_ARCH_X86
    if (rte_cpu_get_flag_enabled(RTE_CPUFLAG_HYPERVISOR) != 0)
        return false;
#endif
    RTE_LCORE_FOREACH (lcore) {
        int cpu = rte_lcore_to_cpu_id((int)lcore);

        if (cpu < 0 || !read_cache((unsigned int)cpu, "shared_cpu_list", other, sizeof(other)) ||
            (first[0] != '\0' && strcmp(first, other) != 0))
            return false;
        strcpy(first, other);
    }
    return first[0] != '\0';
}

uint32_t labyrinth_circulate_auto(const struct rte_mempool *mp)
{
    uint64_t object = mp->header_size + mp->elt_size + mp->trailer_size, most;
    int cpu = rte_lcore_to_cpu_id((int)rte_get_main_lcore());
    unsigned long kib;
    char line[32];

    if (!share_one_cache() || !read_cache((unsigned int)cpu, "size", line, sizeof(line)) ||
        sscanf(line, "%luK", &kib) != 1)
        return 0;
    most = kib * 1024 / CACHE_SHARE / rte_lcore_count() / object;
    return most > LEAST ? (uint32_t)RTE_MIN(most, (uint64_t)LAB_POOL_COUNT_MAX) : LEAST;
}
