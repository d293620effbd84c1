# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Runs labyrinth-replay for the tests beside this file, and writes the captures they need."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

from filesystem import kind_of
from skips import main

PROGRAM = os.environ["LABYRINTH_REPLAY"]
DEMO = os.environ["LABYRINTH_DEMO"]
CAPTURES = os.environ["LABYRINTH_CAPTURES"]

# Nothing a test does takes longer, however busy the machine is.
TIMEOUT_S = 120

ETHERNET = 1
RAW_IP = 101
PCAPNG_SECTION = 0x0A0D0D0A


class Result:
    """The result of a run: exit status, stdout, stderr and the JSON report (None: there was none)."""

    def __init__(self, status, out, err, report):
        self.status = status
        self.out = out
        self.err = err
        self.report = report


def run(*arguments, cpus=None, stdin=None, command=(PROGRAM,)):
    """One run, without a report: see replay()."""
    pin = (lambda: os.sched_setaffinity(0, cpus)) if cpus else None
    done = subprocess.run([*command, *map(str, arguments)], stdin=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=TIMEOUT_S, preexec_fn=pin,
                          errors="replace", check=False)
    return Result(done.returncode, done.stdout, done.stderr, None)


def replay(*arguments, eal=(), **how):
    """One run with its JSON report; `eal` stands before "--"."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.json")
        words = [*eal, "--"] if eal else []
        result = run(*words, f"--json={path}", *arguments, **how)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                result.report = json.load(file)
        return result


def frame(number, length):
    """Bytes that no other frame of a test has."""
    return bytes((number * 31 + i * 7) & 0xFF for i in range(length))


def tcp(source, destination, payload=b"labyrinth"):
    """A segment from one (host, port) to another, as far as a flow is known by it."""
    ends = [(bytes((2, 0, 0, 0, 0, host)), bytes((10, 0, 0, host))) for host, _ in
            (source, destination)]
    segment = struct.pack(">HHIIHHHH", source[1], destination[1], 0, 0, 0x5010, 0, 0, 0)
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment + payload), 0, 0, 64, 6, 0)
    return (ends[1][0] + ends[0][0] + b"\x08\0" + header + ends[0][1] + ends[1][1] + segment +
            payload)


def pcap_header(link=ETHERNET, order="<", nanoseconds=False, snaplen=262144):
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    return struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link)


def pcap_record(data, seconds=0, fraction=0, order="<", original=None):
    wire = len(data) if original is None else original
    return struct.pack(order + "IIII", seconds, fraction, len(data), wire) + data


def pcap(frames, gap_us=1000, **kind):
    """A capture of these frames, gap_us apart."""
    order = kind.get("order", "<")
    unit = 1000 if kind.get("nanoseconds") else 1
    records = [pcap_record(data, i * gap_us // 1000000, i * gap_us % 1000000 * unit, order)
               for i, data in enumerate(frames)]
    return pcap_header(**kind) + b"".join(records)


def pcapng_block(kind, body):
    length = 12 + len(body)
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def pcapng(frames, links=(ETHERNET,)):
    """A pcapng file with an interface for each link type; the frames go round them."""
    blocks = [pcapng_block(PCAPNG_SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    blocks += [pcapng_block(1, struct.pack("<HHI", link, 0, 0)) for link in links]
    for i, data in enumerate(frames):
        head = struct.pack("<IIIII", i % len(links), 0, i, len(data), len(data))
        blocks.append(pcapng_block(6, head + data + b"\0" * (-len(data) % 4)))
    return b"".join(blocks)


def hierarchy(controller, mounts):
    """Where groups with this controller are made, and how its files name a limit there: in the one
    hierarchy of version 2, or in the controller's own of version 1. None where neither can be."""
    if kind_of("/sys/fs/cgroup") == "cgroup2fs":
        with open("/sys/fs/cgroup/cgroup.subtree_control", encoding="ascii") as control:
            if controller in control.read().split():
                return "/sys/fs/cgroup", "max"
    place = f"/sys/fs/cgroup/{controller}"
    # Below a hierarchy of version 2 a group of anybody's may have this name.
    if kind_of(place) != "cgroupfs":
        place = mounts.enter_context(tempfile.TemporaryDirectory())
        mount = ["mount", "-t", "cgroup", "-o", controller, "none", place]
        if subprocess.run(mount, stderr=subprocess.DEVNULL, check=False).returncode != 0:
            return None
        mounts.callback(subprocess.run, ["umount", place], check=True)
    return place, "limit_in_bytes"


