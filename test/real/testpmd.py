# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""dpdk-testpmd, with a cache and without one, on ports of each kind.

Between wires, the same frames arrive in the same order as with the ring. From a capture into captures,
what is written is what was read. On null and ring ports, where frames do not end, it goes on, and all
mbufs that are in no port are free in the end."""

import os
import re
import struct
import time

from dpdk_support import WAIT_S, check, check_equal, lcores, tool
from real import Program, complaints, with_options
from traffic import BURST, INSIDE, WIRES, Wires, frame, has_ops, plain_bursts

CACHES = {'a cache': [], 'no cache': ['--mbcache=0']}
MBUFS = 4096
CAPTURED = 1000


def start(place, ports, ops, mode, *words, forwarders=1):
    eal = place.eal(lcores(forwarders + 1), f'--mbuf-pool-ops-name={ops}',
                    *place.ordinary_memory(256), *ports)
    testpmd = place.start(tool('dpdk-testpmd'), *eal, '--', '-i', f'--total-num-mbufs={MBUFS}',
                          '--forward-mode=io', '--no-flush-rx', '--disable-link-check',
                          f'--nb-cores={forwarders}', *words, env=with_options(mode))
    testpmd.expect('testpmd> ')
    has_ops(place, ops)
    return testpmd


def counts(testpmd):
    testpmd.say('stop')
    text = testpmd.expect(r'Accumulated forward statistics.*?\++\n').group(0)
    return re.findall(r'([RT]X-packets|[RT]X-dropped): +(\d+)', text)


def sent(testpmd, ports):
    testpmd.say('show port stats all')
    return [int(testpmd.expect(rf'NIC statistics for port {port} .*?TX-packets: +(\d+)').group(1))
            for port in range(ports)]


def used(testpmd):
    """The mbufs that are neither in the pool nor in a cache in front of it."""
    testpmd.say('dump_mempool mb_pool_0')
    testpmd.say('dump mempool mb_pool_0')  # since DPDK 25.11; another release knows no such command
    text = testpmd.expect(r'mempool <mb_pool_0>.*?no statistics available').group(0)
    cached = re.search(r'total_cache_count=(\d+)', text)
    return (int(re.search(r'^  size=(\d+)', text, re.MULTILINE).group(1))
            - int(re.search(r'common_pool_count=(\d+)', text).group(1))
            - (int(cached.group(1)) if cached else 0))


def end(testpmd):
    testpmd.say('quit')
    return {'exit status': testpmd.finish(), 'the driver said': complaints(testpmd.output())}


def on_wires(place, kind, words, ops, mode):
    wires = Wires(place, kind)
    testpmd = start(place, wires.ports, ops, mode, *words)
    wires.open(testpmd)
    testpmd.say('start')
    testpmd.expect('packet forwarding - ports=2')
    seen = wires.exchange(plain_bursts(20))
    return {**seen, 'counts': counts(testpmd), **end(testpmd)}


def inside(place, kind, words, ops, mode, forwarders=1):
    """Rings hold what is sent into them at the start: two bursts of each port, again and again."""
    ports = 2 * max(1, forwarders // 2)
    testpmd = start(place, [INSIDE[kind].format(n=n) for n in range(ports)], ops, mode, *words,
                    forwarders=forwarders)
    testpmd.say('start tx_first 2' if kind == 'ring' else 'start')
    testpmd.expect('packet forwarding - ports=')
    before = after = sent(testpmd, ports)
    deadline = time.monotonic() + WAIT_S
    while any(now < was + 10 * BURST for now, was in zip(after, before)):
        check(time.monotonic() < deadline, f'a port stands still: {before}, {after} packets')
        time.sleep(0.1)
        after = sent(testpmd, ports)
    counts(testpmd)
    left = used(testpmd)
    seen = {'used in the end': left, **end(testpmd)}
    # Packets in the rings are still held, as the audit says.
    seen['the driver said'] = [line for line in seen['the driver said']
                               if left == 0 or f'mb_pool_0: {left} objects still held' not in line]
    return seen


def write_capture(path, frames):
    with open(path, 'wb') as file:
        file.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, data in enumerate(frames):
            file.write(struct.pack('<IIII', number, 0, len(data), len(data)) + data)


def read_capture(path):
    with open(path, 'rb') as file:
        data, frames, offset = file.read(), [], 24
    while offset < len(data):
        length = struct.unpack_from('<I', data, offset + 8)[0]
        frames.append(data[offset + 16:offset + 16 + length])
        offset += 16 + length
    return frames


def captures(place, words, ops, mode):
    ports = []
    for n in range(2):
        path = os.path.join(place.directory, f'in{n}.pcap')
        write_capture(path, [frame(n * CAPTURED + i) for i in range(CAPTURED)])
        ports.append(f'--vdev=net_pcap{n},rx_pcap={path},tx_pcap={place.directory}/out{n}.pcap')
    testpmd = start(place, ports, ops, mode, *words)
    testpmd.say('start')
    testpmd.expect('packet forwarding - ports=2')
    deadline = time.monotonic() + WAIT_S
    while sent(testpmd, 2) != [CAPTURED, CAPTURED]:
        check(time.monotonic() < deadline, 'the captures do not come to an end')
        time.sleep(0.05)
    seen = {'counts': counts(testpmd), **end(testpmd)}
    for n in range(2):
        seen[f'written by port {n}'] = read_capture(f'{place.directory}/out{n}.pcap')
        check_equal(seen[f'written by port {n}'], read_capture(f'{place.directory}/in{1 - n}.pcap'),
                    'the capture that was written')
    return seen


def programs():
    for cache, words in CACHES.items():
        for kind in WIRES:
            yield (f'testpmd, {kind}, {cache}',
                   lambda *where, kind=kind, words=words: on_wires(where[0], kind, words, *where[1:]))
        for kind in INSIDE:
            yield (f'testpmd, {kind}, {cache}',
                   lambda *where, kind=kind, words=words: inside(where[0], kind, words, *where[1:]))
        yield (f'testpmd, captures, {cache}',
               lambda *where, words=words: captures(where[0], words, *where[1:]))
        yield (f'testpmd, 4 lcores on null, {cache}',
               lambda *where, words=words: inside(where[0], 'null', words, *where[1:], forwarders=4))


SHORT = ('testpmd, af_packet, a cache', 'testpmd, null, no cache', 'testpmd, captures, a cache')
PROGRAMS = [Program(name, run, short=name in SHORT) for name, run in programs()]
