# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""DPDK's own tests that use mempools (dpdk-test), case by case.

mempool_autotest makes most of its pools with the ops of their flags (ring) or with "stack"; only its
default_pool, and all pools of mbufs, follow --mbuf-pool-ops-name. So the dumps of two are looked at."""

import re

from dpdk_support import Skip, check, check_equal, lcores, tool
from real import Program, complaints, with_options

SUITES = (
    'bitratestats', 'bpf', 'compressdev', 'cryptodev_aesni_mb', 'cryptodev_null',
    'cryptodev_openssl', 'cryptodev_openssl_asym', 'cryptodev_scheduler', 'distributor', 'dmadev',
    'event_crypto_adapter', 'event_eth_rx_adapter', 'event_eth_tx_adapter', 'event_ring',
    'eventdev_common', 'eventdev_selftest_sw', 'external_mem', 'func_reentrancy', 'graph', 'ipfrag',
    'latencystats', 'link_bonding', 'link_bonding_mode4', 'link_bonding_rssconf', 'mbuf', 'mempool',
    'pcapng', 'pdump', 'rawdev', 'reorder', 'ring_pmd', 'sched', 'security', 'stack', 'stack_lf',
    'table', 'vdev')

# The devices without which some skip themselves.
DEVICES = {'compressdev': 'compress_zlib', 'cryptodev_aesni_mb': 'crypto_aesni_mb',
           'cryptodev_null': 'crypto_null', 'cryptodev_openssl': 'crypto_openssl',
           'dmadev': 'dma_skeleton'}

SHORT = ('mempool', 'mbuf', 'ipfrag', 'reorder', 'ring_pmd', 'graph')

# Two count on a protocol's timers, which run out on a busy machine, whatever the driver.
TIMED = ('link_bonding_mode4', 'distributor')

# Poison is there to show who reads what nobody wrote.
BUT = {'table': {'audit=full:poison=on':
                 "it writes four of a key's eight bytes, and counts on zeros in the rest"}}

DUMPED = {'mempool': 'default_pool', 'mbuf': 'refcnt_pool'}

# Some of these tests leak on purpose or by mistake: the driver may say that, and nothing of wrong calls.
LEAKS = re.compile(r'^(?!LABYRINTH: mempool .*: object )')

# Two that one makes: its burst_packets() frees what a dequeue of nothing left in its event, at the end
# of two loops, a second time.
DOUBLE_FREES = {'eventdev_selftest_sw': 2}
DOUBLE_FREE = re.compile(r'object \S+ freed, and it was free already')

CASE = re.compile(r'^ \+ TestCase \[ *\d+\] : (.*?) *$', re.MULTILINE)
VERDICT = re.compile(r'^Test (OK|Failed|Skipped)', re.MULTILINE)


def memory_of(place, is_ordinary):
    try:
        return place.ordinary_memory(1024) if is_ordinary else place.huge_pages(512)
    except Skip:
        return place.ordinary_memory(1024)


def run(place, name, ops, mode, is_ordinary=False):
    command = name if 'selftest' in name else f'{name}_autotest'
    device = [f'--vdev={DEVICES[name]}'] if name in DEVICES else []
    status, output = place.run(
        tool('dpdk-test'), *place.eal(lcores(2), f'--mbuf-pool-ops-name={ops}', *memory_of(place, is_ordinary),
                                      *device),
        env={'DPDK_TEST': command, **with_options(mode)}, seconds=300)
    verdicts = VERDICT.findall(output)
    check(verdicts, f'no verdict, exit status {status}:\n{output[-2000:]}')
    if verdicts[-1] == 'Skipped':
        raise Skip('it skips itself here')
    if name in DUMPED:
        used = re.findall(rf'^mempool <{DUMPED[name]}>@.*?ops_name: <(\w+)>', output,
                          re.MULTILINE | re.DOTALL)
        check_equal(set(used), {ops}, f'ops of {DUMPED[name]}')
    said = complaints(output, LEAKS)
    if name in DOUBLE_FREES and 'audit=full' in mode:
        frees = [line for line in said if DOUBLE_FREE.search(line)]
        check_equal(len(frees), DOUBLE_FREES[name], f'double frees of {name}')
        said = [line for line in said if line not in frees]
    return {'cases': CASE.findall(output), 'exit status': status, 'verdict': verdicts[-1],
            'the driver said': said}


PROGRAMS = [Program(f'dpdk-test {name}', lambda *where, name=name: run(where[0], name, *where[1:]),
                    short=name in SHORT, timed=name in TIMED, but=BUT.get(name, {}))
            for name in SUITES]
PROGRAMS += [Program(f'dpdk-test {name}, no huge pages',
                     lambda *where, name=name: run(where[0], name, *where[1:], is_ordinary=True),
                     short=True) for name in DUMPED]
