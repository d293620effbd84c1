# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""System calls that are refused, as container runtimes do it (seccomp)."""

import ctypes
import os
import struct

NUMBERS = {
    "x86_64": {"mbind": 237, "set_mempolicy": 238, "get_mempolicy": 239, "migrate_pages": 256,
               "move_pages": 279, "memfd_create": 319, "fsync": 74, "fchmod": 91, "fchown": 93,
               "ftruncate": 77, "madvise": 28},
    "aarch64": {"mbind": 235, "get_mempolicy": 236, "set_mempolicy": 237, "migrate_pages": 238,
                "move_pages": 239, "memfd_create": 279, "fsync": 82, "fchmod": 52, "fchown": 55,
                "ftruncate": 46, "madvise": 233},
}.get(os.uname().machine)

# The calls that Docker's default profile refuses without CAP_SYS_NICE.
NUMA = ("mbind", "set_mempolicy", "get_mempolicy", "migrate_pages", "move_pages")

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER = 38, 22, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def refuse(names, error):
    """For a child before it executes the program: these calls fail with this errno from now on."""
    steps = [struct.pack("HBBI", LOAD, 0, 0, 0)]
    for i, name in enumerate(names):
        steps.append(struct.pack("HBBI", JUMP_IF_EQUAL, len(names) - i, 0, NUMBERS[name]))
    steps += [struct.pack("HBBI", RETURN, 0, 0, ALLOW), struct.pack("HBBI", RETURN, 0, 0, ERRNO | error)]
    buffer = ctypes.create_string_buffer(b"".join(steps))
    program = Program(len(steps), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if (libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or
            libc.prctl(PR_SET_SECCOMP, FILTER, ctypes.byref(program), 0, 0) != 0):
        raise OSError(ctypes.get_errno(), "seccomp")
