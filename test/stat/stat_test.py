# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""labyrinth-stat beside processes that this file plays: what it asks, prints and says. Beside a real
one it is tested in test/dpdk/test_stat.py."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from skips import main
from stat_support import LCORE, POOLS, PROGRAM, TIMEOUT_S, Process, StatTest, info


class Tables(StatTest):
    def test_list(self):
        self.serve(POOLS)
        self.assertEqual(self.answer("list"), "".join((
            "  pool       free  failed  size  held  most_held  cache\n",
            "  mb_pool_0  8000       8  8191   191        500    256\n",
            "  b          8000       8  8191   191        500    256\n")))
        rows = json.loads(self.answer("--json", "list"))["pools"]
        self.assertEqual([row["pool"] for row in rows], ["mb_pool_0", "b"])
        self.assertEqual(rows[0]["held"], 191)

    def test_more_pools_than_an_answer_has(self):
        names = [f"pool_{i}" for i in range(1300)]

        def page(parameters):
            first = int(parameters)
            return {"pools": names[first:first + 500], "left_out": max(0, 1300 - first - 500)}
        self.serve({"/labyrinth/list": page, "/labyrinth/info": info})
        self.assertEqual([row["pool"] for row in json.loads(self.answer("list", "--json"))["pools"]], names)

    def test_older_driver_with_more_pools(self):
        self.serve({"/labyrinth/list": [f"pool_{i}" for i in range(512)], "/labyrinth/info": info})
        done = self.ask("list", "--json")
        self.assertEqual(len(json.loads(done.stdout)["pools"]), 512)
        self.assertIn("there may be more", done.stderr)

    def test_no_pools(self):
        self.serve({**POOLS, "/labyrinth/list": []})
        self.assertEqual(self.answer("list"), "  none\n")
        self.assertEqual(json.loads(self.answer("list", "--json"))["pools"], [])

    def test_info(self):
        process = self.serve(POOLS)
        text = self.answer("info", "b")
        self.assertEqual(process.asked, ["/labyrinth/info,b"])
        self.assertIn("  size        8191\n", text)
        self.assertIn("\nlcores\n  lcore  private  public", text)
        self.assertRegex(text, r"\n  17 +7 +300 +1 +2 ")
        self.assertTrue(text.endswith("  all 0: get_revoke, put_foreign\n"), text)

    def test_what_a_driver_may_add(self):
        """Any shape of answer is printed, and so that nothing in it is missing."""
        leaks = {"count": 3, "by_site": [
            {"site": "rx_loop+0x31 (rx.c:12)", "lcore": 1, "buffers": 2, "age_s": 12.345},
            {"site": "f", "lcore": 100, "buffers": 1, "age_s": 1, "pid": 7}], "hint": None}
        self.serve({**POOLS, "/labyrinth/leaks": leaks, "/labyrinth/map": lambda name: ["ab", 1],
                    "/labyrinth/holders": {"private": 3, "sites": [], "places": {"device": 2},
                                           "bad": "\033[2J\n", "pinned": True}})
        self.assertEqual(self.answer("leaks", "b"), "".join((
            "  count  3\n  hint   -\n\nby_site\n",
            "  site                    lcore  buffers  age_s  pid\n",
            "  rx_loop+0x31 (rx.c:12)      1        2  12.35    -\n",
            "  f                         100        1      1    7\n")))
        self.assertEqual(self.answer("holders", "b"), "".join((
            "  private  3\n  bad      ?[2J?\n  pinned   yes\n\nsites\n  none\n",
            "\nplaces\n  device\n       2\n")))
        self.assertEqual(self.answer("map"), "  ab\n  1\n")
        self.assertEqual(json.loads(self.answer("-j", "leaks", "b"))["pool"], leaks)


