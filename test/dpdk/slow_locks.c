/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* LD_PRELOAD: as if every other thread than the first were preempted as it gives back a lock of
 * DPDK's lists for reading: what it still uses of a mempool then is no more. */

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#define PAUSE_US 20000

void rte_mcfg_mempool_read_unlock(void);
void rte_mcfg_tailq_read_unlock(void);

static void unlock(const char *name)
{
    void (*real)(void);
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(&real, &found, sizeof(real));
    real();
    if (gettid() != getpid())
        usleep(PAUSE_US);
}

void rte_mcfg_mempool_read_unlock(void)
{
    unlock("rte_mcfg_mempool_read_unlock");
}

void rte_mcfg_tailq_read_unlock(void)
{
    unlock("rte_mcfg_tailq_read_unlock");
}
