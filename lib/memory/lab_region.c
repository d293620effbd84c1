/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <errno.h>
#include <lab_os.h>
#include <lab_region_front.h>
#include <lab_share.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct kind {
    const char *size;    /* as the sentences say it */
    const char *hugeadm; /* as hugeadm(8) says it; NULL when these are no hugetlb pages */
    size_t page_bytes;   /* 0: an ordinary page's */
    size_t worthwhile;   /* LAB_PAGES_ANY tries these from this number of bytes on */
} kinds[] = {
    [LAB_PAGES_1G] = {"1 GiB", "1GB", LAB_PAGE_1G, LAB_PAGE_1G},
    [LAB_PAGES_2M] = {"2 MiB", "2MB", LAB_PAGE_2M, LAB_PAGE_2M / 2},
    [LAB_PAGES_THP] = {NULL, NULL, LAB_PAGE_2M, LAB_PAGE_2M / 2},
    [LAB_PAGES_NORMAL] = {NULL, NULL, 0, 0},
};

/* One attempt: these pages, that many bytes of them, there. */
struct request {
    enum lab_pages pages;
    int node;
    size_t hugetlb; /* the size of hugetlb pages; 0: these are none */
    size_t bytes;
    const char *share;
};

/* The memory before the attempt, which itself uses it up: hugetlb pages, or bytes. */
struct supply {
    int err; /* not 0: that could not be known */
    size_t available;
    size_t total;  /* hugetlb pages of all nodes, in use or not */
    int group_err; /* the same of the control groups */
    struct lab_os_room group;
};

static size_t page_bytes(enum lab_pages pages)
{
    return kinds[pages].page_bytes ? kinds[pages].page_bytes : lab_os_page_bytes();
}

static bool has_one_node(void)
{
    size_t bytes;

    return lab_os_memory(1, &bytes) == -ENOENT;
}

static struct supply look(const struct request *request)
{
    struct supply supply = {0};
    size_t ignored;

    supply.group_err = lab_os_group_room(request->hugetlb, &supply.group);
    if (!request->hugetlb) {
        /* Not of the only node: kernels that initialise memory late show less there. */
        supply.err =
            lab_os_memory(has_one_node() ? LAB_NODE_ANY : request->node, &supply.available);
        return supply;
    }
    supply.err =
        lab_os_hugepages(request->hugetlb, request->node, &supply.available, &supply.total);
    if (!supply.err)
        supply.err = lab_os_hugepages(request->hugetlb, LAB_NODE_ANY, &ignored, &supply.total);
    return supply;
}

/* "21 pages of 2 MiB on node 0", without the node where several would do. */
static void describe(const struct request *request, char (*text)[64])
{
    char node[32] = "";

    if (request->node != LAB_NODE_ANY || has_one_node())
        snprintf(node, sizeof(node), " on node %d",
                 request->node == LAB_NODE_ANY ? 0 : request->node);
    if (request->hugetlb)
        snprintf(*text, sizeof(*text), "%zu page%s of %s%s", request->bytes / request->hugetlb,
                 request->bytes == request->hugetlb ? "" : "s", kinds[request->pages].size, node);
    else
        snprintf(*text, sizeof(*text), "%zu MiB of memory%s", ((request->bytes - 1) >> 20) + 1,
                 node);
}

/* The command that gets hugetlb pages. hugeadm sets the size of the pool, of which what is in use
 * stays in use; and it spreads new pages over all nodes, unless it has to stay on one. */
static int short_of_hugetlb(const struct request *request, const struct supply *supply,
                            const char *what, struct lab_error *error)
{
    size_t need = request->bytes / request->hugetlb;
    char there[64] = "";

    if (request->node != LAB_NODE_ANY && !has_one_node())
        snprintf(there, sizeof(there), "numactl -m %d hugeadm --obey-mempolicy", request->node);
    return lab_error_set(error, -ENOMEM, "needs %s, %zu free: `%s --pool-pages-min %s:%zu`", what,
                         supply->available, there[0] ? there : "hugeadm",
                         kinds[request->pages].hugeadm, supply->total + need - supply->available);
}

/* Whether the control groups do not leave that much: page tables count as memory, too, and some is
 * charged for each CPU ahead of its use. */
static bool is_beyond_group(const struct request *request, const struct supply *supply)
{
    size_t beside = request->hugetlb ? 0 : request->bytes / 256 + (256 << 10);

    return !supply->group_err && supply->group.bytes < request->bytes + beside;
}

static int short_of(const struct request *request, const struct supply *supply, int cause,
                    struct lab_error *error)
{
    char what[64];

