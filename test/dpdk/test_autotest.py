#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""DPDK's own tests that use mempools, with the driver's ops, in its modes.

mempool_autotest makes most of its pools with the ops of their flags (ring) or with "stack"; only
its default_pool, and all pools of mbuf_autotest, follow --mbuf-pool-ops-name. So some tests look in
the dump of a pool for whose it was. Whatever passes with the ring passes with the driver.

    test_autotest.py          a short choice
    test_autotest.py --all    all suites in all modes
"""

import re
import sys

from dpdk_support import MODES, OPS, Failure, Skip, check, check_equal, lcores, main, tool

SHORT = ('mempool', 'mbuf', 'ipfrag', 'reorder', 'ring_pmd', 'graph')
SHORT_MODES = ('cache=off', 'audit=full')

ALL = SHORT + (
    'bitratestats', 'bpf', 'cryptodev_openssl', 'cryptodev_openssl_asym', 'cryptodev_scheduler',
    'distributor', 'dmadev', 'event_crypto_adapter', 'event_eth_rx_adapter',
    'event_eth_tx_adapter', 'eventdev_common', 'external_mem', 'func_reentrancy', 'latencystats',
    'link_bonding', 'link_bonding_mode4', 'link_bonding_rssconf', 'pcapng', 'pdump', 'rawdev',
    'sched', 'security', 'stack', 'table', 'vdev')

# Poison is there to show who reads what nobody wrote: this test writes four of a key's eight bytes,
# and counts on zeros in the rest.
READS_UNWRITTEN = ('table', 'audit=full:poison=on')

# This one counts on a protocol's timers, which run out on a busy machine, whatever the driver: it
# fails here only where the ring passes beside it, three times in turn.
TIMED = ('link_bonding_mode4',)

# Some of these tests leak on purpose or by mistake, and small pools have small quarantines: the
# driver may say that, and nothing of wrong calls.
WRONG_CALL = re.compile(r'LABYRINTH: mempool .*: object .*')


def autotest(place, memory, name, pool):
    eal = place.eal(lcores(2), f'--mbuf-pool-ops-name={OPS}', *memory)
    status, output = place.run(tool('dpdk-test'), *eal, env={'DPDK_TEST': name})
    check_equal(status, 0, f'exit status of {name}')
    check(re.search(r'^Test OK', output, re.MULTILINE), f'{name}: no "Test OK" in:\n'
          + output[-2000:])
    used = re.findall(rf'^mempool <{pool}>@.*?ops_name: <(\w+)>', output,
                      re.MULTILINE | re.DOTALL)
    check_equal(set(used), {OPS}, f'ops of {pool} in {name}')


def mempools_in_huge_pages(place):
    autotest(place, place.huge_pages(64), 'mempool_autotest', 'default_pool')


def mempools_in_ordinary_memory(place):
    autotest(place, place.ordinary_memory(), 'mempool_autotest', 'default_pool')


def mbufs_in_huge_pages(place):
    autotest(place, place.huge_pages(64), 'mbuf_autotest', 'refcnt_pool')


def mbufs_in_ordinary_memory(place):
    autotest(place, place.ordinary_memory(), 'mbuf_autotest', 'refcnt_pool')


def run_suite(place, name, memory, ops, mode):
    """Whether it passes, and what it said."""
    try:
        status, output = place.run(
            tool('dpdk-test'), *place.eal(lcores(2), f'--mbuf-pool-ops-name={ops}', *memory),
            env={'DPDK_TEST': f'{name}_autotest', **({'LABYRINTH_OPTIONS': mode} if mode else {})},
            seconds=300)
    except Failure as failure:  # it does not end
        return False, str(failure)
    return status == 0 and re.search(r'^Test OK', output, re.MULTILINE) is not None, output


def compare(place, names, modes):
    """Returns the suites that do not pass with the ring either."""
    left_out = []
    try:
        memory = place.huge_pages(512)
    except Skip:
        memory = place.ordinary_memory(1024)

    def with_the_ring(name):
        return run_suite(place, name, memory, 'ring_mp_mc', '')[0]

    for name in names:
        if not with_the_ring(name):
            left_out.append(name)
            continue
        for mode in modes:
            if (name, mode) == READS_UNWRITTEN:
                continue
            for _ in range(3 if name in TIMED else 1):
                passes, output = run_suite(place, name, memory, OPS, mode)
                wrong = WRONG_CALL.search(output)
                check(wrong is None, f'{name} with "{mode}": {wrong and wrong.group(0)}')
                is_slow = not passes and name in TIMED and not with_the_ring(name)
                if passes or is_slow:
                    break
            check(passes or is_slow, f'{name} with "{mode}":\n{output[-2000:]}')
            if is_slow:
                left_out.append(name)
                break
    return left_out


def what_passes_with_the_ring_passes(place):
    check_equal(compare(place, SHORT, SHORT_MODES), [], 'what does not pass with the ring')


def what_passes_with_the_ring_passes_in_all_modes(place):
    print('not with the ring either:', *compare(place, ALL, MODES), flush=True)


if '--all' in sys.argv:
    main(what_passes_with_the_ring_passes_in_all_modes)
else:
    main(mempools_in_huge_pages, mempools_in_ordinary_memory, mbufs_in_huge_pages,
         mbufs_in_ordinary_memory, what_passes_with_the_ring_passes)
