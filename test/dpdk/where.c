/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A program that has its mbufs in all the places where programs have them, and loses some. It links
 * DPDK alone, and knows nothing of who looks for them.
 *
 *     where [EAL options] -- OPS
 *
 * Each line of its input is "PLACE N": N more mbufs go there. It answers "ok", or "error". */

#include <inttypes.h>
#include <pthread.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_hash.h>
#include <rte_jhash.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_mempool.h>
#include <rte_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MBUFS 8191u
#define MOST 1024u
#define BURST 32u

static struct rte_mempool *pool;

/* Not static: the compiler would leave out what nobody reads. */
struct rte_mbuf *in_table[MOST], **in_heap[MOST], **in_large_block, **in_sessions;
__thread struct rte_mbuf *in_thread[MOST];
const char *in_data[MOST];
uint32_t in_indices[MOST];
uint64_t in_offsets[MOST], in_tags[MOST], in_high_bits[MOST], in_links[MOST];
static unsigned used_table, used_thread, used_indices, used_offsets, used_tags, used_high_bits;
static volatile int stop;

static __rte_noinline struct rte_mbuf *get(void)
{
    struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

    if (mbuf == NULL) {
        printf("error: the pool is empty\n");
        exit(1);
    }
    memset(rte_pktmbuf_append(mbuf, 98), 0, 98);
    return mbuf;
}

/* Wipes what calls leave on the stack. */
static __rte_noinline void wipe(void)
{
    char room[16384];

    memset(room, 0, sizeof(room));
    __asm__ volatile("" : : "r"(room) : "memory");
}

static void to_table(void)
{
    in_table[used_table++] = get();
}

static void to_thread(void)
{
    in_thread[used_thread++] = get();
}

static void to_heap(void)
{
    static unsigned n;

    in_heap[n] = calloc(4, sizeof(void *));
    in_heap[n++][1] = get();
}

static void to_large_block(void)
{
    static unsigned n;

    if (in_large_block == NULL)
        in_large_block = calloc(1, 1 << 20);
    in_large_block[n++] = get();
}

static void to_rte_malloc(void)
{
    static unsigned n;

    if (in_sessions == NULL)
        in_sessions = rte_zmalloc("sessions", MOST * sizeof(*in_sessions), 64);
    in_sessions[n++] = get();
}

static struct rte_ring *ring_of(const char *name)
{
    struct rte_ring *ring = rte_ring_lookup(name);

    return ring != NULL ? ring : rte_ring_create(name, MOST, SOCKET_ID_ANY, 0);
}

static void to_ring(void)
{
    (void)rte_ring_enqueue(ring_of("waiting"), get());
}

/* An mbuf that was in a ring, and is lost now: the ring's slots still have it. */
static void through_ring(void)
{
    void *mbuf;

    (void)rte_ring_enqueue(ring_of("passed"), get());
    (void)rte_ring_dequeue(ring_of("passed"), &mbuf);
}

static void to_hash(void)
{
    static struct rte_hash *hash;
    static uint32_t key;
    const struct rte_hash_parameters parameters = {
        .name = "flows",
        .entries = MOST,
        .key_len = sizeof(key),
        .hash_func = rte_jhash,
        .socket_id = SOCKET_ID_ANY,
    };

    if (hash == NULL)
        hash = rte_hash_create(&parameters);
    key++;
    (void)rte_hash_add_key_data(hash, &key, get());
}

static __rte_noinline void *keep_on_stack(void *ready)
{
    struct rte_mbuf *mbufs[10];

    for (unsigned i = 0; i < 10; i++)
        mbufs[i] = get();
    __asm__ volatile("" : : "r"(mbufs) : "memory");
    *(volatile int *)ready = 1;
    while (!stop) {
        usleep(1000);
        __asm__ volatile("" : : "r"(mbufs) : "memory");
    }
    return NULL;
}

static __rte_noinline void *keep_in_register(void *ready)
{
    register struct rte_mbuf *mbuf __asm__("r12") = get();

    wipe();
    *(volatile int *)ready = 1;
    while (!stop)
        __asm__ volatile("pause" : "+r"(mbuf));
    return NULL;
}

static void start(void *(*run)(void *ready), const char *name)
{
    volatile int ready = 0;
    pthread_t thread;

    if (pthread_create(&thread, NULL, run, (void *)(uintptr_t)&ready) != 0)
        exit(1);
    (void)pthread_setname_np(thread, name);
    while (ready == 0)
        usleep(1000);
}

/* Of ten mbufs each. */
static void to_stack(void)
{
    start(keep_on_stack, "keeper");
}

