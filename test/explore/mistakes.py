#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Puts each known mistake into a copy of the library and checks that the explorer finds it.

Usage: mistakes.py MISTAKES SOURCE_ROOT BUILD_DIR COMPILER [ARGUMENT...]

The file MISTAKES says what it looks like itself. A mistake whose text is not in the library any
longer fails, and so does one that its program does not find. The report is TAP.
"""
import pathlib
import re
import shutil
import subprocess
import sys

ENGINE = ['main.c', 'schedule.c', 'memory.c', 'choice.c', 'coroutine.c', 'sharing.c']
FLOORS = ['platform', 'memory', 'deque', 'page', 'pool', 'audit']
FLAGS = ['-std=gnu11', '-O1', '-D_GNU_SOURCE', '-w']


def read_suites(root):
    """Reads suites.txt: for each suite its sources."""
    explore, suites = root / 'test/explore', {}
    for stanza in (explore / 'suites.txt').read_text(encoding='utf-8').split('\n\n'):
        if not stanza.startswith('#'):
            names, _, sources = stanza.partition(':')
            for name in names.split():
                suites[name] = [root / 'lib' / source if '/' in source else explore / source
                                for source in [name + '.c', *sources.split()]]
    return suites


def label_of(comment):
    """A comment as it is compared: the labels that it begins with, or nothing."""
    labels = re.match(r'/\* ([A-Z]\d+(?:, [A-Z]\d+)*)\b', comment[0])
    return f'/* {labels[1]} */' if labels else ''


def code_of(text):
    """Without what a comment says, which may change: a mistake is one in code. The label of an order
    stays, behind its access."""
    text = re.sub(r'/\*.*?\*/', label_of, text, flags=re.DOTALL)
    text = re.sub(r'^[ \t]*(/\*.*\*/)\n(.*)', r'\2 \1', text, flags=re.MULTILINE)
    text = re.sub(r'[ \t]+/\*', ' /*', text)
    return re.sub(r'[ \t]*\n(?:[ \t]*\n)*', '\n', text)


class Mistake:
    def __init__(self, name):
        self.name = name
        self.program = ''
        self.bound = []  # an argument, where the program's own is too small
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
        elif word == 'bound':
            mistakes[-1].bound = ['--bound=' + rest]
        elif word == 'file':
            mistakes[-1].changes.append([rest, '', ''])
        elif line[:1] in (' ', '-', '+') and line:
            mistakes[-1].add(line)
    return mistakes


def put_in(mistake, root, folder):
    """Writes the changed files to `folder`, under their names alone: the compiler looks there
    first."""
    for name, old, new in mistake.changes:
        changed = folder / pathlib.Path(name).name
        text = code_of((changed if changed.exists() else root / 'lib' / name)
                       .read_text(encoding='utf-8'))
        old = code_of(old)
        if text.count(old) != 1:
            raise RuntimeError(f'{name} has this {text.count(old)} times, not once:\n{old}')
        changed.write_text(text.replace(old, new), encoding='utf-8')


def include(root, first=()):
    explore = root / 'test/explore'
    folders = [*first, explore / 'include', explore, *(root / 'lib' / floor for floor in FLOORS)]
    return [f'-I{folder}' for folder in folders]


class Compiler:
    """Compiles what a mistake changes, and all else once."""

    def __init__(self, command, root, build):
        self.command, self.root, self.build = command, root, build
        self.suites = read_suites(root)
        self.right = {}  # source: object
        self.needs = {}  # source: names of the files that it includes, and its own
        self.engine = [self.compiled_right(root / 'test/explore' / name, '-O2') for name in ENGINE]

    def run(self, words):
        done = subprocess.run([*self.command, *FLAGS, *map(str, words)], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def compiled_right(self, source, *more):
        if source not in self.right:
            target = self.build / (source.name + '.o')
            self.run([*more, '-MD', *include(self.root), '-c', source, '-o', target])
            self.right[source] = target
            needs = target.with_suffix('.d').read_text(encoding='utf-8')
            self.needs[source] = {pathlib.Path(word).name for word in needs.split()}
        return self.right[source]

    def compiled_wrong(self, source, folder):
        """From a folder of changed files; as it is where it does not notice them."""
        right, changed = self.compiled_right(source), folder / source.name
        if not self.needs[source] & {path.name for path in folder.glob('*.[ch]')}:
            return right
        target = folder / (source.name + '.o')
        self.run([*include(self.root, [folder]), '-c', changed if changed.exists() else source,
                  '-o', target])
        return target

    def program(self, mistake):
        """The executable with this mistake in it."""
        folder = self.build / mistake.name.replace(' ', '-')
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        put_in(mistake, self.root, folder)
        sources = self.suites[mistake.program.partition(': ')[0]]
        target = folder / 'explore'
        self.run([*(self.compiled_wrong(source, folder) for source in sources), *self.engine,
                  '-o', target])
        return target


def find(mistake, compiler):
    """Returns whether it was found, and what the explorer said."""
    try:
        executable = compiler.program(mistake)
    except RuntimeError as wrong:
        return False, str(wrong)
    program = mistake.program.partition(': ')[2]
    run = subprocess.run([executable, '--find', *mistake.bound, program], capture_output=True,
                         text=True, check=False)
    return run.returncode == 0, run.stdout + run.stderr


def main():
    mistakes = read_mistakes(pathlib.Path(sys.argv[1]))
    root, build = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir(parents=True)
    compiler = Compiler(sys.argv[4:], root, build)
    failed = 0
    print(f'1..{len(mistakes)}', flush=True)
    for number, mistake in enumerate(mistakes, 1):
        found, said = find(mistake, compiler)
        first, _, rest = said.partition('\n')
        print(f'{"ok" if found else "not ok"} {number} - {mistake.name}: {first}', flush=True)
        if not found:
            print('\n'.join('# ' + line for line in rest.splitlines()), flush=True)
            failed += 1
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
