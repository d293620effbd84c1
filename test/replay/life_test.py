# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The life of buffers between receiving and freeing: each case fails when the option does nothing."""

import replay
from replay import DEMO

DEMO_FRAMES = 3000


class Hold(replay.ReplayTest):
    def test_fixed_needs_as_many_buffers_as_it_holds(self):
        """And some for the descriptors: 2,100 buffers suffice for 2,000 packets, 2,000 do not."""
        arguments = ("--hold=fixed:2000", "--mbcache=0", "--rxd=32", "--mbuf-size=10000", DEMO)
        report = self.assert_succeeds("--total-num-mbufs=2100", *arguments)
        self.assertEqual((report["rx_dropped"], report["hold"]), (0, "fixed:2000"))
        self.assert_adds_up(report)
        report = self.assert_succeeds("--total-num-mbufs=2000", *arguments)
        self.assertGreater(report["rx_dropped"], 0)
        self.assertEqual(report["frames_refused"], {"no_buffer": report["rx_dropped"]})
        self.assert_adds_up(report)

    def test_exp_holds_as_many_as_its_mean(self):
        arguments = ("--hold=exp:1000", "--loop=5", "--mbcache=0", "--rxd=32",
                     "--mbuf-size=10000", DEMO)
        self.assertEqual(self.assert_succeeds("--total-num-mbufs=1400", *arguments)["rx_dropped"],
                         0)
        report = self.assert_succeeds("--total-num-mbufs=800", *arguments)
        self.assertGreater(report["rx_dropped"], 0)
        self.assert_whole(report)

    def test_forever_leaks_until_nothing_is_left(self):
        report = self.assert_succeeds("--hold=forever:0.5", "--total-num-mbufs=1023", "--loop=2",
                                      DEMO)
        self.assertGreater(report["rx_dropped"], DEMO_FRAMES)
        self.assert_whole(report)

    def test_with_clones_of_chains_freed_elsewhere(self):
        report = self.assert_succeeds("--hold=exp:50", "--clone", "--free-on=random", "--rxq=2",
                                      "--mbuf-size=300", "--loop=3", DEMO)
        self.assertEqual(report["frames_replayed"] + report["rx_dropped"], 3 * DEMO_FRAMES)
        self.assert_whole(report)

    def test_with_addresses_of_their_loop(self):
        """Frames that were dropped are not those that are compared with."""
        report = self.assert_succeeds("--hold=fixed:900", "--total-num-mbufs=900", "--mbcache=0",
                                      "--unique-ip", "--burst=64", "--loop=3", "--rxd=32", DEMO)
        self.assertGreater(report["rx_dropped"], 0)
        self.assertGreater(report["frames_edited"], 0)
        self.assert_whole(report)

    def test_at_a_rate(self):
        self.assert_planned(0.2999, "--hold=exp:100", "--pps=10000", DEMO)

    def test_seed(self):
        def dropped(*seed):
            return self.assert_succeeds("--hold=exp:900", "--total-num-mbufs=900", "--mbcache=0",
                                        "--loop=3", *seed, DEMO)["rx_dropped"]

        self.assertEqual(dropped("--seed=7"), dropped("--seed=7"))
        self.assertEqual(dropped("--seed=1"), dropped())
        self.assertGreater(len({dropped(f"--seed={seed}") for seed in range(4)}), 1)

    def test_without_it_the_wire_waits(self):
        report = self.assert_succeeds("--total-num-mbufs=63", "--mbcache=0", DEMO)
        self.assertEqual(report["rx_dropped"], 0)


