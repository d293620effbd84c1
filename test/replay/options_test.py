# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Each option does what it says: each case fails when the option does nothing."""

import json
import os
import pty
import shutil
import socket
import subprocess
import termios
import time
import unittest

import replay
from replay import DEMO, frame, pcap, tcp

DEMO_FRAMES = 3000

# An EAL of ours beside all others here, with nothing left in the file system.
EAL = ("--no-pci", "--no-telemetry", "--log-level=error", "--no-huge", "--no-shconf", "-m", "256",
       f"--file-prefix=replay-test-{os.getpid()}")

# For a shell in a mount namespace of its own.
WITHOUT_HUGETLBFS = ('for place in $(sed -n "s/^[^ ]* \\([^ ]*\\) hugetlbfs .*/\\1/p" /proc/mounts); '
                     'do umount "$place" || exit; done; ')


def tearDownModule():
    for folder in ("/var/run/dpdk", os.environ.get("XDG_RUNTIME_DIR", "/tmp") + "/dpdk"):
        try:
            os.rmdir(f"{folder}/replay-test-{os.getpid()}")
        except OSError:
            pass


class HowMuch(replay.ReplayTest):
    def test_limit(self):
        report = self.assert_succeeds("--limit=10", DEMO)
        self.assertEqual((report["frames_read"], report["frames_replayed"]), (10, 10))

    def test_loop(self):
        report = self.assert_succeeds("--loop=3", DEMO)
        self.assertEqual(report["frames_replayed"], 3 * DEMO_FRAMES)
        self.assert_whole(report)

    def test_limit_ends_a_loop_for_ever(self):
        report = self.assert_succeeds("-l0", "-L", 50001, DEMO)
        self.assertEqual(report["frames_replayed"], 50001)

    def test_duration(self):
        report = self.assert_succeeds("--duration=0.5", "--loop=0", DEMO)
        self.assertGreaterEqual(report["duration_s"], 0.5)
        self.assertGreater(report["frames_replayed"], DEMO_FRAMES)
        self.assert_whole(report)

    def test_duration_before_the_end(self):
        report = self.assert_succeeds("--duration=0.3", "--pps=1000", DEMO)
        self.assert_adds_up(report)
        self.assertGreater(report["frames_refused"]["after_duration"], 0)


