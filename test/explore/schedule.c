/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The scheduler: threads are coroutines of one real thread, and each access is a point where
 * another may go on, or where the mortal one may die. */

#include "schedule.h"
#include "choice.h"
#include "coroutine.h"
#include "memory.h"
#include "sharing.h"

#include <lab_barrier.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Programs take some hundred accesses, so one that takes more than this is waiting for another
 * thread, in a loop. */
#define ACCESSES 2000u

#define BYTES_MAX 32u

enum state { ABSENT, READY, WAITING, ENDED, DEAD };

static struct thread {
    enum state state;
    unsigned waits_for;           /* WAITING: for this thread */
    bool fresh;                   /* it has not made an access yet */
    struct pending {              /* the access that it was about to make when another went on */
        const lab_atomic_t *word; /* NULL: none, or a fence */
        bool writes;
        bool matters; /* others did something that it is to come behind */
    } pending;
    struct memory_thread memory;
} threads[EXPLORE_THREADS];
static struct coroutine coroutines[EXPLORE_THREADS]; /* large, so apart */

static const struct explore_program *program;
static struct thread *self; /* NULL: in setup or check, which nothing interrupts */
static unsigned accesses;
static bool failed, witnessed, tracing, somebody_died;
static unsigned n_ready, n_pending;

/* An execution is in vain where a thread that had to wait makes an access which it could as well
 * have made before, for the others did nothing meanwhile that either could notice: another
 * execution, with the switch one access later, is the same. So it ends before the thread's next
 * access, unless that thread has by then done something that is not explored. Threads may therefore
 * die when they go on, too. */
static bool is_vain, ended_in_vain;
static char reason[256];
static jmp_buf check_failed;

unsigned explore_self(void)
{
    return (unsigned)(self - threads);
}

bool explore_died(unsigned thread)
{
    explore_touch();
    return threads[thread].state == DEAD;
}

void explore_touch(void)
{
    is_vain = false;
}

void explore_witness(void)
{
    witnessed = true;
}

static void vnote(const char *format, va_list arguments)
{
    printf("#   %-10s ", self ? program->thread_name[explore_self()] : "check");
    vprintf(format, arguments);
    putchar('\n');
}

void explore_note(const char *format, ...)
{
    va_list arguments;

    if (!tracing)
        return;
    va_start(arguments, format);
    vnote(format, arguments);
    va_end(arguments);
}

void explore_fail(const char *format, ...)
{
    va_list arguments;

    failed = true;
    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    explore_note("FAILED: %s", reason);
    if (!self)
        longjmp(check_failed, 1);
    coroutine_stop();
}

static void set_state(struct thread *t, enum state state)
{
    n_ready += (state == READY) - (t->state == READY);
    t->state = state;
}

/* The nth of those that can go on, without `but`. */
static struct thread *runnable(unsigned nth, const struct thread *but)
{
    for (struct thread *t = threads; t < threads + EXPLORE_THREADS; t++)
        if (t->state == READY && t != but && nth-- == 0)
            return t;
    return NULL;
}

static void switch_to(struct thread *next)
{
    unsigned previous = explore_self();

    is_vain = false;
    self = next;
    coroutine_switch(&coroutines[previous], &coroutines[explore_self()]);
}

static void end_if_vain(void)
{
    if (!is_vain || choice_replaying())
        return;
    ended_in_vain = true;
    coroutine_stop();
}

/* The caller cannot go on: another does, and which one costs nothing. */
static void leave(enum state state)
{
    end_if_vain();
    choice_tick();
    set_state(self, state);
    if (state != WAITING)
        for (struct thread *t = threads; t < threads + EXPLORE_THREADS; t++)
            if (t->state == WAITING && t->waits_for == explore_self())
                set_state(t, READY);
    if (n_ready == 0)
        coroutine_stop();
    switch_to(runnable(choose('n', n_ready, n_ready), NULL));
}

static bool may_die(void)
{
    return (program->mortal >> explore_self() & 1) && !somebody_died;
}

static void die(void)
{
    explore_note("dies");
    somebody_died = true;
    is_vain = false;
    leave(DEAD);
}

