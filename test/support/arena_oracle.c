/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "arena_oracle.h"
#include "zone_invariants.h"
#include <errno.h>
#include <lab_arena_node.h>
#include <stdlib.h>
#include <string.h>

/* Where there is no memory. */
#define BASE ((char *)UINT64_C(0x200000000000))

struct step {
    uint32_t lcore;
    unsigned order, gfp, n;
    uint32_t which;
};

static bool expect(struct arena_oracle *oracle, bool condition, const char *otherwise)
{
    if (!condition && oracle->wrong == NULL)
        oracle->wrong = otherwise;
    return condition;
}

void arena_oracle_init(struct arena_oracle *oracle, uint32_t blocks, bool fenced)
{
    const size_t block = LAB_BLOCK_PAGES * LAB_PAGE_BYTES;
    const struct lab_arena_zone zone = {.bytes = (blocks + 2) * block,
                                        .memory = BASE,
                                        .reserve_bytes = block,
                                        .reserve_runs_bytes = block,
                                        .watermark = {0, 0, 1}};
    const struct lab_arena_options options = {.name = "oracle",
                                              .zone = &zone,
                                              .zones = 1,
                                              .lcores = ARENA_LCORES,
                                              .caches = 2,
                                              .cached_orders = 1u << 2 | 1u << 5,
                                              .fenced = fenced};
    size_t bytes;

    memset(oracle, 0, sizeof(*oracle));
    if (lab_arena_footprint(&options, &bytes, NULL) != 0 || bytes > sizeof(oracle->memory) ||
        lab_arena_init(oracle->memory, &options, &oracle->arena, NULL) != 0)
        abort();
    oracle->pages = (blocks + 2) * LAB_BLOCK_PAGES;
}

static void *address(uint32_t page)
{
    return BASE + page * LAB_PAGE_BYTES;
}

static bool is_free(const struct arena_oracle *oracle, uint32_t page, unsigned order)
{
    for (uint32_t i = page; i < page + (1u << order); i++)
        if (oracle->order[i] != 0)
            return false;
    return true;
}

static bool has_free_run(const struct arena_oracle *oracle, enum lab_page_part part, unsigned order)
{
    const struct lab_zone *zone = &oracle->arena->zone[0];

    for (uint32_t page = zone->first[part]; page < zone->first[part + 1]; page += 1u << order)
        if (is_free(oracle, page, order))
            return true;
    return false;
}

static bool got(struct arena_oracle *oracle, const void *memory, const struct step *step)
{
    uint32_t n = 1u << step->order;
    uint32_t page = (uint32_t)((size_t)((const char *)memory - BASE) / LAB_PAGE_BYTES);
    bool common = page < oracle->arena->zone[0].first[LAB_PAGE_RESERVE_SINGLES];

    if (!expect(oracle, page % n == 0 && page + n <= oracle->pages, "a page that there is not") ||
        !expect(oracle, is_free(oracle, page, step->order), "pages are held twice") ||
        !expect(oracle, common || step->gfp & LAB_GFP_ATOMIC, "the reserve is not for all"))
        return false;
    memset(oracle->order + page, ZONE_TAIL, n);
    oracle->order[page] = (uint8_t)(step->order + 1);
    oracle->held[oracle->n_held++] = page;
    return true;
}

static void let_go(struct arena_oracle *oracle, uint32_t index)
{
    uint32_t page = oracle->held[index];

    memset(oracle->order + page, 0, (size_t)1 << (oracle->order[page] - 1));
    oracle->held[index] = oracle->held[--oracle->n_held];
}

static bool play_get(struct arena_oracle *oracle, const struct step *step)
{
    void *pages[ARENA_BULK] = {NULL};
    int rc =
        lab_page_alloc_bulk(oracle->arena, step->lcore, step->order, step->gfp, pages, step->n);
    bool exact = step->gfp & LAB_GFP_WAIT || oracle->arena->set.barrier == LAB_BARRIER_FENCE;

    for (unsigned i = 0; rc == 0 && i < step->n; i++)
        if (!got(oracle, pages[i], step))
            return false;
    if (rc == 0)
        return true;
    if (!expect(oracle, rc == -ENOMEM && (pages[0] == NULL || step->n > LAB_PAGE_BULK_UNTOUCHED),
                "an odd refusal"))
        return false;
    if (!exact || step->n > 1)
        return true;
    return expect(oracle, !has_free_run(oracle, LAB_PAGE_COMMON, step->order),
                  "there was a run, and it was refused") &&
           expect(oracle,
                  !(step->gfp & LAB_GFP_ATOMIC) ||
                      !has_free_run(oracle,
                                    step->order == 0 ? LAB_PAGE_RESERVE_SINGLES
                                                     : LAB_PAGE_RESERVE_RUNS,
                                    step->order),
                  "there was a reserve, and it was refused");
}

