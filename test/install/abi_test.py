# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""config/abi finds what would break programs, in a small project that is made up."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from skips import main

ABI = os.path.join(os.environ["LABYRINTH_SOURCE"], "config", "abi")

PROJECT = "project('labyrinth', 'c',\n    version: '0.9.0',\n    license: 'BSD')\nsubdir('lib')\n"
OPTIONS = "option('tests', type: 'boolean')\noption('dpdk', type: 'feature')\n"
LIBRARY = "shared_library('labyrinth', 'lab.c', soversion: '0')\n"
CODE = """struct lab_options { int count; int node; };
int lab_make(const struct lab_options *options) { return options->count; }
int lab_count(void) { return 1; }
"""


@unittest.skipUnless(os.environ["LABYRINTH_MESON"], "no meson command here")
@unittest.skipUnless(shutil.which("abidiff"), "abidiff is missing: apt install abigail-tools")
class AbiTest(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="labyrinth-abi-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.write("meson.build", PROJECT)
        self.write("meson_options.txt", OPTIONS)
        self.write("lib/meson.build", LIBRARY)
        self.write("lib/lab.c", CODE)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    def check(self, status, text):
        done = subprocess.run([ABI, str(self.root)], capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertIn(text, done.stdout)

    def changed(self, old, new, path="lib/lab.c", text=CODE):
        self.assertIn(old, text)
        self.write(path, text.replace(old, new))

    def describe(self):
        subprocess.run([ABI, "update", str(self.root)], capture_output=True, check=True, timeout=60)

    def test_no_version(self):
        self.check(77, "no version has been released yet")

    def test_one_description_is_kept(self):
        self.describe()
        self.write("meson.build", PROJECT.replace("0.9.0", "0.10.0"))
        self.describe()
        self.assertEqual([file.name for file in self.root.glob("lib/*.xml")], ["abi-0.10.0.xml"])

    def test_harmless(self):
        self.describe()
        self.changed("int lab_count", "int lab_new(void) { return 2; }\nint lab_count")
        self.check(0, "programs built against 0.9.0 work with this")

    def test_function_that_is_gone(self):
        self.describe()
        self.changed("lab_count", "lab_number")
        self.check(1, "not as in 0.9.0")

    def test_structure_that_grew(self):
        self.describe()
        self.changed("int node;", "int node; long more;")
        self.check(1, "not as in 0.9.0")

    def test_another_soname(self):
        self.describe()
        self.changed("lab_count", "lab_number")
        self.changed("'0'", "'1'", "lib/meson.build", LIBRARY)
        self.check(0, "anything may change")

    def test_does_not_build(self):
        self.describe()
        self.changed("return 1;", "return")
        self.check(1, "cannot be built")


if __name__ == "__main__":
    main()
