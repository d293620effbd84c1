/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/input.h"

#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS 50 /* while nothing comes, it is looked so often whether anybody still waits */

struct input {
    int fd;
    const lab_atomic_t *stopping;
    struct input_head head;
    size_t head_given;
};

bool input_is_over(const lab_atomic_t *stopping)
{
    return stop_requested() == STOP_SIGNAL || (stopping != NULL && lab_load_relaxed(stopping) != 0);
}

/* As read(2), and EINTR only when nobody waits any more. */
static ssize_t read_patiently(const struct input *input, void *bytes, size_t n)
{
    struct pollfd one = {.fd = input->fd, .events = POLLIN};

    while (!input_is_over(input->stopping)) {
        ssize_t got;

        if (poll(&one, 1, LOOK_MS) <= 0)
            continue;
        got = read(input->fd, bytes, n);
        if (got >= 0 || (errno != EINTR && errno != EAGAIN))
            return got;
    }
    errno = EINTR;
    return -1;
}

static ssize_t on_read(void *cookie, char *bytes, size_t n)
{
    struct input *input = cookie;
    size_t left = input->head.n - input->head_given;

    if (left == 0)
        return read_patiently(input, bytes, n);
    if (n > left)
        n = left;
    memcpy(bytes, input->head.bytes + input->head_given, n);
    input->head_given += n;
    return (ssize_t)n;
}

static int on_close(void *cookie)
{
    struct input *input = cookie;

    if (input->fd != STDIN_FILENO)
        close(input->fd);
    free(input);
    return 0;
}

static int read_head(struct input *input)
{
    struct input_head *head = &input->head;
    ssize_t got = 1;

    while (got > 0 && head->n < sizeof(head->bytes)) {
        got = read_patiently(input, head->bytes + head->n, sizeof(head->bytes) - head->n);
        if (got > 0)
            head->n += (size_t)got;
    }
    return got < 0 ? -errno : 0;
}

int input_open(FILE **ret_file, struct input_head *ret_head, const char *name,
               const lab_atomic_t *stopping)
{
    static const cookie_io_functions_t functions = {.read = on_read, .close = on_close};
    struct input *input = calloc(1, sizeof(*input));
    FILE *file;
    int rc;

    if (input == NULL)
        return -ENOMEM;
    input->stopping = stopping;
    /* Or a FIFO would be waited for in here until somebody opens its other end. */
    input->fd =
        strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (input->fd < 0) {
        rc = -errno;
        free(input);
        return rc;
    }
    rc = read_head(input);
    file = rc == 0 ? fopencookie(input, "r", functions) : NULL;
    if (file == NULL) {
        on_close(input);
        return rc == 0 ? -ENOMEM : rc;
    }
    *ret_head = input->head;
    *ret_file = file;
    return 0;
}
