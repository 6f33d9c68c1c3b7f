#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The service is told nothing and asked nothing: does it notice every edit?

A machine below a directory is edited at random. After each edit a report is made of it
anew, by a program that knows nothing of the last one. What the service has pushed to who
listens must come to the same, within the time that is allowed. Prints how many edits there
were, how many changed what is reported, how many of those were missed, and the time from
the end of an edit until the last word about it had arrived.

The seed is fixed, but for PF_SEED. As many edits as there is time for, PF_EDITS, or with
PF_FULL 100,000.
"""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

from edits import Machine
from listener import Listener, essences

DAEMON, ANEW = os.environ["PF_DAEMON"], os.environ["PF_REPORT_ANEW"]
EDITS = int(os.environ.get("PF_EDITS", 100_000 if os.environ.get("PF_FULL") else 0))
AT_LEAST, SECONDS = 40, 6  # where no number was asked for
SEED = int(os.environ.get("PF_SEED", 7))
PATIENCE = 20  # seconds until an edit counts as missed
LATE = 0.5


class Anew:
    def __init__(self, root):
        self.process = subprocess.Popen([ANEW, str(root)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def report(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return essences(json.loads(self.process.stdout.readline()))

    def close(self):
        self.process.stdin.close()
        return self.process.wait(60)


class Tally:
    def __init__(self):
        self.n_edits = self.n_changes = self.n_missed = 0
        self.seconds = []
        self.kinds = {}

    def at(self, part):
        ordered = sorted(self.seconds) or [0]
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000

    def tell(self):
        n_late = sum(second > LATE for second in self.seconds)
        print(f"# {self.n_edits} edits, {self.n_changes} changed the report, "
              f"{self.n_missed} missed", flush=True)
        print(f"# until told: p50 {self.at(0.5):.0f} ms, p99 {self.at(0.99):.0f} ms, "
              f"max {self.at(1):.0f} ms; {n_late} later than {LATE * 1000:.0f} ms", flush=True)


def one(machine, anew, listener, tally):
    kind = machine.edit()
    end = time.monotonic()
    tally.n_edits += 1
    tally.kinds[kind] = tally.kinds.get(kind, 0) + 1
    state = anew.report()
    listener.take(0)
    if state == listener.state:
        return
    tally.n_changes += 1
    if listener.wait_for(state, PATIENCE):
        tally.seconds.append(time.monotonic() - end)
        return
    tally.n_missed += 1
    print(f"# missed: edit {tally.n_edits}, {kind}", flush=True)
    for check in sorted(state):
        if state[check] != listener.state.get(check):
            print(f"#   is    {state[check]}\n#   told  {listener.state.get(check)}")
    listener.state = dict(state)  # the next is judged by itself


def edit_and_compare(directory, with_mounts):
    machine = Machine(directory, random.Random(SEED), with_mounts)
    log = open(pathlib.Path(directory) / "log", "w", encoding="utf-8")
    path = pathlib.Path(directory) / "socket"
    service = subprocess.Popen([DAEMON, f"--socket={path}", f"--root={machine.root}"], stderr=log)
    anew, tally = Anew(machine.root), Tally()
    try:
        listener = Listener(path)
        if not listener.wait_for(anew.report(), 60):
            raise RuntimeError("the first report is another one")
        end = time.monotonic() + SECONDS
        while tally.n_edits < (EDITS or AT_LEAST) or not EDITS and time.monotonic() < end:
            one(machine, anew, listener, tally)
            if tally.n_edits % 5000 == 0:
                tally.tell()
    finally:
        if anew.close() != 0:
            tally.n_missed += 1
        service.terminate()
        status = service.wait(60)
        machine.close()
        log.close()
    tally.tell()
    print("# " + ", ".join(f"{kind} {n}" for kind, n in sorted(tally.kinds.items())))
    return tally, status


def in_a_mount_namespace():
    """Starts itself anew in one. Returns whether it is in one by now."""
    if os.environ.get("PF_MAY_MOUNT"):
        return os.environ["PF_MAY_MOUNT"] == "yes"
    how = ["unshare", "--mount", "--propagation=private"]
    how += [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    may = shutil.which("unshare") and subprocess.run(
        how + ["true"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    os.environ["PF_MAY_MOUNT"] = "yes" if may else "no"
    sys.stdout.flush()
    if may:
        os.execvp(how[0], how + [sys.executable, *sys.argv])
    return False


def main():
    with_mounts = in_a_mount_namespace()
    directory = tempfile.mkdtemp(prefix="pf-edits-")
    print("1..3", flush=True)
    try:
        tally, status = edit_and_compare(directory, with_mounts)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    # Of those that changed nothing nothing can be missed.
    enough = tally.n_changes >= tally.n_edits // 12
    results = [(tally.n_missed == 0, "no edit is missed"), (enough, "edits change the report"),
               (status == 0, "the service ends in order")]
    for number, (good, title) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {title}")
    return 0 if all(good for good, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
