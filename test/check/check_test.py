# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""config/check, on a small tree in which all is well, and on the same with one thing broken."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from skips import main

SOURCE = pathlib.Path(os.environ["LABYRINTH_SOURCE"])

TREE = {
    "lib/meson.build": "lab_floors = ['low', 'high']\n",
    "lib/low/meson.build": "floor_headers = files('lab_low.h')\nfloor_details = files('lab_in.h')\n",
    "lib/low/lab_in.h": "struct lab_in {\n    int word;\n};\n",
    "lib/low/lab_low.h": "#include <lab_in.h>\nstruct lab_low {\n    struct lab_in in;\n};\n",
    "lib/high/meson.build": "floor_headers = files('lab_high.h')\n",
    "lib/high/lab_high.h": """\
/* The word that is written, and read.
 *
 *     A1 store of the word   release   pairs with A2: what was written before
 *                                      is seen
 *     A2 load of the word    acquire   pairs with A1 */
#include <lab_low.h>
void lab_high(struct lab_low *low);
""",
    "lib/high/lab_high.c": """\
#include <lab_high.h>
void lab_high(struct lab_low *low)
{
    lab_store_release(low, 1); /* A1: or the reader finds nothing behind it */
    /* A2: or what it finds
     * is old */
    while (lab_load_acquire(low) == 0)
        ;
    (void)lab_load_acquire(low); /* A2 */
}
""",
    "test/explore/orders.md": "| order | without |\n|---|---|\n| A1, A2 a word | lost |\n",
    "drivers/.keep": "",
    "app/.keep": "",
}


