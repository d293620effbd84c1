/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The programs of the shared stack. Object i has the index i - 1. */

#include "play.h"

#include <lab_stack.h>

struct game {
    const char *name;
    play_steps steps;
    unsigned depth;                 /* objects in the stack at the start, the first on top */
    unsigned hand[EXPLORE_THREADS]; /* held by each thread */
    unsigned bound;
};

static struct lab_stack stack;
static lab_atomic_t head;
static bool let_go[PLAY_OBJECTS]; /* by index: its holder has put it */
static lab_atomic_t links[PLAY_OBJECTS];

static void *object(uint32_t index)
{
    return (void *)(uintptr_t)(index + 1);
}

static bool push(unsigned n, unsigned which)
{
    void *objects[PLAY_OBJECTS];
    uint32_t indices[PLAY_OBJECTS];

    n = play_let_go(objects, n);
    for (unsigned i = 0; i < n; i++) {
        indices[i] = (uint32_t)(uintptr_t)objects[i] - 1;
        let_go[indices[i]] = true;
    }
    lab_stack_push_any(&stack, indices, n);
    play_moving(0);
    return true;
}

/* One that has put the object already, or that never had it. */
static bool push_again(unsigned n, unsigned index)
{
    uint32_t indices[] = {index};

    explore_touch();
    if (let_go[index]) {
        play_moving(1);
        (void)lab_stack_push_any(&stack, indices, 1);
        play_moving(0);
    }
    return true;
}

static unsigned pop_objects(void **ret_objects, unsigned n)
{
    uint32_t indices[PLAY_OBJECTS];

    n = lab_stack_pop_any(&stack, indices, n);
    for (unsigned i = 0; i < n; i++)
        ret_objects[i] = object(indices[i]);
    return n;
}

static bool pop(unsigned n, unsigned which)
{
    void *objects[PLAY_OBJECTS];

    play_moving(n);
    n = pop_objects(objects, n);
    play_obtain(objects, n);
    return true;
}

static void setup(const void *data)
{
    const struct game *game = data;
    uint32_t indices[PLAY_OBJECTS];

    play_reset(&game->steps);
    memset(links, 0, sizeof(links));
    memset(let_go, 0, sizeof(let_go));
    lab_store_relaxed(&head, 0);
    lab_stack_init(&stack, &head, links, PLAY_OBJECTS);
    for (unsigned i = 0; i < game->depth; i++)
        indices[game->depth - 1 - i] = play_new_free() - 1;
    lab_stack_push_any(&stack, indices, game->depth);
    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        for (unsigned i = 0; i < game->hand[t]; i++)
            (void)play_new_held(t);
}

static void check(void)
{
    void *objects[PLAY_OBJECTS];
    uint32_t count = lab_stack_count_any(&stack);
    unsigned n, found = 0;

    do {
        n = pop_objects(objects, 2);
        play_found_free(objects, n);
        found += n;
    } while (n > 0);
    if (found != count)
        explore_fail("a depth of %u, and %u objects", count, found);
    play_check();
}

// clang-format off
#define PUSH(n) {push, "PUSH", n, 0}
#define POP(n)  {pop, "POP", n, 0}
#define PUSH_AGAIN(object) {push_again, "PUSH_AGAIN", 1, (object) - 1}
// clang-format on

static const struct game games[] = {
    {"pop against pop", {{POP(1), POP(1)}, {POP(2)}, {POP(1)}}, .depth = 3, .bound = 4},
    {"push against pop",
     {{PUSH(1), PUSH(1)}, {POP(2), POP(1)}, {POP(1)}},
     .depth = 1,
     .hand = {2},
     .bound = 4},
    {"push against push", {{PUSH(2), POP(1)}, {PUSH(1)}, {PUSH(1)}}, .hand = {2, 1, 1}, .bound = 4},
    {"the top goes and comes back",
     {{POP(2)}, {POP(2), SWAP, PUSH(1), PUSH(1)}, {POP(1), PUSH(1)}},
     .depth = 3,
     .bound = 3},
    {"an object is handed on and comes back",
     {{POP(1), GIVE(0), POP(1)}, {RECEIVE(0), PUSH(1), POP(2)}},
     .depth = 3,
     .bound = 6},
    {"bursts",
     {{PUSH(2), POP(2)}, {PUSH(2), POP(2)}, {POP(3)}},
     .depth = 1,
     .hand = {2, 2},
     .bound = 3},
    {"one object is pushed twice",
     {{PUSH(1), PUSH(1)}, {PUSH_AGAIN(3), PUSH_AGAIN(3)}, {PUSH(1), PUSH_AGAIN(2)}},
     .depth = 1,
     .hand = {2, 0, 1},
     .bound = 4},
};

void explore_suite(void)
{
    for (const struct game *g = games; g < games + sizeof(games) / sizeof(games[0]); g++)
        play_add(
            &(struct explore_program){
                .name = g->name, .setup = setup, .check = check, .data = g, .bound = g->bound},
            &g->steps, 0);
}
