# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Suricata with DPDK (Debian has it from testing on): it looks at a capture through net_pcap, and counts the
same packets, sessions and flows as with the ring."""

import os
import re
import shutil
import subprocess
import time

from dpdk_support import WAIT_S, Lacking, check, lcores
from real import Program, complaints, with_options
from traffic import end, has_ops, last_words, port_counts

CAPTURE = os.path.join(os.environ.get('LABYRINTH_CAPTURES', ''), 'mix-4709.pcap')
PACKETS = 4709

# Those of its counters that no clock moves.
COUNTER = re.compile(r'^((?:decoder|app_layer|capture|defrag)\.\S+|tcp\.(?:sessions|syn|synack|rst|pseudo)|'
                     r'flow\.(?:total|tcp|udp|icmpv4|icmpv6))\s*\| Total\s*\| (\d+)$', re.MULTILINE)

SETTINGS = '''%YAML 1.1
---
outputs:
  - stats: {{enabled: yes, filename: stats.log, totals: yes, threads: no, null-values: yes}}
stats: {{enabled: yes, interval: 1}}
logging: {{default-log-level: notice, outputs: [{{console: {{enabled: yes}}}}]}}
threading:
  set-cpu-affinity: yes
  cpu-affinity:
    - management-cpu-set: {{cpu: [{cpus[0]}]}}
    - worker-cpu-set: {{cpu: [{cpus[1]}], mode: exclusive}}
dpdk:
  eal-params:
    proc-type: primary
    no-pci: ""
    no-huge: ""
    m: "512"
    d: {plugin}
    file-prefix: {prefix}
    mbuf-pool-ops-name: {ops}
    vdev: "net_pcap0,rx_pcap={capture}"
  interfaces:
    - interface: net_pcap0
      threads: 1
      promisc: true
      multicast: false
      checksum-checks: false
      mtu: 1500
      mempool-size: 8191
      mempool-cache-size: 250
      rx-descriptors: 512
      tx-descriptors: 0
      copy-mode: none
      copy-iface: none
'''


def find():
    program = shutil.which('suricata')
    if program is None:
        raise Lacking('no suricata here: apt install suricata')
    info = subprocess.run([program, '--build-info'], capture_output=True, text=True, check=False)
    if not re.search(r'DPDK support: +yes', info.stdout):
        raise Lacking('the suricata that is here has no DPDK')
    if not os.path.exists(CAPTURE):
        raise Lacking(f'no {CAPTURE or "captures"} here')
    return program


def counters(place):
    """The last that it wrote, at its end."""
    path = os.path.join(place.directory, 'stats.log')
    if not os.path.exists(path):
        return {}
    with open(path, encoding='utf-8') as log:
        return dict(COUNTER.findall(log.read()))


def run(place, ops, mode):
    program = find()
    cpus = re.findall(r'@(\d+)', lcores(2))
    settings = os.path.join(place.directory, 'suricata.yaml')
    with open(settings, 'w', encoding='ascii') as file:
        file.write(SETTINGS.format(cpus=cpus, plugin=place.plugin(), prefix=place.prefix, ops=ops,
                                   capture=CAPTURE))
    suricata = place.start(program, '-c', settings, '-S', '/dev/null', '--dpdk', '-l',
                           place.directory, '--runmode', 'workers', env=with_options(mode))
    deadline = time.monotonic() + WAIT_S
    while (port_counts(place, suricata, 0) or [0])[0] < PACKETS:
        check(time.monotonic() < deadline, f'it does not see all packets: {last_words(suricata)}')
        time.sleep(0.1)
    has_ops(place, ops)
    status, seen = end(suricata), counters(place)
    check(seen.get('decoder.pkts') == str(PACKETS), f'its counters are {seen}')
    return {**seen, 'exit status': status,
            'the driver said': complaints(suricata.output())}


PROGRAMS = [Program('Suricata, net_pcap', run)]
