/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A DPDK program that does with one mempool what its standard input says, so that a test can drive
 * several processes step by step. It links nothing of Labyrinth's: the driver comes by -d. (Two
 * verbs look into a pool.)
 *
 *     pool_shell [EAL options]
 *
 * A command is a line: an lcore id, or "any" for a thread without one, then a verb. The answer is
 * one line, "ok NUMBER" or "error REASON".
 *
 *     create NAME SIZE CACHE OPS   make the pool and fill it; answers its size; '' is the empty
 * name remake MS                    free the pool and make it again, for so long; answers how often
 *     enter, leave                 from enter to leave, this lcore looks to others as one that is
 *                                  inside a call
 *     block                        from now on DPDK's interrupt thread waits for ever in an alarm
 *     more N                       make N more pools, "more_0" and so on, of its ops
 *     lookup NAME                  use the pool that the primary process made
 *     get N BULK                   take N objects, BULK at a time
 *     put N                        put N of the objects back, those taken last first
 *     drain                        take all that can be had; answers how many
 *     free                         answers how many objects are free
 *     unmark                       no object is held by anybody, whatever its first word says
 *     cycle MS                     drain and put back for so long; answers how often
 *     churn HELD                   get and put at random, holding at most HELD, until killed
 *     produce N                    take N objects and pass them to the process that consumes
 *     consume N                    put N passed objects back
 *
 * The first word of an object says whether somebody holds it: an object held twice is an error. */

#include "patience.h"

#include <errno.h>
#include <inttypes.h>
#include <lab_atomic.h>
#include <lab_audit_calls.h>
#include <pthread.h>
#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mempool.h>
#include <rte_random.h>
#include <rte_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HELD_MAX (1u << 20)
#define BURST 32u
#define ARGS_MAX 4

static struct rte_mempool *pool;
static struct rte_ring *passed; /* objects on their way from one process to the other */
static void *held[HELD_MAX];
static uint32_t held_count;

struct command {
    const char *verb;
    const char *arg[ARGS_MAX];
    int64_t (*run)(const struct command *command);
};

static uint32_t number(const struct command *command, int i)
{
    return (uint32_t)strtoul(command->arg[i], NULL, 0);
}

/* Both return whether all is well: free before, held after, and the reverse. */
static bool mark(void *const *objects, unsigned int n, uint32_t is_held)
{
    bool well = true;

    for (unsigned int i = 0; i < n; i++)
        if (__atomic_exchange_n((uint32_t *)objects[i], is_held, __ATOMIC_ACQ_REL) == is_held)
            well = false;
    return well;
}

static int take(unsigned int n)
{
    int rc = held_count + n > HELD_MAX
                 ? -E2BIG
                 : rte_mempool_generic_get(pool, held + held_count, n,
                                           rte_mempool_default_cache(pool, rte_lcore_id()));

    if (rc != 0)
        return rc;
    held_count += n;
    return mark(held + held_count - n, n, 1) ? 0 : -EEXIST;
}

static int give(unsigned int n)
{
    if (n > held_count)
        return -EINVAL;
    held_count -= n;
    if (!mark(held + held_count, n, 0))
        return -EEXIST;
    rte_mempool_put_bulk(pool, held + held_count, n);
    return 0;
}

static void clear(struct rte_mempool *mp, void *arg, void *object, unsigned int i)
{
    RTE_SET_USED(mp);
    RTE_SET_USED(arg);
    RTE_SET_USED(i);
    *(uint32_t *)object = 0;
}

static int64_t run_unmark(const struct command *command)
{
    rte_mempool_obj_iter(pool, clear, NULL);
    return 0;
}