class Exhaust(replay.ReplayTest):
    def test_the_pool_runs_empty_and_recovers(self):
        result = replay.replay("--exhaust", "--total-num-mbufs=1023", "--mbcache=0", DEMO)
        self.assertEqual(result.status, 0, result.err)
        exhaust = result.report["exhaust"]
        self.assertGreaterEqual(exhaust["times"], 2)
        self.assertLessEqual(exhaust["held"], 1023)
        self.assertGreaterEqual(exhaust["polls_empty"], 1000 * exhaust["times"])
        self.assertGreater(exhaust["recovery_max_us"], 0)
        self.assertGreater(result.report["rx_nombuf"], 0)
        self.assert_adds_up(result.report)
        self.assertIn("Exhausted: ", result.out)

    def exhausted(self, *options):
        result = replay.replay("--exhaust", "--total-num-mbufs=2047", "--mbcache=0", "--loop=40",
                               *options, DEMO)
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual(result.report["rx_packets"], 40 * 3000)
        self.assertEqual(result.report["leaked"], 0)
        return result

    def test_with_a_reserve_reception_goes_on(self):
        for more in [], ["--free-on=other"], ["--rxq=2", "--rxd=256"], ["--clone"]:
            result = self.exhausted("--reserve=600", *more)
            exhaust = result.report["exhaust"]
            self.assertGreater(exhaust["times"], 0, more)
            self.assertLessEqual(exhaust["held"], 2047 - 600)
            self.assertGreater(result.report["unkept"], 1000)
            if more != ["--clone"]:
                self.assertEqual(exhaust["refused"], 0)
                self.assertEqual(result.report["rx_nombuf"], 0)
                self.assertEqual(result.report["alloc_failures"], 0)
            self.assertRegex(result.out, r"Reserve: 600 buffers; \d+ packets were received in them")

    def test_without_one_it_stands_still(self):
        result = self.exhausted("--reserve=0")
        self.assertEqual(result.report["unkept"], 0)
        self.assertGreater(result.report["exhaust"]["refused"], 1000)
        self.assertGreater(result.report["rx_nombuf"], 0)
        self.assertNotIn("Reserve", result.out)

    def test_a_reserve_goes_with_holding(self):
        report = self.assert_succeeds("--hold=forever:1", "--reserve=512", "--loop=3",
                                      "--total-num-mbufs=2047", DEMO)
        self.assertEqual(report["rx_dropped"], 0)
        self.assertEqual(report["mbcache"], 0)
        self.assertGreaterEqual(report["unkept"], 3 * 3000 - (2047 - 512)) # and some are chains
        self.assertLess(report["unkept"], 3 * 3000 - 1400)

    def test_what_a_reserve_does_not_go_with(self):
        self.assert_fails(2, "--reserve: pools of stack have none", "--reserve=9",
                          "--pool=labyrinth,stack", DEMO)
        self.assert_fails(2, "--mbcache=256: would keep buffers", "--reserve=9", "--mbcache=256",
                          DEMO)
        self.assert_fails(2, "--reserve=99: of 99 buffers (--total-num-mbufs), at most 98",
                          "--reserve=99", "--total-num-mbufs=99", DEMO)
        self.assert_fails(2, "--find-size looks for a pool that needs no --reserve", "--reserve=99",
                          "--find-size", DEMO)

    def test_nothing_is_said_without_it(self):
        self.assertNotIn("exhaust", self.assert_succeeds(DEMO))

    def test_one_way_to_hold(self):
        self.assert_fails(2, "--hold and --exhaust exclude each other", "--exhaust",
                          "--hold=exp:10", DEMO)
        self.assert_fails(2, "--hold and --exhaust exclude each other", "--hold=exp:10",
                          "--exhaust", DEMO)

    def test_no_such_hold(self):
        self.assert_fails(2, "--hold=some: must be fixed:N or exp:MEAN", "--hold=some", DEMO)


class Clone(replay.ReplayTest):
    def test_each_packet(self):
        report = self.assert_succeeds("--clone", "--mbuf-size=10000", DEMO)
        self.assertEqual((report["clones"], report["clone_failures"]), (DEMO_FRAMES, 0))
        self.assert_adds_up(report)
        self.assertEqual(self.assert_succeeds(DEMO)["clones"], 0)

    def test_a_pool_without_room_for_clones(self):
        report = self.assert_succeeds("--clone", "--total-num-mbufs=512", "--mbcache=0", DEMO)
        self.assertGreater(report["clone_failures"], 0)
        self.assert_adds_up(report)


class FreeOn(replay.ReplayTest):
    def freed(self, where):
        report = self.assert_succeeds(f"--free-on={where}", "--loop=10", "--mbuf-size=10000", DEMO)
        self.assert_whole(report)
        self.assertEqual(report["freed_same"] + report["freed_other"], 10 * DEMO_FRAMES)
        self.assertEqual(report["free_on"], where)
        return report["freed_same"], report["freed_other"]

    def test_where(self):
        self.assertEqual(self.freed("same")[1], 0)
        self.assertEqual(self.freed("other")[0], 0)
        for n in self.freed("random"):
            self.assertGreater(n, DEMO_FRAMES)

    def test_nowhere(self):
        self.assert_fails(2, "--free-on=here: must be same, other or random", "--free-on=here",
                          DEMO)


if __name__ == "__main__":
    replay.main()
