/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pool_audit_rig.h"
#include <lab_audit_calls.h>
#include <pthread.h>
#include <random.h>
#include <semaphore.h>

/* Everything that can be wrong is found at once, with the right call sites, and changes nothing. */

#define COUNT 255u

/* The wrong and the right calls, each in a function of its own that the report must name. */

static SITE void get_here(struct lab_pool *pool, void **ret_object)
{
    assert_int_equal(lab_pool_get(pool, 1, ret_object), 0);
    NO_TAIL_CALL();
}

static SITE int put_here(struct lab_pool *pool, uint32_t lcore, void *object)
{
    int rc = lab_pool_put(pool, lcore, object);

    NO_TAIL_CALL();
    return rc;
}

static SITE int put_wrongly(struct lab_pool *pool, uint32_t lcore, void *object)
{
    int rc = lab_pool_put(pool, lcore, object);

    NO_TAIL_CALL();
    return rc;
}

static SITE int transfer_here(struct lab_pool *pool, uint32_t from, void *object, uint32_t to)
{
    int rc = lab_pool_transfer(pool, from, &object, 1, to, 0);

    NO_TAIL_CALL();
    return rc;
}

static void make(struct rig *rig, enum kind kind, bool stated)
{
    struct lab_pool_options options = audited_options(kind, COUNT, LAB_AUDIT_FULL);

    options.audit.stated = stated;
    options.audit.poison = true;
    options.audit.poison_from = 8;
    options.audit.poison_bytes = 92;
    rig_make_held(rig, &options);
    rig_put(rig, LAB_LCORE_ANY, rig->objects, COUNT);
    listen_from_now();
}

/* The audit has said exactly this. */
static void expect_reported(enum lab_audit_fault fault, const void *object)
{
    assert_int_equal(reported, 1);
    assert_int_equal(last.fault, fault);
    assert_ptr_equal(last.object, object);
    assert_string_equal(last.pool, "test");
    reported = 0;
}

static void unmake(struct rig *rig)
{
    assert_int_equal(lab_pool_count(rig->pool), COUNT);
    rig_check(rig);
    rig_drain(rig, 1, 32);
    rig_put_by(rig, 1, rig->objects, COUNT, 32);
    assert_int_equal(reported, 0);
    rig_unmake(rig);
}

static void double_frees(void **state)
{
    for (int kind = BUFFERS; kind <= OBJECTS; kind++) {
        struct rig rig;
        void *object;

        make(&rig, kind, false);
        get_here(rig.pool, &object);
        assert_int_equal(put_here(rig.pool, 1, object), 0);
        assert_int_equal(put_wrongly(rig.pool, 2, object), -EBADMSG);
        expect_reported(LAB_AUDIT_DOUBLE_FREE, object);
        assert_true(is_inside(get_here, last.got.site));
        assert_true(is_inside(put_here, last.put.site));
        assert_true(is_inside(put_wrongly, last.caller.site));
        assert_int_equal(last.put.lcore, 1);
        assert_int_equal(last.caller.lcore, 2);
        unmake(&rig);
    }
}

/* The second free takes it from the new holder, whose own free is then the one too many. */
static void double_free_of_what_was_given_out_again(void **state)
{
    struct rig rig;
    void *object, *again;

    make(&rig, BUFFERS, false);
    get_here(rig.pool, &object);
    assert_int_equal(put_here(rig.pool, 1, object), 0);
    get_here(rig.pool, &again);
    assert_ptr_equal(object, again);
    assert_int_equal(put_wrongly(rig.pool, 2, object), 0);
    assert_int_equal(put_here(rig.pool, 1, again), -EBADMSG);
    expect_reported(LAB_AUDIT_DOUBLE_FREE, object);
    assert_true(is_inside(put_wrongly, last.put.site));
    unmake(&rig);
}

static void the_same_where_hand_overs_are_stated(void **state)
{
    struct rig rig;
    void *object, *again;

    make(&rig, BUFFERS, true);
    get_here(rig.pool, &object);
    assert_int_equal(transfer_here(rig.pool, 1, object, 2), 0);
    assert_int_equal(put_here(rig.pool, 2, object), 0);
    assert_int_equal(lab_pool_get(rig.pool, 2, &again), 0);
    assert_ptr_equal(object, again);
    assert_int_equal(put_wrongly(rig.pool, 1, object), -EBADMSG);
    expect_reported(LAB_AUDIT_WRONG_HOLDER, object);
    assert_true(is_inside(put_here, last.put.site));
    assert_int_equal(last.holder.lcore, 2);
    assert_int_equal(put_here(rig.pool, 2, again), 0);
    unmake(&rig);
}

