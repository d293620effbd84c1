/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Uses that real programs make of mempools, and what they see. The lines are the same with each
 * driver that behaves like DPDK's ring.
 *
 *     uses [EAL options] -- OPS USE...
 */

#include <pthread.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_memzone.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SIZE = 200,
    CACHE = 32,
    BYTES = 512,
    PRIVATE = 256,
    ROOM = 2048,
    BELOW = 4 << 20,
    SMALL_STACK = 24 << 10
};

static const char *ops;

static void fail(const char *what, int code)
{
    printf("%s: %s\n", what, rte_strerror(code));
    exit(1);
}

static struct rte_mempool *make_empty(const char *name, unsigned size, unsigned cache)
{
    struct rte_mempool *mp =
        rte_mempool_create_empty(name, size, BYTES, cache, PRIVATE, SOCKET_ID_ANY, 0);

    if (mp == NULL)
        return NULL;
    if (rte_mempool_set_ops_byname(mp, ops, NULL) != 0)
        fail("set_ops", ENOENT);
    return mp;
}

static struct rte_mempool *make(const char *name, unsigned size, unsigned cache)
{
    struct rte_mempool *mp = make_empty(name, size, cache);
    int rc = mp != NULL ? rte_mempool_populate_default(mp) : -rte_errno;

    if (rc >= 0)
        return mp;
    printf("%s: %s\n", name, rte_strerror(-rc));
    rte_mempool_free(mp);
    return NULL;
}

static struct rte_mempool *make_mbufs(const char *name, unsigned cache, uint16_t room)
{
    struct rte_mempool *mp =
        rte_pktmbuf_pool_create_by_ops(name, SIZE, cache, 24, room, SOCKET_ID_ANY, ops);

    if (mp == NULL)
        fail(name, rte_errno);
    return mp;
}

static void tell(const char *when, const struct rte_mempool *mp)
{
    printf("%s: %u free, %u in use, size %u, populated %u, full %d, cache_size %u\n", when,
           rte_mempool_avail_count(mp), rte_mempool_in_use_count(mp), mp->size, mp->populated_size,
           rte_mempool_full(mp), mp->cache_size);
}

/* Gets one by one what there is; returns how many. */
static unsigned drain(struct rte_mempool *mp, void **objects, unsigned max)
{
    unsigned n = 0;

    while (n < max && rte_mempool_get(mp, &objects[n]) == 0)
        n++;
    return n;
}

/* A program's bytes in the private area stay where it put them. */
static void use_private(void)
{
    for (unsigned cache = 0; cache <= CACHE; cache += CACHE) {
        struct rte_mempool *mp = make_empty("private", SIZE, cache);
        char *area = rte_mempool_get_priv(mp);
        unsigned bad = 0;

        memset(area, 0x5a, PRIVATE);
        if (rte_mempool_populate_default(mp) != SIZE)
            fail("populate", ENOMEM);
        for (int i = 0; i < PRIVATE; i++)
            bad += ((char *)rte_mempool_get_priv(mp))[i] != 0x5a;
        printf("moved %d, %u bytes differ\n", rte_mempool_get_priv(mp) != area, bad);
        tell("private", mp);
        rte_mempool_free(mp);
    }
}

static void look_at_mbuf(const struct rte_mbuf *m, unsigned ret_wrong[3])
{
    ret_wrong[0] += m->data_off != RTE_PKTMBUF_HEADROOM;
    ret_wrong[1] += m->buf_len != ROOM || rte_pktmbuf_tailroom(m) != ROOM - RTE_PKTMBUF_HEADROOM;
    ret_wrong[2] += rte_mbuf_refcnt_read(m) != 1 || m->next != NULL || m->nb_segs != 1;
}

/* Each mbuf is as new when it is got again, whatever was done to it. */
static void use_mbufs(void)
{
    for (unsigned cache = 0; cache <= CACHE; cache += CACHE) {
        struct rte_mempool *mp = make_mbufs("mbufs", cache, ROOM);
        struct rte_mbuf *m[SIZE];
        unsigned wrong[3] = {0};

        printf("data room %u, private size %u\n", rte_pktmbuf_data_room_size(mp),
               rte_pktmbuf_priv_size(mp));
        for (int round = 0; round < 3; round++) {
            if (rte_pktmbuf_alloc_bulk(mp, m, SIZE) != 0)
                fail("alloc_bulk", ENOBUFS);
            for (int i = 0; i < SIZE; i++) {
                look_at_mbuf(m[i], wrong);
                rte_pktmbuf_adj(m[i], (uint16_t)(rte_pktmbuf_append(m[i], 100) != NULL ? 64 : 0));
            }
            rte_pktmbuf_free_bulk(m, SIZE);
        }
        printf("wrong: offset %u, length %u, state %u\n", wrong[0], wrong[1], wrong[2]);
        tell("mbufs", mp);
        rte_mempool_free(mp);
    }
}

