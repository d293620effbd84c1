/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Litmus tests of the explorer itself: each checks that an outcome which the memory model forbids
 * never comes, or (witness) that one which it allows does come. Without the second half, an
 * explorer that explores nothing would pass. */

#include "explore.h"

#include <lab_atomic.h>
#include <lab_barrier.h>

static lab_atomic_t w, x, y, z;
static lab_byte_t byte;
static uint64_t r[8];

static void setup(const void *data)
{
    (void)data;
    w.word = x.word = y.word = z.word = 0;
    byte.byte = 0;
    for (unsigned i = 0; i < 8; i++)
        r[i] = 0;
}

/* The outcome that a program asks about, forbidden or wanted. */
static void forbid(bool outcome)
{
    if (outcome)
        explore_fail("the forbidden outcome");
}

static void want(bool outcome)
{
    if (outcome)
        explore_witness();
}

/* Store buffering (Dekker): both threads miss the other's store. */

static void dekker_x(void)
{
    lab_store_release(&x, 1);
    r[0] = lab_load_acquire(&y);
}

static void dekker_y(void)
{
    lab_store_release(&y, 1);
    r[1] = lab_load_acquire(&x);
}

static void dekker_x_fence(void)
{
    lab_store_relaxed(&x, 1);
    lab_fence_seq_cst();
    r[0] = lab_load_relaxed(&y);
}

static void dekker_y_fence(void)
{
    lab_store_relaxed(&y, 1);
    lab_fence_seq_cst();
    r[1] = lab_load_relaxed(&x);
}

static void dekker_x_light(void)
{
    lab_store_relaxed(&x, 1);
    lab_fence_light();
    r[0] = lab_load_relaxed(&y);
}

static void dekker_y_heavy(void)
{
    lab_store_relaxed(&y, 1);
    lab_barrier_heavy(LAB_BARRIER_SHARED);
    r[1] = lab_load_relaxed(&x);
}

static void dekker_y_alone(void)
{
    lab_store_relaxed(&y, 1);
    lab_barrier_heavy(LAB_BARRIER_FENCE);
    r[1] = lab_load_relaxed(&x);
}

static void forbid_both_missed(void)
{
    forbid(r[0] == 0 && r[1] == 0);
}

static void want_both_missed(void)
{
    want(r[0] == 0 && r[1] == 0);
}

/* Message passing: the flag y is seen, the message x is not. */

static void send_release(void)
{
    lab_store_relaxed(&x, 1);
    lab_store_release(&y, 1);
}

static void send_relaxed(void)
{
    lab_store_relaxed(&x, 1);
    lab_store_relaxed(&y, 1);
}

static void send_fence(void)
{
    lab_store_relaxed(&x, 1);
    lab_fence_seq_cst();
    lab_store_relaxed(&y, 1);
}

static void receive_acquire(void)
{
    r[0] = lab_load_acquire(&y);
    r[1] = lab_load_relaxed(&x);
}

static void receive_relaxed(void)
{
    r[0] = lab_load_relaxed(&y);
    r[1] = lab_load_relaxed(&x);
}

static void receive_fence(void)
{
    r[0] = lab_load_relaxed(&y);
    lab_fence_seq_cst();
    r[1] = lab_load_relaxed(&x);
}

static void forbid_message_lost(void)
{
    forbid(r[0] != 0 && r[1] == 0);
}

static void want_message_lost(void)
{
    want(r[0] != 0 && r[1] == 0);
}

/* The release sequence: a relaxed CAS between hands the message on, a relaxed store does not. */

static void hand_on_cas(void)
{
    uint64_t expected = 1;

    (void)lab_cas_relaxed(&y, &expected, 2);
}

static void hand_on_store(void)
{
    if (lab_load_relaxed(&y) == 1)
        lab_store_relaxed(&y, 2);
}

static void forbid_second_hand_lost(void)
{
    forbid(r[0] == 2 && r[1] == 0);
}

static void want_second_hand_lost(void)
{
    want(r[0] == 2 && r[1] == 0);
}

/* A CAS that fails acquires only if it says so. */

