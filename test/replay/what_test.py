# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The frames of the captures that are replayed, and their order: each case fails when the option
does nothing. Every frame of these captures has a length of its own, which distinguishes them."""

import struct
import unittest

import replay
from replay import DEMO, frame, pcap, pcap_header, pcap_record, tcp

LINUX_SLL = 113
LINUX_SLL2 = 276
BSD_NULL = 0
IEEE802_11 = 105


def to_station(number, length):
    return bytes((2, 0, 0, 0, 0, number)) + frame(number, length - 6)


def ipv4(length):
    """A packet of UDP that states its length."""
    address = bytes((192, 0, 2, 1))
    return struct.pack(">BBHHHBBH", 0x45, 0, length, 0, 0, 64, 17, 0) + address * 2 + frame(
        1, length - 20)


class Chosen(replay.ReplayTest):
    def ten(self):
        return self.file("ten.pcap", pcap([to_station(i, 100 + i) for i in range(1, 11)]))

    def replays(self, lengths, *arguments, refused=None):
        report = self.assert_succeeds(*arguments)
        self.assert_adds_up(report)
        self.assertEqual(report["frames_replayed"], len(lengths))
        self.assertEqual(report["bytes_replayed"], sum(lengths))
        if refused is not None:
            self.assertEqual(report["frames_refused"], refused)
        return report

    def test_filter(self):
        self.replays([103], "-f", "ether dst 02:00:00:00:00:03", self.ten(),
                     refused={"filtered": 9})
        self.replays([108, 109, 110], "--filter=len >= 108", self.ten(), refused={"filtered": 7})

    def test_filter_parts_a_capture(self):
        parts = [self.assert_succeeds("--filter", text, DEMO)["bytes_replayed"]
                 for text in ("vlan", "not vlan")]
        self.assertEqual(sum(parts), self.assert_succeeds(DEMO)["bytes_replayed"])
        self.assertGreater(min(parts), 0)

    def test_include(self):
        self.replays([102, 103, 105, 109, 110], "--include=2-3,5,9-", self.ten(),
                     refused={"excluded": 5})
        self.replays([102, 104], "--include=P:2", "--include=4", self.ten())

    def test_exclude(self):
        self.replays([101, 104, 106, 107, 108], "--exclude=2-3,5,9-", self.ten(),
                     refused={"excluded": 5})
        self.replays([102, 104], "--include=2-4", "--exclude=3", self.ten())

    def test_numbers_are_those_in_each_file(self):
        self.replays([102, 102], "--include=2", self.ten(), self.ten())

    def test_limit_counts_what_is_chosen(self):
        self.replays([104, 105], "--include=4-", "--limit=2", self.ten(), refused={"excluded": 3})

    def test_nothing_left(self):
        result = replay.replay("--include=11-", self.ten())
        self.assertEqual(result.status, 0, result.err)
        self.assertIn("none of the 10 frames read is to be replayed", result.err)
        self.assert_adds_up(result.report)


class Links(replay.ReplayTest):
    """The header before the packet gives way to an Ethernet header, with the right EtherType."""

    def becomes(self, length, link, data, *filters):
        path = self.file("other.pcap", pcap([data], link=link))
        strict = self.assert_succeeds("--linktype=strict", path)
        self.assertEqual(strict["frames_refused"], {"not_ethernet": 1})
        for text in ("", *filters):
            with self.subTest(link=link, filter=text):
                result = replay.replay("--linktype=pad-eth", "--filter", text, path)
                self.assertEqual(result.status, 0, result.err)
                self.assertEqual(result.report["bytes_replayed"], length)
                self.assertIn("given an Ethernet header: the link type is ", result.err)

    def test_raw(self):
        self.becomes(114, replay.RAW_IP, ipv4(100), "ip and udp and src 192.0.2.1")
        self.becomes(114, replay.RAW_IP, b"\x60" + frame(1, 99), "ip6")
        self.becomes(114, replay.RAW_IP, b"\x10" + frame(1, 99), "ether proto 0x88b5")

    def test_loopback(self):
        self.becomes(114, BSD_NULL, b"\2\0\0\0" + ipv4(100), "ip and udp")

    def test_linux_cooked(self):
        for proto, text in ((0x0800, "ip and udp"), (0x86dd, "ip6"), (0x0806, "arp")):
            self.becomes(114, LINUX_SLL, bytes(14) + struct.pack(">H", proto) + ipv4(100), text)
        self.becomes(114, LINUX_SLL2, b"\x08\0" + bytes(18) + ipv4(100), "ip and udp")
        # A protocol of Linux's own, and less than a whole header.
        self.becomes(130, LINUX_SLL, bytes(14) + b"\0\1" + ipv4(100), "ether proto 0x88b5")
        self.becomes(24, LINUX_SLL, bytes(10), "ether proto 0x88b5")

    def test_any_other_link_stays_whole(self):
        self.becomes(114, IEEE802_11, frame(1, 100), "ether proto 0x88b5")

    def test_ethernet_stays_as_it_is(self):
        self.assertEqual(self.assert_succeeds("--linktype=pad-eth", DEMO)["bytes_replayed"],
                         self.assert_succeeds(DEMO)["bytes_replayed"])

    def test_no_bytes_stay_no_bytes(self):
        path = self.file("none.pcap", pcap([b""], link=replay.RAW_IP))
        self.assertEqual(self.assert_succeeds("--linktype=pad-eth", path)["frames_refused"],
                         {"zero_length": 1})


class UniqueIp(replay.ReplayTest):
    def test_every_loop_but_the_first(self):
        report = self.assert_succeeds("--unique-ip", "--loop=3", DEMO)
        self.assertEqual(report["frames_edited"], 2 * report["frames_read"])
        self.assert_whole(report)
        self.assertEqual(self.assert_succeeds("--loop=3", DEMO)["frames_edited"], 0)

    def test_what_has_no_addresses_stays(self):
        path = self.file("other.pcap", pcap([to_station(i, 60) for i in range(5)]))
        report = self.assert_succeeds("--unique-ip", "--loop=3", path)
        self.assertEqual(report["frames_edited"], 0)
        self.assert_whole(report)


    def test_loops_that_share_addresses(self):
        for more in (), ("--stream",):
            report = self.assert_succeeds("--unique-ip", "--unique-ip-loops=3", "--loop=5", *more,
                                          DEMO)
            self.assertEqual(report["frames_edited"], 2 * report["frames_read"])
            self.assert_whole(report)


class Flows(replay.ReplayTest):
    def capture(self):
        """Two flows of two directions, one of one, and a frame of none."""
        ends = (1, 80), (2, 1000), (2, 1001), (3, 1000)
        pairs = (0, 1), (1, 0), (0, 2), (2, 0), (3, 0)
        frames = [tcp(ends[a], ends[b]) for a, b in pairs] + [to_station(9, 60)]
        return self.file("flows.pcap", pcap(frames))

    def test_of_the_capture(self):
        result = replay.replay("--loop=10", self.capture())
        report = result.report
        self.assertEqual((report["flows"], report["flow_frames"]), (3, 5))
        self.assertAlmostEqual(report["flows_per_s"] * report["duration_s"], 3, 3)
        self.assertRegex(result.out, r"Flows: 3 flows, [\d.]+ fps, 5 flow packets, 1 non-flow packets")

    def test_of_loops_with_addresses_of_their_own(self):
        for flows, more in (30, ()), (15, ("--unique-ip-loops=2",)):
            report = self.assert_succeeds("--unique-ip", "--loop=10", *more, self.capture())
            self.assertAlmostEqual(report["flows_per_s"] * report["duration_s"], flows, 3)

    def test_unknown_where_not_all_was_replayed_or_seen(self):
        report = self.assert_succeeds("--pps=0.001", "--duration=0.01", self.capture())
        self.assertEqual((report["flows"], report["flows_per_s"]), (3, None))
        report = self.assert_succeeds("--stream", self.capture())
        self.assertEqual((report["flows"], report["flows_per_s"]), (None, None))


class Order(replay.ReplayTest):
    """The limit shows which frames come first."""

    def timed(self, name, *times):
        """A frame of 100 bytes, and of one more for each that follows, at each of these seconds."""
        extra = 100 if name == "a" else 200
        return self.file(name, pcap_header() + b"".join(
            pcap_record(frame(i, extra + i), second) for i, second in enumerate(times)))

    def bytes_of(self, limit, order, *paths):
        report = self.assert_succeeds(f"--files={order}", f"--limit={limit}", *paths)
        self.assert_whole(report)
        return report["bytes_replayed"]

    def test_append(self):
        a, b = self.timed("a", 10, 12, 14), self.timed("b", 1, 3, 5)
        self.assertEqual(self.bytes_of(4, "append", a, b), 100 + 101 + 102 + 200)
        self.assertEqual(self.bytes_of(4, "append", b, a), 200 + 201 + 202 + 100)

    def test_merge(self):
        a, b = self.timed("a", 10, 12, 14), self.timed("b", 11, 12, 15)
        for n, expected in enumerate((100, 200, 101, 201, 102, 202), 1):
            expected += self.bytes_of(n - 1, "merge", a, b) if n > 1 else 0
            self.assertEqual(self.bytes_of(n, "merge", a, b), expected)

    def test_merge_takes_the_time_of_the_longest(self):
        a, b = self.timed("a", 10, 30), self.timed("b", 15, 35)
        self.assert_planned(0.5, "-x50", "--files=merge", a, b)
        self.assert_planned(0.8, "-x50", "--files=append", a, b)

    def test_beside(self):
        """Each file on its queue, and all of them from the beginning."""
        a, b = self.timed("a", 10, 30, 31), self.timed("b", 100015, 100020)
        for more in (), ("--stream",), ("--no-verify",):
            with self.subTest(more):
                report = self.assert_succeeds("--files=beside", "--loop=2", *more, a, b, a)
                self.assertEqual(report["rx_queue_packets"], [6, 4, 6])
                self.assert_whole(report)
                report = self.assert_succeeds("--files=beside", "--rxq=2", *more, a, b, a)
                self.assertEqual(report["rx_queue_packets"], [6, 2])
                self.assert_adds_up(report)
        self.assert_planned(0.42, "-x50", "--files=beside", a, b)
        self.assertEqual(self.bytes_of(3, "beside", a, b), 100 + 200 + 201)

    def test_beside_of_odd_files(self):
        none = self.file("none.pcap", pcap([]))
        report = self.assert_succeeds("--files=beside", "--loop=0", "--limit=5", none,
                                      self.timed("a", 1, 2), none)
        self.assertEqual(report["rx_queue_packets"], [0, 5, 0])
        self.assertEqual(self.assert_succeeds("--files=beside", none, none)["frames_read"], 0)

    def test_merge_of_odd_files(self):
        none = self.file("none.pcap", pcap([]))
        backward = self.timed("a", 10, 30, 20)
        report = self.assert_succeeds("--files=merge", none, backward, self.timed("b", 15), none)
        self.assert_adds_up(report)
        self.assertEqual((report["frames_replayed"], report["timestamps_backward"]), (4, 1))
        self.assert_fails(1, "No such file", "--files=merge", DEMO, DEMO + ".none")


if __name__ == "__main__":
    replay.main()
