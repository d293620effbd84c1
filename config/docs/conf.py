# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""How Sphinx makes HTML of the guide; config/manual runs it, in a folder that has the tree and the man
pages in it."""

import pathlib
import shutil

project = "Labyrinth"
author = copyright = "The Labyrinth authors"
html_title = "Labyrinth"
extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["*.md", "doc/*.md", "doc/guide/*.md", "doc/adr/*.md", "man/*.md"]
myst_heading_anchors = 6
smartquotes = False  # --option stays what is typed
html_theme = "furo"
html_static_path = ["manual.css"]
html_css_files = ["manual.css"]
html_copy_source = False
html_show_sphinx = False
# Languages of code that have no colours, such as what a program printed.
highlight_language = "none"

# Chapters, in the order in which they are read; a title of its own where the heading is long.
CHAPTERS = {
    "Guide": ["Start <doc/guide/start>", "doc/guide/replay", "doc/guide/coming-from", "doc/guide/dpdk",
              "doc/guide/native", "doc/guide/xsk", "How many buffers <doc/guide/sizing>", "doc/guide/empty",
              "Finding leaks <doc/audit>",
              "doc/guide/watching", "doc/guide/processes", "doc/ports", "Packets kept <doc/mbufs>"],
    "Reference": ["Library <library>", "Tools <tools>", "Driver <driver>"],
    "Inside": ["Performance <doc/performance>", "Performance on Intel <doc/performance-intel>",
               "What stands in the way of speed <doc/performance-limits>",
               "Performance of pages <doc/performance-pages>",
               "How the pool works <doc/pool>", "How pages work <doc/pages>", "Decisions <decisions>",
               "Contributing <CONTRIBUTING>", "Changes <CHANGELOG>"],
}


def toctree(entries, *options):
    return "\n".join(["```{toctree}", *options, "", *entries, "```", ""])


def add_chapters(app, name, source):
    """The README is the first page: its links are the tree's, so the chapters come here."""
    if name == root_doc:
        source[0] += "\n" + "\n".join(toctree(entries, ":hidden:", f":caption: {title}")
                                      for title, entries in CHAPTERS.items())


def list_decisions(app):
    folder = pathlib.Path(app.srcdir)
    entries = [str(path.relative_to(folder).with_suffix("")) for path in sorted(folder.glob("doc/adr/*.md"))]
    (folder / "decisions.md").write_text(f"# Decisions\n\n{toctree(entries)}", encoding="utf-8")


def write_index(app, failed):
    """The first page under the name that servers look for."""
    if failed is None and app.builder.name == "html":
        shutil.copy(pathlib.Path(app.outdir, root_doc + ".html"), pathlib.Path(app.outdir, "index.html"))


def setup(app):
    app.connect("source-read", add_chapters)
    app.connect("builder-inited", list_decisions)
    app.connect("build-finished", write_index)
