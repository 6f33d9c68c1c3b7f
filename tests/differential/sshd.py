#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds our reading of sshd_config against the installed sshd. TAP on stdout.

Invented and mutated machines are laid out in a private root; `sshd -T -C …`
and our reader are asked the same of them: accepted or refused, at which line,
and every keyword's values. A difference prints the smallest configuration
that still shows it, with --minimise, and how to make it again.
"""

import argparse
import collections
import ctypes
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True

from repeat import default_seed
import sshd_machines as machines
import sshd_minimise as minimise
import sshd_oracle as oracle

BLOCK = 100  # configurations in one test point
SHOWN = 5    # failing cases of a kind that are printed in full

Difference = collections.namedtuple("Difference", "kind theirs ours")
Case = collections.namedtuple("Case", "machine connection differences")
Result = collections.namedtuple("Result",
                                "configurations questions accepted cases unevaluated crashes")


def places(answer):
    """Where the errors are; a line that is complained of twice counts once."""
    return list(dict.fromkeys((path, line) for path, line, _ in answer.errors))


def compare(theirs, ours):
    """Every difference between two answers; kind is what to group by."""
    if theirs.unresolved and ours.unresolved:
        return []
    if theirs.accepted != ours.accepted:
        return [Difference("accepted" if theirs.accepted else "refused",
                           theirs.words.strip() or "accepted",
                           "accepted" if ours.accepted else list(ours.errors[:3]))]
    if not theirs.accepted:
        named = places(theirs)
        found = places(ours)[:len(named)]
        return [] if named == found else [Difference("line", theirs.words.strip(),
                                                     ours.errors[:len(named) + 1])]
    return [Difference(keyword, theirs.effective.get(keyword), ours.effective.get(keyword))
            for keyword in sorted(theirs.effective.keys() | ours.effective.keys())
            if theirs.effective.get(keyword) != ours.effective.get(keyword)]


class Bench:
    """One box with both in it; each worker has one."""

    def __init__(self, options):
        self.root = tempfile.mkdtemp(prefix="sshd-differential-")
        self.box = oracle.Box(self.root, options.key, options.zygote, options.sshd_root)
        self.sshd = oracle.Sshd(self.box, options.zygote)
        self.ours = oracle.Ours(self.box, options.reader, options.version)

    def question(self, connection):
        """(theirs, differences); a side that cannot answer differs too."""
        theirs = self.sshd.ask(connection)
        try:
            return theirs, compare(theirs, self.ours.ask(connection))
        except oracle.Failure as failure:
            return theirs, [Difference("failure", theirs.accepted, str(failure))]

    def differences(self, machine, connection):
        self.box.fill(machine)
        return self.question(connection)[1]


# Of a worker
bench = None
options = None
seeds = None
broken = None  # why it has no bench


def start_worker(given):
    global bench, options, seeds, broken
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG: not to outlive the test
    options = given
    seeds = machines.Seeds(options.shared)
    try:
        bench = Bench(options)
    except Exception:  # the pool would try again for ever
        broken = traceback.format_exc()


def run_block(numbers):
    cases, unevaluated = [], collections.Counter()
    questions = accepted = crashes = 0
    for number in numbers:
        machine = machines.make(options.seed, number, seeds)
        bench.box.fill(machine)
        for i, connection in enumerate(machine.connections):
            try:
                theirs, differences = bench.question(connection)
            except oracle.Crash:
                crashes += 1
                continue
            questions += 1
            accepted += theirs.accepted and i == 0
            unevaluated.update(d.kind for d in differences if d.theirs and d.ours is None)
            if differences:
                cases.append(Case(machine, connection, differences))
    if options.minimise:
        cases = minimised(cases, options.minimise_at_most)
    return Result(len(numbers), questions, accepted, cases, unevaluated, crashes)


def try_block(numbers):
    try:
        return broken or run_block(numbers)
    except Exception:  # a worker's stack is lost otherwise
        return traceback.format_exc()


def minimised(cases, most):
    """The first of each machine made small, up to so many; the others as they are."""
    firsts = {case.machine.number: case for case in reversed(cases)}
    chosen = [id(case) for case in reversed(firsts.values())][:most]
    return [smallest(case) if id(case) in chosen else case for case in cases]


def smallest(case):
    kinds = {d.kind for d in case.differences[:1]}

    def still_differs(machine, connection):
        try:
            return bool(kinds & {d.kind for d in bench.differences(machine, connection)})
        except oracle.Crash:
            return False
    machine, connection = minimise.minimise(case.machine, case.connection, still_differs)
    return Case(machine, connection, bench.differences(machine, connection))


# What is printed

def diagnostic(text):
    for line in text.split("\n"):
        print("#", line)


def show(case):
    diagnostic(f"number {case.machine.number} ({case.machine.origin}), {case.connection}")
    for path, data in sorted(case.machine.files.items()):
        if path in (machines.PASSWD, machines.GROUP):
            if data not in (machines.ACCOUNTS, machines.GROUPS):
                diagnostic(f"  {path}: {data!r}"[:2000])
            continue
        lines = data.split(b"\n")
        diagnostic(f"  {path} ({len(lines)} lines)")
        for i, line in enumerate(lines[:60] if len(lines) < 61 else [], 1):
            if line:
                diagnostic(f"    {i}: {line[:300].decode('ascii', 'backslashreplace')!r}"[:400])
    for path, target in case.machine.links.items():
        diagnostic(f"  {path} -> {target}")
    for difference in case.differences[:6]:
        diagnostic(f"  {difference.kind}\n    theirs {difference.theirs!r}\n"
                   f"    ours   {difference.ours!r}")


def keep(case, directory):
    where = os.path.join(directory, f"{case.machine.number}")
    shutil.rmtree(where, ignore_errors=True)
    for path, data in case.machine.files.items():
        os.makedirs(os.path.dirname(f"{where}/root{path}"), exist_ok=True)
        with open(f"{where}/root{path}", "wb") as file:
            file.write(data)
    with open(f"{where}/difference", "w") as file:
        file.write(f"{case.connection}\n" + "".join(f"{d}\n" for d in case.differences))


def arguments():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reader", required=True, help="our program, sshd-effective")
    parser.add_argument("--zygote",
                        help="sshd-zygote.so; without it sshd is started for each question")
    parser.add_argument("--count", type=int, default=int(os.environ.get("PF_DIFFERENTIAL_COUNT",
                                                                        2000)),
                        help="configurations; by default PF_DIFFERENTIAL_COUNT, or 2000")
    parser.add_argument("--seed", default=str(default_seed()))
    parser.add_argument("--only", type=int, help="the number of one configuration, of the seed")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", help="directory for failing cases")
    parser.add_argument("--minimise", action="store_true")
    parser.add_argument("--minimise-at-most", type=int, default=5,
                        help="cases in a block of %d" % BLOCK)
    parser.add_argument("--sshd-root", default="/", help="root directory whose sshd is asked")
    parser.add_argument("--version", help="that ours is told; otherwise it looks")
    parser.add_argument("--shared", default=os.environ.get("PF_SHARED",
                                                           os.path.join(here, "../../../shared")))
    return parser.parse_args()


def why_not(options):
    """Why this cannot run here, or None."""
    if os.geteuid() != 0:
        return "needs root, for a mount namespace"
    if not os.path.exists(options.sshd_root + oracle.SSHD):
        return "no sshd"
    if not shutil.which("ssh-keygen"):
        return "no ssh-keygen"
    pid = os.fork()
    if pid == 0:
        try:
            oracle.private_namespace()
        except OSError:
            os._exit(1)
        os._exit(0)
    return "no mount namespace may be made" if os.waitpid(pid, 0)[1] else None


def blocks(options):
    if options.only is not None:
        return [range(options.only, options.only + 1)]
    return [range(at, min(at + BLOCK, options.count)) for at in range(0, options.count, BLOCK)]


class Tally:
    def __init__(self):
        self.configurations = self.questions = self.accepted = self.failed = self.crashes = 0
        self.kinds = collections.Counter()
        self.unevaluated = collections.Counter()
        self.shown = collections.Counter()

    def is_new(self, case):
        """Whether to show it: the first of its machine, and among the first of its kind."""
        kind = case.differences[0].kind
        self.shown[kind, case.machine.number] += 1
        self.shown[kind] += self.shown[kind, case.machine.number] == 1
        return self.shown[kind, case.machine.number] == 1 and self.shown[kind] <= SHOWN

    def add(self, result):
        self.configurations += result.configurations
        self.questions += result.questions
        self.accepted += result.accepted
        self.failed += len(result.cases)
        self.kinds.update(d.kind for case in result.cases for d in case.differences)
        self.unevaluated.update(result.unevaluated)
        self.crashes += result.crashes


def run(options, pool):
    tally = Tally()
    todo = blocks(options)
    print(f"TAP version 13\n1..{len(todo)}", flush=True)
    for number, result in enumerate(pool.imap(try_block, todo), 1):
        span = f"configurations {todo[number - 1][0]} to {todo[number - 1][-1]}"
        if isinstance(result, str):
            print(f"not ok {number} - {span}")
            diagnostic(result)
            tally.failed += 1
            continue
        for case in result.cases:
            if tally.is_new(case):
                show(case)
        for case in result.cases if options.keep else ():
            keep(case, options.keep)
        tally.add(result)
        print(f"{'not ok' if result.cases else 'ok'} {number} - {span}", flush=True)
    return tally


def main():
    options = arguments()
    reason = why_not(options)
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    started = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and so clean up
    with tempfile.TemporaryDirectory(prefix="sshd-differential-") as scratch:
        os.environ["TMPDIR"] = scratch
        tempfile.tempdir = scratch
        options.key = os.path.join(scratch, "key")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", options.key],
                       check=True)
        with multiprocessing.Pool(options.jobs, start_worker, (options,)) as pool:
            tally = run(options, pool)
    seconds = time.monotonic() - started
    if tally.kinds:
        diagnostic("differences by kind: " + ", ".join(f"{kind} {n}" for kind,
                                                       n in tally.kinds.most_common()))
    if tally.unevaluated:
        diagnostic("not evaluated: " + ", ".join(f"{kind} {n}" for kind,
                                                 n in tally.unevaluated.most_common()))
    if tally.crashes:
        diagnostic(f"sshd itself crashed on {tally.crashes} questions, which do not count")
    diagnostic(f"{tally.configurations} configurations, {tally.questions} questions, "
               f"{tally.failed} differences, seed {options.seed}")
    diagnostic(f"{100 * tally.accepted / max(1, tally.configurations):.0f} % accepted, "
               f"{tally.questions / seconds:.0f} questions/s")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
