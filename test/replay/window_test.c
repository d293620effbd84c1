/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/window.h"
#include "cmocka_first.h"

#include <pthread.h>
#include <string.h>

/* Bytes that are read ahead come out in order and whole, and never overwrite what is still needed.
 */

#define WINDOW_BYTES 32768
#define LARGEST 9000
#define MANY 200000

static uint32_t length_of(uint64_t k)
{
    return (uint32_t)(1 + k * 7919 % LARGEST);
}

static bool put(struct window *window, uint64_t k)
{
    struct view view = {.index = k, .n_bytes = length_of(k)};
    uint8_t *room = window_room(window, view.n_bytes);

    if (room == NULL)
        return false;
    view.bytes = room;
    memset(room, (int)(k & 0xff), view.n_bytes);
    window_put(window, &view);
    return true;
}

static void assert_frame(struct window *window, uint64_t k)
{
    struct view view;

    assert_int_equal(window_look(window, k, &view), WINDOW_FRAME);
    assert_int_equal(view.index, k);
    assert_int_equal(view.n_bytes, length_of(k));
    for (uint32_t i = 0; i < view.n_bytes; i++)
        assert_int_equal(view.bytes[i], k & 0xff);
}

static void test_fills_and_empties(void **state)
{
    static struct window window;
    struct view view;
    uint64_t put_so_far = 0;

    assert_int_equal(window_open(&window, WINDOW_BYTES, LARGEST), 0);
    for (uint64_t k = 0; k < 1000; k++) {
        while (put(&window, put_so_far))
            put_so_far++;
        assert_true(put_so_far > k + 1); /* two of the largest have room */
        assert_int_equal(window_look(&window, put_so_far, &view), WINDOW_NOT_YET);
        for (uint64_t i = k; i < put_so_far; i++)
            assert_frame(&window, i);
        window_release(&window, k + 1);
    }
    window_end(&window);
    assert_int_equal(window_look(&window, put_so_far, &view), WINDOW_OVER);
    window_close(&window);
}

static void test_slots_bound_small_frames(void **state)
{
    static struct window window;
    uint64_t n = 0;

    assert_int_equal(window_open(&window, WINDOW_BYTES, LARGEST), 0);
    while (window_room(&window, 0) != NULL) {
        window_put(&window, &(struct view){.index = n});
        n++;
    }
    assert_int_equal(n, window.n_slots);
    window_release(&window, 1);
    assert_non_null(window_room(&window, 0));
    window_close(&window);
}

static void *read_ahead(void *argument)
{
    struct window *window = argument;

    for (uint64_t k = 0; k < MANY;)
        k += put(window, k);
    window_end(window);
    return NULL;
}

static void test_two_threads(void **state)
{
    static struct window window;
    enum window_verdict verdict;
    struct view view;
    pthread_t reader;
    uint64_t k = 0;

    assert_int_equal(window_open(&window, WINDOW_BYTES, LARGEST), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_ahead, &window), 0);
    while ((verdict = window_look(&window, k, &view)) != WINDOW_OVER) {
        if (verdict == WINDOW_NOT_YET)
            continue;
        assert_int_equal(view.index, k);
        assert_int_equal(view.bytes[0], k & 0xff);
        assert_int_equal(view.bytes[view.n_bytes - 1], k & 0xff);
        window_release(&window, ++k);
    }
    assert_int_equal(k, MANY);
    assert_int_equal(pthread_join(reader, NULL), 0);
    window_close(&window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fills_and_empties),
        cmocka_unit_test(test_slots_bound_small_frames),
        cmocka_unit_test(test_two_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
