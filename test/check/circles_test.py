# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""config/circles.py: on two files that call each other, on two that do not, and on the library, the
driver and the tools."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from skips import main

CIRCLES = pathlib.Path(os.environ["LABYRINTH_SOURCE"]) / "config/circles.py"
LIBRARY = os.environ["LABYRINTH_FLOORS"].split()
OTHERS = os.environ["LABYRINTH_ARCHIVES"].split()

ONE = "int two(void);\nint one(void) { return two(); }\n"


class Circles(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def archive(self, **files):
        for name, text in files.items():
            (self.folder / f"{name}.c").write_text(text, encoding="utf-8")
            subprocess.run(["gcc", "-c", f"{name}.c"], cwd=self.folder, check=True, timeout=60)
        objects = [f"{name}.o" for name in files]
        subprocess.run(["ar", "cr", "all.a", *objects], cwd=self.folder, check=True, timeout=60)
        return self.folder / "all.a"

    def look(self, *archives):
        done = subprocess.run([sys.executable, "-B", CIRCLES, *archives], capture_output=True,
                              text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_circle(self):
        two = "int one(void);\nint two(void) { return one(); }\n"
        status, output = self.look(self.archive(one=ONE, two=two))
        self.assertEqual(status, 1, output)
        self.assertIn("one calls two() of two", output)
        self.assertIn("two calls one() of one", output)

    def test_no_circle(self):
        two = "int two(void) { return 2; }\n"
        self.assertEqual(self.look(self.archive(one=ONE, two=two)), (0, ""))

    def test_nothing_to_look_at(self):
        self.assertEqual(self.look(self.archive(one="typedef int one;\n"))[0], 1)

    def test_library(self):
        self.assertEqual(self.look(*LIBRARY), (0, ""))

    def test_drivers_and_tools(self):
        for archive in OTHERS:
            with self.subTest(archive):
                self.assertEqual(self.look(archive), (0, ""))


if __name__ == "__main__":
    main()
