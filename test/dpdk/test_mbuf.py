#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""mbuf_test, on both kinds of memory and in two processes; and the examples of the
document and of the man pages."""

import re

from dpdk_support import built, check, check_equal, lcores, main

PORT = '--vdev=net_null0'


def mbufs(place, memory):
    status, output = place.run(built('mbuf_test'), *place.eal(lcores(1), PORT, *memory))
    print(output, flush=True)
    check_equal(status, 0, 'exit status of mbuf_test')


def in_huge_pages(place):
    mbufs(place, place.huge_pages(128) + ['--socket-limit=128'])


def in_ordinary_memory(place):
    mbufs(place, place.ordinary_memory(256))


def in_a_secondary_process(place):
    memory = place.shared_memory()
    holder = place.start(built('mbuf_test'),
                         *place.eal(lcores(1), '--proc-type=primary', *memory), '--', 'hold')
    holder.expect('^ok$')
    status, output = place.run(
        built('mbuf_test'), *place.eal('--lcores=1@0', '--proc-type=secondary', memory[0]))
    print(output, flush=True)
    check_equal(status, 0, 'exit status of the secondary')
    check_equal(holder.finish(), 0, 'exit status of the primary')


def without_the_driver(place):
    status, output = place.run(
        built('reserve'), *place.eal(lcores(1), PORT, *place.ordinary_memory(256), plugins=[]))
    check_equal(status, 1, 'exit status without the driver')
    check('-d librte_mempool_labyrinth.so' in output, 'does not say what to do: ' + output)


def the_example(place):
    status, output = place.run(
        built('reserve'), *place.eal(lcores(1), PORT, *place.ordinary_memory(256)))
    print(output, flush=True)
    check_equal(status, 0, 'exit status of the example')
    told = re.search(r'(\d+) packets kept, (\d+) came after that', output)
    check(told, 'no figures')
    check_equal(int(told.group(1)), 4095 - 512, 'packets kept')
    check(int(told.group(2)) > 3000, 'reception did not go on')
    check('not until some are freed' in output, 'the reserve was given to others')


def what_the_man_pages_show(place):
    status, output = place.run(
        built('reference_mbuf'), *place.eal(lcores(1), PORT, *place.ordinary_memory(256)))
    print(output, flush=True)
    check_equal(status, 0, 'exit status')


main(in_huge_pages, in_ordinary_memory, in_a_secondary_process, without_the_driver, the_example,
     what_the_man_pages_show)
