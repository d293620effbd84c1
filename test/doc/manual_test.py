# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The manual: every public function, struct, enum and tool has a page with all of its sections, mandoc
finds no fault with them, and the HTML has no link that leads nowhere."""

import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from skips import main

BUILD = pathlib.Path(os.environ["LABYRINTH_BUILD"])
SOURCE = pathlib.Path(os.environ["LABYRINTH_SOURCE"])
PAGES = BUILD / "doc"
SECTIONS = ["NAME", "LIBRARY", "SYNOPSIS", "DESCRIPTION", "RETURN VALUES", "CONCURRENCY", "EXAMPLES"]
TOOLS = {f"labyrinth-{name}" for name in ("bench", "doctor", "plot", "replay", "stat")}
# No program calls the slow halves of inline functions, or what these ask.
NOT_CALLED = re.compile(r"_(slow|slow_from|check|gfp_is_plain|gfp_is_valid)$")


def manual(*words):
    return subprocess.run([SOURCE / "config/manual", *words], capture_output=True, text=True,
                          timeout=600, check=False, cwd=SOURCE)


def public_headers():
    umbrella = (SOURCE / "lib/labyrinth.h").read_text(encoding="utf-8")
    for name in re.findall(r"#include <(lab_\w+\.h)>", umbrella):
        yield next(SOURCE.glob(f"lib/*/{name}"))
    yield SOURCE / "drivers/mbuf/lab_mbuf.h"
    yield SOURCE / "drivers/xsk/labyrinth_xsk.h"


def public_text():
    return "".join(path.read_text(encoding="utf-8") for path in public_headers())


def sections(path):
    """The lines of each section of a page."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(".Sh "):
            found[line[4:]] = []
        elif found:
            list(found.values())[-1].append(line)
    return found


def pages(section):
    return sorted(PAGES.glob(f"man{section}/*.{section}"))


