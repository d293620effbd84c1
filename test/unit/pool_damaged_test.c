/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A process that has gone mad writes one word into a pool that others share: none of them is led
 * out of it, or round in circles. The others may get wrong objects then; they go on. */

#include "pool_rig.h"
#include <lab_intercept.h>
#include <lab_pool_core.h>
#include <lab_pool_layout.h>
#include <random.h>
#include <signal.h>

enum { COUNT = 255, LCORES = 4, ROUNDS = 600, HELD_MAX = 128 };

static const uint64_t strange[] = {0,
                                   1,
                                   100,
                                   4096,
                                   5000 * (UINT64_C(1) << 32),
                                   UINT32_MAX,
                                   UINT64_C(1) << 40,
                                   UINT64_C(1) << 61,
                                   (UINT64_C(1) << 62) + 3,
                                   UINT64_MAX,
                                   0x7f0012345678};

#define STRANGE (sizeof(strange) / sizeof(*strange))

/* One word, and what it becomes. */
struct damage {
    struct lab_pool *pool;
    char name[LAB_POOL_NAME_SIZE];
    size_t at; /* in the region */
    uint64_t value;
    int told[2]; /* a pipe: the victim is at work */
    int done[2]; /* and the word is written */
};

/* A signal ends the child that it hits: cmocka would have it go on with the next test. */
static void begin_child(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

    for (unsigned i = 0; i < sizeof(signals) / sizeof(*signals); i++)
        (void)signal(signals[i], SIG_DFL);
    (void)alarm(120); /* what goes round in circles ends, too */
}

static struct lab_pool *make(struct damage *damage, enum lab_audit_level level)
{
    struct lab_pool_options options = plain_options(BUFFERS, COUNT);

    snprintf(damage->name, sizeof(damage->name), "damaged-%d", (int)getpid());
    options.name = damage->name;
    options.shared = true;
    options.lcores = LCORES;
    options.deques = 3;
    options.reserve = 10;
    options.audit.level = level;
    assert_int_equal(lab_pool_create(&options, &damage->pool, NULL), 0);
    return damage->pool;
}

static void write_word(const struct damage *damage)
{
    char *region = damage->pool->region.address;

    *(volatile uint64_t *)(void *)(region + damage->at) = damage->value;
}

/* Gets and puts on three lcores and on none; at half time the word is written. */
static void work(struct lab_pool *pool, const struct damage *damage)
{
    void *held[HELD_MAX];
    unsigned n_held = 0;
    uint64_t random = damage->at * 31 + damage->value;
    char letter = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned n = 1 + random_below(&random, 40), who = random_below(&random, 4);
        uint32_t lcore = who == 3 ? LAB_LCORE_ANY : who;

        if (i == ROUNDS / 2 &&
            (write(damage->told[1], &letter, 1) != 1 || read(damage->done[0], &letter, 1) != 1))
            _exit(3);
        if (random_below(&random, 2) && n_held + n <= HELD_MAX) {
            if (lab_pool_get_bulk_atomic(pool, lcore, held + n_held, n) == 0)
                n_held += n;
        } else {
            n = n < n_held ? n : n_held;
            n_held -= n;
            (void)lab_pool_put_bulk(pool, lcore, held + n_held, n);
        }
    }
}

static void ask(struct lab_pool *pool)
{
    const struct lab_pool_holder ended = {0, LAB_LCORE_ANY};
    struct lab_pool_lcore_stats lcore_stats;
    struct lab_pool_reclaimed reclaimed;
    struct lab_pool_events events;
    struct lab_pool_stats stats;

    lab_pool_stats(pool, &stats);
    lab_pool_events(pool, &events);
    for (uint32_t lcore = 0; lcore < LCORES; lcore++)
        (void)lab_pool_lcore_stats(pool, lcore, &lcore_stats);
    (void)lab_pool_report_leaks(pool, NULL);
    (void)!lab_pool_reclaim(pool, 0, &ended, NULL, NULL, &reclaimed, NULL);
    (void)lab_pool_publish(pool, 0);
}

static int be_led_astray(void *context)
{
    const struct damage *damage = context;
    struct lab_pool *pool;

    begin_child();
    if (lab_pool_attach(damage->name, &pool, NULL) != 0)
        return 2;
    work(pool, damage);
    ask(pool);
    return lab_pool_destroy(pool) == 0 ? 0 : 4;
}