class Watch(StatTest):
    def serve_counting(self):
        """A process whose lcores have made 1000 calls more at every look."""
        count = iter(range(1000, 10 ** 9, 1000))

        def answer(name):
            n = next(count)
            return info(name, lcores={"3": {**LCORE, "get_own": n, "get_fail": 0}},
                        lcores_left_out=2)
        return self.serve({"/labyrinth/list": ["b"], "/labyrinth/info": answer})

    def test_rates(self):
        self.serve_counting()
        lines = self.answer("watch", "--json", "--count=3", "--interval=0.5").splitlines()
        looks = [json.loads(line)["pools"][0] for line in lines]
        self.assertEqual([look["slow_gets/s"] for look in looks][0], None)
        for look in looks[1:]:
            self.assertTrue(0 < look["slow_gets/s"] <= 2000, look)
            self.assertEqual((look["slow_puts/s"], look["failed/s"], look["free"]), (0, 0, 8000))

    def test_lcores(self):
        self.serve_counting()
        text = self.answer("watch", "b", "--count=2", "-d", "0.1")
        self.assertRegex(text, rf"^labyrinth pools of \S+ \(pid {os.getpid()}\), \d\d:\d\d:\d\d, ")
        self.assertEqual(text.count("  lcore  failed/s  private  public  slow_gets/s"), 2)
        self.assertRegex(text, r"\n  3 +0 +12 +300 +\d+ +0 ")
        self.assertIn("  and 2 more lcores\n", text)

    def test_a_long_name_is_whole(self):
        """Also where the kernel has kept no more than 15 characters of it."""
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "a-program-with-a-name")
            os.symlink(shutil.which("sleep"), program)
            with subprocess.Popen([program, "600"]) as process:
                try:
                    self.serve({"/labyrinth/list": []}, greeting={
                        "version": "DPDK 22.11", "pid": process.pid, "max_output_len": 16384})
                    self.assertRegex(self.answer("watch", "--count=1"),
                                     rf"^labyrinth pools of a-program-with-a-name \(pid {process.pid}\), ")
                finally:
                    process.kill()

    def test_in_place_until_interrupted(self):
        self.serve_counting()
        terminal, process = self.on_terminal("watch", "--interval=0.05")
        text = self.read_until(terminal, lambda text: text.count("\033[H") >= 3)
        self.assertTrue(text.startswith("\033[2J\033[H"), text)
        self.assertIn("gets/s", text)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(TIMEOUT_S), 0)

    def test_interrupt_ends_a_long_interval(self):
        self.serve_counting()
        terminal, process = self.on_terminal("watch", "--interval=86400")
        self.read_until(terminal, lambda text: "\033[J" in text)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(TIMEOUT_S), 0)

    def test_process_ends(self):
        answers = iter(["b"])
        self.serve({"/labyrinth/info": info("b"),
                    "/labyrinth/list": lambda _: [next(answers)] if answers.__length_hint__()
                    else "hang up"})
        done = self.ask("watch", "--json", "--interval=0.01")
        self.assertEqual(done.returncode, 1)
        self.assertIn("has ended", done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 1)


