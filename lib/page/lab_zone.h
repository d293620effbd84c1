/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_ZONE_H
#define LAB_ZONE_H

/* A part of a zone: blocks of 2 MiB, and the way to find in them what was asked for. A zone is an
 * arena's memory of one node and kind of page (lab_page.h); everything here works on one of its
 * parts. For lib/page alone.
 *
 * Pages are numbers here, 4 KiB each, from 0 on; an allocation of order k is 2^k of them, from a
 * multiple of 2^k on, and goes by the number of its first page. At rest
 *
 *     pages held + pages free = LAB_BLOCK_PAGES * blocks
 *
 * Only the blocks say which pages are free (lab_block.h). The rest is advice: two hint bytes for
 * each block (the largest order in its open rows, and in its free rows), and for each lcore the
 * blocks it works in at the moment. Hints are written without care by many, so they may be wrong,
 * which costs time: before a request fails, every block has been looked at.
 *
 * Progress: nothing waits. Every call is lock-free, and none makes a system call. A thread stopped
 * or killed anywhere stops no other. A failed request is no proof that there was nothing: another
 * thread in transit hides one row for as long as it is there.
 *
 * Metadata: 194 bytes for each block and 128 for each lcore, in memory of its own beside the pages:
 * 0.01 % and some tens of KiB. */

#include <lab_block.h>
#include <lab_bytes.h>
#include <lab_common.h>
#include <lab_lcore.h>
#include <lab_page.h>
#include <stddef.h>

/* Blocks in a zone: less than 16 TiB, so that the number of every page, and that of the end, is
 * below LAB_PAGE_NONE. */
#define LAB_ZONE_BLOCKS_MAX ((UINT32_C(1) << 23) - 1)

/* No page's number, and no block's. */
#define LAB_PAGE_NONE UINT32_MAX

/* Long-lived pages are kept apart from short-lived ones, so that blocks become whole again. */
enum lab_zone_class { LAB_ZONE_SHORT, LAB_ZONE_LONG, LAB_ZONE_CLASSES };

/* Threads without an id that can be at once in a call of one part with all the comfort that an
 * lcore has; further ones leave rows open that they empty (doc/adr/0004). */
#define LAB_ZONE_GUESTS 16u

/* The hint bytes of a block: that of the open rows is the largest order in them and 1, or 0; that
 * of the free rows is the largest order less 4, or 0. LAB_BYTES_FLAG: some lcore works in this
 * block. */
enum lab_zone_hint { LAB_ZONE_OPEN, LAB_ZONE_ROWS, LAB_ZONE_HINTS };

/* Orders that share a block: the smallest apart from the rest, since they splinter rows, and those
 * of whole rows. The largest order takes blocks whole, and works in none. */
enum lab_zone_group {
    LAB_ZONE_SINGLES, /* orders 0 and 1 */
    LAB_ZONE_RUNS,    /* orders 2 to 4 */
    LAB_ZONE_OF_ROWS, /* orders 5 to 8 */
    LAB_ZONE_GROUPS
};

/* Where an lcore's searches begin, in groups of LAB_BYTES_GROUP blocks: for each hint, and: */
#define LAB_ZONE_AT_WHOLE LAB_ZONE_HINTS
#define LAB_ZONE_CURSORS (LAB_ZONE_HINTS + 1)

struct lab_zone_place {
    uint32_t block; /* the block that an lcore works in, or LAB_PAGE_NONE */
    uint32_t row;   /* and the row that last had what it wanted */
};

/* The state of an lcore, or of a guest. Written by it alone, save by the sweep after its death. */
struct lab_zone_lcore {
    alignas(LAB_CACHE_LINE) lab_atomic_t intent; /* lab_block.h; read by every sweep */
    lab_atomic_t taken;                          /* guests: 1 while one is in here */
    struct lab_zone_place at[LAB_ZONE_CLASSES][LAB_ZONE_GROUPS];
    uint32_t cursor[LAB_ZONE_CURSORS];
    uint32_t home;     /* its cursors begin here, and do not fall back behind it */
    uint32_t searches; /* slow ones */
    uint32_t quiet;    /* splits before it searches near again */
    bool plenty;       /* many blocks are whole: a search looks near only */
    bool no_intent;    /* a guest that came too late has no intent word */
};

