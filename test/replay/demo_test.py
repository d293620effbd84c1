# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The capture that ships with the project is what its generator writes, and is worth showing."""

import os
import pathlib
import shutil
import subprocess

import replay
from replay import DEMO

SOURCE = pathlib.Path(__file__).resolve().parents[2]
# In the place of the build and of what it makes: ninja's lines, and the words that are given.
MESON = """#!/bin/sh
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "[$n/12] Compiling"; done
[ ! -e broken ] || { echo "error: of a compiler"; exit 1; }
"""
REPLAY = """#!/bin/sh
echo "replayed: $*"
"""


class Demo(replay.ReplayTest):
    def test_is_reproducible(self):
        path = os.path.join(self.folder, "again.pcap")
        subprocess.run([os.environ["LABYRINTH_MAKE_CAPTURE"], path], check=True)
        with open(path, "rb") as again, open(DEMO, "rb") as demo:
            self.assertTrue(again.read() == demo.read(), "doc/demo/demo.pcap is another capture")

    def test_replays(self):
        report = self.assert_succeeds(DEMO)
        self.assert_adds_up(report)
        self.assertGreaterEqual(report["frames_replayed"], 2000)
        self.assertGreater(report["rx_chains"], 0)
        self.assertEqual(report["timestamps_backward"], 0)


class MakeDemo(replay.ReplayTest):
    """config/demo in a tree of its own, whose build and whose tool are played."""

    def setUp(self):
        super().setUp()
        self.tree = pathlib.Path(self.folder, "tree")
        for name, text in (("bin/meson", MESON),
                           ("build/release/app/replay/labyrinth-replay", REPLAY)):
            path = self.tree / name
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="ascii")
            path.chmod(0o755)
        (self.tree / "build/release/build.ninja").touch()
        for name in "config/demo", "doc/demo/demo.pcap":
            (self.tree / name).parent.mkdir(parents=True)
            shutil.copy(SOURCE / name, self.tree / name)

    def demo(self, *words):
        return subprocess.run([self.tree / "config/demo", *words], text=True, capture_output=True, check=False,
                              timeout=600, env={**os.environ, "PATH": f"{self.tree}/bin:{os.environ['PATH']}"})

    def test_shows_how_far_the_build_is(self):
        said = self.demo().stdout
        for tenth in range(1, 11):
            self.assertIn(f"demo: built {tenth}0 %\n", said)
        self.assertNotIn("Compiling", said)

    def test_a_build_that_fails_is_shown(self):
        (self.tree / "broken").touch()
        done = self.demo()
        self.assertEqual(done.returncode, 1)
        self.assertIn("error: of a compiler", done.stderr)
        self.assertNotIn("replayed", done.stdout)

    def test_a_small_capture_takes_a_second(self):
        self.assertIn("replayed: --loop=0 --duration=1 doc/demo/demo.pcap", self.demo().stdout)
        path = os.path.join(self.folder, "large.pcap")
        with open(path, "wb") as file:
            file.truncate(64 << 20)
        self.assertIn(f"replayed: {path}", self.demo(path).stdout)


if __name__ == "__main__":
    replay.main()
