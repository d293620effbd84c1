/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_REGION_H
#define LAB_REGION_H

#include <lab_common.h>
#include <lab_error.h>
#include <stdbool.h>
#include <stddef.h>

/* Memory that is mapped once, at set-up: huge pages where there are some, bound to a NUMA node,
 * present before the first packet, not inherited by fork, not dumped. */

/* The pages that the memory is made of, best first. */
enum lab_pages {
    LAB_PAGES_ANY,    /* in a request: the best that can be had, in the order below */
    LAB_PAGES_1G,     /* hugetlb pages of 1 GiB */
    LAB_PAGES_2M,     /* hugetlb pages of 2 MiB */
    LAB_PAGES_THP,    /* transparent huge pages, as far as the kernel finds some */
    LAB_PAGES_NORMAL, /* ordinary pages */
};

/* "2 MiB huge pages" and the like, for messages. Never NULL. Any thread; wait-free. */
LAB_INLINE const char *lab_pages_name(enum lab_pages pages)
{
    static const char *const names[] = {"any pages", "1 GiB huge pages", "2 MiB huge pages",
                                        "transparent huge pages", "ordinary pages"};

    return (unsigned)pages <= LAB_PAGES_NORMAL ? names[pages] : "unknown pages";
}

/* Any node: the one of the CPU that the caller runs on, and others when that is full. */
#define LAB_NODE_ANY (-1)

/* A shared region's name, with its terminating zero. */
#define LAB_REGION_NAME_SIZE 64

struct lab_region_options {
    size_t bytes;         /* at least 1; rounded up to whole pages */
    int node;             /* NUMA node, or LAB_NODE_ANY */
    enum lab_pages pages; /* LAB_PAGES_ANY, or exactly these and an error without */
    const char *share;    /* a name by which other processes attach, at most
                             LAB_REGION_NAME_SIZE - 1 characters and no '@'; NULL: for this process */
};

struct lab_region {
    void *address;        /* aligned to 2 MiB, or to an ordinary page when smaller than that */
    size_t bytes;         /* of whole pages, all zero */
    int node;             /* as asked; LAB_NODE_ANY also where it could not be bound */
    enum lab_pages pages; /* what it is made of, never LAB_PAGES_ANY */
    bool shared;          /* other processes may have it, too */
    size_t front;         /* bytes right before the address that lab_region_front() has mapped */
};

/* Maps a region and puts it into *ret_region, which is untouched on failure.
 *
 * With LAB_PAGES_ANY, 1 GiB pages are tried only when `bytes` fills at least one of them, 2 MiB
 * pages and transparent huge pages only when it fills at least half of one: smaller regions would
 * waste more than they gain.
 *
 * Returns 0; -EINVAL for zero bytes, a size that overflows when rounded up, an unknown kind of
 * page or a node that does not exist; -ENOMEM when there is too little memory; or the -errno of a
 * kernel that refuses a step. *error (may be NULL) then says what was short and how to get it, for
 * instance: "needs 21 pages of 2 MiB on node 0, 12 free: `hugeadm --pool-pages-min 2MB:21`". On
 * success error->message is empty, or, where LAB_PAGES_ANY fell back to lesser pages, that same
 * sentence about the huge pages it would have liked (error->code is 0); or that the memory is not
 * bound to the node, because a container forbids mbind(2), or that forked children and core dumps
 * have a copy of it, because it forbids madvise(2); both after a semicolon, where there are two.
 *
 * Nothing is taken that the control groups of the process do not leave, as far as their limits can
 * be read: the kernel would kill the process, or another one of the group. Somebody else may take
 * it in the same moment.
 *
 * A shared region is no file, and leaves none: it is found through the processes that have it, and
 * ends with the last of them, however that ends. Nobody can make it smaller. A forked child has it
 * open, though not mapped, until it ends or executes a program. Transparent huge pages cannot be
 * shared. -EEXIST when a process that lab_region_attach() would look at has one of that name, or
 * makes one; whether there is one must be known: -EMFILE and -ENOTSUP as there. -EFBIG when
 * RLIMIT_FSIZE is less than its size, since for the kernel it is a file; -EPERM, -EACCES or -ENOSYS
 * where memfd_create(2) or ftruncate(2) is forbidden: there is no other way to share by name; and
 * where madvise(2) is, without which forked children would be in it unseen.
 *
 * Blocking; any thread; set-up only. Examples: test/unit/region_test.c, region_share_test.c. */
LAB_PUBLIC int lab_region_create(const struct lab_region_options *options,
                                 struct lab_region *ret_region,
                                 struct lab_error *error) LAB_CHECKED;

/* Maps a shared region that another process made, at the address that it has there; its contents
 * are as the others left them. Put off no longer than needed: the address must still be free here.
 *
 * A process that has it could write anything into it. So it is looked for only in processes that
 * could do with the caller what they like anyhow: of its user, of its PID and user namespace, with
 * all the capabilities that it has. Of what others show nothing is opened. A process that nobody
 * may look into (prctl(2), PR_SET_DUMPABLE: also one whose program file has capabilities or a
 * set-user-ID bit, or that has changed its user) is found by root alone.
 *
 * Returns 0; -ENOENT when no such process has one of that name; -EADDRINUSE when something else
 * lies at its address; -EALREADY when this process has it; -EINVAL for what is no name; -EMFILE
 * when there is no file descriptor left to look, -ENOTSUP when there is no /proc of this process;
 * -ETXTBSY when one of these processes has a lease on it; or the -errno of a kernel that refuses a
 * step. *error (may be NULL) then says what to do, and *ret_region is untouched. Blocking; any
 * thread; set-up only. Example: test/unit/region_names_test.c. */
LAB_PUBLIC int lab_region_attach(const char *name, struct lab_region *ret_region,
                                 struct lab_error *error) LAB_CHECKED;

/* Unmaps a region, of which nothing may be in use, and leaves *region all zero. One whose address
 * is NULL is left alone; a shared one stays as it is for others. Any thread; blocking, as the
 * kernel is. Returns 0, or -errno with the
 * region unchanged. */
LAB_PUBLIC int lab_region_destroy(struct lab_region *region);

#endif
