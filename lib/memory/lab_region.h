/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_REGION_H
#define LAB_REGION_H

/** @file
 * Memory that is mapped once, at set-up: huge pages where there are some, bound to a NUMA node,
 * present before the first packet, not inherited by fork, not dumped. */

#include <lab_common.h>
#include <lab_error.h>
#include <stdbool.h>
#include <stddef.h>

/** The pages that memory is made of, best first. */
enum lab_pages {
    LAB_PAGES_ANY,    /**< in a request: the best that can be had, in the order below */
    LAB_PAGES_1G,     /**< hugetlb pages of 1 GiB */
    LAB_PAGES_2M,     /**< hugetlb pages of 2 MiB */
    LAB_PAGES_THP,    /**< transparent huge pages, as far as the kernel finds some */
    LAB_PAGES_NORMAL, /**< ordinary pages */
};

/** Returns the name of a kind of pages, for messages.
 *
 * @return "2 MiB huge pages" and the like; never NULL
 * @threads Any thread; wait-free. */
LAB_INLINE const char *lab_pages_name(enum lab_pages pages)
{
    static const char *const names[] = {"any pages", "1 GiB huge pages", "2 MiB huge pages",
                                        "transparent huge pages", "ordinary pages"};

    return (unsigned)pages <= LAB_PAGES_NORMAL ? names[pages] : "unknown pages";
}

/** Any node: the one of the CPU that the caller runs on, and others when that is full. */
#define LAB_NODE_ANY (-1)

/** A shared region's name, with its terminating zero. */
#define LAB_REGION_NAME_SIZE 64

/** The options of a region, for lab_region_create(). */
struct lab_region_options {
    size_t bytes;         /**< at least 1; rounded up to whole pages */
    int node;             /**< NUMA node, or LAB_NODE_ANY */
    enum lab_pages pages; /**< LAB_PAGES_ANY, or exactly these and an error without */
    const char *share;    /**< a name by which other processes attach, at most
                             LAB_REGION_NAME_SIZE - 1 characters and no '\@'; NULL: for this process */
};

/** A region: memory that is mapped. */
struct lab_region {
    void *address;        /**< aligned to 2 MiB, or to an ordinary page when smaller than that */
    size_t bytes;         /**< of whole pages, all zero */
    int node;             /**< as asked; LAB_NODE_ANY also where it could not be bound */
    enum lab_pages pages; /**< what it is made of, never LAB_PAGES_ANY */
    bool shared;          /**< other processes may have it, too */
    size_t front;         /**< bytes right before the address that lab_region_front() has mapped */
};

/** Maps a region and puts it into *ret_region, which is untouched on failure.
 *
 * With LAB_PAGES_ANY, 1 GiB pages are tried only when `bytes` fills at least one of them, 2 MiB
 * pages and transparent huge pages only when it fills at least half of one: smaller regions would
 * waste more than they gain.
 *
 * On failure *error (may be NULL) says what was short and how to get it, for instance: "needs 21
 * pages of 2 MiB on node 0, 12 free: `hugeadm --pool-pages-min 2MB:21`". On success error->message
 * is empty, or, where LAB_PAGES_ANY fell back to lesser pages, that same sentence about the huge
 * pages it would have liked (error->code is 0); or that the memory is not bound to the node,
 * because a container forbids mbind(2), or that forked children and core dumps have a copy of it,
 * because it forbids madvise(2); both after a semicolon, where there are two.
 *
 * Nothing is taken that the control groups of the process do not leave, as far as their limits can
 * be read: the kernel would kill the process, or another one of the group. Somebody else may take
 * it in the same moment.
 *
 * A shared region is no file, and leaves none: it is found through the processes that have it, and
 * ends with the last of them, however that ends. Nobody can make it smaller. A forked child has it
 * open, though not mapped, until it ends or executes a program. Transparent huge pages cannot be
 * shared. Whether there is one of that name must be known, so that the errors of the search are
 * those of lab_region_attach().
 *
 * @retval -EINVAL zero bytes, a size that overflows when rounded up, an unknown kind of page, or a
 *     node that does not exist
 * @retval -ENOMEM there is too little memory
 * @retval -EEXIST a process that lab_region_attach() would look at has a shared one of that name,
 *     or makes one
 * @retval -EMFILE, -ENOTSUP of a shared one: as lab_region_attach()
 * @retval -EFBIG of a shared one: RLIMIT_FSIZE is less than its size, since for the kernel it is a
 *     file
 * @retval -EPERM, -EACCES, -ENOSYS of a shared one: memfd_create(2) or ftruncate(2) is forbidden,
 *     and there is no other way to share by name; or madvise(2) is, without which forked children
 *     would be in it unseen
 * @retval -errno the kernel refuses a step
 * @threads Any thread; blocking; for set-up only. */
LAB_PUBLIC int lab_region_create(const struct lab_region_options *options,
                                 struct lab_region *ret_region,
                                 struct lab_error *error) LAB_CHECKED;

/** Maps a shared region that another process made, at the address that it has there. Its contents
 * are as the others left them. Put it off no longer than needed: the address must still be free
 * here. On failure *error (may be NULL) says what to do, and *ret_region is untouched.
 *
 * A process that has it could write anything into it. So it is looked for only in processes that
 * could do with the caller what they like anyhow: of its user, of its PID and user namespace, with
 * all the capabilities that it has. Of what others show nothing is opened. A process that nobody
 * may look into (prctl(2), PR_SET_DUMPABLE: also one whose program file has capabilities or a
 * set-user-ID bit, or that has changed its user) is found by root alone.
 *
 * @retval -ENOENT no such process has one of that name
 * @retval -EADDRINUSE something else lies at its address
 * @retval -EALREADY this process has it
 * @retval -EINVAL what was given is no name
 * @retval -EMFILE there is no file descriptor left to look
 * @retval -ENOTSUP there is no /proc of this process
 * @retval -ETXTBSY one of these processes has a lease on it
 * @retval -errno the kernel refuses a step
 * @threads Any thread; blocking; for set-up only. */
LAB_PUBLIC int lab_region_attach(const char *name, struct lab_region *ret_region,
                                 struct lab_error *error) LAB_CHECKED;

/** Unmaps a region, of which nothing may be in use, and leaves *region all zero. One whose address
 * is NULL is left alone; a shared one stays as it is for others.
 *
 * @retval -errno the kernel's: the region is unchanged
 * @threads Any thread; blocking, as the kernel is. */
LAB_PUBLIC int lab_region_destroy(struct lab_region *region);

#endif
