/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"

#include <lab_audit.h>
#include <lab_audit_calls.h>
#include <lab_intercept.h>
#include <lab_os.h>
#include <lab_pool_core.h>
#include <stdio.h>
#include <string.h>

/* Objects that are taken back, and those that are not. While others work and die:
 * test/stress/reclaim.c. */

enum { COUNT = 500, RESERVE = 60, BYTES = 256, SELF = 3, OTHER = 7, QUEUE = 2 };

static const struct lab_pool_holder the_dead = {.process = 0, .lcore = LAB_LCORE_ANY};

static char name[LAB_POOL_NAME_SIZE];

/* A clock that goes on by a millisecond whenever somebody looks, or the machine's. */
static uint64_t looks;
static bool counts_looks;

uint64_t __real_lab_os_clock_ns(void);
uint64_t __wrap_lab_os_clock_ns(void);

uint64_t __wrap_lab_os_clock_ns(void)
{
    return counts_looks ? ++looks * 1000000 : __real_lab_os_clock_ns();
}

static int set_up(void **state)
{
    static unsigned n;

    skip_shared_regions_under_tsan();
    snprintf(name, sizeof(name), "reclaim-%d-%u", (int)getpid(), n++);
    return 0;
}

static struct lab_pool *create(struct lab_audit_options audit)
{
    const struct lab_pool_options options = {.name = name,
                                             .count = COUNT,
                                             .reserve = RESERVE,
                                             .buffer_bytes = BYTES,
                                             .node = LAB_NODE_ANY,
                                             .pages = LAB_PAGES_NORMAL,
                                             .shared = true,
                                             .audit = audit};
    struct lab_error error;
    struct lab_pool *pool;

    assert_int_equal(lab_pool_create(&options, &pool, &error), 0);
    return pool;
}

static struct lab_pool *create_full(void)
{
    return create((struct lab_audit_options){.level = LAB_AUDIT_FULL, .stated = true});
}

static struct lab_pool_reclaimed reclaim(struct lab_pool *pool,
                                         const struct lab_pool_holder *holder)
{
    struct lab_pool_reclaimed reclaimed;
    struct lab_error error = {0};

    if (lab_pool_reclaim(pool, SELF, holder, NULL, NULL, &reclaimed, &error) != 0)
        fail_msg("%s", error.message);
    return reclaimed;
}

static void assert_reclaims(struct lab_pool *pool, const struct lab_pool_holder *holder,
                            uint32_t held, uint32_t in_motion)
{
    struct lab_pool_reclaimed reclaimed = reclaim(pool, holder);

    assert_true(reclaimed.complete);
    assert_int_equal(reclaimed.held, held);
    assert_int_equal(reclaimed.in_motion, in_motion);
}

/* Objects that a call had taken out of the pool when it died, without a word to the audit. */
static void lose(struct lab_pool *pool, unsigned n)
{
    uint32_t indices[LAB_STACK_BURST];

    assert_int_equal(lab_stack_pop_any(&pool->stack, indices, n), n);
}

/* Holds 20 buffers, posts 5 of them to a device queue, and ends. */
static int hold_and_die(void *parents)
{
    void *objects[20];
    struct lab_pool *pool;

    if (lab_pool_attach(name, &pool, NULL) != 0 || pool != parents)
        return 1;
    if (lab_pool_get_bulk(pool, OTHER, objects, 20) != 0 ||
        lab_pool_transfer(pool, OTHER, objects, 5, LAB_POOL_DEVICE(QUEUE), 0) != 0)
        return 2;
    for (int i = 0; i < 20; i++)
        memset(objects[i], 0x77, BYTES);
    return 0;
}

static unsigned dirty_buffers(const struct lab_pool *pool)
{
    unsigned n = 0;

    for (unsigned i = 0; i < COUNT; i++)
        n += pool->buffers[i * pool->stride + BYTES - 1] != 0;
    return n;
}

