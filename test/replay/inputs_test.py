# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Input of every kind comes to a clear end."""

import json
import os
import random
import re
import shutil
import struct
import subprocess
import unittest

import replay
from replay import frame, pcap, pcap_header, pcap_record, pcapng, pcapng_block

NOT_A_CAPTURE = "not a capture"


class Unreadable(replay.ReplayTest):
    """Status 1, one sentence that names the file, and nothing is replayed."""

    def refuses(self, message, path):
        result = self.assert_fails(1, message, path)
        self.assertIn(path, result.err)
        self.assertIsNone(result.report)

    def test_no_such_file(self):
        self.refuses("No such file or directory", os.path.join(self.folder, "none.pcap"))

    def test_empty_file(self):
        self.refuses("is an empty file", self.file("empty.pcap", b""))

    def test_directory(self):
        self.refuses("is a directory", self.folder)

    def test_random_bytes(self):
        noise = random.Random(1).randbytes(4096)
        self.refuses(NOT_A_CAPTURE, self.file("noise.pcap", noise))

    def test_text(self):
        self.refuses(NOT_A_CAPTURE, self.file("notes.pcap", b"This is not a capture.\n" * 10))

    def test_cut_in_the_file_header(self):
        for length in (1, 3, 4, 10, 23):
            with self.subTest(length):
                self.refuses(NOT_A_CAPTURE, self.file("cut.pcap", pcap_header()[:length]))

    def test_cut_in_the_pcapng_header(self):
        self.refuses(NOT_A_CAPTURE, self.file("cut.pcapng", pcapng([])[:20]))

    def test_no_permission(self):
        path = self.file("secret.pcap", pcap([frame(1, 60)]))
        os.chmod(path, 0)
        os.chmod(self.folder, 0o755)
        user = 65534 if os.geteuid() == 0 else None
        try:
            done = subprocess.run([replay.PROGRAM, path], user=user, stderr=subprocess.PIPE,
                                  text=True, timeout=replay.TIMEOUT_S, check=False)
        except PermissionError:
            self.skipTest("user 65534 may not run the program where it lies")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path}: Permission denied", done.stderr)

    def test_one_bad_file_among_good_ones(self):
        good = self.file("good.pcap", pcap([frame(1, 60)]))
        self.assert_fails(1, "No such file", good, os.path.join(self.folder, "none.pcap"))

    def test_larger_than_memory(self):
        path = self.file("vast.pcap", pcap([frame(1, 60)]))
        try:
            os.truncate(path, 1 << 40)
        except OSError as error:
            self.skipTest(f"no sparse file of 1 TiB here: {error}")
        self.refuses("preloading needs about 1048576 MiB of memory", path)


