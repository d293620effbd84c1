/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef DOCTOR_LOCKS_H
#define DOCTOR_LOCKS_H

#include "tree.h"

#include <stdbool.h>

/* Whether a living process has a file: DPDK's keep their files locked, and their sockets bound. */
struct locks {
    char *locks;   /* /proc/locks */
    char *sockets; /* /proc/net/unix */
    int error;     /* -errno of what of both could not be read */
    bool has_own;  /* locks of this PID namespace alone: others' processes are not seen */
};

enum life { LIFE_DEAD, LIFE_ALIVE, LIFE_UNKNOWN };

void locks_read(const struct tree *tree, struct locks *ret_locks);
void locks_free(struct locks *locks);

/* Of a path of the tree. A lock names the file's device and number, a socket its path; a socket of
 * this machine, which may be of another network namespace, is asked itself: it is connected to, and
 * nothing is said. */
enum life locks_life(const struct locks *locks, const struct tree *tree, const char *path);

#endif
