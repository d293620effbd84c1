/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Telemetry's /labyrinth/where and /labyrinth/packet.
 *
 * A search takes seconds, and an answer of telemetry must not: /labyrinth/where,POOL begins one, or
 * says how far it is, or what it found. Words behind the name, each after a semicolon, say how to
 * search, or which search is meant: then it is only asked about. */

#include "where_board.h"
#include "where_packet.h"

#include "labyrinth_dict.h"
#include "labyrinth_driver.h"
#include "labyrinth_plain.h"
#include "labyrinth_site.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APART_S 2.0
#define MIB_S 1024u
#define PAGE_BYTES 11000u /* of groups: an answer has room for 16 KiB */
#define MEGA_NS UINT64_C(1000000)

/* A command's parameters. */
struct request {
    char pool[256];
    struct where_options options;
    uint32_t search; /* 0: any */
    uint32_t from;   /* the first group that is wanted */
};

static bool take_word(struct request *request, const char *word)
{
    const char *value = strchr(word, '=');
    char *end;

    if (value == NULL)
        return false;
    value++;
    if (strncmp(word, "skip=", strlen("skip=")) == 0) {
        snprintf(request->options.leave_out, sizeof(request->options.leave_out), "%s", value);
        return value[0] != '\0';
    }
    if (strncmp(word, "apart_s=", strlen("apart_s=")) == 0) {
        request->options.apart_s = strtod(value, &end);
        return *end == '\0' && request->options.apart_s >= 0 && request->options.apart_s <= 3600;
    }
    if (*value < '0' || *value > '9')
        return false;
    if (strncmp(word, "mib_s=", strlen("mib_s=")) == 0)
        request->options.mib_s = strtoull(value, &end, 10);
    else if (strncmp(word, "search=", strlen("search=")) == 0)
        request->search = (uint32_t)strtoul(value, &end, 10);
    else if (strncmp(word, "from=", strlen("from=")) == 0)
        request->from = (uint32_t)strtoul(value, &end, 10);
    else
        return false;
    return *end == '\0';
}

/* A name may have semicolons itself: words are taken from the end. */
static void parse(const char *params, struct request *ret_request)
{
    char *semicolon;

    *ret_request = (struct request){.options = {.apart_s = APART_S, .mib_s = MIB_S}};
    snprintf(ret_request->pool, sizeof(ret_request->pool), "%s", params != NULL ? params : "");
    while ((semicolon = strrchr(ret_request->pool, ';')) != NULL &&
           take_word(ret_request, semicolon + 1))
        *semicolon = '\0';
}

/* Groups */

static void add_plain(struct rte_tel_data *dict, const char *key, const char *text)
{
    char plain[RTE_TEL_MAX_STRING_LEN];

    rte_tel_data_add_dict_string(dict, key, labyrinth_plain(plain, sizeof(plain), text));
}

static const char *state_of(enum where_place place)
{
    if (place == WHERE_LOST)
        return "lost";
    if (place == WHERE_MOVING)
        return "moving";
    if (place == WHERE_UNKNOWN)
        return "unknown";
    return where_is_free(place) ? "free" : "held";
}

static void add_site(struct rte_tel_data *dict, const struct where_group *group)
{
    char text[LABYRINTH_SITE_TEXT];

    rte_tel_data_add_dict_u64(dict, "recorded", group->recorded);
    rte_tel_data_add_dict_u64(dict, "oldest_s", group->oldest_s);
    rte_tel_data_add_dict_u64(dict, "youngest_s", group->youngest_s);
    add_plain(dict, "site", labyrinth_site_text(group->process, group->site, text));
}

static void add_notes(struct rte_tel_data *dict, const struct where_group *group)
{
    if (group->event.count != 0) {
        rte_tel_data_add_dict_u64(dict, "events", group->event.count);
        rte_tel_data_add_dict_string(dict, "event", group->event.text);
        rte_tel_data_add_dict_u64(dict, "event_oldest_s", group->event_oldest_s);
        rte_tel_data_add_dict_u64(dict, "event_youngest_s", group->event_youngest_s);
    }
    if (group->history.count != 0) {
        rte_tel_data_add_dict_u64(dict, "histories", group->history.count);
        rte_tel_data_add_dict_string(dict, "history", group->history.text);
    }
}

