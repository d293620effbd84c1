/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "../unit/unit.h"

#include "fault.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

/* Runs each scenario with a fault at the 1st, 2nd, ... call, until there is no n-th call. Each time
 * the set-up either fails with an errno and a sentence, or succeeds in another way; and whichever
 * it was, nothing may be left behind. */

/* The figures in which a leak would show. */
struct traces {
    size_t mapped_bytes; /* by lab_os_map, not unmapped */
    size_t maps_bytes;   /* of address space, as the kernel counts it */
    size_t files;        /* open */
};

/* Without stdio, whose own buffers would come and go in the figure. */
static size_t address_space_bytes(void)
{
    char text[64] = "";
    int statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

    assert_true(statm >= 0);
    assert_true(read(statm, text, sizeof(text) - 1) > 0);
    close(statm);
    return strtoull(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t open_files(void)
{
    DIR *directory = opendir("/proc/self/fd");
    size_t sum = 0;

    assert_non_null(directory);
    while (readdir(directory))
        sum++;
    closedir(directory);
    return sum;
}

static struct traces look(void)
{
    return (struct traces){
        .mapped_bytes = fault_mapped_bytes(),
        .maps_bytes = address_space_bytes(),
        .files = open_files(),
    };
}

/* The set-up has failed, or succeeded, as it may. */
static void check_result(const struct scenario *scenario, const char *failed, bool fatal, int err,
                         const struct lab_error *error)
{
    if (err) {
        assert_in_range(-err, 1, 4095);
        assert_int_equal(error->code, err);
        assert_string_not_equal(error->message, "");
        return;
    }
    assert_int_equal(error->code, 0);
    if (fatal && !scenario->flexible)
        fail_msg("succeeded without %s", failed);
}

/* Returns the name of the function that failed, or NULL. */
static const char *run_with_fault(const struct scenario *scenario, unsigned n)
{
    struct lab_error error = {.code = 1};
    struct traces before = look(), after;
    const char *failed;
    bool fatal;
    int err;

    fault_arm(n);
    err = scenario->run(scenario, &error);
    failed = fault_disarm(&fatal);
    after = look();
    if (failed)
        print_message("%3u %-20s %s\n", n, failed, err ? error.message : "got by without it");
    check_result(scenario, failed, fatal, err, &error);
    assert_int_equal(after.mapped_bytes, before.mapped_bytes);
    assert_int_equal(after.files, before.files);
    if (!is_emulated())
        assert_int_equal(after.maps_bytes, before.maps_bytes);
    return failed;
}

static void walk(void **state)
{
    const struct scenario *scenario = *state;
    struct lab_error error = {.code = 1};
    unsigned n = 1;
    int err;

    /* Without a fault first, so that the C library has its buffers. */
    err = scenario->run(scenario, &error);
    while (run_with_fault(scenario, n))
        n++;
    assert_true(n > 1);
    if (err)
        skip_because("%u faults were survived, but only on the way to: %s", n - 1, error.message);
}

int main(void)
{
    struct CMUnitTest tests[scenario_count];

    for (size_t i = 0; i < scenario_count; i++)
        tests[i] = (struct CMUnitTest){
            .name = scenarios[i].name,
            .test_func = walk,
            .initial_state = (void *)(uintptr_t)&scenarios[i],
        };
    return _cmocka_run_group_tests("fault walk", tests, scenario_count, NULL, NULL);
}
