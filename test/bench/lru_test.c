/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "cmocka_first.h"
#include "lru.h"
#include "mix.h"

#include <string.h>

#define ITEMS 20

/* The same, as plain as can be: the items by age. */
struct oracle {
    uint32_t items[ITEMS];
    uint32_t size, capacity;
};

static bool oracle_use(struct oracle *oracle, uint32_t item)
{
    uint32_t at = 0;
    bool hit;

    while (at < oracle->size && oracle->items[at] != item)
        at++;
    hit = at < oracle->size;
    if (!hit && oracle->size < oracle->capacity)
        oracle->size++;
    else if (!hit)
        at = oracle->size - 1;
    memmove(oracle->items + 1, oracle->items, at * sizeof(uint32_t));
    oracle->items[0] = item;
    return hit;
}

static void test_as_the_oracle_says(void **state)
{
    for (uint32_t capacity = 1; capacity <= ITEMS; capacity++) {
        static struct oracle oracle; /* GCC 16 takes one on the stack for uninitialised */
        struct mix_state random = mix_seed(capacity);
        struct lru lru;

        oracle = (struct oracle){.capacity = capacity};
        assert_true(lru_open(&lru, ITEMS, capacity));
        for (unsigned i = 0; i < 10000; i++) {
            /* Small ones more often, so that something stays. */
            uint32_t item = mix_below(&random, 1 + mix_below(&random, ITEMS));

            assert_int_equal(lru_use(&lru, item), oracle_use(&oracle, item));
            assert_int_equal(lru.size, oracle.size);
        }
        lru_close(&lru);
    }
}

static void test_one_that_has_room_for_nothing(void **state)
{
    struct lru lru;

    assert_true(lru_open(&lru, ITEMS, 0));
    assert_false(lru_use(&lru, 3));
    assert_false(lru_use(&lru, 3));
    lru_close(&lru);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_the_oracle_says),
        cmocka_unit_test(test_one_that_has_room_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
