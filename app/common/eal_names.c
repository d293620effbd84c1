/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "eal_names.h"

#include <string.h>

/* Of DPDK 22.11 and those after it; no library knows them before the EAL has started. */
static const char *const names[] = {
    "allow",
    "base-virtaddr",
    "block",
    "create-uio-dev",
    "discard-lcores",
    "file-prefix",
    "force-max-simd-bitwidth",
    "huge-dir",
    "huge-unlink",
    "huge-worker-stack",
    "in-memory",
    "iova-mode",
    "lcores",
    "legacy-mem",
    "log-color",
    "log-level",
    "log-timestamp",
    "main-lcore",
    "match-allocations",
    "mbuf-pool-ops-name",
    "no-hpet",
    "no-huge",
    "no-pci",
    "no-shconf",
    "no-telemetry",
    "numa-limit",
    "numa-mem",
    "proc-type",
    "single-file-segments",
    "socket-limit",
    "socket-mem",
    "syslog",
    "telemetry",
    "trace",
    "trace-bufsz",
    "trace-dir",
    "trace-mode",
    "vdev",
    "vfio-intr",
    "vfio-vf-token",
    "vmware-tsc-map",
};

static const char letters[] = "abcdlmnrsSvw";

bool eal_names_has(const char *word)
{
    size_t length;

    if (word[0] != '-')
        return false;
    if (word[1] != '-')
        return word[1] != '\0' && strchr(letters, word[1]) != NULL;
    length = strcspn(word + 2, "=");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i]) == length && strncmp(names[i], word + 2, length) == 0)
            return true;
    }
    return false;
}
