/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <errno.h>
#include <lab_os.h>
#include <lab_share.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where regions lie: far from where Linux puts programs, their heaps, stacks and libraries, on
 * x86-64 and AArch64, with sanitizers too. Each name has a place of its own, as far as they last,
 * so that a process can have several. */
#define PLACES_START UINT64_C(0x200000000000)
#define PLACE_BYTES (UINT64_C(16) << 30)
#define PLACES 1024u

/* Places that are tried. */
#define ATTEMPTS 64u

/* For others who make one of the same name: looking takes them milliseconds. */
#define PATIENCE_NS UINT64_C(1000000000)

/* The descriptors by which others find what this process has, one for each place. A look for them
 * in /proc would need another one. */
static struct {
    int file;
    uint64_t number; /* 0: none */
} shown[PLACES];

static unsigned place_of(const void *address)
{
    return (uintptr_t)address / PLACE_BYTES % PLACES;
}

/* Whether one is open there, and is still what it was: a program may have closed it. */
static bool is_shown(unsigned place)
{
    return shown[place].number != 0 &&
           lab_os_share_number(shown[place].file) == shown[place].number;
}

/* It stays open, unless it is open already: a child inherits it from its parent, without the
 * mapping. */
static void show(const void *address, int file)
{
    unsigned place = place_of(address);
    uint64_t number = lab_os_share_number(file);

    if (is_shown(place) && number == shown[place].number) {
        (void)lab_os_close(file);
        return;
    }
    shown[place].file = file;
    shown[place].number = number;
}

static struct lab_os_share_name prefix_of(const char *name)
{
    struct lab_os_share_name prefix;

    snprintf(prefix.text, sizeof(prefix.text), "labyrinth:%s@", name);
    return prefix;
}

static int reserve_place(const char *name, size_t bytes, void **ret_address)
{
    uint32_t place = 2166136261u; /* a hash of the name: FNV-1a */
    int err = -EEXIST;

    for (const char *letter = name; *letter != '\0'; letter++)
        place = (place ^ (unsigned char)*letter) * 16777619u;
    for (uint32_t i = 0; i < ATTEMPTS && err == -EEXIST; i++) {
        *ret_address = (void *)(PLACES_START + (place + i) % PLACES * PLACE_BYTES);
        err = lab_os_reserve(*ret_address, bytes);
    }
    return err;
}

/* Looking for others of a name */

/* The reason why this process cannot look, which does not mean that there is none. */
static int cannot_look(const char *name, int err, int pid, struct lab_error *error)
{
    if (err == -EMFILE || err == -ENFILE)
        return lab_error_set(error, err,
                             "%s: no file descriptor is left to look for it in /proc, or to make "
                             "it: raise `ulimit -n`",
                             name);
    if (err == -ENOTSUP)
        return lab_error_set(error, err,
                             "%s: shared memory is found through /proc, which does not show this "
                             "process: `mount -t proc proc /proc`",
                             name);
    if (err == -ETXTBSY)
        return lab_error_set(
            error, err, "%s: process %d has it, and a lease on it (fcntl(2)): end that", name, pid);
    return lab_error_set(error, err, "%s: cannot look for it in /proc: %s", name, strerror(-err));
}

/* Opens it. `mine` is -1, or what the caller makes under that name: all who make one at the same
 * time see each other, since each shows what it makes before it looks, and the first in an order
 * that they agree upon waits until the others have withdrawn. -ENOENT, or -EBUSY and -EAGAIN as
 * lab_os_share_find(), without a sentence; or what keeps the caller from looking. */
static int find(const char *name, int mine, struct lab_os_share *ret_share, struct lab_error *error)
{
    uint64_t deadline = lab_os_clock_ns() + PATIENCE_NS;
    struct lab_os_share_name prefix = prefix_of(name);
    int rc;

    while ((rc = lab_os_share_find(prefix.text, mine, ret_share)) == -EAGAIN &&
           lab_os_clock_ns() < deadline)
        lab_os_yield();
    if (rc == 0 || rc == -ENOENT || rc == -EBUSY || rc == -EAGAIN)
        return rc;
    return cannot_look(name, rc, ret_share->pid, error);
}

/* Whether it is this process that makes the only one of that name. */
static int be_the_only_one(const char *name, int mine, struct lab_error *error)
{
    struct lab_os_share share;
    int rc = find(name, mine, &share, error);

    if (rc == -ENOENT)
        return 0;
    if (rc == -EBUSY || rc == -EAGAIN)
        return lab_error_set(error, -EEXIST, "%s is being made by process %d: attach to it", name,
                             share.pid);
    if (rc != 0)
        return rc;
    (void)lab_os_close(share.file);
    return lab_error_set(error, -EEXIST,
                         "%s exists already, process %d has it: attach to it, or take another name",
                         name, share.pid);
}

/* Making */

