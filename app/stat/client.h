/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_CLIENT_H
#define STAT_CLIENT_H

#include "place.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A conversation with a process over its telemetry socket. */
struct client {
    int fd;
    int pid;
    bool is_gone;     /* it has hung up, or does not answer: there is nothing more to ask */
    bool is_damaged;  /* one of its answers could not be understood */
    char program[32]; /* its name; "" where the process lies in another PID namespace */
    char dpdk[64];    /* its version of DPDK; "" where it says none */
    json_t *driver;   /* what /labyrinth/version says; NULL: not asked yet */
    size_t reply_bytes;
    char *reply;
};

/* False, and the reason has been said. */
bool client_open(struct client *ret_client, const struct place *place);
void client_close(struct client *client);

/* The answer of the process to "/labyrinth/VERB,NAME" (name NULL: without), as it says it, and to
 * "list" an array of all names; the caller's to release. NULL, and the reason has been said: it has
 * no such pool, or does not know the command, or does not answer. */
json_t *client_ask(struct client *client, const char *verb, const char *name);

/* The process's answer about its driver: an object; null from a driver that has none. The client
 * owns it. */
json_t *client_driver(struct client *client);

#endif
