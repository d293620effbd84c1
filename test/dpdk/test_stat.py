#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""labyrinth-stat beside a running DPDK program."""

import json
import os
import subprocess

from dpdk_support import WAIT_S, OPS, built, check, check_equal, lcores, main

SIZE = 5000
STAT = os.environ['LABYRINTH_STAT']


def stat(place, *arguments, status=0):
    done = subprocess.run([STAT, f'--file-prefix={place.prefix}', *arguments], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WAIT_S, check=False)
    check_equal(done.returncode, status, f'status of {arguments}, {done.stderr}')
    return done.stdout if status == 0 else done.stderr


def start(place, ops=OPS):
    shell = place.start(built('pool_shell'), *place.eal(lcores(2), *place.ordinary_memory(64)))
    shell.expect('^ok$')
    check_equal(shell.ask(f'0 create some {SIZE} 0 {ops}'), SIZE, 'objects')
    return shell


def figures(place):
    shell = start(place)
    shell.ask('1 get 3000 30')
    document = json.loads(stat(place, 'list', '--json'))
    row, = document['pools']
    check_equal(row, {'pool': 'some', 'size': SIZE, 'free': SIZE - 3000, 'held': 3000,
                      'most_held': row['most_held'], 'cache': 0, 'failed': 0}, 'list')
    check_equal(document['process']['pid'], shell.process.pid, 'pid')
    check(all(document['versions'].values()), f'versions: {document["versions"]}')
    raw = place.telemetry('/labyrinth/info,some')
    raw['lcores'] = [{'lcore': name, **lcore} for name, lcore in raw['lcores'].items()]
    check_equal(json.loads(stat(place, 'info', 'some', '--json'))['pool'], raw, 'info')
    for words in (stat(place, 'list'), stat(place, 'info', 'some'),
                  stat(place, 'watch', '--count=1'), stat(place, 'watch', 'some', '--count=1')):
        check('some' in words and str(SIZE) in words, words)


def odd_names(place):
    """Each is listed, and can be asked for as it is listed."""
    shell = start(place)
    names = 'a,b', 'a,60', 'é', 'a"b', 'a\\b', '\x01', '%s', ''
    for name in names:
        shell.ask(f"0 create {name or chr(39) * 2} 100 0 {OPS}")
    listed = [row['pool'] for row in json.loads(stat(place, 'list', '--json'))['pools']]
    check_equal(len(set(listed)), 1 + len(names), f'names ({listed})')
    for name in *listed, *names:
        check(json.loads(stat(place, 'info', name, '--json'))['pool']['size'] in (5000, 100), name)
        for age in '', ',60':
            check('there is no audit' in stat(place, 'leaks', name + age, status=1), name + age)
    check('there is no pool some,abc' in stat(place, 'leaks', 'some,abc', status=1), 'an age')


def an_empty_pool(place):
    """It is seen to be empty, also in 80 columns, and how often gets fail."""
    shell = start(place)
    check_equal(shell.ask('1 drain'), SIZE, 'drained')
    head, row = stat(place, 'list').splitlines()
    check_equal(head.split()[:3], ['pool', 'free', 'failed'], 'columns')
    check_equal(row.split()[:3], ['!', 'some', '0'], 'an empty pool')
    check(int(row.split()[3]) > 0, f'no failure was counted: {row}')


def rates(place):
    shell = start(place)
    watch = subprocess.Popen([STAT, '-f', place.prefix, 'watch', '--json', '--interval=0.2',
                              '--count=100'], stdout=subprocess.PIPE, text=True)
    place.cleanup.callback(watch.wait)
    place.cleanup.callback(watch.kill)
    shell.say('1 cycle 10000')
    for line in watch.stdout:
        if (json.loads(line)['pools'][0]['slow_gets/s'] or 0) > 0:
            return
    check(False, 'no slow gets were seen')


def the_map_of_an_arena(place):
    holder = place.start(built('mbuf_test'),
                         *place.eal(lcores(1), *place.ordinary_memory(64)), '--', 'hold')
    holder.expect('^ok$')
    found = json.loads(stat(place, 'map', '--json'))['arena']
    check_equal(found, json.loads(stat(place, 'map', 'shared', '--json'))['arena'],
                'the only one, and by name')
    check_equal(found['arena'], 'shared', 'name')
    runs = next(row for row in found['free_runs'] if row['name'] == 'zone_0_common')
    zone = next(row for row in found['zones'] if row['name'] == 'zone_0')
    check_equal(runs['pages'], 8 * 256, 'pages of 8 MiB')
    check(0 < runs['free'] < runs['pages'], f'the pool has some pages, and not all: {runs}')
    check_equal(sum(runs[f'order_{order}'] << order for order in range(10)), runs['free'], 'in runs')
    check_equal(sum(runs[f'blocks_{what}'] for what in ('free', 'mixed', 'full')), 4, 'blocks')
    check(runs[f'order_{runs["largest"]}'] > 0, f'the largest is there: {runs}')
    check(zone['min'] < zone['low'] < zone['high'], f'marks: {zone}')
    check_equal((zone['level'], zone['pressure']), (runs['free'], 'none'), 'level')
    table = stat(place, 'map')
    for word in 'arena', 'shared', 'zone_0_common', 'blocks_mixed', 'none':
        check(word in table, table)
    check('no arena sharde; there are: shared' in stat(place, 'map', 'sharde', status=1), 'wrong name')
    holder.kill()
    shell = start(place)
    check('has no arena' in stat(place, 'map', status=1), 'a program without')
    shell.finish()


def sentences(place):
    check('has not loaded' not in stat(place, 'list', status=1), 'no process')
    shell = start(place)
    check('did you mean some?' in stat(place, 'info', 'sume', status=1), 'wrong name')
    shell.finish()
    check('no' in stat(place, 'list', status=1), 'a process that has ended')


main(figures, an_empty_pool, odd_names, rates, sentences, the_map_of_an_arena)