static void receive_cas_acquire(void)
{
    uint64_t expected = 7;

    (void)lab_cas_acq_rel(&y, &expected, 8);
    r[0] = expected;
    r[1] = lab_load_relaxed(&x);
}

static void receive_cas_release(void)
{
    uint64_t expected = 7;

    (void)lab_cas_release(&y, &expected, 8);
    r[0] = expected;
    r[1] = lab_load_relaxed(&x);
}

/* Coherence: two readers of one word agree on the order of its values. */

static void write_1_2(void)
{
    lab_store_relaxed(&x, 1);
    lab_store_relaxed(&x, 2);
}

static void read_twice(void)
{
    unsigned first = 2 * explore_self();

    r[first] = lab_load_relaxed(&x);
    r[first + 1] = lab_load_relaxed(&x);
}

static void forbid_backwards(void)
{
    forbid(r[2] > r[3] || r[4] > r[5]);
}

/* Independent reads of independent writes: two readers see two words change in opposite orders. */

static void write_x(void)
{
    lab_store_release(&x, 1);
}

static void write_y(void)
{
    lab_store_release(&y, 1);
}

static void read_x_y(void)
{
    r[0] = lab_load_acquire(&x);
    r[1] = lab_load_acquire(&y);
}

static void read_y_x(void)
{
    r[2] = lab_load_acquire(&y);
    r[3] = lab_load_acquire(&x);
}

static void read_x_y_fence(void)
{
    r[0] = lab_load_acquire(&x);
    lab_fence_seq_cst();
    r[1] = lab_load_acquire(&y);
}

static void read_y_x_fence(void)
{
    r[2] = lab_load_acquire(&y);
    lab_fence_seq_cst();
    r[3] = lab_load_acquire(&x);
}

static bool opposite(void)
{
    return r[0] == 1 && r[1] == 0 && r[2] == 1 && r[3] == 0;
}

static void want_opposite(void)
{
    want(opposite());
}

static void forbid_opposite(void)
{
    forbid(opposite());
}

/* Counting: by CAS none is lost, by load and store some are. */

static void count_cas(void)
{
    uint64_t seen = lab_load_relaxed(&x);

    while (!lab_cas_relaxed(&x, &seen, seen + 1))
        ;
    (void)lab_fetch_add_relaxed(&y, 1);
}

static void count_store(void)
{
    lab_store_relaxed(&x, lab_load_relaxed(&x) + 1);
}

static void forbid_lost_count(void)
{
    forbid(x.word != 3 || y.word != 3);
}

static void want_lost_count(void)
{
    want(x.word == 1);
}

/* Death: thread 0 may get as far as any of its steps, and no farther; joining sees what it did. */

static void two_steps(void)
{
    lab_store_relaxed(&x, 1);
    lab_store_relaxed(&y, 1);
}

static void join_and_read(void)
{
    explore_join(0);
    r[0] = lab_load_relaxed(&x);
    r[1] = lab_load_relaxed(&y);
}

static void want_death_between(void)
{
    forbid(r[0] != x.word || r[1] != y.word || (y.word && !x.word));
    forbid(!explore_died(0) && !y.word);
    want(explore_died(0) && x.word && !y.word);
}

/* Executions that are in vain are left out, and nothing with them. Here thread 1 does something
 * between two steps of thread 0, of which it notices none: that thread 0 dies only then is one of
 * the executions; and so is it that thread 0 finds a byte, which is not explored, changed by then.
 */

static void three_steps(void)
{
    lab_store_relaxed(&w, 1);
    lab_store_relaxed(&x, 1);
    lab_store_relaxed(&y, 1);
}

static void do_beside(void)
{
    lab_store_relaxed(&z, 1);
    r[2] = lab_load_relaxed(&w) && !explore_died(0);
}

/* Behind the others: so that what they do is somebody's business. */
static void read_all(void)
{
    explore_join(0);
    explore_join(1);
    (void)lab_load_relaxed(&w);
    (void)lab_load_relaxed(&x);
    (void)lab_load_relaxed(&y);
    (void)lab_load_relaxed(&z);
}

static void want_death_behind_another(void)
{
    want(x.word && !y.word && r[2] && explore_died(0));
}

