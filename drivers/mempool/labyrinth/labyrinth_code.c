/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The code that is DPDK's, and stands between a program and this driver: known by the names of its
 * functions.
 *
 * Invariant: a module is on the list once it is complete, and never changes or leaves: threads that
 * poll read the list at any time. The newest is first, so that of two that had one address, the one
 * that has it is found.
 *
 *     O1 store of the newest module   release   pairs with O2: it is complete
 *     O2 load of it                   acquire   pairs with O1 */

#include <lab_atomic.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "labyrinth_driver.h"
#include "labyrinth_site.h"

struct range {
    uint64_t start, end; /* the first byte behind it */
};

/* A program or library, and its functions of DPDK's, sorted. */
struct module {
    struct module *next;
    char *name;
    struct range all;
    size_t n;
    struct range between[];
};

static lab_atomic_t newest; /* a struct module, or 0 */

static struct module *first_module(void)
{
    return (struct module *)(uintptr_t)lab_load_acquire(&newest); /* O2: or not all is there */
}

static bool is_in(const struct range *range, uint64_t address)
{
    return address >= range->start && address < range->end;
}

/* Lookups */

static bool is_between(const struct module *module, uint64_t address)
{
    size_t from = 0, to = module->n;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (is_in(&module->between[middle], address))
            return true;
        if (address < module->between[middle].start)
            to = middle;
        else
            from = middle + 1;
    }
    return false;
}

enum labyrinth_code labyrinth_code_at(uint64_t address)
{
    for (const struct module *module = first_module(); module != NULL; module = module->next)
        if (is_in(&module->all, address))
            return is_between(module, address) ? LABYRINTH_CODE_BETWEEN : LABYRINTH_CODE_PROGRAM;
    return LABYRINTH_CODE_UNKNOWN;
}

/* Reading */

#define PLACES_MIN 64u

/* A module in the making. */
struct reading {
    struct module *module; /* NULL: there was no memory */
    size_t places;
    uint64_t base; /* what the loader added to the addresses in the file */
};

static bool is_name_between(const char *name)
{
    static const char *const begin[] = {"rte_", "__rte_", "labyrinth_"};

    for (unsigned i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
        if (strncmp(name, begin[i], strlen(begin[i])) == 0)
            return true;
    return false;
}

static void see_function(const char *name, uint64_t start, uint64_t bytes, void *context)
{
    struct reading *reading = context;
    struct module *module = reading->module;

    if (module == NULL || !is_name_between(name))
        return;
    if (module->n == reading->places) {
        reading->places = reading->places == 0 ? PLACES_MIN : 2 * reading->places;
        module = realloc(module, sizeof(*module) + reading->places * sizeof(struct range));
        if (module == NULL) {
            free(reading->module);
            reading->module = NULL;
            return;
        }
        reading->module = module;
    }
    start += reading->base;
    module->between[module->n++] = (struct range){start, start + bytes};
}

static int compare(const void *a, const void *b)
{
    const struct range *left = a, *right = b;

    return left->start < right->start ? -1 : left->start > right->start;
}

static struct range range_of(const struct dl_phdr_info *info)
{
    struct range range = {.start = UINT64_MAX};

    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uint64_t start = info->dlpi_addr + part->p_vaddr;

        if (part->p_type != PT_LOAD)
            continue;
        range.start = start < range.start ? start : range.start;
        range.end = start + part->p_memsz > range.end ? start + part->p_memsz : range.end;
    }
    return range;
}

/* Whether a library has names of DPDK's, as its loader sees them. Without this look, the symbols of
 * all that a program is linked with would be read. */
static bool uses_dpdk(const struct dl_phdr_info *info)
{
    const ElfW(Dyn) *dyn = NULL;
    const char *strings = NULL;
    size_t bytes = 0;

    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            dyn = (const void *)(uintptr_t)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    for (; dyn != NULL && dyn->d_tag != DT_NULL; dyn++) {
        if (dyn->d_tag == DT_STRSZ)
            bytes = dyn->d_un.d_val;
        else if (dyn->d_tag == DT_STRTAB && dyn->d_un.d_ptr < info->dlpi_addr) /* as in the file */
            strings = (const char *)(uintptr_t)(info->dlpi_addr + dyn->d_un.d_ptr);
        else if (dyn->d_tag == DT_STRTAB)
            strings = (const char *)(uintptr_t)dyn->d_un.d_ptr;
    }
    return strings != NULL && memmem(strings, bytes, "rte_", strlen("rte_")) != NULL;
}

static bool is_known(const char *name, const struct range *all)
{
    for (const struct module *module = first_module(); module != NULL; module = module->next)
        if (module->all.start == all->start && strcmp(module->name, name) == 0)
            return true;
    return false;
}

static void read_module(const struct dl_phdr_info *info, const struct range *all)
{
    struct reading reading = {.module = calloc(1, sizeof(struct module)), .base = info->dlpi_addr};
    struct module *module;

    labyrinth_elf_symbols(info->dlpi_name[0] != '\0' ? info->dlpi_name : "/proc/self/exe",
                          LABYRINTH_ELF_FUNCTION, see_function, &reading);
    module = reading.module;
    if (module == NULL)
        return;
    module->name = strdup(info->dlpi_name);
    if (module->name == NULL) {
        free(module);
        return;
    }
    qsort(module->between, module->n, sizeof(struct range), compare);
    module->all = *all;
    module->next = first_module();
    /* O1: or others read a module that is not complete */
    lab_store_release(&newest, (uint64_t)(uintptr_t)module);
}

/* The loader's objects when the list was last complete. */
static unsigned long long loads_seen;

static int visit(struct dl_phdr_info *info, size_t size, void *argument)
{
    unsigned long long *ret_loads = argument;
    struct range all = range_of(info);

    (void)size;
    *ret_loads = info->dlpi_adds;
    if (*ret_loads == loads_seen)
        return 1;
    /* The program itself, whose name is empty, may have DPDK in it and export no name of it. */
    if (!is_known(info->dlpi_name, &all) && (info->dlpi_name[0] == '\0' || uses_dpdk(info)))
        read_module(info, &all);
    return 0;
}

void labyrinth_code_read(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    unsigned long long loads = 0;

    if (pthread_mutex_trylock(&lock) != 0)
        return;
    (void)dl_iterate_phdr(visit, &loads);
    loads_seen = loads;
    pthread_mutex_unlock(&lock);
}
