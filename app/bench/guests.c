/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "guests.h"

#include <pthread.h>
#include <rte_lcore.h>
#include <stdlib.h>

#define STACK_BYTES (256 << 10)

struct guests {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned n, settled; /* that are there, and have been registered, or not */
    bool refused;        /* one has not */
    bool over;
    pthread_t threads[RTE_MAX_LCORE];
};

static void *stay(void *argument)
{
    struct guests *guests = argument;
    bool is_registered = rte_thread_register() == 0;

    pthread_mutex_lock(&guests->mutex);
    guests->settled++;
    guests->refused = guests->refused || !is_registered;
    pthread_cond_broadcast(&guests->changed);
    while (!guests->over)
        pthread_cond_wait(&guests->changed, &guests->mutex);
    pthread_mutex_unlock(&guests->mutex);
    if (is_registered)
        rte_thread_unregister();
    return NULL;
}

static bool wait_until_settled(struct guests *guests)
{
    bool all;

    pthread_mutex_lock(&guests->mutex);
    while (guests->settled < guests->n)
        pthread_cond_wait(&guests->changed, &guests->mutex);
    all = !guests->refused;
    pthread_mutex_unlock(&guests->mutex);
    return all;
}

struct guests *guests_invite(unsigned lcores)
{
    struct guests *guests = calloc(1, sizeof(*guests));
    pthread_attr_t attributes;

    if (guests == NULL)
        return NULL;
    pthread_mutex_init(&guests->mutex, NULL);
    pthread_cond_init(&guests->changed, NULL);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    for (unsigned had = rte_lcore_count(); had + guests->n < lcores; guests->n++) {
        if (pthread_create(&guests->threads[guests->n], &attributes, stay, guests) != 0) {
            guests->refused = true;
            break;
        }
    }
    pthread_attr_destroy(&attributes);
    if (wait_until_settled(guests))
        return guests;
    guests_dismiss(guests);
    return NULL;
}

void guests_dismiss(struct guests *guests)
{
    pthread_mutex_lock(&guests->mutex);
    guests->over = true;
    pthread_cond_broadcast(&guests->changed);
    pthread_mutex_unlock(&guests->mutex);
    for (unsigned i = 0; i < guests->n; i++)
        pthread_join(guests->threads[i], NULL);
    pthread_cond_destroy(&guests->changed);
    pthread_mutex_destroy(&guests->mutex);
    free(guests);
}
