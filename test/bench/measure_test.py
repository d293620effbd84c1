# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""config/measure, config/performance-doc and config/plots: from a measurement to the documents, as
short as can be."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import bench

ROOT = pathlib.Path(os.environ["LABYRINTH_COMPARE"]).parent.parent
TIMEOUT_S = 300  # all measurements in a row
DOCUMENTS = ("doc/performance.md", "doc/performance-limits.md", "doc/performance-pages.md",
             "README.md")
# Of parts whose reports look the same, one will do.
ALIKE = {"testpmd-cached": "testpmd-bare", "testpmd-cacheless": "testpmd-bare",
         "testpmd-crowd": "testpmd-bare", "circulate": "touched"}
BLOCK = re.compile(r"<!-- begin ([\w-]+) -->(.*?)<!-- end \1 -->", re.DOTALL)


def run(script, *arguments):
    done = subprocess.run([ROOT / "config" / script, *map(str, arguments)], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT_S)
    return done.returncode, done.stdout, done.stderr


def blocks(path):
    return dict(BLOCK.findall(path.read_text(encoding="utf-8")))


class Measure(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name, "results")
        if len(os.sched_getaffinity(0)) < 2 or shutil.which("dpdk-testpmd") is None:
            raise unittest.SkipTest("needs two CPUs and dpdk-testpmd")
        if pathlib.Path(bench.PROGRAM).parts[-4] != "release":
            raise unittest.SkipTest("what is measured is build/release")
        cls.parts = [line.split()[0] for line in run("measure", "--list")[1].splitlines()]
        short = [part for part in cls.parts if part not in ALIKE]
        cls.status, cls.out, cls.err = run("measure", "--quick", cls.folder, *short)
        for part, other in ALIKE.items():
            if (cls.folder / f"{other}.json").exists():
                shutil.copy(cls.folder / f"{other}.json", cls.folder / f"{part}.json")

    def copies(self):
        for document in DOCUMENTS:
            yield pathlib.Path(shutil.copy(ROOT / document, self.temporary.name))

    def test_every_part_is_there_with_its_command(self):
        self.assertEqual(self.status, 0, self.err)
        for part in self.parts:
            report = json.loads((self.folder / f"{part}.json").read_text(encoding="utf-8"))
            self.assertTrue(report["results"], part)
            self.assertIn("--p", report["command"])
            self.assertEqual(report["left_out"], [])

    def test_tables(self):
        for copy in self.copies():
            before = blocks(copy)
            status, _, err = run("performance-doc", self.folder, copy)
            self.assertEqual((status, err), (0, ""))
            after = blocks(copy)
            self.assertEqual(set(before), set(after))
            for name, text in after.items():
                with self.subTest(name):
                    # How much of it was not measured, because two lcores did not meet once in so
                    # short a turn, depends on the machine.
                    self.assertRegex(text, r"\d|∞|not measured")
                    widths = {line.count("|") for line in text.splitlines() if "|" in line}
                    self.assertLessEqual(len(widths), 1)
        self.assertIn("8191 buffers |", after.get("touched", "8191 buffers |"))

    def test_what_is_missing_stays(self):
        copy = pathlib.Path(self.temporary.name, "partial.md")
        copy.write_text("<!-- begin range-shared -->7<!-- end range-shared -->"
                        "<!-- begin pages -->old<!-- end pages -->")
        partial = pathlib.Path(self.temporary.name, "partial")
        partial.mkdir()
        shutil.copy(self.folder / "mempools.json", partial)
        status, _, err = run("performance-doc", partial, copy)
        self.assertEqual(status, 0)
        self.assertIn("pages stays as it is: pages.json is missing: config/measure", err)
        self.assertEqual(blocks(copy)["pages"], "old")
        self.assertNotEqual(blocks(copy)["range-shared"], "7")

    def test_unknown_block(self):
        copy = pathlib.Path(self.temporary.name, "unknown.md")
        text = "<!-- begin nonsense -->1<!-- end nonsense -->"
        copy.write_text(text)
        status, _, err = run("performance-doc", self.folder, copy)
        self.assertEqual(status, 1)
        self.assertIn("what is nonsense? There are: machine,", err)
        self.assertEqual(copy.read_text(), text)

    def test_plots(self):
        if shutil.which("gnuplot") is None:
            self.skipTest("no gnuplot here: apt install gnuplot-nox")
        output = pathlib.Path(self.temporary.name, "plots")
        status, _, err = run("plots", self.folder, output)
        self.assertEqual((status, err), (0, ""))
        drawn = {path.name: path.read_text(encoding="utf-8") for path in output.iterdir()}
        shown = set(re.findall(r"\(plots/([\w.-]+)\)",
                               "".join((ROOT / document).read_text(encoding="utf-8")
                                       for document in DOCUMENTS)))
        self.assertEqual(set(drawn), shown)
        for name, text in drawn.items():
            self.assertIn("SPDX-License-Identifier: BSD-3-Clause", text)
            self.assertRegex(text, "labyrinth|lab_zone", name)
            self.assertLess(text.count("\n"), 600)
            self.assertRegex(text, r"20\d\d-\d\d-\d\d \d\d:\d\d UTC", name)
        for name in "mempools.svg", "touched.svg", "testpmd.svg":
            self.assertRegex(drawn[name], "times the speed of ring_mp_mc", name)
        for name in "worst.svg", "pages.svg":
            self.assertRegex(drawn[name], r"\b10+ (ns|µs|ms)|\b1 (µs|ms|s)\b", name)


class WrongUsage(unittest.TestCase):
    def test_nothing_measured(self):
        with tempfile.TemporaryDirectory() as folder:
            for script in "performance-doc", "plots":
                status, _, err = run(script, folder)
                self.assertEqual(status, 1)
                self.assertIn(f"there are no measurements: config/measure {folder}", err)

    def test_wrong_words(self):
        self.assertEqual(run("measure")[0], 2)
        self.assertIn("no such part: nonsense", run("measure", "/nowhere", "nonsense")[2])
        self.assertEqual(run("performance-doc")[0], 2)
        self.assertEqual(run("plots")[0], 2)


if __name__ == "__main__":
    bench.main()
