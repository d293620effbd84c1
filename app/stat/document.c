/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "document.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

/* An unknown text is null. */
static json_t *text_or_null(const char *text)
{
    json_t *json = text[0] != '\0' ? json_string(text) : NULL;

    return json != NULL ? json : json_null();
}

static json_t *date(void)
{
    time_t now = time(NULL);
    struct tm utc;
    char text[32];

    gmtime_r(&now, &utc);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return json_string(text);
}

static json_t *host(void)
{
    char name[256] = "";

    (void)gethostname(name, sizeof(name) - 1);
    return text_or_null(name);
}

static json_t *versions(struct client *client)
{
    const char *driver = json_string_value(json_object_get(client_driver(client), "driver"));

    return json_pack("{s:s, s:o, s:o}", "labyrinth_stat", LABYRINTH_VERSION, "driver",
                     text_or_null(driver != NULL ? driver : ""), "dpdk",
                     text_or_null(client->dpdk));
}

/* A pid of 0 is that of a process in another PID namespace. */
static json_t *process(const struct client *client)
{
    return json_pack("{s:o, s:o}", "pid",
                     client->pid != 0 ? json_integer(client->pid) : json_null(), "program",
                     text_or_null(client->program));
}

static const char *body_key(const struct options *options, const json_t *body)
{
    if (strcmp(options->verb, "map") == 0)
        return "arena";
    return json_is_array(body) ? "pools" : "pool";
}

json_t *document_new(struct client *client, const struct options *options, json_t *body)
{
    json_t *document = json_pack("{s:i, s:s, s:o, s:o, s:o, s:o}", "schema", DOCUMENT_SCHEMA,
                                 "command", options->verb, "date", date(), "host", host(),
                                 "versions", versions(client), "process", process(client));

    json_object_set_new(document, body_key(options, body), body);
    return document;
}
