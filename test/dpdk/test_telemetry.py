#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""/labyrinth/list and /labyrinth/info through the socket of a running program."""

import time

from dpdk_support import OPS, built, check, check_equal, lcores, main

SIZE = 5000
MARKS = ['low', 'high', 'pressure', 'below_low', 'emptied', 'above_high']
COUNTERS = {'private', 'public', 'get_own', 'get_steal', 'get_stack', 'get_reserve',
            'get_revoke', 'get_fail', 'put_publish', 'put_stack', 'put_foreign', 'put_twice'}


def start(place, ops=OPS, cache=0):
    shell = place.start(built('pool_shell'), *place.eal(lcores(3), *place.ordinary_memory(64)))
    shell.expect('^ok$')
    check_equal(shell.ask(f'0 create some {SIZE} {cache} {ops}'), SIZE, 'objects')
    return shell


def info(place):
    return place.telemetry('/labyrinth/info,some')


def check_sums(place, free):
    """At rest every free object is in one place."""
    some = info(place)
    check_equal(some['free'], free, 'free')
    places = some['stack'] + sum(lcore['private'] + lcore['public']
                                 for lcore in some['lcores'].values())
    check_equal(places, free, 'private parts, public parts and the stack')
    return some


def lists(place):
    start(place)
    check_equal(place.telemetry('/labyrinth/list'), ['some'], 'list')
    for command in '/labyrinth/list', '/labyrinth/info':
        check(command in place.telemetry('/'), f'{command} is not among the commands')


def pool_of_another_driver(place):
    start(place, 'ring_mp_mc')
    check_equal(place.telemetry('/labyrinth/list'), [], 'list')
    check('error' in info(place), 'info about a pool of another driver')


