/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
/* The protocol: a message each way, of type SOCK_SEQPACKET. The process begins with an object that
 * has its pid and the most bytes of an answer. Then, for each "/command,parameters", it answers
 * with {"/command": value}; the value is null for what it does not know. */

#include "client.h"

#include "labyrinth_plain.h"
#include "message.h"
#include "suggest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GREETING_BYTES 1024
#define COMMAND_BYTES 1024 /* the process reads no more of it */
#define COMM_CHARACTERS 15 /* of a program's name the kernel keeps no more */
#define NAMES_MAX 1000000  /* no process has as many: it is none that has */
#define NAMES_LISTED 512   /* the most that an array of telemetry's has */

static void complain_end(struct client *client, ssize_t moved)
{
    client->is_gone = true;
    if (moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && client->pid == 0)
        complain("the process has not answered for %d s: is it stopped, or in a debugger?",
                 PLACE_PATIENCE_S);
    else if (moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        complain("the process (pid %d) has not answered for %d s: is it stopped, or in a debugger?",
                 client->pid, PLACE_PATIENCE_S);
    else if (client->pid == 0)
        complain("the process hung up: it has ended, or as many ask it already as it serves, ten");
    else
        complain("the process (pid %d) has ended", client->pid);
}

/* The characters of the keys of telemetry's objects: the process may be anybody's. */
static bool has_plain_keys(json_t *value)
{
    const char *key;
    json_t *item;
    size_t i;

    json_array_foreach(value, i, item)
    {
        if (!has_plain_keys(item))
            return false;
    }
    json_object_foreach(value, key, item)
    {
        for (const char *c = key; *c != '\0'; c++) {
            if ((unsigned char)*c < ' ' || *c == 0x7f)
                return false;
        }
        if (!has_plain_keys(item))
            return false;
    }
    return true;
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
    if (value != NULL && !has_plain_keys(value)) {
        complain("what answers there is not DPDK's telemetry");
        json_decref(value);
        return NULL;
    }
    return value;
}

/* The first line or word of a file of a process; "" where there is none. */
static void read_of_process(int pid, const char *name, char *ret_text, size_t bytes)
{
    char path[64];
    FILE *file;

    ret_text[0] = '\0';
    snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    file = fopen(path, "re");
    if (file == NULL)
        return;
    if (fgets(ret_text, (int)bytes, file) != NULL)
        ret_text[strcspn(ret_text, "\n")] = '\0';
    fclose(file);
}

/* Of a long name the kernel keeps the beginning; all of it stands in the command line. */
static void read_program(struct client *client)
{
    char command[PATH_MAX];
    const char *name;
    size_t n;

    read_of_process(client->pid, "comm", client->program, sizeof(client->program));
    n = strlen(client->program);
    if (n < COMM_CHARACTERS)
        return;
    read_of_process(client->pid, "cmdline", command, sizeof(command));
    name = strrchr(command, '/');
    name = name != NULL ? name + 1 : command;
    if (strncmp(name, client->program, n) == 0)
        snprintf(client->program, sizeof(client->program), "%s", name);
}

static bool greet(struct client *client)
{
    json_t *greeting = receive(client);
    json_int_t bytes = json_integer_value(json_object_get(greeting, "max_output_len"));
    const char *version = json_string_value(json_object_get(greeting, "version"));

    client->pid = (int)json_integer_value(json_object_get(greeting, "pid"));
    snprintf(client->dpdk, sizeof(client->dpdk), "%s", version != NULL ? version : "");
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
    struct client client = {.fd = place_connect(place), .reply_bytes = GREETING_BYTES};

    if (client.fd < 0)
        return false;
    client.reply = malloc(client.reply_bytes);
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
    json_decref(client->driver);
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
        complain_end(client, -1);
        return NULL;
    }
    answer = receive(client);
    value = json_incref(json_object_get(answer, command));
    if (answer != NULL && value == NULL)
        complain("the answer to %s is one to something else", command);
    json_decref(answer);
    client->is_damaged |= value == NULL && !client->is_gone;
    return value;
}

