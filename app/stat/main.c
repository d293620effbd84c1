/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* labyrinth-stat: asks a running DPDK program about its Labyrinth pools. */

#include "client.h"
#include "document.h"
#include "json_file.h"
#include "message.h"
#include "metrics.h"
#include "options.h"
#include "pools.h"
#include "screen.h"
#include "show.h"
#include "sites.h"
#include "standard.h"
#include "status.h"
#include "watch.h"
#include "where.h"
#include "why.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool print_text(json_t *answer)
{
    size_t bytes = 0;
    char *text = NULL;
    FILE *out = open_memstream(&text, &bytes);
    bool done = false;

    if (out != NULL) {
        show(out, answer);
        done = fclose(out) == 0 && screen_print(text);
    }
    if (!done)
        complain("cannot write: %s", strerror(errno));
    free(text);
    return done;
}

/* Takes the answer. */
static bool print(struct client *client, const struct options *options, json_t *answer)
{
    json_t *document = options->json ? document_new(client, options, answer) : answer;
    bool done = options->json ? json_file_write("-", document) == 0 : print_text(answer);

    json_decref(document);
    return done;
}

/* From now on the entries are those of calls that pass DPDK's cache. */
static void note_cache(const struct options *options, const json_t *answer)
{
    json_int_t cache = json_integer_value(json_object_get(answer, "cache_size"));

    if (strcmp(options->verb, "audit") == 0 && cache > 0)
        note("DPDK's caches of %" JSON_INTEGER_FORMAT " stand between: the audit sees who filled "
             "one, not who took from it; a program started with cache=none has none",
             cache);
}

/* The answer of telemetry to a command of its own, in our form. */
static json_t *ask(struct client *client, const struct options *options)
{
    char parameters[1024];
    json_t *raw, *answer;

    if (options->word != NULL)
        snprintf(parameters, sizeof(parameters), "%s,%s", options->name, options->word);
    raw = client_ask(client, options->verb, options->word != NULL ? parameters : options->name);
    if (raw == NULL)
        return NULL;
    note_cache(options, raw);
    answer = sites_totalled(raw);
    json_decref(raw);
    return answer;
}

static int ask_once(struct client *client, const struct options *options)
{
    bool list = strcmp(options->verb, "list") == 0;
    json_t *answer = list ? pools_rows(client, false) : ask(client, options);

    if (answer == NULL || !print(client, options, answer))
        return EXIT_FAILURE;
    return client->is_damaged ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Commands that are more than a question and its answer. */
static int run(struct client *client, const struct options *options)
{
    static const struct {
        const char *verb;
        int (*run)(struct client *client, const struct options *options);
    } special[] = {
        {"watch", watch}, {"metrics", metrics}, {"where", where}, {"lost", where}, {"why", why}};

    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        if (strcmp(options->verb, special[i].verb) == 0)
            return special[i].run(client, options);
    }
    return ask_once(client, options);
}

int main(int argc, char *argv[])
{
    struct options options;
    struct client client;
    int status;

    standard_open();
    if (option_ends_program(options_parse(&options, argc, argv), &status))
        return status;
    if (!client_open(&client, &options.place))
        return EXIT_FAILURE;
    status = run(&client, &options);
    client_close(&client);
    return status;
}
