/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef UNIT_H
#define UNIT_H

#include "cmocka_first.h"

#include <lab_atomic.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* A test that cannot run here says why. */
#define skip_because(...)                                                                          \
    do {                                                                                           \
        print_message("skipped: " __VA_ARGS__);                                                    \
        print_message("\n");                                                                       \
        skip();                                                                                    \
    } while (0)

/* Whether an emulator runs the test: qemu-user takes advice about memory without following it, has
 * no hugetlb pages, and its own memory is counted with the test's. */
static inline bool is_emulated(void)
{
    return getenv("LABYRINTH_TEST_EMULATED") != NULL;
}

/* The NUMA node of the CPU that the caller runs on, or 0 where that cannot be known. */
static inline int node_here(void)
{
    unsigned cpu, node;

    return getcpu(&cpu, &node) != 0 ? 0 : (int)node;
}

/* Ends the program where ThreadSanitizer watches it, which owns the addresses of shared regions. */
static inline void skip_shared_regions_under_tsan(void)
{
    if (LAB_WORDS_ATOMIC) {
        print_message("ThreadSanitizer leaves no addresses for shared regions\n");
        exit(77);
    }
}

/* Runs body(argument) in a forked child and returns its status as waitpid() has it; a body that
 * returns is an exit with its result. */
static inline int status_of_child(int (*body)(void *), void *argument)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        _exit(body(argument));
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

#define assert_exited_with(code, status)                                                           \
    do {                                                                                           \
        assert_true(WIFEXITED(status));                                                            \
        assert_int_equal(WEXITSTATUS(status), code);                                               \
    } while (0)

#define assert_killed_by(number, status)                                                           \
    do {                                                                                           \
        assert_true(WIFSIGNALED(status));                                                          \
        assert_int_equal(WTERMSIG(status), number);                                                \
    } while (0)

#endif
