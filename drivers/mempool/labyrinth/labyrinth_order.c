/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* DPDK's mempool drivers, in the order of the EAL, which loads a folder's plugins as readdir()
 * gives them. A plugin that needs a mempool driver loads that one on the way: the loader's order
 * counts. */

#include <dirent.h>
#include <dlfcn.h>
#include <link.h>
#include <search.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "labyrinth_driver.h"

#define EAL "librte_eal.so." LABYRINTH_DPDK_ABI
#define PLUGIN_PATH                                                                                \
    "DPDK_PLUGIN_PATH=" /* the EAL has this text for those who look for its folder */
#define REGISTERS "rte_mempool_register_ops" /* what a mempool driver calls as it is loaded */
#define OURS "librte_mempool_labyrinth."
#define DEPTH_MAX 8 /* libraries that need each other; DPDK's are three deep */

struct search {
    uintptr_t inside; /* an address of the EAL */
    const char *folder;
};

static bool is_in(const ElfW(Phdr) * segment, ElfW(Addr) base, uintptr_t address)
{
    return segment->p_type == PT_LOAD && address >= base + segment->p_vaddr &&
           address - base - segment->p_vaddr < segment->p_memsz;
}

static void find_text(const ElfW(Phdr) * segment, ElfW(Addr) base, struct search *search)
{
    const char *start = (const char *)(base + segment->p_vaddr), *found;

    if (segment->p_type != PT_LOAD || (segment->p_flags & (PF_R | PF_W)) != PF_R)
        return;
    found = memmem(start, segment->p_filesz, PLUGIN_PATH, strlen(PLUGIN_PATH));
    if (found != NULL)
        search->folder = found + strlen(PLUGIN_PATH);
}

static int look_into(struct dl_phdr_info *info, size_t size, void *argument)
{
    struct search *search = argument;
    bool is_eal = false;

    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        is_eal |= is_in(&info->dlpi_phdr[i], info->dlpi_addr, search->inside);
    for (unsigned i = 0; is_eal && i < info->dlpi_phnum; i++)
        find_text(&info->dlpi_phdr[i], info->dlpi_addr, search);
    return is_eal;
}

/* Where the EAL of this process loads plugins from by itself; NULL where it does not. */
static const char *find_folder(void)
{
    struct search search = {.folder = NULL};
    void *eal = dlopen(EAL, RTLD_LAZY | RTLD_NOLOAD);

    if (eal == NULL)
        return NULL;
    search.inside = (uintptr_t)dlsym(eal, "rte_eal_init");
    (void)dl_iterate_phdr(look_into, &search);
    dlclose(eal);
    return search.folder;
}

static bool ends_in(const char *name, const char *end)
{
    size_t length = strlen(name);

    return length >= strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

/* The EAL takes "X.so" and "X.so.23.0"; the version also ends its folder's name: "pmds-23.0". */
static bool is_plugin(const char *folder, const char *name)
{
    const char *dash = strrchr(folder, '-');
    char end[32];

    snprintf(end, sizeof(end), ".so.%s", dash != NULL ? dash + 1 : LABYRINTH_DPDK_ABI ".0");
    return ends_in(name, ".so") || ends_in(name, end);
}

/* The EAL loads nothing that everybody could have put there. */
static bool is_safe(const char *path)
{
    char *place = strdup(path), *slash = place;
    bool safe = place != NULL;

    while (safe && slash != NULL) {
        struct stat status;

        safe =
            stat(place[0] != '\0' ? place : "/", &status) == 0 && (status.st_mode & S_IWOTH) == 0;
        slash = strrchr(place, '/');
        if (slash != NULL)
            *slash = '\0';
    }
    free(place);
    return safe;
}

/* A plugin that does not load here does not load in the EAL either, which has the words for it. */
static void load(const char *path)
{
    char *real = realpath(path, NULL);

    if (real != NULL && is_safe(real))
        (void)dlopen(real, RTLD_NOW);
    free(real);
}

struct library {
    const char *folder;
    void **seen; /* names, a tree of tsearch(3) */
    int depth;
};

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Whether this name comes for the first time: most libraries are needed by a hundred plugins. */
static bool is_new(const char *name, void **seen)
{
    char *copy = strdup(name), **place = copy != NULL ? tsearch(copy, seen, compare) : NULL;

    if (place != NULL && *place == copy)
        return true;
    free(copy);
    return place == NULL; /* there is no memory to note it */
}

/* First what it needs, as the loader does. Libraries that are not in the folder are DPDK's own and
 * the system's: no mempool driver is among those. This runs on the program's stack, which may be a
 * small one: so no path lies there. */
static void load_drivers_of(const char *name, void *context)
{
    const struct library *above = context;
    struct library library = {above->folder, above->seen, above->depth + 1};
    char *path;

    if (library.depth > DEPTH_MAX || strncmp(name, OURS, strlen(OURS)) == 0 ||
        !is_new(name, library.seen) || asprintf(&path, "%s/%s", library.folder, name) < 0)
        return;
    if (labyrinth_elf_read(path, REGISTERS, load_drivers_of, &library))
        load(path);
    free(path);
}

void labyrinth_order_load_others(void)
{
    const char *folder = find_folder();
    DIR *directory = folder != NULL && folder[0] != '\0' ? opendir(folder) : NULL;
    void *seen = NULL;
    struct library top = {folder, &seen, 0};
    const struct dirent *entry;

    if (directory == NULL)
        return;
    while ((entry = readdir(directory)) != NULL)
        if (is_plugin(folder, entry->d_name))
            load_drivers_of(entry->d_name, &top);
    closedir(directory);
    tdestroy(seen, free);
}
