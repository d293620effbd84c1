# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
"""The common part of the tests that run the mempool driver in DPDK programs.

A test is a function of one argument, a Place. main() gives each a new one and takes it away again,
with every process, mount and runtime directory that it had, however the test ended.
"""

import contextlib
import glob
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import traceback

PLUGIN = os.environ.get('LABYRINTH_PLUGIN', '')
BUILD = os.environ.get('LABYRINTH_BUILD', '')
MESON = os.environ.get('LABYRINTH_MESON', '')
OPS = 'labyrinth'

# The values of LABYRINTH_OPTIONS, '' for nothing: in none of these does a program that makes no mistake
# see anything but DPDK's ring.
MODES = ('', 'cache=off', 'cache=none', 'circulate=4096', 'audit=sample', 'audit=full',
         'audit=full:reclaim=auto', 'audit=full:poison=on', 'audit=full:quarantine=20')
FEW_PLUGINS = ('bus_pci', 'bus_vdev', 'mempool_bucket', 'mempool_ring', 'mempool_stack', 'net_null')
SKIPPED = 77  # meson's exit status of a test that was not run
WAIT_S = 120  # for what will come, however busy the machine is


class Skip(Exception):
    """This machine cannot run the test."""


class Lacking(Skip):
    """It lacks what DPDK has nothing to do with, so that nobody can require it."""


class Failure(Exception):
    """The test's claim is wrong."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def check_equal(found, wanted, what):
    check(found == wanted, f'{what}: {found}, not {wanted}')


def tool(name):
    """A program of the distribution."""
    path = shutil.which(name)
    if path is None:
        raise Skip(f'no {name} here: apt install dpdk')
    return path


def built(name):
    """A program or plugin of this directory's meson.build."""
    return os.path.join(BUILD, 'test', 'dpdk', name)


def install(place):
    """Installs into a directory of the test's own. Returns that directory."""
    if not MESON:
        raise Skip('no meson command here')
    root = os.path.join(place.directory, 'root')
    done = subprocess.run([MESON, 'install', '--no-rebuild', '-C', BUILD, '--destdir', root],
                          capture_output=True, text=True, timeout=WAIT_S, check=False)
    check_equal(done.returncode, 0, 'exit status of meson install: ' + done.stdout + done.stderr)
    return root


def lcores(count):
    """--lcores for ids 0 to count - 1, dealt out over the CPUs that this process may use."""
    cpus = sorted(os.sched_getaffinity(0))[:2]
    return '--lcores=' + ','.join(f'{i}@{cpus[i % len(cpus)]}' for i in range(count))


def free_huge_mib():
    with open('/proc/meminfo', encoding='ascii') as meminfo:
        fields = dict(line.split(':') for line in meminfo)
    pages = int(fields.get('HugePages_Free', '0'))
    return pages * int(fields.get('Hugepagesize', '0 kB').split()[0]) // 1024


def is_safe(path):
    """Whether EAL takes a plugin from there: nobody else can write to it or to what is above."""
    while True:
        if os.stat(path).st_mode & stat.S_IWOTH:
            return False
        if path == '/':
            return True
        path = os.path.dirname(path)


def safe_parent():
    for parent in (os.path.realpath(BUILD), '/run', os.path.expanduser('~')):
        if os.path.isdir(parent) and os.access(parent, os.W_OK) and is_safe(parent):
            return parent
    raise Skip('EAL takes no plugin from a world-writable directory, and there is no other: '
               'build in your home directory')


def plugins_folder():
    """Where DPDK loads plugins from by itself."""
    libraries = subprocess.run(['pkg-config', '--variable=libdir', 'libdpdk'], text=True,
                               capture_output=True, check=True).stdout.strip()
    folders = glob.glob(f'{libraries}/dpdk/pmds-*')
    if os.geteuid() != 0 or len(folders) != 1:
        raise Skip('needs root, and one DPDK, to show it another folder of plugins')
    return folders[0]


