#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""A program that links DPDK alone makes mistakes, and each is reported, by function and line."""

import json
import os
import pathlib
import tempfile

from dpdk_support import OPS, WAIT_S, built, check, check_equal, lcores, main

SOURCE = pathlib.Path(__file__).with_name('leaky.c')
LIBDW = os.environ.get('LABYRINTH_LIBDW') == '1'
TIMES = 1000


def line_of(function):
    """The line whose comment says that a report must name it."""
    for number, text in enumerate(SOURCE.read_text(encoding='utf-8').splitlines(), 1):
        if f'/* line: {function} */' in text:
            return number
    raise AssertionError(function)


def start(place, mistake, times=TIMES, options='audit=full', name='leaky'):
    report = os.path.join(place.directory, 'report.json')
    program = place.start(built(name), *place.eal(lcores(1), f'--mbuf-pool-ops-name={OPS}',
                                                     *place.ordinary_memory(64)),
                          '--', mistake, str(times),
                          env={'LABYRINTH_OPTIONS': f'{options}:limit=0:report={report}'})
    program.report = report
    program.expect('^done')
    return program


def entries(program):
    """The program's report, as it stands."""
    if not os.path.exists(program.report):
        return []
    with open(program.report, encoding='utf-8') as report:
        return [json.loads(line) for line in report]


def check_site(site, function, module='leaky'):
    check(site is not None, f'no call site where {function} was expected')
    check_equal(site['module'], module, 'module')
    if LIBDW:
        check_equal((site['function'], site['file'], site['line']),
                    (function, SOURCE.name, line_of(function)), 'call site')


def ended(program):
    check_equal(program.finish(), 0, 'exit status')
    return entries(program)


def check_all(found, fault, function, times=TIMES):
    check_equal(len(found), times, f'reports of {fault}')
    for entry in found:
        check_equal((entry['fault'], entry['pool']), (fault, 'packets'), 'report')
        check_site(entry['caller'], function)


def double_frees_are_found(place):
    program = start(place, 'double')
    found = ended(program)
    check_all(found, 'double_free', 'free_twice')
    for entry in found:
        check_site(entry['got'], 'receive')
        check_site(entry['freed'], 'transmit')
    if LIBDW:
        text = program.output()
        check('freed, and it was free already, by lcore 0 in free_twice+0x' in text, text[:1000])
        check(f'(leaky.c:{line_of("free_twice")}); got by lcore 0 in receive+0x' in text,
              text[:1000])


def foreign_frees_are_found(place):
    check_all(ended(start(place, 'foreign')), 'foreign_free', 'free_foreign')


def frees_of_the_inside_are_found(place):
    found = ended(start(place, 'inside'))
    check_all(found, 'inside_free', 'free_inside')
    for entry in found:
        check_equal(entry['offset'], 128 + 128, 'header and headroom of an mbuf')


def writes_after_a_free_are_found(place):
    found = ended(start(place, 'write', options='audit=full:poison=on'))
    # A bit that is changed twice is as before.
    check(TIMES * 0.95 <= len(found) <= TIMES, f'{len(found)} reports')
    check_all(found, 'write_after_free', 'receive', len(found))
    for entry in found:
        check_site(entry['freed'], 'transmit')


def without_poison_content_stays(place):
    check_equal(ended(start(place, 'write')), [], 'reports')


def leaks_are_found(place):
    program = start(place, 'leak')
    leaks = place.telemetry('/labyrinth/leaks,packets,0')
    holders = place.telemetry('/labyrinth/holders,packets')
    check_equal(len(leaks['by_call_site']), 1, 'places that leak')
    check_equal(leaks['by_call_site']['1']['count'], TIMES, 'leaked')
    check_equal((holders['held'], holders['free']), (TIMES, 8191 - TIMES), 'held, free')
    check_equal(sum(holders[place] for place in
                    ('in_private_parts', 'in_public_parts', 'in_stack', 'in_quarantine')),
                holders['free'], 'places')
    check_equal(holders['by_call_site']['1']['count'], TIMES, 'held by call site')
    if LIBDW:
        site = leaks['by_call_site']['1']['site']
        check(site.startswith('forget+0x') and site.endswith(f'(leaky.c:{line_of("forget")})'), site)
    check_equal(place.telemetry('/labyrinth/leaks,packets,3600')['by_call_site'], {}, 'old leaks')
    found = ended(program)
    check_equal([(entry['fault'], entry['count']) for entry in found], [('leak', TIMES)], 'report')
    check_site(found[0]['got'], 'forget')


