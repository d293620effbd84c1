#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""dma_test, in both ways in which devices find memory."""

import os

from dpdk_support import Skip, built, check_equal, lcores, main

PORTS = ['--vdev=net_null0', '--vdev=net_null1']
REGIONS_MIB = 16  # beside DPDK's own memory


def dma(place, mode):
    memory = place.huge_pages(64 + REGIONS_MIB) + ['--socket-limit=64', f'--iova-mode={mode}']
    status, output = place.run(built('dma_test'), *place.eal(lcores(1), *PORTS, *memory))
    print(output, flush=True)
    check_equal(status, 0, 'exit status of dma_test')


def by_virtual_addresses(place):
    dma(place, 'va')


def by_physical_addresses(place):
    if os.geteuid() != 0:
        raise Skip('only root may read physical addresses')
    dma(place, 'pa')


main(by_virtual_addresses, by_physical_addresses)
