/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "report.h"

#include "message.h"

#include <stdarg.h>
#include <stdlib.h>

static const char *const names[] = {
    [LEVEL_GOOD] = "good",
    [LEVEL_ADVICE] = "advice",
    [LEVEL_BAD] = "bad",
};

static struct finding *next(struct report *report)
{
    if (report->n == report->capacity) {
        size_t capacity = 2 * report->capacity + 32;
        struct finding *findings =
            realloc(report->findings, capacity * sizeof(report->findings[0]));

        if (findings == NULL) {
            complain("no memory for the report");
            abort();
        }
        report->findings = findings;
        report->capacity = capacity;
    }
    return &report->findings[report->n++];
}

struct finding *report_add(struct report *report, enum level level, const char *check,
                           const char *format, ...)
{
    struct finding *finding = next(report);
    va_list arguments;

    *finding = (struct finding){.level = level, .check = check};
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof(finding->text), format, arguments);
    va_end(arguments);
    return finding;
}

void finding_mend(struct finding *finding, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(finding->command, sizeof(finding->command), format, arguments);
    va_end(arguments);
}

static size_t count(const struct report *report, enum level level)
{
    size_t n = 0;

    for (size_t i = 0; i < report->n; i++)
        n += report->findings[i].level == level;
    return n;
}

enum level report_worst(const struct report *report)
{
    enum level worst = LEVEL_GOOD;

    for (size_t i = 0; i < report->n; i++) {
        if (report->findings[i].level > worst)
            worst = report->findings[i].level;
    }
    return worst;
}

void report_print(const struct report *report, bool all, FILE *out)
{
    for (size_t i = 0; i < report->n; i++) {
        const struct finding *finding = &report->findings[i];

        if (finding->level == LEVEL_GOOD && !all)
            continue;
        fprintf(out, "%-7s %-10s %s\n", names[finding->level], finding->check, finding->text);
        if (finding->command[0] != '\0')
            fprintf(out, "%18s mend: %s\n", "", finding->command);
    }
    if (all)
        fprintf(out, "%zu good, %zu advice, %zu bad\n", count(report, LEVEL_GOOD),
                count(report, LEVEL_ADVICE), count(report, LEVEL_BAD));
}

json_t *report_json(const struct report *report)
{
    json_t *findings = json_array();

    for (size_t i = 0; i < report->n; i++) {
        const struct finding *finding = &report->findings[i];

        /* s*: no command, no key. */
        json_array_append_new(findings,
                              json_pack("{s:s, s:s, s:s, s:s*}", "check", finding->check, "level",
                                        names[finding->level], "text", finding->text, "mend",
                                        finding->command[0] != '\0' ? finding->command : NULL));
    }
    return json_pack("{s:s, s:s, s:o}", "version", LABYRINTH_VERSION, "worst",
                     names[report_worst(report)], "findings", findings);
}

void report_free(struct report *report)
{
    free(report->findings);
    *report = (struct report){0};
}
