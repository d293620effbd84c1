#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""What LABYRINTH_OPTIONS says to the driver, in a program that was not rebuilt."""

from dpdk_support import OPS, built, check, check_equal, lcores, main

SIZE = 5000
CACHE = 32


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


def check_refused(place, options, said):
    program = shell(place, options)
    check_equal(program.refused(f'0 create some {SIZE} {CACHE} {OPS}'), 'EINVAL', options)
    check(said + '; known are: cache=on|off, claim=on|off, audit=off|sample|full'
          in program.output(), 'no word of what is known')
    program.kill()


def unknown_words_are_refused(place):
    check_refused(place, 'cach=off', 'no such word "cach=off"')


def unknown_values_are_refused(place):
    check_refused(place, 'cache=no', 'no such value "cache=no"')


def wrong_words_of_the_audit_are_refused(place):
    for options in ('audit=ful', 'audit=', 'sample=0', 'sample=some', 'quarantine=-1', 'poison=1',
                    'on_error=exit', 'limit=x', 'report='):
        check_refused(place, options, f'no such value "{options}"')
    program = shell(place, 'audit=full:quarantine=4000')
    check_equal(program.refused(f'0 create some {SIZE} {CACHE} {OPS}'), 'EINVAL', 'quarantine')
    check('a quarantine of 4000 asked for' in program.output(), 'no word of the quarantine')


main(wrong_words_of_the_audit_are_refused, a_cache_keeps_what_it_has, without_one_nothing_is_stranded, unknown_words_are_refused,
     unknown_values_are_refused)
