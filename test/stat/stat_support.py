# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The common part of the tests of labyrinth-stat: a process that is played, and how it is asked."""

import contextlib
import fcntl
import json
import os
import pty
import select
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest

PROGRAM = os.environ["LABYRINTH_STAT"]
TIMEOUT_S = 60  # nothing takes longer, however busy the machine is

LCORE = {"private": 12, "public": 300, "get_own": 1, "get_steal": 2,
         "get_stack": 3, "get_revoke": 0, "get_fail": 4, "put_publish": 5, "put_stack": 6,
         "put_foreign": 0}


def info(name, **more):
    return {"name": name, "size": 8191, "free": 8000, "stack": 0, "high_water": 500,
            "cache_size": 256, "lcores": {"any": LCORE, "17": {**LCORE, "private": 7}}, **more}


class Process:
    """Answers as DPDK's telemetry does: `answers` is by command, a value or a function of the
    parameters; None for a command means that it is known and refused."""

    def __init__(self, path, answers, greeting=None):
        self.answers = {"/": lambda _: sorted(self.answers), **answers}
        self.greeting = greeting or {"version": "DPDK 22.11", "pid": os.getpid(),
                                     "max_output_len": 16384}
        self.asked = []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(path)
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection, contextlib.suppress(OSError):
                    self.talk(connection)

    def talk(self, connection):
        connection.send(json.dumps(self.greeting).encode())
        while line := connection.recv(1024).decode():
            self.asked.append(line)
            command, _, parameters = line.partition(",")
            answer = self.answers.get(command)
            if callable(answer):
                answer = answer(parameters)
            if answer == "hang up":
                return
            if isinstance(answer, bytes):
                connection.send(answer)
            elif answer != "silence":
                connection.send(json.dumps({command: answer}).encode())

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(TIMEOUT_S)


class StatTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.socket = os.path.join(self.folder, "dpdk_telemetry.v2")

    def serve(self, answers, **how):
        process = Process(self.socket, answers, **how)
        self.addCleanup(process.close)
        return process

    def run_stat(self, *arguments, **how):
        return subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, check=False, text=True,
                              stderr=subprocess.PIPE, timeout=TIMEOUT_S, **how)

    def ask(self, *arguments, **how):
        return self.run_stat(f"--socket={self.socket}", *arguments, **how)

    def answer(self, *arguments):
        done = self.ask(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def on_terminal(self, *arguments, columns=80, rows=24, **environment):
        """A terminal of that size, and the program on it."""
        terminal, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.addCleanup(os.close, terminal)
        process = subprocess.Popen([PROGRAM, f"--socket={self.socket}", *arguments], stdout=side,
                                   stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "TERM": "xterm", "NO_COLOR": "", **environment})
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        os.close(side)
        return terminal, process

    def read_until(self, terminal, wanted):
        text, end = "", time.monotonic() + TIMEOUT_S
        while not wanted(text):
            self.assertLess(time.monotonic(), end, text)
            if select.select([terminal], [], [], 1)[0]:
                text += os.read(terminal, 65536).decode()
        return text

    def shown_on_terminal(self, *arguments, **how):
        """All that a program says that ends by itself."""
        terminal, process = self.on_terminal(*arguments, **how)
        text = ""
        with contextlib.suppress(OSError):  # the terminal's other side is closed
            while chunk := os.read(terminal, 65536):
                text += chunk.decode()
        self.assertEqual(process.wait(TIMEOUT_S), 0)
        return text.replace("\r\n", "\n")

    def assert_fails(self, done, message, status=1):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(message, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertEqual(done.stdout, "")


POOLS = {"/labyrinth/list": ["mb_pool_0", "b"],
         "/labyrinth/info": lambda name: info(name) if name in ("mb_pool_0", "b") else
         {"error": "no labyrinth pool of that name"}}
