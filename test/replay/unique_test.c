/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/capture.h"
#include "capture/flow.h"
#include "capture/unique.h"
#include "cmocka_first.h"
#include "queue/supply.h"

#include <rte_common.h>
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

/* A frame that has nothing but addresses: of IPv4, or of IPv6 with the bytes of both networks. */
#define IP_FRAME_BYTES 54

struct flow {
    uint8_t source[16], destination[16];
    bool is_ipv6;
};

static void set_low(uint8_t address[16], uint32_t low)
{
    for (unsigned i = 0; i < 4; i++)
        address[15 - i] = (uint8_t)(low >> 8 * i);
}

static struct flow flow4(uint32_t source, uint32_t destination)
{
    struct flow flow = {0};

    set_low(flow.source, source);
    set_low(flow.destination, destination);
    return flow;
}

static struct flow flow6(uint8_t network, uint32_t source, uint8_t other, uint32_t destination)
{
    struct flow flow = flow4(source, destination);

    flow.is_ipv6 = true;
    flow.source[0] = network;
    flow.destination[0] = other;
    return flow;
}

static struct flow reverse(struct flow flow)
{
    struct flow back = flow;

    memcpy(back.source, flow.destination, 16);
    memcpy(back.destination, flow.source, 16);
    return back;
}

/* The flow's addresses in a loop. */
static struct flow in_loop(struct flow flow, uint64_t loop)
{
    uint8_t frame[IP_FRAME_BYTES] = {[12] = flow.is_ipv6 ? 0x86 : 0x08,
                                     [13] = flow.is_ipv6 ? 0xdd : 0x00,
                                     [14] = flow.is_ipv6 ? 0x60 : 0x45};
    uint32_t n = flow.is_ipv6 ? 16 : 4;
    uint8_t *source = frame + 14 + (flow.is_ipv6 ? 8 : 12);

    memcpy(source, flow.source + 16 - n, n);
    memcpy(source + n, flow.destination + 16 - n, n);
    (void)unique_addresses(frame, 14 + (flow.is_ipv6 ? 40 : 20), loop);
    memcpy(flow.source + 16 - n, source, n);
    memcpy(flow.destination + 16 - n, source + n, n);
    return flow;
}

static bool ends_are_equal(const struct flow *flow)
{
    return memcmp(flow->source, flow->destination, 16) == 0;
}

static int compare_flows(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct flow));
}

/* Every pair of addresses, in either order, is one flow's in one loop alone; who differs goes on
 * doing so, and the answer to a frame comes from where the frame went. */
static void assert_unique(const struct flow flows[], size_t n, uint64_t first, uint64_t loops)
{
    struct flow *all = calloc(2 * n * loops, sizeof(*all));
    size_t n_all = 0;

    for (uint64_t loop = first; loop < first + loops; loop++) {
        for (size_t i = 0; i < n; i++) {
            struct flow there = in_loop(flows[i], loop);
            struct flow back = in_loop(reverse(flows[i]), loop), answer = reverse(there);

            assert_int_equal(ends_are_equal(&there), ends_are_equal(&flows[i]));
            assert_int_equal(compare_flows(&back, &answer), 0);
            all[n_all++] = there;
            if (!ends_are_equal(&there))
                all[n_all++] = back;
        }
    }
    qsort(all, n_all, sizeof(*all), compare_flows);
    for (size_t i = 1; i < n_all; i++)
        assert_int_not_equal(compare_flows(&all[i - 1], &all[i]), 0);
    free(all);
}

/* Eight flows between neighbours, whose addresses have few sums and small distances. */
static void test_neighbours(void **state)
{
    struct flow flows[8];

    for (uint32_t i = 0; i < 8; i++)
        flows[i] = flow4(0x0a000001 + i, 0x0a000002 + i);
    assert_unique(flows, 8, 0, 20000);
    for (uint32_t i = 0; i < 8; i++)
        flows[i] = flow4(0x0a000001 + i, 0x0a000020 - i); /* all of one sum */
    assert_unique(flows, 8, 0, 20000);
    assert_unique(flows, 8, (UINT64_C(1) << 31) - 5000, 5000); /* up to where they begin again */
}

/* Positions that k loops are apart are never near, whatever k: nearer than a quarter of all of them
 * over k is nothing that k loops have met. */
