/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Taking back what dead processes held, in a program that knows nothing of it. */

#include <inttypes.h>
#include <lab_pool_reclaim.h>
#include <pthread.h>
#include <rte_alarm.h>
#include <rte_common.h>
#include <rte_errno.h>

#include "labyrinth_audit.h"
#include "labyrinth_driver.h"
#include "labyrinth_mbuf.h"
#include "labyrinth_reclaim.h"

#define EVERY_US (1000u * 1000u)

/* A dead process may have left an mbuf in any state. What is not an mbuf keeps its content: nobody
 * but the program knows what belongs there. */
static void renew(void *object, void *context)
{
    (void)labyrinth_mbuf_renew(context, object);
}

static void reclaim(struct rte_mempool *mp)
{
    const struct lab_pool_holder ended = {.process = 0, .lcore = LAB_LCORE_ANY};
    struct lab_pool_reclaimed reclaimed;
    struct lab_error error;

    if (lab_pool_ended(labyrinth_pool_of(mp)) == 0)
        return;
    /* -EAGAIN and -EBUSY pass by the next time. */
    if (lab_pool_reclaim(labyrinth_pool_of(mp), LAB_LCORE_ANY, &ended, renew, mp, &reclaimed,
                         &error) != 0)
        LABYRINTH_LOG(DEBUG, "%s", error.message);
    else if (reclaimed.held + reclaimed.in_motion > 0)
        LABYRINTH_LOG(NOTICE,
                      "mempool %s: %" PRIu32 " objects are back that a process held which has "
                      "ended, and %" PRIu32 " that it was moving",
                      mp->name, reclaimed.held, reclaimed.in_motion);
}

static void on_alarm(void *context)
{
    RTE_SET_USED(context);
    labyrinth_audit_each(reclaim);
    (void)rte_eal_alarm_set(EVERY_US, on_alarm, NULL);
}

static void start(void)
{
    int rc = rte_eal_alarm_set(EVERY_US, on_alarm, NULL);

    if (rc != 0)
        LABYRINTH_LOG(ERR, "reclaim=auto: no alarm can be set, so nothing is taken back: %s",
                      rte_strerror(-rc));
}

void labyrinth_reclaim_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, start);
}
