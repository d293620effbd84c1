/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_DEQUE_SET_H
#define LAB_DEQUE_SET_H

/* The deques of all lcores, as one machine: a pool has one array of them, an arena one for each
 * order and kind of page.
 *
 *     lcore index:       0            1          2          3       ...    lcores
 *                   ┌──────────┬──────────┬──────────┬──────────┬───   ──┬──────────┐
 *     array 0       │ no slots │  deque   │  deque   │  deque   │        │  deque   │
 *     array 1       │ no slots │  deque   │  deque   │  deque   │        │  deque   │
 *                   └──────────┴──────────┴──────────┴──────────┴───   ──┴──────────┘
 *
 * Index 0 stands for all threads without an id, and never has slots; index i + 1 is lcore i.
 *
 * Registry. There are slots for `places` lcores. An lcore registers when it first has something to
 * keep, and its id has that place for good: the registry names the lcores in order of arrival, so
 * that a thief looks at those alone. An entry may be seen before the deques have slots; D13 and D14
 * in lab_deque.h make sure that nobody looks at their layout then. An lcore that is killed between
 * the two finds its place again when its id comes back.
 *
 * Starving. A get that found too little everywhere starves: it begins a shortage, in which every
 * put publishes all that its lcore has. A shortage has a number, which is never used again, so that
 * an lcore never takes one shortage for another. It ends when an lcore has put often enough since
 * the last get starved, or when its owner has plenty.
 *
 * Revocation. The private parts of lcores that make no call are made public with one barrier on
 * all CPUs. The quick barrier reaches one process (lab_barrier.h). So in a set that several
 * processes use, the lcores of its maker alone do without fences, which is all of them as long as
 * nobody else has come; those of other processes fence from their first slow path on. Once another
 * process has come, the maker's begin to as well, each when it next takes a slow path. Until then,
 * a get that finds one of them idle, with something in its private part, waits for the slow
 * barrier.
 *
 * A process that is not announced, and uses an id whose deque the maker gave slots, would get from
 * that deque without a fence, and the maker's barrier does not reach it. The hot path cannot
 * distinguish processes. So each way into a set announces a process before its first call
 * (lab_deque_set_announce_any).
 *
 * A process may lose the quick barrier, too: it filters its system calls once it has set itself up.
 * The first refusal switches the set to the slow barrier, and from then on it counts as one that
 * several processes use. That is correct also before owners have noticed: a thread that revokes
 * goes by what each deque says of its owner (lab_deque.fenced), and uses the quick barrier only
 * while the set has one process.
 *
 * Interception. `intercepted` counts the reasons why puts may not take the hot path; 0 is what the
 * hot path asks for. A shortage is one reason; the floors above have others.
 *
 * Progress: wait-free unless said otherwise.
 *
 *     C1 fence of an arriving process between its announcement and its first call   pairs with C2
 *     C2 fence between the marks of a revocation, or the epoch of a sweep, and the look at whether
 *        processes have come   pairs with C1
 *     W6 fence of an lcore that is to do without, between saying so and its next call   pairs
 *        with W1: a sweep's, between its epoch and its look at that (lab_audit_calls.h) */

#include <lab_barrier.h>
#include <lab_deque.h>
#include <lab_index.h>

/* The lcore index of the threads without an id. */
#define LAB_DEQUE_SET_ANY 0u

/* The most lcores that can have deques at the same time. */
#define LAB_DEQUE_SET_PLACES_MAX 128u

/* An lcore may keep this number private, however many lcores there are: with fewer, bursts of 32
 * never run hot. */
#define LAB_DEQUE_SET_PRIVATE_MIN 16u

/* Puts of one lcore since the last get starved, after which the shortage is over. */
#define LAB_DEQUE_SET_PUTS_ENOUGH 256u

/* One deque for each lcore. Constant. */
struct lab_deque_array {
    struct lab_deque *deque; /* lcores + 1 */
    uint32_t capacity;       /* slots of one deque, a power of two */
    uint32_t slots_at;       /* where they begin among the slots of an lcore */
    uint32_t steal_max;      /* as in each deque */
    uint32_t private_size;   /* of the private part, where one lcore alone has slots */
    uint32_t private_all; /* of the private parts of all lcores but one together: objects that this
                             one cannot get; 0: no bound */
    uint32_t start; /* of the first lcore's counters, so that they are a multiple of a cache line's
                       words once it has put all that there is: the first one fills a pool, and wide
                       moves that pass the end of a line take twice the time */
};

