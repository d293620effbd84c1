#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""labyrinth-doctor tells a program of DPDK's that runs from what a dead one has left."""

import json
import os
import subprocess

from dpdk_support import BUILD, built, check, check_equal, main

DOCTOR = os.path.join(BUILD, 'app', 'doctor', 'labyrinth-doctor')


def findings(place):
    """What is said of the place's runtime directory, or of files on its hugetlbfs."""
    done = subprocess.run([DOCTOR, '--json'], capture_output=True, text=True, timeout=60,
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
    check_equal(found[0]['mend'], f'rm -r {place.runtime}', 'what mends it')
    check(os.path.isdir(place.runtime), 'the doctor has deleted something')
    return found


def with_ordinary_memory(place):
    living_and_dead(place, *place.ordinary_memory(64))


def with_nothing_shared(place):
    living_and_dead(place, *place.huge_pages(64))


def with_shared_memory(place):
    found = living_and_dead(place, *place.shared_memory())
    check_equal(len(found), 2, f'findings: the directory, and the files of huge pages ({found})')


main(with_ordinary_memory, with_nothing_shared, with_shared_memory)
