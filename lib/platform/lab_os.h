/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_OS_H
#define LAB_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The platform contract: everything the library asks of the operating system, one thin function
 * each, 0 or -errno, results through ret_x. Nothing above lib/platform makes a system call, so a
 * test that wraps these functions can make the n-th call fail, for every n (test/fault).
 * Set-up paths only: no hot path calls any of them. */

/* Sizes of the huge pages that x86-64 and AArch64 (4 KiB granule) have in common. */
#define LAB_PAGE_2M ((size_t)2 << 20)
#define LAB_PAGE_1G ((size_t)1 << 30)

/* Maps `bytes` of private, zeroed memory that nothing has touched yet. page_bytes is 0 for ordinary
 * pages, otherwise LAB_PAGE_2M or LAB_PAGE_1G for hugetlb pages; `bytes` is of whole such pages,
 * and the address is aligned to them, and to 2 MiB when `bytes` is at least that, so that
 * transparent huge pages fit. -ENOMEM when the pages are not there; -EINVAL for other sizes of a
 * page. */
int lab_os_map(size_t bytes, size_t page_bytes, void **ret_address);

/* Unmaps what lab_os_map mapped. */
int lab_os_unmap(void *address, size_t bytes);

/* Binds memory that nothing has touched yet to a NUMA node. -ENOSYS where there is no NUMA, -EPERM
 * where a container forbids it, -EINVAL when there is no such node or it has no memory. */
int lab_os_bind(void *address, size_t bytes, int node);

/* Asks for transparent huge pages. -EINVAL where the kernel has none or forbids them. */
int lab_os_advise_huge(void *address, size_t bytes);

/* Makes every page present and writable now; -ENOMEM (never a SIGBUS) when there are too few. */
int lab_os_populate(void *address, size_t bytes);

/* Keeps the memory out of forked children and out of core dumps. */
int lab_os_keep_private(void *address, size_t bytes);

/* Has children find zeros in these pages of private memory, however they are made: by fork(3),
 * _Fork(3) or clone(2). Not where the kernel's pages are larger than these. */
int lab_os_empty_in_children(void *address, size_t bytes);

/* Free hugetlb pages of a size, less those that are promised already, and all of them, on a node or
 * (node < 0) on all. -ENOENT where the kernel does not know the size or the node. Where it knows no
 * nodes at all, node 0 is the machine. */
int lab_os_hugepages(size_t page_bytes, int node, size_t *ret_free, size_t *ret_total);

/* Bytes of ordinary memory that could be had, on a node or (node < 0) on all: what is free and what
 * caches files. An estimate. -ENOENT where there is no such node; node 0 as above. */
int lab_os_memory(int node, size_t *ret_bytes);

/* The memory that the control groups of this process leave it: the one that it is in, and all above
 * it, of both versions. An estimate, of the moment. */
struct lab_os_room {
    size_t bytes;    /* SIZE_MAX: no limit is known */
    char limit[192]; /* the file that has the limit, without its place where that is long; or "" */
};

/* Of ordinary memory (page_bytes 0; files that are cached count as free), or of hugetlb pages of a
 * size. -ENOENT, or what stood in the way of looking: then nothing is known. The second reads
 * `mountinfo` and `cgroup` in another directory than /proc/self. */
int lab_os_group_room(size_t page_bytes, struct lab_os_room *ret_room);
int lab_os_group_room_in(const char *proc, size_t page_bytes, struct lab_os_room *ret_room);

/* Memory that processes share by name (lab_os_share.c). It is no file: it ends with the last
 * process that has it open or mapped, however that ends. */
struct lab_os_share_name {
    char text[192]; /* the kernel takes 249 characters */
};

/* Makes memory of whole pages (page_bytes as for lab_os_map), and opens it. It is found by others,
 * and nobody can change its size, once it is published; until then they see that it is being made.
 * -ENOMEM when the pages are not there; -EFBIG when it is larger than a file of this process may be
 * (RLIMIT_FSIZE), and no SIGXFSZ comes. */
int lab_os_share_create(const char *name, size_t bytes, size_t page_bytes, int *ret_file);
int lab_os_share_publish(int file);

/* Closes what was not published: others do not see it any longer. */
void lab_os_share_withdraw(int file);