/* Returns the bytes that it takes in an answer, about. */
static size_t add_group(struct rte_tel_data *groups, uint32_t number,
                        const struct where_group *group)
{
    struct rte_tel_data *dict;
    char key[24];

    snprintf(key, sizeof(key), "%" PRIu32, number);
    dict = labyrinth_dict_add(groups, key);
    if (dict == NULL)
        return 0;
    rte_tel_data_add_dict_u64(dict, "count", group->count);
    rte_tel_data_add_dict_string(dict, "state", state_of(group->place));
    rte_tel_data_add_dict_string(dict, "where", group->kind);
    if (group->name[0] != '\0')
        add_plain(dict, "name", group->name);
    if (group->blocks != 0 && !group->has_more_blocks)
        rte_tel_data_add_dict_u64(dict, "blocks", group->blocks);
    if (group->recorded != 0)
        add_site(dict, group);
    add_notes(dict, group);
    for (unsigned i = 0; i < WHERE_HEADERS && group->headers[i].count != 0; i++) {
        snprintf(key, sizeof(key), "packets_%u", i + 1);
        rte_tel_data_add_dict_u64(dict, key, group->headers[i].count);
        snprintf(key, sizeof(key), "headers_%u", i + 1);
        add_plain(dict, key, group->headers[i].text);
    }
    return 640 + strlen(group->name);
}

/* The largest first; numbers are those by which packets are asked for. */
static void add_groups(struct rte_tel_data *data, const struct where_answer *answer, uint32_t from)
{
    struct rte_tel_data *groups = labyrinth_dict_add(data, "groups");
    size_t bytes = 0;
    uint32_t i = from;

    if (groups == NULL)
        return;
    for (; i < answer->groups && bytes < PAGE_BYTES; i++)
        bytes += add_group(groups, i + 1, &answer->group[i]);
    if (i < answer->groups)
        rte_tel_data_add_dict_u64(data, "next", i);
}

/* Answers */

static void add_counts(struct rte_tel_data *data, const struct where_answer *answer)
{
    rte_tel_data_add_dict_string(data, "driver", answer->ops);
    rte_tel_data_add_dict_u64(data, "objects", answer->objects);
    if (answer->shows_free) {
        rte_tel_data_add_dict_u64(data, "free", answer->free);
        rte_tel_data_add_dict_u64(data, "held", answer->held);
        rte_tel_data_add_dict_u64(data, "moving", answer->moving);
        rte_tel_data_add_dict_u64(data, "lost", answer->lost);
    } else {
        rte_tel_data_add_dict_u64(data, "held", answer->held);
        rte_tel_data_add_dict_u64(data, "unknown", answer->unknown);
    }
    rte_tel_data_add_dict_u64(data, "unsettled", answer->is_unsettled);
    if (answer->has_before && answer->shows_free) {
        rte_tel_data_add_dict_u64(data, "lost_before", answer->lost_before);
        rte_tel_data_add_dict_u64(data, "before_ms", answer->before_ns / MEGA_NS);
    }
    rte_tel_data_add_dict_u64(data, "running_threads", answer->running);
    rte_tel_data_add_dict_u64(data, "processes_asked", answer->asked);
    rte_tel_data_add_dict_u64(data, "processes_unseen", answer->unseen);
    rte_tel_data_add_dict_u64(data, "walks", answer->walks);
    rte_tel_data_add_dict_u64(data, "samples", answer->samples);
    rte_tel_data_add_dict_u64(data, "read_kib", answer->read_bytes / 1024);
    rte_tel_data_add_dict_u64(data, "took_ms", answer->took_ns / MEGA_NS);
}

static void add_progress(struct rte_tel_data *data, const struct where_search *search)
{
    uint64_t all = lab_load_relaxed(&search->pace.all);

    rte_tel_data_add_dict_u64(data, "walk", lab_load_relaxed(&search->walk));
    rte_tel_data_add_dict_u64(data, "walk_percent",
                              all == 0 ? 0 : lab_load_relaxed(&search->pace.done) * 100 / all);
}

static void add_search(struct rte_tel_data *data, struct where_search *search, uint32_t from)
{
    static const char *const states[] = {"walking", "done", "failed"};

    rte_tel_data_add_dict_u64(data, "search", search->number);
    rte_tel_data_add_dict_string(data, "state", states[search->state]);
    add_plain(data, "pool", search->pool.name);
    switch (search->state) {
    case WHERE_WALKING:
        add_progress(data, search);
        break;
    case WHERE_FAILED:
        rte_tel_data_add_dict_string(data, "why", search->error);
        search->is_told = true;
        break;
    case WHERE_DONE:
        if (from == 0)
            add_counts(data, &search->answer);
        add_groups(data, &search->answer, from);
        search->is_told = true;
    }
}

