/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "locks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

void locks_read(const struct tree *tree, struct locks *ret_locks)
{
    ret_locks->locks = tree_file(tree, "/proc/locks");
    ret_locks->sockets = tree_file(tree, "/proc/net/unix");
}

void locks_free(struct locks *locks)
{
    free(locks->locks);
    free(locks->sockets);
}

static bool is_bound(const char *sockets, const char *path)
{
    size_t length = strlen(path);

    for (const char *found = strstr(sockets, path); found != NULL;
         found = strstr(found + 1, path)) {
        if (found != sockets && found[-1] == ' ' &&
            (found[length] == '\n' || found[length] == '\0'))
            return true;
    }
    return false;
}

bool locks_have(const struct locks *locks, const struct tree *tree, const char *path)
{
    struct stat status;
    char word[64];

    if (tree_stat(tree, &status, "%s", path) != 0)
        return false;
    /* "1: POSIX  ADVISORY  WRITE 4711 fe:00:1466387 0 EOF" */
    snprintf(word, sizeof(word), " %02x:%02x:%lu ", major(status.st_dev), minor(status.st_dev),
             (unsigned long)status.st_ino);
    return (locks->locks != NULL && strstr(locks->locks, word) != NULL) ||
           (locks->sockets != NULL && is_bound(locks->sockets, path));
}
