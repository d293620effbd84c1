#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""LABYRINTH_OPTIONS, in a program that was not rebuilt."""

import os
import re
import subprocess

from dpdk_support import OPS, PLUGIN, WAIT_S, built, check, check_equal, lcores, main

SIZE = 5000
CACHE = 32
WORDS = ('cache, circulate, prefetch, audit, sample, report, on_error, quarantine, poison, reclaim, limit, '
         'control, ports')


def shell(place, options):
    program = place.start(built('pool_shell'), *place.eal(lcores(2), *place.ordinary_memory(64)),
                          env={'LABYRINTH_OPTIONS': options})
    program.expect('^ok$')
    return program


def cached(place, options):
    """Objects that a drain by lcore 1 cannot get, after lcore 0 has used the pool."""
    program = shell(place, options)
    check_equal(program.ask(f'0 create some {SIZE} {CACHE} {OPS}'), SIZE, 'objects')
    program.ask('0 get 8 1')
    program.ask('0 put 8')
    return (SIZE - program.ask('1 drain'),
            place.telemetry('/labyrinth/info,some')['cache_size'])


def a_cache_keeps_what_it_has(place):
    left, size = cached(place, 'cache=on')
    check_equal(size, CACHE, 'cache')
    check(left > 0, 'the cache of lcore 0 kept nothing: this test shows nothing')


def without_one_nothing_is_stranded(place):
    check_equal(cached(place, 'cache=off'), (0, 0), 'stranded, cache')


def nor_with_no_cache_at_all(place):
    check_equal(cached(place, 'cache=none'), (0, 0), 'stranded, cache')


def check_refused(place, options, said):
    program = shell(place, options)
    check_equal(program.refused(f'0 create some {SIZE} {CACHE} {OPS}'), 'EINVAL', options)
    check(said in program.output(), f'{options}: not "{said}"')
    program.kill()


def unknown_words_are_refused(place):
    check_refused(place, 'cach=off', f'no such word "cach=off"; known: {WORDS}\n')


def unknown_values_are_refused(place):
    check_refused(place, 'cache=no', 'no such value "cache=no"; known: cache=on|off|none')


def wrong_words_of_the_audit_are_refused(place):
    for options in ('audit=ful', 'audit=', 'sample=0', 'sample=some', 'quarantine=-1', 'poison=1',
                    'on_error=exit', 'limit=x', 'report=', 'circulate=0', 'circulate=few', 'prefetch='):
        check_refused(place, options, f'no such value "{options}"')


def words_that_need_another_are_refused(place):
    """Also where that says something else; in whatever order they stand."""
    for word, text, other in (('reclaim=auto', 'reclaim=auto', 'audit=full'),
                              ('poison=on', 'poison=on', 'audit=full'),
                              ('quarantine=5', 'quarantine=N', 'audit=full'),
                              ('sample=16', 'sample=N', 'audit=sample')):
        without = 'audit=full' if other == 'audit=sample' else 'audit=sample'
        for options in (word, f'{without}:{word}'):
            program = shell(place, options)
            check_equal(program.refused(f'0 create some {SIZE} {CACHE} {OPS}'), 'EINVAL', options)
            check(f'LABYRINTH_OPTIONS: {text} needs {other}' in program.output(), options)
            program.kill()
        program = shell(place, f'{word}:{other}')
        check_equal(program.ask(f'0 create some {SIZE} {CACHE} {OPS}'), SIZE, options)
        program.kill()
    for nothing in ('reclaim=off', 'poison=off', 'quarantine=0', 'audit=off:sample=16'):
        program = shell(place, nothing)
        check_equal(program.ask(f'0 create some {SIZE} {CACHE} {OPS}'), SIZE, nothing)
        program.kill()


def said_at_the_start(place, report):
    program = place.start(built('pool_shell'), *place.eal(lcores(1), *place.ordinary_memory(64)),
                          env={'LABYRINTH_OPTIONS': f'audit=full:report={report}'})
    program.expect('^ok$')
    said = program.output()
    program.kill()
    return said


def a_report_that_cannot_be_written_is_told_at_the_start(place):
    pipe = os.path.join(place.directory, 'pipe')
    os.mkfifo(pipe)
    for report, why in ((place.directory, 'Is a directory'),
                        (os.path.join(place.directory, 'none', 'report'), 'No such file'),
                        ('none/report', 'No such file'),
                        (pipe, 'No such device')):  # nobody reads; and nobody waits for a reader
        said = said_at_the_start(place, report)
        check(f'cannot write the report {report}: {why}' in said, said)
    said = said_at_the_start(place, os.path.join(place.directory, 'report'))
    check('LABYRINTH:' not in said, said)


def nobody_reads_the_environment_of_a_setuid_program(place):
    """Looks at the plugin's calls of the C library, since a test cannot count on a setuid program here."""
    del place
    asked = subprocess.run(['nm', '-D', '--undefined-only', PLUGIN], capture_output=True, text=True,
                           timeout=WAIT_S, check=True).stdout
    check_equal(re.findall(r'\b(?:secure_)?getenv\b', asked), ['secure_getenv'], 'asked for')


main(wrong_words_of_the_audit_are_refused, a_cache_keeps_what_it_has,
     without_one_nothing_is_stranded, nor_with_no_cache_at_all, unknown_words_are_refused, unknown_values_are_refused,
     words_that_need_another_are_refused, a_report_that_cannot_be_written_is_told_at_the_start,
     nobody_reads_the_environment_of_a_setuid_program)