static void survives(struct damage *damage)
{
    char letter = 0;
    pid_t child;
    int status;

    assert_int_equal(pipe(damage->told), 0);
    assert_int_equal(pipe(damage->done), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(be_led_astray(damage));
    assert_int_equal(close(damage->told[1]), 0);
    if (read(damage->told[0], &letter, 1) == 1) {
        write_word(damage);
        assert_int_equal(write(damage->done[1], &letter, 1), 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    for (int i = 0; i < 2; i++)
        assert_int_equal(close(damage->done[i]), 0);
    assert_int_equal(close(damage->told[0]), 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("byte %#zx of the region became %#llx: status %#x", damage->at,
                 (unsigned long long)damage->value, (unsigned)status);
}

static void end(struct damage *damage)
{
    assert_int_equal(lab_pool_destroy(damage->pool), 0);
}

/* Words of what processes write in the header, and of three deques: each, or each second one. */
static void words_of_the_header(enum lab_audit_level level, unsigned every, unsigned values)
{
    size_t end_at =
        offsetof(struct lab_pool, deque) - LAB_POOL_FRONT + 3 * sizeof(struct lab_deque);
    struct damage damage;
    unsigned n = 0;

    for (size_t at = level == LAB_AUDIT_FULL ? 0 : sizeof(uint64_t); at < end_at;
         at += every * sizeof(uint64_t))
        for (unsigned i = 0; i < values; i++) {
            (void)make(&damage, level);
            damage.at = at;
            damage.value = strange[n++ % STRANGE];
            survives(&damage);
            end(&damage);
        }
}

/* Of everything else: what slow paths write down, the registry, slots, links, records, buffers, the
 * seed. */
static void words_anywhere(enum lab_audit_level level, unsigned times)
{
    struct damage damage;
    uint64_t random = 1;

    for (unsigned i = 0; i < times; i++) {
        const struct lab_pool *pool = make(&damage, level);
        size_t words = (size_t)(pool->buffers - (char *)pool->region.address) / sizeof(uint64_t);

        damage.at = random_below(&random, (uint32_t)words) * sizeof(uint64_t);
        damage.value = strange[random_below(&random, STRANGE)];
        survives(&damage);
        end(&damage);
    }
}

static int attach_only(void *name)
{
    struct lab_error error;
    struct lab_pool *pool;
    int rc;

    begin_child();
    rc = lab_pool_attach(name, &pool, &error);
    if (rc == -EPROTO || rc == -EAGAIN)
        return error.message[0] == '\0';
    return rc != 0;
}

/* The seed is damaged before somebody attaches, who then refuses, or finds what it can live with.
 */
static void words_of_the_seed(unsigned values)
{
    struct damage damage;

    for (size_t at = 0; at < sizeof(struct lab_pool_seed); at += sizeof(uint64_t))
        for (unsigned i = 0; i < values; i++) {
            const struct lab_pool *pool = make(&damage, LAB_AUDIT_FULL);
            int status;

            damage.at = pool->region.bytes - sizeof(struct lab_pool_seed) + at;
            damage.value = strange[(at / 8 + i) % STRANGE];
            write_word(&damage);
            status = status_of_child(attach_only, damage.name);
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                fail_msg("byte %zu of the seed became %#llx: status %#x", at,
                         (unsigned long long)damage.value, (unsigned)status);
            end(&damage);
        }
}

/* A process that attached cannot even write to the constant part. */
static int write_constant(void *name)
{
    struct lab_pool *pool;

    begin_child();
    if (lab_pool_attach(name, &pool, NULL) != 0)
        return 2;
    *(volatile uint32_t *)&pool->count = 7;
    return 0;
}

static int maker_may_lie(void *context)
{
    struct damage *damage = context;
    struct lab_pool *pool;
    char letter = 0;

    if (lab_pool_attach(damage->name, &pool, NULL) != 0)
        return 2;
    if (write(damage->told[1], &letter, 1) != 1 || read(damage->done[0], &letter, 1) != 1)
        return 3;
    return pool->count == COUNT && pool->lcores == LCORES ? 0 : 4;
}

static void the_constant_part_is_each_process_own(void **state)
{
    struct damage damage;
    char letter = 0;
    pid_t child;
    int status;

    (void)make(&damage, LAB_AUDIT_OFF);
    status = status_of_child(write_constant, damage.name);
    assert_false(WIFEXITED(status)); /* by whichever signal a sanitizer makes of it */
    assert_int_equal(pipe(damage.told), 0);
    assert_int_equal(pipe(damage.done), 0);
    child = fork();
    if (child == 0)
        _exit(maker_may_lie(&damage));
    assert_int_equal(read(damage.told[0], &letter, 1), 1);
    damage.pool->count = UINT32_MAX;
    assert_int_equal(write(damage.done[1], &letter, 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_exited_with(0, status);
    damage.pool->count = COUNT;
    end(&damage);
}

static bool is_thorough(void)
{
    return getenv("LABYRINTH_TEST_THOROUGH") != NULL;
}

static void in_the_header(void **state)
{
    words_of_the_header(LAB_AUDIT_OFF, is_thorough() ? 1 : 2, is_thorough() ? STRANGE : 1);
    words_of_the_header(LAB_AUDIT_FULL, is_thorough() ? 1 : 2, is_thorough() ? STRANGE : 1);
}

static void anywhere(void **state)
{
    words_anywhere(LAB_AUDIT_OFF, is_thorough() ? 3000 : 20);
    words_anywhere(LAB_AUDIT_SAMPLE, is_thorough() ? 1000 : 10);
    words_anywhere(LAB_AUDIT_FULL, is_thorough() ? 3000 : 20);
}

static void in_the_seed(void **state)
{
    words_of_the_seed(is_thorough() ? STRANGE : 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_constant_part_is_each_process_own),
        cmocka_unit_test(in_the_seed),
        cmocka_unit_test(in_the_header),
        cmocka_unit_test(anywhere),
    };

    skip_shared_regions_under_tsan();
    if (is_emulated()) {
        print_message("an emulator does not follow advice about memory\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
