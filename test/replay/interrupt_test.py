# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""A signal ends a run early, with its report, and leaves nothing behind. The lines of --stats tell the
tests that a run is under way."""

import array
import fcntl
import json
import os
import signal
import subprocess
import termios
import time
import unittest

import replay
from replay import DEMO, frame, heed_signals, pcap


def wait_until_blocked(pid):
    """Until it sleeps in the system call that waits for somebody to write."""
    def is_blocked():
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            state = stat.read().rsplit(")", 1)[1].split()[0]
        with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
            return state == "S" and comm.read().startswith("labyrinth")

    replay.wait_until(is_blocked, f"process {pid} does not wait")


def wait_until_drained(pipe):
    """Until all that was written has been read, and whoever reads waits for more."""
    left = array.array("i", [1])
    while left[0] > 0:
        time.sleep(0.01)
        fcntl.ioctl(pipe, termios.FIONREAD, left)


class Interrupt(replay.ReplayTest):
    def run_until_progress(self, *arguments, **how):
        """Until a frame has passed; of a loop for ever, until all of DEMO have."""
        self.path = os.path.join(self.folder, "report.json")
        packets = r"([3-9]\d{3}|\d{5,})" if "--loop=0" in arguments else r"[1-9]\d*"
        return super().run_until_progress(f"--json={self.path}", "--stats=0.05", *arguments, DEMO,
                                          progress=f" {packets} packets, ", **how)

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

    def test_whoever_says_that_time_is_up(self):
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGXCPU, signal.SIGPIPE,
                       signal.SIGQUIT):
            with self.subTest(number):
                process = self.run_until_progress("--loop=0")
                report, status = self.end(process, number)
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
        report, status = self.end(process, signal.SIGTERM, times=2)
        self.assertEqual(status, 1 if report["frames_refused"] else 0)  # by one queue, perhaps

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

    def assert_never_started(self, process, path, frames_read):
        """It ends with its report, which has no frame, and with the status of a run that has not
        done what it was asked to."""
        out, err = process.communicate(timeout=replay.TIMEOUT_S)
        self.assertEqual(process.returncode, 1, err)
        self.assertRegex(out, "Actual: 0 packets .*, interrupted")
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        if isinstance(report, list):  # of several pools
            self.assertEqual(len(report), 1)
            report = report[0]
        self.assertTrue(report["interrupted"])
        self.assertEqual((report["frames_read"], report["frames_replayed"]), (frames_read, 0))
        self.assertEqual(report["frames_refused"],
                         {"interrupted": frames_read} if frames_read > 0 else {})
        self.assertNotIn("partial", err)

    def test_while_it_loads(self):
        """In the middle of a capture that comes through a pipe."""
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT:
            for n in 0, 10:
                with self.subTest(number=number, frames=n):
                    reading, writing = os.pipe()
                    path = os.path.join(self.folder, "loads.json")
                    with os.fdopen(writing, "wb", buffering=0) as pipe:
                        process = subprocess.Popen(
                            [replay.PROGRAM, f"--json={path}", "-"], stdin=reading, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            preexec_fn=heed_signals)
                        self.addCleanup(process.kill)
                        os.close(reading)
                        pipe.write(pcap([frame(i, 60) for i in range(n)]))
                        wait_until_drained(pipe)
                        process.send_signal(number)
                        self.assert_never_started(process, path, n)

    def test_while_the_eal_starts(self):
        for more in (), ("--repeat=3", "--pool=labyrinth,ring_mp_mc"), ("--find-size",):
            with self.subTest(more):
                path = os.path.join(self.folder, "starts.json")
                process = subprocess.Popen(
                    [replay.PROGRAM, "--no-pci", "--no-telemetry", "--log-level=error", "--no-huge",
                     "--no-shconf", "-m", "64", f"--file-prefix=labyrinth-raise-{os.getpid()}",
                     "-d", os.environ["LABYRINTH_DRIVER"], "-d", os.environ["LABYRINTH_RAISE"],
                     "--", f"--json={path}", *more, DEMO],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                    env={**os.environ, "RUNTIME_DIRECTORY": self.folder})
                self.addCleanup(process.kill)
                self.assert_never_started(process, path, 3000)

    def test_between_rounds(self):
        process = self.run_until_progress("--repeat=30", "--pps=2000")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=replay.TIMEOUT_S)
        with open(self.path, encoding="utf-8") as file:
            report = json.load(file)
        self.assertIn("interrupted", out)
        self.assertTrue(report["interrupted"])
        self.assertLess(report["rounds"], 30)
        self.assertEqual(process.returncode, 1)

    def test_while_it_looks_for_a_size(self):
        """The report is about the run that the signal ended, and no size is recommended."""
        path = os.path.join(self.folder, "size.json")
        process = subprocess.Popen(
            [replay.PROGRAM, "--find-size", "--loop=0", "--duration=10000", "--stats=0.01",
             f"--json={path}", DEMO],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_signals)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        while " packets, " not in process.stderr.readline():
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=replay.TIMEOUT_S)
        self.assertEqual(process.returncode, 1)
        self.assertIn("interrupted: the smallest pool has not been found", err.splitlines()[-1])
        self.assertNotIn("smallest pool", out)
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        self.assertTrue(report["interrupted"])
        self.assertGreater(report["frames_replayed"], 0)
        self.assertIn(f"with {report['total_num_mbufs']} buffers", err.splitlines()[-1])

    def test_what_ends_it_at_once(self):
        """No report, but nothing is left: what the EAL made is gone while it runs."""
        for number in signal.SIGABRT, signal.SIGKILL:
            process = self.run_until_progress("--loop=0")
            process.send_signal(number)
            process.communicate(timeout=replay.TIMEOUT_S)
            self.assertEqual(process.returncode, -number)
            for folder in ("/var/run/dpdk", "/tmp/dpdk", "/dev/hugepages"):
                self.assertFalse(os.path.exists(f"{folder}/labyrinth-replay-{process.pid}"))

    def test_no_further_pool(self):
        process = self.run_until_progress("--loop=0", "--pool=labyrinth,ring_mp_mc")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=replay.TIMEOUT_S)
        self.assertNotIn("Pool ring_mp_mc", out)
        self.assertEqual(process.returncode, 1)


if __name__ == "__main__":
    replay.main()
