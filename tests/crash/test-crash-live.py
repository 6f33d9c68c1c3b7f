#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills the remedies that change more than files; prints TAP.

A unit that is enabled and started, a file system that is mounted, an initramfs that a tool of the
machine builds, a lease that sshd -t looks at and a server hears of: preflight-remedyd does that on
machines that run (crash_live.py), is killed at a system call, and started again. Then what is
enabled, active and mounted, and every file, is as it was before or as it is after a change that
nobody interrupted; and nothing is left over, also of what was built. Of boot.drivers the calls of
the tool are points as well; once everything is killed, once the service alone while it works.

PF_FULL=1 tries every point, as test-crash-remedies.py does; otherwise a sample.
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import types

sys.dont_write_bytecode = True
TREE = pathlib.Path(os.environ["PF_SOURCE_ROOT"])
sys.path[:0] = [str(TREE / "tests/wire"), str(TREE / "tests/differential")]
from crash_live import RUNNING, Box, LiveWork, boxed  # noqa: E402
from crash_parts import Bad, Trace  # noqa: E402
from crash_try import Bench, Report, n_workers, try_kills  # noqa: E402

FULL = bool(os.environ.get("PF_FULL"))
PROGRAMS = ("unshare", "dbus-daemon", "ip", "cpio", "chroot")


# --- in a box ---

def parts_of(only, top):
    """All; or those of some machines: "ssh.server"; or some: "ssh.server: undo"."""
    box = Box(top)
    machines = [one for one in RUNNING
                if not only or one.name in [name.partition(":")[0] for name in only]]
    parts = [part for machine in machines for part in LiveWork(machine, top, box).parts()]
    return [part for part in parts
            if not only or {part.work.name, f"{part.work.name}: {part.name}"} & set(only)]


def work(top, only):
    """Does what it is told on standard input, one line each."""
    top = pathlib.Path(top)
    parts = parts_of(only, top)
    print(json.dumps([[part.work.name, part.name] for part in parts]), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        part = parts[job["part"]]
        try:
            answer = getattr(part, job["what"])(top / "copy", *job["arguments"], begin=None)
        except Bad as bad:
            answer = {"bad": str(bad)}
        print(json.dumps(answer), flush=True)


# --- outside ---

class Worker:
    def __init__(self, top, only):
        top.mkdir()
        self.process = subprocess.Popen(
            boxed([sys.executable, __file__, "--worker", str(top), *only]), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.parts = json.loads(self.process.stdout.readline())

    def ask(self, part, what, *arguments):
        self.process.stdin.write(json.dumps({"part": part, "what": what,
                                             "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if isinstance(answer, dict):
            raise Bad(answer["bad"])
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class RemotePart:
    """A part of each worker, as a Part is called."""

    def __init__(self, number, work_name, name):
        self.number, self.name = number, name
        self.work = types.SimpleNamespace(name=work_name)

    def count(self, worker, *options, begin=None):
        return Trace(*worker.ask(self.number, "count", *options))

    def kill(self, worker, point, *options, begin=None):
        return tuple(worker.ask(self.number, "kill", point, *options))


def try_all(top, only):
    report, begun = Report(), time.monotonic()
    n = n_workers() if FULL else 1
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        workers = list(pool.map(lambda i: Worker(top / f"worker-{i}", only), range(n)))
        bench = Bench(pool, workers.__getitem__)
        for number, (work_name, name) in enumerate(workers[0].parts):
            try_kills(RemotePart(number, work_name, name), bench, report, FULL)
        for worker in workers:
            worker.close()
    print(f"1..{report.number}")
    print(f"# {bench.totals['points']} points, {bench.totals['folded']} folded, "
          f"{bench.totals['kills']} kills tried in {time.monotonic() - begun:.0f} s")
    return report.good


def why_not():
    """Why there can be no box here; None: there can."""
    if os.geteuid() != 0:
        return "needs root"
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        return f"{', '.join(missing)}: not installed"
    if subprocess.run(boxed(["true"]), check=False, capture_output=True).returncode:
        return "no namespaces can be made here"
    return None


def main():
    if sys.argv[1:2] == ["--worker"]:
        work(sys.argv[2], sys.argv[3:])
        return 0
    reason = why_not()
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="pf-crash-", dir=memory) as name:
        pathlib.Path(name).chmod(0o755)
        return 0 if try_all(pathlib.Path(name), sys.argv[1:]) else 1


if __name__ == "__main__":
    sys.exit(main())
