# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""config/release makes a version of a small project that is made up, or leaves it as it was."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import abi_test
from skips import main

SOURCE = pathlib.Path(os.environ["LABYRINTH_SOURCE"])


@unittest.skipUnless(os.environ["LABYRINTH_MESON"], "no meson command here")
@unittest.skipUnless(shutil.which("abidw"), "abidw is missing: apt install abigail-tools")
@unittest.skipUnless(shutil.which("git"), "there is no git here")
class ReleaseTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.mkdtemp(prefix="labyrinth-release-")
        self.addCleanup(shutil.rmtree, folder)
        self.root = pathlib.Path(folder, "tree")
        for name, text in {
            "meson.build": abi_test.PROJECT,
            "meson_options.txt": abi_test.OPTIONS,
            "lib/meson.build": abi_test.LIBRARY,
            "lib/lab.c": abi_test.CODE,
            "CHANGELOG.md": "# Changes\n\n## 1.0.0, not released yet\n\n- All of it.\n",
            ".gitignore": "/build*/\n",
        }.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (self.root / "config").mkdir()
        for name in "abi", "release":
            shutil.copy(SOURCE / "config" / name, self.root / "config")
        self.git("init", "-q")
        self.git("config", "user.name", "t")
        self.git("config", "user.email", "t@localhost")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "first")
        self.first = self.git("rev-parse", "HEAD")

    def git(self, *words):
        return subprocess.run(["git", "-C", str(self.root), *words], check=True, timeout=30,
                              capture_output=True, text=True).stdout.strip()

    def release(self, version, check="true"):
        return subprocess.run([self.root / "config/release", version], capture_output=True, text=True,
                              timeout=120, check=False, env={**os.environ, "CHECK": check})

    def test_version(self):
        done = self.release("1.0.0")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.git("describe"), "v1.0.0")
        self.assertEqual(self.git("log", "-1", "--format=%s"), "release: 1.0.0")
        self.assertEqual(self.git("status", "--porcelain"), "")
        self.assertIn("version: '1.0.0'", (self.root / "meson.build").read_text())
        self.assertRegex((self.root / "CHANGELOG.md").read_text(), r"(?m)^## 1\.0\.0, [0-9-]{10}$")
        self.assertTrue((self.root / "lib/abi-1.0.0.xml").exists())
        self.assertTrue((self.root / "build/dist/labyrinth-1.0.0.tar.xz").exists())
        self.assertIn("already", self.release("1.0.0").stderr)

    def refused(self, done, why):
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(why, done.stdout + done.stderr)
        self.assertEqual(self.git("rev-parse", "HEAD"), self.first)
        self.assertEqual(self.git("tag"), "")

    def test_refused(self):
        self.refused(self.release("1.0"), "usage")
        self.refused(self.release("1.0.1"), "CHANGELOG.md has no line")
        self.refused(self.release("1.0.0", check="false"), "a check has failed")
        self.assertEqual(self.git("status", "--porcelain"), "")
        (self.root / "new").touch()
        self.refused(self.release("1.0.0"), "not committed")

    def test_taken_back(self):
        (self.root / "lib/meson.build").write_text(abi_test.LIBRARY + "files('of-no-archive')\n")
        (self.root / ".gitignore").write_text("/build*/\nof-no-archive\n")
        (self.root / "lib/of-no-archive").touch()
        self.git("commit", "-qam", "second")
        self.first = self.git("rev-parse", "HEAD")
        self.refused(self.release("1.0.0"), "the archive cannot be built")
        self.assertEqual(self.git("status", "--porcelain"), "")


if __name__ == "__main__":
    main()
