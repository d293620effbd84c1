/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "quote.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char harmless[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                               "_@%+=:,./-";

/* Characters that a line of text, or JSON, may not be able to show. */
static bool is_odd(char c)
{
    return (unsigned char)c < ' ' || (unsigned char)c >= 0x7f;
}

static bool has_odd(const char *name)
{
    while (*name != '\0' && !is_odd(*name))
        name++;
    return *name != '\0';
}

/* 'it'\''s' */
static void write_plain(char *text, const char *name)
{
    text += sprintf(text, "'");
    for (; *name != '\0'; name++)
        text += sprintf(text, *name == '\'' ? "'\\''" : "%c", *name);
    sprintf(text, "'");
}

/* $'two\nlines' */
static void write_escaped(char *text, const char *name)
{
    text += sprintf(text, "$'");
    for (; *name != '\0'; name++) {
        if (is_odd(*name))
            text += sprintf(text, "\\x%02x", (unsigned char)*name);
        else
            text += sprintf(text, *name == '\'' || *name == '\\' ? "\\%c" : "%c", *name);
    }
    sprintf(text, "'");
}

const char *quote(const char *name)
{
    static char texts[4][4 * PATH_MAX + 4];
    static unsigned turn;
    char *text = texts[turn++ % 4];

    if (name[0] != '\0' && name[strspn(name, harmless)] == '\0')
        return name;
    if (strlen(name) >= PATH_MAX)
        return "NAME";
    if (has_odd(name))
        write_escaped(text, name);
    else
        write_plain(text, name);
    return text;
}
