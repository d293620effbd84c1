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

/* The machine, as the files below `root` show it: "" for the one that this runs on, or a directory
 * with /proc, /sys and so on of another one, such as those of the tests. Paths, given by a format,
 * are as that machine has them; functions return 0 or -errno. */
struct tree {
    const char *root;
};

/* The first line of a file, without its newline. */
int tree_line(const struct tree *tree, char line[], size_t capacity, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A whole file; to be freed. NULL when it cannot be read, and errno says why. */
char *tree_file(const struct tree *tree, const char *path);

/* The number that a file begins with. */
int tree_number(const struct tree *tree, int64_t *ret_number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A path of /proc/mounts as it is: there, blanks and the like are "\\040". */
void tree_decode_mount(char path[]);

int tree_stat(const struct tree *tree, struct stat *ret_status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether it is a directory itself, and no link to one. */
bool tree_is_folder(const struct tree *tree, const char *path);

/* Files by a pattern below a folder, which is taken as it is ("" for "/"); the pattern may have
 * braces and comes by a format. Returns how many; tree_match() gives the n-th as the machine has
 * it, gl_pathv[n] as this program has it. End with globfree(). Where a folder could not be looked
 * into, tree_glob_error() says so of the last call: -errno, or 0. */
size_t tree_glob(const struct tree *tree, glob_t *ret_files, const char *folder, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));
int tree_glob_error(void);
const char *tree_match(const struct tree *tree, const glob_t *files, size_t n);

/* The user who runs this: /proc/self/status of the tree; where that is not to be had, of this
 * machine who this is, and of another root. */
uid_t tree_user(const struct tree *tree);
bool tree_in_group(const struct tree *tree, gid_t group);

#endif
