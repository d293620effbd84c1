/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture.h"
#include "cmocka_first.h"
#include "flow.h"
#include "supply.h"
#include "unique.h"

#include <rte_ip.h>
#include <stdlib.h>
#include <string.h>

/* Addresses of each loop: other ones, in both directions of a flow alike, and every checksum of the
 * demo capture stays right. */

static struct capture demo;

static int set_up(void **state)
{
    char *files[] = {getenv("LABYRINTH_DEMO")};
    struct capture_request request = {.files = files, .n_files = 1};

    return capture_load(&demo, &request);
}

static int tear_down(void **state)
{
    capture_free(&demo);
    return 0;
}

struct parts {
    uint8_t *ip;
    bool is_ipv4;
    uint8_t *source, *destination;
    uint32_t address_bytes;
};

static struct parts parts_of(uint8_t *frame)
{
    uint8_t *type = frame + 12;
    struct parts parts;

    while (type[0] == 0x81)
        type += 4;
    parts.ip = type + 2;
    parts.is_ipv4 = type[0] == 0x08;
    parts.address_bytes = parts.is_ipv4 ? 4 : 16;
    parts.source = parts.ip + (parts.is_ipv4 ? 12 : 8);
    parts.destination = parts.source + parts.address_bytes;
    return parts;
}

/* DPDK's own arithmetic, which knows nothing of ours. */
static void assert_checksums(uint8_t *frame)
{
    struct parts parts = parts_of(frame);

    uint8_t *transport = parts.ip + (parts.is_ipv4 ? 20 : 40);
    uint8_t *at = transport + (parts.ip[parts.is_ipv4 ? 9 : 6] == IPPROTO_TCP ? 16 : 6);
    uint16_t sum, right;

    memcpy(&sum, at, sizeof(sum));
    memset(at, 0, sizeof(sum));
    if (parts.is_ipv4) {
        assert_int_equal(rte_ipv4_cksum((struct rte_ipv4_hdr *)parts.ip), 0);
        right = rte_ipv4_udptcp_cksum((struct rte_ipv4_hdr *)parts.ip, transport);
    } else {
        right = rte_ipv6_udptcp_cksum((struct rte_ipv6_hdr *)parts.ip, transport);
    }
    assert_int_equal(sum, right);
    memcpy(at, &sum, sizeof(sum));
}

static uint8_t *copy_of(size_t i)
{
    static uint8_t copy[16384];

    assert_true(demo.frames[i].bytes <= sizeof(copy));
    memcpy(copy, demo.data + demo.frames[i].offset, demo.frames[i].bytes);
    return copy;
}

static void test_checksums_stay_right(void **state)
{
    const uint64_t loops[] = {1, 2, 255, 65535, 65536, 1u << 31, UINT32_MAX - 1, UINT64_MAX - 1};

    for (size_t i = 0; i < demo.n_frames; i++) {
        for (unsigned l = 0; l < sizeof(loops) / sizeof(loops[0]); l++) {
            uint8_t *frame = copy_of(i);

            assert_checksums(frame);
            assert_true(unique_addresses(frame, demo.frames[i].bytes, loops[l]));
            assert_checksums(frame);
        }
    }
}

static void test_nothing_else_changes(void **state)
{
    for (size_t i = 0; i < demo.n_frames; i++) {
        uint8_t *before = demo.data + demo.frames[i].offset, *frame = copy_of(i);
        struct parts parts = parts_of(frame);
        size_t at = (size_t)(parts.source - frame);

        assert_true(unique_addresses(frame, demo.frames[i].bytes, 7));
        assert_memory_not_equal(parts.source, before + at, parts.address_bytes);
        assert_memory_not_equal(parts.destination, before + at + parts.address_bytes,
                                parts.address_bytes);
        memcpy(parts.source, before + at, 2 * parts.address_bytes);
        assert_memory_equal(frame, before, demo.frames[i].bytes);
    }
}

static void test_directions_stay_together(void **state)
{
    for (size_t i = 0; i < demo.n_frames; i++) {
        uint8_t there[40], *frame = copy_of(i);
        struct parts parts = parts_of(frame);
        uint32_t n = parts.address_bytes;

        assert_true(unique_addresses(frame, demo.frames[i].bytes, 1000));
        memcpy(there, parts.source, 2 * n);
        frame = copy_of(i);
        memcpy(parts.destination, demo.data + demo.frames[i].offset + (parts.source - frame), n);
        memcpy(parts.source, demo.data + demo.frames[i].offset + (parts.destination - frame), n);
        assert_true(unique_addresses(frame, demo.frames[i].bytes, 1000));
        assert_memory_equal(parts.source, there + n, n);
        assert_memory_equal(parts.destination, there, n);
    }
}

static void test_every_loop_differs(void **state)
{
    uint8_t before[32] = {0};

    for (uint64_t loop = 0; loop < 1000; loop++) {
        uint8_t *frame = copy_of(0);
        struct parts parts = parts_of(frame);

        assert_int_equal(unique_addresses(frame, demo.frames[0].bytes, loop), loop > 0);
        assert_memory_not_equal(parts.source, before, parts.address_bytes);
        memcpy(before, parts.source, parts.address_bytes);
    }
}

/* Up to every length, on an exact allocation, for a sanitizer to see a step too far. */
static void test_frames_cut_short_are_left_alone(void **state)
{
    for (uint32_t n = 0; n < 14 + 20; n++) {
        uint8_t *frame = malloc(n + 1);

        memcpy(frame, copy_of(0), n);
        if (n >= 14)
            frame[12] = 0x08, frame[13] = 0x00;
        assert_false(unique_addresses(frame, n, 1));
        free(frame);
    }
}

/* What a queue is fed, and compares with. */
static void test_supply(void **state)
{
    const struct pace pace = {.kind = PACE_TOPSPEED};
    struct supply supply = {.capture = &demo, .pace = &pace, .unique_ip = true};
    struct cursor cursor;
    uint8_t *scratch = malloc(demo.largest);
    struct view view;

    assert_int_equal(flow_spread(&demo, 1, false), 0);
    cursor_start(&cursor, &demo, 0, UINT64_MAX);
    for (size_t i = 0; i < 2 * demo.n_frames; i++, cursor_next(&cursor)) {
        const struct frame *frame = &demo.frames[i % demo.n_frames];

        supply_look(&supply, &cursor, scratch, &view);
        assert_int_equal(view.n_bytes, frame->bytes);
        assert_int_equal(view.is_edited, i >= demo.n_frames);
        assert_int_equal(memcmp(view.bytes, demo.data + frame->offset, frame->bytes) != 0,
                         i >= demo.n_frames);
    }
    free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checksums_stay_right),
        cmocka_unit_test(test_nothing_else_changes),
        cmocka_unit_test(test_directions_stay_together),
        cmocka_unit_test(test_every_loop_differs),
        cmocka_unit_test(test_frames_cut_short_are_left_alone),
        cmocka_unit_test(test_supply),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
