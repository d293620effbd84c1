# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The kind of a directory, by the file system that is there: anybody can give a name."""

import subprocess


def kind_of(path):
    """"cgroup2fs", "hugetlbfs", "tmpfs" and so on; None where there is nothing."""
    done = subprocess.run(["stat", "--file-system", "--format=%T", path], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
