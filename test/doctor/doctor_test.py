# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""labyrinth-doctor on machines that are made up, each with one thing wrong, and on this one."""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from machine import PMDS, SLOTS, USER, Machine, good_machine
from skips import main

PROGRAM = os.environ["LABYRINTH_DOCTOR"]
GOOD, ADVICE, BAD, NOT_LOOKED = range(4)


def doctor(*arguments, **how):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60,
                          check=False, **how)


class DoctorTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.mkdtemp(prefix="labyrinth-doctor-")
        self.addCleanup(shutil.rmtree, folder)
        self.machine = good_machine(folder)

    def look(self, status):
        done = doctor(f"--root={self.machine.root}", "--json")
        self.assertEqual(done.stderr, "")
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, status, done.stdout)
        self.assertEqual(report["worst"], ("good", "advice", "bad")[status])
        return report["findings"]

    def finds(self, level, check, text, fix=None, count=1):
        """The one thing that is wrong is found, with what fixes it."""
        findings = self.look((GOOD, ADVICE, BAD)[("good", "advice", "bad").index(level)])
        wrong = [f for f in findings if f["level"] != "good"]
        self.assertEqual(len(wrong), count, wrong)
        self.assertEqual((wrong[0]["level"], wrong[0]["check"]), (level, check))
        self.assertIn(text, wrong[0]["text"])
        self.assertIn(fix or "", wrong[0].get("fix", "")) if fix else None
        return wrong

    def says(self, text):
        """Nothing is wrong, and this is among what is good."""
        self.assertTrue(any(text in f["text"] for f in self.look(GOOD)), text)


class Good(DoctorTest):
    def test_nothing_is_wrong(self):
        findings = self.look(GOOD)
        self.assertEqual({f["check"] for f in findings},
                         {"hugepages", "hugetlbfs", "memlock", "thp", "groups", "plugin", "slots",
                          "processes", "cpus", "nic"})
        self.assertTrue(all(f["level"] == "good" and "fix" not in f for f in findings))

    def test_lines(self):
        done = doctor(f"--root={self.machine.root}")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"(?m)^good +hugepages +node 1, 1 GiB: 4 pages, 4 free")
        self.assertRegex(done.stdout, r"(?m)^[0-9]+ good, 0 advice, 0 bad$")
        self.assertNotIn("fix:", done.stdout)

    def test_quiet(self):
        done = doctor(f"--root={self.machine.root}", "-q")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))


class Groups(DoctorTest):
    MIB = 1 << 20

    def test_limits_that_leave_enough(self):
        self.machine.group({"pods/a/hugetlb.2MB.max": 4096 * self.MIB,
                            "pods/a/hugetlb.2MB.current": 96 * self.MIB,
                            "pods/a/memory.max": "max"}, "/pods/a")
        self.says("huge pages of 2 MiB: 4000 MiB left of 4096 MiB")

    def test_no_huge_page_is_left(self):
        """By the group above this one."""
        self.machine.group({"pods/a/hugetlb.2MB.max": "max", "pods/a/hugetlb.2MB.current": 0,
                            "pods/hugetlb.2MB.max": 64 * self.MIB,
                            "pods/hugetlb.2MB.current": 63 * self.MIB}, "/pods/a")
        self.finds("bad", "groups", "huge pages of 2 MiB: a control group leaves 1 MiB of 64 MiB",
                   "echo 1140850688 > /sys/fs/cgroup/pods/hugetlb.2MB.max")

    def test_little_memory_is_left(self):
        self.machine.group({"a/memory.max": 512 * self.MIB, "a/memory.current": 200 * self.MIB},
                           "/a")
        self.finds("advice", "groups", "memory: a control group leaves 312 MiB of 512 MiB")
        self.machine.group({"a/memory.max": "max", "a/memory.high": 512 * self.MIB}, "/a")
        self.finds("advice", "groups", "before it is throttled: a control group leaves 312 MiB")

    def test_version_1(self):
        none = 0x7FFFFFFFFFFFF000
        self.machine.group({"hugetlb/a/hugetlb.1GB.limit_in_bytes": 0,
                            "hugetlb/a/hugetlb.1GB.usage_in_bytes": 0,
                            "memory/a/memory.limit_in_bytes": none,
                            "memory/a/memory.usage_in_bytes": 5}, "/a", version=1)
        self.finds("bad", "groups", "huge pages of 1 GiB: a control group leaves 0 MiB of 0 MiB",
                   "/sys/fs/cgroup/hugetlb/a/hugetlb.1GB.limit_in_bytes")

    def test_not_known(self):
        self.machine.hide("sys/fs/cgroup")
        self.finds("advice", "groups", "not known: /sys/fs/cgroup")
        self.machine.hide("proc/self/cgroup")
        self.finds("advice", "groups", "not known: /proc/self/cgroup")

    def test_a_limit_that_nobody_may_read(self):
        self.machine.group({"a/memory.current": 1}, "/a")
        self.machine.hide("sys/fs/cgroup/a/memory.max")
        self.finds("advice", "groups", "not known: /sys/fs/cgroup/a/memory.max")


