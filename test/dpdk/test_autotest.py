#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""DPDK's own tests of mempools and mbufs, with the driver's ops.

mempool_autotest makes most of its pools with the ops of their flags (ring) or with "stack"; only
its default_pool, and all pools of mbuf_autotest, follow --mbuf-pool-ops-name. So each test looks in
the dump of a pool for whose it was.
"""

import re

from dpdk_support import OPS, check, check_equal, lcores, main, tool


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


main(mempools_in_huge_pages, mempools_in_ordinary_memory, mbufs_in_huge_pages,
     mbufs_in_ordinary_memory)
