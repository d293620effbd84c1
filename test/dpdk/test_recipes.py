#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""config/testpmd: each recipe forwards or receives on Labyrinth's pool."""

import os
import signal
import subprocess

from dpdk_support import WAIT_S, check, check_equal, main, tool

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
RECIPES = os.path.join(ROOT, 'config', 'testpmd')
CAPTURE = os.path.join(ROOT, 'doc', 'demo', 'demo.pcap')


def receives(place, *words, memory=()):
    """Runs a recipe until it has received something, and lets it end."""
    tool('dpdk-testpmd')
    memory = [*(memory or place.huge_pages(512)), f'--file-prefix={place.prefix}']
    program = place.start(RECIPES, *words,
                          env={'PLUGIN': place.plugin(), 'EAL': ' '.join(memory)})
    program.expect(r'RX-packets: [1-9]')
    program.process.send_signal(signal.SIGINT)
    check_equal(program.finish(), 0, 'exit status: ' + program.output()[-2000:])
    check('--mbuf-pool-ops-name=labyrinth' in program.output(), 'another pool is used')


def mac(place):
    receives(place, 'mac')


def rxonly(place):
    receives(place, 'rxonly', CAPTURE)


def lcores(place):
    receives(place, 'lcores')


def shared(place):
    receives(place, 'shared', memory=[*place.shared_memory(512), '--proc-type=primary'])


def wrong_use(place):
    for words, status, text in (((), 2, 'usage'), (('mack',), 2, 'usage'),
                                (('rxonly', '/none'), 1, "cannot read '/none'"),
                                (('nic',), 1, 'none given')):
        done = subprocess.run([RECIPES, *words], capture_output=True, text=True, timeout=WAIT_S,
                              check=False)
        check_equal((done.returncode, done.stdout), (status, ''), f'recipe {words}')
        check(text in done.stderr, done.stderr)


main(mac, rxonly, lcores, shared, wrong_use)
