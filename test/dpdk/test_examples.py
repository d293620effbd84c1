#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The examples that are installed: compiled, and run with the plugin that is installed."""

import glob
import os
import re
import signal
import subprocess

from dpdk_support import WAIT_S, Skip, check, check_equal, install, main, tool


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=WAIT_S, check=False)
    check_equal(done.returncode, 0, f'exit status of {words[0]}: {done.stdout}{done.stderr}')
    return done.stdout


def find(root, name):
    for folder, _, names in os.walk(root):
        if name in names:
            return os.path.join(folder, name)
    check(False, f'{name} is not installed')


def examples_and_plugin(place):
    root = install(place)
    return os.path.dirname(find(root, 'dpdk.c')), find(root, 'librte_mempool_labyrinth.so')


def dpdk_program(place):
    examples, plugin = examples_and_plugin(place)
    program = os.path.join(place.directory, 'dpdk')
    flags = run('pkg-config', '--cflags', '--libs', 'libdpdk').split()
    run('cc', '-Wall', os.path.join(examples, 'dpdk.c'), *flags, '-o', program)
    memory = place.ordinary_memory(256)
    status, said = place.run(program, *place.eal('--lcores=0', *memory, plugins=[plugin]))
    check_equal(status, 0, 'exit status: ' + said)
    check('labyrinth: 8159 of 8191 free' in said, said)


def static_program(place):
    """The guide's own words, with the installation of this test."""
    if not glob.glob(run('pkg-config', '--variable=libdir', 'libdpdk').strip() + '/librte_eal.a'):
        raise Skip('this DPDK has no archives to link statically')
    examples, _ = examples_and_plugin(place)
    text = open(os.path.join(examples, '..', 'guide', 'dpdk.md'), encoding='utf-8').read()
    line, = re.findall(r'```sh\n(cc [^`]*--whole-archive[^`]*)```', text)
    libraries = os.path.dirname(find(os.path.join(place.directory, 'root'), 'liblabyrinth.a'))
    program = os.path.join(place.directory, 'static')
    line = line.replace('dpdk.c', os.path.join(examples, 'dpdk.c')) \
               .replace('-o dpdk', f'-L{libraries} -o {program}')
    run('sh', '-c', line)
    check(' => ' in run('ldd', program) and 'librte_' not in run('ldd', program), 'DPDK is shared')
    status, said = place.run(program, *place.eal('--lcores=0', *place.ordinary_memory(256), plugins=[]))
    check_equal(status, 0, 'exit status: ' + said)
    check('labyrinth: 8159 of 8191 free' in said, said)


def handover(place):
    """The program links the library, and the plugin is loaded: each has a copy."""
    examples, plugin = examples_and_plugin(place)
    root = os.path.join(place.directory, 'root')
    headers = os.path.dirname(find(root, 'labyrinth.h'))
    libraries = os.path.dirname(find(root, 'liblabyrinth.so'))
    program = os.path.join(place.directory, 'handover')
    flags = run('pkg-config', '--cflags', '--libs', 'libdpdk').split()
    run('cc', '-Wall', os.path.join(examples, 'handover.c'), f'-I{headers}',
        f'-I{headers}/detail', f'-L{libraries}', f'-Wl,-rpath,{libraries}', '-llabyrinth', *flags,
        '-o', program)
    memory = place.ordinary_memory(256)
    status, said = place.run(program, *place.eal('--lcores=0', *memory, plugins=[plugin]),
                             env={'LABYRINTH_OPTIONS': 'audit=full'})
    check_equal(status, 0, 'exit status: ' + said)
    check('32 mbufs are held together' in said, said)
    check('wrong_holder' not in said, said)


def testpmd(place):
    tool('dpdk-testpmd')
    examples, plugin = examples_and_plugin(place)
    cpus = sorted(os.sched_getaffinity(0))
    program = place.start(os.path.join(examples, 'testpmd.sh'), '-d', plugin,
                          f'--lcores=0@{cpus[0]},1@{cpus[-1]}', f'--file-prefix={place.prefix}',
                          *place.huge_pages(512))
    program.expect(r'RX-packets: [1-9]')
    program.process.send_signal(signal.SIGINT)
    check_equal(program.finish(), 0, 'exit status: ' + program.output()[-2000:])


main(dpdk_program, static_program, handover, testpmd)
