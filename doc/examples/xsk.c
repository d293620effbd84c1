/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* AF_XDP sockets, whose frames are the buffers of one pool, in any number of processes:
 *
 *     cc xsk.c $(pkg-config --cflags --libs libxdp labyrinth) -o xsk
 *     ./xsk eth0 eth1   what comes in at one goes out at the other; one lcore for each
 *     ./xsk             says who holds what, and takes back what a dead process held */

#include <labyrinth.h>
#include <labyrinth_xsk.h>
#include <linux/if_link.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { PORTS = 2, BURST = 32, RING = 512, FRAME = 4096, FRAMES = 4095 };

static struct lab_pool *pool;
static _Atomic int stopped;

/* The lcore of that number has its fill and rx rings, and the other one its tx and completions. */
static struct port {
    struct xsk_socket *socket;
    struct xsk_ring_prod fill, tx;
    struct xsk_ring_cons rx, completion;
} ports[PORTS];

/* Moves as many frames to the other port as that has room for, and copies nothing. */
static void forward(struct port *in, struct port *out)
{
    uint32_t room = xsk_prod_nb_free(&out->tx, BURST), from = 0, to = 0;
    uint32_t n = xsk_ring_cons__peek(&in->rx, room < BURST ? room : BURST, &from);

    (void)xsk_ring_prod__reserve(&out->tx, n, &to);
    for (uint32_t i = 0; i < n; i++) /* here a program looks at packets, or changes them */
        *xsk_ring_prod__tx_desc(&out->tx, to + i) = *xsk_ring_cons__rx_desc(&in->rx, from + i);
    xsk_ring_cons__release(&in->rx, n);
    xsk_ring_prod__submit(&out->tx, n);
    (void)sendto(xsk_socket__fd(out->socket), NULL, 0, MSG_DONTWAIT, NULL, 0);
}

static void *serve(void *argument)
{
    struct port *in = argument, *out = &ports[in == ports];
    struct pollfd ready = {.fd = xsk_socket__fd(in->socket), .events = POLLIN};
    uint32_t lcore = (uint32_t)(in - ports);

    while (stopped == 0) {
        while (lab_xsk_fill(pool, lcore, &in->fill, BURST, lcore) == 0)
            ;
        (void)poll(&ready, 1, 10); /* ms; a program with CPUs of its own does without */
        forward(in, out);
        (void)lab_xsk_complete(pool, lcore, &out->completion);
    }
    return NULL;
}

static int take_back(uint64_t process, uint32_t lcore)
{
    const struct lab_pool_holder gone = {process, lcore};
    struct lab_pool_reclaimed reclaimed;

    return lab_pool_reclaim(pool, LAB_LCORE_ANY, &gone, NULL, NULL, &reclaimed, NULL);
}

/* Nothing is taken from a process that lives. The kernel closes the sockets of one that ends before
 * that counts as ended: it copies nothing any more into what its device queues held. */
static void look_at_holders(void)
{
    struct lab_audit_group held[LAB_AUDIT_GROUPS_MAX];
    unsigned n = lab_pool_groups(pool, 0, NULL, held, LAB_AUDIT_GROUPS_MAX, NULL);

    printf("%u of %u free\n", lab_pool_count(pool), FRAMES);
    for (unsigned i = 0; i < n; i++) {
        const struct lab_audit_actor *by = &held[i].holder;

        printf("  process %u, %s %u: %u\n", (unsigned)(by->process >> 42),
               by->device ? "device queue" : "lcore", by->lcore, (unsigned)held[i].count);
        if (take_back(by->process, LAB_LCORE_ANY) == 0 && by->device)
            (void)take_back(by->process, LAB_POOL_DEVICE(by->lcore));
    }
    (void)fflush(stdout);
}

/* The pool that another process has made, or a new one. */
static int find_pool(struct lab_error *error)
{
    const struct lab_pool_options options = {
        .name = "frames",
        .count = FRAMES,
        .reserve = PORTS * RING,
        .shared = true,
        .audit = {.level = LAB_AUDIT_FULL, .stated = true},
        .buffer_bytes = FRAME,
        .align = FRAME,
        .node = LAB_NODE_ANY,
    };
    int rc = lab_pool_attach(options.name, &pool, error);

    return rc == -ENOENT ? lab_pool_create(&options, &pool, error) : rc;
}

static int open_ports(char **names, struct xsk_umem **ret_umem)
{
    const struct xsk_umem_config umem = {RING, RING, FRAME, 0, 0};
    const struct xsk_socket_config how = {RING, RING, {0}, XDP_FLAGS_SKB_MODE, XDP_COPY};
    size_t bytes = 0;
    void *frames = lab_pool_buffers(pool, &bytes);
    int rc = xsk_umem__create(ret_umem, frames, bytes, &ports->fill, &ports->completion, &umem);

    for (struct port *p = ports; p < ports + PORTS && rc == 0; p++)
        rc = xsk_socket__create_shared(&p->socket, names[p - ports], 0, *ret_umem, &p->rx, &p->tx,
                                       &p->fill, &p->completion, &how);
    return rc;
}

int main(int argc, char **argv)
{
    struct lab_error error = {0};
    struct xsk_umem *umem = NULL;
    unsigned used = argc > PORTS ? PORTS : 0;
    pthread_t threads[PORTS];
    sigset_t end;
    int rc = find_pool(&error);

    if (rc == 0 && used != 0)
        rc = open_ports(argv + 1, &umem);
    if (rc != 0) {
        fprintf(stderr, "%s (%s)\n", error.message, strerror(-rc));
        return 1;
    }
    (void)sigemptyset(&end);
    (void)sigaddset(&end, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &end, NULL);
    for (unsigned i = 0; i < used; i++)
        (void)pthread_create(&threads[i], NULL, serve, &ports[i]);
    while (sigtimedwait(&end, NULL, &(struct timespec){.tv_sec = 1}) < 0)
        look_at_holders();
    stopped = 1;
    for (unsigned i = 0; i < used; i++)
        (void)pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < used; i++)
        xsk_socket__delete(ports[i].socket); /* what they have, another process takes back */
    return xsk_umem__delete(umem) == 0 ? 0 : 1;
}
