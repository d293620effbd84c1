/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <errno.h>
#include <lab_atomic.h>
#include <lab_barrier.h>
#include <linux/membarrier.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A registration belongs to the address space: fork copies it to the child, exec drops it (tested
 * for fork in test/unit/barrier_test.c). So a child may go on at once, and a program that was
 * started anew, such as a DPDK secondary, must register. */

struct command {
    int enlist;
    int strike;
};

static const struct command commands[] = {
    [LAB_BARRIER_PRIVATE] = {MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
                             MEMBARRIER_CMD_PRIVATE_EXPEDITED},
    [LAB_BARRIER_SHARED] = {MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
                            MEMBARRIER_CMD_GLOBAL_EXPEDITED},
};

static long membarrier(int command)
{
    return syscall(SYS_membarrier, command, 0u, 0);
}

static bool fence_is_forced(void)
{
    const char *value = getenv("LABYRINTH_BARRIER");

    return value && strcmp(value, "fence") == 0;
}

static bool enlist(const struct command *command)
{
    long known = membarrier(MEMBARRIER_CMD_QUERY);

    if (known < 0 || !(known & command->enlist) || !(known & command->strike))
        return false;
    /* Struck once here: a refusal shows now, while there is still a choice. */
    return membarrier(command->enlist) == 0 && membarrier(command->strike) == 0;
}

int lab_barrier_register(enum lab_barrier wanted, enum lab_barrier *ret_got)
{
    switch (wanted) {
    case LAB_BARRIER_FENCE:
        *ret_got = LAB_BARRIER_FENCE;
        return 0;
    case LAB_BARRIER_PRIVATE:
    case LAB_BARRIER_SHARED:
        /* Enlisted in any case: other processes may have made pools that count on it. */
        *ret_got = enlist(&commands[wanted]) && !fence_is_forced() ? wanted : LAB_BARRIER_FENCE;
        return 0;
    }
    return -EINVAL;
}

void lab_barrier_heavy(enum lab_barrier kind)
{
    if (kind == LAB_BARRIER_FENCE)
        lab_fence_seq_cst();
    else if (membarrier(commands[kind].strike))
        abort();
}
