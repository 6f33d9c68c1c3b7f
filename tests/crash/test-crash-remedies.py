#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills every real remedy at its system calls, and fails the calls that write; prints TAP.

`preflightctl fix --root`, `preflightctl undo --root` and preflight-remedyd run on copies of
fixtures under crash-run, which sends SIGKILL at one system call, before or after it is done, or
lets it fail. Then another process recovers: history, a second fix or undo, or the service. After
that each file is what it was before or what it is after a change that nobody interrupted, in
contents, mode, owner, ACL and attributes, links and names of a file; all of them old or all of
them new; what history says is true; and nothing is left over.

Until its plan is made `fix` writes nothing but the empty directory of the transactions. Counting
begins with the directory of the transaction itself, of what takes back with the lock; the calls
before, which write nothing, are tried by a sample.

PF_FULL=1 tries every point; in a build with sanitizers (PF_EVERY is not 1) the entries of all
calls that may change something, between which nothing is left out (crash-run.c). Otherwise a
sample of these is tried, which is the same in every run, and of faults.
"""

import collections
import concurrent.futures
import errno
import json
import os
import pathlib
import platform
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
TREE = pathlib.Path(os.environ["PF_SOURCE_ROOT"])
sys.path.insert(0, str(TREE / "tests/wire"))
from crash_machines import (LEASED, MACHINES, copy, describe, difference,  # noqa: E402
                            lay, picture)
from varlink import Client, Closed  # noqa: E402

RUN = os.environ["PF_CRASH_RUN"]
CTL = os.environ["PF_CTL"]
REMEDYD = os.environ["PF_REMEDYD"]
REMEDYD_FAKE = os.environ["PF_REMEDYD_FAKE"]
FULL = bool(os.environ.get("PF_FULL"))
POINTS = [] if FULL and os.environ.get("PF_EVERY", "1") == "1" else ["--changes"]
TRANSACTIONS = "var/lib/preflightd/transactions"
BEGIN = "[0-9]*T[0-9]*Z-*"  # the directory of a transaction
LOCK = "flock"  # of the transactions, which is taken where there are some already
NEVER = 1 << 30
WHO = ("--account=root", "--source=192.0.2.7")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT)
SECONDS = 120
SAMPLE = 2  # points of a part, in a run that is not full

# Leaks are not looked for in what is traced: the sanitizer would trace it itself.
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


class Bad(Exception):
    """What is not as it has to be."""


# --- programs ---

def ctl(root, *arguments):
    done = subprocess.run([CTL, *arguments, f"--root={root}"], env=ENVIRONMENT, timeout=SECONDS,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode not in range(5) or "Sanitizer" in done.stderr:
        raise Bad(f"preflightctl {arguments[0]} ended with {done.returncode}: {done.stderr[-800:]}")
    return done


def history(root):
    done = ctl(root, "history", "--format=json")
    if done.returncode != 0:
        raise Bad(f"history: {done.stderr}")
    return json.loads(done.stdout)["transactions"]


def check_journal(root, transactions):
    """Of what is kept nothing is left over, and nothing is missing."""
    wanted = {one["id"] for one in transactions} | {".lock"}
    here = root / TRANSACTIONS
    found = {path.name for path in here.iterdir()} if here.exists() else {".lock"}
    if found - {".lock"} != wanted - {".lock"}:
        raise Bad(f"{TRANSACTIONS} holds {sorted(found)}, and history tells {sorted(wanted)}")
    for path in here.rglob("*"):
        if not re.fullmatch(r"manifest\.json|(before|after)-\d{4}", path.name) and \
                path.parent != here:
            raise Bad(f"left over: {path.relative_to(root)}")


class Part:
    """One thing that is killed, on one machine: its points, and what may be there afterwards."""

    def __init__(self, work, name, source, old, new, argv, recover, begin=None):
        self.work, self.name, self.source, self.old, self.new = work, name, source, old, new
        self.argv, self.begin = argv, begin
        self.recover = recover  # what goes on after a kill; returns what history says then

    def trace(self, root, *options, begin=NEVER):
        """Runs it under crash-run; (what it ended with, points, where, output)."""
        where = pathlib.Path(f"{root}.where")
        where.unlink(missing_ok=True)
        begin = self.begin if begin is NEVER else begin
        if begin:
            options = (*options, f"--from={begin}")
        done = subprocess.run([RUN, *options, "--", *self.argv(root)], timeout=SECONDS,
                              env={**ENVIRONMENT, "PF_CRASH_WHERE": str(where)},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", check=False)
        if done.returncode == 2 and "crash-run:" in done.stderr or not where.exists():
            raise RuntimeError(done.stderr)
        points, _, place = where.read_text().partition(" ")
        return done.returncode, int(points), place.strip(), done.stdout + done.stderr

    def count(self, root, *options):
        copy(self.source, root)
        _, points, _, _ = self.trace(root, f"--kill-at={NEVER}", *options)
        self.check(root, history(root), only_new=True)
        if points < 10:
            raise Bad(f"only {points} points: where did it begin?")
        return points

    def left(self, root):
        """What is not new. Only a file that is put back has a time that is known before."""
        return difference(picture(root, self.takes_back), self.new)

    def is_new(self, root):
        return not self.left(root)

    def check(self, root, transactions, only_new=False):
        """Old or new, and what history says."""
        check_journal(root, transactions)
        now, is_new = picture(root, True), self.is_new(root)
        if not is_new and (only_new or now != self.old):
            raise Bad(f"{'not' if only_new else 'neither old nor'} new: old but for "
                      f"{difference(now, self.old)}, new but for {self.left(root)}")
        self.check_history(transactions, is_new)
        return is_new

    def check_history(self, transactions, is_new):
        """In place is what is applied."""
        states = [one["state"] for one in transactions]
        in_place = bool(states) and states[-1] == "applied"
        if in_place != (is_new != self.takes_back) or \
                set(states) - {"applied", "undone", "rolledback"}:
            raise Bad(f"{'new' if is_new else 'old'} files, and history says {states}")

    takes_back = False
    may_repeat = True

    def kill(self, root, point, *options, **how):
        """One point: None, or what is wrong."""
        copy(self.source, root)
        try:
            _, _, place, _ = self.trace(root, f"--kill-at={point}", *options, **how)
            is_new = self.check(root, self.recover(root, point))
            # Now and then it is tried again, which has to come to the end.
            if self.may_repeat and point % 16 == 0 and not is_new:
                self.again(root)
            return None
        except (Bad, subprocess.TimeoutExpired) as error:
            return f"{self.work.name}: {self.name}: point {point} ({place}): {error}"

    def again(self, root):
        done = subprocess.run(self.argv(root), env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SECONDS, check=False)
        if not self.is_new(root):
            raise Bad(f"a second time {self.left(root)} are not new: {done.stdout}{done.stderr}")

    def fail(self, root, point, error):
        """One call that fails: (what is wrong or None, which call it was, did it not matter?).

        A change is taken back at once; what is left of an undo, by the next opening.
        """
        copy(self.source, root)
        status, _, place, output = self.trace(root, f"--fail-at={point}", f"--error={error}")
        call = f"{place} with {errno.errorcode[error]}"
        try:
            if "Sanitizer" in output or status not in range(5):
                raise Bad(f"ended with {status}: {output[-800:]}")
            left = difference(picture(root, True), self.old)
            if left and not self.takes_back and not self.is_new(root):
                raise Bad(f"before recovery neither old nor new: {left}")
            is_new = self.check(root, history(root))
            if status == 0 and not is_new:
                raise Bad("not done, and success is told")
            if status != 0 and os.strerror(error) not in output:
                raise Bad(f"ended with {status}, and the reason is not told: {output[-800:]}")
        except Bad as bad:
            return f"{self.work.name}: {self.name}: fault {point}, call {call}: {bad}", call, False
        return None, call, status == 0


class TakenBack(Part):
    takes_back = True


def by_history(root, _):
    return history(root)


class Work:
    """A machine, before and after its fix."""

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
        self.validate()

    def fix_argv(self, root):
        return [CTL, "fix", f"--root={root}", *self.checks, "--consent", "--yes", *WHO,
                *self.options]

    def fix_it(self):
        done = subprocess.run(self.fix_argv(self.after), env=ENVIRONMENT, timeout=SECONDS,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
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

    def validate(self):
        """The owners' tools take the new files, where they took the old."""
        for judge in (accepts_sshd, accepts_grub):
            if judge(self.before) is True and judge(self.after) is False:
                raise RuntimeError(f"{self.name}: {judge.__name__}: the new files are refused")

    def parts(self):
        old, new = picture(self.before, True), picture(self.after, False)
        yield Part(self, "fix", self.before, old, new, self.fix_argv, by_history, BEGIN)
        yield TakenBack(self, "undo", self.after, picture(self.after, True),
                        picture(self.before, True),
                        lambda root: [CTL, "undo", f"--root={root}", self.id], by_history, LOCK)


