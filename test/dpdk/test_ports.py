#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""dpdk-testpmd forwards frames from one real port to another, in a network namespace of the test's own.
With the driver, in each of its modes, with DPDK's cache and without, the same frames arrive as with the
ring, the ports count the same, and nothing is reported.

    test_ports.py          two modes over AF_PACKET
    test_ports.py --all    all of them, over AF_PACKET and TAP
"""

import contextlib
import ctypes
import os
import re
import select
import socket
import subprocess
import sys
import time

from dpdk_support import MODES, OPS, WAIT_S, Skip, check, check_equal, lcores, main, tool

# Local experimental Ethertype: what the kernel itself sends is something else.
ETHERTYPE = b'\x88\xb5'
BURST = 32
BURSTS = 20
CLONE_NEWNET = 0x40000000

# Interfaces whose far ends the test has, and the ports on their near ends.
PORTS = {
    'af_packet': ('veth', ['--vdev=net_af_packet0,iface=near0', '--vdev=net_af_packet1,iface=near1'],
                  ['far0', 'far1']),
    'tap': ('tap', ['--vdev=net_tap0,iface=tap0', '--vdev=net_tap1,iface=tap1'], ['tap0', 'tap1']),
}

# What the driver may say of a testpmd that does all right: it does not free its mempools.
TOLD_ANYWAY = re.compile(r'LABYRINTH: \d+ of the mempools were not freed before rte_eal_cleanup')


def ip(*arguments):
    done = subprocess.run([tool('ip'), *arguments], capture_output=True, text=True, timeout=WAIT_S,
                          check=False)
    if done.returncode != 0:
        raise Skip(f'ip {" ".join(arguments)}: {done.stderr.strip()}')


@contextlib.contextmanager
def inside(namespace):
    """What is made here belongs to that network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open('/proc/self/ns/net', 'rb') as own, \
            open(f'/run/netns/{namespace}', 'rb') as other:
        if libc.setns(other.fileno(), CLONE_NEWNET) != 0:
            raise Skip(f'cannot enter a network namespace: {os.strerror(ctypes.get_errno())}')
        try:
            yield
        finally:
            check_equal(libc.setns(own.fileno(), CLONE_NEWNET), 0, 'the way back')


class Network:
    """A namespace, and in it the far ends of two ports."""

    def __init__(self, place, cleanup, kind):
        if os.geteuid() != 0:
            raise Skip('needs a network namespace of its own, which only root can make')
        self.name = place.prefix
        ip('netns', 'add', self.name)
        cleanup.callback(subprocess.run, ['ip', 'netns', 'delete', self.name], timeout=WAIT_S,
                         check=True)
        self.ends = PORTS[kind][2]
        if PORTS[kind][0] == 'veth':
            for number in range(2):
                ip('-n', self.name, 'link', 'add', f'near{number}', 'type', 'veth', 'peer', 'name',
                   f'far{number}')
                ip('-n', self.name, 'link', 'set', f'near{number}', 'up')
                ip('-n', self.name, 'link', 'set', f'far{number}', 'up')

    def run(self, *argv):
        return ['ip', 'netns', 'exec', self.name, *argv]

    def sockets(self):
        ends = []
        with inside(self.name):
            for end in self.ends:
                ends.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                          socket.htons(int.from_bytes(ETHERTYPE, 'big'))))
                ends[-1].bind((end, int.from_bytes(ETHERTYPE, 'big')))
        return ends


def frame(number):
    """Each is another, in length and content."""
    length = 60 + number * 131 % (1514 - 60 + 1)
    head = b'\x02\0\0\0\0\x01' + b'\x02\0\0\0\0\x02' + ETHERTYPE + number.to_bytes(4, 'big')
    return (head + bytes(range(256)) * 6)[:length]


def collect(end, wanted, seconds=WAIT_S):
    """As many frames as are wanted, and those that come at once with them."""
    deadline = time.monotonic() + seconds
    frames = []
    while time.monotonic() < deadline:
        if not select.select([end], [], [], 0.05 if len(frames) >= wanted else 0.5)[0]:
            if len(frames) >= wanted:
                break
            continue
        data, (_, _, kind, *_) = end.recvfrom(2048)
        if kind != socket.PACKET_OUTGOING:
            frames.append(data)
    return frames


def counts(testpmd):
    text = testpmd.expect(r'Accumulated forward statistics.*?\++\n').group(0)
    return re.findall(r'([RT]X-packets|[RT]X-dropped): +(\d+)', text)


def exchange(ends):
    """Bursts in one direction and the other, each awaited before the next. What arrived of them."""
    arrived = []
    for burst in range(BURSTS):
        sender, receiver = (0, 1) if burst % 2 == 0 else (1, 0)
        for number in range(burst * BURST, (burst + 1) * BURST):
            ends[sender].send(frame(number))
        arrived.append(collect(ends[receiver], BURST))
    return arrived


def forward(place, kind, ops, mode, options):
    """What arrived, in order, and what testpmd counted; and what the driver said."""
    with contextlib.ExitStack() as cleanup:
        network = Network(place, cleanup, kind)
        eal = place.eal(lcores(2), f'--mbuf-pool-ops-name={ops}', *place.ordinary_memory(256),
                        *PORTS[kind][1])
        testpmd = place.start(*network.run(tool('dpdk-testpmd'), *eal, '--', '-i',
                                           '--total-num-mbufs=4096', '--forward-mode=io',
                                           '--no-flush-rx', '--disable-link-check', *options),
                              env={'LABYRINTH_OPTIONS': mode} if mode else {})
        testpmd.expect('testpmd> ', 60)
        ends = network.sockets()
        testpmd.say('start')
        testpmd.expect('packet forwarding - ports=2')
        arrived = exchange(ends)
        testpmd.say('stop')
        counted = counts(testpmd)
        testpmd.say('quit')
        check_equal(testpmd.finish(), 0, f'exit status with {ops}, {mode}, {options}')
        for end in ends:
            end.close()
    said = [line for line in testpmd.output().splitlines()
            if 'LABYRINTH:' in line and not TOLD_ANYWAY.search(line)]
    return arrived, counted, said


def compare(place, kind, modes, caches):
    for options in caches:
        wanted, counted, _ = forward(place, kind, 'ring_mp_mc', '', options)
        check_equal([len(burst) for burst in wanted], [BURST] * BURSTS, f'{kind}: frames by the ring')
        for mode in modes:
            arrived, count, said = forward(place, kind, OPS, mode, options)
            what = f'{kind}, "{mode}", {options}'
            for number, burst in enumerate(arrived):
                check_equal(len(burst), BURST, f'{what}: frames of burst {number}')
                check(burst == wanted[number], f'{what}: burst {number} is not what was sent')
            check_equal(count, counted, f'{what}: counts')
            check_equal(said, [], f'{what}: the driver said')


def af_packet(place):
    compare(place, 'af_packet', ['cache=off', 'audit=full'], [[]])


def af_packet_in_all_modes(place):
    compare(place, 'af_packet', MODES, [[], ['--mbcache=0']])


def tap_in_all_modes(place):
    compare(place, 'tap', MODES, [[], ['--mbcache=0']])


if '--all' in sys.argv:
    main(af_packet_in_all_modes, tap_in_all_modes)
else:
    main(af_packet)
