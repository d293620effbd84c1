#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""DPDK's table of mempool drivers: full, or in another order than in the primary process.

A mempool knows its driver by an index into the table of the process. A secondary process that
loaded its drivers in another order calls the wrong one. Ours sees that the pool is not its own, and
refuses. The other way round nothing can be done here: another driver takes our pool for its own,
and what happens is up to it. "dummy" looks first; DPDK's own drivers do not.
"""

import os
import shutil
import subprocess

from dpdk_support import OPS, built, check, check_equal, main

REFUSAL = 'does not belong to this driver: this process loaded its mempool drivers in another order'


def shell(place, plugins, *arguments, before=()):
    program = place.start(*before, built('pool_shell'), *place.eal(*arguments, plugins=plugins))
    program.expect('^ok$')
    return program


def processes(place, ops, *drivers):
    """A pool of these ops, in a primary process that has these drivers, and in a secondary that has
    them the other way round. Ours, in the end, is where the other one is that loads it first."""
    memory = place.shared_memory()
    before = place.with_few_drivers()
    primary = shell(place, drivers, '--lcores=0', '--proc-type=primary', *memory, before=before)
    check_equal(primary.ask(f'0 create shared 1000 0 {ops}'), 1000, 'objects')
    secondary = shell(place, drivers[::-1], '--lcores=1', '--proc-type=secondary', memory[0],
                      before=before)
    check_equal(secondary.ask('1 lookup shared'), 1000, 'objects')
    return primary, secondary


def check_unharmed(primary):
    check_equal(primary.ask('0 drain'), 1000, 'drained')
    primary.ask('0 put 1000')
    check_equal(primary.ask('0 free'), 1000, 'free')


def ours_is_called_for_a_pool_of_another(place):
    primary, secondary = processes(place, 'dummy', place.plugin(),
                                   place.plugin(built('dummy_ops.so')))
    for where in '1', 'any':
        check_equal(secondary.refused(f'{where} get 10 10'), 'EINVAL', 'get')
        check(secondary.output().count('mempool shared ' + REFUSAL) >= 1, 'no word of the order')
    check_equal(secondary.ask('1 free'), 0, 'free objects in a pool of another driver')
    check_unharmed(primary)


def another_is_called_for_a_pool_of_ours(place):
    primary, secondary = processes(place, OPS, place.plugin(built('dummy_ops.so')),
                                   place.plugin())
    check_equal(secondary.refused('1 get 10 10'), 'EINVAL', 'get')
    check_unharmed(primary)


def full_table(place):
    plugins = [place.plugin(built('full_ops.so')), place.plugin()]
    memory = place.ordinary_memory(64)
    program = shell(place, plugins, '--lcores=0', *memory)
    check_equal(program.refused(f'0 create mine 100 0 {OPS}'), 'EINVAL', 'unknown ops')
    check_complaint(program.output())


def check_complaint(output):
    for words in ('LABYRINTH: no free slot among DPDK\'s 16 mempool ops',
                  'load this driver first, with -d librte_mempool_labyrinth.so'):
        check(words in output, f'no "{words}" in:\n{output}')


def first_in_the_table(place):
    """The advice of that message helps."""
    program = shell(place, [place.plugin(), place.plugin(built('full_ops.so'))], '--lcores=0',
                    *place.ordinary_memory(64))
    check_equal(program.ask(f'0 create mine 100 0 {OPS}'), 100, 'objects')
    check('LABYRINTH:' not in program.output(), 'the driver complained:\n' + program.output())


def installed_and_named(place):
    """-d names one copy, and DPDK loads the installed one after it: the first serves, and the other
    takes no slot."""
    other = os.path.join(place.directory, 'installed.so')
    shutil.copy(place.plugin(), other)
    program = shell(place, [place.plugin(), place.plugin(built('full_ops.so')), other],
                    '--lcores=0', *place.ordinary_memory(64))
    check_equal(program.ask(f'0 create mine 100 0 {OPS}'), 100, 'objects')
    check_equal(place.telemetry('/labyrinth/list'), ['mine'], 'list')
    check_equal(place.telemetry('/').count('/labyrinth/list'), 1, 'commands of that name')
    check('LABYRINTH:' not in program.output(), 'the driver complained:\n' + program.output())


def closed_after_it_was_loaded(place):
    """DPDK keeps what a driver has registered: its code must not go, whoever closes it."""
    dynamic = subprocess.run(['readelf', '-d', place.plugin()], capture_output=True, text=True, check=True)
    check('NODELETE' in dynamic.stdout, 'dlclose() takes the driver from under DPDK')


def loaded_on_a_small_stack(place):
    """On one that suffices for the EAL, to look for DPDK's other drivers needs little of it."""
    program = shell(place, [place.plugin()], '--lcores=0', *place.ordinary_memory(64),
                    before=('sh', '-c', 'ulimit -s 64 && exec "$0" "$@"'))
    check_equal(program.ask(f'0 create mine 100 0 {OPS}'), 100, 'objects')


main(ours_is_called_for_a_pool_of_another, another_is_called_for_a_pool_of_ours, full_table,
     first_in_the_table, installed_and_named, closed_after_it_was_loaded, loaded_on_a_small_stack)
