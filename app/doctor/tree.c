/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "tree.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where a file of the tree is for this program; a path that is too long is none. */
static void find(const struct tree *tree, char place[PATH_MAX], const char *format, va_list values)
{
    size_t used = (size_t)snprintf(place, PATH_MAX, "%s", tree->root);
    int n = used < PATH_MAX ? vsnprintf(place + used, PATH_MAX - used, format, values) : -1;

    if (n < 0 || (size_t)n >= PATH_MAX - used)
        place[0] = '\0';
}

static int read_line(const struct tree *tree, char line[], size_t capacity, const char *format,
                     va_list values)
{
    char place[PATH_MAX];
    FILE *file;

    find(tree, place, format, values);
    file = fopen(place, "re");
    if (file == NULL)
        return -errno;
    if (fgets(line, (int)capacity, file) == NULL)
        line[0] = '\0';
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return 0;
}

int tree_line(const struct tree *tree, char line[], size_t capacity, const char *format, ...)
{
    va_list values;
    int rc;

    va_start(values, format);
    rc = read_line(tree, line, capacity, format, values);
    va_end(values);
    return rc;
}

int tree_number(const struct tree *tree, int64_t *ret_number, const char *format, ...)
{
    char line[32], *end;
    long long number;
    va_list values;
    int rc;

    va_start(values, format);
    rc = read_line(tree, line, sizeof(line), format, values);
    va_end(values);
    if (rc != 0)
        return rc;
    number = strtoll(line, &end, 10);
    if (end == line)
        return -EINVAL;
    *ret_number = number;
    return 0;
}

char *tree_file(const struct tree *tree, const char *path)
{
    char place[2 * PATH_MAX], *text = NULL;
    size_t capacity = 0;
    FILE *file;

    snprintf(place, sizeof(place), "%s%s", tree->root, path);
    file = fopen(place, "re");
    if (file == NULL)
        return NULL;
    if (getdelim(&text, &capacity, '\0', file) < 0) { /* empty, or cannot be read */
        int error = ferror(file) ? errno : 0;

        free(text);
        text = error == 0 ? strdup("") : NULL;
        errno = error;
    }
    fclose(file);
    return text;
}

void tree_decode_mount(char path[])
{
    char *to = path;
    unsigned byte;

    for (const char *from = path; *from != '\0'; to++) {
        if (sscanf(from, "\\%3o", &byte) == 1 && byte <= UCHAR_MAX) {
            *to = (char)byte;
            from += strlen("\\040");
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

int tree_stat(const struct tree *tree, struct stat *ret_status, const char *format, ...)
{
    char place[PATH_MAX];
    va_list values;

    va_start(values, format);
    find(tree, place, format, values);
    va_end(values);
    return stat(place, ret_status) == 0 ? 0 : -errno;
}

bool tree_is_folder(const struct tree *tree, const char *path)
{
    char place[2 * PATH_MAX];
    struct stat status;

    snprintf(place, sizeof(place), "%s%s", tree->root, path);
    return lstat(place, &status) == 0 && S_ISDIR(status.st_mode);
}

static int glob_error;

static int note_error(const char *path, int error)
{
    (void)path;
    if (error != ENOENT && error != ENOTDIR)
        glob_error = -error;
    return 0; /* go on */
}

int tree_glob_error(void)
{
    return glob_error;
}

/* The same name in a pattern. Returns how long it is. */
static size_t write_escaped(char *text, size_t capacity, const char *name)
{
    size_t used = 0;

    for (; *name != '\0' && used + 2 < capacity; name++) {
        if (strchr("*?[]{},\\~", *name) != NULL)
            text[used++] = '\\';
        text[used++] = *name;
    }
    text[used] = '\0';
    return used;
}

size_t tree_glob(const struct tree *tree, glob_t *ret_files, const char *folder, const char *format,
                 ...)
{
    char pattern[4 * PATH_MAX];
    size_t used = write_escaped(pattern, sizeof(pattern), tree->root);
    va_list values;

    used += write_escaped(pattern + used, sizeof(pattern) - used, folder);
    va_start(values, format);
    vsnprintf(pattern + used, sizeof(pattern) - used, format, values);
    va_end(values);
    *ret_files = (glob_t){0};
    glob_error = 0;
    return glob(pattern, GLOB_BRACE, note_error, ret_files) == 0 ? ret_files->gl_pathc : 0;
}

const char *tree_match(const struct tree *tree, const glob_t *files, size_t n)
{
    return files->gl_pathv[n] + strlen(tree->root);
}

/* The text behind a word on a line of /proc/self/status; to be freed. */
static char *status_of(const struct tree *tree, const char *word)
{
    char *text = tree_file(tree, "/proc/self/status"), *found, *line;

    found = text != NULL ? strstr(text, word) : NULL;
    line = found != NULL ? strndup(found + strlen(word), strcspn(found + 1, "\n")) : NULL;
    free(text);
    if (line != NULL)
        line[strcspn(line, "\n")] = '\0';
    return line;
}

uid_t tree_user(const struct tree *tree)
{
    char *users = status_of(tree, "\nUid:");
    unsigned user = 0;

    /* Real, then effective. */
    if (users == NULL || sscanf(users, "%*u %u", &user) != 1)
        user = tree->root[0] == '\0' ? geteuid() : 0;
    free(users);
    return user;
}

bool tree_in_group(const struct tree *tree, gid_t group)
{
    char *groups = status_of(tree, "\nGroups:"), *rest = groups, *word;
    bool found = false;

    while (!found && (word = strsep(&rest, " \t")) != NULL)
        found = word[0] != '\0' && strtoul(word, NULL, 10) == group;
    free(groups);
    return found;
}
