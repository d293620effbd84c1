#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""labyrinth-doctor distinguishes a program of DPDK's that runs from what a dead one has left.

From inside a PID namespace, the locks of programs outside of it are not seen: there no folder that has
but files is known to be dead.
"""

import glob
import json
import os
import re
import subprocess

from dpdk_support import WAIT_S, BUILD, PLUGIN, Skip, built, check, check_equal, main

DOCTOR = os.path.join(BUILD, 'app', 'doctor', 'labyrinth-doctor')


# The kernel's first PID namespace has a number that never changes.
SEES_ALL = os.stat('/proc/self/ns/pid').st_ino == 0xEFFFFFFC


def findings(place):
    """Returns the findings about the place's runtime directory, or files on its hugetlbfs."""
    done = subprocess.run([DOCTOR, '--json'], capture_output=True, text=True, timeout=WAIT_S,
                          check=False)
    check(done.returncode in (0, 1, 2), done.stderr)
    return [f for f in json.loads(done.stdout)['findings'] if place.prefix in f['text']]


def living_and_dead(place, *memory):
    shell = place.start(built('pool_shell'), '--lcores=0', *place.eal(*memory))
    shell.expect('^ok$')
    found = [f for f in findings(place) if f['check'] == 'processes']
    check_equal([f['level'] for f in found], ['good'], f'findings of a living program ({found})')
    shell.kill()
    found = [f for f in findings(place) if f['check'] == 'processes']
    check(found and all(f['level'] == 'advice' for f in found), f'of a dead program: {found}')
    if SEES_ALL or 'fix' in found[0]:
        check_equal(found[0]['fix'], f'rm -r {place.runtime}', 'what fixes it')
    else:
        check('not known' in found[0]['text'], f'of a dead program: {found}')
    check(os.path.isdir(place.runtime), 'the doctor has deleted something')
    return found


def with_ordinary_memory(place):
    living_and_dead(place, *place.ordinary_memory(64))


def with_nothing_shared(place):
    living_and_dead(place, *place.huge_pages(64))


def with_shared_memory(place):
    found = living_and_dead(place, *place.shared_memory())
    check_equal(len(found), 2, f'findings: the directory, and the files of huge pages ({found})')


def slots(place):
    """The real drivers, in a made-up place together with ours."""
    libraries = tool_output('pkg-config', '--variable=libdir', 'libdpdk')
    folders = sorted(glob.glob(f'{libraries}/dpdk/pmds-*'))
    if not folders:
        raise Skip('this DPDK loads no plugins by itself')
    machine = os.path.join(place.directory, 'machine')
    made_up = f'{machine}/usr/lib/dpdk/' + os.path.basename(folders[-1])
    os.makedirs(made_up)
    for library in glob.glob(f'{libraries}/librte_*.so.*'):
        os.symlink(library, f'{machine}/usr/lib/' + os.path.basename(library))
    for plugin in glob.glob(f'{folders[-1]}/librte_mempool_*.so.*'):
        if 'labyrinth' not in plugin:
            os.symlink(plugin, os.path.join(made_up, os.path.basename(plugin)))
    abi = os.path.basename(folders[-1]).split('-')[1].split('.')[0]
    os.symlink(PLUGIN, f'{made_up}/librte_mempool_labyrinth.so.{abi}')
    done = subprocess.run([DOCTOR, '--json', f'--root={machine}'], capture_output=True, text=True,
                          timeout=WAIT_S, check=False)
    found = {f['check']: f for f in json.loads(done.stdout)['findings']}
    check_equal(found['plugin']['level'], 'good', found['plugin']['text'])
    text = found['slots']['text']
    check(re.match(r'[0-9]+ of the 16 .* and ours takes one$', text) or 'before ours comes' in text,
          text)


def tool_output(*words):
    return subprocess.run(words, capture_output=True, text=True, timeout=WAIT_S,
                          check=True).stdout.strip()


main(slots, with_ordinary_memory, with_nothing_shared, with_shared_memory)
