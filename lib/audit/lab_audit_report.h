/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_REPORT_H
#define LAB_AUDIT_REPORT_H

/* What the audit found, told at the moment it is found. The library never prints: a program or a
 * driver takes the entries, and makes text of them. */

#include <lab_audit.h>

/* One call that had to do with a thing. */
struct lab_audit_actor {
    uint64_t site; /* the address it returns to, in that process; 0: no such call was seen */
    uint64_t
        process;     /* lab_os_process() has it; its upper LAB_OS_PID_BITS are the id; 0: unknown */
    uint32_t lcore;  /* or LAB_LCORE_ANY */
    bool device;     /* lcore is the number of a device queue */
    uint64_t age_ns; /* how long ago */
};

struct lab_audit_entry {
    enum lab_audit_fault fault;
    const char *pool;
    const void *thing;             /* the pointer in question; NULL for a group of leaks, and for a
                                      call as such (LAB_AUDIT_SHARED_LCORE) */
    uint32_t index;                /* of the thing, or UINT32_MAX */
    uint32_t generation;           /* gets of it so far */
    uint64_t offset;               /* LAB_AUDIT_INSIDE_FREE: bytes behind the thing's start;
                                      LAB_AUDIT_WRITE_AFTER_FREE: the first byte that was changed */
    uint64_t count;                /* things: 1, or as many as leaked alike */
    struct lab_audit_actor caller; /* of the call that is wrong, or that found it */
    struct lab_audit_actor got;    /* the last get */
    struct lab_audit_actor put;    /* the last put */
    struct lab_audit_actor holder; /* while it is held: its site is that of the hand-over, if any */
    uint64_t left_out;             /* entries since the last one that were too many for a second */
};

/* Called by whichever thread found it, in the middle of its get or put; may take its time, but must
 * not use the pool. */
typedef void lab_audit_reporter(const struct lab_audit_entry *entry);

/* Where this process's entries go from now on, at most so many a second (0: all of them). Without
 * a reporter they are only counted. Any thread. Example: the driver's labyrinth_report.c. */
LAB_PUBLIC void lab_audit_report_to(lab_audit_reporter *reporter, uint32_t per_second);

/* The name of a fault, "double_free" and the like; NULL beyond the last. Any thread; wait-free. */
LAB_PUBLIC const char *lab_audit_fault_name(enum lab_audit_fault fault);

/* What a fault means, for a sentence: "freed twice". Any thread; wait-free. */
LAB_PUBLIC const char *lab_audit_fault_text(enum lab_audit_fault fault);

/* For those who use the audit. */

/* Counts a fault and reports it, unless it may be none since the level has just changed. `entry`
 * has what only the caller knows: fault, pool, thing, index, offset. `before` is the record's word
 * when the fault was found. Lock-free but for the reporter. */
void lab_audit_report(struct lab_audit *audit, struct lab_audit_entry *entry,
                      const struct lab_audit_call *call, uint64_t before);

/* Reports an entry that is complete. */
void lab_audit_tell(struct lab_audit_entry *entry);

/* A who-word and a time in ticks, for people. */
struct lab_audit_actor lab_audit_actor(const struct lab_audit *audit, uint64_t site, uint64_t who,
                                       uint64_t at);

/* Nanoseconds since a time in ticks. */
uint64_t lab_audit_age_ns(const struct lab_audit *audit, uint64_t at);

#endif
