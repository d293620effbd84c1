# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Searches of a program's pool, for tests."""

import time

from dpdk_support import WAIT_S, check, check_equal


def search(place, pool='packets', words=';apart_s=0.05;mib_s=0'):
    """Returns the program's answer about its pool, with all groups."""
    answer = place.telemetry(f'/labyrinth/where,{pool}{words}')
    check('error' not in answer, f'{answer}')
    seen, end = None, 0
    while answer['state'] == 'walking':
        if answer != seen:  # it goes on, however slowly: its thread is below all others in turn
            seen, end = answer, time.monotonic() + WAIT_S
        check(time.monotonic() < end, f'the search does not end: {answer}')
        time.sleep(0.02)
        answer = place.telemetry(f'/labyrinth/where,{pool};search={answer["search"]}')
    check_equal(answer['state'], 'done', f'end of the search ({answer})')
    groups = list(answer['groups'].values())
    while 'next' in answer:
        more = place.telemetry(f'/labyrinth/where,{pool};search={answer["search"]}'
                               f';from={answer.pop("next")}')
        groups += more['groups'].values()
        answer.update({key: more[key] for key in ('next',) if key in more})
    answer['groups'] = groups
    check_equal(sum(group['count'] for group in groups), answer['objects'], 'objects in groups')
    return answer


def found(answer, where, name=''):
    """How many objects are in such a place."""
    return sum(group['count'] for group in answer['groups']
               if group['where'] == where and name in group.get('name', ''))
