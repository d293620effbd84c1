/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A mempool's memory from an arena: one chunk for each run of pages. */

#include <rte_eal.h>
#include <rte_memory.h>
#include <string.h>

#include "lab_mbuf_private.h"

/* Where devices find the address; *ret_bytes is for how far from there what lies side by side here
 * does so for them, at least. False when DPDK does not know the memory. */
static bool find_iova(void *address, rte_iova_t *ret_iova, size_t *ret_bytes)
{
    const struct rte_memseg *segment = rte_mem_virt2memseg(address, NULL);

    if (segment == NULL)
        return false;
    if (segment->iova != RTE_BAD_IOVA)
        *ret_iova = segment->iova + RTE_PTR_DIFF(address, segment->addr);
    else
        *ret_iova = rte_mem_virt2iova(address);
    *ret_bytes = rte_eal_iova_mode() == RTE_IOVA_VA && *ret_iova == (uintptr_t)address
                     ? SIZE_MAX
                     : segment->hugepage_sz;
    return true;
}

/* rte_mempool_free() calls it for each chunk. */
static void give_back(struct rte_mempool_memhdr *chunk, void *arena)
{
    (void)lab_page_free(arena, LAB_LCORE_ANY, chunk->addr, lab_page_order_of(chunk->len));
}

/* The memory for all that are still missing, in chunks of whichever size. */
static ssize_t bytes_needed(struct rte_mempool *mp)
{
    size_t page_bytes, least, align;
    int rc = rte_mempool_get_page_size(mp, &page_bytes);

    if (rc != 0)
        return rc;
    return rte_mempool_op_calc_mem_size_default(mp, mp->size - mp->populated_size,
                                                page_bytes != 0 ? rte_bsf64(page_bytes) : 0, &least,
                                                &align);
}

static int populate(struct rte_mempool *mp, struct lab_arena *arena, void *run, size_t bytes)
{
    size_t contiguous;
    rte_iova_t iova;
    int rc = -EINVAL;

    if (!find_iova(run, &iova, &contiguous) || contiguous < bytes)
        LAB_MBUF_FAIL(EINVAL,
                      "mempool %s: DPDK does not know the memory of arena %s: "
                      "rte_extmem_register() first, or lab_mbuf_arena_create()",
                      mp->name, arena->name);
    else
        rc = rte_mempool_populate_iova(mp, run, iova, bytes, give_back, arena);
    return rc != 0 ? rc : -ENOBUFS;
}

/* The most that one run may have, so that each mbuf lies side by side for devices, too. */
static size_t most_bytes(const struct lab_arena *arena)
{
    size_t bytes = 0, most = SIZE_MAX;
    rte_iova_t iova;

    for (uint32_t i = 0; i < lab_arena_present(arena); i++)
        if (find_iova(arena->zone[i].base, &iova, &bytes))
            most = RTE_MIN(most, bytes);
    return most;
}

int lab_mbuf_populate(struct rte_mempool *mp, struct lab_arena *arena, unsigned gfp)
{
    size_t object = (size_t)mp->header_size + mp->elt_size + mp->trailer_size;
    size_t most = most_bytes(arena);

    if (object > most) {
        LAB_MBUF_FAIL(EINVAL,
                      "mempool %s: its mbufs of %zu bytes are larger than the pages of "
                      "arena %s, which lie here and there for devices: use huge pages",
                      mp->name, object, arena->name);
        return -EINVAL;
    }
    while (mp->populated_size < mp->size) {
        ssize_t needed = bytes_needed(mp);
        struct lab_error error = {0};
        unsigned order;
        void *run;
        int rc;

        if (needed < 0)
            return (int)needed;
        if ((size_t)needed < object)
            needed = (ssize_t)object;
        rc = lab_page_fit(arena, gfp, object, RTE_MIN((size_t)needed, most), &run, &order, &error);
        if (rc != 0) {
            LAB_MBUF_FAIL(-rc, "mempool %s, after %u of %u mbufs: %s", mp->name, mp->populated_size,
                          mp->size, error.message);
            return rc;
        }
        rc = populate(mp, arena, run, LAB_PAGE_BYTES << order);
        if (rc < 0) {
            (void)lab_page_free(arena, LAB_LCORE_ANY, run, order);
            return rc;
        }
    }
    return 0;
}
