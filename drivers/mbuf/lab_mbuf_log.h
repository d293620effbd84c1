/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_MBUF_LOG_H
#define LAB_MBUF_LOG_H

#include <rte_errno.h>
#include <rte_log.h>

extern int lab_mbuf_logtype; /* the mempool driver's */

#define LAB_MBUF_SAY(level, format, ...)                                                           \
    rte_log(RTE_LOG_##level, (uint32_t)lab_mbuf_logtype, "LABYRINTH: " format "\n", ##__VA_ARGS__)

/* Says why something failed, and sets rte_errno. */
#define LAB_MBUF_FAIL(code, format, ...)                                                           \
    do {                                                                                           \
        LAB_MBUF_SAY(ERR, format, ##__VA_ARGS__);                                                  \
        rte_errno = (code);                                                                        \
    } while (0)

#endif
