# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Runs labyrinth-bench for the tests beside this file."""

import json
import math
import os
import subprocess
import tempfile
import unittest

from skips import main

PROGRAM = os.environ["LABYRINTH_BENCH"]

# Nothing a test does takes longer, however busy the machine is.
TIMEOUT_S = 100

# No peers, to be compared with.
OURS = ("labyrinth", "liblabyrinth", "lab_receive", "lab_page", "lab_zone")

# The numbers of a result that say how it was measured.
NUMBERS = ("bulk", "cache", "lcores", "cpus", "held", "drift", "bufs", "occupancy", "rounds",
           "lru_bytes",
           "samples", "undisturbed", "slot_us")


class Result:
    """The result of a run: exit status, stdout, stderr and the JSON report (None: there was none)."""

    def __init__(self, status, out, err, report):
        self.status = status
        self.out = out
        self.err = err
        self.report = report


def run(*arguments, eal=(), cpus=None, env=None):
    """One run with its JSON report, if it comes to that; `eal` stands before "--"."""
    pin = (lambda: os.sched_setaffinity(0, cpus)) if cpus else None
    words = [*eal, "--"] if eal else []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.json")
        done = subprocess.run([PROGRAM, *words, *map(str, arguments), f"--json={path}"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=TIMEOUT_S, preexec_fn=pin, check=False,
                              env={**os.environ, **(env or {})})
        report = None
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                report = json.load(file)
        return Result(done.returncode, done.stdout, done.stderr, report)


def quick(*arguments, **how):
    """The shortest of runs: what is measured does not matter."""
    return run("--slot-ms=2", "--rounds=1", *arguments, **how)


def all_have_moved(entries):
    return all((entry["mops"]["min"] or 0) > 0 for entry in entries)


def patterns():
    done = subprocess.run([PROGRAM, "--list"], stdout=subprocess.PIPE, text=True, check=True,
                          timeout=TIMEOUT_S)
    return [line.split()[0] for line in done.stdout.splitlines()]


class BenchTest(unittest.TestCase):
    def assert_spread(self, spread):
        keys = ("min", "q1", "median", "q3", "max")
        self.assertEqual(set(spread), set(keys))
        known = [spread[key] for key in keys if spread[key] is not None]
        self.assertEqual(known, sorted(known), spread)
        self.assertGreaterEqual(min(known, default=0), 0)

    def assert_line(self, line):
        """The round trip of a cache line; null where it is unknown."""
        if line is not None:
            self.assertGreater(line["q1"], 0)
            self.assertGreater(line["ns"], 0)
            self.assertTrue(line["q1"] <= line["cycles"] <= line["q3"], line)

    def assert_well_formed(self, report):
        """The schema: everything is there, and of its type."""
        self.assertEqual(set(report), {"host", "results", "left_out"})
        for key, kind in {"cpu": str, "cpus": int, "kernel": str, "dpdk": str, "labyrinth": str,
                          "labyrinth_options": str, "memory": str, "date": str, "rounds": int,
                          "slot_ms": int}.items():
            self.assertIsInstance(report["host"][key], kind)
        self.assert_line(report["host"]["line"])
        for result in report["results"]:
            for key in NUMBERS:
                self.assertIsInstance(result[key], int)
            self.assert_line(result["line"])
            self.assertLessEqual(result["undisturbed"], result["samples"])
            if result["default_peer"] is not None:
                peer = result["default_peer"].pop("pool")
                self.assertEqual(peer, "ring_mp_mc")
                self.assertEqual(result["default_peer"], result["ratio_spread"][peer])
            if "mops" in result:  # time was taken
                self.assert_spread(result["mops"])
            self.assertIn(result["ranked_by"], result)
            self.assertNotIn(result["pool"], result["ratio"])
            self.assertEqual(set(result["ratio"]), set(result["ratio_spread"]))
            for peer, spread in result["ratio_spread"].items():
                self.assertIsInstance(peer, str)
                if spread is not None:
                    self.assert_spread(spread)
                    self.assertEqual(spread["median"], result["ratio"][peer])
            if result["best_peer"] is not None:
                peer = result["best_peer"].pop("pool")
                self.assert_spread(result["best_peer"])
                self.assertEqual(result["best_peer"], result["ratio_spread"][peer])
                ratios = {p: math.inf if r is None else r for p, r in result["ratio"].items()}
                self.assertEqual(ratios[peer], min(r for p, r in ratios.items() if p not in OURS))
        for left in report["left_out"]:
            self.assertTrue(left["pattern"] and left["reason"])

    def assert_succeeds(self, result):
        self.assertEqual(result.status, 0, result.err)
        self.assert_well_formed(result.report)
        return result.report["results"]

    def measured(self, enough, *arguments, **how):
        """The results of the first of ever longer runs in which enough happened: on a busy machine an
        lcore may not be let on its CPU for a whole turn."""
        for slot_ms in 5, 50, 500, 5000:
            result = run(f"--slot-ms={slot_ms}", *arguments, **how)
            entries = self.assert_succeeds(result)
            if enough(entries):
                return entries, result
        return self.fail(f"{arguments}: {result.out}{result.err}")

    def assert_refuses(self, message, *arguments, **how):
        """Status 2, and one sentence."""
        result = quick(*arguments, **how)
        self.assertEqual(result.status, 2, result.err)
        self.assertIn(message, result.err)
        self.assertTrue(result.err.splitlines()[-1].startswith("labyrinth-bench: "), result.err)
        self.assertEqual(result.out, "")
        self.assertIsNone(result.report)
        return result


__all__ = ["BenchTest", "PROGRAM", "main", "patterns", "quick", "run"]
