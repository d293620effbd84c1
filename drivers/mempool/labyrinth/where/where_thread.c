/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The threads of this process, their stacks and what is in use of these.
 *
 * A thread that waits in the system shows its stack's top: what lies beyond holds what its calls of
 * before have left, and is no reference. One that runs does not show it; then all of its stack
 * counts. */

#include "where_map.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <rte_common.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RED_ZONE 128u /* bytes beyond the top that a function may use, on x86-64 */

/* The text of a file of a thread's; "" where there is none. */
static char *read_file(pid_t tid, const char *name, char *text, size_t capacity)
{
    char path[64];
    ssize_t n = -1;
    int file;

    snprintf(path, sizeof(path), "/proc/self/task/%d/%s", (int)tid, name);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        n = read(file, text, capacity - 1);
        close(file);
    }
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static uint64_t number_behind(const char *text, const char *key)
{
    const char *found = strstr(text, key);

    return found != NULL ? strtoull(found + strlen(key), NULL, 10) : 0;
}

void where_thread_look(struct where_thread *thread)
{
    char text[4096], *space;

    /* "NUMBER ARGUMENTS... STACK PROGRAM-COUNTER", or "running". */
    read_file(thread->tid, "syscall", text, sizeof(text));
    thread->stack = 0;
    if (isdigit((unsigned char)text[0]) || text[0] == '-') {
        space = strrchr(text, ' ');
        if (space != NULL) {
            *space = '\0';
            space = strrchr(text, ' ');
        }
        if (space != NULL)
            thread->stack = strtoumax(space + 1, NULL, 16);
        if (thread->stack > RED_ZONE)
            thread->stack -= RED_ZONE;
    }
    read_file(thread->tid, "status", text, sizeof(text));
    thread->switches = number_behind(text, "\nvoluntary_ctxt_switches:") +
                       number_behind(text, "\nnonvoluntary_ctxt_switches:");
}

static void add_thread(struct where_map *map, pid_t tid)
{
    struct where_thread *thread = WHERE_MAP_ADD(map, thread);
    char text[32];

    if (thread == NULL)
        return;
    thread->tid = tid;
    read_file(tid, "comm", text, sizeof(text));
    text[strcspn(text, "\n")] = '\0';
    memcpy(thread->name, text, sizeof(thread->name) - 1);
    where_thread_look(thread);
}

static uint32_t thread_of(const struct where_map *map, pid_t tid)
{
    for (uint32_t i = 0; i < map->threads; i++)
        if (map->thread[i].tid == tid)
            return i;
    return WHERE_NO_THREAD;
}

#ifdef __x86_64__
/* The words of glibc's thread descriptor: its first and third have its own address; its thread id
 * is a number not far behind. It lies at the end of the thread's stack, and of the main thread's in
 * a small mapping of the loader's. */
#define DESCRIPTOR_WORDS 256u
#define WINDOW_WORDS 2048u
#define LOADERS_MAX ((size_t)1 << 20)

static uint32_t thread_at(const struct where_map *map, const uint64_t *word, size_t n,
                          uintptr_t address)
{
    if (word[0] != address || word[2] != address)
        return WHERE_NO_THREAD;
    for (size_t i = 16; i < n && i < DESCRIPTOR_WORDS; i++) {
        uint32_t thread = thread_of(map, (pid_t)(uint32_t)word[i]);

        if (word[i] != 0 && thread != WHERE_NO_THREAD)
            return thread;
    }
    return WHERE_NO_THREAD;
}

/* Looks for descriptors that begin in the window before its last part, which the next one has. */
static void find_in_window(struct where_map *map, struct where_mapping *mapping, uintptr_t from)
{
    uint64_t words[WINDOW_WORDS + DESCRIPTOR_WORDS];
    size_t n = where_memory_read(from, words, RTE_MIN(sizeof(words), mapping->at.end - from)) /
               sizeof(words[0]);

    for (size_t i = 0; i < WINDOW_WORDS && i + 3 < n; i++) {
        uintptr_t address = from + i * sizeof(words[0]);
        uint32_t thread = thread_at(map, words + i, n - i, address);

        if (thread == WHERE_NO_THREAD)
            continue;
        map->thread[thread].self = address;
        if (map->thread[thread].tid != getpid()) {
            mapping->kind = WHERE_MAPPING_STACK;
            mapping->thread = thread;
        }
    }
    memset(words, 0, sizeof(words));
}

/* The loader's mapping is small; of a larger one, the end may be that of a stack. */
static void find_descriptors(struct where_map *map, struct where_mapping *mapping)
{
    uintptr_t from = mapping->at.start;

    if (mapping->at.end - from > LOADERS_MAX)
        from = mapping->at.end - WINDOW_WORDS * sizeof(uint64_t);
    for (; from < mapping->at.end; from += WINDOW_WORDS * sizeof(uint64_t))
        find_in_window(map, mapping, from);
}
#else
static void find_descriptors(struct where_map *map, struct where_mapping *mapping)
{
    (void)map;
    (void)mapping;
}
#endif

/* Of the main thread, and of those that wait. */
static void find_stacks(struct where_map *map)
{
    for (size_t i = 0; i < map->mappings; i++) {
        struct where_mapping *mapping = &map->mapping[i];

        if (mapping->kind == WHERE_MAPPING_STACK)
            mapping->thread = thread_of(map, getpid());
        else if (mapping->kind == WHERE_MAPPING_OTHER && mapping->name[0] == '\0')
            find_descriptors(map, mapping);
    }
    for (uint32_t t = 0; t < map->threads; t++)
        for (size_t i = 0; map->thread[t].stack != 0 && i < map->mappings; i++)
            if (map->mapping[i].kind == WHERE_MAPPING_OTHER && map->mapping[i].name[0] == '\0' &&
                where_range_has(&map->mapping[i].at, map->thread[t].stack)) {
                map->mapping[i].kind = WHERE_MAPPING_STACK;
                map->mapping[i].thread = t;
            }
}

void where_map_read_threads(struct where_map *map)
{
    DIR *folder = opendir("/proc/self/task");
    struct dirent *entry;

    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]))
            add_thread(map, (pid_t)strtol(entry->d_name, NULL, 10));
    closedir(folder);
    find_stacks(map);
}
