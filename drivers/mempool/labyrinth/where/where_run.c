/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where_run.h"

#include "labyrinth_dpdk.h"

#include <errno.h>
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

static labyrinth_thread_result run_thread(void *context)
{
    struct job own = *(struct job *)context;
    sigset_t all;

    free(context);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE); /* of this thread alone */
    own.run(own.context);
    return 0;
}

int where_run_start(void (*run)(void *context), void *context)
{
    struct job *job = malloc(sizeof(*job));
    int rc;

    if (job == NULL)
        return -ENOMEM;
    *job = (struct job){run, context};
    rc = labyrinth_start_thread(THREAD_NAME, run_thread, job);
    if (rc != 0)
        free(job);
    return rc > 0 ? -rc : rc;
}
