# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""An Open vSwitch of a test's own, as it is, and links to it: nothing of the system's is used or
changed."""

import os
import shutil
import socket
import subprocess
import sys
import time

from dpdk_support import OPS, WAIT_S, Skip, built, check, check_equal

DAEMON = '/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk'
SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema'


def in_a_namespace():
    """Runs this file again where it has a network of its own, which ends with it."""
    if 'LABYRINTH_IN_NAMESPACE' in os.environ:
        return
    try:
        subprocess.run(['unshare', '-n', 'true'], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return  # that a link cannot be made is found by the test
    os.environ['LABYRINTH_IN_NAMESPACE'] = '1'
    os.execvp('unshare', ['unshare', '-n', sys.executable, *sys.argv])


class Switch:
    def __init__(self, place, options, ops=OPS):
        for program in DAEMON, 'ovsdb-server', 'ovsdb-tool', 'ovs-vsctl', 'ovs-appctl':
            if shutil.which(program) is None:
                raise Skip(f'no {program} here: apt install openvswitch-switch-dpdk')
        self.place = place
        self.directory = place.directory
        self.env = {**os.environ, 'OVS_RUNDIR': self.directory, 'OVS_LOGDIR': self.directory,
                    'OVS_DBDIR': self.directory, 'LABYRINTH_OPTIONS': options}
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
        check_equal(self.daemon.finish(), 0, 'exit status of ovs-vswitchd')


def make_link(name):
    """A link whose other end is for the test."""
    ends = f'{name}-switch', f'{name}-test'
    done = subprocess.run(['ip', 'link', 'add', ends[0], 'type', 'veth', 'peer', 'name', ends[1]],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Skip('cannot make links: ' + done.stderr.strip())
    for end in ends:
        subprocess.run(['ip', 'link', 'set', end, 'up'], check=True)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88b5))
    wire.bind((ends[1], 0x88b5))
    wire.settimeout(0.2)
    return ends[0], wire
