# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The report of a run about its buffers, in words and in JSON, while it runs and after; and the
search for the smallest pool."""

import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import replay
from replay import DEMO

PLOT = os.environ["LABYRINTH_PLOT"]
PAUSE_S = 0.3
ONE_EACH = "--mbuf-size=10000"  # no frame of the demo needs more than one buffer


class Findings(replay.ReplayTest):
    def test_words(self):
        out = replay.run("--loop=100", DEMO).out
        for words in ("RX-dropped: 0", "Allocations: ", "failures: 0, steals: ", "Occupancy: mean ",
                      "Cycles a buffer: get ", "Latency, descriptor to free: p50 "):
            self.assertIn(words, out)

    def test_percentiles_of_enough_samples(self):
        few, more = replay.run(DEMO).out, replay.run("--loop=300", DEMO).out
        self.assertRegex(few, r"max [\d.]+ (ns|us|ms|s) \(\d+ samples, too few for percentiles: ")
        self.assertNotIn("p50", few)
        self.assertRegex(more, r"p50 [\d.]+ (ns|us|ms|s), p90 ")
        self.assertNotIn("p99.99", more)

    def test_allocations(self):
        report = self.assert_succeeds(ONE_EACH, "--loop=10", "--rxd=64", DEMO)
        self.assertEqual(report["allocations"], 64 + report["rx_packets"])

    def test_occupancy(self):
        def high(*arguments):
            report = self.assert_succeeds(ONE_EACH, "--loop=10", "--rxd=64", *arguments, DEMO)
            self.assertLessEqual(report["occupancy_mean"], report["occupancy_high"])
            return report["occupancy_high"]

        self.assertLess(high(), 64 + 32 + 1)
        self.assertGreaterEqual(high("--hold=fixed:1000"), 1000)

    def test_latency_is_the_time_that_packets_are_held(self):
        """A packet is freed when the next one has come, and that comes when its key is pressed."""
        path = os.path.join(self.folder, "report.json")
        process = subprocess.Popen([replay.PROGRAM, f"--json={path}", "--stats=0.01", "-o", "-L2",
                                    "--hold=fixed:1", ONE_EACH, DEMO], stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        while b": 0 packets" not in process.stderr.readline():  # it polls, and nothing comes
            self.assertIsNone(process.poll())
        process.stdin.write(b".")
        process.stdin.flush()
        while b": 1 packets" not in process.stderr.readline():
            self.assertIsNone(process.poll())
        time.sleep(PAUSE_S)
        process.communicate(b".", timeout=replay.TIMEOUT_S)
        self.assertEqual(process.returncode, 0)
        with open(path, encoding="utf-8") as file:
            longest_s = json.load(file)["latency_ns"]["max"] / 1e9
        self.assertGreaterEqual(longest_s, PAUSE_S * 0.99)

    def test_quantiles(self):
        report = self.assert_succeeds("--loop=50", DEMO)
        for key in "latency_ns", "get_cycles", "put_cycles":
            q = report[key]
            self.assertGreater(q["samples"], 50, key)
            ordered = [q[name] for name in ("p50", "p90", "p99", "p999", "p9999", "max")]
            self.assertEqual(ordered, sorted(ordered))
            self.assertGreater(q["p50"], 0)

    def test_steals(self):
        report = self.assert_succeeds("--free-on=other", "--loop=20", "--mbcache=0", DEMO)
        self.assertGreater(report["steals"], 0)
        self.assertIsNone(self.assert_succeeds("--pool=ring_mp_mc", DEMO)["steals"])


class OverTime(replay.ReplayTest):
    def long_enough(self, wanted, *arguments):
        """A run in which there was time to look twice and more, however busy the machine is."""
        for seconds in 0.5, 2, 8, 32:
            result = replay.replay("--loop=0", f"--duration={seconds}", *arguments, DEMO)
            self.assertEqual(result.status, 0, result.err)
            if wanted(result):
                break
        self.assertTrue(wanted(result), result.err)
        return result

    def test_series(self):
        report = self.long_enough(lambda result: len(result.report["series"]["t_s"]) >= 2,
                                  "--rxq=2").report
        series = report["series"]
        self.assertEqual(series["t_s"], sorted(series["t_s"]))
        self.assertEqual(len(series["occupancy"]), 2)
        starts = [0, *series["t_s"]]
        packets = sum(rate * (end - start) * 1e6 for rate, start, end in
                      zip(series["mpps"], starts, series["t_s"]))
        # The last interval is not over when the run is.
        self.assertTrue(0 < packets <= report["rx_packets"] * 1.000001, packets)
        self.assertGreater(max(series["occupancy"][0]), 100)
        self.assertGreater(max(series["latency_max_ns"]), 0)

    def test_stats(self):
        arguments = ("--loop=0", "--duration=0.3", DEMO)
        line = re.compile(r"\d\.\d s: \d+ packets, [\d.]+ Mpps, .* buffers outside")
        self.long_enough(lambda result: len(line.findall(result.err)) >= 2, "--stats=0.1")
        self.assertEqual(replay.run(*arguments).err, "")
        self.assertEqual(replay.run("-q", "--stats=0.1", *arguments).err, "")
        self.assert_fails(2, "--stats=0: must be a number above 0", "--stats=0", DEMO)

    def test_progress_bar_on_a_terminal(self):
        process = self.run_until_progress("--loop=0", "--duration=60", DEMO,
                                          progress=r"\[#+\.+\] +\d+ %")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=replay.TIMEOUT_S)


class Repeat(replay.ReplayTest):
    def test_rounds(self):
        result = replay.replay("--repeat=3", "--pool=labyrinth,ring_mp_mc", "--loop=5", DEMO)
        self.assertEqual(result.status, 0, result.err)
        for report in result.report:
            self.assertEqual(report["rounds"], 3)
            spread = report["mpps_spread"]
            self.assertLessEqual(spread["min"], spread["median"])
            self.assertLess(spread["min"], spread["max"])
            self.assertAlmostEqual(spread["median"], report["mpps"], 6)
            self.assert_whole(report)
        self.assertEqual(result.report[0]["ratio"]["median"], 1)
        self.assertNotEqual(result.report[1]["ratio"]["median"], 1)
        self.assertRegex(result.out, r"ring_mp_mc .*\(\d+\.\d\d to \d+\.\d\d\)")

    def test_what_cannot_be_seen(self):
        once = replay.replay("--pool=labyrinth,ring_mp_mc", DEMO)
        self.assertRegex(once.out, r"One round of [\d.]+ [mu]?s: how far rounds differ is not known: "
                                   "--repeat=5 --loop=0 --duration=1\n$")
        self.assertIsNone(once.report[1]["resolution"])
        several = replay.replay("--repeat=3", "--pool=labyrinth,ring_mp_mc", DEMO).report
        ratio = several[1]["ratio"]
        self.assertAlmostEqual(several[1]["resolution"],
                               (ratio["max"] - ratio["min"]) / ratio["median"], delta=
                               several[1]["resolution"] * 1e-6)  # nine digits are printed

    def test_once(self):
        self.assertEqual(self.assert_succeeds(DEMO)["rounds"], 1)


class FindSize(replay.ReplayTest):
    arguments = (ONE_EACH, "--hold=fixed:300", "--rxd=64", "--mbcache=0", DEMO)

    def test_smallest(self):
        result = replay.replay("--find-size", *self.arguments)
        self.assertEqual(result.status, 0, result.err)
        self.assertRegex(result.err, "find-size: [0-9]+ buffers are too few: ")
        smallest = result.report["total_num_mbufs"]
        # The held packets, the descriptors, and up to two bursts on their way.
        self.assertTrue(364 <= smallest <= 364 + 2 * 32, smallest)
        self.assertIn(f"Smallest pool: {smallest} buffers", result.out)
        for n, enough in (smallest, True), (smallest - 1, False):
            report = self.assert_succeeds(f"--total-num-mbufs={n}", *self.arguments)
            self.assertEqual(report["alloc_failures"] + report["rx_dropped"] == 0, enough)

    def test_the_command_that_it_recommends(self):
        with open(DEMO, "rb") as demo:
            path = self.file("it's mine.pcap", demo.read())
        out = replay.run("--find-size", "--total-num-mbufs", 1023, *self.arguments[:-1], path).out
        smallest = re.search(r"Smallest pool: (\d+)", out)[1]
        words = shlex.split(out.splitlines()[-1])
        self.assertEqual(words, [replay.PROGRAM, f"--total-num-mbufs={smallest}",
                                 *self.arguments[:-1], path])

    def test_too_small_a_limit(self):
        self.assert_fails(1, "300 buffers are too few: give a larger --total-num-mbufs",
                          "--find-size", "--total-num-mbufs=300", *self.arguments)

    def test_wrong_usage(self):
        self.assert_fails(2, "--find-size wants runs that end", "--find-size", "--loop=0", DEMO)
        self.assert_fails(2, "--find-size looks at one pool at a time", "--find-size",
                          "--pool=labyrinth,stack", DEMO)


class Plot(replay.ReplayTest):
    def plot(self, *arguments, path=None, **how):
        environment = dict(os.environ, PATH=path or os.environ["PATH"])
        return subprocess.run([sys.executable, PLOT, *arguments], env=environment, text=True,
                              stderr=subprocess.PIPE, check=False, **how)

    def report(self, *arguments):
        path = os.path.join(self.folder, "run.json")
        done = replay.run(f"--json={path}", "--loop=0", "--duration=0.4", *arguments, DEMO)
        self.assertEqual(done.status, 0, done.err)
        return path

    def test_png(self):
        if shutil.which("gnuplot") is None:
            self.skipTest("gnuplot is not installed (apt install gnuplot-nox)")
        picture = os.path.join(self.folder, "run.png")
        done = self.plot(self.report("--pool=labyrinth,ring_mp_mc"), "-o", picture)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(picture, "rb") as file:
            self.assertEqual(file.read(4), b"\x89PNG")

    def test_what_is_drawn(self):
        """Names as they are typed, one colour for a pool, one run behind the other, units, and what it
        is a picture of."""
        if shutil.which("gnuplot") is None:
            self.skipTest("gnuplot is not installed (apt install gnuplot-nox)")
        picture = os.path.join(self.folder, "run.svg")
        path = self.report("--pool=labyrinth,ring_mp_mc")
        done = self.plot(path, "-o", picture)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(picture, encoding="utf-8") as file:
            drawn = file.read()
        with open(path, encoding="utf-8") as file:
            reports = json.load(file)
        for text in ("ring_mp_mc", "labyrinth, max", "time, s", "demo.pcap", " UTC",
                     reports[0]["host"]):
            self.assertIn(text, drawn)
        self.assertRegex(drawn, "<text>(ns|µs|ms|s)</text>")
        script = self.script(path)
        self.assertEqual(script.count("linecolor rgb '#34495e'"), 4)  # ring_mp_mc's
        self.assertIn("set arrow from 0.", script)

    def script(self, path):
        """Returns the script that gnuplot gets."""
        bin_folder = os.path.join(self.folder, "bin")
        os.makedirs(bin_folder)
        told = os.path.join(self.folder, "told")
        with open(os.path.join(bin_folder, "gnuplot"), "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\ncat > {told}\necho drawn\n")
        os.chmod(file.name, 0o755)
        self.plot(path, "-o", os.path.join(self.folder, "told.svg"),
                  path=f"{bin_folder}:{os.environ['PATH']}")
        with open(told, encoding="utf-8") as file:
            return file.read()

    def test_a_run_without_occupancy(self):
        """As over ports, which do not say what they hold."""
        if shutil.which("gnuplot") is None:
            self.skipTest("gnuplot is not installed (apt install gnuplot-nox)")
        with open(self.report(), encoding="utf-8") as file:
            report = json.load(file)
        report["series"]["occupancy"] = []
        path = self.file("ports.json", json.dumps(report).encode())
        picture = os.path.join(self.folder, "run.svg")
        done = self.plot(path, "-o", picture)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(picture, encoding="utf-8") as file:
            drawn = file.read()
        self.assertIn("Rate", drawn)
        self.assertNotIn("Buffers outside", drawn)

    def test_sentences(self):
        report, picture = self.report(), os.path.join(self.folder, "run.png")
        other = self.file("other.json", json.dumps({"host": {}}).encode())
        for status, message, *arguments in (
                (1, "none.json: No such file", "none.json", "-o", picture),
                (1, "is no JSON", DEMO, "-o", picture),
                (1, "is no report of labyrinth-replay", other, "-o", picture),
                (2, "must end in .png, .svg or .pdf", report, "-o", "run.txt")):
            with self.subTest(message):
                done = self.plot(*arguments)
                self.assertEqual(done.returncode, status)
                self.assertIn(message, done.stderr)

    def test_disk_that_is_full(self):
        """The old picture stays."""
        if shutil.which("gnuplot") is None:
            self.skipTest("gnuplot is not installed (apt install gnuplot-nox)")
        picture = self.file("run.svg", b"old")
        # gnuplot 6 writes files of its own.
        tools = self.gnuplot(f"ulimit -S -f unlimited; exec {shutil.which('gnuplot')}")
        done = self.plot(self.report(), "-o", picture, path=f"{tools}:{os.environ['PATH']}",
                         preexec_fn=lambda: resource.setrlimit(
                             resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY)))
        self.assertEqual((done.returncode, done.stderr),
                         (1, f"labyrinth-plot: {picture}: File too large\n"))
        with open(picture, "rb") as file:
            self.assertEqual(file.read(), b"old")
        self.assertEqual(sorted(os.listdir(self.folder)), ["run.json", "run.svg"])

    def gnuplot(self, script):
        """A directory with one that does this."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        program = os.path.join(folder.name, "gnuplot")
        with open(program, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\n{script}\n")
        os.chmod(program, 0o755)
        return folder.name

    def test_gnuplot_that_is_killed(self):
        done = self.plot(self.report(), "-o", os.path.join(self.folder, "run.png"),
                         path=self.gnuplot("kill -9 $$"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("run.png: gnuplot was ended: Killed", done.stderr)

    def test_without_gnuplot(self):
        done = self.plot(self.report(), "-o", os.path.join(self.folder, "run.png"),
                         path=self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no gnuplot: apt install gnuplot-nox", done.stderr)


if __name__ == "__main__":
    replay.main()
