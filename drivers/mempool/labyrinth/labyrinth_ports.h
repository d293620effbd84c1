/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_PORTS_H
#define LABYRINTH_PORTS_H

/* ports=on: what ports did with an mbuf last, noted in the mbuf itself, in a dynamic field. So it
 * needs no pool of ours, all processes see it, and it goes along with what is copied.
 *
 * An mbuf keeps its note when it is freed and got again by something else than a port: a note says
 * what was last seen, and an audit that knows a later get says that it is old. */

#include <stdint.h>

#define LABYRINTH_PORTS_FIELD "labyrinth_dynfield_port"

/* The note: kind | queue | 1 | port | time, in hundredths of a second of the time stamp counter. 0
 * for none. The 1 is one that no program's address has, since a search takes words for addresses
 * whatever their 16 highest bits are. */
enum labyrinth_port_event { LABYRINTH_RECEIVED = 1, LABYRINTH_HANDED = 2 /* for sending */ };

#define LABYRINTH_PORTS_KIND_SHIFT 62
#define LABYRINTH_PORTS_QUEUE_SHIFT 48
#define LABYRINTH_PORTS_QUEUE_MASK 0x3fffu
#define LABYRINTH_PORTS_NO_ADDRESS (UINT64_C(1) << 47)
#define LABYRINTH_PORTS_PORT_SHIFT 32
#define LABYRINTH_PORTS_PORT_MASK 0x7fffu

/* The time, now. */
uint32_t labyrinth_ports_now(void);

/* Begins, in a process that has said ports=on: as soon as there are ports, a control thread looks
 * five times a second for queues that are new, and adds callbacks to them. Once; constructors may
 * call it. */
void labyrinth_ports_start(void);

#endif
