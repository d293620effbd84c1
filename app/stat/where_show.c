/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where.h"

#include "table.h"

#include <string.h>

static json_int_t number(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *text(json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value != NULL ? value : "";
}

static void print_head(FILE *out, json_t *answer)
{
    bool shows_free = json_object_get(answer, "free") != NULL;

    fprintf(out, "%s (%s): %lld objects, %lld held", text(answer, "pool"), text(answer, "driver"),
            (long long)number(answer, "objects"), (long long)number(answer, "held"));
    if (shows_free)
        fprintf(out, ", %lld lost, %lld on their way, %lld free\n\n",
                (long long)number(answer, "lost"), (long long)number(answer, "moving"),
                (long long)number(answer, "free"));
    else
        fprintf(out, "; %lld are free or lost, and %s does not show which\n\n",
                (long long)number(answer, "unknown"), text(answer, "driver"));
}

void where_name(json_t *group, char *name, size_t capacity)
{
    static const char many[] = "blocks ";
    const char *of = text(group, "name");
    long long blocks = number(group, "blocks");

    if (blocks == 0 || strncmp(of, many, strlen(many)) != 0)
        snprintf(name, capacity, "%s", of);
    else
        snprintf(name, capacity, "%lld block%s %s", blocks, blocks == 1 ? "" : "s",
                 of + strlen(many));
}

/* "in_sessions (app)", and since when and by whom, where the audit knows. */
static json_t *row_of(json_t *group)
{
    json_t *row = json_object(), *packet = json_array_get(json_object_get(group, "packets"), 0);
    char place[256], name[160], packets[128] = "";

    json_object_set(row, "group", json_object_get(group, "group"));
    json_object_set(row, "count", json_object_get(group, "count"));
    json_object_set(row, "state", json_object_get(group, "state"));
    where_name(group, name, sizeof(name));
    snprintf(place, sizeof(place), "%s%s%s", text(group, "where"), name[0] != '\0' ? ": " : "",
             name);
    json_object_set_new(row, "where", json_string(place));
    if (packet != NULL)
        snprintf(packets, sizeof(packets), "%s%s", text(packet, "headers"),
                 json_array_size(json_object_get(group, "packets")) > 1 ? ", ..." : "");
    json_object_set_new(row, "packets", packets[0] != '\0' ? json_string(packets) : json_null());
    return row;
}

static void print_groups(FILE *out, json_t *answer, bool lost_alone)
{
    json_t *rows = json_array(), *group;
    size_t i;

    json_array_foreach(json_object_get(answer, "groups"), i, group)
    {
        if (!lost_alone || strcmp(text(group, "state"), "lost") == 0)
            json_array_append_new(rows, row_of(group));
    }
    if (json_array_size(rows) > 0)
        table_print(out, rows, &(struct table_how){.brief = false});
    else
        fprintf(out, "  none\n");
    json_decref(rows);
}

static void print_lost(FILE *out, json_t *group)
{
    json_t *packet;
    size_t i;

    json_array_foreach(json_object_get(group, "packets"), i, packet)
    {
        fprintf(out, "  %lld of those looked at: %s\n", (long long)number(packet, "count"),
                text(packet, "headers"));
    }
    if (number(group, "events") > 0)
        fprintf(out, "  %s, %lld to %lld s ago, and nothing seen since (%lld of those looked at)\n",
                text(group, "event"), (long long)number(group, "event_youngest_s"),
                (long long)number(group, "event_oldest_s"), (long long)number(group, "events"));
    if (number(group, "histories") > 0)
        fprintf(out, "  DPDK's history: %s (%lld of those looked at)\n", text(group, "history"),
                (long long)number(group, "histories"));
    if (number(group, "recorded") > 0)
        fprintf(out, "  got %lld to %lld s ago (%lld of them), one by %s\n",
                (long long)number(group, "youngest_s"), (long long)number(group, "oldest_s"),
                (long long)number(group, "recorded"), text(group, "site"));
}

/* A twentieth free is too little for a program to lose more. */
static bool is_empty(json_t *answer)
{
    return number(answer, "free") * 20 < number(answer, "objects");
}

/* A leak grows, unlike a number of objects whose addresses do not show. */
static void print_growth(FILE *out, json_t *answer)
{
    long long lost = number(answer, "lost"), before = number(answer, "lost_before");
    double seconds = (double)number(answer, "before_ms") / 1000;

    if (json_object_get(answer, "lost_before") == NULL)
        fprintf(out,
                "Ask again: a leak grows. Objects whose number stays may be kept by an index,\n"
                "or in another way that shows no address.\n");
    else if (lost > before && seconds > 0)
        fprintf(out, "%.1f s ago there were %lld: %.1f more a second.\n", seconds, before,
                (double)(lost - before) / seconds);
    else if (is_empty(answer))
        fprintf(out, "%.1f s ago there were %lld: no more can be lost, since hardly any is free.\n",
                seconds, before);
    else
        fprintf(out,
                "%.1f s ago there were %lld: they do not grow. The program may keep them by an "
                "index,\nor in another way that shows no address.\n",
                seconds, before);
}

/* Says what follows from a number of lost ones, and what does not. */
static void print_verdict(FILE *out, json_t *answer)
{
    long long running = number(answer, "running_threads");

    if (number(answer, "unsettled") != 0)
        fprintf(out, "\nThe walks did not settle: what may be lost counts as on its way.\n");
    if (number(answer, "lost") == 0)
        return;
    fprintf(out,
            "\nNothing pointed to %lld objects in %lld walks, and they were never free "
            "meanwhile.\n",
            (long long)number(answer, "lost"), (long long)number(answer, "walks"));
    print_growth(out, answer);
    if (running > 0)
        fprintf(out, "%lld threads ran: each may have one in its registers alone.\n", running);
}

static void print_unseen(FILE *out, json_t *answer)
{
    long long unseen = number(answer, "processes_unseen");

    if (unseen > 0)
        fprintf(out,
                "Lost is what the processes that were asked do not see: %lld more have the "
                "pool's memory\nand do not answer.\n",
                unseen);
}

void where_show(FILE *out, json_t *answer, bool lost_alone)
{
    json_t *group;
    size_t i;

    print_head(out, answer);
    print_groups(out, answer, lost_alone);
    if (lost_alone) {
        json_array_foreach(json_object_get(answer, "groups"), i, group)
        {
            if (strcmp(text(group, "state"), "lost") == 0)
                print_lost(out, group);
        }
    }
    print_verdict(out, answer);
    print_unseen(out, answer);
}
