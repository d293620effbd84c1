#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""/labyrinth/list and /labyrinth/info through the socket of a running program."""

from dpdk_support import OPS, built, check, check_equal, lcores, main

SIZE = 5000
MARKS = ['low', 'high', 'pressure', 'below_low', 'emptied', 'above_high']
COUNTERS = {'tip', 'public', 'get_own', 'get_steal', 'get_stack', 'get_reserve',
            'get_revoke', 'get_fail', 'put_publish', 'put_stack', 'put_foreign'}


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
    places = some['stack'] + sum(lcore['tip'] + lcore['public']
                                 for lcore in some['lcores'].values())
    check_equal(places, free, 'tips, public parts and the stack')
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
                 'cache_size', 'lcores_left_out', *MARKS}, 'keys')
    check_equal((some['name'], some['size'], some['cache_size']), ('some', SIZE, 0), 'pool')
    for lcore, counters in some['lcores'].items():
        check_equal(set(counters), COUNTERS, f'counters of lcore {lcore}')

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


def starving(place):
    """The tips of idle lcores are revoked, and failures counted, by whoever starves."""
    shell = start(place)
    check_equal(check_sums(place, SIZE)['lcores']['0']['tip'], 0, 'tip of who filled the pool')
    shell.ask('0 get 100 10')
    shell.ask('0 put 100')
    before = check_sums(place, SIZE)['lcores']['0']
    check(before['tip'] > 0, 'an lcore that puts keeps nothing in its tip')
    check_equal(shell.ask('2 drain'), SIZE, 'drained by lcore 2')
    after = check_sums(place, 0)
    check_equal(after['lcores']['0']['tip'], 0, 'tip of lcore 0')
    check(after['lcores']['2']['get_revoke'] >= 1, 'no revocation is counted')
    check(after['lcores']['2']['get_fail'] >= 1, 'no failure is counted')
    check_equal(after['high_water'], SIZE, 'high-water mark')
    check_equal([after[key] for key in MARKS], [0, SIZE // 8, 'empty', 1, 1, 0], 'marks, empty')
    shell.ask('1 put 3000')
    after = info(place)
    check_equal([after[key] for key in MARKS], [0, SIZE // 8, 'calm', 1, 1, 1], 'marks, calm again')


def wrong_names(place):
    start(place)
    for command in '/labyrinth/info,other', '/labyrinth/info', '/labyrinth/info,':
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


main(lists, pool_of_another_driver, figures, starving, wrong_names, only_reads)
