/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Making, finding and unmaking pools, with what this floor has in them. Control threads only. */

#include <errno.h>
#include <lab_audit.h>
#include <lab_audit_calls.h>
#include <lab_audit_quarantine.h>
#include <lab_place.h>
#include <lab_pool_layout.h>
#include <lab_scrub.h>

static int check_audit(const struct lab_pool_options *options, struct lab_error *error)
{
    const struct lab_audit_options *audit = &options->audit;

    if ((unsigned)audit->level > LAB_AUDIT_FULL)
        return lab_error_set(error, -EINVAL, "pool %s: no such level of the audit", options->name);
    if (audit->quarantine > options->count / LAB_POOL_QUARANTINE_SHARE)
        return lab_error_set(error, -EINVAL,
                             "pool %s: a quarantine of %u asked for, at most a quarter of its %u "
                             "buffers may wait",
                             options->name, audit->quarantine, options->count);
    if (audit->poison && options->buffer_bytes == 0 && audit->poison_bytes == 0)
        return lab_error_set(error, -EINVAL,
                             "pool %s: poison needs to know how many bytes of an object it may "
                             "overwrite",
                             options->name);
    if (audit->poison && options->buffer_bytes != 0 &&
        (uint64_t)audit->poison_from + audit->poison_bytes > options->buffer_bytes)
        return lab_error_set(
            error, -EINVAL, "pool %s: poison of %u bytes from %u on does not fit buffers of %u",
            options->name, audit->poison_bytes, audit->poison_from, options->buffer_bytes);
    return 0;
}

/* Where the parts of this floor lie, in bytes from the pool's address. */
struct parts {
    bool has_records;
    struct lab_audit_options audited; /* as asked for, and the rest filled in */
    size_t table, calls, seen, context, domain, residue;
};

/* Places the parts behind those of the pool. */
static struct parts place_parts(const struct lab_pool_options *options,
                                struct lab_pool_layout *layout)
{
    struct parts parts = {.audited = options->audit};
    size_t indices = layout->lcores + (size_t)1;

    parts.has_records = parts.audited.records || parts.audited.level != LAB_AUDIT_OFF;
    if (parts.audited.poison_bytes == 0 && options->buffer_bytes != 0)
        parts.audited.poison_bytes = options->buffer_bytes - parts.audited.poison_from;
    if (parts.has_records) {
        parts.table = lab_place(&layout->end, lab_audit_footprint(options->count, &parts.audited));
        parts.calls = lab_place(&layout->end, sizeof(struct lab_audit_calls));
        parts.seen = lab_place(&layout->end, options->count * sizeof(lab_byte_t));
        parts.context = lab_place(&layout->end, indices * sizeof(struct lab_audit_context));
    }
    if (options->domain != NULL) {
        parts.domain = lab_place(&layout->end, indices);
        parts.residue = lab_place(&layout->end, options->count * sizeof(lab_atomic_t));
    }
    return parts;
}

static int plan_audit(const struct lab_pool_options *options, struct parts *ret_parts,
                      struct lab_pool_layout *ret_layout, struct lab_error *error)
{
    int rc = lab_pool_plan(options, ret_layout, error);

    if (rc == 0)
        rc = check_audit(options, error);
    if (rc == 0)
        *ret_parts = place_parts(options, ret_layout);
    return rc;
}

/* In each process. */
static struct lab_intercept *set_constants(struct lab_pool *pool, const struct parts *parts,
                                           const struct lab_pool_options *options)
{
    struct lab_intercept *intercept = lab_intercept_of(pool);
    char *base = (char *)pool;

    if (parts->has_records) {
        intercept->audit = &intercept->records;
        intercept->calls = (void *)(base + parts->calls);
        intercept->context = (void *)(base + parts->context);
        pool->sweep_seen = (void *)(base + parts->seen);
        lab_audit_init(intercept->audit, (void *)(base + parts->table), pool->count,
                       &parts->audited);
        /* Found out now: not on the small stack of some get, nor behind a chroot(2). */
        (void)lab_audit_self();
    }
    if (options->domain != NULL) {
        intercept->domain = (void *)(base + parts->domain);
        intercept->residue = (void *)(base + parts->residue);
    }
    return intercept;
}

/* In the process that makes the pool. */
static void begin(struct lab_pool *pool, const struct parts *parts,
                  const struct lab_pool_options *options)
{
    struct lab_intercept *intercept = set_constants(pool, parts, options);

    if (intercept->audit != NULL) {
        lab_audit_begin_table(intercept->audit, &parts->audited);
        if (parts->audited.level != LAB_AUDIT_OFF)
            lab_store_relaxed(&pool->hot, 0);
        if (parts->audited.level == LAB_AUDIT_FULL)
            lab_deque_set_intercept(&pool->set, 1);
    }
    if (intercept->domain != NULL) {
        memcpy(intercept->domain + lab_pool_lcore_index(0), options->domain, pool->lcores);
        lab_store_relaxed(&pool->hot, 0);
        lab_deque_set_intercept(&pool->set, 1);
    }
}

