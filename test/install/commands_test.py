# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The commands of README and of the guide do what they say, from an installed tree.

The files that `meson install` has put into a directory of the test's own lie over the machine's own, in a
mount and a network namespace that end with the command; so paths are those of an installation."""

import lzma
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from install_test import BUILD, MESON, SOURCE, Installation
from skips import main

DOCUMENTS = ("README.md", "doc/ports.md", "doc/mbufs.md", "doc/audit.md", *sorted(
    str(path.relative_to(SOURCE)) for path in SOURCE.glob("doc/guide/*.md")))
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.M | re.S)
CELL = re.compile(r"^\|[^|]*\| `((?:labyrinth|dpdk)-[^`]*)` \|", re.M)

# Commands that are not run here: how they begin, and why.
ELSEWHERE = {
    "make ": "builds, or installs, or tests",
    "cc ": "documents_test.py compiles it",
    "dpdk-devbind.py": "needs a NIC",
    "config/": "is tested where it belongs",
    "build/release/app": "is what is not installed",
    'eal="--no-huge': "the same",
    "LABYRINTH_OPTIONS=audit=full:reclaim=auto config/testpmd": "goes on until it is ended",
    "LABYRINTH_OPTIONS=audit=off:control=on my-program": "test/dpdk/test_control.py runs it",
    "d=/var/lib/prometheus": "needs node_exporter's folder",
    "# Whose gets fail": "test/dpdk/test_probes.py runs it",
    "labyrinth-stat": "asks a program: see below",
    "labyrinth-bench": "measures for minutes",
}
# The wire between two ports, for commands that begin so.
WIRES = {"labyrinth-replay -i lab0": "ip link add lab0 type veth peer name lab1\n"
                                     "ip link set lab0 up\nip link set lab1 up\n"}
# A command that makes an interface takes it away: none stands there that did not before.
NAMES = "names() { ip -o link show | cut -d: -f2; }; before=$(names)"
LEFT = '[ "$before" = "$(names)" ] || { echo left over: $(names) >&2; exit 99; }'
# Those that end with another status, and say why.
STATUS = {"--exhaust --reserve=600 --pps=500": 1}

# The installed files over the machine's own; DPDK's sockets where nobody else has some.
PLACE = """
set -e
for place in {places}; do
    mount -t overlay -o lowerdir={folder}$place:$place overlay $place
done
mount -t tmpfs none /run
ip link set lo up
cd {work}
export LD_LIBRARY_PATH={libraries}
set +e
"""


def commands():
    for name in DOCUMENTS:
        text = (SOURCE / name).read_text(encoding="utf-8")
        for command in [*BLOCK.findall(text), *CELL.findall(text)]:
            yield name, re.sub(r"\\\n *", "", command.replace("\n   ", "\n")).strip()


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not MESON:
            raise unittest.SkipTest("no meson command here")
        cls.folder = tempfile.mkdtemp(prefix="labyrinth-commands-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        place = Installation(cls.folder)
        plugins = next(pathlib.Path(cls.folder).glob("**/librte_mempool_labyrinth.so"), None)
        if plugins is None:
            raise unittest.SkipTest("the driver is not installed: there is no DPDK")
        cls.work = pathlib.Path(cls.folder, "work")
        cls.work.mkdir()
        places = [str(path)[len(cls.folder):] for path in (place.prefix, plugins.parent)]
        cls.place = PLACE.format(places=" ".join(places), folder=cls.folder, work=cls.work,
                                 libraries=str(place.libraries)[len(cls.folder):])
        done = cls.shell("labyrinth-stat --version")
        if done.returncode != 0:
            raise unittest.SkipTest(f"no namespaces or overlays here: {done.stderr.strip()}")

    @classmethod
    def shell(cls, script):
        """In namespaces of its own, which end with it, and all of its processes with them."""
        shutil.copy(SOURCE / "doc/demo/demo.pcap", cls.work / "my.pcap")
        (cls.work / "my.pcap.xz").write_bytes(lzma.compress((cls.work / "my.pcap").read_bytes()))
        with subprocess.Popen(["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child",
                               "--mount-proc",
                               "bash", "-c", f"{cls.place}\n{script}"], text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as started:
            try:
                out, err = started.communicate(timeout=600)
            except subprocess.TimeoutExpired:
                os.killpg(started.pid, signal.SIGKILL)
                raise
            return subprocess.CompletedProcess(script, started.returncode, out, err)

    def test_all_of_them(self):
        tried = set()
        for name, command in commands():
            if command in tried or any(command.startswith(begin) for begin in ELSEWHERE):
                continue
            tried.add(command)
            expected = next((status for part, status in STATUS.items() if part in command), 0)
            shorter = command.replace("--duration=10", "--duration=1").replace("--loop=100", "--loop=10")
            wires = next((made for begin, made in WIRES.items() if command.startswith(begin)), "")
            done = self.shell(f"set -e\n{wires}{NAMES}\n{shorter}\n{LEFT}")
            with self.subTest(f"{name}: {command}"):
                self.assertEqual(done.returncode, expected, done.stdout[-2000:] + done.stderr[-2000:])
        self.assertGreaterEqual(len(tried), 8, tried)

    def test_those_that_ask_a_program(self):
        """One that has a mempool `packets`, and waits until it is ended with its namespace."""
        if not pathlib.Path(BUILD, "test/dpdk/leaky").exists():
            self.skipTest("test/dpdk/leaky is not built")
        questions = ["list", "info packets", "holders packets", "where packets", "--json list"]
        done = self.shell(f"""
            {BUILD}/test/dpdk/leaky --no-pci -l 0 --no-huge -m 64 --mbuf-pool-ops-name=labyrinth \\
                -- none 1 < <(sleep 600) >log 2>&1 &
            until labyrinth-stat where packets 2>error | grep -q '8191 objects'; do
                kill -0 $! || {{ cat log error; exit 1; }}
                sleep 0.1
            done
            """ + "".join(f"labyrinth-stat {question} || exit 1\n" for question in questions))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertGreaterEqual(done.stdout.count("packets"), 3)
        self.assertGreaterEqual(done.stdout.count("8191"), len(questions))


if __name__ == "__main__":
    main()
