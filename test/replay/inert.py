#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Does a test fail when an option does nothing? For each option that `labyrinth-replay --help` names,
the tests beside this file run a program that leaves it out, until one of them fails. (That program is
this file too, by a link of the right name: INERT says which option it leaves out.)"""

import functools
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve()
OPTION = re.compile(r"^ +(?:-(?P<short>\w), )?--(?P<name>[\w-]+)(?P<value>=\S+)? ", re.MULTILINE)


def without(option, words):
    """The command line without the option, in all its ways of writing."""
    name, short, takes_value = f"--{option['name']}", f"-{option['short']}", bool(option["value"])
    start = words.index("--") + 1 if "--" in words else 0
    kept, rest = words[:start], iter(words[start:])
    for word in rest:
        if word in (name, short):
            if takes_value:
                next(rest, None)
        elif not word.startswith(f"{name}=") and not (takes_value and word.startswith(short)):
            kept.append(word)
    return kept


def options(program):
    text = subprocess.run([program, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return list(OPTION.finditer(text))


@functools.cache
def first_failure(file, link, inert=""):
    """The name of the first test of a file that fails without the option; None when none does."""
    environment = dict(os.environ, LABYRINTH_REPLAY=link, ACTUAL=os.environ["LABYRINTH_REPLAY"],
                       INERT=inert)
    run = subprocess.run([sys.executable, file, "--failfast"], env=environment, text=True,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    failed = re.search(r"^(?:FAIL|ERROR): (\w+)", run.stderr, re.MULTILINE)
    return failed and failed[1]


def is_noticed(name, link):
    """Tests that mention it most often first: they are likely to notice."""
    files = sorted(HERE.parent.glob("*_test.py"),
                   key=lambda file: -file.read_text(encoding="utf-8").count(f"--{name}"))
    for file in files:
        test = first_failure(file, link, name)
        if test and not (always := first_failure(file, link)):
            print(f"--{name}: {file.name}: {test}", flush=True)
            return True
        if test:
            print(f"--{name}: {file.name} shows nothing: {always} fails with it, too", flush=True)
    print(f"--{name}: no test fails without it", flush=True)
    return False


def check(names):
    known = [option["name"] for option in options(os.environ["LABYRINTH_REPLAY"])]
    unknown = set(names) - set(known)
    if unknown:
        sys.exit(f"no such option: {', '.join(unknown)}")
    with tempfile.TemporaryDirectory() as folder:
        link = os.path.join(folder, "labyrinth-replay")
        os.symlink(HERE, link)
        sys.exit(not all([is_noticed(name, link) for name in names or known]))


if "INERT" in os.environ:
    ACTUAL, INERT = os.environ["ACTUAL"], os.environ["INERT"]
    WORDS = sys.argv[1:]
    for known_option in options(ACTUAL):
        if known_option["name"] == INERT:
            WORDS = without(known_option, WORDS)
    if INERT:
        signal.alarm(30)  # what no longer ends, as without --limit, shall not be waited for
    os.execv(ACTUAL, [sys.argv[0], *WORDS])
else:
    check(sys.argv[1:])