static void use_clones(void)
{
    struct rte_mempool *direct = make_mbufs("direct", CACHE, ROOM);
    struct rte_mempool *indirect = make_mbufs("indirect", CACHE, 0);
    struct rte_mbuf *m = rte_pktmbuf_alloc(direct), *clone[SIZE];

    for (int i = 0; i < SIZE; i++)
        clone[i] = rte_pktmbuf_clone(m, indirect);
    printf("a clone too many %d, references %u\n", rte_pktmbuf_clone(m, indirect) != NULL,
           rte_mbuf_refcnt_read(m));
    rte_pktmbuf_free(m);
    tell("cloned", direct);
    rte_pktmbuf_free_bulk(clone, SIZE);
    tell("direct", direct);
    tell("indirect", indirect);
    rte_mempool_free(direct);
    rte_mempool_free(indirect);
}

/* Mbufs whose data lies elsewhere for good. */
static void use_pinned(void)
{
    const struct rte_memzone *zone =
        rte_memzone_reserve("pinned", SIZE * ROOM, SOCKET_ID_ANY, RTE_MEMZONE_IOVA_CONTIG);
    struct rte_pktmbuf_extmem memory = {
        .buf_ptr = zone->addr, .buf_iova = zone->iova, .buf_len = SIZE * ROOM, .elt_size = ROOM};
    struct rte_mempool *indirect = make_mbufs("indirect", 0, 0);
    struct rte_mempool *mp =
        rte_pktmbuf_pool_create_extbuf("ext", SIZE, CACHE, 8, ROOM, SOCKET_ID_ANY, &memory, 1);
    struct rte_mbuf *m[SIZE], *clone;
    unsigned wrong[3] = {0}, unpinned = 0;

    if (mp == NULL)
        fail("extbuf", rte_errno);
    printf("data room %u\n", rte_pktmbuf_data_room_size(mp));
    for (int round = 0; round < 3; round++) {
        if (rte_pktmbuf_alloc_bulk(mp, m, SIZE) != 0)
            fail("alloc_bulk", ENOBUFS);
        for (int i = 0; i < SIZE; i++) {
            look_at_mbuf(m[i], wrong);
            unpinned += !RTE_MBUF_HAS_PINNED_EXTBUF(m[i]);
            (void)rte_pktmbuf_append(m[i], 100);
        }
        clone = rte_pktmbuf_clone(m[0], indirect);
        rte_pktmbuf_free_bulk(m, SIZE);
        tell("cloned", mp);
        rte_pktmbuf_free(clone);
        tell("freed", mp);
    }
    printf("wrong: offset %u, length %u, state %u, not pinned %u\n", wrong[0], wrong[1], wrong[2],
           unpinned);
    rte_mempool_free(mp);
    rte_mempool_free(indirect);
    rte_memzone_free(zone);
}

static void *put_all(void *argument)
{
    void **objects = argument;

    rte_mempool_put_bulk(rte_mempool_lookup("own"), objects, SIZE);
    return NULL;
}

/* The program makes the objects itself, and only enqueues them, as ODP's pools do. */
static void use_own_objects(void)
{
    struct rte_mempool *mp = make_empty("own", SIZE, 0);
    char *memory = rte_malloc(NULL, SIZE * 1024, 4096);
    void *objects[SIZE + 1];
    pthread_t thread;

    if (rte_mempool_get_ops(mp->ops_index)->alloc(mp) != 0)
        fail("alloc", ENOMEM);
    mp->flags |= RTE_MEMPOOL_F_POOL_CREATED;
    mp->populated_size = SIZE;
    for (int i = 0; i < SIZE; i++) {
        objects[0] = memory + (size_t)i * 1024;
        if (rte_mempool_ops_enqueue_bulk(mp, objects, 1) != 0)
            fail("enqueue", EINVAL);
    }
    tell("enqueued", mp);
    for (int round = 0; round < 3; round++) {
        printf("got %u of %d\n", drain(mp, objects, SIZE + 1), SIZE);
        pthread_create(&thread, NULL, put_all, objects); /* without an lcore id */
        pthread_join(thread, NULL);
        tell("put by another thread", mp);
    }
    rte_mempool_free(mp);
    rte_free(memory);
}

