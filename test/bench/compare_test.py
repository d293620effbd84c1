# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""config/testpmd-compare runs testpmd on several drivers and reports what it says; config/replay-compare
and config/measure end as it does."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import bench

COMPARE = (os.environ["LABYRINTH_COMPARE"], f"--plugin={os.environ['LABYRINTH_PLUGIN']}",
           "--rounds=1", "--periods=1")
ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


CONFIG = pathlib.Path(COMPARE[0]).parent


def compare(*arguments):
    with subprocess.Popen([*COMPARE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        out, err = process.communicate(timeout=bench.TIMEOUT_S)
    return process, out, err


def made_by(pid):
    """Returns what a comparison makes, by its name, and nobody else's."""
    name = f"labyrinth-compare-{pid}"
    places = "/run", os.path.expanduser("~"), "/var/run/dpdk", "/tmp/dpdk"
    found = [path for place in places for path in pathlib.Path(place).glob(f"{name}-*")]
    return found + [path for place in places if (path := pathlib.Path(place, name)).exists()]


def programs_of(pid):
    """The testpmd that a comparison has started."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--file-prefix=labyrinth-compare-%d" % pid in words and words[0] != b"stdbuf":
            yield int(folder.name)


def heed_signals():
    """Also where the tests are run by nohup(1), or in the background of a script."""
    for number in ENDS:
        signal.signal(number, signal.SIG_DFL)


class Compare(unittest.TestCase):
    def setUp(self):
        if shutil.which("dpdk-testpmd") is None:
            self.skipTest("no dpdk-testpmd here: apt install dpdk-dev")
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("needs two CPUs")

    def test_figures(self):
        process, out, err = compare("--pools=labyrinth,stack", "--mbcache=0", "--threads=1,4",
                                    "--json=-")
        self.assertEqual(process.returncode, 0, err)
        results = json.loads(out)["results"]
        self.assertEqual([(r["lcores"], r["cache"], r["pool"]) for r in results],
                         [(1, 0, "labyrinth"), (1, 0, "stack"),
                          (4, 0, "labyrinth"), (4, 0, "stack")])
        for result in results:
            if result["pool"] == "labyrinth":
                self.assertGreater(result["mpps"]["median"], 0)
        self.assertIn("labyrinth is", err)
        self.assertIn("4 forwarding threads on 2 CPUs", err)
        self.assertEqual(made_by(process.pid), [])

    def test_unknown_driver(self):
        process, out, err = compare("--pools=nonsense,labyrinth", "--mbcache=0", "--threads=1")
        self.assertEqual(process.returncode, 1, out)
        self.assertIn("nonsense is left out", err)
        self.assertIn("labyrinth ", out)

    def test_wrong_usage(self):
        for arguments in ("--rounds=0",), ("--mbcache=x",), ("--pools=stack,stack",):
            with self.subTest(arguments):
                self.assertEqual(compare(*arguments)[0].returncode, 2)


class Ended(unittest.TestCase):
    """By a signal, while testpmd runs: it ends, too, and nothing is left."""

    def setUp(self):
        if shutil.which("dpdk-testpmd") is None or len(os.sched_getaffinity(0)) < 2:
            self.skipTest("needs dpdk-testpmd and two CPUs")
        if pathlib.Path(bench.PROGRAM).parts[-4] != "release":
            self.skipTest("what is measured is build/release")

    def ends(self, number, *words, comparison=lambda process: process.pid):
        with subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True,
                              preexec_fn=heed_signals) as process:
            end = time.monotonic() + bench.TIMEOUT_S
            while not (pid := comparison(process)) or not list(programs_of(pid)):
                self.assertIsNone(process.poll())
                self.assertLess(time.monotonic(), end, "testpmd does not start")
                time.sleep(0.05)
            process.send_signal(number)
            process.communicate(timeout=bench.TIMEOUT_S)
        self.assertEqual(process.returncode, 128 + number)
        while time.monotonic() < end and list(programs_of(pid)):  # one that was killed needs a moment
            time.sleep(0.05)
        self.assertEqual((made_by(pid), list(programs_of(pid))), ([], []))

    def test_testpmd_compare(self):
        for number in ENDS:
            with self.subTest(number):
                self.ends(number, *COMPARE, "--pools=labyrinth", "--mbcache=0", "--threads=1")

    def test_replay_compare(self):
        self.ends(signal.SIGTERM, CONFIG / "replay-compare", CONFIG.parent / "doc/demo/demo.pcap")

    def test_measure(self):
        """The demo leaves the signal to the comparison that it has started."""
        def child(process):
            of = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            return int(of.split()[0]) if of else 0

        with tempfile.TemporaryDirectory() as folder:
            self.ends(signal.SIGTERM, CONFIG / "measure", folder, "testpmd-bare", comparison=child)


if __name__ == "__main__":
    bench.main()
