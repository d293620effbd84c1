/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The conclusions of an experienced colleague:
 *
 *     leak      more are lost than before
 *     lost      some are lost, and no more than before
 *     growth    nothing is lost, and what something holds grows as the pool shrinks
 *     caches    nothing of that, and nearly all that is free lies in the caches of some lcores
 *     small     nothing of that, and the pool is short all the same: of this alone comes a size
 *     fine      nothing of that, and there is enough
 *     unknown   the mempool's driver does not show what is free
 */

#include "why.h"

#include <string.h>

#define SHORT_SHARE 20 /* a pool is short of which less than a twentieth is free for all lcores */

static json_int_t number(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static bool is(json_t *object, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value != NULL && strcmp(value, text) == 0;
}

static json_int_t count_of_same(json_t *answer, json_t *group)
{
    json_t *other;
    size_t i;

    json_array_foreach(json_object_get(answer, "groups"), i, other)
    {
        if (json_equal(json_object_get(other, "where"), json_object_get(group, "where")) &&
            json_equal(json_object_get(other, "name"), json_object_get(group, "name")))
            return number(other, "count");
    }
    return 0;
}

/* Each group's change; returns the largest of those that are held. */
static double add_rates(json_t *answer, json_t *before, double seconds)
{
    double most = 0;
    json_t *group;
    size_t i;

    json_array_foreach(json_object_get(answer, "groups"), i, group)
    {
        json_int_t more = number(group, "count") - count_of_same(before, group);
        double rate = seconds > 0 ? (double)more / seconds : 0;

        json_object_set_new(group, "more_per_s", json_real(rate));
        if (is(group, "state", "held") && rate > most)
            most = rate;
    }
    return most;
}

static json_int_t in_caches(json_t *answer)
{
    json_int_t sum = 0;
    json_t *group;
    size_t i;

    json_array_foreach(json_object_get(answer, "groups"), i, group)
    {
        if (is(group, "where", "DPDK's cache"))
            sum += number(group, "count");
    }
    return sum;
}

static bool is_short(json_t *answer, json_t *before)
{
    return (number(answer, "free") - in_caches(answer)) * SHORT_SHARE < number(answer, "objects") ||
           number(answer, "failed") > number(before, "failed");
}

/* Tables breathe: one that grows by chance takes nothing from what is free for long. */
static bool is_growth(json_t *answer, json_t *before, double rate, double seconds)
{
    double shrunk = (double)(number(before, "free") - number(answer, "free"));

    return rate * seconds * SHORT_SHARE * 5 > (double)number(answer, "objects") &&
           shrunk * 2 > rate * seconds;
}

static const char *verdict_of(json_t *answer, json_t *before, double growth, double seconds)
{
    json_int_t lost = number(answer, "lost");

    if (json_object_get(answer, "free") == NULL)
        return "unknown";
    if (lost > 0)
        return lost > number(before, "lost") ? "leak" : "lost";
    if (is_growth(answer, before, growth, seconds))
        return "growth";
    if (!is_short(answer, before))
        return "fine";
    return in_caches(answer) > 0 && in_caches(answer) == number(answer, "free") ? "caches"
                                                                                : "small";
}

static void add_rate(json_t *answer, const char *key, double rate)
{
    json_object_set_new(answer, key, json_real(rate));
    if (rate > 0)
        json_object_set_new(answer, "lasts_s", json_real((double)number(answer, "free") / rate));
}

/* A quarter more than is held, where nobody has counted the most. */
static void recommend(json_t *answer)
{
    json_int_t size = 1, wanted;

    if (json_object_get(answer, "recommended_size") != NULL)
        return;
    wanted = (number(answer, "objects") - number(answer, "free")) * 5 / 4 + in_caches(answer);
    while (size < wanted)
        size = 2 * size + 1;
    json_object_set_new(answer, "recommended_size", json_integer(size));
}

void why_judge(json_t *answer, json_t *before, double seconds)
{
    double growth = add_rates(answer, before, seconds);
    const char *verdict = verdict_of(answer, before, growth, seconds);

    json_object_set_new(answer, "verdict", json_string(verdict));
    json_object_set_new(answer, "over_s", json_real(seconds));
    json_object_set_new(answer, "in_caches", json_integer(in_caches(answer)));
    if (strcmp(verdict, "leak") == 0)
        add_rate(answer, "lost_per_s",
                 (double)(number(answer, "lost") - number(before, "lost")) / seconds);
    else if (strcmp(verdict, "growth") == 0)
        add_rate(answer, "growth_per_s", growth);
    if (strcmp(verdict, "small") == 0)
        recommend(answer);
    else
        json_object_del(answer, "recommended_size");
}
