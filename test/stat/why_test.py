# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""labyrinth-stat why: what it concludes of what a process has found, and what it says."""

import itertools
import json
import signal
import time
import unittest

from json_test import TYPES, documented
from skips import main
from stat_support import TIMEOUT_S, StatTest, info

SITE = {"recorded": 9, "oldest_s": 40, "youngest_s": 12, "site": "rx+0x9 (rx.c:7)"}


def lost(count, **more):
    return {"count": count, "state": "lost", "where": "nothing points to it",
            "packets_1": 200, "headers_1": "ICMP, IPv4, 98 bytes, port 0", **more}


def sessions(count):
    return {"count": count, "state": "held", "where": "rte_malloc",
            "blocks": 1, "name": "blocks of 48000 bytes, of sessions (gw)"}


def cached(count, lcore=1):
    return {"count": count, "state": "free", "where": "DPDK's cache", "name": f"lcore {lcore}"}


def free(count):
    return {"count": count, "state": "free", "where": "the driver's ring"}


def found(groups, driver="ring_mp_mc", **more):
    """An answer of a search that has ended, with these groups."""
    def total(state):
        return sum(group["count"] for group in groups if group["state"] == state)
    counts = {state: total(state) for state in ("free", "held", "moving", "lost", "unknown")}
    return {"search": 1, "state": "done", "pool": "packets", "driver": driver,
            "objects": sum(counts.values()), **counts, "unsettled": 0, "running_threads": 0,
            "processes_asked": 1, "processes_unseen": 0, "walks": 2, "samples": 9,
            "read_kib": 1, "took_ms": 1,
            "groups": {str(i): group for i, group in enumerate(groups, 1)}, **more}


