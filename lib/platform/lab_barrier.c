/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <errno.h>
#include <lab_atomic.h>
#include <lab_barrier.h>
#include <lab_os.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A registration belongs to the address space: fork copies it to the child, exec drops it (tested
 * for fork in test/unit/barrier_test.c). So a child may call at once, and a program that was
 * started anew must register before it makes something of its own. */

/* Longer by far than a store can stay in a CPU's store buffer. */
#define DRAINED_NS 10000000u

static long membarrier(int command)
{
    return syscall(SYS_membarrier, command, 0u, 0);
}

/* In a page that a child finds empty, however it was made. */
static lab_atomic_t *address_space;

static void make_address_space(void)
{
    void *page = mmap(NULL, sizeof(*address_space), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page != MAP_FAILED && lab_os_empty_in_children(page, sizeof(*address_space)) == 0)
        address_space = page;
}

/* Whether this address space can be distinguished from all others now. */
static bool draw_address_space(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint64_t none = 0, drawn = 0;

    pthread_once(&once, make_address_space);
    if (address_space == NULL || getrandom(&drawn, sizeof(drawn), GRND_NONBLOCK) != sizeof(drawn))
        return false;
    (void)lab_cas_relaxed(address_space, &none, drawn | 1);
    return true;
}

uint64_t lab_barrier_address_space(void)
{
    return address_space != NULL ? lab_load_relaxed(address_space) : 0;
}

/* By no system call that matters when a filter refuses it, nor one that a thread is cancelled in.
 * Where even the clock is refused, as many turns will do, none of which takes less than 1 ns. */
static void wait_for_stores(void)
{
    uint64_t end = lab_os_clock_ns() + DRAINED_NS;

    for (unsigned turn = 0; turn < DRAINED_NS && lab_os_clock_ns() < end; turn++)
        lab_os_yield();
    lab_fence_seq_cst();
}

static void reach_everybody(void)
{
    lab_fence_seq_cst();
    if (membarrier(MEMBARRIER_CMD_GLOBAL) != 0)
        wait_for_stores();
}

int lab_barrier_register(enum lab_barrier wanted, enum lab_barrier *ret_got)
{
    const char *forced = secure_getenv("LABYRINTH_BARRIER");
    bool quick;

    if ((unsigned)wanted > LAB_BARRIER_SHARED)
        return -EINVAL;
    /* Called once here: a refusal shows now, while there is still a choice. */
    quick = wanted != LAB_BARRIER_FENCE &&
            membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0 &&
            membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0 &&
            !(forced && strcmp(forced, "fence") == 0) && draw_address_space();
    *ret_got = quick ? wanted : LAB_BARRIER_FENCE;
    return 0;
}

bool lab_barrier_heavy(enum lab_barrier kind)
{
    if (kind == LAB_BARRIER_FENCE) {
        lab_fence_seq_cst();
        return true;
    }
    if (kind == LAB_BARRIER_PRIVATE && membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0)
        return true;
    reach_everybody(); /* where it was refused: no less than what was asked for, only slower */
    return kind == LAB_BARRIER_SHARED;
}
