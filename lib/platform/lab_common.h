/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_COMMON_H
#define LAB_COMMON_H

/* Compiler attributes and the two or three constants that every floor shares; and alignas and
 * static_assert, which C11 and C++ know, for C99 too. */

#if defined(__cplusplus) || __STDC_VERSION__ >= 201112L
#include <assert.h>
#include <stdalign.h>
#else
#define alignas(bytes) __attribute__((aligned(bytes)))
#define static_assert(condition, message) __extension__ _Static_assert(condition, message)
#endif

/* One cache line: what two lcores must not share if both write it. */
#define LAB_CACHE_LINE 64

#define lab_likely(x) __builtin_expect(!!(x), 1)
#define lab_unlikely(x) __builtin_expect(!!(x), 0)

/* On every hot path: an out-of-line call would cost more than the path itself. */
#define LAB_INLINE static inline __attribute__((always_inline))

/* On every slow path: kept out of the callers' instruction stream. */
#define LAB_COLD __attribute__((noinline, cold))

/* On paths that are not hot, yet not so rare that they may be small rather than fast. */
#define LAB_NOINLINE __attribute__((noinline))

/* Checks an invariant in debug builds; in all others nothing is left of it. */
#ifdef LAB_DEBUG
#define lab_invariant(condition) assert(condition)
#else
#define lab_invariant(condition) ((void)sizeof(condition))
#endif

/* A result that must not be ignored. */
#define LAB_CHECKED __attribute__((warn_unused_result))

/* Exported from liblabyrinth.so; everything else is hidden. */
#ifdef __cplusplus
#define LAB_PUBLIC extern "C" __attribute__((visibility("default")))
#else
#define LAB_PUBLIC __attribute__((visibility("default")))
#endif

#endif
