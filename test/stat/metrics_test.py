# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""`labyrinth-stat metrics` as those read it who take it up: OpenMetrics, Prometheus' own format, and what is
shipped for dpdk-telemetry-exporter.py, Prometheus and Grafana."""

import importlib.util
import json
import pathlib
import re
import socket
import sys
import unittest

from skips import main
from stat_support import LCORE, POOLS, StatTest, info

FOLDER = pathlib.Path(__file__).parents[2] / "doc" / "monitoring"
PREFIX = "dpdk_labyrinth_"
FAULTS = dict.fromkeys(("double_free", "foreign_free", "inside_free", "wrong_holder", "stale_handle",
                        "write_after_free", "held_twice", "shared_lcore"), 0)
CALLS = {**{key: LCORE[key] for key in LCORE if "_" in key}, "get_reserve": 7, "put_twice": 8}
MARKS = {"low": 100, "high": 200, "pressure": "none", "below_low": 3, "emptied": 2, "above_high": 1,
         "reserve": 0, "reserve_free": 0}
NAMES = ["mb_pool_0", 'a"b\\\\c', ""]
ANSWERS = {"/labyrinth/list": lambda first: {"pools": NAMES[int(first):], "left_out": 0},
           "/labyrinth/version": {"driver": "0.9.9"},
           "/labyrinth/info": lambda name: info(name, free=0, audit="full", calls=CALLS,
                                                faults={**FAULTS, "double_free": 5}, **MARKS)}


def parser(kind):
    """A module of prometheus_client: Debian's, whichever Python runs this."""
    try:
        return importlib.import_module(f"prometheus_client{kind}")
    except ImportError:
        sys.path.append("/usr/lib/python3/dist-packages")
    try:
        return importlib.import_module(f"prometheus_client{kind}")
    except ImportError:
        raise unittest.SkipTest("no validator here: apt install python3-prometheus-client") from None


def samples(families):
    return {(sample.name, frozenset(sample.labels.items())): sample.value
            for family in families for sample in family.samples}


class Socket:
    """As dpdk-telemetry-exporter.py hands it to an endpoint."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(path)
        self.limit = json.loads(self.socket.recv(1024))["max_output_len"]

    def cmd(self, uri, arg=None):
        self.socket.send((uri if arg is None else f"{uri},{arg}").encode())
        return json.loads(self.socket.recv(self.limit))[uri]


def endpoint():
    spec = importlib.util.spec_from_file_location("labyrinth", FOLDER / "labyrinth.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Metrics(StatTest):
    def open_metrics(self):
        return list(parser(".openmetrics.parser").text_string_to_metric_families(self.answer("metrics")))

    def test_open_metrics(self):
        self.serve(ANSWERS)
        families = self.open_metrics()
        found = samples(families)
        here = {"file_prefix": self.socket, "pool": "mb_pool_0"}.items()
        for name, more, value in (("pool_free_objects", {}, 0), ("pool_objects", {}, 8191),
                                  ("pool_failed_gets_total", {}, 4),
                                  ("pool_crossings_total", {"crossing": "emptied"}, 2),
                                  ("pool_slow_gets_total", {"from": "other_lcores"}, 2),
                                  ("pool_faults_total", {"fault": "double_free"}, 5)):
            self.assertEqual(found[PREFIX + name, frozenset({*here, *more.items()})], value, name)
        self.assertEqual({dict(labels).get("pool") for _, labels in found}, {*NAMES, None})
        self.assertTrue(all(family.documentation for family in families))
        self.assertIn((PREFIX + "info", frozenset({("file_prefix", self.socket), ("driver", "0.9.9"),
                                                   ("dpdk", "DPDK 22.11")})), found)

    def test_the_format_of_prometheus(self):
        """node_exporter reads it. It knows few types."""
        self.serve(ANSWERS)
        text = self.answer("metrics")
        families = list(parser(".parser").text_string_to_metric_families(text))
        self.assertEqual(samples(families), samples(self.open_metrics()))
        self.assertEqual(set(re.findall(r"^# TYPE \S+ (\w+)$", text, re.M)), {"gauge", "counter"})

    def test_what_is_not_known_has_no_sample(self):
        """Neither an older driver's totals nor faults where there are no records are zeros."""
        self.serve(POOLS)
        names = {name for name, _ in samples(self.open_metrics())}
        self.assertEqual(names, {PREFIX + name for name in ("info", "pool_objects", "pool_free_objects",
                                                            "pool_most_held_objects", "pool_cache_objects")})

    def test_all_or_nothing(self):
        self.serve({**ANSWERS, "/labyrinth/info": lambda name: b"{" if name == "" else info(name)})
        self.assert_fails(self.ask("metrics"), "is no JSON")
        self.socket += "2"
        self.serve({**ANSWERS, "/labyrinth/info": lambda name: "hang up" if name == "" else info(name)})
        self.assert_fails(self.ask("metrics"), "has ended")

    def test_names_are_stable(self):
        self.serve(ANSWERS)
        self.assertEqual(sorted(set(re.findall(r"^(\w+)\{", self.answer("metrics"), re.M))), sorted(
            PREFIX + name for name in (
                "info", "pool_objects", "pool_free_objects", "pool_most_held_objects", "pool_cache_objects",
                "pool_reserve_objects", "pool_reserve_free_objects", "pool_low_objects", "pool_high_objects",
                "pool_failed_gets_total", "pool_crossings_total", "pool_slow_gets_total",
                "pool_slow_puts_total", "pool_dropped_objects_total", "pool_faults_total")))