class ManPages(unittest.TestCase):
    def test_every_function_has_one(self):
        called = set(re.findall(r"(?:LAB_PUBLIC|LAB_INLINE)[^;{]*?\b(lab_\w+)\(", public_text()))
        called = {name for name in called if not NOT_CALLED.search(name)}
        self.assertGreater(len(called), 80)
        self.assertEqual(called - {path.stem for path in pages(3)}, set())

    def test_every_struct_and_enum_has_one(self):
        types = set(re.findall(r"^\s*(?:struct|enum) (lab_\w+) \{", public_text(), re.MULTILINE))
        types |= {"lab_pool", "lab_arena", "lab_pressure", "lab_crossing"}
        self.assertGreater(len(types), 30)
        self.assertEqual(types - {path.stem for path in pages(3)}, set())

    def test_every_member_is_described(self):
        """Of a struct with a page of its own, and of one on the page of a function."""
        for name, members in (("lab_pool_options", ("name", "count", "prefetch", "domain", "arena", "gfp")),
                              ("lab_pool_stats", ("free", "high_water", "refused")),
                              ("lab_page_map", ("made_of", "blocks_mixed", "private_parts"))):
            described = sections(PAGES / f"man3/{name}.3")["DESCRIPTION"]
            for member in members:
                self.assertIn(f".It Fa {member}", described, name)
        self.assertIn(".It Dv LAB_GFP_NOWAIT", sections(PAGES / "man3/lab_gfp.3")["DESCRIPTION"])

    def test_every_error_stands_for_itself(self):
        errors = sections(PAGES / "man3/lab_pool_attach.3")["ERRORS"]
        self.assertEqual([line for line in errors if line.startswith(".It")],
                         [".It Er \\-EAGAIN", ".It Er \\-EPROTO", ".It Er \\-errno"])

    def test_every_function_has_every_section(self):
        functions = [path for path in pages(3) if "LIBRARY" in sections(path)]
        self.assertGreater(len(functions), 80)
        for path in functions:
            with self.subTest(path.stem):
                found = sections(path)
                self.assertEqual(list(found)[:len(SECTIONS)], SECTIONS)
                self.assertTrue(all(found.values()))
                self.assertTrue(any(re.match(rf"\.Nm {path.stem}\b", line) for line in found["NAME"]))
                self.assertTrue(any(line.startswith(".Fo lab_") for line in found["SYNOPSIS"]))
                self.assertIn(".Bd -literal -offset indent", found["EXAMPLES"])

    def test_every_tool_has_one(self):
        self.assertEqual({path.stem for path in pages(1)}, TOOLS)
        for path in pages(1):
            found = sections(path)
            for section in "NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS":
                self.assertTrue(found[section], path.name)
            text = "\n".join(found["DESCRIPTION"])
            self.assertIn("\\-\\-version", text, path.name)
        self.assertIn(".It Sy \\-j, \\-\\-json",
                      sections(PAGES / "man1/labyrinth-stat.1")["DESCRIPTION"])

    def test_every_word_of_the_options_is_described(self):
        """As the driver's table has them."""
        source = (SOURCE / "drivers/mempool/labyrinth/labyrinth_options.c").read_text(encoding="utf-8")
        rows = re.findall(r'^    \{"(\w+)", "([^"]*)", AT\(.*\), set_\w+\},$', source, re.MULTILINE)
        self.assertGreater(len(rows), 10)
        described = "\n".join(sections(PAGES / "man7/labyrinth_options.7")["DESCRIPTION"])
        for word, values in rows:
            items = re.findall(rf"(?m)^\.It Cm ({word} Ns = Ns .*)", described)
            self.assertTrue(items, word)
            # The value that holds without the word need not be said again.
            unsaid = [value for value in values.split("|")
                      if not any(re.search(rf"\b{value}\b", item) for item in items)]
            self.assertLessEqual(len(unsaid), 1, f"{word}: {unsaid}")

    def test_documents_promise_what_programs_can_call(self):
        """Each function and constant that they name has a page."""
        known = "".join(path.read_text(encoding="utf-8") for path in pages(3))
        for document in [SOURCE / "README.md", *SOURCE.glob("doc/*.md"), *SOURCE.glob("doc/guide/*.md")]:
            for name in re.findall(r"\b(?:lab_\w+(?=\()|LAB_[A-Z]\w+)", document.read_text(encoding="utf-8")):
                self.assertRegex(known, rf"\b{name}\b", document.name)

    def test_mandoc_has_no_complaint(self):
        """Each page that is referred to is one of ours, or of the system's."""
        if shutil.which("mandoc") is None:
            self.skipTest("no mandoc here: config/setup docs installs it")
        names = [path.relative_to(PAGES) for section in "137" for path in pages(section)]
        self.assertGreater(len(names), 100)
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "style", *names], cwd=PAGES,
                              capture_output=True, text=True, check=False)
        complaints = []
        for line in done.stdout.splitlines():
            # mandoc looks for it among what is installed.
            missing = re.search(r"referenced manual not found: Xr (\S+) (\d)", line)
            if not missing or missing[1].startswith("lab") and pathlib.Path(
                    f"man{missing[2]}/{missing[1]}.{missing[2]}") not in names:
                complaints.append(line)
        self.assertEqual(complaints, [])

    def test_groff_has_no_complaint(self):
        """It takes what stands first behind Xr for the name of a page, and mandoc does not."""
        for section in "137":
            for path in pages(section):
                self.assertNotRegex(path.read_text(encoding="utf-8"), r"(?m)^\.Xr [^\w]", path.name)


