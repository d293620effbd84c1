/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "words.h"

#include "message.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES (1 << 20) /* a file of options is not larger: it is something else */

/* The new command line. */
struct line {
    char **words;
    int n;
};

/* A file's text, which becomes its words in place: no word is longer than what it was written as.
 */
struct text {
    char *in;
    char *out;
};

static bool add(struct line *line, char *word)
{
    char **words = realloc(line->words, ((size_t)line->n + 2) * sizeof(words[0]));

    if (words == NULL)
        return false;
    line->words = words;
    words[line->n++] = word;
    words[line->n] = NULL;
    return true;
}

static void skip_space(struct text *text)
{
    while (isspace((unsigned char)*text->in) || *text->in == '#') {
        if (*text->in == '#')
            text->in += strcspn(text->in, "\n");
        else
            text->in++;
    }
}

/* Takes the text in a quote. False when it is not closed. */
static bool take_quoted(struct text *text, char quote)
{
    for (; *text->in != quote; text->in++) {
        if (quote == '"' && *text->in == '\\' && (text->in[1] == '"' || text->in[1] == '\\'))
            text->in++;
        if (*text->in == '\0')
            return false;
        *text->out++ = *text->in;
    }
    text->in++;
    return true;
}

/* The word that begins here. False when a quote is not closed. */
static bool take_word(struct text *text)
{
    while (*text->in != '\0' && !isspace((unsigned char)*text->in)) {
        char byte = *text->in++;

        if (byte == '\'' || byte == '"') {
            if (!take_quoted(text, byte))
                return false;
            continue;
        }
        if (byte == '\\' && *text->in != '\0')
            byte = *text->in++;
        *text->out++ = byte;
    }
    return true;
}

static int split(struct line *line, const char *path, char *bytes)
{
    struct text text = {bytes, bytes};

    for (skip_space(&text); *text.in != '\0'; skip_space(&text)) {
        char *word = text.out;
        bool is_last;

        if (!take_word(&text)) {
            complain("@%s: a quote is not closed", path);
            return -EINVAL;
        }
        is_last = *text.in == '\0';
        text.in += !is_last; /* the end of the word may be written where that is */
        *text.out++ = '\0';
        if (!add(line, word))
            return -ENOMEM;
        if (is_last)
            break;
    }
    return 0;
}

static int read_file(const char *path, char **ret_bytes)
{
    FILE *file = fopen(path, "re");
    char *bytes = malloc(MOST_BYTES + 1);
    size_t n = 0;
    int rc = 0;

    if (file != NULL && bytes != NULL)
        n = fread(bytes, 1, MOST_BYTES + 1, file);
    if (file == NULL || bytes == NULL || ferror(file)) {
        rc = -errno;
        complain("@%s: %s", path, strerror(errno));
    } else if (n > MOST_BYTES || memchr(bytes, '\0', n) != NULL) {
        rc = -EINVAL;
        complain("@%s: is no file of options", path);
    }
    if (file != NULL)
        fclose(file);
    if (rc != 0) {
        free(bytes);
        return rc;
    }
    bytes[n] = '\0';
    *ret_bytes = bytes;
    return 0;
}

/* Adds the words of a file, which lie in its text from now on. */
static int add_file(struct line *line, const char *path)
{
    int n = line->n, rc;
    char *bytes;

    rc = read_file(path, &bytes);
    if (rc != 0)
        return rc;
    rc = split(line, path, bytes);
    if (rc != 0 || line->n == n)
        free(bytes);
    return rc;
}

int words_expand(int *argc, char **argv[])
{
    static struct line line; /* for as long as the program runs */

    for (int i = 0; i < *argc; i++) {
        char *word = (*argv)[i];
        int rc = 0;

        if (i > 0 && word[0] == '@' && word[1] != '\0')
            rc = add_file(&line, word + 1);
        else if (!add(&line, word))
            rc = -ENOMEM;
        if (rc != 0)
            return rc;
    }
    *argc = line.n;
    *argv = line.words;
    return 0;
}