def remove_group(group):
    """A process that has just ended is in it for a moment longer."""
    for _ in range(100):
        with contextlib.suppress(OSError):
            return os.rmdir(group)
        time.sleep(0.05)
    return os.rmdir(group)


def heed_signals():
    """Also where the tests are run by nohup(1), or in the background of a script."""
    for number in signal.SIGINT, signal.SIGQUIT, signal.SIGHUP:
        signal.signal(number, signal.SIG_DFL)


def wait_until(condition, what):
    """However busy the machine is."""
    end = time.monotonic() + TIMEOUT_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.01)


def wait_until_taken(pipe):
    """Until all that was written to a pipe has been read by its other end."""
    def is_empty():
        return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0] == 0

    wait_until(is_empty, "what is in the pipe is not read")


@contextlib.contextmanager
def limited(controller, resource, limit):
    """The command that runs the program in a control group with a limit, as a container does; None
    where no such group can be made."""
    with contextlib.ExitStack() as undo:
        found = hierarchy(controller, undo) if os.geteuid() == 0 else None
        if found is None:
            yield None
            return
        group = f"{found[0]}/labyrinth-test-{os.getpid()}"
        os.mkdir(group)
        undo.callback(remove_group, group)
        name = "max" if resource == "pids" else found[1]  # in both versions
        with open(f"{group}/{resource}.{name}", "w", encoding="ascii") as file:
            file.write(str(limit))
        yield "sh", "-c", 'echo $$ >"$0" && exec "$@"', f"{group}/cgroup.procs", PROGRAM


class ReplayTest(unittest.TestCase):
    """A test with a folder of its own and the checks that every run must pass."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def assert_adds_up(self, report):
        """One pass: every frame read was replayed or refused, and what went in came out."""
        self.assertEqual(report["frames_read"],
                         report["frames_replayed"] + sum(report["frames_refused"].values()))
        self.assert_whole(report)

    def assert_whole(self, report):
        self.assertEqual(report["rx_packets"], report["frames_replayed"])
        self.assertEqual(report["rx_bytes"], report["bytes_replayed"])
        self.assertEqual(sum(report["rx_queue_packets"]), report["rx_packets"])
        self.assertEqual(report["corrupted"], 0)
        self.assertEqual(report["leaked"], 0)

    def assert_succeeds(self, *arguments, **how):
        result = replay(*arguments, **how)
        self.assertEqual(result.status, 0, result.err)
        return result.report

    def run_until_progress(self, *arguments, command=(PROGRAM,), stdin=None,
                           progress=r"[1-9]\d* frames +\d+\.\d+ Mpps"):
        """Starts a run on a terminal and returns it when it shows that frames have passed."""
        terminal, side = pty.openpty()
        self.addCleanup(os.close, terminal)
        process = subprocess.Popen([*command, *arguments], stdin=stdin, stdout=subprocess.PIPE,
                                   stderr=side, text=True, preexec_fn=heed_signals)
        os.close(side)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        shown, deadline = "", time.monotonic() + TIMEOUT_S
        while not re.search(progress, shown):
            self.assertLess(time.monotonic(), deadline, shown)
            if select.select([terminal], [], [], 1)[0]:
                shown += os.read(terminal, 4096).decode()
        return process

    def assert_planned(self, seconds, *arguments):
        """The last frame is due so long after the first, and no frame is early. How late the last
        one is, is a matter of who else needs the CPUs."""
        report = self.assert_succeeds(*arguments)
        self.assertAlmostEqual(report["planned_s"], seconds, 6)
        self.assertGreaterEqual(report["duration_s"], report["planned_s"])
        self.assertLessEqual(report["rate_reached"], report["rate_asked"])
        return report

    def assert_fails(self, status, message, *arguments, **how):
        """Ends with this status and one sentence that holds this message."""
        result = replay(*arguments, **how)
        self.assertEqual(result.status, status, result.err)
        self.assertIn(message, result.err)
        self.assertTrue(result.err.splitlines()[-1].startswith("labyrinth-replay: "), result.err)
        return result
