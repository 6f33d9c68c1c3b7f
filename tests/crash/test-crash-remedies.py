#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills every real remedy at its system calls, and fails the calls that write; prints TAP.

`preflightctl fix --root`, `preflightctl undo --root` and preflight-remedyd run on copies of
fixtures under crash-run, which sends SIGKILL at one system call, before or after it is done, or
lets it fail. Then another process recovers: history, a second fix or undo, or the service. After
that each file is what it was before or what it is after a change that nobody interrupted, in
contents, mode, owner, ACL and attributes, links and names of a file; all of them old or all of
them new; what history says is true; nothing is left over; and sshd -t and grub-script-check take
what they took before.

PF_FULL=1 tries every point, from the first call of the program to its last. Points are folded
where they leave the same: between two calls that may change something (calls.h), in a run that
stops at every call and in which no two of these were done at the same time. Each of these calls
is killed at its entry and at its exit; of the points that were folded some are tried, too, all
the same. Otherwise a sample, which is the same in every run, is tried of the entries since the
directory of the transaction was made, or the lock taken, and of faults.
"""

import collections
import concurrent.futures
import errno
import os
import pathlib
import platform
import re
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True
TREE = pathlib.Path(os.environ["PF_SOURCE_ROOT"])
sys.path[:0] = [str(TREE / "tests/wire"), str(TREE / "tests/differential")]
from crash_machines import (LEASED, MACHINES, SETTINGS, copy, describe, difference,  # noqa: E402
                            lay, picture)
from crash_parts import (BEGIN, CTL, JUDGES, LOCK, Bad, Part, Service, by_history,  # noqa: E402
                         change, history, run_program, undo)
from crash_try import Bench, Report, chosen, n_workers, try_kills  # noqa: E402
from sshd_oracle import mount, private_namespace  # noqa: E402

REMEDYD = os.environ["PF_REMEDYD"]
FULL = bool(os.environ.get("PF_FULL"))
WHO = ("--account=root", "--source=192.0.2.7")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT)


class Work:
    """A machine, before and after its fix."""

    lease = None

    def __init__(self, machine, top, options=()):
        self.machine, self.name = machine, machine.name
        self.top = top / re.sub(r"\W+", "-", machine.name)
        self.top.mkdir()
        self.checks = machine.checks or (machine.name,)
        self.options = options
        self.before, self.after = self.top / "before", self.top / "after"
        self.before.mkdir()
        lay(machine, self.before)
        copy(self.before, self.after)
        self.id = self.fix_it()

    def fix_argv(self, root):
        return [CTL, "fix", f"--root={root}", *self.checks, "--consent", "--yes", *WHO,
                *self.options]

    def fix_it(self):
        done = run_program(self.fix_argv(self.after))
        told = history(self.after)
        changed = difference(picture(self.after, True), picture(self.before, True))
        wanted = {self.machine.link} if self.machine.link else set(self.machine.edited)
        if len(told) != 1 or told[0]["state"] != "applied" or not wanted <= set(changed):
            raise RuntimeError(f"{self.name}: {changed}, {told}: {done.stdout}{done.stderr}")
        self.check_kept()
        return told[0]["id"]

    def check_kept(self):
        """An edited file has what it had but for its bytes."""
        for name in filter(lambda name: (self.before / name).exists(), self.machine.edited):
            old, new = ([*describe((root / name).resolve(), {}, False)[:5],
                         describe(root / name, {}, False)[0]] for root in (self.before, self.after))
            if old != new:
                raise RuntimeError(f"{self.name}: {name} had {old}, and has {new}")

    def parts(self):
        old, new = picture(self.before, True), picture(self.after, False)
        applied, back = picture(self.after, True), old
        yield Part(self, "fix", self.before, old, new, self.fix_argv, by_history, BEGIN)
        yield Part(self, "undo", self.after, applied, back,
                   lambda root: [CTL, "undo", f"--root={root}", self.id], by_history, LOCK,
                   takes_back=True)
        if FULL or self.lease:
            yield Service(self, "fix by preflight-remedyd", self.before, old, new,
                          change(self.checks, self.lease), begin=BEGIN)
            yield Service(self, "undo by preflight-remedyd", self.after, applied, back,
                          undo(self.id), begin=LOCK, takes_back=True)


class LeaseWork(Work):
    """A lease in an image: given, and ended by what ends it at boot, or by undo."""

    lease = {"account": "root", "source": "192.0.2.7", "durationUSec": 1800000000}

    def __init__(self, top):
        super().__init__(LEASED, top, ("--lease=30min",))

    def parts(self):
        yield from super().parts()
        yield Part(self, "preflight-remedyd --at-boot", self.after,
                   picture(self.after, True), picture(self.before, True),
                   lambda root: [REMEDYD, f"--root={root}", "--at-boot"], self.by_boot, LOCK,
                   takes_back=True)

    @staticmethod
    def by_boot(root, point):
        """What is left is ended at the next boot; half of the points are only looked at."""
        if point % 2 == 0:
            done = run_program([REMEDYD, f"--root={root}", "--at-boot"])
            if done.returncode or (root / LEASED.edited[0]).exists():
                raise Bad(f"still open after a boot: {done.stderr}")
        return history(root)


# --- faults ---

def try_faults(part, bench, report):
    n = bench.one(lambda root: part.count_faults(root)).points
    if n < 10:
        report.point(f"{part.work.name}: {part.name}: faults", [f"only {n} calls that write"])
    points = range(1, n + 1) if FULL else chosen(part, n)
    results = bench.all([lambda root, point=point, error=error: part.fail(root, point, error)
                         for point in points
                         for error in (ERRORS if FULL else [ERRORS[point % 4]])])
    borne = collections.Counter(call for _, call, is_borne in results if is_borne)
    report.point(f"{part.work.name}: {part.name}: {len(results)} faults of {n} calls, "
                 f"{sum(borne.values())} borne", [wrong for wrong, _, _ in results if wrong])
    if borne:
        print(f"# borne: {dict(borne)}")
    bench.totals["faults"] += len(results)


FAULTY = ("ssh.password-authentication", "boot.root-identity of all")


def give_time(top):
    """preflightctl has its settings from the machine it runs on: for us alone, other ones."""
    for name, text in SETTINGS.items():
        (top / name).parent.mkdir(parents=True)
        (top / name).write_text(text)
    private_namespace()
    mount("overlay", "/etc", "overlay", 1, f"lowerdir={top}/etc:/etc")


def chosen_machines(only):
    """All; or those that are named: "lease", or of which a part is: "lease: undo"."""
    names = [machine.name for machine in (*MACHINES, LEASED)]
    return [name for name in names if not only or name in [one.partition(":")[0] for one in only]]


def main():
    report, only, begun = Report(), sys.argv[1:], time.monotonic()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root")
        return 0
    with tempfile.TemporaryDirectory(prefix="pf-crash-", dir=memory) as name, \
            concurrent.futures.ThreadPoolExecutor(n_workers()) as pool:
        top = pathlib.Path(name)
        top.chmod(0o755)
        if FULL:
            give_time(top)
        bench = Bench(pool, lambda number: top / f"copy-{number}")
        machines = chosen_machines(only)
        works = [lambda machine=machine: Work(machine, top) for machine in MACHINES
                 if machine.name in machines]
        works += [lambda: LeaseWork(top)] if LEASED.name in machines else []
        for make in works:
            work = make()
            for part in work.parts():
                if only and not {work.name, f"{work.name}: {part.name}"} & set(only):
                    continue
                try_kills(part, bench, report, FULL)
                if work.name in FAULTY and platform.machine() == "x86_64" and \
                        not isinstance(part, Service):
                    try_faults(part, bench, report)
            shutil.rmtree(work.top)
    print(f"1..{report.number}")
    totals = bench.totals
    print(f"# {totals['points']} points, {totals['folded']} folded, {totals['kills']} kills and "
          f"{totals['faults']} faults tried in {time.monotonic() - begun:.0f} s; "
          f"accepted: {dict(JUDGES.accepted)}")
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
