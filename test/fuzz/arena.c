/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Any bytes are a sequence of public calls on an arena, four of them a call: it must be what a
 * plain array is (test/support/arena_oracle.h). */

#include <arena_oracle.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena_oracle oracle;
    bool right = true;

    arena_oracle_init(&oracle, size % 4 + 1, size / 4 % 2 == 0);
    for (; right && size >= sizeof(uint32_t); data += sizeof(uint32_t), size -= sizeof(uint32_t)) {
        uint32_t number;

        memcpy(&number, data, sizeof(number));
        right = arena_oracle_play(&oracle, number);
    }
    if (!right || !arena_oracle_compare(&oracle)) {
        fprintf(stderr, "%s\n", oracle.wrong);
        abort();
    }
    return 0;
}
