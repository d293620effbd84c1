#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Puts each known mistake into a copy of the library and checks that the explorer finds it.

Usage: mistakes.py MISTAKES SOURCE_ROOT BUILD_DIR COMPILER [ARGUMENT...]

The file MISTAKES says what it looks like itself. A mistake whose text is not in the library any
longer fails, and so does one that its program does not find. The report is TAP.
"""
import pathlib
import subprocess
import sys

ENGINE = ['main.c', 'schedule.c', 'memory.c', 'choice.c', 'sharing.c']
FLOORS = ['platform', 'memory', 'deque', 'page', 'audit', 'pool']
SUITES = {  # the library's files, and the explorer's
    'deque': (['deque/lab_deque.c'], ['deque.c', 'world.c', 'play.c']),
    'stack': (['deque/lab_stack.c'], ['stack.c', 'play.c']),
    'page': (['page/lab_block.c', 'page/lab_zone.c', 'page/lab_zone_put.c',
              'page/lab_zone_search.c', 'page/lab_zone_setup.c', 'page/lab_zone_stats.c',
              'page/lab_zone_sweep.c', 'platform/lab_error.c'],
             ['page.c', 'pages.c', 'play.c']),
    'arena': (['deque/lab_deque.c', 'deque/lab_roster.c', 'page/lab_arena_setup.c',
               'page/lab_block.c', 'page/lab_page.c', 'page/lab_page_cache.c',
               'page/lab_page_keep.c', 'page/lab_page_lock.c', 'page/lab_page_zone.c',
               'page/lab_zone.c', 'page/lab_zone_put.c', 'page/lab_zone_search.c',
               'page/lab_zone_setup.c', 'page/lab_zone_stats.c', 'page/lab_zone_sweep.c',
               'platform/lab_error.c'],
              ['arena.c', 'play.c']),
    'pool': (['deque/lab_deque.c', 'deque/lab_roster.c', 'deque/lab_stack.c',
              'audit/lab_audit.c',
              'audit/lab_audit_groups.c', 'audit/lab_audit_report.c', 'audit/lab_audit_watch.c',
              'pool/lab_pool.c', 'pool/lab_pool_audit.c', 'pool/lab_pool_audited.c',
              'pool/lab_pool_barrier.c', 'pool/lab_pool_entry.c', 'pool/lab_pool_index.c',
              'pool/lab_pool_marks.c',
              'pool/lab_pool_reclaim.c',
              'pool/lab_pool_reserve.c', 'pool/lab_pool_setup.c', 'pool/lab_pool_trust.c',
              'platform/lab_error.c'], ['pool.c', 'pools.c', 'play.c']),
}
SUITES['reclaim'] = (SUITES['pool'][0], ['reclaim.c', 'pools.c', 'play.c'])
FLAGS = ['-std=gnu11', '-O1', '-D_GNU_SOURCE', '-w']


class Mistake:
    def __init__(self, name):
        self.name = name
        self.program = ''
        self.changes = []  # [file name, old text, new text]

    def add(self, line):
        change = self.changes[-1]
        if line[0] in ' -':
            change[1] += line[1:] + '\n'
        if line[0] in ' +':
            change[2] += line[1:] + '\n'


def read_mistakes(path):
    mistakes = []
    for line in path.read_text(encoding='utf-8').splitlines():
        word, _, rest = line.partition(' ')
        if word == 'mistake':
            mistakes.append(Mistake(rest))
        elif word == 'program':
            mistakes[-1].program = rest
        elif word == 'file':
            mistakes[-1].changes.append([rest, '', ''])
        elif line[:1] in (' ', '-', '+') and line:
            mistakes[-1].add(line)
    return mistakes


def put_in(mistake, root, folder):
    """Writes the changed files to `folder`, under their names alone: the compiler looks there
    first. Returns what is wrong, or None."""
    for name, old, new in mistake.changes:
        changed = folder / pathlib.Path(name).name
        text = (changed if changed.exists() else root / 'lib' / name).read_text(encoding='utf-8')
        if text.count(old) != 1:
            return f'{name} has this {text.count(old)} times, not once:\n{old}'
        changed.write_text(text.replace(old, new), encoding='utf-8')
    return None


def include(root, first=()):
    explore = root / 'test/explore'
    folders = [*first, explore / 'include', explore, *(root / 'lib' / floor for floor in FLOORS)]
    return [f'-I{folder}' for folder in folders]


def compile_with(mistake, root, build, compiler, engine):
    """Returns the executable, or None and why there is none."""
    folder = build / mistake.name.replace(' ', '-')
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    wrong = put_in(mistake, root, folder)
    if wrong:
        return None, wrong
    library, explore = SUITES[mistake.program.partition(': ')[0]]
    sources = [root / 'test/explore' / name for name in explore]
    for name in library:
        changed = folder / pathlib.Path(name).name
        sources.append(changed if changed.exists() else root / 'lib' / name)
    program = folder / 'explore'
    command = [*compiler, *FLAGS, *include(root, [folder]), *map(str, sources + engine),
               '-o', str(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (program, '') if done.returncode == 0 else (None, done.stderr)


def compile_engine(root, build, compiler):
    objects = []
    for name in ENGINE:
        objects.append(build / (name + '.o'))
        subprocess.run([*compiler, *FLAGS, '-O2', *include(root), '-c',
                        str(root / 'test/explore' / name), '-o', str(objects[-1])], check=True)
    return objects


def find(mistake, executable):
    """Returns whether it was found, and what the explorer said."""
    program = mistake.program.partition(': ')[2]
    run = subprocess.run([executable, '--find', program], capture_output=True, text=True,
                         check=False)
    return run.returncode == 0, run.stdout + run.stderr


def main():
    mistakes = read_mistakes(pathlib.Path(sys.argv[1]))
    root, build = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    compiler = sys.argv[4:]
    build.mkdir(parents=True, exist_ok=True)
    engine = compile_engine(root, build, compiler)
    failed = 0
    print(f'1..{len(mistakes)}', flush=True)
    for number, mistake in enumerate(mistakes, 1):
        executable, said = compile_with(mistake, root, build, compiler, engine)
        found, said = find(mistake, executable) if executable else (False, said)
        first, _, rest = said.partition('\n')
        print(f'{"ok" if found else "not ok"} {number} - {mistake.name}: {first}', flush=True)
        if not found:
            print('\n'.join('# ' + line for line in rest.splitlines()), flush=True)
            failed += 1
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
