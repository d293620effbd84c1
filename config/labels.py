#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Checks the labels of the memory orders in lib/ and drivers/ (D1, W5, ...), and prints what is wrong with them.

Usage: labels.py ROOT

A label is defined in one table of a comment, a line for each, further lines indented:

     *     D3 raise of split        release   pairs with D4: entries are written before ...
     *     D4 thief's load of split acquire   pairs with D3

and used in a comment that begins with it, beside or above the access. The first use in each file
says what would go wrong without it:

    lab_fence_seq_cst(); /* D5: before reading top, or a thief that read the old split takes them */

Every label has a row in test/explore/orders.md, which says what shows that it is needed.
"""
import pathlib
import re
import sys

LABEL = r'(?!C(?:99|11|17)\b)[A-Z]\d{1,2}'  # the rest are languages
LABELS = rf'{LABEL}(?:(?:, | and ){LABEL})*'
COMMENT = re.compile(r'/\*.*?\*/', re.DOTALL)
DEFINITION = re.compile(rf'^ \* {{3,}}({LABEL})\b(.*(?:\n \* {{3,}}(?![ ]|{LABEL}\b).*)*)', re.MULTILINE)
ACCESS = re.compile(r'\blab_(?:(?:load|store|cas|fence|fetch|pointer|byte|words|barrier)_\w+|'
                    r'deque_repair_owner)\(')


class File:
    """The labels of one file."""

    def __init__(self, root, path):
        text = path.read_text(encoding='utf-8')
        self.name = str(path.relative_to(root))
        self.defined, self.used, self.named = [], [], set()
        code = COMMENT.sub(lambda comment: re.sub(r'[^\n]', ' ', comment[0]), text)
        for comment in COMMENT.finditer(text):
            self.named |= set(re.findall(rf'\b{LABEL}\b', comment[0]))
            self.defined += DEFINITION.findall(comment[0])
            use = re.match(rf'/\* ({LABELS})\b(: .*)?', comment[0], re.DOTALL)
            if use:
                accessed = bool(ACCESS.search(statement_at(code, *comment.span())))
                for label in re.findall(LABEL, use[1]):
                    self.used.append((label, accessed, bool(use[2])))


def statement_at(code, start, end):
    """The statement beside a comment, or, where it has a line of its own, the one below it."""
    line = code.rfind('\n', 0, start) + 1
    if not code[line:start].strip():
        return re.match(r'[\s}]*[^;{}]*', code[end:])[0]
    before = code[:start].rstrip(' ;{})')
    return before[max(before.rfind(c) for c in ';{}') + 1:] + '('


def partners(definition):
    """The labels that a definition pairs with."""
    found = re.search(rf'pairs\s+with\s+({LABEL}(?:(?:,|\s+and|\s)+{LABEL})*)',
                      re.sub(r'\n \* +', ' ', definition))
    return set(re.findall(LABEL, found[1])) if found else set()


def wrong_in_tables(files):
    """Yields what is wrong with the definitions."""
    where = {}
    for file in files:
        for label, definition in file.defined:
            if label in where:
                yield f'{file.name}: {label} is defined in {where[label][0]}, too'
            where[label] = file.name, partners(definition)
    for label, (name, its) in where.items():
        if not its:
            yield f'{name}: {label} pairs with no label'
        for partner in sorted(its):
            if label not in where.get(partner, (name, ()))[1]:
                yield f'{name}: {label} pairs with {partner}, which does not pair with it'


def wrong_in_uses(files, defined):
    """Yields what is wrong with the uses."""
    accessed = {label for file in files for label, beside, _ in file.used if beside}
    for file in files:
        for label in sorted(file.named - defined):
            yield f'{file.name}: {label} is not defined anywhere'
        for label, _ in file.defined:
            if label not in accessed:
                yield f'{file.name}: {label} stands at no access'
        seen = set()
        for label, _, says_why in file.used:
            if label in defined and label not in seen and not says_why:
                yield f'{file.name}: the first {label} does not say what goes wrong without it'
            seen.add(label)


def wrong_in_orders(root, defined):
    """Yields what is wrong with the rows of orders.md."""
    rows = re.findall(r'^\| (.*?) \|', (root / 'test/explore/orders.md').read_text(), re.MULTILINE)
    there = {label for row in rows for label in re.findall(rf'\b{LABEL}\b', row)}
    for label in sorted(defined - there):
        yield f'test/explore/orders.md: no row for {label}'
    for label in sorted(there - defined):
        yield f'test/explore/orders.md: a row for {label}, which is not defined'


def main():
    root = pathlib.Path(sys.argv[1])
    files = [File(root, path) for path in
             sorted([*root.glob('lib/**/*.[ch]'), *root.glob('drivers/**/*.[ch]')])]
    defined = {label for file in files for label, _ in file.defined}
    wrong = [*wrong_in_tables(files), *wrong_in_uses(files, defined),
             *wrong_in_orders(root, defined)]
    print('\n'.join(wrong), end='\n' if wrong else '')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