def figures(place):
    shell = start(place)
    some = check_sums(place, SIZE)
    check_equal({key for key in some if key != 'lcores'},
                {'name', 'size', 'free', 'stack', 'reserve', 'reserve_free', 'high_water',
                 'cache_size', 'lcores_left_out', 'audit', 'calls', *MARKS}, 'keys')
    check_equal(some['audit'], 'none', 'audit')
    check_equal((some['name'], some['size'], some['cache_size']), ('some', SIZE, 0), 'pool')
    for lcore, counters in some['lcores'].items():
        check_equal(set(counters), COUNTERS, f'counters of lcore {lcore}')
    for key, total in some['calls'].items():
        check_equal(total, sum(lcore[key] for lcore in some['lcores'].values()), f'total of {key}')
    check_equal(set(some['calls']), COUNTERS - {'private', 'public'}, 'totals')

    shell.ask('1 get 3000 30')
    some = check_sums(place, SIZE - 3000)
    check_equal(some['high_water'], 3000, 'high-water mark')
    one = some['lcores']['1']
    check(one['get_steal'] + one['get_stack'] > 0, 'lcore 1 had it from nowhere')

    shell.ask('2 put 1000')
    shell.ask('any put 2000')
    some = check_sums(place, SIZE)
    check(some['lcores']['2']['put_publish'] > 0, 'the first put of lcore 2 does not count')
    check(some['lcores']['any']['put_stack'] >= 2000 // 32, 'puts of a thread without an id')
    check(some['stack'] >= 2000, 'what such a thread puts goes to the stack')
    # It is sampled at some of the refills.
    check(30 <= some['high_water'] <= 3000, f'high-water mark: {some["high_water"]}')


def faults(place):
    """Counted where there are records, and not said to be none where there are none."""
    shell = place.start(built('pool_shell'), *place.eal(lcores(1), *place.ordinary_memory(64)),
                        env={'LABYRINTH_OPTIONS': 'audit=full'})
    shell.expect('^ok$')
    shell.ask(f'0 create some {SIZE} 0 {OPS}')
    some = info(place)
    check_equal((some['audit'], set(some['faults'].values())), ('full', {0}), 'faults')
    check('double_free' in some['faults'] and 'leak' not in some['faults'], some['faults'])


def starving(place):
    """The private parts of idle lcores are revoked, and failures counted, by whoever starves."""
    shell = start(place)
    check_equal(check_sums(place, SIZE)['lcores']['0']['private'], 0,
                'private part of the lcore that filled the pool')
    shell.ask('0 get 100 10')
    shell.ask('0 put 100')
    before = check_sums(place, SIZE)['lcores']['0']
    check(before['private'] > 0, 'an lcore that puts keeps nothing in its private part')
    check_equal(shell.ask('2 drain'), SIZE, 'drained by lcore 2')
    after = check_sums(place, 0)
    check_equal(after['lcores']['0']['private'], 0, 'private part of lcore 0')
    check(after['lcores']['2']['get_revoke'] >= 1, 'no revocation is counted')
    check(after['lcores']['2']['get_fail'] >= 1, 'no failure is counted')
    check_equal(after['high_water'], SIZE, 'high-water mark')
    check_equal([after[key] for key in MARKS], [0, SIZE // 8, 'empty', 1, 1, 0], 'marks, empty')
    shell.ask('1 put 3000')
    after = info(place)
    check_equal([after[key] for key in MARKS], [0, SIZE // 8, 'none', 1, 1, 1], 'no pressure any more')


def wrong_names(place):
    start(place)
    for command in ('/labyrinth/info,other', '/labyrinth/info', '/labyrinth/info,',
                    '/labyrinth/leaks,other,60', '/labyrinth/leaks,some,abc', '/labyrinth/leaks,some,',
                    '/labyrinth/leaks,some,-1'):
        answer = place.telemetry(command)
        check_equal(list(answer), ['error'], f'keys of the answer to "{command}"')
        check('/labyrinth/list' in answer['error'], f'no advice in: {answer["error"]}')


def only_reads(place):
    shell = start(place, cache=32)
    shell.ask('1 get 100 10')
    first = info(place)
    for _ in range(20):
        check_equal(info(place), first, 'a second look')
    check_equal(first['cache_size'], 32, 'cache')


def odd_names(place):
    """As the program has them, or as they are listed: in ASCII, which is all that telemetry carries."""
    shell = start(place)
    for name, plain in (('a,b', 'a,b'), ('a"b', 'a"b'), ('a\\b', 'a\\\\b'), ('é', '\\xc3\\xa9'),
                        ('\x01', '\\x01'), ('', '')):
        shell.ask(f"0 create {name or chr(39) * 2} 100 0 {OPS}")
        check(plain in place.telemetry('/labyrinth/list'), f'{name!r} is not listed')
        for words in name, plain:
            check_equal(place.telemetry(f'/labyrinth/info,{words}').get('name'), plain, 'info')
            check_equal(place.telemetry(f'/labyrinth/holders,{words}').get('size'), 100, 'holders')
            for age in '', ',60':
                answer = place.telemetry(f'/labyrinth/leaks,{words}{age}')
                check('there is no audit' in answer['error'], f'leaks of {words!r}{age}: {answer}')


def more_pools_than_an_answer_has(place):
    shell = place.start(built('pool_shell'), *place.eal(lcores(1), *place.ordinary_memory(512)))
    shell.expect('^ok$')
    shell.ask(f'0 create first 32 0 {OPS}')
    shell.ask('0 more 599')
    names = place.telemetry('/labyrinth/list')
    check_equal(names[-1], f'(and {600 - len(names) + 1} more: /labyrinth/list,{len(names) - 1})',
                'the last word of the list')
    pages = [place.telemetry(f'/labyrinth/list,{first}') for first in (0, 300, len(names) - 1, 600)]
    check_equal(pages[0]['pools'], names[:-1], 'the beginning')
    check_equal([page['left_out'] for page in pages], [601 - len(names), 0, 0, 0], 'left out')
    every = names[:300] + pages[1]['pools']
    check_equal(set(every), {'first', *(f'more_{i}' for i in range(599))}, 'all')
    check_equal((len(every), pages[2]['pools'], pages[3]['pools']),
                (600, every[len(names) - 1:], []), 'the end')


def pools_that_go(place):
    """A command that looks at a pool keeps nothing of it: the program may free it at once."""
    shell = place.start(built('pool_shell'), *place.eal(lcores(1), *place.ordinary_memory(64)),
                        env={'LD_PRELOAD': built('slow_locks.so'),
                             'LABYRINTH_OPTIONS': 'audit=full:report=' + place.directory + '/report'})
    shell.expect('^ok$')
    shell.ask(f'0 create some {SIZE} 0 {OPS}')
    shell.say('0 remake 3000')
    seen, end = 0, time.monotonic() + 2.5
    while time.monotonic() < end:
        for verb in 'info', 'holders', 'leaks':
            seen += 'error' not in place.telemetry(f'/labyrinth/{verb},some')
        check(set(place.telemetry('/labyrinth/list')) <= {'some'}, 'names')
    check(int(shell.expect(r'^ok (\d+)\n').group(1)) > 0, 'the program did not come to it')
    check(seen > 0, 'the pool was never there')
    check_equal(shell.finish(), 0, 'exit status')


def without_commands(place):
    """The driver names the commands that DPDK does not take, and nothing else suffers."""
    status, output = place.run(
        built('reserve'), *place.eal(lcores(1), '--vdev=net_null0', *place.ordinary_memory(256)),
        env={'LD_PRELOAD': built('no_commands.so')})
    check_equal(status, 0, 'exit status')
    for verb in ('version', 'list', 'info', 'holders', 'leaks', 'where', 'packet', 'audit',
                 'publish', 'reclaim', 'map'):
        check(f'telemetry has no /labyrinth/{verb}: Cannot allocate memory' in output,
              f'nothing is said of {verb}: {output}')


main(lists, pool_of_another_driver, figures, faults, starving, wrong_names, only_reads, odd_names,
     more_pools_than_an_answer_has, pools_that_go, without_commands)
