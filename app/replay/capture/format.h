/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_FORMAT_H
#define REPLAY_FORMAT_H

#include "capture/input.h"

#include <stdbool.h>

/* The kind of a file that libpcap does not read, or not to its end, and the command that makes a
 * capture of it that can be read. */

#define FORMAT_BYTES 4096

/* ": it is compressed by zstd: `zstd -dc < FILE | labyrinth-replay -`"; "" where nothing is known
 * of it. By what the file begins with. */
void format_unreadable(const char *name, const struct input_head *head, char text[FORMAT_BYTES]);

/* The same of one that was read until libpcap gave this reason. */
void format_unfinished(const char *name, const char *reason, bool is_pcapng, bool is_ethernet,
                       char text[FORMAT_BYTES]);

#endif
