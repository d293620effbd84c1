/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Puts, rows and transit. The picture, the invariant and the labels G1 to G13 stand in
 * lab_block.h. */

#include <errno.h>
#include <lab_block.h>

static void announce(const struct lab_block_transit *transit, unsigned row)
{
    lab_store_relaxed(transit->intent, transit->row_0 + row);
}

static void withdraw(const struct lab_block_transit *transit)
{
    /* G11: or a sweep finds neither the intent nor what was done under it, and recovers the row */
    lab_store_release(transit->intent, 0);
}

void lab_block_init(struct lab_block *block)
{
    lab_store_relaxed(&block->state, 0);
    for (unsigned row = 0; row < LAB_BLOCK_ROWS; row++)
        lab_store_relaxed(&block->row[row], lab_row_closed(0));
}

/* For a thread without an intent word: it takes the row as an allocation before it opens it. */
static bool split_own_row(struct lab_block *block, lab_row_piece piece, unsigned *ret_row)
{
    uint32_t start = lab_block_get_rows(block, LAB_BLOCK_ROW_ORDER, 1);
    unsigned row;
    uint64_t seen;

    if (start == 0)
        return false;
    row = (unsigned)__builtin_ctz(start);
    /* G3: or another gets of it while a former holder may yet write there */
    lab_store_release(&block->row[row], piece);
    seen = lab_load_relaxed(&block->state);
    /* G13: or a sweep sees the row split and still closed, and recovers it */
    while (!lab_cas_release(&block->state, &seen, lab_block_state_convert(seen, row)))
        ;
    *ret_row = row;
    return true;
}

bool lab_block_split(struct lab_block *block, lab_row_piece piece,
                     const struct lab_block_transit *transit, unsigned *ret_row)
{
    uint64_t seen = lab_load_relaxed(&block->state);
    uint32_t free;

    if (transit == NULL)
        return split_own_row(block, piece, ret_row);
    while ((free = lab_block_state_free(seen)) != 0) {
        unsigned row = (unsigned)__builtin_ctz(free);
        bool done;

        announce(transit, row);
        /* G6: or former holders may yet write there, and a sweep sees the split without its intent
         */
        done = lab_cas_acq_rel(&block->state, &seen, lab_block_state_split(seen, row));
        if (done)
            lab_store_release(&block->row[row], piece); /* G3 */
        withdraw(transit);
        if (done) {
            *ret_row = row;
            return true;
        }
    }
    return false;
}

/* Closes a row in which the caller, and nobody else, holds pages, and coalesces it. false: another
 * has got or put pages there meanwhile; *seen is the row's word then. */
static bool close_row(struct lab_block *block, unsigned row, uint64_t *seen,
                      const struct lab_block_transit *transit, unsigned *ret_order)
{
    /* The stamp: the row was split in this version or before, and still is. */
    uint64_t state = lab_load_relaxed(&block->state), next = 0;
    uint64_t closed = lab_row_closed(lab_block_state_version(state));
    bool done;

    announce(transit, row);
    /* G4: or the row's next holder does not see what its other holders did, and a sweep sees the
     * row closed without its intent */
    done = lab_cas_acq_rel(&block->row[row], seen, closed);
    while (done) {
        next = lab_block_state_coalesce(state, row);
        /* G5: or the row's next holder does not see what was done to it before */
        if (lab_cas_release(&block->state, &state, next))
            break;
    }
    withdraw(transit);
    if (done)
        *ret_order = lab_block_largest_in_rows(next);
    return done;
}

/* Why it could not be put: its first page is free, or another allocation begins or goes on there.
 */
static LAB_COLD int refuse(const struct lab_block *block, unsigned row, unsigned page)
{
    uint64_t state = lab_load_relaxed(&block->state), word = lab_load_relaxed(&block->row[row]);

    if (lab_block_state_is_split(state, row) && !lab_row_is_closed(word))
        return lab_row_free(word) >> page & 1 ? -ENOENT : -ERANGE;
    return (uint32_t)state >> row & 1 ? -ERANGE : -ENOENT;
}

int lab_block_put(struct lab_block *block, unsigned row, lab_row_piece piece,
                  const struct lab_block_transit *transit, unsigned *ret_order)
{
    uint64_t seen = lab_load_relaxed(&block->row[row]);

    for (;;) {
        uint64_t left = lab_row_give(seen, piece);

        if (lab_unlikely(!lab_row_holds(seen, piece)))
            return refuse(block, row, (unsigned)__builtin_ctzll(piece));
        lab_invariant(lab_row_is_valid(left));
        if (lab_row_is_empty(left) && transit != NULL) {
            if (close_row(block, row, &seen, transit, ret_order))
                return 0;
            /* G2: or the pages' next holder does not see what was done to them before */
        } else if (lab_likely(lab_cas_release(&block->row[row], &seen, left))) {
            *ret_order = lab_row_largest(left);
            return 0;
        }
    }
}

int lab_block_put_rows(struct lab_block *block, uint32_t starts, unsigned order,
                       unsigned *ret_order)
{
    uint64_t seen = lab_load_relaxed(&block->state);
    unsigned rows = order - LAB_BLOCK_ROW_ORDER;

    while (lab_block_state_holds(seen, starts, rows)) {
        uint64_t next = lab_block_state_give(seen, starts, rows);

        lab_invariant(lab_block_state_is_valid(next));
        /* G8: or the rows' next holder does not see what was done to them before */
        if (lab_cas_release(&block->state, &seen, next)) {
            *ret_order = lab_block_largest_in_rows(next);
            return 0;
        }
    }
    return refuse(block, (unsigned)__builtin_ctz(starts), 0);
}

bool lab_block_find_orphan(const struct lab_block *block, unsigned row,
                           struct lab_block_orphan *ret_orphan)
{
    /* G9: or the intent is looked for in the past, and that of a living thread is not found */
    ret_orphan->state = lab_load_acquire(&block->state);
    ret_orphan->word = lab_load_acquire(&block->row[row]); /* G9 */
    return lab_block_state_is_split(ret_orphan->state, row) && lab_row_is_closed(ret_orphan->word);
}

bool lab_block_recover(struct lab_block *block, unsigned row, const struct lab_block_orphan *orphan)
{
    uint64_t seen = orphan->state;

    if (lab_load_relaxed(&block->row[row]) != orphan->word)
        return false;
    /* G12: or the row's next holder does not see what its holders did before */
    return lab_cas_release(&block->state, &seen, lab_block_state_coalesce(orphan->state, row));
}

bool lab_block_is_valid(const struct lab_block *block)
{
    uint64_t state = lab_load_relaxed(&block->state);
    bool valid = lab_block_state_is_valid(state);

    for (unsigned row = 0; row < LAB_BLOCK_ROWS && valid; row++) {
        uint64_t word = lab_load_relaxed(&block->row[row]);

        valid = lab_row_is_valid(word) &&
                (lab_block_state_is_split(state, row) != lab_row_is_closed(word) ||
                 (!lab_row_is_closed(word) && lab_block_state_holds(state, 1u << row, 0)));
    }
    return valid;
}
