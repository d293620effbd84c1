#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Prints the public headers of lib/ that include a header of detail/ and use nothing that it declares.

Usage: details.py ROOT

A header is a detail if it lies in a folder detail/, or if a meson.build names it in floor_details.
One that only hands others on, labyrinth.h for example, is not asked for names: it needs no detail.
"""
import pathlib
import re
import sys

COMMENT = re.compile(r'/\*.*?\*/', re.DOTALL)
INCLUDE = re.compile(r'#include [<"]([^>"]*)[>"]')
DECLARED = re.compile(r'#define (\w+)|(?:struct|enum|union) (\w+) \{|\b(\w+)\(|^\} (\w+);'
                      r'|^typedef [^;(]*?(\w+);', re.MULTILINE)
CONSTANTS = re.compile(r'\benum[ \w]*\{(.*?)\}', re.DOTALL)


def declared(text):
    """The names that a header declares at its top level, and a few more."""
    names = {name for found in DECLARED.findall(text) for name in found if name}
    for constants in CONSTANTS.findall(text):
        names |= set(re.findall(r'\b[A-Z]\w+', constants))
    return names


def detail_names(root):
    """The file names of details."""
    names = {path.name for path in root.glob('lib/**/detail/*.h')}
    for build in root.glob('lib/**/meson.build'):
        for files in re.findall(r'floor_details \+?= files\((.*?)\)', build.read_text(), re.DOTALL):
            names |= {pathlib.Path(name).name for name in re.findall(r"'(.*?)'", files)}
    return names


def main():
    root, wrong = pathlib.Path(sys.argv[1]), []
    texts = {path.name: COMMENT.sub(' ', path.read_text(encoding='utf-8'))
             for path in sorted(root.glob('lib/**/*.h'))}
    details = detail_names(root)
    for header in sorted(texts.keys() - details):
        includes = [pathlib.Path(name).name for name in INCLUDE.findall(texts[header])]
        used = set(re.findall(r'\w+', INCLUDE.sub('', texts[header])))
        wrong += [f'{header} includes {detail} and uses nothing of it'
                  for detail in includes if detail in details and not used & declared(texts[detail])]
    print('\n'.join(wrong), end='\n' if wrong else '')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
