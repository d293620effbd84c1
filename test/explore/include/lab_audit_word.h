/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef EXPLORE_AUDIT_WORD_H
#define EXPLORE_AUDIT_WORD_H

/* The library's own, but with room for few processes: whoever reclaims looks at every place, again
 * and again. */
#include_next <lab_audit_word.h>

#undef LAB_AUDIT_PARTIES
#define LAB_AUDIT_PARTIES 8u

#endif