class Sentences(StatTest):
    def test_no_such_pool(self):
        self.serve(POOLS)
        self.assert_fails(self.ask("info", "mb_pol_0"), "there is no pool mb_pol_0: did you mean "
                          "mb_pool_0? (pools: mb_pool_0, b)")
        self.assert_fails(self.ask("info", "else"), "there is no pool else (pools: mb_pool_0, b)")

    def test_an_error_that_is_not_about_the_name(self):
        self.serve({**POOLS, "/labyrinth/leaks": {"error": "audit is off: LABYRINTH_OPTIONS"}})
        self.assert_fails(self.ask("leaks", "b"), "audit is off")
        self.assert_fails(self.ask("leaks", "b,60"), "audit is off")
        self.assert_fails(self.ask("leaks", "else,60"), "there is no pool else (pools: mb_pool_0, b)")

    def test_leaks_of_an_age(self):
        process = self.serve({**POOLS, "/labyrinth/leaks": {"count": 0}})
        self.answer("leaks", "b,60")
        self.assertEqual(process.asked, ["/labyrinth/leaks,b,60"])

    def test_leaks_of_an_age_that_is_none(self):
        process = self.serve({**POOLS, "/labyrinth/leaks": {"count": 0}})
        for age in "abc", "", "-1", "1.5", "60s":
            self.assert_fails(self.ask("leaks", f"b,{age}"), f"{age}: leaks takes whole seconds")
        self.assertNotIn("/labyrinth/leaks", "".join(process.asked))

    def test_changes(self):
        process = self.serve({**POOLS, "/labyrinth/audit": {"audit": "full", "cache_size": 250},
                              "/labyrinth/publish": {"before": 7, "in_private_parts": 0}})
        done = self.ask("audit", "b", "sample:7")
        self.assertEqual((done.returncode, process.asked), (0, ["/labyrinth/audit,b,sample:7"]))
        self.assertIn("DPDK's caches of 250 stand between", done.stderr)
        self.answer("publish", "b")
        self.assertEqual(process.asked[-1], "/labyrinth/publish,b")
        self.assert_fails(self.ask("reclaim", "b"), "does not know /labyrinth/reclaim")

    def test_changes_that_are_refused(self):
        self.serve({**POOLS, "/labyrinth/audit": {"error": "nothing may be changed"}})
        self.assert_fails(self.ask("audit", "b", "full"), "nothing may be changed")
        self.assert_fails(self.ask("audit", "else", "full"), "there is no pool else (pools: mb_pool_0, b)")

    def test_names_with_commas(self):
        process = self.serve({**POOLS, "/labyrinth/list": ["a,b"], "/labyrinth/leaks": {"count": 0}})
        for asked in "a,b", "a,b,60":
            self.answer("leaks", asked)
            self.assertEqual(process.asked[-1], f"/labyrinth/leaks,{asked}")

    def test_names_that_are_not_ascii(self):
        """The process says them in ASCII, and knows both."""
        process = self.serve({**POOLS, "/labyrinth/list": ["caf\\xc3\\xa9"],
                              "/labyrinth/leaks": {"error": "audit is off"}})
        for asked in "café", "caf\\xc3\\xa9":
            self.assert_fails(self.ask("leaks", asked), "audit is off")
            self.assertIn(f"/labyrinth/leaks,{asked}", process.asked)
        self.assert_fails(self.ask("leaks", "cafè"), "there is no pool cafè (pools: caf\\xc3\\xa9)")

    def test_empty_name(self):
        process = self.serve({**POOLS, "/labyrinth/list": [""], "/labyrinth/info": info})
        self.assertIn("  pool  free", self.answer("list"))
        self.assertIn("  ''    8000", self.answer("list"))
        self.answer("info", "")
        self.assertEqual(process.asked[-1], "/labyrinth/info,")

    def test_a_terminal_that_obeys(self):
        self.serve({**POOLS, "/labyrinth/list": ["\033[2J"], "/labyrinth/holders": {"\033[2J": 1}})
        self.assert_fails(self.ask("info", "else"), "(pools: ?[2J)")
        self.assert_fails(self.ask("holders", "b"), "is not DPDK's telemetry")

    def test_older_driver(self):
        self.serve(POOLS)
        for command in ("holders", "b"), ("leaks", "b"):
            with self.subTest(command):
                self.assert_fails(self.ask(*command), f"does not know /labyrinth/{command[0]}: its "
                                  "labyrinth driver is older")

    def test_no_driver(self):
        self.serve({"/eal/params": []})
        self.assert_fails(self.ask("list"), "has not loaded the labyrinth driver: start it with")

    def test_refused(self):
        self.serve({**POOLS, "/labyrinth/holders": None})
        self.assert_fails(self.ask("holders", "b"), "refuses to answer /labyrinth/holders")

    def test_no_process(self):
        self.assert_fails(self.ask("list"), f"there is no socket {self.socket}")
        prefix = f"nobody-{os.getpid()}"
        self.assert_fails(self.run_stat("-f", prefix, "list"), prefix)

    def test_process_that_has_ended(self):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(self.socket)
        listener.close()
        self.assert_fails(self.ask("list"), "left over from a process that has ended")

    def test_no_permission(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to be somebody else")
        self.serve(POOLS)
        os.chmod(self.socket, 0o600)
        os.chmod(self.folder, 0o755)
        if self.run_stat("--version", user=65534, group=65534, extra_groups=[]).returncode != 0:
            self.skipTest("the program lies where nobody else may run it")
        self.assert_fails(self.ask("list", user=65534, group=65534, extra_groups=[]),
                          "is another user's: ask as that user, or as root")

    def test_processes_of_this_user(self):
        """Where the socket is looked for, and that others that run are named."""
        base = os.path.join(self.folder, "dpdk")
        os.makedirs(f"{base}/mine")
        environment = {**os.environ, "RUNTIME_DIRECTORY": self.folder}
        for instance in "", ":2":
            self.socket = f"{base}/mine/dpdk_telemetry.v2{instance}"
            self.serve({"/labyrinth/list": [instance or "b"], "/labyrinth/info": info})
        done = self.run_stat("list", "--file-prefix=mine", "--json", env=environment)
        self.assertEqual(json.loads(done.stdout)["pools"][0]["pool"], "b")
        done = self.run_stat("list", "-f", "mine", "-i", "2", env=environment)
        self.assertIn("  :2  ", done.stdout)
        done = self.run_stat("list", env=environment)
        self.assert_fails(done, "no process with --file-prefix=rte")
        self.assertIn("others run with: mine", done.stderr)

    def test_process_without_telemetry(self):
        """The primary locks its configuration, as the EAL does."""
        os.makedirs(f"{self.folder}/dpdk/quiet")
        environment = {**os.environ, "RUNTIME_DIRECTORY": self.folder}
        with open(f"{self.folder}/dpdk/quiet/config", "w+b") as config:
            fcntl.lockf(config, fcntl.LOCK_EX)
            done = self.run_stat("--file-prefix=quiet", "list", env=environment)
            self.assert_fails(done, f"process {os.getpid()} with --file-prefix=quiet runs, and has "
                                    "no telemetry")
            self.assertIn("is still starting, or was started with --no-telemetry", done.stderr)
            fcntl.lockf(config, fcntl.LOCK_UN)
            done = self.run_stat("--file-prefix=quiet", "list", env=environment)
            self.assert_fails(done, "no DPDK process with telemetry runs here")

    def test_long_paths(self):
        self.assert_fails(self.run_stat("list", f"--socket=/{'x' * 200}"), "--socket=NAME")

    def test_bad_answers(self):
        for message, answer in (("has ended", "hang up"), ("is no JSON", b'{"/labyrinth/list": ["'),
                                ("to something else", b'{"/other": 1}'),
                                ("announced 64 at most", ["x" * 100])):
            with self.subTest(message):
                process = Process(self.socket, {"/labyrinth/list": answer},
                                  {"pid": 1, "max_output_len": 64})
                try:
                    self.assert_fails(self.ask("list"), message)
                finally:
                    process.close()
                    os.unlink(self.socket)

    def test_one_bad_answer_among_good_ones(self):
        """The other pools are listed, and what is missing is no success."""
        for message, bad in (("is no JSON", b'{"/labyrinth/info": {"name"'),
                             ("to something else", b'{"/other": 1}'), ("none of a pool", 5),
                             ("none of a pool", {**info("b"), "free": "all"})):
            with self.subTest(message):
                process = Process(self.socket, {
                    "/labyrinth/list": ["a", "b", "c"],
                    "/labyrinth/info": lambda name, bad=bad: bad if name == "b" else info(name)})
                try:
                    done = self.ask("list")
                finally:
                    process.close()
                    os.unlink(self.socket)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(message, done.stderr)
                self.assertEqual([line.split()[0] for line in done.stdout.splitlines()][1:3],
                                 ["a", "c"])

    def test_something_else_listens(self):
        self.serve({}, greeting={"hello": 1})
        self.assert_fails(self.ask("list"), "is not DPDK's telemetry")

    def test_stopped_process_that_nobody_can_connect_to(self):
        """Its queue of connections is full, and nobody takes one from it."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(listener.close)
        listener.bind(self.socket)
        listener.listen(0)
        with self.assertRaises(BlockingIOError):
            while True:
                waiting = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
                self.addCleanup(waiting.close)
                waiting.connect(self.socket)
        self.assert_fails(self.ask("list"), "has taken no connection for 5 s: is it stopped")
        environment = {**os.environ, "RUNTIME_DIRECTORY": self.folder}
        os.makedirs(f"{self.folder}/dpdk/busy")
        os.link(self.socket, f"{self.folder}/dpdk/busy/dpdk_telemetry.v2")
        self.assert_fails(self.run_stat("list", env=environment), "others run with: busy")

    def test_process_that_serves_others(self):
        """DPDK hangs up on whoever comes as the eleventh."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(listener.close)
        listener.bind(self.socket)
        listener.listen()
        thread = threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True)
        thread.start()
        self.assert_fails(self.ask("list"), "hung up: it has ended, or as many ask it already")
        thread.join(TIMEOUT_S)

    def test_stopped_process(self):
        self.serve({"/labyrinth/list": "silence"})
        self.assert_fails(self.ask("list"), "has not answered for 5 s")

    def test_process_that_ends_or_stops_in_the_middle(self):
        """It is reported once, and waited for once: not for each pool that it has listed."""
        for answer, message in ("hang up", "has ended"), ("silence", "has not answered for 5 s"):
            with self.subTest(answer):
                process = Process(self.socket, {"/labyrinth/list": [f"p{i}" for i in range(100)],
                                                "/labyrinth/info": answer})
                try:
                    self.assert_fails(self.ask("list"), message)
                finally:
                    process.close()
                    os.unlink(self.socket)


