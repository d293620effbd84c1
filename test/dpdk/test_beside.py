#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The driver's place in a process's table of mempool ops.

A mempool knows its driver by an index into each process's table. DPDK's own tools, which need not have
loaded our driver, make mempools of their own, which our process takes objects from (test/real): what it
finds under their index must be theirs."""

import glob
import os
import shutil

from dpdk_support import (OPS, PLUGIN, Skip, built, check, check_equal, main, plugins_folder,
                          with_plugins_of)

SOC = ('cn', 'dpaa', 'octeontx')  # ops of buffer managers that only some processors of ARM's have
COMPLAINT = 'no free slot among DPDK\'s 16 mempool ops'


def forward(place, *arguments, plugins=None, ops=OPS, before=()):
    """A primary process under traffic."""
    program = place.start(*before, built('forward'), *place.eal(
        '--lcores=0', '--vdev=net_null0', f'--mbuf-pool-ops-name={ops}', *arguments,
        plugins=plugins))
    program.table = program.expect(r'^ops ([^\n]*)\n').group(1).split()
    program.expect('^ok$')
    return program


def table_without(place):
    program = forward(place, *place.ordinary_memory(64), plugins=[], ops='ring_mp_mc')
    program.finish()
    return program.table


def indices(place):
    """All drivers have the index that they have without us, and ours is the last one."""
    without = table_without(place)
    program = forward(place, *place.ordinary_memory(64))
    check_equal(program.table, without + [OPS], 'table with the driver')
    check('LABYRINTH:' not in program.output(), program.output())


def indices_behind_another(place):
    """A driver that -d names before ours keeps its index, too."""
    other = place.plugin(built('dummy_ops.so'))
    before = place.with_few_drivers()
    alone = forward(place, *place.ordinary_memory(64), plugins=[other], ops='ring_mp_mc',
                    before=before)
    alone.finish()
    program = forward(place, *place.ordinary_memory(64), plugins=[other, place.plugin()],
                      before=before)
    check_equal(program.table, alone.table + [OPS], 'table with both')


def indices_of_an_installed_driver(place):
    """Found by DPDK itself, in the midst of its own drivers, with and without -d."""
    copy = os.path.join(place.directory, 'pmds')
    shutil.copytree(plugins_folder(), copy, symlinks=True)
    for installed in glob.glob(f'{copy}/librte_mempool_labyrinth*'):
        os.unlink(installed)
    shutil.copy(PLUGIN, f'{copy}/librte_mempool_labyrinth.so')
    before = with_plugins_of(copy)
    # The order of a folder is its own, so that without ours is looked at in the copy, too.
    os.rename(f'{copy}/librte_mempool_labyrinth.so', f'{copy}/labyrinth.off')
    program = forward(place, *place.ordinary_memory(64), plugins=[], ops='ring_mp_mc', before=before)
    program.finish()
    without = program.table
    os.rename(f'{copy}/labyrinth.off', f'{copy}/librte_mempool_labyrinth.so')
    for plugins in [], [place.plugin()]:
        program = forward(place, *place.ordinary_memory(64), plugins=plugins, before=before)
        check_equal(program.table, without + [OPS], f'table with {plugins}')
        program.finish()


def full_table(place):
    """With no room, a slot that is of no use here; the others stay what they are."""
    without = table_without(place)
    more = place.plugin(built('more_ops.so'))  # fills up what DPDK's own drivers leave
    if len(without) + 2 < 16 or os.uname().machine.startswith(('aarch64', 'arm')):
        raise Skip('another DPDK, or processor, than those that this is about')
    plugins = [more, place.plugin()]
    alone = forward(place, *place.ordinary_memory(64), plugins=[more], ops='ring_mp_mc')
    alone.finish()
    check_equal(len(alone.table), 16, 'slots that are taken without us')
    program = forward(place, *place.ordinary_memory(64), plugins=plugins)
    for mine, theirs in zip(program.table, alone.table):
        check(mine == theirs or (mine == OPS and theirs.startswith(SOC)),
              f'{mine} is where {theirs} was')
    check(OPS in program.table and COMPLAINT in program.output(), program.output())


main(indices, indices_behind_another, indices_of_an_installed_driver, full_table)
