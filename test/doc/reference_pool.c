/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
/* Pools, as the manual shows their use: each function is the example of some page. */

#include <errno.h>
#include <labyrinth.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define OBJECTS 256
#define BURST 32

/* A pool of the program's own objects, in memory of its own that children share. */
static struct lab_pool *pool_of_own(size_t object_bytes)
{
    const struct lab_pool_options options = {.name = "own", .count = OBJECTS, .shared = true};
    struct lab_error error = {0};
    struct lab_pool *pool;
    char *memory;
    size_t bytes;

    if (lab_pool_footprint(&options, &bytes, &error) != 0) {
        fprintf(stderr, "%s\n", error.message);
        return NULL;
    }
    bytes += LAB_CACHE_LINE - bytes % LAB_CACHE_LINE;
    memory = mmap(NULL, bytes + OBJECTS * object_bytes, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0); /* zeroed, and aligned to a page */
    if (memory == MAP_FAILED || lab_pool_init(memory, &options, &pool, &error) != 0)
        return NULL;
    for (unsigned i = 0; i < OBJECTS; i++) {
        void *object = memory + bytes + i * object_bytes;

        lab_pool_adopt(pool, object); /* the pool knows it now, as one that is held */
        lab_pool_put(pool, LAB_LCORE_ANY, object);
    }
    return pool;
}

/* Has a child take part in it. */
static int fork_a_user(struct lab_pool *pool)
{
    void *object;
    pid_t child;

    lab_pool_announce(pool); /* before the child's first call */
    child = fork();
    if (child == 0) {
        int rc = lab_pool_get(pool, LAB_LCORE_ANY, &object);

        if (rc == 0)
            rc = lab_pool_put(pool, LAB_LCORE_ANY, object);
        _exit(rc != 0);
    }
    return child < 0 || waitpid(child, &(int){0}, 0) != child ? -1 : 0;
}

/* The pool that another process makes, which may not be ready yet. */
static struct lab_pool *find(const char *name)
{
    struct lab_error error = {0};
    struct lab_pool *pool = NULL;
    int rc;

    do
        rc = lab_pool_attach(name, &pool, &error);
    while (rc == -EAGAIN && usleep(1000) == 0);
    if (rc != 0)
        fprintf(stderr, "%s\n", error.message); /* for instance, that no process shows it */
    return pool;
}

/* A receive path, which may have the last of the reserve, and keeps nothing that lies in it. */
static unsigned receive(struct lab_pool *pool, uint32_t lcore, void *kept[])
{
    void *burst[BURST];
    unsigned n = 0;

    if (lab_pool_get_bulk_atomic(pool, lcore, burst, BURST) != 0)
        return 0;
    for (unsigned i = 0; i < BURST; i++) {
        if (lab_pool_reserve_is_held(pool) && lab_pool_is_reserve(pool, burst[i]))
            lab_pool_put(pool, lcore, burst[i]); /* looked at, and gone */
        else
            kept[n++] = burst[i];
    }
    return n;
}

/* Gives a device empty buffers, as offsets in the memory that it knows, into its ring of 64
 * entries. */
static bool refill(struct lab_pool *pool, uint32_t lcore, uint64_t words[64], char *memory)
{
    const struct lab_pool_ring ring = {
        .words = words, .mask = 63, .step = 1, .origin = (uintptr_t)memory};

    return lab_pool_fill(pool, lcore, &ring, 0, BURST) == 0;
}

/* Frees packets of which only the first bytes were written: no more has to be zeroed before a lcore
 * of another trust domain gets them. */
static void free_short(struct lab_pool *pool, uint32_t lcore, void *packets[], unsigned n)
{
    lab_pool_put_used(pool, lcore, packets, n, 128);
}

/* Something of the program's own for each object, beside the pool. */
static void count_use(const struct lab_pool *pool, const void *object, unsigned uses[OBJECTS])
{
    uint32_t index;

    if (lab_pool_index(pool, object, &index) == 0)
        uses[index]++;
}

/* How full a pool is, and which way its gets and puts went. */
static void show(const struct lab_pool *pool)
{
    struct lab_pool_lcore_stats lcore;
    struct lab_pool_stats stats;

    lab_pool_stats(pool, &stats);
    printf("%u of %u free, %u in the stack\n", stats.free, stats.count, stats.stack);
    if (lab_pool_lcore_stats(pool, LAB_LCORE_ANY, &lcore) != 0)
        return; /* no thread without an id has come to its slow paths */
    for (unsigned i = 0; i < LAB_POOL_COUNTERS; i++)
        printf("  %s %llu\n", lab_pool_counter_name((enum lab_pool_counter)i),
               (unsigned long long)lcore.counter[i]);
}

/* Reports what has been crossed since *seen, and returns whether the pool is near its end. */
static bool is_pressed(struct lab_pool *pool, uint64_t *seen)
{
    enum lab_pressure pressure = lab_pool_pressure(pool); /* counts; for an idle thread */
    struct lab_pool_events events;

    if (lab_pool_sequence(pool) == *seen)
        return pressure != LAB_PRESSURE_NONE;
    *seen = lab_pool_sequence(pool);
    lab_pool_events(pool, &events);
    for (unsigned i = 0; i < LAB_CROSSINGS; i++)
        printf("%s: %llu times\n", lab_pool_crossing_name((enum lab_crossing)i),
               (unsigned long long)events.count[i]);
    printf("pressure: %s\n", lab_pool_pressure_name(pressure));
    return pressure != LAB_PRESSURE_NONE;
}

/* Makes a shared pool, and has a child find it and work with it. */
static int share(void)
{
    static void *kept[BURST];
    static unsigned uses[OBJECTS];
    char name[LAB_POOL_NAME_SIZE];
    struct lab_pool_options options = {.name = name,
                                       .count = OBJECTS,
                                       .reserve = BURST,
                                       .buffer_bytes = 2048,
                                       .node = LAB_NODE_ANY,
                                       .shared = true};
    struct lab_pool *pool;
    uint64_t seen = 0;
    int status = -1;
    pid_t child;

    snprintf(name, sizeof(name), "reference-%d", getpid());
    if (lab_pool_create(&options, &pool, NULL) != 0)
        return -1;
    child = fork();
    if (child == 0) {
        struct lab_pool *same = find(name);
        unsigned n;

        if (same == NULL)
            _exit(1);
        n = receive(same, LAB_LCORE_ANY, kept);
        count_use(same, kept[0], uses);
        free_short(same, LAB_LCORE_ANY, kept, n);
        show(same);
        is_pressed(same, &seen);
        _exit(n != BURST || lab_pool_destroy(same) != 0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        return -1;
    return lab_pool_destroy(pool);
}

int main(void)
{
    static uint64_t words[64];
    struct lab_pool *pool = pool_of_own(64);

    if (pool == NULL || fork_a_user(pool) != 0 || lab_pool_count(pool) != OBJECTS)
        return 1;
    if (!refill(pool, LAB_LCORE_ANY, words, NULL))
        return 1;
    for (unsigned i = 0; i < BURST; i++)
        lab_pool_put(pool, LAB_LCORE_ANY, (void *)(uintptr_t)words[i]);
    return share() == 0 ? 0 : 1;
}