class Memory(DoctorTest):
    def test_no_pages(self):
        for node in 0, 1:
            self.machine.pages(node, 2048, 0, 0)
            self.machine.pages(node, 1048576, 0, 0)
        self.finds("bad", "hugepages", "none of any size", "hugeadm --pool-pages-min 2MB:", count=2)

    def test_kernel_without_pages(self):
        shutil.rmtree(self.machine.root / "sys/kernel/mm/hugepages")
        shutil.rmtree(self.machine.root / "sys/devices/system/node")
        self.finds("bad", "hugepages", "this kernel has none", "--no-huge", count=2)

    def test_all_taken(self):
        self.machine.pages(1, 2048, 100, 0)
        self.finds("bad", "hugepages", "node 1, 2 MiB: 100 pages, 0 free",
                   "hugeadm --pool-pages-min 2MB:612")

    def test_surplus(self):
        self.machine.pages(0, 2048, 100, 50, surplus=20)
        self.finds("advice", "hugepages", "20 surplus", "hugeadm --pool-pages-min 2MB:100")

    def test_node_without(self):
        self.machine.pages(0, 2048, 0, 0)
        self.machine.pages(0, 1048576, 0, 0)
        self.finds("advice", "hugepages", "node 0: none", "/sys/devices/system/node/node0/")

    def test_reserved(self):
        self.machine.promised(2048, 300)
        self.says("300 of the 4000 free pages are reserved")
        self.machine.promised(2048, 4000)
        self.finds("bad", "hugepages", "all 4000 free pages are reserved")

    def test_kernel_without_nodes(self):
        shutil.rmtree(self.machine.root / "sys/devices/system/node")
        self.machine.device("0000:17:00.0", "0x020000", -1)
        self.says("2 MiB: 2048 pages, 2000 free")

    def test_no_mount(self):
        self.machine.write("proc/mounts", "proc /proc proc rw 0 0")
        self.finds("bad", "hugetlbfs", "none is mounted", "mount -t hugetlbfs")

    def test_no_mount_of_that_size(self):
        self.machine.write("proc/mounts", self.machine.mounts[0])
        self.finds("bad", "hugetlbfs", "for pages of 1 GiB", "pagesize=1024M")

    def test_mount_of_another_user(self):
        self.machine.user(USER + 1)
        self.finds("bad", "hugetlbfs", f"user {USER + 1} may not", f"chown {USER + 1} /dev/hugepages",
                   count=2)

    def test_own_mounts(self):
        for path in "dev/hugepages", "dev/hugepages-1G":
            self.machine.folder(path, user=USER)
        self.machine.user(USER)
        self.says("mode 0755")

    def test_mounts_of_a_group(self):
        for path in "dev/hugepages", "dev/hugepages-1G":
            group = self.machine.folder(path, 0o1770).stat().st_gid
        self.machine.user(USER + 1, group)
        self.says("mode 1770")
        self.machine.user(USER + 1, group + 1)
        self.finds("bad", "hugetlbfs", "mode 1770", count=2)

    def test_mount_of_everybody(self):
        self.machine.folder("dev/hugepages", 0o777)
        self.finds("advice", "hugetlbfs", "remove another's files", "chmod +t /dev/hugepages")
        self.machine.folder("dev/hugepages", 0o1777)
        self.says("mode 1777")

    def test_memlock(self):
        for path in "dev/hugepages", "dev/hugepages-1G":
            self.machine.folder(path, 0o1777)
        self.machine.user(USER)
        self.machine.memlock(8388608)
        self.finds("advice", "memlock", "8192 KiB", "ulimit -l unlimited")
        self.machine.memlock(1 << 30)
        self.says("1024 MiB may be locked")
        self.machine.user(0)
        self.machine.memlock(65536)
        self.says("no limit for root")

    def test_thp(self):
        self.machine.thp("never")
        self.finds("advice", "thp", "4 KiB", "echo madvise")


