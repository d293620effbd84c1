/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef TEST_FOUR_THREADS_H
#define TEST_FOUR_THREADS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Four threads that get indices from a pool and put them back, and see that none is held twice. */

#define FT_THREADS 4
#define FT_ROUNDS 1000000u
#define FT_BURST 3u
#define FT_INDICES 5u /* fewer than the threads would like to have, so that it runs empty */

struct four_threads {
    bool (*get)(void *pool, uint32_t *ret_indices, uint32_t n);
    void (*put)(void *pool, const uint32_t *indices, uint32_t n);
    void *pool;
    pthread_barrier_t start;
    atomic_bool held[FT_INDICES];
    atomic_uint wrong, got;
};

static void *ft_run(void *argument)
{
    struct four_threads *ft = argument;
    uint32_t indices[FT_BURST];

    pthread_barrier_wait(&ft->start);
    for (unsigned round = 0; round < FT_ROUNDS; round++) {
        uint32_t n = 1 + round % FT_BURST;

        if (!ft->get(ft->pool, indices, n))
            continue;
        ft->got += n;
        for (uint32_t i = 0; i < n; i++)
            ft->wrong += indices[i] >= FT_INDICES || atomic_exchange(&ft->held[indices[i]], true);
        for (uint32_t i = 0; i < n; i++)
            atomic_store(&ft->held[indices[i]], false);
        ft->put(ft->pool, indices, n);
    }
    return NULL;
}

/* Fills the pool, runs the threads, and looks whether all is there again. Returns how much was
 * wrong. */
static unsigned ft_play(struct four_threads *ft)
{
    pthread_t threads[FT_THREADS];
    uint32_t index;
    unsigned left = 0;

    pthread_barrier_init(&ft->start, NULL, FT_THREADS);
    for (index = 0; index < FT_INDICES; index++)
        ft->put(ft->pool, &index, 1);
    for (unsigned i = 0; i < FT_THREADS; i++)
        pthread_create(&threads[i], NULL, ft_run, ft);
    for (unsigned i = 0; i < FT_THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&ft->start);
    while (ft->get(ft->pool, &index, 1)) {
        ft->wrong += index >= FT_INDICES || atomic_exchange(&ft->held[index], true);
        left++;
    }
    return ft->wrong + (left != FT_INDICES) + (ft->got == 0);
}

#endif
