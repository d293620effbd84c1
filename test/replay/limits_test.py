# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Where the system refuses what the program would like to have, or has limits, it takes what it can
have and says so in a line; and it is never killed for what it has taken."""

import contextlib
import errno
import os
import resource
import signal
import subprocess
import time
import unittest

import replay
import sanitizer
from refused import NUMA, NUMBERS, refuse
from replay import DEMO, frame, pcap

MIB = 1 << 20


def huge_pages_free():
    with open("/proc/meminfo", encoding="ascii") as meminfo:
        found = [int(line.split()[1]) for line in meminfo if line.startswith("HugePages_Free:")]
    return found[0] if found else 0


def run_dirs(pid):
    places = ("/var/run/dpdk", "/tmp/dpdk", os.environ.get("XDG_RUNTIME_DIR", "/tmp") + "/dpdk")
    return [place for place in places if os.path.exists(f"{place}/labyrinth-replay-{pid}")]


class Limits(replay.ReplayTest):
    def start(self, *arguments, command=(replay.PROGRAM,), before=None, **files):
        """The program in the background; `before` is what its process does first."""
        files = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                 "stderr": subprocess.PIPE, **files}
        process = subprocess.Popen([*command, *arguments], preexec_fn=before, errors="replace",
                                   **files)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def run_to_end(self, *arguments, **how):
        process = self.start(*arguments, **how)
        out, err = process.communicate(timeout=replay.TIMEOUT_S)
        self.assertEqual(run_dirs(process.pid), [])
        return replay.Result(process.returncode, out, err, None)

    def path(self, name):
        return os.path.join(self.folder, name)


@unittest.skipIf(NUMBERS is None, "the numbers of system calls are not known here")
class Refused(Limits):
    def replays(self, names, error):
        result = self.run_to_end(DEMO, before=lambda: refuse(names, error))
        self.assertEqual(result.status, 0, result.err)
        self.assertIn("Leaked:     0", result.out)
        self.assertLessEqual(result.err.count("\n"), 1, result.err)
        return result.err

    def test_numa(self):
        for error in errno.EPERM, errno.ENOSYS:
            self.replays(NUMA, error)

    def test_policy_alone(self):
        """Huge pages do without."""
        said = self.replays(["set_mempolicy"], errno.EPERM)
        self.assertEqual(said.count("\n"), 1)

    def test_memfd(self):
        for error in errno.EPERM, errno.ENOSYS:
            said = self.replays(["memfd_create"], error)
            self.assertIn("on ordinary memory: ", said)
            if huge_pages_free() >= 64:
                self.assertIn("memfd_create(2), which is refused: ", said)

    def test_ftruncate(self):
        for error in errno.EPERM, errno.ENOSYS:
            said = self.replays(["ftruncate"], error)
            self.assertIn("on ordinary memory: ", said)
            if huge_pages_free() >= 64:
                self.assertIn("ftruncate(2), which is refused: ", said)

    def test_madvise(self):
        """Huge pages do without."""
        for error in errno.EPERM, errno.ENOSYS:
            said = self.replays(["madvise"], error)
            self.assertIn("costs a fence: ", said)
            self.assertIn("madvise(2)", said)

    def test_both(self):
        self.assertIn("on ordinary memory: ", self.replays([*NUMA, "memfd_create"], errno.EPERM))


    def test_words_for_the_eal(self):
        """Those are the user's: what refuses is named, and the word that helps, where the EAL does not do
        without, as that of Debian 13 does."""
        if huge_pages_free() < 64:
            self.skipTest("there are no huge pages")
        result = self.run_to_end("--no-pci", "--in-memory", "-m", "64", "--no-telemetry", "--",
                                 DEMO, before=lambda: refuse(NUMA, errno.EPERM))
        if result.status == 0:
            self.assertIn("Leaked:     0", result.out)
            return
        self.assertEqual(result.status, 1)
        self.assertRegex(result.err.splitlines()[-1],
                         'have --no-huge before "--", for .*get_mempolicy')

    def test_owners_and_modes(self):
        """As of a file system that has none; the second report takes the place of the first."""
        path = self.path("run.json")
        for _ in range(2):
            result = self.run_to_end("-q", f"--json={path}", DEMO, before=lambda: refuse(
                ["fchmod", "fchown", "fsync"], errno.EPERM))
            self.assertEqual((result.status, result.err), (0, ""))
            with open(path, encoding="utf-8") as file:
                self.assertTrue(file.read().endswith("}\n"))


class Hugetlbfs(Limits):
    def test_directory_of_others(self):
        """One that may not be opened, in a mount namespace of its own."""
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody else")
        huge, runtime = self.path("huge"), self.path("run")
        os.mkdir(huge)
        os.mkdir(runtime)
        os.chmod(self.folder, 0o755)
        os.chmod(runtime, 0o777)
        command = ("unshare", "-m", "sh", "-c",
                   'mount -t hugetlbfs -o mode=0700 none "$0" && exec setpriv --reuid=65534 '
                   '--regid=65534 --clear-groups --inh-caps=-all "$@"', huge, "env",
                   f"RUNTIME_DIRECTORY={runtime}", replay.PROGRAM)
        if self.run_to_end("--version", command=command).status != 0:
            self.skipTest("no hugetlbfs may be mounted here, or nobody else may run the program")
        result = self.run_to_end(DEMO, command=command)
        self.assertEqual(result.status, 0, result.err)
        self.assertLessEqual(result.err.count("\n"), 1, result.err)


class Kernel(Limits):
    """A machine of which the kernel shows less, in a mount namespace of its own."""

    def without(self, folder, *words):
        command = ("unshare", "-m", "sh", "-c", f'mount -t tmpfs none {folder} && exec "$0" "$@"')
        if self.run_to_end("true", command=command).status != 0:
            self.skipTest("nothing may be mounted here")
        result = self.run_to_end(*words, command=(*command, replay.PROGRAM))
        if "LeakSanitizer has encountered a fatal error" in result.err:
            self.skipTest("the leak checker, which reads its options in /proc, does not do without")
        return result

    def test_no_proc(self):
        result = self.without("/proc", DEMO)
        self.assertEqual(result.status, 0, result.err)
        self.assertIn("Leaked:     0", result.out)
        self.assertRegex(result.err, r"\A.*: on ordinary memory: .*\n\Z")

    def test_no_sys(self):
        result = self.without("/sys", DEMO)
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertRegex(result.err, r"\A.*: DPDK finds no CPU: .*: `mount -t sysfs sysfs /sys`\n\Z")


class Files(Limits):
    def test_limit_of_files(self):
        """A signal would come for the huge pages, each of which is a file to the kernel, and later
        for the report."""
        path = self.file("run.json", b"the old report")
        result = self.run_to_end(f"--json={path}", DEMO, before=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (1000, 1000)))
        self.assertEqual(result.status, 1, result.err)
        self.assertIn("on ordinary memory: ", result.err)
        self.assertIn(f"--json={path}: File too large", result.err)
        self.assertIn("Leaked:     0", result.out)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"the old report")
        self.assertEqual(os.listdir(self.folder), ["run.json"])

    def test_longest_name(self):
        """The new file beside the old one has a name, too."""
        path = self.file("n" * 255, b"the old report")
        result = self.run_to_end("-q", f"--json={path}", DEMO, before=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (1000, 1000)))
        self.assertEqual(result.status, 1, result.err)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"the old report")
        self.assertEqual(self.run_to_end("-q", f"--json={path}", DEMO).status, 0)
        self.assertEqual(os.listdir(self.folder), ["n" * 255])

    def test_disk_without_room_for_another_file(self):
        """In a mount namespace of its own: the folder and the old report are all that it can have."""
        place = self.path("disk")
        os.mkdir(place)
        command = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs -o nr_inodes=2 none "$0" && '
                   'echo the old report >"$0/run.json" && { "$@"; rc=$?; cat "$0/run.json"; '
                   'exit $rc; }', place)
        if self.run_to_end("true", command=command).status != 0:
            self.skipTest("no file system may be mounted here")
        result = self.run_to_end(replay.PROGRAM, "-q", f"--json={place}/run.json", DEMO,
                                 command=command)
        self.assertEqual((result.status, result.out), (1, "the old report\n"), result.err)
        self.assertIn("run.json: No space left on device", result.err)

    def test_report_of_a_user_of_another_namespace(self):
        if os.geteuid() != 0:
            self.skipTest("only root can have others' files")
        path = self.file("run.json", b"the old report")
        os.chmod(self.folder, 0o777)
        os.chmod(path, 0o666)
        os.chown(path, 12345, 12345)
        command = ("unshare", "--user", "--map-root-user")
        if self.run_to_end("true", command=command).status != 0:
            self.skipTest("no user namespace may be made here")
        result = self.run_to_end(replay.PROGRAM, "-q", f"--json={path}", DEMO, command=command)
        self.assertEqual(result.status, 0, result.err)
        with open(path, encoding="utf-8") as file:
            self.assertTrue(file.read().startswith("{"))

    def test_report_takes_the_place_of_the_old_one(self):
        """With its permissions, and through a link."""
        path, link = self.file("old.json", b"x" * 100000), self.path("link.json")
        os.chmod(path, 0o640)
        os.symlink("old.json", link)
        self.assertEqual(self.run_to_end("-q", f"--json={link}", DEMO).status, 0)
        self.assertTrue(os.path.islink(link))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o640)
        with open(path, encoding="utf-8") as file:
            self.assertTrue(file.read().startswith("{"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["link.json", "old.json"])

    def test_device_that_is_full(self):
        result = self.run_to_end("--json=/dev/full", DEMO)
        self.assertEqual(result.status, 1)
        self.assertIn("--json=/dev/full: No space left on device", result.err)
        with open("/dev/full", "w", encoding="ascii") as full:
            result = self.run_to_end("--json=-", DEMO, stdout=full)
        self.assertIn("--json=-: No space left on device", result.err)
        with open("/dev/full", "w", encoding="ascii") as full:
            result = self.run_to_end(DEMO, stdout=full)
        self.assertEqual(result.status, 1)
        self.assertIn("the report cannot be written: No space left on device", result.err)

    def test_bad_places_are_told_before_the_run(self):
        os.symlink("none/run.json", self.path("link"))
        for name, message in (("link", "No such file or directory"), ("run.json/", "Is a directory"),
                              ("n" * 300, "File name too long"), (".", "Is a directory")):
            # Without a capture: that the place is looked at first shows in what is said.
            result = self.run_to_end(f"--json={self.path(name)}", self.path("none.pcap"))
            self.assertEqual(result.status, 1)
            self.assertIn(f"{name}: {message}", result.err)
        self.assertEqual(os.listdir(self.folder), ["link"])

    def test_place_is_left_as_it_was(self):
        """Also at the end of a link."""
        os.symlink("run.json", self.path("link"))
        result = self.run_to_end(f"--json={self.path('link')}", self.path("none.pcap"))
        self.assertIn("none.pcap", result.err)
        self.assertEqual(os.listdir(self.folder), ["link"])


class Descriptors(Limits):
    def test_too_few_for_huge_pages(self):
        """Each is an open file of the EAL's: no more of them would help."""
        if huge_pages_free() < 64:
            self.skipTest("there are no huge pages")
        result = self.run_to_end("--total-num-mbufs=16383", DEMO, before=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (20, 20)))
        self.assertEqual(result.status, 1)
        self.assertIn("a larger `ulimit -n`", result.err.splitlines()[-1])