class Dpdk(DoctorTest):
    def test_none(self):
        shutil.rmtree(self.machine.root / "usr")
        self.finds("advice", "plugin", "there is no DPDK here", "apt install dpdk")

    def test_not_installed(self):
        (self.machine.root / PMDS / "librte_mempool_labyrinth.so.23").unlink()
        self.finds("bad", "plugin", f"not in /{PMDS}", "make install")

    def test_of_another_dpdk(self):
        (self.machine.root / PMDS / "librte_mempool_labyrinth.so.23").unlink()
        self.machine.plugin(abi=25)
        self.finds("bad", "plugin", "for another DPDK than the one here, whose ABI is 23",
                   "make install")

    def test_left_from_a_dpdk_that_is_gone(self):
        old = "usr/lib/x86_64-linux-gnu/dpdk/pmds-21.0"
        self.machine.driver("labyrinth", 1, 21, folder=old)
        self.finds("advice", "plugin", "DPDK (ABI 21) that is gone", f"rm /{old}/librte_mempool_")

    def test_everybody_may_write(self):
        self.machine.folder("usr/lib/x86_64-linux-gnu/dpdk", 0o777)
        self.finds("bad", "plugin", "everybody may write to /usr/lib/x86_64-linux-gnu/dpdk:",
                   "chmod o-w /usr/lib/x86_64-linux-gnu/dpdk")

    def test_everybody_may_write_the_plugin(self):
        os.chmod(self.machine.plugin(), 0o666)
        self.finds("bad", "plugin", "librte_mempool_labyrinth.so.23: the EAL", "chmod o-w")

    def test_slots(self):
        self.says("9 of the 16 for mempool drivers in DPDK (ABI 23) are free, and ours takes one")

    def test_no_slot(self):
        self.machine.driver("greedy", 16, 23)
        self.finds("bad", "slots", "16 are taken before ours comes", f"out of /{PMDS}")

    def test_slot_of_another(self):
        self.machine.driver("greedy", 16, 23)
        shutil.copy(SLOTS / "slots_driver_0.so", self.machine.plugin())
        self.says("it has that of one for other processors")

    def test_plugin_does_not_load(self):
        self.machine.plugin().write_bytes(b"no library")
        self.finds("bad", "slots", "does not load", "make install")

    def test_slots_that_cannot_be_counted(self):
        (self.machine.root / "usr/lib/x86_64-linux-gnu/librte_mempool.so.23").unlink()
        self.finds("advice", "slots", "cannot be counted")

    def test_two_dpdks(self):
        self.machine.dpdk(6, folder="usr/local/lib/x86_64-linux-gnu/dpdk/pmds-25.0")
        self.finds("bad", "plugin", "not in /usr/local/lib/x86_64-linux-gnu/dpdk/pmds-25.0")