/* One lcore's memory of a set. Its owner alone reads and writes it. */
struct lab_deque_set_own {
    uint64_t shortage; /* the last one that it has seen */
    uint32_t puts;     /* since it saw that */
    uint32_t victim;   /* the place that was last worth stealing from */
};

/* The part that all threads of all processes write. */
struct lab_deque_set_state {
    alignas(LAB_CACHE_LINE) lab_atomic_t intercepted; /* reasons why puts are not hot */
    lab_atomic_t starving;         /* the number of the shortage, 0: there is none */
    lab_atomic_t shortages;        /* begun, ever */
    lab_atomic_t is_multi_process; /* 1: owners must fence, for another process than the maker has
                                      come, or the quick barrier has been refused */
    lab_atomic_t is_refused;       /* 1: it has */
    lab_atomic_t registered;       /* places that are taken, or were asked for */
};

/* The constant part, so that a process can have it where no other writes. */
struct lab_deque_set {
    const struct lab_deque_array *array;
    uint32_t arrays;
    uint32_t lcores;
    lab_atomic_t *slots; /* places x slots_each */
    uint64_t slots_mask; /* bytes: what of an address that is counted from there can be a slot's */
    uint32_t slots_each; /* of one lcore */
    uint32_t places;     /* 1 to LAB_DEQUE_SET_PLACES_MAX */
    lab_atomic_t *entry; /* of each place: an lcore index, or LAB_DEQUE_SET_ANY: not yet */
    uint64_t maker;      /* lab_barrier_address_space() of the process that made the set */
    enum lab_barrier barrier;
    struct lab_deque_set_state *state;
};

/* Initialises the deques, which have no slots yet. Set-up only. */
void lab_deque_set_init(const struct lab_deque_set *set);

/* Registry */

/* Gives the caller's deques slots, the first time that it has something to keep, as long as there
 * are some, fits its private part to the number of lcores that have some, and lets its owner fence
 * where it must from now on. Returns whether it has slots. */
bool lab_deque_set_register_owner(const struct lab_deque_set *set, uint32_t lcore_index);

/* Whether an lcore's deque has slots. Repairs its layout, which other processes may have damaged,
 * where it is not what it is in all deques of the array. Any thread. */
bool lab_deque_set_has_any(const struct lab_deque_set *set, const struct lab_deque_array *array,
                           uint32_t lcore_index);

/* Places that may have deques. Any thread. */
LAB_INLINE uint32_t lab_deque_set_length(const struct lab_deque_set *set)
{
    uint64_t taken = lab_load_relaxed(&set->state->registered);

    return taken < set->places ? (uint32_t)taken : set->places;
}

/* The lcore index at a place, or LAB_DEQUE_SET_ANY while its owner is still registering. It is one
 * that there is, and the place is brought into range, whoever wrote the two. Any thread. */
LAB_INLINE uint32_t lab_deque_set_at(const struct lab_deque_set *set, uint32_t place)
{
    const lab_atomic_t *entry = &set->entry[lab_index_bounded(place, set->places)];

    return (uint32_t)lab_index_bounded(lab_load_relaxed(entry), (uint64_t)set->lcores + 1);
}

/* Objects in all deques of an array. Exact while nobody is inside a call. Any thread. */
uint64_t lab_deque_set_count_any(const struct lab_deque_set *set,
                                 const struct lab_deque_array *array);

/* Whether all deques are valid, those with slots are registered once, the others not, and a
 * shortage is among the reasons of `intercepted`: as it is at rest when nobody has died inside a
 * call. Reads only. */
bool lab_deque_set_is_valid(const struct lab_deque_set *set);

/* Stealing in turn */

/* All lcores but the caller, each once, from the one on that gave something the last time. */
struct lab_deque_victims {
    const struct lab_deque_set *set;
    const struct lab_deque_array *array;
    uint32_t own;         /* the caller */
    uint32_t place;       /* of the victim */
    uint32_t left;        /* places to look at */
    uint32_t lcore_index; /* the victim */
};

