/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "metrics.h"

#include "message.h"
#include "screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "dpdk_labyrinth_"

/* A sample: the value that an answer to /labyrinth/info has under `key`, inside of `in`. */
struct sample {
    const char *in;    /* NULL: in the answer itself */
    const char *key;   /* NULL: the family ends here */
    const char *label; /* of the sample; NULL: the pool's alone */
};

#define SAMPLES_MAX 10

struct family {
    const char *name;
    const char *help;
    const char *label; /* the name of the samples' label */
    bool is_counter;
    struct sample samples[SAMPLES_MAX];
};

static const struct family families[] = {
    {"pool_objects", "Objects of the pool.", NULL, false, {{NULL, "size", NULL}}},
    {"pool_free_objects", "Objects that are free.", NULL, false, {{NULL, "free", NULL}}},
    {"pool_most_held_objects",
     "The most objects that were not free, of what was sampled.",
     NULL,
     false,
     {{NULL, "high_water", NULL}}},
    {"pool_cache_objects",
     "Size of DPDK's cache for each lcore. Objects there count as held.",
     NULL,
     false,
     {{NULL, "cache_size", NULL}}},
    {"pool_reserve_objects",
     "Objects that receive queues alone may take.",
     NULL,
     false,
     {{NULL, "reserve", NULL}}},
    {"pool_reserve_free_objects",
     "Of these, free ones.",
     NULL,
     false,
     {{NULL, "reserve_free", NULL}}},
    {"pool_low_objects", "The low watermark.", NULL, false, {{NULL, "low", NULL}}},
    {"pool_high_objects", "The high watermark.", NULL, false, {{NULL, "high", NULL}}},
    {"pool_failed_gets", "Gets that found too little.", NULL, true, {{"calls", "get_fail", NULL}}},
    {"pool_crossings",
     "Times that the free objects fell below the low watermark, ran out, and recovered.",
     "crossing",
     true,
     {{NULL, "below_low", "below_low"},
      {NULL, "emptied", "emptied"},
      {NULL, "above_high", "above_high"}}},
    {"pool_slow_gets",
     "Gets that the private part of an lcore's own deque could not serve, by where they went.",
     "from",
     true,
     {{"calls", "get_own", "own"},
      {"calls", "get_steal", "other_lcores"},
      {"calls", "get_stack", "stack"},
      {"calls", "get_revoke", "revoked"},
      {"calls", "get_reserve", "reserve"}}},
    {"pool_slow_puts",
     "Puts that went beyond the private part of an lcore's own deque, by where they went.",
     "to",
     true,
     {{"calls", "put_publish", "own"}, {"calls", "put_stack", "stack"}}},
    {"pool_dropped_objects",
     "Objects that were put by mistake, and dropped.",
     "why",
     true,
     {{"calls", "put_foreign", "foreign"}, {"calls", "put_twice", "twice"}}},
    {"pool_faults",
     "Faults that the audit has found; none are known of a pool without records.",
     "fault",
     true,
     {{"faults", "double_free", "double_free"},
      {"faults", "foreign_free", "foreign_free"},
      {"faults", "inside_free", "inside_free"},
      {"faults", "wrong_holder", "wrong_holder"},
      {"faults", "stale_handle", "stale_handle"},
      {"faults", "write_after_free", "write_after_free"},
      {"faults", "held_twice", "held_twice"},
      {"faults", "shared_lcore", "shared_lcore"}}},
};

#define N_FAMILIES (sizeof(families) / sizeof(families[0]))

/* In quotes, as the format has them; what a terminal would obey is no part of a name. */
static void print_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        if (*text == '\n')
            fputs("\\n", out);
        else
            fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
    }
    fputc('"', out);
}

/* The place of their sockets distinguishes several processes of a host. */
static void print_process(FILE *out, const struct place *place)
{
    char prefix[512];

    if (place->socket != NULL)
        snprintf(prefix, sizeof(prefix), "%s", place->socket);
    else if (place->instance == 0)
        snprintf(prefix, sizeof(prefix), "%s", place->prefix);
    else
        snprintf(prefix, sizeof(prefix), "%s:%u", place->prefix, place->instance);
    fputs("file_prefix=", out);
    print_quoted(out, prefix);
}

static void print_head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# TYPE " PREFIX "%s %s\n# HELP " PREFIX "%s %s\n", name, type, name, help);
}

static void print_sample(FILE *out, const struct family *family, const struct sample *sample,
                         json_t *info, const struct place *place)
{
    json_t *in = sample->in != NULL ? json_object_get(info, sample->in) : info;
    json_t *value = json_object_get(in, sample->key);

    if (!json_is_integer(value))
        return;
    fprintf(out, PREFIX "%s%s{", family->name, family->is_counter ? "_total" : "");
    print_process(out, place);
    fputs(",pool=", out);
    print_quoted(out, json_string_value(json_object_get(info, "name")));
    if (sample->label != NULL)
        fprintf(out, ",%s=\"%s\"", family->label, sample->label);
    fprintf(out, "} %" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
}

static void print_family(FILE *out, const struct family *family, json_t *infos,
                         const struct place *place)
{
    json_t *info;
    size_t i;

    print_head(out, family->name, family->is_counter ? "counter" : "gauge", family->help);
    json_array_foreach(infos, i, info)
    {
        for (size_t s = 0; s < SAMPLES_MAX && family->samples[s].key != NULL; s++)
            print_sample(out, family, &family->samples[s], info, place);
    }
}

/* A gauge, since Prometheus' own format knows no type for it. */
static void print_versions(FILE *out, struct client *client, const struct place *place)
{
    const char *driver = json_string_value(json_object_get(client_driver(client), "driver"));

    print_head(out, "info", "gauge", "Versions, as labels.");
    fputs(PREFIX "info{", out);
    print_process(out, place);
    fputs(",driver=", out);
    print_quoted(out, driver != NULL ? driver : "unknown");
    fputs(",dpdk=", out);
    print_quoted(out, client->dpdk[0] != '\0' ? client->dpdk : "unknown");
    fputs("} 1\n", out);
}

/* The answers to /labyrinth/info of all pools. NULL, and the reason has been said. */
static json_t *ask_for_all(struct client *client)
{
    json_t *names = client_ask(client, "list", NULL), *infos = json_array(), *name;
    size_t i;

    json_array_foreach(names, i, name)
    {
        json_t *info = client_ask(client, "info", json_string_value(name));

        if (client->is_gone)
            break;
        if (json_is_string(json_object_get(info, "name")))
            json_array_append(infos, info);
        json_decref(info); /* NULL: freed since it was listed */
    }
    if (names == NULL || client->is_gone || client->is_damaged) {
        json_decref(infos);
        infos = NULL;
    }
    json_decref(names);
    return infos;
}

int metrics(struct client *client, const struct options *options)
{
    json_t *infos = ask_for_all(client);
    size_t bytes = 0;
    char *text = NULL;
    FILE *out = infos != NULL ? open_memstream(&text, &bytes) : NULL;
    bool done = false;

    if (infos == NULL)
        return EXIT_FAILURE;
    if (out != NULL) {
        print_versions(out, client, &options->place);
        for (size_t f = 0; f < N_FAMILIES; f++)
            print_family(out, &families[f], infos, &options->place);
        fputs("# EOF\n", out);
        done = fclose(out) == 0 && screen_print(text);
    }
    if (!done)
        complain("cannot write: %s", strerror(errno));
    free(text);
    json_decref(infos);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
