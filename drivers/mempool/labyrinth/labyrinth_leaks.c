/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Leaks in a program that was not rebuilt: its audited mempools, and what is held of them at the
 * end. */

#include <inttypes.h>
#include <lab_intercept.h>
#include <pthread.h>
#include <rte_errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "labyrinth_driver.h"

/* An audited mempool that this process made, and its pool; NULL where one was. */
struct follower {
    struct rte_mempool *mp;
    const struct lab_pool *pool;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct follower *followed;
static size_t places;

/* Where memory ends half-way, rte_mempool takes all objects out again, and nobody has them. In a
 * mempool whose program enqueues them itself, populated_size says nothing. */
static bool is_emptied(const struct rte_mempool *mp, const struct lab_pool *pool)
{
    return mp->populated_size == 0 && pool->adopted < pool->count &&
           lab_load_relaxed(&pool->strangers) == LAB_POOL_CLOSED;
}

static void report_leaks(const struct rte_mempool *mp)
{
    const struct lab_pool *pool = labyrinth_pool_of(mp);
    uint64_t cached, *skip;

    if (is_emptied(mp, pool))
        return;
    skip = labyrinth_cached_objects(mp, &cached);
    (void)lab_pool_report_leaks(pool, skip);
    free(skip);
}

/* rte_mempool_free() begins by taking all objects out: before that, what is held is a leak. */
static void on_event(enum rte_mempool_event event, struct rte_mempool *mp, void *user_data)
{
    RTE_SET_USED(user_data);
    if (event == RTE_MEMPOOL_EVENT_DESTROY && labyrinth_pool_of(mp) != NULL) {
        report_leaks(mp);
        labyrinth_leaks_forget(mp);
    }
}

/* A child does not report what its parent holds, and no other thread of that is here to unlock.
 */
static void forget_in_child(void)
{
    lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    followed = NULL;
    places = 0;
}

static void register_callbacks(void)
{
    int rc = pthread_atfork(NULL, NULL, forget_in_child);

    if (rc != 0)
        LABYRINTH_LOG(ERR, "a forked child may report its parent's objects as leaks: %s",
                      rte_strerror(rc));
    if (rte_mempool_event_callback_register(on_event, NULL) != 0)
        LABYRINTH_LOG(ERR, "leaks are not reported when mempools are freed: %s",
                      rte_strerror(rte_errno));
}

/* A free place, behind all others if need be; or that of one which another process has freed, and
 * where this one now is. NULL where memory is short. */
static struct follower *find_place(const struct rte_mempool *mp)
{
    struct follower *more;

    for (size_t i = 0; i < places; i++)
        if (followed[i].mp == mp)
            return &followed[i];
    for (size_t i = 0; i < places; i++)
        if (followed[i].mp == NULL)
            return &followed[i];
    more = reallocarray(followed, places + 1, sizeof(*followed));
    if (more == NULL)
        return NULL;
    followed = more;
    return &followed[places++];
}

void labyrinth_leaks_follow(struct rte_mempool *mp)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct follower *place;

    pthread_once(&once, register_callbacks);
    pthread_mutex_lock(&lock);
    place = find_place(mp);
    if (place != NULL)
        *place = (struct follower){.mp = mp, .pool = mp->pool_data};
    pthread_mutex_unlock(&lock);
    if (place == NULL)
        LABYRINTH_LOG(ERR,
                      "mempool %s: no memory to remember it: its leaks are reported when it is "
                      "freed, not when the program ends, and nothing of it is reclaimed",
                      mp->name);
}

void labyrinth_leaks_forget(const struct rte_mempool *mp)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < places; i++)
        if (followed[i].mp == mp)
            followed[i].mp = NULL;
    pthread_mutex_unlock(&lock);
}

/* rte_eal_cleanup() takes all memory away. */
static bool is_mapped(const void *address)
{
    uintptr_t page = (uintptr_t)address & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
    unsigned char resident;

    return mincore((void *)page, 1, &resident) == 0;
}

/* Another process may have freed it, or a child: nobody learns of it, and the memory may be
 * anybody's by now. */
static bool is_there(const struct follower *follower)
{
    return is_mapped(follower->mp) && is_mapped(follower->pool) &&
           follower->mp->pool_data == follower->pool && follower->pool->magic == LAB_POOL_MAGIC;
}

void labyrinth_leaks_each(void (*visit)(struct rte_mempool *mp, void *context), void *context)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < places; i++)
        if (followed[i].mp != NULL && is_there(&followed[i]))
            visit(followed[i].mp, context);
    pthread_mutex_unlock(&lock);
}

RTE_FINI(labyrinth_leaks_end)
{
    size_t gone = 0;

    for (size_t i = 0; i < places; i++) {
        if (followed[i].mp == NULL)
            continue;
        if (!is_mapped(followed[i].mp))
            gone++;
        else if (is_there(&followed[i]))
            report_leaks(followed[i].mp);
    }
    if (gone > 0)
        LABYRINTH_LOG(NOTICE,
                      "%zu of the mempools were not freed before rte_eal_cleanup(), so their leaks "
                      "cannot be listed: call rte_mempool_free() first",
                      gone);
}
