/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "quote.h"

#include <stdio.h>
#include <string.h>

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./:,@%"

const char *quote_word(const char *word, char *text, size_t capacity)
{
    size_t length = strlen(word), n = 0;

    if (length > 0 && strspn(word, PLAIN) == length) {
        snprintf(text, capacity, "%s", length < capacity ? word : "");
        return text;
    }
    if (4 * length + 3 > capacity) {
        text[0] = '\0';
        return text;
    }
    text[n++] = '\'';
    for (; *word != '\0'; word++) {
        if (*word == '\'') {
            memcpy(text + n, "'\\''", 4);
            n += 4;
        } else {
            text[n++] = *word;
        }
    }
    text[n++] = '\'';
    text[n] = '\0';
    return text;
}
