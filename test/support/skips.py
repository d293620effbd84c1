# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Runs a file of unittest tests, and reports to meson and config/run-tests what was skipped."""

import signal
import sys
import unittest


class Runner(unittest.TextTestRunner):
    """Where a signal ends it, as meson does when a test's time is over, what the test has made is
    taken away, and no other test is begun."""

    def _makeResult(self):
        self.result = super()._makeResult()
        return self.result

    def stop(self, *_):
        self.result.stop()
        raise SystemExit("stopped")


def main():
    """Runs the calling file's tests, and names those that were skipped as cmocka does, which is
    what config/run-tests reads. Status 77, which meson counts as skipped, when all were."""
    runner = Runner(verbosity=2)
    signal.signal(signal.SIGTERM, runner.stop)
    result = unittest.main(module="__main__", exit=False, testRunner=runner).result
    for test, reason in result.skipped:
        name = test.id().rsplit(".", 1)[-1]
        print(f"skipped: {reason}", f"[  SKIPPED ] {name}", sep="\n", flush=True)
    if result.wasSuccessful() and len(result.skipped) == result.testsRun:
        print(result.skipped[0][1])
        sys.exit(77)
    sys.exit(not result.wasSuccessful())
