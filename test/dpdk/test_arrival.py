#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""A mempool knows of each process that uses it before that does anything, also of one that takes
over an lcore id of its maker's, and whose first call is the shortest."""

from dpdk_support import built, check_equal, main


def start(place, role, *memory):
    return place.start(built('arrival'), *place.eal('-l', '0', f'--proc-type={role}', *memory,
                                                    '--', role))


def told(program):
    return [line for line in program.output().splitlines()
            if line[-2:] in (' 0', ' 1') and not line.startswith('EAL')]


def arrivals(place):
    primary = start(place, 'primary', *place.shared_memory())
    primary.expect(r'^before \d\n')
    check_equal(told(primary), ['made 0', 'child 0', 'child gets 1', 'child puts 1', 'before 0'],
                'what mempools know before a secondary comes')
    secondary = start(place, 'secondary', *place.shared_memory()[:1])
    secondary.expect(r'^its own \d\n')
    check_equal(told(secondary), ['looked up 0', 'gets 1', 'its own 1'], 'what they know in a secondary')
    check_equal(secondary.finish(), 0, 'exit status of the secondary')
    check_equal(primary.finish(), 0, 'exit status of the primary')
    check_equal(told(primary)[-1], 'after 1', 'what the primary knows in the end')


main(arrivals)