/* One of those that are held, and others of its order that were got before it, in one call. */
static bool play_put(struct arena_oracle *oracle, const struct step *step)
{
    unsigned n = 0, done = 99, order;
    void *pages[ARENA_BULK];
    uint32_t index;
    int rc;

    if (oracle->n_held == 0)
        return true;
    index = step->which % oracle->n_held;
    order = oracle->order[oracle->held[index]] - 1u;
    for (uint32_t i = index + 1; i-- > 0 && n < step->n;)
        if (oracle->order[oracle->held[i]] == order + 1) {
            pages[n++] = address(oracle->held[i]);
            let_go(oracle, i);
        }
    rc = lab_page_free_bulk(oracle->arena, step->lcore, order, pages, n, &done);
    return expect(oracle, rc == 0 && done == n, "a put was refused");
}

static void empty_deques(struct arena_oracle *oracle)
{
    for (uint32_t lcore = 0; lcore < ARENA_LCORES; lcore++)
        (void)lab_arena_prefer(oracle->arena, lcore, LAB_NODE_ANY);
}

/* Unless it happens to be right. That a page is free shows only where it is in no deque. */
static bool play_put_wrong(struct arena_oracle *oracle, const struct step *step)
{
    uint32_t page = step->which % oracle->pages;
    int rc, wanted = -ERANGE;

    if (oracle->order[page] == step->order + 1)
        return true;
    if (page % (1u << step->order) != 0) {
        wanted = -EINVAL;
    } else if (oracle->order[page] == 0) {
        wanted = -ENOENT;
        empty_deques(oracle);
    }
    rc = lab_page_free(oracle->arena, step->lcore, address(page), step->order);
    return expect(oracle, rc == wanted, "a wrong put was not refused as it should be");
}

bool arena_oracle_play(struct arena_oracle *oracle, uint32_t number)
{
    static const unsigned classes[4] = {LAB_GFP_ATOMIC, LAB_GFP_NOWAIT, LAB_GFP_NOWAIT,
                                        LAB_GFP_WAIT};
    uint32_t lcore = number >> 3 & 3, kind = number & 7;
    const struct step step = {.lcore = lcore < ARENA_LCORES ? lcore : LAB_LCORE_ANY,
                              .order = (number >> 6 & 15) % LAB_PAGE_ORDERS,
                              .gfp = classes[number >> 30],
                              .n = number >> 5 & 1 ? 1 + (number >> 24) % ARENA_BULK : 1,
                              .which = number >> 10};

    if (kind < 3)
        return play_get(oracle, &step);
    if (kind < 6)
        return play_put(oracle, &step);
    if (kind == 6)
        return play_put_wrong(oracle, &step);
    if (step.lcore != LAB_LCORE_ANY)
        (void)lab_arena_prefer(oracle->arena, step.lcore, LAB_NODE_ANY);
    return true;
}

bool arena_oracle_compare(struct arena_oracle *oracle)
{
    static uint8_t order[ARENA_PAGES_MAX];
    const struct lab_zone *zone = &oracle->arena->zone[0];
    uint32_t out = 0;

    empty_deques(oracle);
    for (int part = 0; part < LAB_PAGE_PARTS; part++) {
        const char *wrong = zone_wrong(zone->part[part], false, order + zone->first[part]);

        if (!expect(oracle, wrong == NULL, wrong))
            return false;
    }
    for (uint32_t page = 0; page < zone->first[LAB_PAGE_RESERVE_SINGLES]; page++)
        out += oracle->order[page] != 0;
    return expect(oracle, memcmp(order, oracle->order, oracle->pages) == 0,
                  "other pages are held than should be") &&
           expect(oracle, lab_level_exact(&zone->level) == out, "the level is another") &&
           expect(oracle, lab_zone_is_valid(zone), "the zone is not valid");
}

bool arena_oracle_put_all(struct arena_oracle *oracle)
{
    while (oracle->n_held > 0)
        if (!play_put(oracle, &(struct step){.lcore = oracle->n_held % ARENA_LCORES,
                                             .n = ARENA_BULK,
                                             .which = oracle->n_held - 1}))
            return false;
    return true;
}
