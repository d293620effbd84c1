/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_GFP_H
#define LAB_GFP_H

/** @file
 * Request flags of pages. */

#include <lab_common.h>
#include <stdbool.h>

/** Request flags, with the kernel's meaning: exactly one of the first three, and any modifiers. */
enum lab_gfp {
    LAB_GFP_ATOMIC = 1 << 0, /**< never waits; may take the reserve: for receive paths */
    LAB_GFP_NOWAIT = 1 << 1, /**< never waits; stops at the low watermark */
    LAB_GFP_WAIT = 1 << 2,   /**< set-up and control threads: stops at the min watermark; may empty
                                the caches of other lcores, by a system call, and map memory */

    LAB_GFP_ZERO = 1 << 3, /**< all bytes are 0 */

    /** The memory is the caller's alone: what a former holder left in it is zeroed, and its first
     * lines are asked for in exclusive state. It is never inherited by fork, nor dumped. */
    LAB_GFP_EXCLUSIVE = 1 << 4,

    LAB_GFP_NOWARN = 1 << 5, /**< the caller reckons with a failure: it is no event */
};

/** The classes, of which a request has exactly one. */
#define LAB_GFP_CLASSES (LAB_GFP_ATOMIC | LAB_GFP_NOWAIT | LAB_GFP_WAIT)

/** All flags. */
#define LAB_GFP_ALL (LAB_GFP_CLASSES | LAB_GFP_ZERO | LAB_GFP_EXCLUSIVE | LAB_GFP_NOWARN)

/** @cond of the library's own use */

/* Whether the flags make sense: nothing unknown, and just one class. */
LAB_INLINE bool lab_gfp_is_valid(unsigned gfp)
{
    unsigned which = gfp & LAB_GFP_CLASSES;

    return (gfp & ~(unsigned)LAB_GFP_ALL) == 0 && which != 0 && (which & (which - 1)) == 0;
}

/* Whether the flags are a class alone, so that there is nothing to do but to find memory. */
LAB_INLINE bool lab_gfp_is_plain(unsigned gfp)
{
    return gfp == LAB_GFP_ATOMIC || gfp == LAB_GFP_NOWAIT || gfp == LAB_GFP_WAIT;
}

/** @endcond */

#endif
