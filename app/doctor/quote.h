/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef DOCTOR_QUOTE_H
#define DOCTOR_QUOTE_H

/* A name as a word of a command that somebody is going to paste: as it is where a shell leaves it
 * alone, otherwise in quotes. Names of directories may have been chosen by anybody. Good until the
 * fourth call after this one. */
const char *quote(const char *name);

#endif
