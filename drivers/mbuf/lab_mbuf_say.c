/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The log, and the advice where memory is short. */

#include <rte_eal.h>
#include <sys/resource.h>

#include "lab_mbuf_private.h"

RTE_LOG_REGISTER(lab_mbuf_logtype, mempool.labyrinth, NOTICE);

/* To the EAL each huge page is an open file, beside what else is. */
const char *lab_mbuf_remedy(size_t bytes)
{
    struct rlimit limit;

    if (rte_eal_has_hugepages() && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
        limit.rlim_cur < bytes / ((size_t)2 << 20) + 64)
        return "raise `ulimit -n`, for to the EAL each huge page is an open file";
    return "reserve more huge pages (`hugeadm --pool-pages-min 2MB:N`), or raise -m";
}
