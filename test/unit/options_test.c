/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <errno.h>
#include <lab_options.h>
#include <stdlib.h>
#include <string.h>

struct settings {
    int on;
    int number;
};

static int set_switch(void *into, const char *value, const char *values)
{
    int which = lab_options_choice(value, values);

    if (which < 0)
        return -EINVAL;
    *(int *)into = which == 0;
    return 0;
}

static int set_number(void *into, const char *value, const char *values)
{
    *(int *)into = atoi(value);
    return 0;
}

static const struct lab_option known[] = {
    {"switch", "on|off", offsetof(struct settings, on), set_switch},
    {"number", "N", offsetof(struct settings, number), set_number},
};

static int parse(const char *text, struct settings *settings, struct lab_error *error)
{
    *settings = (struct settings){.on = -1, .number = -1};
    *error = (struct lab_error){0};
    return lab_options_parse(text, known, 2, settings, error);
}

static void words_have_values(void **state)
{
    struct settings settings;
    struct lab_error error;

    assert_int_equal(parse("switch=on:number=7", &settings, &error), 0);
    assert_int_equal(settings.on, 1);
    assert_int_equal(settings.number, 7);
    assert_int_equal(parse("number=1:number=2:", &settings, &error), 0);
    assert_int_equal(settings.number, 2);
    assert_int_equal(settings.on, -1);
}

static void a_choice_is_one_of_the_words(void **state)
{
    assert_int_equal(lab_options_choice("off", "off|sample|full"), 0);
    assert_int_equal(lab_options_choice("sample", "off|sample|full"), 1);
    assert_int_equal(lab_options_choice("full", "off|sample|full"), 2);
    assert_int_equal(lab_options_choice("", "off|sample|full"), -1);
    assert_int_equal(lab_options_choice("of", "off|sample|full"), -1);
    assert_int_equal(lab_options_choice("off|sample", "off|sample|full"), -1);
    assert_int_equal(lab_options_choice("offer", "off"), -1);
}

static void nothing_says_nothing(void **state)
{
    static const char *const texts[] = {NULL, "", ":", "::"};
    struct settings settings;
    struct lab_error error;

    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(parse(texts[i], &settings, &error), 0);
        assert_int_equal(settings.on, -1);
        assert_int_equal(settings.number, -1);
    }
}

/* The text is refused by a message that has both. */
static void check_refused(const char *text, const char *item, const char *right)
{
    struct settings settings;
    struct lab_error error;

    assert_int_equal(parse(text, &settings, &error), -EINVAL);
    assert_non_null(strstr(error.message, item));
    assert_non_null(strstr(error.message, right));
    assert_int_equal(lab_options_parse(text, known, 2, &settings, NULL), -EINVAL);
}

static void unknown_words_are_named_with_those_that_are_known(void **state)
{
    static const char *const texts[] = {"swich=on", "=on", "switches=on", "number=1:swit=on",
                                        "a=%s%n"};

    for (size_t i = 0; i < 5; i++)
        check_refused(texts[i], strchr(texts[i], ':') ? strchr(texts[i], ':') + 1 : texts[i],
                      "\"; known: switch, number");
}

static void unknown_values_are_named_with_those_of_the_word(void **state)
{
    check_refused("switch=maybe", "\"switch=maybe\"", "; known: switch=on|off");
    check_refused("number=1:switch", "\"switch\"", "; known: switch=on|off");
}

static void a_long_word_is_cut_in_the_message(void **state)
{
    char text[1000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    check_refused(text, "\"xxxxxxxxxxxxxxxx", "\"; known: switch, number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_have_values),
        cmocka_unit_test(a_choice_is_one_of_the_words),
        cmocka_unit_test(nothing_says_nothing),
        cmocka_unit_test(unknown_words_are_named_with_those_that_are_known),
        cmocka_unit_test(unknown_values_are_named_with_those_of_the_word),
        cmocka_unit_test(a_long_word_is_cut_in_the_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
