# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""When a run ends, whoever reads what it says, and times that are not as usual."""

import json
import os
import resource
import struct
import subprocess
import unittest

import replay
import sanitizer
from replay import DEMO, frame, pcap, pcap_header, pcap_record, pcapng, pcapng_block


def fill(pipe):
    """Until it takes no more."""
    os.set_blocking(pipe, False)
    try:
        while True:
            os.write(pipe, bytes(4096))
    except BlockingIOError:
        os.set_blocking(pipe, True)


class End(replay.ReplayTest):
    def test_duration_where_nobody_reads_what_is_said(self):
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        self.addCleanup(os.close, writing)
        fill(writing)
        for more in ("--stats=0.001",), ("--stats=0.01", "--stream"), ("--json=-",):
            with self.subTest(more):
                done = subprocess.run([replay.PROGRAM, "--duration=0.3", "--loop=0", *more, DEMO],
                                      stdout=subprocess.PIPE, stderr=writing, text=True,
                                      timeout=replay.TIMEOUT_S, check=False)
                self.assertEqual(done.returncode, 0)
                self.assertIn('"rx_packets"' if "--json=-" in more else "time over", done.stdout)

    def test_duration_without_a_thread_to_spare(self):
        """One thread more after the other: from some number on the EAL starts, but nothing beside
        it does."""
        if os.geteuid() != 0:
            self.skipTest("needs root, to be a user of its own with a limit")
        user = 60000 + os.getpid() % 5000
        os.chown(self.folder, user, user)

        def limit(threads):
            resource.setrlimit(resource.RLIMIT_NPROC, (threads, threads))
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)

        def run(threads):
            with open(DEMO, "rb") as capture:
                return subprocess.run(
                    [replay.PROGRAM, "--no-pci", "--no-telemetry", "--log-level=error", "--no-huge",
                     "--no-shconf", "-m", "64", f"--file-prefix=labyrinth-time-{os.getpid()}",
                     "--", "--duration=0.2", "--loop=0", "--stats=0.05", "--json=-", "-"],
                    stdin=capture, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, timeout=replay.TIMEOUT_S, check=False, text=True,
                    env={**sanitizer.environment(sanitizer.WITHOUT_LEAKS),
                         "XDG_RUNTIME_DIR": self.folder},
                    preexec_fn=lambda: limit(threads))

        try:
            ends = [run(threads) for threads in range(1, 7)]
        except PermissionError:
            self.skipTest(f"user {user} may not run the program where it lies")
        works = [end for end in ends if end.returncode == 0]
        self.assertTrue(works, [end.stderr for end in ends])
        self.assertIn("no thread to watch the run with", works[0].stderr)
        self.assertGreaterEqual(json.loads(works[0].stdout)["duration_s"], 0.2)


class Times(replay.ReplayTest):
    def test_reached_where_all_are_due_at_once(self):
        path = self.file("once.pcap", pcap([frame(i, 60) for i in range(9)], gap_us=0))
        for pace, capture in (("-x1", path), ("--pps=1", path), ("-x1", DEMO)):
            more = () if pace == "-x1" and capture == path else ("--limit=1",)
            with self.subTest(pace, capture=capture):
                result = replay.replay(pace, *more, capture)
                self.assertIn("reached: unknown (all frames were due at once)", result.out)
                self.assertIsNone(result.report["rate_reached"])

    def test_times_that_32_bits_with_a_sign_do_not_hold(self):
        """The clock goes from 2^31 - 1 seconds to 2^31 between two frames."""
        records = [pcap_record(frame(0, 60), 0x7FFFFFFF, 950000),
                   pcap_record(frame(1, 60), 0x80000000, 0),
                   pcap_record(frame(2, 60), 0xFFFFFFFF, 0)]
        path = self.file("2038.pcap", pcap_header() + b"".join(records[:2]))
        for more in (), ("--stream",):
            report = self.assert_succeeds("-x1", "--duration=60", *more, path)
            self.assertEqual((report["frames_replayed"], report["timestamps_backward"]), (2, 0))
            self.assertGreaterEqual(report["duration_s"], 0.05)
        path = self.file("2106.pcap", pcap_header() + b"".join(records))
        report = self.assert_succeeds("-x1e12", path)
        self.assertEqual(report["timestamps_backward"], 0)

    def test_times_that_64_bits_do_not_hold(self):
        """A thousand years in a file: no less than what the clock can count."""
        content = pcapng([])[:28] + pcapng_block(
            1, struct.pack("<HHI", replay.ETHERNET, 0, 0) + struct.pack("<HHBxxxHH", 9, 1, 0, 0, 0))
        for i, second in enumerate((1700000000, 32503680000)):
            content += pcapng_block(6, struct.pack("<IIIII", 0, second >> 32, second & 0xFFFFFFFF,
                                                   60, 60) + frame(i, 60))
        report = self.assert_succeeds("-x1e12", self.file("3000.pcapng", content))
        self.assertGreaterEqual(report["duration_s"], 0.0184)

    def test_wait_between_loops(self):
        """Two of them, at whichever pace; at top speed each after the end of its loop."""
        for more in (), ("--stream",), ("--rxq=2",), ("--no-verify",), ("--hold=fixed:5",):
            report = self.assert_succeeds("--loop=3", "--loopdelay-ms=50", *more, DEMO)
            self.assertGreaterEqual(report["duration_s"], 0.1)
            self.assert_whole(report)
        self.assert_planned(8999 / 1e6 + 0.1, "--pps=1000000", "--loop=3", "--loopdelay-ms=50", DEMO)

    def test_a_pass_of_years_is_told_of(self):
        """Before it begins; not where the run ends before."""
        path = self.file("years.pcap", pcap_header() + pcap_record(frame(0, 60)) +
                         pcap_record(frame(1, 60), 1700000000))
        for words, arguments in (("a pass takes 53.9 years", ("-x1", path)),
                                 ("frame 2 of those to replay comes 53.9", ("-x1", "--stream", path)),
                                 ("a pass takes 34.7 days", ("--pps=0.001", DEMO))):
            process = subprocess.Popen([replay.PROGRAM, *arguments], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, text=True)
            self.addCleanup(process.kill)
            said = process.stderr.readline()
            process.terminate()
            process.communicate(timeout=replay.TIMEOUT_S)
            self.assertIn(words, said)
            self.assertIn("--maxsleep", said)
        self.assertEqual(replay.run("-x1", "--duration=0.1", path).err, "")
        self.assertEqual(replay.run("-x1", "--maxsleep=1", path).err, "")


if __name__ == "__main__":
    replay.main()
