#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Where the buffers of a pool are, and which are lost, in a program that knows nothing of it.

Each place in which a program can have an address of an mbuf is one of where.c. Objects whose
address is there must be found there, exactly; for the places that show no address, the expected
answer is written down. With --all, all is asked a hundred times while objects move.
"""

import json
import os
import signal
import subprocess
import sys
import time

from dpdk_support import BUILD, OPS, WAIT_S, Place, built, check, check_equal, lcores, main, tool
from where_support import found, search

STAT = os.environ['LABYRINTH_STAT']
MBUFS = 8191
WALKS = 100 if '--all' in sys.argv else 2
LOADED = 50 if '--all' in sys.argv else 1  # of each driver, under load


def start(place, ops=OPS, env=None):
    # Of two CPUs, one is for control threads: the program's own are on that of its lcore.
    program = place.start(built('where'), *place.eal(lcores(1), *place.ordinary_memory(64),
                                                     '--vdev=net_null0'), '--', ops, env=env)
    program.expect('^ready$')
    return program


def put(program, **places):
    for name, count in places.items():
        program.say(f'{name} {count}')
        program.expect('^ok$')


# The places in which objects are put, with their number and their name in the answer.
PLACES = {
    'table': (64, 'variable', 'in_table (where)'),
    'thread': (20, "thread's variable", 'in_thread (where) of thread where'),
    'heap': (100, 'heap', 'of in_heap (where)'),
    'large': (80, 'heap', 'of in_large_block (where)'),
    'rte_malloc': (500, 'rte_malloc', 'of in_sessions (where)'),
    'ring': (200, 'ring', 'waiting'),
    'hash': (50, 'rte_malloc', 'blocks of'),
    'stack': (2, 'stack', 'keeper'),
    'tag': (30, 'variable', 'in_tags (where)'),
    'high': (31, 'variable', 'in_high_bits (where)'),
    'data': (25, 'variable', 'in_data (where)'),
}
IN_STACK = 10  # of a thread


def each_place(place, ops):
    """Every place that points to an object is found and named; nothing else is."""
    program = start(place, ops)
    put(program, **{name: count for name, (count, *_) in PLACES.items()}, lose=300, passed=11,
        free=100)
    answer = search(place)
    wanted = {name: count * (IN_STACK if name == 'stack' else 1)
              for name, (count, *_) in PLACES.items()}
    for name, (_, where, called) in PLACES.items():
        if name == 'hash':
            number = found(answer, where, called) - wanted['rte_malloc']
        elif name == 'heap':  # one block may be named otherwise: two point to it
            number = found(answer, 'heap') - wanted['large']
        else:
            number = found(answer, where, called)
        check_equal(number, wanted[name], f'{name} ({answer})')
    blocks = {group['name']: group.get('blocks') for group in answer['groups']
              if group['where'] == 'rte_malloc'}
    check_equal([n for name, n in blocks.items() if 'in_sessions' in name], [1], f'blocks ({blocks})')
    check_equal((answer['lost'], answer['held'], answer['moving']),
                (311, sum(wanted.values()), 0), f'lost, held, moving ({answer})')
    check_equal(answer['free'], MBUFS - 311 - sum(wanted.values()), 'free')
    check_equal(answer['driver'], ops, 'driver')


def each_place_ours(place):
    each_place(place, OPS)


def each_place_of_a_ring(place):
    each_place(place, 'ring_mp_mc')


def each_place_of_a_stack(place):
    each_place(place, 'stack')


def each_place_of_a_lockless_stack(place):
    each_place(place, 'lf_stack')


def chains_and_clones(place):
    """An mbuf that only another one points to is held as long as that one is."""
    for ops in OPS, 'ring_mp_mc':
        program = start(place, ops)
        put(program, chain=15, clone=12)
        answer = search(place)
        check_equal((found(answer, 'variable', 'in_table'), found(answer, 'chained behind an mbuf'),
                     found(answer, 'data of an indirect mbuf'), answer['lost']), (27, 15, 12, 0),
                    f'{answer}')
        put(program, lose_chain=10, lose_clone=8)
        check_equal(search(place)['lost'], 36, 'chains and clones are lost as a whole')
        program.finish()


def caches_of_the_programs_own(place):
    """Objects in them are free; those that they had, behind their length now, are not."""
    for ops in OPS, 'ring_mp_mc':
        program = start(place, ops)
        put(program, own_cache=1, lose_from_own_cache=40)
        answer = search(place)
        kept = found(answer, "a cache of the program's own")
        check(kept > 64, f'two of 64 or more ({answer})')
        check_equal((answer['lost'], answer['free']), (40, MBUFS - 40), f'{answer}')
        put(program, lose_from_own_cache=kept + 1)
        answer = search(place)
        check_equal(answer['lost'], 41 + kept, f'as the cache is filled again ({answer})')
        program.finish()


def received(place):
    """By what is in them."""
    for ops in OPS, 'ring_mp_mc':
        program = start(place, ops)
        put(program, lose_received=20)
        answer = search(place)
        check_equal(answer['lost'], 640, f'lost ({answer})')
        group, = [group for group in answer['groups'] if group['state'] == 'lost']
        check('64 bytes, port 0' in group['headers_1'], f'headers: {group}')
        program.finish()


def hidden(place):
    """Objects of which no address shows are called lost; the answer says that they do not grow in number."""
    program = start(place)
    put(program, xor=10, index=40, offset=50)
    check_equal(search(place)['lost'], 100, 'hidden ones')
    answer = search(place)
    check_equal((answer['lost'], answer['lost_before']), (100, 100), 'no more of them')
    put(program, register=1)
    answer = search(place)
    check_equal(answer['lost'], 101, f'in a register alone ({answer})')
    check(answer['running_threads'] >= 1, f'and a thread that may have it ({answer})')


def known_to_the_audit(place):
    program = start(place, env={'LABYRINTH_OPTIONS': 'audit=full'})
    put(program, lose=30)
    group, = [group for group in search(place)['groups'] if group['state'] == 'lost']
    check_equal((group['count'], group['recorded']), (30, 30), 'recorded')
    check(group['youngest_s'] <= group['oldest_s'] and group['site'], f'{group}')


def lost_one(answer):
    group, = [group for group in answer['groups'] if group['state'] == 'lost']
    return group


def lose_until_noted(place, program, how):
    """Until there are the callbacks that a thread adds."""
    end = time.monotonic() + WAIT_S
    put(program, **{how: 1})
    while 'event' not in lost_one(search(place)):
        check(time.monotonic() < end, 'no mbuf has a note')
        put(program, **{how: 1})


def what_ports_did_last(place):
    """ports=on: an mbuf says which port had it last, whatever the pool's driver, and an audit that
    knows a later get says that this is old."""
    for ops in 'ring_mp_mc', OPS:
        program = start(place, ops, env={'LABYRINTH_OPTIONS': 'audit=full:ports=on'})
        lose_until_noted(place, program, 'lose_received')
        put(program, lose_received=60)
        group = lost_one(search(place))
        check_equal(group['event'], 'received on port 0, queue 0', f'{group}')
        check(0 < group['events'] <= 256 and 0 <= group['event_youngest_s'] <= group['event_oldest_s'],
              f'{group}')
        said = ' '.join(stat(place, 'why', 'packets').split())
        check('received on port 0, queue 0, ' in said and 'never sent' in said, said)
        check('received on port 0, queue 0, ' in stat(place, 'lost', 'packets'), 'said by lost, too')
        program.finish()
        program = start(place, ops, env={'LABYRINTH_OPTIONS': 'audit=full:ports=on'})
        lose_until_noted(place, program, 'lose_sent')
        check_equal(lost_one(search(place))['event'], 'handed to port 0, queue 0', 'lost by sending')
        program.finish()


def an_old_note_is_none(place):
    """An mbuf that was received, freed, and got again for something else was not received last."""
    program = start(place, env={'LABYRINTH_OPTIONS': 'audit=full:ports=on'})
    lose_until_noted(place, program, 'lose_received')
    put(program, free_received=1000)
    time.sleep(0.1)
    put(program, table=64)
    group, = [group for group in search(place)['groups'] if 'in_table' in group.get('name', '')]
    check_equal(group['count'], 64, f'{group}')
    check('event' not in group, f'an old note: {group}')


def threads(program):
    folder = f'/proc/{program.process.pid}/task'
    names = []
    for task in os.listdir(folder):
        with open(f'{folder}/{task}/comm', encoding='utf-8') as file:
            names.append(file.read().strip())
    return sorted(names)


def nothing_before_somebody_asks(place):
    """No thread; and the object code of the hot path refers to nothing of it."""
    program = start(place, 'ring_mp_mc')
    with_plugin = threads(program)
    search(place)
    end = time.monotonic() + WAIT_S
    while threads(program) != with_plugin:  # its last answer comes before its thread has ended
        check(time.monotonic() < end, f'threads behind a search: {threads(program)}')
        time.sleep(0.02)
    program.finish()
    beside = Place(place.cleanup)
    program = beside.start(built('where'), *beside.eal(
        lcores(1), *place.ordinary_memory(64), '--vdev=net_null0', plugins=[]), '--', 'ring_mp_mc')
    program.expect('^ready$')
    check_equal(with_plugin, threads(program), 'threads, with the plugin and without')
    hot = [os.path.join(BUILD, 'drivers/mempool/labyrinth', f'liblabyrinth_ops_{kind}.a')
           for kind in ('plain', 'wide')]
    hot += [os.path.join(BUILD, 'lib', f'liblab_{floor}.a') for floor in ('deque', 'pool', 'audit')]
    for archive in filter(os.path.exists, hot):
        wanted = subprocess.run(['nm', '-u', archive], capture_output=True, text=True, check=True)
        check('lab_' in wanted.stdout, f'{archive} refers to nothing at all')
        for word in 'where_', 'labyrinth_where', 'labyrinth_ports':
            check(word not in wanted.stdout, f'{archive} refers to {word}')


def without_the_word_nothing_is_noted(place):
    program = start(place, env={'LABYRINTH_OPTIONS': 'audit=full'})
    put(program, lose_received=10)
    time.sleep(0.5)
    put(program, lose_received=10)
    check('event' not in lost_one(search(place)), 'a note')


def dpdks_own_history(place):
    """The marks that a DPDK of 25.11 keeps, where it was built so."""
    for ops in OPS, 'ring_mp_mc':
        program = start(place, ops)
        put(program, lose_with_history=7)
        group = lost_one(search(place))
        check_equal((group['history'], group['histories']),
                    ('freed by app, alloc by PMD, rx, enqueued', 7), f'{group}')
        check("DPDK's history: freed by app, " in stat(place, 'lost', 'packets'), 'said by lost')
        program.finish()


def testpmd(place):
    """Every buffer moves all the time, and none is called lost."""
    for ops in OPS, 'ring_mp_mc':
        program = place.start(
            tool('dpdk-testpmd'),
            *place.eal(lcores(2), *place.ordinary_memory(64), f'--mbuf-pool-ops-name={ops}',
                       '--vdev=net_null0', '--vdev=net_null1'),
            '--', '--forward-mode=mac', '--auto-start', '--total-num-mbufs=8191',
            '--stats-period=1')
        program.expect('Rx-pps')
        for _ in range(WALKS):
            answer = search(place, 'mb_pool_0')
            check_equal(answer['lost'], 0, f'lost ({answer})')
        program.kill()


def at_work(place):
    """While all others move without a pause, the lost ones are distinguished from them, each time."""
    for ops in (OPS, 'ring_mp_mc', 'stack') if LOADED > 1 else (OPS, 'ring_mp_mc'):
        program = start(place, ops)
        put(program, lose=100, load=1)
        for _ in range(LOADED):
            answer = search(place)
            check_equal((answer['lost'], answer['unsettled']), (100, 0), f'lost ({answer})')
        program.kill()


def two_processes(place):
    """Another process finds and names what it keeps; the answer says of one that does not answer
    that it is unseen."""
    memory = place.shared_memory(128)
    for ops in OPS, 'ring_mp_mc':
        first = place.start(built('where'), *place.eal(lcores(1), *memory), '--', ops)
        first.expect('^ready$')
        second = place.start(built('where'), *place.eal('--lcores=1@0', *memory,
                                                        '--proc-type=secondary'), '--', ops)
        second.expect('^ready$')
        put(first, table=20, lose=30)
        put(second, table=64, heap=15, stack=1, chain=5, lose=40, ring=12)
        answer = search(place)
        check_equal((answer['processes_asked'], answer['processes_unseen']), (2, 0), 'processes')
        check_equal(answer['lost'], 70, f'lost ({answer})')
        check_equal((found(answer, 'variable', 'in_table'), found(answer, 'ring', 'waiting'),
                     found(answer, 'another process', 'variable: in_table (where)'),
                     found(answer, 'another process', 'heap: '),
                     found(answer, 'another process', 'stack: keeper'),
                     found(answer, 'chained behind an mbuf')), (20, 12, 69, 15, 10, 5),
                    f'{answer}')
        os.kill(second.process.pid, signal.SIGSTOP)
        answer = search(place)
        check_equal((answer['processes_asked'], answer['processes_unseen']), (1, 1), 'stopped')
        check(answer['lost'] > 70, f'unseen ({answer})')
        check('do not see' in stat(place, 'lost', 'packets'), 'said so')
        os.kill(second.process.pid, signal.SIGCONT)
        second.finish()
        first.finish()


def queues(place):
    """The mbufs that a port's driver has posted are in its queues: virtio's, here, with vhost's beside it."""
    socket = os.path.join(place.directory, 'vhost')
    beside = Place(place.cleanup)
    memory = [*place.huge_pages(192), '-m', '64', '--single-file-segments']
    words = '--', '--forward-mode=io', '--auto-start', '--stats-period=1', '--total-num-mbufs=4095'
    vhost = beside.start(tool('dpdk-testpmd'), *beside.eal(
        lcores(2), *memory, f'--vdev=net_vhost0,iface={socket}'), *words)
    vhost.expect('Rx-pps')
    virtio = place.start(tool('dpdk-testpmd'), *place.eal(
        lcores(2), *memory, f'--mbuf-pool-ops-name={OPS}',
        f'--vdev=net_virtio_user0,path={socket},queue_size=256'), *words, '--tx-first')
    virtio.expect('Rx-pps')
    for _ in range(3):
        answer = search(place, 'mb_pool_0')
        check_equal(answer['lost'], 0, f'lost ({answer})')
    check(found(answer, 'rx queue', 'port 0, queue 0') > 0, f'posted for reception ({answer})')


