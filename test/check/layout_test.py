# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""config/layout notices when a field of what is shared moves, in a copy of the library."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from skips import main

SOURCE = pathlib.Path(os.environ["LABYRINTH_SOURCE"])
INLINE = "lib/pool/lab_pool_inline.h"


@unittest.skipUnless(shutil.which("readelf") and shutil.which("cc"), "no readelf, or no cc")
class Layout(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        shutil.copytree(SOURCE / "lib", self.root / "lib")
        (self.root / "config").mkdir()
        shutil.copy(SOURCE / "config/layout", self.root / "config")

    def layout(self, status, said, *words):
        done = subprocess.run([self.root / "config/layout", *words], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertIn(said, done.stdout)

    def change(self, name, old, new):
        text = (self.root / name).read_text(encoding="utf-8")
        self.assertIn(old, text)
        (self.root / name).write_text(text.replace(old, new), encoding="utf-8")

    def raise_number(self):
        self.change(INLINE, "#define LAB_SHARED_LAYOUT ", "#define LAB_SHARED_LAYOUT 9")

    def test_as_it_is(self):
        self.layout(0, "")

    def test_a_field_that_moved(self):
        self.change(INLINE, "    uint32_t runs;", "    uint32_t runs;\n    uint64_t more;")
        self.layout(1, "raise LAB_SHARED_LAYOUT")
        self.layout(1, "raise LAB_SHARED_LAYOUT", "update")
        self.raise_number()
        self.layout(1, "config/layout update")
        self.layout(0, "", "update")
        self.layout(0, "")

    def test_a_field_of_what_is_inside(self):
        self.change("lib/audit/lab_audit_table.h", "    bool stated;", "    bool stated, more;")
        self.change("lib/audit/lab_audit_table.h", "    uint32_t quarantine;", "    uint64_t quarantine;")
        self.layout(1, "raise LAB_SHARED_LAYOUT")

    def test_another_name(self):
        self.change(INLINE, "    uint32_t runs;", "    uint32_t how_many_runs;")
        self.layout(1, "config/layout update")
        self.layout(0, "", "update")
        self.layout(0, "")


if __name__ == "__main__":
    main()
