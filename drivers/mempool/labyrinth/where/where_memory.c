/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where_memory.h"

#include "labyrinth_stack.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct where_range pieces[WHERE_MEMORY_PIECES]; /* end 0: none */

static size_t round_up(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (bytes + page - 1) / page * page;
}

/* The place of a piece, of none for 0. */
static struct where_range *place_of(uintptr_t start)
{
    for (unsigned i = 0; i < WHERE_MEMORY_PIECES; i++)
        if (pieces[i].end != 0 ? pieces[i].start == start : start == 0)
            return &pieces[i];
    return NULL;
}

void *where_memory_get(size_t bytes)
{
    struct where_range *place;
    void *piece = NULL;

    pthread_mutex_lock(&lock);
    place = place_of(0);
    if (place != NULL)
        piece =
            mmap(NULL, round_up(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (piece == MAP_FAILED)
        piece = NULL;
    if (piece != NULL)
        *place = (struct where_range){(uintptr_t)piece, (uintptr_t)piece + round_up(bytes)};
    pthread_mutex_unlock(&lock);
    return piece;
}

void where_memory_put(void *piece)
{
    struct where_range *place;

    if (piece == NULL)
        return;
    pthread_mutex_lock(&lock);
    place = place_of((uintptr_t)piece);
    if (place != NULL) {
        munmap(piece, place->end - place->start);
        place->end = 0;
    }
    pthread_mutex_unlock(&lock);
}

static bool move(void **piece, size_t bytes)
{
    struct where_range *place;
    void *moved = MAP_FAILED;

    pthread_mutex_lock(&lock);
    place = place_of((uintptr_t)*piece);
    if (place != NULL)
        moved = mremap(*piece, place->end - place->start, bytes, MREMAP_MAYMOVE);
    if (moved != MAP_FAILED) {
        *place = (struct where_range){(uintptr_t)moved, (uintptr_t)moved + bytes};
        *piece = moved;
    }
    pthread_mutex_unlock(&lock);
    return moved != MAP_FAILED;
}

bool where_memory_grow(void **array, size_t n, size_t *places, size_t item_bytes)
{
    size_t bytes;

    if (n < *places)
        return true;
    bytes = round_up((2 * *places + 64) * item_bytes);
    if (*array == NULL)
        *array = where_memory_get(bytes);
    else if (!move(array, bytes))
        return false;
    if (*array == NULL)
        return false;
    *places = bytes / item_bytes;
    return true;
}

unsigned where_memory_ranges(struct where_range ret_ranges[WHERE_MEMORY_PIECES])
{
    unsigned n = 0;

    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < WHERE_MEMORY_PIECES; i++)
        if (pieces[i].end != 0)
            ret_ranges[n++] = pieces[i];
    pthread_mutex_unlock(&lock);
    return n;
}

size_t where_memory_read(uintptr_t from, void *to, size_t bytes)
{
    struct iovec here = {to, bytes}, there = {(void *)from, bytes};
    ssize_t n = process_vm_readv(getpid(), &here, 1, &there, 1, 0);

    return n > 0 ? (size_t)n : 0;
}

/* A stack of its own */

#define STACK_BYTES ((size_t)512 << 10) /* libdw is not called on it */

bool where_memory_call(void (*function)(void *argument), void *argument)
{
    static struct labyrinth_stack stack;
    void *memory = where_memory_get(STACK_BYTES);
    bool called = labyrinth_stack_call_on(&stack, memory, STACK_BYTES, function, argument);

    where_memory_put(memory);
    return called;
}

void where_memory_forget(void)
{
    lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}
