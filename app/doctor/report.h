/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef DOCTOR_REPORT_H
#define DOCTOR_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The findings, in the order of the checks. */

enum level {
    LEVEL_GOOD,
    LEVEL_ADVICE, /* works, and could be better, or bites somebody some day */
    LEVEL_BAD,    /* something that people expect does not work */
};

struct finding {
    enum level level;
    const char *check;
    char *text;
    char *command; /* that fixes it; NULL where there is nothing to fix */
};

struct report {
    struct finding *findings;
    size_t n, capacity;
};

/* Adds a finding of a check. The returned pointer is good until the next one comes. */
struct finding *report_add(struct report *report, enum level level, const char *check,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds that something could not be looked at: what, and why not by errno or -errno. Nothing that is
 * not known is good, and nothing is bad. */
void report_unknown(struct report *report, const char *check, const char *what, int error);

/* Notes the command that fixes it. Names in it are quoted (quote.h). */
void finding_fix(struct finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum level report_worst(const struct report *report);

/* One line each, and the command below it; of the good ones only with `all`. */
void report_print(const struct report *report, bool all, FILE *out);

/* The same for programs; NULL without memory. */
json_t *report_json(const struct report *report);

void report_free(struct report *report);

#endif