class Why(StatTest):
    def play(self, *answers, **others):
        """Each search finds the next of these, and the last again and again."""
        answers = itertools.chain(answers, itertools.repeat(answers[-1]))
        return self.serve({"/labyrinth/where": lambda _: next(answers), **others})

    def pool(self, *arguments):
        return json.loads(self.answer("--json", "why", "packets", *arguments))["pool"]

    def test_a_leak(self):
        leak = [found([lost(n), sessions(3000), cached(250), free(4941 - n)])
                for n in (4800, 4900)]
        self.play(*leak, *leak)
        pool = self.pool()
        self.assertEqual((pool["verdict"], pool["in_caches"]), ("leak", 250))
        self.assertGreater(pool["lost_per_s"], 0)
        self.assertGreater(pool["lasts_s"], 0)
        self.assertNotIn("recommended_size", pool)
        text = self.answer("why", "packets")
        for words in ("Of the 8,191 objects of packets (ring_mp_mc)\n", "! 4,900 are lost, ",
                      " more a second; ICMP, IPv4, 98 bytes, port 0\n",
                      "  3,000 are in rte_malloc: 1 block of 48000 bytes, of sessions (gw)\n",
                      "  291 are free; DPDK's caches hold 250 of these, for 1 lcore alone\n",
                      "\nIt leaks: the pool lasts ", "labyrinth-stat lost packets --pcap=FILE\n"):
            self.assertIn(words, text)
        self.assertNotIn(" size ", text)

    def test_lines_have_80_characters(self):
        self.play(found([lost(9, **SITE), {**sessions(3), "name": "blocks " * 20}, free(8)]))
        text = self.answer("why", "packets")
        self.assertLessEqual(max(map(len, text.splitlines())), 80)
        self.assertIn("got 12 to 40 s ago by rx+0x9 (rx.c:7)", " ".join(text.split()))

    def test_a_screen_has_room(self):
        self.play(found([lost(9), *({**sessions(n), "name": f"{n}"} for n in range(90, 1, -1)),
                         {"count": 3, "state": "moving", "where": "on its way"}, free(8)]))
        text = self.answer("why", "packets")
        self.assertLess(len(text.splitlines()), 24)
        self.assertIn("are in 83 other places\n", text)
        self.assertIn("  3 are on the way\n", text)

    def test_lost_and_no_more(self):
        self.play(found([lost(400), free(7791)]))
        pool = self.pool()
        self.assertEqual(pool["verdict"], "lost")
        self.assertNotIn("lost_per_s", pool)
        self.assertNotIn("recommended_size", pool)
        self.assertIn("shows no address", " ".join(self.answer("why", "packets").split()))

    def test_lost_and_empty(self):
        """Nothing is left that could be lost: whether it leaks does not show."""
        self.play(found([lost(8191)]))
        text = self.answer("why", "packets")
        self.assertIn("! 0 are free\n", text)
        self.assertIn("No more can be lost", text)
        self.assertNotIn("recommended_size", self.pool())

    def test_a_table_that_grows(self):
        self.play(found([sessions(3000), free(5191)]), found([sessions(4000), free(4191)]))
        pool = self.pool()
        self.assertEqual(pool["verdict"], "growth")
        self.assertGreater(pool["growth_per_s"], 0)
        self.assertNotIn("recommended_size", pool)
        self.assertAlmostEqual(pool["groups"][0]["more_per_s"], pool["growth_per_s"])

    def test_a_table_that_breathes(self):
        self.play(found([sessions(3000), free(5191)]), found([sessions(3040), free(5151)]))
        self.assertEqual(self.pool()["verdict"], "fine")

    def test_only_caches_have_some(self):
        self.play(found([sessions(7691), cached(200, 1), cached(300, 2)]))
        self.assertEqual(self.pool()["verdict"], "caches")
        self.assertIn("the caches of 2 lcores", " ".join(self.answer("why", "packets").split()))

    def test_too_small(self):
        self.play(found([sessions(8000), free(191)]))
        pool = self.pool()
        self.assertEqual((pool["verdict"], pool["recommended_size"]), ("small", 16383))
        self.assertIn("A size of 16,383 ", " ".join(self.answer("why", "packets").split()))

    def test_too_small_by_its_own_count(self):
        """A pool of Labyrinth's knows how many were ever held, and how many gets failed."""
        fails = itertools.count(7)
        self.play(found([sessions(3000), free(5191)], driver="labyrinth"),
                  **{"/labyrinth/list": ["packets"],
                     "/labyrinth/info": lambda _: info("packets", high_water=8191,
                                                       calls={"get_fail": next(fails)}),
                     "/labyrinth/holders": {"recommended_size": 12345, "by_call_site": {}}})
        pool = self.pool()
        self.assertEqual((pool["verdict"], pool["recommended_size"], pool["failed"],
                          pool["most_held"]), ("small", 12345, 8, 8191))
        self.assertIn("8,191 were held at most", self.answer("why", "packets"))

    def test_what_the_driver_does_not_show(self):
        answer = found([sessions(3000), {"count": 5191, "state": "unknown",
                                         "where": "free, or nothing points to it"}], driver="mine")
        for key in "free", "lost", "moving":
            del answer[key]
        self.play(answer)
        pool = self.pool()
        self.assertEqual(pool["verdict"], "unknown")
        self.assertNotIn("recommended_size", pool)
        text = self.answer("why", "packets")
        self.assertIn("5,191 are free or lost", text)
        self.assertNotIn("are free\n", text)

    def test_doubts_are_said(self):
        self.play(found([lost(400), free(7791)], unsettled=1, processes_unseen=2))
        text = " ".join(self.answer("why", "packets").split())
        self.assertIn("did not settle", text)
        self.assertIn("2 processes with the pool's memory did not answer", text)

    def test_the_schema(self):
        self.play(found([lost(4800, **SITE), free(3391)]), found([lost(4900, **SITE), free(3291)]))
        pool, tables = self.pool(), documented()
        for keys, table in ((pool, "The pool of where, lost and why"),
                            (pool["groups"][0], "A place"),
                            (pool["groups"][0]["packets"][0], "Packets")):
            for key, value in keys.items():
                self.assertIn(key, tables[table])
                self.assertIsInstance(value, TYPES[tables[table][key][0]], key)

    def test_again_and_again(self):
        process = self.play(*(found([lost(n), free(8191 - n)]) for n in (10, 20, 20, 50)))
        lines = self.answer("--json", "--watch", "--count=3", "--interval=0.01", "why",
                            "packets").splitlines()
        self.assertEqual([json.loads(line)["pool"]["verdict"] for line in lines],
                         ["leak", "lost", "leak"])
        self.assertEqual(len([line for line in process.asked if "where" in line]), 4)

    def test_a_signal_ends_it(self):
        self.play({"search": 1, "state": "walking", "pool": "packets", "walk": 1,
                   "walk_percent": 5})
        _, process = self.on_terminal("why", "packets", "--watch")
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(TIMEOUT_S), 0)

    def test_no_such_pool(self):
        self.play({"error": "there is no pool of that name"})
        self.assert_fails(self.ask("why", "x"), "there is no pool of that name")
        self.assert_fails(self.ask("why"), "why needs a pool's name", status=2)


if __name__ == "__main__":
    main()
