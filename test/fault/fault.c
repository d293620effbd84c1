/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "fault.h"

#include <errno.h>
#include <lab_os.h>

static unsigned calls_to_go;
static const char *failed;
static bool failed_fatally;
static size_t mapped_bytes;

void fault_arm(unsigned n)
{
    calls_to_go = n;
    failed = NULL;
    failed_fatally = false;
}

const char *fault_disarm(bool *ret_fatal)
{
    calls_to_go = 0;
    *ret_fatal = failed_fatally;
    return failed;
}

size_t fault_mapped_bytes(void)
{
    return mapped_bytes;
}

/* Whether this call is the one that fails. */
static bool fails_now(const char *name, bool fatal)
{
    if (calls_to_go == 0 || --calls_to_go > 0)
        return false;
    failed = name;
    failed_fatally = fatal;
    return true;
}

/* WRAP(name, errno, fatal, parameters, arguments): lab_os_name fails with errno when its turn has
 * come. Each errno is one that the system call gives when nothing is wrong with the arguments. */
#define WRAP(name, error, fatal, parameters, arguments)                                            \
    int __real_lab_os_##name parameters;                                                           \
    int __wrap_lab_os_##name parameters;                                                           \
    int __wrap_lab_os_##name parameters                                                            \
    {                                                                                              \
        return fails_now("lab_os_" #name, fatal) ? -(error) : __real_lab_os_##name arguments;      \
    }

/* mbind(2) and madvise(2) split a mapping, for which there may be no memory. */
WRAP(bind, ENOMEM, true, (void *address, size_t bytes, int node), (address, bytes, node))
WRAP(keep_private, ENOMEM, true, (void *address, size_t bytes), (address, bytes))
WRAP(populate, ENOMEM, true, (void *address, size_t bytes), (address, bytes))
WRAP(advise_huge, EINVAL, true, (void *address, size_t bytes), (address, bytes))
/* Counts serve messages and early refusals: one can do without. */
WRAP(hugepages, EMFILE, false, (size_t page_bytes, int node, size_t *ret_free, size_t *ret_total),
     (page_bytes, node, ret_free, ret_total))
WRAP(memory, EMFILE, false, (int node, size_t *ret_bytes), (node, ret_bytes))
WRAP(group_room, EMFILE, false, (size_t page_bytes, struct lab_os_room *ret_room),
     (page_bytes, ret_room))

WRAP(share_find, EMFILE, true, (const char *prefix, int mine, struct lab_os_share *ret_share),
     (prefix, mine, ret_share))
WRAP(share_publish, ENOMEM, true, (int file), (file))
WRAP(share_create, ENOMEM, true, (const char *name, size_t bytes, size_t page_bytes, int *ret_file),
     (name, bytes, page_bytes, ret_file))
WRAP(share_map, ENOMEM, true, (int file, void *address, size_t bytes), (file, address, bytes))

/* These three keep the account as well. */
int __real_lab_os_reserve(void *address, size_t bytes);
int __wrap_lab_os_reserve(void *address, size_t bytes);
int __real_lab_os_map(size_t bytes, size_t page_bytes, void **ret_address);
int __wrap_lab_os_map(size_t bytes, size_t page_bytes, void **ret_address);
int __real_lab_os_unmap(void *address, size_t bytes);
int __wrap_lab_os_unmap(void *address, size_t bytes);

int __wrap_lab_os_map(size_t bytes, size_t page_bytes, void **ret_address)
{
    int err =
        fails_now("lab_os_map", true) ? -ENOMEM : __real_lab_os_map(bytes, page_bytes, ret_address);

    if (!err)
        mapped_bytes += bytes;
    return err;
}

int __wrap_lab_os_reserve(void *address, size_t bytes)
{
    int err = fails_now("lab_os_reserve", true) ? -ENOMEM : __real_lab_os_reserve(address, bytes);

    if (!err)
        mapped_bytes += bytes;
    return err;
}

int __wrap_lab_os_unmap(void *address, size_t bytes)
{
    int err = fails_now("lab_os_unmap", false) ? -ENOMEM : __real_lab_os_unmap(address, bytes);

    if (!err)
        mapped_bytes -= bytes;
    return err;
}
