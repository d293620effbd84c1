/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_EAL_LOG_H
#define COMMON_EAL_LOG_H

/* From here on the EAL's errors are on stderr, but for those that are none: it complains that it
 * cannot make its directory of sockets and files also when the program asked for none, and that
 * ordinary memory is no file where another one will do. */
void eal_log_without_directory(void);

#endif