class Remedy(replay.ReplayTest):
    """A file that libpcap does not read is named, with the command that makes a capture of it: the
    command that was printed is run as it stands."""

    def assert_fixed(self, n, kind, path):
        result = self.assert_fails(1, kind, path)
        self.assertIn("`", result.err)
        command = result.err.split("`")[1]
        tools = [part.split()[0] for part in command.split("|")]
        for tool in tools[:1] + tools[1:-1]:
            if shutil.which(tool) is None:
                self.skipTest(f"{tool} is not installed")
        report = os.path.join(self.folder, "fixed.json")
        if tools[-1] == "labyrinth-replay":
            command = command.replace("labyrinth-replay", f"{replay.PROGRAM} --json={report}")
        else:
            command += f" && {replay.PROGRAM} --json={report} converted.pcap"
        done = subprocess.run(command, shell=True, cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=replay.TIMEOUT_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(report, encoding="utf-8") as file:
            self.assertEqual(json.load(file)["frames_read"], n)

    def packed(self, tool, content):
        return subprocess.run([tool, "-c"], input=content, stdout=subprocess.PIPE, check=True).stdout

    def unpacks(self):
        """The ways of compression that the program unpacks, and that there are tools for here."""
        said = re.search("perhaps compressed by (.*), by content", replay.run("--help").out)
        known = said[1].split(" and ") if said else []
        return [tool for tool in known if shutil.which(tool)]

    def test_unpacked(self):
        content = pcap([frame(i, 60 + i) for i in range(500)])
        for tool in self.unpacks():
            packed = self.packed(tool, content)
            two = self.packed(tool, content[:7000]) + self.packed(tool, content[7000:])
            for name, bytes_ in ("one", packed), ("two", two):
                with self.subTest(tool, pieces=name):
                    path = self.file(name, bytes_)
                    for arguments in (path,), ("--stream", "--loop=3", path):
                        report = self.assert_succeeds(*arguments)
                        self.assertEqual((report["frames_read"], report["partial"]), (500, False))
                    with open(path, "rb") as file:
                        self.assertEqual(self.assert_succeeds("-", stdin=file)["frames_read"], 500)

    def test_unpacked_as_far_as_it_goes(self):
        noise = random.Random(1)
        content = pcap([noise.randbytes(1000) for _ in range(2000)])
        for tool in self.unpacks():
            packed = self.packed(tool, content)
            for name, bytes_ in (("cut", packed[:len(packed) // 2]),
                                 ("damaged", packed[:1000000] + bytes(64) + packed[1000064:])):
                with self.subTest(tool, how=name):
                    result = self.assert_fails(1, "compressed data is damaged, or ends too early",
                                               self.file(name, bytes_))
                    self.assertTrue(result.report["partial"])
                    self.assertTrue(0 < result.report["frames_replayed"] <= 2000)
            for n in 3, 15:
                self.assert_fails(1, "not a capture that libpcap can read",
                                  self.file("head", packed[:n]))

    def test_compressed(self):
        content = pcap([frame(i, 60) for i in range(5)])
        for kind, tool in (("gzip", "gzip"), ("zstd", "zstd"), ("xz", "xz"), ("bzip2", "bzip2"),
                           ("lz4", "lz4"), ("lzma", "lzma")):
            with self.subTest(kind):
                if shutil.which(tool) is None:
                    self.skipTest(f"{tool} is not installed")
                packed = self.packed(tool, content)
                if kind in self.unpacks():
                    continue
                self.assert_fixed(5, f"it is compressed by {kind}: ",
                                   self.file("it's here; $(false).pcap", packed))

    def test_other_formats(self):
        packet = frame(1, 60)
        snoop = b"snoop\0\0\0" + struct.pack(">II", 2, 4)
        snoop += struct.pack(">IIIIII", 60, 60, 84, 0, 1700000000, 0) + packet
        erf = struct.pack("<Q", 1700000000 << 32) + struct.pack(">BBHHH", 2, 4, 78, 0, 60)
        erf += b"\0\0" + packet
        for kind, content in (("a capture of Sun's snoop", snoop),
                              ("a capture in Endace's ERF", erf),
                              ("it is pcap; Wireshark may read it", struct.pack(
                                  "<IHHiIII", 0xA1B2C3D4, 2, 5, 0, 0, 65535, 1) +
                               pcap_record(packet))):
            with self.subTest(kind):
                self.assert_fixed(1, kind, self.file("-other", content))

    def test_known_by_what_they_begin_with(self):
        for kind, magic in (("Network Monitor 1", b"RTSS"), ("Network Monitor 2", b"GMBU"),
                            ("Sniffer for DOS", b"TRSNIFF data    \x1a"), ("AIX", b"iptrace 2.0"),
                            ("btsnoop", b"btsnoop\0"), ("NetXRay", b"XCP\0"), ("lzip", b"LZIP"),
                            ("zip", b"PK\3\4"), ("IXIA", b"\xac\1\0\x1c"),
                            ("pcapng; Wireshark", b"\n\r\r\n"),
                            ("netsniff-ng's own kind", b"\x12\xcb\xe2\xa1"),
                            ("capture anew, by `tcpdump -w`", b"\xa1\xb2\xc3\xcd")):
            with self.subTest(kind):
                self.assert_fails(1, kind, self.file("other", magic + bytes(100)))

    def test_two_snap_lengths(self):
        content = pcapng([])[:28]
        for snaplen in 262144, 96:
            content += pcapng_block(1, struct.pack("<HHI", replay.ETHERNET, 0, snaplen))
        content += pcapng([frame(i, 60) for i in range(3)])[48:]
        self.assert_fixed(3, "different from the snapshot length", self.file("two.pcapng", content))

    def test_two_link_types(self):
        frames = [frame(i, 60) for i in range(4)]
        path = self.file("two.pcapng", pcapng(frames, links=(replay.ETHERNET, replay.RAW_IP)))
        self.assert_fixed(2, "the frames of the first interface alone: ", path)


class Partial(replay.ReplayTest):
    """Damaged behind the header: what can be read is replayed, and the status is 1."""

    def is_partial(self, n, content):
        path = self.file("damaged.pcap", content)
        result = self.assert_fails(1, f"partial: {n} frames of at least {n + 1}: ", path)
        self.assertTrue(result.report["partial"])
        self.assertEqual(result.report["frames_read"], n)
        self.assert_adds_up(result.report)

    def test_cut_in_a_record_header(self):
        frames = [frame(i, 100) for i in range(5)]
        self.is_partial(4, pcap(frames)[:-100 - 7])

    def test_cut_in_a_record(self):
        frames = [frame(i, 100) for i in range(5)]
        self.is_partial(4, pcap(frames)[:-50])

    def test_cut_in_the_first_record(self):
        self.is_partial(0, pcap([frame(1, 100)])[:-50])

    def test_cut_pcapng(self):
        self.is_partial(2, pcapng([frame(i, 100) for i in range(3)])[:-30])

    def test_absurd_record_length(self):
        absurd = pcap([frame(1, 60)]) + b"\xff" * 64
        self.is_partial(1, absurd)

    def test_mixed_link_types(self):
        frames = [frame(i, 60) for i in range(4)]
        self.is_partial(0, pcapng(frames, links=(replay.ETHERNET, replay.RAW_IP)))


class Readable(replay.ReplayTest):
    """By content, never by name; nothing that is odd but whole is an error."""

    def replays(self, n, content, name="capture.pcap"):
        report = self.assert_succeeds(self.file(name, content))
        self.assert_adds_up(report)
        self.assertEqual(report["frames_read"], n)
        return report

    def test_header_only(self):
        result = replay.replay(self.file("none.pcap", pcap_header()))
        self.assertEqual(result.status, 0)
        self.assertIn("holds no frame", result.err)
        self.assertEqual(result.report["frames_read"], 0)

    def test_pcapng_header_only(self):
        self.replays(0, pcapng([]))

    def test_each_byte_order_and_precision(self):
        frames = [frame(i, 60 + i) for i in range(10)]
        for order in "<>":
            for nanoseconds in (False, True):
                with self.subTest(order=order, nanoseconds=nanoseconds):
                    self.replays(10, pcap(frames, order=order, nanoseconds=nanoseconds))

    def test_named_otherwise(self):
        frames = [frame(i, 60) for i in range(3)]
        self.replays(3, pcapng(frames), "is-pcapng.pcap")
        self.replays(3, pcap(frames), "is-pcap.pcapng")
        self.replays(3, pcap(frames), "no-suffix")

    def test_zero_length_records(self):
        content = pcap_header() + pcap_record(b"", original=60) + pcap_record(frame(1, 60))
        report = self.replays(2, content)
        self.assertEqual(report["frames_refused"], {"zero_length": 1})

    def test_not_ethernet(self):
        report = self.replays(3, pcap([frame(i, 60) for i in range(3)], link=replay.RAW_IP))
        self.assertEqual(report["frames_refused"], {"not_ethernet": 3})
        self.assertEqual(report["frames_replayed"], 0)

    def test_longer_than_the_snap_length(self):
        report = self.replays(1, pcap([frame(1, 300)], snaplen=100))
        self.assertEqual(report["frames_cut"], 1)

    def test_cut_frames_are_counted(self):
        content = pcap_header() + pcap_record(frame(1, 60), original=1514)
        self.assertEqual(self.replays(1, content)["frames_cut"], 1)

    def test_80_kilobytes(self):
        report = self.replays(1, pcap([frame(1, 80094)]))
        self.assertEqual(report["rx_bytes"], 80094)
        self.assertEqual(report["rx_chains"], 1)

    def test_backward_timestamps(self):
        content = pcap_header()
        for second in (10, 12, 11, 5, 13):
            content += pcap_record(frame(second, 60), second)
        report = self.replays(5, content)
        self.assertEqual(report["timestamps_backward"], 2)
        # From 10 to 13, whatever goes backwards in between.
        self.assert_planned(0.3, "--multiplier=10", os.path.join(self.folder, "capture.pcap"))

    def test_standard_input(self):
        with open(self.file("capture.pcap", pcap([frame(1, 60)])), "rb") as stdin:
            self.assertEqual(self.assert_succeeds("-", stdin=stdin)["frames_read"], 1)

    def test_several_files(self):
        first = self.file("1.pcap", pcap([frame(i, 60) for i in range(3)]))
        second = self.file("2.pcapng", pcapng([frame(i, 90) for i in range(4)]))
        raw = self.file("3.pcap", pcap([frame(1, 60)], link=replay.RAW_IP))
        report = self.assert_succeeds(first, second, raw)
        self.assert_adds_up(report)
        self.assertEqual(report["files"], [first, second, raw])
        self.assertEqual(report["bytes_replayed"], 3 * 60 + 4 * 90)
        self.assertEqual(report["frames_refused"], {"not_ethernet": 1})


if __name__ == "__main__":
    replay.main()