/* Begins with the caller's last victim; threads without an id begin with the first place. */
LAB_INLINE struct lab_deque_victims lab_deque_victims(const struct lab_deque_set *set,
                                                      const struct lab_deque_array *array,
                                                      const struct lab_deque_set_own *own,
                                                      uint32_t lcore_index)
{
    uint32_t length = lab_deque_set_length(set);
    uint32_t first = lcore_index != LAB_DEQUE_SET_ANY ? own->victim : 0;
    uint32_t before = (first > 0 && first < length ? first : length) - 1;
    struct lab_deque_victims victims = {set, array, lcore_index, before, length, LAB_DEQUE_SET_ANY};

    return victims;
}

/* The next victim's deque, NULL when all were. */
struct lab_deque *lab_deque_victims_next(struct lab_deque_victims *victims);

/* This one gave something. Owner. */
LAB_INLINE void lab_deque_victims_remember(const struct lab_deque_victims *victims,
                                           struct lab_deque_set_own *own)
{
    if (victims->own != LAB_DEQUE_SET_ANY)
        own->victim = victims->place;
}

/* Interception and shortages */

/* n reasons more why puts may not be hot, or fewer. A thread that raises the count before the
 * reason is there, and lowers it when it has gone, leaves it too high if it dies, never too low. */
LAB_INLINE void lab_deque_set_intercept(const struct lab_deque_set *set, int64_t n)
{
    if (n != 0)
        (void)lab_fetch_add_relaxed(&set->state->intercepted, (uint64_t)n);
}

/* The number of the shortage, or 0. Any thread. */
LAB_INLINE uint64_t lab_deque_set_shortage(const struct lab_deque_set *set)
{
    return lab_load_relaxed(&set->state->starving);
}

/* A get starves: a shortage begins, or goes on. Any thread; lock-free. */
void lab_deque_set_starve_any(const struct lab_deque_set *set);

/* Notes a put during a shortage. Returns how many this lcore has made since it saw that one: 1 for
 * the first. Owner. */
unsigned lab_deque_set_note_put_owner(struct lab_deque_set_own *own, uint64_t shortage);

/* Ends a shortage, unless another get has starved since. Any thread. */
void lab_deque_set_end_shortage_any(const struct lab_deque_set *set, uint64_t shortage);

/* Processes, barriers, revocation */

/* From now on other processes than the maker use the set. Any thread. */
void lab_deque_set_announce_any(const struct lab_deque_set *set);

/* Announces the caller if it is of another process than the maker. Any thread. */
void lab_deque_set_arrive_any(const struct lab_deque_set *set);

LAB_INLINE bool lab_deque_set_is_multi_process(const struct lab_deque_set *set)
{
    return lab_load_relaxed(&set->state->is_multi_process) != 0;
}

/* The caller's deques fence from now on. Owner. */
void lab_deque_set_fence_owner(const struct lab_deque_set *set, uint32_t lcore_index);

/* At each slow get and put: an owner that does not fence begins to, where the set is no longer its
 * maker's alone. Owner. */
LAB_INLINE void lab_deque_set_see_processes_owner(const struct lab_deque_set *set,
                                                  uint32_t lcore_index)
{
    if (lab_unlikely(lab_deque_set_is_multi_process(set)))
        lab_deque_set_fence_owner(set, lcore_index);
}

struct lab_deque_revoked {
    unsigned barriers; /* calls of the barrier */
    bool any;          /* there is something to steal now */
};

/* Makes the private parts of all others in an array public. Any thread; one system call,
 * unless their owners fence. */
struct lab_deque_revoked lab_deque_set_revoke_any(const struct lab_deque_set *set,
                                                  const struct lab_deque_array *array,
                                                  uint32_t lcore_index);

/* Whether to revoke may take milliseconds. Any thread. */
bool lab_deque_set_is_barrier_slow_any(const struct lab_deque_set *set);

/* Returns after all other owners have executed a full fence since the call began, or fence by
 * themselves at what matters. Any thread; a system call at most, and 8 to 20 ms where that is the
 * slow one. */
void lab_deque_set_barrier_any(const struct lab_deque_set *set);

/* Where a deque's slots lie, whatever another process has written there: among those of all. */
LAB_INLINE struct lab_deque_ring lab_deque_set_ring(const struct lab_deque_set *set,
                                                    const struct lab_deque_array *array,
                                                    const struct lab_deque *deque)
{
    uintptr_t first = (uintptr_t)set->slots;
    struct lab_deque_ring ring = {
        (lab_atomic_t *)(first + (((uintptr_t)deque->slots - first) & set->slots_mask)),
        array->capacity - 1};

    return ring;
}

#endif
