/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* labyrinth-stat: asks a running DPDK program about its Labyrinth pools. */

#include "client.h"
#include "document.h"
#include "json_file.h"
#include "message.h"
#include "options.h"
#include "pools.h"
#include "screen.h"
#include "show.h"
#include "sites.h"
#include "standard.h"
#include "status.h"
#include "watch.h"

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

/* What telemetry says to a command of its own, in our form. */
static json_t *ask(struct client *client, const struct options *options)
{
    json_t *raw = client_ask(client, options->verb, options->name), *answer;

    if (raw == NULL)
        return NULL;
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

int main(int argc, char *argv[])
{
    struct options options;
    struct client client;
    int status;

    standard_open();
    switch (options_parse(&options, argc, argv)) {
    case OPTIONS_ANSWERED:
        return exit_status(option_answered());
    case OPTIONS_WRONG:
        return EXIT_USAGE;
    case OPTIONS_RUN:
        break;
    }
    if (!client_open(&client, &options.place))
        return EXIT_FAILURE;
    status =
        strcmp(options.verb, "watch") == 0 ? watch(&client, &options) : ask_once(&client, &options);
    client_close(&client);
    return status;
}
