/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* labyrinth-stat: asks a running DPDK program about its Labyrinth pools. */

#include "client.h"
#include "json_file.h"
#include "message.h"
#include "options.h"
#include "pools.h"
#include "show.h"
#include "standard.h"
#include "status.h"
#include "watch.h"
#include "where.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool print(const struct options *options, json_t *answer)
{
    if (options->json)
        return json_file_write("-", answer) == 0;
    show(stdout, answer);
    if (fflush(stdout) == 0)
        return true;
    complain("cannot write: %s", strerror(errno));
    return false;
}

static int ask_once(struct client *client, const struct options *options)
{
    bool list = strcmp(options->verb, "list") == 0, printed;
    json_t *answer =
        list ? pools_rows(client, false) : client_ask(client, options->verb, options->name);

    if (answer == NULL)
        return EXIT_FAILURE;
    printed = print(options, answer);
    json_decref(answer);
    return printed && !client->is_damaged ? EXIT_SUCCESS : EXIT_FAILURE;
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
    if (strcmp(options.verb, "watch") == 0)
        status = watch(&client, &options);
    else if (strcmp(options.verb, "where") == 0 || strcmp(options.verb, "lost") == 0)
        status = where(&client, &options);
    else
        status = ask_once(&client, &options);
    client_close(&client);
    return status;
}
