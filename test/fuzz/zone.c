/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Any bytes are a sequence of operations on a zone, four of them a step: the zone must be what a
 * plain array is (test/support/zone_oracle.h). */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zone_oracle.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct oracle oracle;
    bool right = true;

    oracle_init(&oracle, size % 4 + 1);
    for (; right && size >= sizeof(uint32_t); data += sizeof(uint32_t), size -= sizeof(uint32_t)) {
        struct oracle_step step;
        uint32_t number;

        memcpy(&number, data, sizeof(number));
        step = oracle_step_of(number);
        right = oracle_play(&oracle, &step);
    }
    if (!right || !oracle_compare(&oracle)) {
        fprintf(stderr, "%s\n", oracle.wrong);
        abort();
    }
    return 0;
}
