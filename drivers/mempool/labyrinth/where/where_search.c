/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where_search.h"

#include "where_board.h"
#include "where_run.h"

#include <errno.h>
#include <lab_os.h>
#include <pthread.h>
#include <rte_common.h>
#include <string.h>
#include <unistd.h>

#define SAMPLE_EVERY_US 20000u
#define SAMPLE_SHARE 20u /* of the time between walks, one part in this number is for samples */
#define HEAD_BYTES 128u  /* of an object: an mbuf's own, which each of its holders writes */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct where_search *last;

/* The findings of a search, of each object. */
struct evidence {
    struct where_search *search;
    struct where_walk walk;
    struct where_others others;
    struct where_sample before, after;
    bool *is_cleared;    /* was free, in a structure or pointed to, at whatever time */
    uint32_t *head;      /* its head, when it was first a candidate */
    uint32_t candidates; /* those that are not cleared */
    uint32_t samples;
};

static void free_evidence(struct evidence *evidence)
{
    where_walk_free(&evidence->walk);
    where_sample_free(&evidence->before);
    where_sample_free(&evidence->after);
    where_memory_put(evidence->is_cleared);
    where_memory_put(evidence->head);
}

static bool make_evidence(struct evidence *evidence, struct where_search *search)
{
    uint32_t n = search->pool.set.n + 1;

    *evidence = (struct evidence){.search = search, .candidates = n};
    evidence->is_cleared = where_memory_get(n * sizeof(*evidence->is_cleared));
    evidence->head = where_memory_get(n * sizeof(*evidence->head));
    return where_walk_make(&evidence->walk, &search->pool, &search->pace) &&
           where_sample_make(&evidence->before, &search->pool) &&
           where_sample_make(&evidence->after, &search->pool) && evidence->is_cleared != NULL &&
           evidence->head != NULL;
}

static int fail(struct where_search *search, int rc, const char *why)
{
    snprintf(search->error, sizeof(search->error), "%s", why);
    return rc;
}

static int take_sample(struct evidence *evidence, struct where_sample *sample)
{
    if (!where_sample_take(sample, &evidence->search->pool, &evidence->walk.caches))
        return fail(evidence->search, -ENOENT, "the program has freed the pool meanwhile");
    evidence->samples++;
    for (uint32_t i = 0; i < evidence->search->pool.set.n; i++)
        evidence->is_cleared[i] |= sample->spot[i].place != WHERE_UNKNOWN;
    return 0;
}

/* FNV-1a of an object's head. */
static uint32_t hash_head(const struct where_set *set, uint32_t object)
{
    unsigned char head[HEAD_BYTES];
    size_t bytes = where_memory_read(set->start[object], head, RTE_MIN(set->bytes, HEAD_BYTES));
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ head[i]) * 16777619u;
    return hash;
}

/* Candidates are cleared by what pointed to them, or by a head that changes: somebody has them whom
 * no walk sees. */
static void clear(struct evidence *evidence, bool is_first)
{
    const struct where_set *set = &evidence->search->pool.set;

    evidence->candidates = 0;
    for (uint32_t i = 0; i < set->n; i++) {
        evidence->is_cleared[i] |= evidence->walk.place[i] != WHERE_UNKNOWN;
        if (evidence->is_cleared[i])
            continue;
        if (is_first)
            evidence->head[i] = hash_head(set, i);
        else if (evidence->head[i] != hash_head(set, i))
            evidence->is_cleared[i] = true;
        evidence->candidates += !evidence->is_cleared[i];
    }
}

static int walk_once(struct evidence *evidence, uint32_t number)
{
    struct where_search *search = evidence->search;
    int rc;

    lab_store_relaxed(&search->walk, number);
    rc = take_sample(evidence, &evidence->before);
    if (rc != 0)
        return rc;
    where_others_begin(&evidence->others, &search->pool, &search->options);
    if (!where_walk_run(&evidence->walk, &evidence->before, &evidence->others,
                        search->options.leave_out))
        return fail(search, -EIO,
                    "memory cannot be read: there is no /proc, process_vm_readv(2) is not "
                    "allowed, or memory is short");
    rc = take_sample(evidence, &evidence->after);
    clear(evidence, number == 1);
    return rc;
}

