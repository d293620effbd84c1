/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where_content.h"

#include "labyrinth_ports.h"
#include "where_packet.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <stdio.h>
#include <string.h>

#define MBUFS_MAX 256u /* of a group that are looked at, from its first to its last */
#define KINDS_MAX 64u  /* of a group that are counted */
#define HUNDREDTHS 100u

/* Kinds of something, and how often each was met. */
struct kinds {
    uint32_t n;
    struct where_headers of[KINDS_MAX];
    uint32_t oldest[KINDS_MAX], youngest[KINDS_MAX];
};

struct where_content {
    const struct where_pool *pool;
    uint64_t *got; /* by object: when, and 1; 0: unknown */
    int port_offset, history_offset;
    uint32_t now;
    struct kinds packets, events, histories;
};

/* DPDK of old has no such field; where a build keeps no history its place is negative. */
static int history_offset(void)
{
    const int *place = dlsym(RTLD_DEFAULT, "rte_mbuf_history_field_offset");

    return place != NULL ? *place : -1;
}

static int port_offset(void)
{
    struct rte_mbuf_dynfield field;
    int offset = rte_mbuf_dynfield_lookup(LABYRINTH_PORTS_FIELD, &field);

    return offset >= 0 && field.size == sizeof(uint64_t) ? offset : -1;
}

struct where_content *where_content_open(const struct where_pool *pool)
{
    struct where_content *content = where_memory_get(sizeof(*content));

    if (content == NULL)
        return NULL;
    content->pool = pool;
    content->got = where_memory_get((pool->set.n + 1) * sizeof(*content->got));
    content->port_offset = port_offset();
    content->history_offset = history_offset();
    content->now = labyrinth_ports_now();
    if (content->got != NULL)
        return content;
    where_memory_put(content);
    return NULL;
}

void where_content_close(struct where_content *content)
{
    if (content != NULL)
        where_memory_put(content->got);
    where_memory_put(content);
}

void where_content_got(struct where_content *content, uint32_t object, uint64_t age)
{
    content->got[object] = (uint64_t)(uint32_t)(labyrinth_ports_now() - age) + 1;
}

static void count_kind(struct kinds *kinds, const char *text, uint32_t age)
{
    uint32_t i = 0;

    while (i < kinds->n && strcmp(kinds->of[i].text, text) != 0)
        i++;
    if (i == KINDS_MAX)
        return;
    if (i == kinds->n) {
        kinds->of[kinds->n++].count = 0;
        snprintf(kinds->of[i].text, sizeof(kinds->of[i].text), "%s", text);
        kinds->oldest[i] = kinds->youngest[i] = age;
    }
    kinds->of[i].count++;
    kinds->oldest[i] = RTE_MAX(kinds->oldest[i], age);
    kinds->youngest[i] = RTE_MIN(kinds->youngest[i], age);
}

static uint32_t commonest(const struct kinds *kinds)
{
    uint32_t most = 0;

    for (uint32_t i = 1; i < kinds->n; i++)
        if (kinds->of[i].count > kinds->of[most].count)
            most = i;
    return most;
}

/* The note in an mbuf; false where there is none. */

static bool read_note(const struct where_content *content, uint32_t object, int offset,
                      uint64_t *ret_note)
{
    return offset >= 0 &&
           where_memory_read(content->pool->set.start[object] + (uintptr_t)offset, ret_note,
                             sizeof(*ret_note)) == sizeof(*ret_note) &&
           *ret_note != 0;
}

/* The same clock reads a little differently on another CPU. */
#define CLOCK_SLACK 2u

/* Times go round after a year. */
static bool is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static void look_at_port(struct where_content *content, uint32_t object)
{
    uint64_t note;
    uint32_t age;
    char text[sizeof(content->events.of[0].text)];

    if (!read_note(content, object, content->port_offset, &note))
        return;
    if (content->got[object] != 0 &&
        is_before((uint32_t)note + CLOCK_SLACK, (uint32_t)(content->got[object] - 1)))
        return;
    age = is_before((uint32_t)note, content->now) ? content->now - (uint32_t)note : 0;
    snprintf(text, sizeof(text), "%s port %" PRIu64 ", queue %" PRIu64,
             note >> LABYRINTH_PORTS_KIND_SHIFT == LABYRINTH_RECEIVED ? "received on" : "handed to",
             note >> LABYRINTH_PORTS_PORT_SHIFT & LABYRINTH_PORTS_PORT_MASK,
             note >> LABYRINTH_PORTS_QUEUE_SHIFT & LABYRINTH_PORTS_QUEUE_MASK);
    count_kind(&content->events, text, age);
}

/* The last four marks, the last one at the end: "alloc by PMD, rx, enqueued". */
static void look_at_history(struct where_content *content, uint32_t object)
{
    static const char *const marks[16] = {"-",
                                          "freed by lib",
                                          "freed by PMD",
                                          "freed by app",
                                          "alloc by lib",
                                          "alloc by PMD",
                                          "alloc by app",
                                          "rx",
                                          "tx",
                                          "tx prepare",
                                          "tx busy",
                                          "enqueued",
                                          "dequeued",
                                          "13",
                                          "user 2",
                                          "user 1"};
    char text[sizeof(content->histories.of[0].text)] = "";
    size_t used = 0;
    uint64_t note;

    if (!read_note(content, object, content->history_offset, &note))
        return;
    for (int i = 3; i >= 0; i--) {
        unsigned mark = note >> (4 * i) & 15;

        if (mark != 0 && used < sizeof(text))
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used > 0 ? ", " : "",
                                     marks[mark]);
    }
    count_kind(&content->histories, text, 0);
}

static void look_at_packet(struct where_content *content, uint32_t object)
{
    char text[sizeof(content->packets.of[0].text)];
    struct where_packet packet;

    if (!where_packet_read(content->pool, object, 256, &packet))
        return;
    where_packet_text(&packet, text, sizeof(text));
    count_kind(&content->packets, text, 0);
}

static void take_commonest(struct where_content *content, struct where_group *group)
{
    uint32_t event = commonest(&content->events);

    for (unsigned k = 0; k < WHERE_HEADERS && content->packets.n > 0; k++) {
        uint32_t most = commonest(&content->packets);

        if (content->packets.of[most].count == 0)
            break;
        group->headers[k] = content->packets.of[most];
        content->packets.of[most].count = 0;
    }
    if (content->events.n > 0) {
        group->event = content->events.of[event];
        group->event_oldest_s = content->events.oldest[event] / HUNDREDTHS;
        group->event_youngest_s = content->events.youngest[event] / HUNDREDTHS;
    }
    if (content->histories.n > 0)
        group->history = content->histories.of[commonest(&content->histories)];
}

void where_content_look(struct where_content *content, struct where_answer *answer, uint32_t number)
{
    struct where_group *group = &answer->group[number];
    uint32_t every = (group->count + MBUFS_MAX - 1) / MBUFS_MAX, met = 0;

    content->packets.n = content->events.n = content->histories.n = 0;
    for (uint32_t i = group->first; i < content->pool->set.n; i++) {
        if (answer->group_of[i] != number || met++ % every != 0)
            continue;
        look_at_packet(content, i);
        look_at_port(content, i);
        look_at_history(content, i);
    }
    take_commonest(content, group);
}