static void to_register(void)
{
    start(keep_in_register, "spinner");
}

/* A list of which each link is the exclusive or of both neighbours. */
static void to_xor_list(void)
{
    static uint64_t last;
    static unsigned n;
    uint64_t address = (uint64_t)(uintptr_t)get();

    in_links[n++] = last ^ address ^ UINT64_C(0x5555555555555555);
    last = address ^ UINT64_C(0x5555555555555555);
}

static void to_indices(void)
{
    in_indices[used_indices++] = (uint32_t)((uintptr_t)get() >> 6);
}

static void to_offsets(void)
{
    in_offsets[used_offsets++] = (uintptr_t)get() - (uintptr_t)pool;
}

static void to_tags(void)
{
    in_tags[used_tags++] = (uintptr_t)get() | 5;
}

static void to_high_bits(void)
{
    in_high_bits[used_high_bits++] = (uintptr_t)get() | UINT64_C(0xbeef) << 48;
}

static void to_data(void)
{
    static unsigned n;
    struct rte_mbuf *mbuf = get(); /* the macro would get two */

    in_data[n++] = rte_pktmbuf_mtod(mbuf, const char *);
}

/* Of two segments each; the first is in a table. */
static void to_chain(void)
{
    struct rte_mbuf *mbuf = get();

    (void)rte_pktmbuf_chain(mbuf, get());
    in_table[used_table++] = mbuf;
}

/* An indirect one in a table, and the direct one of it. */
static void to_clone(void)
{
    struct rte_mbuf *mbuf = get();

    in_table[used_table++] = rte_pktmbuf_clone(mbuf, pool);
    rte_pktmbuf_free(mbuf); /* one of two references */
}

static void lose(void)
{
    (void)get();
}

static void lose_chain(void)
{
    struct rte_mbuf *mbuf = get();

    (void)rte_pktmbuf_chain(mbuf, get());
}

static void lose_clone(void)
{
    struct rte_mbuf *mbuf = get();

    (void)rte_pktmbuf_clone(mbuf, pool);
    rte_pktmbuf_free(mbuf);
}

/* One through a cache that the program makes for itself, and that its first get fills. */
static void *get_by_cache(struct rte_mempool_cache **cache)
{
    void *mbuf;

    if (*cache == NULL)
        *cache = rte_mempool_cache_create(64, SOCKET_ID_ANY);
    if (*cache == NULL || rte_mempool_generic_get(pool, &mbuf, 1, *cache) != 0)
        exit(1);
    return mbuf;
}

/* A cache of the program's, in which some are. */
static void to_own_cache(void)
{
    static struct rte_mempool_cache *cache;
    void *mbuf = get_by_cache(&cache);

    rte_mempool_generic_put(pool, &mbuf, 1, cache);
}

/* Lost from such a cache, in which its address stays, behind the length. */
static void lose_from_own_cache(void)
{
    static struct rte_mempool_cache *cache;

    (void)get_by_cache(&cache);
}

static void to_nobody(void)
{
    rte_pktmbuf_free(get());
}

static void open_port(void)
{
    const struct rte_eth_conf conf = {.rxmode = {.mtu = 0}};

    if (rte_eth_dev_configure(0, 1, 1, &conf) != 0 ||
        rte_eth_rx_queue_setup(0, 0, 256, SOCKET_ID_ANY, NULL, pool) != 0 ||
        rte_eth_tx_queue_setup(0, 0, 256, SOCKET_ID_ANY, NULL) != 0 || rte_eth_dev_start(0) != 0)
        exit(1);
}

/* Received, and lost; 32 each. */
static void open_once(void)
{
    static bool is_open;

    if (!is_open)
        open_port();
    is_open = true;
}

static __rte_noinline void lose_received(void)
{
    struct rte_mbuf *mbufs[BURST];
    unsigned n = 0;

    open_once();
    while (n < BURST)
        n += rte_eth_rx_burst(0, 0, mbufs + n, (uint16_t)(BURST - n));
}

static void free_received(void)
{
    struct rte_mbuf *mbufs[BURST];

    open_once();
    rte_pktmbuf_free_bulk(mbufs, rte_eth_rx_burst(0, 0, mbufs, BURST));
}

/* Sent, and lost all the same: with a reference that nobody gives back. */
static __rte_noinline void lose_sent(void)
{
    struct rte_mbuf *mbuf = get();

    open_once();
    rte_mbuf_refcnt_update(mbuf, 1);
    while (rte_eth_tx_burst(0, 0, &mbuf, 1) == 0)
        ;
}

/* As in a DPDK with RTE_MBUF_HISTORY_DEBUG: the place of the field, and marks in it. */
int rte_mbuf_history_field_offset = -1;

