# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Open vSwitch, as it is, between two AF_PACKET ports: it forwards in both directions, and where every
mbuf's holder is recorded, a leak that is put in is named."""

import contextlib
import time

from dpdk_support import OPS, WAIT_S, check, check_equal
from ovs_support import Switch
from real import Program
from traffic import ETHERTYPE, Wires

FRAMES = 500
LEAKED = 7
NAMES = 'left', 'right'


def numbered(number, sender):
    return (bytes([2, 0, 0, 0, 0, 1 - sender, 2, 0, 0, 0, 0, sender])
            + ETHERTYPE.to_bytes(2, 'big') + number.to_bytes(4, 'big') * (1 + number % 300))


def pass_frames(wires, sender):
    """All frames come through whole, some perhaps only when they are sent again."""
    sent = {numbered(number, sender): number for number in range(FRAMES)}
    missing, deadline = set(sent), time.monotonic() + WAIT_S
    while missing:
        check(time.monotonic() < deadline, f'{len(missing)} of {FRAMES} frames do not come through')
        with contextlib.suppress(OSError):
            wires.send(sender, sorted(missing, key=sent.get)[:64])
        arrived = [frame for frame in wires.collect(1 - sender, 64, 0.2)
                   if frame[12:14] == ETHERTYPE.to_bytes(2, 'big')]
        for frame in arrived:
            check(frame in sent, f'the frame {frame!r} was not sent')
        missing.difference_update(arrived)


def leak(place):
    """Takes mbufs of one of its pools, and forgets them. Returns its name."""
    answer = place.telemetry(f'/leak,ovs,{LEAKED}')
    check_equal(answer['leaked'], LEAKED, 'leaked')
    check(answer['pool'] in place.telemetry('/labyrinth/list'), f'{answer} is not ours')
    return answer['pool']


def check_named(place, pool):
    """By the function's name; and nothing else is wrong."""
    groups = place.telemetry(f'/labyrinth/leaks,{pool},0')['by_call_site'].values()
    named = [group['count'] for group in groups if 'leak_on_purpose' in group['site']]
    check_equal(named, [LEAKED], f'the leak among {groups}')
    faults = [key for key in place.telemetry(f'/labyrinth/holders,{pool}')
              if 'free' in key and key != 'free']
    check_equal(faults, [], 'faults')


def run(place, ops, mode):
    is_full = ops == OPS and 'audit=full' in mode
    wires = Wires(place, 'af_packet')
    switch = Switch(place, mode, ops)
    for name, link in zip(NAMES, wires.nears):
        switch.add_port(name, link)
    wires.open(switch.daemon)
    for sender in 0, 1:
        pass_frames(wires, sender)
    if ops == OPS:
        pool = leak(place)
    if is_full:
        check_named(place, pool)
    for sender in 0, 1:
        pass_frames(wires, sender)
    switch.end()
    said = [line for line in switch.daemon.output().splitlines() if 'LABYRINTH: mempool' in line]
    check_equal(bool(said), is_full, f'reports in {said}')
    check(len(said) <= 2, f'more than leaks of two ports: {said}')
    check_equal('leak_on_purpose' in ''.join(said), is_full, f'the leak is named in {said}')
    return {}


PROGRAMS = [Program('Open vSwitch, af_packet', run, short=True)]
