/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Where the reports go. */

#include "output.h"

#include "message.h"
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Made first, and then written: a reader who does not read is waited for as that of --json is.
 * Where JSON has standard output, the report is a message like the others, which nobody need read.
 */
static int write_text(const struct report *report, bool is_message)
{
    char *text = NULL;
    size_t n_bytes = 0;
    FILE *memory = open_memstream(&text, &n_bytes);
    int rc = -ENOMEM;

    if (memory != NULL) {
        report_print(memory, report);
        if (report->words != NULL)
            report_print_smallest(memory, report);
        rc = fclose(memory) == 0 ? 0 : -ENOMEM;
    }
    if (rc == 0 && is_message)
        (void)message_write(text);
    else if (rc == 0)
        rc = output_write_to(STDOUT_FILENO, text, n_bytes);
    free(text);
    if (rc != 0)
        complain("the report cannot be written: %s", strerror(-rc));
    return rc;
}

int report_write(const struct report *report)
{
    const char *json = report->options->json;
    bool is_message = json != NULL && strcmp(json, "-") == 0;
    int text_rc = report->options->quiet ? 0 : write_text(report, is_message);
    int json_rc = json != NULL ? report_json(report) : 0;

    return text_rc != 0 ? text_rc : json_rc;
}
