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

#define PROGRAMS 256u
static struct explore_program programs[PROGRAMS];
static unsigned n_programs;

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

/* Bound by bound from 0 on, so that the failure that is found is one of the simplest; up to the
 * program's own bound if `wanted` is negative. */
static struct result explore(const struct explore_program *p, int wanted)
{
    unsigned bound = wanted < 0 ? p->bound : (unsigned)wanted;
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

static bool report(const struct explore_program *p, unsigned number, int bound)
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
    struct result r = explore(p, bound);

    printf("%s: %s, %llu executions, bound %u\n", p->name,
           r.failed ? schedule_reason() : "nothing found", r.executions, r.bound);
    if (r.failed)
        show(p);
    return r.failed;
}

static bool is_chosen(const struct explore_program *p, char *const *names)
{
    if (!*names)
        return true;
    for (; *names; names++)
        if (strcmp(*names, p->name) == 0)
            return true;
    return false;
}

void explore_add(const struct explore_program *program)
{
    static const char *const names[] = {"thread 0", "thread 1", "thread 2", "thread 3"};
    struct explore_program *p = &programs[n_programs++];

    if (n_programs > PROGRAMS)
        abort();
    *p = *program;
    if (!p->thread_name[0])
        memcpy(p->thread_name, names, sizeof(names));
}

/* Leaves the programs that were named, or all if none was. */
static void choose_programs(char *const *names)
{
    unsigned n = 0;

    explore_suite();
    for (unsigned i = 0; i < n_programs; i++)
        if (is_chosen(&programs[i], names))
            programs[n++] = programs[i];
    n_programs = n;
}

static int misused(const char *self)
{
    fprintf(stderr, usage, self);
    return 2;
}

static void list_programs(void)
{
    for (unsigned i = 0; i < n_programs; i++)
        printf("%s\n", programs[i].name);
}

static bool find_failure(int bound)
{
    for (unsigned i = 0; i < n_programs; i++)
        if (find(&programs[i], bound))
            return true;
    return false;
}

static bool report_all(int bound)
{
    bool good = true;

    printf("1..%u\n", n_programs);
    for (unsigned i = 0; i < n_programs; i++)
        good &= report(&programs[i], i + 1, bound);
    return good;
}

int main(int argc, char **argv)
{
    const char *replay = NULL;
    int option, bound = -1;
    char mode = 0;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'b') {
            bound = atoi(optarg);
            executions_max = EXECUTIONS_PATIENT;
        } else if (option == '?') {
            return misused(argv[0]);
        } else {
            mode = (char)option;
            replay = optarg;
        }
    }
    choose_programs(argv + optind);
    if (n_programs == 0)
        return misused(argv[0]);
    switch (mode) {
    case 'l':
        list_programs();
        return 0;
    case 'r':
        if (n_programs != 1 || !choice_replay(replay))
            return misused(argv[0]);
        return !schedule_execution(&programs[0], true);
    case 'f':
        return !find_failure(bound);
    default:
        return !report_all(bound);
    }
}
