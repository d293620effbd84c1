/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A DPDK program with every mistake that one can make with an mbuf, each in a function of its own.
 * It links DPDK alone, and knows nothing of who finds them.
 *
 *     leaky [EAL options] -- MISTAKE TIMES
 *
 * MISTAKE is leak, double, foreign, inside, write, or none. Between mistakes it does honest work.
 * In the end it waits until its input ends. With trickle, it loses one packet of TIMES until there
 * are no more. A line that a report must name has a comment that says so.
 */

#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MBUFS 8191u
#define MANY_MBUFS 65535u /* of SMALL_BYTES */
#define SMALL_BYTES 256
#define HELD 256u

static struct rte_mempool *pool;
static struct rte_mbuf *held[HELD];
static unsigned int held_count;
static uint32_t seed = 1;

/* Functions of a program are not always inlined, nor kept apart by their arguments. */
#ifdef __clang__
#define OWN __attribute__((noinline)) /* makes no clones */
#else
#define OWN __attribute__((noinline, noclone))
#endif

static uint32_t next_random(void)
{
    return seed = seed * 1664525u + 1013904223u;
}

static OWN struct rte_mbuf *receive(void)
{
    struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* line: receive */

    if (m != NULL)
        (void)rte_pktmbuf_append(m, 60);
    return m;
}

/* A call that comes last in a function may be made a jump, which no return address shows. So this
 * is counted after it. */
static volatile unsigned int calls;

static OWN void transmit(struct rte_mbuf *m)
{
    rte_pktmbuf_free(m); /* line: transmit */
    calls++;
}

static OWN void work(void)
{
    for (unsigned int n = next_random() >> 16 & 63; n > 0; n--) {
        if ((next_random() >> 16 & 1) != 0 && held_count < HELD)
            held[held_count++] = receive();
        else if (held_count > 0)
            transmit(held[--held_count]);
    }
}

static OWN void forget(void)
{
    struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* line: forget */

    RTE_SET_USED(m);
    calls++;
}

static OWN void free_twice(struct rte_mbuf *m)
{
    transmit(m);
    rte_pktmbuf_free(m); /* line: free_twice */
    calls++;
}

static OWN void free_foreign(void)
{
    static struct rte_mbuf mine;

    rte_mempool_put(pool, &mine); /* line: free_foreign */
    calls++;
}

static OWN void free_inside(struct rte_mbuf *m)
{
    rte_mempool_put(pool, rte_pktmbuf_mtod(m, void *)); /* line: free_inside */
    transmit(m);
}

static OWN void write_late(struct rte_mbuf *m)
{
    char *data = rte_pktmbuf_mtod(m, char *);

    transmit(m);
    data[next_random() >> 16 & 1023] ^= 1;
}

static bool mistake(const char *which)
{
    if (strcmp(which, "leak") == 0)
        forget();
    else if (strcmp(which, "double") == 0)
        free_twice(receive());
    else if (strcmp(which, "foreign") == 0)
        free_foreign();
    else if (strcmp(which, "inside") == 0)
        free_inside(receive());
    else if (strcmp(which, "write") == 0)
        write_late(receive());
    else
        return strcmp(which, "none") == 0;
    return true;
}

static void trickle(unsigned long lost_of)
{
    struct rte_mbuf *m;

    for (unsigned long packets = 1; (m = receive()) != NULL; packets++) {
        transmit(m);
        if (packets % lost_of == 0)
            forget();
    }
}

static void wait_for_the_end(void)
{
    printf("done\n");
    fflush(stdout);
    while (getchar() != EOF)
        ;
}

/* The next to receive finds what was written late. */
static OWN void receive_all(void)
{
    struct rte_mbuf *all[MBUFS];
    unsigned int n = 0;

    while (n < MBUFS && (all[n] = receive()) != NULL)
        n++;
    while (n > 0)
        transmit(all[--n]);
}

int main(int argc, char **argv)
{
    int used = rte_eal_init(argc, argv);
    unsigned long times;

    if (used < 0 || argc - used != 3)
        return 2;
    times = strtoul(argv[used + 2], NULL, 10);
    if (strcmp(argv[used + 1], "trickle") == 0)
        pool = rte_pktmbuf_pool_create("packets", MANY_MBUFS, 250, 0, SMALL_BYTES, SOCKET_ID_ANY);
    else if (rte_eal_process_type() == RTE_PROC_PRIMARY)
        pool = rte_pktmbuf_pool_create("packets", MBUFS, 250, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                       SOCKET_ID_ANY);
    else
        pool = rte_mempool_lookup("packets");
    if (pool == NULL)
        return 1;
    if (strcmp(argv[used + 1], "trickle") == 0) {
        trickle(times);
        wait_for_the_end();
        return 0;
    }
    for (unsigned long i = 0; i < times; i++) {
        work();
        if (!mistake(argv[used + 1]))
            return 2;
        if (i % 64 == 0)
            receive_all();
    }
    receive_all();
    while (held_count > 0)
        transmit(held[--held_count]);
    wait_for_the_end();
    if (rte_eal_process_type() == RTE_PROC_PRIMARY)
        rte_mempool_free(pool);
    return 0;
}
