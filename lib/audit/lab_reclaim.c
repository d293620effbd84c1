/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Reclaim. An object that the dead hold by its record is taken over by a CAS of the record, and
 * nothing else is looked at. An object that the dead had in motion is free by its record, and
 * nowhere: the sweep finds it.
 *
 *     1. the epoch is raised; then wait until every call that began before has ended
 *     2. note all that is in a deque, in the stack, in the reserve, or in quarantine
 *     3. wait again until every call that is under way has ended
 *     4. what is free by its record and was not noted was in motion when its mover died
 *
 * Why a living thread's objects are safe: if one was in a container when step 2 began, then step 2
 * saw it there, or somebody took it out, and has noted it before the end of that call, or made its
 * record say that it is held. If it was held, it is still, or was noted before it became free. No
 * object is inside a call that began before step 1: those have ended. */

#include <lab_audit.h>
#include <lab_audit_quarantine.h>
#include <lab_os.h>
#include <lab_reclaim_wait.h>
#include <lab_ticks.h>
#include <string.h>

#define EPOCHS 256u

struct reclaim {
    void (*renew)(void *object, void *context);
    void *context;
    uint32_t lcore_index; /* the caller's */
    uint8_t epoch;
    uint64_t mode; /* of the audit, when this began */
    struct lab_audit_call call;
    struct lab_reclaim_wait wait;
    bool gone[LAB_AUDIT_PROCESS_SLOTS]; /* dead before the sweep began, and so without a part in it
                                         */
    bool holding[LAB_AUDIT_PROCESS_SLOTS]; /* some record still says that it holds an object */
};

/* Noting what is somewhere */

static void note_index(void *context, uint32_t index)
{
    struct reclaim *reclaim = context;

    uint32_t count = reclaim->wait.pool->count;

    if (index < count)
        lab_byte_store_relaxed(&reclaim->wait.pool->sweep_seen[lab_index_bounded(index, count)],
                               reclaim->epoch);
}

/* Inside a call the owner may lower bot for a moment; its objects may still lie above. The objects
 * above a dead owner's bot are gone, if the owner was dead already when the counters were read: one
 * that dies later may have put bot back before. They stay gone, also where another thread revokes
 * that deque and has read bot before, which would publish them. */
static bool find_span(struct reclaim *reclaim, uint32_t lcore_index,
                      struct lab_deque_span *ret_span)
{
    const struct lab_audit_context *context = lab_audit_context_of(reclaim->wait.pool, lcore_index);
    struct lab_deque *deque = &reclaim->wait.pool->deque[lcore_index];

    lab_reclaim_begin_wait(&reclaim->wait);
    do {
        /* W3: or a bot of before the call is taken for that of it */
        uint64_t call = lab_load_acquire(&context->call);
        uint64_t bot = lab_load_acquire(&context->bot); /* W3 */
        bool inside = (call & LAB_AUDIT_CALL_INSIDE) != 0;
        bool died = inside && lab_reclaim_is_abandoned(&reclaim->wait, lcore_index,
                                                       lab_audit_call_process_slot(call), true);

        if (died)
            lab_deque_end_revocation_any(deque);
        *ret_span = lab_deque_span_any(deque);
        if (lab_load_acquire(&context->call) != call)
            continue;
        if (inside && !died && (int64_t)(bot - ret_span->end) > 0)
            ret_span->end = bot;
        return true;
    } while (lab_reclaim_wait_on(&reclaim->wait));
    return false;
}

static bool note_deque(struct reclaim *reclaim, uint32_t lcore_index)
{
    const struct lab_deque *deque = &reclaim->wait.pool->deque[lcore_index];
    struct lab_deque_span span;

    if (!lab_pool_has_deque(reclaim->wait.pool, lcore_index))
        return true;
    if (!find_span(reclaim, lcore_index, &span))
        return false;
    if (span.end - span.top >
        reclaim->wait.pool->array.capacity) /* whatever somebody wrote there */
        span.end = span.top + reclaim->wait.pool->array.capacity;
    for (uint64_t at = span.top; at != span.end; at++) {
        void *object = lab_deque_object_any(deque, at);

        lab_pool_note_moving_slow(reclaim->wait.pool, &object, 1);
    }
    return true;
}

