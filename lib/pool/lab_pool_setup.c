/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Making and unmaking pools. Control threads only. */

#include <lab_pool.h>
#include <lab_pool_audit.h>
#include <lab_pool_layout.h>
#include <lab_pool_slow.h>
#include <lab_pool_sweep.h>
#include <lab_pool_trust.h>

/* Ids in one pool: every one costs half a KiB. */
#define LCORES_MAX 4096u

/* Deques that exist at once, by default. */
#define DEQUES_DEFAULT 16u

/* Slots of all deques together, for each thing: 48/5 of them take 3 % of a pool of mbufs. So 8
 * deques have room for the whole pool each, 16 for 3/5 of it. What gathers beyond that in one deque
 * goes to the stack. */
#define SLOTS_SHARE_OF 48u
#define SLOTS_SHARE_BY 5u
#define CAPACITY_MIN 64u

/* The share of a deque's slots that its tip takes, and its bounds. Below 16, bursts of 32 never run
 * hot. With a tip of 1,024 instead of 256, lcores that hold some hundred things at a time were 1.2
 * (2 lcores, behind a cache) to 2.3 times as fast (8 lcores, without), and nothing else changed. */
#define TIP_SHARE 4u
#define TIP_MIN 16u
#define TIP_MAX 1024u

/* The same of what one steal takes. Beyond 256, nothing was gained. */
#define REACH_SHARE 8u
#define REACH_MIN 16u
#define REACH_MAX 256u

/* The high mark's share of what is beyond the low one. */
#define HIGH_SHARE 8u

#define BUFFER_BYTES_MAX (UINT32_C(1) << 30)
#define ALIGN_MAX 4096u

static uint32_t pow2_at_least(uint32_t n)
{
    uint32_t p = 1;

    while (p < n)
        p *= 2;
    return p;
}

static uint32_t clamp(uint32_t n, uint32_t low, uint32_t high)
{
    return n < low ? low : n > high ? high : n;
}

/* Slots of one deque: its part of all slots, rounded down to a power of two, but no more than a
 * pool can fill. */
static uint32_t capacity_for(uint32_t count, uint32_t deques)
{
    uint64_t share = (uint64_t)count * SLOTS_SHARE_OF / ((uint64_t)SLOTS_SHARE_BY * deques);
    uint32_t most = pow2_at_least(count);

    if (share >= most)
        return most > CAPACITY_MIN ? most : CAPACITY_MIN;
    return share <= CAPACITY_MIN ? CAPACITY_MIN : pow2_at_least((uint32_t)share / 2 + 1);
}

/* Takes room for n items at the end of the layout, on a cache line of its own. The limits of the
 * options keep all sizes far below what a size_t holds: the largest pool has less than 2^59 bytes.
 */
static size_t place(struct lab_pool_layout *layout, size_t n, size_t item_bytes)
{
    size_t at = layout->end;

    layout->end += (n * item_bytes + LAB_CACHE_LINE - 1) / LAB_CACHE_LINE * LAB_CACHE_LINE;
    return at;
}

static uint32_t low_of(const struct lab_pool_options *options)
{
    return options->low != 0 ? options->low : options->reserve;
}

static uint32_t high_of(const struct lab_pool_options *options)
{
    uint32_t low = low_of(options), beyond = (options->count - low) / HIGH_SHARE;

    return options->high != 0 ? options->high : low + (beyond != 0 ? beyond : 1);
}