static void what_a_dead_process_held(void **state)
{
    struct lab_pool *pool = create_full();
    struct lab_pool_holder queue = {.lcore = LAB_POOL_DEVICE(QUEUE)};
    void *mine[10];
    unsigned unknown;
    int status;

    assert_int_equal(lab_pool_get_bulk(pool, SELF, mine, 10), 0);
    memset(mine[9], 0x55, BYTES);
    if (is_emulated()) {
        assert_int_equal(lab_pool_destroy(pool), 0);
        skip_because("an emulator does not follow advice about memory");
    }
    status = status_of_child(hold_and_die, pool);
    assert_exited_with(0, status);
    assert_int_equal(lab_pool_count(pool), COUNT - 30);
    assert_int_equal(lab_pool_ended(pool, &unknown), 1);
    assert_int_equal(unknown, 0);
    queue.process = lab_audit_process(lab_intercept_of(pool)->audit, 2);
    assert_reclaims(pool, &the_dead, 15, 0);
    assert_int_equal(lab_pool_count(pool), COUNT - 15);
    assert_int_equal(dirty_buffers(pool), 5 + 1); /* the device's, and my own */

    assert_reclaims(pool, &the_dead, 0, 0); /* the device works on */
    assert_true(lab_audit_process(lab_intercept_of(pool)->audit, 2) == queue.process);
    assert_reclaims(pool, &queue, 5, 0); /* it was stopped */
    assert_true(lab_audit_process(lab_intercept_of(pool)->audit, 2) == LAB_AUDIT_PROCESS_GONE);
    assert_int_equal(lab_pool_ended(pool, NULL), 0);
    status = status_of_child(hold_and_die, pool); /* which has its place */
    assert_exited_with(0, status);
    assert_true(lab_audit_process(lab_intercept_of(pool)->audit, 2) != LAB_AUDIT_PROCESS_GONE);
    assert_int_equal(lab_audit_process(lab_intercept_of(pool)->audit, 3), 0);
    queue.process = lab_audit_process(lab_intercept_of(pool)->audit, 2);
    assert_reclaims(pool, &queue, 5, 0);
    assert_reclaims(pool, &the_dead, 15, 0);
    assert_int_equal(dirty_buffers(pool), 1);
    assert_int_equal(lab_pool_put_bulk(pool, SELF, mine, 10), 0);
    assert_int_equal(lab_pool_count(pool), COUNT);
    assert_int_equal(lab_pool_destroy(pool), 0);
}

/* One whose place was just being given up when who reclaimed died too. */
static void who_was_being_forgotten(void **state)
{
    struct lab_pool *pool = create_full();
    unsigned process_slot = lab_audit_admit(lab_intercept_of(pool)->audit, 12345, lab_audit_home());

    lab_store_relaxed(&lab_intercept_of(pool)->audit->table->process[process_slot],
                      LAB_AUDIT_PROCESS_LEFT);
    assert_true(lab_audit_admit(lab_intercept_of(pool)->audit, 12345, lab_audit_home()) !=
                process_slot);
    lab_store_relaxed(&lab_intercept_of(pool)->audit->table->process[process_slot + 1], 0);
    assert_int_equal(lab_pool_ended(pool, NULL), 1);
    assert_reclaims(pool, &the_dead, 0, 0);
    assert_true(lab_audit_process(lab_intercept_of(pool)->audit, process_slot) ==
                LAB_AUDIT_PROCESS_GONE);
    assert_int_equal(lab_pool_ended(pool, NULL), 0);
    assert_int_equal(lab_pool_destroy(pool), 0);
}

/* A thread of this process has ended, says the caller, who has joined it. */
static void what_a_dead_lcore_held(void **state)
{
    struct lab_pool *pool = create_full();
    struct lab_pool_holder lcore = {.process = lab_audit_self(), .lcore = OTHER};
    void *its[10], *mine;

    assert_int_equal(lab_pool_get_bulk(pool, OTHER, its, 10), 0);
    assert_int_equal(lab_pool_get(pool, SELF, &mine), 0);
    assert_reclaims(pool, &lcore, 10, 0);
    assert_int_equal(lab_pool_put(pool, OTHER, its[0]), -EBADMSG); /* too late */
    assert_int_equal(lab_pool_put(pool, SELF, mine), 0);
    assert_int_equal(lab_pool_count(pool), COUNT);
    assert_int_equal(lab_pool_destroy(pool), 0);
}

/* Wherever the living have their objects, what is nowhere is found; and again, for marks of one
 * sweep must not pass for those of another. */
