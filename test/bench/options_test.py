# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Each option does what it says: each case fails when the option does nothing."""

import json
import os
import pty
import signal
import subprocess
import tempfile
import time

import bench
from bench import quick

LOCAL = ("--pattern=local-bulk", "--cache=0", "--pools=labyrinth")


def needs_two_cpus(test):
    def either(self):
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("needs two CPUs")
        test(self)
    return either


class What(bench.BenchTest):
    def test_pattern(self):
        entries = self.assert_succeeds(quick("--pattern=local-single,native-bulk",
                                             "--pools=labyrinth"))
        self.assertEqual([e["pattern"] for e in entries], ["local-single", "native-bulk"])

    def test_patterns_of_a_kind(self):
        entries = self.assert_succeeds(quick("--pattern=native-*,local-bulk,native-bulk",
                                             "--cache=0", "--pools=labyrinth"))
        self.assertEqual([e["pattern"] for e in entries],
                         ["native-single", "native-bulk", "native-ring", "local-bulk"])

    def test_pools(self):
        entries = self.assert_succeeds(quick("--pattern=local-single", "--pools=stack,labyrinth"))
        self.assertEqual([e["pool"] for e in entries], ["stack", "labyrinth"])
        self.assertEqual(list(entries[0]["ratio"]), ["labyrinth"])

    def test_usual_pools(self):
        entries = self.assert_succeeds(quick("--pattern=local-single"))
        self.assertLessEqual({"labyrinth", "ring_mp_mc", "stack", "lf_stack", "ring_mt_rts"},
                             {e["pool"] for e in entries})

    def test_rounds(self):
        entry, = self.assert_succeeds(bench.run(*LOCAL, "--slot-ms=2", "--rounds=4"))
        self.assertEqual(entry["rounds"], 4)

    def test_slot_ms(self):
        """Of a turn, or of the chunks that fill it."""
        for slot_ms in 100, 300:
            result = bench.run(*LOCAL, f"--slot-ms={slot_ms}", "--rounds=3")
            entry, = self.assert_succeeds(result)
            self.assertEqual(result.report["host"]["slot_ms"], slot_ms)
            self.assertEqual((entry["slot_us"], entry["samples"]), (50, 3 * slot_ms * 1000 // 50))

    @needs_two_cpus
    def test_long_turns(self):
        start = time.monotonic()
        entry, = self.assert_succeeds(bench.run("--pattern=oversubscribed", "--pools=labyrinth",
                                                "--slot-ms=200", "--rounds=3"))
        self.assertGreater(time.monotonic() - start, 3 * 0.2)
        self.assertEqual((entry["slot_us"], entry["samples"]), (0, 3))

    def test_slot_us(self):
        for slot_us in 100, 1000:
            entry, = self.assert_succeeds(bench.run(*LOCAL, "--slot-ms=20", "--rounds=2",
                                                    f"--slot-us={slot_us}"))
            self.assertEqual((entry["slot_us"], entry["samples"]), (slot_us, 40000 // slot_us))

    def test_a_chunk_longer_than_a_turn(self):
        entry, = self.assert_succeeds(bench.run(*LOCAL, "--slot-ms=2", "--rounds=2",
                                                "--slot-us=3000"))
        self.assertEqual(entry["samples"], 2)


class HowMuch(bench.BenchTest):
    """That the numbers are named is not enough: they must have been used, as a driver reports that
    is asked by the lcore's cache, or without one by the pattern itself."""

    def told(self, *arguments):
        """The least and the most that was got from it at once, and the most that was outside."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "told")
            result = quick("--pattern=local-bulk", "--pools=told", *arguments, env={
                "LD_PRELOAD": os.environ["LABYRINTH_TOLD_OPS"], "LABYRINTH_TOLD": path})
            entry, = self.assert_succeeds(result)
            with open(path, encoding="ascii") as file:
                return entry, *map(int, file.read().split())

    def test_bulk(self):
        for bulk in 1, 64:
            entry, least, most, _ = self.told(f"--bulk={bulk}", "--cache=0")
            self.assertEqual((entry["bulk"], least, most), (bulk, bulk, bulk))

    def test_cache(self):
        for cache in 0, 256:
            entry, least, _, _ = self.told("--bulk=32", f"--cache={cache}")
            self.assertEqual(entry["cache"], cache)
            self.assertEqual(least > 32, cache > 0)

    def test_held(self):
        for held in 32, 2048:
            entry, _, _, outside = self.told(f"--held={held}", "--cache=64")
            self.assertEqual(entry["held"], held)
            # With what the cache keeps, which is half as much again at most, and a burst.
            self.assertTrue(held <= outside <= held + 64 * 3 // 2 + 32, outside)

    def test_bufs(self):
        result = quick(*LOCAL, "--bufs=31,64")
        self.assertEqual([e["bufs"] for e in self.assert_succeeds(result)], [64])
        self.assertIn("more buffers than there are", result.report["left_out"][0]["reason"])

    def test_drift(self):
        result = quick(*LOCAL[::2], "--cache=0,64", "--drift=16")
        self.assertEqual([(e["drift"], e["cache"]) for e in self.assert_succeeds(result)], [(16, 0)])
        self.assertIn("without a cache", result.report["left_out"][0]["reason"])
        self.assertIn("1 lcore, drift 16", result.out)

    @needs_two_cpus
    def test_lcores(self):
        entries = self.assert_succeeds(quick(*LOCAL, "--lcores=1,2"))
        self.assertEqual([(e["lcores"], e["cpus"]) for e in entries], [(1, 1), (2, 2)])

    @needs_two_cpus
    def test_lcores_of_a_crowd(self):
        entries = self.assert_succeeds(quick("--pattern=oversubscribed", "--lcores=3,8",
                                             "--pools=labyrinth"))
        self.assertEqual([(e["lcores"], e["cpus"]) for e in entries], [(3, 2), (8, 2)])

    def test_all_combinations(self):
        entries = self.assert_succeeds(quick(*LOCAL[::2], "--bulk=8,16", "--cache=0,32",
                                             "--bufs=511,1023"))
        self.assertEqual(len({(e["bulk"], e["cache"], e["bufs"]) for e in entries}), 8)


class Output(bench.BenchTest):
    def words(self, *arguments):
        done = subprocess.run([bench.PROGRAM, *arguments], stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.PIPE, check=False, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def test_json_on_stdout(self):
        status, out, err = self.words(*LOCAL, "--slot-ms=2", "--json=-")
        self.assertEqual(status, 0)
        self.assert_well_formed(json.loads(out))
        self.assertIn("local-bulk: bulk 32", err)

    def test_json_where_nothing_can_be_written(self):
        status, _, err = self.words(*LOCAL, "--slot-ms=2", "--rounds=1", "--json=/nowhere/x")
        self.assertEqual(status, 1)
        self.assertIn("--json=/nowhere/x: No such file", err)

    def test_table(self):
        status, out, _ = self.words(*LOCAL[:2], "--pools=labyrinth,lf_stack", "--slot-ms=2")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"labyrinth +\d.*\n  lf_stack +\d.* x \(\d.* to (\d.*|inf)\)")

    def test_head(self):
        _, out, _ = self.words(*LOCAL, "--slot-ms=2")
        self.assertRegex(out, r"^.+; \d+ CPUs?; DPDK .+; Labyrinth .+; \d+-\d+-\d+ \d+:\d+ UTC\n"
                              r"A cache line from CPU to CPU and back: (unknown|\d+ cycles \(\d+ ns\))")

    def test_default_peer(self):
        (ours, ring), result = self.measured(
            bench.all_have_moved, "--pattern=local-single", "--pools=labyrinth,ring_mp_mc")
        self.assertEqual(ours["default_peer"]["median"], ours["ratio"]["ring_mp_mc"])
        self.assertIsNone(ring["default_peer"])
        self.assertIn("to ring_mp_mc", result.out)

    def test_best_peer(self):
        (ours, stack, lf_stack), result = self.measured(
            bench.all_have_moved, "--pattern=local-single", "--pools=labyrinth,stack,lf_stack")
        self.assertIn("to best", result.out)
        # Two peers' best is the other one; the ratio of ours is the lesser of the two.
        self.assertEqual(stack["best_peer"]["median"], stack["ratio"]["lf_stack"])
        self.assertEqual(lf_stack["best_peer"]["median"], lf_stack["ratio"]["stack"])
        self.assertEqual(ours["best_peer"]["median"], min(ours["ratio"].values()))

    def test_driver_options_are_named(self):
        result = quick(*LOCAL, env={"LABYRINTH_OPTIONS": "cache=off"})
        self.assert_succeeds(result)
        self.assertEqual(result.report["host"]["labyrinth_options"], "cache=off")

    def test_quiet(self):
        self.assertEqual(self.words(*LOCAL, "--slot-ms=2", "-q"), (0, "", ""))

    def test_help_names_everything(self):
        status, out, _ = self.words("--help")
        self.assertEqual(status, 0)
        for word in bench.patterns() + ["--slot-ms=MS", "--bulk=N,...", "jemalloc"]:
            self.assertIn(word, out)

    def test_version(self):
        status, out, _ = self.words("--version")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"^labyrinth-bench \d+\.\d+\.\d+ \(DPDK .*\)\n$")

    def test_progress_only_on_a_terminal(self):
        terminal, side = pty.openpty()
        self.addCleanup(os.close, terminal)
        done = subprocess.run([bench.PROGRAM, *LOCAL, "--slot-ms=2"], stdout=subprocess.PIPE,
                              stderr=side, check=False, timeout=60)
        os.close(side)
        self.assertEqual(done.returncode, 0)
        self.assertIn("[1/1] local-bulk, round 1 of 5", os.read(terminal, 4096).decode())
        self.assertNotIn("round 1 of 5", quick(*LOCAL).err)

    def test_interrupt(self):
        terminal, side = pty.openpty()
        self.addCleanup(os.close, terminal)
        process = subprocess.Popen([bench.PROGRAM, *LOCAL, "--rounds=1000", "--json=-"],
                                   stdout=subprocess.PIPE, stderr=side, text=True)
        os.close(side)
        self.addCleanup(process.kill)
        shown = ""
        while "round 2 of 1000" not in shown:
            shown += os.read(terminal, 4096).decode()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        report = json.loads(out)
        self.assert_well_formed(report)
        for entry in report["results"]:
            self.assertLess(entry["rounds"], 1000)


class Machine(bench.BenchTest):
    def test_one_cpu(self):
        cpu = min(os.sched_getaffinity(0))
        result = quick("--pattern=shared-bulk,local-bulk,oversubscribed,pipeline", "--cache=0",
                       "--pools=labyrinth", cpus={cpu})
        entries = self.assert_succeeds(result)
        self.assertEqual([e["pattern"] for e in entries], ["local-bulk"])
        left = {left["pattern"]: left["reason"] for left in result.report["left_out"]}
        self.assertEqual(set(left), {"shared-bulk", "oversubscribed", "pipeline"})
        self.assertIn("needs 2 CPUs", left["shared-bulk"])
        self.assertIn("shared-bulk is left out: needs 2 CPUs", result.err)

    def test_lcores_in_pairs(self):
        result = quick("--pattern=pipeline", "--lcores=3", "--pools=labyrinth", "--cache=0")
        self.assertEqual(self.assert_succeeds(result), [])
        self.assertIn("pairs", result.report["left_out"][0]["reason"])

    def test_eal_options(self):
        prefix = f"--file-prefix=bench-test-{os.getpid()}"
        result = quick(*LOCAL, eal=("--no-huge", "--no-shconf", "-m", "128", "--no-pci",
                                    "--no-telemetry", prefix))
        self.assert_succeeds(result)
        self.assertEqual(result.report["host"]["memory"], "ordinary pages")
        for base in "/var/run/dpdk", os.environ.get("XDG_RUNTIME_DIR", "/tmp") + "/dpdk":
            if os.path.isdir(f"{base}/bench-test-{os.getpid()}"):
                os.rmdir(f"{base}/bench-test-{os.getpid()}")


class WrongUsage(bench.BenchTest):
    def test_unknown_names_come_with_the_known_ones(self):
        error = self.assert_refuses("did you mean shared-bulk?", "--pattern=shared-bulg").err
        for pattern in bench.patterns():
            self.assertIn(pattern, error)
        error = self.assert_refuses("did you mean lf_stack?", "--pools=labyrinth,lfstack").err
        self.assertIn("ring_mp_mc", error)

    def test_sentences(self):
        for message, *arguments in (
                ("unknown option --puls: did you mean --pools?", "--puls=stack"),
                ("--rounds=0: must be a whole number, 1 to 1000", "--rounds=0"),
                ("--slot-ms=x: must be a whole number, 1 to 60000", "--slot-ms=x"),
                ("--bulk=513: must be a whole number, 1 to 512", "--bulk=513"),
                ("--bulk=: must be names with commas", "--bulk=1,"),
                ("--cache=513: must be a whole number, 0 to 512", "--cache=0,513"),
                ("--lcores=0: must be a whole number, 1 to 127", "--lcores=0"),
                ("--held=0: must be a whole number", "--held=0"),
                ("--bufs=0: must be a whole number", "--bufs=0"),
                ("stack stands there twice", "--pools=stack,stack"),
                ("file.pcap is no option", "file.pcap")):
            with self.subTest(message):
                self.assert_refuses(message, *arguments)

    def test_our_options_among_the_eals(self):
        self.assert_refuses("--bulk=2 stands before \"--\"", eal=("--bulk=2",))


if __name__ == "__main__":
    bench.main()
