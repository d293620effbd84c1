/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "stress.h"
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

uint64_t stress_seed;

static const char *test_name;

/* A run takes seconds; on a busy machine, or with a sanitizer, ten times as long. */
#define HANGS_AFTER_SECONDS 100

static void hangs(int number)
{
    static const char message[] = "nothing moves any more\n";

    (void)!write(STDERR_FILENO, message, sizeof(message) - 1);
    _exit(1);
}

static void use_two_cpus(void)
{
    cpu_set_t mine, two;
    int chosen = 0;

    CPU_ZERO(&two);
    if (sched_getaffinity(0, sizeof(mine), &mine) != 0)
        return;
    for (int cpu = 0; cpu < CPU_SETSIZE && chosen < 2; cpu++)
        if (CPU_ISSET(cpu, &mine)) {
            CPU_SET(cpu, &two);
            chosen++;
        }
    (void)sched_setaffinity(0, sizeof(two), &two);
}

void stress_begin(const char *name)
{
    const char *seed = getenv("LABYRINTH_STRESS_SEED");

    test_name = name;
    stress_seed = seed != NULL ? strtoull(seed, NULL, 0) : (uint64_t)(now_seconds() * 1e9);
    use_two_cpus();
    signal(SIGALRM, hangs);
    alarm(HANGS_AFTER_SECONDS + (unsigned)stress_seconds(0));
}

double stress_seconds(double otherwise)
{
    const char *seconds = getenv("LABYRINTH_STRESS_SECONDS");

    return seconds != NULL ? strtod(seconds, NULL) : otherwise;
}

void stress_fail(const char *file, int line, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s:%d: %s: ", file, line, test_name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (LABYRINTH_STRESS_SEED=%llu)\n", (unsigned long long)stress_seed);
    fflush(NULL);
    _exit(1);
}

void *stress_map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    expect(memory != MAP_FAILED, "cannot map %zu bytes", bytes);
    return memory;
}

static void *run_thread(void *argument)
{
    struct actor *actor = argument;

    actor->body(actor->argument);
    return NULL;
}

void actor_start(struct actor *actor, enum how how, void (*body)(void *), void *argument)
{
    *actor = (struct actor){.how = how, .body = body, .argument = argument};
    if (how == THREADS) {
        expect(pthread_create(&actor->thread, NULL, run_thread, actor) == 0, "no thread");
        return;
    }
    fflush(NULL);
    actor->child = fork();
    expect(actor->child >= 0, "no child");
    if (actor->child != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    body(argument);
    _exit(0);
}

void actor_join(struct actor *actor)
{
    int status = 0;

    if (actor->how == THREADS) {
        expect(pthread_join(actor->thread, NULL) == 0, "cannot join");
        return;
    }
    expect(waitpid(actor->child, &status, 0) == actor->child, "cannot wait");
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child failed");
}

enum how how_of(int argc, char **argv)
{
    if (argc <= 1 || strcmp(argv[1], "processes") != 0)
        return THREADS;
    skip_processes_under_tsan();
    return PROCESSES;
}

void skip_processes_under_tsan(void)
{
    if (!LAB_WORDS_ATOMIC)
        return;
    printf("skipped: ThreadSanitizer does not see what other processes do\n");
    exit(SKIPPED);
}

double now_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void sleep_ms(double ms)
{
    struct timespec time = {(time_t)(ms / 1000), (long)(ms * 1e6) % 1000000000};

    nanosleep(&time, NULL);
}
