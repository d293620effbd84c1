/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_SHARE_H
#define LAB_SHARE_H

/* How regions are shared by name: for lab_region.c alone.
 *
 * The kernel keeps the name of a region with its memory, as "labyrinth:NAME@ADDRESS", and shows it
 * in /proc/PID/fd and /proc/PID/maps of every process that has it. So a region is found through
 * those who use it, and when the last of them has ended there is nothing left to find: see
 * doc/adr/0008. */

#include <lab_error.h>
#include <stddef.h>

/* Makes and maps zeroed memory, at an address that other processes are likely to have free.
 * -EEXIST: a process of this user has a region of that name, or makes one; -EMFILE, -ENOTSUP and
 * the like: whether there is one cannot be known. Otherwise as lab_os_map(), and *error is set for
 * all that is not a lack of pages. */
int lab_share_create(const char *name, size_t bytes, size_t page_bytes, void **ret_address,
                     struct lab_error *error);

/* Maps what another process made, at the same address. -ENOENT, -EALREADY, -EADDRINUSE, what keeps
 * this process from looking, or what the kernel says; *error is always set. */
int lab_share_attach(const char *name, void **ret_address, size_t *ret_bytes,
                     size_t *ret_page_bytes, struct lab_error *error);

/* Makes it no longer found through this process, which is about to unmap it. */
void lab_share_leave(const void *address);

#endif
