# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Reads what config/measure wrote, for those who make tables and plots."""

import json
import math
import pathlib

# No peers, to be compared with.
OURS = ("labyrinth", "liblabyrinth", "lab_receive", "lab_zone", "lab_page", "nothing")


class Missing(Exception):
    """Something has not been measured."""


class Measurements:
    """The reports of one folder, by the name of their part."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.reports = {path.stem: json.loads(path.read_text(encoding="utf-8"))
                        for path in sorted(self.folder.glob("*.json"))}
        if not self.reports:
            raise Missing(f"{folder}: there are no measurements: config/measure {folder}")

    def report(self, part):
        if part not in self.reports:
            raise Missing(f"{part}.json is missing: config/measure {self.folder} {part}")
        return self.reports[part]

    def entries(self, part, **wanted):
        """Those with all of these values, in the order in which they were measured."""
        return [entry for entry in self.report(part)["results"]
                if all(entry.get(key) == value for key, value in wanted.items())]

    def entry(self, part, **wanted):
        found = self.entries(part, **wanted)
        if len(found) != 1:
            words = ", ".join(f"{key} {value}" for key, value in wanted.items())
            raise Missing(f"{part}.json has {len(found)} entries of {words}, not one")
        return found[0]


def best_peer(entry):
    """By how much an entry is better than the best of its peers, as a spread, and who that is."""
    peers = {pool: spread for pool, spread in entry["ratio_spread"].items()
             if pool not in OURS and spread is not None}
    if not peers:
        raise Missing(f"{entry['pool']} has no peer in {entry['pattern']}")
    name = min(peers, key=lambda pool: infinite(peers[pool]["median"]))
    return {key: infinite(value) for key, value in peers[name].items()}, name


def infinite(value):
    """JSON knows no infinity: null stands for it where a ratio does."""
    return math.inf if value is None else value


def ns_per_pair(entry):
    """Returns the CPU time of one get and one put."""
    return 1000 * entry["cpus"] / entry["mops"]["median"]
