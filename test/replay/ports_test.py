# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Replay through ethdev ports: what was sent comes back, or is lost by name; every byte is
compared, and every buffer is back. Interfaces are made in a network namespace of the test's own."""

import contextlib
import os
import shutil
import signal
import subprocess
import unittest

import replay
from replay import DEMO, frame, pcap, tcp

DEMO_FRAMES = 3000
RING = ("--vdev=net_ring0",)
MIX = os.path.join(replay.CAPTURES, "mix-4709.pcap")

IP = shutil.which("ip")
TESTPMD = shutil.which("dpdk-testpmd")

JUMBO = [frame(i, length) for i, length in enumerate((1514, 1515, 60, 9000))]


def installed(driver):
    """Whether DPDK has this driver, beside its libraries."""
    program = os.environ.get("ACTUAL", replay.PROGRAM)  # which inert.py stands in for
    lines = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.splitlines()
    folders = {os.path.dirname(line.split()[2]) for line in lines if "librte_eal" in line}
    return any(name.startswith(f"librte_{driver}.so") for folder in folders
               for name in os.listdir(folder))


def needs(*drivers):
    missing = [name for name in drivers if not installed(name)]
    return unittest.skipIf(missing, f"this DPDK lacks: {', '.join(missing)}")


class Ports(replay.ReplayTest):
    def assert_accounts(self, report, loops=1):
        """Every frame read was sent or refused; what was sent came back, or was lost by name."""
        self.assertEqual(report["frames_read"] * loops, report["frames_replayed"] +
                         sum(report["frames_refused"].values()) * loops)
        port = report["port"]
        if port["rx"] is not None:
            self.assertEqual(report["frames_replayed"] + port["duplicated"],
                             report["rx_packets"] + sum(port["lost"].values()))
        self.assertEqual(sum(report["rx_queue_packets"]), report["rx_packets"])
        self.assertEqual(report["leaked"], 0)

    def assert_returns(self, *arguments, loops=1, **how):
        """All of it came back, in order."""
        report = self.assert_succeeds(*arguments, **how)
        self.assert_accounts(report, loops)
        self.assert_whole(report)
        self.assertEqual((report["port"]["lost"], report["port"]["reordered"],
                          report["port"]["duplicated"]), ({}, 0, 0))
        return report