def accepts_sshd(root):
    """What sshd -t says of its configuration; None: it cannot be asked."""
    if not (root / "etc/ssh/sshd_config").exists() or os.geteuid() != 0 or \
            not shutil.which("sshd") or not shutil.which("unshare"):
        return None
    script = 'mount --bind "$1/etc/ssh" /etc/ssh && mount -t tmpfs none /run && ' \
             'mkdir /run/sshd && ssh-keygen -q -t ed25519 -N "" -f /run/key && ' \
             '"$2" -t -f /etc/ssh/sshd_config -o HostKey=/run/key'
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", root,
                           shutil.which("sshd")], capture_output=True, check=False)
    return done.returncode == 0


def accepts_grub(root):
    if not shutil.which("grub-script-check"):
        return None
    files = [*root.glob("boot/grub*/grub.cfg"), *root.glob("boot/efi/EFI/*/grub.cfg")]
    return all(subprocess.run(["grub-script-check", path], capture_output=True,
                              check=False).returncode == 0 for path in files)


class LeaseWork(Work):
    """A lease in an image: given, and ended by what ends it at boot, or by undo."""

    def __init__(self, top):
        super().__init__(LEASED, top, ("--lease=30min",))

    def parts(self):
        yield from super().parts()
        yield TakenBack(self, "preflight-remedyd --at-boot", self.after,
                        picture(self.after, True), picture(self.before, True),
                        lambda root: [REMEDYD, f"--root={root}", "--at-boot"], self.by_boot, LOCK)

    @staticmethod
    def by_boot(root, point):
        """What is left is ended at the next boot; half of the points are only looked at."""
        if point % 2 == 0:
            done = subprocess.run([REMEDYD, f"--root={root}", "--at-boot"], env=ENVIRONMENT,
                                  capture_output=True, text=True, timeout=SECONDS, check=False)
            if done.returncode or (root / LEASED.edited[0]).exists():
                raise Bad(f"still open after a boot: {done.stderr}")
        return history(root)


