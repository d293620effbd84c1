# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Two ports of a program, what is sent to them from outside, and what comes back."""

import collections
import contextlib
import os
import re
import select
import signal
import socket
import struct
import subprocess
import time

from dpdk_support import OPS, WAIT_S, Failure, Skip, check, tool
from real import complaints, with_options

BURST = 32
ETHERTYPE = 0x88b5  # local experimental
IPV4 = 0x0800
ETH_P_ALL = 3
QUIET_S = 0.05  # for frames that must not come
PATIENCE_S = 3  # with an lcore that sends what another has received, and may send nothing

# Near ends are a program's ports; far ends are ours. The hardware addresses are always the same ones.
WIRES = {
    'af_packet': ('--vdev=net_af_packet{n},iface=near{n}', 'far{n}'),
    'pcap': ('--vdev=net_pcap{n},iface=near{n}', 'far{n}'),
    'tap': ('--vdev=net_tap{n},iface=tap{n},mac=fixed', 'tap{n}'),
}
# Ports without an outside.
INSIDE = {'null': '--vdev=net_null{n}', 'ring': '--vdev=net_ring{n}'}
KINDS = (*INSIDE, *WIRES)

# Frames for one port, and how many are to come out, by port.
Burst = collections.namedtuple('Burst', 'sender frames wanted')


def ip(*words):
    done = subprocess.run([tool('ip'), *words], capture_output=True, text=True, timeout=WAIT_S,
                          check=False)
    if done.returncode != 0:
        raise Skip(f'ip {" ".join(words)}: {done.stderr.strip()}')


def make_link(near, far, address):
    ip('link', 'add', near, 'address', address, 'type', 'veth', 'peer', 'name', far)
    for end in near, far:
        ip('link', 'set', end, 'mtu', '9000', 'up')


def silence_kernel():
    """The kernel sends nothing of its own, which would not be the same twice."""
    for name in 'all', 'default':
        with contextlib.suppress(OSError), \
                open(f'/proc/sys/net/ipv6/conf/{name}/disable_ipv6', 'w', encoding='ascii') as file:
            file.write('1')


class Wires:
    """Two wires to two ports."""

    def __init__(self, place, kind):
        if 'LABYRINTH_IN_NAMESPACE' not in os.environ:
            raise Skip('needs a network namespace of its own, which only root can make')
        port, end = WIRES[kind]
        silence_kernel()
        self.ports = [port.format(n=n) for n in range(2)]
        self.names = [end.format(n=n) for n in range(2)]
        self.nears = [f'near{n}' for n in range(2)] if kind != 'tap' else []
        self.ends = [None, None]
        self.place = place
        if kind != 'tap':
            for n in range(2):
                place.cleanup.callback(subprocess.run, ['ip', 'link', 'delete', f'near{n}'],
                                       timeout=WAIT_S, check=False)
                make_link(f'near{n}', f'far{n}', f'02:00:00:00:01:0{n}')

    def raise_mtu(self):
        for name in self.names + self.nears:
            ip('link', 'set', name, 'mtu', '9000', 'up')

    def open(self, program):
        """The far ends, of which some are made by the program."""
        deadline = time.monotonic() + WAIT_S
        for n, name in enumerate(self.names):
            while self.ends[n] is None:
                try:
                    self.raise_mtu()
                    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
                    self.place.cleanup.callback(end.close)
                    end.bind((name, ETH_P_ALL))
                    self.ends[n] = end
                except (OSError, Skip):
                    check(program.process.poll() is None and time.monotonic() < deadline,
                          f'no {name}: {last_words(program)}')
                    time.sleep(0.02)

    def send(self, sender, frames):
        for frame in frames:
            self.ends[sender].send(frame)

    def collect(self, receiver, wanted, seconds=WAIT_S):
        """As many frames as are wanted, and those that come at once with them."""
        end, frames = self.ends[receiver], []
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            is_enough = len(frames) >= wanted
            if select.select([end], [], [], QUIET_S if is_enough else 0.5)[0]:
                with contextlib.suppress(OSError):  # the port went down, or is up only now
                    frame, (_, _, kind, *_) = end.recvfrom(16384)
                    if kind != socket.PACKET_OUTGOING:
                        frames.append(frame)
            elif is_enough:
                break
        return frames

    def warm_up(self, program, bursts):
        """Until the program forwards, in each direction that is wanted. A frame may be sent before it
        looks at its ports."""
        for burst in {burst.sender: burst for burst in reversed(bursts)}.values():
            deadline, receivers = time.monotonic() + WAIT_S, [n for n in burst.wanted]
            while True:
                with contextlib.suppress(OSError, Skip):  # the port is down yet, or gone
                    self.raise_mtu()  # which the program lowers as it begins
                    self.send(burst.sender, burst.frames)
                if self.collect(receivers[0], 1, 0.3):
                    break
                if program.process.poll() is not None or time.monotonic() > deadline:
                    raise Failure(f'it does not forward: {last_words(program)}')
            for receiver in 0, 1:
                while self.collect(receiver, 1, 0.3):
                    pass

    def exchange(self, bursts, in_order=True):
        """Burst by burst, each awaited before the next."""
        seen = {}
        for number, burst in enumerate(bursts):
            self.send(burst.sender, burst.frames)
            for receiver, wanted in burst.wanted.items():
                frames = self.collect(receiver, wanted)
                check(len(frames) >= wanted, f'{len(frames)} of {wanted} frames of burst {number} '
                      f'come out of port {receiver}')
                seen[f'burst {number:02} from port {receiver}'] = \
                    frames if in_order else sorted(frames)
        return seen


