#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills the engine of remedies at every system call; prints TAP.

What is killed is tests/crash/apply.c, by tests/crash/crash-run.c: while it applies a plan of
four files and a reload, undoes one, ends a lease, and while it recovers from any of these. Each
time a fresh process recovers, and then every file has to be the old one or the new one, all of
them alike, with nothing left over.

Without PF_FULL=1 points after calls that change nothing are left out, and those of the recovery
are spread.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

RUN = os.environ["PF_CRASH_RUN"]
APPLY = os.environ["PF_CRASH_APPLY"]
FULL = bool(os.environ.get("PF_FULL"))


def make_top():
    """A new directory in memory where there is one: a kill needs no disk."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return tempfile.TemporaryDirectory(prefix="pf-crash-", dir=memory)


def words(*command):
    return " ".join(shlex.quote(str(word)) for word in command)


class Machine:
    """A directory that is made anew for each point."""

    def __init__(self, top):
        self.path = pathlib.Path(top) / "machine"
        subprocess.run([APPLY, "reference", self.path], check=True)

    def command(self, what):
        return words(APPLY, what, self.path)

    def prepare(self, *steps):
        return " && ".join([self.command("make"), *steps])

    def crash(self, what, points, *steps):
        """Kills @what at @points of a machine made with @steps; returns output and success."""
        done = subprocess.run(
            [RUN, f"--points={points}", "--prepare=" + self.prepare(*steps),
             "--check=" + self.command("check"), "--", APPLY, what, self.path],
            capture_output=True, text=True, check=False)
        return done.stdout + done.stderr, done.returncode == 0

    def kill_at(self, what, point):
        """A step that kills @what at a point of those that change something; or lets it end."""
        return words(RUN, "--changes", f"--kill-at={point}", "--", APPLY, what,
                     self.path) + " || [ $? = 3 ]"


# What is killed, and what was done to the machine before.
KILLED = {
    "apply": [],
    "lease": [],
    "undo": ["apply"],
    "end": ["lease"],
}


def tried(output):
    found = re.search(r"# (\d+) of \d+ kill points tried, (\d+) bad", output)
    return int(found[1]) if found else 0


class Report:
    def __init__(self):
        self.number = 0
        self.good = True

    def point(self, good, title, output):
        self.number += 1
        self.good = self.good and good
        print(f"{'ok' if good else 'not ok'} {self.number} - {title}")
        if not good:
            for line in output.splitlines():
                print(f"# {line}")
        sys.stdout.flush()


def crash_once(machine, report):
    """Returns how many points each has that change something."""
    counts = {}
    for what, before in KILLED.items():
        steps = [machine.command(step) for step in before]
        output, good = machine.crash(what, "changes", *steps)
        counts[what] = tried(output) - 1  # the last one is not killed
        if FULL and good:
            output, good = machine.crash(what, "all", *steps)
        report.point(good and counts[what] > 30, f"{what}: {tried(output)} kill points", output)
    return counts


def crash_twice(machine, report, counts):
    """Kills the recovery, too."""
    for what, before in KILLED.items():
        steps = [machine.command(step) for step in before]
        step = 1 if FULL else max(1, counts[what] // 4)
        total, bad = 0, ""
        for point in range(1, counts[what] + 1, step):
            output, good = machine.crash("open", "changes" if FULL else 6, *steps,
                                         machine.kill_at(what, point))
            total += tried(output)
            if not good or tried(output) == 0:
                bad += f"{what} killed at {point}, then:\n{output}"
        report.point(not bad, f"recovery of {what}: {total} kill points", bad)


def main():
    report = Report()
    print(f"1..{2 * len(KILLED)}")
    with make_top() as top:
        machine = Machine(top)
        crash_twice(machine, report, crash_once(machine, report))
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
