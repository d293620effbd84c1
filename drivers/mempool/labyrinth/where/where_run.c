/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where_run.h"

#include <errno.h>
#include <pthread.h>
#include <rte_lcore.h>
#include <rte_version.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREAD_NAME "lab-where"
#define NICE 10

struct job {
    void (*run)(void *context);
    void *context;
};

static void do_job(struct job *job)
{
    struct job own = *job;
    sigset_t all;

    free(job);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE); /* of this thread alone */
    own.run(own.context);
}

#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
static uint32_t run_thread(void *job)
{
    do_job(job);
    return 0;
}

static int start_thread(struct job *job)
{
    rte_thread_t thread;
    int rc = rte_thread_create_control(&thread, THREAD_NAME, run_thread, job);

    if (rc == 0)
        (void)rte_thread_detach(thread);
    return rc;
}
#else
static void *run_thread(void *job)
{
    do_job(job);
    return NULL;
}

static int start_thread(struct job *job)
{
    pthread_t thread;
    int rc = rte_ctrl_thread_create(&thread, THREAD_NAME, NULL, run_thread, job);

    if (rc == 0)
        (void)pthread_detach(thread);
    return rc;
}
#endif

int where_run_start(void (*run)(void *context), void *context)
{
    struct job *job = malloc(sizeof(*job));
    int rc;

    if (job == NULL)
        return -ENOMEM;
    *job = (struct job){run, context};
    rc = start_thread(job);
    if (rc != 0)
        free(job);
    return rc > 0 ? -rc : rc;
}