static int check_options(const struct lab_pool_options *options, struct lab_error *error)
{
    uint32_t align = options->align;

    if (options->name == NULL || (options->name[0] == '\0' && options->buffer_bytes != 0) ||
        strnlen(options->name, LAB_POOL_NAME_SIZE) == LAB_POOL_NAME_SIZE)
        return lab_error_set(error, -EINVAL, "a pool's name has 1 to %d characters",
                             LAB_POOL_NAME_SIZE - 1);
    if (options->count == 0 || options->count > LAB_POOL_COUNT_MAX)
        return lab_error_set(error, -EINVAL, "pool %s: %u buffers asked for, 1 to %u are possible",
                             options->name, options->count, LAB_POOL_COUNT_MAX);
    if (options->reserve >= options->count)
        return lab_error_set(error, -EINVAL,
                             "pool %s: a reserve of %u asked for, of %u buffers at most %u",
                             options->name, options->reserve, options->count, options->count - 1);
    if (options->low >= options->count || (options->low != 0 && options->low < options->reserve))
        return lab_error_set(error, -EINVAL,
                             "pool %s: a low mark of %u asked for, %u (its reserve) to %u are "
                             "possible",
                             options->name, options->low, options->reserve, options->count - 1);
    if (options->high > options->count || (options->high != 0 && options->high <= low_of(options)))
        return lab_error_set(error, -EINVAL,
                             "pool %s: a high mark of %u asked for, %u to %u are possible",
                             options->name, options->high, low_of(options) + 1, options->count);
    if (options->domain != NULL && (options->lcores == 0 || options->buffer_bytes == 0))
        return lab_error_set(error, -EINVAL,
                             "pool %s: trust domains are for buffers, and one for each lcore: give "
                             "buffer_bytes and lcores",
                             options->name);
    if (options->lcores > LCORES_MAX)
        return lab_error_set(error, -EINVAL,
                             "pool %s: %u lcores asked for, at most %u are possible", options->name,
                             options->lcores, LCORES_MAX);
    if (options->deques > LAB_LCORE_MAX)
        return lab_error_set(error, -EINVAL,
                             "pool %s: %u deques asked for, at most %u are possible", options->name,
                             options->deques, LAB_LCORE_MAX);
    if (options->reach > LAB_DEQUE_REACH_MAX)
        return lab_error_set(error, -EINVAL, "pool %s: a reach of %u asked for, at most %u",
                             options->name, options->reach, LAB_DEQUE_REACH_MAX);
    if (options->claims > LAB_POOL_CLAIMS)
        return lab_error_set(error, -EINVAL, "pool %s: %u claimed lines asked for, at most %d",
                             options->name, options->claims, LAB_POOL_CLAIMS);
    if (options->buffer_bytes > BUFFER_BYTES_MAX)
        return lab_error_set(error, -EINVAL, "pool %s: buffers of %u bytes asked for, at most %u",
                             options->name, options->buffer_bytes, BUFFER_BYTES_MAX);
    if (options->takes_strangers && options->buffer_bytes != 0)
        return lab_error_set(error, -EINVAL,
                             "pool %s: a pool that is cut into buffers adopts no others",
                             options->name);
    if (align > ALIGN_MAX || (align & (align - 1)) != 0)
        return lab_error_set(error, -EINVAL,
                             "pool %s: an alignment of %u asked for, it must be a power of two up "
                             "to %u",
                             options->name, align, ALIGN_MAX);
    return 0;
}

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

static bool wants_records(const struct lab_audit_options *audit)
{
    return audit->records || audit->level != LAB_AUDIT_OFF;
}

static void place_audit(const struct lab_pool_options *options, struct lab_pool_layout *layout)
{
    struct lab_audit_options *audited = &layout->audited;

    *audited = options->audit;
    if (audited->poison_bytes == 0 && options->buffer_bytes != 0)
        audited->poison_bytes = options->buffer_bytes - audited->poison_from;
    layout->audit =
        place(layout, wants_records(audited) ? 1 : 0, lab_audit_footprint(options->count, audited));
    layout->sweep = place(layout, wants_records(audited) ? 1 : 0,
                          sizeof(struct lab_pool_sweep) + options->count);
}

int lab_pool_plan(const struct lab_pool_options *options, struct lab_pool_layout *ret_layout,
                  struct lab_error *error)
{
    struct lab_pool_layout layout = {0};
    bool adopts = options->buffer_bytes == 0 || options->arena != NULL;
    uint32_t runs = 0;
    int rc = check_options(options, error);

    if (rc == 0)
        rc = check_audit(options, error);
    if (rc == 0 && options->arena != NULL)
        rc = lab_pool_plan_runs(options, &runs, error);
    if (rc != 0)
        return rc;
    layout.lcores = options->lcores != 0 ? options->lcores : LAB_LCORE_MAX;
    layout.deques = options->deques != 0 ? options->deques : DEQUES_DEFAULT;
    layout.deques = clamp(layout.deques, 1, layout.lcores);
    layout.capacity = capacity_for(options->count, layout.deques);
    layout.tip =
        options->tip != 0 ? options->tip : clamp(layout.capacity / TIP_SHARE, TIP_MIN, TIP_MAX);
    layout.reach = options->reach != 0 ? options->reach
                                       : clamp(layout.capacity / REACH_SHARE, REACH_MIN, REACH_MAX);
    if (layout.tip > layout.capacity / 2 || layout.reach > layout.capacity)
        return lab_error_set(
            error, -EINVAL, "pool %s: a tip of at most %u and a reach of at most %u fit %u buffers",
            options->name, layout.capacity / 2, layout.capacity, options->count);
    layout.stride = adopts ? 0 : lab_pool_step(options);
    layout.hash_slots = adopts ? pow2_at_least(2 * options->count) : 0;

