/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_DOCUMENT_H
#define STAT_DOCUMENT_H

#include "client.h"
#include "options.h"

/* The number of the schema of --json (doc/guide/watching.md): one more when a key goes, or means
 * something else. A new key is no change. */
#define DOCUMENT_SCHEMA 1

/* The document of --json: the process that was asked, the asker, the time, and the body under the
 * key that the command has: "pools", "pool", or "arena". Takes the body. */
json_t *document_new(struct client *client, const struct options *options, json_t *body);

#endif
