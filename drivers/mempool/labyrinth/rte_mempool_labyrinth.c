/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The DPDK mempool driver, ops name "labyrinth": what DPDK calls. Making, filling and freeing a
 * mempool stand in labyrinth_create.c, get and put in labyrinth_ops.c.
 *
 * Any op may run on a thread without an lcore id. Enqueue cannot fail:
 * rte_mempool ignores its result, so a failure would be a leak. */

#include <errno.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_mempool.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "labyrinth_driver.h"
#include "labyrinth_ops.h"
#include "labyrinth_ports.h"
#include "labyrinth_private.h"
#include "labyrinth_site.h"

/* LCORE_ID_ANY, which a thread without an id has, is the pool's word for the same. */
_Static_assert(LCORE_ID_ANY == LAB_LCORE_ANY, "threads without an id look the same to both");

static unsigned int labyrinth_get_count(const struct rte_mempool *mp)
{
    const struct lab_pool *pool = mp->pool_data;

    if (pool == NULL) /* not populated yet, but on the list that telemetry walks */
        return 0;
    if (pool->magic != LAB_POOL_MAGIC) {
        (void)labyrinth_refuse(mp);
        return 0;
    }
    if (labyrinth_is_handle(mp)) {
        struct lab_pool_stats stats;

        lab_pool_stats(pool, &stats);
        return stats.free - RTE_MIN(stats.reserve, stats.free);
    }
    return lab_pool_count(pool);
}

/* The widest moves that the processor has. */
static const struct labyrinth_ops *choose_ops(void)
{
#ifdef LABYRINTH_HAS_WIDE
    if (__builtin_cpu_supports("avx2"))
        return &labyrinth_ops_wide;
#endif
    return &labyrinth_ops_plain;
}

/* Whether this process may become a secondary. The EAL knows that only after it has loaded its
 * plugins; but a primary answers at a socket, and one that has ended does not. Before main() the
 * EAL has no folder yet, and a socket that cannot be asked may be a primary's: yes, then. */
static bool may_be_secondary(void)
{
    struct sockaddr_un primary = {.sun_family = AF_UNIX};
    const char *folder = rte_eal_get_runtime_dir();
    int file, rc;

    if (folder[0] == '\0')
        return true;
    (void)snprintf(primary.sun_path, sizeof(primary.sun_path), "%s/mp_socket", folder);
    file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (file < 0)
        return true;
    rc = connect(file, (const struct sockaddr *)&primary, sizeof(primary)) == 0 ? 0 : -errno;
    close(file);
    return rc != -ENOENT && rc != -ECONNREFUSED;
}

/* A constructor of its own rather than RTE_MEMPOOL_REGISTER_OPS, because it comes behind DPDK's own
 * drivers, and because a full table must not be found out by the name being unknown. */
RTE_INIT(labyrinth_register)
{
    const struct labyrinth_ops *chosen = choose_ops();
    const struct rte_mempool_ops ops = {
        .name = LABYRINTH_OPS_NAME,
        .alloc = labyrinth_alloc,
        .free = labyrinth_free,
        .enqueue = chosen->any.enqueue,
        .dequeue = chosen->any.dequeue,
        .get_count = labyrinth_get_count,
        .populate = labyrinth_populate,
    };
    struct labyrinth_options options;
    enum lab_barrier barrier;

    if (!labyrinth_table_enter(&ops, &chosen->maker))
        return;
    if (lab_barrier_register(LAB_BARRIER_PRIVATE, &barrier) != 0 || barrier == LAB_BARRIER_FENCE)
        LABYRINTH_LOG(NOTICE,
                      "every get from a new pool costs a fence: membarrier(2), madvise(2) or "
                      "getrandom(2) is not to be had here, or LABYRINTH_BARRIER=fence is set");
    labyrinth_telemetry_register();
    /* Wrong options are reported when a pool is created. */
    if (labyrinth_options_read(&options, NULL) == 0)
        labyrinth_report_start(&options);
    else
        options = (struct labyrinth_options){0};
    labyrinth_control_register(&options);
    if (options.ports)
        labyrinth_ports_start();
    /* A process that makes an audited pool is prepared then. One that finds another's is a
     * secondary, whose first call here may be a polling thread's. */
    if (may_be_secondary())
        labyrinth_caller_prepare();
    lab_audit_resolve_by(labyrinth_caller);
}
