# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Every capture of the collection beside the repository gives capinfos's counts, or a reason."""

import os
import shutil
import subprocess
import tempfile
import unittest

import replay

# The captures that libpcap does not read to their end, with the sentence that says so.
REASONS = {
    "ng-2if-mixedlink-trunc.pcapng": "partial: 59 frames of at least 60: ",
    "not-pcap.snoop": "not a capture that libpcap can read: unknown file format",
}

# Facts of some files (their INDEX.md), which only a right reader reports.
FACTS = {
    "bigtcp-80094.pcap": {"bytes_replayed": 80094, "rx_chains": 1},
    "dlt-rawip.pcap": {"frames_refused": {"not_ethernet": 100}},
    "gt64k-caplen-gt-snaplen.pcap": {"frames_cut": 2},
    "imix-7451.pcap": {"timestamps_backward": 4},
    "jumbo-8354-backts.pcap": {"timestamps_backward": 138, "rx_chains": 190},
    "ng-2if-mixedlink-trunc.pcapng": {"frames_read": 59, "partial": True},
    "ns-le-runt16.pcap": {"bytes_replayed": 32},
    "snaplen69-trunc.pcap": {"frames_cut": 107},
    "zero-len.pcap": {"frames_refused": {"zero_length": 37}, "frames_replayed": 1},
}


# In combinations, none of which changes what is read.
OPTIONS = (
    ("-f", "greater 1", "--include=1-", "--exclude=1000000-", "--mbps=1000000",
     "--linktype=pad-eth", "--maxsleep=1"),
    ("--unique-ip", "--loop=2", "--rxq=2", "-x1000000000", "--maxsleep=1"),
    ("--stream", "--window=1", "--unique-ip", "--loop=2", "--pps=100000000", "--pps-multi=8"),
    ("--stream", "--files=merge", "--linktype=pad-eth"),
    ("--files=beside",),
    ("--files=merge",),
)


def captures():
    if not os.path.isdir(replay.CAPTURES):
        return []
    return sorted(name for name in os.listdir(replay.CAPTURES) if not name.endswith(".md"))


def capinfos_count(path):
    line = subprocess.run(["capinfos", "-T", "-r", "-c", "-M", path], stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    return int(line.rstrip("\n").split("\t")[-1])


@unittest.skipUnless(captures(), f"no captures in {replay.CAPTURES}")
class Captures(replay.ReplayTest):
    @classmethod
    def setUpClass(cls):
        # All that can be read, for one run: a start of the EAL takes longer than all of them.
        cls.together = [os.path.join(replay.CAPTURES, name) for name in captures()
                        if not REASONS.get(name, "").startswith("not a capture")]
        cls.is_partial = any(os.path.basename(path) in REASONS for path in cls.together)

    def check(self, name):
        result = replay.replay(os.path.join(replay.CAPTURES, name))
        if name in REASONS:
            self.assertEqual(result.status, 1)
            self.assertIn(REASONS[name], result.err)
        else:
            self.assertEqual(result.status, 0, result.err)
            self.assert_adds_up(result.report)
        return result.report

    def check_together(self, *arguments, **how):
        result = replay.replay(*arguments, *self.together, **how)
        self.assertEqual(result.status, 1 if self.is_partial else 0, result.err)
        self.assertEqual(result.report["partial"], self.is_partial)
        self.assert_whole(result.report)
        return result.report

    def test_each(self):
        self.assertLessEqual(FACTS.keys(), set(captures()))
        for name in captures():
            with self.subTest(name):
                report, facts = self.check(name), FACTS.get(name, {})
                self.assertEqual({key: report[key] for key in facts}, facts)
                if name not in REASONS and shutil.which("capinfos") is not None:
                    path = os.path.join(replay.CAPTURES, name)
                    self.assertEqual(report["frames_read"], capinfos_count(path))
        if shutil.which("capinfos") is None:
            self.skipTest("counts are not compared: capinfos is not installed "
                          "(apt install wireshark-common)")

    def test_every_option(self):
        """The frames that are read do not depend on how they are ordered, timed and held."""
        plain = self.check_together()
        self.assert_adds_up(plain)
        for arguments in OPTIONS:
            with self.subTest(arguments=arguments):
                report = self.check_together(*arguments)
                self.assertEqual(report["frames_read"], plain["frames_read"])
                if "--linktype=pad-eth" in arguments:
                    self.assertNotIn("not_ethernet", report["frames_refused"])
                    self.assert_adds_up(report)

    def test_every_option_with_nothing_to_replay(self):
        path = os.path.join(replay.CAPTURES, "dlt-rawip.pcap")
        for arguments in OPTIONS:
            with self.subTest(arguments=arguments):
                report = self.assert_succeeds(*arguments, path)
                self.assertEqual(report["frames_read"], 100)
                self.assert_whole(report)

    def test_one_at_a_time(self):
        with tempfile.TemporaryFile() as stdin:
            stdin.write(b"1" * 100)
            stdin.seek(0)
            report = self.check_together("--oneatatime", stdin=stdin)
            self.assertEqual(report["frames_replayed"], 100)

    def test_small_buffers_two_queues_other_lcore(self):
        """The same through chains, two queues and a second pair of lcores."""
        self.assert_adds_up(self.check_together("--mbuf-size=320", "--rxq=2", "--free-on=other",
                                                "--mbcache=0"))


if __name__ == "__main__":
    replay.main()
