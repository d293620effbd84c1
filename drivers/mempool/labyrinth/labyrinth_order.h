/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_ORDER_H
#define LABYRINTH_ORDER_H

/* Loads DPDK's own mempool drivers now, in the order in which the EAL is going to load them: what
 * registers afterwards has its slot in the table of mempool ops behind theirs.
 *
 * A mempool knows its driver by the number of a slot. A program that has not loaded this driver,
 * such as dpdk-dumpcap, makes a mempool with the number that ring_mp_mc has there, and our process
 * calls what it has under that number. So DPDK's drivers must have the same slots with us as
 * without us. Does nothing in a program that is linked with DPDK's archives: the EAL loads none
 * there. */
void labyrinth_order_load_others(void);

#endif
