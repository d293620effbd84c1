/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How many of DPDK's slots for mempool drivers are taken, by trying it out. */

#include "slots.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_S 20
#define OPS_NAME "labyrinth"

/* The beginning of struct rte_mempool_ops_table, the same in every release. */
struct table_head {
    int32_t lock;
    uint32_t num_ops;
};

/* Whether a slot has our driver's name; each begins with one. With a full table it may be where
 * another driver's was. */
static bool has_ours(const struct table_head *table)
{
    const ElfW(Sym) *symbol = NULL;
    Dl_info info;

    return dladdr1(table, &info, (void **)&symbol, RTLD_DL_SYMENT) != 0 && symbol != NULL &&
           memmem(table, symbol->st_size, OPS_NAME, sizeof(OPS_NAME)) != NULL;
}

static bool is_ours(const char *path)
{
    return strstr(path, "/" DPDK_PLUGIN) != NULL;
}

static void load_others(const glob_t *plugins, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_ours(plugins->gl_pathv[i]))
            (void)dlopen(plugins->gl_pathv[i], RTLD_NOW);
    }
}

static void load_ours(const glob_t *plugins, size_t n, struct dpdk_slots *slots)
{
    for (size_t i = 0; i < n; i++) {
        if (is_ours(plugins->gl_pathv[i]) && dlopen(plugins->gl_pathv[i], RTLD_NOW) == NULL)
            snprintf(slots->error, sizeof(slots->error), "%s", dlerror());
    }
}

int slots_main(const struct slots_call *call)
{
    const struct tree tree = {.root = call->root};
    const struct table_head *table = dlsym(RTLD_DEFAULT, "rte_mempool_ops_table");
    struct dpdk_slots slots = {0};
    glob_t plugins;
    size_t n;

    if (table == NULL)
        return ENOENT;
    alarm(PATIENCE_S);
    n = tree_glob(&tree, &plugins, call->folder, "/librte_mempool_*.so.%s", call->abi);
    load_others(&plugins, n);
    slots.others = table->num_ops;
    load_ours(&plugins, n, &slots);
    slots.ours = table->num_ops - slots.others;
    slots.in_place = slots.ours == 0 && has_ours(table);
    globfree(&plugins);
    return write(call->answer, &slots, sizeof(slots)) == (ssize_t)sizeof(slots) ? 0 : EIO;
}

/* In the child. The library that the drivers register with, and with it the EAL, is there from the
 * beginning, as in every program of DPDK's: its thread-local variables need a place that is given
 * out at the start. The drivers' output goes nowhere. */
static void start_slots_main(const struct tree *tree, const struct dpdk *dpdk, int answer)
{
    char library[2 * PATH_MAX], abi[16], number[16];
    char *words[] = {program_invocation_name,
                     SLOTS_WORD,
                     (char *)(uintptr_t)tree->root,
                     (char *)(uintptr_t)dpdk->folder,
                     abi,
                     number,
                     NULL};
    int silence = open("/dev/null", O_RDWR);

    snprintf(library, sizeof(library), "%s%s/librte_mempool.so.%u", tree->root, dpdk->libraries,
             dpdk->abi);
    snprintf(abi, sizeof(abi), "%u", dpdk->abi);
    snprintf(number, sizeof(number), "%d", answer);
    if (silence < 0 || dup2(silence, STDOUT_FILENO) < 0 || dup2(silence, STDERR_FILENO) < 0 ||
        fcntl(answer, F_SETFD, 0) != 0 || setenv("LD_PRELOAD", library, 1) != 0)
        _exit(EIO);
    execv("/proc/self/exe", words);
    _exit(EIO);
}

int dpdk_count_slots(const struct tree *tree, const struct dpdk *dpdk, struct dpdk_slots *ret_slots)
{
    struct dpdk_slots slots;
    int ends[2], status = 0;
    ssize_t n;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -errno;
    pid = fork();
    if (pid == 0)
        start_slots_main(tree, dpdk, ends[1]);
    close(ends[1]);
    n = pid > 0 ? read(ends[0], &slots, sizeof(slots)) : -1;
    close(ends[0]);
    if (pid > 0)
        waitpid(pid, &status, 0);
    if (n == (ssize_t)sizeof(slots)) {
        *ret_slots = slots;
        return 0;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == ENOENT ? -ENOENT : -EIO;
}
