/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "report/findings.h"

#include <errno.h>
#include <lab_pool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Of one histogram of all meters, which stands `offset` bytes behind a meter's start. */
static struct quantiles quantiles_of(const struct meter meters[], unsigned n, size_t offset,
                                     double unit, struct histogram *all)
{
    memset(all, 0, sizeof(*all));
    for (unsigned i = 0; i < n; i++)
        histogram_merge(all, (const struct histogram *)((const char *)&meters[i] + offset));
    return (struct quantiles){
        .n = all->n,
        .p50 = unit * (double)histogram_quantile(all, 0.5),
        .p90 = unit * (double)histogram_quantile(all, 0.9),
        .p99 = unit * (double)histogram_quantile(all, 0.99),
        .p999 = unit * (double)histogram_quantile(all, 0.999),
        .p9999 = unit * (double)histogram_quantile(all, 0.9999),
        .max = unit * (double)all->max,
    };
}

int findings_gather(const struct meter meters[], unsigned n, struct findings *ret_findings)
{
    struct histogram *all = malloc(sizeof(*all));
    double cycle = 1.0 / METER_PARTS, ns = 1e9 / (double)rte_get_tsc_hz();
    uint64_t samples = 0, sum = 0;

    if (all == NULL)
        return -ENOMEM;
    ret_findings->get = quantiles_of(meters, n, offsetof(struct meter, get), cycle, all);
    ret_findings->put = quantiles_of(meters, n, offsetof(struct meter, put), cycle, all);
    ret_findings->latency = quantiles_of(meters, n, offsetof(struct meter, latency), ns, all);
    free(all);
    for (unsigned i = 0; i < n; i++) {
        samples += meters[i].occupancy_n;
        sum += meters[i].occupancy_sum;
        ret_findings->occupancy_high =
            RTE_MAX(ret_findings->occupancy_high, meters[i].occupancy_max);
    }
    ret_findings->occupancy_mean = samples == 0 ? 0 : (double)sum / (double)samples;
    return 0;
}

/* The magic number comes first: it distinguishes our data from another driver's. */
bool findings_steals(const struct rte_mempool *pool, uint64_t *ret_steals)
{
    const struct lab_pool *lab = pool->pool_data;
    uint64_t steals = 0;

    if (strcmp(rte_mempool_get_ops(pool->ops_index)->name, "labyrinth") != 0 || lab == NULL ||
        lab->magic != LAB_POOL_MAGIC)
        return false;
    for (uint32_t lcore = 0; lcore < lab->lcores; lcore++) {
        struct lab_pool_lcore_stats stats;

        if (lab_pool_lcore_stats(lab, lcore, &stats) == 0)
            steals += stats.counter[LAB_POOL_GET_STEAL];
    }
    *ret_steals = steals;
    return true;
}
