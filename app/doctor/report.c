/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "report.h"

#include "message.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [LEVEL_GOOD] = "good",
    [LEVEL_ADVICE] = "advice",
    [LEVEL_BAD] = "bad",
};

static void end_without_memory(void)
{
    complain("no memory for the report");
    abort();
}

static struct finding *next(struct report *report)
{
    if (report->n == report->capacity) {
        size_t capacity = 2 * report->capacity + 32;
        struct finding *findings =
            realloc(report->findings, capacity * sizeof(report->findings[0]));

        if (findings == NULL)
            end_without_memory();
        report->findings = findings;
        report->capacity = capacity;
    }
    return &report->findings[report->n++];
}

/* The text, as a line that a terminal and JSON can have; to be freed. */
static char *write_line(const char *format, va_list arguments)
{
    char *text = NULL;
    json_t *json;

    if (vasprintf(&text, format, arguments) < 0)
        end_without_memory();
    message_disarm(text);
    json = json_string(text);
    for (char *c = text; json == NULL && *c != '\0'; c++)
        if ((unsigned char)*c > '~')
            *c = '?';
    json_decref(json);
    return text;
}

struct finding *report_add(struct report *report, enum level level, const char *check,
                           const char *format, ...)
{
    struct finding *finding = next(report);
    va_list arguments;

    va_start(arguments, format);
    *finding =
        (struct finding){.level = level, .check = check, .text = write_line(format, arguments)};
    va_end(arguments);
    return finding;
}

void report_unknown(struct report *report, const char *check, const char *what, int error)
{
    report_add(report, LEVEL_ADVICE, check, "not known: %s: %s", what,
               strerror(error < 0 ? -error : error));
}

void finding_fix(struct finding *finding, const char *format, ...)
{
    va_list arguments;

    free(finding->command);
    va_start(arguments, format);
    finding->command = write_line(format, arguments);
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
        if (finding->command != NULL)
            fprintf(out, "%18s fix: %s\n", "", finding->command);
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
        json_array_append_new(findings, json_pack("{s:s, s:s, s:s, s:s*}", "check", finding->check,
                                                  "level", names[finding->level], "text",
                                                  finding->text, "fix", finding->command));
    }
    return json_pack("{s:s, s:s, s:o}", "version", LABYRINTH_VERSION, "worst",
                     names[report_worst(report)], "findings", findings);
}

void report_free(struct report *report)
{
    for (size_t i = 0; i < report->n; i++) {
        free(report->findings[i].text);
        free(report->findings[i].command);
    }
    free(report->findings);
    *report = (struct report){0};
}
