/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The command line, and the loop over the executions of each program. */

#include "choice.h"
#include "schedule.h"
#include "sharing.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A program that needs more wants a smaller bound: some ten seconds are the most that one may take
 * of a suite. With --bound it is one that somebody waits for. */
#define EXECUTIONS 5000000ull
#define EXECUTIONS_PATIENT 2000000000ull

static unsigned long long executions_max = EXECUTIONS;

static const char usage[] =
    "usage: %s [--bound=N] [--find] [--list] [--replay=PATH] [PROGRAM...]\n"
    "  --bound=N      deviations from the default schedule in one execution\n"
    "  --find         succeed if, and only if, one of the programs fails\n"
    "  --list         print the programs' names\n"
    "  --replay=PATH  print the one execution of PROGRAM that a failure named\n";

static const struct option options[] = {{"bound", required_argument, NULL, 'b'},
                                        {"find", no_argument, NULL, 'f'},
                                        {"list", no_argument, NULL, 'l'},
                                        {"replay", required_argument, NULL, 'r'},
                                        {NULL, 0, NULL, 0}};

struct result {
    unsigned long long executions; /* with the last bound */
    unsigned bound;                /* the last one tried */
    bool failed;
    bool witnessed;
};

/* Bound by bound from 0 on, so that the failure that is found is one of the simplest. */
static struct result explore(const struct explore_program *p, unsigned bound)
{
    struct result r = {0};

    schedule_witnessed();
    sharing_forget();
    for (r.bound = 0;; r.bound++) {
        bool more = true;

        choice_start(r.bound);
        for (r.executions = 0; more && !r.failed && r.executions < executions_max; r.executions++) {
            r.failed = !schedule_execution(p, false);
            if (r.failed)
                continue;
            more = choice_next();
            if (sharing_learned()) { /* too late for the executions before this one */
                choice_start(r.bound);
                r.executions = 0;
                more = true;
            }
        }
        if (r.failed || r.executions == executions_max || r.bound == bound)
            break;
    }
    r.witnessed = schedule_witnessed();
    return r;
}

/* The execution that failed, once more and step by step. */
static void show(const struct explore_program *p)
{
    char path[4096];

    choice_write(path, sizeof(path));
    (void)choice_replay(path);
    schedule_execution(p, true);
    printf("# again: --replay=%s '%s'\n", path, p->name);
}

static bool report(const struct explore_program *p, unsigned number, unsigned bound)
{
    struct result r = explore(p, bound);
    const char *why = NULL;

    if (r.failed && !p->broken)
        why = schedule_reason();
    else if (!r.failed && p->broken)
        why = "no execution failed, and one must";
    else if (!r.failed && p->witness && !r.witnessed)
        why = "no execution was the one it is there for";
    else if (r.executions == executions_max)
        why = "too many executions: lower its bound";

    printf("%sok %u - %s: %llu executions, bound %u\n", why ? "not " : "", number, p->name,
           r.executions, r.bound);
    if (why)
        printf("# %s\n", why);
    if (r.failed && !p->broken)
        show(p);
    fflush(stdout);
    return why == NULL;
}

static bool find(const struct explore_program *p, int bound)
{
    struct result r = explore(p, bound < 0 ? p->bound : (unsigned)bound);

    printf("%s: %s, %llu executions, bound %u\n", p->name,
           r.failed ? schedule_reason() : "nothing found", r.executions, r.bound);
    if (r.failed)
        show(p);
    return r.failed;
}

static bool named(const struct explore_program *p, char *const *names)
{
    if (!*names)
        return true;
    for (; *names; names++)
        if (strcmp(*names, p->name) == 0)
            return true;
    return false;
}

int explore_main(int argc, char **argv, const struct explore_program *programs, unsigned n)
{
    const char *replay = NULL;
    int option, bound = -1;
    bool finding = false, listing = false, good = true;
    unsigned count = 0, number = 0;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'b':
            bound = atoi(optarg);
            executions_max = EXECUTIONS_PATIENT;
            break;
        case 'f':
            finding = true;
            break;
        case 'l':
            listing = true;
            break;
        case 'r':
            replay = optarg;
            break;
        default:
            fprintf(stderr, usage, argv[0]);
            return 2;
        }
    }
    for (const struct explore_program *p = programs; p < programs + n; p++)
        count += named(p, argv + optind);
    if (count == 0 || (replay && (count != 1 || !choice_replay(replay)))) {
        fprintf(stderr, usage, argv[0]);
        return 2;
    }
    if (!finding && !listing && !replay)
        printf("1..%u\n", count);
    for (const struct explore_program *p = programs; p < programs + n; p++) {
        if (!named(p, argv + optind))
            continue;
        if (listing)
            printf("%s\n", p->name);
        else if (replay)
            good = schedule_execution(p, true);
        else if (finding && find(p, bound))
            return 0;
        else if (!finding)
            good &= report(p, ++number, bound < 0 ? p->bound : (unsigned)bound);
    }
    return good && !finding ? 0 : 1;
}
