/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_XSK_H
#define LABYRINTH_XSK_H

/** @file
 * AF_XDP sockets whose frames are a pool's buffers: what each program does with the fill and the
 * completion rings of libxdp.
 *
 * The UMEM is the memory that lab_pool_buffers() finds, of a pool whose `buffer_bytes` and `align`
 * are the UMEM's frame_size. Several sockets, of several processes, can have frames of one pool;
 * each process registers the UMEM for itself. Only a fill ring may take from the pool's reserve, so
 * reception goes on however many frames a program keeps.
 *
 * While the pool's audit is at level full, it learns what the sockets have. A frame that is posted
 * to a fill ring is held by a device queue, until the frame has been sent; a program that keeps a
 * frame states that by lab_pool_transfer(). */

#include <lab_audit.h>
#include <lab_pool.h>
#include <xdp/xsk.h>

/** The most frames of one call. */
#define LAB_XSK_BURST 64u

/** Finds the frame that an address in a UMEM lies in. The address is one of a descriptor or of a
 * completion ring.
 *
 * @return the buffer
 * @threads Any thread; wait-free. */
LAB_INLINE void *lab_xsk_frame(const struct lab_pool *pool, uint64_t address)
{
    return pool->buffers + (address & ~(uint64_t)(pool->stride - 1));
}

/** Posts n empty frames to a fill ring, all or none. They count as held by the device queue of that
 * number (LAB_POOL_DEVICE()).
 *
 * @retval -EAGAIN the ring has no room for them
 * @retval -EINVAL n is more than LAB_XSK_BURST, or as lab_pool_fill()
 * @retval -ENOBUFS the pool has too few, even with its reserve
 * @threads One thread for each ring; wait-free from the private part, otherwise lock-free. */
LAB_INLINE int lab_xsk_fill(struct lab_pool *pool, uint32_t lcore, struct xsk_ring_prod *fill,
                            unsigned n, uint32_t queue)
{
    const struct lab_pool_ring ring = {(uint64_t *)fill->ring, fill->mask, 1,
                                       (uintptr_t)pool->buffers};
    void *frames[LAB_XSK_BURST];
    uint32_t at = fill->cached_prod;
    int rc;

    if (n > LAB_XSK_BURST)
        return -EINVAL;
    if (xsk_prod_nb_free(fill, n) < n)
        return -EAGAIN;
    rc = lab_pool_fill(pool, lcore, &ring, at, n);
    if (rc != 0)
        return rc;
    if (lab_load_relaxed(&pool->state.intercepted) != 0) {
        for (unsigned i = 0; i < n; i++)
            frames[i] = lab_xsk_frame(pool, *lab_pool_ring_entry(&ring, at + i));
        (void)lab_pool_transfer(pool, lcore, frames, n, LAB_POOL_DEVICE(queue), 0);
    }
    xsk_ring_prod__submit(fill, xsk_ring_prod__reserve(fill, n, &at));
    return 0;
}

/** Puts the frames that a completion ring says have been sent, up to LAB_XSK_BURST.
 *
 * @return how many
 * @threads One thread for each ring; wait-free into the private part, otherwise lock-free. */
LAB_INLINE unsigned lab_xsk_complete(struct lab_pool *pool, uint32_t lcore,
                                     struct xsk_ring_cons *completion)
{
    void *frames[LAB_XSK_BURST];
    uint32_t from = 0;
    unsigned n = xsk_ring_cons__peek(completion, LAB_XSK_BURST, &from);

    for (unsigned i = 0; i < n; i++)
        frames[i] = lab_xsk_frame(pool, *xsk_ring_cons__comp_addr(completion, from + i));
    xsk_ring_cons__release(completion, n);
    if (n != 0 && lab_load_relaxed(&pool->state.intercepted) != 0)
        (void)lab_pool_transfer(pool, lcore, frames, n, lcore, 0);
    if (n != 0)
        (void)lab_pool_put_bulk(pool, lcore, frames, n);
    return n;
}

#endif
