#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""One pool in a primary and a secondary process.

Lcores 0 to 3 belong to the primary, 4 and 5 to the secondary: an id may be in use once only.
"""

import os
import random
import signal
import subprocess
import time

from dpdk_support import OPS, WAIT_S, Skip, built, check, check_equal, main

POOL = 8191
HELD = 64  # of a churning secondary
STEAL_MAX = 256  # the most that one steal moves
KILLS = 20
RECLAIMS = 4


def ids(first, count):
    cpus = sorted(os.sched_getaffinity(0))[:2]
    return '--lcores=' + ','.join(f'{i}@{cpus[i % len(cpus)]}' for i in range(first, first + count))


def start_primary(place, size=POOL, cache=0):
    primary = place.start(built('pool_shell'),
                          *place.eal(ids(0, 4), '--proc-type=primary', *place.shared_memory()))
    primary.expect('^ok$')
    check_equal(primary.ask(f'0 create shared {size} {cache} {OPS}'), size, 'objects')
    return primary


def start_secondary(place, size=POOL, first=4, within=()):
    memory = place.shared_memory()[:1]
    secondary = place.start(*within, built('pool_shell'),
                            *place.eal(ids(first, 2), '--proc-type=secondary', *memory))
    secondary.expect('^ok$')
    check_equal(secondary.ask(f'{first} lookup shared'), size, 'size that the secondary sees')
    return secondary


def check_full(primary, size=POOL):
    """At rest: the count is exact, and all can be had, each once."""
    check_equal(primary.ask('0 free'), size, 'free objects')
    check_equal(primary.ask('0 drain'), size, 'drained')
    primary.ask(f'0 put {size}')


def get_and_put(place):
    primary = start_primary(place)
    secondary = start_secondary(place)
    for where in '4', '5', 'any':
        secondary.ask(f'{where} get 3000 30')
        check_equal(primary.ask('0 free'), POOL - 3000, 'free while the secondary holds 3000')
        check('ENOBUFS' in primary.refused(f'1 get {POOL} {POOL}'), 'a get of too many')
        primary.ask('1 get 5000 20')
        primary.ask('2 put 5000')
        secondary.ask(f'{where} put 3000')
        check_full(primary)
    check_equal(secondary.finish(), 0, 'exit status of the secondary')
    check_full(primary)
    check_equal(primary.finish(), 0, 'exit status of the primary')


def get_and_put_with_cache(place):
    primary = start_primary(place, cache=256)
    secondary = start_secondary(place)
    secondary.ask('4 get 3000 30')
    primary.ask('1 get 3000 30')
    secondary.ask('5 put 3000')
    primary.ask('2 put 3000')
    check_equal(primary.ask('0 free'), POOL, 'free objects')


def without_cache(place, cache='off'):
    """An option of the primary alone holds for all processes."""
    os.environ['LABYRINTH_OPTIONS'] = f'cache={cache}'
    primary = start_primary(place, cache=256)
    del os.environ['LABYRINTH_OPTIONS']
    secondary = start_secondary(place)
    for process, lcore in (primary, 1), (secondary, 4), (primary, 2), (secondary, 5):
        process.ask(f'{lcore} get 300 1')
        process.ask(f'{lcore} put 300')
    check_full(primary)
    check_equal(secondary.ask('4 drain'), POOL, 'drained by the secondary')
    secondary.ask(f'5 put {POOL}')
    check_full(primary)


def with_no_cache_at_all(place):
    without_cache(place, 'none')


def drain(place):
    """The other process gets what the lcores of one freed and left in their private parts."""
    primary = start_primary(place)
    secondary = start_secondary(place)
    for taker, giver, giving in (primary, secondary, '45'), (secondary, primary, '0123'):
        for drainer in ('0', '3', 'any') if taker is primary else ('4', '5', 'any'):
            check_equal(giver.ask(f'{giving[0]} drain'), POOL, 'drained by the one')
            share = POOL // len(giving)
            for lcore in giving:
                giver.ask(f'{lcore} put {share}')
            giver.ask(f'{giving[-1]} put {POOL - share * len(giving)}')
            check_equal(taker.ask(f'{drainer} drain'), POOL, 'drained by the other')
            taker.ask(f'{drainer} put {POOL}')
    check_full(primary)


def pipeline(place):
    """The primary's main lcore fills a small pool and is idle; two others, one in each process,
    keep the objects moving."""
    for size in 63, 255, 511, 1023:
        primary = start_primary(place, size)
        secondary = start_secondary(place, size)
        for producer, consumer in ((secondary, '4'), (primary, '1')), \
                                  ((primary, '2'), (secondary, '5')):
            for process, lcore, verb in (*producer, 'produce'), (*consumer, 'consume'):
                process.say(f'{lcore} {verb} 20000')
            for process, _ in producer, consumer:
                answer = process.expect(r'^(ok|error)[^\n]*\n', 60).group(0)
                check(answer == 'ok 0\n', f'{answer}{size} objects, now at '
                      f'{place.telemetry("/labyrinth/info,shared")}')
            check_full(primary, size)
        secondary.finish()
        primary.finish()


def killed_in_mid_churn(place):
    """The primary goes on, nothing has two holders, and each kill costs what the secondary held
    and was moving, no more."""
    chance = random.Random(4)
    primary = start_primary(place)
    free = POOL
    for kill in range(KILLS):
        secondary = start_secondary(place)
        secondary.say(f'{4 + kill % 2} churn {HELD}')
        primary.say('1 cycle 250')
        time.sleep(0.05 + 0.15 * chance.random())
        secondary.kill()
        cycles = int(primary.expect(r'^ok (\d+)\n').group(1))
        check(cycles > 0, 'the primary stood still')
        check('error' not in secondary.output(), 'the secondary: ' + secondary.output())
        left = primary.ask('0 drain')
        check(left <= free, f'{left} objects after kill {kill}, {free} before')
        check(free - left <= HELD + STEAL_MAX, f'kill {kill} cost {free - left} objects')
        primary.ask(f'0 put {left}')
        free = left
    print(f'{KILLS} kills cost {POOL - free} objects')


def reclaimed(place):
    """With the audit's full records and reclaim=auto the same costs nothing: all that the killed
    held and moved comes back, while the primary goes on."""
    os.environ['LABYRINTH_OPTIONS'] = 'audit=full:reclaim=auto'
    chance = random.Random(5)
    primary = start_primary(place)
    primary.ask('0 block')  # it needs no thread of DPDK's, and keeps none from its work
    for kill in range(RECLAIMS):
        secondary = start_secondary(place)
        if kill % 2 == 0:
            secondary.ask('any get 300 30')
            secondary.ask('5 get 3000 30')
        else:
            secondary.say(f'4 churn {HELD}')
        primary.say('1 cycle 250')
        time.sleep(0.05 + 0.15 * chance.random())
        secondary.kill()
        check(int(primary.expect(r'^ok (\d+)\n').group(1)) > 0, 'the primary stood still')
        deadline = time.monotonic() + WAIT_S
        while (free := primary.ask('0 free')) != POOL:
            check(time.monotonic() < deadline, f'{free} of {POOL} are back after kill {kill}')
            time.sleep(0.1)
        primary.ask('0 unmark')
        check_full(primary)
    check('3300 objects are back that a process held' in primary.output(), primary.output())
    primary.kill()
    del os.environ['LABYRINTH_OPTIONS']


def reclaimed_beside_a_stopped_process(place):
    """One that is stopped inside a call is waited for; that is said once, and nobody else waits."""
    os.environ['LABYRINTH_OPTIONS'] = 'audit=full:reclaim=auto'
    said = 'not all that it was moving can be taken back yet'
    primary = start_primary(place)
    stopped, killed = start_secondary(place, first=4), start_secondary(place, first=6)
    for secondary, lcore in (stopped, '4'), (killed, '6'):
        secondary.ask(f'{lcore} get 300 30')
    stopped.ask('4 enter')
    stopped.process.send_signal(signal.SIGSTOP)
    killed.kill()
    primary.expect(said)
    check_equal(primary.ask('0 free'), POOL - 300, 'what it held is back all the same')
    primary.ask('0 unmark')
    for _ in range(3):
        check(primary.ask('1 cycle 1000') > 0, 'the primary stood still')
    check_equal(primary.output().count(said), 1, 'how often it is said')
    stopped.process.send_signal(signal.SIGCONT)
    stopped.ask('4 leave')
    stopped.kill()
    deadline = time.monotonic() + WAIT_S
    while (free := primary.ask('0 free')) != POOL:
        check(time.monotonic() < deadline, f'{free} of {POOL} are back')
        time.sleep(0.1)
    del os.environ['LABYRINTH_OPTIONS']


def reclaimed_beside_a_container(place):
    """Nothing is taken from a secondary in a PID namespace of its own, which lives; this is said
    once. Objects of another one, which was killed, come back."""
    within = ('unshare', '--pid', '--fork', '--kill-child', '--mount-proc')
    if subprocess.run([*within, 'true'], stderr=subprocess.DEVNULL, timeout=20,
                      check=False).returncode != 0:
        raise Skip('no PID namespaces here')
    os.environ['LABYRINTH_OPTIONS'] = 'audit=full:reclaim=auto'
    primary = start_primary(place)
    contained = start_secondary(place, within=within)
    contained.ask('4 get 3000 30')
    for _ in range(2):
        killed = start_secondary(place, first=6)
        killed.ask('6 get 300 30')
        killed.kill()
        deadline = time.monotonic() + WAIT_S
        while (free := primary.ask('0 free')) != POOL - 3000:
            check(free < POOL - 3000, f'{free} free of {POOL}, of which 3000 are held')
            check(time.monotonic() < deadline, f'{free} of {POOL} are free after a kill')
            time.sleep(0.1)
    contained.ask('4 put 3000')
    primary.ask('0 unmark')
    check_full(primary)
    said = primary.output().count('cannot be known from here whether')
    check_equal(said, 1, 'times that the log says who is unknown')
    check_equal(contained.finish(), 0, 'exit status of the secondary')
    check_equal(primary.finish(), 0, 'exit status of the primary')
    del os.environ['LABYRINTH_OPTIONS']


main(get_and_put, get_and_put_with_cache, without_cache, with_no_cache_at_all, drain, pipeline,
     killed_in_mid_churn, reclaimed, reclaimed_beside_a_stopped_process, reclaimed_beside_a_container)
