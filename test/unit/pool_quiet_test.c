/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A thread that polls asks nothing of the system or of the heap, from its first call on, whatever
 * the audit records. */

#include "unit.h"

#include <lab_audit.h>
#include <pthread.h>
#include <quiet.h>

#define COUNT 1024u
#define BURST 32u
#define ROUNDS 300u /* a level that samples one in 4,096 sees some */
#define LCORE 3u

struct poller {
    struct lab_pool *pool;
    uint32_t lcore;
    int rc; /* of quiet_begin() */
    unsigned failed;
    struct quiet_counts counts;
};

static void get_and_put(struct poller *poller, unsigned n)
{
    void *buffers[BURST];

    if (lab_pool_get_bulk(poller->pool, poller->lcore, buffers, n) != 0 ||
        lab_pool_put_bulk(poller->pool, poller->lcore, buffers, n) != 0)
        poller->failed++;
}

static void *poll_pool(void *context)
{
    struct poller *poller = context;

    poller->rc = quiet_begin();
    for (unsigned i = 0; i < ROUNDS; i++) {
        get_and_put(poller, 1);
        get_and_put(poller, BURST);
    }
    poller->counts = quiet_end();
    return NULL;
}

static void check_quiet(struct lab_pool *pool, uint32_t lcore)
{
    struct poller poller = {.pool = pool, .lcore = lcore};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, poll_pool, &poller), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(poller.failed, 0);
    if (poller.rc != 0)
        skip_because("no system calls can be counted here");
    assert_int_equal(poller.counts.first, -1);
    assert_int_equal(poller.counts.calls, 0);
    assert_int_equal(poller.counts.allocations, 0);
}

/* A new pool for each lcore, so that its first call is among those that count. */
static void check_all(const struct lab_audit_options *audit)
{
    static const uint32_t lcores[] = {LCORE, LAB_LCORE_ANY};

    for (unsigned i = 0; i < sizeof(lcores) / sizeof(lcores[0]); i++) {
        struct lab_pool_options options = {.name = "quiet",
                                           .count = COUNT,
                                           .buffer_bytes = 256,
                                           .node = LAB_NODE_ANY,
                                           .pages = LAB_PAGES_NORMAL,
                                           .audit = *audit};
        struct lab_pool *pool;

        assert_int_equal(lab_pool_create(&options, &pool, NULL), 0);
        check_quiet(pool, lcores[i]);
        assert_int_equal(lab_pool_destroy(pool), 0);
    }
}

static void without_an_audit(void **state)
{
    check_all(&(struct lab_audit_options){.level = LAB_AUDIT_OFF});
    check_all(&(struct lab_audit_options){.level = LAB_AUDIT_OFF, .records = true});
}

static void with_samples(void **state)
{
    check_all(&(struct lab_audit_options){.level = LAB_AUDIT_SAMPLE});
    check_all(&(struct lab_audit_options){.level = LAB_AUDIT_SAMPLE, .sample = 1});
}

static void with_all_calls(void **state)
{
    for (unsigned which = 0; which < 8; which++)
        check_all(&(struct lab_audit_options){.level = LAB_AUDIT_FULL,
                                              .poison = (which & 1) != 0,
                                              .quarantine = (which & 2) != 0 ? 100 : 0,
                                              .stated = (which & 4) != 0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_an_audit),
        cmocka_unit_test(with_samples),
        cmocka_unit_test(with_all_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
