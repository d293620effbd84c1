#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Programs that nobody here wrote, on the driver in each of its modes, compared with DPDK's ring.

    real_test.py                          a short choice, in two modes
    real_test.py --all [GROUP...]         all programs, or those of a group, in all modes
    real_test.py --only REGEX [MODE...]   the programs whose names it matches, in all modes or these
"""

import importlib
import re
import sys

from real import SHORT_MODES, in_a_namespace, main

GROUPS = ('suites', 'testpmd', 'tools', 'switch', 'suricata', 'examples')


def programs(groups):
    return [program for group in groups for program in importlib.import_module(group).PROGRAMS]


def run(words):
    if words[:1] == ['--all']:
        main(programs(words[1:] or GROUPS))
    elif words[:1] == ['--only']:
        chosen = [program for program in programs(GROUPS) if re.search(words[1], program.name)]
        main(chosen, **({'modes': [word.replace('unset', '') for word in words[2:]]}
                        if words[2:] else {}))
    else:
        main([program for program in programs(GROUPS) if program.short], SHORT_MODES)


in_a_namespace()
run(sys.argv[1:])
