/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_H
#define LAB_AUDIT_H

/** @file
 * The audit of a pool: the holder of each object, since when and from where. A pool has one if its
 * options ask for it (struct lab_audit_options), or for the records alone.
 *
 *     off     costs nothing
 *     sample  one get in some thousands is recorded: a leak is found in time
 *     full    every get and every put: double frees, frees of objects of others, frees by a caller
 *             that does not hold the object, and writes after a free are reported at the moment
 *             they happen, and a wrong free is not done
 *
 * Reports: the library never prints. A program or a driver takes the entries
 * (lab_audit_report_to()), and makes text of them.
 *
 * Reclaim: lab_pool_reclaim() takes back what the dead held, while the living go on. It needs the
 * audit at level full, which knows who holds what, and hand-overs that are stated
 * (lab_pool_transfer()): an object that a process was given without a statement still counts as its
 * giver's. */

#include <lab_common.h>
#include <lab_error.h>
#include <lab_lcore.h>
#include <lab_pool.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Level */

/** Time after a change of level in which nothing is recorded, in ms. */
#define LAB_AUDIT_SETTLE_MS 100u

/** The share of a pool that may wait in quarantine: the rest must do for all work. */
#define LAB_POOL_QUARANTINE_SHARE 4u

/** Changes the level of the audit while the pool is in use. Earlier records are void, and for
 * LAB_AUDIT_SETTLE_MS nothing is recorded: calls that began at the old level must have ended before
 * anything is said. (A thread that is put aside for longer in the middle of a get can be reported
 * for a double free that was none.)
 *
 * @retval -ENOENT a pool without records
 * @retval -EINVAL an unknown level
 * @threads Any thread, one at a time; lock-free: does not wait for others; a system call where the
 *     level becomes off. */
LAB_PUBLIC int lab_pool_set_audit(struct lab_pool *pool, enum lab_audit_level level);

/* Holders */

/** Holders from here on are no lcores. */
#define LAB_AUDIT_DEVICE 0x8000u

/** A holder that is no lcore: what is posted to a device queue (0 to 32,767) is the device's. */
#define LAB_POOL_DEVICE(queue) (LAB_AUDIT_DEVICE | (uint32_t)(queue))

/** States that the caller, which has the id lcore, hands n objects to somebody else. That is the
 * lcore `to` of a process (0: this one; otherwise lab_os_process() of it), or a device queue,
 * LAB_POOL_DEVICE(queue). A device's objects are handed back by stating `to` as the caller. Below
 * level full it does nothing.
 *
 * @retval -EINVAL lcore is out of range: nothing is handed over
 * @retval -ESRCH that process does not use the pool, or uses it no longer: nothing is handed over
 * @retval -EBADMSG the audit found that the caller does not hold some: these stay as they are, and
 *     the others are handed over
 * @threads Any thread; lock-free. */
LAB_PUBLIC int lab_pool_transfer(struct lab_pool *pool, uint32_t lcore, void *const *objects,
                                 unsigned n, uint32_t to, uint64_t process);

/** Puts into *ret_handle an object's number and how often it was got, in one word. It shows whether
 * the object was given out again since. It counts at level full alone: below, an object has the
 * same handle again.
 *
 * @retval -ENOENT it is no object of this pool
 * @threads Any thread; wait-free. */
LAB_PUBLIC int lab_pool_handle(const struct lab_pool *pool, const void *object,
                               uint64_t *ret_handle) LAB_CHECKED;

/** Puts an object by a handle of lab_pool_handle(), as lab_pool_put().
 *
 * @retval -EINVAL an unknown lcore, or what is no handle of this pool
 * @retval -EBADMSG the object was given out again since the handle was made, or as lab_pool_put():
 *     this is reported, and nothing is put
 * @threads Any thread; wait-free into the private part, otherwise lock-free; never blocks. */
LAB_PUBLIC int lab_pool_put_handle(struct lab_pool *pool, uint32_t lcore, uint64_t handle);

/** One call that had to do with an object. */
struct lab_audit_actor {
    uint64_t site;    /**< the address it returns to, in that process; 0: no such call was seen */
    uint64_t process; /**< lab_os_process() has it; its upper 22 bits are the id; 0: unknown */
    uint32_t lcore;   /**< or LAB_LCORE_ANY */
    bool device;      /**< lcore is the number of a device queue */
    uint64_t age_ns;  /**< how long ago */
};

/** The most groups that are distinguished: more than a person reads, and few enough for the stack.
 */
#define LAB_AUDIT_GROUPS_MAX 64u

/** Objects that are held alike: from one call site, by one holder, for about as long. */
struct lab_audit_group {
    struct lab_audit_actor holder; /**< site: of the get; age_ns: of the oldest */
    uint64_t youngest_ns;          /**< how long ago the youngest was got */
    uint64_t count;  /**< records: at level sample, each stands for as many gets as one in which */
    unsigned decade; /**< of the age: 0 is below 1 s, 1 below 10 s, 2 below 100 s, and so on */
};