# --- the service ---

class Service(Part):
    """preflight-remedyd, killed while it applies a lease that somebody asked for."""

    may_repeat = False

    def __init__(self, work, name, source, old, new, call):
        super().__init__(work, name, source, old, new, self.serve, self.by_service, BEGIN)
        self.call = call

    @staticmethod
    def serve(root):
        return [REMEDYD_FAKE, f"--root={root}", f"--socket={root}.socket", "--lease-minimum=1s"]

    @staticmethod
    def connect(root, seconds=30):
        end = time.monotonic() + seconds
        while True:
            try:
                return Client(f"{root}.socket", seconds=60)
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.005)

    def trace(self, root, *options, begin=NEVER):
        """As ever, but somebody has to ask; where it goes on afterwards it is killed."""
        asked = threading.Thread(target=self.ask, args=(root,))
        pathlib.Path(f"{root}.socket").unlink(missing_ok=True)
        asked.start()
        try:
            return super().trace(root, *options, begin=begin)
        finally:
            asked.join()

    def ask(self, root):
        try:
            with self.connect(root) as client:
                pid = client.socket.getsockopt(1, 17, 12)
                self.call(client)
                os.kill(struct.unpack("3i", pid)[0], signal.SIGKILL)
        except (OSError, Closed):
            pass  # it was killed

    def by_service(self, root, _):
        pathlib.Path(f"{root}.socket").unlink(missing_ok=True)
        process = subprocess.Popen(self.serve(root), env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with self.connect(root) as client:
                told = client.call("org.preflightd.Remediation.ListTransactions")
            if "error" in told:
                raise Bad(f"ListTransactions: {told}")
            states = [one["state"] for one in told["parameters"]["transactions"]]
            opened = list((root / "run/preflightd/leases").glob("*.json"))
            if len(opened) != states.count("applied"):
                raise Bad(f"{states}, and {len(opened)} leases are told of")
        finally:
            process.kill()
            process.wait()
        return history(root)


def ask_for_lease(client):
    lease = {"account": "root", "source": "192.0.2.7", "durationUSec": 1800000000}
    plan = client.call("org.preflightd.Remediation.Plan", {
        "checks": list(LEASED.checks), "consent": True, "lease": lease})["parameters"]["plan"]
    answer = client.call("org.preflightd.Remediation.Apply", {"digest": plan["digest"]})
    if "error" in answer:
        raise RuntimeError(answer)


class ServiceWork(LeaseWork):
    def parts(self):
        yield Service(self, "lease by preflight-remedyd", self.before, picture(self.before, True),
                      picture(self.after, False), ask_for_lease)


# --- what is tried ---

class Report:
    def __init__(self):
        self.number, self.good = 0, True

    def point(self, title, wrong):
        self.number += 1
        self.good = self.good and not wrong
        print(f"{'not ok' if wrong else 'ok'} {self.number} - {title}")
        for line in wrong[:10]:
            print("# " + line.replace("\n", "\n# "))
        sys.stdout.flush()


def places(top):
    """A directory for each thread."""
    local, lock, numbers = threading.local(), threading.Lock(), iter(range(1000))

    def here():
        if not hasattr(local, "root"):
            with lock:
                local.root = top / f"copy-{next(numbers)}"
        return local.root
    return here


def chosen(part, n):
    """All points, or some: the same in each run."""
    if FULL or n <= SAMPLE:
        return list(range(1, n + 1))
    return sorted(random.Random(f"{part.work.name}/{part.name}").sample(range(1, n + 1), SAMPLE))


def try_kills(part, here, pool, report):
    try:
        n = part.count(here(), *POINTS)
    except Bad as bad:
        report.point(f"{part.work.name}: {part.name}: without a kill", [str(bad)])
        return 0
    jobs = [pool.submit(lambda point: part.kill(here(), point, *POINTS), point)
            for point in chosen(part, n)]
    title = f"{part.work.name}: {part.name}: {len(jobs)} of {n} kill points"
    # The calls before, and those that make the first directories.
    if FULL and not POINTS and part.may_repeat:
        rng = random.Random(part.work.name)
        before = [(None, rng.randrange(1, 20000 if part.begin == BEGIN else 600))
                  for _ in range(8)]
        before += [("var", point) for point in range(1, 61) if part.begin == BEGIN]
        jobs += [pool.submit(lambda begin, point: part.kill(here(), point, begin=begin), *one)
                 for one in before]
        title += f", {len(before)} before them"
    report.point(title, [wrong for wrong in (job.result() for job in jobs) if wrong])
    return len(jobs)


def try_faults(part, here, pool, report):
    copy(part.source, here())
    _, n, _, _ = part.trace(here(), f"--fail-at={NEVER}", "--error=5")
    if n < 10:
        report.point(f"{part.work.name}: {part.name}: faults", [f"only {n} calls that write"])
    points = range(1, n + 1) if FULL else chosen(part, n)
    jobs = [pool.submit(lambda point, error: part.fail(here(), point, error), point, error)
            for point in points for error in (ERRORS if FULL else [ERRORS[point % 4]])]
    results = [job.result() for job in jobs]
    borne = collections.Counter(call for _, call, is_borne in results if is_borne)
    report.point(f"{part.work.name}: {part.name}: {len(jobs)} faults of {n} calls, "
                 f"{sum(borne.values())} borne", [wrong for wrong, _, _ in results if wrong])
    if borne:
        print(f"# borne: {dict(borne)}")
    return len(jobs)


FAULTY = ("ssh.password-authentication", "boot.root-identity of all")


def main():
    report, total, faults = Report(), 0, 0
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root")
        return 0
    only = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="pf-crash-", dir=memory) as name, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        top = pathlib.Path(name)
        top.chmod(0o755)
        here = places(top)
        works = [lambda machine=machine: Work(machine, top) for machine in MACHINES
                 if not only or machine.name in only]
        works += [lambda: LeaseWork(top)] if not only or "lease" in only else []
        for make in works:
            work = make()
            parts = list(work.parts())
            if isinstance(work, LeaseWork):
                parts += ServiceWork.parts(work)
            for part in parts:
                total += try_kills(part, here, pool, report)
                if work.name in FAULTY and platform.machine() == "x86_64":
                    faults += try_faults(part, here, pool, report)
            shutil.rmtree(work.top)
    print(f"1..{report.number}")
    print(f"# {total} kill points and {faults} faults tried")
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
