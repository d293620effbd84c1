/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A DPDK program that says how often its own symbols have been read: whoever does opens
 * /proc/self/exe, by this program's open64().
 *
 *     symbols [EAL options] -- make      and after it has made a mempool of the driver's
 *     symbols [EAL options] -- look */

#include <fcntl.h>
#include <rte_eal.h>
#include <rte_mempool.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static unsigned reads;

int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list more;

    va_start(more, flags);
    if ((flags & O_CREAT) != 0)
        mode = va_arg(more, mode_t);
    va_end(more);
    if (strcmp(path, "/proc/self/exe") == 0)
        reads++;
    return openat(AT_FDCWD, path, flags, mode);
}

static void tell(const char *when)
{
    printf("%s %u\n", when, reads);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct rte_mempool *mp;

    if (rte_eal_init(argc, argv) < 0)
        return 1;
    tell("started");
    if (strcmp(argv[argc - 1], "make") == 0) {
        mp = rte_mempool_create_empty("some", 1023, 64, 0, 0, SOCKET_ID_ANY, 0);
        if (mp == NULL || rte_mempool_set_ops_byname(mp, "labyrinth", NULL) != 0 ||
            rte_mempool_populate_default(mp) != 1023)
            return 1;
        tell("made");
    }
    while (getchar() != EOF)
        ;
    return 0; /* without rte_eal_cleanup(): its socket stays */
}
