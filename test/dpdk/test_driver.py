#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""driver_test, on both kinds of memory, and the tests of single files of the driver."""

from dpdk_support import built, check_equal, lcores, main


def driver(place, memory):
    status, output = place.run(built('driver_test'), *place.eal(lcores(8), *memory))
    print(output, flush=True)
    check_equal(status, 0, 'exit status of driver_test')


def in_huge_pages(place):
    driver(place, place.huge_pages(640) + ['--socket-limit=640'])


def in_ordinary_memory(place):
    driver(place, place.ordinary_memory(640))


def mbufs_are_renewed(place):
    status, output = place.run(built('renew_test'),
                               *place.eal(lcores(1), *place.ordinary_memory(64), plugins=[]))
    print(output, flush=True)
    check_equal(status, 0, 'exit status of renew_test')


def callers_are_learned_once(place):
    status, output = place.run(built('caller_test'))
    print(output, flush=True)
    check_equal(status, 0, 'exit status of caller_test')


def code_is_known_by_its_names(place):
    status, output = place.run(built('code_test'), built('quiet_late.so'))
    print(output, flush=True)
    check_equal(status, 0, 'exit status of code_test')


main(in_huge_pages, in_ordinary_memory, mbufs_are_renewed, callers_are_learned_once,
     code_is_known_by_its_names)