@needs("net_ring")
class Ring(Ports):
    def test_every_pool_and_cache(self):
        for arguments in (("--mbcache=0",), ("--free-on=other", "--rxq=2"),
                          ("--no-verify", "--burst=1"), ("--pps=20000",)):
            with self.subTest(arguments):
                self.assert_returns("--port=net_ring0", *arguments, DEMO, eal=RING)

    def test_by_number_over_loops(self):
        report = self.assert_returns("--port=0", "--loop=7", DEMO, eal=RING, loops=7)
        self.assertEqual(report["rx_packets"], 7 * DEMO_FRAMES)

    def test_pools_one_after_the_other(self):
        result = replay.replay("--port=0", "--pool=labyrinth,ring_mp_mc,stack", DEMO, eal=RING)
        self.assertEqual(result.status, 0, result.err)
        for report in result.report:
            self.assert_accounts(report)
            self.assertEqual(report["rx_packets"], DEMO_FRAMES)

    def test_chains(self):
        report = self.assert_returns("--port=0", "--mbuf-size=228", DEMO, eal=RING)
        self.assertGreater(report["rx_chains"], 1000)

    def test_flows_keep_to_a_queue(self):
        ends = ((1, 80), (2, 4711))
        path = self.file("flow.pcap", pcap([tcp(*ends), tcp(*reversed(ends))] * 50))
        report = self.assert_returns("--port=0", "--rxq=4", path, eal=RING)
        self.assertEqual(sorted(report["rx_queue_packets"]), [0, 0, 0, 100])

    def test_all_captures(self):
        if not os.path.isdir(replay.CAPTURES):
            self.skipTest(f"no captures in {replay.CAPTURES}")
        for name in sorted(os.listdir(replay.CAPTURES)):
            if name.startswith(("INDEX", "not-", "ng-2if")):
                continue
            with self.subTest(name):
                self.assert_returns("--port=0", "--rxq=2", os.path.join(replay.CAPTURES, name),
                                    eal=RING)

    def test_a_small_pool_makes_frames_wait(self):
        report = self.assert_returns("--port=0", "--total-num-mbufs=17000", "--mbcache=0",
                                     "--loop=20", DEMO, eal=RING, loops=20)
        self.assertEqual(report["total_num_mbufs"], 17000)

    def test_what_is_sent_stops_before_the_reserve(self):
        """All that comes is kept: this port receives what was sent, and needs no buffers itself."""
        for more in (), ("--rxq=2",), ("--free-on=other",):
            report = self.assert_returns("--port=0", "--exhaust", "--reserve=4000", "--loop=10",
                                         "--total-num-mbufs=17000", *more, DEMO, eal=RING, loops=10)
            self.assertGreater(report["exhaust"]["times"], 0, more)
            self.assertLessEqual(report["exhaust"]["held"], 17000 - 4000)
            self.assertEqual(report["unkept"], 0)

    def test_all_is_kept_without_a_reserve(self):
        report = self.assert_returns("--port=0", "--exhaust", "--mbcache=0", "--loop=10",
                                     "--total-num-mbufs=17000", DEMO, eal=RING, loops=10)
        self.assertGreater(report["exhaust"]["held"], 17000 - 4000)
        self.assertGreaterEqual(report["exhaust"]["refused"], 1000)

    def test_only_sending_stalls_in_a_ring_that_nobody_empties(self):
        result = self.assert_fails(1, "has taken no frame for so long", "--port=0",
                                   "--rx-port=none", "--loop=5", DEMO, eal=RING)
        self.assertEqual(result.report["leaked"], 0)
        self.assertIn("stalled", result.out)

    def test_interrupted(self):
        process = self.run_until_progress(*RING, "--", "--port=0", "--loop=0", DEMO)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=replay.TIMEOUT_S)
        self.assertIn("interrupted", out)
        self.assertRegex(out, "Leaked: +0 ")
        self.assertEqual(process.returncode, 0)
        for folder in ("/var/run/dpdk", "/tmp/dpdk", "/dev/hugepages"):
            self.assertFalse(os.path.exists(f"{folder}/labyrinth-replay-{process.pid}"))


