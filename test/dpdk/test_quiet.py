#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""No get and no put asks anything of the system or of the heap, whatever the audit records; and no
start of a program reads symbols that are not needed."""

import re

from dpdk_support import OPS, SKIPPED, Skip, built, check, check_equal, lcores, main

LEVELS = ('cache=on', 'audit=off', 'audit=sample', 'audit=sample:sample=1', 'audit=full',
          'audit=full:poison=on', 'audit=full:quarantine=500',
          'audit=full:poison=on:quarantine=500')


def counts(place, options, *arguments):
    """Returns what a polling lcore asked for."""
    program = place.start(built('quiet'), *place.eal(lcores(2), f'--mbuf-pool-ops-name={OPS}',
                                                     *place.ordinary_memory(64)),
                          '--', *arguments, env={'LABYRINTH_OPTIONS': options})
    status = program.finish()
    if status == SKIPPED:
        raise Skip('no system calls can be counted here (seccomp)')
    check_equal(status, 0, f'exit status with {options}: {program.output()[-500:]}')
    return re.search('^system calls.*$', program.output(), re.MULTILINE).group()


def check_quiet(place, options, *arguments):
    found = counts(place, options, *arguments)
    check(found.startswith('system calls 0,') and found.endswith('allocations 0'),
          f'with {options}: {found}')


def no_level_asks_the_system(place):
    for options in LEVELS:
        check_quiet(place, options)


def nor_of_a_library_that_came_late(place):
    for options in ('audit=sample:sample=1', 'audit=full'):
        check_quiet(place, options, built('quiet_late.so'))


def symbols(place, role, what, *memory, options=''):
    """A program that waits, and how often its symbols were read by then."""
    program = place.start(built('symbols'), *place.eal('-l', '0', f'--proc-type={role}', *memory,
                                                       '--', what), env={'LABYRINTH_OPTIONS': options})
    program.expect(f'^{"made" if what == "make" else "started"} \\d+\n')
    return program, re.findall(r'^(?:started|made) (\d+)$', program.output(), re.MULTILINE)


def symbols_are_read_for_an_audit(place):
    for options, wanted in (('', ['0', '0']), ('audit=sample', ['0', '1'])):
        program, found = symbols(place, 'primary', 'make', *place.ordinary_memory(64), options=options)
        check_equal(found, wanted, f'reads of symbols in a primary with "{options}"')
        program.kill()  # its socket stays, and answers no longer


def symbols_are_read_in_a_secondary(place):
    memory = place.shared_memory()
    primary, _ = symbols(place, 'primary', 'look', *memory)
    secondary, found = symbols(place, 'secondary', 'look', memory[0])
    check_equal(found, ['1'], 'reads of symbols in a secondary')
    for program in secondary, primary:
        check_equal(program.finish(), 0, 'exit status')


main(no_level_asks_the_system, nor_of_a_library_that_came_late, symbols_are_read_for_an_audit,
     symbols_are_read_in_a_secondary)
