# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Open vSwitch, as it is, between two AF_PACKET ports: it forwards in both directions, and where every
mbuf's holder is recorded, a leak that is put in is named."""

import contextlib
import os
import shutil
import subprocess
import time

from dpdk_support import OPS, WAIT_S, Lacking, built, check, check_equal
from real import Program, with_options
from traffic import ETHERTYPE, Wires

DAEMON = '/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk'
SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema'
PROGRAMS_OF_IT = DAEMON, 'ovsdb-server', 'ovsdb-tool', 'ovs-vsctl', 'ovs-appctl'
FRAMES = 500
LEAKED = 7
NAMES = 'left', 'right'


class Switch:
    """A switch of its own: nothing of the system's is used or changed."""

    def __init__(self, place, ops, mode):
        self.directory = place.directory
        self.env = {**os.environ, 'OVS_RUNDIR': self.directory, 'OVS_LOGDIR': self.directory,
                    'OVS_DBDIR': self.directory, **with_options(mode)}
        self.database = f'unix:{self.directory}/db.sock'
        self.run('ovsdb-tool', 'create', f'{self.directory}/conf.db', SCHEMA)
        self.server = place.start('ovsdb-server', f'{self.directory}/conf.db',
                                  f'--remote=p{self.database}', env=self.env)
        self.wait_for(f'{self.directory}/db.sock')
        place.huge_pages(300)  # it adds --in-memory itself
        extra = ' '.join(place.eal('-l', '0', f'--mbuf-pool-ops-name={ops}',
                                   plugins=[place.plugin(), place.plugin(built('leak.so'))]))
        self.control('--no-wait', 'init')
        self.control('--no-wait', 'set', 'Open_vSwitch', '.', 'other_config:dpdk-init=true',
                     'other_config:per-port-memory=true', f'other_config:dpdk-extra="{extra}"')
        self.daemon = place.start(DAEMON, self.database, '--pidfile',
                                  f'--unixctl={self.directory}/control', env=self.env)
        self.daemon.expect('DPDK Enabled - initialized')
        self.control('add-br', 'bridge', '--', 'set', 'bridge', 'bridge', 'datapath_type=netdev')

    def run(self, *words):
        done = subprocess.run(words, env=self.env, capture_output=True, text=True, timeout=60,
                              check=False)
        check_equal(done.returncode, 0, f'{words}: {done.stderr}')
        return done.stdout

    def control(self, *words):
        return self.run('ovs-vsctl', f'--db={self.database}', *words)

    def wait_for(self, path):
        end = time.monotonic() + WAIT_S
        while not os.path.exists(path):
            check(time.monotonic() < end, f'no {path}')
            time.sleep(0.05)

    def add_port(self, name, link):
        self.control('add-port', 'bridge', name, '--', 'set', 'Interface', name, 'type=dpdk',
                     f'options:dpdk-devargs=net_af_packet_{name},iface={link}')
        error = self.control('get', 'Interface', name, 'error').strip()
        check_equal(error, '[]', f'port {name}')

    def end(self):
        self.run('ovs-appctl', '-t', f'{self.directory}/control', 'exit', '--cleanup')
        return self.daemon.finish()


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


def check_leak(place):
    """In every pool of the audit's, by the function's name; and nothing else is wrong."""
    leak = place.telemetry(f'/leak,ovs,{LEAKED}')
    check_equal(leak['leaked'], LEAKED, 'leaked')
    check(leak['pool'] in place.telemetry('/labyrinth/list'), f'{leak} is not ours')
    return leak['pool']


def check_named(place, pool):
    groups = place.telemetry(f'/labyrinth/leaks,{pool},0')['by_call_site'].values()
    named = [group['count'] for group in groups if 'leak_on_purpose' in group['site']]
    check_equal(named, [LEAKED], f'the leak among {groups}')
    faults = [key for key in place.telemetry(f'/labyrinth/holders,{pool}')
              if 'free' in key and key != 'free']
    check_equal(faults, [], 'faults')


def run(place, ops, mode):
    for program in PROGRAMS_OF_IT:
        if shutil.which(program) is None:
            raise Lacking(f'no {program} here: apt install openvswitch-switch-dpdk')
    is_full = ops == OPS and 'audit=full' in mode
    wires = Wires(place, 'af_packet')
    switch = Switch(place, ops, mode)
    for name, link in zip(NAMES, wires.nears):
        switch.add_port(name, link)
    wires.open(switch.daemon)
    for sender in 0, 1:
        pass_frames(wires, sender)
    if ops == OPS:
        pool = check_leak(place)
    if is_full:
        check_named(place, pool)
    for sender in 0, 1:
        pass_frames(wires, sender)
    seen = {'exit status': switch.end()}
    said = [line for line in switch.daemon.output().splitlines() if 'LABYRINTH: mempool' in line]
    check_equal(bool(said), is_full, f'reports in {said}')
    check(len(said) <= 2, f'more than leaks of two ports: {said}')
    check_equal('leak_on_purpose' in ''.join(said), is_full, f'the leak is named in {said}')
    return seen


PROGRAMS = [Program('Open vSwitch, af_packet', run, short=True)]