def stat(place, *arguments, status=0):
    done = subprocess.run([STAT, f'--file-prefix={place.prefix}', '--apart=0.05',
                           '--mib-s=0', *arguments],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=WAIT_S, check=False)
    check_equal(done.returncode, status, f'status of {arguments}, {done.stderr}')
    return done.stdout if status == 0 else done.stderr


def for_people(place):
    program = start(place, 'ring_mp_mc')
    put(program, table=64, lose=100)
    check('no pool' in stat(place, 'lost', 'paquets', status=1), 'another name')
    document = json.loads(stat(place, '--json', 'where', 'packets'))
    answer = document['pool']
    check_equal((document['schema'], document['command'], answer['lost'],
                 answer['groups'][0]['count']), (1, 'where', 100, 100), f'{document}')
    check_equal(answer['groups'][0]['packets'][0]['count'], 100, 'packets')
    table = stat(place, 'where', 'packets')
    for words in '100 lost', 'variable: in_table (where)', "the driver's ring", 'do not grow':
        check(words in table, f'{words}: {table}')
    put(program, lose=11)
    table = stat(place, 'lost', 'packets')
    for words in '111 lost', 'more a second':
        check(words in table, f'{words}: {table}')
    check('in_table' not in table, table)
    put(program, lose=7900)
    capture = os.path.join(place.directory, 'lost.pcap')
    search(place)
    table = stat(place, 'lost', 'packets', f'--pcap={capture}', '--packets=10')
    check('hardly any is free' in table, f'no more can be lost: {table}')
    with open(capture, 'rb') as file:
        content = file.read()
    check_equal(len(content), 24 + 10 * (16 + 98), 'bytes of the capture')


