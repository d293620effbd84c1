/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Taking back what dead processes held, in a program that knows nothing of it: in a thread of our
 * own, since a reclaim waits for those that are inside calls, and DPDK's interrupt thread has
 * others' alarms and link interrupts to serve. */

#include <inttypes.h>
#include <lab_audit.h>
#include <pthread.h>
#include <rte_errno.h>
#include <signal.h>
#include <unistd.h>

#include "labyrinth_driver.h"

#define EVERY_S 1

/* In a row, in which a reclaim was not complete. A thread that is put aside inside a call comes
 * back before the second one. */
#define ROUNDS_MAX 2u

static unsigned incomplete_rounds; /* before this one */
static bool is_incomplete;         /* this one */

/* A dead process may have left an mbuf in any state. An object that is no mbuf keeps its content:
 * nobody but the program knows what belongs there. */
static void renew(void *object, void *context)
{
    (void)labyrinth_mbuf_renew(context, object);
}

/* Said once, until a round is complete. */
static void note_incomplete(const struct rte_mempool *mp)
{
    if (!is_incomplete && incomplete_rounds + 1 == ROUNDS_MAX)
        LABYRINTH_LOG(
            NOTICE,
            "mempool %s: a process has ended, and not all that it was moving can be taken "
            "back yet: another one is inside a call for long. Is one stopped, or in a "
            "debugger? It is tried again every second",
            mp->name);
    is_incomplete = true;
}

/* Said once: what such a process holds stays its own, also after its end. */
static void report_unknown(const struct rte_mempool *mp, unsigned unknown)
{
    static bool is_reported;

    if (is_reported || unknown == 0)
        return;
    is_reported = true;
    LABYRINTH_LOG(
        NOTICE,
        "mempool %s: of %u of the processes that use it cannot be known from here whether "
        "they have ended, so that nothing is taken back from them: run them in the PID "
        "and time namespaces of this one, with /proc, and let it call pidfd_open(2)",
        mp->name, unknown);
}

int labyrinth_reclaim_now(struct rte_mempool *mp, struct lab_pool_reclaimed *ret_reclaimed,
                          struct lab_error *error)
{
    const struct lab_pool_holder ended = {.process = 0, .lcore = LAB_LCORE_ANY};

    return lab_pool_reclaim(labyrinth_pool_of(mp), LAB_LCORE_ANY, &ended, renew, mp, ret_reclaimed,
                            error);
}

static void reclaim(struct rte_mempool *mp, void *context)
{
    struct lab_pool_reclaimed reclaimed;
    struct lab_error error;
    unsigned unknown, ended_now = lab_pool_ended(labyrinth_pool_of(mp), &unknown);

    RTE_SET_USED(context);
    report_unknown(mp, unknown);
    if (ended_now == 0)
        return;
    /* -EAGAIN and -EBUSY pass by the next time. */
    if (labyrinth_reclaim_now(mp, &reclaimed, &error) != 0) {
        LABYRINTH_LOG(DEBUG, "%s", error.message);
        return;
    }
    if (!reclaimed.complete && reclaimed.unknown == 0) /* of those it was said already */
        note_incomplete(mp);
    if (reclaimed.held + reclaimed.in_motion > 0)
        LABYRINTH_LOG(NOTICE,
                      "mempool %s: %" PRIu32 " objects are back that a process held which has "
                      "ended, and %" PRIu32 " that it was moving",
                      mp->name, reclaimed.held, reclaimed.in_motion);
}

static void reclaim_for_ever(void)
{
    sigset_t all;

    /* Signals are the program's. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (;;) {
        sleep(EVERY_S);
        is_incomplete = false;
        labyrinth_leaks_each(reclaim, NULL);
        incomplete_rounds = is_incomplete ? incomplete_rounds + 1 : 0;
    }
}

static labyrinth_thread_result run(void *context)
{
    RTE_SET_USED(context);
    reclaim_for_ever();
    return 0;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The thread is its parent's: a child that makes a mempool wants one of its own. */
static void forget_in_child(void)
{
    once = (pthread_once_t)PTHREAD_ONCE_INIT;
    incomplete_rounds = 0;
}

static void start(void)
{
    static bool forgets;
    int rc = labyrinth_start_thread("lab-reclaim", run, NULL);

    if (!forgets)
        forgets = pthread_atfork(NULL, NULL, forget_in_child) == 0;
    if (rc != 0)
        LABYRINTH_LOG(ERR, "reclaim=auto: there is no thread for it, so nothing is taken back: %s",
                      rte_strerror(rc < 0 ? -rc : rc));
}

void labyrinth_reclaim_start(void)
{
    pthread_once(&once, start);
}
