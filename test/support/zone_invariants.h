/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef ZONE_INVARIANTS_H
#define ZONE_INVARIANTS_H

/* The invariants of a zone while no thread is inside a call. Reads only. */

#include <lab_zone.h>

/* NULL, or what is wrong: the zone is not lab_zone_part_is_valid(), or a row is open and empty,
 * unless some may have been left so. ret_order (or NULL) has an entry for each page: the order and
 * 1 of the allocation that begins there, ZONE_TAIL where one goes on, 0 where the page is free. */
#define ZONE_TAIL 0xff
const char *zone_wrong(const struct lab_zone_part *part, bool may_be_empty, uint8_t *ret_order);

#endif
