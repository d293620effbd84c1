# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""labyrinth-stat on the day that a pool is empty: on a terminal of 80 columns, and elsewhere."""

import itertools
import re
import unittest

from skips import main
from stat_support import LCORE, StatTest, info

RED, PLAIN = "\033[1;31m", "\033[0m"
LONG = "x" * 60  # longer than any mempool's name, shorter than one that is said in ASCII

IDLE = {key: 0 for key in LCORE}
POOLS = {"full": info("full", lcores={"3": IDLE}), "empty": info("empty", free=0),
         LONG: info(LONG, free=0)}


def answers(names):
    return {"/labyrinth/list": list(names), "/labyrinth/info": lambda name: POOLS[name]}


def head(text):
    return next(line for line in text.splitlines() if "free" in line).split()


class Elsewhere(StatTest):
    """Not on a terminal: there is a mark, and no colour."""

    def test_free_is_shown_when_nothing_is(self):
        self.serve(answers(["empty"]))
        self.assertEqual(self.answer("list"), "".join((
            "  pool   free  failed  size  held  most_held  cache\n",
            "! empty     0       8  8191  8191        500    256\n")))

    def test_an_empty_pool_is_marked(self):
        self.serve(answers(POOLS))
        lines = self.answer("list").splitlines()
        self.assertEqual([line[:2] for line in lines], ["  ", "  ", "! ", "! "])
        self.assertIn("\n! free        0\n", self.answer("info", "empty"))
        self.assertIn("\n  free        8000\n", self.answer("info", "full"))

    def test_zeros_that_are_answers_are_shown(self):
        """No failure is an answer; no revocation is not."""
        self.serve(answers(["full"]))
        lines = self.answer("info", "full").split("lcores\n")[1].splitlines()
        self.assertEqual(lines[0].split(), ["lcore", "private", "public", "get_fail"])
        self.assertEqual(lines[1].split(), ["3", "0", "0", "0"])
        self.assertTrue(lines[2].startswith("  all 0: get_own, "), lines)
        self.assertEqual(head(self.answer("list"))[1:3], ["free", "failed"])

    def test_lines_have_any_length(self):
        self.serve(answers([LONG]))
        self.assertIn(f"! {LONG}  ", self.answer("watch", "--count=1"))
        self.assertIn("slow_puts/s", self.answer("watch", "--count=1"))

    def test_totals_of_the_driver(self):
        """They also count the lcores for which an answer has no room."""
        self.serve({"/labyrinth/list": ["b"],
                    "/labyrinth/info": info("b", calls={**LCORE, "get_fail": 1000})})
        self.assertRegex(self.answer("list"), r"\n  b +8000 +1000 ")

    def test_an_older_driver_that_leaves_lcores_out(self):
        self.serve({"/labyrinth/list": ["b"], "/labyrinth/info": info("b", lcores_left_out=3)})
        self.assertRegex(self.answer("list"), r"\n  b +8000 +- ")


class Terminal(StatTest):
    def test_an_empty_pool_is_red(self):
        self.serve(answers(["full", "empty"]))
        lines = self.shown_on_terminal("list").splitlines()
        self.assertFalse(lines[1].startswith(RED), lines)
        self.assertTrue(lines[2].startswith(f"{RED}! empty "), lines)
        self.assertTrue(lines[2].endswith(PLAIN), lines)

    def test_no_colours(self):
        self.serve(answers(["empty"]))
        for environment in {"NO_COLOR": "1"}, {"TERM": "dumb"}:
            with self.subTest(environment):
                text = self.shown_on_terminal("list", **environment)
                self.assertNotIn("\033", text)
                self.assertIn("\n! empty", text)

    def watch_once(self, *arguments, **how):
        text = self.shown_on_terminal("watch", "--count=1", *arguments, **how)
        return re.sub(r"\033\[[0-9;]*[A-Za-z]", "", text)

    def test_what_matters_has_room(self):
        """Free and failed/s are whole columns whatever the names, and nothing is cut in the middle."""
        names = []
        self.serve({**answers([]), "/labyrinth/list": lambda _: {"pools": names, "left_out": 0}})
        for these, columns in itertools.product((["full"], ["empty", LONG], list(POOLS)),
                                                (80, 60, 50)):
            with self.subTest(f"{these} {columns}"):
                names[:] = these
                lines = self.watch_once(columns=columns).splitlines()
                self.assertEqual(lines[2].split()[:3], ["pool", "free", "failed/s"])
                for line in lines[3:3 + len(names)]:
                    name, free, failed = line.lstrip("! ").split()[:3]
                    self.assertEqual((free, failed), ("8000" if name == "full" else "0", "-"))
                self.assertLessEqual(max(map(len, lines)), columns)

    def test_what_has_no_room_is_named(self):
        self.serve(answers(["full"]))
        text = self.watch_once()
        missing = next(line for line in text.splitlines() if "no room for: " in line)
        shown = head(text)
        for key in "slow_gets/s", "steals/s", "slow_puts/s", "most_held", "cache":
            self.assertTrue((key in shown) != (key in missing), (key, shown, missing))
        self.assertNotIn("no room", self.watch_once(columns=200))

    def test_lcores(self):
        self.serve(answers(["empty"]))
        text = self.watch_once("empty")
        self.assertIn("! free", text)
        row = next(line for line in text.splitlines() if "lcore " in line)
        self.assertEqual(row.split()[:4], ["lcore", "failed/s", "private", "public"])

    def test_more_pools_than_lines(self):
        """Those of which nothing is free come first, and what has no room is counted."""
        names = [f"pool_{i}" for i in range(50)]
        self.serve({"/labyrinth/list": names,
                    "/labyrinth/info": lambda name: info(name, free=0 if name == "pool_41" else 7)})
        lines = self.watch_once(rows=12).splitlines()
        self.assertTrue(lines[3].startswith("! pool_41 "), lines)
        self.assertTrue(lines[4].startswith("  pool_0 "), lines)
        self.assertRegex(lines[10], r"^  and \d+ more lines")


if __name__ == "__main__":
    main()
