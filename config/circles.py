#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Prints the circles of source files that call each other, as their objects show.

Usage: circles.py ARCHIVE...

A circle is a set of files none of which can be read, or tested, without all others. Exit status 0
when there is none, 1 otherwise.
"""
import pathlib
import re
import subprocess
import sys

SYMBOL = re.compile(r'(?:.*[:/])?([^:/]+?)(?:\.c)?\.o:[0-9a-f]* +(\w) (\w+)')


def symbols(archives):
    """By object: the names that it defines, and those that it needs of others."""
    listed = subprocess.run(['nm', '-A', *archives], capture_output=True, text=True, check=True)
    defined, needed = {}, {}
    for line in listed.stdout.splitlines():
        found = SYMBOL.fullmatch(line)
        if found and found[2] in 'TDBRWV':
            defined[found[3]] = found[1]
        elif found and found[2] == 'U':
            needed.setdefault(found[1], set()).add(found[3])
    return defined, needed


def reachable(calls, start):
    """The files to which calls lead from a file."""
    seen, left = set(), [start]
    while left:
        for other in calls.get(left.pop(), {}):
            if other not in seen:
                seen.add(other)
                left.append(other)
    return seen


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.strip())
    defined, needed = symbols(map(pathlib.Path, sys.argv[1:]))
    if not defined:
        sys.exit('circles.py: no symbols in these archives')
    calls = {file: {defined[name]: name for name in sorted(names)
                    if defined.get(name, file) != file} for file, names in needed.items()}
    in_circle = {file for file in calls if file in reachable(calls, file)}
    for file in sorted(in_circle):
        for other, name in calls[file].items():
            if other in in_circle and file in reachable(calls, other):
                print(f'{file} calls {name}() of {other}, from which calls lead back')
    sys.exit(1 if in_circle else 0)


main()