static int make_and_map(const char *name, void *address, size_t bytes, size_t page_bytes,
                        struct lab_error *error)
{
    struct lab_os_share_name whole = prefix_of(name);
    size_t used = strlen(whole.text);
    int file, err;

    snprintf(whole.text + used, sizeof(whole.text) - used, "%p", address);
    err = lab_os_share_create(whole.text, bytes, page_bytes, &file);
    if (err == -EFBIG)
        return lab_error_set(error, err,
                             "%s: %zu MiB are more than a file may have here, and shared memory is "
                             "one: `ulimit -f unlimited`",
                             name, (bytes - 1) / ((size_t)1 << 20) + 1);
    if (err == -EPERM || err == -EACCES || err == -ENOSYS)
        return lab_error_set(
            error, err,
            "%s: this process may not call memfd_create(2) or ftruncate(2), without "
            "which no memory is shared by name (%s): a seccomp profile that "
            "allows both",
            name, strerror(-err));
    if (err == -EMFILE || err == -ENFILE)
        return cannot_look(name, err, 0, error);
    if (err != 0)
        return err;
    err = be_the_only_one(name, file, error);
    if (err == 0)
        err = lab_os_share_publish(file);
    if (err == 0)
        err = lab_os_share_map(file, address, bytes);
    if (err == 0)
        show(address, file);
    else
        lab_os_share_withdraw(file);
    return err;
}

int lab_share_create(const char *name, size_t bytes, size_t page_bytes, void **ret_address,
                     struct lab_error *error)
{
    void *address = NULL;
    int err = reserve_place(name, bytes, &address);

    if (err == -EEXIST)
        return lab_error_set(error, -ENOMEM,
                             "%s: this process has no %zu MiB of address space free above %#llx",
                             name, bytes >> 20, (unsigned long long)PLACES_START);
    if (err != 0)
        return err;
    err = make_and_map(name, address, bytes, page_bytes, error);
    if (err == 0)
        *ret_address = address;
    else
        (void)lab_os_unmap(address, bytes);
    return err;
}

/* Maps what was opened of process `pid` at its address. */
static int map_there(const char *name, int pid, int file, void *address, size_t bytes,
                     struct lab_error *error)
{
    int err = lab_os_reserve(address, bytes);

    if (err == -EEXIST && pid == lab_os_pid_self())
        return lab_error_set(error, -EALREADY, "this process has %s already, at %p", name, address);
    if (err == -EEXIST)
        return lab_error_set(error, -EADDRINUSE,
                             "%s lies at %p in all processes, where this one has something else: "
                             "attach earlier, before it takes other memory",
                             name, address);
    if (err == 0) {
        err = lab_os_share_map(file, address, bytes);
        if (err == 0)
            return 0;
        (void)lab_os_unmap(address, bytes);
    }
    return lab_error_set(error, err, "%s cannot be mapped: %s", name, strerror(-err));
}

/* There is none, or what was met is a stranger's. */
static int found_none(const char *name, const struct lab_os_share *share, struct lab_error *error)
{
    static const char *const why[] = {
        [LAB_OS_OTHER_USER] = "another user made that",
        [LAB_OS_OTHER_NAMESPACE] = "it is in another PID or user namespace",
        [LAB_OS_FEWER_RIGHTS] = "it lacks capabilities that this one has, who trusts none such",
        [LAB_OS_OTHER_KIND] = "that is no shared memory",
    };
    char stranger[128] = "";

    if (share->stranger != LAB_OS_NO_STRANGER)
        snprintf(stranger, sizeof(stranger), " (process %d has one of that name, but %s)",
                 share->stranger_pid, why[share->stranger]);
    return lab_error_set(error, -ENOENT,
                         "no process of this user has %s: start the one that makes it first%s",
                         name, stranger);
}

int lab_share_attach(const char *name, void **ret_address, size_t *ret_bytes,
                     size_t *ret_page_bytes, struct lab_error *error)
{
    struct lab_os_share share;
    size_t bytes, page_bytes;
    void *address;
    int err = find(name, -1, &share, error);

    if (err != 0)
        return err == -ENOENT ? found_none(name, &share, error) : err;
    address = (void *)(uintptr_t)strtoull(strrchr(share.name.text, '@') + 1, NULL, 16);
    err = lab_os_share_size(share.file, &bytes, &page_bytes);
    err = err != 0 ? lab_error_set(error, err, "%s: %s", name, strerror(-err))
                   : map_there(name, share.pid, share.file, address, bytes, error);
    if (err != 0) {
        (void)lab_os_close(share.file);
        return err;
    }
    show(address, share.file);
    *ret_address = address;
    *ret_bytes = bytes;
    *ret_page_bytes = page_bytes;
    return 0;
}

void lab_share_leave(const void *address)
{
    unsigned place = place_of(address);

    if (is_shown(place))
        (void)lab_os_close(shown[place].file);
    shown[place].number = 0;
}
