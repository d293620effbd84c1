# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The capture that ships with the project is what its generator writes, and is worth showing."""

import os
import subprocess

import replay
from replay import DEMO


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


if __name__ == "__main__":
    replay.main()
