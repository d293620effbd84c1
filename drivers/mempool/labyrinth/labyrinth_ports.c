/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Callbacks on all queues of all ports. librte_ethdev is not linked: a program without ports need
 * not have it. */

#include "labyrinth_ports.h"

#include <dlfcn.h>
#include <pthread.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <signal.h>
#include <unistd.h>

#include "labyrinth_driver.h"

#define LOOK_EVERY_US 200000

static struct {
    __typeof__(&rte_eth_dev_is_valid_port) is_valid_port;
    __typeof__(&rte_eth_dev_callback_register) callback_register;
    __typeof__(&rte_eth_add_rx_callback) add_rx;
    __typeof__(&rte_eth_add_tx_callback) add_tx;
} ethdev;

static int offset; /* of the field */

/* A port that goes takes its queues along. The lock is held while callbacks are added, and its end
 * waits for that. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    bool is_there;
    uint16_t rx, tx; /* queues that have callbacks: these stay when the port goes */
} ports[RTE_MAX_ETHPORTS];

uint32_t labyrinth_ports_now(void)
{
    return (uint32_t)(rte_rdtsc() / (rte_get_tsc_hz() / 100 + 1));
}

/* The queue's callbacks */

static uint64_t note_of(enum labyrinth_port_event kind, uint16_t port, uint16_t queue)
{
    return (uint64_t)kind << LABYRINTH_PORTS_KIND_SHIFT |
           (uint64_t)(queue & LABYRINTH_PORTS_QUEUE_MASK) << LABYRINTH_PORTS_QUEUE_SHIFT |
           LABYRINTH_PORTS_NO_ADDRESS |
           (uint64_t)(port & LABYRINTH_PORTS_PORT_MASK) << LABYRINTH_PORTS_PORT_SHIFT |
           labyrinth_ports_now();
}

static void mark(struct rte_mbuf *const mbufs[], uint16_t n, uint64_t note)
{
    for (uint16_t i = 0; i < n; i++)
        for (struct rte_mbuf *m = mbufs[i]; m != NULL; m = m->next)
            *RTE_MBUF_DYNFIELD(m, offset, uint64_t *) = note;
}

static uint16_t on_received(uint16_t port, uint16_t queue, struct rte_mbuf *mbufs[], uint16_t n,
                            uint16_t room, void *context)
{
    RTE_SET_USED(room);
    RTE_SET_USED(context);
    if (n > 0)
        mark(mbufs, n, note_of(LABYRINTH_RECEIVED, port, queue));
    return n;
}

static uint16_t on_handed(uint16_t port, uint16_t queue, struct rte_mbuf *mbufs[], uint16_t n,
                          void *context)
{
    RTE_SET_USED(context);
    mark(mbufs, n, note_of(LABYRINTH_HANDED, port, queue));
    return n;
}

/* The ports */

/* It refuses a queue that the port does not have, or not yet. */
static void add_callbacks(uint16_t port)
{
    while (ports[port].rx < RTE_MAX_QUEUES_PER_PORT &&
           ethdev.add_rx(port, ports[port].rx, on_received, NULL) != NULL)
        ports[port].rx++;
    while (ports[port].tx < RTE_MAX_QUEUES_PER_PORT &&
           ethdev.add_tx(port, ports[port].tx, on_handed, NULL) != NULL)
        ports[port].tx++;
}

static int on_change(uint16_t port, enum rte_eth_event_type event, void *context, void *more)
{
    RTE_SET_USED(context);
    RTE_SET_USED(more);
    pthread_mutex_lock(&lock);
    ports[port].is_there = event == RTE_ETH_EVENT_NEW;
    pthread_mutex_unlock(&lock);
    return 0;
}

static void look_for_queues(void)
{
    for (uint16_t port = 0; port < RTE_MAX_ETHPORTS; port++) {
        pthread_mutex_lock(&lock);
        if (ports[port].is_there)
            add_callbacks(port);
        pthread_mutex_unlock(&lock);
    }
}

static bool prepare(void)
{
    static const struct rte_mbuf_dynfield field = {
        .name = LABYRINTH_PORTS_FIELD, .size = sizeof(uint64_t), .align = alignof(uint64_t)};

    offset = rte_mbuf_dynfield_register(&field);
    if (offset < 0) {
        LABYRINTH_LOG(NOTICE,
                      "ports=on does nothing: mbufs have no room for another field of 8 bytes (%s)",
                      rte_strerror(rte_errno));
        return false;
    }
    if (ethdev.callback_register(RTE_ETH_ALL, RTE_ETH_EVENT_NEW, on_change, NULL) != 0 ||
        ethdev.callback_register(RTE_ETH_ALL, RTE_ETH_EVENT_DESTROY, on_change, NULL) != 0) {
        LABYRINTH_LOG(NOTICE, "ports=on does nothing: memory is short");
        return false;
    }
    for (uint16_t port = 0; port < RTE_MAX_ETHPORTS; port++) {
        pthread_mutex_lock(&lock);
        ports[port].is_there |= ethdev.is_valid_port(port) != 0;
        pthread_mutex_unlock(&lock);
    }
    return true;
}

static void hold_signals(void)
{
    sigset_t all;

    sigfillset(&all); /* they are the program's */
    pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static labyrinth_thread_result follow_ports(void *context)
{
    RTE_SET_USED(context);
    hold_signals();
    if (!prepare())
        return 0;
    for (;;) {
        look_for_queues();
        usleep(LOOK_EVERY_US);
    }
}

/* Before the EAL is ready there is no control thread, and no port; with the first port there is. */
static void *wait_for_ports(void *context)
{
    RTE_SET_USED(context);
    hold_signals();
    for (;;) {
        for (uint16_t port = 0; port < RTE_MAX_ETHPORTS; port++)
            if (ethdev.is_valid_port(port)) {
                if (labyrinth_start_thread("lab-ports", follow_ports, NULL) != 0)
                    LABYRINTH_LOG(NOTICE, "ports=on does nothing: there is no thread");
                return NULL;
            }
        usleep(LOOK_EVERY_US);
    }
}

void labyrinth_ports_start(void)
{
    pthread_t thread;

    ethdev.is_valid_port = dlsym(RTLD_DEFAULT, "rte_eth_dev_is_valid_port");
    ethdev.callback_register = dlsym(RTLD_DEFAULT, "rte_eth_dev_callback_register");
    ethdev.add_rx = dlsym(RTLD_DEFAULT, "rte_eth_add_rx_callback");
    ethdev.add_tx = dlsym(RTLD_DEFAULT, "rte_eth_add_tx_callback");
    if (ethdev.is_valid_port == NULL || ethdev.callback_register == NULL || ethdev.add_rx == NULL ||
        ethdev.add_tx == NULL) {
        LABYRINTH_LOG(NOTICE, "ports=on does nothing: the program has no ports");
        return;
    }
    if (pthread_create(&thread, NULL, wait_for_ports, NULL) != 0) {
        LABYRINTH_LOG(NOTICE, "ports=on does nothing: there is no thread");
        return;
    }
    (void)pthread_detach(thread);
}
