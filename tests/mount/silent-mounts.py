#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A FUSE file system whose server was stopped: what does it cost a report?

Nothing, where it is mounted on no path that a verdict needs; on such a path those
verdicts alone. Everything happens in a name space of mounts of its own, which goes
with this process. Without root, or /dev/fuse, there is nothing to test.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

INSIDE = "PF_INSIDE_NAME_SPACE"
DEADLINE_S = 10  # the longest one of a probe
PATIENCE_S = 60  # for what is to happen at once

CTL = os.open(os.environ["PF_CTL"], os.O_RDONLY) if INSIDE in os.environ else -1
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def is_mounted(place):
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    return any(line.split()[4] == place and " - fuse" in line for line in lines)


def state_of(process):
    return pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def wait_for(condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.01)


class Mount:
    """The file system, mounted at a place; nothing of it outlives the block."""

    def __init__(self, place):
        self.place = place
        self.server = None

    def __enter__(self):
        self.server = subprocess.Popen([os.environ["PF_SILENT_FS"], self.place], cwd="/",
                                       stdout=subprocess.DEVNULL)
        wait_for(lambda: is_mounted(self.place) or self.server.poll() is not None)
        assert self.server.poll() is None, "the FUSE server ended"
        return self

    def stop(self):
        self.server.send_signal(signal.SIGSTOP)
        wait_for(lambda: state_of(self.server) == "T")

    def __exit__(self, *_):
        self.server.send_signal(signal.SIGCONT)
        self.server.kill()
        self.server.wait()
        subprocess.run(["umount", "-l", self.place], check=False, stderr=subprocess.DEVNULL)


def check():
    """Verdicts by check, all summaries, and how long it took. The program may lie below
    what is mounted: hence by a descriptor. A search for leaks would wait for the thread
    that waits for the server."""
    start = time.monotonic()
    options = os.environ.get("ASAN_OPTIONS", "")
    done = subprocess.run([f"/proc/self/fd/{CTL}", "check", "--root=/", "--format=json"], cwd="/",
                          stdout=subprocess.PIPE, timeout=PATIENCE_S, check=False,
                          pass_fds=[CTL],
                          env={**os.environ, "ASAN_OPTIONS": f"{options}:detect_leaks=0"})
    report = json.loads(done.stdout)
    return ({item["check"]: item["verdict"] for item in report["checks"]},
            {item["check"]: item["summary"] for item in report["checks"]},
            time.monotonic() - start)


def changes_when_stopped(place):
    """What other verdict each check has, once the server is stopped; and the time."""
    with Mount(place) as mount:
        before, _, _ = check()
        mount.stop()
        after, summaries, seconds = check()
    assert before.keys() == after.keys(), "checks are missing"
    return {name: f"{verdict}: {summaries[name]}" for name, verdict in after.items()
            if verdict != before[name]}, seconds


@test
def on_no_path_of_a_verdict_it_changes_nothing():
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        changes, _ = changes_when_stopped(place)
    assert not changes, changes


def assert_costs_those_alone(changes, seconds, place):
    """Only what says itself that it needed the place, and nothing is left hanging."""
    for name, text in changes.items():
        assert text.startswith("unknown: ") and place in text, f"{name}: {text}"
    assert seconds < DEADLINE_S, seconds


@test
def on_tmp_it_costs_what_looks_there():
    changes, seconds = changes_when_stopped("/tmp")
    assert changes, "nothing needs /tmp"
    assert_costs_those_alone(changes, seconds, "/tmp")


@test
def on_the_efi_partition_it_costs_what_looks_there():
    subprocess.run(["mount", "-t", "tmpfs", "none", "/boot"], check=True)
    os.mkdir("/boot/efi")
    try:
        changes, seconds = changes_when_stopped("/boot/efi")
    finally:
        subprocess.run(["umount", "-l", "/boot"], check=True)
    assert_costs_those_alone(changes, seconds, "/boot/efi")


def run_tests():
    failed = 0
    print(f"1..{len(TESTS)}", flush=True)
    for number, function in enumerate(TESTS, 1):
        try:
            function()
            print(f"ok {number} - {function.__name__}", flush=True)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {function.__name__}\n# {error!r}", flush=True)
    return 1 if failed else 0


def main():
    if os.environ.get(INSIDE):
        return run_tests()
    command = ["unshare", "--mount", "--propagation", "private"]
    if os.geteuid() != 0 or not os.access("/dev/fuse", os.R_OK | os.W_OK):
        print("1..0 # SKIP needs root and /dev/fuse")
        return 0
    if not shutil.which("unshare") or subprocess.run(
            command + ["mount", "-t", "tmpfs", "none", "/mnt"], stderr=subprocess.DEVNULL,
            check=False).returncode != 0:
        print("1..0 # SKIP may not mount anything, not even in a name space of its own")
        return 0
    os.environ[INSIDE] = "1"
    os.execvp(command[0], command + [sys.executable, os.path.abspath(__file__)])


if __name__ == "__main__":
    sys.exit(main())
