/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/stream.h"

#include "cmocka_first.h"
#include "cpus.h"

#include <fcntl.h>
#include <lab_os.h>
#include <pcap/pcap.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file that becomes another one while it is replayed: whichever pass has it is counted, and makes
 * the capture partial. The file is three times what is read ahead, so that its end has not been
 * read for the second pass when the first one has been taken. */

#define FRAMES 3000u
#define FRAME_BYTES 1000u
#define RECORD_BYTES (FRAME_BYTES + 16)
#define HEADER_BYTES 24
#define WINDOW_BYTES (1u << 20)
#define LOOPS 3

struct small_record {
    uint32_t seconds, microseconds, captured, original;
    uint8_t bytes[FRAME_BYTES];
};

static char path[] = "/tmp/labyrinth-stream-XXXXXX";

static void write_frames(int fd, unsigned n)
{
    struct small_record record = {.captured = FRAME_BYTES, .original = FRAME_BYTES};

    for (unsigned i = 0; i < n; i++) {
        record.seconds = i;
        memset(record.bytes, (int)i, sizeof(record.bytes));
        assert_int_equal(write(fd, &record, sizeof(record)), sizeof(record));
    }
}

static int make_file(void **state)
{
    const struct pcap_file_header header = {
        .magic = 0xa1b2c3d4,
        .version_major = PCAP_VERSION_MAJOR,
        .version_minor = PCAP_VERSION_MINOR,
        .snaplen = 65535,
        .linktype = DLT_EN10MB,
    };
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, &header, sizeof(header)), HEADER_BYTES);
    write_frames(fd, FRAMES);
    close(fd);
    return 0;
}

static int remove_file(void **state)
{
    unlink(path);
    return 0;
}

/* Takes up to n frames out of the window; fewer when it is at its end. */
static uint64_t take(struct window *window, uint64_t *at, uint64_t n)
{
    enum window_verdict verdict = WINDOW_FRAME;
    uint64_t taken = 0;
    struct view view;

    while (taken < n && verdict != WINDOW_OVER) {
        verdict = window_look(window, *at, &view);
        if (verdict == WINDOW_FRAME) {
            taken++;
            window_release(window, ++*at);
        } else {
            sched_yield();
        }
    }
    return taken;
}

/* The whole run, with something done to the file behind the first pass. Returns the frames. */
static uint64_t run(struct stream *stream, void (*change)(void))
{
    uint64_t at = 0, taken;

    assert_int_equal(stream_start(stream), 0);
    taken = take(stream_window(stream, 0), &at, FRAMES);
    assert_int_equal(taken, FRAMES);
    if (change != NULL)
        change();
    taken += take(stream_window(stream, 0), &at, UINT64_MAX);
    stream_stop(stream);
    return taken;
}

static struct capture open_stream(void)
{
    static char *files[] = {path};
    const struct stream_request request = {
        .capture = {.files = files, .n_files = 1},
        .loops = LOOPS,
        .window_bytes = WINDOW_BYTES,
        .n_queues = 1,
    };
    struct capture capture;

    assert_int_equal(stream_open(&capture, &request), 0);
    return capture;
}

static void assert_partial(void (*change)(void), uint64_t least, uint64_t most)
{
    struct capture capture = open_stream();
    uint64_t taken = run(capture.stream, change);

    stream_count(capture.stream, &capture);
    assert_true(taken >= least && taken <= most);
    assert_int_equal(capture.n_read, FRAMES); /* of the first pass */
    assert_true(capture.partial);
    stream_close(capture.stream);
}

static void test_untouched(void **state)
{
    struct capture capture = open_stream();

    assert_int_equal(run(capture.stream, NULL), LOOPS * FRAMES);
    stream_count(capture.stream, &capture);
    assert_int_equal(capture.n_read, FRAMES);
    assert_false(capture.partial);
    stream_close(capture.stream);
}

static void cut_between_records(void)
{
    assert_int_equal(truncate(path, HEADER_BYTES + 2500 * RECORD_BYTES), 0);
}