json_t *client_driver(struct client *client)
{
    if (client->driver == NULL && !client->is_gone)
        client->driver = ask_process(client, "/labyrinth/version", NULL);
    return client->driver;
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

/* A name as the process lists it, or as its program has it. */
static bool has_pool(const json_t *pools, const char *name)
{
    char plain[COMMAND_BYTES];

    return has_string(pools, name) ||
           has_string(pools, labyrinth_plain(plain, sizeof(plain), name));
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

/* The names of all pools. An answer has room for some hundreds: the others are asked for, but by
 * drivers of old, which answer with an array that is all that they can say. */
static json_t *list_pools(struct client *client)
{
    json_t *all = json_array(), *page;
    json_int_t left_out = 1;
    char from[24];

    while (left_out > 0) {
        snprintf(from, sizeof(from), "%zu", json_array_size(all));
        page = ask_process(client, "/labyrinth/list", from);
        if (json_is_array(page) && json_array_size(page) == NAMES_LISTED)
            note("%d pools are listed, and there may be more: that driver says no more",
                 NAMES_LISTED);
        left_out = json_integer_value(json_object_get(page, "left_out"));
        if (json_array_extend(all, json_is_array(page) ? page : json_object_get(page, "pools")) !=
                0 ||
            json_array_size(json_object_get(page, "pools")) == 0 ||
            json_array_size(all) > NAMES_MAX)
            left_out = 0;
        if (page == NULL || json_is_null(page)) {
            json_decref(all);
            return page;
        }
        json_decref(page);
    }
    return all;
}

static void write_names(const json_t *pools, char *list, size_t capacity)
{
    size_t used = 0, i;
    const json_t *item;

    json_array_foreach(pools, i, item)
    {
        const char *name = json_string_length(item) > 0 ? json_string_value(item) : "''";

        if (used + strlen(name) + 32 > capacity) {
            snprintf(list + used, capacity - used, ", and %zu more", json_array_size(pools) - i);
            break;
        }
        used += (size_t)snprintf(list + used, capacity - used, "%s%s", i == 0 ? "" : ", ", name);
    }
}

/* Names the pools that there are. */
static void complain_name(const json_t *pools, const char *name)
{
    size_t n = json_array_size(pools), i;
    const char **names = calloc(n + 1, sizeof(*names)), *nearest;
    char list[512] = "none";
    const json_t *item;

    json_array_foreach(pools, i, item)
    {
        if (names != NULL)
            names[i] = json_is_string(item) ? json_string_value(item) : "";
    }
    write_names(pools, list, sizeof(list));
    nearest = names != NULL ? suggest(name, names, n) : NULL;
    if (nearest != NULL)
        complain("there is no pool %s: did you mean %s? (pools: %s)", name, nearest, list);
    else
        complain("there is no pool %s (pools: %s)", name, list);
    free(names);
}

/* Says so if that is what was wrong: no pool has this name, nor, of leaks and audit, what is before
 * its last comma. */
static bool is_wrong_name(struct client *client, const char *verb, const char *asked)
{
    bool has_more = strcmp(verb, "leaks") == 0 || strcmp(verb, "audit") == 0;
    const char *comma = has_more ? strrchr(asked, ',') : NULL;
    char name[COMMAND_BYTES];
    json_t *pools = list_pools(client);
    bool wrong;

    snprintf(name, sizeof(name), "%.*s", (int)(comma != NULL ? comma - asked : (long)strlen(asked)),
             asked);
    wrong = json_is_array(pools) && !has_pool(pools, asked) && !has_pool(pools, name);
    if (wrong)
        complain_name(pools, name);
    json_decref(pools);
    return wrong;
}

/* "leaks POOL,SEC": what is behind a pool's name is a number. A name may have commas itself. */
static bool is_wrong_age(struct client *client, const char *verb, const char *asked)
{
    const char *comma = strrchr(asked, ',');
    json_t *pools;
    bool wrong;

    if (strcmp(verb, "leaks") != 0 || comma == NULL ||
        (comma[1] != '\0' && comma[1 + strspn(comma + 1, "0123456789")] == '\0'))
        return false;
    pools = list_pools(client);
    wrong = json_is_array(pools) && !has_pool(pools, asked);
    if (wrong)
        complain("%s: leaks takes whole seconds behind a pool's name, and there is no pool %s",
                 comma + 1, asked);
    json_decref(pools);
    return wrong;
}

json_t *client_ask(struct client *client, const char *verb, const char *name)
{
    bool is_list = strcmp(verb, "list") == 0;
    char command[64];
    const char *error;
    json_t *value;

    if (name != NULL && is_wrong_age(client, verb, name))
        return NULL;
    snprintf(command, sizeof(command), "/labyrinth/%s", verb);
    value = is_list ? list_pools(client) : ask_process(client, command, name);
    error = json_string_value(json_object_get(value, "error"));
    if (value != NULL && !json_is_null(value) && error == NULL)
        return value;
    if (json_is_null(value))
        complain_unknown(client, command);
    else if (error != NULL && (name == NULL || strcmp(verb, "map") == 0 ||
                               strcmp(verb, "where") == 0 || !is_wrong_name(client, verb, name)))
        complain("%s", error);
    json_decref(value);
    return NULL;
}
