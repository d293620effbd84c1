/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
/* Regions, lcores and errors, as the manual shows their use: each function is the example of some
 * page. */

#include <errno.h>
#include <labyrinth.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Memory that other processes find by its name. */
static int make(const char *name, struct lab_region *ret_region)
{
    const struct lab_region_options options = {
        .bytes = (size_t)2 << 20,
        .node = LAB_NODE_ANY,
        .share = name,
    };
    struct lab_error error = {0};
    int rc = lab_region_create(&options, ret_region, &error);

    if (rc != 0)
        fprintf(stderr, "no region: %s\n", error.message);
    else
        printf("%zu bytes of %s. %s\n", ret_region->bytes, lab_pages_name(ret_region->pages),
               error.message); /* better memory that could not be had, if any */
    return rc;
}

/* Reads what another process has left there. */
static int read_there(const char *name)
{
    struct lab_error error = {0};
    struct lab_region region;
    int value;

    if (lab_region_attach(name, &region, &error) != 0) {
        fprintf(stderr, "%s\n", error.message);
        return -1;
    }
    value = *(const int *)region.address;
    return lab_region_destroy(&region) == 0 ? value : -1;
}

/* Work that any thread may do: with its id, or with one for as long as it takes. */
static int with_an_id(struct lab_pool *pool, void *object)
{
    uint32_t lcore = lab_lcore_self();
    int rc;

    if (lcore != LAB_LCORE_ANY)
        return lab_pool_put(pool, lcore, object);
    if (lab_lcore_acquire(&lcore) != 0)
        return lab_pool_put(pool, LAB_LCORE_ANY, object);
    rc = lab_pool_put(pool, lcore, object);
    lab_lcore_release();
    return rc;
}

/* A function of the program's own that fails in the library's manner. */
static int check_size(uint32_t count, struct lab_error *error)
{
    if (count < 64)
        return lab_error_set(error, -EINVAL, "%u buffers: at least 64, for a burst each", count);
    return 0;
}

static int use_a_pool(void)
{
    const struct lab_pool_options options = {
        .name = "region", .count = 63, .buffer_bytes = 64, .node = LAB_NODE_ANY};
    struct lab_error error;
    struct lab_pool *pool;
    void *object;

    if (check_size(options.count, &error) != -EINVAL || error.code != -EINVAL)
        return -1;
    if (lab_pool_create(&options, &pool, NULL) != 0 ||
        lab_pool_get(pool, LAB_LCORE_ANY, &object) != 0 || with_an_id(pool, object) != 0)
        return -1;
    return lab_pool_destroy(pool);
}

int main(void)
{
    struct lab_region region;
    char name[32];
    int status = -1;
    pid_t child;

    snprintf(name, sizeof(name), "reference-region-%d", getpid());
    if (use_a_pool() != 0 || make(name, &region) != 0)
        return 1;
    *(int *)region.address = 7;
    child = fork();
    if (child == 0)
        _exit(read_there(name) == 7 ? 0 : 1);
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        return 1;
    return lab_region_destroy(&region) == 0 ? 0 : 1;
}
