/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLOUR "\033[1;31m"
#define PLAIN "\033[0m"

static bool has_colours(void)
{
    const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");

    return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0') && terminal != NULL &&
           strcmp(terminal, "dumb") != 0;
}

/* There are terminals that do not know, and say 0. */
static struct winsize size(void)
{
    struct winsize size = {0};

    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    size.ws_row = size.ws_row > 1 ? size.ws_row : 24;
    size.ws_col = size.ws_col > 0 ? size.ws_col : 80;
    return size;
}

int screen_columns(void)
{
    return isatty(STDOUT_FILENO) ? size().ws_col : 0;
}

static void print_line(const char *line, int length, bool colours, const char *end)
{
    bool stands_out = colours && length > 0 && line[0] == SCREEN_ALARM;

    printf("%s%.*s%s%s\n", stands_out ? COLOUR : "", length, line, stands_out ? PLAIN : "", end);
}

/* The text behind the line's end. */
static const char *after(const char *line, size_t length)
{
    return line + length + (line[length] == '\n');
}

static unsigned count_lines(const char *text)
{
    unsigned n = 0;

    for (; *text != '\0'; text = after(text, strcspn(text, "\n")))
        n++;
    return n;
}

void screen_clear(void)
{
    fputs("\033[2J", stdout);
}

void screen_print_in_place(const char *text)
{
    struct winsize screen = size();
    unsigned lines = count_lines(text), rows = screen.ws_row - 1u;
    unsigned shown = lines <= rows ? lines : rows - 1;
    bool colours = has_colours();

    fputs("\033[H", stdout);
    for (unsigned i = 0; i < shown; i++) {
        size_t length = strcspn(text, "\n");

        print_line(text, length < screen.ws_col ? (int)length : screen.ws_col, colours, "\033[K");
        text = after(text, length);
    }
    if (shown < lines)
        printf("  and %u more lines\033[K\n", lines - shown);
    fputs("\033[J", stdout);
}

bool screen_print(const char *text)
{
    bool colours = has_colours();

    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        print_line(text, (int)length, colours, "");
        text = after(text, length);
    }
    return fflush(stdout) == 0;
}
