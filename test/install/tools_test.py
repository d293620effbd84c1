# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Every tool that is installed answers, names what was mistyped, and leaves nothing behind."""

import glob
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from skips import main

BUILD = os.environ["LABYRINTH_BUILD"]
MESON = os.environ["LABYRINTH_MESON"]
DEMO = os.path.join(os.environ["LABYRINTH_SOURCE"], "doc", "demo", "demo.pcap")

# Command lines that are understood, and cannot be done.
HOPELESS = {
    "labyrinth-replay": [
        ["/no/such/capture.pcap"],
        ["/dev/null"],
        ["--json=/no/such/folder/report.json", DEMO],
        ["--pool=no_such_pool", DEMO],
        ["--no-such-eal-option", "--", DEMO],
        ["--total-num-mbufs=2000000000", DEMO],
    ],
    "labyrinth-bench": [
        ["--pools=no_such_pool", "--pattern=local-bulk"],
        ["--json=/no/such/folder/report.json", "--pattern=local-bulk"],
        ["--no-such-eal-option", "--", "--pattern=local-bulk"],
        ["--bufs=2000000000", "--pattern=local-bulk"],
    ],
    "labyrinth-plot": [
        ["/no/such/run.json", "-o", "run.png"],
        [DEMO, "-o", "run.png"],
        ["/dev/null", "-o", "run.txt"],
    ],
    "labyrinth-doctor": [["--root=/no/such/machine"]],
}


def places():
    """Where DPDK programs leave objects: their directories, and hugetlbfs."""
    yield from ("/var/run/dpdk", "/tmp/dpdk", "/dev/shm")
    yield os.path.join(os.environ.get("XDG_RUNTIME_DIR", "/tmp"), "dpdk")
    for line in pathlib.Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        if line.split()[2] == "hugetlbfs":
            yield line.split()[1]


def found():
    return {path for place in places() for path in glob.glob(f"{place}/*")}


class ToolsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not MESON:
            raise unittest.SkipTest("no meson command here")
        folder = tempfile.mkdtemp(prefix="labyrinth-tools-")
        cls.addClassCleanup(shutil.rmtree, folder)
        done = subprocess.run([MESON, "install", "--no-rebuild", "-C", BUILD, "--destdir", folder],
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.tools = sorted(pathlib.Path(folder).glob("**/bin/labyrinth-*"))
        cls.libraries = str(next(pathlib.Path(folder).glob("**/liblabyrinth.so")).parent)

    def run_tool(self, tool, *words):
        """Returns exit status, stdout and stderr of a run in an empty folder, which stays empty;
        nothing else may be left that bears the number of its process, and was not there before."""
        before = found()
        with tempfile.TemporaryDirectory() as folder:
            with subprocess.Popen([tool, *words], cwd=folder, text=True, errors="replace",
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE,
                                  env={**os.environ, "LD_LIBRARY_PATH": self.libraries}) as process:
                out, err = process.communicate(timeout=60)
            self.assertEqual(os.listdir(folder), [], (tool.name, words))
        left = {path for path in found() - before
                if re.search(rf"(?<!\d){process.pid}(?!\d)", os.path.basename(path))}
        self.assertEqual(left, set(), (tool.name, words))
        return process.returncode, out, err

    def test_all_are_here(self):
        self.assertLessEqual(set(HOPELESS), {tool.name for tool in self.tools})

    def test_the_plugin_is_that_of_the_same_installation(self):
        replay = next(tool for tool in self.tools if tool.name == "labyrinth-replay")
        status, out, err = self.run_tool(replay, DEMO)
        self.assertEqual(status, 0, err)
        self.assertIn("Pool labyrinth:", out)

    def test_help(self):
        for tool in self.tools:
            with self.subTest(tool.name):
                status, out, err = self.run_tool(tool, "--help")
                self.assertEqual((status, err), (0, ""))
                for word in f"Usage: {tool.name}", "--help", "--version", "Exit status":
                    self.assertIn(word, out)

    def test_version(self):
        for tool in self.tools:
            with self.subTest(tool.name):
                status, out, err = self.run_tool(tool, "--version")
                self.assertEqual((status, err), (0, ""))
                self.assertRegex(out, rf"^{tool.name} [0-9]+\.[0-9]+\.[0-9]+")
                self.assertEqual(out.count("\n"), 1)

    def test_help_that_cannot_be_written(self):
        for tool in self.tools:
            for word in "--help", "--version":
                with self.subTest(tool=tool.name, word=word), \
                        open("/dev/full", "w", encoding="ascii") as full:
                    done = subprocess.run([tool, word], stdout=full, stderr=subprocess.PIPE,
                                          text=True, timeout=60, check=False,
                                          env={**os.environ, "LD_LIBRARY_PATH": self.libraries})
                    self.assertNotEqual(done.returncode, 0)
                    self.assertIn("No space left on device", done.stderr)
                    self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def completed(self, line):
        """Returns the completions of the end of a line, by the command that bash's file names."""
        files = next(iter(self.tools[0].parents[1].glob("share/bash-completion/completions")))
        tool = line.split()[0]
        done = subprocess.run(["bash", "-c", f". {files / tool} && complete -p {tool}"],
                              capture_output=True, text=True, timeout=60, check=True)
        command = re.search(r"-C '?([a-z-]+)", done.stdout)[1]
        done = subprocess.run([files.parents[2] / "bin" / command], capture_output=True, text=True,
                              timeout=60, check=False,
                              env={**os.environ, "LD_LIBRARY_PATH": self.libraries,
                                   "COMP_LINE": line, "COMP_POINT": str(len(line))})
        self.assertEqual((done.returncode, done.stderr), (0, ""), line)
        return done.stdout.splitlines()

    def test_completion(self):
        for line, words in {
            "labyrinth-replay --fil": ["--filter=", "--files="],
            "labyrinth-replay -l 0 -- --files=me": ["merge "],
            "labyrinth-replay --files=": ["append ", "merge ", "beside "],
            "labyrinth-replay --topsp": ["--topspeed "],
            "labyrinth-replay my.pc": [],
            "labyrinth-doctor --j": ["--json "],
            "labyrinth-stat ho": ["holders "],
            "labyrinth-stat --file-prefix=ho": [],
            "labyrinth-stat holders ho": [],
            "labyrinth-bench --rou": ["--rounds="],
        }.items():
            with self.subTest(line):
                self.assertEqual(self.completed(line), words)

    def test_unknown_option_names_the_nearest(self):
        for tool in self.tools:
            with self.subTest(tool.name):
                status, out, err = self.run_tool(tool, "--verson")
                self.assertNotIn(status, (0, 1))
                self.assertEqual(out, "")
                self.assertIn("--verson", err)
                self.assertIn("--version?", err)
                self.assertEqual(err.count("\n"), 1, err)

    def test_unknown_option_unlike_any(self):
        for tool in self.tools:
            with self.subTest(tool.name):
                status, out, err = self.run_tool(tool, "--xyzzy-plugh")
                self.assertNotIn(status, (0, 1))
                self.assertEqual(out, "")
                self.assertIn("--xyzzy-plugh", err)
                self.assertNotIn("did you mean", err)

    def test_what_cannot_start_says_why_and_leaves_nothing(self):
        for tool in self.tools:
            with self.subTest(tool.name):
                for words in HOPELESS.get(tool.name, []):
                    status, out, err = self.run_tool(tool, *words)
                    self.assertGreater(status, 0, words)  # not by a signal
                    if "--" not in words:  # to which the EAL answers with its own help
                        self.assertEqual(out, "", words)
                    self.assertIn(f"{tool.name}: ", err, words)


if __name__ == "__main__":
    main()
