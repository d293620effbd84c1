# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Two ports, of which one has what clients ask, and the other what servers answer."""

import os
import shutil
import struct
import subprocess

import replay
from ports_test import DEMO_FRAMES, Ports, needs
from replay import DEMO, frame, pcap, pcap_header, pcap_record, tcp


def records(path):
    """The frames of a pcap file."""
    with open(path, "rb") as file:
        content = file.read()[24:]
    frames = []
    while content:
        length = struct.unpack("<I", content[8:12])[0]
        frames.append(content[16:16 + length])
        content = content[16 + length:]
    return frames


def with_flags(segment, flags):
    """A segment of TCP with these flags."""
    return segment[:14 + 20 + 13] + bytes((flags,)) + segment[14 + 20 + 14:]


@needs("net_pcap")
class Two(Ports):
    """Requests of clients go out on one port, and the answers of servers on the other, in order."""

    CLIENT, SERVER, OTHER = (1, 4711), (2, 80), (3, 99)

    def cache(self, firsts, unsent=()):
        """A cache file as tcpprep writes it: which frames go out on the first port."""
        comment, bits = b"made by hand", bytearray((len(firsts) + 3) // 4)
        for i, first in enumerate(firsts):
            if i not in unsent:
                bits[i // 4] |= (2 | first) << i % 4 * 2
        return self.file("frames.cache", b"tcpprep\0" + b"04\0\0" + struct.pack(
            ">QHH", len(firsts), 4, len(comment)) + comment + bits)

    def sent(self, *arguments):
        """The frames that each port has sent, and the report."""
        paths = [os.path.join(self.folder, f"sent{i}.pcap") for i in range(2)]
        report = self.assert_succeeds(
            "--port=net_pcap0", "--port2=net_pcap1", "--rx-port=none", *arguments,
            eal=[f"--vdev=net_pcap{i},tx_pcap={path}" for i, path in enumerate(paths)])
        self.assertEqual((report["port"]["tx"], report["port"]["tx2"]), ("net_pcap0", "net_pcap1"))
        return [records(path) for path in paths], report

    def test_by_the_first_syn(self):
        """Also where the server was heard first; otherwise by who begins."""
        asks, answers = tcp(self.CLIENT, self.SERVER, b"ask"), tcp(self.SERVER, self.CLIENT, b"ok")
        syn = with_flags(asks, 0x02)
        begins, goes_on = tcp(self.OTHER, self.SERVER), tcp(self.SERVER, self.OTHER)
        arp = frame(1, 60)
        capture = self.file("syn.pcap", pcap([answers, syn, with_flags(answers, 0x12), asks, begins,
                                              goes_on, arp, answers]))
        (first, second), report = self.sent("--loop=3", capture)
        self.assertEqual(first, 3 * [syn, asks, begins, arp])
        self.assertEqual(second, 3 * [answers, with_flags(answers, 0x12), goes_on, answers])
        self.assert_accounts(report, 3)

    def test_by_a_cache_file(self):
        frames = [frame(i, 60 + i) for i in range(10)]
        capture = self.file("ten.pcap", pcap(frames))
        firsts = [i in (0, 3, 4, 9) for i in range(10)]
        (first, second), report = self.sent("-c", self.cache(firsts, unsent=(4, 8)), capture)
        self.assertEqual((first, second), ([frames[i] for i in (0, 3, 9)],
                                           [frames[i] for i in (1, 2, 5, 6, 7)]))
        self.assertEqual(report["frames_refused"], {"not_sent": 2})
        # The numbers are those of the capture, whatever is chosen of it.
        (first, second), _ = self.sent("-c", self.cache(firsts), "--exclude=1-3", capture)
        self.assertEqual((first, len(second)), ([frames[i] for i in (3, 4, 9)], 4))

    def test_as_tcpprep_writes_it(self):
        tcpprep = shutil.which("tcpprep")
        if tcpprep is None:
            self.skipTest("tcpprep is not installed (apt install tcpreplay)")
        path = os.path.join(self.folder, "made.cache")
        subprocess.run([tcpprep, "--auto=first", f"--pcap={DEMO}", f"--cachefile={path}"],
                       check=True)
        told = subprocess.run([tcpprep, f"--print-info={path}"], stdout=subprocess.PIPE, text=True,
                              check=True).stdout
        ways = [line.split()[-1] for line in told.splitlines() if line.startswith("Packet")]
        self.assertEqual(len(ways), DEMO_FRAMES)
        both = list(zip(ways, records(DEMO)))
        sides, _ = self.sent("-c", path, "--mbuf-size=10000", "-f", "len < 1500", DEMO)
        for side, kind in zip(sides, ("Primary", "Secondary")):
            self.assertEqual(side, [data for way, data in both if way == kind and len(data) < 1500])

    def test_two_files(self):
        """By the times of their frames."""
        captures = [pcap_header() + b"".join(pcap_record(frame(i, 60 + i), i) for i in seconds)
                    for seconds in ((1, 3, 5), (2, 4, 6))]
        paths = [self.file(f"{i}.pcap", capture) for i, capture in enumerate(captures)]
        (first, second), _ = self.sent("--dualfile", "--limit=5", *paths)
        self.assertEqual((first, second), ([frame(i, 60 + i) for i in (1, 3, 5)],
                                           [frame(i, 60 + i) for i in (2, 4)]))

    def test_sentences(self):
        ports = "--port=net_pcap0", "--port2=net_pcap1"
        for status, message, *arguments in (
                (1, "--cachefile=none: No such file", *ports, "-c", "none", DEMO),
                (1, "is no cache file of tcpprep's", *ports, "-c", DEMO, DEMO),
                (1, "ends too early", *ports, "-c", self.file("short", b"tcpprep\0" + b"04\0\0" +
                                                              struct.pack(">QHH", 99, 4, 0)), DEMO),
                (2, "knows 4 frames", *ports, "-c", self.cache([1] * 4), DEMO),
                (2, "is the first port", ports[0], "--port2=net_pcap0", DEMO),
                (2, "--port2=net_pcap1: needs a --port", ports[1], DEMO),
                (2, "--intf2=lab1: needs an --intf1", "-I", "lab1", DEMO),
                (2, "--intf1 and --port exclude each other", "-i", "lab1", ports[0], DEMO),
                (2, "--intf2 and --port2 exclude", "-i", "lab1", "-I", "lab2", ports[1], DEMO),
                (2, "one lcore sends on both ports", *ports, "--rxq=2", DEMO),
                (2, "with two ports, both or none", *ports, "--rx-port=net_pcap0", DEMO),
                (2, "--rx-port=both is for two ports", ports[0], "--rx-port=both", DEMO),
                (2, "--cachefile is for two ports", ports[0], "-c", "x", DEMO),
                (2, "--cachefile is made of one capture", *ports, "-c", "x", DEMO, DEMO),
                (2, "--dualfile needs two captures", *ports, "--dualfile", DEMO),
                (2, "exclude each other", *ports, "--dualfile", "-c", "x", DEMO, DEMO),
                (2, "--files=beside is for queues", *ports, "--files=beside", DEMO),
                (2, "--stream is for the receive path of our own: leave out --intf1=lab0",
                 "-i", "lab0", "--stream", DEMO)):
            with self.subTest(message):
                self.assert_fails(status, message, *arguments, eal=[
                    f"--vdev=net_pcap{i},tx_pcap={self.folder}/{i}" for i in range(2)])


if __name__ == "__main__":
    replay.main()
