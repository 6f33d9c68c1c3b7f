# SPDX-License-Identifier: MIT
"""What is killed by crash-run, and how what it left is judged.

A Part is one program on one machine. Killed at a point, and gone on with by another process, it
has to leave what was there before or what is there afterwards, and nothing else.
"""
import collections
import errno
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import threading
import time

from crash_machines import copy, difference, picture
from varlink import Client, Closed

RUN = os.environ["PF_CRASH_RUN"]
CTL = os.environ["PF_CTL"]
REMEDYD_FAKE = os.environ.get("PF_REMEDYD_FAKE")
TRANSACTIONS = "var/lib/preflightd/transactions"
LEASES = "run/preflightd/leases"
BEGIN = "[0-9]*T[0-9]*Z-*"  # the directory of a transaction
LOCK = "flock"  # of the transactions, which is taken where there are some already
NEVER = 1 << 30
REFUSALS = 4
SECONDS = 900  # of what stops at each of its calls, on a busy machine

# Leaks are not looked for in what is traced: the sanitizer would trace it itself.
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}

# points: that were come to; changes: calls that may change something; overlaps: of those, such
# that began while another was being done; place: where it was killed, or "".
Trace = collections.namedtuple("Trace", "status points changes overlaps place output")


class Bad(Exception):
    """What is not as it has to be."""


class Refused(Bad):
    """The service says no: a probe that has a deadline of its own missed it, perhaps."""


def patiently(call):
    """Again where that was refused, since the machine may be busy; the last answer counts."""
    for _ in range(REFUSALS):
        try:
            return call()
        except Refused:
            pass
    return call()


# --- programs ---

def run_program(argv, **how):
    return subprocess.run(argv, **{"env": ENVIRONMENT, "stdin": subprocess.DEVNULL, "text": True,
                                   "capture_output": True, "timeout": SECONDS, "check": False,
                                   "errors": "replace", **how})


def ctl(root, *arguments):
    done = run_program([CTL, *arguments, f"--root={root}"])
    if done.returncode not in range(5) or "Sanitizer" in done.stderr:
        raise Bad(f"preflightctl {arguments[0]} ended with {done.returncode}: {done.stderr[-800:]}")
    return done


def history(root):
    done = ctl(root, "history", "--format=json")
    if done.returncode != 0:
        raise Bad(f"history: {done.stderr}")
    return json.loads(done.stdout)["transactions"]


def trace(argv, where, options, **how):
    """Runs it under crash-run; a Trace."""
    where = pathlib.Path(where)
    where.unlink(missing_ok=True)
    done = run_program([RUN, *options, "--", *argv],
                       env={**ENVIRONMENT, "PF_CRASH_WHERE": str(where)}, **how)
    if done.returncode == 2 and "crash-run:" in done.stderr or not where.exists():
        raise RuntimeError(done.stderr)
    points, changes, overlaps, place = where.read_text().split(" ", 3)
    return Trace(done.returncode, int(points), int(changes), int(overlaps), place.strip(),
                 done.stdout + done.stderr)


# --- nothing is left over ---

def names_in(directory):
    return {path.name for path in directory.iterdir()} if directory.exists() else set()


def check_journal(root, transactions):
    """Of what is kept nothing is left over, and nothing is missing."""
    wanted = {one["id"] for one in transactions}
    found = names_in(root / TRANSACTIONS) - {".lock"}
    if found != wanted:
        raise Bad(f"{TRANSACTIONS} holds {sorted(found)}, and history tells {sorted(wanted)}")
    for path in (root / TRANSACTIONS).rglob("*"):
        if not re.fullmatch(r"manifest\.json|(before|after)-\d{4}", path.name) and \
                path.parent != root / TRANSACTIONS:
            raise Bad(f"left over: {path.relative_to(root)}")


def check_rest(root, transactions):
    """No record but of a lease that is open, no name beside a file, and nothing else of ours."""
    records = {f"{one['id']}.json" for one in transactions
               if one["state"] == "applied" and one.get("lease")}
    left = names_in(root / LEASES) - records
    left |= names_in(root / "var/lib/preflightd") - {"transactions"}
    left |= names_in(root / "run/preflightd") - {"leases"}
    left |= {path.name for path in root.rglob(".preflightd-*")
             if not any(one["id"] in path.name and one["state"] == "applied" and one.get("lease")
                        for one in transactions)}
    if left:
        raise Bad(f"left over: {sorted(left)}")


# --- the owners' tools ---

def accepts_sshd(root):
    """What sshd -t says of its configuration; None: it cannot be asked."""
    if not (root / "etc/ssh/sshd_config").exists() or os.geteuid() != 0 or \
            not shutil.which("sshd") or not shutil.which("unshare"):
        return None
    script = 'mount --bind "$1/etc/ssh" /etc/ssh && mount -t tmpfs none /run && ' \
             'mkdir /run/sshd && ssh-keygen -q -t ed25519 -N "" -f /run/key && ' \
             '"$2" -t -f /etc/ssh/sshd_config -o HostKey=/run/key'
    return run_program(["unshare", "--mount", "sh", "-c", script, "sh", str(root),
                        shutil.which("sshd")]).returncode == 0