/* Why memory of the right name is no memory for the caller: its process could do to the caller what
 * it likes, or could not without the caller's attaching to it. */
enum lab_os_stranger {
    LAB_OS_NO_STRANGER,
    LAB_OS_OTHER_USER,      /* another user made it */
    LAB_OS_OTHER_NAMESPACE, /* who has it is in another PID or user namespace */
    LAB_OS_FEWER_RIGHTS,    /* who has it lacks capabilities that the caller has */
    LAB_OS_OTHER_KIND,      /* it is something else */
};

struct lab_os_share {
    struct lab_os_share_name name;
    int pid;                       /* of a process that has it; the caller's own first */
    int file;                      /* opened, when 0 was returned */
    enum lab_os_stranger stranger; /* one of these was met, */
    int stranger_pid;              /* and not opened */
};

/* Opens what a process has open under a name that begins with `prefix`: one of this user, of the
 * caller's PID and user namespace, and with all capabilities that the caller has. /proc is where
 * one looks. `mine` is -1, or what the caller makes under that name. Returns 0;
 *
 *     -ENOENT  there is none
 *     -EBUSY   (not with -1) process *ret_share->pid makes one, too, and goes first
 *     -EAGAIN  (the same) it does, and mine goes first: look again until it has withdrawn
 *     -ENOTSUP there is no /proc, or it does not show the caller
 *
 *     -ETXTBSY process *ret_share->pid has one, and a lease on it
 *
 * or what else keeps the caller from looking, -EMFILE for instance: then nothing is known.
 * *ret_share is filled in as far as it says. */
int lab_os_share_find(const char *prefix, int mine, struct lab_os_share *ret_share);

/* A number that distinguishes it from others; 0 for what is no published one. */
uint64_t lab_os_share_number(int file);

/* The size of it and of its pages, bytes. */
int lab_os_share_size(int file, size_t *ret_bytes, size_t *ret_page_bytes);

/* Maps it to address space that lab_os_reserve took. */
int lab_os_share_map(int file, void *address, size_t bytes);

/* Whether memory of this process alone may be written to, or only read. */
int lab_os_set_writable(void *address, size_t bytes, bool writable);

/* Takes address space, with nothing in it: exactly this, or -EEXIST. lab_os_unmap gives it back. */
int lab_os_reserve(void *address, size_t bytes);

/* Closes a file. */
int lab_os_close(int file);

/* The size of an ordinary page, bytes. */
size_t lab_os_page_bytes(void);

/* Bits of a process id: the kernel's own limit is 2^22. */
#define LAB_OS_PID_BITS 22

/* A process. `identity` is never 0, nor that of another process of this machine, before or after:
 * its id in its PID namespace, and fingerprints of when it started and of the program that it runs
 * since its last exec. `home` is its namespaces, in which alone the rest means something; 0: it
 * could not be found out who it is, so nobody can know whether it has ended. */
struct lab_os_process {
    uint64_t identity;
    uint64_t home;
};

/* The caller's. Without /proc, or a file descriptor to read it, identity is a random one. */
void lab_os_process_self(struct lab_os_process *ret_self);

/* The identity of a process by its id; pid 0 is the caller. -ESRCH when there is none; -EXDEV when
 * it is of another PID or time namespace, and must be asked itself; otherwise what stands in the
 * way of reading /proc: -EACCES for one that the caller may not look into, -EMFILE and the like. */
int lab_os_process(int pid, uint64_t *ret_identity);

/* Whether that process still runs that program: 1; 0 when it has ended, also if nobody has waited
 * for it yet, or has executed another; or -errno when that cannot be known: -EXDEV when its home is
 * another PID namespace, or when it has another time namespace and its id is in use; what
 * pidfd_open(2) or /proc say otherwise. own_home is the caller's, which may have lost its /proc
 * since. An exec shows where the caller may look into the process (ptrace(2), access mode), and the
 * kernel gives each program a stack at another address, as it does by default. */
int lab_os_process_runs(const struct lab_os_process *process, uint64_t own_home);

/* Lets others have the CPU. */
void lab_os_yield(void);

/* The id in an identity. */
int lab_os_process_pid(uint64_t identity);

/* The id of this process. */
int lab_os_pid_self(void);

/* Monotonic time in nanoseconds. */
uint64_t lab_os_clock_ns(void);

#endif
