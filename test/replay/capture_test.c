/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/capture.h"
#include "cmocka_first.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Loading within limits, and what holds of a capture in memory. */

static char *demo[1];

static int load(struct capture *capture, struct capture_request request)
{
    request.files = demo;
    request.n_files = 1;
    return capture_load(capture, &request);
}

static void test_invariants(void **state)
{
    struct capture capture;
    uint64_t end = 0, time_ns = 0;

    assert_int_equal(load(&capture, (struct capture_request){0}), 0);
    assert_true(capture.n_frames >= 2000);
    assert_int_equal(capture.n_read, capture.n_frames);
    for (size_t i = 0; i < capture.n_frames; i++) {
        const struct frame *frame = &capture.frames[i];

        assert_int_equal(frame->offset, end);
        assert_true(frame->time_ns >= time_ns);
        assert_true(frame->bytes > 0 && frame->bytes <= capture.largest);
        end += frame->bytes;
        time_ns = frame->time_ns;
    }
    assert_int_equal(end, capture.data_bytes);
    assert_true(capture.pass_ns == (double)time_ns);
    capture_free(&capture);
}

static void test_the_memory_limit_refuses(void **state)
{
    struct capture capture = {.n_read = 42};
    struct capture whole;
    uint64_t needed;

    assert_int_equal(load(&whole, (struct capture_request){0}), 0);
    needed = capture_memory_bytes(&whole);
    assert_true(needed >= whole.data_bytes + whole.n_frames * sizeof(struct frame));
    capture_free(&whole);

    /* By the size of the file. */
    assert_int_equal(load(&capture, (struct capture_request){.memory_bytes = 100000}), -ENOMEM);
    /* While it grows: asked to read a part, it does not judge by the size of the file. */
    assert_int_equal(
        load(&capture, (struct capture_request){.memory_bytes = needed - 1, .frames = UINT64_MAX}),
        -ENOMEM);
    assert_int_equal(capture.n_read, 42); /* untouched on failure */
    assert_int_equal(
        load(&capture, (struct capture_request){.memory_bytes = needed, .frames = UINT64_MAX}), 0);
    capture_free(&capture);
}

static void test_frames_too_large_are_refused_by_name(void **state)
{
    struct capture capture;

    assert_int_equal(load(&capture, (struct capture_request){.frame_bytes = 1513}), 0);
    assert_true(capture.largest <= 1513);
    assert_true(capture.refused[REFUSED_LARGER_THAN_RING] > 0);
    assert_int_equal(capture.n_read, capture.n_frames + capture.refused[REFUSED_LARGER_THAN_RING]);
    assert_string_equal(capture_refusal_name(REFUSED_LARGER_THAN_RING), "larger_than_ring");
    capture_free(&capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invariants),
        cmocka_unit_test(test_the_memory_limit_refuses),
        cmocka_unit_test(test_frames_too_large_are_refused_by_name),
    };

    demo[0] = getenv("LABYRINTH_DEMO");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
