/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How many of DPDK's slots for mempool drivers are taken, by trying it out. */

#include "dpdk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_S 20

/* The beginning of struct rte_mempool_ops_table, the same in every release. */
struct table_head {
    int32_t lock;
    uint32_t num_ops;
};

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

/* In the child: the drivers register themselves as they are loaded, and some print. */
static int count(const struct tree *tree, const struct dpdk *dpdk, struct dpdk_slots *slots)
{
    const struct table_head *table;
    glob_t plugins;
    void *library;
    size_t n;

    n = tree_glob(tree, &plugins, "%s/librte_mempool.so.%u", dpdk->libraries, dpdk->abi);
    library = n > 0 ? dlopen(plugins.gl_pathv[0], RTLD_NOW | RTLD_GLOBAL) : NULL;
    globfree(&plugins);
    table = library != NULL ? dlsym(library, "rte_mempool_ops_table") : NULL;
    if (table == NULL)
        return -ENOENT;
    n = tree_glob(tree, &plugins, "%s/librte_mempool_*.so.%u", dpdk->folder, dpdk->abi);
    load_others(&plugins, n);
    slots->others = table->num_ops;
    load_ours(&plugins, n, slots);
    slots->ours = table->num_ops - slots->others;
    return 0;
}

static void child(const struct tree *tree, const struct dpdk *dpdk, int answer)
{
    struct dpdk_slots slots = {0};
    int silence = open("/dev/null", O_RDWR);

    if (silence >= 0) {
        dup2(silence, STDOUT_FILENO);
        dup2(silence, STDERR_FILENO);
    }
    alarm(PATIENCE_S);
    if (count(tree, dpdk, &slots) != 0)
        _exit(ENOENT);
    _exit(write(answer, &slots, sizeof(slots)) == (ssize_t)sizeof(slots) ? 0 : EIO);
}

int dpdk_count_slots(const struct tree *tree, const struct dpdk *dpdk, struct dpdk_slots *ret_slots)
{
    struct dpdk_slots slots;
    int ends[2], status = 0;
    ssize_t n;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -errno;
    fflush(NULL);
    pid = fork();
    if (pid == 0)
        child(tree, dpdk, ends[1]);
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