static void and_where_handles_are_used(void **state)
{
    struct rig rig;
    void *object, *again;
    uint64_t handle, next;

    make(&rig, OBJECTS, false);
    get_here(rig.pool, &object);
    assert_int_equal(lab_pool_handle(rig.pool, object, &handle), 0);
    assert_int_equal(lab_pool_put_handle(rig.pool, 1, handle), 0);
    assert_int_equal(lab_pool_put_handle(rig.pool, 1, handle), -EBADMSG);
    expect_reported(LAB_AUDIT_DOUBLE_FREE, object);
    get_here(rig.pool, &again);
    assert_ptr_equal(object, again);
    assert_int_equal(lab_pool_put_handle(rig.pool, 1, handle), -EBADMSG);
    expect_reported(LAB_AUDIT_STALE_HANDLE, object);
    assert_true(is_inside(and_where_handles_are_used, last.caller.site));
    assert_int_equal(lab_pool_handle(rig.pool, again, &next), 0);
    assert_int_equal(lab_pool_put_handle(rig.pool, 1, next), 0);
    assert_int_equal(lab_pool_put_handle(rig.pool, 1, UINT32_MAX), -EINVAL);
    assert_int_equal(lab_pool_handle(rig.pool, &rig, &next), -ENOENT);
    unmake(&rig);
}

static void device_queues_hold_objects(void **state)
{
    struct rig rig;
    void *object;

    make(&rig, BUFFERS, true);
    get_here(rig.pool, &object);
    assert_int_equal(transfer_here(rig.pool, 1, object, LAB_POOL_DEVICE(12)), 0);
    assert_int_equal(put_wrongly(rig.pool, 1, object), -EBADMSG);
    expect_reported(LAB_AUDIT_WRONG_HOLDER, object);
    assert_true(last.holder.device);
    assert_int_equal(last.holder.lcore, 12);
    assert_true(is_inside(transfer_here, last.holder.site));
    assert_int_equal(transfer_here(rig.pool, 2, object, 2), 0);
    assert_int_equal(transfer_here(rig.pool, 3, object, 3), -EBADMSG);
    expect_reported(LAB_AUDIT_WRONG_HOLDER, object);
    assert_int_equal(put_here(rig.pool, 2, object), 0);
    assert_int_equal(transfer_here(rig.pool, 2, object, 2), -EBADMSG);
    expect_reported(LAB_AUDIT_WRONG_HOLDER, object);
    unmake(&rig);
}

static void what_is_not_the_pools(void **state)
{
    for (int kind = BUFFERS; kind <= OBJECTS; kind++) {
        char *first, mine[64];
        struct rig rig;
        void *object;

        make(&rig, kind, false);
        first = kind == BUFFERS ? rig.pool->buffers : rig.object_memory;
        assert_int_equal(put_wrongly(rig.pool, 1, mine), -EBADMSG);
        expect_reported(LAB_AUDIT_FOREIGN_FREE, mine);
        assert_true(is_inside(put_wrongly, last.caller.site));
        assert_int_equal(put_wrongly(rig.pool, 1, NULL), -EBADMSG);
        expect_reported(LAB_AUDIT_FOREIGN_FREE, NULL);
        assert_int_equal(put_wrongly(rig.pool, 1, first - 1), -EBADMSG);
        expect_reported(LAB_AUDIT_FOREIGN_FREE, first - 1);

        get_here(rig.pool, &object);
        for (size_t offset = 1; offset < 100; offset += 33) {
            char *inside = object == first ? (char *)object + offset : first + offset;

            assert_int_equal(put_wrongly(rig.pool, 1, inside), -EBADMSG);
            expect_reported(LAB_AUDIT_INSIDE_FREE, inside);
            assert_int_equal(last.offset, offset);
        }
        assert_int_equal(put_here(rig.pool, 1, object), 0);
        unmake(&rig);
    }
}

/* The wrong one among many is left out, wherever it stands. */
static void in_a_burst_the_rest_is_put(void **state)
{
    struct rig rig;

    make(&rig, BUFFERS, false);
    for (unsigned at = 0; at < 200; at += 7) {
        void *right;

        assert_true(rig_get(&rig, 1, rig.objects, 200));
        right = rig.objects[at];
        rig.objects[at] = &rig;
        assert_int_equal(lab_pool_put_bulk(rig.pool, 1, rig.objects, 200), -EBADMSG);
        expect_reported(LAB_AUDIT_FOREIGN_FREE, &rig);
        rig.objects[at] = right;
        assert_int_equal(lab_pool_count(rig.pool), COUNT - 1);
        assert_int_equal(lab_pool_put(rig.pool, 1, right), 0);
        memset(rig.is_held, 0, COUNT);
        rig.held = 0;
    }
    unmake(&rig);
}