def grub_files(root):
    return [*root.glob("boot/grub*/grub.cfg"), *root.glob("boot/efi/EFI/*/grub.cfg")]


def accepts_grub(root):
    if not shutil.which("grub-script-check") or not grub_files(root):
        return None
    return all(run_program(["grub-script-check", str(path)]).returncode == 0
               for path in grub_files(root))


class Judges:
    """sshd -t and grub-script-check, asked once of files that hold the same."""

    def __init__(self):
        self.known, self.lock = {}, threading.Lock()
        self.accepted = collections.Counter()  # how many times each took what it was shown

    @staticmethod
    def files_of(judge, root):
        return [path for path in sorted((root / "etc/ssh").rglob("*")) if path.is_file()] \
            if judge is accepts_sshd else grub_files(root)

    def ask(self, judge, root):
        held = hashlib.sha256(judge.__name__.encode())
        for path in self.files_of(judge, root):
            held.update(f"\0{path.relative_to(root)}\0".encode() + path.read_bytes())
        if held.digest() not in self.known:
            self.known[held.digest()] = judge(root)
        with self.lock:
            self.accepted[judge.__name__] += self.known[held.digest()] is True
        return self.known[held.digest()]

    def check(self, root, before):
        """Both take what they took before."""
        for judge in (accepts_sshd, accepts_grub):
            if self.ask(judge, before) is True and self.ask(judge, root) is not True:
                raise Bad(f"{judge.__name__}: what is there now is refused")


JUDGES = Judges()


# --- parts ---

class Part:
    """One thing that is killed, on one machine: its points, and what may be there afterwards."""

    may_repeat = True

    def __init__(self, work, name, source, old, new, argv, recover, begin=None, takes_back=False):
        self.work, self.name, self.source, self.old, self.new = work, name, source, old, new
        self.argv, self.begin, self.takes_back = argv, begin, takes_back
        self.recover = recover  # what goes on after a kill; returns what history says then

    def trace(self, root, *options, begin=NEVER):
        begin = self.begin if begin is NEVER else begin
        if begin:
            options = (*options, f"--from={begin}")
        return trace(self.argv(root), f"{root}.where", options)

    def count(self, root, *options, begin=NEVER):
        """A run that nobody interrupts."""
        copy(self.source, root)
        told = self.trace(root, f"--kill-at={NEVER}", *options, begin=begin)
        self.check(root, self.recover(root, NEVER) if begin is None else history(root),
                   only_new=True)
        if told.points < 10:
            raise Bad(f"only {told.points} points: where did it begin?")
        return told

    def left(self, root):
        """What is not new. Only a file that is put back has a time that is known before."""
        return difference(picture(root, self.takes_back), self.new)

    def is_new(self, root):
        return not self.left(root)

    def check(self, root, transactions, only_new=False):
        """Old or new, what history says, nothing else; and the owners' tools take it."""
        check_journal(root, transactions)
        check_rest(root, transactions)
        now, is_new = picture(root, True), self.is_new(root)
        if not is_new and (only_new or now != self.old):
            raise Bad(f"{'not' if only_new else 'neither old nor'} new: old but for "
                      f"{difference(now, self.old)}, new but for {self.left(root)}")
        self.check_history(transactions, is_new)
        JUDGES.check(root, self.source)
        return is_new

    def check_history(self, transactions, is_new):
        """In place is what is applied, and nothing is under way."""
        states = [one["state"] for one in transactions]
        in_place = bool(states) and states[-1] == "applied"
        if in_place != (is_new != self.takes_back) or \
                set(states) - {"applied", "undone", "rolledback"}:
            raise Bad(f"{'new' if is_new else 'old'} files, and history says {states}")

    def kill(self, root, point, *options, **how):
        """One point: (was it come to, None or what is wrong)."""
        place = "nowhere"
        copy(self.source, root)
        try:
            place = self.trace(root, f"--kill-at={point}", *options, **how).place
            is_new = self.check(root, self.recover(root, point))
            # Now and then it is tried again, which has to come to the end.
            if self.may_repeat and point % 16 == 0 and not is_new:
                self.again(root)
            return bool(place), None
        except Refused:
            raise
        except (Bad, subprocess.TimeoutExpired) as error:
            return bool(place), f"{self.work.name}: {self.name}: point {point} ({place}): {error}"

    def again(self, root):
        done = run_program(self.argv(root))
        if not self.is_new(root):
            raise Bad(f"a second time {self.left(root)} are not new: {done.stdout}{done.stderr}")

    def count_faults(self, root):
        copy(self.source, root)
        return self.trace(root, f"--fail-at={NEVER}", "--error=5")

    def fail(self, root, point, error):
        """One call that fails: (what is wrong or None, which call it was, did it not matter?).

        A change is taken back at once; what is left of an undo, by the next opening.
        """
        copy(self.source, root)
        told = self.trace(root, f"--fail-at={point}", f"--error={error}")
        call = f"{told.place} with {errno.errorcode[error]}"
        try:
            if "Sanitizer" in told.output or told.status not in range(5):
                raise Bad(f"ended with {told.status}: {told.output[-800:]}")
            left = difference(picture(root, True), self.old)
            if left and not self.takes_back and not self.is_new(root):
                raise Bad(f"before recovery neither old nor new: {left}")
            is_new = self.check(root, history(root))
            if told.status == 0 and not is_new:
                raise Bad("not done, and success is told")
            if told.status != 0 and os.strerror(error) not in told.output:
                raise Bad(f"ended with {told.status}, and the reason is not told: "
                          f"{told.output[-800:]}")
        except Bad as bad:
            return f"{self.work.name}: {self.name}: fault {point}, call {call}: {bad}", call, False
        return None, call, told.status == 0


