# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Compares programs that nobody here wrote: each runs with DPDK's ring, then with the driver in each of
its modes, and must be seen to do the same.

A program is a function of a place, the name of mempool ops and LABYRINTH_OPTIONS ('' for none). It
returns what was seen: values by name, of which each must be what it was with the ring."""

import collections
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import traceback

from dpdk_support import MODES, OPS, SKIPPED, Failure, Lacking, Place, Skip

RING = 'ring_mp_mc'
SHORT_MODES = ('', 'audit=full')
TRIES = 3  # for programs that run out of time on a busy machine, whatever the driver

# short: whether `make test` has the time for it. timed: the program may fail on a busy machine with the
# ring, too, so that a difference counts that is one from each of TRIES runs with the ring. but: modes that
# it is not run in, and why.
Program = collections.namedtuple('Program', 'name run short timed but',
                                 defaults=(False, False, {}))

# The driver may say this of programs that make no mistake: not all free their mempools, and small ones
# have small quarantines.
TOLD_ANYWAY = re.compile(
    r'\d+ of the mempools were not freed before rte_eal_cleanup|the quarantine is cut down')


def complaints(output, but=TOLD_ANYWAY):
    """The driver's lines in what a program said."""
    return [line for line in output.splitlines() if 'LABYRINTH:' in line and not but.search(line)]


def with_options(mode):
    return {'LABYRINTH_OPTIONS': mode} if mode else {}


def difference(seen, wanted):
    """The first value that is not what it was with the ring, in short; None if all are."""
    for name in sorted(seen.keys() | wanted.keys()):
        found, other = seen.get(name), wanted.get(name)
        if found == other:
            continue
        if isinstance(found, list) and isinstance(other, list):
            first = next((n for n, (a, b) in enumerate(zip(found, other)) if a != b),
                         min(len(found), len(other)))
            found = f'{len(found)} with [{first}] {found[first:first + 1]!r:.400}'
            other = f'{len(other)} with {other[first:first + 1]!r:.400}'
        return f'{name}: {found!s:.1000}, not {other!s:.1000}'
    return None


def observe(program, ops, mode):
    try:
        with contextlib.ExitStack() as cleanup:
            return program.run(Place(cleanup), ops, mode)
    except (Skip, Failure):
        raise
    except Exception:  # pylint: disable=broad-except
        raise Failure(traceback.format_exc()) from None


def compare(program, mode, wanted):
    """The cell of the table: 'same', 'differs' or 'skipped', and how or why. wanted is what was seen with
    the ring, run by run; more may be added."""
    if mode in program.but:
        return 'skipped', program.but[mode]
    for _ in range(TRIES if program.timed else 1):
        try:
            seen = observe(program, OPS, mode)
            how = [difference(seen, other) for other in wanted]
        except Skip as skip:
            return 'skipped', str(skip)
        except Failure as failure:
            how = [str(failure)]
        if None in how:
            return 'same', ''
        if program.timed:
            wanted.append(observe(program, RING, ''))
    return 'differs', how[0]


def row(program, modes):
    """One row of the table. A program that does not run with the ring says nothing of the driver."""
    try:
        wanted = [observe(program, RING, '')]
    except Lacking as lacking:
        return {mode: ('lacking', str(lacking)) for mode in modes}
    except Skip as skip:
        return {mode: ('skipped', str(skip)) for mode in modes}
    except Failure as failure:
        return {mode: ('skipped', f'not with {RING} either: {failure}') for mode in modes}
    return {mode: compare(program, mode, wanted) for mode in modes}


def show(table, modes):
    """The table, and below it what its numbers mean."""
    notes = {}
    width = max(len(name) for name in table) + 2
    print('\n' + 'program'.ljust(width) + '  '.join((mode or 'unset').ljust(12) for mode in modes))
    for name, cells in table.items():
        words = []
        for mode in modes:
            result, why = cells[mode]
            result = 'skipped' if result == 'lacking' else result
            words.append(result + (f' ({notes.setdefault(why, len(notes) + 1)})' if why else ''))
        print(name.ljust(width) + '  '.join(word.ljust(max(12, len(mode)))
                                            for word, mode in zip(words, modes)))
    for why, number in notes.items():
        print(f'({number}) {why}')
    results = [cell[0] for cells in table.values() for cell in cells.values()]
    print(*(f'{results.count(word)} {word}' for word in ('same', 'differs')),
          f'{results.count("skipped") + results.count("lacking")} skipped', sep=', ', flush=True)


def in_a_namespace():
    """Runs this program again where it has a network and mounts of its own, which end with it."""
    if 'LABYRINTH_IN_NAMESPACE' in os.environ:
        return
    words = ['unshare', '--net', '--mount']
    if subprocess.run([*words, 'true'], check=False, capture_output=True).returncode != 0:
        return  # that a link cannot be made is found by what needs one
    os.environ['LABYRINTH_IN_NAMESPACE'] = '1'
    os.execvp(words[0], [*words, sys.executable, *sys.argv])


def main(programs, modes=MODES):
    """Runs the programs and leaves with meson's exit status for all of them."""
    # Also where a shell that started this in the background has made it ignore that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    table = {}
    for program in programs:
        begin = time.monotonic()
        table[program.name] = row(program, modes)
        cells = table[program.name].values()
        print(f'{program.name}: {", ".join(cell[0] for cell in cells)} '
              f'({time.monotonic() - begin:.1f} s)', flush=True)
    show(table, modes)
    cells = [cell for cells in table.values() for cell in cells.values()]
    if any(result == 'differs' for result, _ in cells):
        sys.exit(1)
    is_required = 'dpdk' in os.environ.get('LABYRINTH_REQUIRE', '')
    for name, cells in table.items():
        results = {result for result, _ in cells.values()}
        if results <= {'skipped', 'lacking'}:
            print(f'{next(iter(cells.values()))[1]}\n[  SKIPPED ] {name}')
            if is_required and 'lacking' not in results:
                sys.exit('must not be skipped (LABYRINTH_REQUIRE)')
    if all(result in ('skipped', 'lacking') for cells in table.values() for result, _ in
           cells.values()):
        sys.exit(SKIPPED)