class Sources(unittest.TestCase):
    """A header that says too little is refused."""

    def setUp(self):
        if shutil.which("doxygen") is None:
            self.skipTest("no doxygen here: config/setup docs installs it")
        self.tree = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in "config", "doc", "lib", "drivers", "test", "app":
            (self.tree / name).symlink_to(SOURCE / name)

    def write(self, old, new):
        """Another lab_error.h in this tree; the error of the manual that is made from it."""
        for folder in "config", "lib", "lib/platform":
            (self.tree / folder).unlink()
            (self.tree / folder).mkdir()
            for path in (SOURCE / folder).iterdir():
                if path.name != "__pycache__":
                    (self.tree / folder / path.name).symlink_to(path)
        for name in "config/reference.py", "lib/platform/lab_error.h":
            (self.tree / name).unlink()
            shutil.copy(SOURCE / name, self.tree / name)
        header = self.tree / "lib/platform/lab_error.h"
        text = header.read_text(encoding="utf-8")
        self.assertIn(old, text)
        header.write_text(text.replace(old, new), encoding="utf-8")
        spec = importlib.util.spec_from_file_location("reference", self.tree / "config/reference.py")
        reference = importlib.util.module_from_spec(spec)
        os.sys.path.insert(0, str(SOURCE / "config"))
        spec.loader.exec_module(reference)
        with self.assertRaises(reference.Wrong) as wrong:
            reference.Manual().pages()
        return str(wrong.exception)

    def test_no_progress(self):
        self.assertIn("lab_error_set: who may call it (@threads)?",
                      self.write(" * @threads Any thread. It is not async-signal-safe.", " *"))

    def test_no_comment_on_a_member(self):
        self.assertIn("code", self.write("/**< 0, or a negative errno */", ""))

    def test_nothing_about_what_it_returns(self):
        self.assertIn("lab_error_set: what does it return", self.write(" * @return code\n", ""))


class Html(unittest.TestCase):
    def test_all_of_it(self):
        if shutil.which("mandoc") is None or shutil.which("sphinx-build") is None:
            self.skipTest("no mandoc or no sphinx-build here: config/setup docs installs them")
        with tempfile.TemporaryDirectory() as folder:
            done = manual("html", folder, PAGES)
            missing = re.search("Could not import extension \\w+|no theme named '\\w+'", done.stderr)
            if missing:
                self.skipTest(f"{missing[0]}: config/setup docs installs it")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            folder = pathlib.Path(folder)
            for name in ("index.html", "search.html", "doc/guide/start.html", "doc/audit.html",
                         "doc/adr/0006-hot-paths-count-nothing.html", "man/lab_pool_get.3.html",
                         "man/labyrinth-replay.1.html", "man/labyrinth_options.7.html"):
                self.assertTrue((folder / name).exists(), name)
            self.assertEqual([path.name for path in folder.glob(".*")], [".buildinfo"])
            guide = (folder / "doc/guide/dpdk.html").read_text(encoding="utf-8")
            self.assertIn('id="labyrinth-options"', guide)
            self.assertRegex(guide, r'current-page"><a [^>]*>In a DPDK program')
            self.assertIn('name="viewport"', guide)
            self.assertNotIn('.md"', (folder / "index.html").read_text(encoding="utf-8"))
            function = (folder / "man/lab_pool_get.3.html").read_text(encoding="utf-8")
            self.assertIn('href="lab_pool.3.html"', function)
            self.check_links(folder)

    def check_links(self, folder):
        """Those inside of man pages, which Sphinx does not know."""
        for page in folder.glob("man/*.html"):
            for target in re.findall(r'class="Xr" href="([^"#:]+)"', page.read_text(encoding="utf-8")):
                if target.startswith("lab"):
                    self.assertTrue((page.parent / target).exists(), f"{page.name}: {target}")

    def test_nothing_built(self):
        done = manual("html", "/nowhere", "/nowhere/else")
        self.assertEqual(done.returncode, 1)
        self.assertIn("there are no man pages: make build", done.stderr)

    def test_wrong_words(self):
        self.assertEqual(manual().returncode, 2)
        self.assertEqual(manual("--help").returncode, 0)


if __name__ == "__main__":
    main()