class Check(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        for name, text in TREE.items():
            self.write(name, text)
        (self.root / "config").mkdir()
        for name in ("check", "labels.py", "details.py", "words.py"):
            shutil.copy(SOURCE / "config" / name, self.root / "config")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def change(self, name, old, new):
        self.assertIn(old, TREE[name])
        self.write(name, TREE[name].replace(old, new))

    def run_check(self, name):
        done = subprocess.run([self.root / "config/check", name], capture_output=True, text=True,
                              timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def expect_fine(self, *names):
        for name in names:
            self.assertEqual(self.run_check(name), (0, ""))

    def expect(self, name, said):
        status, output = self.run_check(name)
        self.assertEqual(status, 1, output)
        self.assertIn(said, output)

    def test_a_good_tree_passes(self):
        self.expect_fine("includes", "details", "exports", "labels", "dpdk", "releases",
                         "headers")

    def test_an_include_that_points_up(self):
        self.change("lib/low/lab_low.h", "#include", "#include <lab_high.h>\n#include")
        self.expect("includes", "lib/low/lab_low.h:1:#include <lab_high.h>")

    def test_an_include_around_the_floors(self):
        self.change("lib/low/lab_low.h", "<lab_in.h>", '"../low/lab_in.h"')
        self.expect("includes", "lib/low/lab_low.h:1")

    def test_a_detail_that_is_not_needed(self):
        self.change("lib/low/lab_low.h", "    struct lab_in in;", "    int in; /* no lab_in */")
        self.expect("details", "lab_low.h includes lab_in.h and uses nothing of it")

    def test_a_detail_by_its_folder(self):
        self.write("lib/low/detail/lab_deep.h", "#define LAB_DEEP 1\n")
        self.change("lib/low/lab_low.h", "#include", "#include <labyrinth/detail/lab_deep.h>\n#include")
        self.expect("details", "lab_low.h includes lab_deep.h")
        self.change("lib/low/lab_low.h", "#include <lab_in.h>",
                    "#include <labyrinth/detail/lab_deep.h>\n#include <lab_in.h>\n"
                    "static const int deep = LAB_DEEP;")
        self.expect_fine("details")

    def test_a_header_that_does_not_compile_alone(self):
        self.change("lib/high/lab_high.h", "#include <lab_low.h>", "")
        self.expect("headers", "lab_high.h")

    def test_a_public_header_that_is_no_c99(self):
        self.change("lib/low/lab_low.h", "    struct", "    struct {\n    int more;\n    };\n    struct")
        self.expect("headers", "ISO C99")

    def test_a_public_header_that_is_no_cpp(self):
        if not shutil.which("g++"):
            self.skipTest("no g++")
        self.change("lib/low/lab_low.h", "lab_in in;", "lab_in class;")
        self.expect("headers", "lab_low.h")

    def test_other_headers_may_use_c11(self):
        self.change("lib/low/meson.build", "floor_headers = files('lab_low.h')", "")
        self.change("lib/high/meson.build", "floor_headers = files('lab_high.h')", "")
        self.change("lib/low/lab_low.h", "    struct", "    struct {\n    int more;\n    };\n    struct")
        self.expect_fine("headers")

    def test_an_end_of_another_header(self):
        self.write("lib/low/lab_low_inline.h", "#ifndef LAB_LOW_H\n#error include lab_low.h\n#endif\n")
        self.expect_fine("headers")

    def test_an_export_that_nobody_sees(self):
        self.write("lib/low/lab_inside.h", "LAB_PUBLIC int lab_inside(void);\n")
        self.expect("exports", "lib/low/lab_inside.h: LAB_PUBLIC int lab_inside(void);")

    def test_too_many_exports(self):
        exports = [f"LAB_PUBLIC int lab_{i}(void);\n" for i in range(50)]
        self.write("lib/low/lab_in.h", "".join(exports))
        self.expect_fine("exports")
        self.write("lib/low/lab_in.h", "".join(exports) + "LAB_PUBLIC int lab_more(void);\n")
        self.expect("exports", "more than 50 functions are exported")

    def test_dpdk_in_the_library(self):
        self.change("lib/high/lab_high.c", "(void)", "(void)rte_rdtsc(), (void)")
        self.expect("dpdk", "rte_rdtsc")

    def test_a_release_of_dpdk(self):
        line = "#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)\n#endif\n"
        self.write("drivers/mempool/labyrinth/labyrinth_dpdk.h", line)
        self.expect_fine("releases")
        self.write("drivers/mbuf/lab_mbuf.c", line)
        self.expect("releases", "drivers/mbuf/lab_mbuf.c:1")

    def test_a_label_without_a_partner(self):
        self.change("lib/high/lab_high.h", "pairs with A1", "alone")
        self.expect("labels", "A2 pairs with no label")

    def test_a_label_whose_partner_does_not_know_it(self):
        self.change("lib/high/lab_high.h", "pairs with A1", "pairs with A2")
        self.expect("labels", "A1 pairs with A2, which does not pair with it")

    def test_a_label_defined_twice(self):
        self.write("lib/low/lab_in.h", TREE["lib/low/lab_in.h"] + "/*\n *     A1 again pairs with A2 */\n")
        self.expect("labels", "A1 is defined in")

    def test_a_label_that_is_not_defined(self):
        self.change("lib/high/lab_high.c", "/* A2 */", "/* as A3 says */")
        self.expect("labels", "lib/high/lab_high.c: A3 is not defined anywhere")

    def test_a_label_beside_no_access(self):
        self.change("lib/high/lab_high.c", "lab_store_release(low, 1);", "(void)low;")
        self.expect("labels", "A1 stands at no access")

    def test_a_label_that_does_not_say_why(self):
        self.change("lib/high/lab_high.c", ": or the reader finds nothing behind it", "")
        self.expect("labels", "lib/high/lab_high.c: the first A1 does not say what goes wrong")

    def test_a_label_that_is_in_no_row(self):
        self.change("test/explore/orders.md", "| A1, A2 a word", "| A2 a word")
        self.expect("labels", "no row for A1")

    def test_a_row_of_a_label_that_is_gone(self):
        self.change("test/explore/orders.md", "| A1, A2", "| A1, A2, A3")
        self.expect("labels", "a row for A3, which is not defined")

    def use_git(self):
        """Some checks look at the files of a repository."""
        if not shutil.which("git"):
            self.skipTest("no git")
        for words in ("init", "-q"), ("add", "-A"):
            subprocess.run(["git", "-C", self.root, *words], check=True, capture_output=True)

    def expect_words(self, name, text, *said):
        self.write(name, text)
        self.use_git()
        if not said:
            self.expect_fine("words")
        for one in said:
            self.expect("words", f"{name}:{one}")

    def test_plain_english(self):
        self.expect_words("doc/pool.md", "# What it is\n\nIt works. Who holds what? Say `mend`.\n\n"
                          "```\nWhat is this, else that\n```\n<!-- What -->\n")

    def test_clauses_in_a_document(self):
        self.expect_words("doc/pool.md", "# Pool\n\n- one\n- Whoever puts\n  it. What\n  is put.\n| a | Who |\n",
                          "4: begins with a clause: - Whoever puts it.", "5: begins with a clause: What",
                          "7: begins with a clause")

    def test_clauses_in_comments_and_messages(self):
        self.expect_words("app/tool.c", "/* A tool.\n *\n * What it does\n * is this. */\n"
                          "int a; /* Whose? */\nconst char *b = \"No. That which is lost\";\n",
                          "3: begins with a clause: What it does is this.",
                          "6: begins with a clause: That which")
        self.expect_words("app/tool.py", "A = 1  #" + " Who it is\nB = \"What\"\nC = \"\"\"What\"\"\"\n\n\n"
                          "def f():\n    \"\"\"Which\n    one.\"\"\"\n",
                          "1: begins with a clause", "7: begins with a clause: Which one.")

    def test_words_that_were_replaced(self):
        self.expect_words("app/meson.build", "# It is mended\n# by so\n# many.\nelse\n",
                          '1: "mended": write fix')
        self.expect_words("app/meson.build", "# It is by so\n# many, or,\n# else none.\n",
                          '1: "so many": write N')


if __name__ == "__main__":
    main()
