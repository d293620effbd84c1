/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_REPORT_H
#define LABYRINTH_REPORT_H

#include <lab_audit_report.h>

#include "labyrinth_options.h"

/* Takes this process's entries from now on: text goes to DPDK's log, JSON lines to the file that
 * the options name. */
void labyrinth_report_start(const struct labyrinth_options *options);

#endif