def with_plugins_of(folder):
    """Returns the words before a program that is to find DPDK's plugins in another folder."""
    before = ['unshare', '-m', 'sh', '-c', f'mount --bind "{folder}" "{plugins_folder()}" && '
              'exec "$@"', 'sh']
    if subprocess.run([*before, 'true'], check=False, capture_output=True).returncode != 0:
        raise Skip('nothing can be mounted here')
    return before


class Program:
    """A running program, its commands and what it says."""

    def __init__(self, argv, log, env):
        self.name = os.path.basename(argv[0])
        self.log = log
        self.seen = 0
        with open(log, 'wb') as out:
            # Line by line: what is expected must not wait in a buffer for more.
            self.process = subprocess.Popen(['stdbuf', '-oL'] + argv, stdin=subprocess.PIPE,
                                            stdout=out, stderr=subprocess.STDOUT,
                                            env={**os.environ, **env})

    def output(self):
        with open(self.log, encoding='utf-8', errors='replace') as log:
            return log.read()

    def say(self, line):
        self.process.stdin.write(line.encode() + b'\n')
        self.process.stdin.flush()

    def expect(self, pattern, seconds=WAIT_S):
        """Waits for the pattern after what was expected before. Returns the match."""
        end = time.monotonic() + seconds
        while True:
            ended = self.process.poll() is not None
            output = self.output()
            match = re.compile(pattern, re.MULTILINE | re.DOTALL).search(output, self.seen)
            if match:
                self.seen = match.end()
                return match
            if ended or time.monotonic() > end:
                why = 'ended' if ended else f'was silent for {seconds} s'
                raise Failure(f'{self.name} {why}; expected "{pattern}", its last words:\n'
                              + output[self.seen:][-2000:])
            time.sleep(0.005)

    def ask(self, command, seconds=WAIT_S):
        """One command of pool_shell and its answer: the words after "ok"."""
        self.say(command)
        answer = self.expect(r'^(ok|error)\b([^\n]*)\n', seconds)
        check(answer.group(1) == 'ok', f'{self.name}, {command}: error{answer.group(2)}')
        words = answer.group(2).split()
        return int(words[0]) if words else None

    def refused(self, command):
        """The same for a command that must fail: what the answer says."""
        self.say(command)
        answer = self.expect(r'^(ok|error)\b([^\n]*)\n')
        check(answer.group(1) == 'error', f'{self.name}, {command}: went well, and must not')
        return answer.group(2).strip()

    def finish(self, seconds=WAIT_S):
        """Waits for the end. Returns the exit status."""
        try:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f'{self.name} did not end within {seconds} s; its last words:\n'
                          + self.output()[-2000:]) from None

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()


