#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""dpdk-testpmd forwards between null ports with mbufs of the driver."""

import re
import time

from dpdk_support import OPS, WAIT_S, check, check_equal, lcores, main, tool


def sent(testpmd, ports):
    """TX-packets of each port."""
    testpmd.say('show port stats all')
    return [int(testpmd.expect(rf'NIC statistics for port {port} .*?TX-packets: +(\d+)').group(1))
            for port in range(ports)]


def pool(testpmd):
    """The mbuf pool's ops, its size, and its free buffers."""
    testpmd.say('dump_mempool mb_pool_0')
    text = testpmd.expect(r'mempool <mb_pool_0>.*?no statistics available').group(0)
    cached = re.search(r'total_cache_count=(\d+)', text)
    return (re.search(r'ops_name: <(\w+)>', text).group(1),
            int(re.search(r'^  size=(\d+)', text, re.MULTILINE).group(1)),
            int(re.search(r'common_pool_count=(\d+)', text).group(1))
            + (int(cached.group(1)) if cached else 0))


def forward(place, memory, *options, forwarders=1):
    ports = 2 * max(1, forwarders // 2)
    eal = place.eal(lcores(forwarders + 1), f'--mbuf-pool-ops-name={OPS}', *memory,
                    *(f'--vdev=net_null{port}' for port in range(ports)))
    testpmd = place.start(tool('dpdk-testpmd'), *eal, '--', '-i', '--forward-mode=mac',
                          '--auto-start', '--total-num-mbufs=16384', f'--nb-cores={forwarders}',
                          *options)
    testpmd.expect('Start automatic packet forwarding')
    before = after = sent(testpmd, ports)
    end = time.monotonic() + WAIT_S
    while any(now <= was for now, was in zip(after, before)):
        check(time.monotonic() < end, f'a port stands still: {before}, {after} packets')
        time.sleep(0.1)
        after = sent(testpmd, ports)
    testpmd.say('stop')
    testpmd.expect(r'Waiting for lcores to finish.*Done\.')
    ops, size, free = pool(testpmd)
    check_equal(ops, OPS, 'ops of mb_pool_0')
    check_equal(free, size, 'free buffers after the end of forwarding')
    testpmd.say('quit')
    check_equal(testpmd.finish(), 0, 'exit status')
    check('Bye...' in testpmd.output(), 'testpmd did not say goodbye')
    check('LABYRINTH:' not in testpmd.output(), 'the driver complained:\n' + testpmd.output())


def huge_pages(place):
    forward(place, place.huge_pages(64))


def huge_pages_without_cache(place):
    forward(place, place.huge_pages(64), '--mbcache=0')


def ordinary_memory(place):
    forward(place, place.ordinary_memory())


def ordinary_memory_without_cache(place):
    forward(place, place.ordinary_memory(), '--mbcache=0')


def four_lcores_on_two_cpus(place):
    forward(place, place.ordinary_memory(), forwarders=4)


def four_lcores_on_two_cpus_without_cache(place):
    forward(place, place.ordinary_memory(), '--mbcache=0', forwarders=4)


def too_large_a_pool(place):
    """testpmd says what was short and what fixes it, unless told to be quiet."""
    def output(*log_level):
        eal = place.eal(lcores(2), f'--mbuf-pool-ops-name={OPS}', *place.ordinary_memory(64),
                        '--vdev=net_null0', *log_level)
        status, text = place.run(tool('dpdk-testpmd'), *eal, '--', '--total-num-mbufs=100000000')
        check(status != 0, 'testpmd got a pool of 10^8 mbufs in 64 MiB')
        return text

    said = re.search(r'LABYRINTH: mempool mb_pool_0 needs \d+ KiB on socket .*', output())
    check(said is not None, 'the driver does not say what was short')
    for hint in 'hugeadm --pool-pages-min', '-m', '--socket-mem':
        check(hint in said.group(0), f'no "{hint}" in: {said.group(0)}')
    quiet = output('--log-level=mempool.labyrinth:critical')
    check('LABYRINTH:' not in quiet, 'the driver does not obey --log-level')


main(huge_pages, huge_pages_without_cache, ordinary_memory, ordinary_memory_without_cache,
     four_lcores_on_two_cpus, four_lcores_on_two_cpus_without_cache, too_large_a_pool)
