#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The changes that labyrinth-stat makes in a running program, where that allows it: the audit's
level, what idle lcores keep, what the dead held."""

import ctypes
import json
import os
import re
import select
import signal
import socket
import subprocess
import time

from dpdk_support import WAIT_S, OPS, Failure, Lacking, built, check, check_equal, lcores, main

SIZE = 5000
LARGE = 200000  # whose level takes some time to change
STAT = os.environ['LABYRINTH_STAT']


def cpu():
    return min(os.sched_getaffinity(0))


def start(place, options, cache=0):
    shell = place.start(built('pool_shell'), *place.eal(lcores(3), *place.ordinary_memory(64)),
                        env={'LABYRINTH_OPTIONS': options})
    shell.expect('^ok$')
    check_equal(shell.ask(f'0 create some {SIZE} {cache} {OPS}'), SIZE, 'objects')
    return shell


def stat(place, *arguments):
    done = subprocess.run([STAT, f'--file-prefix={place.prefix}', '--json', *arguments], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WAIT_S, check=False)
    if done.returncode != 0:
        raise Failure(f'{arguments}: {done.stderr}')
    return json.loads(done.stdout)['pool']


def refused(place, *arguments):
    try:
        stat(place, *arguments)
    except Failure as failure:
        return str(failure)
    raise Failure(f'{arguments} went well, and must not')


def audit(place):
    return stat(place, 'info', 'some')['audit']


def wait_for_groups(place, shell):
    """For some time after a change of level, nothing is recorded."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        shell.ask('1 get 100 10')
        held = stat(place, 'holders', 'some')
        if held['by_call_site']:
            return held
        shell.ask('1 put 100')
    raise Failure('nothing is recorded')


def nothing_without_a_word(place):
    start(place, 'audit=off')
    for command in ('audit', 'some', 'full'), ('publish', 'some'), ('reclaim', 'some'):
        check('start the program with control=on' in refused(place, *command), command)
    check_equal(audit(place), 'off', 'level')


def levels(place):
    """From nothing to who holds what, and back, in a program that goes on."""
    shell = start(place, 'audit=off:control=on')
    check_equal(audit(place), 'off', 'level at the start')
    changed = stat(place, 'audit', 'some', 'full')
    check_equal((changed['name'], changed['audit'], changed['was']), ('some', 'full', 'off'), 'answer')
    shell.expect('mempool some: the audit is at level full now, it was off')
    held = wait_for_groups(place, shell)
    check_equal(sum(row['count'] for row in held['by_call_site']), held['held'], 'held')
    stat(place, 'audit', 'some', 'sample:7')
    info = stat(place, 'info', 'some')
    check_equal((info['audit'], info['one_in']), ('sample', 7), 'level')
    stat(place, 'audit', 'some', 'off')
    check_equal(audit(place), 'off', 'level')
    check_equal(shell.ask('1 drain'), SIZE - held['held'], 'what can be had')


def behind_a_cache(place):
    """DPDK's caches stay where they are: whoever fills one is not said to have what comes of it, and
    what goes from cache to cache is no fault."""
    shell = start(place, 'audit=off:control=on:limit=0', cache=32)
    check_equal(stat(place, 'audit', 'some', 'full')['cache_size'], 32, 'cache')
    held = wait_for_groups(place, shell)
    for row in held['by_call_site']:
        check(row['site'].startswith('filled a cache: '), row)
    shell.ask('2 put 100')
    for where in 0, 1, 2, 1:
        shell.ask(f'{where} get 500 8')
        shell.ask(f'{(where + 1) % 3} put 500')
    faults = stat(place, 'info', 'some')['faults']
    check_equal({name for name, count in faults.items() if count}, set(), f'faults {faults}')


def levels_that_are_none(place):
    shell = start(place, 'audit=off:control=on')
    for level in 'ful', '', 'sample:', 'sample:0', 'sample:x', 'sample:99999999999':
        check('which level?' in refused(place, 'audit', 'some', level), level)
    check('there is no pool sume: did you mean some?' in refused(place, 'audit', 'sume', 'full'), 'name')
    shell.ask(f'0 create a,b 100 0 {OPS}')
    check_equal(stat(place, 'audit', 'a,b', 'sample')['audit'], 'sample', 'a name with a comma')
    check_equal(audit(place), 'off', 'the other pool')


def without_records(place):
    start(place, 'control=on')
    check('LABYRINTH_OPTIONS=audit=off:control=on' in refused(place, 'audit', 'some', 'full'), 'advice')
    check('audit=full' in refused(place, 'reclaim', 'some'), 'advice')


def for_the_programs_user_alone(place):
    """Where others may connect, telemetry cannot tell them from the user."""
    start(place, 'audit=off:control=on')
    os.chmod(place.runtime, 0o750)
    said = refused(place, 'audit', 'some', 'full')
    check('others may connect' in said and f'chmod 700 {place.runtime}'[:60] in said, said)
    check_equal(audit(place), 'off', 'level')
    os.chmod(place.runtime, 0o700)
    check_equal(stat(place, 'audit', 'some', 'full')['audit'], 'full', 'level')


