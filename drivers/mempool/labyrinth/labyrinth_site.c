/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* From an address to a function and a line, with libdw of elfutils where it is there. */

#include <inttypes.h>
#include <lab_audit_table.h>
#include <lab_os.h>
#include <rte_common.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labyrinth_driver.h"
#include "labyrinth_site.h"

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from != NULL ? from : "");
}

static const char *last_part(const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;

    return slash != NULL ? slash + 1 : path;
}

#ifdef LABYRINTH_LIBDW
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <pthread.h>

#define LIBRARY "libdw.so.1"

/* The functions that are used of it. */
static struct {
    __typeof__(dwarf_attr) *dwarf_attr;
    __typeof__(dwarf_diename) *dwarf_diename;
    __typeof__(dwarf_filesrc) *dwarf_filesrc;
    __typeof__(dwarf_formudata) *dwarf_formudata;
    __typeof__(dwarf_getscopes) *dwarf_getscopes;
    __typeof__(dwarf_getscopes_die) *dwarf_getscopes_die;
    __typeof__(dwarf_getsrcfiles) *dwarf_getsrcfiles;
    __typeof__(dwarf_tag) *dwarf_tag;
    __typeof__(dwfl_addrmodule) *dwfl_addrmodule;
    __typeof__(dwfl_begin) *dwfl_begin;
    __typeof__(dwfl_lineinfo) *dwfl_lineinfo;
    __typeof__(dwfl_linux_proc_find_elf) *dwfl_linux_proc_find_elf;
    __typeof__(dwfl_linux_proc_report) *dwfl_linux_proc_report;
    __typeof__(dwfl_module_addrdie) *dwfl_module_addrdie;
    __typeof__(dwfl_module_addrinfo) *dwfl_module_addrinfo;
    __typeof__(dwfl_module_getsrc) *dwfl_module_getsrc;
    __typeof__(dwfl_module_info) *dwfl_module_info;
    __typeof__(dwfl_report_begin) *dwfl_report_begin;
    __typeof__(dwfl_report_end) *dwfl_report_end;
    __typeof__(dwfl_standard_find_debuginfo) *dwfl_standard_find_debuginfo;
} dw;

static const struct labyrinth_symbol symbols[] = {
    LABYRINTH_SYMBOL(dw, dwarf_attr),
    LABYRINTH_SYMBOL(dw, dwarf_diename),
    LABYRINTH_SYMBOL(dw, dwarf_filesrc),
    LABYRINTH_SYMBOL(dw, dwarf_formudata),
    LABYRINTH_SYMBOL(dw, dwarf_getscopes),
    LABYRINTH_SYMBOL(dw, dwarf_getscopes_die),
    LABYRINTH_SYMBOL(dw, dwarf_getsrcfiles),
    LABYRINTH_SYMBOL(dw, dwarf_tag),
    LABYRINTH_SYMBOL(dw, dwfl_addrmodule),
    LABYRINTH_SYMBOL(dw, dwfl_begin),
    LABYRINTH_SYMBOL(dw, dwfl_lineinfo),
    LABYRINTH_SYMBOL(dw, dwfl_linux_proc_find_elf),
    LABYRINTH_SYMBOL(dw, dwfl_linux_proc_report),
    LABYRINTH_SYMBOL(dw, dwfl_module_addrdie),
    LABYRINTH_SYMBOL(dw, dwfl_module_addrinfo),
    LABYRINTH_SYMBOL(dw, dwfl_module_getsrc),
    LABYRINTH_SYMBOL(dw, dwfl_module_info),
    LABYRINTH_SYMBOL(dw, dwfl_report_begin),
    LABYRINTH_SYMBOL(dw, dwfl_report_end),
    LABYRINTH_SYMBOL(dw, dwfl_standard_find_debuginfo),
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_loaded;

/* The process that was looked at last, and its modules. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Dwfl *known;
static uint64_t known_process;

static Dwfl_Callbacks callbacks;

static void load(void)
{
    is_loaded = labyrinth_optional_load(LIBRARY, symbols, RTE_DIM(symbols));
    if (!is_loaded)
        LABYRINTH_LOG(NOTICE, "reports name no functions and lines without " LIBRARY
                              ": apt install libdw1");
    callbacks.find_elf = dw.dwfl_linux_proc_find_elf;
    callbacks.find_debuginfo = dw.dwfl_standard_find_debuginfo;
}

/* The id of one that has ended, or of another PID namespace, is somebody else's here. */
static bool is_here(uint64_t process)
{
    uint64_t found = 0;

    return process == lab_audit_self() ||
           (lab_os_process(lab_os_process_pid(process), &found) == 0 && found == process);
}

static bool report_modules(uint64_t process)
{
    if (!is_here(process))
        return false;
    if (known == NULL)
        known = dw.dwfl_begin(&callbacks);
    if (known == NULL)
        return false;
    known_process = process;
    dw.dwfl_report_begin(known);
    return dw.dwfl_linux_proc_report(known, lab_os_process_pid(process)) == 0 &&
           dw.dwfl_report_end(known, NULL, NULL) == 0;
}

static Dwfl_Module *module_at(uint64_t process, uint64_t address)
{
    Dwfl_Module *module = NULL;

    if (known != NULL && known_process == process)
        module = dw.dwfl_addrmodule(known, address);
    /* Another process, or a library that was loaded since. */
    if (module == NULL && report_modules(process))
        module = dw.dwfl_addrmodule(known, address);
    return module;
}

static bool is_of_headers(const char *name)
{
    return name == NULL || strncmp(name, "rte_", 4) == 0 || strncmp(name, "__rte_", 6) == 0 ||
           strncmp(name, "lab_", 4) == 0;
}

/* Where an inlined function was called from. */
static void take_call(Dwarf_Die *inlined, Dwarf_Die *unit, struct labyrinth_site *site)
{
    Dwarf_Attribute attribute;
    Dwarf_Files *files;
    Dwarf_Word file, line;
    size_t n;

    if (dw.dwarf_formudata(dw.dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) != 0 ||
        dw.dwarf_formudata(dw.dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) != 0 ||
        dw.dwarf_getsrcfiles(unit, &files, &n) != 0 || file >= n)
        return;
    copy(site->file, sizeof(site->file), last_part(dw.dwarf_filesrc(files, file, NULL, NULL)));
    site->line = (int)line;
}

/* The functions around an address, the innermost first, as they were inlined into each other.
 * Returns how many DIEs, -1 when there are none; the caller frees *ret_scopes. */
static int scopes_around(Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die **ret_scopes)
{
    Dwarf_Die *innermost = NULL;
    int n = -1;

    /* This one leads out of an inlined function to where it was defined, the other to where it was
     * called. */
    if (dw.dwarf_getscopes(unit, address, &innermost) > 0)
        n = dw.dwarf_getscopes_die(&innermost[0], ret_scopes);
    free(innermost);
    return n;
}

/* Goes outwards until a function is the program's own. */
static void take_scopes(Dwarf_Die *unit, Dwarf_Addr address, struct labyrinth_site *site)
{
    Dwarf_Die *scopes = NULL;
    int n = scopes_around(unit, address, &scopes);

    for (int i = 0; i < n; i++) {
        int tag = dw.dwarf_tag(&scopes[i]);
        const char *name = dw.dwarf_diename(&scopes[i]);

        if (tag == DW_TAG_inlined_subroutine && is_of_headers(name)) {
            take_call(&scopes[i], unit, site);
        } else if (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram) {
            copy(site->function, sizeof(site->function), name);
            break;
        }
    }
    free(scopes);
}

static void take_module(Dwfl_Module *module, uint64_t address, struct labyrinth_site *site)
{
    Dwarf_Addr call = address - 1; /* the call itself: what follows may be another line */
    Dwarf_Addr start, bias;
    GElf_Off offset;
    GElf_Sym symbol;
    Dwfl_Line *line = dw.dwfl_module_getsrc(module, call);
    Dwarf_Die *unit = dw.dwfl_module_addrdie(module, call, &bias);
    const char *name = dw.dwfl_module_addrinfo(module, call, &offset, &symbol, NULL, NULL, NULL);

    copy(site->module, sizeof(site->module),
         last_part(dw.dwfl_module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL)));
    site->offset = address - start;
    /* Of a stripped library, the nearest name is that of any function below. */
    if (name != NULL && offset < symbol.st_size) {
        copy(site->function, sizeof(site->function), name);
        site->offset = offset + 1;
    }
    if (line != NULL) {
        copy(site->file, sizeof(site->file),
             last_part(dw.dwfl_lineinfo(line, NULL, &site->line, NULL, NULL, NULL)));
        if (unit != NULL)
            take_scopes(unit, call - bias, site);
    }
}