static void writes_after_a_free(void **state)
{
    for (int kind = BUFFERS; kind <= OBJECTS; kind++) {
        struct rig rig;
        void *object, *again;

        make(&rig, kind, false);
        for (unsigned offset = 0; offset < 100; offset += 4) {
            get_here(rig.pool, &object);
            memset(object, 7, 100);
            assert_int_equal(put_here(rig.pool, 1, object), 0);
            assert_memory_equal(object, "\7\7\7\7\7\7\7\7", 8); /* poison_from */
            ((char *)object)[offset] = 'x';
            get_here(rig.pool, &again);
            assert_ptr_equal(object, again);
            if (offset >= 8) {
                expect_reported(LAB_AUDIT_WRITE_AFTER_FREE, object);
                assert_int_equal(last.offset, offset);
                assert_true(is_inside(put_here, last.put.site));
                assert_true(is_inside(get_here, last.caller.site));
            }
            assert_int_equal(reported, 0);
            assert_int_equal(put_here(rig.pool, 1, object), 0);
        }
        unmake(&rig);
    }
}

/* A program may write into the free objects of a new pool. */
static void a_pools_first_filling_is_left_alone(void **state)
{
    struct lab_pool_options options = audited_options(OBJECTS, COUNT, LAB_AUDIT_FULL);
    struct rig rig;

    options.audit.poison = true;
    options.audit.poison_bytes = OBJECT_BYTES;
    listen_from_now();
    rig_make(&rig, &options);
    rig_put(&rig, 1, rig.objects, COUNT);
    memset(rig.object_memory, 1, COUNT * (size_t)OBJECT_BYTES);
    rig_drain(&rig, 1, 32);
    for (uint32_t i = 0; i < COUNT * OBJECT_BYTES; i++)
        assert_int_equal(rig.object_memory[i], 1);
    assert_int_equal(reported, 0);
    rig_put(&rig, 1, rig.objects, COUNT);
    rig_unmake(&rig);
}

/* Injected into work that goes on: each is found, and nothing else. */
static void a_thousand_of_each(void **state)
{
    uint64_t random = 1;
    struct rig rig;
    void *held[64];
    unsigned n = 0;

    make(&rig, BUFFERS, true);
    for (unsigned i = 0; i < 6000; i++) {
        void *object, *again;

        for (unsigned k = random_below(&random, 20); k > 0; k--) {
            if (n < 64 && random_below(&random, 2) == 0)
                get_here(rig.pool, &held[n++]);
            else if (n > 0)
                assert_int_equal(put_here(rig.pool, 1, held[--n]), 0);
        }
        get_here(rig.pool, &object);
        switch (i % 6) {
        case 0:
            assert_int_equal(put_here(rig.pool, 1, object), 0);
            assert_int_equal(put_wrongly(rig.pool, 1, object), -EBADMSG);
            expect_reported(LAB_AUDIT_DOUBLE_FREE, object);
            assert_true(is_inside(put_here, last.put.site));
            break;
        case 1:
            assert_int_equal(put_wrongly(rig.pool, 1, &rig.held), -EBADMSG);
            expect_reported(LAB_AUDIT_FOREIGN_FREE, &rig.held);
            break;
        case 2:
            assert_int_equal(put_wrongly(rig.pool, 1, (char *)object + 5), -EBADMSG);
            expect_reported(LAB_AUDIT_INSIDE_FREE, (char *)object + 5);
            break;
        case 3:
            assert_int_equal(put_wrongly(rig.pool, 2, object), -EBADMSG);
            expect_reported(LAB_AUDIT_WRONG_HOLDER, object);
            break;
        case 4:
            assert_int_equal(put_here(rig.pool, 1, object), 0);
            ((char *)object)[8 + random_below(&random, 92)] ^= 1;
            get_here(rig.pool, &again);
            assert_ptr_equal(again, object);
            expect_reported(LAB_AUDIT_WRITE_AFTER_FREE, object);
            assert_true(is_inside(put_here, last.put.site));
            break;
        default: {
            struct lab_audit_group groups[4];
            uint64_t rest, sum = 0;
            unsigned found = lab_pool_groups(rig.pool, 0, NULL, groups, 4, &rest);

            for (unsigned g = 0; g < found; g++) {
                assert_true(is_inside(get_here, groups[g].holder.site));
                sum += groups[g].count;
            }
            assert_int_equal(sum, n + 1);
            break;
        }
        }
        assert_int_equal(reported, 0);
        if (i % 6 < 4)
            assert_true(i % 6 == 0 || is_inside(put_wrongly, last.caller.site));
        if (i % 6 != 0)
            assert_int_equal(put_here(rig.pool, 1, object), 0);
    }
    while (n > 0)
        assert_int_equal(put_here(rig.pool, 1, held[--n]), 0);
    unmake(&rig);
}

/* Two threads with one id: one is inside a call, for the reporter keeps it there, while the other
 * calls. */

