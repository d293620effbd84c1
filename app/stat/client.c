/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
/* The protocol: a message each way, of type SOCK_SEQPACKET. The process begins with an object that
 * has its pid and the most bytes of an answer. Then, for each "/command,parameters", it answers
 * with {"/command": value}; the value is null for what it does not know. */

#include "client.h"

#include "message.h"
#include "suggest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define GREETING_BYTES 1024
#define COMMAND_BYTES 1024 /* the process reads no more of it */
#define PATIENCE_S 5
#define NAMES_MAX 512 /* an array of telemetry's has no more */

static void complain_end(const struct client *client, ssize_t received)
{
    if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        complain("the process (pid %d) has not answered for %d s: is it stopped, or in a debugger?",
                 client->pid, PATIENCE_S);
    else
        complain("the process (pid %d) has ended", client->pid);
}

/* One message, parsed. NULL, and the reason has been said. */
static json_t *receive(struct client *client)
{
    ssize_t n = recv(client->fd, client->reply, client->reply_bytes, MSG_TRUNC);
    json_error_t error;
    json_t *value;

    if (n <= 0) {
        complain_end(client, n);
        return NULL;
    }
    if ((size_t)n > client->reply_bytes) {
        complain("an answer of %zd bytes, where the process announced %zu at most", n,
                 client->reply_bytes);
        return NULL;
    }
    /* Some versions send the zero behind the text, too. */
    value = json_loadb(client->reply, strnlen(client->reply, (size_t)n), 0, &error);
    if (value == NULL)
        complain("the answer (%zd bytes) is no JSON: %s; the process says no more than %zu bytes "
                 "at once",
                 n, error.text, client->reply_bytes);
    return value;
}

static void read_program(struct client *client)
{
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/comm", client->pid);
    file = fopen(path, "re");
    if (file == NULL)
        return;
    if (fgets(client->program, sizeof(client->program), file) != NULL)
        client->program[strcspn(client->program, "\n")] = '\0';
    fclose(file);
}

static bool greet(struct client *client)
{
    json_t *greeting = receive(client);
    json_int_t bytes = json_integer_value(json_object_get(greeting, "max_output_len"));

    client->pid = (int)json_integer_value(json_object_get(greeting, "pid"));
    json_decref(greeting);
    if (greeting == NULL)
        return false;
    if (bytes <= 0 || bytes > INT_MAX) {
        complain("what answers there is not DPDK's telemetry");
        return false;
    }
    free(client->reply);
    client->reply_bytes = (size_t)bytes;
    client->reply = malloc(client->reply_bytes);
    if (client->reply == NULL) {
        complain("no memory for answers of %zu bytes", client->reply_bytes);
        return false;
    }
    read_program(client);
    return true;
}

bool client_open(struct client *ret_client, const struct place *place)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct client client = {.fd = place_connect(place), .reply_bytes = GREETING_BYTES};

    if (client.fd < 0)
        return false;
    client.reply = malloc(client.reply_bytes);
    (void)setsockopt(client.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (client.reply == NULL || !greet(&client)) {
        client_close(&client);
        return false;
    }
    *ret_client = client;
    return true;
}

void client_close(struct client *client)
{
    close(client->fd);
    free(client->reply);
}

/* The value that the process gives to a command: json null for what it does not know. */
static json_t *ask_process(struct client *client, const char *command, const char *parameters)
{
    char line[COMMAND_BYTES];
    json_t *answer, *value;
    int n = snprintf(line, sizeof(line), "%s%s%s", command, parameters != NULL ? "," : "",
                     parameters != NULL ? parameters : "");

    if (n < 0 || (size_t)n >= sizeof(line)) {
        complain("the name is longer than any pool's");
        return NULL;
    }
    if (send(client->fd, line, (size_t)n, MSG_NOSIGNAL) != n) {
        complain("the process (pid %d) has ended", client->pid);
        return NULL;
    }
    answer = receive(client);
    if (answer == NULL)
        return NULL;
    value = json_incref(json_object_get(answer, command));
    json_decref(answer);
    if (value == NULL)
        complain("the answer to %s is one to something else", command);
    return value;
}

static bool has_string(const json_t *array, const char *text)
{
    const json_t *item;
    size_t i;

    json_array_foreach(array, i, item)
    {
        if (json_is_string(item) && strcmp(json_string_value(item), text) == 0)
            return true;
    }
    return false;
}

static void complain_unknown(struct client *client, const char *command)
{
    json_t *known = ask_process(client, "/", NULL);

    if (known == NULL)
        return;
    if (has_string(known, command))
        complain("the process (pid %d) refuses to answer %s", client->pid, command);
    else if (strcmp(command, "/labyrinth/map") == 0 && has_string(known, "/labyrinth/list"))
        complain("the process (pid %d) has no arena: programs that make one by "
                 "lab_mbuf_arena_create() show its map",
                 client->pid);
    else if (has_string(known, "/labyrinth/list"))
        complain("the process (pid %d) does not know %s: its labyrinth driver is older than this "
                 "program",
                 client->pid, command);
    else
        complain("the process (pid %d) has not loaded the labyrinth driver: start it with "
                 "-d librte_mempool_labyrinth.so --mbuf-pool-ops-name=labyrinth",
                 client->pid);
    json_decref(known);
}

/* Names the pools that there are, if the name, which a comma may end, is none of them. */
static bool complain_name(struct client *client, const char *asked)
{
    json_t *pools = ask_process(client, "/labyrinth/list", NULL);
    const char *names[NAMES_MAX], *nearest;
    char list[512] = "none", name[128];
    size_t used = 0, n = 0, i;
    const json_t *item;
    bool wrong;

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(asked, ","), asked);
    wrong = json_is_array(pools) && !has_string(pools, name);
    json_array_foreach(pools, i, item)
    {
        if (n == NAMES_MAX || !json_is_string(item))
            continue;
        names[n++] = json_string_value(item);
        if (used < sizeof(list))
            used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i == 0 ? "" : ", ",
                                     json_string_value(item));
    }
    nearest = suggest(name, names, n);
    if (wrong && nearest != NULL)
        complain("there is no pool %s: did you mean %s? (pools: %s)", name, nearest, list);
    else if (wrong)
        complain("there is no pool %s (pools: %s)", name, list);
    json_decref(pools);
    return wrong;
}

json_t *client_ask(struct client *client, const char *verb, const char *name)
{
    char command[64];
    const char *error;
    json_t *value;

    snprintf(command, sizeof(command), "/labyrinth/%s", verb);
    value = ask_process(client, command, name);
    error = json_string_value(json_object_get(value, "error"));
    if (value != NULL && !json_is_null(value) && error == NULL)
        return value;
    if (json_is_null(value))
        complain_unknown(client, command);
    else if (error != NULL &&
             (name == NULL || strcmp(verb, "map") == 0 || !complain_name(client, name)))
        complain("%s", error);
    json_decref(value);
    return NULL;
}