class Place:
    """A private directory and DPDK file prefix, and all that is started from there."""

    def __init__(self, cleanup):
        self.cleanup = cleanup
        self.directory = tempfile.mkdtemp(prefix='labyrinth-test-', dir=safe_parent())
        cleanup.callback(shutil.rmtree, self.directory)
        self.prefix = os.path.basename(self.directory)
        run = '/var/run' if os.geteuid() == 0 else os.environ.get('XDG_RUNTIME_DIR', '/tmp')
        self.runtime = os.path.join(run, 'dpdk', self.prefix)
        cleanup.callback(shutil.rmtree, self.runtime, ignore_errors=True)
        self.started = 0

    def plugin(self, path=PLUGIN):
        """The plugin where EAL takes it from."""
        if is_safe(os.path.realpath(path)):
            return path
        copy = os.path.join(self.directory, os.path.basename(path))
        if not os.path.exists(copy):  # a program may have it mapped already
            shutil.copy(path, copy)
        return copy

    def with_few_drivers(self):
        """Returns the words before a program whose table of mempool drivers is to have room for more: in
        some releases of DPDK, its own leave one slot."""
        folder = os.path.join(self.directory, 'few')
        if not os.path.isdir(folder):
            os.mkdir(folder)
            for name in FEW_PLUGINS:
                for path in glob.glob(f'{plugins_folder()}/librte_{name}.so*'):
                    shutil.copy(path, folder, follow_symlinks=False)
        return with_plugins_of(folder)

    def eal(self, *arguments, plugins=None):
        options = ['--no-pci', f'--file-prefix={self.prefix}']
        for plugin in plugins if plugins is not None else [self.plugin()]:
            options += ['-d', plugin]
        return options + list(arguments)

    @staticmethod
    def huge_pages(mib):
        """Options for memory of huge pages, none of which has a name in a file system."""
        if free_huge_mib() < mib:
            raise Skip(f'needs {mib} MiB of huge pages, {free_huge_mib()} free: '
                       f'hugeadm --pool-pages-min 2MB:+{mib // 2}')
        return ['--in-memory']

    @staticmethod
    def ordinary_memory(mib=512):
        return ['--no-huge', '-m', str(mib)]

    def shared_memory(self, mib=64):
        """Options for memory that a secondary process can map, on a hugetlbfs of the test's own."""
        if os.geteuid() != 0:
            raise Skip('needs a hugetlbfs of its own, which only root can mount')
        self.huge_pages(mib)
        mount = os.path.join(self.directory, 'huge')
        if not os.path.isdir(mount):
            os.mkdir(mount)
            done = subprocess.run(['mount', '-t', 'hugetlbfs', 'none', mount],
                                  capture_output=True, text=True, timeout=WAIT_S, check=False)
            if done.returncode != 0:
                raise Skip('cannot mount a hugetlbfs: ' + done.stderr.strip())
            self.cleanup.callback(subprocess.run, ['umount', mount], timeout=WAIT_S, check=True)
        return [f'--huge-dir={mount}', '-m', str(mib)]

    def start(self, *argv, env=None):
        self.started += 1
        log = os.path.join(self.directory, f'{self.started}.log')
        program = Program(list(argv), log, env or {})
        self.cleanup.callback(program.kill)
        return program

    def run(self, *argv, env=None, seconds=WAIT_S):
        """Runs a program to its end. Returns its exit status and what it said."""
        program = self.start(*argv, env=env)
        return program.finish(seconds), program.output()

    def telemetry(self, command):
        """Returns the answer of a running DPDK program of this place, parsed."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
            client.settimeout(WAIT_S)
            client.connect(os.path.join(self.runtime, 'dpdk_telemetry.v2'))
            limit = json.loads(client.recv(1024))['max_output_len']
            client.send(command.encode())
            return json.loads(client.recv(limit))[command.split(',')[0]]


def run_test(test):
    """Returns 'ok', 'skip' or 'FAIL', and why."""
    try:
        with contextlib.ExitStack() as cleanup:
            test(Place(cleanup))
        return 'ok', ''
    except Skip as skip:
        if 'dpdk' in os.environ.get('LABYRINTH_REQUIRE', '') and not isinstance(skip, Lacking):
            return 'FAIL', f'must not be skipped (LABYRINTH_REQUIRE): {skip}'
        return 'skip', str(skip)
    except Failure as failure:
        return 'FAIL', str(failure)
    except Exception:  # pylint: disable=broad-except
        return 'FAIL', traceback.format_exc()


def main(*tests):
    """Runs the tests, and leaves with meson's exit status for all of them."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('stopped'))  # so that cleanups run
    results = []
    for test in tests:
        begin = time.monotonic()
        result, why = run_test(test)
        results.append((result, why))
        if result == 'skip':  # as cmocka says it
            print(f'{why}\n[  SKIPPED ] {test.__name__}', flush=True)
            continue
        print(f'{result:4} {test.__name__} ({time.monotonic() - begin:.1f} s)'
              + (f': {why}' if why else ''), flush=True)
    if any(result == 'FAIL' for result, _ in results):
        sys.exit(1)
    if all(result == 'skip' for result, _ in results):
        print(results[0][1])
        sys.exit(SKIPPED)