/* Between two walks. */
static int wait_and_sample(struct evidence *evidence)
{
    uint64_t end = lab_os_clock_ns() + (uint64_t)(evidence->search->options.apart_s * 1e9);
    int rc = 0;

    while (rc == 0 && lab_os_clock_ns() < end) {
        uint64_t from = lab_os_clock_ns(), pause_us;

        rc = take_sample(evidence, &evidence->after);
        where_walk_pages(&evidence->walk, evidence->is_cleared);
        pause_us = RTE_MAX((lab_os_clock_ns() - from) / 1000 * SAMPLE_SHARE, SAMPLE_EVERY_US);
        usleep((useconds_t)RTE_MIN(pause_us, UINT64_C(999999)));
    }
    return rc;
}

/* Whether the walks have come to an end: the last ones have cleared nobody. */
static bool is_settled(const struct evidence *evidence, uint32_t idle_walks, bool moves)
{
    if (evidence->candidates == 0)
        return true;
    return idle_walks >= (moves ? WHERE_WALKS_IDLE : 1);
}

static int walk_until_settled(struct evidence *evidence)
{
    struct where_answer *answer = &evidence->search->answer;
    uint32_t before = 0, idle_walks = 0;
    bool moves = false; /* a walk has cleared some whom the one before did not see */
    int rc = 0;

    answer->is_unsettled = true;
    for (uint32_t n = 1; rc == 0 && answer->is_unsettled && n <= WHERE_WALKS_MAX; n++) {
        if (n > 1 && evidence->candidates > 0)
            rc = wait_and_sample(evidence);
        if (rc == 0)
            rc = walk_once(evidence, n);
        where_walk_choose_pages(&evidence->walk);
        moves |= n > 1 && evidence->candidates != before;
        idle_walks = n > 1 && evidence->candidates == before ? idle_walks + 1 : 0;
        before = evidence->candidates;
        answer->walks = n;
        answer->is_unsettled = n < WHERE_WALKS_MIN || !is_settled(evidence, idle_walks, moves);
    }
    answer->samples = evidence->samples;
    return rc;
}

/* Where an object is, in the last picture. A free object that is pointed to has stale references,
 * unless it was taken out while the walk went on. */
static struct where_spot final_spot(const struct evidence *evidence, uint32_t object)
{
    struct where_spot before = evidence->before.spot[object], after = evidence->after.spot[object];
    enum where_place place = evidence->walk.place[object];
    bool is_lost = !evidence->is_cleared[object] && !evidence->search->answer.is_unsettled;

    if (after.place >= WHERE_RING || (where_is_free(after.place) && where_is_free(before.place)))
        return after;
    if (place != WHERE_UNKNOWN && place > WHERE_PROCESS)
        return (struct where_spot){(uint8_t)place, 0};
    if (after.place != WHERE_UNKNOWN)
        return after;
    if (where_is_free(before.place) || before.place >= WHERE_RING)
        return before;
    if (evidence->search->pool.driver == WHERE_DRIVER_OTHER)
        return (struct where_spot){WHERE_UNKNOWN, 0};
    return (struct where_spot){is_lost ? WHERE_LOST : WHERE_MOVING, 0};
}

static void count(struct where_answer *answer, enum where_place place)
{
    answer->objects++;
    answer->free += where_is_free(place);
    answer->lost += place == WHERE_LOST;
    answer->moving += place == WHERE_MOVING;
    answer->unknown += place == WHERE_UNKNOWN;
    answer->held += place >= WHERE_RING && place < WHERE_MOVING;
}

