/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_POISON_H
#define LAB_AUDIT_POISON_H

/* The content of free objects, so that a write after free shows. */

#include <lab_common.h>
#include <stddef.h>
#include <string.h>

/* The kernel's byte for freed memory: as a pointer it is none, as a length it is absurd. */
#define LAB_AUDIT_POISON 0x6b

LAB_INLINE void lab_audit_poison(void *at, size_t bytes)
{
    memset(at, LAB_AUDIT_POISON, bytes);
}

/* The offset of the first byte that is something else, or `bytes`. */
LAB_INLINE size_t lab_audit_poison_end(const void *at, size_t bytes)
{
    const unsigned char *byte = (const unsigned char *)at;
    size_t i = 0;

    /* All bytes are the first one exactly if each is the one before it. */
    if (bytes == 0 || (byte[0] == LAB_AUDIT_POISON && memcmp(byte, byte + 1, bytes - 1) == 0))
        return bytes;
    while (byte[i] == LAB_AUDIT_POISON)
        i++;
    return i;
}

#endif
