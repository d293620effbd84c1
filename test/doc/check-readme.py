#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Fails when an example in a document is not, letter for letter, the file that the tests run.

usage: check-readme.py ROOT DOCUMENT...

An example is a fenced block behind a line `<!-- path/to/file -->`; the file's licence comment is
not repeated in the document.
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
found = 0
wrong = []
for name in sys.argv[2:]:
    text = (root / name).read_text()
    for path, example in re.findall(r"^<!-- (\S+\.\w+) -->\n```\w*\n(.*?)^```$", text, re.M | re.S):
        found += 1
        code = (root / path).read_text()
        code = re.sub(r"\A/\*.*?\*/\n+", "", code, flags=re.S)
        if code != example:
            wrong.append(f"{name}: the example is not {path}")
print("\n".join(wrong) or f"{found} examples are the files that the tests run")
sys.exit(1 if wrong or not found else 0)
