# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The page patterns: who takes part, that what they claim to hold is held, that nothing is lost."""

import os

import bench
from bench import quick

ORDERS = range(10)
BLOCK = 512  # pages
OURS = {"lab_page", "lab_zone"}
PEERS = {"rte_malloc", "mmap"}


def ours_have_moved(entries):
    return all(entry["mops"]["max"] > 0 for entry in entries if entry["pool"] in OURS)


class Orders(bench.BenchTest):
    def test_each(self):
        entries, _ = self.measured(ours_have_moved, "--pattern=page-order-*", "--bufs=65536",
                                   "--rounds=1", "--pools=lab_page,lab_zone,rte_malloc,mmap")
        self.assertEqual({e["pattern"] for e in entries}, {f"page-order-{k}" for k in ORDERS})
        for order in ORDERS:
            of_this = [e for e in entries if e["pattern"] == f"page-order-{order}"]
            self.assertEqual({(e["bulk"], e["occupancy"]) for e in of_this},
                             {(1, 0), (1, 90), (512, 0), (512, 90)})
            self.assertLessEqual(OURS | PEERS, {e["pool"] for e in of_this})
            for entry in of_this:
                self.assertEqual(entry["lost"], 0)

    def test_allocators(self):
        result = quick("--pattern=page-order-0,page-mixed", "--bufs=8192", "--bulk=32")
        pools = {entry["pool"] for entry in self.assert_succeeds(result)}
        for allocator in "mimalloc", "jemalloc":
            self.assertTrue(allocator in pools or f"{allocator} is not" in result.err)
        self.assertFalse({"labyrinth", "ring_mp_mc", "buddy"} & pools)

    def test_what_is_held(self):
        """No more than half of what is free, of all lcores together."""
        entries = self.assert_succeeds(quick("--pattern=page-order-9", "--pools=lab_zone",
                                             f"--bufs={40 * BLOCK + 7}", "--bulk=1,512"))
        self.assertEqual([(e["bulk"], e["occupancy"], e["held"]) for e in entries],
                         [(1, 0, 1), (1, 90, 1), (512, 0, 20), (512, 90, 2)])
        self.assertEqual({e["bufs"] for e in entries}, {40 * BLOCK})

    def test_occupancy(self):
        """Of what is left, not of all, half is held at most."""
        empty, full = self.assert_succeeds(quick(
            "--pattern=page-order-0", "--pools=lab_zone", "--bufs=8192", "--bulk=512",
            "--occupancy=0,95"))
        self.assertEqual((empty["occupancy"], full["occupancy"]), (0, 95))
        self.assertEqual(empty["held"], 512)
        self.assertLess(full["held"], 8192 * 0.05)

    def test_only_pages_have_an_occupancy(self):
        entry, = self.assert_succeeds(quick("--pattern=local-single", "--pools=labyrinth",
                                            "--occupancy=50"))
        self.assertEqual(entry["occupancy"], 0)

    def test_too_few_pages(self):
        result = quick("--pattern=page-order-0", "--pools=lab_zone", "--bufs=511")
        self.assertEqual(self.assert_succeeds(result), [])
        self.assertIn("at least 512 pages", result.report["left_out"][0]["reason"])

    def test_lcores_share_cpus_where_they_must(self):
        cpus = len(os.sched_getaffinity(0))
        if cpus < 2:
            self.skipTest("needs two CPUs")
        entries = self.assert_succeeds(quick("--pattern=page-order-3", "--pools=lab_zone",
                                             "--bufs=65536", f"--lcores=1,2,{4 * cpus}"))
        self.assertEqual({(e["lcores"], e["cpus"]) for e in entries},
                         {(1, 1), (2, 2), (4 * cpus, 2)})


class Mixed(bench.BenchTest):
    def test_mixed(self):
        entries, _ = self.measured(ours_have_moved, "--pattern=page-mixed", "--bufs=65536",
                                   "--rounds=1")
        self.assertEqual({e["occupancy"] for e in entries}, {0, 90})
        for entry in entries:
            self.assertEqual(entry["lost"], 0)

    def test_fragmented(self):
        entries = self.assert_succeeds(bench.run("--pattern=page-fragmented-*", "--slot-ms=2",
                                                 "--rounds=3"))
        self.assertEqual([e["pool"] for e in entries], ["lab_zone", "buddy"] * 3)
        for ours in entries[::2]:
            self.assertEqual((ours["ranked_by"], ours["lost"]), ("largest", 0))
            self.assertLess(ours["largest"]["max"], 1)
            # Claimed: not below the buddy. No figure of time, so noise is no excuse.
            self.assertGreater(ours["ratio"]["buddy"], 0.7, ours)
        mostly_single = entries[2]
        self.assertGreater(mostly_single["largest"]["median"], 0.7)  # 0.92, as the buddy

    def test_fragmented_is_for_one(self):
        result = quick("--pattern=page-fragmented-pages", "--lcores=2", "--bufs=65536")
        self.assertEqual(self.assert_succeeds(result), [])
        self.assertIn("fewer lcores", result.report["left_out"][0]["reason"])

    def test_zeros(self):
        """Requests for zeros find clean pages, all of them. In one round the median is what was
        measured."""
        (entry,), _ = self.measured(
            lambda entries: all((entries[0][key]["min"] or 0) > 0 for key in ("zero_ns", "plain_ns")),
            "--pattern=page-zero", "--rounds=1")
        self.assertEqual((entry["pool"], entry["ranked_by"]), ("lab_page", "zero_ns"))
        self.assertEqual(entry["missed"]["max"], 0)
        self.assertAlmostEqual(entry["extra_ns"]["median"],
                               entry["zero_ns"]["median"] - entry["plain_ns"]["median"],
                               delta=entry["zero_ns"]["median"] * 1e-6)  # nine digits are printed


if __name__ == "__main__":
    bench.main()
