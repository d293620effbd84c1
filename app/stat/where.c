/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A search takes longer than an answer may: the process is asked to begin, and then for its answer
 * until it has one. Many groups come in several answers. */

#include "where.h"

#include "document.h"
#include "json_file.h"
#include "message.h"
#include "repeat.h"
#include "stop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ASK_EVERY_S 0.1
#define WORDS_BYTES 1024

static json_int_t number(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *text(json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value != NULL ? value : "";
}

/* Progress is for a person who waits. */
static void show_progress(json_t *answer)
{
    char line[80];

    if (!isatty(STDERR_FILENO))
        return;
    snprintf(line, sizeof(line), "\rwalk %lld: %3lld %% ", (long long)number(answer, "walk"),
             (long long)number(answer, "walk_percent"));
    message_try(line);
}

static void end_progress(void)
{
    if (isatty(STDERR_FILENO))
        message_try("\r\033[K");
}

static json_t *ask_again(struct client *client, const char *pool, json_int_t search,
                         json_int_t from)
{
    char words[WORDS_BYTES];

    snprintf(words, sizeof(words), "%s;search=%lld;from=%lld", pool, (long long)search,
             (long long)from);
    return client_ask(client, "where", words);
}

static bool is_walking(json_t *answer)
{
    return strcmp(text(answer, "state"), "walking") == 0;
}

/* The first answer after the search has ended; before, where a signal has come. */
static json_t *await(struct client *client, const struct options *options)
{
    char words[WORDS_BYTES];
    json_t *answer;
    json_int_t search;

    snprintf(words, sizeof(words), "%s;mib_s=%u;apart_s=%g%s%s", options->name, options->mib_s,
             options->apart_s, options->skip != NULL ? ";skip=" : "",
             options->skip != NULL ? options->skip : "");
    answer = client_ask(client, "where", words);
    while (is_walking(answer) && stop_requested() == STOP_NONE) {
        show_progress(answer);
        search = number(answer, "search");
        json_decref(answer);
        repeat_sleep(ASK_EVERY_S);
        answer = ask_again(client, options->name, search, 0);
    }
    end_progress();
    return answer;
}

/* "packets_1", "headers_1" and so on become an array. */
static json_t *packets_of(json_t *group)
{
    json_t *packets = json_array();
    char key[24];

    for (unsigned i = 1;; i++) {
        json_t *packet = json_object(), *count;

        snprintf(key, sizeof(key), "packets_%u", i);
        count = json_object_get(group, key);
        if (count == NULL) {
            json_decref(packet);
            return packets;
        }
        json_object_set(packet, "count", count);
        json_object_del(group, key);
        snprintf(key, sizeof(key), "headers_%u", i);
        json_object_set(packet, "headers", json_object_get(group, key));
        json_object_del(group, key);
        json_array_append_new(packets, packet);
    }
}

static void add_groups(json_t *groups, json_t *page)
{
    json_t *group;
    const char *key;

    json_object_foreach(page, key, group)
    {
        json_t *row = json_object(), *packets = packets_of(group);

        json_object_set_new(row, "group", json_integer(strtoll(key, NULL, 10)));
        json_object_update(row, group);
        if (json_array_size(packets) > 0)
            json_object_set(row, "packets", packets);
        json_decref(packets);
        json_array_append_new(groups, row);
    }
}

static bool complete(struct client *client, const struct options *options, json_t *answer)
{
    json_t *groups = json_array(), *page = json_incref(answer);

    while (page != NULL) {
        json_int_t next = number(page, "next"), search = number(page, "search");

        add_groups(groups, json_object_get(page, "groups"));
        json_decref(page);
        page = NULL;
        if (next == 0)
            break;
        page = ask_again(client, options->name, search, next);
        if (page == NULL) {
            json_decref(groups);
            return false;
        }
    }
    json_object_del(answer, "next");
    json_object_del(answer, "state");
    json_object_set_new(answer, "groups", groups);
    return true;
}

json_t *where_search(struct client *client, const struct options *options)
{
    json_t *answer = await(client, options);

    if (answer == NULL)
        return NULL;
    if (strcmp(text(answer, "state"), "failed") == 0)
        complain("the search has failed: %s", text(answer, "why"));
    else if (!is_walking(answer) && complete(client, options, answer))
        return answer;
    json_decref(answer);
    return NULL;
}

/* The group that a capture is wanted of: by its number, or the largest of what is lost. */
static json_t *group_for_capture(json_t *answer, const struct options *options)
{
    json_t *group;
    size_t i;

    json_array_foreach(json_object_get(answer, "groups"), i, group)
    {
        if (options->group != 0 ? number(group, "group") == options->group
                                : strcmp(text(group, "state"), "lost") == 0)
            return group;
    }
    if (options->group != 0)
        complain("there is no group %u: the first column has their numbers", options->group);
    else
        complain("nothing is lost, so there is nothing to capture: --group=N says of which group");
    return NULL;
}

static bool print(struct client *client, json_t *answer, const struct options *options)
{
    if (options->json) {
        json_t *document = document_new(client, options, json_incref(answer));
        bool is_written = json_file_write("-", document) == 0;

        json_decref(document);
        return is_written;
    }
    where_show(stdout, answer, strcmp(options->verb, "lost") == 0);
    if (fflush(stdout) == 0)
        return true;
    complain("cannot write: %s", strerror(errno));
    return false;
}

int where(struct client *client, const struct options *options)
{
    json_t *answer = where_search(client, options), *group;
    bool good;

    if (answer == NULL)
        return EXIT_FAILURE;
    good = print(client, answer, options);
    if (good && options->pcap != NULL) {
        group = group_for_capture(answer, options);
        good = group != NULL &&
               where_capture(client, answer, group, options->pcap, options->packets) == 0;
    }
    json_decref(answer);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
