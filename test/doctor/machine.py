# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""Machines that are made up: a directory with what labyrinth-doctor reads of a real one."""

import os
import pathlib
import shutil

SLOTS = pathlib.Path(os.environ["LABYRINTH_SLOTS"])
PMDS = "usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0"
USER = os.geteuid() or 1000  # somebody who is not root, and whose the files here are if we are not


class Machine:
    """Files below a folder; write() takes a path as the machine has it, without the first "/"."""

    def __init__(self, folder):
        self.root = pathlib.Path(folder)
        self.nodes = 0
        self.mounts = []
        self.user(0)

    def write(self, path, text=""):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(text) + "\n")
        return file

    def folder(self, path, mode=0o755, user=None):
        folder = self.root / path
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)
        if user is not None and os.geteuid() == 0:
            os.chown(folder, user, user)
        return folder

    def user(self, number, group=None):
        ids = f"{number}\t{number}\t{number}\t{number}"
        groups = "" if group is None else f"4 {group} "
        self.write("proc/self/status", f"Name:\tdoctor\nUid:\t{ids}\nGroups:\t{groups}\nNgid:\t0")

    def memlock(self, limit):
        self.write("proc/self/limits",
                   f"Limit                     Soft Limit           Hard Limit           Units\n"
                   f"Max locked memory         {limit:<20} {limit:<20} bytes")

    def pages(self, node, kib, total, free, surplus=0):
        for base in f"sys/devices/system/node/node{node}/hugepages", "sys/kernel/mm/hugepages":
            folder = f"{base}/hugepages-{kib}kB"
            self.write(f"{folder}/nr_hugepages", total)
            self.write(f"{folder}/free_hugepages", free)
            self.write(f"{folder}/surplus_hugepages", surplus)
        self.promised(kib, 0)

    def promised(self, kib, pages):
        self.write(f"sys/kernel/mm/hugepages/hugepages-{kib}kB/resv_hugepages", pages)

    def group(self, limits, group="/", version=2):
        """The control group of this process, and the files in it and in those above."""
        if version == 2:
            self.write("proc/self/cgroup", f"0::{group}")
            self.write("sys/fs/cgroup/cgroup.controllers", "memory hugetlb")
        else:
            self.write("proc/self/cgroup", f"5:hugetlb:{group}\n9:cpu,memory:{group}\n0::/")
            for controller in "hugetlb", "memory":
                self.folder(f"sys/fs/cgroup/{controller}")
        for path, value in limits.items():
            self.write(f"sys/fs/cgroup/{path}", value)

    def mount(self, path, size="2M", mode=0o755, user=None):
        self.mounts.append(f"none /{path} hugetlbfs rw,relatime,pagesize={size} 0 0")
        self.write("proc/mounts", "\n".join(["proc /proc proc rw 0 0", *self.mounts]))
        return self.folder(path, mode, user)

    def thp(self, chosen):
        words = [f"[{w}]" if w == chosen else w for w in ("always", "madvise", "never")]
        self.write("sys/kernel/mm/transparent_hugepage/enabled", " ".join(words))

    def dpdk(self, *drivers, folder=PMDS):
        """An installed DPDK whose mempool drivers take `slots` slots each."""
        libraries, abi = (self.root / folder).parent.parent, folder.split("pmds-")[1].split(".")[0]
        self.folder(folder)
        self.write(str(libraries.relative_to(self.root) / f"librte_eal.so.{abi}"))
        shutil.copy(SLOTS / "libslots_library.so", libraries / f"librte_mempool.so.{abi}")
        for number, slots in enumerate(drivers):
            self.driver(f"other{number}", slots, abi, folder)

    def driver(self, name, slots, abi, folder=PMDS):
        place = self.root / folder / f"librte_mempool_{name}.so.{abi}"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SLOTS / f"slots_driver_{slots}.so", place)
        return place

    def plugin(self, abi=23):
        return self.driver("labyrinth", 1, abi)

    def cpus(self, governor="performance", isolated="2-7"):
        for cpu in range(8):
            self.write(f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor", governor)
        self.write("sys/devices/system/cpu/isolated", isolated)
        self.write("sys/devices/system/cpu/nohz_full", isolated or "(null)")

    def device(self, address, kind, node):
        self.write(f"sys/bus/pci/devices/{address}/class", kind)
        self.write(f"sys/bus/pci/devices/{address}/numa_node", node)

    def hide(self, path):
        """Nobody can look at this, not even root: it leads to itself."""
        place = self.root / path
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(place.name)

    def locked(self, *files):
        """These files are locked by a living process."""
        lines = []
        for number, file in enumerate(files, 1):
            at = os.stat(file)
            lines.append(f"{number}: POSIX  ADVISORY  WRITE 4711 {os.major(at.st_dev):02x}:"
                         f"{os.minor(at.st_dev):02x}:{at.st_ino} 0 EOF")
        self.write("proc/locks", "\n".join(lines))

    def bound(self, path):
        self.write("proc/net/unix", "Num       RefCount Protocol Flags    Type St Inode Path\n"
                   f"0000000000000000: 00000002 00000000 00010000 0005 01 12345 {path}")


def good_machine(folder):
    """Two nodes, both sizes, everything as it should be."""
    machine = Machine(folder)
    for node in 0, 1:
        machine.pages(node, 2048, 2048, 2000)
        machine.pages(node, 1048576, 4, 4)
    machine.mount("dev/hugepages")
    machine.mount("dev/hugepages-1G", "1024M")
    machine.memlock("unlimited")
    machine.thp("madvise")
    machine.group({})
    machine.dpdk(6, 1)
    machine.plugin()
    machine.write("proc/sys/kernel/randomize_va_space", 0)
    machine.locked()
    machine.write("proc/net/unix")
    machine.cpus()
    machine.device("0000:17:00.0", "0x020000", 1)
    machine.device("0000:18:00.0", "0x010802", 1)
    return machine
