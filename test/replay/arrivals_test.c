/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/flow.h"
#include "cmocka_first.h"
#include "queue/arrivals.h"

#include <string.h>

/* Finding the frame of a packet, whatever was lost, overtaken, padded, damaged or mixed in. */

#define FRAMES 4
#define BYTES 50

/* Two flows of two frames each, by their MAC addresses; of the first flow both frames are alike
 * where `alike` says so. */
static uint8_t data[FRAMES][BYTES];
static struct frame frames[FRAMES];
static struct capture capture = {
    .data = data[0], .frames = frames, .n_frames = FRAMES, .largest = BYTES};
static struct arrivals_index *flow_index;
static struct arrivals arrivals;

static void open_capture(bool alike)
{
    for (unsigned i = 0; i < FRAMES; i++) {
        memset(data[i], (int)(10 + i % 2), 12);
        memset(data[i] + 12, 0, BYTES - 12);
        data[i][20] = (uint8_t)(alike ? 7 : 7 + i);
        frames[i] = (struct frame){.offset = i * BYTES, .bytes = BYTES};
    }
    assert_int_equal(flow_spread(&capture, 1, false), 0);
    assert_int_equal(arrivals_index_create(&capture, &flow_index), 0);
    assert_int_equal(arrivals_open(&arrivals, flow_index), 0);
}

static void close_capture(void)
{
    arrivals_close(&arrivals);
    arrivals_index_free(flow_index);
}

static enum arrival judge(const void *bytes, uint32_t n, uint64_t n_fed)
{
    static uint8_t buffer[128];
    uint32_t length = 0;
    enum arrival arrival;
    struct rte_mbuf packet = {.buf_addr = buffer, .nb_segs = 1, .pkt_len = n};

    packet.data_len = (uint16_t)n;
    memcpy(buffer, bytes, n);
    arrival = arrivals_judge(&arrivals, &packet, n_fed, &length);
    if (arrival == ARRIVAL_FRAME)
        assert_int_equal(length, BYTES);
    return arrival;
}

static void test_in_order_over_loops(void **state)
{
    open_capture(false);
    for (uint64_t position = 0; position < 3 * FRAMES; position++)
        assert_int_equal(judge(data[position % FRAMES], BYTES, position + 1), ARRIVAL_FRAME);
    close_capture();
}

static void test_lost_frames_are_passed_over(void **state)
{
    open_capture(false);
    assert_int_equal(judge(data[2], BYTES, FRAMES), ARRIVAL_FRAME);
    assert_int_equal(judge(data[3], BYTES, FRAMES), ARRIVAL_FRAME);
    assert_int_equal(judge(data[1], BYTES, 2 * FRAMES), ARRIVAL_FRAME); /* of the next loop */
    close_capture();
}

static void test_flows_may_overtake_one_another(void **state)
{
    open_capture(false);
    assert_int_equal(judge(data[1], BYTES, FRAMES), ARRIVAL_FRAME);
    assert_int_equal(judge(data[3], BYTES, FRAMES), ARRIVAL_FRAME);
    assert_int_equal(judge(data[0], BYTES, FRAMES), ARRIVAL_FRAME);
    assert_int_equal(judge(data[2], BYTES, FRAMES), ARRIVAL_FRAME);
    close_capture();
}

static void test_within_a_flow_it_is_reordered(void **state)
{
    open_capture(false);
    assert_int_equal(judge(data[2], BYTES, FRAMES), ARRIVAL_FRAME);
    assert_int_equal(judge(data[0], BYTES, FRAMES), ARRIVAL_REORDERED);
    assert_int_equal(judge(data[2], BYTES, FRAMES), ARRIVAL_REORDERED); /* a second time */
    assert_int_equal(judge(data[3], BYTES, FRAMES), ARRIVAL_FRAME);
    close_capture();
}

static void test_frames_that_are_alike(void **state)
{
    open_capture(true);
    for (uint64_t position = 0; position < FRAMES; position++)
        assert_int_equal(judge(data[position], BYTES, FRAMES), ARRIVAL_FRAME);
    assert_int_equal(judge(data[0], BYTES, FRAMES), ARRIVAL_REORDERED); /* one too many */
    close_capture();
}

static void test_padding(void **state)
{
    uint8_t padded[64] = {0};

    open_capture(false);
    memcpy(padded, data[0], BYTES);
    assert_int_equal(judge(padded, 60, FRAMES), ARRIVAL_FRAME);
    memcpy(padded, data[2], BYTES);
    assert_int_equal(judge(padded, 61, FRAMES), ARRIVAL_CORRUPTED); /* nobody pads so far */
    padded[59] = 1;
    assert_int_equal(judge(padded, 60, FRAMES), ARRIVAL_CORRUPTED);
    assert_int_equal(judge(data[2], BYTES - 1, FRAMES), ARRIVAL_CORRUPTED);
    close_capture();
}

static void test_changed_and_foreign(void **state)
{
    uint8_t packet[BYTES];

    open_capture(false);
    memcpy(packet, data[0], BYTES);
    packet[40] ^= 1;
    assert_int_equal(judge(packet, BYTES, FRAMES), ARRIVAL_CORRUPTED);
    packet[0] ^= 1;
    assert_int_equal(judge(packet, BYTES, FRAMES), ARRIVAL_FOREIGN);
    assert_int_equal(judge(packet, 3, FRAMES), ARRIVAL_FOREIGN);
    assert_int_equal(judge(data[0], BYTES, FRAMES), ARRIVAL_FRAME);
    close_capture();
}

static void test_an_empty_capture_has_no_frames(void **state)
{
    capture.n_frames = 0;
    assert_int_equal(arrivals_index_create(&capture, &flow_index), 0);
    assert_int_equal(arrivals_open(&arrivals, flow_index), 0);
    assert_int_equal(judge(data[0], BYTES, 0), ARRIVAL_FOREIGN);
    close_capture();
    capture.n_frames = FRAMES;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order_over_loops),
        cmocka_unit_test(test_lost_frames_are_passed_over),
        cmocka_unit_test(test_flows_may_overtake_one_another),
        cmocka_unit_test(test_within_a_flow_it_is_reordered),
        cmocka_unit_test(test_frames_that_are_alike),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_changed_and_foreign),
        cmocka_unit_test(test_an_empty_capture_has_no_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
