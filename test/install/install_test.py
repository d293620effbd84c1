# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Programs are built against what `meson install` has put into a directory of the test's own."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from skips import main

BUILD = os.environ["LABYRINTH_BUILD"]
SOURCE = pathlib.Path(os.environ["LABYRINTH_SOURCE"])
MESON = os.environ["LABYRINTH_MESON"]

EXPORTED = re.compile(r"lab_\w+$")


# A child dies with a buffer that was given to it by its name, and is reclaimed by it.
NAMED = """
#include <labyrinth.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    const struct lab_pool_options options = {.name = "named", .count = 64, .buffer_bytes = 64,
        .node = LAB_NODE_ANY, .shared = true, .audit.level = LAB_AUDIT_FULL};
    struct lab_pool_holder holder = {.lcore = LAB_LCORE_ANY};
    struct lab_pool_reclaimed reclaimed = {0};
    struct lab_error error = {0};
    struct lab_pool *pool;
    uint64_t self;
    int go[2], rc = -EAGAIN;
    pid_t child;
    void *object;
    char byte;

    if (lab_os_process(0, &self) != 0 || pipe(go) != 0)
        return 1;
    child = fork();
    if (child == 0) { /* before there is a pool: it attaches as any other process does */
        close(go[1]);
        return read(go[0], &byte, 1) == 1 && lab_pool_attach("named", &pool, &error) == 0 &&
               lab_pool_get(pool, 1, &object) == 0 && lab_pool_put(pool, 1, object) == 0 &&
               read(go[0], &byte, 1) == 1 ? 0 : 1;
    }
    if (lab_os_process(child, &holder.process) != 0 || holder.process == self)
        return 2;
    if (lab_pool_create(&options, &pool, &error) != 0)
        return fprintf(stderr, "%s\\n", error.message), 77;
    usleep(LAB_AUDIT_SETTLE_MS * 1000 + 1000);
    if (write(go[1], "", 1) != 1)
        return 3;
    usleep(300000);
    if (lab_pool_get(pool, 0, &object) != 0 ||
        lab_pool_transfer(pool, 0, &object, 1, 1, holder.process) != 0)
        return 4;
    if (write(go[1], "", 1) != 1 || waitpid(child, &rc, 0) != child)
        return 5;
    for (int i = 0; i < 1000; i++) {
        rc = lab_pool_reclaim(pool, 0, &holder, NULL, NULL, &reclaimed, &error);
        if (rc != -EAGAIN)
            break;
        usleep(10000);
    }
    fprintf(stderr, "%d: %s, %u\\n", rc, error.message, reclaimed.held);
    return rc == 0 && reclaimed.held == 1 ? 0 : 6;
}
""".replace("\\\\", "\\")


def run(*words, **how):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=60, check=False, **how)


def compiler(*names):
    for name in names:
        if shutil.which(name):
            return name
    raise unittest.SkipTest(f"there is no {names[0]} here")


