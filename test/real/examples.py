# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""DPDK's examples, built from its source package, on ports of each kind that they take."""

import os
import re
import signal
import subprocess

from dpdk_support import BUILD, Lacking, Skip, check, lcores
from real import Program
from traffic import (INSIDE, KINDS, Burst, ipv4, plain_bursts, run_inside, run_on_wires, udp)

BUILD_S = 600
MTU = 1500
# So that each takes ports of each kind.
ANY_PORT = os.path.join(BUILD, 'test', 'real', 'any_port.so')


def source():
    """DPDK's source, of the version that is installed."""
    directory = os.environ.get('LABYRINTH_DPDK_SOURCE') or subprocess.run(
        [os.path.join(os.path.dirname(__file__), '../../config/dpdk-source'), '--where'],
        capture_output=True, text=True, check=False).stdout.strip()
    if not os.path.isdir(os.path.join(directory, 'examples')):
        raise Lacking('no source of DPDK here: config/dpdk-source fetches it')
    return directory


def example(path):
    """The program, which is built where its source is."""
    directory = os.path.join(source(), 'examples', path)
    with open(os.path.join(directory, 'Makefile'), encoding='ascii') as makefile:
        name = re.search(r'^APP = (\w+)', makefile.read(), re.MULTILINE).group(1)
    built = os.path.join(directory, 'build', f'{name}-shared')
    if not os.path.exists(built):
        done = subprocess.run(['make', '-C', directory, 'shared'], capture_output=True, text=True,
                              timeout=BUILD_S, check=False)
        check(done.returncode == 0, f'{name} is not built: {done.stderr[-1000:]}')
    return built


def routed_bursts():
    """For l3fwd's own table: 198.18.N.0/24 is out of port N."""
    return [Burst(n % 2, [ipv4(f'198.18.{1 - n % 2}.{i + 1}', i, udp(i, 30 + 40 * i))
                          for i in range(32)], {1 - n % 2: 32}) for n in range(6)]


def fragments_of(destination, number, payload, step=400):
    """As a router makes them; small ones, since some ports take no whole that is larger than a frame."""
    for start in range(0, len(payload), step):
        more = 0x2000 if start + step < len(payload) else 0
        yield ipv4(destination, number, payload[start:start + step], more | start // 8)


def network_of(port):
    """100.10.0.0/16 is out of port 0, 100.20.0.0/16 out of port 1."""
    return f'100.{10 * (port + 1)}.0.1'


def large_bursts():
    """Each frame that is too large becomes two. What one mbuf holds is the largest."""
    lengths = [8 + 180 * i for i in range(11)]
    count = sum(1 + (20 + length > MTU) for length in lengths)
    return [Burst(n % 2, [ipv4(network_of(1 - n % 2), i, udp(i, length))
                          for i, length in enumerate(lengths)], {1 - n % 2: count})
            for n in range(6)]


def fragment_bursts():
    """Each packet comes out whole, also where its last fragment comes first. The first bursts are whole,
    so that it does not matter whether some of them are lost while the program begins."""
    bursts = []
    for n in range(8):
        out = 1 - n % 2
        frames = []
        for i in range(8):
            parts = list(fragments_of(network_of(out), 100 * n + i,
                                      udp(i, 300 if n < 2 else 300 + 150 * i)))
            frames += parts if n % 4 < 2 else reversed(parts)
        bursts.append(Burst(n % 2, frames, {out: 8}))
    return bursts


def multicast_bursts():
    """224.0.0.100 + N is out of the ports whose bits are in N: to one, the other, and both."""
    bursts = []
    for n in range(6):
        group, ports = 101 + n % 3, [(0,), (1,), (0, 1)][n % 3]
        frames = [ipv4(f'224.0.0.{group}', i, udp(i, 30 + 40 * i),
                       ethernet=f'01005e0000{group:02x}') for i in range(32)]
        bursts.append(Burst(n // 3, frames, {port: 32 for port in ports}))
    return bursts


# This one does not always end when it is told to: it may wait for a worker that waits for a packet.
ENDINGS = {'distributor': signal.SIGKILL}

# What follows --, the number of lcores, the traffic, and whether order is kept.
EXAMPLES = {
    'skeleton': ([], 1, plain_bursts, True),
    'l2fwd': (['-p', '3', '-T', '0'], 2, plain_bursts, True),
    'l3fwd': (['-p', '3', '-P', '--parse-ptype', '--config=(0,0,0),(1,0,0)'], 1, routed_bursts, True),
    'ip_fragmentation': (['-p', '3', '-q', '2'], 1, large_bursts, True),
    'ip_reassembly': (['-p', '3', '-q', '2', '--maxflows=256'], 1, fragment_bursts, True),
    'ipv4_multicast': (['-p', '3', '-q', '2'], 1, multicast_bursts, True),
    'packet_ordering': (['-p', '3'], 3, plain_bursts, True),
    'distributor': (['-p', '3', '-c'], 4, None, False),
}


def run(place, name, kind, ops, mode):
    words, count, bursts, in_order = EXAMPLES[name]
    if bursts is None and kind not in INSIDE:
        raise Skip('it keeps what came last until more comes, so that no burst comes out whole')
    program = example(name)

    def argv(ports):
        return ['env', f'LD_PRELOAD={ANY_PORT}', program, *place.eal(lcores(count), f'--mbuf-pool-ops-name={ops}', *ports,
                                    *place.ordinary_memory(1024)), '--', *words]

    ending = ENDINGS.get(name, signal.SIGINT)
    if kind in INSIDE:
        return run_inside(place, kind, argv, mode, ops, ending)
    return run_on_wires(place, kind, argv, mode, ops, bursts(), in_order, ending)


PROGRAMS = [Program(f'example {name}, {kind}',
                    lambda place, ops, mode, name=name, kind=kind: run(place, name, kind, ops, mode))
            for name in EXAMPLES for kind in KINDS]
