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

static int set_switch(void *options, const char *value)
{
    struct settings *settings = options;

    if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        return -EINVAL;
    settings->on = strcmp(value, "on") == 0;
    return 0;
}

static int set_number(void *options, const char *value)
{
    ((struct settings *)options)->number = atoi(value);
    return 0;
}

static const struct lab_option known[] = {
    {"switch", "on|off", set_switch},
    {"number", "N", set_number},
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

static void what_is_unknown_is_named_with_what_is_known(void **state)
{
    static const char *const texts[] = {"swich=on",    "switch=maybe",     "switch", "=on",
                                        "switches=on", "number=1:swit=on", "a=%s%n"};
    struct settings settings;
    struct lab_error error;

    for (size_t i = 0; i < 7; i++) {
        const char *item = strchr(texts[i], ':') ? strchr(texts[i], ':') + 1 : texts[i];

        assert_int_equal(parse(texts[i], &settings, &error), -EINVAL);
        assert_non_null(strstr(error.message, item));
        assert_non_null(strstr(error.message, "switch=on|off, number=N"));
        assert_int_equal(lab_options_parse(texts[i], known, 2, &settings, NULL), -EINVAL);
    }
}

static void a_long_word_is_cut_in_the_message(void **state)
{
    char text[1000];
    struct settings settings;
    struct lab_error error;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(parse(text, &settings, &error), -EINVAL);
    assert_non_null(strstr(error.message, "switch=on|off, number=N"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_have_values),
        cmocka_unit_test(nothing_says_nothing),
        cmocka_unit_test(what_is_unknown_is_named_with_what_is_known),
        cmocka_unit_test(a_long_word_is_cut_in_the_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
