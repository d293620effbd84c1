/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_BYTES_H
#define LAB_BYTES_H

/* Looks at 32 small shared numbers at a time. */

#include <lab_atomic.h>
#include <lab_common.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Bytes that one call looks at. */
#define LAB_BYTES_GROUP 32u

/* Numbers are below this; the bit itself is a flag of the caller's. */
#define LAB_BYTES_FLAG 0x80u

#ifdef __SSE2__

/* Bit i: of byte i, as below. To a signed comparison a flagged number is negative. */
LAB_INLINE uint32_t lab_bytes_at_least_16(__m128i bytes, unsigned least, bool flagged)
{
    if (flagged)
        bytes = _mm_and_si128(bytes, _mm_set1_epi8(LAB_BYTES_FLAG - 1));
    return (uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi8(bytes, _mm_set1_epi8((char)(least - 1))));
}

LAB_INLINE uint32_t lab_bytes_at_least_32(const void *bytes, unsigned least, bool flagged)
{
    __m128i half[2];

    memcpy(half, bytes, sizeof(half));
    return lab_bytes_at_least_16(half[0], least, flagged) |
           lab_bytes_at_least_16(half[1], least, flagged) << 16;
}

#else /* eight bytes of a word at once */

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "byte 0 is the lowest of its word");
#define LAB_BYTES_EACH UINT64_C(0x0101010101010101)

/* Bit 7 of each byte, as below. No byte's sum reaches the next one: both are below 128. */
LAB_INLINE uint64_t lab_bytes_at_least_8(uint64_t bytes, unsigned least, bool flagged)
{
    uint64_t numbers = bytes & LAB_BYTES_EACH * (LAB_BYTES_FLAG - 1);
    uint64_t reached = numbers + LAB_BYTES_EACH * (LAB_BYTES_FLAG - least);

    return reached & ~(flagged ? 0 : bytes) & LAB_BYTES_EACH * LAB_BYTES_FLAG;
}

LAB_INLINE uint32_t lab_bytes_at_least_32(const void *bytes, unsigned least, bool flagged)
{
    uint64_t words[LAB_BYTES_GROUP / 8], any = 0;
    uint32_t mask = 0;

    memcpy(words, bytes, sizeof(words));
    for (unsigned i = 0; i < LAB_BYTES_GROUP / 8; i++)
        any |= words[i] = lab_bytes_at_least_8(words[i], least, flagged);
    if (any == 0)
        return 0;
    /* The multiplication brings the eight bits together in the top byte. */
    for (unsigned i = 0; i < LAB_BYTES_GROUP / 8; i++)
        mask |= (uint32_t)((words[i] >> 7) * UINT64_C(0x0102040810204080) >> 56) << 8 * i;
    return mask;
}

#endif

/* Bit i: whether byte i of the group has at least the number `least` (1 to 127), and no flag unless
 * `flagged`. Any thread; wait-free. */
LAB_INLINE uint32_t lab_bytes_at_least(const lab_byte_t *group, unsigned least, bool flagged)
{
    uint8_t bytes[LAB_BYTES_GROUP];

    lab_bytes_load(bytes, group, LAB_BYTES_GROUP);
    return lab_bytes_at_least_32(bytes, least, flagged);
}

#endif
