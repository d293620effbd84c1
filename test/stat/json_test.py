# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""--json of labyrinth-stat: the schema that doc/guide/watching.md has, key by key."""

import json
import os
import pathlib
import re
import socket
import unittest

from skips import main
from stat_support import LCORE, StatTest, info

GUIDE = pathlib.Path(__file__).parents[2] / "doc" / "guide" / "watching.md"
TYPES = {"text": str, "number": (int, float), "list": list, "object": dict}

GROUPS = {"1": {"count": 900, "site": "rx+0x1 (rx.c:7)", "lcore": "1", "pid": 9, "oldest_s": 80,
                "youngest_s": 10},
          "2": {"count": 800, "site": "table+0x9 (t.c:3)", "lcore": "2", "pid": 9, "oldest_s": 3,
                "youngest_s": 2},
          "3": {"count": 700, "site": "table+0x9 (t.c:3)", "lcore": "3", "pid": 9, "oldest_s": 9,
                "youngest_s": 1}}
HELD = {"audit": "full", "size": 8191, "free": 5791, "held": 2400, "in_private_parts": 1,
        "in_public_parts": 5790, "in_stack": 0, "in_quarantine": 0, "high_water": 2500,
        "recommended_size": 4095, "in_dpdk_caches": 0, "in_smaller_groups": 0,
        "by_call_site": GROUPS}
ANSWERS = {"/labyrinth/list": ["a"], "/labyrinth/info": info("a", stack=0),
           "/labyrinth/version": {"driver": "0.9.9", "layout": 2}, "/labyrinth/holders": HELD,
           "/labyrinth/leaks": {key: HELD[key] for key in ("audit", "in_dpdk_caches",
                                                           "in_smaller_groups", "by_call_site")}}


def documented():
    """{"key": "type"} of each table, by the heading above it, as the guide has them."""
    tables, heading = {}, ""
    for line in GUIDE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ").strip()
        row = re.match(r"\| `(\S+)` \| (text|number|list|object)( or null)? \|", line)
        if row:
            tables.setdefault(heading, {})[row[1]] = (row[2], bool(row[3]))
    return tables


class Json(StatTest):
    def document(self, *arguments):
        return json.loads(self.answer("--json", *arguments))

    def check_keys(self, found, table):
        """Each key of an answer stands in the guide, with its type."""
        for key, value in found.items():
            self.assertIn(key, table)
            kind, nullable = table[key]
            if not (nullable and value is None):
                self.assertIsInstance(value, TYPES[kind], key)

    def test_the_envelope(self):
        self.serve(ANSWERS)
        found, table = self.document("list"), documented()["Every document"]
        self.check_keys(found, table)
        self.assertEqual(set(table) - set(found), {"pool", "arena"})
        self.assertEqual((found["schema"], found["command"], found["host"]),
                         (1, "list", socket.gethostname()))
        self.assertRegex(found["date"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(found["process"]["pid"], os.getpid())
        self.assertEqual({**found["versions"], "labyrinth_stat": "x"},
                         {"labyrinth_stat": "x", "driver": "0.9.9", "dpdk": "DPDK 22.11"})

    def test_what_is_not_known_is_null(self):
        self.serve({key: value for key, value in ANSWERS.items() if key != "/labyrinth/version"},
                   greeting={"pid": 0, "max_output_len": 16384})
        found = self.document("list")
        self.assertEqual((found["versions"]["driver"], found["versions"]["dpdk"]), (None, None))
        self.assertEqual(found["process"], {"pid": None, "program": None})

    def test_pools(self):
        self.serve(ANSWERS)
        tables = documented()
        row, = self.document("list")["pools"]
        self.check_keys(row, tables["Pools of list and watch"])
        row, = self.document("watch", "--count=1")["pools"]
        self.check_keys(row, tables["Pools of list and watch"])
        pool = self.document("watch", "a", "--count=1")["pool"]
        self.check_keys(pool, tables["Pools of list and watch"])
        self.check_keys(pool["lcores"][0], tables["An lcore"])

    def test_info(self):
        self.serve(ANSWERS)
        pool, tables = self.document("info", "a")["pool"], documented()
        self.check_keys(pool, tables["The pool of info"])
        self.assertEqual([lcore["lcore"] for lcore in pool["lcores"]], ["any", "17"])
        for lcore in pool["lcores"]:
            self.check_keys(lcore, tables["An lcore"])
            self.assertEqual(set(LCORE) - set(lcore), set())

    def test_holders(self):
        self.serve(ANSWERS)
        tables = documented()
        for verb in "holders", "leaks":
            pool = self.document(verb, "a")["pool"]
            self.check_keys(pool, tables["The pool of holders and leaks"])
            for row in pool["by_call_site"]:
                self.check_keys(row, tables["A call site"])
            for row in pool["by_holder"]:
                self.check_keys(row, tables["A holder"])

    def test_call_sites_are_totalled(self):
        self.serve(ANSWERS)
        pool = self.document("holders", "a")["pool"]
        self.assertEqual([(row["count"], row["site"], row["groups"], row["oldest_s"],
                           row["youngest_s"]) for row in pool["by_call_site"]],
                         [(1500, "table+0x9 (t.c:3)", 2, 9, 1), (900, "rx+0x1 (rx.c:7)", 1, 80, 10)])
        self.assertEqual([row["count"] for row in pool["by_holder"]], [900, 800, 700])
        text = self.answer("holders", "a")
        self.assertIn("\nby_call_site\n  count  site ", text)
        self.assertIn("\n   1500  table+0x9 (t.c:3) ", text)
        self.assertIn("\nby_holder\n", text)

    def test_groups_that_say_nothing_more(self):
        self.serve({**ANSWERS, "/labyrinth/holders": {**HELD, "by_call_site": {"1": GROUPS["1"]}}})
        self.assertNotIn("by_holder", self.answer("holders", "a"))
        self.assertEqual(len(self.document("holders", "a")["pool"]["by_holder"]), 1)

    def test_nothing_is_an_empty_list(self):
        self.serve({**ANSWERS, "/labyrinth/info": info("a", lcores={}),
                    "/labyrinth/holders": {**HELD, "by_call_site": {}}})
        self.assertEqual(self.document("info", "a")["pool"]["lcores"], [])
        pool = self.document("holders", "a")["pool"]
        self.assertEqual((pool["by_call_site"], pool["by_holder"]), ([], []))
        self.assertIn("by_call_site\n  none\n", self.answer("holders", "a"))

    def test_arenas(self):
        zones = {"zone_0": {"level": 3}, "zone_1": {"level": 4}}
        self.serve({**ANSWERS, "/labyrinth/map": {"arena": "a", "zones": zones}})
        self.assertEqual(self.document("map")["arena"]["zones"],
                         [{"name": "zone_0", "level": 3}, {"name": "zone_1", "level": 4}])


if __name__ == "__main__":
    main()
