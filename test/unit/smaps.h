/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef SMAPS_H
#define SMAPS_H

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* The entry of /proc/self/smaps for the mapping that an address lies in. */
struct smaps {
    bool found;
    size_t page_bytes;    /* KernelPageSize */
    size_t present_bytes; /* Rss and Private_Hugetlb, of which one is 0 */
    size_t thp_bytes;     /* AnonHugePages */
    char flags[256];      /* VmFlags, " xx yy " */
};

static inline struct smaps smaps_of(const void *address)
{
    FILE *file = fopen("/proc/self/smaps", "re");
    struct smaps smaps = {0};
    char line[512];
    bool here = false;

    while (file && fgets(line, sizeof(line), file)) {
        uintptr_t first, end;
        size_t kib;

        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &first, &end) == 2)
            here = first <= (uintptr_t)address && (uintptr_t)address < end;
        if (!here)
            continue;
        smaps.found = true;
        if (sscanf(line, "KernelPageSize: %zu", &kib) == 1)
            smaps.page_bytes = kib << 10;
        else if (sscanf(line, "Rss: %zu", &kib) == 1 ||
                 sscanf(line, "Private_Hugetlb: %zu", &kib) == 1)
            smaps.present_bytes += kib << 10;
        else if (sscanf(line, "AnonHugePages: %zu", &kib) == 1)
            smaps.thp_bytes = kib << 10;
        else if (strncmp(line, "VmFlags:", 8) == 0)
            snprintf(smaps.flags, sizeof(smaps.flags), "%.*s", (int)strcspn(line + 8, "\n"),
                     line + 8);
    }
    if (file)
        fclose(file);
    return smaps;
}

/* Whether the mapping has a flag: "dd" is not dumped, "dc" not copied on fork, "hg" advised to
 * consist of huge pages. */
static inline bool smaps_has(const struct smaps *smaps, const char *flag)
{
    return strstr(smaps->flags, flag) != NULL;
}

/* In a child: whether the parent's page, which begins with that byte, is out of reach. Asked of the
 * kernel, not tried, because sanitizers keep SIGSEGV to themselves, and so does cmocka; and theirs
 * may be the next mapping at that address. */
static inline bool is_out_of_reach(void *page, char byte)
{
    if (msync(page, 1, MS_ASYNC) == -1 && errno == ENOMEM)
        return true;
    return *(volatile char *)page != byte;
}

#endif
