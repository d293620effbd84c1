/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "world.h"

#include <lab_barrier.h>
#include <lab_deque.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THINGS 16u
#define CAPACITY 16u
#define BOXES 2u

enum place { FREE, IN_BOX, DRAINED, HELD }; /* HELD + t: by thread t */

struct variant {
    const struct world *world;
    bool fenced;
    char name[80];
};

static const struct world *world;
static enum lab_barrier barrier;
static struct lab_deque deques[2];
static lab_atomic_t slots[2][CAPACITY];
static lab_atomic_t boxes[BOXES];
static unsigned n_things;
static unsigned place[THINGS + 1];
static struct {
    void *things[THINGS];
    unsigned n;
    unsigned moving; /* at most so many are in flight inside the current call */
} hand[EXPLORE_THREADS];

static unsigned or_default(unsigned value, unsigned otherwise)
{
    return value ? value : otherwise;
}

static void *thing(unsigned number)
{
    return (void *)(uintptr_t)number;
}

static unsigned number_of(const void *thing)
{
    unsigned number = (unsigned)(uintptr_t)thing;

    if ((uintptr_t)thing == 0 || (uintptr_t)thing > n_things)
        explore_fail("%p is no thing: nobody wrote it", thing);
    return number;
}

static void equip(unsigned d, bool fenced)
{
    unsigned capacity = or_default(world->capacity, 4);

    lab_deque_init(&deques[d], or_default(world->reach, 1), or_default(world->tip, 1), fenced);
    for (unsigned i = 0; i < CAPACITY; i++)
        slots[d][i].word = 0;
    lab_deque_equip_owner(&deques[d], slots[d], capacity);
}

static void setup(const void *data)
{
    const struct variant *variant = data;

    world = variant->world;
    barrier = variant->fenced ? LAB_BARRIER_FENCE : LAB_BARRIER_SHARED;
    equip(0, variant->fenced);
    equip(1, variant->fenced);
    memset(boxes, 0, sizeof(boxes));
    memset(place, 0, sizeof(place));
    memset(hand, 0, sizeof(hand));
    n_things = 0;

    for (unsigned i = world->top; i < world->bot; i++)
        slots[0][i & deques[0].mask].word = ++n_things;
    deques[0].top.word = world->top;
    deques[0].split.word = world->unseen ? world->top : world->split;
    deques[0].bot.word = world->bot;
    lab_deque_publish_owner(&deques[0], world->bot); /* nothing, but the owner has a look */
    deques[0].split.word = world->split;
    while (hand[0].n < world->hand) {
        place[++n_things] = HELD;
        hand[0].things[hand[0].n++] = thing(n_things);
    }
}

/* Where things come from and go to, for the thread that is running. */

static void obtain(void *const *things, unsigned n)
{
    unsigned me = explore_self();

    hand[me].moving = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned number = number_of(things[i]);

        explore_note("  has thing %u", number);
        if (place[number] != FREE)
            explore_fail("thing %u is held twice", number);
        place[number] = HELD + me;
        hand[me].things[hand[me].n++] = things[i];
    }
}

static unsigned let_go(void **ret_things, unsigned n)
{
    unsigned me = explore_self();

    n = n < hand[me].n ? n : hand[me].n;
    for (unsigned i = 0; i < n; i++) {
        ret_things[i] = hand[me].things[--hand[me].n];
        place[number_of(ret_things[i])] = FREE;
        explore_note("  lets thing %u go", number_of(ret_things[i]));
    }
    hand[me].moving = n;
    return n;
}

static void push(struct lab_deque *deque, unsigned n, bool public)
{
    void *things[THINGS];
    bool done;

    n = let_go(things, n);
    if (n == 0)
        return;
    done = (!public && lab_deque_push_owner(deque, things, n)) ||
           lab_deque_push_slow_owner(deque, things, n, public);
    obtain(things, done ? 0 : n);
}

static unsigned steal(struct lab_deque *deque, unsigned n)
{
    void *things[THINGS];

    n = n < deque->reach ? n : deque->reach;
    hand[explore_self()].moving = n;
    n = lab_deque_steal_any(deque, things, n);
    obtain(things, n);
    return n;
}

static void pop(struct lab_deque *deque, unsigned n)
{
    void *things[THINGS];
    unsigned got = n, more;

    hand[explore_self()].moving = n;
    if (!lab_deque_pop_owner(deque, things, n))
        got = lab_deque_pop_slow_owner(deque, things, n);
    obtain(things, got);
    for (; got < n; got += more)
        if ((more = steal(deque, n - got)) == 0)
            break;
}

static void revoke(struct lab_deque *deque, enum verb how)
{
    bool help = deque->split.word >= LAB_DEQUE_MARK;
    uint64_t mark;

    if (lab_deque_mark_any(deque, &mark) != LAB_DEQUE_MARKED)
        return;
    if (how == DO_REVOKE_ALONE || (how == DO_HELP_ALONE && help))
        lab_barrier_heavy(LAB_BARRIER_FENCE);
    else
        lab_barrier_heavy(barrier);
    lab_deque_settle_any(deque, mark);
}

static void give(lab_atomic_t *box)
{
    void *thing;

    if (let_go(&thing, 1) == 0)
        return;
    place[number_of(thing)] = IN_BOX;
    lab_store_release(box, number_of(thing));
    hand[explore_self()].moving = 0;
}

static void receive(lab_atomic_t *box)
{
    uint64_t number = lab_load_acquire(box);
    void *received = thing((unsigned)number);

    if (number == 0 || place[number] != IN_BOX)
        return;
    place[number] = FREE;
    obtain(&received, 1);
}

