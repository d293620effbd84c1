# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Packages are built in each chroot of Debian that has been made, installed where nothing else is, and
used as README says. LABYRINTH_SUITES="trixie testing" names some of the chroots."""

import os
import subprocess
import unittest

from skips import main

CHROOT = os.path.join(os.environ["LABYRINTH_SOURCE"], "config", "debian-chroot")
PACKAGES = {"liblabyrinth0", "liblabyrinth-dev", "librte-mempool-labyrinth", "labyrinth-tools",
            "labyrinth-doc"}


def suites():
    chosen = os.environ.get("LABYRINTH_SUITES", "").split()
    there = subprocess.run([CHROOT, "--list"], capture_output=True, text=True, timeout=60,
                           check=True).stdout.split()
    return sorted(set(there) & set(chosen or there))


class PackagesTest(unittest.TestCase):
    def chroot(self, *words):
        done = subprocess.run([CHROOT, *words], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="replace", timeout=3600, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:] + done.stderr[-4000:])
        return done.stdout

    @unittest.skipUnless(os.geteuid() == 0, "a chroot needs root")
    def test_each(self):
        if not suites():
            self.skipTest("no chroot of Debian has been made: config/debian-chroot")
        for suite in suites():
            with self.subTest(suite):
                said = self.chroot(suite, "make", "deb")
                made = {os.path.basename(line).split("_")[0] for line in said.splitlines()
                        if line.endswith(".deb") and "dbgsym" not in line}
                self.assertEqual(made, PACKAGES)
                self.assertNotRegex(said, r"(?m)^[EW]: ")  # by lintian
                said = self.chroot("--clean", suite, "test/install/packages.sh")
                for step in "used as root", "used as a user", "removed":
                    self.assertIn(f"packages: {step}\n", said)


if __name__ == "__main__":
    main()
