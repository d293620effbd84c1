/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_PAGE_CALLS_H
#define BENCH_PAGE_CALLS_H

#include "contender.h"

#include <rte_common.h>

/* 2^order pages from whoever has some, aligned to their size (mmap excepted, which knows no such
 * wish). `kind` is the contender's; where the compiler knows it, nothing but the call remains. */

static __rte_always_inline bool page_get(const struct contender *contender,
                                         enum contender_kind kind, uint32_t lcore, unsigned order,
                                         void **ret_object)
{
    size_t bytes = CONTENDER_PAGE_BYTES << order;
    uint32_t page = 0;
    void *object;

    switch (kind) {
    case CONTENDER_PAGE:
        return lab_page_alloc(contender->arena, lcore, order, LAB_GFP_NOWAIT, ret_object) == 0;
    case CONTENDER_ZONE:
        if (lab_zone_alloc(contender->part, lcore, order, LAB_ZONE_SHORT, &page) != 0)
            return false;
        *ret_object = (void *)(uintptr_t)page;
        return true;
    case CONTENDER_BUDDY:
        if (!buddy_get(contender->buddy, order, &page))
            return false;
        *ret_object = (void *)(uintptr_t)page;
        return true;
    case CONTENDER_MALLOC:
        object = contender->malloc.get_aligned(bytes, bytes);
        break;
    case CONTENDER_SYSTEM:
        object = contender->system.get(bytes);
        break;
    default:
        return false;
    }
    *ret_object = object;
    return object != NULL;
}

static __rte_always_inline void page_put(const struct contender *contender,
                                         enum contender_kind kind, uint32_t lcore, void *object,
                                         unsigned order)
{
    switch (kind) {
    case CONTENDER_PAGE:
        (void)lab_page_free(contender->arena, lcore, object, order);
        break;
    case CONTENDER_ZONE:
        (void)lab_zone_free(contender->part, lcore, (uint32_t)(uintptr_t)object, order);
        break;
    case CONTENDER_BUDDY:
        buddy_put(contender->buddy, (uint32_t)(uintptr_t)object, order);
        break;
    case CONTENDER_MALLOC:
        contender->malloc.put(object);
        break;
    case CONTENDER_SYSTEM:
        contender->system.put(object, CONTENDER_PAGE_BYTES << order);
        break;
    default:
        break;
    }
}

#endif
