/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <errno.h>
#include <lab_os.h>
#include <lab_share.h>
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

static void write_prefix(const char *name, struct lab_os_share_name *ret_prefix)
{
    snprintf(ret_prefix->text, sizeof(ret_prefix->text), "labyrinth:%s@", name);
}

static uint32_t hash(const char *name)
{
    uint32_t sum = 2166136261u; /* FNV-1a */

    for (; *name != '\0'; name++)
        sum = (sum ^ (unsigned char)*name) * 16777619u;
    return sum;
}

static int reserve_place(const char *name, size_t bytes, void **ret_address)
{
    uint32_t first = hash(name);
    int err = -EEXIST;

    for (uint32_t i = 0; i < ATTEMPTS && err == -EEXIST; i++) {
        void *address = (void *)(PLACES_START + (first + i) % PLACES * PLACE_BYTES);

        err = lab_os_reserve(address, bytes);
        if (err == 0)
            *ret_address = address;
    }
    return err;
}

static int make_and_map(const char *name, void *address, size_t bytes, size_t page_bytes,
                        struct lab_error *error)
{
    struct lab_os_share_name prefix, whole;
    int file, err;

    write_prefix(name, &prefix);
    snprintf(whole.text, sizeof(whole.text), "%.150s%p", prefix.text, address);
    err = lab_os_share_create(whole.text, bytes, page_bytes, &file);
    if (err == -EFBIG)
        return lab_error_set(error, err,
                             "%s: %zu MiB are more than a file may have here, and shared memory is "
                             "one: `ulimit -f unlimited`",
                             name, (bytes - 1) / ((size_t)1 << 20) + 1);
    if (err == -EPERM || err == -EACCES || err == -ENOSYS)
        return lab_error_set(error, err,
                             "%s: this process may not call memfd_create(2), without which no "
                             "memory is shared by name (%s): a seccomp profile that allows it",
                             name, strerror(-err));
    if (err != 0)
        return err;
    err = lab_os_share_map(file, address, bytes);
    if (err != 0)
        (void)lab_os_close(file);
    return err; /* the file stays open: it is by this that others find it */
}

static int refuse_second(const char *name, struct lab_error *error)
{
    struct lab_os_share_name prefix, found;
    int pid, file;

    write_prefix(name, &prefix);
    if (lab_os_share_open(prefix.text, &found, &pid, &file) != 0)
        return 0;
    (void)lab_os_close(file);
    return lab_error_set(error, -EEXIST,
                         "%s exists already, process %d has it: attach to it, or take another name",
                         name, pid);
}

int lab_share_create(const char *name, size_t bytes, size_t page_bytes, void **ret_address,
                     struct lab_error *error)
{
    struct lab_os_share_name lock_name;
    void *address = NULL;
    int lock, err;

    write_prefix(name, &lock_name);
    err = lab_os_lock(lock_name.text, &lock);
    if (err == -EBUSY)
        return lab_error_set(error, -EEXIST, "%s is being made by another process: attach to it",
                             name);
    if (err != 0)
        return lab_error_set(error, err, "%s: cannot keep others from making it, too: %s", name,
                             strerror(-err));
    err = refuse_second(name, error);
    if (err == 0) {
        err = reserve_place(name, bytes, &address);
        if (err == -EEXIST)
            err = lab_error_set(error, -ENOMEM,
                                "%s: this process has no %zu MiB of address space free above %#llx",
                                name, bytes >> 20, (unsigned long long)PLACES_START);
    }
    if (err == 0)
        err = make_and_map(name, address, bytes, page_bytes, error);
    (void)lab_os_close(lock);
    if (err == 0)
        *ret_address = address;
    else if (address != NULL)
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
        if (err != 0)
            (void)lab_os_unmap(address, bytes);
    }
    return err == 0 ? 0
                    : lab_error_set(error, err, "%s cannot be mapped: %s", name, strerror(-err));
}

int lab_share_attach(const char *name, void **ret_address, size_t *ret_bytes,
                     size_t *ret_page_bytes, struct lab_error *error)
{
    struct lab_os_share_name prefix, found;
    size_t bytes, page_bytes;
    void *address;
    int pid, file, err;

    write_prefix(name, &prefix);
    err = lab_os_share_open(prefix.text, &found, &pid, &file);
    if (err != 0)
        return lab_error_set(
            error, err, "no process of this user has %s: start the one that makes it first", name);
    address = (void *)(uintptr_t)strtoull(found.text + strlen(prefix.text), NULL, 16);
    err = lab_os_share_size(file, &bytes, &page_bytes);
    err = err != 0 ? lab_error_set(error, err, "%s: %s", name, strerror(-err))
                   : map_there(name, pid, file, address, bytes, error);
    /* One that this process inherited from its parent, without the mapping, stays open as well. */
    if (err != 0 || pid == lab_os_pid_self())
        (void)lab_os_close(file);
    if (err != 0)
        return err;
    *ret_address = address;
    *ret_bytes = bytes;
    *ret_page_bytes = page_bytes;
    return 0;
}

void lab_share_leave(const void *address)
{
    char suffix[24];

    snprintf(suffix, sizeof(suffix), "@%p", address);
    (void)lab_os_share_close(suffix);
}