static void step_byte_step(void)
{
    lab_store_relaxed(&x, 1);
    lab_store_relaxed(&y, 1);
    r[0] = lab_byte_load_relaxed(&byte);
    lab_store_relaxed(&z, 1);
}

static void change_byte(void)
{
    r[1] = lab_load_relaxed(&x);
    lab_byte_store_relaxed(&byte, 1);
}

static void want_byte_between_steps(void)
{
    want(r[0] == 1 && r[1] == 1);
}

/* A thread that waits for another in a loop is caught. */

static void wait_for_x(void)
{
    while (lab_load_relaxed(&x) == 0)
        ;
}

static void nothing_to_check(void)
{
}

#define LITMUS(text, checked, ...)                                                                 \
    .name = text, .setup = setup, .thread = {__VA_ARGS__}, .check = checked

static const struct explore_program programs[] = {
    {LITMUS("store buffering: allowed without fences", want_both_missed, dekker_x, dekker_y),
     .witness = true},
    {LITMUS("store buffering: not with two fences", forbid_both_missed, dekker_x_fence,
            dekker_y_fence)},
    {LITMUS("store buffering: allowed with one fence", want_both_missed, dekker_x_fence, dekker_y),
     .witness = true},
    {LITMUS("asymmetric: light against heavy", forbid_both_missed, dekker_x_light, dekker_y_heavy)},
    {LITMUS("asymmetric: light against a lone fence fails", forbid_both_missed, dekker_x_light,
            dekker_y_alone),
     .broken = true},
    {LITMUS("asymmetric: fence against a lone fence", forbid_both_missed, dekker_x_fence,
            dekker_y_alone)},
    {LITMUS("message: release, acquire", forbid_message_lost, send_release, receive_acquire)},
    {LITMUS("message: fence, fence", forbid_message_lost, send_fence, receive_fence)},
    {LITMUS("message: fence, acquire", forbid_message_lost, send_fence, receive_acquire)},
    {LITMUS("message: release, fence", forbid_message_lost, send_release, receive_fence)},
    {LITMUS("message: lost if relaxed, acquire", want_message_lost, send_relaxed, receive_acquire),
     .witness = true},
    {LITMUS("message: lost if release, relaxed", want_message_lost, send_release, receive_relaxed),
     .witness = true},
    {LITMUS("message: handed on by a CAS", forbid_second_hand_lost, send_release, hand_on_cas,
            receive_acquire)},
    {LITMUS("message: lost if handed on by a store", want_second_hand_lost, send_release,
            hand_on_store, receive_acquire),
     .witness = true},
    {LITMUS("message: a failed CAS acquires", forbid_message_lost, send_release,
            receive_cas_acquire)},
    {LITMUS("message: lost if a failed CAS does not acquire", want_message_lost, send_release,
            receive_cas_release),
     .witness = true},
    {LITMUS("coherence: one word, one order", forbid_backwards, write_1_2, read_twice, read_twice)},
    {LITMUS("two words, two orders: allowed", want_opposite, write_x, write_y, read_x_y, read_y_x),
     .witness = true},
    {LITMUS("two words, two orders: not with fences", forbid_opposite, write_x, write_y,
            read_x_y_fence, read_y_x_fence)},
    {LITMUS("counting by CAS", forbid_lost_count, count_cas, count_cas, count_cas)},
    {LITMUS("counting by load and store loses", want_lost_count, count_store, count_store,
            count_store),
     .witness = true},
    {LITMUS("a death at each step", want_death_between, two_steps, join_and_read), .mortal = 1,
     .witness = true},
    {LITMUS("a death behind what another did", want_death_behind_another, three_steps, do_beside,
            read_all),
     .mortal = 1, .witness = true, .bound = 1},
    {LITMUS("a byte changes between two steps", want_byte_between_steps, step_byte_step,
            change_byte, read_all),
     .witness = true, .bound = 1},
    {LITMUS("waiting in a loop is caught", nothing_to_check, wait_for_x, write_x), .broken = true},
};

void explore_suite(void)
{
    for (unsigned i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        struct explore_program p = programs[i];

        p.bound = p.bound ? p.bound : 6;
        explore_add(&p);
    }
}