static struct {
    sem_t inside, leave;
    struct lab_pool *pool;
    unsigned shared, others;
} twins;

static void keep_inside(const struct lab_audit_entry *entry)
{
    if (entry->fault == LAB_AUDIT_SHARED_LCORE) {
        twins.shared++;
        return;
    }
    twins.others++;
    assert_int_equal(sem_post(&twins.inside), 0);
    assert_int_equal(sem_wait(&twins.leave), 0);
}

static void *free_what_is_foreign(void *unused)
{
    static char foreign[64];

    (void)lab_pool_put(twins.pool, 3, foreign);
    return NULL;
}

static void two_with_one_id(void **state)
{
    pthread_t thread;
    struct rig rig;
    void *object;

    make(&rig, BUFFERS, false);
    twins.pool = rig.pool;
    twins.shared = twins.others = 0;
    assert_int_equal(sem_init(&twins.inside, 0, 0), 0);
    assert_int_equal(sem_init(&twins.leave, 0, 0), 0);
    lab_audit_report_to(keep_inside, 0);
    assert_int_equal(lab_pool_get(rig.pool, 3, &object), 0);
    assert_int_equal(lab_pool_put(rig.pool, 3, object), 0); /* one alone, and nothing is said */
    assert_int_equal(lab_pool_get(rig.pool, 3, &object), 0);
    assert_int_equal(twins.shared, 0);

    assert_int_equal(pthread_create(&thread, NULL, free_what_is_foreign, NULL), 0);
    assert_int_equal(sem_wait(&twins.inside), 0);
    assert_int_equal(lab_pool_put(rig.pool, 3, object), 0);
    assert_int_equal(twins.shared, 1);
    assert_int_equal(sem_post(&twins.leave), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);

    /* A put that looks like a double free is called so no more, if that lcore had it last. */
    assert_int_equal(lab_pool_put(rig.pool, 4, object), -EBADMSG);
    assert_int_equal(twins.shared, 2);
    assert_int_equal(sem_post(&twins.leave), 0); /* for the first that is called otherwise */
    assert_int_equal(lab_pool_put(rig.pool, 3, NULL), -EBADMSG); /* as its deque may have had */
    assert_int_equal(twins.shared, 3);
    assert_int_equal(twins.others, 1);
    assert_int_equal(lab_pool_put(rig.pool, 4, NULL), -EBADMSG);
    assert_int_equal(twins.shared, 3);
    assert_int_equal(twins.others, 2);
    lab_audit_report_to(listen, 0);
    rig_unmake(&rig);
}

/* An address that is no object of the pool was never lcore 0's. */
static void a_shared_id_had_no_foreign_objects(void **state)
{
    static char foreign[64];
    struct rig rig;

    make(&rig, BUFFERS, false);
    lab_audit_context_of(rig.pool, lab_pool_lcore_index(0))->shared = 1;
    assert_int_equal(transfer_here(rig.pool, 4, foreign, 5), -EBADMSG);
    expect_reported(LAB_AUDIT_WRONG_HOLDER, foreign);
    assert_int_equal(put_here(rig.pool, 4, NULL), -EBADMSG);
    expect_reported(LAB_AUDIT_FOREIGN_FREE, NULL);
    rig_unmake(&rig);
}

/* One that was killed in a call leaves its lcore inside; who has the id then is another process. */
static void who_comes_after_the_dead_is_alone(void **state)
{
    struct lab_audit_context *look;
    struct rig rig;
    void *object;

    make(&rig, BUFFERS, false);
    assert_int_equal(lab_pool_get(rig.pool, 3, &object), 0);
    look = &lab_intercept_of(rig.pool)->context[lab_pool_lcore_index(3)];
    lab_store_relaxed(&look->call, (lab_load_relaxed(&look->call) ^ 6) | LAB_AUDIT_CALL_INSIDE);
    assert_int_equal(lab_pool_put(rig.pool, 3, object), 0);
    assert_int_equal(reported, 0);
    rig_unmake(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(double_frees),
        cmocka_unit_test(double_free_of_what_was_given_out_again),
        cmocka_unit_test(the_same_where_hand_overs_are_stated),
        cmocka_unit_test(and_where_handles_are_used),
        cmocka_unit_test(device_queues_hold_objects),
        cmocka_unit_test(what_is_not_the_pools),
        cmocka_unit_test(in_a_burst_the_rest_is_put),
        cmocka_unit_test(writes_after_a_free),
        cmocka_unit_test(a_pools_first_filling_is_left_alone),
        cmocka_unit_test(a_thousand_of_each),
        cmocka_unit_test(two_with_one_id),
        cmocka_unit_test(a_shared_id_had_no_foreign_objects),
        cmocka_unit_test(who_comes_after_the_dead_is_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
