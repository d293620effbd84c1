/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_DPDK_H
#define LABYRINTH_DPDK_H

/* Where releases of DPDK differ, from 22.11 on: the one file that looks at RTE_VERSION. */

#include <pthread.h>
#include <rte_common.h>
#include <rte_lcore.h>
#include <rte_telemetry.h>
#include <rte_thread.h>
#include <rte_version.h>

/* 23.03 calls them uint, and 25.11 has the names of before no more. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define rte_tel_data_add_dict_u64 rte_tel_data_add_dict_uint
#endif

/* The function of a control thread, `labyrinth_thread_result run(void *context)`, returns 0. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
typedef uint32_t labyrinth_thread_result;
#else
typedef void *labyrinth_thread_result;
#endif

/* A thread on the CPUs that the EAL has for such threads, which nobody joins: 0 or -errno. */
static inline int labyrinth_start_thread(const char *name,
                                         labyrinth_thread_result (*run)(void *context),
                                         void *context)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
    rte_thread_t thread;
    int rc = rte_thread_create_control(&thread, name, run, context);

    if (rc == 0)
        (void)rte_thread_detach(thread);
    return rc;
#else
    pthread_t thread;
    int rc = rte_ctrl_thread_create(&thread, name, NULL, run, context);

    if (rc == 0)
        (void)pthread_detach(thread);
    return rc;
#endif
}

#endif