static void what_was_in_motion(void **state)
{
    struct lab_audit_options audit = {.level = LAB_AUDIT_FULL, .quarantine = 20};
    struct lab_pool *pool = create(audit);
    void *objects[200];

    for (int i = 0; i < 600; i++) {
        unsigned lost = (unsigned)i % 5;

        lose(pool, lost);
        assert_int_equal(lab_pool_get_bulk(pool, OTHER + i % 2, objects, 200), 0);
        assert_reclaims(pool, &the_dead, 0, lost);
        assert_int_equal(lab_pool_put_bulk(pool, OTHER + i % 2, objects, 100), 0);
        assert_int_equal(lab_pool_put_bulk(pool, LAB_LCORE_ANY, objects + 100, 100), 0);
        assert_reclaims(pool, &the_dead, 0, 0);
        assert_int_equal(lab_pool_count(pool), COUNT);
    }
    assert_int_equal(lab_pool_destroy(pool), 0);
}

/* A living thread that is inside a call may have it. */
static void not_what_a_living_call_may_have(void **state)
{
    struct lab_pool *pool = create_full();
    struct lab_pool_holder gone = {.process = lab_audit_self(), .lcore = OTHER};
    const uint32_t lcore_indices[] = {lab_pool_lcore_index(OTHER),
                                      lab_pool_lcore_index(LAB_LCORE_ANY)};
    uint64_t who = lab_audit_who(lab_audit_enter(lab_intercept_of(pool)->audit), OTHER, 0);

    for (unsigned i = 0; i < 2; i++) {
        lab_atomic_t *call = lab_audit_call_begin(pool, lcore_indices[i], who);

        lose(pool, 3);
        assert_false(reclaim(pool, &the_dead).complete);
        assert_int_equal(lab_pool_count(pool), COUNT - 3);
        lab_audit_call_end(lcore_indices[i], call);
        assert_reclaims(pool, &the_dead, 0, 3);
    }
    (void)lab_audit_call_begin(pool, lcore_indices[0], who); /* and never ends */
    lose(pool, 3);
    assert_reclaims(pool, &gone, 0, 3);
    lose(pool, 3);
    assert_reclaims(pool, &the_dead, 0, 3); /* which does not wait for it */
    assert_int_equal(lab_pool_destroy(pool), 0);
}

/* Nobody waits long for one that is stopped inside a call. The objects of the dead come back at
 * once, and the rest as soon as it goes on. */
static void who_is_stopped_is_not_waited_for(void **state)
{
    struct lab_pool *pool = create_full();
    uint64_t who = lab_audit_who(lab_audit_enter(lab_intercept_of(pool)->audit), OTHER, 0);
    struct lab_pool_holder gone = {.process = lab_audit_self(), .lcore = OTHER + 1};
    const uint32_t lcore_indices[] = {lab_pool_lcore_index(OTHER),
                                      lab_pool_lcore_index(LAB_LCORE_ANY)};

    for (unsigned i = 0; i < 2; i++) {
        struct lab_pool_reclaimed reclaimed;
        lab_atomic_t *call;
        void *its[5];

        assert_int_equal(lab_pool_get_bulk(pool, OTHER + 1, its, 5), 0);
        call = lab_audit_call_begin(pool, lcore_indices[i], who);
        lose(pool, 3);
        looks = 0;
        counts_looks = true;
        reclaimed = reclaim(pool, &gone);
        counts_looks = false;
        assert_in_range(looks, 1, 200);
        assert_int_equal(reclaimed.held, 5);
        assert_false(reclaimed.complete);
        lab_audit_call_end(lcore_indices[i], call);
        assert_reclaims(pool, &gone, 0, 3);
    }
    assert_int_equal(lab_pool_destroy(pool), 0);
}

/* An owner was killed in a get of n objects that a revoker had just made public. */
static void kill_in_get(struct lab_deque *deque, uint64_t n)
{
    uint64_t bot = lab_load_relaxed(&deque->bot);

    lab_store_relaxed(&deque->split, bot);
    lab_store_relaxed(&deque->bot, bot - n);
}