static void lose_with_history(void)
{
    const struct rte_mbuf_dynfield field = {
        .name = "history", .size = sizeof(uint64_t), .align = sizeof(uint64_t)};

    if (rte_mbuf_history_field_offset < 0)
        rte_mbuf_history_field_offset = rte_mbuf_dynfield_register(&field);
    *RTE_MBUF_DYNFIELD(get(), rte_mbuf_history_field_offset, uint64_t *) = 0x357b;
}

/* A program at work: one thread gets and passes on through a ring; another keeps what comes for a
 * while in a table on the heap, in places that change. */

#define KEPT 2048u

static void *get_and_pass(void *ready)
{
    struct rte_ring *ring = ring_of("load");
    struct rte_mbuf *mbufs[BURST];

    *(volatile int *)ready = 1;
    while (!stop) {
        unsigned n = 0;

        if (rte_pktmbuf_alloc_bulk(pool, mbufs, BURST) != 0)
            continue;
        while (!stop && n < BURST)
            n += rte_ring_enqueue_burst(ring, (void **)(mbufs + n), BURST - n, NULL);
    }
    return NULL;
}

static void *keep_for_a_while(void *ready)
{
    struct rte_mbuf **kept = calloc(KEPT, sizeof(*kept)), *mbufs[BURST];
    struct rte_ring *ring = ring_of("load");
    uint32_t seed = 1;

    *(volatile int *)ready = 1;
    while (!stop) {
        unsigned n = rte_ring_dequeue_burst(ring, (void **)mbufs, BURST, NULL);

        for (unsigned i = 0; i < n; i++) {
            uint32_t at = (seed = seed * 1664525u + 1013904223u) >> 16 & (KEPT - 1);
            struct rte_mbuf *old = kept[at];

            kept[at] = mbufs[i];
            if (old != NULL && (seed & 1024) != 0) { /* moves on to another place */
                mbufs[i] = kept[(at + 1) & (KEPT - 1)];
                kept[(at + 1) & (KEPT - 1)] = old;
                old = mbufs[i];
            }
            rte_pktmbuf_free(old);
        }
    }
    return NULL;
}

static void load(void)
{
    (void)ring_of("load");
    start(get_and_pass, "getter");
    start(keep_for_a_while, "keeper");
}

/* A MiB of memory that is not zero. */
static void more_memory(void)
{
    static unsigned char *last;
    unsigned char *memory = malloc(1 << 20);

    memset(memory, 0x5a, 1 << 20);
    memcpy(memory, &last, sizeof(last));
    last = memory;
}

static const struct place {
    const char *name;
    void (*put)(void);
} places[] = {
    {"table", to_table},
    {"thread", to_thread},
    {"heap", to_heap},
    {"large", to_large_block},
    {"rte_malloc", to_rte_malloc},
    {"ring", to_ring},
    {"passed", through_ring},
    {"hash", to_hash},
    {"stack", to_stack},
    {"register", to_register},
    {"xor", to_xor_list},
    {"index", to_indices},
    {"offset", to_offsets},
    {"tag", to_tags},
    {"high", to_high_bits},
    {"data", to_data},
    {"chain", to_chain},
    {"clone", to_clone},
    {"lose", lose},
    {"lose_chain", lose_chain},
    {"lose_clone", lose_clone},
    {"free", to_nobody},
    {"own_cache", to_own_cache},
    {"lose_from_own_cache", lose_from_own_cache},
    {"lose_received", lose_received},
    {"lose_sent", lose_sent},
    {"lose_with_history", lose_with_history},
    {"free_received", free_received},
    {"load", load},
    {"memory", more_memory},
};

static bool obey(const char *name, unsigned n)
{
    for (unsigned i = 0; i < RTE_DIM(places); i++) {
        if (strcmp(places[i].name, name) != 0)
            continue;
        while (n-- > 0)
            places[i].put();
        wipe();
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    int used = rte_eal_init(argc, argv);
    char line[64], name[32];
    unsigned n;

    if (used < 0 || argc - used != 2)
        return 2;
    if (rte_eal_process_type() == RTE_PROC_PRIMARY)
        pool = rte_pktmbuf_pool_create_by_ops("packets", MBUFS, 32, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                              SOCKET_ID_ANY, argv[used + 1]);
    else
        pool = rte_mempool_lookup("packets");
    if (pool == NULL)
        return 1;
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        printf("%s\n", sscanf(line, "%31s %u", name, &n) == 2 && obey(name, n) ? "ok" : "error");
        fflush(stdout);
    }
    stop = 1;
    return 0;
}
