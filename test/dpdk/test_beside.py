#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""DPDK's own tools, which need not have loaded our driver, beside a program that has.

A mempool knows its driver by an index into each process's table of ops. Tools make mempools of
their own, which our process takes objects from: what it finds under their index must be theirs."""

import glob
import os
import shutil
import signal
import time

from dpdk_support import (OPS, PLUGIN, WAIT_S, Skip, built, check, check_equal, main,
                          plugins_folder, tool, with_plugins_of)

SOC = ('cn', 'dpaa', 'octeontx')  # ops of buffer managers that only some processors of ARM's have
COMPLAINT = 'no free slot among DPDK\'s 16 mempool ops'


def memory(place):
    return place.shared_memory(96)


def forward(place, *arguments, plugins=None, ops=OPS, before=()):
    """A primary process under traffic, on an lcore that no tool has: those begin with 0."""
    # In the primary process, too, pdump makes a file, in the current directory.
    program = place.start('env', '-C', place.directory, *before, built('forward'), *place.eal(
        '--lcores=5@0', '--vdev=net_null0', f'--mbuf-pool-ops-name={ops}', *arguments,
        plugins=plugins))
    program.table = program.expect(r'^ops ([^\n]*)\n').group(1).split()
    program.expect('^ok$')
    return program


def check_goes_on(program, since=0):
    end = time.monotonic() + WAIT_S
    while (count := program.ask('count')) <= since:
        check(time.monotonic() < end, f'no packet after the first {since}')
    return count


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
    """What -d names before us keeps its index, too."""
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


def dumpcap(place):
    """It has no -d: it makes a pool of ring_mp_mc, and the primary fills that pool's packets."""
    capture = os.path.join(place.directory, 'capture.pcapng')
    program = forward(place, *memory(place))
    status, output = place.run(tool('dpdk-dumpcap'), '--file-prefix', place.prefix, '-i', '0',
                               '-c', '2000', '-w', capture)
    check_equal(status, 0, 'exit status of dumpcap: ' + output)
    check(os.path.getsize(capture) >= 2000 * 64, f'{os.path.getsize(capture)} bytes were captured')
    check_goes_on(program, program.ask('count'))
    check_equal(program.finish(), 0, 'exit status of the primary')


def pdump(place):
    """The file's name has to be short: it cuts what is longer."""
    capture = os.path.join(place.directory, 'capture.pcap')
    program = forward(place, *memory(place))
    for plugins in [], [place.plugin()]:
        listener = place.start('env', '-C', place.directory, tool('dpdk-pdump'), *place.eal(
            '-l', '0', memory(place)[0], plugins=plugins), '--', '--pdump',
            'port=0,queue=*,rx-dev=capture.pcap')
        end = time.monotonic() + WAIT_S
        while not os.path.exists(capture) or os.path.getsize(capture) < 100000:
            check(time.monotonic() < end, 'nothing is captured: ' + listener.output())
            time.sleep(0.05)
        listener.process.send_signal(signal.SIGINT)
        check_equal(listener.finish(), 0, 'exit status of pdump: ' + listener.output())
        os.unlink(capture)
        check_goes_on(program, program.ask('count'))
    check_equal(program.finish(), 0, 'exit status of the primary')


def proc_info(place):
    """With the plugin it sees our pool; without, all else, and nothing happens to the primary."""
    program = forward(place, *memory(place))

    def ask(*words, plugins):
        status, output = place.run(tool('dpdk-proc-info'), *place.eal(
            memory(place)[0], plugins=plugins), '--', *words)
        check_equal(status, 0, f'exit status of proc-info {words}: {output}')
        return output

    output = ask('--show-mempool=forward', plugins=[place.plugin()])
    for words in '- Count: avail (4095), in use (0)', f'ops_name {OPS}':
        check(words in output, output)
    check('MP_forward' in ask('-m', plugins=[]), 'the memzone is not shown')
    ask('--stats', plugins=[])
    check_goes_on(program, program.ask('count'))
    check_equal(program.finish(), 0, 'exit status of the primary')


main(indices, indices_behind_another, indices_of_an_installed_driver, full_table, dumpcap, pdump,
     proc_info)