def private_parts_are_published(place):
    shell = start(place, 'control=on')
    shell.ask(f'0 get {SIZE} 10')
    shell.ask('1 get 0 1')
    shell.ask('0 put 40')
    before = stat(place, 'info', 'some')
    kept = sum(lcore['private'] for lcore in before['lcores'])
    check(kept > 0, f'an lcore that puts keeps nothing: {before}')
    published = stat(place, 'publish', 'some')
    check_equal(published['before'], kept, 'before')
    after = stat(place, 'info', 'some')
    check_equal(sum(lcore['private'] for lcore in after['lcores']), published['in_private_parts'], 'after')
    check_equal((after['free'], published['in_private_parts']), (before['free'], 0), 'free, private')
    shell.expect('mempool some: private parts are published')
    check_equal(shell.ask('2 drain'), 40, 'what another lcore gets')
    check_equal(stat(place, 'info', 'some')['calls']['get_revoke'], before['calls']['get_revoke'],
                'revocations that were left to do')


def what_the_dead_held(place):
    memory = place.shared_memory()
    env = {'LABYRINTH_OPTIONS': 'audit=full:control=on'}
    primary = place.start(built('pool_shell'), *place.eal(f'--lcores=(0-1)@{cpu()}', *memory), env=env)
    primary.expect('^ok$')
    primary.ask(f'0 create some {SIZE} 0 {OPS}')
    eal = place.eal(f'--lcores=4@{cpu()}', '--proc-type=secondary', memory[0])
    secondary = place.start(built('pool_shell'), *eal, env=env)
    secondary.expect('^ok$')
    secondary.ask('4 lookup some')
    secondary.ask('4 get 1000 10')
    check_equal(stat(place, 'reclaim', 'some')['held'], 0, 'while it lives')
    secondary.process.send_signal(signal.SIGKILL)
    secondary.process.wait()
    back = stat(place, 'reclaim', 'some')
    check_equal((back['held'], back['complete']), (1000, 'yes'), 'reclaimed')
    primary.expect('1000 objects are back that processes held which have ended')
    check_equal(stat(place, 'info', 'some')['free'], SIZE, 'free')


def nobody_waits(place):
    """Lcores go on while the level is changed again and again: all objects are there at the end, but
    for those whose put was refused, each of which the log has."""
    shell = start(place, 'audit=off:control=on:limit=0')
    shell.say('1 cycle 2000')
    changes = 0
    while not re.search(r'^ok \d+$', shell.output()[shell.seen:], re.M):
        for level in 'full', 'sample:3', 'off':
            place.telemetry(f'/labyrinth/audit,some,{level}')
        place.telemetry('/labyrinth/publish,some')
        changes += 1
    check(int(shell.expect(r'^ok (\d+)$').group(1)) > 0, 'no cycle was made')
    check(changes > 0, 'no level was changed')
    dropped = shell.output().count(': object 0x')
    check(SIZE - dropped <= shell.ask('2 drain') <= SIZE, f'objects; {dropped} were dropped')
    logged = shell.output().count('the audit is at level')
    check(0 < logged <= 3 * changes, f'{logged} of {changes} changes in the log')


class Frozen:
    """A thread of another process that stands still, wherever it is, until the end of the block."""

    SEIZE, INTERRUPT, DETACH, ALL_THREADS = 0x4206, 0x4207, 17, 0x40000000

    def __init__(self, tid):
        self.tid, self.libc = tid, ctypes.CDLL(None, use_errno=True)

    def trace(self, request):
        if self.libc.ptrace(ctypes.c_long(request), ctypes.c_long(self.tid), None, None) != 0:
            raise Lacking(f'a thread cannot be stopped here: {os.strerror(ctypes.get_errno())}')

    def __enter__(self):
        self.trace(self.SEIZE)
        self.trace(self.INTERRUPT)
        os.waitpid(self.tid, self.ALL_THREADS)

    def __exit__(self, *_):
        self.trace(self.DETACH)


def threads_of(program):
    return {int(tid) for tid in os.listdir(f'/proc/{program.process.pid}/task')}


def a_command_that_stands_still(place):
    """Where telemetry's thread is stopped in the middle of a command, gets and puts go on, and lose
    nothing."""
    shell = place.start(built('pool_shell'), *place.eal(lcores(2), *place.ordinary_memory(256)),
                        env={'LABYRINTH_OPTIONS': 'audit=off:control=on:limit=0'})
    shell.expect('^ok$')
    shell.ask(f'0 create some {LARGE} 0 {OPS}')
    before = threads_of(shell)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.connect(os.path.join(place.runtime, 'dpdk_telemetry.v2'))
        client.settimeout(WAIT_S)
        client.recv(1024)
        tid, = threads_of(shell) - before
        for attempt in range(1000):
            client.send(f'/labyrinth/audit,some,{("full", "off")[attempt % 2]}'.encode())
            with Frozen(tid):
                in_the_middle = not select.select([client], [], [], 0)[0]
                if in_the_middle:
                    check(shell.ask('1 cycle 300') > 0, 'no cycle was made')
            client.recv(16384)
            if in_the_middle:
                break
    check(in_the_middle, 'no command was met in the middle')
    dropped = shell.output().count(': object 0x')
    check(LARGE - dropped <= shell.ask('0 drain') <= LARGE, f'objects; {dropped} were dropped')


main(nothing_without_a_word, levels, behind_a_cache, levels_that_are_none, without_records,
     for_the_programs_user_alone, private_parts_are_published, what_the_dead_held, nobody_waits,
     a_command_that_stands_still)
