# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""A capture that is read while it is replayed: the same frames, in little memory, and whatever the
reader is too slow for is counted."""

import os
import signal
import subprocess
import threading
import time
import unittest

import replay
from replay import DEMO, frame, pcap

LARGE_MIB = 300
MANY_FRAMES = LARGE_MIB * 1024 * 1024 // 60000


class Stream(replay.ReplayTest):
    def large(self):
        path = os.path.join(self.folder, "large.pcap")
        subprocess.run([os.environ["LABYRINTH_MAKE_CAPTURE"], path, str(LARGE_MIB)], check=True)
        return path

    def peak_mib(self, *arguments):
        """The most memory that a run had at once, without its huge pages."""
        process = subprocess.Popen([replay.PROGRAM, "-q", *arguments])
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return usage.ru_maxrss / 1024

    def assert_same(self, *arguments, **how):
        """With and without --stream."""
        streamed = self.assert_succeeds("--stream", "--window=1", *arguments, **how)
        loaded = self.assert_succeeds(*arguments, **how)
        for key in ("frames_read", "frames_replayed", "frames_refused", "bytes_replayed",
                    "frames_cut", "timestamps_backward", "frames_edited", "rx_chains"):
            self.assertEqual(streamed[key], loaded[key], key)
        self.assert_whole(streamed)
        self.assertNotIn("starved", loaded)

    def test_large(self):
        path = self.large()
        self.assertLess(self.peak_mib("--stream", "--window=8", path),
                        self.peak_mib(path) - LARGE_MIB * 0.8)
        report = self.assert_succeeds("--stream", "--window=8", "--rxq=2", path)
        self.assertEqual(report["frames_read"], MANY_FRAMES)
        self.assert_adds_up(report)

    def test_where_memory_is_limited(self):
        path = self.large()
        with replay.limited("memory", "memory", 250 << 20) as command:
            if command is None:
                self.skipTest("no control group can limit memory here")
            result = self.assert_fails(1, f"needs about {LARGE_MIB} MiB of memory, and 19",
                                       path, command=command)
            self.assertIn("--stream", result.err)
            result = self.assert_fails(1, "MiB of memory may be used", "--stream", "--window=400",
                                       path, command=command)
            self.assertIn("--window=400: 19", result.err)
            self.assert_adds_up(self.assert_succeeds("--stream", path, command=command))

    def test_is_the_same(self):
        self.assert_same(DEMO)
        self.assert_same("--no-verify", "--loop=5", DEMO)
        self.assert_same("--rxq=3", "--loop=4", "--free-on=other", DEMO)
        self.assert_same("--unique-ip", "--loop=3", DEMO)
        self.assert_same("--filter=vlan", "--include=5-", "--exclude=100-200", "--loop=2", DEMO)
        self.assert_same("--files=merge", DEMO, DEMO)
        self.assert_same("--limit=4000", "--loop=0", DEMO)
        self.assert_same("--limit=10", DEMO)
        self.assert_same("--rxd=32", "--mbuf-size=192", DEMO)
        self.assert_same(self.file("none.pcap", pcap([])))
        self.assert_same("--loop=0", self.file("none.pcap", pcap([])))
        self.assert_same("--linktype=pad-eth", self.file("raw.pcap", pcap(
            [frame(i, 60) for i in range(9)], link=replay.RAW_IP)))

    def test_schedule(self):
        path = self.file("tenth.pcap", pcap([frame(i, 60) for i in range(11)], gap_us=10000))
        self.assert_planned(0.5, "--stream", "-x1", "--loop=5", path)
        self.assert_planned(0.5, "--stream", "--pps=2000", "--limit=1001", "--rxq=2", DEMO)
        self.assert_planned(0.5, "--stream", "--pps=20", "--pps-multi=10", "--limit=20", DEMO)
        report = self.assert_succeeds("--stream", "--mbps=400", "--loop=10", DEMO)
        planned = report["bytes_replayed"] * 8 / 4e8
        self.assertAlmostEqual(report["planned_s"], planned, delta=planned / 100)
        self.assertGreaterEqual(report["duration_s"], report["planned_s"])

    def test_several_pools(self):
        result = replay.replay("--stream", "--pool=labyrinth,ring_mp_mc", DEMO)
        self.assertEqual(result.status, 0, result.err)
        for report in result.report:
            self.assert_adds_up(report)

    def test_read_again_for_each_round(self):
        self.assert_same("--repeat=3", "--loop=2", DEMO)
        report = self.assert_succeeds("--stream", "--find-size", "--mbcache=0", DEMO)
        self.assertEqual((report["frames_read"], report["alloc_failures"]), (3000, 0))

    def test_dropped_frames_leave_the_window(self):
        """Though nobody receives them: otherwise the reader would wait for ever."""
        for more in ((), ("--no-verify",), ("--rxq=2",), ("--unique-ip", "--limit=9000")):
            with self.subTest(more):
                report = self.assert_succeeds(
                    "--stream", "--window=1", "--hold=forever:1", "--total-num-mbufs=1023",
                    "--mbcache=32", "--loop=5", *more, DEMO)
                self.assertGreater(report["rx_dropped"], 5000)
                self.assert_whole(report)

    def test_damaged(self):
        with open(DEMO, "rb") as file:
            path = self.file("cut.pcap", file.read()[:-10])
        result = self.assert_fails(1, "partial: 2999 frames of at least 3000: ", "--stream",
                                   "--loop=2", path)
        self.assertEqual(result.err.count("partial"), 1)
        self.assertEqual(result.report["frames_replayed"], 2 * 2999)
        self.assert_fails(1, "No such file", "--stream", DEMO, DEMO + ".none")

    def test_duration(self):
        report = self.assert_succeeds("--stream", "--duration=0.3", "--pps=1000", DEMO)
        self.assert_adds_up(report)
        self.assertGreater(report["frames_refused"]["after_duration"], 0)


class Pipe(replay.ReplayTest):
    def fed(self, pause_s, *arguments):
        """A run whose capture comes in two parts, the second one so long after the first has been
        taken; the first one is more than a window takes."""
        with open(DEMO, "rb") as file:
            content = file.read()
        reading, writing = os.pipe()

        def write():
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(content[:1300000])
                pipe.flush()
                replay.wait_until_taken(pipe)
                time.sleep(pause_s)
                pipe.write(content[1300000:])

        writer = threading.Thread(target=write)
        writer.start()
        with os.fdopen(reading, "rb") as stdin:
            report = self.assert_succeeds("--stream", "--window=1", *arguments, "-", stdin=stdin)
        writer.join()
        self.assert_adds_up(report)
        return report

    def test_a_slow_one_is_told_of(self):
        for pause_s in 1, 4, 16, 64:  # the program may be put aside for as long as that
            report = self.fed(pause_s)
            if report["starved_s"] > 0.5:
                break
        self.assertGreaterEqual(report["starved"], 1)
        self.assertGreater(report["starved_s"], 0.5)
        self.assertLess(report["starved_s"], report["duration_s"])

    def test_only_once(self):
        for more in ("--loop=2", "--pool=labyrinth,ring_mp_mc", "--repeat=2", "--find-size"):
            with self.subTest(more):
                self.assert_fails(1, "-: can be read only once", "--stream", more, "-")

    def test_interrupted_while_nothing_comes(self):
        process = subprocess.Popen(
            [replay.PROGRAM, "--stream", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            preexec_fn=replay.heed_signals)
        self.addCleanup(process.kill)
        process.stdin.write(pcap([frame(0, 60)]))
        process.stdin.flush()
        replay.wait_until_taken(process.stdin)
        process.send_signal(signal.SIGINT)
        # Not communicate(), which would close the pipe.
        self.assertNotEqual(process.wait(timeout=replay.TIMEOUT_S), 0)
        process.stdin.close()
        process.stdout.close()


if __name__ == "__main__":
    replay.main()
