/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
/* The calls for AF_XDP, on rings in plain memory, whose other end this is. */

#include <errno.h>
#include <labyrinth.h>
#include <labyrinth_xsk.h>
#include <stdlib.h>

enum { RING = 64, FRAMES = 127, RESERVE = 32, QUEUE = 7 };

static void expect(int holds)
{
    if (!holds)
        abort();
}

/* Keeps a frame that was received: it is the lcore's from now on, which puts it. */
static void *keep(struct lab_pool *pool, uint32_t lcore, const struct xdp_desc *desc)
{
    void *frame = lab_xsk_frame(pool, desc->addr);

    return lab_pool_transfer(pool, lcore, &frame, 1, lcore, 0) == 0 ? frame : NULL;
}

static uint32_t held_by_queue(const struct lab_pool *pool)
{
    struct lab_audit_group held = {0};

    if (lab_pool_groups(pool, 0, NULL, &held, 1, NULL) == 0)
        return 0;
    expect(held.holder.device && held.holder.lcore == QUEUE);
    return (uint32_t)held.count;
}

int main(void)
{
    static uint64_t posted[RING], sent[RING];
    static uint32_t posted_to, posted_from, sent_to, sent_from;
    struct xsk_ring_prod fill = {0, RING, RING - 1, RING, &posted_to, &posted_from, posted, NULL};
    struct xsk_ring_cons done = {0, 0, RING - 1, RING, &sent_to, &sent_from, sent, NULL};
    const struct lab_pool_options options = {.name = "umem",
                                             .count = FRAMES,
                                             .reserve = RESERVE,
                                             .audit = {.level = LAB_AUDIT_FULL, .stated = true},
                                             .buffer_bytes = 2048,
                                             .align = 2048,
                                             .node = LAB_NODE_ANY};
    struct xdp_desc desc;
    struct lab_pool *pool;
    void *kept[FRAMES];
    size_t bytes = 0;

    expect(lab_pool_create(&options, &pool, NULL) == 0);
    expect(lab_pool_buffers(pool, &bytes) != NULL && bytes == FRAMES * (size_t)2048);

    /* Filled, and full. */
    expect(lab_xsk_fill(pool, 0, &fill, RING, QUEUE) == 0 && posted_to == RING);
    expect(lab_xsk_fill(pool, 0, &fill, 1, QUEUE) == -EAGAIN && posted_to == RING);
    expect(lab_xsk_fill(pool, 0, &fill, LAB_XSK_BURST + 1, QUEUE) == -EINVAL);
    expect(held_by_queue(pool) == RING && lab_pool_count(pool) == FRAMES - RING);
    for (unsigned i = 0; i < RING; i++)
        expect(posted[i] < bytes && posted[i] % 2048 == 0);

    /* Received with headroom, and kept; all others are sent. */
    desc.addr = posted[0] + 256;
    kept[0] = keep(pool, 0, &desc);
    expect(kept[0] == (char *)lab_pool_buffers(pool, &bytes) + posted[0]);
    posted_from = RING;
    for (sent_to = 0; sent_to < RING - 1; sent_to++)
        sent[sent_to] = posted[sent_to + 1] + 256;
    expect(lab_xsk_complete(pool, 0, &done) == RING - 1 && lab_xsk_complete(pool, 0, &done) == 0);
    expect(lab_pool_put(pool, 0, kept[0]) == 0 && lab_pool_count(pool) == FRAMES);

    /* A program keeps all that it can get: the fill ring has the reserve, and no more. */
    expect(lab_pool_get_bulk(pool, 0, kept, FRAMES - RESERVE) == 0);
    expect(lab_xsk_fill(pool, 0, &fill, RESERVE, QUEUE) == 0 && posted_to == RING + RESERVE);
    expect(lab_xsk_fill(pool, 0, &fill, 1, QUEUE) == -ENOBUFS && posted_to == RING + RESERVE);
    expect(lab_pool_put_bulk(pool, 0, kept, FRAMES - RESERVE) == 0);
    for (unsigned i = 0; i < RESERVE; i++)
        sent[(sent_to + i) % RING] = posted[i];
    sent_to += RESERVE;
    expect(lab_xsk_complete(pool, 0, &done) == RESERVE);
    return lab_pool_destroy(pool) == 0 ? 0 : 1;
}
