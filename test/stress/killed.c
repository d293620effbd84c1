/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Processes share a pool and are killed at random, hundreds of times, and others take over their
 * ids. Nobody hangs, nothing is held twice, and each death costs at most what the dead one held and
 * the burst that it was moving. With the argument "attached", the pool is one that they find by its
 * name, and who made it is the first to be killed. */

#include "rig.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { CHILDREN = 4, COUNT = 1023, BULK = 32, HOLD = 100, PARENT = 50, PARENT_WHO = CHILDREN + 1 };

/* The pool is looked at after this number of deaths. */
enum { DEATHS_PER_AUDIT = 16 };

struct child {
    struct rig *rig;
    uint64_t who;
    uint32_t lcore;
    uint64_t seed;
    struct actor actor;
};

static void *scratch[COUNT];

static void live(void *argument)
{
    struct child *self = argument;
    uint64_t random = self->seed;
    void *objects[HOLD + BULK];
    unsigned held = 0;

    if (self->rig->objects == NULL)
        rig_attach(self->rig);
    for (;;) {
        unsigned n = random_below(&random, BULK + 1);

        if (held < HOLD && random_below(&random, 2)) {
            if (rig_get(self->rig, self->lcore, self->who, objects + held, n))
                held += n;
        } else {
            n = n < held ? n : held;
            held -= n;
            rig_put(self->rig, self->lcore, self->who, objects + held, n);
        }
    }
}

static void bear(struct child *child, uint64_t *random)
{
    child->seed = random_next(random);
    actor_start(&child->actor, PROCESSES, live, child);
}

/* Kills a child, and puts back what it held. */
static void wait_for_dead(struct child *child)
{
    struct rig *rig = child->rig;
    uint32_t held = 0;
    int status;

    kill(child->actor.child, SIGKILL);
    expect(waitpid(child->actor.child, &status, 0) == child->actor.child, "cannot wait");
    expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "a child failed");
    for (uint32_t i = 0; i < COUNT; i++) {
        struct object *object = rig_object(rig, i);

        if (lab_load_relaxed(&object->owner) == child->who) {
            /* It may have been killed before it had written both. */
            object->plain[0] = object->plain[1] = child->who;
            scratch[held++] = object;
        }
    }
    rig_put(rig, PARENT, child->who, scratch, held);
}

/* The parent goes on while its children live and die. */
static void work(struct rig *rig, uint64_t *random)
{
    double end = now_seconds() + random_below(random, 30) / 10000.0;

    while (now_seconds() < end) {
        unsigned n = 1 + random_below(random, BULK);

        if (rig_get(rig, PARENT, PARENT_WHO, scratch, n))
            rig_put(rig, random_below(random, 2) ? PARENT : LAB_LCORE_ANY, PARENT_WHO, scratch, n);
    }
}

/* All children are dead: what can be had now is all but what was lost in motion. Returns how many
 * were, and gives them back: nobody has them. */
static uint32_t audit(struct rig *rig, uint32_t lcore)
{
    uint32_t got = rig_drain(rig, lcore, PARENT_WHO, scratch, BULK);

    for (uint32_t i = 0; i < COUNT; i++) {
        struct object *object = rig_object(rig, i);
        uint64_t owner = 0;

        if (lab_cas_relaxed(&object->owner, &owner, PARENT_WHO)) {
            object->plain[0] = object->plain[1] = PARENT_WHO;
            lab_stack_forget(&rig->pool->stack, i); /* as a reclaim does with what it finds */
        }
        scratch[i] = object;
    }
    rig_put(rig, lcore, PARENT_WHO, scratch, COUNT);
    return COUNT - got;
}

/* Each id once more by a living owner, who repairs what the dead one left: then all is as if nobody
 * had died. */
static void expect_repaired(struct rig *rig, const struct child *children)
{
    for (unsigned i = 0; i < CHILDREN; i++)
        expect(audit(rig, children[i].lcore) == 0, "objects were lost without a death");
    rig_expect_all_free(rig);
}

int main(int argc, char **argv)
{
    bool attached = argc > 1 && strcmp(argv[1], "attached") == 0;
    unsigned deaths = 0, lost = 0, most = 0;
    struct child children[CHILDREN];
    uint64_t random;
    struct rig *rig;
    double end;

    skip_processes_under_tsan();
    stress_begin("killed");
    random = stress_seed;
    end = now_seconds() + stress_seconds(2.5);
    while (now_seconds() < end) {
        if (attached) {
            rig = rig_create_shared(COUNT, (struct lab_audit_options){0});
        } else {
            rig = rig_map((struct lab_pool_options){.count = COUNT}, PROCESSES);
            rig_fill(rig, PARENT);
        }
        for (unsigned i = 0; i < CHILDREN; i++) {
            children[i] = (struct child){
                .rig = rig, .who = i + 1, .lcore = i < CHILDREN - 1 ? i : LAB_LCORE_ANY};
            bear(&children[i], &random);
        }
        for (unsigned round = 0; round < 8; round++) {
            uint32_t missing;

            for (unsigned i = 0; i < DEATHS_PER_AUDIT - CHILDREN; i++, deaths++) {
                struct child *child = &children[random_below(&random, CHILDREN)];

                work(rig, &random);
                wait_for_dead(child);
                bear(child, &random);
            }
            work(rig, &random);
            for (unsigned i = 0; i < CHILDREN; i++, deaths++)
                wait_for_dead(&children[i]);
            missing = audit(rig, round % 2 ? PARENT : LAB_LCORE_ANY);
            expect(missing <= DEATHS_PER_AUDIT * rig_in_motion(rig, BULK),
                   "%u deaths cost %u objects", DEATHS_PER_AUDIT, missing);
            lost += missing;
            most = missing > most ? missing : most;
            for (unsigned i = 0; i < CHILDREN; i++)
                bear(&children[i], &random);
        }
        for (unsigned i = 0; i < CHILDREN; i++, deaths++)
            wait_for_dead(&children[i]);
        (void)audit(rig, PARENT);
        expect_repaired(rig, children);
        rig_unmap(rig);
    }
    printf("%u deaths cost %u objects in motion, %u at most in %d deaths\n", deaths, lost, most,
           DEATHS_PER_AUDIT);
    return 0;
}
