#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Prints sentences of documents, comments and messages that do not begin with their subject, or have a word
that the tree has replaced.

Usage: words.py ROOT FILE...

A sentence that begins with a clause ("who", "what", "that which") has to be read twice. Questions and
the headings of documents may begin so. Inversions are not found.
"""
import pathlib
import re
import sys

CLAUSE = re.compile(r'["\'(*_| -]*(?:Who|Whom|Whose|What|Which|Whoever|Whatever|Whichever|That which)\b')
# The word, and what to write.
REPLACED = {
    r'mend(?:s|ed|ing)?': 'fix',
    r'so many': 'N, or the name of the number',
    r'tells': 'report or distinguish',
    r'(?:low|high) marks?': 'watermark',
    r'hungry|hunger': 'starving',
    r'enrol(?:s|led|ling)?|roster': 'register, registry',
    r'(?<=[,;] )else': 'otherwise',
}
WORDS = [(re.compile(rf'\b(?:{word})\b', re.IGNORECASE), instead) for word, instead in REPLACED.items()]
QUOTED = re.compile(r'`[^`]*`|"\w+"')

PARAGRAPH_END = re.compile(r'\n\s*\n|\n(?=\s*(?:[-*] |\d+\. |\||@))|(?<=\|) ')
SENTENCE_END = re.compile(r'(?<=[.!?:;])["\')*_]*\s+(?=["\'(*_]*[A-Z])')
LEADER = re.compile(r'^[ \t]*[*#](?=\s|$)', re.MULTILINE)  # what the lines of a comment begin with
C_TEXT = re.compile(r'/\*+(.*?)\*/|//([^\n]*)|"((?:[^"\\\n]|\\.)*)"', re.DOTALL)
SHELL_TEXT = re.compile(r'((?:^[ \t]*# [^\n]*\n?)+)|[ \t]# ([^\n]*)', re.MULTILINE)
PYTHON_TEXT = re.compile(rf'= """(?s:.*?)"""|(?s:"""(.*?)""")|{SHELL_TEXT.pattern}', re.MULTILINE)
NO_PROSE = re.compile(r'^ *```.*?^ *```|<!--.*?-->|^#[^\n]*', re.DOTALL | re.MULTILINE)  # in a document


def texts(path, content):
    """Yields where each text of a file begins, and the text."""
    if path.suffix == '.md':
        yield 0, NO_PROSE.sub(lambda match: re.sub(r'[^\n]', ' ', match[0]), content)
        return
    pattern = C_TEXT if path.suffix in ('.c', '.h') else PYTHON_TEXT if '"""' in content else SHELL_TEXT
    for found in pattern.finditer(content):
        if found.lastindex:
            yield (found.start(found.lastindex),
                   LEADER.sub(lambda match: ' ' * len(match[0]), found[found.lastindex]))


def sentences(text):
    """Yields where each sentence of a text begins, and the sentence on one line."""
    at = 0
    for paragraph in PARAGRAPH_END.split(text):
        for sentence in SENTENCE_END.split(paragraph):
            at = text.index(sentence, at)
            yield at + len(sentence) - len(sentence.lstrip()), ' '.join(sentence.split())
            at += len(sentence)


def fault(sentence):
    """Returns what is wrong with a sentence, or None."""
    if CLAUSE.match(sentence) and not re.search(r'\?\W*$', sentence):
        return 'begins with a clause'
    spoken = QUOTED.sub('', sentence)
    for word, instead in WORDS:
        found = word.search(spoken)
        if found:
            return f'"{found[0]}": write {instead}'
    return None


def main():
    root, failed = pathlib.Path(sys.argv[1]), False
    for name in sys.argv[2:]:
        content = (root / name).read_text(encoding='utf-8')
        for start, text in texts(root / name, content):
            for at, sentence in sentences(text):
                found = fault(sentence)
                if found:
                    failed = True
                    print(f'{name}:{content.count(chr(10), 0, start + at) + 1}: {found}: {sentence[:80]}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
