/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_MBUF_PRIVATE_H
#define LAB_MBUF_PRIVATE_H

/* Shared by this library's files, file by file. */

#include <lab_page.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_mempool.h>

/* lab_mbuf_say.c */

extern int lab_mbuf_logtype; /* the mempool driver's */

#define LAB_MBUF_SAY(level, format, ...)                                                           \
    rte_log(RTE_LOG_##level, (uint32_t)lab_mbuf_logtype, "LABYRINTH: " format "\n", ##__VA_ARGS__)

/* Says why something failed, and sets rte_errno. */
#define LAB_MBUF_FAIL(code, format, ...)                                                           \
    do {                                                                                           \
        LAB_MBUF_SAY(ERR, format, ##__VA_ARGS__);                                                  \
        rte_errno = (code);                                                                        \
    } while (0)

/* The advice where DPDK has no memory for this number of bytes more. */
const char *lab_mbuf_remedy(size_t bytes);

/* lab_mbuf_pages.c */

/* Fills an empty mempool with objects on the arena's pages, which rte_mempool_free() gives back.
 * 0, or a negative errno, after it has been said what was wrong. */
int lab_mbuf_populate(struct rte_mempool *mp, struct lab_arena *arena, unsigned gfp);

/* lab_mbuf_map.c */

/* From now on telemetry's /labyrinth/map shows this arena, or does so no longer: it lists as many
 * as LAB_MBUF_MAP_ARENAS. Control threads. */
#define LAB_MBUF_MAP_ARENAS 16
void lab_mbuf_map_add(const struct lab_arena *arena);
void lab_mbuf_map_remove(const struct lab_arena *arena);

/* lab_mbuf_service.c */

/* The housekeeping of an arena as a service of DPDK's, which the program maps to a service core and
 * starts, or not. Failure is reported in the log: the arena does without. Control threads. */
void lab_mbuf_service_add(struct lab_arena *arena);

/* Waits until no service core is inside. */
void lab_mbuf_service_remove(const struct lab_arena *arena);

#endif
