/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "zone_oracle.h"
#include "zone_invariants.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool expect(struct oracle *oracle, bool condition, const char *otherwise)
{
    if (!condition && oracle->wrong == NULL)
        oracle->wrong = otherwise;
    return condition;
}

void oracle_init(struct oracle *oracle, uint32_t blocks)
{
    memset(oracle, 0, sizeof(*oracle));
    if (lab_zone_footprint(blocks, ORACLE_LCORES) > sizeof(oracle->memory))
        abort();
    oracle->part = lab_zone_init(oracle->memory, blocks, ORACLE_LCORES);
    oracle->pages = oracle->free_pages = blocks * LAB_BLOCK_PAGES;
}

struct oracle_step oracle_step_of(uint32_t number)
{
    static const enum oracle_kind kinds[8] = {ORACLE_GET,       ORACLE_GET,     ORACLE_GET,
                                              ORACLE_PUT,       ORACLE_PUT,     ORACLE_PUT_BULK,
                                              ORACLE_PUT_WRONG, ORACLE_GET_BULK};

    return (struct oracle_step){.kind = kinds[number & 7],
                                .lcore = number >> 3 & 3,
                                .lifetime = number >> 5 & 1,
                                .order = (number >> 6 & 15) % LAB_PAGE_ORDERS,
                                .which = number >> 10};
}

static bool is_free(const struct oracle *oracle, uint32_t page, unsigned order)
{
    for (uint32_t i = page; i < page + (1u << order); i++)
        if (oracle->order[i] != 0)
            return false;
    return true;
}

/* As many as that, or n if they are more. */
static unsigned free_runs(const struct oracle *oracle, unsigned order, unsigned n)
{
    unsigned runs = 0;

    for (uint32_t page = 0; page < oracle->pages && runs < n; page += 1u << order)
        runs += is_free(oracle, page, order);
    return runs;
}

static bool got(struct oracle *oracle, uint32_t page, unsigned order)
{
    uint32_t n = 1u << order;

    if (!expect(oracle, page % n == 0 && page + n <= oracle->pages, "a page that there is not") ||
        !expect(oracle, is_free(oracle, page, order), "pages are held twice"))
        return false;
    memset(oracle->order + page, ZONE_TAIL, n);
    oracle->order[page] = (uint8_t)(order + 1);
    oracle->held[oracle->n_held++] = page;
    oracle->free_pages -= n;
    return true;
}

static void let_go(struct oracle *oracle, uint32_t index)
{
    uint32_t page = oracle->held[index], n = 1u << (oracle->order[page] - 1);

    memset(oracle->order + page, 0, n);
    oracle->held[index] = oracle->held[--oracle->n_held];
    oracle->free_pages += n;
}

static uint32_t lcore_of(const struct oracle_step *step)
{
    return step->lcore < ORACLE_LCORES ? step->lcore : LAB_LCORE_ANY;
}

static bool play_get(struct oracle *oracle, const struct oracle_step *step)
{
    uint32_t page = LAB_PAGE_NONE;
    int rc = lab_zone_alloc(oracle->part, lcore_of(step), step->order, step->lifetime, &page);

    if (rc == 0)
        return got(oracle, page, step->order);
    return expect(oracle, rc == -ENOMEM && page == LAB_PAGE_NONE, "an odd refusal") &&
           expect(oracle, free_runs(oracle, step->order, 1) == 0,
                  "there was a run, and it was refused");
}

static bool play_put(struct oracle *oracle, const struct oracle_step *step)
{
    uint32_t index, page;

    if (oracle->n_held == 0)
        return true;
    index = step->which % oracle->n_held;
    page = oracle->held[index];
    if (!expect(oracle,
                lab_zone_free(oracle->part, lcore_of(step), page, oracle->order[page] - 1u) == 0,
                "a put was refused"))
        return false;
    let_go(oracle, index);
    return true;
}

