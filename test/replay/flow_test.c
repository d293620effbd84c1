/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/flow.h"
#include "capture/flow_count.h"
#include "cmocka_first.h"
#include "queue/cursor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Both directions of a flow meet in one queue, and every frame is in exactly one. */

#define ETHERNET 14
#define QUEUES 4

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* A TCP segment with addresses and ports that tell its two ends apart. */
static uint32_t make_tcp4(uint8_t *frame, uint8_t from, uint8_t to)
{
    memset(frame, 0, 128);
    memset(frame, to, 6);
    memset(frame + 6, from, 6);
    put16(frame + 12, 0x0800);
    frame[ETHERNET] = 0x45;
    frame[ETHERNET + 9] = 6;
    memset(frame + ETHERNET + 12, from, 4);
    memset(frame + ETHERNET + 16, to, 4);
    put16(frame + ETHERNET + 20, (uint16_t)(1000 + from));
    put16(frame + ETHERNET + 22, (uint16_t)(1000 + to));
    return ETHERNET + 40;
}

static uint32_t make_tcp6(uint8_t *frame, uint8_t from, uint8_t to)
{
    memset(frame, 0, 128);
    memset(frame, to, 6);
    memset(frame + 6, from, 6);
    put16(frame + 12, 0x86dd);
    frame[ETHERNET] = 0x60;
    frame[ETHERNET + 6] = 0; /* hop-by-hop options of 8 bytes, then TCP */
    memset(frame + ETHERNET + 8, from, 16);
    memset(frame + ETHERNET + 24, to, 16);
    frame[ETHERNET + 40] = 6;
    put16(frame + ETHERNET + 48, (uint16_t)(1000 + from));
    put16(frame + ETHERNET + 50, (uint16_t)(1000 + to));
    return ETHERNET + 68;
}

static uint32_t make_arp(uint8_t *frame, uint8_t from, uint8_t to)
{
    memset(frame, 0, 128);
    memset(frame, to, 6);
    memset(frame + 6, from, 6);
    put16(frame + 12, 0x0806);
    return 60;
}

static uint32_t add_tags(uint8_t *frame, uint32_t n)
{
    static const uint8_t tags[] = {0x88, 0xa8, 0, 7, 0x81, 0, 0, 9};

    memmove(frame + 12 + sizeof(tags), frame + 12, n - 12);
    memcpy(frame + 12, tags, sizeof(tags));
    return n + (uint32_t)sizeof(tags);
}

static void test_directions_meet(void **state)
{
    uint32_t (*const makers[])(uint8_t *, uint8_t, uint8_t) = {make_tcp4, make_tcp6, make_arp};
    uint8_t there[160], back[160], other[160];

    for (unsigned i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        uint32_t n = makers[i](there, 3, 18);
        uint32_t hash = flow_hash(there, n);

        makers[i](back, 18, 3);
        makers[i](other, 3, 77);
        assert_int_equal(flow_hash(back, n), hash);
        assert_int_not_equal(flow_hash(other, n), hash);
        assert_true(flow_direction(back, n) != flow_direction(there, n));
        assert_int_equal(flow_hash(there, add_tags(there, n)), hash);
    }
}

static void test_ports_count(void **state)
{
    uint8_t frame[160];
    uint32_t hash4, hash6, n = make_tcp4(frame, 3, 18);

    hash4 = flow_hash(frame, n);
    put16(frame + ETHERNET + 20, 9);
    assert_int_not_equal(flow_hash(frame, n), hash4);
    n = make_tcp6(frame, 3, 18);
    hash6 = flow_hash(frame, n);
    put16(frame + ETHERNET + 48, 9);
    assert_int_not_equal(flow_hash(frame, n), hash6);
}

static void test_fragments_stay_together(void **state)
{
    uint8_t first[160], next[160];
    uint32_t n = make_tcp4(first, 3, 18);

    put16(first + ETHERNET + 6, 0x2000); /* more fragments */
    memcpy(next, first, n);
    put16(next + ETHERNET + 6, 0x0010);
    put16(next + ETHERNET + 20, 0x4711); /* payload, where ports would be */
    assert_int_equal(flow_hash(first, n), flow_hash(next, n));
    assert_true(flow_direction(first, n) == flow_direction(next, n));
}

/* A sanitizer's business: each frame lies at the end of what it may read. */
static void test_frames_cut_anywhere(void **state)
{
    uint8_t frame[160];

    for (unsigned kind = 0; kind < 4; kind++) {
        uint32_t whole = kind % 2 == 0 ? make_tcp4(frame, 3, 18) : make_tcp6(frame, 3, 18);

        if (kind >= 2)
            whole = add_tags(frame, whole);
        for (uint32_t n = 0; n <= whole; n++) {
            uint8_t *cut = malloc(n + (n == 0));

            memcpy(cut, frame, n);
            assert_int_equal(flow_hash(cut, n), flow_hash(frame, n));
            assert_true(flow_direction(cut, n) == flow_direction(frame, n));
            free(cut);
        }
    }
}

/* Swaps the ends of a TCP segment over plain IPv4; false for what is something else. */
static bool turn_round(const uint8_t *frame, uint32_t n, uint8_t *ret_back)
{
    uint32_t ports;

    if (n < ETHERNET + 40 || frame[12] != 0x08 || frame[13] != 0 || frame[ETHERNET + 9] != 6 ||
        (frame[ETHERNET + 6] & 0x3f) != 0 || frame[ETHERNET + 7] != 0)
        return false;
    ports = ETHERNET + (frame[ETHERNET] & 15u) * 4;
    if (n < ports + 4)
        return false;
    memcpy(ret_back, frame, n);
    memcpy(ret_back, frame + 6, 6);
    memcpy(ret_back + 6, frame, 6);
    memcpy(ret_back + ETHERNET + 12, frame + ETHERNET + 16, 4);
    memcpy(ret_back + ETHERNET + 16, frame + ETHERNET + 12, 4);
    memcpy(ret_back + ports, frame + ports + 2, 2);
    memcpy(ret_back + ports + 2, frame + ports, 2);
    return true;
}

