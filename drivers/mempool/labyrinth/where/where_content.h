/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WHERE_CONTENT_H
#define WHERE_CONTENT_H

/* The contents of a group's mbufs, and what was noted in them: the packets, the last that a port
 * did with them (ports=on), and the history of DPDK 25.11, where the program's build keeps one. */

#include "where_search.h"

struct where_content; /* a search's notes */

/* NULL where memory is short. */
struct where_content *where_content_open(const struct where_pool *pool);
void where_content_close(struct where_content *content);

/* The audit knows that an object was got `age` hundredths of a second ago, as of just now: what a
 * port did before is an older use of it. */
void where_content_got(struct where_content *content, uint32_t object, uint64_t age);

/* Looks into some objects of a group, and notes the commonest in it. */
void where_content_look(struct where_content *content, struct where_answer *answer,
                        uint32_t number);

#endif
