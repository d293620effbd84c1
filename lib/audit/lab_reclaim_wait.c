/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Finding the processes that have ended, and the calls of the others, for which a sweep waits. */

#include <lab_audit.h>
#include <lab_os.h>
#include <lab_reclaim_wait.h>

/* How long each call of another is waited for: one that was put aside inside one for the turns of
 * a few others, on a machine with more threads than CPUs, comes back within that time. One that is
 * stopped does not, and is for the next reclaim. */
#define PATIENCE_NS UINT64_C(20000000)

/* Turns of a wait between two looks at whether the process still runs. */
#define LOOK_EVERY 16u

static bool looks(unsigned turn)
{
    return turn % LOOK_EVERY == LOOK_EVERY - 1;
}

unsigned lab_reclaim_look_for_dead(const struct lab_audit *audit, bool *ret_dead,
                                   unsigned *ret_unknown)
{
    unsigned ended = 0;

    *ret_unknown = 0;
    for (unsigned process_slot = 1; process_slot < LAB_AUDIT_PROCESS_SLOTS; process_slot++) {
        int rc = lab_audit_runs(audit, process_slot);

        ret_dead[process_slot] = rc == 0;
        ended += rc == 0;
        *ret_unknown += rc < 0;
    }
    return ended;
}

unsigned lab_pool_ended(const struct lab_pool *pool, unsigned *ret_unknown)
{
    bool dead[LAB_AUDIT_PROCESS_SLOTS];
    unsigned ended = 0, unknown = 0;

    if (lab_audit_of(pool) != NULL)
        ended = lab_reclaim_look_for_dead(lab_audit_of(pool), dead, &unknown);
    if (ret_unknown != NULL)
        *ret_unknown = unknown;
    return ended;
}

bool lab_reclaim_is_abandoned(struct lab_reclaim_wait *wait, uint32_t lcore_index,
                              unsigned process_slot, bool looks)
{
    const struct lab_audit *audit = lab_audit_of(wait->pool);

    if (!wait->dead[process_slot] && looks)
        wait->dead[process_slot] = lab_audit_runs(audit, process_slot) == 0;
    return wait->dead[process_slot] ||
           (lcore_index != LAB_DEQUE_SET_ANY &&
            wait->holder->lcore == lab_pool_lcore(lcore_index) &&
            wait->holder->process == lab_audit_process(audit, process_slot));
}

/* Waiting for the living */

void lab_reclaim_begin_wait(struct lab_reclaim_wait *wait)
{
    wait->deadline_ns = lab_os_clock_ns() + PATIENCE_NS;
}

bool lab_reclaim_wait_on(const struct lab_reclaim_wait *wait)
{
    lab_os_yield();
    return lab_os_clock_ns() < wait->deadline_ns;
}

/* Until the call that the lcore is inside of has ended, or is known never to end. */
static bool wait_for_call(struct lab_reclaim_wait *wait, uint32_t lcore_index)
{
    const lab_atomic_t *word = &lab_audit_context_of(wait->pool, lcore_index)->call;
    /* W3: or what the call noted is not seen */
    uint64_t first = lab_load_acquire(word), call = first;

    lab_reclaim_begin_wait(wait);
    for (unsigned turn = 0; call == first && (call & LAB_AUDIT_CALL_INSIDE) != 0; turn++) {
        if (lab_reclaim_is_abandoned(wait, lcore_index, lab_audit_call_process_slot(call),
                                     looks(turn)))
            break;
        if (!lab_reclaim_wait_on(wait))
            return false;
        call = lab_load_acquire(word); /* W3 */
    }
    return true;
}

static bool wait_for_any(struct lab_reclaim_wait *wait, unsigned process_slot, unsigned phase)
{
    const lab_atomic_t *calls =
        &lab_intercept_of(wait->pool)->calls->any_calls[process_slot][phase];

    lab_reclaim_begin_wait(wait);
    for (unsigned turn = 0; lab_load_acquire(calls) != 0; turn++) { /* W3 */
        if (lab_reclaim_is_abandoned(wait, lab_pool_lcore_index(LAB_LCORE_ANY), process_slot,
                                     looks(turn)))
            return true;
        if (!lab_reclaim_wait_on(wait))
            return false;
    }
    return true;
}

/* Those that begin from now on count in the other phase. One that has looked at the phase and not
 * counted yet may still come into this one: hence both phases in turn. */
static bool wait_for_phase(struct lab_reclaim_wait *wait)
{
    lab_atomic_t *phase = &lab_intercept_of(wait->pool)->calls->phase;
    unsigned old = (unsigned)lab_load_relaxed(phase) & 1;

    lab_store_release(phase, !old);
    /* W1: or a call that missed the epoch is not seen to be under way */
    lab_deque_set_barrier_any(&wait->pool->set);
    for (unsigned process_slot = 0; process_slot < LAB_AUDIT_PROCESS_SLOTS; process_slot++)
        if (!wait_for_any(wait, process_slot, old))
            return false;
    return true;
}

bool lab_reclaim_wait_for_calls(struct lab_reclaim_wait *wait)
{
    if (!wait_for_phase(wait) || !wait_for_phase(wait))
        return false;
    for (uint32_t lcore_index = 1; lcore_index <= wait->pool->lcores; lcore_index++)
        if (!wait_for_call(wait, lcore_index))
            return false;
    return true;
}