def frame(number):
    """Each is another, in length and content."""
    length = 60 + number * 131 % (1514 - 60 + 1)
    head = bytes.fromhex('020000000001020000000002') + struct.pack('!HI', ETHERTYPE, number)
    return (head + bytes(range(256)) * 6)[:length]


def plain_bursts(count=10):
    """In one direction and the other; what comes in by one port goes out by the other."""
    return [Burst(n % 2, [frame(n * BURST + i) for i in range(BURST)], {1 - n % 2: BURST})
            for n in range(count)]


def checksum(data):
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4(destination, number, payload, fragment=0, ethernet='020000000001'):
    """A frame; fragment is the field of that name in the header of IP."""
    head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), number, fragment, 64, 17, 0,
                       bytes([192, 0, 2, 1]), bytes(map(int, destination.split('.'))))
    head = head[:10] + struct.pack('!H', checksum(head)) + head[12:]
    return (bytes.fromhex(ethernet + '020000000002') + struct.pack('!H', IPV4) + head
            + payload).ljust(60, b'\0')


def udp(number, length):
    """A payload for IP."""
    return (struct.pack('!HHHH', 1024 + number, 9, length, 0) + bytes(range(256)) * 36)[:length]


def last_words(program):
    lines = [line for line in program.output().splitlines()
             if line.strip() and not re.match(r'EAL: [DMNPSV]|TELEMETRY|.*(tap_|qdisc|t_ack|rte flow)', line)]
    return ' / '.join(line.strip() for line in lines[-3:])


def end(program, number=signal.SIGINT):
    """As a user ends it. Returns the exit status."""
    if program.process.poll() is None:
        program.process.send_signal(number)
    return program.finish()


def has_ops(place, ops):
    """Its pools are of those ops, as the driver sees it."""
    pools = place.telemetry('/labyrinth/list')
    check(bool(pools) == (ops == OPS), f'with {ops}, pools of the driver are {pools}')


def nothing():
    pass


def run_on_wires(place, kind, argv, mode, ops, bursts, in_order=True, ending=signal.SIGINT,
                 between=nothing):
    """Starts a program between two wires, and ends it. argv gets the ports; between is called when
    the ports are there."""
    wires = Wires(place, kind)
    program = place.start(*argv(wires.ports), env=with_options(mode))
    wires.open(program)
    between()
    wires.warm_up(program, bursts)
    has_ops(place, ops)
    seen = wires.exchange(bursts, in_order)
    return {**seen, 'exit status': end(program, ending), 'the driver said': complaints(program.output())}


def port_counts(place, program, port):
    with contextlib.suppress(OSError, KeyError, TypeError):  # not yet there, or there without ports
        if place.telemetry(f'/ethdev/link_status,{port}')['status'] != 'UP':
            return None
        counts = place.telemetry(f'/ethdev/stats,{port}')
        return counts['ipackets'], counts['opackets']
    check(program.process.poll() is None, f'it ended: {last_words(program)}')
    return None


def run_inside(place, kind, argv, mode, ops, ending=signal.SIGINT, between=nothing):
    """Starts a program on two ports without an outside, and ends it. Frames come from null alone."""
    program = place.start(*argv([INSIDE[kind].format(n=n) for n in range(2)]),
                          env=with_options(mode))
    deadline = time.monotonic() + WAIT_S
    while any(port_counts(place, program, port) is None for port in range(2)):
        check(time.monotonic() < deadline, 'its ports do not start')
        time.sleep(0.02)
    between()
    wanted = 1000 if kind == 'null' else 0
    patience = PATIENCE_S if kind == 'null' else 0
    while True:
        counts = [port_counts(place, program, port) for port in range(2)]
        if all(count is not None and count[0] >= wanted for count in counts):
            if all(count[1] > 0 for count in counts) or patience <= 0:
                break
            patience -= 0.05
        check(time.monotonic() < deadline, f'it stands still: {counts}')
        time.sleep(0.05)
    has_ops(place, ops)
    return {'sends': [count[1] > 0 for count in counts], 'exit status': end(program, ending),
            'the driver said': complaints(program.output())}
