#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Uses of mempools that programs make (uses.c): with the driver, in each of its modes, a program sees
what it sees with DPDK's ring, and nothing is reported."""

import json
import os
import re
import time

from dpdk_support import MODES, OPS, built, check, check_equal, lcores, main

USES = ('private', 'mbufs', 'clones', 'pinned', 'own_objects', 'pieces', 'too_little', 'small', 'own_cache',
        'names', 'fork', 'small_stack')

# This line is no report: small pools have small quarantines.
TOLD_ANYWAY = re.compile(r'^LABYRINTH: mempool .*: the quarantine is cut down .*\n', re.MULTILINE)


def run(place, ops, mode, *uses):
    """The program's own lines, and the driver's."""
    env = {'LABYRINTH_OPTIONS': mode} if mode else {}
    status, output = place.run(built('uses'), *place.eal(lcores(1), *place.ordinary_memory(128)),
                               '--', ops, *uses, env=env)
    check_equal(status, 0, f'exit status of {uses} with {ops}, {mode}: {output[-1000:]}')
    lines = [line for line in output.splitlines()
             if not line.startswith(('EAL:', 'TELEMETRY:', 'LABYRINTH:', 'MEMPOOL:'))]
    return lines, ''.join(line + '\n' for line in output.splitlines()
                          if line.startswith('LABYRINTH:'))


def a_program_sees_no_difference(place):
    wanted, _ = run(place, 'ring_mp_mc', '', *USES)
    check_equal([line[5:] for line in wanted if line.startswith('use: ')], list(USES), 'uses')
    for mode in MODES:
        found, said = run(place, OPS, mode, *USES)
        as_wanted = wanted
        if mode == 'cache=none':  # the private area moves, with all that is in it, to its other place
            found = [line.replace('moved 1,', 'moved 0,') for line in found]
            as_wanted = [re.sub('cache_size [0-9]+', 'cache_size 0', line) for line in wanted]
        for number, (line, other) in enumerate(zip(found, as_wanted)):
            check_equal(line, other, f'with "{mode}", behind {wanted[max(0, number - 5):number]}')
        check_equal(len(found), len(wanted), 'lines')
        check_equal(TOLD_ANYWAY.sub('', said), '', f'the driver with "{mode}"')


def a_child_frees_what_its_parent_made(place):
    wanted, _ = run(place, 'ring_mp_mc', '', 'fork_that_frees')
    for mode in 'audit=full', 'audit=full:reclaim=auto':
        found, said = run(place, OPS, mode, 'fork_that_frees')
        check_equal((found, said), (wanted, ''), f'with "{mode}"')


def a_child_reclaims_in_what_it_has_made(place):
    found, said = run(place, OPS, 'audit=full:reclaim=auto', 'fork_that_reclaims')
    check_equal(found[-1], "the child's status: 0", 'last line')
    check('10 objects are back that a process held which has ended' in said, said or found)


def a_report_wants_no_stack_of_the_caller(place):
    report = os.path.join(place.directory, 'small')
    _, said = run(place, OPS, f'audit=full:report={report}', 'small_stack_wrongly')
    check('freed, and it was free already, by' in said, said)
    check(os.path.getsize(report) > 0, 'no report was written')


def what_is_foreign_is_told_at_every_level(place):
    for mode in MODES:
        began = time.monotonic()
        _, said = run(place, OPS, ':'.join(filter(None, (mode, 'limit=10'))), 'foreign')
        seconds = int(time.monotonic() - began) + 2  # that it may have begun
        reports = said.count('freed, and it is no buffer of this pool')
        check(reports > 0, f'{mode}: foreign objects went without a word: {said}')
        check(reports <= (10 + 1) * seconds, f'{mode}: {reports} lines in {seconds} seconds')


def all_of_many_mempools_are_followed(place):
    """Also those whose names are no ASCII, and even no UTF-8, which JSON must be."""
    report = os.path.join(place.directory, 'report')
    _, said = run(place, OPS, f'audit=full:limit=0:report={report}', 'leaks')
    check_equal(said.count('1 objects still held'), 100, 'mempools with a leak')
    with open(report, encoding='utf-8') as lines:
        named = {json.loads(line)['pool'] for line in lines}
    check_equal(named, {f'leak{n}' for n in range(98)} | {'leak98é', 'leak99\\xe9'}, 'names')


def the_quarantine_of_a_small_pool_is_small(place):
    _, said = run(place, OPS, 'audit=full:quarantine=20', 'small')
    check('mempool small: the quarantine is cut down from 20 to 0, a quarter of its 1 objects'
          in said, said)
    check(said.count('cut down') == 4, f'not once for each pool that is too small: {said}')


main(a_program_sees_no_difference, a_child_frees_what_its_parent_made,
     a_child_reclaims_in_what_it_has_made, a_report_wants_no_stack_of_the_caller,
     what_is_foreign_is_told_at_every_level,
     all_of_many_mempools_are_followed, the_quarantine_of_a_small_pool_is_small)
