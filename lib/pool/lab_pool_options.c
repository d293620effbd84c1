/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Checking a pool's options, and placing its parts. */

#include <errno.h>
#include <lab_limits.h>
#include <lab_place.h>
#include <lab_pool_core.h>
#include <lab_pool_layout.h>

/* Ids in one pool: every one costs half a KiB. */
#define LCORES_MAX 4096u

/* Deques that exist at once, by default. */
#define DEQUES_DEFAULT 16u

/* Slots of all deques together, for each object: 48/5 of them take 3 % of a pool of mbufs. So 8
 * deques have room for the whole pool each, 16 for 3/5 of it. Objects beyond that in one deque go
 * to the stack. */
#define SLOTS_SHARE_OF 48u
#define SLOTS_SHARE_BY 5u
#define CAPACITY_MIN 64u

/* The share of a deque's slots that its private part takes, and its bounds. With a private part of
 * 1,024 instead of 256, lcores that hold some hundred objects at a time were 1.2 (2 lcores, behind
 * a cache) to 2.3 times as fast (8 lcores, without), and nothing else changed. */
#define PRIVATE_SHARE 4u
#define PRIVATE_MAX 1024u

/* The share of all objects that the private parts of all lcores but one take: before they publish,
 * these have grown to twice that, and half is there for the one. Without that bound, or with a half
 * in the place of the quarter, one of 8 to 120 lcores that gets what the others put revokes 12 to
 * 116 times in a million objects; with a bound by all lcores, two that swing by 2,048 of 8,191
 * objects have 0.85 of their speed. */
#define OTHERS_SHARE 4u

#define WORDS_OF_LINE (LAB_CACHE_LINE / (uint32_t)sizeof(lab_atomic_t))

/* The same of what one steal takes. Beyond 256, nothing was gained. */
#define STEAL_SHARE 8u
#define STEAL_MIN 16u
#define STEAL_MAX 256u

/* The high watermark's share of what is beyond the low one. */
#define HIGH_SHARE 8u

#define BUFFER_BYTES_MAX (UINT32_C(1) << 30)

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

static uint32_t low_of(const struct lab_pool_options *options)
{
    return options->low != 0 ? options->low : options->reserve;
}

struct lab_watermark_limits lab_pool_limits(const struct lab_pool_options *options)
{
    uint32_t low = low_of(options), beyond = (options->count - low) / HIGH_SHARE;

    /* There is pressure also at low, not only below. */
    return (struct lab_watermark_limits){
        1, low + 1, options->high != 0 ? options->high : low + (beyond != 0 ? beyond : 1)};
}

static int check_options(const struct lab_pool_options *options, struct lab_error *error)
{
    uint32_t low = low_of(options), align = options->align;
    const struct lab_limit limits[] = {
        {"a count", options->count, 1, LAB_POOL_COUNT_MAX},
        {"a reserve", options->reserve, 0, options->count - 1},
        {"a low watermark", low, options->reserve, options->count - 1},
        {"a high watermark", options->high != 0 ? options->high : options->count, low + 1,
         options->count},
        {"lcores", options->lcores, 0, LCORES_MAX},
        {"deques", options->deques, 0, LAB_LCORE_MAX},
        {"steal_max", options->steal_max, 0, LAB_DEQUE_STEAL_MAX},
        {"prefetch_lines", options->prefetch_lines, 0, LAB_POOL_PREFETCH_MAX},
        {"buffer_bytes", options->buffer_bytes, 0, BUFFER_BYTES_MAX},
    };
    int rc;

    if (options->name == NULL || (options->name[0] == '\0' && options->buffer_bytes != 0) ||
        strnlen(options->name, LAB_POOL_NAME_SIZE) == LAB_POOL_NAME_SIZE)
        return lab_error_set(error, -EINVAL, "a pool's name has 1 to %d characters",
                             LAB_POOL_NAME_SIZE - 1);
    rc = lab_limits_check("pool", options->name, limits, sizeof(limits) / sizeof(limits[0]), error);
    if (rc != 0)
        return rc;
    if (options->domain != NULL && (options->lcores == 0 || options->buffer_bytes == 0))
        return lab_error_set(error, -EINVAL,
                             "pool %s: trust domains are for buffers, and one for each lcore: give "
                             "buffer_bytes and lcores",
                             options->name);
    if (options->takes_strangers && options->buffer_bytes != 0)
        return lab_error_set(error, -EINVAL,
                             "pool %s: a pool that is cut into buffers adopts no others",
                             options->name);
    if (align > LAB_POOL_ALIGN_MAX || (align & (align - 1)) != 0)
        return lab_error_set(error, -EINVAL,
                             "pool %s: an alignment of %u asked for, it must be a power of two up "
                             "to %u",
                             options->name, align, LAB_POOL_ALIGN_MAX);
    return 0;
}