static void add_error(struct rte_tel_data *data, int rc, const struct where_search *last)
{
    char text[RTE_TEL_MAX_STRING_LEN];

    if (rc == -ENOENT)
        snprintf(text, sizeof(text), "there is no pool of that name");
    else if (rc == -EBUSY)
        snprintf(text, sizeof(text), "another pool is searched for just now (%s): ask again",
                 last->pool.name);
    else
        snprintf(text, sizeof(text), "the search cannot begin: %s", strerror(-rc));
    add_plain(data, "error", text);
}

static bool is_about(const struct where_search *search, const struct request *request)
{
    char plain[LABYRINTH_PLAIN_NAME];

    return strcmp(search->pool.name, request->pool) == 0 ||
           strcmp(labyrinth_plain(plain, sizeof(plain), search->pool.name), request->pool) == 0;
}

/* Whether an answer about the last search is what is asked for: while it goes on, and once after
 * it, where no number was stated. */
static bool is_meant(const struct where_search *last, const struct request *request)
{
    if (last == NULL || !is_about(last, request))
        return false;
    if (request->search != 0)
        return request->search == last->number;
    return last->state == WHERE_WALKING || !last->is_told;
}

static int handle_where(const char *cmd, const char *params, struct rte_tel_data *data)
{
    struct request request;
    int rc = 0;

    RTE_SET_USED(cmd);
    parse(params, &request);
    rte_tel_data_start_dict(data);
    where_search_lock();
    if (!is_meant(where_search_last(), &request)) {
        if (request.search != 0)
            rte_tel_data_add_dict_string(data, "error", "that search is no longer known");
        else
            rc = where_search_begin(request.pool, &request.options);
        if (rc != 0)
            add_error(data, rc, where_search_last());
        if (rc != 0 || request.search != 0) {
            where_search_unlock();
            return 0;
        }
    }
    add_search(data, where_search_last(), request.from);
    where_search_unlock();
    return 0;
}

/* The n-th object of a group, from 0 on. */
static uint32_t object_of(const struct where_search *search, uint32_t group, uint32_t n)
{
    for (uint32_t i = 0; i < search->pool.set.n; i++)
        if (search->answer.group_of[i] == group && n-- == 0)
            return i;
    return WHERE_NO_OBJECT;
}

/* "LENGTH HEX": no dictionary has strings that long. */
static void write_packet(const struct where_packet *packet, char *text, size_t capacity)
{
    int used = snprintf(text, capacity, "%" PRIu32 " ", packet->length);

    for (uint32_t i = 0; i < packet->bytes && (size_t)used + 2 < capacity; i++)
        used += snprintf(text + used, capacity - (size_t)used, "%02x", packet->data[i]);
}

/* /labyrinth/packet,SEARCH,GROUP,N */
static int handle_packet(const char *cmd, const char *params, struct rte_tel_data *data)
{
    static char text[RTE_TEL_MAX_SINGLE_STRING_LEN]; /* with the lock held */
    uint32_t number = 0, group = 0, n = 0, object;
    const struct where_search *last;
    struct where_packet packet;

    RTE_SET_USED(cmd);
    text[0] = '\0';
    where_search_lock();
    last = where_search_last();
    if (params != NULL &&
        sscanf(params, "%" SCNu32 ",%" SCNu32 ",%" SCNu32, &number, &group, &n) == 3 &&
        last != NULL && last->number == number && last->state == WHERE_DONE && group > 0 &&
        group <= last->answer.groups) {
        object = object_of(last, group - 1, n);
        if (object != WHERE_NO_OBJECT &&
            where_packet_read(&last->pool, object, WHERE_PACKET_BYTES, &packet))
            write_packet(&packet, text, sizeof(text));
    }
    rte_tel_data_string(data, text);
    where_search_unlock();
    return 0;
}

void labyrinth_where_register(void)
{
    where_secondary_register();
    labyrinth_look_command("/labyrinth/where", handle_where,
                           "Where all objects of a pool are, of any driver, and which are "
                           "lost. Parameters: its name[;apart_s=S][;mib_s=N][;skip=PATH].");
    labyrinth_look_command("/labyrinth/packet", handle_packet,
                           "A packet of what was found. Parameters: the search's number, the "
                           "group's, and which one of it, from 0 on.");
}
