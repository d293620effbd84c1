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
SUITES = {'deque': ['deque.c', 'world.c', 'play.c'], 'stack': ['stack.c', 'play.c']}
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


def put_in(mistake, library, folder):
    """Writes the changed files to `folder`; returns what is wrong, or None."""
    for name, old, new in mistake.changes:
        changed = folder / name
        text = (changed if changed.exists() else library / name).read_text(encoding='utf-8')
        if text.count(old) != 1:
            return f'{name} has this {text.count(old)} times, not once:\n{old}'
        changed.write_text(text.replace(old, new), encoding='utf-8')
    return None


def compile_suite(suite, mistake, root, build, compiler, engine):
    """Returns the executable, and what the compiler said if it failed."""
    explore, library = root / 'test/explore', root / 'lib/deque'
    folder = build / ('mistake-' + mistake.name.replace(' ', '-'))
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    wrong = put_in(mistake, library, folder)
    if wrong:
        return None, wrong
    source = f'lab_{suite}.c'
    if not (folder / source).exists():
        (folder / source).write_text((library / source).read_text(encoding='utf-8'))
    includes = [folder, explore / 'include', explore, root / 'lib/platform', library]
    command = compiler + FLAGS + [f'-I{path}' for path in includes]
    sources = [folder / source] + [explore / name for name in SUITES[suite]]
    program = folder / 'explore'
    done = subprocess.run(command + [*map(str, sources + engine), '-o', str(program)],
                          capture_output=True, text=True, check=False)
    return (program, '') if done.returncode == 0 else (None, done.stderr)


def compile_engine(root, build, compiler):
    explore = root / 'test/explore'
    objects = []
    for name in ENGINE:
        objects.append(build / (name + '.o'))
        subprocess.run(compiler + FLAGS + ['-O2', f'-I{explore}/include', f'-I{explore}',
                       f'-I{root}/lib/platform', '-c', str(explore / name), '-o', str(objects[-1])],
                       check=True)
    return objects


def main():
    mistakes = read_mistakes(pathlib.Path(sys.argv[1]))
    root, build = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    compiler = sys.argv[4:]
    build.mkdir(parents=True, exist_ok=True)
    engine = compile_engine(root, build, compiler)
    failed = 0
    print(f'1..{len(mistakes)}', flush=True)
    for number, mistake in enumerate(mistakes, 1):
        suite, _, program = mistake.program.partition(': ')
        executable, said = compile_suite(suite, mistake, root, build, compiler, engine)
        found = False
        if executable:
            run = subprocess.run([executable, '--find', program], capture_output=True, text=True,
                                 check=False)
            found, said = run.returncode == 0, run.stdout + run.stderr
        first = said.splitlines()[0] if said else ''
        print(f'{"ok" if found else "not ok"} {number} - {mistake.name}: {first}', flush=True)
        if not found:
            print('\n'.join('# ' + line for line in said.splitlines()), flush=True)
            failed += 1
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
