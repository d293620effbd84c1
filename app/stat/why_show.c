/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The findings of why_judge(), in sentences for one screen. */

#include "screen.h"
#include "where.h"
#include "why.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define COLUMNS 80
#define HELD_LISTED 6 /* the largest: a screen has 24 lines */

static json_int_t number(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static double real(json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static const char *text(json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value != NULL ? value : "";
}

/* "8,191" */
struct figure {
    char text[32];
};

static struct figure figure(json_int_t n)
{
    struct figure figure;
    char plain[32];
    size_t digits, used = 0;

    snprintf(plain, sizeof(plain), "%" JSON_INTEGER_FORMAT, n);
    digits = strlen(plain);
    for (size_t i = 0; i < digits; i++) {
        if (i > 0 && (digits - i) % 3 == 0 && plain[i - 1] != '-')
            figure.text[used++] = ',';
        figure.text[used++] = plain[i];
    }
    figure.text[used] = '\0';
    return figure;
}

/* "12", "0.3" */
static struct figure rate_figure(double rate)
{
    struct figure figure;

    snprintf(figure.text, sizeof(figure.text), rate < 10 ? "%.1f" : "%.0f", rate);
    return figure;
}

/* "67 s", "2 hours" */
static struct figure span_figure(double seconds)
{
    struct figure figure;

    if (seconds < 600)
        snprintf(figure.text, sizeof(figure.text), "%.0f s", seconds);
    else if (seconds < 7200)
        snprintf(figure.text, sizeof(figure.text), "%.0f minutes", seconds / 60);
    else if (seconds < 172800)
        snprintf(figure.text, sizeof(figure.text), "%.0f hours", seconds / 3600);
    else
        snprintf(figure.text, sizeof(figure.text), "%.0f days", seconds / 86400);
    return figure;
}

/* A sentence that is put together, and printed in lines; behind a margin, all but the first begin
 * further right. */
struct sentence {
    char text[1024];
    size_t used;
};

static void say(struct sentence *sentence, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct sentence *sentence, const char *format, ...)
{
    size_t room = sizeof(sentence->text) - sentence->used;
    va_list list;
    int n;

    va_start(list, format);
    n = vsnprintf(sentence->text + sentence->used, room, format, list);
    va_end(list);
    if (n > 0)
        sentence->used += (size_t)n < room ? (size_t)n : room - 1;
}

static void print_wrapped(FILE *out, const char *margin, const struct sentence *sentence)
{
    const char *word = sentence->text;
    size_t column = 0;

    while (*word != '\0') {
        size_t length = strcspn(word, " ");

        if (column == 0)
            column = (size_t)fprintf(out, "%s", margin);
        else if (column + 1 + length > COLUMNS)
            column = (size_t)fprintf(out, "\n%*s", (int)strlen(margin) * 2, "") - 1;
        else
            column += (size_t)fprintf(out, " ");
        column += (size_t)fprintf(out, "%.*s", (int)length, word);
        word += length;
        word += *word == ' ';
    }
    fputc('\n', out);
}

/* Groups */

static const char *are(json_int_t n)
{
    return n == 1 ? "is" : "are";
}

static void say_place(struct sentence *sentence, json_t *group)
{
    const char *where = text(group, "where");
    const char *between = number(group, "blocks") > 0 ? ": " : " ";
    char name[160];
    bool is_state = strncmp(where, "chained", strlen("chained")) == 0 ||
                    strncmp(where, "data of", strlen("data of")) == 0;

    where_name(group, name, sizeof(name));
    if (strcmp(where, "stack") == 0)
        say(sentence, "on the stack of %s", name[0] != '\0' ? name : "a thread");
    else
        say(sentence, "%s%s%s%s", is_state ? "" : "in ", where, name[0] != '\0' ? between : "",
            name);
}

/* "9 to 40 s", "9 s" */
static void say_ages(struct sentence *sentence, json_int_t youngest_s, json_int_t oldest_s)
{
    if (youngest_s != oldest_s)
        say(sentence, "%s to ", figure(youngest_s).text);
    say(sentence, "%s s ago", figure(oldest_s).text);
}

static void say_content(struct sentence *sentence, json_t *group)
{
    json_t *packets = json_object_get(group, "packets"), *packet = json_array_get(packets, 0);

    if (packet != NULL)
        say(sentence, "; %s%s", json_array_size(packets) > 1 ? "most often " : "",
            text(packet, "headers"));
    if (number(group, "events") > 0) {
        say(sentence, "; %s, ", text(group, "event"));
        say_ages(sentence, number(group, "event_youngest_s"), number(group, "event_oldest_s"));
        say(sentence, strncmp(text(group, "event"), "received", strlen("received")) == 0
                          ? ", never sent"
                          : " for sending, and not freed");
    }
    if (number(group, "histories") > 0)
        say(sentence, "; DPDK's history: %s", text(group, "history"));
    if (number(group, "recorded") > 0) {
        say(sentence, "; got ");
        say_ages(sentence, number(group, "youngest_s"), number(group, "oldest_s"));
        say(sentence, " by %s", text(group, "site"));
    }
}

static void print_lost(FILE *out, json_t *answer, json_t *group)
{
    struct sentence sentence = {.used = 0};

    say(&sentence, "%s %s %s", figure(number(group, "count")).text, are(number(group, "count")),
        strcmp(text(group, "state"), "lost") == 0 ? "lost" : "free or lost");
    if (strcmp(text(answer, "verdict"), "leak") == 0)
        say(&sentence, ", %s more a second", rate_figure(real(answer, "lost_per_s")).text);
    say_content(&sentence, group);
    print_wrapped(out, "! ", &sentence);
}

static void print_held(FILE *out, json_t *answer, json_t *group)
{
    bool grows = strcmp(text(answer, "verdict"), "growth") == 0 &&
                 real(group, "more_per_s") * 2 > real(answer, "growth_per_s");
    struct sentence sentence = {.used = 0};

    say(&sentence, "%s %s ", figure(number(group, "count")).text, are(number(group, "count")));
    say_place(&sentence, group);
    if (grows) {
        say(&sentence, ", %s more a second", rate_figure(real(group, "more_per_s")).text);
        say_content(&sentence, group);
    }
    print_wrapped(out, grows ? "! " : "  ", &sentence);
}

static void print_others(FILE *out, json_int_t places, json_int_t count)
{
    if (places > 0)
        fprintf(out, "  %s %s in %s other place%s\n", figure(count).text, are(count),
                figure(places).text, places == 1 ? "" : "s");
}

static void print_groups(FILE *out, json_t *answer)
{
    json_int_t listed = 0, others = 0, count = 0;
    json_t *group;
    size_t i;

    json_array_foreach(json_object_get(answer, "groups"), i, group)
    {
        const char *state = text(group, "state");

        if (strcmp(state, "lost") == 0 || strcmp(state, "unknown") == 0) {
            print_lost(out, answer, group);
        } else if (strcmp(state, "held") == 0 && listed++ < HELD_LISTED) {
            print_held(out, answer, group);
        } else if (strcmp(state, "held") == 0) {
            others++;
            count += number(group, "count");
        }
    }
    print_others(out, others, count);
    if (number(answer, "moving") > 0)
        fprintf(out, "  %s %s on the way\n", figure(number(answer, "moving")).text,
                are(number(answer, "moving")));
}

static json_int_t cached_lcores(json_t *answer)
{
    json_int_t n = 0;
    json_t *group;
    size_t i;

    json_array_foreach(json_object_get(answer, "groups"), i, group)
    {
        n += strcmp(text(group, "where"), "DPDK's cache") == 0;
    }
    return n;
}

static void print_free(FILE *out, json_t *answer)
{
    json_int_t cached = number(answer, "in_caches"), free = number(answer, "free");
    struct sentence sentence = {.used = 0};

    if (json_object_get(answer, "free") == NULL)
        return;
    say(&sentence, "%s %s free", figure(free).text, are(free));
    if (cached > 0)
        say(&sentence, "; DPDK's caches hold %s of these, for %s lcore%s alone",
            figure(cached).text, figure(cached_lcores(answer)).text,
            cached_lcores(answer) == 1 ? "" : "s");
    print_wrapped(out, free == 0 ? "! " : "  ", &sentence);
}

/* The advice */

static void say_leak(struct sentence *sentence, json_t *answer)
{
    if (number(answer, "free") > 0)
        say(sentence, "It leaks: the pool lasts %s at this rate, and a larger one only longer.",
            span_figure(real(answer, "lasts_s")).text);
    else
        say(sentence, "It leaks, and the pool is empty: a larger one would only last longer.");
}

static void say_lost(struct sentence *sentence, json_t *answer)
{
    if (number(answer, "free") * 20 < number(answer, "objects"))
        say(sentence, "No more can be lost, since hardly any is free: ask soon after the "
                      "program's start whether they grow.");
    else
        say(sentence,
            "No more have been lost in %.1f s. They may be of a leak that is slow or over, or the "
            "program keeps them by an index, or in another way that shows no address.",
            real(answer, "over_s"));
}

static void say_small(struct sentence *sentence, json_t *answer)
{
    say(sentence, "Nothing leaks, and hardly any is free");
    if (number(answer, "most_held") > 0)
        say(sentence, "; %s were held at most", figure(number(answer, "most_held")).text);
    say(sentence, ". A size of %s has room for a quarter more.",
        figure(number(answer, "recommended_size")).text);
}

static void say_verdict(struct sentence *sentence, json_t *answer)
{
    const char *verdict = text(answer, "verdict");

    if (strcmp(verdict, "leak") == 0)
        say_leak(sentence, answer);
    else if (strcmp(verdict, "lost") == 0)
        say_lost(sentence, answer);
    else if (strcmp(verdict, "growth") == 0)
        say(sentence, "Nothing is lost, but one place grows: the pool lasts %s at this rate.",
            span_figure(real(answer, "lasts_s")).text);
    else if (strcmp(verdict, "caches") == 0)
        say(sentence,
            "Nothing leaks. The free objects lie in the caches of %s lcore%s, where no other "
            "gets them: give the mempool smaller caches, or more objects.",
            figure(cached_lcores(answer)).text, cached_lcores(answer) == 1 ? "" : "s");
    else if (strcmp(verdict, "small") == 0)
        say_small(sentence, answer);
    else if (strcmp(verdict, "fine") == 0)
        say(sentence, "Nothing is lost, and there are free ones.");
    else
        say(sentence, "The driver %s does not show what is free, so nor what is lost.",
            text(answer, "driver"));
}

/* Says what the answer does not know. */
static void say_doubts(struct sentence *sentence, json_t *answer)
{
    if (number(answer, "unsettled") != 0)
        say(sentence, " The walks did not settle: what may be lost counts as on its way.");
    if (number(answer, "lost") > 0 && number(answer, "processes_unseen") > 0)
        say(sentence, " %s processes with the pool's memory did not answer, and may have some.",
            figure(number(answer, "processes_unseen")).text);
}

static void print_next(FILE *out, json_t *answer)
{
    if (number(answer, "lost") > 0)
        fprintf(out, "Their packets, for Wireshark: labyrinth-stat lost %s --pcap=FILE\n",
                text(answer, "pool"));
}

void why_show(FILE *out, json_t *answer)
{
    struct sentence sentence = {.used = 0};

    fprintf(out, "Of the %s objects of %s (%s)\n\n", figure(number(answer, "objects")).text,
            text(answer, "pool"), text(answer, "driver"));
    print_groups(out, answer);
    print_free(out, answer);
    fputc('\n', out);
    say_verdict(&sentence, answer);
    say_doubts(&sentence, answer);
    print_wrapped(out, "", &sentence);
    print_next(out, answer);
}
