# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Labyrinth's pools, for dpdk-telemetry-exporter.py of DPDK 24.03 and later, which loads this file from its
folder telemetry-endpoints. Names, labels and values are those of `labyrinth-stat metrics`; the
exporter puts "dpdk_labyrinth_" before them."""

GAUGES = {
    "pool_objects": ("size", "Objects of the pool."),
    "pool_free_objects": ("free", "Objects that are free."),
    "pool_most_held_objects": ("high_water", "The most objects that were not free, of what was sampled."),
    "pool_cache_objects": ("cache_size", "Size of DPDK's cache for each lcore. Objects there count as held."),
    "pool_reserve_objects": ("reserve", "Objects that receive queues alone may take."),
    "pool_reserve_free_objects": ("reserve_free", "Of these, free ones."),
    "pool_low_objects": ("low", "The low watermark."),
    "pool_high_objects": ("high", "The high watermark."),
}

# By name: help, label, and for each of its values where an answer has the number.
COUNTERS = {
    "pool_failed_gets_total": ("Gets that found too little.", None, {None: ("calls", "get_fail")}),
    "pool_crossings_total": (
        "Times that the free objects fell below the low watermark, ran out, and recovered.", "crossing",
        {key: (None, key) for key in ("below_low", "emptied", "above_high")}),
    "pool_slow_gets_total": (
        "Gets that the private part of an lcore's own deque could not serve, by where they went.", "from",
        {"own": ("calls", "get_own"), "other_lcores": ("calls", "get_steal"), "stack": ("calls", "get_stack"),
         "revoked": ("calls", "get_revoke"), "reserve": ("calls", "get_reserve")}),
    "pool_slow_puts_total": (
        "Puts that went beyond the private part of an lcore's own deque, by where they went.", "to",
        {"own": ("calls", "put_publish"), "stack": ("calls", "put_stack")}),
    "pool_dropped_objects_total": (
        "Objects that were put by mistake, and dropped.", "why",
        {"foreign": ("calls", "put_foreign"), "twice": ("calls", "put_twice")}),
    "pool_faults_total": (
        "Faults that the audit has found; none are known of a pool without records.", "fault",
        {key: ("faults", key) for key in (
            "double_free", "foreign_free", "inside_free", "wrong_holder", "stale_handle",
            "write_after_free", "held_twice", "shared_lcore")}),
}


def info():
    """Names, what they mean, and their types."""
    return {**{name: (text, "gauge") for name, (_, text) in GAUGES.items()},
            **{name: (text, "counter") for name, (text, _, _) in COUNTERS.items()}}


def names(sock):
    """All pools: an answer has room for some hundreds."""
    found = []
    while True:
        page = sock.cmd("/labyrinth/list", len(found))
        if isinstance(page, list):  # of a driver of old, which has no more to say
            return page
        found += page["pools"]
        if not page["pools"] or not page["left_out"]:
            return found


def metrics(sock):
    """An unknown figure has no value. Nothing is said of a pool that was freed since it was listed."""
    found = []
    for name in names(sock):
        pool = sock.cmd("/labyrinth/info", name)
        if not pool or "name" not in pool:
            continue
        labels = {"pool": name.replace('"', "'")}  # the exporter's escapes do not hold quotes
        found += [(metric, pool[key], labels) for metric, (key, _) in GAUGES.items() if key in pool]
        for metric, (_, label, values) in COUNTERS.items():
            for value, (inside, key) in values.items():
                numbers = pool if inside is None else pool.get(inside, {})
                if key in numbers:
                    more = {} if label is None else {label: value}
                    found.append((metric, numbers[key], {**labels, **more}))
    return found
