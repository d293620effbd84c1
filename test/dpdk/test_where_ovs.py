#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Open vSwitch under traffic has lost no mbuf, search after search; and then exactly those that it is
made to lose. --all: a hundred searches for each driver of mempools."""

import contextlib
import sys
import threading

from dpdk_support import OPS, check, check_equal, main
from ovs_support import Switch, in_a_namespace, make_link
from where_support import search

SEARCHES = 100 if '--all' in sys.argv else 5
LEAKED = 7


def send_for_ever(wire, stop):
    """As many frames as the link takes, of many lengths."""
    number = 0
    while not stop.is_set():
        number += 1
        frame = (bytes([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0]) + b'\x88\xb5'
                 + number.to_bytes(4, 'big') * (1 + number % 300))
        with contextlib.suppress(OSError):  # full, for now
            wire.send(frame)


def receive_for_ever(wire, stop, counts):
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            wire.recv(2048)
            counts['received'] += 1


@contextlib.contextmanager
def traffic(sender, receiver):
    stop, counts = threading.Event(), {'received': 0}
    threads = [threading.Thread(target=send_for_ever, args=(sender, stop)),
               threading.Thread(target=receive_for_ever, args=(receiver, stop, counts))]
    for thread in threads:
        thread.start()
    try:
        yield counts
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def pools(place):
    return [name for name in place.telemetry('/mempool/list') if name.startswith('ovs')]


def nothing_is_lost(place, ops, number):
    switch = Switch(place, '', ops)
    links = [make_link(f'{side}{number}') for side in ('left', 'right')]
    for side, (end, _) in zip(('left', 'right'), links):
        switch.add_port(side, end)
    searched = 0
    with traffic(links[0][1], links[1][1]) as counts:
        while searched < SEARCHES:
            before = counts['received']
            for pool in pools(place):
                answer = search(place, pool, ';apart_s=0.1')
                check_equal(answer['driver'], ops, 'driver')
                check_equal(answer['lost'], 0, f'lost ({answer})')
                searched += 1
            check(counts['received'] > before, 'no frame came through meanwhile')
        leak = place.telemetry(f'/leak,ovs,{LEAKED}')
        check_equal(search(place, leak['pool'])['lost'], LEAKED, 'lost on purpose')
    print(f'{searched} searches of {ops}, {counts["received"]} frames meanwhile', flush=True)
    switch.end()


def on_labyrinth(place):
    nothing_is_lost(place, OPS, 1)


def on_ring_mp_mc(place):
    nothing_is_lost(place, 'ring_mp_mc', 2)


in_a_namespace()
main(on_labyrinth, on_ring_mp_mc)