def capture_of_whole_frames(place):
    """The demonstration's, without jumbo frames: a port of captures wants no chains."""
    with open(os.path.join(os.path.dirname(__file__), '../../doc/demo/demo.pcap'), 'rb') as file:
        content = file.read()
    kept, at = content[:24], 24
    while at < len(content):
        end = at + 16 + int.from_bytes(content[at + 8:at + 12], 'little')
        kept += content[at:end] if end - at <= 16 + 1514 else b''
        at = end
    path = os.path.join(place.directory, 'my.pcap')
    with open(path, 'wb') as file:
        file.write(kept)
    return path


def the_guides_program(place):
    """The chapter of the guide: a table, a leak, and what is in the packets."""
    capture = capture_of_whole_frames(place)
    program = place.start(built('empty'), *place.eal(
        lcores(1), *place.ordinary_memory(64),
        f'--vdev=net_pcap0,rx_pcap={capture},tx_pcap=/dev/null,infinite_rx=1'))
    program.expect('^receiving$')
    answer = search(place)
    end = time.monotonic() + WAIT_S
    while answer['lost'] < 100:
        check(time.monotonic() < end, f'it loses none ({answer})')
        answer = search(place)
    check_equal(found(answer, 'rte_malloc', 'of sessions (empty)'), 3000, f'sessions ({answer})')
    check_equal(found(answer, 'ring', 'PCAP_RING0'), 2967, f'of the port ({answer})')
    check('port 0' in answer['groups'][0]['headers_1'], f'packets ({answer})')
    check('more a second' in stat(place, 'lost', 'packets'), 'a leak')
    said = stat(place, 'why', 'packets')
    for words in 'It leaks', '  3,000 are in rte_malloc: 1 block of 48000 bytes, of sessions (empty)':
        check(words in said, f'{words}: {said}')


if '--all' in sys.argv:
    main(testpmd, at_work)
else:
    main(each_place_ours, each_place_of_a_ring, each_place_of_a_stack, each_place_of_a_lockless_stack,
         chains_and_clones, caches_of_the_programs_own,
         received, hidden, known_to_the_audit,
         what_ports_did_last, an_old_note_is_none, nothing_before_somebody_asks,
         without_the_word_nothing_is_noted,
         dpdks_own_history, testpmd, queues, at_work, two_processes, for_people, the_guides_program)