    layout.end = sizeof(struct lab_pool);
    (void)place(&layout, layout.lcores + 1, sizeof(struct lab_deque));
    layout.slow = place(&layout, layout.lcores + 1, sizeof(struct lab_pool_slow));
    layout.roster = place(&layout, layout.deques, sizeof(lab_atomic_t));
    layout.slots = place(&layout, layout.deques, layout.capacity * sizeof(lab_atomic_t));
    layout.links = place(&layout, options->count, sizeof(lab_atomic_t));
    layout.objects = place(&layout, adopts ? options->count : 0, sizeof(void *));
    layout.hash = place(&layout, layout.hash_slots, sizeof(uint32_t));
    layout.run = place(&layout, runs, sizeof(uintptr_t));
    layout.domain = place(&layout, options->domain != NULL ? layout.lcores + 1 : 0, 1);
    layout.trail =
        place(&layout, options->domain != NULL ? options->count : 0, sizeof(lab_atomic_t));
    place_audit(options, &layout);
    *ret_layout = layout;
    return 0;
}

/* A range of addresses that has room for all slots, a power of two: what is taken of an address. */
static uint64_t slots_mask(const struct lab_pool_layout *layout)
{
    uint64_t bytes = sizeof(lab_atomic_t);

    while (bytes < (uint64_t)layout->deques * layout->capacity * sizeof(lab_atomic_t))
        bytes *= 2;
    return bytes - sizeof(lab_atomic_t);
}

size_t lab_pool_buffers_at(const struct lab_pool_options *options,
                           const struct lab_pool_layout *layout)
{
    size_t shift = options->shared ? LAB_POOL_FRONT : 0; /* they are aligned in the region */

    return (layout->end - shift + ALIGN_MAX - 1) / ALIGN_MAX * ALIGN_MAX + shift;
}

/* Beyond the slots there is room for one that lies at the end of what the mask leaves. */
size_t lab_pool_bytes(const struct lab_pool_options *options, const struct lab_pool_layout *layout)
{
    size_t end = lab_pool_buffers_at(options, layout) + (size_t)options->count * layout->stride;
    size_t reach =
        layout->slots + slots_mask(layout) + (layout->capacity + 1) * sizeof(lab_atomic_t);

    if (options->shared)
        end = (end > reach ? end : reach) + LAB_CACHE_LINE + sizeof(struct lab_pool_seed);
    return end;
}

void lab_pool_set_constants(struct lab_pool *pool, const struct lab_pool_options *options,
                            const struct lab_pool_layout *layout, enum lab_barrier barrier)
{
    char *base = (char *)pool;
    lab_atomic_t *links = (void *)(base + layout->links);

    pool->magic = LAB_POOL_MAGIC;
    pool->shape = LAB_POOL_SHAPE;
    pool->count = options->count;
    pool->reserved = options->reserve;
    pool->low = low_of(options);
    pool->high = high_of(options);
    pool->lcores = layout->lcores;
    pool->capacity = layout->capacity;
    pool->slot_mask = layout->capacity - 1;
    pool->hot_puts = layout->lcores;
    pool->reach = layout->reach;
    pool->tip = layout->tip;
    pool->stride = layout->stride;
    pool->hash_mask = layout->hash_slots != 0 ? layout->hash_slots - 1 : 0;
    pool->barrier = barrier;
    pool->maker = lab_barrier_reach();
    pool->claims = options->claims;
    memcpy(pool->claim, options->claim, sizeof(pool->claim));
    pool->slow = (void *)(base + layout->slow);
    pool->roster = (struct lab_roster){.entry = (void *)(base + layout->roster),
                                       .taken = &pool->rostered,
                                       .places = layout->deques,
                                       .slots = layout->lcores + 1};
    pool->slots = (void *)(base + layout->slots);
    /* Where others cannot write to the constant part, only that makes a difference. */
    pool->slots_mask =
        options->shared && options->buffer_bytes != 0 ? slots_mask(layout) : ~UINT64_C(0);
    pool->objects = (void *)(base + layout->objects);
    pool->hash = (void *)(base + layout->hash);
    pool->run = (void *)(base + layout->run);
    pool->buffer_bytes = options->buffer_bytes;
    memcpy(pool->name, options->name, strlen(options->name) + 1);
    if (wants_records(&layout->audited)) {
        pool->audit = &pool->records;
        pool->sweep = (void *)(base + layout->sweep);
        lab_audit_init(pool->audit, (void *)(base + layout->audit), pool->count, &layout->audited);
        /* Found out now: not on the small stack of some get, nor behind a chroot(2). */
        (void)lab_audit_self();
    }
    if (options->domain != NULL) {
        pool->domain = (void *)(base + layout->domain);
        pool->trail = (void *)(base + layout->trail);
    }
    lab_stack_init(&pool->stack, &pool->stack_head, links, pool->count);
    lab_stack_init_beside(&pool->reserve, &pool->reserve_head, &pool->stack, LAB_STACK_RESERVE);
}