static int64_t run_create(const struct command *command)
{
    const char *name = strcmp(command->arg[0], "''") == 0 ? "" : command->arg[0];
    int rc;

    pool = rte_mempool_create_empty(name, number(command, 1), 64, number(command, 2), 0,
                                    SOCKET_ID_ANY, 0);
    if (pool == NULL)
        return -rte_errno;
    rc = rte_mempool_set_ops_byname(pool, command->arg[3], NULL);
    if (rc == 0)
        rc = rte_mempool_populate_default(pool);
    if (rc < 0) {
        rte_mempool_free(pool);
        return rc;
    }
    rte_mempool_obj_iter(pool, clear, NULL);
    passed = rte_ring_lookup("passed");
    if (passed == NULL)
        passed = rte_ring_create("passed", 1024, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    return rc;
}

static struct rte_mempool *make_like(const struct rte_mempool *mp, const char *name)
{
    const char *ops = rte_mempool_get_ops(mp->ops_index)->name;
    struct rte_mempool *made =
        rte_mempool_create_empty(name, mp->size, mp->elt_size, mp->cache_size, 0, SOCKET_ID_ANY, 0);

    if (made != NULL && (rte_mempool_set_ops_byname(made, ops, NULL) != 0 ||
                         rte_mempool_populate_default(made) < 0)) {
        rte_mempool_free(made);
        made = NULL;
    }
    return made;
}

static int64_t run_remake(const struct command *command)
{
    uint64_t end = rte_get_tsc_cycles() + number(command, 0) * rte_get_tsc_hz() / 1000;
    int64_t times = 0;

    for (; rte_get_tsc_cycles() < end; times++) {
        const struct rte_mempool like = *pool;

        rte_mempool_free(pool);
        pool = make_like(&like, like.name);
        if (pool == NULL)
            return -rte_errno;
    }
    return times;
}

static int64_t run_more(const struct command *command)
{
    char name[RTE_MEMPOOL_NAMESIZE];
    uint32_t n = 0;

    for (; n < number(command, 0); n++) {
        snprintf(name, sizeof(name), "more_%" PRIu32, n);
        if (make_like(pool, name) == NULL)
            return -rte_errno;
    }
    return n;
}

static lab_atomic_t *call_of_lcore(void)
{
    struct lab_pool *mine = pool->pool_data;

    return &lab_intercept_of(mine)->context[lab_pool_lcore_index(rte_lcore_id())].call;
}

static int64_t run_enter(const struct command *command)
{
    lab_atomic_t *call = call_of_lcore();

    RTE_SET_USED(command);
    lab_store_relaxed(call, lab_load_relaxed(call) | LAB_AUDIT_CALL_INSIDE);
    return 0;
}

static int64_t run_leave(const struct command *command)
{
    lab_atomic_t *call = call_of_lcore();

    RTE_SET_USED(command);
    lab_store_relaxed(call, lab_load_relaxed(call) & ~LAB_AUDIT_CALL_INSIDE);
    return 0;
}

static void wait_for_ever(void *unused)
{
    RTE_SET_USED(unused);
    for (;;)
        pause();
}

static int64_t run_block(const struct command *command)
{
    RTE_SET_USED(command);
    return rte_eal_alarm_set(1, wait_for_ever, NULL);
}

static int64_t run_lookup(const struct command *command)
{
    pool = rte_mempool_lookup(command->arg[0]);
    passed = rte_ring_lookup("passed");
    if (pool == NULL)
        return -rte_errno;
    return pool->size;
}

static int64_t run_get(const struct command *command)
{
    uint32_t bulk = number(command, 1);
    int rc = 0;

    for (uint32_t left = number(command, 0); left > 0 && rc == 0; left -= RTE_MIN(left, bulk))
        rc = take(RTE_MIN(left, bulk));
    return rc != 0 ? rc : (int64_t)held_count;
}

static int64_t run_put(const struct command *command)
{
    int rc = 0;

    for (uint32_t left = number(command, 0); left > 0 && rc == 0; left -= RTE_MIN(left, BURST))
        rc = give(RTE_MIN(left, BURST));
    return rc != 0 ? rc : (int64_t)held_count;
}

static int64_t run_drain(const struct command *command)
{
    uint32_t before = held_count;
    int rc;

    RTE_SET_USED(command);
    do
        rc = take(BURST);
    while (rc == 0);
    while (rc == -ENOBUFS && (rc = take(1)) == 0)
        rc = -ENOBUFS;
    return rc != -ENOBUFS ? rc : (int64_t)held_count - before;
}

static int64_t run_free(const struct command *command)
{
    RTE_SET_USED(command);
    return rte_mempool_avail_count(pool);
}

static int64_t run_cycle(const struct command *command)
{
    uint64_t end = rte_get_tsc_cycles() + number(command, 0) * rte_get_tsc_hz() / 1000;
    int64_t cycles = 0;

    for (; rte_get_tsc_cycles() < end; cycles++) {
        int64_t rc = run_drain(command);

        while (rc >= 0 && held_count > 0)
            rc = give(RTE_MIN(held_count, 1 + (uint32_t)rte_rand_max(2 * BURST)));
        if (rc < 0)
            return rc;
    }
    return cycles;
}

static int64_t run_churn(const struct command *command)
{
    uint32_t most = number(command, 0);

    for (;;) {
        uint32_t n = 1 + (uint32_t)rte_rand_max(BURST);
        int rc = 0;

        if (held_count + n <= most && rte_rand_max(2) != 0)
            rc = take(n);
        else
            rc = give(RTE_MIN(n, held_count));
        if (rc != 0 && rc != -ENOBUFS)
            return rc;
    }
}

static int64_t run_produce(const struct command *command)
{
    uint64_t since = rte_get_tsc_cycles();
    uint32_t left = number(command, 0);

    while (left > 0) {
        uint32_t n = RTE_MIN(left, BURST);
        int rc = take(n);

        if (rc != 0 && rc != -ENOBUFS)
            return rc;
        if (!patient(&since, rc == 0))
            return -ETIMEDOUT;
        if (rc != 0)
            continue;
        held_count -= n;
        while (rte_ring_enqueue_bulk(passed, held + held_count, n, NULL) == 0)
            if (!patient(&since, false))
                return -ETIMEDOUT;
        left -= n;
    }
    return 0;
}

static int64_t run_consume(const struct command *command)
{
    uint64_t since = rte_get_tsc_cycles();
    uint32_t left = number(command, 0);

    while (left > 0) {
        unsigned int n =
            rte_ring_dequeue_burst(passed, held + held_count, RTE_MIN(left, BURST), NULL);
        int rc;

        if (!patient(&since, n != 0))
            return -ETIMEDOUT;
        held_count += n;
        rc = give(n);
        if (rc != 0)
            return rc;
        left -= n;
    }
    return 0;
}

static const struct {
    const char *verb;
    int args;
    int64_t (*run)(const struct command *command);
} verbs[] = {
    {"create", 4, run_create},   {"lookup", 1, run_lookup},   {"get", 2, run_get},
    {"put", 1, run_put},         {"drain", 0, run_drain},     {"free", 0, run_free},
    {"unmark", 0, run_unmark},   {"cycle", 1, run_cycle},     {"churn", 1, run_churn},
    {"produce", 1, run_produce}, {"consume", 1, run_consume}, {"remake", 1, run_remake},
    {"more", 1, run_more},       {"block", 0, run_block},     {"enter", 0, run_enter},
    {"leave", 0, run_leave},
};

static int64_t result; /* of the command that ran last */

static int run_on_lcore(void *command)
{
    result = ((struct command *)command)->run(command);
    return 0;
}

static void *run_on_thread(void *command)
{
    (void)run_on_lcore(command);
    return NULL;
}

static void run_where(const char *where, struct command *command)
{
    pthread_t thread;

    result = -EINVAL;
    if (strcmp(where, "any") == 0) {
        if (pthread_create(&thread, NULL, run_on_thread, command) == 0)
            pthread_join(thread, NULL);
    } else if ((unsigned int)atoi(where) == rte_lcore_id()) {
        (void)run_on_lcore(command);
    } else if (rte_eal_remote_launch(run_on_lcore, command, (unsigned int)atoi(where)) == 0) {
        rte_eal_wait_lcore((unsigned int)atoi(where));
    }
}

static bool parse(struct command *command)
{
    int args = 0;

    command->verb = strtok(NULL, " \n");
    while (args < ARGS_MAX && (command->arg[args] = strtok(NULL, " \n")) != NULL)
        args++;
    for (size_t i = 0; command->verb != NULL && i < RTE_DIM(verbs); i++)
        if (strcmp(verbs[i].verb, command->verb) == 0 && verbs[i].args == args) {
            command->run = verbs[i].run;
            return true;
        }
    return false;
}

int main(int argc, char **argv)
{
    char line[256];

    if (rte_eal_init(argc, argv) < 0)
        return 1;
    printf("ok\n");
    while (fgets(line, sizeof(line), stdin) != NULL) {
        const char *where = strtok(line, " \n");
        struct command command;

        if (where == NULL || !parse(&command)) {
            printf("error no such command\n");
            continue;
        }
        run_where(where, &command);
        if (result < 0)
            printf("error %s\n", strerrorname_np((int)-result));
        else
            printf("ok %" PRId64 "\n", result);
    }
    return rte_eal_cleanup() == 0 ? 0 : 1;
}
