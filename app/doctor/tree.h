/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef DOCTOR_TREE_H
#define DOCTOR_TREE_H

#include <glob.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* The machine, as the files below `root` tell it: "" for the one that this runs on, else a
 * directory with /proc, /sys and so on of another one, such as those of the tests. Paths, given by
 * a format, are as that machine has them; functions return 0 or -errno. */
struct tree {
    const char *root;
};

/* The first line of a file, without its newline. */
int tree_line(const struct tree *tree, char line[], size_t capacity, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A whole file; to be freed. NULL when it cannot be read. */
char *tree_file(const struct tree *tree, const char *path);

/* The number that a file begins with. */
int tree_number(const struct tree *tree, int64_t *ret_number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

int tree_stat(const struct tree *tree, struct stat *ret_status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Files by a pattern, which may have braces. Returns how many; tree_match() gives the n-th as the
 * machine has it, gl_pathv[n] as this program has it. End with globfree(). */
size_t tree_glob(const struct tree *tree, glob_t *ret_files, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *tree_match(const struct tree *tree, const glob_t *files, size_t n);

/* Who runs this: /proc/self/status of the tree; root where that is not to be had. */
uid_t tree_user(const struct tree *tree);
bool tree_in_group(const struct tree *tree, gid_t group);

#endif
