# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Every example in C of the documents and of the installed headers compiles against what `meson
install` has put into a directory of the test's own; a whole program is linked, too."""

import os
import pathlib
import re
import shutil
import tempfile
import unittest

from install_test import MESON, SOURCE, Installation, compiler, run
from skips import main

BLOCK = re.compile(r"^```c\n(.*?)^```$", re.M | re.S)
# A command that makes a program of an example, and the example.
LINE = re.compile(r"^(?: \*)? *(cc (?:-\w+ )*(\S+\.c) .*\$\(pkg-config .*\) -o \w+)", re.M)
PROGRAMS = {"program.c": "test/dpdk/reserve.c"}
# In a comment, set off from the words around it: lines that are further in.
INSET = re.compile(r"(?:^ \*\n)((?: \*(?:     .*)?\n)+)", re.M)

# The text around an example that is no whole program: what came before in the reader's own.
AROUND = """#include <labyrinth.h>
#include <stdio.h>
%s
int main(void)
{
    struct lab_pool_options options = {0};
    struct lab_error error = {0};
    struct lab_pool *pool = NULL;
    int rc = 0;
%s
    {
%s
    }
    (void)options, (void)error, (void)pool, (void)rc;
    return 0;
}
"""
OF_DPDK = ("#include <lab_mbuf.h>\n#include <rte_ethdev.h>\n",
           "    struct lab_region region = {0};\n    struct rte_eth_dev_info info;\n"
           "    struct rte_mempool *mp = NULL;\n    uint16_t port = 0, queue = 0;\n"
           "    void *objects[1] = {NULL};\n    unsigned n = 1;\n    uint32_t to = 0;\n"
           "    (void)region, (void)info, (void)mp, (void)port, (void)queue, (void)objects, (void)n, "
           "(void)to;\n")


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not MESON:
            raise unittest.SkipTest("no meson command here")
        cls.folder = tempfile.mkdtemp(prefix="labyrinth-documents-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.place = Installation(cls.folder)
        cls.has_dpdk = run("pkg-config", "--exists", "libdpdk").returncode == 0
        cls.has_xdp = run("pkg-config", "--exists", "libxdp").returncode == 0

    def compile(self, name, text):
        """An example of DPDK's needs its headers, and the library for mempools; AF_XDP needs libxdp."""
        of_dpdk = re.search(r"\b(rte|RTE)_|lab_mbuf|lab_mempool|lab_region_dma", text) is not None
        of_xdp = "lab_xsk" in text
        if of_dpdk and not self.has_dpdk or of_xdp and not self.has_xdp:
            return False
        is_whole = re.search(r"^int main\(", text, re.M) is not None
        if not is_whole:
            text = AROUND % (*(OF_DPDK if of_dpdk else ("", "")), text)
        path = pathlib.Path(self.folder, "example.c")
        path.write_text(text, encoding="utf-8")
        flags = self.place.flags("--cflags", "--libs")
        if of_dpdk:
            dpdk = run("pkg-config", "--cflags", "--libs", "libdpdk").stdout.split()
            flags = [f"-L{self.place.libraries}", "-llabyrinth_mbuf", *flags,
                     *[flag.replace("-I/", "-isystem/") for flag in dpdk]]
        if of_xdp:
            flags += run("pkg-config", "--cflags", "--libs", "libxdp").stdout.split()
        # An example may leave a result to its reader.
        done = run(compiler("cc", "gcc"), "-Wall", "-Werror", "-Wno-unused-result", path, *flags, "-o",
                   os.path.join(self.folder, "example"))
        self.assertEqual(done.returncode, 0, f"{name}:\n{text}\n{done.stderr}")
        return True

    def compile_all(self, name, blocks):
        return [self.compile(f"{name}, example {i + 1}", block) for i, block in enumerate(blocks)]

    def test_documents(self):
        done = []
        for path in sorted([SOURCE / "README.md", *SOURCE.glob("doc/**/*.md")]):
            with self.subTest(path.name):
                done += self.compile_all(path.relative_to(SOURCE),
                                         BLOCK.findall(path.read_text(encoding="utf-8")))
        self.assertGreaterEqual(len(done), 10)

    def test_lines_that_compile(self):
        """As they stand, with the installation's pkg-config files."""
        settings = pathlib.Path(self.folder, "pkgconfig")
        settings.mkdir()
        for path in (self.place.libraries / "pkgconfig").glob("*.pc"):
            text = re.sub(r"^prefix=.*$", f"prefix={self.place.prefix}", path.read_text(encoding="utf-8"),
                          flags=re.M)
            (settings / path.name).write_text(text, encoding="utf-8")
        lines = set()
        for path in [SOURCE / "README.md", *SOURCE.glob("doc/**/*.md")]:
            lines |= {found.group(1, 2) for found in LINE.finditer(path.read_text(encoding="utf-8"))}
        self.assertGreaterEqual(len(lines), 7)
        for line, program in sorted(lines):
            if re.search("dpdk|mbuf", line) and not self.has_dpdk or "xdp" in line and not self.has_xdp:
                continue
            with self.subTest(line):
                place = program if "/" in program else f"doc/examples/{program}"
                there = pathlib.Path(self.folder, program)
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(SOURCE / PROGRAMS.get(program, place), there)
                done = run("sh", "-c", line.replace("cc ", compiler("cc", "gcc") + " ", 1), cwd=self.folder,
                           env={**os.environ, "PKG_CONFIG_PATH": str(settings)})
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_headers(self):
        done = []
        for path in sorted(self.place.headers.glob("*.h")):
            blocks = []
            for inset in INSET.findall(path.read_text(encoding="utf-8")):
                code = re.sub(r"^ \* {0,5}", "", inset, flags=re.M)
                if re.search(r"\w\(.*\).*;$", code, re.M):  # and no drawing
                    blocks.append(code)
            with self.subTest(path.name):
                done += self.compile_all(path.name, blocks)
        if self.has_dpdk:
            self.assertGreaterEqual(len(done), 3)

    def test_installed(self):
        """The files that are installed to be copied from."""
        names = []
        for path in sorted(self.place.examples.glob("*.c")):
            with self.subTest(path.name):
                if self.compile(path.name, path.read_text(encoding="utf-8")):
                    names.append(path.name)
        self.assertIn("native.c", names)


class Manual(unittest.TestCase):
    def test_examples_call_what_is_public(self):
        """Those of man pages are cut out of programs, and show the reader nothing that has no page."""
        pages = list(pathlib.Path(os.environ["LABYRINTH_BUILD"]).glob("doc/man3/*.3"))
        for path in pages:
            example = path.read_text(encoding="utf-8").partition(".Sh EXAMPLES")[2].partition(".Sh ")[0]
            with self.subTest(path.stem):
                self.assertLessEqual(set(re.findall(r"\b(lab_\w+)\(", example)),
                                     {page.stem for page in pages})


if __name__ == "__main__":
    main()