def samples_name_the_leak(place):
    program = start(place, 'leak', 4000, 'audit=sample:sample=16:cache=off')
    leaks = place.telemetry('/labyrinth/leaks,packets,0')
    check_equal((leaks['audit'], leaks['one_in']), ('sample', 16), 'level')
    check_equal(len(leaks['by_call_site']), 1, 'places that leak')
    check(4000 / 16 / 2 < leaks['by_call_site']['1']['count'] < 4000 / 16 * 2, f'samples: {leaks}')
    check_site(ended(program)[0]['got'], 'forget')


def behind_a_cache_nobody_innocent_is_named(place):
    """A call that fills DPDK's cache for others, or empties it, is not taken for the holder of the
    mbufs. A get that is larger than the cache passes it by."""
    for sample in 1, 16:
        program = start(place, 'leak', 4000, f'audit=sample:sample={sample}')
        answer = place.telemetry('/labyrinth/leaks,packets,0')
        groups = answer['by_call_site'].values()
        check(len(groups) > 0, 'nothing is found')
        for group in groups:
            check(group['site'].startswith('filled a cache: '), f'named as the holder: {group}')
        for entry in ended(program):
            check_equal((entry['fault'], entry['got']['cache']), ('leak', 1), 'report')
            check('still held; a cache was filled with it by lcore 0 in ' in program.output(),
                  program.output()[-1000:])
        os.unlink(program.report)
    start(place, 'leak', 100, 'audit=sample:sample=1:cache=off')
    for group in place.telemetry('/labyrinth/leaks,packets,0')['by_call_site'].values():
        check('cache' not in group['site'], f'there is none: {group}')


def functions_that_are_not_inlined_are_passed_over(place):
    """From the first call on: nothing is learned in between."""
    name = 'leaky_plain'
    for mistake, function in (('double', 'free_twice'), ('foreign', 'free_foreign')):
        found = ended(start(place, mistake, 1, name=name))
        check_equal(len(found), 1, f'reports of {mistake}')
        check_site(found[0]['caller'], function, name)
        os.unlink(os.path.join(place.directory, 'report.json'))
    found = ended(start(place, 'leak', 1, name=name))
    check_site(found[0]['got'], 'forget', name)


def name_the_trickle(place):
    """Whether samples name the leak of one packet in 100, when all are lost."""
    program = place.start(built('leaky'), *place.eal(lcores(1), f'--mbuf-pool-ops-name={OPS}',
                                                     *place.ordinary_memory(128)),
                          '--', 'trickle', '100',
                          env={'LABYRINTH_OPTIONS': 'audit=sample:cache=off:limit=0'})
    program.expect('^done')
    groups = place.telemetry('/labyrinth/leaks,packets,0')['by_call_site']
    check_equal(program.finish(), 0, 'exit status')
    for group in groups.values() if LIBDW else []:
        check(group['site'].startswith('forget+0x'), f'site: {group["site"]}')
    return bool(groups)


def a_trickle_is_named(place):
    # One get in 4,096 is looked at: 16 on average of the 65,535 that are lost.
    check(any(name_the_trickle(place) for _ in range(5)), 'five times in a row it was not')


def honest_work_is_not_reported(place):
    for options in ('audit=full', 'audit=full:poison=on:quarantine=500', 'audit=sample:sample=3',
                    'audit=off'):
        check_equal(ended(start(place, 'none', 3000, options)), [], f'reports with {options}')