class Installation:
    """Where things are below the directory; made once for all tests."""

    def __init__(self, folder):
        done = run(MESON, "install", "--no-rebuild", "-C", BUILD, "--destdir", folder)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        options = {o["name"]: o["value"] for o in json.loads(
            run(MESON, "introspect", "--buildoptions", BUILD).stdout)}
        self.prefix = pathlib.Path(folder + options["prefix"])
        self.libraries = self.prefix / options["libdir"]
        self.headers = self.prefix / options["includedir"] / "labyrinth"
        self.share = self.prefix / options["datadir"]
        self.examples = self.share / "doc/labyrinth/examples"

    def flags(self, *words):
        """Returns the answer of pkg-config for a prefix that was moved."""
        done = run("pkg-config", f"--define-variable=prefix={self.prefix}", *words, "labyrinth",
                   env={**os.environ, "PKG_CONFIG_PATH": str(self.libraries / "pkgconfig"),
                        "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1"})
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout.split()


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not MESON:
            raise unittest.SkipTest("no meson command here")
        cls.folder = tempfile.mkdtemp(prefix="labyrinth-install-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.place = Installation(cls.folder)
        cls.options = json.loads(run(MESON, "introspect", "--buildoptions", BUILD).stdout)
        sanitizer = [o["value"] for o in cls.options if o["name"] == "b_sanitize"][0]
        if sanitizer not in ("none", []):
            raise unittest.SkipTest("the installed library would be one with sanitizers")

    def succeed(self, *words, **how):
        done = run(*words, **how)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def built(self, name, *words):
        """Compiles the native example. Returns the program."""
        program = os.path.join(self.folder, name)
        self.succeed(*words, "-o", program)
        return program

    def assert_runs(self, program, **environment):
        said = self.succeed(program, env={**os.environ, **environment})
        self.assertRegex(said, r"8159 of 8191 free")


class Programs(InstallTest):
    def test_shared(self):
        program = self.built("shared", compiler("cc", "gcc"), self.place.examples / "native.c",
                             *self.place.flags("--cflags", "--libs"))
        self.assertIn("liblabyrinth.so.0", self.succeed("readelf", "-d", program))
        self.assert_runs(program, LD_LIBRARY_PATH=str(self.place.libraries))

    def test_static(self):
        program = self.built("static", compiler("cc", "gcc"), "-static",
                             self.place.examples / "native.c",
                             *self.place.flags("--static", "--cflags", "--libs"))
        self.assertNotIn("NEEDED", self.succeed("readelf", "-d", program))
        self.assert_runs(program)

    def test_cpp(self):
        program = self.built("cpp", compiler("g++"), "-std=c++20", "-Wall", "-Werror", "-x", "c++",
                             self.place.examples / "native.c", "-x", "none",
                             *self.place.flags("--cflags", "--libs"))
        self.assert_runs(program, LD_LIBRARY_PATH=str(self.place.libraries))


    def test_others_can_be_named(self):
        """For lab_pool_transfer() and lab_pool_reclaim()."""
        source = os.path.join(self.folder, "named.c")
        with open(source, "w", encoding="ascii") as file:
            file.write(NAMED)
        program = self.built("named", compiler("cc", "gcc"), "-Wall", "-Werror", source,
                             *self.place.flags("--cflags", "--libs"))
        self.succeed(program, env={**os.environ, "LD_LIBRARY_PATH": str(self.place.libraries)})


class Files(InstallTest):
    def test_headers_one_by_one(self):
        flags = self.place.flags("--cflags")
        languages = [(compiler("cc", "gcc"), "c", "gnu11")]
        if shutil.which("g++"):
            languages.append(("g++", "c++", "c++17"))
        for header in self.headers():
            if header.name.endswith("_inline.h"): # the end of another one
                continue
            if "#include <xdp/" in header.read_text() and not os.path.exists("/usr/include/xdp/xsk.h"):
                continue
            # Those for DPDK's programs have a pkg-config file that names DPDK's, too.
            needs = self.of_dpdk() if "#include <rte_" in header.read_text() else []
            for command, language, standard in languages:
                self.succeed(command, f"-std={standard}", "-Wall", "-Wextra", "-Werror",
                             "-fsyntax-only", *flags, *needs, "-include", header.name, "-x",
                             language, "/dev/null")

    def headers(self):
        return sorted(self.place.headers.glob("**/*.h"))

    def test_public_headers(self):
        """One to include, and eight to read."""
        names = {header.name for header in self.place.headers.glob("*.h")}
        public = {"labyrinth.h", "lab_audit.h", "lab_error.h", "lab_gfp.h", "lab_lcore.h",
                  "lab_page.h", "lab_pool.h", "lab_region.h"}
        self.assertEqual(names - {"lab_mbuf.h", "labyrinth_xsk.h"}, public)
        self.assertEqual({header.parent.name for header in self.headers()}, {"labyrinth", "detail"})

    def of_dpdk(self):
        """DPDK's headers are not ours to keep free of warnings."""
        done = subprocess.run(["pkg-config", "--cflags", "libdpdk"], capture_output=True, text=True,
                              check=True)
        return [flag.replace("-I", "-isystem") for flag in done.stdout.split()]

    def test_headers_are_whole(self):
        """A header that an installed one includes is installed too."""
        installed = {header.name for header in self.headers()}
        for header in self.headers():
            for name in re.findall(r"#include <(lab\w*\.h)>", header.read_text()):
                self.assertIn(name, installed, header.name)

    def test_exported(self):
        library = self.place.libraries / "liblabyrinth.so"
        names = self.symbols("-D", library)
        self.assertIn("lab_pool_create", names)
        self.assertEqual([n for n in names if not EXPORTED.match(n) and n != "LABYRINTH_0"], [])
        self.assertLessEqual(len(names), 50 + 1) # and the version

    def test_names_of_the_archive(self):
        names = self.symbols("-g", self.place.libraries / "liblabyrinth.a")
        self.assertIn("lab_pool_create", names)
        known = {"_.stapsdt.base"} # of probes, one for all in a program
        self.assertEqual([n for n in names if not EXPORTED.match(n) and n not in known], [])

    def test_soname(self):
        said = self.succeed("readelf", "-d", self.place.libraries / "liblabyrinth.so")
        self.assertIn("[liblabyrinth.so.0]", said)
        self.assertTrue((self.place.libraries / "liblabyrinth.so.0").exists())
        self.assertNotIn("RUNPATH", said)

    def test_version(self):
        version = json.loads(run(MESON, "introspect", "--projectinfo", BUILD).stdout)["version"]
        self.assertEqual(self.place.flags("--modversion"), [version])

    def test_places_of_make(self):
        """`make install` hands them to meson, and nothing is written where nobody asked for it."""
        done = run("make", "-n", "-C", SOURCE, "install", "PREFIX=/a", "PMD_DIR=/b", "DESTDIR=/c")
        self.assertEqual(done.returncode, 0, done.stderr)
        said = " ".join(done.stdout.replace("\\\n", "").split())
        self.assertRegex(said, r"meson configure \S+ --prefix '/a' .*-Dpmd_dir='/b'")
        self.assertRegex(said, r"meson install -C \S+ --destdir '/c'")

    def test_monitoring(self):
        for name in ("doc/labyrinth/doc/monitoring/labyrinth-alerts.yml",
                     "doc/labyrinth/doc/monitoring/labyrinth-dashboard.json",
                     "dpdk/telemetry-endpoints/labyrinth.py"):
            self.assertTrue((self.place.share / name).is_file(), name)

    def test_examples(self):
        names = {file.name for file in self.place.examples.iterdir()}
        self.assertLessEqual({"native.c", "dpdk.c", "testpmd.sh", "labyrinth-sysctl.conf",
                              "labyrinth-tmpfiles.conf", "labyrinth-limits.conf"}, names)

    def test_links_of_documents(self):
        """The links of installed documents lead to installed documents."""
        documents = self.place.share / "doc/labyrinth"
        pages = [page for page in documents.glob("**/*.md") if page.name != "CONTRIBUTING.md"]
        self.assertIn(documents / "doc/guide/start.md", pages)
        for page in pages:
            for link in re.findall(r"\]\(([^)#\s:]+)[)#]", page.read_text(encoding="utf-8")):
                if not link.startswith("../lib/"):
                    self.assertTrue((page.parent / link).exists(), f"{page}: {link}")

    def test_sysctl_names_what_there_is(self):
        text = (self.place.examples / "labyrinth-sysctl.conf").read_text()
        keys = re.findall(r"(?m)^#?([a-z]+\.[a-z_]+) = ", text)
        self.assertEqual(len(keys), 2)
        for key in keys:
            path = "/proc/sys/" + key.replace(".", "/")
            self.assertTrue(os.path.exists(path), path)

    def symbols(self, *words):
        said = self.succeed("nm", "--defined-only", *words)
        return sorted({re.sub("@.*", "", line.split()[-1]) for line in said.splitlines()
                       if re.match(r"[0-9a-f]+ [A-TV-Z] ", line)})


if __name__ == "__main__":
    main()
