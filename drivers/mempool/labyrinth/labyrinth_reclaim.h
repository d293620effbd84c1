/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_RECLAIM_H
#define LABYRINTH_RECLAIM_H

/* reclaim=auto: from now on this process looks once a second, in a control thread of its own,
 * whether another has ended that held objects of an audited mempool of its own, and takes them
 * back. Once or more often; control path. */
void labyrinth_reclaim_start(void);

#endif
