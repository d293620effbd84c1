/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include "quiet.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

static atomic_bool counting;
static atomic_uint calls, allocations;
static atomic_int first;

#if defined(SANITIZED) || !defined(SECCOMP_USER_NOTIF_FLAG_CONTINUE)

int quiet_begin(void)
{
    return -ENOTSUP;
}

#else

/* The allocator. Only one thread is counted. */

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t n, size_t bytes);
extern void *__libc_realloc(void *block, size_t bytes);
extern void *__libc_memalign(size_t align, size_t bytes);
extern void __libc_free(void *block);

static _Thread_local bool is_counted;

static void count_allocation(void)
{
    if (is_counted && counting)
        allocations++;
}

void *malloc(size_t bytes)
{
    count_allocation();
    return __libc_malloc(bytes);
}

void *calloc(size_t n, size_t bytes)
{
    count_allocation();
    return __libc_calloc(n, bytes);
}

void *realloc(void *block, size_t bytes)
{
    count_allocation();
    return __libc_realloc(block, bytes);
}

void *memalign(size_t align, size_t bytes)
{
    count_allocation();
    return __libc_memalign(align, bytes);
}

void *aligned_alloc(size_t align, size_t bytes)
{
    count_allocation();
    return __libc_memalign(align, bytes);
}

int posix_memalign(void **ret_block, size_t align, size_t bytes)
{
    void *block;

    count_allocation();
    block = __libc_memalign(align, bytes);
    if (block == NULL)
        return ENOMEM;
    *ret_block = block;
    return 0;
}

void free(void *block)
{
    if (block != NULL)
        count_allocation();
    __libc_free(block);
}

/* The system. */

#define NOTHING (-1)
#define NO_FILTER (-2)

/* The filter's file, from the counted thread to the supervisor. */
static atomic_int listener;

/* The kernel's structs may be longer than those that this program was built with. */
union notification {
    struct seccomp_notif call;
    char bytes[512];
};

union answer {
    struct seccomp_notif_resp go_on;
    char bytes[512];
};

static void let_go_on(int file)
{
    union notification from;
    union answer to;
    int none = -1;

    memset(&from, 0, sizeof(from));
    memset(&to, 0, sizeof(to));
    if (ioctl(file, SECCOMP_IOCTL_NOTIF_RECV, &from) != 0)
        return; /* the thread was interrupted, and calls again */
    if (counting) {
        calls++;
        atomic_compare_exchange_strong(&first, &none, from.call.data.nr);
    }
    to.go_on.id = from.call.id;
    to.go_on.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    (void)ioctl(file, SECCOMP_IOCTL_NOTIF_SEND, &to);
}

static void *supervise(void *unused)
{
    struct pollfd poll_for = {.events = POLLIN};

    while ((poll_for.fd = listener) == NOTHING)
        usleep(1000);
    while (poll_for.fd >= 0 && poll(&poll_for, 1, -1) >= 0 && (poll_for.revents & POLLHUP) == 0)
        let_go_on(poll_for.fd);
    if (poll_for.fd >= 0)
        close(poll_for.fd);
    return unused;
}

int quiet_begin(void)
{
    struct sock_filter ask[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)};
    struct sock_fprog filter = {.len = 1, .filter = ask};
    pthread_t supervisor;
    int file;

    listener = NOTHING;
    calls = allocations = 0;
    first = -1;
    if (pthread_create(&supervisor, NULL, supervise, NULL) != 0) /* it must not have the filter */
        return -ENOTSUP;
    (void)pthread_detach(supervisor);
    file = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
               ? (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                              SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter)
               : -1;
    listener = file >= 0 ? file : NO_FILTER;
    if (file < 0)
        return -ENOTSUP;
    is_counted = true;
    counting = true;
    return 0;
}

#endif

struct quiet_counts quiet_end(void)
{
    counting = false;
    return (struct quiet_counts){.calls = calls, .first = first, .allocations = allocations};
}