/** Groups all objects that are held and were got at least so long ago by call site, holder and age,
 * the largest first. skip (may be NULL) has a bit for each object, 1 for one that is to be left
 * out. *ret_rest (may be NULL) is how many objects are in none of the groups. Reads only.
 *
 * @return how many groups there are in ret_groups, n at most (and LAB_AUDIT_GROUPS_MAX); 0 without
 *     an audit
 * @threads Any thread; wait-free; takes time with the number of objects. */
LAB_PUBLIC unsigned lab_pool_groups(const struct lab_pool *pool, uint64_t least_age_ns,
                                    const uint64_t *skip, struct lab_audit_group *ret_groups,
                                    unsigned n, uint64_t *ret_rest);

/* Reports */

/** The faults, 0 (LAB_AUDIT_FINE) if nothing was wrong. */
enum lab_audit_fault {
    LAB_AUDIT_FINE,             /**< nothing is wrong */
    LAB_AUDIT_DOUBLE_FREE,      /**< a put of a free object */
    LAB_AUDIT_FOREIGN_FREE,     /**< a put of an address that is no object of this pool */
    LAB_AUDIT_INSIDE_FREE,      /**< a put of an address inside one */
    LAB_AUDIT_WRONG_HOLDER,     /**< a put or a hand-over by a caller that does not hold it */
    LAB_AUDIT_STALE_HANDLE,     /**< a put by a handle, and the object was given out again since */
    LAB_AUDIT_WRITE_AFTER_FREE, /**< the poison of a free object was changed */
    LAB_AUDIT_HELD_TWICE,       /**< the pool had an object that somebody holds */
    LAB_AUDIT_SHARED_LCORE, /**< a call of an lcore that is inside another, by a second thread with
                               its id; and objects that both then hold or free */
    LAB_AUDIT_LEAK,         /**< held to the end */
    LAB_AUDIT_FAULTS        /**< their number */
};

/** Returns the name of a fault.
 *
 * @return "double_free" and the like; NULL beyond the last
 * @threads Any thread; wait-free. */
LAB_INLINE const char *lab_audit_fault_name(enum lab_audit_fault fault)
{
    static const char *const names[] = {
        "fine",         "double_free",      "foreign_free", "inside_free",  "wrong_holder",
        "stale_handle", "write_after_free", "held_twice",   "shared_lcore", "leak"};

    static_assert(sizeof(names) / sizeof(names[0]) == LAB_AUDIT_FAULTS, "each has one");
    return (unsigned)fault < LAB_AUDIT_FAULTS ? names[fault] : NULL;
}

/** Returns the meaning of a fault, for a sentence.
 *
 * @return "freed, and it was free already" and the like; NULL beyond the last
 * @threads Any thread; wait-free. */
LAB_INLINE const char *lab_audit_fault_text(enum lab_audit_fault fault)
{
    static const char *const texts[] = {"nothing is wrong",
                                        "freed, and it was free already",
                                        "freed, and it is no buffer of this pool",
                                        "freed, and it is not the start of a buffer",
                                        "freed or handed over by one who does not hold it",
                                        "freed, and it was given out again since",
                                        "written to after it was freed",
                                        "given out, and somebody holds it already",
                                        ("of an lcore id that two use at the same time "
                                         "(threads, or a thread and its signal handler)"),
                                        "still held"};

    static_assert(sizeof(texts) / sizeof(texts[0]) == LAB_AUDIT_FAULTS, "each has one");
    return (unsigned)fault < LAB_AUDIT_FAULTS ? texts[fault] : NULL;
}

/** One report of the audit. */
struct lab_audit_entry {
    enum lab_audit_fault fault; /**< the fault */
    const char *pool;           /**< the pool's name */
    const void *object;         /**< the pointer in question; NULL for a group of leaks, and for a
                                  call as such (LAB_AUDIT_SHARED_LCORE) */
    uint32_t index;             /**< of the object, or UINT32_MAX */
    uint32_t generation;        /**< gets of it so far */
    uint64_t offset;            /**< LAB_AUDIT_INSIDE_FREE: bytes behind the object's start;
                                   LAB_AUDIT_WRITE_AFTER_FREE: the first byte that was changed */
    uint64_t count;             /**< objects: 1, or as many as leaked alike */
    struct lab_audit_actor caller; /**< of the call that is wrong, or that found it */
    struct lab_audit_actor got;    /**< the last get */
    struct lab_audit_actor put;    /**< the last put */
    struct lab_audit_actor
        holder;        /**< while it is held: its site is that of the hand-over, if any */
    uint64_t left_out; /**< entries since the last one that were too many for a second */
};

