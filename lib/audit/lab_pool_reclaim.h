/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_RECLAIM_H
#define LAB_POOL_RECLAIM_H

/* Taking back what the dead held, while the living go on.
 *
 * Needs the audit at level full, which knows who holds what, and hand-overs that are stated
 * (lab_pool_transfer): what a process was given without a word still counts as its giver's. */

#include <lab_pool.h>
#include <lab_process.h>

/* Who is gone. */
struct lab_pool_holder {
    uint64_t process; /* lab_os_process() of it; 0: every process that has ended */
    uint32_t lcore;   /* LAB_LCORE_ANY: all that the process held, but for its device queues. Else
                         this lcore of it, or its LAB_POOL_DEVICE(queue): the caller knows that the
                         thread has ended and that no other has its id yet, or that the queue has
                         been stopped */
};

struct lab_pool_reclaimed {
    uint32_t held;      /* things that it held */
    uint32_t in_motion; /* and that its last call had in its hands */
    uint32_t unknown;   /* processes of which it cannot be told whether they have ended: what they
                           hold stays theirs */
    bool complete;      /* false: some are unknown; or others were too long inside calls for what is
                           in motion to be told from what they move, or the audit's level was
                           changed meanwhile; another call may find some */
};

/* How many processes have ended since the pool's audit knows them, and may have left something: 0
 * says that there is nothing to reclaim, or no audit. Asks the system about each. Any thread;
 * wait-free but for that. Example: what the DPDK driver does once a second. */
LAB_PUBLIC unsigned lab_pool_ended(const struct lab_pool *pool);

/* Of how many processes this one cannot tell whether they have ended, and therefore takes nothing:
 * - those of another PID namespace, a container's for instance;
 * - those of another time namespace, when their process id is in use;
 * - those that had no /proc, or no file descriptor to read it, when they made the pool, attached to
 *   it or, where it came to them in another way, first used it;
 * - those whose id is in use, and that the caller cannot look at: its /proc does not show them
 *   (hidepid), it has none, or no file descriptor left;
 * - all, where the caller may not call pidfd_open(2), or is itself one of the third kind.
 *
 * Asks the system about each. Any thread; wait-free but for that. Example: the DPDK driver says so
 * once. */
LAB_PUBLIC unsigned lab_pool_unknown(const struct lab_pool *pool);

/* Makes the things free that the dead held. The contents of buffers are zeroed before; objects of
 * the caller's own are as the dead left them, unless `renew` is given, which is called for each.
 * They are given to the pool as by a put of the lcore `lcore`, the caller's own, also through the
 * quarantine, if the pool has one. Anybody who lives may call, and one at a time does it: the
 * others get -EBUSY. One that dies in it is reclaimed itself, unless nobody can know that it has
 * ended (lab_pool_unknown()): then the others get -EBUSY for ever.
 *
 * Returns 0; -EBUSY also when the process runs, or cannot be told to have ended, and no lcore of it
 * is named, or when 63 other processes use the pool, so that the caller has found no place among
 * them; -ENOTSUP when the audit is not at level full, -EAGAIN when it has been so for less than
 * LAB_AUDIT_SETTLE_MS; -EINVAL for a wrong lcore. *error (may be NULL) then says what to do, and
 * nothing has been changed.
 *
 * Time: looks at every record; a pool of 262,144 takes some ms, and what it takes back its zeroing
 * besides, and each call of others that it waits for; and where lcores of the process that made the
 * pool have not called in since another one came, four to eight slow barriers (lab_barrier.h).
 * Lock-free for all others, who mark what they move meanwhile. Not for hot paths: it asks the
 * system about processes. Example: test/stress/reclaim.c. */
LAB_PUBLIC int lab_pool_reclaim(struct lab_pool *pool, uint32_t lcore,
                                const struct lab_pool_holder *holder,
                                void (*renew)(void *thing, void *context), void *context,
                                struct lab_pool_reclaimed *ret_reclaimed,
                                struct lab_error *error) LAB_CHECKED;

#endif
