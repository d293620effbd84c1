# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""doc/examples/xsk.c between two pairs of veth interfaces: no frame is lost, the audit names the device
queues that hold frames, and those of a process that is killed come back.

The test runs itself once more, in namespaces of its own (network, mounts, processes): interfaces, the
pool's name and what was started end with it."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

from skips import main

PROGRAM = os.environ.get("LABYRINTH_XSK")
INSIDE = "LABYRINTH_XSK_INSIDE"
NAMESPACES = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
AF_XDP = 44
FRAMES = 4095
RING, BURST = 512, 32  # of the example
TYPE = 0x88b5  # of frames: local experiments
WINDOW = 64  # frames under way in each direction: veth drops what is too much for its queues
PATIENCE = 120  # seconds, which no busy machine needs


def missing():
    """Returns what this needs and is not here, or None."""
    if not PROGRAM:
        return "no libxdp, or a build of the sanitizers"
    if os.geteuid() != 0:
        return "needs root: AF_XDP"
    try:
        socket.socket(AF_XDP, socket.SOCK_RAW, 0).close()
    except OSError as error:
        return f"no AF_XDP socket: {error.strerror}"
    probe = "ip link add probe0 type veth peer name probe1 && mount -t bpf bpf /sys/fs/bpf"
    done = subprocess.run([*NAMESPACES, "sh", "-c", probe], capture_output=True, text=True, check=False)
    return f"no namespaces, veth or BPF: {done.stderr.strip()}" if done.returncode != 0 else None


def make_interfaces():
    pathlib.Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1", encoding="ascii")
    subprocess.run(["mount", "-t", "bpf", "bpf", "/sys/fs/bpf"], check=True)
    for pair in "ab":
        subprocess.run(["ip", "link", "add", f"{pair}0", "type", "veth", "peer", "name", f"{pair}1"],
                       check=True)
        for end in "01":
            subprocess.run(["ip", "link", "set", pair + end, "up"], check=True)


def packets(interface):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(TYPE))
    sock.bind((interface, TYPE))
    sock.settimeout(PATIENCE)
    return sock


def frame(number):
    return b"\xff" * 6 + b"\x02" * 6 + TYPE.to_bytes(2, "big") + number.to_bytes(4, "big") * 16


class Watcher:
    """The example without interfaces: what it says of the pool, once a second."""

    def __init__(self):
        self.process = subprocess.Popen([PROGRAM], stdout=subprocess.PIPE, text=True)
        self.line = self.process.stdout.readline()

    def look(self):
        """How many frames are free, and how many each holder has."""
        free, held = int(re.fullmatch(rf"(\d+) of {FRAMES} free\n", self.line)[1]), {}
        while True:
            self.line = self.process.stdout.readline()
            if not self.line.startswith("  "):
                return free, held
            process, kind, number, count = re.fullmatch(
                r"  process (\d+), (device queue|lcore) (\d+): (\d+)\n", self.line).groups()
            holder = (int(process), kind, int(number))
            held[holder] = held.get(holder, 0) + int(count)

    def wait_for(self, wanted):
        """Until it says what is wanted, at rest; returns whether it did."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.last = self.look()
            if wanted(*self.last):
                return True
        return False


class Inside(unittest.TestCase):
    def start(self):
        process = subprocess.Popen([PROGRAM, "a1", "b1"], stdout=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        return process

    def watch(self):
        watcher = Watcher()
        self.addCleanup(lambda: (watcher.process.kill(), watcher.process.wait(),
                                 watcher.process.stdout.close()))
        return watcher

    def wait_until_filled(self, watcher, process):
        """Both fill rings are full, to a burst, and nobody else holds anything."""
        queues = {(process.pid, "device queue", number) for number in (0, 1)}
        self.assertTrue(watcher.wait_for(
            lambda free, held: set(held) == queues and free + sum(held.values()) == FRAMES and
            all(RING - BURST < count <= RING for count in held.values())), watcher.last)

    def wait_until_whole(self, watcher):
        self.assertTrue(watcher.wait_for(lambda free, held: free == FRAMES and not held), watcher.last)

    def exchange(self, count):
        """Sends `count` frames each way, and none is lost, changed or overtaken by another."""
        with packets("a0") as a, packets("b0") as b:
            ways = [(a, b), (b, a)]
            sent, came = [0, 0], [0, 0]
            while min(came) < count:
                for way, (source, sink) in enumerate(ways):
                    while sent[way] < min(count, came[way] + WINDOW):
                        source.send(frame(sent[way]))
                        sent[way] += 1
                    while came[way] < max(sent[way] - WINDOW // 2, sent[way] // count * count):
                        self.assertEqual(sink.recv(2048), frame(came[way]))
                        came[way] += 1

    def test_frames_and_holders(self):
        make_interfaces()
        watcher = self.watch()
        first = self.start()
        self.wait_until_filled(watcher, first)
        self.exchange(50000)
        self.wait_until_filled(watcher, first)

        with packets("a0") as sender:
            for number in range(WINDOW):  # killed with frames in its rings and in its hands
                sender.send(frame(number))
        first.kill()
        first.wait()
        self.wait_until_whole(watcher)

        second = self.start()
        self.wait_until_filled(watcher, second)
        self.exchange(500)
        second.send_signal(signal.SIGTERM)
        self.assertEqual(second.wait(PATIENCE), 0)
        self.wait_until_whole(watcher)
        watcher.process.send_signal(signal.SIGTERM)
        self.assertEqual(watcher.process.wait(PATIENCE), 0)


class Xsk(unittest.TestCase):
    def test_in_namespaces(self):
        reason = missing()
        if reason:
            self.skipTest(reason)
        done = subprocess.run([*NAMESPACES, sys.executable, "-B", __file__, "Inside"], text=True,
                              env={**os.environ, INSIDE: "1"}, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    if INSIDE not in os.environ:
        del Inside
    main()
