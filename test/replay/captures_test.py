# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Every capture of the collection beside the repository gives capinfos's counts, or a reason."""

import os
import shutil
import subprocess
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

    def test_small_buffers_two_queues_other_lcore(self):
        """The same through chains, two queues and a second pair of lcores."""
        for name in captures():
            with self.subTest(name):
                self.check(name, "--mbuf-size=320", "--rxq=2", "--free-on=other", "--mbcache=0")


if __name__ == "__main__":
    replay.main()