/* A sweep takes what bot was when a call began for the most that it may become again. */
static void whoever_takes_an_id_over_begins_in_order(void **state)
{
    struct lab_pool *pool = create_full();
    struct lab_pool_holder lcore = {.lcore = SELF};
    struct lab_audit_context *look = &lab_intercept_of(pool)->context[lab_pool_lcore_index(SELF)];
    struct lab_deque *deque = &pool->deque[lab_pool_lcore_index(SELF)];
    void *objects[8];

    for (int how = 0; how < 3; how++) {
        uint64_t bot;

        assert_int_equal(lab_pool_get_bulk(pool, SELF, objects, 8), 0);
        assert_int_equal(lab_pool_put_bulk(pool, SELF, objects, 8), 0);
        assert_int_equal(lab_pool_get(pool, LAB_LCORE_ANY, &objects[0]), 0);
        bot = lab_load_relaxed(&deque->bot);
        kill_in_get(deque, 4);
        lcore.process = look->process;
        if (how < 2)
            look->process = 1; /* another one's, which has ended */
        else
            assert_reclaims(pool, &lcore, 0, 0); /* a thread of this one */
        if (how == 0)
            assert_int_equal(lab_pool_transfer(pool, SELF, objects, 0, SELF, 0), 0);
        else
            assert_int_equal(lab_pool_get(pool, SELF, &objects[1]), 0);
        assert_int_equal(lab_load_relaxed(&look->bot), bot);
        if (how > 0)
            assert_int_equal(lab_pool_put(pool, SELF, objects[1]), 0);
        assert_int_equal(lab_pool_put(pool, LAB_LCORE_ANY, objects[0]), 0);
    }
    assert_int_equal(lab_pool_count(pool), COUNT);
    assert_int_equal(lab_pool_destroy(pool), 0);
}

static void count_renewed(void *object, void *context)
{
    ++*(unsigned *)context;
}

static void each_is_renewed(void **state)
{
    struct lab_pool *pool = create_full();
    struct lab_pool_reclaimed reclaimed;
    unsigned renewed = 0;

    lose(pool, 9);
    assert_int_equal(
        lab_pool_reclaim(pool, SELF, &the_dead, count_renewed, &renewed, &reclaimed, NULL), 0);
    assert_int_equal(renewed, 9);
    assert_int_equal(lab_pool_destroy(pool), 0);
}

/* The audit's level falls while somebody reclaims, and a living thread gets something without a
 * record, before the records of the old level are void. */
struct fall {
    struct lab_pool *pool;
    char *got;
};

static void let_the_level_fall(void *object, void *context)
{
    struct fall *fall = context;
    uint64_t mode = lab_load_relaxed(&lab_intercept_of(fall->pool)->audit->table->mode);
    void *got;

    mode += (UINT64_C(1) << LAB_AUDIT_EPOCH_SHIFT) - LAB_AUDIT_FULL + LAB_AUDIT_OFF;
    lab_store_release(&lab_intercept_of(fall->pool)->audit->table->mode, mode);
    assert_int_equal(lab_pool_get(fall->pool, SELF, &got), 0);
    fall->got = memset(got, 0x77, BYTES);
}

static void not_what_was_got_at_another_level(void **state)
{
    struct lab_pool *pool = create_full();
    struct lab_pool_holder gone = {.process = lab_audit_self(), .lcore = OTHER};
    struct lab_pool_reclaimed reclaimed;
    struct fall fall = {.pool = pool};
    void *its;

    assert_int_equal(lab_pool_get(pool, SELF, &its), 0);
    assert_int_equal(lab_pool_put(pool, SELF, its), 0); /* there is a free one with a record */
    assert_int_equal(lab_pool_get(pool, OTHER, &its), 0);
    assert_int_equal(
        lab_pool_reclaim(pool, SELF, &gone, let_the_level_fall, &fall, &reclaimed, NULL), 0);
    assert_int_equal(fall.got[0], 0x77);
    assert_int_equal(reclaimed.held, 1);
    assert_int_equal(reclaimed.in_motion, 0);
    assert_false(reclaimed.complete);
    assert_int_equal(lab_pool_put(pool, SELF, fall.got), 0);
    assert_int_equal(lab_pool_count(pool), COUNT);
    assert_int_equal(lab_pool_destroy(pool), 0);
}

static void assert_refused(struct lab_pool *pool, uint32_t lcore,
                           const struct lab_pool_holder *holder, int code, const char *part)
{
    struct lab_pool_reclaimed untouched = {.held = 99}, reclaimed = untouched;
    struct lab_error error;

    assert_int_equal(lab_pool_reclaim(pool, lcore, holder, NULL, NULL, &reclaimed, &error), code);
    assert_non_null(strstr(error.message, part));
    assert_memory_equal(&reclaimed, &untouched, sizeof(reclaimed));
}

