/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "host.h"

#include "cpus.h"

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

/* The text after the colon in a line of /proc/cpuinfo that begins so; "unknown" without. */
static void read_cpuinfo(const char *key, char *value, size_t capacity)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];

    snprintf(value, capacity, "unknown");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        char *colon = strchr(line, ':');

        if (strncmp(line, key, strlen(key)) != 0 || colon == NULL)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(value, capacity, "%s", colon + 2);
        break;
    }
    if (file != NULL)
        fclose(file);
}

static json_t *load_average(void)
{
    double load;

    return getloadavg(&load, 1) == 1 ? json_real(load) : json_null();
}

json_t *host_object(void)
{
    json_t *host = json_object();
    time_t now = time(NULL);
    const char *chosen = secure_getenv("LABYRINTH_OPTIONS");
    struct utsname system;
    char text[128];

    read_cpuinfo("model name", text, sizeof(text));
    json_object_set_new(host, "cpu", json_string(text));
    json_object_set_new(host, "cpus", json_integer(cpus_count()));
    json_object_set_new(host, "tsc_hz", json_integer((json_int_t)rte_get_tsc_hz()));
    if (uname(&system) == 0) {
        json_object_set_new(host, "machine", json_string(system.machine));
        json_object_set_new(host, "kernel", json_string(system.release));
    }
    json_object_set_new(host, "dpdk", json_string(rte_version()));
    json_object_set_new(host, "labyrinth", json_string(LABYRINTH_VERSION));
    json_object_set_new(host, "labyrinth_options", json_string(chosen != NULL ? chosen : ""));
    json_object_set_new(host, "memory",
                        json_string(rte_eal_has_hugepages() ? "huge pages" : "ordinary pages"));
    json_object_set_new(host, "load", load_average());
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    json_object_set_new(host, "date", json_string(text));
    return host;
}