static bool note_reachable(struct reclaim *reclaim)
{
    const struct lab_pool *pool = reclaim->wait.pool;

    for (uint32_t lcore_index = 1; lcore_index <= pool->lcores; lcore_index++)
        if (!note_deque(reclaim, lcore_index))
            return false;
    for (uint32_t i = 0; i < lab_audit_of(pool)->quarantine; i++) {
        /* V1: as each access of a place, though to note an index needs no more than that */
        uint64_t place = lab_load_acquire(lab_audit_place(lab_audit_of(pool), i));

        if (place != 0)
            note_index(reclaim, (uint32_t)place - 1);
    }
    return lab_stack_walk_any(&pool->stack, note_index, reclaim) == 0 &&
           lab_stack_walk_any(&pool->reserve, note_index, reclaim) == 0;
}

/* Taking */

/* Makes an object the caller's, if its record is as it was, and puts it. */
static bool take_object(struct reclaim *reclaim, uint32_t index, uint64_t word)
{
    struct lab_pool *pool = reclaim->wait.pool;
    struct lab_audit_record *record = &lab_audit_of(pool)->table->record[index];
    void *object = lab_pool_object(pool, index);
    uint64_t next;

    (void)lab_audit_word_get(word, reclaim->call.who, &next);
    /* U1, U2: or the holder before may yet write into the record that is now the caller's */
    if (!lab_cas_acq_rel(&record->word, &word, next))
        return false;
    lab_audit_note_get(record, &reclaim->call);
    lab_stack_forget(&pool->stack, index);
    memset(object, 0, pool->buffer_bytes);
    if (reclaim->renew != NULL)
        reclaim->renew(object, reclaim->context);
    return lab_pool_put(pool, lab_pool_lcore(reclaim->lcore_index), object) == 0;
}

/* Whether the dead hold it, by its record. */
static bool is_theirs(const struct reclaim *reclaim, uint64_t word)
{
    const struct lab_pool_holder *holder = reclaim->wait.holder;
    unsigned process_slot = lab_audit_word_process_slot(word), lcore = lab_audit_word_lcore(word);
    uint64_t process = lab_audit_process(lab_audit_of(reclaim->wait.pool), process_slot);

    if (lab_audit_word_state(word, reclaim->call.who) != LAB_AUDIT_HELD)
        return false;
    if (holder->process != 0 ? process != holder->process : !reclaim->wait.dead[process_slot])
        return false;
    return holder->lcore == LAB_LCORE_ANY ? lcore < LAB_AUDIT_DEVICE
                                          : lcore == lab_audit_lcore(holder->lcore);
}

static uint32_t take_held(struct reclaim *reclaim)
{
    uint32_t taken = 0;

    for (uint32_t i = 0; i < reclaim->wait.pool->count; i++) {
        uint64_t word =
            lab_load_acquire(&lab_audit_of(reclaim->wait.pool)->table->record[i].word); /* U2 */

        if (is_theirs(reclaim, word))
            taken += take_object(reclaim, i, word);
    }
    return taken;
}

/* Notes which processes hold something and, if it `takes`, takes what is free and was not noted. */
static uint32_t look_at_records(struct reclaim *reclaim, bool takes)
{
    struct lab_pool *pool = reclaim->wait.pool;
    uint32_t taken = 0;

    for (uint32_t i = 0; i < pool->count; i++) {
        /* U2, W4: or an object is found free, and the put that made it so not found to note it */
        uint64_t word = lab_load_acquire(&lab_audit_of(pool)->table->record[i].word);
        enum lab_audit_state state = lab_audit_word_state(word, reclaim->call.who);

        if (state == LAB_AUDIT_HELD)
            reclaim->holding[lab_audit_word_process_slot(word)] = true;
        else if (takes && state == LAB_AUDIT_FREE &&
                 lab_byte_load_relaxed(&pool->sweep_seen[i]) != reclaim->epoch)
            taken += take_object(reclaim, i, word);
    }
    return taken;
}

/* Forgetting the dead */

/* The call in which an lcore of that process slot died: nobody need wait for it any more. The lcore
 * that has the index by now is inside another one. */
static void forget_call(struct lab_pool *pool, uint32_t lcore_index, unsigned process_slot)
{
    lab_atomic_t *word = &lab_audit_context_of(pool, lcore_index)->call;
    uint64_t call = lab_load_relaxed(word);

    if ((call & LAB_AUDIT_CALL_INSIDE) != 0 && lab_audit_call_process_slot(call) == process_slot)
        (void)lab_cas_relaxed(word, &call, call & ~LAB_AUDIT_CALL_INSIDE);
}

/* An lcore whose process lives on: nobody may name it again. */
static void forget_named(const struct reclaim *reclaim)
{
    struct lab_pool *pool = reclaim->wait.pool;
    const struct lab_pool_holder *holder = reclaim->wait.holder;
    uint32_t lcore_index = lab_pool_lcore_index(holder->lcore);
    unsigned process_slot = lab_audit_process_slot(lab_audit_of(pool), holder->process);

    if (lcore_index <= pool->lcores && process_slot != 0)
        forget_call(pool, lcore_index, process_slot);
}