class Processes(DoctorTest):
    def test_dead(self):
        self.machine.write("var/run/dpdk/rte/config")
        self.finds("advice", "processes", "/var/run/dpdk/rte: no process", "rm -r /var/run/dpdk/rte")

    def test_living(self):
        self.machine.locked(self.machine.write("var/run/dpdk/rte/config"))
        self.says("a program runs with prefix rte")

    def test_living_without_files(self):
        self.machine.write("var/run/dpdk/fw/dpdk_telemetry.v2")
        self.machine.bound("/var/run/dpdk/fw/dpdk_telemetry.v2")
        self.says("a program runs with prefix fw")
        self.machine.bound("/var/run/dpdk/fw/dpdk_telemetry.v2:another")
        self.finds("advice", "processes", "/var/run/dpdk/fw: no process")

    def test_our_tools(self):
        self.machine.folder("var/run/dpdk/labyrinth-bench-4711")
        self.machine.folder("proc/4711")
        self.says("a program runs with prefix labyrinth-bench-4711")
        os.rmdir(self.machine.root / "proc/4711")
        self.finds("advice", "processes", "labyrinth-bench-4711: no process")

    def test_our_tools_in_a_container(self):
        """It shares the folder; the number is that of a process there."""
        self.machine.folder("var/run/dpdk/labyrinth-bench-7")
        self.machine.write("proc/4711/status", "Name:\tbash\nNSpid:\t4711\t7\nThreads:\t1")
        self.finds("advice", "processes", "not known: whether a program has "
                   "/var/run/dpdk/labyrinth-bench-7")
        self.machine.write("proc/4711/status", "Name:\tbash\nNSpid:\t4711\t77\nThreads:\t1")
        self.finds("advice", "processes", "labyrinth-bench-7: no process")

    def test_of_another_user(self):
        for path in "dev/hugepages", "dev/hugepages-1G":
            self.machine.folder(path, 0o1777)
        self.machine.locked(self.machine.write("var/run/dpdk/rte/config"))
        self.machine.user(USER + 1)
        self.finds("advice", "processes", f"user {USER + 1} starts no secondary", "sudo -u")

    def test_segments(self):
        dead = self.machine.write("dev/hugepages/rtemap_0")
        living = self.machine.write("dev/hugepages/rtemap_1")
        self.machine.locked(living)
        self.finds("advice", "processes", "1 files of huge pages in /dev/hugepages",
                   "rm /dev/hugepages/*map_*")
        self.machine.locked(living, dead)
        self.look(GOOD)

    def test_addresses(self):
        self.machine.write("proc/sys/kernel/randomize_va_space", 2)
        self.finds("advice", "processes", "addresses are random", "setarch -R")


