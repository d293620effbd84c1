/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"

#include "smaps.h"
#include <lab_os.h>
#include <lab_region.h>

static const struct lab_region untouched = {.address = (void *)0x5a5a, .bytes = 1, .node = 2};

static struct lab_region created(size_t bytes, enum lab_pages pages)
{
    const struct lab_region_options options = {
        .bytes = bytes, .node = LAB_NODE_ANY, .pages = pages, NULL};
    struct lab_region region = untouched;
    struct lab_error error = {.code = 1};
    int err = lab_region_create(&options, &region, &error);

    if (err) {
        assert_int_equal(err, -ENOMEM);
        assert_int_equal(error.code, err);
        assert_memory_equal(&region, &untouched, sizeof(region));
        skip_because("%s", error.message);
    }
    assert_int_equal(error.code, 0);
    return region;
}

static void destroy(struct lab_region *region)
{
    char *address = region->address;

    assert_int_equal(lab_region_destroy(region), 0);
    assert_null(region->address);
    if (!is_emulated())
        assert_false(smaps_of(address).found);
    assert_int_equal(lab_region_destroy(region), 0);
}

enum { SECRET = 0x5a };

static int is_hidden(void *address)
{
    return is_out_of_reach(address, SECRET);
}

/* The promises of every region, of whatever pages it is. */
static void check_region(size_t bytes, size_t page, enum lab_pages pages)
{
    struct lab_region region = created(bytes, pages);
    char *address = region.address;
    struct smaps smaps = smaps_of(address);
    int in_child;

    assert_int_equal(region.pages, pages);
    assert_int_equal(region.node, LAB_NODE_ANY);
    assert_int_equal(region.bytes, (bytes + page - 1) / page * page);
    assert_int_equal((uintptr_t)address % (region.bytes < LAB_PAGE_2M ? page : LAB_PAGE_2M), 0);
    for (size_t at = 0; at < region.bytes; at += 4096)
        assert_int_equal(address[at], 0);
    address[0] = address[region.bytes - 1] = SECRET;
    in_child = status_of_child(is_hidden, address);
    destroy(&region);
    if (is_emulated())
        skip_because("%s created, but an emulator does not follow advice about memory",
                     lab_pages_name(pages));
    assert_true(smaps_has(&smaps, " dd"));
    assert_true(smaps_has(&smaps, " dc"));
    assert_true(smaps.present_bytes >= (bytes + page - 1) / page * page);
    assert_exited_with(1, in_child);
    if (pages == LAB_PAGES_THP)
        assert_true(smaps_has(&smaps, " hg"));
    else
        assert_int_equal(smaps.page_bytes, page);
}

static void of_1g_pages(void **state)
{
    check_region(1, LAB_PAGE_1G, LAB_PAGES_1G);
}

static void of_2m_pages(void **state)
{
    check_region(LAB_PAGE_2M + 1, LAB_PAGE_2M, LAB_PAGES_2M);
}

static void of_transparent_huge_pages(void **state)
{
    check_region(2 * LAB_PAGE_2M - 1, LAB_PAGE_2M, LAB_PAGES_THP);
}

static void of_ordinary_pages(void **state)
{
    const size_t page = lab_os_page_bytes();

    check_region(1, page, LAB_PAGES_NORMAL);
    check_region(LAB_PAGE_2M + page, page, LAB_PAGES_NORMAL);
}

static void transparent_huge_pages_are_there(void **state)
{
    struct lab_region region = created(8 * LAB_PAGE_2M, LAB_PAGES_THP);
    struct smaps smaps = smaps_of(region.address);

    destroy(&region);
    if (smaps.thp_bytes == 0)
        skip_because("the kernel has no huge page to spare");
    assert_true(smaps.thp_bytes <= smaps.present_bytes);
}

static void any_pages_are_ordinary_when_huge_ones_would_waste_more_than_half(void **state)
{
    const struct lab_region_options options = {LAB_PAGE_2M / 2 - 1, LAB_NODE_ANY, LAB_PAGES_ANY,
                                               NULL};
    struct lab_region region;
    struct lab_error error;

    assert_int_equal(lab_region_create(&options, &region, &error), 0);
    assert_string_equal(error.message, "");
    assert_int_equal(region.pages, LAB_PAGES_NORMAL);
    destroy(&region);
}

/* The best that can be had, and if that is not the best there is, a sentence that says so. */
static void any_pages_are_the_best_or_the_sentence_says_why(void **state)
{
    const struct lab_region_options options = {LAB_PAGE_2M / 2, LAB_NODE_ANY, LAB_PAGES_ANY, NULL};
    struct lab_region region;
    struct lab_error error;

    assert_int_equal(lab_region_create(&options, &region, &error), 0);
    assert_int_equal(error.code, 0);
    if (region.pages == LAB_PAGES_2M)
        assert_string_equal(error.message, "");
    else
        assert_ptr_equal(strstr(error.message, "needs 1 page of 2 MiB"), error.message);
    destroy(&region);
}

static void binds_to_a_node(void **state)
{
    const int node = node_here();
    const struct lab_region_options options = {1, node, LAB_PAGES_NORMAL, NULL};
    struct lab_region region;

    assert_int_equal(lab_region_create(&options, &region, NULL), 0);
    assert_int_equal(region.node, node);
    destroy(&region);
}

