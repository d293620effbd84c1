/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Finding whose code it is, by the symbols of this program, and of a library that comes later.
 *
 *     code_test FILE
 *
 * FILE is a library that uses DPDK and has a function get_and_put(). */

#include "driver_test.h"

#include <dlfcn.h>
#include <labyrinth_driver.h>
#include <labyrinth_site.h>

int labyrinth_logtype;

static const char *late_file;

static __rte_noinline void rte_of_this_program(void)
{
    __asm__ volatile("");
}

static __rte_noinline void own(void)
{
    __asm__ volatile("");
}

static enum labyrinth_code code_of(void (*function)(void))
{
    return labyrinth_code_at((uint64_t)(uintptr_t)function);
}

static void test_this_program(void **state)
{
    assert_int_equal(code_of(own), LABYRINTH_CODE_UNKNOWN);
    labyrinth_code_read();
    assert_int_equal(code_of(own), LABYRINTH_CODE_PROGRAM);
    assert_int_equal(code_of(rte_of_this_program), LABYRINTH_CODE_BETWEEN);
    assert_int_equal(labyrinth_code_at(0), LABYRINTH_CODE_UNKNOWN);
}

static void test_a_library_that_comes_later(void **state)
{
    void *library = dlopen(late_file, RTLD_NOW);
    uint64_t function, dpdks;

    assert_non_null(library);
    function = (uint64_t)(uintptr_t)dlsym(library, "get_and_put");
    dpdks = (uint64_t)(uintptr_t)dlsym(library, "rte_mempool_create");
    assert_int_not_equal(function, 0);
    assert_int_not_equal(dpdks, 0);
    assert_int_equal(labyrinth_code_at(function), LABYRINTH_CODE_UNKNOWN);
    labyrinth_code_read();
    assert_int_equal(labyrinth_code_at(function), LABYRINTH_CODE_PROGRAM);
    assert_int_equal(labyrinth_code_at(dpdks), LABYRINTH_CODE_BETWEEN);
    assert_int_equal(code_of(own), LABYRINTH_CODE_PROGRAM);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_this_program),
                                       cmocka_unit_test(test_a_library_that_comes_later)};

    late_file = argc == 2 ? argv[1] : "";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