static void test_steps(void **state)
{
    const uint64_t positions = INT32_MAX;

    for (uint64_t k = 1; k < 300000; k++) {
        struct flow flow = in_loop(flow4(0x0a000001, 0x0a000003), k);
        uint64_t source = 0, moved;

        for (unsigned i = 12; i < 16; i++)
            source = source << 8 | flow.source[i];
        moved = (0x0a000001 + UINT64_C(0xffffffff) - source) % 0xffffffff;
        if (moved > positions) /* the other way */
            moved = positions - (0xffffffff - moved);
        assert_true(RTE_MIN(moved, positions - moved) * k >= positions / 4);
    }
}

/* Everybody with everybody: within one network, and between two, near and far. */
static void test_mesh(void **state)
{
    static struct flow flows[64 * 64];
    const uint32_t others[] = {0x0a000100, 0x0a010000, 0x0b000000, 0x8a000000, 0xc0a80000};
    size_t n = 0;

    for (uint32_t i = 1; i <= 64; i++) {
        for (uint32_t j = i + 1; j <= 64; j++)
            flows[n++] = flow4(0x0a000000 + i, 0x0a000000 + j);
    }
    assert_unique(flows, n, 0, 60);
    for (unsigned k = 0; k < sizeof(others) / sizeof(others[0]); k++) {
        n = 0;
        for (uint32_t i = 1; i <= 64; i++) {
            for (uint32_t j = 1; j <= 64; j++)
                flows[n++] = flow4(0x0a000000 + i, others[k] + j);
        }
        assert_unique(flows, n, 0, 30);
    }
    n = 0;
    for (uint32_t i = 1; i <= 32; i++) { /* networks of 2^16, one machine of each */
        for (uint32_t j = i + 1; j <= 32; j++)
            flows[n++] = flow4(0x0a000001 + (i << 16), 0x0a000001 + (j << 16));
    }
    assert_unique(flows, n, 0, 100);
}

static void test_far_apart(void **state)
{
    static struct flow flows[2000];
    uint32_t random = 1;

    for (size_t i = 0; i < 2000; i++) {
        uint32_t source = random = random * 1664525 + 1013904223;

        random = random * 1664525 + 1013904223;
        flows[i] = flow4(source, random);
    }
    assert_unique(flows, 2000, 0, 100);
}

/* A host that talks to itself goes on doing so, elsewhere; the broadcast stays one. */
static void test_odd_addresses(void **state)
{
    const struct flow flows[] = {
        flow4(0x7f000001, 0x7f000001), flow4(0x7f000002, 0x7f000002), flow4(0, 0),
        flow4(0, UINT32_MAX),          flow4(0x0a000001, UINT32_MAX), flow4(0x0a000002, UINT32_MAX),
        flow4(0x0a000001, 0),          flow4(1, UINT32_MAX - 1),      flow4(0x7fffffff, 0x80000000),
    };
    struct flow broadcast = in_loop(flow4(0x0a000001, UINT32_MAX), 5);
    uint8_t ones[4] = {0xff, 0xff, 0xff, 0xff};

    assert_unique(flows, sizeof(flows) / sizeof(flows[0]), 0, 65537);
    assert_memory_equal(broadcast.destination + 12, ones, 4);
}

static void test_ipv6(void **state)
{
    static struct flow flows[700];
    size_t n = 0;

    for (uint32_t i = 1; i <= 16; i++) {
        for (uint32_t j = i; j <= 16; j++)
            flows[n++] = flow6(0xfe, i, 0xfe, j); /* i = j: itself */
        for (uint32_t j = 1; j <= 16; j++)
            flows[n++] = flow6(0xfe, i, 0x20, j); /* i = j: another network's */
    }
    assert_unique(flows, n, 0, 200);
    assert_unique(flows, n, UINT64_C(1) << 60, 200);
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

/* The frames that a queue is fed, and those that it compares with. */
static void test_supply(void **state)
{
    const struct pace pace = {.kind = PACE_TOPSPEED};
    struct supply supply = {.capture = &demo, .pace = &pace, .unique_ip_loops = 1};
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
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_mesh),
        cmocka_unit_test(test_far_apart),
        cmocka_unit_test(test_odd_addresses),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_frames_cut_short_are_left_alone),
        cmocka_unit_test(test_supply),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