class Unknown(DoctorTest):
    """A part that cannot be looked at is neither good nor missing."""

    def test_files(self):
        for path, check, what in (
                ("sys/kernel/mm/hugepages", "hugepages", "/sys/kernel/mm"),
                ("sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages",
                 "hugepages", "how many there are"),
                ("sys/kernel/mm/transparent_hugepage/enabled", "thp", "enabled"),
                ("dev/hugepages", "hugetlbfs", "/dev/hugepages"),
                ("proc/mounts", "hugetlbfs", "/proc/mounts"),
                ("proc/self/limits", "memlock", "/proc/self/limits"),
                ("proc/sys/kernel/randomize_va_space", "processes", "randomize_va_space"),
                ("usr", "plugin", "places where DPDK may be"),
                (PMDS, "plugin", f"/{PMDS}: Too many"),
                (f"{PMDS}/librte_mempool_labyrinth.so.23", "plugin", "labyrinth.so.23"),
                ("run/user/7/dpdk", "processes", "whether programs of other users run"),
                ("var/run/dpdk", "processes", "whether programs of other users run"),
                ("sys/devices/system/cpu", "cpus", "governor"),
                ("sys/devices/system/cpu/isolated", "cpus", "/sys/devices/system/cpu"),
                ("sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "cpus", "governor"),
                ("sys/bus/pci/devices", "nic", "/sys/bus/pci/devices"),
                ("sys/bus/pci/devices/0000:17:00.0/numa_node", "nic", "0000:17:00.0"),
                ("sys/bus/pci/devices/0000:17:00.0/class", "nic", "/sys/bus/pci/devices")):
            with self.subTest(path), tempfile.TemporaryDirectory() as folder:
                self.machine = good_machine(folder)
                if path == "sys/kernel/mm/hugepages":
                    self.machine.hide("sys/devices/system/node")
                    path = "sys/kernel/mm"
                self.machine.hide(path)
                done = doctor(f"--root={self.machine.root}", "--json")
                found = [f for f in json.loads(done.stdout)["findings"] if f["level"] != "good"]
                told = [f for f in found if f["text"].startswith("not known: ")]
                self.assertTrue(any(f["check"] == check and what in f["text"] for f in told), found)
                for wrong in "none of any size", "this kernel has none", "there is no DPDK":
                    self.assertNotIn(wrong, done.stdout)
                self.assertEqual("no program of DPDK's runs" in done.stdout, "/dpdk" not in path
                                 or path.startswith("usr"))

    def test_locks(self):
        """A file that nobody can be seen to have is not one to be removed."""
        for path in "proc/locks", "proc/net/unix":
            self.machine.hide(path)
            for file, text in (("var/run/dpdk/rte/config", "whether a program has /var/run/dpdk/rte"),
                               ("dev/hugepages/rtemap_0", "whether somebody has 1 files")):
                self.machine.write(file)
                wrong = self.finds("advice", "processes", text)
                self.assertNotIn("fix", wrong[0])
                (self.machine.root / file).unlink()
                shutil.rmtree(self.machine.root / "var", ignore_errors=True)

    def test_folder_without_files(self):
        self.machine.folder("var/run/dpdk/rte")
        self.assertNotIn("fix", self.finds("advice", "processes", "no file there can be asked")[0])


class Names(DoctorTest):
    """Others may have chosen them; what is printed is to be pasted."""

    def test_words_of_a_command(self):
        for name, word in (("two words", "'/tmp/dpdk/two words'"), ("a;reboot", "'/tmp/dpdk/a;reboot'"),
                           ("$(reboot)", "'/tmp/dpdk/$(reboot)'"), ("it's", "'/tmp/dpdk/it'\\''s'"),
                           ("a\nb", "$'/tmp/dpdk/a\\x0ab'"), ("é\\'", "$'/tmp/dpdk/\\xc3\\xa9\\\\\\''"),
                           ("a{b,c}[d]*~", "'/tmp/dpdk/a{b,c}[d]*~'"), ("x" * 250, "/tmp/dpdk/" + "x" * 250)):
            with self.subTest(name):
                self.machine.write(f"tmp/dpdk/{name}/config")
                wrong = self.finds("advice", "processes", "no process has a file of it")
                self.assertEqual(wrong[0]["fix"], f"rm -r {word}")
                said = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True,
                                      check=True).stdout
                self.assertEqual(said.decode(), f"/tmp/dpdk/{name}")
                shutil.rmtree(self.machine.root / "tmp/dpdk")

    def test_bytes_that_are_no_text(self):
        folder = os.path.join(os.fsencode(self.machine.root), b"tmp/dpdk/\xff\033[2J")
        os.makedirs(folder)
        open(os.path.join(folder, b"config"), "wb").close()
        wrong = self.finds("advice", "processes", "/tmp/dpdk/??[2J: no process")
        self.assertEqual(wrong[0]["fix"], r"rm -r $'/tmp/dpdk/\xff\x1b[2J'")

    def test_mount(self):
        self.machine.mounts.append("none /mnt/two\\040words hugetlbfs rw,pagesize=2M 0 0")
        self.machine.mount("dev/hugepages")
        self.machine.folder("mnt/two words", 0o777)
        self.finds("advice", "hugetlbfs", "/mnt/two words (2 MiB)", "chmod +t '/mnt/two words'")

    def test_links(self):
        """Nobody is advised to remove where a link leads."""
        self.machine.write("etc/passwd/config")
        for link, target in ("tmp/dpdk", "../etc"), ("run/user/7/dpdk/rte", "../../../../etc"):
            (self.machine.root / link).parent.mkdir(parents=True, exist_ok=True)
            (self.machine.root / link).symlink_to(target)
            wrong = self.finds("advice", "processes", "DPDK makes folders here, and no links")
            self.assertNotIn("fix", wrong[0])
            (self.machine.root / link).unlink()