/* Unless it happens to be right. */
static bool play_put_wrong(struct oracle *oracle, const struct oracle_step *step)
{
    uint32_t page = step->which % oracle->pages;
    int rc, wanted = oracle->order[page] == 0 ? -ENOENT : -ERANGE;

    if (oracle->order[page] == step->order + 1)
        return true;
    if (page % (1u << step->order) != 0)
        wanted = -EINVAL;
    rc = lab_zone_free(oracle->part, lcore_of(step), page, step->order);
    return expect(oracle, rc == wanted, "a wrong put was not refused as it should be");
}

static bool play_get_bulk(struct oracle *oracle, const struct oracle_step *step)
{
    unsigned n = 1 + step->which % ORACLE_BULK, came = 0;
    unsigned runs = free_runs(oracle, step->order, n);
    uint32_t pages[ORACLE_BULK] = {0};
    int rc = lab_zone_alloc_bulk(oracle->part, lcore_of(step), step->order, step->lifetime, pages,
                                 n, &came);

    if (!expect(oracle, rc == (runs > 0 ? 0 : -ENOMEM) && came == runs,
                "there were more runs, or fewer"))
        return false;
    for (unsigned i = 0; i < came; i++)
        if (!got(oracle, pages[i], step->order))
            return false;
    return true;
}

/* Those of the same order as one of them, from that on; sometimes with a wrong one at the end. */
static bool play_put_bulk(struct oracle *oracle, const struct oracle_step *step)
{
    uint32_t pages[ORACLE_BULK] = {0}, indices[ORACLE_BULK] = {0};
    unsigned n = 0, done = 99, order = 0;
    bool wrong = step->order > 7;
    int rc;

    if (oracle->n_held > 0)
        order = oracle->order[oracle->held[step->which % oracle->n_held]] - 1u;
    for (uint32_t i = 0; i < oracle->n_held && n < 1 + step->which % (ORACLE_BULK - 1); i++) {
        uint32_t index = (step->which + i) % oracle->n_held, page = oracle->held[index];

        if (oracle->order[page] == order + 1) {
            indices[n] = index;
            pages[n++] = page;
        }
    }
    if (wrong)
        pages[n] = n > 0 ? pages[n / 2] : oracle->pages; /* twice, or none of the zone's */
    rc = lab_zone_free_bulk(oracle->part, lcore_of(step), order, pages, n + wrong, &done);
    if (!expect(oracle, wrong ? rc == -ENOENT || (n == 0 && rc == -EINVAL) : rc == 0,
                "a bulk put ended otherwise") ||
        !expect(oracle, done == n, "a bulk put did more or less"))
        return false;
    /* From the last one on, so that the others keep their indices. */
    for (uint32_t index = oracle->n_held; index-- > 0;)
        for (unsigned i = 0; i < n; i++)
            if (indices[i] == index)
                let_go(oracle, index);
    return true;
}

bool oracle_play(struct oracle *oracle, const struct oracle_step *step)
{
    static bool (*const plays[ORACLE_KINDS])(struct oracle *, const struct oracle_step *) = {
        [ORACLE_GET] = play_get,
        [ORACLE_PUT] = play_put,
        [ORACLE_PUT_WRONG] = play_put_wrong,
        [ORACLE_GET_BULK] = play_get_bulk,
        [ORACLE_PUT_BULK] = play_put_bulk,
    };

    return plays[step->kind](oracle, step);
}

bool oracle_compare(struct oracle *oracle)
{
    static uint8_t order[ORACLE_PAGES_MAX];
    const char *wrong = zone_wrong(oracle->part, false, order);
    struct lab_page_part_map stats;
    int largest = LAB_PAGE_ORDERS - 1;

    if (!expect(oracle, wrong == NULL, wrong) ||
        !expect(oracle, memcmp(order, oracle->order, oracle->pages) == 0,
                "other pages are held than should be"))
        return false;
    while (largest >= 0 && free_runs(oracle, (unsigned)largest, 1) == 0)
        largest--;
    lab_zone_stats(oracle->part, &stats);
    return expect(oracle, stats.pages == oracle->pages && stats.free_pages == oracle->free_pages,
                  "the statistics count other pages") &&
           expect(oracle, stats.largest == largest, "the statistics promise another order");
}