static void swap(void)
{
    unsigned n = hand[explore_self()].n;
    void **things = hand[explore_self()].things, *last;

    if (n < 2)
        return;
    last = things[n - 1];
    things[n - 1] = things[n - 2];
    things[n - 2] = last;
}

/* One step; false: the thread ends here. */
static bool step(const struct op *op)
{
    struct lab_deque *deque = &deques[op->deque];

    switch (op->verb) {
    case END:
        return false;
    case DO_PUSH:
    case DO_PUSH_PUBLIC:
        push(deque, op->n, op->verb == DO_PUSH_PUBLIC);
        return true;
    case DO_POP:
        pop(deque, op->n);
        return true;
    case DO_PUBLISH:
        lab_deque_publish_owner(deque, 0);
        return true;
    case DO_STEAL:
        (void)steal(deque, deque->reach);
        return true;
    case DO_REVOKE:
    case DO_REVOKE_ALONE:
    case DO_HELP_ALONE:
        revoke(deque, op->verb);
        return true;
    case DO_GIVE:
        give(&boxes[op->n]);
        return true;
    case DO_RECEIVE:
        receive(&boxes[op->n]);
        return true;
    case DO_SWAP:
        swap();
        return true;
    case DO_JOIN:
        explore_join(op->n);
        return true;
    case DO_SAY:
        lab_store_release(&boxes[op->n], 1);
        return true;
    case DO_SAY_RELAXED:
        lab_store_relaxed(&boxes[op->n], 1);
        return true;
    case DO_HEAR:
        return lab_load_acquire(&boxes[op->n]) != 0;
    case DO_INSIST:
        if (hand[explore_self()].n == 0)
            explore_fail("nothing was stolen");
        return true;
    }
    return false;
}

static void act(void)
{
    static const char *const names[] = {
        "END",    "PUSH",         "PUSH_PUBLIC", "POP",         "PUBLISH", "STEAL",
        "REVOKE", "GIVE",         "RECEIVE",     "SWAP",        "JOIN",    "SAY",
        "HEAR",   "REVOKE_ALONE", "HELP_ALONE",  "SAY_RELAXED", "INSIST"};
    const struct op *op = world->ops[explore_self()];

    do
        explore_note("%s %u", names[op->verb], op->n);
    while (step(op++));
}

/* Takes all that any thread could take now that nobody is inside a call. */
static void drain(struct lab_deque *deque)
{
    void *things[THINGS];
    uint64_t mark;

    for (;;) {
        unsigned n = lab_deque_steal_any(deque, things, deque->reach);
        enum lab_deque_marked marked;

        for (unsigned i = 0; i < n; i++) {
            if (place[number_of(things[i])] != FREE)
                explore_fail("thing %u is held and in the deque", number_of(things[i]));
            place[number_of(things[i])] = DRAINED;
        }
        if (n > 0)
            continue;
        marked = lab_deque_mark_any(deque, &mark);
        if (marked == LAB_DEQUE_BARE)
            return;
        if (marked == LAB_DEQUE_MARKED)
            lab_deque_settle_any(deque, mark);
    }
}

static void check_order(const struct lab_deque *deque)
{
    uint64_t top = deque->top.word, split = deque->split.word, bot = deque->bot.word;

    if (split >= LAB_DEQUE_MARK)
        explore_fail("a mark is left behind");
    if (top > split || split > bot || bot > top + deque->mask + 1)
        explore_fail("not top %llu <= split %llu <= bot %llu <= top + capacity",
                     (unsigned long long)top, (unsigned long long)split, (unsigned long long)bot);
}

static void check(void)
{
    unsigned lost = 0, may_be_lost = 0;
    bool died = false;

    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        if (explore_died(t)) {
            died = true;
            may_be_lost = hand[t].moving;
        }
    for (unsigned d = 0; d < 2; d++) {
        if (!died)
            check_order(&deques[d]);
        drain(&deques[d]);
    }
    for (unsigned i = 1; i <= n_things; i++)
        lost += place[i] == FREE;
    if (lost > may_be_lost)
        explore_fail("%u things are lost, and %u may be", lost, may_be_lost);
}

static bool revokes(const struct world *w)
{
    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        for (const struct op *op = w->ops[t]; op->verb != END; op++)
            if (op->verb == DO_REVOKE)
                return true;
    return false;
}

static struct explore_program program(const struct world *w, bool fenced, bool dies)
{
    struct variant *variant = malloc(sizeof(*variant));
    struct explore_program p = {.setup = setup, .check = check, .data = variant};
    static const char *const names[] = {"owner", "thief 1", "thief 2", "next owner"};

    if (!variant)
        abort();
    variant->world = w;
    variant->fenced = fenced;
    snprintf(variant->name, sizeof(variant->name), "%s%s%s", w->name, fenced ? ", fenced" : "",
             dies ? ", a thread dies" : "");
    p.name = variant->name;
    p.bound = or_default(w->bound, 3) - dies; /* there are many more places to die in */
    p.broken = w->broken;
    for (unsigned t = 0; t < EXPLORE_THREADS; t++) {
        p.thread[t] = w->ops[t][0].verb != END ? act : NULL;
        p.thread_name[t] = names[t];
        p.mortal |= (unsigned)dies << t;
    }
    return p;
}

unsigned world_programs(const struct world *w, struct explore_program *programs)
{
    unsigned n = 0;

    for (unsigned fenced = 0; fenced <= (!w->broken && revokes(w)); fenced++)
        for (unsigned dies = 0; dies <= !w->broken; dies++)
            programs[n++] = program(w, fenced, dies);
    return n;
}
