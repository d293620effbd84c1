# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""DPDK's tools beside a program under traffic whose mbufs are the driver's: they look at it and take copies
of its packets, and it goes on. dpdk-dumpcap has no -d, so that it does without our driver.

The program is ours (forward.c): it forwards slowly, so that the tools keep up."""

import os
import re
import signal
import time

from dpdk_support import WAIT_S, built, check, check_equal, tool
from real import Program, complaints, with_options

CAPTURED = 2000


def primary(place, ops, mode):
    """It forwards on an lcore that no tool has: those begin with 0. Where it captures it makes a file in
    the current directory."""
    program = place.start('env', '-C', place.directory, built('forward'), *place.eal(
        '--lcores=5@0', '--vdev=net_null0', f'--mbuf-pool-ops-name={ops}',
        *place.shared_memory(96)), env=with_options(mode))
    program.expect('^ok$')
    return program


def check_goes_on(program):
    before, deadline = program.ask('count'), time.monotonic() + WAIT_S
    while program.ask('count') <= before:
        check(time.monotonic() < deadline, f'no packet after {before}')


def end(program):
    check_goes_on(program)
    return {'exit status': program.finish(), 'the driver said': complaints(program.output())}


def dumpcap(place, ops, mode):
    """It makes a pool of the ring's, which the primary takes packets from."""
    capture = os.path.join(place.directory, 'capture.pcapng')
    program = primary(place, ops, mode)
    status, output = place.run(tool('dpdk-dumpcap'), '--file-prefix', place.prefix, '-i', '0',
                               '-c', str(CAPTURED), '-w', capture, env=with_options(mode))
    check_equal(status, 0, 'exit status of dumpcap: ' + output)
    found = place.run(tool('capinfos'), '-Mcz', capture)[1]
    count = int(re.search(r'Number of packets: +(\d+)', found).group(1))
    check(count >= CAPTURED, f'{count} packets were captured')
    return {'average size': re.findall(r'Average packet size: +([\d.]+)', found), **end(program)}


def pdump(place, ops, mode):
    """With our driver and without. The file's name has to be short: it cuts what is longer."""
    capture = os.path.join(place.directory, 'capture.pcap')
    program = primary(place, ops, mode)
    seen = {}
    for plugins in [], [place.plugin()]:
        listener = place.start('env', '-C', place.directory, tool('dpdk-pdump'), *place.eal(
            '-l', '0', place.shared_memory(96)[0], plugins=plugins), '--', '--pdump',
            'port=0,queue=*,rx-dev=capture.pcap', env=with_options(mode))
        deadline = time.monotonic() + WAIT_S
        while not os.path.exists(capture) or os.path.getsize(capture) < 100000:
            check(time.monotonic() < deadline, 'nothing is captured: ' + listener.output()[-1000:])
            time.sleep(0.05)
        listener.process.send_signal(signal.SIGINT)
        seen[f'pdump, {len(plugins)} plugins'] = listener.finish(), complaints(listener.output())
        os.unlink(capture)
        check_goes_on(program)
    return {**seen, **end(program)}


def proc_info(place, ops, mode):
    """With the driver it sees the pool and all that is free in it; without, all else."""
    program = primary(place, ops, mode)

    def ask(*words, plugins=()):
        status, output = place.run(tool('dpdk-proc-info'), *place.eal(
            place.shared_memory(96)[0], plugins=list(plugins)), '--', *words, env=with_options(mode))
        check_equal(status, 0, f'exit status of proc-info {words}: {output[-1000:]}')
        return output

    output = ask('--show-mempool=forward', plugins=[place.plugin()])
    check(f'ops_name {ops}' in output.replace(':', ''), output)
    seen = {'count': re.findall(r'- Count: avail \((\d+)\), in use \((\d+)\)', output),
            'the memzone': 'MP_forward' in ask('-m')}
    for words in '--stats', '--xstats':
        ask(words)
        ask(words, plugins=[place.plugin()])
    return {**seen, **end(program)}


PROGRAMS = [Program('dumpcap beside a program', dumpcap, short=True),
            Program('pdump beside a program', pdump),
            Program('proc-info beside a program', proc_info)]