static void test_a_capture_over_queues(void **state)
{
    char *files[] = {getenv("LABYRINTH_DEMO")};
    size_t n_of_queue[QUEUES] = {0}, n_tcp = 0, n = 0;
    struct capture capture;
    uint8_t *queue_of, *back;

    assert_int_equal(
        capture_load(&capture, &(struct capture_request){.files = files, .n_files = 1}), 0);
    assert_int_equal(flow_spread(&capture, QUEUES, false), 0);
    queue_of = calloc(capture.n_frames, 1);
    back = malloc(capture.largest);
    for (unsigned queue = 0; queue < QUEUES; queue++) {
        struct cursor cursor;

        for (cursor_start(&cursor, &capture, queue, 2 * capture.n_frames); !cursor_at_end(&cursor);
             cursor_next(&cursor)) {
            assert_int_equal(cursor.index, cursor.loop * capture.n_frames + cursor.frame);
            /* In either loop the same queue, and no other. */
            assert_int_equal(queue_of[cursor.frame], cursor.loop == 0 ? 0 : queue + 1);
            queue_of[cursor.frame] = (uint8_t)(queue + 1);
            n_of_queue[queue]++;
            n++;
        }
    }
    assert_int_equal(n, 2 * capture.n_frames);
    for (size_t i = 0; i < capture.n_frames; i++) {
        const struct frame *frame = &capture.frames[i];

        if (!turn_round(capture.data + frame->offset, frame->bytes, back))
            continue;
        assert_int_equal(flow_hash(back, frame->bytes) % QUEUES + 1, queue_of[i]);
        n_tcp++;
    }
    assert_true(n_tcp > 100);
    for (unsigned queue = 0; queue < QUEUES; queue++) {
        print_message("queue %u: %zu of %zu frames\n", queue, n_of_queue[queue] / 2,
                      capture.n_frames);
        assert_true(n_of_queue[queue] > 0);
    }
    free(queue_of);
    free(back);
    capture_free(&capture);
}

static void test_a_queue_without_frames(void **state)
{
    struct frame frame = {.bytes = 12};
    uint8_t data[12] = {0};
    struct capture capture = {.data = data, .frames = &frame, .n_frames = 1};
    unsigned n = 0;

    assert_int_equal(flow_spread(&capture, QUEUES, false), 0);
    for (unsigned queue = 0; queue < QUEUES; queue++) {
        struct cursor cursor;

        for (cursor_start(&cursor, &capture, queue, 3); !cursor_at_end(&cursor);
             cursor_next(&cursor))
            n++;
    }
    assert_int_equal(n, 3);
    free(capture.queued);
}

static void test_a_flow_is_the_same_both_ways(void **state)
{
    uint8_t frame[128];
    uint64_t key = flow_ends(frame, make_tcp4(frame, 1, 2)).flow;

    assert_int_equal(flow_ends(frame, make_tcp4(frame, 2, 1)).flow, key);
    assert_int_not_equal(flow_ends(frame, make_tcp4(frame, 1, 3)).flow, key);
    assert_int_not_equal(flow_ends(frame, make_tcp6(frame, 1, 2)).flow, key);
    (void)make_tcp4(frame, 1, 2);
    put16(frame + ETHERNET + 20, 1003); /* the same hosts, another port */
    assert_int_not_equal(flow_ends(frame, ETHERNET + 40).flow, key);
    assert_int_equal(flow_ends(frame, make_arp(frame, 1, 2)).flow, 0);
}

/* More of them than the set has places at first. */
static void test_flows_are_counted(void **state)
{
    enum { FLOWS = 5000, BYTES = ETHERNET + 40 };
    struct capture capture = {.n_frames = 2 * FLOWS + 1};

    capture.data = calloc(capture.n_frames, BYTES);
    capture.frames = calloc(capture.n_frames, sizeof(capture.frames[0]));
    for (size_t i = 0; i < capture.n_frames; i++) {
        uint8_t frame[128];

        /* There and back, and one that is not IP. */
        (void)make_tcp4(frame, i % 2 == 0 ? 1 : 2, i % 2 == 0 ? 2 : 1);
        put16(frame + ETHERNET + (i % 2 == 0 ? 20 : 22), (uint16_t)(i / 2));
        if (i + 1 == capture.n_frames)
            (void)make_arp(frame, 1, 2);
        memcpy(capture.data + i * BYTES, frame, BYTES);
        capture.frames[i] = (struct frame){.offset = i * BYTES, .bytes = BYTES};
    }
    flow_count(&capture);
    assert_true(capture.flows.known);
    assert_int_equal(capture.flows.n, FLOWS);
    assert_int_equal(capture.flows.n_frames, 2 * FLOWS);
    free(capture.data);
    free(capture.frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_directions_meet),
        cmocka_unit_test(test_ports_count),
        cmocka_unit_test(test_fragments_stay_together),
        cmocka_unit_test(test_frames_cut_anywhere),
        cmocka_unit_test(test_a_capture_over_queues),
        cmocka_unit_test(test_a_queue_without_frames),
        cmocka_unit_test(test_a_flow_is_the_same_both_ways),
        cmocka_unit_test(test_flows_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
