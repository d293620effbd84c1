# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Every capture of the collection beside the repository gives capinfos's counts, or a reason."""

import os
import shutil
import subprocess
import tempfile
import unittest

import replay

# What libpcap does not read to its end, with the sentence that says so.
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
    def check(self, name, *arguments):
        path = os.path.join(replay.CAPTURES, name)
        result = replay.replay(*arguments, path)
        if name in REASONS:
            self.assertEqual(result.status, 1)
            self.assertIn(REASONS[name], result.err)
        else:
            self.assertEqual(result.status, 0, result.err)
            self.assert_adds_up(result.report)
        return result.report

    def test_counts(self):
        if shutil.which("capinfos") is None:
            self.skipTest("capinfos is not installed (apt install wireshark-common)")
        for name in captures():
            with self.subTest(name):
                report = self.check(name)
                if name not in REASONS:
                    path = os.path.join(replay.CAPTURES, name)
                    self.assertEqual(report["frames_read"], capinfos_count(path))

    def test_facts(self):
        for name, facts in FACTS.items():
            with self.subTest(name):
                report = self.check(name)
                self.assertEqual({key: report[key] for key in facts}, facts)

    def test_every_option(self):
        """What is read does not depend on how it is ordered, timed and held."""
        for name in captures():
            path = os.path.join(replay.CAPTURES, name)
            plain = self.check(name)
            for n_files, arguments in (
                    (1, ("-f", "greater 1", "--include=1-", "--exclude=1000000-", "--mbps=1000000",
                         "--linktype=pad-eth", "--maxsleep=1")),
                    (1, ("--unique-ip", "--loop=2", "--rxq=2", "-x1000000000", "--maxsleep=1")),
                    (1, ("--stream", "--window=1", "--unique-ip", "--loop=2", "--pps=100000000",
                         "--pps-multi=8")),
                    (2, ("--stream", "--files=merge", "--linktype=pad-eth", path)),
                    (2, ("--files=beside", path)),
                    (2, ("--files=merge", path))):
                with self.subTest(name, arguments=arguments):
                    result = replay.replay(*arguments, path)
                    self.assertEqual(result.status, 1 if name in REASONS else 0, result.err)
                    if plain is None:
                        self.assertIsNone(result.report)
                        continue
                    self.assertEqual(result.report["frames_read"], n_files * plain["frames_read"])
                    self.assert_whole(result.report)
                    if "--linktype=pad-eth" in arguments:
                        self.assertNotIn("not_ethernet", result.report["frames_refused"])
                        self.assert_adds_up(result.report)

    def test_one_at_a_time(self):
        for name in captures():
            with self.subTest(name), tempfile.TemporaryFile() as stdin:
                stdin.write(b"1")
                stdin.seek(0)
                path = os.path.join(replay.CAPTURES, name)
                report = replay.replay("--oneatatime", path, stdin=stdin).report
                if report is not None and "not_ethernet" not in report["frames_refused"]:
                    self.assertEqual(report["frames_replayed"], 1)

    def test_small_buffers_two_queues_other_lcore(self):
        """The same through chains, two queues and a second pair of lcores."""
        for name in captures():
            with self.subTest(name):
                self.check(name, "--mbuf-size=320", "--rxq=2", "--free-on=other", "--mbcache=0")


if __name__ == "__main__":
    replay.main()