@needs("net_null")
class Null(Ports):
    def test_sending_only(self):
        report = self.assert_succeeds("--port=net_null0", "--rx-port=none", "--loop=3", DEMO,
                                      eal=("--vdev=net_null0",))
        self.assert_accounts(report, 3)
        # Before DPDK 25.11 it takes no chains, which the largest frames are.
        large = report["frames_refused"].get("larger_than_port", 0)
        self.assertEqual((report["frames_replayed"], report["rx_packets"], report["port"]["rx"]),
                         (3 * (DEMO_FRAMES - large), 0, None))
        self.assertFalse(report["verified"])
        self.assert_succeeds("--port=net_null0", "--rx-port=none", "--mbuf-size=30000", DEMO,
                             eal=("--vdev=net_null0",))

    def test_the_rate_of_what_is_sent(self):
        result = replay.replay("--port=net_null0", "--rx-port=none", "--loop=0", "--duration=0.3",
                               "--stats=0.1", DEMO, eal=("--vdev=net_null0",))
        report = result.report
        self.assertAlmostEqual(report["mpps"], report["frames_replayed"] / report["duration_s"] / 1e6, 5)
        self.assertAlmostEqual(report["gbps"], report["bytes_replayed"] * 8 / report["duration_s"] / 1e9, 5)
        self.assertIn(f"TX-packets: {report['frames_replayed']} ", result.out)
        self.assertIn("Corrupted:  not known (nothing is received)", result.out)
        self.assertRegex(result.err, r"s: [1-9]\d* packets, ")

    def test_nothing_comes_back(self):
        result = replay.replay("--port=net_null0", DEMO, eal=("--vdev=net_null0,no-rx=1",))
        self.assertEqual(result.status, 1)
        self.assertEqual(result.report["port"]["lost"],
                         {"not_returned": result.report["frames_replayed"]})
        self.assert_accounts(result.report)

    def test_what_others_send_is_foreign(self):
        """A port that makes up packets as long as one polls it."""
        path = self.file("flow.pcap", pcap([tcp((1, 80), (2, 4711))] * 5))
        result = replay.replay("--port=net_ring0", "--rx-port=net_null0", path,
                               eal=(*RING, "--vdev=net_null0"))
        self.assertEqual(result.status, 1)
        self.assertGreater(result.report["port"]["foreign"], 0)
        self.assertEqual(result.report["port"]["lost"], {"not_returned": 5})
        self.assert_accounts(result.report)


    @needs("net_ring")
    def test_with_a_reserve_reception_goes_on(self):
        """A port whose every packet takes a buffer, and a program that keeps them all."""
        for reserve in 512, 0:
            result = replay.replay("--port=net_ring0", "--rx-port=net_null0", "--exhaust",
                                   f"--reserve={reserve}", "--mbcache=0", "--pps=500",
                                   "--limit=500", "--mbuf-size=20000", DEMO,
                                   eal=(*RING, "--vdev=net_null0"))
            self.assertIn(result.status, (0, 1), result.err) # what was sent goes elsewhere
            report, kept = result.report, result.report["total_num_mbufs"] - reserve
            self.assertEqual(report["leaked"], 0)
            self.assertGreater(report["exhaust"]["times"], 0)
            self.assertLessEqual(report["exhaust"]["held"], kept)
            if reserve > 0:
                self.assertGreater(report["unkept"], 1000 * report["exhaust"]["times"] // 2)
            else:
                self.assertEqual(report["unkept"], 0)
                self.assertGreater(report["exhaust"]["refused"], 0)


@needs("net_pcap")
class Pcap(Ports):
    def test_a_file_holds_what_was_sent(self):
        sent = os.path.join(self.folder, "sent.pcap")
        report = self.assert_succeeds("--port=net_pcap0", "--rx-port=none", DEMO,
                                      eal=(f"--vdev=net_pcap0,tx_pcap={sent}",))
        self.assert_accounts(report)
        self.assert_adds_up(self.assert_succeeds(sent))
        # The file that was written is the file that is received: each frame in one buffer, since not each
        # release of the driver says that it receives chains.
        report = self.assert_returns("--port=net_pcap0", "--mbuf-size=10240", "--total-num-mbufs=4095", sent, eal=(
            f"--vdev=net_pcap0,rx_pcap={sent},tx_pcap={sent}.again",))
        self.assertGreater(report["rx_packets"], DEMO_FRAMES * 0.9)

    def test_another_file_is_foreign(self):
        path = self.file("other.pcap", pcap([tcp((1, 80), (2, 4711))] * 9))
        result = replay.replay("--port=net_pcap0", DEMO, eal=(
            f"--vdev=net_pcap0,rx_pcap={path},tx_pcap={self.folder}/sent.pcap",))
        self.assertEqual(result.status, 1)
        self.assertEqual(result.report["port"]["foreign"], 9)
        self.assertEqual(result.report["port"]["lost"],
                         {"not_returned": result.report["frames_replayed"]})

    def test_a_changed_byte_is_corruption(self):
        segments = [tcp((1, 80), (2, 4711), bytes((i,)) * 40) for i in range(9)]
        path = self.file("flow.pcap", pcap(segments))
        segments[4] = segments[4][:-1] + b"\xff"
        damaged = self.file("damaged.pcap", pcap(segments))
        result = replay.replay("--port=net_pcap0", path, eal=(
            f"--vdev=net_pcap0,rx_pcap={damaged},tx_pcap={self.folder}/sent.pcap",))
        self.assertEqual((result.status, result.report["corrupted"]), (1, 1))
        self.assert_accounts(result.report)

    def test_order_and_loss(self):
        segments = [tcp((1, 80), (2, 4711), bytes((i,)) * 40) for i in range(9)]
        path = self.file("flow.pcap", pcap(segments))
        for received, lost, reordered in (([0, 1, 2, 4, 3, 5, 6, 7, 8], {}, 1),
                                          ([0, 1, 2, 6, 7, 8], {"not_returned": 3}, 0)):
            with self.subTest(received):
                other = self.file("other.pcap", pcap([segments[i] for i in received]))
                result = replay.replay("--port=net_pcap0", path, eal=(
                    f"--vdev=net_pcap0,rx_pcap={other},tx_pcap={self.folder}/sent.pcap",))
                self.assertEqual(result.status, 1)
                port = result.report["port"]
                self.assertEqual((port["lost"], port["reordered"], result.report["corrupted"]),
                                 (lost, reordered, 0))
                self.assert_accounts(result.report)

    def test_padding_is_no_corruption(self):
        short = [tcp((1, 80), (2, 4711), bytes((i,))) for i in range(9)]
        path = self.file("short.pcap", pcap(short))
        padded = self.file("padded.pcap", pcap([data.ljust(60, b"\0") for data in short]))
        self.assert_returns("--port=net_pcap0", path, eal=(
            f"--vdev=net_pcap0,rx_pcap={padded},tx_pcap={self.folder}/sent.pcap",))


def namespace():
    """The name of a new one with a veth pair, lab0 to lab1; None where there can be none."""
    name = f"labyrinth-{os.getpid()}"
    commands = (["netns", "add", name],
                ["-n", name, "link", "add", "lab0", "type", "veth", "peer", "name", "lab1"],
                ["-n", name, "link", "set", "lab0", "up"], ["-n", name, "link", "set", "lab1", "up"])
    for command in commands:
        done = subprocess.run([IP, *command], stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            subprocess.run([IP, "netns", "del", name], stderr=subprocess.DEVNULL, check=False)
            return None
    return name


class Kernel(Ports):
    """Interfaces of the kernel, which the tests' own namespace takes with it."""

    @classmethod
    def setUpClass(cls):
        cls.name = namespace() if IP and os.geteuid() == 0 else None
        if cls.name is None:
            raise unittest.SkipTest("no veth pair in a network namespace can be made here (root, "
                                    "apt install iproute2)")
        cls.addClassCleanup(subprocess.run, [IP, "netns", "del", cls.name], check=True)

    def setUp(self):
        super().setUp()
        self.inside = (IP, "netns", "exec", self.name, replay.PROGRAM)

    def ip(self, *words):
        subprocess.run([IP, "-n", self.name, *words], check=True)

    def links(self):
        return subprocess.run([IP, "-n", self.name, "-o", "link"], stdout=subprocess.PIPE,
                              text=True, check=True).stdout

    def over(self, tx, rx, *arguments, **how):
        """From one device to another, each "NAME,ARGUMENTS", made in this order."""
        devices = how.pop("devices", (tx, rx))
        report = self.assert_returns(f"--port={tx.split(',')[0]}", f"--rx-port={rx.split(',')[0]}",
                                     *arguments, command=self.inside,
                                     eal=[f"--vdev={device}" for device in devices], **how)
        self.assertNotIn("PROMISC", self.links())
        self.assertNotIn("xdp", self.links())
        self.assertNotIn("lab2", self.links())
        return report

    @needs("net_af_packet")
    def test_af_packet(self):
        devices = "net_af_packet0,iface=lab0", "net_af_packet1,iface=lab1"
        self.over(*devices, DEMO)
        self.over(*devices, "--mbcache=0", "--free-on=other", "--loop=3", DEMO, loops=3)

    @needs("net_af_packet")
    def test_af_packet_with_a_reserve(self):
        devices = "net_af_packet0,iface=lab0", "net_af_packet1,iface=lab1"
        report = self.over(*devices, "--exhaust", "--reserve=600", "--total-num-mbufs=4095",
                           "--rxd=256", "--loop=4", DEMO, loops=4)
        self.assertGreater(report["exhaust"]["times"], 0)
        self.assertLessEqual(report["exhaust"]["held"], 4095 - 600)

    @needs("net_af_packet")
    def test_af_packet_with_vlans(self):
        if not os.path.exists(MIX):
            self.skipTest(f"no captures in {replay.CAPTURES}")
        self.over("net_af_packet0,iface=lab0", "net_af_packet1,iface=lab1", MIX)

    @needs("net_af_packet")
    def test_af_packet_over_two_queues(self):
        ends = ((1, 80), (2, 4711))
        path = self.file("flow.pcap", pcap([tcp(*ends), tcp(*reversed(ends))] * 50))
        report = self.over("net_af_packet0,iface=lab0,qpairs=2",
                           "net_af_packet1,iface=lab1,qpairs=2", "--rxq=2", path)
        self.assertEqual(sorted(report["rx_queue_packets"]), [0, 100])

    @needs("net_af_packet")
    def test_larger_than_the_interface(self):
        path = self.file("jumbo.pcap", pcap(JUMBO))
        report = self.over("net_af_packet0,iface=lab0", "net_af_packet1,iface=lab1", path)
        self.assertEqual(report["frames_refused"], {"larger_than_port": 2})

    @needs("net_af_packet")
    def test_packets_of_the_kernel_are_foreign(self):
        """It asks on the sending end for addresses that nobody has, as long as the program runs."""
        asks = ("import itertools, socket, time; s = socket.socket(type=socket.SOCK_DGRAM)\n"
                "for i in itertools.cycle(range(9, 250)): "
                "s.sendto(b'', ('192.0.2.%d' % i, 9)); time.sleep(.1)")
        command = (*self.inside[:-1], "sh", "-c",
                   'ip addr replace 192.0.2.1/24 dev lab0; python3 -c "$0" & "$@"; status=$?; '
                   "kill $!; ip addr flush dev lab0; exit $status", asks, replay.PROGRAM)
        report = self.assert_returns(
            "--port=net_af_packet0", "--rx-port=net_af_packet1", "--pps=500", "--limit=2000", DEMO,
            command=command, eal=("--vdev=net_af_packet0,iface=lab0",
                                  "--vdev=net_af_packet1,iface=lab1"))
        self.assertGreater(report["port"]["foreign"], 0)

    @needs("net_af_packet", "net_af_xdp")
    def test_af_xdp(self):
        self.over("net_af_packet0,iface=lab0", "net_af_xdp0,iface=lab1", DEMO)
        self.over("net_af_xdp0,iface=lab0", "net_af_packet0,iface=lab1", "--mbcache=0",
                  "--free-on=other", DEMO)

    @needs("net_af_xdp")
    def test_af_xdp_without_privilege(self):
        command = (*self.inside[:-1], "setpriv", "--bounding-set=-bpf,-sys_admin,-net_admin",
                   replay.PROGRAM)
        self.assert_fails(1, "it needs CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF", DEMO,
                          "--port=net_af_xdp0", command=command,
                          eal=("--vdev=net_af_xdp0,iface=lab0",))
        self.assertNotIn("PROMISC", self.links())

    @needs("net_af_packet", "net_af_xdp")
    def test_af_xdp_with_other_pools(self):
        for pool in ("ring_mp_mc", "stack"):
            with self.subTest(pool):
                self.over("net_af_xdp0,iface=lab0", "net_af_packet0,iface=lab1", f"--pool={pool}",
                          DEMO)
        self.assert_fails(2, "can be opened once by a process", "--pool=labyrinth,stack",
                          "--port=net_af_xdp0", DEMO, command=self.inside,
                          eal=("--vdev=net_af_xdp0,iface=lab0",))

    def interfaces(self, *arguments, kind="net_af_xdp", command=None, **how):
        """Over interfaces of the kernel, without a word for the EAL."""
        result = replay.replay(*arguments, "--pps=20000", command=command or self.inside, **how)
        # A veth pair with XDP drops what a busy machine does not fetch in time.
        lost = result.report["port"]["lost"]
        self.assertEqual(result.status, 1 if lost else 0, result.err + result.out)
        self.assert_accounts(result.report)
        self.assertEqual((result.report["corrupted"], result.report["port"]["reordered"]), (0, 0))
        names = [result.report["port"][key] for key in ("tx", "tx2", "rx")]
        self.assertTrue(all(name is None or name.startswith(kind) for name in names), names)
        self.assertNotIn("lib", result.err)  # what libxdp and libbpf tell
        self.assertNotIn("xdp", self.links())
        return result.report

    @needs("net_af_packet", "net_af_xdp")
    def test_interface_of_the_kernel(self):
        report = self.interfaces("-i", "lab0", DEMO)
        self.assertEqual((report["rx_packets"], report["port"]["rx"]), (0, None))
        self.assertGreater(report["mpps"], 0)
        report = self.interfaces("-i", "lab0", "--rx-port=lab1", DEMO)
        self.assertGreater(report["rx_packets"], 0)
        without_xdp = (*self.inside[:-1], "setpriv", "--bounding-set=-bpf,-sys_admin",
                       replay.PROGRAM)
        self.interfaces("-i", "lab0", DEMO, kind="net_af_packet", command=without_xdp)

    @needs("net_af_packet", "net_af_xdp")
    def test_interface_that_the_kernel_uses(self):
        """Frames that come there are left to the kernel."""
        self.ip("addr", "add", "192.0.2.1/24", "dev", "lab0")
        self.addCleanup(self.ip, "addr", "flush", "dev", "lab0")
        self.interfaces("-i", "lab0", DEMO, kind="net_af_packet")
        self.ip("link", "add", "labbr", "type", "bridge")
        self.addCleanup(self.ip, "link", "del", "labbr")
        self.ip("link", "set", "lab1", "master", "labbr")
        self.interfaces("-i", "lab1", DEMO, kind="net_af_packet")

    @needs("net_af_packet", "net_af_xdp")
    def test_xdp_that_does_not_start(self):
        """veth pairs refuse it for large frames."""
        for link in "lab0", "lab1":
            self.ip("link", "set", link, "mtu", "9000")
            self.addCleanup(self.ip, "link", "set", link, "mtu", "1500")
        report = self.interfaces("-i", "lab0", "--rx-port=lab1", DEMO, kind="net_af_packet")
        self.assertGreater(report["rx_packets"], 0)

    @needs("net_af_packet")
    def test_interfaces_that_cannot_be_used(self):
        self.assert_fails(2, "there is no interface lab7: did you mean lab", "-i", "lab7", DEMO,
                          command=self.inside)
        self.ip("link", "set", "lab1", "down")
        self.addCleanup(self.ip, "link", "set", "lab1", "up")
        self.assert_fails(2, "interface lab1 is down: `ip link set lab1 up`", "-i", "lab1", DEMO,
                          command=self.inside)
        command = (*self.inside[:-1], "setpriv", "--bounding-set=-net_raw", replay.PROGRAM)
        self.assert_fails(1, "lab0 cannot be sent on: it needs CAP_NET_RAW", "-i", "lab0", DEMO,
                          command=command)

    @needs("net_af_packet")
    def test_two_interfaces(self):
        """Each receives what the other sends."""
        report = self.interfaces("-i", "lab0", "-I", "lab1", "--rx-port=both", DEMO, kind="net_af")
        self.assertGreater(report["rx_packets"], 0)
        self.assertNotEqual(report["port"]["tx"], report["port"]["tx2"])

    @needs("net_af_packet", "net_tap")
    def test_tap(self):
        if not os.path.exists("/dev/net/tun"):
            self.skipTest("no /dev/net/tun (modprobe tun)")
        tap, packet = "net_tap0,iface=lab2", "net_af_packet0,iface=lab2"
        self.over(tap, packet, DEMO)
        self.over(packet, tap, "--mbcache=0", "--free-on=other", DEMO, devices=(tap, packet))

    @needs("net_af_packet")
    def test_interrupted(self):
        process = self.run_until_progress(
            "--vdev=net_af_packet0,iface=lab0", "--vdev=net_af_packet1,iface=lab1", "--",
            "--port=net_af_packet0", "--rx-port=net_af_packet1", "--loop=0", "--pps=20000", DEMO,
            command=self.inside)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=replay.TIMEOUT_S)
        self.assertIn("interrupted", out)
        self.assertRegex(out, "Leaked: +0 ")
        self.assertNotIn("PROMISC", self.links())

    @needs("net_af_packet")
    def test_what_is_missing_is_named(self):
        device = "--vdev=net_af_packet0,iface=lab0"
        arguments = ("--port=net_af_packet0", DEMO)
        self.assert_fails(1, "there is no interface lab9", *arguments, command=self.inside,
                          eal=("--vdev=net_af_packet0,iface=lab9",))
        self.assert_fails(1, "it needs CAP_NET_RAW", *arguments, eal=(device,), command=(
            *self.inside[:-1], "setpriv", "--bounding-set=-net_raw", replay.PROGRAM))
        self.assert_fails(1, "--mbuf-size=2176", *arguments, "--mbuf-size=1024", eal=(device,),
                          command=self.inside)
        self.assert_fails(2, "has 1 transmit queue, and each lcore needs", *arguments, "--rxq=2",
                          eal=(device,), command=self.inside)


@needs("net_memif")
@unittest.skipUnless(TESTPMD, "dpdk-testpmd is not installed (apt install dpdk-dev)")
class Memif(Ports):
    @contextlib.contextmanager
    def echo(self, socket):
        """Another process, which sends back what it receives."""
        command = ["stdbuf", "-oL", TESTPMD, "--lcores=0@0,1@0", "--no-pci", "--no-huge", "-m", "128",
                   "--no-telemetry", "--no-shconf", f"--file-prefix=labyrinth-echo-{os.getpid()}",
                   f"--vdev=net_memif0,role=server,socket={socket},socket-abstract=no", "--",
                   "--total-num-mbufs=4096", "--forward-mode=io", "--auto-start"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        try:
            for line in process.stdout:
                if line.startswith("Press enter"):
                    break
            yield
        finally:
            process.stdin.close()
            process.kill()
            process.wait()
            process.stdout.close()
            with contextlib.suppress(OSError):
                os.rmdir(f"/var/run/dpdk/labyrinth-echo-{os.getpid()}")

    def test_two_processes(self):
        socket = os.path.join(self.folder, "memif")
        # A ring for all frames: the other process may lose its CPU for a while.
        device = f"--vdev=net_memif0,role=client,socket={socket},socket-abstract=no,rsize=12"
        with self.echo(socket):
            self.assert_returns("--port=net_memif0", "--pps=20000", DEMO, eal=(device,))

    def test_nobody_at_the_other_end(self):
        socket = os.path.join(self.folder, "memif")
        self.assert_fails(1, "the process at its other end", "--port=net_memif0", DEMO, eal=(
            f"--vdev=net_memif0,role=client,socket={socket},socket-abstract=no",))


class Wrong(Ports):
    def test_no_port(self):
        self.assert_fails(2, "--port=0: there is no port: have one before", "--port=0", DEMO)

    @needs("net_ring")
    def test_no_such_port(self):
        self.assert_fails(2, "did you mean net_ring0?", "--port=net_rnig0", DEMO, eal=RING)
        self.assert_fails(2, "--rx-port=7: no such port (there is: 0 net_ring0)", "--port=0",
                          "--rx-port=7", DEMO, eal=RING)

    def test_rx_port_alone(self):
        self.assert_fails(2, "needs a --port", "--rx-port=0", DEMO)

    def test_what_ports_do_not_do(self):
        for option in "--stream", "--unique-ip", "--hold=fixed:3", "--clone", "--find-size":
            with self.subTest(option):
                name = option.split("=")[0]
                self.assert_fails(2, f"{name} is for the receive path of our own: leave out --port=0",
                                  option, "--port=0", DEMO)

    def test_no_such_driver(self):
        self.assert_fails(1, "apt install librte-net-frobnicate", "--port=0", DEMO,
                          eal=("--vdev=net_frobnicate0",))


if __name__ == "__main__":
    replay.main()