    describe(request, &what);
    if (is_beyond_group(request, supply))
        return lab_error_set(
            error, -ENOMEM,
            "needs %s, of which the control group leaves %zu MiB: ask for less, or raise %s", what,
            supply->group.bytes >> 20, supply->group.limit);
    if (request->hugetlb && supply->err == -ENOENT)
        return lab_error_set(error, -ENOMEM, "needs %s: this kernel has no pages of that size",
                             what);
    if (supply->err ||
        supply->available >= request->bytes / (request->hugetlb ? request->hugetlb : 1))
        return lab_error_set(error, -ENOMEM,
                             "needs %s, but was refused (%s): look for limits in `ulimit -a` and "
                             "in the control group",
                             what, strerror(-cause));
    if (request->hugetlb)
        return short_of_hugetlb(request, supply, what, error);
    return lab_error_set(error, -ENOMEM,
                         "needs %s, %zu MiB available: ask for less, or look in `top -o %%MEM` "
                         "for who has the rest",
                         what, supply->available >> 20);
}

/* System calls that the kernel or a container refuses, where memory will do without. */
struct refusals {
    int bind;   /* mbind(2) fails with this; not reported where there is one node */
    int advice; /* madvise(2) */
};

static bool is_refusal(int err)
{
    return err == -ENOSYS || err == -EPERM || err == -EACCES;
}

static int cannot_keep_private(int err, struct lab_error *error)
{
    return lab_error_set(error, err,
                         "cannot keep memory out of forked children and core dumps by madvise(2): "
                         "%s",
                         strerror(-err));
}

static void say_refused(const struct request *request, const struct refusals *refused,
                        struct lab_error *error)
{
    if (refused->bind && refused->advice)
        lab_error_set(error, 0,
                      "not bound to NUMA node %d, and forked children and core dumps have a copy, "
                      "for this process may call neither mbind(2) nor madvise(2) (%s): a seccomp "
                      "profile that allows them",
                      request->node, strerror(-refused->bind));
    else if (refused->bind)
        lab_error_set(error, 0,
                      "not bound to NUMA node %d, for this process may not call mbind(2) (%s): "
                      "`numactl -m %d` before the program, or a seccomp profile that allows it",
                      request->node, strerror(-refused->bind), request->node);
    else if (refused->advice)
        lab_error_set(error, 0,
                      "forked children and core dumps have a copy of the memory, for this process "
                      "may not call madvise(2) (%s): a seccomp profile that allows it",
                      strerror(-refused->advice));
}

/* All advice comes before the first touch. */
static int prepare(const struct request *request, const struct supply *supply, void *address,
                   struct refusals *ret_refused, struct lab_error *error)
{
    int err = 0;

    if (request->node != LAB_NODE_ANY)
        err = lab_os_bind(address, request->bytes, request->node);
    if (err && !is_refusal(err))
        return lab_error_set(error, err, "cannot bind memory to NUMA node %d: %s", request->node,
                             strerror(-err));
    /* Not bound, it comes from the node of the caller's CPU: the right one if there is no other. */
    ret_refused->bind = has_one_node() ? 0 : err;
    if (request->pages == LAB_PAGES_THP && lab_os_advise_huge(address, request->bytes))
        return lab_error_set(error, -ENOMEM,
                             "transparent huge pages are switched off: `hugeadm --thp-madvise`");
    /* A child has private memory as a copy. Shared memory it would have in truth, and could use
     * what is in it without having come: that must not be. */
    err = lab_os_keep_private(address, request->bytes);
    if (err && (request->share || !is_refusal(err)))
        return cannot_keep_private(err, error);
    ret_refused->advice = err;
    err = lab_os_populate(address, request->bytes);
    return err ? short_of(request, supply, err, error) : 0;
}

/* An error without a sentence is a lack of pages. */
static int map_region(const struct request *request, void **ret_address, struct lab_error *error)
{
    if (request->share)
        return lab_share_create(request->share, request->bytes, request->hugetlb, ret_address,
                                error);
    return lab_os_map(request->bytes, request->hugetlb, ret_address);
}

static int attempt(const struct request *request, struct lab_region *ret_region,
                   struct lab_error *error)
{
    struct supply supply = look(request);
    struct lab_region region = {.bytes = request->bytes,
                                .node = request->node,
                                .pages = request->pages,
                                .shared = request->share != NULL};
    struct refusals refused = {0};
    int err;

    /* A system, or a control group, that runs out of ordinary memory kills somebody instead of
     * refusing. Of hugetlb pages a system may have more than it shows: see nr_overcommit_hugepages.
     */
    if (is_beyond_group(request, &supply) ||
        (!request->hugetlb && !supply.err && supply.available < request->bytes))
        return short_of(request, &supply, -ENOMEM, error);

    err = map_region(request, &region.address, error);
    if (err)
        return error->code ? err : short_of(request, &supply, err, error);
    err = prepare(request, &supply, region.address, &refused, error);
    if (err) {
        (void)lab_region_destroy(&region);
        return err;
    }
    if (refused.bind)
        region.node = LAB_NODE_ANY;
    *ret_region = region;
    say_refused(request, &refused, error);
    return 0;
}

