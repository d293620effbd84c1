/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The level of an audit changes while an object is sampled. A pool counts the objects that are
 * sampled, and its puts go the slow way while there is one: so none may stay that no put will look
 * for. */

#include "explore.h"

#include <lab_audit_here.h>
#include <lab_audit_watch.h>
#include <lab_os.h>
#include <lab_ticks.h>

#define OBJECTS 2u
#define INDEX 1u

static char objects[OBJECTS];
static struct lab_audit audit;
static _Alignas(LAB_CACHE_LINE) char memory[4096];
static struct lab_audit_call call;
static unsigned sampled, taken_back; /* as a pool adds and subtracts them */

struct lab_audit_here lab_audit_here;

/* A second each time: nobody waits for the clock. */
uint64_t lab_os_clock_ns(void)
{
    static uint64_t now;

    return now += 1000000000;
}

uint64_t lab_ticks(void)
{
    return 1;
}

unsigned lab_audit_enter(struct lab_audit *of)
{
    return 1;
}

static void setup(const void *data)
{
    const struct lab_audit_options options = {.level = LAB_AUDIT_SAMPLE, .sample = 1};

    memset(memory, 0, sizeof(memory));
    memset(&audit, 0, sizeof(audit));
    if (lab_audit_footprint(OBJECTS, &options) > sizeof(memory))
        explore_fail("the table needs more memory");
    lab_audit_init(&audit, (void *)memory, OBJECTS, &options);
    lab_audit_begin_table(&audit, &options);
    (void)lab_audit_begin(&audit, 0, (struct lab_audit_site){memory, NULL}, 1, &call);
    sampled = taken_back = 0;
}

static void get(void)
{
    sampled += lab_audit_set_sampled(&audit, INDEX, &objects[INDEX], &call);
}

/* As a pool's put: it looks for a mark only where one is counted. */
static void put(void)
{
    if (lab_audit_may_be_sampled(&audit, &objects[INDEX]))
        taken_back += lab_audit_clear_sampled(&audit, INDEX, &objects[INDEX]);
}

static void get_and_put(void)
{
    get();
    put();
}

static void change_level(void)
{
    taken_back += lab_audit_set_level(&audit, LAB_AUDIT_OFF);
}

static void change_level_twice(void)
{
    change_level();
    taken_back += lab_audit_set_level(&audit, LAB_AUDIT_SAMPLE);
}

static void check(void)
{
    put();
    if (sampled != taken_back)
        explore_fail("%u are sampled, and %u are so no longer: puts stay slow", sampled,
                     taken_back);
    if (sampled == 1)
        explore_witness();
}

static void add(const char *name, void (*gets)(void), void (*changes)(void))
{
    explore_add(&(struct explore_program){.name = name,
                                          .setup = setup,
                                          .thread = {gets, changes},
                                          .thread_name = {"gets", "changes"},
                                          .check = check,
                                          .bound = 5,
                                          .witness = true});
}

void explore_suite(void)
{
    add("the level falls while an object is sampled", get, change_level);
    add("the level falls while a sampled object is put", get_and_put, change_level);
    add("the level falls and rises while an object is sampled", get, change_level_twice);
}