/* Buffers that a pool begins with are free, also to the audit: nobody put them. */
static void fill_records(const struct lab_pool *pool)
{
    struct lab_audit *audit = lab_audit_of(pool);
    uint64_t nobody = lab_audit_who(0, LAB_AUDIT_LCORE_ANY, 0);

    for (uint32_t i = 0; i < pool->count; i++)
        lab_store_relaxed(&audit->table->record[i].word,
                          lab_audit_word_next(0, nobody, LAB_AUDIT_FREE));
}

int lab_pool_footprint(const struct lab_pool_options *options, size_t *ret_bytes,
                       struct lab_error *error)
{
    struct lab_pool_layout layout = {0};
    struct parts parts;
    int rc = plan_audit(options, &parts, &layout, error);

    if (rc == 0)
        *ret_bytes = layout.end;
    return rc;
}

static int make(void *memory, const struct lab_pool_options *options, struct lab_pool **ret_pool,
                struct lab_error *error)
{
    struct lab_pool_layout layout;
    struct lab_pool *pool;
    struct parts parts;
    int rc = plan_audit(options, &parts, &layout, error);

    if (rc == 0)
        rc = lab_pool_core_make(memory, options, &layout, &pool, error);
    if (rc != 0)
        return rc;
    begin(pool, &parts, options);
    if (options->domain != NULL && options->arena != NULL &&
        !(options->gfp & (LAB_GFP_ZERO | LAB_GFP_EXCLUSIVE)))
        lab_scrub_taint_all(pool);
    if (options->buffer_bytes != 0 && parts.audited.level == LAB_AUDIT_FULL)
        fill_records(pool);
    if (options->buffer_bytes != 0 && options->shared)
        lab_pool_publish_seed(pool, options);
    *ret_pool = pool;
    return 0;
}

int lab_pool_init(void *memory, const struct lab_pool_options *options, struct lab_pool **ret_pool,
                  struct lab_error *error)
{
    if (memory == NULL)
        return lab_error_set(error, -EINVAL,
                             "lab_pool_init() needs memory of the caller's: lab_pool_create() gets "
                             "its own");
    return make(memory, options, ret_pool, error);
}

int lab_pool_create(const struct lab_pool_options *options, struct lab_pool **ret_pool,
                    struct lab_error *error)
{
    return make(NULL, options, ret_pool, error);
}

static int attach(struct lab_region *region, const char *name, struct lab_pool **ret_pool,
                  struct lab_error *error)
{
    struct lab_pool_layout layout;
    struct lab_pool_seed seed;
    struct lab_audit *audit;
    struct lab_pool *pool;
    struct parts parts;
    int rc = lab_pool_copy_seed(region, name, &seed, error);
    bool makes_sense = rc == 0 && plan_audit(&seed.options, &parts, &layout, NULL) == 0;

    if (rc == 0)
        rc = lab_pool_core_attach(region, &seed, makes_sense ? &layout : NULL, &pool, error);
    if (rc != 0)
        return rc;
    audit = set_constants(pool, &parts, &seed.options)->audit;
    rc = lab_pool_core_arrive(pool, error);
    if (rc != 0)
        return rc;
    if (audit != NULL)
        (void)lab_audit_enter(audit);
    *ret_pool = pool;
    return 0;
}

int lab_pool_attach(const char *name, struct lab_pool **ret_pool, struct lab_error *error)
{
    struct lab_region region;
    int rc = lab_region_attach(name, &region, error);

    if (rc != 0)
        return rc;
    rc = attach(&region, name, ret_pool, error);
    if (rc != 0)
        (void)lab_region_destroy(&region);
    return rc;
}

int lab_pool_destroy(struct lab_pool *pool)
{
    if (pool == NULL)
        return 0;
    if (!pool->region.shared && lab_pool_count(pool) != pool->count) {
        (void)lab_pool_report_leaks(pool, NULL);
        return -EBUSY;
    }
    return lab_pool_core_destroy(pool);
}

int lab_pool_disown_all(struct lab_pool *pool)
{
    struct lab_audit *audit = lab_audit_of(pool);
    int rc = lab_pool_core_disown_all(pool);

    if (rc == 0 && audit != NULL)
        lab_deque_set_intercept(&pool->set, -(int64_t)lab_audit_forget(audit));
    return rc;
}
