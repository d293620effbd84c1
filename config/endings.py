# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""How scripts that start other programs end: whichever signal ends them, those programs end, too,
and nothing is left of either."""

import contextlib
import os
import shutil
import signal
import subprocess

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def unwind(number, _frame):
    """Once: what is done at the end is not to be disturbed."""
    for other in ENDS:
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(128 + number)


def heed_signals():
    """From now on a signal that ends the script is an exception: `finally` and `with` do their
    work. One that is ignored, as nohup(1) has it, stays so."""
    for number in ENDS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, unwind)


@contextlib.contextmanager
def program(words, patience=20, **how):
    """A running program, which is asked to end when the block is left, and killed when it has not
    done so after some seconds."""
    process = subprocess.Popen(words, **how)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=patience)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def remove_runtime_folder(prefix):
    """Removes what a DPDK program with this --file-prefix leaves behind."""
    for base in "/var/run/dpdk", os.environ.get("XDG_RUNTIME_DIR", "/tmp") + "/dpdk":
        shutil.rmtree(f"{base}/{prefix}", ignore_errors=True)