class Shipped(StatTest):
    def test_the_endpoint(self):
        """The exporter's file says the same, but for the process, which the exporter's own address names."""
        self.serve(ANSWERS)
        module, found = endpoint(), {}
        for name, value, labels in module.metrics(Socket(self.socket)):
            self.assertIn(name, module.info())
            found[PREFIX + name, frozenset({"file_prefix": self.socket, **labels}.items())] = value
        said = samples(parser(".openmetrics.parser").text_string_to_metric_families(self.answer("metrics")))
        wanted = {(name, frozenset((key, text.replace('"', "'")) for key, text in labels)): value
                  for (name, labels), value in said.items() if not name.endswith("_info")}
        self.assertEqual(found, wanted)
        for name, (_, kind) in module.info().items():
            self.assertEqual(kind, "counter" if name.endswith("_total") else "gauge")

    def test_the_endpoint_and_what_is_not_known(self):
        self.serve({**POOLS, "/labyrinth/list": {"pools": ["b", "gone"], "left_out": 0}})
        found = endpoint().metrics(Socket(self.socket))
        self.assertEqual({labels["pool"] for _, _, labels in found}, {"b"})
        self.assertEqual(len(found), 4)
        self.socket += "2"
        self.serve(POOLS)  # as the first drivers list them
        self.assertEqual(len(endpoint().metrics(Socket(self.socket))), 8)

    def used_names(self, name):
        text = (FOLDER / name).read_text(encoding="utf-8")
        return set(re.findall(rf"\b{PREFIX}\w+", text)), text

    def test_alerts_and_dashboard(self):
        """They ask for metrics that there are."""
        known = {PREFIX + name for name in endpoint().info()}
        for name in "labyrinth-alerts.yml", "labyrinth-dashboard.json":
            used, _ = self.used_names(name)
            self.assertEqual(used - known, set(), name)
            self.assertIn(PREFIX + "pool_failed_gets_total", used)

    def test_the_dashboard(self):
        dashboard = json.loads(self.used_names("labyrinth-dashboard.json")[1])
        self.assertTrue(all(panel["targets"] for panel in dashboard["panels"]))
        self.assertEqual(len({panel["id"] for panel in dashboard["panels"]}), len(dashboard["panels"]))

    def test_the_rules(self):
        text = self.used_names("labyrinth-alerts.yml")[1]
        try:
            yaml = importlib.import_module("yaml")
        except ImportError:
            self.skipTest("no yaml here: apt install python3-yaml")
        for rule in yaml.safe_load(text)["groups"][0]["rules"]:
            self.assertTrue({"alert", "expr", "labels", "annotations"} <= set(rule), rule)


if __name__ == "__main__":
    main()
