# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""A signal ends a run early, with its report, and leaves nothing behind; so does a terminal's
progress line, which is how the tests know that a run is under way."""

import json
import os
import signal
import subprocess
import unittest

import replay
from replay import DEMO, heed_signals


def wait_until_blocked(pid):
    """Until it sleeps in the system call that waits for somebody to write."""
    def is_blocked():
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            state = stat.read().rsplit(")", 1)[1].split()[0]
        with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
            return state == "S" and comm.read().startswith("labyrinth")

    replay.wait_until(is_blocked, f"process {pid} does not wait")


class Interrupt(replay.ReplayTest):
    def run_until_progress(self, *arguments, **how):
        self.path = os.path.join(self.folder, "report.json")
        return super().run_until_progress(f"--json={self.path}", *arguments, DEMO, **how)

    def end(self, process, number, times=1):
        for _ in range(times):
            process.send_signal(number)
        out, _ = process.communicate(timeout=replay.TIMEOUT_S)
        with open(self.path, encoding="utf-8") as file:
            report = json.load(file)
        self.assertIn("interrupted", out)
        self.assertTrue(report["interrupted"])
        self.assert_whole(report)
        for folder in ("/var/run/dpdk", "/tmp/dpdk", "/dev/hugepages"):
            self.assertFalse(os.path.exists(f"{folder}/labyrinth-replay-{process.pid}"))
        return report, process.returncode

    def test_after_every_frame_has_been_replayed(self):
        process = self.run_until_progress("--loop=0")
        report, status = self.end(process, signal.SIGINT)
        self.assertEqual((report["frames_refused"], status), ({}, 0))

    def test_before_every_frame_has_been_replayed(self):
        process = self.run_until_progress("--pps=100", "--free-on=other")
        report, status = self.end(process, signal.SIGTERM)
        self.assert_adds_up(report)
        self.assertGreater(report["frames_refused"]["interrupted"], 0)
        self.assertEqual(status, 1)

    def test_stream(self):
        process = self.run_until_progress("--stream", "--loop=0")
        report, status = self.end(process, signal.SIGINT)
        self.assertEqual((report["frames_refused"], status), ({}, 0))

    def test_stream_before_every_frame_has_been_replayed(self):
        process = self.run_until_progress("--stream", "--pps=100", "--window=1")
        report, status = self.end(process, signal.SIGTERM)
        self.assert_adds_up(report)
        self.assertGreater(report["frames_refused"]["interrupted"], 0)
        self.assertEqual(status, 1)

    def test_one_at_a_time(self):
        reading, writing = os.pipe()
        self.addCleanup(os.close, writing)
        os.write(writing, b"12345")
        process = self.run_until_progress("--oneatatime", stdin=reading)
        os.close(reading)
        report, status = self.end(process, signal.SIGINT)
        self.assertEqual((report["frames_replayed"], status), (5, 1))

    def test_twice(self):
        """As timeout(1) sends it: to the program and to its group."""
        process = self.run_until_progress("--loop=0", "--rxq=2")
        _, status = self.end(process, signal.SIGTERM, times=2)
        self.assertEqual(status, 0)

    def test_terminal_that_is_gone(self):
        process = self.run_until_progress("--loop=0")
        _, status = self.end(process, signal.SIGHUP)
        self.assertEqual(status, 0)

    def test_while_it_waits_for_a_capture(self):
        for name in "-", "pipe":
            with self.subTest(name):
                path = os.path.join(self.folder, name)
                if name != "-":
                    os.mkfifo(path)
                process = subprocess.Popen([replay.PROGRAM, name], stdin=subprocess.PIPE,
                                           cwd=self.folder, preexec_fn=heed_signals)
                self.addCleanup(process.stdin.close)
                self.addCleanup(process.kill)
                wait_until_blocked(process.pid)
                process.send_signal(signal.SIGINT)
                self.assertNotEqual(process.wait(timeout=replay.TIMEOUT_S), 0)

    def test_no_further_pool(self):
        process = self.run_until_progress("--loop=0", "--pool=labyrinth,ring_mp_mc")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=replay.TIMEOUT_S)
        self.assertNotIn("Pool ring_mp_mc", out)
        self.assertEqual(process.returncode, 1)


if __name__ == "__main__":
    replay.main()