void lab_pool_set_buffers(struct lab_pool *pool, size_t at)
{
    pool->buffers = (char *)pool + at;
    pool->adopted = pool->count;
    pool->reserve_from = (uintptr_t)pool->buffers;
    pool->reserve_bytes = (size_t)pool->reserved * pool->stride;
}

/* Builds the pool over zeroed memory, nothing in it yet. */
static struct lab_pool *build(void *memory, const struct lab_pool_options *options,
                              const struct lab_pool_layout *layout, enum lab_barrier barrier)
{
    struct lab_pool *pool = memory;

    lab_pool_set_constants(pool, options, layout, barrier);
    lab_store_relaxed(&pool->hot, layout->lcores);
    if (pool->audit != NULL) {
        lab_audit_begin_table(pool->audit, &layout->audited);
        if (layout->audited.level != LAB_AUDIT_OFF)
            lab_store_relaxed(&pool->hot, 0);
        if (layout->audited.level == LAB_AUDIT_FULL)
            lab_pool_await(pool, 1);
    }
    if (options->takes_strangers) {
        lab_store_relaxed(&pool->strangers, LAB_POOL_OPEN);
        lab_pool_await(pool, 1);
    }
    if (pool->domain != NULL) {
        memcpy(pool->domain + lab_pool_slot(0), options->domain, layout->lcores);
        lab_store_relaxed(&pool->hot, 0);
        lab_pool_await(pool, 1);
    }
    lab_store_relaxed(&pool->low_free, options->count);
    for (uint32_t i = 0; i <= layout->lcores; i++)
        lab_deque_init(&pool->deque[i], layout->reach, layout->tip, barrier != LAB_BARRIER_PRIVATE);
    return pool;
}

int lab_pool_footprint(const struct lab_pool_options *options, size_t *ret_bytes,
                       struct lab_error *error)
{
    struct lab_pool_layout layout = {0};
    int rc = lab_pool_plan(options, &layout, error);

    if (rc == 0)
        *ret_bytes = layout.end;
    return rc;
}

static int register_for(const struct lab_pool_options *options, enum lab_barrier *ret_barrier,
                        struct lab_error *error)
{
    int rc = lab_barrier_register(options->shared ? LAB_BARRIER_SHARED : LAB_BARRIER_PRIVATE,
                                  ret_barrier);

    if (rc != 0)
        return lab_error_set(error, rc, "pool %s: cannot register for membarrier", options->name);
    return 0;
}

int lab_pool_init(void *memory, const struct lab_pool_options *options, struct lab_pool **ret_pool,
                  struct lab_error *error)
{
    struct lab_pool_layout layout;
    enum lab_barrier barrier;
    int rc = lab_pool_plan(options, &layout, error);

    if (rc != 0)
        return rc;
    if (options->buffer_bytes != 0)
        return lab_error_set(error, -EINVAL,
                             "pool %s: lab_pool_init() takes objects; lab_pool_create() cuts "
                             "buffers",
                             options->name);
    if ((uintptr_t)memory % LAB_CACHE_LINE != 0)
        return lab_error_set(error, -EINVAL, "pool %s: its memory at %p is not aligned to %d bytes",
                             options->name, memory, LAB_CACHE_LINE);
    rc = register_for(options, &barrier, error);
    if (rc != 0)
        return rc;
    *ret_pool = build(memory, options, &layout, barrier);
    return 0;
}

