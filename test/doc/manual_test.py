# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The manual: every public function and every tool has a page with all of its sections, man finds no
fault with them, and the HTML has no link that leads nowhere."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from skips import main

BUILD = pathlib.Path(os.environ["LABYRINTH_BUILD"])
SOURCE = pathlib.Path(os.environ["LABYRINTH_SOURCE"])
PAGES = BUILD / "doc"
SECTIONS = ("NAME", "SYNOPSIS", "DESCRIPTION", "RETURN VALUE", "ERRORS", "CONCURRENCY", "EXAMPLE")


def page(path):
    """Its text; of another name for the same page, that of the page."""
    text = path.read_text(encoding="utf-8")
    return page(path.parent.parent / text.split()[1]) if text.startswith(".so ") else text


def manual(*words):
    return subprocess.run([SOURCE / "config/manual", *words], capture_output=True, text=True,
                          timeout=120, check=False)


class ManPages(unittest.TestCase):
    def test_every_exported_function_has_one(self):
        """Those that programs call: what inline functions leave over is not."""
        headers = "".join(path.read_text(encoding="utf-8") for path in
                          [SOURCE / "lib" / match for match in self.public_headers()])
        called = set(re.findall(r"LAB_PUBLIC[^;]*?\b(lab_\w+)\(", headers))
        called = {name for name in called if not re.search("_(slow|slow_from|check)$", name)}
        self.assertGreater(len(called), 40)
        self.assertEqual(called - {path.stem for path in PAGES.glob("man3/*.3")}, set())

    def public_headers(self):
        text = (SOURCE / "lib/labyrinth.h").read_text(encoding="utf-8")
        for name in re.findall(r"#include <(lab_\w+\.h)>", text):
            yield next((SOURCE / "lib").glob(f"*/{name}")).relative_to(SOURCE / "lib")

    def test_every_function_has_every_section(self):
        for path in PAGES.glob("man3/*.3"):
            text = page(path)
            with self.subTest(path.stem):
                self.assertEqual([line[4:] for line in text.splitlines()
                                  if line.startswith(".SH ")][:len(SECTIONS)], list(SECTIONS))
                self.assertIn(path.stem, text)
                for section in SECTIONS:
                    self.assertRegex(text, rf"\.SH {section}\n[^.\n]|\.SH {section}\n\.(nf|TP)\n.")

    def test_every_tool_has_one(self):
        self.assertEqual({path.stem for path in PAGES.glob("man1/*.1")},
                         {f"labyrinth-{name}" for name in
                          ("bench", "doctor", "plot", "replay", "stat")})
        for path in PAGES.glob("man1/*.1"):
            text = path.read_text(encoding="utf-8")
            for word in ".SH NAME", ".SH SYNOPSIS", "Exit status", "version":
                self.assertIn(word, text, path.name)

    def test_man_reads_them(self):
        if shutil.which("mandoc") is None:
            self.skipTest("no mandoc here: config/setup docs installs it")
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "error",
                               *(path.relative_to(PAGES) for path in PAGES.glob("man?/*"))],
                              cwd=PAGES, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))


class Html(unittest.TestCase):
    def test_all_of_it(self):
        for tool in "mandoc", "cmark-gfm":
            if shutil.which(tool) is None:
                self.skipTest(f"no {tool} here: config/setup docs installs it")
        with tempfile.TemporaryDirectory() as folder:
            done = manual("html", folder, PAGES)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            written = {str(path.relative_to(folder)) for path in pathlib.Path(folder).glob("**/*.html")}
            for name in ("index.html", "doc/guide/start.html", "doc/audit.html", "doc/adr/index.html",
                         "man/index.html", "man/lab_pool_get.3.html", "man/labyrinth-replay.1.html"):
                self.assertIn(name, written)
            index = pathlib.Path(folder, "index.html").read_text(encoding="utf-8")
            self.assertIn('<a href="doc/guide/start.html">', index)
            guide = pathlib.Path(folder, "doc/guide/dpdk.html").read_text(encoding="utf-8")
            self.assertIn('id="labyrinth_options"', guide)
            self.assertIn('href="doc/guide/dpdk.html#labyrinth_options"', index)
            self.assertNotIn('.md"', index)

    def test_nothing_built(self):
        done = manual("html", "/nowhere", "/nowhere/else")
        self.assertEqual(done.returncode, 1)
        self.assertIn("there are no man pages: make build", done.stderr)

    def test_wrong_words(self):
        self.assertEqual(manual().returncode, 2)
        self.assertEqual(manual("--help").returncode, 0)


if __name__ == "__main__":
    main()