/* Another goes on, before an access of the caller's. */
static void let(struct thread *other, const lab_atomic_t *a, bool writes)
{
    self->pending = (struct pending){.word = a, .writes = writes, .matters = !a};
    n_pending++;
    switch_to(other);
    n_pending--;
    if (may_die() && choose('d', 2, 2) == 1)
        die();
    is_vain = !self->pending.matters;
    self->pending.word = NULL;
}

/* Before something that others could notice or be the cause of: if these are threads, one of them
 * may go on first; and this one may die. */
static void pause(const lab_atomic_t *a, bool writes, bool for_threads)
{
    unsigned dies = may_die();
    unsigned n_others = 0, pick;

    if (for_threads) {
        end_if_vain();
        n_others = self->fresh ? 0 : n_ready - 1; /* fresh: it was their turn already */
        self->fresh = false;
    }
    if (dies + n_others == 0)
        return;
    is_vain = false;
    pick = choose('t', 1 + dies, 1 + dies + n_others);
    if (pick == 1 && dies)
        die();
    else if (pick != 0)
        let(runnable(pick - 1 - dies, self), a, writes);
}

/* The caller's access is one that those who had to wait may have to come behind. */
static void note_access(const lab_atomic_t *a, bool writes)
{
    for (struct thread *t = threads; t < threads + EXPLORE_THREADS; t++)
        if (t->pending.word == a && (writes || t->pending.writes))
            t->pending.matters = true;
}

/* Before each access; a NULL is a fence. */
static void step(const lab_atomic_t *a, bool writes)
{
    unsigned thread = self ? explore_self() : EXPLORE_THREADS;
    enum sharing others = OTHERS;

    choice_tick();
    if (++accesses > ACCESSES)
        explore_fail("blocked: no end after %u accesses", ACCESSES);
    if (a)
        others = sharing_note(a, thread, writes);
    if (self && (others != NOBODYS || choice_replaying()))
        pause(a, writes, others == OTHERS || choice_replaying());
    if (a && n_pending > 0)
        note_access(a, writes);
}

void explore_join(unsigned thread)
{
    if (threads[thread].state != ENDED && threads[thread].state != DEAD) {
        self->waits_for = thread;
        leave(WAITING);
        self->fresh = true;
    }
    memory_join(&self->memory, &threads[thread].memory);
}

void explore_yield(void)
{
    unsigned n = self ? n_ready - 1 : 0;

    explore_touch();
    choice_tick();
    if (n > 0)
        switch_to(runnable(choose('n', n, n), self));
}

static void thread_main(void)
{
    program->thread[explore_self()]();
    leave(ENDED);
}

static void start(unsigned thread)
{
    struct thread *t = &threads[thread];

    set_state(t, program->thread[thread] ? READY : ABSENT);
    t->fresh = true;
    t->pending.word = NULL;
    memset(&t->memory, 0, sizeof(t->memory));
    coroutine_start(&coroutines[thread], thread_main);
}

static void run_threads(void)
{
    somebody_died = is_vain = ended_in_vain = false;
    n_pending = 0;
    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        start(t);
    self = runnable(choose('n', n_ready, n_ready), NULL);
    coroutine_run(&coroutines[explore_self()]);
    self = NULL;
}

bool schedule_execution(const struct explore_program *p, bool trace)
{
    program = p;
    failed = false;
    accesses = 0;
    tracing = false;
    p->setup(p->data);
    tracing = trace;
    memory_reset();
    run_threads();
    tracing = false;
    accesses = 0;
    if (!failed && !ended_in_vain && setjmp(check_failed) == 0)
        p->check();
    return !failed;
}

const char *schedule_reason(void)
{
    return reason;
}

bool schedule_witnessed(void)
{
    bool was = witnessed;

    witnessed = false;
    return was;
}

/* The accesses, as include/lab_atomic.h names them. */

static void trace(const struct explore_site *site, const char *access, uint64_t value,
                  const char *remark)
{
    explore_note("%s:%d: %s %s = %#llx%s", site->function, site->line, access,
                 site->word + (site->word[0] == '&'), (unsigned long long)value, remark);
}

static const char *staleness(uint64_t seen, const lab_atomic_t *a)
{
    return seen == a->word ? "" : " (stale)";
}

uint64_t explore_load(const struct explore_site *site, const lab_atomic_t *a, bool acquire)
{
    uint64_t value;

    step(a, false);
    value = self ? memory_load(&self->memory, a, acquire) : a->word;
    if (tracing)
        trace(site, acquire ? "load acquire" : "load relaxed", value, staleness(value, a));
    return value;
}

