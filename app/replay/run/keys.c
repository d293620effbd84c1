/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "run/keys.h"

#include "cpus.h"
#include "message.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#define CTRL_D 4

struct keys {
    struct keys_count *count;
    pthread_t thread;
    int wake; /* an event: the run is over */
    bool is_terminal;
    struct termios before;
};

/* The next byte; false at the end of the input, or when the run is over. */
static bool next_key(const struct keys *keys, char *ret_key)
{
    struct pollfd either[2] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = keys->wake, .events = POLLIN},
    };

    while (poll(either, 2, -1) < 0) {
        if (errno != EINTR)
            return false;
    }
    if (either[1].revents != 0 || read(STDIN_FILENO, ret_key, 1) != 1)
        return false;
    return !keys->is_terminal || (*ret_key != 'q' && *ret_key != CTRL_D);
}

static void *keys_thread(void *argument)
{
    struct keys *keys = argument;
    char key;

    while (next_key(keys, &key))
        lab_fetch_add_relaxed(&keys->count->pressed, 1); /* alone: nothing comes with it */
    lab_store_release(&keys->count->ended, 1);           /* pairs with is_let_pass() in worker.c */
    return NULL;
}

/* Keys come as they are pressed, and are not shown; Ctrl-C still is a signal. */
static void prepare_terminal(struct keys *keys)
{
    struct termios raw;

    keys->is_terminal = tcgetattr(STDIN_FILENO, &keys->before) == 0;
    if (!keys->is_terminal)
        return;
    raw = keys->before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    note("each key lets one packet pass; q ends");
}

static void restore_terminal(const struct keys *keys)
{
    if (keys->is_terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &keys->before);
}

int keys_start(struct keys **ret_keys, struct keys_count *count)
{
    struct keys *keys = calloc(1, sizeof(*keys));
    int rc;

    if (keys == NULL) {
        complain("no memory to read keys");
        return -ENOMEM;
    }
    keys->count = count;
    keys->wake = eventfd(0, EFD_CLOEXEC);
    prepare_terminal(keys);
    rc = keys->wake < 0 ? -errno : -cpus_start_thread(&keys->thread, keys_thread, keys);
    if (rc != 0) {
        complain("keys cannot be read: %s", strerror(-rc));
        restore_terminal(keys);
        if (keys->wake >= 0)
            close(keys->wake);
        free(keys);
        return rc;
    }
    *ret_keys = keys;
    return 0;
}

void keys_end(struct keys *keys)
{
    if (keys == NULL)
        return;
    eventfd_write(keys->wake, 1);
    pthread_join(keys->thread, NULL);
    restore_terminal(keys);
    close(keys->wake);
    free(keys);
}