static void test_shorter_by_whole_records(void **state)
{
    assert_partial(cut_between_records, FRAMES + 2 * 2500, FRAMES + 2 * 2500);
}

static void cut_a_record(void)
{
    assert_int_equal(truncate(path, HEADER_BYTES + 2500 * RECORD_BYTES + 500), 0);
}

static void test_shorter_by_part_of_a_record(void **state)
{
    assert_partial(cut_a_record, FRAMES + 2 * 2500, FRAMES + 2 * 2500);
}

static void damage(void)
{
    uint8_t garbage[2 * RECORD_BYTES];
    int fd = open(path, O_WRONLY);

    memset(garbage, 0xff, sizeof(garbage));
    assert_int_equal(pwrite(fd, garbage, sizeof(garbage), HEADER_BYTES + 2500 * RECORD_BYTES),
                     sizeof(garbage));
    close(fd);
}

static void test_damaged(void **state)
{
    assert_partial(damage, FRAMES + 2 * 2500, FRAMES + 2 * 2500);
}

static void grow(void)
{
    int fd = open(path, O_WRONLY | O_APPEND);

    write_frames(fd, 7);
    close(fd);
}

static void test_longer(void **state)
{
    assert_partial(grow, LOOPS * FRAMES + 14, LOOPS * FRAMES + 14);
}

static void remove_it(void)
{
    assert_int_equal(unlink(path), 0);
}

static void test_removed(void **state)
{
    assert_partial(remove_it, FRAMES, 2 * FRAMES);
}

static void empty_it(void)
{
    assert_int_equal(truncate(path, 0), 0);
}

static void test_emptied(void **state)
{
    assert_partial(empty_it, FRAMES, 2 * FRAMES);
}

static void keep_the_header(void)
{
    assert_int_equal(truncate(path, HEADER_BYTES), 0);
}

/* A pass without a frame is the last: a run that goes on for ever would otherwise read for ever. */
static void test_without_frames(void **state)
{
    assert_partial(keep_the_header, FRAMES, 2 * FRAMES);
}

/* The first pass of a run is compared with what the run before it has read. */
static void test_between_runs(void **state)
{
    struct capture capture = open_stream();
    uint64_t at = 0;

    assert_int_equal(run(capture.stream, NULL), LOOPS * FRAMES);
    cut_between_records();
    assert_int_equal(stream_start(capture.stream), 0);
    assert_int_equal(take(stream_window(capture.stream, 0), &at, UINT64_MAX), LOOPS * 2500);
    stream_stop(capture.stream);
    stream_count(capture.stream, &capture);
    assert_true(capture.partial);
    stream_close(capture.stream);
}

/* Damage in one run stays known, though the file is whole again in the next. */
static void test_mended_between_runs(void **state)
{
    struct capture capture = open_stream();

    assert_int_equal(run(capture.stream, cut_a_record), FRAMES + 2 * 2500);
    make_file(state);
    assert_int_equal(run(capture.stream, NULL), LOOPS * FRAMES);
    stream_count(capture.stream, &capture);
    assert_true(capture.partial);
    stream_close(capture.stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_untouched, make_file, remove_file),
        cmocka_unit_test_setup_teardown(test_shorter_by_whole_records, make_file, remove_file),
        cmocka_unit_test_setup_teardown(test_shorter_by_part_of_a_record, make_file, remove_file),
        cmocka_unit_test_setup_teardown(test_damaged, make_file, remove_file),
        cmocka_unit_test_setup_teardown(test_longer, make_file, remove_file),
        cmocka_unit_test_setup_teardown(test_removed, make_file, remove_file),
        cmocka_unit_test_setup_teardown(test_emptied, make_file, remove_file),
        cmocka_unit_test_setup_teardown(test_without_frames, make_file, remove_file),
        cmocka_unit_test_setup_teardown(test_between_runs, make_file, remove_file),
        cmocka_unit_test_setup_teardown(test_mended_between_runs, make_file, remove_file),
    };
    int fd = mkstemp(path), rc;

    if (fd < 0)
        return 1;
    close(fd);
    cpus_remember();
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return rc;
}
