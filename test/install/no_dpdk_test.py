# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Where there is no DPDK, labyrinth-stat and labyrinth-doctor are built and installed all the same."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from skips import main

SOURCE = os.environ["LABYRINTH_SOURCE"]
MESON = os.environ["LABYRINTH_MESON"]


def run(*words, **how):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=600, check=False, **how)


class NoDpdk(unittest.TestCase):
    def test_tools(self):
        if not MESON:
            self.skipTest("no meson command here")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="labyrinth-no-dpdk-"))
        self.addCleanup(shutil.rmtree, folder)
        # A machine on which pkg-config knows all libraries that are here, but DPDK.
        (folder / "pkgconfig").mkdir()
        for place in run("pkg-config", "--variable=pc_path", "pkg-config").stdout.strip().split(":"):
            for file in pathlib.Path(place).glob("*.pc"):
                if not file.name.startswith("libdpdk"):
                    shutil.copy(file, folder / "pkgconfig")
        environment = {**os.environ, "PKG_CONFIG_LIBDIR": str(folder / "pkgconfig")}
        environment.pop("PKG_CONFIG_PATH", None)
        build = folder / "build"
        for words in (["setup", build, SOURCE, "-Dtests=false", "-Doptimization=0", "--prefix=/usr"],
                      ["install", "-C", build, "--destdir", folder / "to"]):
            done = run(MESON, *words, env=environment)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        tools = folder / "to" / "usr" / "bin"
        self.assertEqual(sorted(os.listdir(tools)),
                         ["labyrinth-doctor", "labyrinth-plot", "labyrinth-stat"])
        for tool in "labyrinth-doctor", "labyrinth-stat":
            done = run(tools / tool, "--version")
            self.assertEqual((done.returncode, done.stdout.split()[0]), (0, tool))
        done = run(tools / "labyrinth-stat", "--file-prefix=labyrinth-no-dpdk", "list")
        self.assertEqual(done.returncode, 1)
        self.assertIn("labyrinth-no-dpdk", done.stderr)
        self.assertIn(run(tools / "labyrinth-doctor").returncode, (0, 1, 2))


if __name__ == "__main__":
    main()
