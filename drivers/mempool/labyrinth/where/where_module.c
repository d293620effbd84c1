/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The program and its libraries: which memory is their variables, and what these are called. */

#include "where_map.h"

#include "labyrinth_driver.h"

#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where a thread's own variables are counted from. */
static uintptr_t thread_self(void)
{
#if defined(__x86_64__) || defined(__aarch64__)
    return (uintptr_t)__builtin_thread_pointer();
#else
    return 0;
#endif
}

/* Beyond that, a library that was loaded late has its variables of threads on the heap. */
#define OWN_MAX (1 << 20)

static void take_own(const struct dl_phdr_info *info, size_t size, const ElfW(Phdr) * part,
                     struct where_module *module)
{
    intptr_t from;

    if (size < offsetof(struct dl_phdr_info, dlpi_tls_data) + sizeof(info->dlpi_tls_data) ||
        info->dlpi_tls_data == NULL || thread_self() == 0)
        return;
    from = (intptr_t)((uintptr_t)info->dlpi_tls_data - thread_self());
    if (from < -OWN_MAX || from > OWN_MAX)
        return;
    module->own_from = from;
    module->own_bytes = part->p_memsz;
}

static void set_path(struct where_module *module, const char *name)
{
    ssize_t n;

    if (name[0] != '\0') {
        snprintf(module->path, sizeof(module->path), "%s", name);
        return;
    }
    n = readlink("/proc/self/exe", module->path, sizeof(module->path) - 1);
    module->path[n > 0 ? n : 0] = '\0';
}

static int take_module(struct dl_phdr_info *info, size_t size, void *context)
{
    struct where_map *map = context;
    size_t first = map->modules;

    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        struct where_module *module;

        if (part->p_type != PT_LOAD || (part->p_flags & PF_W) == 0)
            continue;
        module = WHERE_MAP_ADD(map, module);
        if (module == NULL)
            return 1;
        module->base = info->dlpi_addr;
        module->at.start = info->dlpi_addr + part->p_vaddr;
        module->at.end = module->at.start + part->p_memsz;
        set_path(module, info->dlpi_name);
    }
    for (unsigned i = 0; first < map->modules && i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_TLS)
            take_own(info, size, &info->dlpi_phdr[i], &map->module[first]);
    return 0;
}

void where_map_read_modules(struct where_map *map)
{
    (void)dl_iterate_phdr(take_module, map);
}

/* Symbols */

struct symbol_search {
    uint64_t address;
    struct where_symbol *found;
};

/* Of several that cover an address, the shortest says most. */
static void see_symbol(const char *name, uint64_t start, uint64_t bytes, void *context)
{
    struct symbol_search *search = context;
    struct where_symbol *found = search->found;

    if (search->address - start >= bytes || (found->name[0] != '\0' && found->bytes <= bytes))
        return;
    snprintf(found->name, sizeof(found->name), "%s", name);
    found->start = start;
    found->bytes = bytes;
}

void where_module_symbol(const struct where_module *module, uint64_t address, bool is_own,
                         struct where_symbol *ret_symbol)
{
    struct symbol_search search = {address, ret_symbol};

    *ret_symbol = (struct where_symbol){.name = ""};
    labyrinth_elf_symbols(module->path, is_own ? LABYRINTH_ELF_OWN : LABYRINTH_ELF_VARIABLE,
                          see_symbol, &search);
}
