# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Text as mdoc(7), the language of man pages: as mandoc -T lint wants it, sentences and references on
lines of their own."""

import datetime
import os
import re

WIDTH = 76
DELIMITERS = ".,;:)]?!"
XR, END = "\1", "\2"  # around the name of a page in a text: a reference


def reference(name):
    return XR + name + END


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in text)


def plain(text):
    """A line of text that is no request to the formatter."""
    # A minus stands before a word, a hyphen inside one.
    text = " ".join(escaped(word) if word.lstrip("(\"").startswith("-") else
                    escaped(word).replace("\\-", "-") for word in text.split(" "))
    return "\\&" + text if text[:1] in (".", "'") else text


def argument(text):
    """Words on a line of a macro, none of which is one itself."""
    return " ".join("\\&" + escaped(word) if len(word) in (2, 3) and word.isalpha() else escaped(word)
                    for word in text.replace('"', '\\(dq').split())


def quoted(text):
    return '"' + escaped(text).replace('"', '\\(dq') + '"'


# A reference, or the name of a function, with what stands before and behind it.
MARKED = re.compile(rf"([(\[]*)(?:{XR}([^{END}]*){END}|(\w+)\(\))(\S*)")


def _macro(before, page, function, after):
    """The line for it."""
    name, _, section = (page or "").partition(".")
    macro = "Xr " if page else "Fn "
    what = f"{name} {section or 3}" if page else function
    if before == "(" and after[:1] == ")":
        line, after = f".Pq {macro}{what}", after[1:]  # groff takes a bracket behind Xr for a name
    else:
        line = f".{macro}{''.join(c + ' ' for c in before)}{what}"
    while after and after[0] in DELIMITERS:
        line, after = f"{line} {after[0]}", after[1:]
    return f"{line} Ns {escaped(after)}" if after else line


def paragraph(text):
    """The lines of a paragraph."""
    lines, line = [], ""

    def end():
        nonlocal line
        if line:
            lines.append(plain(line))
        line = ""

    for word in text.split():
        marked = MARKED.fullmatch(word)
        if marked:
            end()
            lines.append(_macro(*marked.groups()))
            continue
        word = word.replace(XR, "").replace(END, "")
        if line and len(line) + len(word) > WIDTH:
            end()
        line = f"{line} {word}" if line else word
        if word.rstrip(")\"'").endswith((".", "!", "?")):
            end()
    end()
    return lines


def literal(lines):
    """Lines that are shown as they are."""
    return [".Bd -literal -offset indent", *(plain_literal(line) for line in lines), ".Ed"]


def plain_literal(line):
    line = escaped(line)
    return "\\&" + line if line[:1] in (".", "'") else line


def tagged(items, compact=False):
    """A list of (the rest of an .It line, lines)."""
    out = [".Bl -tag -width Ds" + (" -compact" if compact else "")]
    for tag, lines in items:
        out += [".It " + tag, *lines]
    return [*out, ".El"] if items else []


def see_also(pages):
    """The section for pages as in references: "name", or "name.7"."""
    in_order = sorted(pages, key=lambda page: (page.partition(".")[2] or "3", page))
    found = [_macro("", page, None, "") for page in in_order]
    return [".Sh SEE ALSO", *(line + " ," for line in found[:-1]), *found[-1:]]


def head(title, section, names, purpose):
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", 0))
    date = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc) if seconds else \
        datetime.datetime.now(datetime.timezone.utc)
    return [f".Dd {date:%B} {date.day}, {date.year}", f".Dt {title.upper()} {section}", ".Os Labyrinth",
            ".Sh NAME", *(f".Nm {name} ," for name in names[:-1]), f".Nm {names[-1]}",
            f".Nd {escaped(purpose).replace(chr(92) + '-', '-')}"]