/* Memory comes in pieces, the last one while objects are out. */
static void use_pieces(void)
{
    struct rte_mempool *mp = make_empty("pieces", SIZE, CACHE);
    unsigned held = 0, more;
    void *objects[SIZE + 1];

    for (int piece = 0; piece < 3; piece++) {
        size_t bytes = 48 * 1024;
        char *memory = rte_malloc(NULL, bytes, 4096);

        if (rte_mempool_populate_virt(mp, memory, bytes, 4096, NULL, NULL) <= 0)
            fail("populate_virt", ENOMEM);
        tell("piece", mp);
        held += drain(mp, objects + held, 10);
    }
    rte_mempool_put_bulk(mp, objects, held);
    more = drain(mp, objects, SIZE + 1);
    printf("all that there are: %d\n", more == mp->populated_size);
    rte_mempool_put_bulk(mp, objects, more);
    tell("put", mp);
    rte_mempool_free(mp);
}

/* Memory ends half-way: what was populated is taken out again, and the mempool has other memory, or
 * is given up. */
static void use_too_little(void)
{
    size_t bytes = 256 * 1024;

    for (int round = 0; round < 2; round++) {
        struct rte_mempool *mp =
            rte_mempool_create_empty("large", 60000, 4096, CACHE, 0, SOCKET_ID_ANY, 0);
        void *objects[SIZE];
        unsigned n;

        if (mp == NULL || rte_mempool_set_ops_byname(mp, ops, NULL) != 0)
            fail("large", ENOMEM);
        printf("populate: %s\n", rte_strerror(-rte_mempool_populate_default(mp)));
        for (int put = 0; round == 1 && put < 3; put++) {
            if (put == 0 && rte_mempool_populate_virt(mp, rte_malloc(NULL, bytes, 4096), bytes,
                                                      4096, NULL, NULL) <= 0)
                fail("populate_virt", ENOMEM);
            n = drain(mp, objects, SIZE);
            rte_mempool_put_bulk(mp, objects, n);
            tell("put", mp);
        }
        rte_mempool_free(mp);
    }
}

static void use_small(void)
{
    static const unsigned sizes[] = {1, 2, 3, 7, 100};
    void *objects[101];

    for (size_t i = 0; i < RTE_DIM(sizes); i++) {
        unsigned size = sizes[i];
        struct rte_mempool *mp = make("small", size, 0);

        printf("one too many %d, all %d, ", rte_mempool_get_bulk(mp, objects, size + 1),
               rte_mempool_get_bulk(mp, objects, size));
        printf("one more %d\n", rte_mempool_get(mp, &objects[size]));
        tell("held", mp);
        rte_mempool_put_bulk(mp, objects, size);
        for (unsigned k = 0; k < 3 * size; k++) {
            if (rte_mempool_get_bulk(mp, objects, size) != 0)
                fail("get_bulk", ENOBUFS);
            rte_mempool_put_bulk(mp, objects, size);
        }
        tell("put", mp);
        rte_mempool_free(mp);
    }
}

/* A cache of the program's own keeps what it is given, whatever becomes of DPDK's. */
static void use_own_cache(void)
{
    struct rte_mempool_cache *cache = rte_mempool_cache_create(CACHE, SOCKET_ID_ANY);
    struct rte_mempool *mp = make("cached", SIZE, CACHE);
    void *objects[SIZE];

    printf("get %d", rte_mempool_generic_get(mp, objects, 40, cache));
    printf(", keeps %d", cache->len > 0);
    rte_mempool_generic_put(mp, objects, 40, cache);
    printf(", keeps %d\n", cache->len > 0);
    rte_mempool_cache_flush(cache, mp);
    rte_mempool_cache_flush(NULL, mp);
    tell("flushed", mp);
    rte_mempool_cache_free(cache);
    rte_mempool_free(mp);
}

static void use_names(void)
{
    static const char *const names[] = {"",
                                        "a b",
                                        "a,b",
                                        "a\"b",
                                        "a/b",
                                        "a%sb",
                                        "a\\b",
                                        "\xc3\xa9",
                                        "\xff\xfe",
                                        "25 characters, as allowed",
                                        "26 characters: one too many"};

    for (size_t i = 0; i < RTE_DIM(names); i++) {
        struct rte_mempool *mp = make(names[i], 8, 0);

        printf("%zu: %s, found %d\n", i, mp != NULL ? "made" : "refused",
               mp != NULL && rte_mempool_lookup(names[i]) == mp);
        rte_mempool_free(mp);
    }
}

