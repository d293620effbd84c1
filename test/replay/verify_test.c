/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "cmocka_first.h"
#include "queue/verify.h"

#include <string.h>

/* The comparison sees everything that can be wrong with a received packet. */

#define FRAME_BYTES 150
#define ROOM 64

static uint8_t frame[FRAME_BYTES];
static uint8_t buffers[4][ROOM];
static struct rte_mbuf chain[4];

/* A frame of 150 bytes in segments of 64, 64 and 22, as a queue makes it. */
static int set_up(void **state)
{
    uint32_t done = 0;

    memset(chain, 0, sizeof(chain));
    for (unsigned i = 0; i < FRAME_BYTES; i++)
        frame[i] = (uint8_t)(i * 7 + 1);
    for (unsigned i = 0; i < 3; i++) {
        uint32_t part = RTE_MIN(FRAME_BYTES - done, (uint32_t)ROOM);

        memcpy(buffers[i], frame + done, part);
        chain[i].buf_addr = buffers[i];
        chain[i].data_len = (uint16_t)part;
        chain[i].next = i < 2 ? &chain[i + 1] : NULL;
        done += part;
    }
    chain[0].pkt_len = FRAME_BYTES;
    chain[0].nb_segs = 3;
    return 0;
}

static bool is_intact(void)
{
    return packet_is_frame(&chain[0], frame, FRAME_BYTES);
}

static void test_intact(void **state)
{
    assert_true(is_intact());
}

static void test_every_byte_counts(void **state)
{
    for (unsigned i = 0; i < FRAME_BYTES; i++) {
        buffers[i / ROOM][i % ROOM] ^= 0x10;
        assert_false(is_intact());
        buffers[i / ROOM][i % ROOM] ^= 0x10;
    }
    assert_true(is_intact());
}

static void test_another_length(void **state)
{
    chain[0].pkt_len--;
    assert_false(is_intact());
    chain[0].pkt_len++;
    assert_false(packet_is_frame(&chain[0], frame, FRAME_BYTES - 1));
}

static void test_a_segment_too_short_or_too_long(void **state)
{
    chain[2].data_len--;
    assert_false(is_intact());
    chain[2].data_len += 2;
    assert_false(is_intact());
}

static void test_wrong_count_of_segments(void **state)
{
    chain[0].nb_segs = 2;
    assert_false(is_intact());
    chain[0].nb_segs = 4;
    assert_false(is_intact());
}

static void test_a_chain_cut_or_continued(void **state)
{
    chain[1].next = NULL;
    assert_false(is_intact());
    chain[1].next = &chain[2];
    chain[2].next = &chain[3];
    assert_false(is_intact());
}

static void test_segments_exchanged(void **state)
{
    chain[0].buf_addr = buffers[1];
    chain[1].buf_addr = buffers[0];
    assert_false(is_intact());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_intact, set_up),
        cmocka_unit_test_setup(test_every_byte_counts, set_up),
        cmocka_unit_test_setup(test_another_length, set_up),
        cmocka_unit_test_setup(test_a_segment_too_short_or_too_long, set_up),
        cmocka_unit_test_setup(test_wrong_count_of_segments, set_up),
        cmocka_unit_test_setup(test_a_chain_cut_or_continued, set_up),
        cmocka_unit_test_setup(test_segments_exchanged, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