/* In memory that may be shared between processes. Only lib/page looks inside. */
struct lab_zone_part {
    uint32_t magic;
    uint32_t blocks;
    uint32_t lcores; /* the guests' entries come after theirs */
    uint32_t groups; /* of LAB_BYTES_GROUP blocks */
    struct lab_block *block;
    lab_byte_t *hint[LAB_ZONE_HINTS]; /* one for each block, and zeros up to a whole group */
    struct lab_zone_lcore *lcore;
};

#define LAB_ZONE_MAGIC UINT32_C(0x656e6f5a) /* "Zone" in memory */

/* Bytes that lab_zone_init() needs for that many blocks (1 to LAB_ZONE_BLOCKS_MAX), and lcores with
 * the ids 0 to lcores - 1. */
size_t lab_zone_footprint(uint32_t blocks, uint32_t lcores);

/* Makes a part over pages that the caller has, wherever they are, in memory of lab_zone_footprint()
 * bytes, zeroed and aligned to LAB_CACHE_LINE, that the caller frees when nobody uses the part any
 * more. All pages are free. Set-up only. */
struct lab_zone_part *lab_zone_init(void *memory, uint32_t blocks, uint32_t lcores);

/* Gets up to n times 2^order pages, many in one step: the numbers of their first pages; *ret_n is
 * how many.
 *
 * lcore is the calling thread's id, which no other thread may use at the same time, or
 * LAB_LCORE_ANY. Returns 0 when it is at least one (or n is 0); -ENOMEM when nothing of that order
 * was found in any block; -EINVAL for an lcore, order or class that there is not. On failure
 * nothing is changed. Lock-free; never blocks. */
int lab_zone_alloc_bulk(struct lab_zone_part *part, uint32_t lcore, unsigned order,
                        enum lab_zone_class lifetime, uint32_t *ret_pages, unsigned n,
                        unsigned *ret_n) LAB_CHECKED;

/* The same for one. */
int lab_zone_alloc(struct lab_zone_part *part, uint32_t lcore, unsigned order,
                   enum lab_zone_class lifetime, uint32_t *ret_page) LAB_CHECKED;

/* Puts n allocations of one order back, which any thread may have got; those that stand side by
 * side in the array, and are of one row, or of rows of one block, in one step.
 *
 * Returns 0; -EINVAL for an unknown lcore or order, or a page that is not of this part or not a
 * multiple of the order's size; -ENOENT when the page is free; -ERANGE when it is not, but no
 * allocation of that order begins there. On failure those before pages[*ret_n] are free, that one
 * is wrong, and the rest is untouched; otherwise *ret_n is n. Lock-free; never blocks. A page that
 * was put twice is not noticed if it was given out again in between. */
int lab_zone_free_bulk(struct lab_zone_part *part, uint32_t lcore, unsigned order,
                       const uint32_t *pages, unsigned n, unsigned *ret_n);

/* The same for one. */
int lab_zone_free(struct lab_zone_part *part, uint32_t lcore, uint32_t page, unsigned order);

/* Brings back what an lcore that died (its thread or process has ended for certain) had in transit
 * at that moment: one row at most; what it held is not touched. Its id may be used again when every
 * sweep of it has returned 0. For LAB_LCORE_ANY: of all threads without an id, none of which may
 * live inside a call.
 * Returns 0; -EAGAIN when another thread is just in transit with the same row, or has died there:
 * call again, when the others that died are swept, too; -EINVAL when there is no such lcore.
 * Wait-free; any thread, several at once too. */
int lab_zone_sweep(struct lab_zone_part *part, uint32_t dead) LAB_CHECKED;

/* Whether the equation above holds, as it does at rest when the dead have been swept: every block
 * is valid, the pages add up, and no lcore is in transit. Hints may say anything. Reads only. */
bool lab_zone_part_is_valid(const struct lab_zone_part *part);

/* Looks at every block. Exact while no thread is inside a call. Reads only. Any thread;
 * wait-free. */
void lab_zone_stats(const struct lab_zone_part *part, struct lab_page_part_map *ret_stats);

#endif