/* Nobody has its id yet. The next that has it takes the deque over as from another process (W7). */
static void disown_named(const struct reclaim *reclaim)
{
    const struct lab_pool *pool = reclaim->wait.pool;
    const struct lab_pool_holder *holder = reclaim->wait.holder;
    uint32_t lcore_index = lab_pool_lcore_index(holder->lcore);

    if (lcore_index <= pool->lcores &&
        lab_audit_context_of(pool, lcore_index)->process == holder->process)
        lab_audit_context_of(pool, lcore_index)->process = 0;
}

/* Another process may have the place of one that is gone with all that it had. Reports of what it
 * did while it lived will then name the other. */
static void forget(struct reclaim *reclaim, unsigned process_slot)
{
    struct lab_pool *pool = reclaim->wait.pool;

    for (uint32_t lcore_index = 1; lcore_index <= pool->lcores; lcore_index++)
        forget_call(pool, lcore_index, process_slot);
    lab_store_relaxed(&lab_intercept_of(pool)->calls->any_calls[process_slot][0], 0);
    lab_store_relaxed(&lab_intercept_of(pool)->calls->any_calls[process_slot][1], 0);
    lab_audit_leave(lab_audit_of(pool), process_slot);
}

/* Only those that had ended before the sweep: a process that died during it may have noted what it
 * was moving, and is for the next one. A thread may just be handing an object to a process that has
 * ended. So that process is first made unknown, then the hand-overs that know it come to their
 * end. */
static void forget_gone(struct reclaim *reclaim)
{
    bool any = false;

    for (unsigned process_slot = 1; process_slot < LAB_AUDIT_PROCESS_SLOTS; process_slot++) {
        reclaim->gone[process_slot] &= !reclaim->holding[process_slot];
        any |= reclaim->gone[process_slot];
        if (reclaim->gone[process_slot])
            lab_store_release(&lab_audit_of(reclaim->wait.pool)->table->process[process_slot],
                              LAB_AUDIT_PROCESS_LEFT);
    }
    if (!any || !lab_reclaim_wait_for_calls(&reclaim->wait))
        return;
    (void)look_at_records(reclaim, false);
    for (unsigned process_slot = 1; process_slot < LAB_AUDIT_PROCESS_SLOTS; process_slot++)
        if (reclaim->gone[process_slot] && !reclaim->holding[process_slot])
            forget(reclaim, process_slot);
}

/* The sweep */

/* An epoch that no note has: they are cleared before numbers begin anew. */
static bool begin_epoch(struct reclaim *reclaim)
{
    struct lab_pool *pool = reclaim->wait.pool;
    uint64_t epoch = (lab_load_relaxed(&lab_intercept_of(pool)->calls->last) + 1) % EPOCHS;

    if (epoch == 0) {
        lab_store_relaxed(&pool->sweep, 0); /* of one that died */
        if (!lab_reclaim_wait_for_calls(&reclaim->wait))
            return false;
        for (uint32_t i = 0; i < pool->count; i++)
            lab_byte_store_relaxed(&pool->sweep_seen[i], 0);
        epoch = 1;
    }
    lab_store_relaxed(&lab_intercept_of(pool)->calls->last, epoch);
    lab_store_release(&pool->sweep, epoch);
    reclaim->epoch = (uint8_t)epoch;
    return true;
}

/* Calls at another level neither note nor record what they take. One that took something away
 * before it was noted had seen the change by then, and so has a thread that saw that it was
 * away: so the level is looked at last. */
static bool sweep(struct reclaim *reclaim, uint32_t *ret_lost)
{
    struct lab_pool *pool = reclaim->wait.pool;
    bool done = begin_epoch(reclaim) && lab_reclaim_wait_for_calls(&reclaim->wait) &&
                note_reachable(reclaim) && lab_reclaim_wait_for_calls(&reclaim->wait);

    done = done && lab_load_relaxed(&lab_audit_of(pool)->table->mode) == reclaim->mode;
    if (done) {
        *ret_lost = look_at_records(reclaim, true);
        forget_named(reclaim);
        forget_gone(reclaim);
    }
    lab_store_relaxed(&pool->sweep, 0);
    return done;
}

/* One at a time */

