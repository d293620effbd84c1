/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "counted.h"

#include "emulate.h"
#include "guests.h"
#include "message.h"
#include "stop.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One pool into the result's next entry, unless it cannot be. False: one of ours has lost buffers.
 */
static bool count_one(const char *name, struct result *result)
{
    const struct setting *setting = &result->setting;
    struct entry *entry = &result->entries[result->n_entries];
    struct contender contender;
    const struct turn turn = {.setting = setting, .contender = &contender};
    double values[MEASURES];
    bool is_whole = true;
    int rc = -ENOMEM;

    if (contender_open(&contender, name, setting->bufs, setting->cache, setting->pattern->touched))
        rc = setting->pattern->count(&turn, values);
    if (rc == 0) {
        is_whole =
            contender_is_whole(&contender, setting->bufs, setting->pattern->name, &entry->lost);
        for (unsigned measure = 0; measure < MEASURES; measure++) {
            if (entry->values[measure] != NULL)
                entry->values[measure][0] = values[measure];
        }
        entry->pool = name;
        result->n_entries++;
    } else {
        note("%s: %s is left out: %s", setting->pattern->name, name, strerror(-rc));
    }
    contender_close(&contender);
    return is_whole;
}

static bool takes_part(const struct result *result, const char *name)
{
    const char *objection = emulate_objection(name);

    if (!pattern_takes(result->setting.pattern, contender_kind(name)) || !contender_exists(name))
        return false;
    if (objection != NULL)
        note("%s: %s is left out: %s", result->setting.pattern->name, name, objection);
    return objection == NULL;
}

enum slots_verdict counted_run(const struct options *options, const struct slots_monitor *monitor,
                               struct result *result)
{
    struct guests *guests = guests_invite(result->setting.lcores);
    bool ours_whole = true;

    if (guests == NULL) {
        snprintf(result->left_out, sizeof(result->left_out), "this EAL has no room for %u lcores",
                 result->setting.lcores);
        return SLOTS_LEFT_OUT;
    }
    if (!result_open(result, options->n_pools, 1)) {
        snprintf(result->left_out, sizeof(result->left_out), "no memory");
        guests_dismiss(guests);
        return SLOTS_LEFT_OUT;
    }
    result->n_entries = 0;
    result->n_cpus = 1;
    for (unsigned i = 0; i < options->n_pools && stop_requested() == STOP_NONE; i++) {
        monitor->turn(monitor->context, 0, options->pools[i]);
        if (takes_part(result, options->pools[i]))
            ours_whole = count_one(options->pools[i], result) && ours_whole;
    }
    guests_dismiss(guests);
    if (result->n_entries == 0) {
        snprintf(result->left_out, sizeof(result->left_out), "none of the pools takes part");
        return SLOTS_LEFT_OUT;
    }
    result->rounds = result->samples = 1;
    return ours_whole ? SLOTS_DONE : SLOTS_LEAKED;
}
