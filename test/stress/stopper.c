/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "stress.h"
#include <errno.h>
#include <signal.h>
#include <unistd.h>

static _Thread_local struct stopper *self;

/* Waits until somebody writes to `go`. Called in the midst of anything. */
static void stop(int number)
{
    int before = errno;
    char byte;

    lab_store_release(&self->stopped, 1); /* pairs with the load below */
    while (read(self->go[0], &byte, 1) != 1)
        ;
    lab_store_release(&self->stopped, 0);
    errno = before;
}

void stopper_make(struct stopper *stopper)
{
    signal(SIGUSR1, stop);
    expect(pipe(stopper->go) == 0, "no pipe");
}

void stopper_obey(struct stopper *stopper)
{
    self = stopper;
}

bool stopper_is_stopped(const struct stopper *stopper)
{
    return lab_load_acquire(&stopper->stopped) != 0;
}

void stopper_stop(struct stopper *stopper, const struct actor *actor)
{
    pthread_kill(actor->thread, SIGUSR1);
    while (!stopper_is_stopped(stopper))
        sleep_ms(0.05);
}

void stopper_go(struct stopper *stopper)
{
    expect(write(stopper->go[1], "", 1) == 1, "cannot write");
    while (stopper_is_stopped(stopper))
        sleep_ms(0.05);
}