class HowFast(replay.ReplayTest):
    def test_pps(self):
        self.assert_planned(0.5, "--pps=2000", "--limit=1001", DEMO)

    def test_pps_over_two_queues(self):
        self.assert_planned(0.5, "-p2000", "--limit=1001", "--rxq=2", DEMO)

    def test_multiplier(self):
        path = self.file("second.pcap", pcap([frame(i, 60) for i in range(11)], gap_us=100000))
        self.assert_planned(0.5, "--multiplier=2", path)

    def test_multiplier_over_loops(self):
        path = self.file("tenth.pcap", pcap([frame(i, 60) for i in range(11)], gap_us=10000))
        self.assert_planned(0.5, "-x1", "--loop=5", path)

    def test_mbps(self):
        path = self.file("even.pcap", pcap([frame(i, 1250) for i in range(101)]))
        self.assert_planned(0.5, "--mbps=2", path)

    def test_mbps_over_loops(self):
        path = self.file("even.pcap", pcap([frame(i, 1250) for i in range(25)]))
        self.assert_planned(0.495, "-M2", "--loop=4", path)

    def test_pps_multi(self):
        path = self.file("twenty.pcap", pcap([frame(i, 60) for i in range(20)]))
        self.assert_planned(0.5, "--pps=20", "--pps-multi=10", path)

    def test_maxsleep(self):
        path = self.file("slow.pcap", pcap([frame(i, 60) for i in range(11)], gap_us=10000000))
        self.assert_planned(0.5, "--multiplier=1", "--maxsleep=50", path)
        self.assert_planned(0.25, "--pps=1", "--maxsleep=25", path)
        self.assert_planned(0.25, "--mbps=0.001", "--maxsleep=25", path)

    def keys(self, text, *arguments):
        """Runs while these bytes come on standard input."""
        path = self.file("keys", text)
        with open(path, "rb") as stdin:
            return self.assert_succeeds("--oneatatime", *arguments, stdin=stdin)

    def test_oneatatime(self):
        report = self.keys(b"12345", DEMO)
        self.assertEqual(report["frames_replayed"], 5)
        self.assertEqual(report["frames_refused"], {"after_last_key": DEMO_FRAMES - 5})
        self.assert_adds_up(report)
        report = self.keys(b"\n" * 9, "-L7", "--rxq=3", "-l0", "--stream", DEMO)
        self.assertEqual(report["frames_replayed"], 7)
        self.assertEqual(self.keys(b"", "--rxq=2", DEMO)["frames_replayed"], 0)

    def test_oneatatime_waits_for_each(self):
        process = subprocess.Popen([replay.PROGRAM, "--json=-", "-o", "-L3", DEMO],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        for _ in range(2):
            process.stdin.write(b".")
            process.stdin.flush()
            replay.wait_until_taken(process.stdin)
            time.sleep(0.1)
            self.assertIsNone(process.poll())
        out, _ = process.communicate(b".", timeout=replay.TIMEOUT_S)
        self.assertGreater(json.loads(out)["frames_replayed"], 2)
        self.assertEqual(process.returncode, 0)

    def test_oneatatime_on_a_terminal(self):
        """q ends, nothing is shown, and the terminal is left as it was."""
        terminal, side = pty.openpty()
        self.addCleanup(os.close, terminal)
        self.addCleanup(os.close, side)
        before = termios.tcgetattr(side)
        os.write(terminal, b"abcq")
        report = self.assert_succeeds("-o", DEMO, stdin=side)
        self.assertEqual(report["frames_replayed"], 3)
        self.assertEqual(termios.tcgetattr(side), before)

    def test_asked_and_reached(self):
        self.assertIn("Asked: --pps=2000, reached: ",
                      replay.run("--pps=2000", "--limit=1001", DEMO).out)
        report = self.assert_succeeds("--pps=1000000000", "--loop=100", DEMO)
        self.assertLess(report["rate_reached"], report["rate_asked"] / 2)


    def test_no_drift_at_a_high_rate(self):
        """The last frame is due when as many frames, or bits, have passed at that rate."""
        for pace, key, unit in (("--pps=1000000", "frames_replayed", 1e-6),
                                ("--mbps=4000", "bytes_replayed", 8 / 4e9)):
            with self.subTest(pace):
                report = self.assert_succeeds(pace, "--loop=400", DEMO)
                planned = report[key] * unit
                self.assertAlmostEqual(report["planned_s"], planned, delta=planned / 1e4)
                self.assertGreaterEqual(report["duration_s"], report["planned_s"])

    def test_topspeed_is_a_choice(self):
        self.assert_fails(2, "--pps and --topspeed exclude each other", "--pps=1", "-t", DEMO)
        self.assert_fails(2, "--mbps and --pps exclude each other", "-M1", "-p1", DEMO)
        self.assert_fails(2, "--topspeed and --pps exclude each other", "-t", "--pps=1", DEMO)


class WhereTo(replay.ReplayTest):
    def test_rxq(self):
        report = self.assert_succeeds("--rxq=3", "--loop=2", DEMO)
        self.assertEqual(len(report["rx_queue_packets"]), 3)
        self.assertTrue(all(n > 1000 for n in report["rx_queue_packets"]), report)
        self.assert_whole(report)

    def test_both_directions_of_a_flow_meet_in_one_queue(self):
        path = self.file("flow.pcap", pcap([tcp(*ends) for ends in (((1, 80), (2, 4711)),
                                                                    ((2, 4711), (1, 80))) * 10]))
        result = replay.replay("--rxq=4", "--loop=2", path)
        self.assertEqual(sorted(result.report["rx_queue_packets"]), [0, 0, 0, 40])
        self.assertIn("40 (100.0 %)", result.out)
        self.assert_whole(result.report)

    def test_more_queues_than_frames(self):
        path = self.file("two.pcap", pcap([frame(i, 60) for i in range(2)]))
        report = self.assert_succeeds("--rxq=5", "--loop=3", path)
        self.assertEqual(len(report["rx_queue_packets"]), 5)
        self.assert_whole(report)

    def test_rxd_bounds_the_largest_frame(self):
        report = self.assert_succeeds("--rxd=32", "--mbuf-size=192", DEMO)
        self.assertGreater(report["frames_refused"]["larger_than_ring"], 0)
        self.assert_adds_up(report)

    def test_burst(self):
        report = self.assert_succeeds("--burst=1", DEMO)
        self.assertEqual(report["rx_bursts"], report["rx_packets"])
        report = self.assert_succeeds("--burst=64", DEMO)
        self.assertLess(report["rx_bursts"], DEMO_FRAMES / 32)

    def test_mbuf_size(self):
        large = self.assert_succeeds("--mbuf-size=10000", DEMO)
        small = self.assert_succeeds("--mbuf-size=228", DEMO)
        self.assertEqual(large["rx_chains"], 0)
        self.assertGreater(small["rx_chains"], 1000)
        self.assert_adds_up(small)

    def test_total_num_mbufs(self):
        report = self.assert_succeeds("--total-num-mbufs=63", "--mbcache=0", "--loop=5", DEMO)
        self.assertEqual(report["total_num_mbufs"], 63)
        self.assertGreater(report["alloc_failures"], 0)
        self.assert_whole(report)

    def test_an_empty_pool_makes_frames_wait(self):
        # Chains of up to 141 segments, and 150 buffers: a frame often finds too few.
        report = self.assert_succeeds("--total-num-mbufs=150", "--mbcache=0", "--mbuf-size=192",
                                      DEMO)
        self.assertGreater(report["rx_nombuf"], 0)
        self.assert_adds_up(report)

    def test_mbcache_keeps_buffers_to_itself(self):
        self.assert_fails(2, "is the smallest that works", "--total-num-mbufs=63", DEMO)

    def test_a_cache_before_an_empty_pool(self):
        """DPDK lets a driver fill its cache's array, and trusts that array when the driver fails:
        one that writes there before it knows hands buffers out twice."""
        report = self.assert_succeeds("--total-num-mbufs=300", "--mbcache=32", "--loop=20", DEMO)
        self.assertGreater(report["alloc_failures"], 0)
        self.assert_whole(report)

    def test_the_smallest_pool_works(self):
        arguments = ("--rxq=2", "--free-on=other", "--mbcache=32", "--loop=5", DEMO)
        result = self.assert_fails(2, "is the smallest that works", "--total-num-mbufs=1",
                                   *arguments)
        least = result.err.split(": ")[-1].split()[0]
        self.assert_whole(self.assert_succeeds(f"--total-num-mbufs={least}", *arguments))

    def test_free_on_other(self):
        report = self.assert_succeeds("--free-on=other", "--loop=10", DEMO)
        self.assert_whole(report)
        self.assert_fails(2, "2 lcores are needed", "--free-on=other", DEMO,
                          eal=(*EAL, "--lcores=0@0"))

    def test_pools_one_after_the_other(self):
        result = replay.replay("--pool=labyrinth,ring_mp_mc", DEMO)
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual([run["pool"] for run in result.report], ["labyrinth", "ring_mp_mc"])
        for report in result.report:
            self.assert_adds_up(report)
        self.assertIn("ratio", result.out)


class WhatIsSaid(replay.ReplayTest):
    def test_report(self):
        out = replay.run(DEMO).out
        for words in (f"Actual: {DEMO_FRAMES} packets", "Rated: ", f"RX-packets: {DEMO_FRAMES} ",
                      "RX-nombufs: 0", "Leaked:     0"):
            self.assertIn(words, out)

    def test_report_that_cannot_be_written(self):
        full = ("sh", "-c", 'exec "$@" >/dev/full', "sh", replay.PROGRAM)
        result = replay.run(DEMO, command=full)
        self.assertEqual(result.status, 1)
        self.assertIn("the report cannot be written: No space left on device", result.err)

    def test_quiet(self):
        result = replay.run("-q", DEMO)
        self.assertEqual((result.status, result.out, result.err), (0, "", ""))

    def test_json(self):
        report = self.assert_succeeds(DEMO)
        self.assertGreaterEqual(report.keys(), {
            "files", "frames_read", "frames_replayed", "frames_refused", "bytes_replayed",
            "rx_packets", "rx_bytes", "rx_nombuf", "alloc_failures", "corrupted", "leaked",
            "duration_s", "mpps", "gbps", "pool"})
        self.assertAlmostEqual(report["mpps"], DEMO_FRAMES / report["duration_s"] / 1e6, 3)

    def test_json_that_cannot_be_written(self):
        path = os.path.join(self.folder, "none", "report.json")
        for path, message in ((path, "No such file or directory"), ("", "No such file"),
                              (self.folder, "Is a directory")):
            with self.subTest(message):
                # Without a capture: that the place is looked at first shows in what is said.
                result = replay.run(f"--json={path}", "none.pcap")
                self.assertEqual(result.status, 1)
                self.assertIn(f"--json={path}: {message}", result.err)

    def test_json_over_its_own_capture(self):
        path = self.file("my.pcap", pcap([frame(i, 60) for i in range(2)]))
        result = replay.run(f"--json={path}", path)
        self.assertEqual(result.status, 1)
        self.assertIn("is a capture that is to be", result.err)
        self.assertEqual(replay.run("-q", path).status, 0)

    def test_no_verify(self):
        self.assertTrue(self.assert_succeeds(DEMO)["verified"])
        result = replay.replay("--no-verify", DEMO)
        self.assertFalse(result.report["verified"])
        self.assertIn("not looked at (--no-verify)", result.out)
        result = replay.replay("--no-verify", "--verify", DEMO)  # the last word counts
        self.assertTrue(result.report["verified"])

    def test_help_and_version(self):
        result = replay.run("--help")
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertIn("--free-on=WHERE", result.out)
        self.assertRegex(replay.run("--version").out, r"^labyrinth-replay \d+\.\d+\.\d+ \(DPDK ")


class WrongUsage(replay.ReplayTest):
    def test_sentences(self):
        for message, *arguments in (
                ("no capture named",),
                ("did you mean --limit?", "--limt=3", DEMO),
                ("unknown option --frobnicate: see --help", "--frobnicate", DEMO),
                ("unknown option --foo: see --help", "--foo", DEMO),
                ("unknown option -Z", "-Z", DEMO),
                ("--limit needs N", "--limit"),
                ("-x needs X", "-x"),
                ("--no-verify takes no argument", "--no-verify=1", DEMO),
                ("--topspeed takes no argument: it is --topspeed alone", "--topspeed=1", DEMO),
                ("--topspeed takes no argument", "--top=", DEMO),
                ("--quiet takes no argument", "--quiet=yes", DEMO),
                ("--m may be any of --multiplier, --mbps, --maxsleep, --mbuf-size, --mbcache",
                 "--m=1", DEMO),
                ("--l may be any of --loop, --loopdelay-ms, --limit, --linktype", "--l", "3", DEMO),
                ("--seed=9223372036854775808: must be a whole number, 0 to 9223372036854775807",
                 "--seed=9223372036854775808", DEMO),
                ("--loop=-1: must be a whole number", "--loop=-1", DEMO),
                ("--limit=ten: must be a whole number", "--limit=ten", DEMO),
                ("--limit=99999999999999999999: must be", "--limit=99999999999999999999", DEMO),
                ("--rxq=0: must be a whole number, 1 to 64", "--rxq=0", DEMO),
                ("--rxd=100: must be a power of two", "--rxd=100", DEMO),
                ("--burst=1000: must be a whole number, 1 to 512", "--burst=1000", DEMO),
                ("--mbuf-size=128: must be a whole number, 129 to 65535", "--mbuf-size=128", DEMO),
                ("--mbcache=513: must be a whole number, 0 to 512", "--mbcache=513", DEMO),
                ("--pps=0: must be a number above 0", "--pps=0", DEMO),
                ("--multiplier=nan: must be a number above 0", "--multiplier=nan", DEMO),
                ("--oneatatime takes its keys from standard input", "-o", "-"),
                ("--maxsleep needs --multiplier", "--maxsleep=1", "-o", DEMO),
                ("--mbps=-1: must be a number above 0", "--mbps=-1", DEMO),
                ("--maxsleep=0: must be a number above 0", "-x1", "--maxsleep=0", DEMO),
                ("--maxsleep needs --multiplier, --pps or --mbps", "--maxsleep=1", DEMO),
                ("--pps-multi=0: must be a whole number, 1 or more", "--pps-multi=0", DEMO),
                ("--pps-multi needs --pps", "--pps-multi=2", "-M1", DEMO),
                ("--filter=tcp prt 80: ", "-f", "tcp prt 80", DEMO),
                ("--filter=inbound: ", "-f", "inbound", DEMO),
                ("--filter=tcp and outbound: ", "--stream", "-f", "tcp and outbound", DEMO),
                ("--filter=ifindex 2: ", "-f", "ifindex 2", DEMO),
                ("--include=5-3: must be packet numbers and ranges", "--include=5-3", DEMO),
                ("--include=0: must be packet numbers and ranges", "--include=0", DEMO),
                ("--exclude=1,,2: must be packet numbers and ranges", "--exclude=1,,2", DEMO),
                ("--exclude=1-2-3: must be packet numbers", "--exclude=1-2-3", DEMO),
                ("--exclude: at most 128 numbers and ranges", "--exclude=" + "7," * 128 + "7", DEMO),
                ("--linktype=ethernet: must be strict or pad-eth", "--linktype=ethernet", DEMO),
                ("--files=mix: must be append", "--files=mix", DEMO),
                ("--window needs --stream", "--window=8", DEMO),
                ("--unique-ip needs --loop", "--unique-ip", DEMO),
                ("--unique-ip needs --loop", "--unique-ip", "--loop=1", DEMO),
                ("--unique-ip needs --loop=3 or more", "--unique-ip", "--unique-ip-loops=2",
                 "--loop=2", DEMO),
                ("--unique-ip-loops needs --unique-ip", "--unique-ip-loops=2", "--loop=3", DEMO),
                ("--loopdelay-ms needs --loop", "--loopdelay-ms=5", DEMO),
                ("--loopdelay-ms: with --oneatatime", "--loopdelay-ms=5", "-o", "--loop=2", DEMO),
                ("--window=0: must be a whole number, 1 to", "--stream", "--window=0", DEMO),
                ("--filter=tcp prt 80: ", "--stream", "-f", "tcp prt 80", DEMO),
                ("--duration=1s: must be a number above 0", "--duration=1s", DEMO),
                ("--duration=1e300: must be a number above 0, up to", "--duration=1e300", DEMO),
                ("--stats=0.00001: must be a number above 0: 0.001 to", "--stats=0.00001", DEMO),
                ("--stats=1e300: must be a number above 0: 0.001 to", "--stats=1e300", DEMO),
                ("--multiplier=1e300: must be a number above 0, up", "-x1e300", DEMO),
                ("--pps=1e300: must be a number above 0, up", "-p1e300", DEMO),
                ("--maxsleep=1e300: must be a number above 0, up", "-x1", "--maxsleep=1e300", DEMO),
                ("--free-on=elsewhere: must be same, other or", "--free-on=elsewhere", DEMO),
                ("--pool=: must be names", "--pool=labyrinth,", DEMO),
                ("did you mean ring_mp_mc?", "--pool=ring_mpmc", DEMO),
                ("--vdev is an option of the EAL: it belongs before \"--\"", "--vdev=net_null0", DEMO),
                ("-d is an option of the EAL: it belongs before", DEMO, "-d", "driver.so"),
                ("--loop=2 stands before \"--\"", "--loop=2", "--", DEMO)):
            with self.subTest(message):
                result = replay.run(*arguments)
                self.assertEqual(result.status, 2, result.err)
                self.assertIn(message, result.err)
                self.assertEqual(result.err.count("\n"), 1, "more than one sentence")
                self.assertEqual(result.out, "")

    def test_a_file_among_the_eal_options(self):
        self.assert_fails(2, f"{DEMO} stands before", DEMO, eal=(*EAL[:3], DEMO, *EAL[3:]))

    def test_eal_options_that_the_eal_refuses(self):
        result = replay.replay(DEMO, eal=("--no-such-option",))
        self.assertEqual(result.status, 2, result.err)
        self.assertIn("labyrinth-replay: the EAL does not start", result.err.splitlines()[-1])


class Eal(replay.ReplayTest):
    def words_of(self, *words):
        """Returns the words that the EAL was given, as its telemetry reports."""
        prefix = f"labyrinth-words-{os.getpid()}"
        process = subprocess.Popen(
            [replay.PROGRAM, *words, "--no-huge", "--no-shconf", "-m", "64", "--log-level=error",
             f"--file-prefix={prefix}", "--", "--loop=0", DEMO], stdout=subprocess.DEVNULL,
            env={**os.environ, "RUNTIME_DIRECTORY": self.folder})
        self.addCleanup(process.communicate)
        self.addCleanup(process.terminate)
        path = f"{self.folder}/dpdk/{prefix}/dpdk_telemetry.v2"
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
            replay.wait_until(lambda: process.poll() is None and client.connect_ex(path) == 0,
                              "there is no telemetry")
            client.recv(65536)
            client.send(b"/eal/params")
            answer = json.loads(client.recv(65536))["/eal/params"]
        process.terminate()
        process.communicate(timeout=replay.TIMEOUT_S)
        return answer

    def test_no_pci_unless_asked_for(self):
        self.assertIn("--no-pci", self.words_of())
        # No device of this machine is touched: there is none of this name.
        self.assertNotIn("--no-pci", self.words_of("-a0000:ff:1f.7"))

    def test_plugin_that_does_not_load(self):
        program = os.path.join(self.folder, "app/replay/labyrinth-replay")
        plugin = os.path.join(self.folder, "drivers/mempool/labyrinth/librte_mempool_labyrinth.so")
        for path in program, plugin:
            os.makedirs(os.path.dirname(path))
        shutil.copy(os.environ.get("ACTUAL", replay.PROGRAM), program)
        for name in (plugin, f"{plugin}.{self.abi()}"):
            with open(name, "w", encoding="ascii") as file:
                file.write("no library")
        self.assert_fails(1, "the plugin is there and does not load: ", DEMO, command=(program,))

    def abi(self):
        """The number in the name of a plugin for this DPDK."""
        return os.path.realpath(os.environ["LABYRINTH_DRIVER"]).rsplit(".so.", 1)[1].split(".")[0]


class FromAFile(replay.ReplayTest):
    def options(self, text):
        return "@" + self.file("my options", text.encode())

    def test_words(self):
        """Quoted, with comments, beside others, and the capture among them."""
        capture = self.file("it's here.pcap", pcap([frame(i, 60 + i) for i in range(9)]))
        text = "# at night\n--loop=2 -f 'len > 62'  # all but three\n" \
               "\"--hold=fixed:\"'3' --mbcache \\0\n" f'"{capture}" '
        report = self.assert_succeeds("--rxd=64", self.options(text))
        self.assertEqual((report["frames_replayed"], report["hold"], report["mbcache"],
                          report["rxd"]), (12, "fixed:3", 0, 64))

    def test_with_options_of_the_eal(self):
        words = " ".join((*EAL, "--", "--loop=3", DEMO))
        done = replay.run(self.options(words))
        self.assertEqual(done.status, 0, done.err)
        self.assertIn("Actual: 9000 packets", done.out)

    def test_later_words_win(self):
        report = self.assert_succeeds(self.options("--rxd=64\n"), "--rxd=128", DEMO)
        self.assertEqual(report["rxd"], 128)

    def test_sentences(self):
        for message, word in (("a quote is not closed", self.options("--filter='len > 60")),
                              ("No such file", "@none"), ("Is a directory", "@/"),
                              ("is no file of options", "@" + DEMO)):
            with self.subTest(message):
                result = replay.run(word, DEMO)
                self.assertEqual((result.status, result.out), (2, ""))
                self.assertIn(message, result.err)
                self.assertEqual(result.err.count("\n"), 1)


class Machine(replay.ReplayTest):
    def test_one_cpu(self):
        for cpu in os.sched_getaffinity(0):
            with self.subTest(cpu):
                report = self.assert_succeeds("--rxq=2", "--free-on=other", "--loop=5", DEMO,
                                              cpus={cpu})
                self.assert_whole(report)

    def test_ordinary_memory_when_told(self):
        self.assert_adds_up(self.assert_succeeds(DEMO, eal=EAL))

    def test_ordinary_memory_when_there_are_no_huge_pages(self):
        hide = ("unshare", "--mount", "sh", "-c",
                'mount -t tmpfs none /sys/kernel/mm/hugepages && exec "$@"', "sh")
        if os.geteuid() != 0 or replay.run("true", command=hide).status != 0:
            self.skipTest("huge pages can only be hidden by root, with mount namespaces")
        for size in (192, 2176, 9000, 65535):
            with self.subTest(size):
                # A pool that fills the memory it asked for: the estimate must suffice.
                result = replay.replay(f"--mbuf-size={size}", "--total-num-mbufs=8191", DEMO,
                                       command=(*hide, replay.PROGRAM))
                self.assertEqual(result.status, 0, result.err)
                self.assertRegex(result.err, "^labyrinth-replay: on ordinary memory: .*hugeadm")
                self.assert_adds_up(result.report)

    def test_ordinary_memory_when_huge_pages_are_not_granted(self):
        with replay.limited("hugetlb", "hugetlb.2MB", 2 << 20) as command:
            if command is None:
                self.skipTest("no control group can limit huge pages here")
            result = replay.replay(DEMO, command=command)
            self.assertEqual(result.status, 0, result.err)
            self.assertIn("on ordinary memory: ", result.err)
            self.assert_adds_up(result.report)

    def test_a_limit_of_memory_counts(self):
        path = self.file("large.pcap", pcap([frame(1, 60)]))
        os.truncate(path, 200 << 20)
        with replay.limited("memory", "memory", 200 << 20) as command:
            if command is None:
                self.skipTest("no control group can limit memory here")
            result = self.assert_fails(1, "MiB may be used", path, command=command)
            # The program itself has had some.
            self.assertRegex(result.err, "needs about 200 MiB of memory, and 15[0-9] MiB")

    def test_too_little_memory_names_the_command(self):
        arguments = ("--total-num-mbufs=65535", DEMO)
        result = self.assert_fails(1, "65535 buffers of 2176 bytes need about", *arguments,
                                   eal=EAL)
        self.assertIn("among the EAL options", result.err)
        megabytes = result.err.split("-m ")[1].split()[0]
        enough = [megabytes if word == "256" else word for word in EAL]
        self.assert_adds_up(self.assert_succeeds(*arguments, eal=enough))

    def test_hardly_any_memory_names_the_command(self):
        for megabytes in "1234":
            with self.subTest(megabytes):
                little = [megabytes if word == "256" else word for word in EAL]
                self.assert_fails(1, "among the EAL options", DEMO, eal=little)

    def test_no_hugetlbfs_names_the_option(self):
        hide = ("unshare", "--mount", "sh", "-c", WITHOUT_HUGETLBFS + 'exec "$@"', "sh")
        if os.geteuid() != 0 or replay.run("true", command=hide).status != 0:
            self.skipTest("a hugetlbfs can only be hidden by root, with mount namespaces")
        self.assert_fails(1, "--in-memory", DEMO, eal=(*EAL[:3], "--no-shconf", EAL[-1]),
                          command=(*hide, replay.PROGRAM))

    def test_little_address_space_names_the_limit(self):
        command = ("sh", "-c", 'ulimit -v 8000000; exec "$@"', "sh", replay.PROGRAM)
        if replay.run("--version", command=command).status != 0:
            self.skipTest("this build needs more address space than that to start at all")
        self.assert_fails(1, "`ulimit -v unlimited`", DEMO, command=command)

    def test_driver_that_ends_the_program(self):
        if " dpaa," not in replay.run("--pool=none", DEMO).err:
            self.skipTest("this DPDK has no driver dpaa, which ends the program without hardware")
        result = self.assert_fails(1, "has ended the program", "--pool=dpaa", DEMO)
        self.assertIsNone(result.report)

    def test_no_complaint_of_a_directory_that_is_not_needed(self):
        hide = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o ro none /run && exec "$@"', "sh")
        if os.geteuid() != 0 or replay.run("true", command=hide).status != 0:
            self.skipTest("the place of the directory can only be closed by root, with a namespace")
        result = replay.run("-q", DEMO, command=(*hide, replay.PROGRAM))
        self.assertEqual((result.status, result.err), (0, ""))

    def test_another_user_leaves_nothing(self):
        """In a /tmp of its own, where whatever is there is the program's, and without the hugetlbfs
        of others, which may be closed to it."""
        alone = ("unshare", "--mount", "sh", "-c", WITHOUT_HUGETLBFS +
                 'mount -t tmpfs -o mode=1777 none /tmp && setpriv --reuid=65534 --clear-groups '
                 'env -u XDG_RUNTIME_DIR "$@"; status=$?; ls -A /tmp; exit $status', "sh",
                 replay.PROGRAM)
        if os.geteuid() != 0 or replay.run("--version", command=alone).status != 0:
            self.skipTest("another user, in a mount namespace, cannot run the program here")
        with open(DEMO, "rb") as capture:
            result = replay.run("-q", "-", command=alone, stdin=capture)
        self.assertEqual((result.status, result.out, result.err), (0, "", ""))

    def test_more_memory_than_there_is(self):
        result = self.assert_fails(1, "of ordinary memory, of which", "--mbuf-size=65535",
                                   "--total-num-mbufs=2000000000", DEMO)
        self.assertIsNone(result.report)


if __name__ == "__main__":
    replay.main()
