#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Open vSwitch, as it is, on the driver with its audit at full, between two AF_PACKET ports: it
forwards in both directions, and a leak that is put in is named."""

import contextlib
import time

from dpdk_support import WAIT_S, check, check_equal, main
from ovs_support import Switch, in_a_namespace, make_link

FRAMES = 2000
LEAKED = 7
MODES = 'cache=on', 'cache=off', 'audit=full', 'audit=full:poison=on:quarantine=64'


def pass_frames(sender, receiver, first):
    """All frames come through, some perhaps only when they are sent again."""
    missing, end = set(range(FRAMES)), time.monotonic() + WAIT_S
    while missing:
        check(time.monotonic() < end, f'{len(missing)} of {FRAMES} frames do not come through')
        for number in sorted(missing)[:64]:
            sender.send(bytes([2, 0, 0, 0, 0, 1 - first, 2, 0, 0, 0, 0, first]) + b'\x88\xb5'
                        + number.to_bytes(4, 'big') * (1 + number % 300))
        with contextlib.suppress(TimeoutError):
            for _ in range(64):
                frame = receiver.recv(2048)
                number = int.from_bytes(frame[14:18], 'big')
                body = frame[14:14 + 4 * (1 + number % 300)]
                check_equal(body, number.to_bytes(4, 'big') * (1 + number % 300), 'the frame')
                if frame[11] == first:
                    missing.discard(number)


def forwards_and_names_a_leak(place):
    mode = MODES[len(done)]
    done.append(mode)
    switch = Switch(place, mode)
    links = [make_link(f'{name}{len(done)}') for name in ('left', 'right')]
    for name, (end, _) in zip(('left', 'right'), links):
        switch.add_port(name, end)
    for first in 0, 1:
        pass_frames(links[first][1], links[1 - first][1], first)
    leak = place.telemetry(f'/leak,ovs,{LEAKED}')
    check_equal(leak['leaked'], LEAKED, 'leaked')
    check(leak['pool'] in place.telemetry('/labyrinth/list'), f'{leak} is not ours')
    if 'audit' in mode:
        groups = place.telemetry(f'/labyrinth/leaks,{leak["pool"]},0')['by_call_site'].values()
        named = [group for group in groups if 'leak_on_purpose' in group['site']]
        check_equal([group['count'] for group in named], [LEAKED], f'the leak among {groups}')
        faults = [key for key in place.telemetry(f'/labyrinth/holders,{leak["pool"]}')
                  if 'free' in key and key != 'free']
        check_equal(faults, [], 'faults')
    for first in 0, 1:
        pass_frames(links[first][1], links[1 - first][1], first)
    switch.end()
    output = switch.daemon.output()
    check_equal('LABYRINTH: mempool' in output, 'audit' in mode, f'reports in {output}')
    check(output.count('LABYRINTH: mempool') <= 2, f'more than leaks of two ports: {output}')
    check_equal('leak_on_purpose' in output, 'audit' in mode, f'the leak is named in {output}')


done = []
in_a_namespace()
main(*[forwards_and_names_a_leak] * len(MODES))