/** Takes a report of the audit. It is called by whichever thread found the fault, in the middle of
 * its get or put; it may take its time, but must not use the pool. */
typedef void lab_audit_reporter(const struct lab_audit_entry *entry);

/** Says where this process's entries go from now on, at most that number a second (0: all of them).
 * Without a reporter they are only counted.
 *
 * @threads Any thread. */
LAB_PUBLIC void lab_audit_report_to(lab_audit_reporter *reporter, uint32_t per_second);

/** The state of the audit itself. */
struct lab_pool_audit_stats {
    bool records;                      /**< the pool has some */
    enum lab_audit_level level;        /**< the level */
    uint32_t sample;                   /**< at level sample, one get in this number is recorded */
    uint32_t quarantined;              /**< free, and waiting; counted as free */
    uint64_t faults[LAB_AUDIT_FAULTS]; /**< found so far */
};
/** Reports the state of the audit itself; all 0 without one.
 *
 * @threads Any thread; wait-free. */
LAB_PUBLIC void lab_pool_audit_stats(const struct lab_pool *pool,
                                     struct lab_pool_audit_stats *ret_stats);

/* Reclaim */

/** The holder that is gone, for lab_pool_reclaim(). */
struct lab_pool_holder {
    uint64_t process; /**< lab_os_process() of it; 0: every process that has ended */
    uint32_t
        lcore; /**< LAB_LCORE_ANY: all that the process held, but for its device queues. Otherwise
                  this lcore of it, or its LAB_POOL_DEVICE(queue): the caller knows that the thread
                  has ended and that no other has its id yet, or that the queue has been stopped */
};

/** The result of lab_pool_reclaim(). */
struct lab_pool_reclaimed {
    uint32_t held;      /**< objects that it held */
    uint32_t in_motion; /**< objects that its last call had in its hands */
    uint32_t unknown; /**< processes of which it cannot be known whether they have ended: what they
                         hold stays theirs */
    bool complete;    /**< false: some are unknown; or others were too long inside calls for what is
                         in motion to be distinguished from what they move, or the audit's level was
                         changed meanwhile; another call may find some */
};

/** Counts the processes that have ended since the pool's audit knows them, and may have left
 * something.
 *
 * *ret_unknown (may be NULL) is of how many this one cannot tell whether they have ended, and
 * therefore takes nothing:
 *
 * - those of another PID namespace, a container's for instance;
 * - those of another time namespace, when their process id is in use;
 * - those that had no /proc, or no file descriptor to read it, when they made the pool, attached to
 *   it or, where it came to them in another way, first used it;
 * - those whose id is in use, and that the caller cannot look at: its /proc does not show them
 *   (hidepid), it has none, or no file descriptor left;
 * - all, where the caller may not call pidfd_open(2), or tgkill(2), or is itself one of the third
 *   kind.
 *
 * @return how many; 0: there is nothing to reclaim, or no audit
 * @threads Any thread; wait-free but for the system, which is asked about each. */
LAB_PUBLIC unsigned lab_pool_ended(const struct lab_pool *pool, unsigned *ret_unknown);

/** Makes the objects free that the dead held. The contents of buffers are zeroed before; objects of
 * the caller's own are as the dead left them, unless `renew` is given, which is called for each.
 * They are given to the pool as by a put of the lcore `lcore`, the caller's own, also through the
 * quarantine, if the pool has one. Anybody who lives may call, and one at a time does it. On
 * failure *error (may be NULL) says what to do, and nothing has been changed.
 *
 * It looks at every record. A pool of 262,144 takes some ms, and what it takes back its zeroing
 * besides, and each call of others that it waits for; and where lcores of the process that made the
 * pool have not called in since another one came, four to eight slow barriers.
 *
 * @retval -EBUSY another one reclaims; or the process runs, or cannot be known to have ended, and
 *     no lcore of it is named; or 63 other processes use the pool, so that the caller has found no
 *     place among them. One that dies in a reclaim is reclaimed itself, unless nobody can know that
 *     it has ended (lab_pool_ended()): then the others get -EBUSY for ever
 * @retval -ENOTSUP the audit is not at level full
 * @retval -EAGAIN the audit has been at level full for less than LAB_AUDIT_SETTLE_MS
 * @retval -EINVAL a wrong lcore
 * @threads Any thread; lock-free for all others, which note what they move meanwhile. Not for hot
 *     paths: it asks the system about processes. */
LAB_PUBLIC int lab_pool_reclaim(struct lab_pool *pool, uint32_t lcore,
                                const struct lab_pool_holder *holder,
                                void (*renew)(void *object, void *context), void *context,
                                struct lab_pool_reclaimed *ret_reclaimed,
                                struct lab_error *error) LAB_CHECKED;

#endif
