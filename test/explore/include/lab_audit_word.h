/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef EXPLORE_AUDIT_WORD_H
#define EXPLORE_AUDIT_WORD_H

/* The library's own, but with room for few processes and counts: whoever reclaims, or changes the
 * level, looks at all of them. */
#include_next <lab_audit_word.h>

#undef LAB_AUDIT_PROCESS_SLOTS
#define LAB_AUDIT_PROCESS_SLOTS 8u
#undef LAB_AUDIT_SAMPLED_COUNTS
#define LAB_AUDIT_SAMPLED_COUNTS 2u

#endif
