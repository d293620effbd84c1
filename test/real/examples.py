# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""DPDK's examples, built from its source package, on ports of each kind that they take."""

import os
import re
import signal
import subprocess

from dpdk_support import BUILD, Lacking, Skip, check, lcores
from real import TOLD_ANYWAY, Program, complaints, with_options
from traffic import (INSIDE, KINDS, Burst, end, ipv4, plain_bursts, run_inside, run_on_wires, udp)

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
    """Each frame that is too large becomes two. The largest fills one mbuf."""
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


# This one does not always end when it is asked to: it may wait for a worker that waits for a packet.
ENDINGS = {'distributor': signal.SIGKILL}

# The words behind --, the number of lcores, the traffic, and whether order is kept.
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


# Poison is there to show who reads what nobody wrote. Where a packet comes too early, this one gives
# rte_eth_tx_burst() the packet in place of a table of packets, which goes well with zeros.
BUT = {'packet_ordering, null': {'audit=full:poison=on':
                                 'it sends what lies in a packet as if it were a packet'}}


def symmetric(place, kind, ops, mode):
    """Each process of it has a queue of each port."""
    program = example('multi_process/symmetric_mp')
    processes = []

    def argv(ports, number=0):
        return ['env', f'LD_PRELOAD={ANY_PORT}', program, *place.eal(
            f'--lcores={number}@0', f'--proc-type={"secondary" if number else "primary"}',
            f'--mbuf-pool-ops-name={ops}', *ports, *place.shared_memory(192)), '--', '-p', '3',
            '--num-procs=2', f'--proc-id={number}']

    def second():
        processes.append(place.start(*argv([], 1), env=with_options(mode)))
        processes[0].expect('Finished Process Init')

    return with_second(place, kind, argv, second, processes, ops, mode)


def client_and_server(place, kind, ops, mode):
    """The server receives, and its client sends. Packets between them at the end are lost."""
    server = example('multi_process/client_server_mp/mp_server')
    client = example('multi_process/client_server_mp/mp_client')
    processes = []

    def argv(ports):
        return ['env', f'LD_PRELOAD={ANY_PORT}', server, *place.eal(
            '--lcores=0@0,1@1', f'--mbuf-pool-ops-name={ops}', *ports, *place.shared_memory(256)),
            '--', '-p', '3', '-n', '1']

    def second():
        processes.append(place.start(client, *place.eal(
            '--lcores=2@1', '--proc-type=secondary', *place.shared_memory(256)), '--', '-n', '0',
            env=with_options(mode)))
        processes[0].expect('handling packets')

    return with_second(place, kind, argv, second, processes, ops, mode)


def with_second(place, kind, argv, second, processes, ops, mode):
    if kind in INSIDE:
        seen = run_inside(place, kind, argv, mode, ops, between=second)
    else:
        seen = run_on_wires(place, kind, argv, mode, ops, plain_bursts(), in_order=False,
                            between=second)
    process = processes[0]
    seen['the driver said'] = [line for line in seen['the driver said'] if not IN_FLIGHT.search(line)]
    return {**seen, 'exit status of the second': end(process),
            'the driver said in the second': complaints(process.output(), IN_FLIGHT)}


def simple(_place, _ops, _mode):
    raise Skip('its pool is none of mbufs, so that it is of the ring whatever is asked for')


IN_FLIGHT = re.compile(TOLD_ANYWAY.pattern + '|objects still held')

PROCESSES = {'symmetric_mp': symmetric, 'client_server_mp': client_and_server}

PROGRAMS = [Program(f'example {name}, {kind}',
                    lambda place, ops, mode, name=name, kind=kind: run(place, name, kind, ops, mode),
                    but=BUT.get(f'{name}, {kind}', {}))
            for name in EXAMPLES for kind in KINDS]
PROGRAMS += [Program(f'example {name}, {kind}',
                     lambda place, ops, mode, name=name, kind=kind: PROCESSES[name](place, kind, ops, mode))
             for name in PROCESSES for kind in ('null', 'tap')]
PROGRAMS += [Program('example simple_mp', simple)]