static void refusals(void **state)
{
    struct lab_pool *pool = create_full();
    struct lab_pool_holder self = {.process = lab_audit_self(), .lcore = LAB_LCORE_ANY};
    struct lab_pool_holder nobodys = {.lcore = OTHER};

    assert_refused(pool, 4096, &the_dead, -EINVAL, "no lcore 4096");
    assert_refused(pool, SELF, &nobodys, -EINVAL, "of which process");
    assert_refused(pool, SELF, &self, -EBUSY, "still runs");
    lab_store_relaxed(&lab_intercept_of(pool)->calls->sweeper, lab_audit_self());
    assert_refused(pool, SELF, &the_dead, -EBUSY, "is reclaiming");
    lab_store_relaxed(&lab_intercept_of(pool)->calls->sweeper, 0);
    assert_int_equal(lab_pool_set_audit(pool, LAB_AUDIT_SAMPLE), 0);
    assert_refused(pool, SELF, &the_dead, -ENOTSUP, "audit=full");
    assert_int_equal(lab_pool_set_audit(pool, LAB_AUDIT_FULL), 0);
    assert_refused(pool, SELF, &the_dead, -EAGAIN, "another level");
    assert_int_equal(lab_pool_destroy(pool), 0);

    pool = create((struct lab_audit_options){0});
    assert_refused(pool, SELF, &the_dead, -ENOTSUP, "audit=full");
    assert_int_equal(lab_pool_destroy(pool), 0);
}

static int hold_all_and_die(void *parents)
{
    void *objects[COUNT];
    struct lab_pool *pool;

    if (lab_pool_attach(name, &pool, NULL) != 0 || pool != parents)
        return 1;
    return lab_pool_get_bulk_atomic(pool, OTHER, objects, COUNT) != 0;
}

/* It is the reserve's again, and for none but ATOMIC. */
static void what_the_dead_had_of_the_reserve(void **state)
{
    struct lab_pool *pool = create_full();
    struct lab_pool_stats stats;
    void *objects[COUNT];
    lab_atomic_t head = {0};
    struct lab_stack lost;
    int status;

    if (is_emulated()) {
        assert_int_equal(lab_pool_destroy(pool), 0);
        skip_because("an emulator does not follow advice about memory");
    }
    status = status_of_child(hold_all_and_die, pool);
    assert_exited_with(0, status);
    assert_int_equal(lab_pool_count(pool), 0);
    assert_reclaims(pool, &the_dead, COUNT, 0);
    /* As if a call had died that was taking these: their links are taken, too. */
    lab_stack_init_beside(&lost, &head, &pool->stack, LAB_STACK_OF_A_CALL);
    assert_int_equal(lab_pool_take_reserve(pool, &lost, 5), 5);
    assert_reclaims(pool, &the_dead, 0, 5);
    lab_pool_stats(pool, &stats);
    assert_int_equal(stats.free, COUNT);
    assert_int_equal(stats.reserve, RESERVE);
    assert_int_equal(lab_pool_get_bulk(pool, SELF, objects, COUNT - RESERVE + 1), -ENOBUFS);
    assert_int_equal(lab_pool_get_bulk(pool, SELF, objects, COUNT - RESERVE), 0);
    assert_int_equal(lab_pool_put_bulk(pool, SELF, objects, COUNT - RESERVE), 0);
    assert_int_equal(lab_pool_destroy(pool), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_a_dead_process_held, set_up),
        cmocka_unit_test_setup(who_was_being_forgotten, set_up),
        cmocka_unit_test_setup(what_a_dead_lcore_held, set_up),
        cmocka_unit_test_setup(what_was_in_motion, set_up),
        cmocka_unit_test_setup(not_what_a_living_call_may_have, set_up),
        cmocka_unit_test_setup(who_is_stopped_is_not_waited_for, set_up),
        cmocka_unit_test_setup(not_what_was_got_at_another_level, set_up),
        cmocka_unit_test_setup(whoever_takes_an_id_over_begins_in_order, set_up),
        cmocka_unit_test_setup(each_is_renewed, set_up),
        cmocka_unit_test_setup(what_the_dead_had_of_the_reserve, set_up),
        cmocka_unit_test_setup(refusals, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
