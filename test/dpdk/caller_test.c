/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* From a call of the driver to the program's own function: each site is looked up once. */

#include "driver_test.h"

#include <labyrinth_site.h>

static unsigned lookups;
static const void *first; /* the innermost site */

static bool is_own(uint64_t address);

static bool is_read = true; /* otherwise nothing is known of this program yet */

void labyrinth_code_read(void)
{
    is_read = true;
}

enum labyrinth_code labyrinth_code_at(uint64_t address)
{
    lookups++;
    if (!is_read)
        return LABYRINTH_CODE_UNKNOWN;
    return is_own(address) ? LABYRINTH_CODE_PROGRAM : LABYRINTH_CODE_BETWEEN;
}

/* Functions that begin at the same place of a row each, and are alike: what they return to has the
 * same last bits. */
#define ALIGNMENT 4096
#define SAME_ROW __attribute__((noinline, aligned(ALIGNMENT)))

static const void *site_of(void)
{
    struct lab_audit_site site = {__builtin_return_address(0), __builtin_dwarf_cfa()};
    bool own;

    first = site.address;
    return labyrinth_caller(site, &own);
}

/* Each calls the one below, through a pointer, so that it is neither inlined nor a jump. */
#define LEVEL(name, below)                                                                         \
    static const void *(*volatile to_##name)(void) = below;                                        \
    static SAME_ROW const void *name(void)                                                         \
    {                                                                                              \
        const void *volatile found = to_##name();                                                  \
                                                                                                   \
        return found;                                                                              \
    }

LEVEL(rte_one, site_of)
LEVEL(rte_two, rte_one)
LEVEL(rte_three, rte_two)
LEVEL(program, rte_three)
LEVEL(rte_late, site_of)
LEVEL(late, rte_late)

static bool is_in(uint64_t address, const void *(*function)(void))
{
    return address - (uint64_t)(uintptr_t)function < ALIGNMENT;
}

static bool is_own(uint64_t address)
{
    return !is_in(address, rte_one) && !is_in(address, rte_two) && !is_in(address, rte_three) &&
           !is_in(address, rte_late);
}

static void test_sites_of_one_row(void **state)
{
    const void *found = program();
    unsigned before = lookups;

    assert_true(is_in((uint64_t)(uintptr_t)found, program));
    assert_int_equal((uintptr_t)found % ALIGNMENT, (uintptr_t)first % ALIGNMENT);
    assert_int_equal(before, 4); /* one for each */
    for (int i = 0; i < 10; i++)
        assert_ptr_equal(program(), found);
    assert_int_equal(lookups, before);
}

/* Of code that has not been read, the innermost site is taken, and nothing is learned. */
static void test_what_is_not_read(void **state)
{
    const void *found;

    is_read = false;
    found = late();
    assert_ptr_equal(found, first);
    labyrinth_caller_prepare();
    assert_true(is_in((uint64_t)(uintptr_t)late(), late));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sites_of_one_row),
                                       cmocka_unit_test(test_what_is_not_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