/* One page more than there is on the node; the sentence must give the count that fixes it. */
static void a_shortage_says_what_is_short_and_how_to_get_it(void **state)
{
    struct lab_region_options options = {0, node_here(), LAB_PAGES_1G, NULL};
    size_t free_pages, total_here, total = 0, ignored;
    struct lab_region region = untouched;
    struct lab_error error;
    char sentence[256];

    if (is_emulated())
        skip_because("an emulator gives ordinary pages for hugetlb pages");
    if (lab_os_hugepages(LAB_PAGE_1G, options.node, &free_pages, &total_here) ||
        lab_os_hugepages(LAB_PAGE_1G, -1, &ignored, &total))
        skip_because("the kernel has no pages of 1 GiB");
    if (total_here != total)
        skip_because("the advice for machines with several nodes differs");
    options.bytes = (free_pages + 2) * LAB_PAGE_1G;
    assert_int_equal(lab_region_create(&options, &region, &error), -ENOMEM);
    assert_memory_equal(&region, &untouched, sizeof(region));
    assert_int_equal(error.code, -ENOMEM);
    snprintf(sentence, sizeof(sentence),
             "needs %zu pages of 1 GiB on node %d, %zu free: `hugeadm --pool-pages-min 1GB:%zu`",
             free_pages + 2, options.node, free_pages, total + 2);
    assert_string_equal(error.message, sentence);
}

static void too_much_memory_is_refused_before_it_is_touched(void **state)
{
    const enum lab_pages kinds[] = {LAB_PAGES_ANY, LAB_PAGES_THP, LAB_PAGES_NORMAL};

    for (unsigned i = 0; i < 3; i++) {
        const struct lab_region_options options = {(size_t)1 << 45, LAB_NODE_ANY, kinds[i], NULL};
        struct lab_region region = untouched;
        struct lab_error error;

        assert_int_equal(lab_region_create(&options, &region, &error), -ENOMEM);
        assert_memory_equal(&region, &untouched, sizeof(region));
        assert_ptr_equal(strstr(error.message, "needs 33554432 MiB of memory"), error.message);
        assert_non_null(strstr(error.message, " MiB available: "));
    }
}

static void wrong_arguments_are_named(void **state)
{
    const struct {
        struct lab_region_options options;
        const char *says;
    } wrong[] = {
        {{0, LAB_NODE_ANY, LAB_PAGES_ANY, NULL}, "zero bytes"},
        {{SIZE_MAX, LAB_NODE_ANY, LAB_PAGES_ANY, NULL}, "overflow"},
        {{SIZE_MAX - LAB_PAGE_1G + 2, LAB_NODE_ANY, LAB_PAGES_1G, NULL}, "overflow"},
        {{SIZE_MAX - LAB_PAGE_2M + 2, LAB_NODE_ANY, LAB_PAGES_2M, NULL}, "overflow"},
        {{SIZE_MAX, LAB_NODE_ANY, LAB_PAGES_NORMAL, NULL}, "overflow"},
        {{1, -2, LAB_PAGES_ANY, NULL}, "no NUMA node -2"},
        {{1, 1 << 20, LAB_PAGES_ANY, NULL}, "no NUMA node 1048576"},
        {{1, LAB_NODE_ANY, (enum lab_pages)5, NULL}, "unknown kind of page 5"},
        {{1, LAB_NODE_ANY, (enum lab_pages) - 1, NULL}, "unknown kind of page -1"},
    };

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct lab_region region = untouched;
        struct lab_error error = {0};

        assert_int_equal(lab_region_create(&wrong[i].options, &region, &error), -EINVAL);
        assert_memory_equal(&region, &untouched, sizeof(region));
        assert_int_equal(error.code, -EINVAL);
        if (!strstr(error.message, wrong[i].says))
            fail_msg("\"%s\" does not say \"%s\"", error.message, wrong[i].says);
        assert_int_equal(lab_region_create(&wrong[i].options, &region, NULL), -EINVAL);
    }
}

static void every_kind_has_a_name(void **state)
{
    assert_string_equal(lab_pages_name(LAB_PAGES_2M), "2 MiB huge pages");
    for (int pages = -1; pages <= LAB_PAGES_NORMAL + 1; pages++)
        assert_non_null(lab_pages_name((enum lab_pages)pages));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_1g_pages),
        cmocka_unit_test(of_2m_pages),
        cmocka_unit_test(of_transparent_huge_pages),
        cmocka_unit_test(of_ordinary_pages),
        cmocka_unit_test(transparent_huge_pages_are_there),
        cmocka_unit_test(any_pages_are_ordinary_when_huge_ones_would_waste_more_than_half),
        cmocka_unit_test(any_pages_are_the_best_or_the_sentence_says_why),
        cmocka_unit_test(binds_to_a_node),
        cmocka_unit_test(a_shortage_says_what_is_short_and_how_to_get_it),
        cmocka_unit_test(too_much_memory_is_refused_before_it_is_touched),
        cmocka_unit_test(wrong_arguments_are_named),
        cmocka_unit_test(every_kind_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