class Usage(StatTest):
    def test_help_teaches(self):
        done = self.run_stat("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for word in ("list", "info NAME", "map [ARENA]", "holders NAME", "leaks NAME[,SEC]",
                     "watch [NAME]", "metrics", "audit NAME LEVEL", "publish NAME", "reclaim NAME",
                     "--file-prefix=PREFIX", "--json", "Exit status", "Examples"):
            self.assertIn(word, done.stdout)

    def test_version(self):
        self.assertRegex(self.run_stat("--version").stdout, r"^labyrinth-stat \d+\.\d+\.\d+\n$")

    def test_sentences(self):
        for message, *arguments in (
                ("which command? list, info", ),
                ("audit needs a pool's name", "audit"),
                ("audit needs more: labyrinth-stat audit NAME LEVEL", "audit", "b"),
                ("full is too much: labyrinth-stat publish NAME", "publish", "b", "full"),
                ("no command lisd: did you mean list?", "lisd"),
                ("no command xyzzy: see --help", "xyzzy"),
                ("info needs a pool's name: labyrinth-stat list has them", "info"),
                ("b is too much: labyrinth-stat list", "list", "b"),
                ("c is too much: labyrinth-stat watch [NAME]", "watch", "b", "c"),
                ("unknown option --jason: did you mean --json?", "--jason"),
                ("--file-prefix=: must be a name", "--file-prefix=", "list"),
                ("--file-prefix=a/b: must be a name", "--file-prefix=a/b", "list"),
                ("--instance=x: must be a whole number", "--instance=x", "list"),
                ("--interval=0: must be a number", "--interval=0", "list"),
                ("--interval=0.001: must be 0.01 to 86400", "--interval=0.001", "list"),
                ("--count=-1: must be a whole number", "--count=-1", "list")):
            with self.subTest(message):
                self.assert_fails(self.run_stat(*arguments), message, status=2)

    def test_full_disk(self):
        self.serve(POOLS)
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([PROGRAM, f"--socket={self.socket}", "list"], stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write: No space left", done.stderr)


if __name__ == "__main__":
    main()
