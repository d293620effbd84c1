# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""config/testpmd-compare runs testpmd on several drivers and reports what it says."""

import json
import os
import shutil
import subprocess
import unittest

import bench

COMPARE = (os.environ["LABYRINTH_COMPARE"], f"--plugin={os.environ['LABYRINTH_PLUGIN']}",
           "--rounds=1", "--periods=1")


def compare(*arguments):
    done = subprocess.run([*COMPARE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False, timeout=bench.TIMEOUT_S)
    return done.returncode, done.stdout, done.stderr


class Compare(unittest.TestCase):
    def setUp(self):
        if shutil.which("dpdk-testpmd") is None:
            self.skipTest("no dpdk-testpmd here: apt install dpdk-dev")
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("needs two CPUs")

    def test_figures(self):
        status, out, err = compare("--pools=labyrinth,stack", "--mbcache=0", "--threads=1,4",
                                   "--json=-")
        self.assertEqual(status, 0, err)
        results = json.loads(out)["results"]
        self.assertEqual([(r["lcores"], r["cache"], r["pool"]) for r in results],
                         [(1, 0, "labyrinth"), (1, 0, "stack"),
                          (4, 0, "labyrinth"), (4, 0, "stack")])
        for result in results:
            if result["pool"] == "labyrinth":
                self.assertGreater(result["mpps"]["median"], 0.1)
        self.assertIn("labyrinth is", err)
        self.assertIn("4 forwarding threads on 2 CPUs", err)
        self.assertEqual([name for name in os.listdir("/run") if name.startswith("labyrinth-") and
                          os.path.isdir(f"/run/{name}") and os.listdir(f"/run/{name}")], [])

    def test_unknown_driver(self):
        status, out, err = compare("--pools=nonsense,labyrinth", "--mbcache=0", "--threads=1")
        self.assertEqual(status, 1, out)
        self.assertIn("nonsense is left out", err)
        self.assertIn("labyrinth ", out)

    def test_wrong_usage(self):
        for arguments in ("--rounds=0",), ("--mbcache=x",), ("--pools=stack,stack",):
            with self.subTest(arguments):
                self.assertEqual(compare(*arguments)[0], 2)


if __name__ == "__main__":
    bench.main()