static int check_name(const char *name, struct lab_error *error)
{
    size_t length = strnlen(name, LAB_REGION_NAME_SIZE);

    if (length > 0 && length < LAB_REGION_NAME_SIZE && !memchr(name, '@', length))
        return 0;
    return lab_error_set(error, -EINVAL,
                         "a shared region's name has 1 to %d characters, and no '@' among them",
                         LAB_REGION_NAME_SIZE - 1);
}

static int check_region(const struct lab_region_options *options, struct lab_error *error)
{
    size_t page, ignored;

    if (options->bytes == 0)
        return lab_error_set(error, -EINVAL, "zero bytes were asked for, at least 1 is needed");
    if ((unsigned)options->pages > LAB_PAGES_NORMAL)
        return lab_error_set(error, -EINVAL, "unknown kind of page %d: see enum lab_pages",
                             (int)options->pages);
    page = page_bytes(options->pages == LAB_PAGES_ANY ? LAB_PAGES_1G : options->pages);
    if (options->bytes > SIZE_MAX - (page - 1))
        return lab_error_set(error, -EINVAL, "%zu bytes overflow when rounded up to whole pages",
                             options->bytes);
    if (options->node != LAB_NODE_ANY &&
        (options->node < 0 || lab_os_memory(options->node, &ignored) == -ENOENT))
        return lab_error_set(error, -EINVAL,
                             "there is no NUMA node %d: `ls -d /sys/devices/system/node/node*`",
                             options->node);
    if (options->share && options->pages == LAB_PAGES_THP)
        return lab_error_set(error, -EINVAL,
                             "transparent huge pages cannot be shared: ask for 2 MiB pages");
    return options->share ? check_name(options->share, error) : 0;
}

int lab_region_create(const struct lab_region_options *options, struct lab_region *ret_region,
                      struct lab_error *error)
{
    bool any = options->pages == LAB_PAGES_ANY;
    struct lab_error failure = {0}, wish = {0};
    int err = check_region(options, error);

    if (err)
        return err;
    for (unsigned pages = LAB_PAGES_1G; pages <= LAB_PAGES_NORMAL; pages++) {
        size_t page = page_bytes(pages);
        struct request request = {pages, options->node, kinds[pages].hugeadm ? page : 0,
                                  (options->bytes + page - 1) & ~(page - 1), options->share};
        bool no_use =
            options->bytes < kinds[pages].worthwhile || (pages == LAB_PAGES_THP && options->share);

        if (any ? no_use : pages != options->pages)
            continue;
        failure = (struct lab_error){0};
        err = attempt(&request, ret_region, &failure);
        if (!err)
            return lab_error_set(error, 0, "%s%s%s", wish.message,
                                 wish.message[0] && failure.message[0] ? "; " : "",
                                 failure.message);
        if (err == -EEXIST)
            break;
        /* Transparent pages are no wish: to follow the advice on hugetlb pages is better. */
        if (kinds[pages].hugeadm)
            wish = failure;
    }
    return lab_error_set(error, err, "%s", failure.message);
}

int lab_region_attach(const char *name, struct lab_region *ret_region, struct lab_error *error)
{
    struct lab_region region = {.node = LAB_NODE_ANY, .shared = true};
    int err = check_name(name, error);
    size_t page;

    if (!err)
        err = lab_share_attach(name, &region.address, &region.bytes, &page, error);
    if (err)
        return err;
    err = lab_os_keep_private(region.address, region.bytes);
    if (err) {
        (void)lab_region_destroy(&region);
        return cannot_keep_private(err, error);
    }
    region.pages = page == LAB_PAGE_1G   ? LAB_PAGES_1G
                   : page == LAB_PAGE_2M ? LAB_PAGES_2M
                                         : LAB_PAGES_NORMAL;
    *ret_region = region;
    return lab_error_set(error, 0, "%s", "");
}

static void *front_of(const struct lab_region *region)
{
    return (char *)region->address - region->front;
}

int lab_region_front(struct lab_region *region, struct lab_error *error)
{
    int err;

    region->front = lab_os_page_bytes();
    err = lab_os_reserve(front_of(region), region->front);
    if (!err)
        err = lab_os_set_writable(front_of(region), region->front, true);
    if (!err)
        err = lab_os_keep_private(front_of(region), region->front);
    if (!err)
        return 0;
    if (err != -EEXIST)
        (void)lab_os_unmap(front_of(region), region->front);
    region->front = 0;
    return lab_error_set(error, err == -EEXIST ? -EADDRINUSE : err,
                         "the page before %p, where the memory lies in all processes, cannot be "
                         "had: %s",
                         region->address, strerror(-err));
}

int lab_region_freeze_front(const struct lab_region *region)
{
    return lab_os_set_writable(front_of(region), region->front, false);
}

int lab_region_destroy(struct lab_region *region)
{
    int err;

    if (!region->address)
        return 0;
    if (region->shared)
        lab_share_leave(region->address);
    err = lab_os_unmap(front_of(region), region->front + region->bytes);
    if (!err)
        *region = (struct lab_region){0};
    return err;
}