void explore_store(const struct explore_site *site, lab_atomic_t *a, uint64_t value, bool release)
{
    step(a, true);
    if (self)
        memory_store(&self->memory, a, value, release);
    else
        a->word = value;
    if (tracing)
        trace(site, release ? "store release" : "store relaxed", value, "");
}

bool explore_cas(const struct explore_site *site, lab_atomic_t *a, uint64_t *expected,
                 uint64_t desired, bool acquire, bool release)
{
    bool done = a->word == *expected;

    step(a, true);
    if (self)
        done = memory_cas(&self->memory, a, expected, desired, acquire, release);
    else if (done)
        a->word = desired;
    else
        *expected = a->word;
    if (tracing && done)
        trace(site, "cas", desired, "");
    else if (tracing)
        trace(site, "cas failed, found", *expected, staleness(*expected, a));
    return done;
}

uint64_t explore_fetch_add(const struct explore_site *site, lab_atomic_t *a, uint64_t addend)
{
    uint64_t value = a->word;

    step(a, true);
    if (self)
        value = memory_fetch_add(&self->memory, a, addend);
    else
        a->word += addend;
    if (tracing)
        trace(site, "fetch_add, found", value, "");
    return value;
}

void explore_fence(const struct explore_site *site)
{
    step(NULL, true);
    if (self)
        memory_fence(&self->memory);
    if (tracing)
        explore_note("%s:%d: fence", site->function, site->line);
}

void explore_words_store(const struct explore_site *site, lab_atomic_t *to, void *const *from,
                         unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        explore_store(site, to + i, (uint64_t)(uintptr_t)from[i], false);
}

void explore_words_load(const struct explore_site *site, void **to, const lab_atomic_t *from,
                        unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        to[i] = (void *)(uintptr_t)explore_load(site, from + i, false);
}

/* Bytes that are more than hints have a word each here. */

static lab_byte_t *named_bytes;
static lab_atomic_t byte_words[BYTES_MAX];
static unsigned n_byte_words;

void explore_bytes(lab_byte_t *bytes, unsigned n)
{
    if (n > BYTES_MAX)
        abort();
    named_bytes = bytes;
    n_byte_words = n;
    for (unsigned i = 0; i < n; i++)
        byte_words[i].word = bytes[i].byte;
}

static lab_atomic_t *word_of(const lab_byte_t *b)
{
    uintptr_t i = (uintptr_t)b - (uintptr_t)named_bytes;

    return i < n_byte_words ? &byte_words[i] : NULL;
}

uint8_t explore_byte_load(const struct explore_site *site, const lab_byte_t *b)
{
    const lab_atomic_t *word = word_of(b);

    if (word)
        return (uint8_t)explore_load(site, word, false);
    explore_touch();
    return b->byte;
}

void explore_byte_store(const struct explore_site *site, lab_byte_t *b, uint8_t value)
{
    lab_atomic_t *word = word_of(b);

    explore_touch();
    if (word)
        explore_store(site, word, value, false);
    else
        b->byte = value;
}

/* lab_barrier.h: the call fences each other thread that it concerns at a point of its own,
 * somewhere between its begin and its end. */

uint64_t (*explore_process)(unsigned thread);

static bool is_fenced_by(enum lab_barrier kind, unsigned thread)
{
    if (!program->thread[thread] || thread == explore_self())
        return false;
    return kind == LAB_BARRIER_SHARED || !explore_process ||
           explore_process(thread) == explore_process(explore_self());
}

int lab_barrier_register(enum lab_barrier wanted, enum lab_barrier *ret_got)
{
    *ret_got = wanted;
    return 0;
}

bool lab_barrier_heavy(enum lab_barrier kind)
{
    const struct explore_site *here = EXPLORE_SITE("barrier");

    explore_fence(here);
    if (kind == LAB_BARRIER_FENCE || !self)
        return true;
    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        if (is_fenced_by(kind, t)) {
            step(NULL, true);
            threads[t].pending.matters = true;
            memory_fence(&threads[t].memory);
            explore_note("barrier fences %s", program->thread_name[t]);
        }
    explore_fence(here);
    return true;
}