/* A child that ends has nothing to do with what its parent holds. */
static void use_fork(void)
{
    struct rte_mempool *mp = make("forked", SIZE, 0);
    void *objects[10];
    int status;
    pid_t child;

    if (rte_mempool_get_bulk(mp, objects, 10) != 0)
        fail("get_bulk", ENOBUFS);
    fflush(stdout);
    child = fork();
    if (child == 0)
        exit(3);
    waitpid(child, &status, 0);
    printf("the child's status: %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    tell("held", mp);
    rte_mempool_put_bulk(mp, objects, 10);
    tell("put", mp);
    rte_mempool_free(mp);
}

/* One that frees what its parent made, and does not use any more. */
static void use_fork_that_frees(void)
{
    struct rte_mempool *mp = make("freed by a child", SIZE, 0);
    int status;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        rte_mempool_free(mp);
        exit(3);
    }
    waitpid(child, &status, 0);
    printf("the child's status: %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    fflush(stdout);
    sleep(2); /* reclaim=auto looks once a second */
    exit(0);  /* without rte_eal_cleanup(), which would take the memory away */
}

/* One that makes its own, beside its parent's, and whose own child dies with what it holds. */
static void use_fork_that_reclaims(void)
{
    struct rte_mempool *mp = make("of the parent", SIZE, 0);
    int status;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        struct rte_mempool *own = make("of the child", SIZE, 0);
        void *objects[10];

        if (fork() == 0)
            _exit(rte_mempool_get_bulk(own, objects, 10));
        wait(&status);
        for (int i = 0; i < 1200 && rte_mempool_avail_count(own) < SIZE; i++)
            usleep(100000);
        tell("reclaimed", own);
        fflush(stdout);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    waitpid(child, &status, 0);
    printf("the child's status: %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    rte_mempool_free(mp);
}

/* All of a mempool's life in a thread that has little stack; or a mistake there. */
static void *live(void *is_mistaken)
{
    struct rte_mempool *mp = make("small stack", SIZE, 0);
    void *objects[8];

    for (int i = 0; i < 3; i++) {
        if (rte_mempool_get_bulk(mp, objects, 8) != 0)
            fail("get_bulk", ENOBUFS);
        rte_mempool_put_bulk(mp, objects, 8);
    }
    if (is_mistaken != NULL)
        rte_mempool_put(mp, objects[0]);
    tell("put", mp);
    rte_mempool_free(mp);
    return NULL;
}

/* The memory below may not be touched: a large frame might step over a page or two. */
static void run_below(void *is_mistaken)
{
    char *below = mmap(NULL, 2 * BELOW, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t attributes;
    pthread_t thread;

    if (below == MAP_FAILED || mprotect(below + BELOW, SMALL_STACK, PROT_READ | PROT_WRITE) != 0)
        fail("mmap", ENOMEM);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, below + BELOW, SMALL_STACK);
    if (pthread_create(&thread, &attributes, live, is_mistaken) != 0)
        fail("pthread_create", EAGAIN);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    munmap(below, 2 * BELOW);
}

static void use_small_stack(void)
{
    run_below(NULL);
}

static void use_small_stack_wrongly(void)
{
    run_below(&(bool){true});
}

/* Not a use, but a mistake: of another pool's objects, put by a thread whose puts are looked at. */
static void use_foreign(void)
{
    struct rte_mempool *mp = make("own", SIZE, 0);
    void *objects[SIZE];

    for (int i = 0; i < SIZE; i++)
        objects[i] = &objects[i];
    put_all(objects);
    rte_mempool_free(mp);
}

/* Nor this: mempools of which each lacks one object at the end. Two names are no ASCII, and one is
 * no UTF-8. */
static void use_leaks(void)
{
    for (int i = 0; i < 100; i++) {
        char name[16];
        void *object;

        snprintf(name, sizeof(name), "leak%d%s", i, i == 98 ? "\xc3\xa9" : i == 99 ? "\xe9" : "");
        if (rte_mempool_get(make(name, 8, 0), &object) != 0)
            fail("get", ENOBUFS);
    }
    fflush(stdout);
    exit(0); /* without rte_eal_cleanup(), which would take the records away */
}

static const struct {
    const char *name;
    void (*run)(void);
} uses[] = {
    {"private", use_private},
    {"mbufs", use_mbufs},
    {"clones", use_clones},
    {"pinned", use_pinned},
    {"own_objects", use_own_objects},
    {"pieces", use_pieces},
    {"too_little", use_too_little},
    {"small", use_small},
    {"own_cache", use_own_cache},
    {"names", use_names},
    {"fork", use_fork},
    {"small_stack", use_small_stack},
    {"small_stack_wrongly", use_small_stack_wrongly},
    {"fork_that_frees", use_fork_that_frees},
    {"fork_that_reclaims", use_fork_that_reclaims},
    {"foreign", use_foreign},
    {"leaks", use_leaks},
};

int main(int argc, char **argv)
{
    int used = rte_eal_init(argc, argv);

    if (used < 0 || argc - used < 3)
        return 2;
    ops = argv[used + 1];
    if (rte_mbuf_set_user_mempool_ops(ops) != 0)
        return 2;
    for (int use = used + 2; use < argc; use++)
        for (size_t i = 0; i < RTE_DIM(uses); i++)
            if (strcmp(uses[i].name, argv[use]) == 0) {
                printf("use: %s\n", uses[i].name);
                uses[i].run();
            }
    return rte_eal_cleanup() == 0 ? 0 : 1;
}
