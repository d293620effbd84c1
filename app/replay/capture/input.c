/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/input.h"

#include "capture/unpack.h"
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
    struct input_head head; /* of the file */
    size_t head_given;
    struct unpack *unpack;      /* NULL: the file is not compressed */
    struct input_head unpacked; /* the same of what was compressed */
    size_t unpacked_given;
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

/* The head that was read already, first; false when all of it has been given. */
static bool give_head(const struct input_head *head, size_t *given, void *bytes, size_t *n)
{
    size_t left = head->n - *given;

    if (left == 0)
        return false;
    if (*n > left)
        *n = left;
    memcpy(bytes, head->bytes + *given, *n);
    *given += *n;
    return true;
}

/* The file's own bytes. */
static ssize_t read_file(void *context, void *bytes, size_t n)
{
    struct input *input = context;

    if (give_head(&input->head, &input->head_given, bytes, &n))
        return (ssize_t)n;
    return read_patiently(input, bytes, n);
}

static ssize_t on_read(void *cookie, char *bytes, size_t n)
{
    struct input *input = cookie;

    if (input->unpack == NULL)
        return read_file(input, bytes, n);
    if (give_head(&input->unpacked, &input->unpacked_given, bytes, &n))
        return (ssize_t)n;
    return unpack_read(input->unpack, bytes, n);
}

static int on_close(void *cookie)
{
    struct input *input = cookie;

    unpack_close(input->unpack);
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

/* Where the file is compressed, looks at its beginning unpacked. A damage there is one for its
 * reader, too. */
static int unpack_head(struct input *input)
{
    struct input_head *head = &input->unpacked;
    int rc = unpack_open(&input->unpack, input->head.bytes, input->head.n, read_file, input);
    ssize_t got = 1;

    while (rc == 0 && input->unpack != NULL && got > 0 && head->n < sizeof(head->bytes)) {
        got = unpack_read(input->unpack, head->bytes + head->n, sizeof(head->bytes) - head->n);
        if (got > 0)
            head->n += (size_t)got;
    }
    return got < 0 && errno == EINTR ? -EINTR : rc;
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
    if (rc == 0)
        rc = unpack_head(input);
    file = rc == 0 ? fopencookie(input, "r", functions) : NULL;
    if (file == NULL) {
        on_close(input);
        return rc == 0 ? -ENOMEM : rc;
    }
    *ret_head = input->unpack == NULL ? input->head : input->unpacked;
    *ret_file = file;
    return 0;
}
