#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""dpdk-testpmd where there is too little memory. That it forwards is tested in test/real."""

import re

from dpdk_support import OPS, check, lcores, main, tool


def too_large_a_pool(place):
    """testpmd says what was short and what fixes it, unless its log level is to be quiet."""
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


main(too_large_a_pool)