def a_secondary_process_is_named(place):
    environment = {'LABYRINTH_OPTIONS': 'audit=full:limit=0:report='
                                        + os.path.join(place.directory, 'report.json')}
    programs = []
    for lcore, kind, memory, what in ((0, 'primary', place.shared_memory(), ('leak', '3')),
                                      (1, 'secondary', place.shared_memory()[:1], ('leak', '7'))):
        programs.append(place.start(
            built('leaky'), *place.eal(f'--lcores={lcore}@{min(os.sched_getaffinity(0))}',
                                       f'--proc-type={kind}', f'--mbuf-pool-ops-name={OPS}',
                                       *memory), '--', *what, env=environment))
        programs[-1].expect('^done')
    groups = place.telemetry('/labyrinth/leaks,packets,0')['by_call_site']
    check_equal([group['count'] for group in groups.values()], [7, 3], 'leaked')
    check_equal([group['lcore'] for group in groups.values()], ['1', '0'], 'lcores')
    check(groups['1']['pid'] != groups['2']['pid'], f'one process for both: {groups}')
    for group in groups.values() if LIBDW else []:
        check(group['site'].startswith('forget+0x'), f'site: {group["site"]}')
    check_equal(programs[1].finish(), 0, 'exit status of the secondary')
    primary = programs[0]
    primary.report = os.path.join(place.directory, 'report.json')
    check_equal([(entry['fault'], entry['count']) for entry in ended(primary)],
                [('leak', 7), ('leak', 3)], 'report')


def on_error_abort_ends_the_program(place):
    program = place.start(built('leaky'), *place.eal(lcores(1), f'--mbuf-pool-ops-name={OPS}',
                                                     *place.ordinary_memory(64)),
                          '--', 'double', '1',
                          env={'LABYRINTH_OPTIONS': 'audit=full:on_error=abort'})
    check_equal(program.finish(), -6, 'exit status')
    check('freed, and it was free already' in program.output(), program.output()[-1000:])


def leaky_without(place, *libraries):
    """leaky, where the loader finds these first, and cannot load them."""
    folder = tempfile.mkdtemp(dir=place.directory)
    for name in libraries:
        with open(os.path.join(folder, name), 'w', encoding='ascii'):
            pass
    return place.start(built('leaky'), *place.eal(lcores(1), f'--mbuf-pool-ops-name={OPS}',
                                                  *place.ordinary_memory(64)),
                       '--', 'double', '2',
                       env={'LABYRINTH_OPTIONS': f'audit=full:report={folder}/report',
                            'LD_LIBRARY_PATH': folder})


def reports_do_without_the_libraries_that_make_them_better(place):
    """The plugin loads, and says what would help."""
    program = leaky_without(place, 'libdw.so.1', 'libjansson.so.4')
    no_jansson = program.expect('^done|Cannot init plugins')[0] == 'done'
    if not no_jansson:  # some of DPDK's own drivers need it, in 24.11
        program.finish()
        program = leaky_without(place, 'libdw.so.1')
        program.expect('^done')
    check_equal(program.finish(), 0, 'exit status')
    text = program.output()
    if no_jansson:
        check('cannot be written without libjansson.so.4: apt install libjansson4' in text,
              text[:1000])
    if LIBDW:
        check('name no functions and lines without libdw.so.1: apt install libdw1' in text, text)
    check_equal(text.count('freed, and it was free already, by lcore 0 in leaky+0x'), 2, text)


def no_audit_says_how_to_have_one(place):
    start(place, 'none', 1, 'cache=on')
    check('LABYRINTH_OPTIONS=audit=full' in place.telemetry('/labyrinth/leaks,packets')['error'],
          'no advice')
    holders = place.telemetry('/labyrinth/holders,packets')
    check_equal((holders['audit'], holders['by_call_site']), ('none', {}), 'holders')
    check('error' in place.telemetry('/labyrinth/holders,nobody'), 'a pool that there is not')


main(double_frees_are_found, foreign_frees_are_found, frees_of_the_inside_are_found,
     writes_after_a_free_are_found, without_poison_content_stays, leaks_are_found,
     samples_name_the_leak, behind_a_cache_nobody_innocent_is_named, a_trickle_is_named, a_secondary_process_is_named,
     functions_that_are_not_inlined_are_passed_over, honest_work_is_not_reported, on_error_abort_ends_the_program,
     reports_do_without_the_libraries_that_make_them_better, no_audit_says_how_to_have_one)
