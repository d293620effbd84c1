/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_PROBE_H
#define LAB_PROBE_H

/* Probes for bpftrace, perf, SystemTap and gdb: each is one instruction that does nothing, and a
 * note in the file, which strip(1) leaves there. Slow paths alone have them.
 *
 *     labyrinth:fail         pool, lcore            a get found too little
 *     labyrinth:starve       pool, lcore, wanted    a get has found too little to steal
 *     labyrinth:revoke       pool, lcore, barriers  for it, private parts were made public
 *     labyrinth:low          pool, free, watermark  the free objects fell below it
 *     labyrinth:empty        pool, free             they ran out
 *     labyrinth:high         pool, free, watermark  they rose above it
 *     labyrinth:dropped      pool, foreign, twice   objects that were put by mistake
 *     labyrinth:double_free  pool, object, site     the audit found one
 *
 * The pool is its name, and the lcore of a thread without an id LAB_LCORE_ANY. The build has them
 * where it finds <sys/sdt.h> (systemtap-sdt-dev). */

#ifdef LAB_PROBES
#include <sys/sdt.h>

#define LAB_PROBE2(name, a, b) DTRACE_PROBE2(labyrinth, name, a, b)
#define LAB_PROBE3(name, a, b, c) DTRACE_PROBE3(labyrinth, name, a, b, c)
#else
#define LAB_PROBE2(name, a, b) ((void)sizeof(a), (void)sizeof(b))
#define LAB_PROBE3(name, a, b, c) ((void)sizeof(a), (void)sizeof(b), (void)sizeof(c))
#endif

#endif