class Cpus(DoctorTest):
    def test_isolation(self):
        self.machine.cpus(isolated="")
        wrong = self.finds("advice", "cpus", "none is isolated", "isolcpus=", count=2)
        self.assertIn("nohz_full=", wrong[1]["fix"])

    def test_governor(self):
        self.machine.write("sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "powersave")
        self.finds("advice", "cpus", "1 of 8 is not performance but powersave",
                   "cpupower frequency-set -g performance")

    def test_nic_without_pages(self):
        self.machine.pages(1, 2048, 10, 0)
        self.machine.pages(1, 1048576, 1, 0)
        wrong = self.finds("bad", "hugepages", "node 1", count=3)
        self.assertIn("0000:17:00.0 is on node 1, which has no free huge pages", wrong[2]["text"])

    def test_other_devices_are_no_nics(self):
        self.assertEqual([f["text"] for f in self.look(GOOD) if f["check"] == "nic"],
                         ["0000:17:00.0 is on node 1, which has huge pages"])


class Here(unittest.TestCase):
    """On the machine that the tests run on."""

    def test_looks(self):
        done = doctor("--json")
        report = json.loads(done.stdout)
        self.assertEqual(report["worst"], ("good", "advice", "bad")[done.returncode])
        self.assertIn("membarrier", {f["check"] for f in report["findings"]})

    def test_membarrier(self):
        done = doctor("--json", env={**os.environ, "LABYRINTH_BARRIER": "fence"})
        found = [f for f in json.loads(done.stdout)["findings"] if f["check"] == "membarrier"]
        self.assertEqual(found[0]["level"], "advice")

    def test_another_namespace(self):
        """Its processes and locks are not seen from here, as those of a container that shares a folder."""
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "dpdk/labyrinth-replay-99999"))
            place = os.path.join(folder, "dpdk/shared")
            os.mkdir(place)
            command = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c",
                       'mount --bind "$0" /tmp && exec "$@"', folder]
            if subprocess.run([*command, "true"], stderr=subprocess.DEVNULL,
                              check=False).returncode != 0:
                self.skipTest("no namespace may be made here")
            with open(os.path.join(place, "config"), "w", encoding="ascii") as file:
                self.assertIn("not known: whether a program has /tmp/dpdk/shared",
                              self.of_tmp(command))
                fcntl.lockf(file, fcntl.LOCK_EX)
                self.assertIn("a program runs with prefix shared", self.of_tmp(command))

    def of_tmp(self, command):
        done = subprocess.run([*command, PROGRAM], capture_output=True, text=True, check=False)
        self.assertNotIn("rm -r /tmp/", done.stdout)
        return done.stdout

    def test_needs_no_dpdk(self):
        needed = subprocess.run(["readelf", "-d", PROGRAM], capture_output=True, text=True,
                                check=True).stdout
        self.assertNotIn("librte_", needed)

    def test_empty_machine(self):
        with tempfile.TemporaryDirectory() as folder:
            Machine(folder)
            done = doctor(f"--root={folder}")
            self.assertEqual((done.returncode, done.stderr), (ADVICE, ""))
            self.assertIn("not known", done.stdout)


class Usage(unittest.TestCase):
    def test_root_that_is_none(self):
        for path, why in ("/does/not/exist", "No such file"), (PROGRAM, "Not a directory"):
            done = doctor(f"--root={path}")
            self.assertEqual((done.returncode, done.stdout), (NOT_LOOKED, ""))
            self.assertIn(why, done.stderr)

    def test_words(self):
        done = doctor("hugepages")
        self.assertEqual((done.returncode, done.stdout), (NOT_LOOKED, ""))
        self.assertIn("hugepages: takes options alone", done.stderr)

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([PROGRAM, "--json"], stdout=full, stderr=subprocess.PIPE,
                                  check=False)
        self.assertEqual(done.returncode, NOT_LOOKED)


if __name__ == "__main__":
    main()
