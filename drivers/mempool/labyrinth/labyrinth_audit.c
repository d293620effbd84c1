/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* An audit in a program that was not rebuilt: how it begins, and the leaks at the end. */

#include <lab_pool_audit.h>
#include <pthread.h>
#include <rte_errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "labyrinth_audit.h"
#include "labyrinth_driver.h"
#include "labyrinth_mbuf.h"

/* Audited mempools of this process; what does not fit is not looked at when the program ends. */
#define FOLLOWED_MAX 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rte_mempool *followed[FOLLOWED_MAX];

void labyrinth_audit_prepare(struct rte_mempool *mp, struct labyrinth_options *options)
{
    struct lab_audit_options *audit = &options->audit;

    if (audit->level == LAB_AUDIT_FULL)
        options->no_cache = true;
    /* The header of a free mbuf is part of the pool's state, and so is all of any other object. */
    if (audit->poison)
        audit->poison = labyrinth_mbuf_data_room(mp, &audit->poison_from, &audit->poison_bytes);
}

uint64_t *labyrinth_cached_objects(const struct rte_mempool *mp, uint64_t *ret_count)
{
    const struct lab_pool *pool = labyrinth_pool_of(mp);
    uint64_t *bits = calloc(pool->count / 64 + 1, sizeof(*bits));

    *ret_count = 0;
    for (unsigned int i = 0; bits != NULL && mp->cache_size > 0 && i < RTE_MAX_LCORE; i++) {
        const struct rte_mempool_cache *cache = &mp->local_cache[i];
        uint32_t len = RTE_MIN(cache->len, (uint32_t)RTE_DIM(cache->objs)), index;

        for (uint32_t k = 0; k < len; k++)
            if (lab_pool_index(pool, cache->objs[k], &index) == 0)
                bits[index / 64] |= UINT64_C(1) << index % 64;
        *ret_count += len;
    }
    return bits;
}

static void report_leaks(const struct rte_mempool *mp)
{
    uint64_t cached, *skip = labyrinth_cached_objects(mp, &cached);

    (void)lab_pool_report_leaks(labyrinth_pool_of(mp), skip);
    free(skip);
}

/* rte_mempool_free() begins by taking all objects out: before that, what is held is a leak. */
static void on_event(enum rte_mempool_event event, struct rte_mempool *mp, void *user_data)
{
    RTE_SET_USED(user_data);
    if (event == RTE_MEMPOOL_EVENT_DESTROY && labyrinth_pool_of(mp) != NULL) {
        report_leaks(mp);
        labyrinth_audit_forget(mp);
    }
}

static void watch_events(void)
{
    if (rte_mempool_event_callback_register(on_event, NULL) != 0)
        LABYRINTH_LOG(ERR, "leaks are not reported when mempools are freed: %s",
                      rte_strerror(rte_errno));
}

void labyrinth_audit_follow(struct rte_mempool *mp)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, watch_events);
    pthread_mutex_lock(&lock);
    for (int i = 0; i < FOLLOWED_MAX; i++)
        if (followed[i] == NULL) {
            followed[i] = mp;
            break;
        }
    pthread_mutex_unlock(&lock);
}

void labyrinth_audit_forget(const struct rte_mempool *mp)
{
    pthread_mutex_lock(&lock);
    for (int i = 0; i < FOLLOWED_MAX; i++)
        if (followed[i] == mp)
            followed[i] = NULL;
    pthread_mutex_unlock(&lock);
}

/* rte_eal_cleanup() takes all memory away. */
static bool is_mapped(const void *address)
{
    uintptr_t page = (uintptr_t)address & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
    unsigned char resident;

    return mincore((void *)page, 1, &resident) == 0;
}

void labyrinth_audit_each(void (*visit)(struct rte_mempool *mp))
{
    pthread_mutex_lock(&lock);
    for (int i = 0; i < FOLLOWED_MAX; i++)
        if (followed[i] != NULL && is_mapped(followed[i]))
            visit(followed[i]);
    pthread_mutex_unlock(&lock);
}

RTE_FINI(labyrinth_audit_end)
{
    for (int i = 0; i < FOLLOWED_MAX; i++) {
        if (followed[i] == NULL)
            continue;
        if (is_mapped(followed[i]))
            report_leaks(followed[i]);
        else
            LABYRINTH_LOG(NOTICE, "a mempool was not freed before rte_eal_cleanup(), so its leaks "
                                  "cannot be listed: call rte_mempool_free() first");
    }
}