def by_history(root, _):
    return history(root)


class Service(Part):
    """preflight-remedyd, killed while it does what somebody asks of it, and started again."""

    may_repeat = False

    def __init__(self, work, name, source, old, new, call, **how):
        super().__init__(work, name, source, old, new, self.serve, self.by_service, **how)
        self.call = call

    def count(self, root, *options, **how):
        return patiently(lambda: super(Service, self).count(root, *options, **how))

    def kill(self, root, point, *options, **how):
        try:
            return patiently(lambda: super(Service, self).kill(root, point, *options, **how))
        except Refused as error:
            return False, f"{self.work.name}: {self.name}: point {point}: {error}"

    @staticmethod
    def serve(root):
        return [REMEDYD_FAKE, f"--root={root}", f"--socket={root}.socket", "--lease-minimum=1s"]

    @staticmethod
    def socket(root):
        return pathlib.Path(f"{root}.socket")

    def connect(self, root, is_over, seconds=30):
        end = time.monotonic() + seconds
        while True:
            try:
                return Client(self.socket(root), seconds=SECONDS)
            except OSError:
                if is_over.is_set() or time.monotonic() > end:
                    raise
                time.sleep(0.002)

    def trace(self, root, *options, begin=NEVER):
        """As ever, but somebody has to ask; where it goes on afterwards it is killed."""
        is_over, refused = threading.Event(), []
        asked = threading.Thread(target=self.ask, args=(root, is_over, refused))
        self.socket(root).unlink(missing_ok=True)
        asked.start()
        try:
            told = super().trace(root, *options, begin=begin)
        finally:
            is_over.set()
            asked.join()
        if refused:
            raise Refused(f"the service says {refused[0]}")
        return told

    def ask(self, root, is_over, refused):
        try:
            with self.connect(root, is_over) as client:
                pid = client.socket.getsockopt(1, 17, 12)
                told = self.call(client)
                if "error" in told:
                    refused.append(told)
                os.kill(struct.unpack("3i", pid)[0], signal.SIGKILL)
        except (OSError, Closed):
            pass  # it was killed

    def by_service(self, root, _):
        self.socket(root).unlink(missing_ok=True)
        process = subprocess.Popen(self.serve(root), env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with self.connect(root, threading.Event()) as client:
                told = client.call("org.preflightd.Remediation.ListTransactions")
        finally:
            process.kill()
            process.wait()
        if "error" in told:
            raise Bad(f"ListTransactions: {told}")
        check_records(root, told["parameters"]["transactions"])
        return history(root)


def check_records(root, transactions):
    """Each lease that is open is told of: check_rest() wants no other."""
    opened = {f"{one['id']}.json" for one in transactions
              if one["state"] == "applied" and one.get("lease")}
    if opened - names_in(root / LEASES):
        raise Bad(f"of {sorted(opened)} nobody is told: {sorted(names_in(root / LEASES))}")


# --- what is asked of the service ---

def change(checks, lease=None):
    """Plan() and Apply(), with consent; the answer."""
    def call(client):
        parameters = {"checks": list(checks), "consent": True}
        if lease:
            parameters["lease"] = lease
        else:
            parameters.update(account="root", source="192.0.2.7")
        told = client.call("org.preflightd.Remediation.Plan", parameters)
        if "error" in told:
            return told
        return client.call("org.preflightd.Remediation.Apply",
                           {"digest": told["parameters"]["plan"]["digest"]})
    return call


def undo(transaction):
    return lambda client: client.call("org.preflightd.Remediation.Undo",
                                      {"transaction": transaction})