static bool find_with_symbols(uint64_t process, uint64_t address, struct labyrinth_site *site)
{
    Dwfl_Module *module;

    pthread_once(&once, load);
    if (!is_loaded || pthread_mutex_trylock(&lock) != 0)
        return false;
    module = module_at(process, address);
    if (module != NULL)
        take_module(module, address, site);
    pthread_mutex_unlock(&lock);
    return module != NULL;
}

#else

static bool find_with_symbols(uint64_t process, uint64_t address, struct labyrinth_site *site)
{
    RTE_SET_USED(process);
    RTE_SET_USED(address);
    RTE_SET_USED(site);
    return false;
}

#endif

/* Without libdw: what the loader knows, of this process. */
#include <dlfcn.h>

static void find_with_loader(uint64_t process, uint64_t address, struct labyrinth_site *site)
{
    Dl_info info;

    if (process != lab_audit_self() || dladdr((void *)(uintptr_t)address, &info) == 0)
        return;
    copy(site->module, sizeof(site->module), last_part(info.dli_fname));
    site->offset = address - (uint64_t)(uintptr_t)info.dli_fbase;
}

bool labyrinth_site_find(uint64_t process, uint64_t address, struct labyrinth_site *ret_site)
{
    address &= ~LABYRINTH_SITE_CACHE;
    *ret_site = (struct labyrinth_site){.offset = address};
    if (address == 0)
        return false;
    if (find_with_symbols(process, address, ret_site))
        return true;
    find_with_loader(process, address, ret_site);
    return false;
}

char *labyrinth_site_text(uint64_t process, uint64_t address, char *text)
{
    struct labyrinth_site site;
    int used;

    (void)labyrinth_site_find(process, address, &site);
    used = snprintf(text, LABYRINTH_SITE_TEXT, "%s%s0x%" PRIx64,
                    site.function[0] != '\0' ? site.function : site.module,
                    site.function[0] != '\0' || site.module[0] != '\0' ? "+" : "", site.offset);
    if (site.file[0] != '\0')
        snprintf(text + used, (size_t)(LABYRINTH_SITE_TEXT - used), " (%s:%d)", site.file,
                 site.line);
    else if (site.function[0] != '\0' && site.module[0] != '\0')
        snprintf(text + used, (size_t)(LABYRINTH_SITE_TEXT - used), " (%s)", site.module);
    return text;
}
