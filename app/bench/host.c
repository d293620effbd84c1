/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "host.h"

#include "cpus.h"

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_version.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

/* The text after the colon in a line of /proc/cpuinfo that begins so. False without. */
static bool read_cpuinfo(const char *key, char *value, size_t capacity)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];
    bool found = false;

    while (!found && file != NULL && fgets(line, sizeof(line), file) != NULL) {
        char *colon = strchr(line, ':');
        size_t length = strlen(key);

        found =
            strncmp(line, key, length) == 0 && strchr("\t:", line[length]) != NULL && colon != NULL;
        if (found) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(value, capacity, "%s", colon + 2);
        }
    }
    if (file != NULL)
        fclose(file);
    return found;
}

/* "AMD EPYC, family 25, model 17": the name that a virtual machine shows is often not all; and
 * "implementer 0x41, part 0xd40" where there are no names. */
static void describe_cpu(char *text, size_t capacity)
{
    char name[128], family[32], model[32];

    if (read_cpuinfo("model name", name, sizeof(name)) &&
        read_cpuinfo("cpu family", family, sizeof(family)) &&
        read_cpuinfo("model", model, sizeof(model)))
        snprintf(text, capacity, "%s, family %s, model %s", name, family, model);
    else if (read_cpuinfo("CPU implementer", family, sizeof(family)) &&
             read_cpuinfo("CPU part", model, sizeof(model)))
        snprintf(text, capacity, "implementer %s, part %s", family, model);
    else
        snprintf(text, capacity, "unknown");
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
    char text[256];

    describe_cpu(text, sizeof(text));
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

void host_print(FILE *out, const struct line_trip *line)
{
    time_t now = time(NULL);
    char cpu[256], date[32];

    describe_cpu(cpu, sizeof(cpu));
    strftime(date, sizeof(date), "%Y-%m-%d %H:%M", gmtime(&now));
    fprintf(out, "%s; %u CPU%s; %s; Labyrinth %s; %s UTC\n", cpu, cpus_count(),
            cpus_count() == 1 ? "" : "s", rte_version(), LABYRINTH_VERSION, date);
    if (line->is_known)
        fprintf(out, "A cache line from CPU to CPU and back: %.0f cycles (%.0f ns), %.0f to %.0f\n",
                line->cycles.median, line_ns(line->cycles.median), line->cycles.q1,
                line->cycles.q3);
    else
        fprintf(out, "A cache line from CPU to CPU and back: unknown\n");
}