/* One that has no place is not known to have ended. */
static bool become_sweeper(const struct lab_pool *pool)
{
    struct lab_audit *audit = lab_audit_of(pool);
    lab_atomic_t *sweeper = &lab_intercept_of(pool)->calls->sweeper;
    uint64_t other = lab_load_relaxed(sweeper);

    if (other != 0 && lab_audit_runs(audit, lab_audit_process_slot(audit, other)) != 0)
        return false;
    return lab_cas_acquire(sweeper, &other, lab_audit_self());
}

/* Another process that has no place holds nothing. */
static int check_named(const struct lab_pool *pool, const struct lab_pool_holder *holder,
                       struct lab_error *error)
{
    int pid = lab_os_process_pid(holder->process), rc;
    unsigned process_slot;

    if (holder->process == 0 || holder->lcore != LAB_LCORE_ANY)
        return 0;
    process_slot = lab_audit_process_slot(lab_audit_of(pool), holder->process);
    rc = process_slot != 0 ? lab_audit_runs(lab_audit_of(pool), process_slot)
                           : holder->process == lab_audit_self();
    if (rc > 0)
        return lab_error_set(error, -EBUSY,
                             "pool %s: process %d still runs: reclaim is for the dead", pool->name,
                             pid);
    if (rc < 0)
        return lab_error_set(error, -EBUSY,
                             "pool %s: whether process %d has ended cannot be known (%s): reclaim "
                             "from a process of its PID and time namespace that has /proc and may "
                             "call pidfd_open(2)",
                             pool->name, pid, strerror(-rc));
    return 0;
}

static int check_reclaim(const struct lab_pool *pool, uint32_t lcore,
                         const struct lab_pool_holder *holder, struct lab_error *error)
{
    if (lab_pool_lcore_index(lcore) > pool->lcores)
        return lab_error_set(error, -EINVAL, "pool %s has no lcore %u", pool->name, lcore);
    if (holder->lcore != LAB_LCORE_ANY && holder->process == 0)
        return lab_error_set(error, -EINVAL, "pool %s: an lcore of which process is gone?",
                             pool->name);
    if (lab_intercept_of(pool)->calls == NULL ||
        lab_audit_level(lab_audit_of(pool)) != LAB_AUDIT_FULL)
        return lab_error_set(error, -ENOTSUP,
                             "pool %s does not know who holds what: that needs its audit at level "
                             "full (LABYRINTH_OPTIONS=audit=full)",
                             pool->name);
    return check_named(pool, holder, error);
}

LAB_NOINLINE int lab_pool_reclaim(struct lab_pool *pool, uint32_t lcore,
                                  const struct lab_pool_holder *holder,
                                  void (*renew)(void *object, void *context), void *context,
                                  struct lab_pool_reclaimed *ret_reclaimed, struct lab_error *error)
{
    struct reclaim reclaim = {.wait = {.pool = pool, .holder = holder},
                              .renew = renew,
                              .context = context,
                              .lcore_index = lab_pool_lcore_index(lcore)};
    struct lab_audit_site site = {__builtin_return_address(0), NULL};
    struct lab_pool_reclaimed reclaimed = {0};
    int rc = check_reclaim(pool, lcore, holder, error);

    if (rc != 0)
        return rc;
    reclaim.mode = lab_load_acquire(&lab_audit_of(pool)->table->mode);
    if (!lab_audit_begin(lab_audit_of(pool), lcore, site, lab_ticks(), &reclaim.call))
        return lab_error_set(error, -EAGAIN, "pool %s: its audit was at another level just now",
                             pool->name);
    /* If it died here, nobody could know. */
    if (lab_audit_word_process_slot(reclaim.call.who) == 0)
        return lab_error_set(error, -EBUSY,
                             "pool %s: %u processes use it already, of which this is none: reclaim "
                             "from one of those",
                             pool->name, LAB_AUDIT_PROCESS_SLOTS - 1);
    if (!become_sweeper(pool))
        return lab_error_set(
            error, -EBUSY, "pool %s: process %d is reclaiming, or is not known to have ended",
            pool->name,
            lab_os_process_pid(lab_load_relaxed(&lab_intercept_of(pool)->calls->sweeper)));
    (void)lab_reclaim_look_for_dead(lab_audit_of(pool), reclaim.wait.dead, &reclaim.wait.unknown);
    memcpy(reclaim.gone, reclaim.wait.dead, sizeof(reclaim.gone));
    disown_named(&reclaim);
    reclaimed.held = take_held(&reclaim);
    reclaimed.complete = sweep(&reclaim, &reclaimed.in_motion) && reclaim.wait.unknown == 0;
    reclaimed.unknown = reclaim.wait.unknown;
    lab_store_release(&lab_intercept_of(pool)->calls->sweeper, 0);
    *ret_reclaimed = reclaimed;
    return 0;
}
