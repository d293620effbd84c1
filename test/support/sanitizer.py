# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""AddressSanitizer takes memory and threads of its own in a program. Where a test limits these, it is
asked to do without."""

import os

# Freed memory is kept for a while, which counts against a limit of memory.
WITHOUT_KEEPING = "quarantine_size_mb=0"

# At the end a thread looks for leaks, and the program aborts where there can be none.
WITHOUT_LEAKS = "detect_leaks=0"


def environment(option):
    """This process's environment with one more option. A program without the sanitizer takes no
    notice."""
    options = filter(None, (os.environ.get("ASAN_OPTIONS"), option))
    return {**os.environ, "ASAN_OPTIONS": ":".join(options)}
