/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "message.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 2000
#define LINE_BYTES 8192 /* with a path or two in it */

static bool is_quiet;

/* Whether a pipe that is not full takes PIPE_BUF bytes without waiting; a terminal that is stopped
 * takes nothing. */
static bool has_room(int patience_ms)
{
    struct pollfd one = {.fd = STDERR_FILENO, .events = POLLOUT};
    int rc;

    do
        rc = poll(&one, 1, patience_ms);
    while (rc < 0 && errno == EINTR);
    return rc > 0;
}

/* Not through stdio, whose lock a thread would hold that waits. */
static bool put(const char *text, size_t n, int patience_ms)
{
    while (n > 0 && has_room(patience_ms)) {
        ssize_t done = write(STDERR_FILENO, text, n < PIPE_BUF ? n : PIPE_BUF);

        if (done < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        text += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return n == 0;
}

void message_disarm(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
    }
}

static void say(const char *format, va_list arguments)
{
    char line[LINE_BYTES];
    size_t n = (size_t)snprintf(line, sizeof(line), "%s: ", program_invocation_short_name);
    int length;

    if (n >= sizeof(line) - 1)
        n = 0;
    length = vsnprintf(line + n, sizeof(line) - n, format, arguments);
    if (length > 0)
        n += (size_t)length;
    if (n > sizeof(line) - 2)
        n = sizeof(line) - 2;
    line[n] = '\0';
    message_disarm(line);
    line[n++] = '\n';
    (void)put(line, n, PATIENCE_MS);
}

void complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void note(const char *format, ...)
{
    va_list arguments;

    if (is_quiet)
        return;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void note_silence(void)
{
    is_quiet = true;
}

bool message_write(const char *text)
{
    return put(text, strlen(text), PATIENCE_MS);
}

void message_try(const char *text)
{
    (void)put(text, strlen(text), 0);
}
