# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Every pattern can be measured, loses nothing and says what it measured."""

import os

import bench

MEMPOOLS = ["labyrinth", "ring_mp_mc", "stack", "scq", "vpp"]
NANOSECONDS = ("p50_ns", "p99_ns", "p999_ns", "p9999_ns", "max_ns")


class Patterns(bench.BenchTest):
    def test_each(self):
        for pattern in bench.patterns():
            if pattern.startswith(("page-", "footprint", "scaling-counts-")):
                continue  # pages_test.py, counts_test.py
            with self.subTest(pattern):
                measured, result = self.measured(
                    lambda entries: all(self.has_moved(pattern, entry) for entry in entries),
                    f"--pattern={pattern}", "--rounds=3", "--bufs=8191",
                    "--pools=" + ",".join(MEMPOOLS))
                if len(os.sched_getaffinity(0)) < 2 and not measured:
                    self.assertIn("CPU", result.report["left_out"][0]["reason"])
                    continue
                self.assertEqual({entry["pattern"] for entry in measured}, {pattern})
                self.assertLessEqual(set(MEMPOOLS), {entry["pool"] for entry in measured})
                for entry in measured:
                    self.assertEqual(entry["lost"], 0)
                    self.look_closer(pattern, entry)

    def has_moved(self, pattern, entry):
        if pattern == "frozen":
            return True
        key = "p50_ns" if pattern.startswith("worst") else "mops"
        return (entry[key]["max"] or 0) > 0

    def look_closer(self, pattern, entry):
        if pattern.startswith("worst"):
            times = [entry[key]["median"] for key in NANOSECONDS]
            self.assertEqual(times, sorted(times))
            self.assertEqual(entry["ranked_by"], "p9999_ns")
        elif pattern == "frozen":
            self.assertEqual(entry["ranked_by"], "kept")
            self.assertLessEqual(entry["halted"]["max"] or 0, 1)

    def test_native_takes_the_library_and_allocators(self):
        result = bench.quick("--pattern=native-single,native-bulk,local-bulk", "--cache=256")
        measured = self.assert_succeeds(result)
        natives = {entry["pool"] for entry in measured if entry["pattern"] == "native-bulk"}
        others = {entry["pool"] for entry in measured if entry["pattern"] == "local-bulk"}
        self.assertLessEqual({"liblabyrinth", "labyrinth", "ring_mp_mc"}, natives)
        self.assertNotIn("liblabyrinth", others)
        for allocator in "mimalloc", "jemalloc":
            self.assertTrue(allocator in natives or f"{allocator} is not" in result.err)

    def test_others_go_on_when_one_is_frozen(self):
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("needs two CPUs")
        self.measured(lambda entries: entries[0]["halted"]["median"] == 0, "--pattern=frozen",
                      "--pools=labyrinth")

    def test_ratios_turn_around(self):
        entries, _ = self.measured(
            lambda entries: all(entry[entry["ranked_by"]]["median"] for entry in entries),
            "--pattern=local-bulk,worst", "--rounds=1", "--cache=0", "--pools=labyrinth,lf_stack",
            "--lcores=1")
        for ours, theirs in (entries[:2], entries[2:]):
            product = ours["ratio"]["lf_stack"] * theirs["ratio"]["labyrinth"]
            # Of an even number of ratios the median is the mean of the two in the middle: the farther
            # these are apart, the more the product is above 1.
            low, high = (ours["ratio_spread"]["lf_stack"][key] for key in ("min", "max"))
            self.assertGreaterEqual(product, 1 - 1e-6)
            self.assertLessEqual(product, (low + high) ** 2 / (4 * low * high) + 1e-6)
            better = ours["ratio"]["lf_stack"] > 1
            less = ours[ours["ranked_by"]]["median"] < theirs[ours["ranked_by"]]["median"]
            self.assertEqual(better, less == (ours["ranked_by"] != "mops"))


class Losses(bench.BenchTest):
    """With a driver that forgets a buffer."""

    def lossy(self, name):
        env = {"LD_PRELOAD": os.environ["LABYRINTH_LOSSY"], "LABYRINTH_LOSSY_NAME": name}
        return bench.run("--pattern=local-single", f"--pools={name}", "--bufs=511", "--slot-ms=50",
                         "--rounds=1", env=env)

    def test_ours_is_a_failure(self):
        result = self.lossy("labyrinth")
        self.assertEqual(result.status, 1, result.err)
        self.assertIn("pool labyrinth has lost 1 of its 511 buffers", result.err)
        self.assertEqual(result.report["results"][0]["lost"], 1)

    def test_a_peers_is_a_result(self):
        result = self.lossy("peer")
        self.assertEqual(self.assert_succeeds(result)[0]["lost"], 1)
        self.assertIn("has lost 1 buffer", result.out)


if __name__ == "__main__":
    bench.main()
