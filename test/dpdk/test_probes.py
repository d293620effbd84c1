#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Probes of the driver: each is there, also after strip, is one instruction that does nothing, and lies
on no hot path; and what the guide shows of them runs."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess

from dpdk_support import OPS, PLUGIN, WAIT_S, Lacking, built, check, check_equal, lcores, main

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = ROOT / 'doc' / 'guide' / 'watching.md'
HEADER = ROOT / 'lib' / 'platform' / 'lab_probe.h'
NOPS = {62: b'\x90', 183: bytes.fromhex('1f2003d5')}  # by e_machine: x86-64, ARM 64
HOT = {'enqueue', 'dequeue', 'arriving_enqueue', 'arriving_dequeue', 'put_large', 'get_large',
       'put_slow', 'get_slow'}
SIZE = 5000


def needs_probes():
    if os.environ.get('LABYRINTH_PROBES') != '1':
        raise Lacking('built without probes: apt install systemtap-sdt-dev')


def said(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def documented():
    return set(re.findall(r'^ \* +labyrinth:(\w+)', HEADER.read_text(encoding='utf-8'), re.M))


def notes(path):
    """[(name, address)] of a library."""
    return [(name, int(address, 16)) for name, address in re.findall(
        r'Provider: labyrinth\s+Name: (\w+)\s+Location: (0x[0-9a-f]+)', said('readelf', '-nW', path))]


def bytes_at(library, address, length):
    """Returns the bytes at an address of a 64-bit ELF file."""
    offset, = struct.unpack_from('<Q', library, 32)
    size, count = struct.unpack_from('<HH', library, 54)
    for i in range(count):
        kind, _, at, start, _, in_file = struct.unpack_from('<IIQQQQ', library, offset + i * size)
        if kind == 1 and start <= address < start + in_file:
            return library[at + address - start:][:length]
    raise AssertionError(hex(address))


def in_a_stripped_library(place):
    needs_probes()
    stripped = os.path.join(place.directory, 'stripped.so')
    said('strip', '-o', stripped, PLUGIN)
    found = notes(stripped)
    check_equal({name for name, _ in found}, documented(), 'probes')
    check_equal(found, notes(PLUGIN), 'places')
    library = pathlib.Path(stripped).read_bytes()
    nop = NOPS[struct.unpack_from('<H', library, 18)[0]]
    for name, address in found:
        check_equal(bytes_at(library, address, len(nop)), nop, name)


def on_no_hot_path(place):
    needs_probes()
    functions = [(name, int(start, 16), int(size, 16)) for start, size, name in re.findall(
        r'^([0-9a-f]+) ([0-9a-f]+) [Tt] (\S+)$', said('nm', '-S', PLUGIN), re.M) if name in HOT]
    check_equal({name for name, _, _ in functions}, HOT, 'the hot functions')
    for probe, address in notes(PLUGIN):
        for name, start, size in functions:
            check(not start <= address < start + size, f'{probe} lies in {name}')


def one_liners():
    text = GUIDE.read_text(encoding='utf-8')
    found = re.findall(r"^bpftrace (?:-p PID )?-e '([^']+)'", text, re.M)
    check_equal(len(found), 3, 'examples with bpftrace in the guide')
    return found


class Trace:
    """One of the guide's, until it has been seen to run."""

    def __init__(self, place, program, pid=None):
        program = program.replace('/usr/lib/x86_64-linux-gnu/dpdk/pmds-23/librte_mempool_labyrinth.so',
                                  os.path.realpath(place.plugin()))
        command = ['bpftrace', *(['-p', str(pid)] if pid else []),
                   '-e', program + ' interval:ms:100 { printf("tick\\n"); }']
        self.trace = place.start(*command)
        self.trace.name = 'bpftrace'
        try:
            self.trace.expect('^tick$')
        except Exception as failure:  # whatever it is: the kernel, its rights, its headers
            raise Lacking(f'bpftrace does not work here: {self.trace.output()[-300:]}') from failure

    def end(self):
        self.trace.process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.trace.process.wait(WAIT_S)
        return self.trace.output()


def what_the_guide_shows(place):
    needs_probes()
    if shutil.which('bpftrace') is None or os.geteuid() != 0:
        raise Lacking('needs root, and bpftrace: apt install bpftrace')
    fail, crossings, double_free = one_liners()
    shell = place.start(built('pool_shell'), *place.eal(lcores(2), *place.ordinary_memory(64)))
    shell.expect('^ok$')
    shell.ask(f'0 create some {SIZE} 0 {OPS}')
    traces = [Trace(place, program, shell.process.pid) for program in (fail, crossings)]
    check_equal(shell.ask('1 drain'), SIZE, 'drained')
    shell.ask(f'1 put {SIZE}')
    failed, crossed = (trace.end() for trace in traces)
    check(re.search(r'@\[some, ?\n(\s+\S+.*\n)+\]: [1-9]', failed), failed)
    for event in 'low', 'empty', 'high':
        check(re.search(rf'some usdt:\S+:labyrinth:{event}: \d+ free', crossed), f'no {event}: {crossed}')
    shell.finish()
    trace = Trace(place, double_free)
    leaky = place.start(built('leaky'), *place.eal(lcores(1), f'--mbuf-pool-ops-name={OPS}',
                                                   *place.ordinary_memory(64)), '--', 'double', '100',
                        env={'LABYRINTH_OPTIONS': 'audit=full'})
    leaky.expect('^done')
    text = trace.end()
    check(re.search(r'packets: 0x[0-9a-f]+ freed twice, by \S*free_twice', text), text)


main(in_a_stripped_library, on_no_hot_path, what_the_guide_shows)