int lab_pool_plan(const struct lab_pool_options *options, struct lab_pool_layout *ret_layout,
                  struct lab_error *error)
{
    struct lab_pool_layout layout = {0};
    bool adopts = options->buffer_bytes == 0 || options->arena != NULL;
    uint32_t runs = 0;
    int rc = check_options(options, error);

    if (rc == 0 && options->arena != NULL)
        rc = lab_pool_plan_runs(options, &runs, error);
    if (rc != 0)
        return rc;
    layout.lcores = options->lcores != 0 ? options->lcores : LAB_LCORE_MAX;
    layout.deques = options->deques != 0 ? options->deques : DEQUES_DEFAULT;
    layout.deques = clamp(layout.deques, 1, layout.lcores);
    layout.array.capacity = capacity_for(options->count, layout.deques);
    layout.array.private_size = options->private_size;
    if (layout.array.private_size == 0) {
        layout.array.private_size =
            clamp(layout.array.capacity / PRIVATE_SHARE, LAB_DEQUE_SET_PRIVATE_MIN, PRIVATE_MAX);
        layout.array.private_all = options->count / OTHERS_SHARE + 1;
    }
    layout.array.start =
        options->count < layout.array.capacity ? -options->count % WORDS_OF_LINE : 0;
    layout.array.steal_max = options->steal_max != 0
                                 ? options->steal_max
                                 : clamp(layout.array.capacity / STEAL_SHARE, STEAL_MIN, STEAL_MAX);
    if (layout.array.private_size > layout.array.capacity / 2 ||
        layout.array.steal_max > layout.array.capacity)
        return lab_error_set(
            error, -EINVAL,
            "pool %s: a private_size of at most %u and a steal_max of at most %u fit %u buffers",
            options->name, layout.array.capacity / 2, layout.array.capacity, options->count);
    layout.stride = adopts ? 0 : lab_pool_step(options);
    layout.hash_slots = adopts ? pow2_at_least(2 * options->count) : 0;

    layout.end = sizeof(struct lab_pool);
    (void)lab_place(&layout.end, (layout.lcores + 1) * sizeof(struct lab_deque));
    layout.slow = lab_place(&layout.end, (layout.lcores + 1) * sizeof(struct lab_pool_slow));
    layout.registry = lab_place(&layout.end, layout.deques * sizeof(lab_atomic_t));
    layout.slots = lab_place(&layout.end,
                             (size_t)layout.deques * layout.array.capacity * sizeof(lab_atomic_t));
    layout.links = lab_place(&layout.end, options->count * sizeof(lab_atomic_t));
    layout.objects = lab_place(&layout.end, adopts ? options->count * sizeof(void *) : 0);
    layout.hash = lab_place(&layout.end, layout.hash_slots * sizeof(uint32_t));
    layout.run = lab_place(&layout.end, runs * sizeof(uintptr_t));
    *ret_layout = layout;
    return 0;
}