class Threads(Limits):
    def test_no_thread_for_an_lcore(self):
        """The EAL aborts; what it has made is gone all the same."""
        with replay.limited("pids", "pids", 2) as command:
            if command is None:
                self.skipTest("no control group can limit threads here")
            result = self.run_to_end("--rxq=3", DEMO, command=command)
        self.assertEqual(result.status, 1, result.err)
        self.assertIn("labyrinth-replay: the EAL has given up", result.err.splitlines()[-1])


class Waits(Limits):
    def ends(self, process, number, message):
        process.send_signal(number)
        _, err = process.communicate(timeout=replay.TIMEOUT_S)
        self.assertEqual(process.returncode, 1, err)
        self.assertIn(message, err)
        self.assertEqual(run_dirs(process.pid), [])

    def wait_for(self, happened):
        deadline = time.monotonic() + replay.TIMEOUT_S
        while not happened():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_report_that_nobody_reads(self):
        for number in signal.SIGINT, signal.SIGTERM:
            fifo = self.path(f"fifo-{number}")
            os.mkfifo(fifo)
            process = self.start(f"--json={fifo}", DEMO)
            self.assertIn("Read: ", process.stdout.readline())  # the run is over
            self.ends(process, number, "nobody reads it")

    def test_report_that_is_not_read_to_its_end(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        end = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, end)
        with contextlib.suppress(BlockingIOError):
            while os.write(end, bytes(4096)):
                pass
        process = self.start(f"--json={fifo}", DEMO)
        self.assertIn("Read: ", process.stdout.readline())
        self.ends(process, signal.SIGTERM, "nobody reads it")
        with open(fifo, "r+b", buffering=0) as full:
            process = self.start("--json=-", DEMO, stdout=full)
            self.assertIn("Read: ", process.stderr.readline())
            self.ends(process, signal.SIGTERM, "nobody reads it")

    def test_report_that_is_read(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        process = self.start("-q", f"--json={fifo}", DEMO)
        with open(fifo, encoding="utf-8") as report:
            self.assertTrue(report.read().endswith("}\n"))
        self.assertEqual(process.wait(timeout=replay.TIMEOUT_S), 0)

    def test_directory_that_is_locked(self):
        """In a mount namespace of its own: others' programs look for hugetlbfs, too."""
        if huge_pages_free() < 64:
            self.skipTest("there are no huge pages")
        huge, runtime = self.path("huge"), self.path("run")
        os.mkdir(huge)
        os.mkdir(runtime)
        mount = ("unshare", "-m", "sh", "-c", 'mount -t hugetlbfs none "$0" && exec flock -E 77 "$0" "$@"',
                 huge)
        if subprocess.run([*mount, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.skipTest("no hugetlbfs may be mounted here")
        locked = (*mount, "env", f"RUNTIME_DIRECTORY={runtime}")
        result = self.run_to_end(replay.PROGRAM, DEMO, command=locked)
        self.assertEqual((result.status, result.err), (0, ""))  # which has no need of it
        for number in signal.SIGINT, signal.SIGTERM:
            process = self.start(replay.PROGRAM, f"--huge-dir={huge}", "--no-pci",
                                 f"--file-prefix=h-{os.getpid()}", "--", DEMO, command=locked)
            self.wait_for(lambda: self.blocked_below(process.pid) is not None)
            child = self.blocked_below(process.pid)
            self.addCleanup(self.kill, child)
            os.kill(child, number)
            _, err = process.communicate(timeout=replay.TIMEOUT_S)
            self.assertEqual(process.returncode, 1, err)
            self.assertIn("interrupted while the EAL started", err)

    def blocked_below(self, pid):
        """The child of this process, if it waits for a lock."""
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            found = children.read().split()
        with open("/proc/locks", encoding="ascii") as locks:
            waiting = [line.split()[5] for line in locks if "-> FLOCK" in line]
        return next((int(child) for child in found if child in waiting), None)

    def kill(self, pid):
        """The child, which its parent does not take along."""
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


class Standard(Limits):
    """Standard descriptors that are closed."""

    def close(self, *files):
        def before():
            for file in files:
                os.close(file)
        return before

    def test_nothing_else_takes_their_numbers(self):
        path = self.path("run.json")
        process = self.start("--loop=0", "--duration=0.5", f"--json={path}", DEMO,
                             before=self.close(0, 1, 2))
        while len(os.listdir(f"/proc/{process.pid}/task")) == 1:  # then the EAL has come so far
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        for file in range(3):
            self.assertEqual(os.readlink(f"/proc/{process.pid}/fd/{file}"), "/dev/null")
        self.assertEqual(process.wait(timeout=replay.TIMEOUT_S), 1)  # the table was not written
        self.assertTrue(os.path.exists(path))

    def test_output(self):
        result = self.run_to_end(DEMO, before=self.close(1))
        self.assertEqual(result.status, 1)
        self.assertIn("the report cannot be written: Bad file descriptor", result.err)
        self.assertEqual(self.run_to_end("-q", DEMO, before=self.close(0, 1, 2)).status, 0)

    def test_keys_from_nowhere(self):
        result = self.run_to_end("--oneatatime", DEMO, before=self.close(0))
        self.assertIn("Not reached: 3000 frames", result.out)

    def test_reader_that_is_gone(self):
        reading, writing = os.pipe()
        os.close(reading)
        with open(writing, "w", encoding="ascii") as gone:
            result = self.run_to_end(DEMO, stdout=gone,
                                     before=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
        self.assertEqual(result.status, 1, result.err)
        self.assertIn("the report cannot be written: Broken pipe", result.err)


@unittest.skipIf(NUMBERS is None, "the numbers of system calls are not known here")
class Budget(Limits):
    """All that is large comes from one budget, below the limit of the control group."""

    def refused(self, limit, message, *arguments, before=None):
        with replay.limited("memory", "memory", limit) as command:
            if command is None:
                self.skipTest("no control group can limit memory here")
            result = self.run_to_end(*arguments, command=command, before=before,
                                     env=sanitizer.environment(sanitizer.WITHOUT_KEEPING))
        self.assertEqual(result.status, 1, result.err)
        self.assertRegex(result.err, message)

    def test_capture_and_pool(self):
        """Each of the two would do."""
        path = self.file("large.pcap", pcap([bytes(60000)] * 2000))
        self.refused(256 * MIB, "MiB are needed of ordinary memory, of which [0-9]+ MiB may be used "
                     r"\(eight tenths of what is available, less 114 MiB that are taken already\)",
                     "--total-num-mbufs=65535", path,
                     before=lambda: refuse(["memfd_create"], errno.EPERM))

    def test_capture_and_a_pool_of_the_users(self):
        path = self.file("large.pcap", pcap([bytes(60000)] * 2000))
        words = ("-l", "0", "--no-huge", "--no-pci", "-m", "400", "--no-shconf",
                 f"--file-prefix=limits-{os.getpid()}", "--", "--total-num-mbufs=65535", path)
        self.refused(256 * MIB, "MiB are needed of ordinary memory, of which .* are taken already",
                     *words)

    def test_places_for_what_is_held(self):
        """16 bytes for each buffer of the pool, rounded up, on each queue."""
        self.refused(110 * MIB, r"MiB are needed of ordinary memory, .* less 33 MiB that are taken already",
                     "--hold=fixed:1", "--rxq=32", "--mbuf-size=192", "--total-num-mbufs=65535",
                     DEMO, before=lambda: refuse(["memfd_create"], errno.EPERM))

    def test_frames_with_other_addresses(self):
        path = self.file("large.pcap", pcap([bytes(60000)] * 100))
        self.refused(110 * MIB, "64 queues .* need 117 MiB of memory beside the pool, .*"
                     "and [0-9]+ MiB may be used: fewer queues",
                     "--unique-ip", "--loop=2", "--rxq=64", path)

    def test_windows_of_many_queues(self):
        """Each has room for the largest frame twice, however small --window is."""
        path = self.file("wide.pcap", pcap([bytes(60)], snaplen=0x7fffffff))
        self.refused(110 * MIB, "64 queues .* need 128 MiB of memory beside the pool",
                     "--stream", "--window=1", "--rxq=64", path)

    def test_capture_and_its_index(self):
        path = self.file("many.pcap", pcap([frame(1, 14)] * 1000000))
        self.refused(110 * MIB, "MiB of memory are needed to look up 1000000 frames by their "
                     "content, and [0-9]+ MiB may be used: --no-verify",
                     "--vdev=net_ring0", "--", "--port=net_ring0", path)


if __name__ == "__main__":
    replay.main()