/* Buffers into a stack, the first on top. */
static void fill(struct lab_stack *stack, uint32_t from, uint32_t to)
{
    uint32_t indices[LAB_STACK_BURST];

    while (to > from) {
        unsigned k = 0;

        while (k < LAB_STACK_BURST && to > from)
            indices[k++] = --to;
        lab_stack_push_any(stack, indices, k);
    }
}

/* What was filled in is free, also to the audit: nobody put it. */
static void fill_records(struct lab_pool *pool)
{
    uint64_t nobody = lab_audit_who(0, LAB_AUDIT_LCORE_ANY, 0);

    for (uint32_t i = 0; i < pool->count; i++)
        lab_store_relaxed(&pool->audit->table->record[i].word,
                          lab_audit_word_next(0, nobody, LAB_AUDIT_FREE));
}

/* What others need who attach. */
static void plant(const struct lab_pool *pool, const struct lab_pool_options *options)
{
    struct lab_pool_seed *seed = lab_pool_seed_of(&pool->region);

    seed->magic = LAB_POOL_MAGIC;
    seed->shape = LAB_POOL_SHAPE;
    seed->barrier = pool->barrier;
    seed->maker = pool->maker;
    seed->first_ticks = pool->records.first_ticks;
    seed->first_ns = pool->records.first_ns;
    seed->has_domains = options->domain != NULL;
    seed->options = *options;
    seed->options.name = NULL;
    seed->options.domain = NULL;
    memcpy(seed->name, pool->name, sizeof(seed->name));
    lab_store_release(&seed->whole, 1); /* P1 */
}

/* The memory for a pool, and where in it the pool begins: a shared one in the page before. */
static int map(const struct lab_pool_options *options, const struct lab_pool_layout *layout,
               struct lab_region *ret_region, char **ret_pool, struct lab_error *error)
{
    struct lab_region_options wanted = {.bytes = lab_pool_bytes(options, layout),
                                        .node = options->node,
                                        .pages = options->pages,
                                        .share = options->shared ? options->name : NULL};
    struct lab_error why = {0};
    int rc = lab_region_create(&wanted, ret_region, &why);

    if (rc == 0 && options->shared) {
        rc = lab_region_front(ret_region, &why);
        if (rc != 0)
            (void)lab_region_destroy(ret_region);
    }
    if (why.message[0] != '\0')
        (void)lab_error_set(error, rc, "pool %s: %s", options->name, why.message);
    else
        (void)lab_error_set(error, rc, "%s", "");
    if (rc == 0)
        *ret_pool = (char *)ret_region->address - (options->shared ? LAB_POOL_FRONT : 0);
    return rc;
}

int lab_pool_create(const struct lab_pool_options *options, struct lab_pool **ret_pool,
                    struct lab_error *error)
{
    struct lab_pool_layout layout;
    struct lab_region region;
    enum lab_barrier barrier;
    struct lab_pool *pool;
    char *memory;
    int rc = lab_pool_plan(options, &layout, error);

    if (rc != 0)
        return rc;
    if (options->buffer_bytes == 0)
        return lab_error_set(error, -EINVAL, "pool %s: buffers of 0 bytes asked for",
                             options->name);
    rc = register_for(options, &barrier, error);
    if (rc == 0)
        rc = map(options, &layout, &region, &memory, error);
    if (rc != 0)
        return rc;
    pool = build(memory, options, &layout, barrier);
    pool->region = region;
    if (options->arena != NULL) {
        rc = lab_pool_take_runs(pool, options, error);
        if (rc != 0) {
            (void)lab_region_destroy(&region);
            return rc;
        }
        if (pool->domain != NULL && !(options->gfp & (LAB_GFP_ZERO | LAB_GFP_EXCLUSIVE)))
            lab_pool_distrust_all(pool);
    } else {
        lab_pool_set_buffers(pool, lab_pool_buffers_at(options, &layout));
    }
    fill(&pool->reserve, 0, pool->reserved);
    fill(&pool->stack, pool->reserved, pool->count);
    if (layout.audited.level == LAB_AUDIT_FULL)
        fill_records(pool);
    if (options->shared)
        plant(pool, options);
    *ret_pool = pool;
    return 0;
}

int lab_pool_destroy(struct lab_pool *pool)
{
    struct lab_region region;

    if (pool == NULL)
        return 0;
    if (!pool->region.shared && lab_pool_count(pool) != pool->count) {
        (void)lab_pool_report_leaks(pool, NULL);
        return -EBUSY;
    }
    lab_pool_give_runs(pool);
    region = pool->region; /* the pool lies in it */
    return lab_region_destroy(&region);
}
