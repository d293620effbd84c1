#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""`meson install` puts the driver where DPDK looks by itself, under a name that it takes."""

import os
import re
import subprocess

from dpdk_support import WAIT_S, OPS, Skip, built, check, check_equal, install, main


def plugin_directory(place):
    """Where DPDK looks by itself, in its own words."""
    _, output = place.run(built('pool_shell'), '--log-level=lib.eal:debug', '--lcores=0',
                          *place.eal(*place.ordinary_memory(64), plugins=[]))
    found = re.search(r'open shared lib (\S*)/librte_\S+\.so', output)
    if not found:
        raise Skip('this DPDK loads no plugins by itself')
    return found.group(1)


def where_dpdk_looks(place):
    directory = install(place) + plugin_directory(place)
    check(os.path.isdir(directory), f'nothing is installed in {directory}')
    # EAL chooses files of a -d directory by the same rule as those of its own directory.
    shell = place.start(built('pool_shell'), '--lcores=0',
                        *place.eal(*place.ordinary_memory(64), plugins=[directory]))
    shell.expect('^ok$')
    check_equal(shell.ask(f'0 create mine 100 0 {OPS}'), 100, 'objects')


def no_second_dpdk(place):
    """The plugin brings no copy of DPDK, which would register everything twice."""
    directory = install(place) + plugin_directory(place)
    plugin = os.path.join(directory, 'librte_mempool_labyrinth.so')
    names = subprocess.run(['nm', '-D', '--defined-only', plugin], capture_output=True, text=True,
                           timeout=WAIT_S, check=True).stdout
    check(' rte_' not in names, 'the plugin defines symbols of DPDK:\n' + names)
    needed = subprocess.run(['readelf', '-d', plugin], capture_output=True, text=True, timeout=WAIT_S,
                            check=True).stdout
    for name in 'libdw', 'libjansson':  # missing in many places: loaded when there is a report to make
        check(name not in needed, f'the plugin does not load without {name}')
    eal = re.search(r'NEEDED.*\[librte_eal\.so\.(\d+)\]', needed)
    soname = re.search(r'SONAME.*\[librte_mempool_labyrinth\.so\.(\d+)\]', needed)
    check(eal and soname, 'no ABI version in:\n' + needed)
    check_equal(soname.group(1), eal.group(1), 'ABI version of the plugin')
    check('liblabyrinth' not in needed, 'the plugin needs a library that DPDK does not find')


main(where_dpdk_looks, no_second_dpdk)
