# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The patterns that count: what is known beforehand of rings and stacks comes out, and the same twice."""

import os
import shutil
import subprocess
import tempfile
import unittest

import bench

POOLS = "--pools=labyrinth,ring_mp_mc,stack"
BUFFER_BYTES = 128 + 2176  # an mbuf and its data
TRAFFIC = ("local", "pairs", "fan-out", "fan-in", "random")


def by_pool(entries):
    return {entry["pool"]: entry for entry in entries}


def counts(result):
    """Returns the counts that must be the same in every run."""
    return [{key: value for key, value in entry.items() if key != "line"}
            for entry in result.report["results"]]


class Footprint(bench.BenchTest):
    def count(self, pattern, *arguments):
        return by_pool(self.assert_succeeds(bench.run(
            f"--pattern={pattern}", POOLS, "--bufs=4095", *arguments)))

    def test_pipeline(self):
        found = self.count("footprint", "--held=128", "--lru-bytes=1000000")
        # A ring hands out what was not used for longest, and a stack what was put last: those in
        # flight, and a burst, or two when B has its turn late.
        self.assertEqual(found["ring_mp_mc"]["distinct"]["median"], 4095)
        self.assertEqual(found["stack"]["distinct"]["median"], 128 + 2 * 32)
        self.assertTrue(128 + 32 <= found["labyrinth"]["distinct"]["median"] <= 4095)
        self.assertNotIn("mops", found["labyrinth"])
        self.assertEqual(found["labyrinth"]["ranked_by"], "distinct")

    def test_run_to_completion(self):
        found = self.count("footprint-local", "--held=128", "--lru-bytes=1000000")
        self.assertEqual(found["ring_mp_mc"]["distinct"]["median"], 4095)
        for pool in "stack", "labyrinth":
            self.assertEqual(found[pool]["distinct"]["median"], 128 + 32, pool)

    def test_a_cache_has_room_for_all_or_not_for_one_less(self):
        for buffers, misses in (4095, 0), (4094, 1):
            found = self.count("footprint", f"--lru-bytes={buffers * BUFFER_BYTES}")
            self.assertEqual(found["ring_mp_mc"]["lru_misses"]["median"], misses)
            self.assertEqual(found["stack"]["lru_misses"]["median"], 0)

    def test_sizes_of_caches(self):
        entries = self.assert_succeeds(bench.run("--pattern=footprint", "--pools=labyrinth",
                                                 "--bufs=4095", "--lru-bytes=1,65536"))
        self.assertEqual([entry["lru_bytes"] for entry in entries], [1, 65536])
        self.assertEqual(entries[0]["lru_misses"]["median"], 1)


class Scaling(bench.BenchTest):
    def test_each(self):
        for traffic in TRAFFIC:
            for lcores in 2, 6:
                with self.subTest(traffic, lcores=lcores):
                    result = bench.run(f"--pattern=scaling-counts-{traffic}", POOLS,
                                       f"--lcores={lcores}")
                    found = by_pool(self.assert_succeeds(result))
                    for entry in found.values():
                        self.assertEqual((entry["bufs"], entry["lost"]), (1024 * lcores, 0))
                        self.assertEqual(entry["fails"]["median"], 0)
                    self.look_closer(traffic, found)

    def look_closer(self, traffic, found):
        ours, ring = found["labyrinth"], found["ring_mp_mc"]
        for key in "steals", "publishes", "revokes":
            self.assertIsNone(ring[key]["median"])
            self.assertIsNotNone(ours[key]["median"])
        if traffic == "local":
            self.assertEqual((ours["lines"]["median"], ours["steals"]["median"]), (0, 0))
        if traffic in ("pairs", "fan-out", "fan-in"):
            # The lcore that receives does not free, so that every packet comes from another.
            self.assertEqual((ours["lines"]["median"], ring["lines"]["median"]), (3, 3))
            self.assertGreater(ours["steals"]["median"], 0)

    def test_more_lcores_than_the_machine_has(self):
        entries = self.assert_succeeds(bench.run("--pattern=scaling-counts-pairs", "--lcores=120",
                                                 "--bufs=256", "--held=32", "--pools=labyrinth,stack"))
        self.assertEqual([(e["lcores"], e["fails"]["median"]) for e in entries], [(120, 0)] * 2)

    def test_the_same_twice(self):
        one, two = (bench.run("--pattern=scaling-counts-random", POOLS, "--lcores=4,16")
                    for _ in range(2))
        self.assert_succeeds(one)
        self.assert_succeeds(two)
        self.assertEqual(counts(one), counts(two))

    def test_others_are_measured_as_before(self):
        """With as many lcores as without: they are gone when their pattern is over."""
        entries = self.assert_succeeds(bench.quick(
            "--pattern=scaling-counts-local,local-single", "--lcores=1", "--pools=labyrinth"))
        self.assertEqual([entry["pattern"] for entry in entries],
                         ["scaling-counts-local", "local-single"])

    def test_who_cannot_take_part(self):
        result = bench.run("--pattern=scaling-counts-local", "--lcores=2",
                           "--pools=labyrinth,bucket")
        self.assertEqual([e["pool"] for e in self.assert_succeeds(result)], ["labyrinth"])
        self.assertIn("bucket is left out: it has room for the lcores of the EAL alone", result.err)

    def test_no_place_in_the_ring(self):
        result = bench.run("--pattern=footprint", "--pools=labyrinth", "--drift=3")
        self.assertEqual(self.assert_succeeds(result), [])


class Plot(unittest.TestCase):
    def test_counts_are_drawn(self):
        if shutil.which("gnuplot") is None:
            self.skipTest("no gnuplot here: apt install gnuplot-nox")
        with tempfile.TemporaryDirectory() as folder:
            report, picture = os.path.join(folder, "r.json"), os.path.join(folder, "r.svg")
            subprocess.run([bench.PROGRAM, "-q", "--pattern=footprint,scaling-counts-pairs", POOLS,
                            "--lcores=2,4", f"--json={report}"], check=True, timeout=bench.TIMEOUT_S)
            subprocess.run([os.environ["LABYRINTH_PLOT"], report, "-o", picture], check=True,
                           timeout=bench.TIMEOUT_S)
            with open(picture, encoding="utf-8") as file:
                drawn = file.read()
        for text in "LRU cache", "ring_mp_mc", "Steals from other lcores", "lcores":
            self.assertIn(text, drawn)


if __name__ == "__main__":
    bench.main()