/* The pictures of the last walk become the answer; the array of the sample before has the spots. */
static int conclude(struct evidence *evidence)
{
    struct where_search *search = evidence->search;
    struct where_answer *answer = &search->answer;
    struct where_spot *spot = evidence->before.spot;

    for (uint32_t i = 0; i < search->pool.set.n; i++) {
        spot[i] = final_spot(evidence, i);
        count(answer, spot[i].place);
    }
    for (size_t i = 0; i < evidence->walk.map.threads; i++)
        answer->running += evidence->walk.map.thread[i].stack == 0;
    answer->shows_free = search->pool.driver != WHERE_DRIVER_OTHER;
    answer->has_mbufs = search->pool.has_mbufs;
    answer->asked = 1 + evidence->others.answered;
    answer->unseen = evidence->others.processes - evidence->others.answered;
    memcpy(answer->pool, search->pool.name, sizeof(answer->pool));
    memcpy(answer->ops, search->pool.ops, sizeof(answer->ops));
    answer->read_bytes = search->pace.read;
    if (!where_group_all(answer, &search->pool, &evidence->walk, &evidence->others,
                         &evidence->after, spot))
        return fail(search, -ENOMEM, "memory is short");
    return 0;
}

static int find_out(struct where_search *search)
{
    struct evidence evidence;
    int rc = make_evidence(&evidence, search) ? 0 : fail(search, -ENOMEM, "memory is short");

    if (rc == 0)
        rc = walk_until_settled(&evidence);
    if (rc == 0)
        rc = conclude(&evidence);
    free_evidence(&evidence);
    search->answer.took_ns = lab_os_clock_ns() - search->answer.began_ns;
    return rc;
}

/* The thread */

static void find_out_there(void *context)
{
    struct where_search *search = context;
    int rc = find_out(search);

    where_search_lock();
    search->state = rc == 0 ? WHERE_DONE : WHERE_FAILED;
    where_search_unlock();
}

static void run_search(void *context)
{
    struct where_search *search = context;

    if (where_memory_call(find_out_there, search))
        return;
    where_search_lock();
    search->state = WHERE_FAILED;
    (void)fail(search, -ENOMEM, "memory is short");
    where_search_unlock();
}

/* The last one */

/* A child has no thread that searches, and perhaps a lock that nobody gives back. */
static void forget_in_child(void)
{
    lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    last = NULL;
    where_memory_forget();
}

static void follow_forks(void)
{
    (void)pthread_atfork(NULL, NULL, forget_in_child);
}

void where_search_lock(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, follow_forks);
    pthread_mutex_lock(&lock);
}

void where_search_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

struct where_search *where_search_last(void)
{
    return last;
}

static void free_search(struct where_search *search)
{
    if (search == NULL)
        return;
    where_pool_close(&search->pool);
    where_memory_put(search->answer.group_of);
    where_memory_put(search->answer.group);
    where_memory_put(search);
}

static void remember_before(struct where_search *search)
{
    if (last == NULL || last->state != WHERE_DONE ||
        strcmp(last->pool.name, search->pool.name) != 0)
        return;
    search->answer.has_before = true;
    search->answer.lost_before = last->answer.lost;
    search->answer.before_ns = search->answer.began_ns - last->answer.began_ns;
}

int where_search_begin(const char *pool, const struct where_options *options)
{
    static uint32_t numbers;
    struct where_search *search;
    int rc;

    if (last != NULL && last->state == WHERE_WALKING)
        return -EBUSY;
    search = where_memory_get(sizeof(*search));
    if (search == NULL)
        return -ENOMEM;
    rc = where_pool_open(pool, &search->pool);
    if (rc != 0) {
        free_search(search);
        return rc;
    }
    search->options = *options;
    search->pace.bytes_s = options->mib_s << 20;
    search->answer.began_ns = lab_os_clock_ns();
    remember_before(search);
    rc = where_run_start(run_search, search);
    if (rc != 0) {
        free_search(search);
        return rc;
    }
    search->number = ++numbers;
    free_search(last);
    last = search;
    return 0;
}
