#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds our answer about a login against the login itself. TAP on stdout.

Machines are invented: a Debian installation with changes of its configuration,
accounts, PAM stacks, connection and session. On each, preflightctl is asked
whether a user can open SFTP; then the installed sshd is started on the very
same files and a real password login is tried. A difference is made small by
leaving changes out, and printed. All of it happens in namespaces of its own.
"""

import argparse
import collections
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True

from repeat import default_seed
import login_box
import login_machines as machines
import login_ours as ours
import login_pools as pools

BLOCK = 20  # machines in one test point
UNKNOWN_AT_MOST = 3  # percent of the machines
SMALLER_SECONDS = 90  # for one difference
KEPT_LINES = 40  # of the words of sshd


# Of a worker: pid 1 of a box; a line of numbers in, a line of results out

class Bench:
    def __init__(self, options):
        self.options = options
        self.texts = machines.base_texts()
        self.box = login_box.Box(options.scratch, options.outside, machines.lay_base,
                                 machines.PASSWORD)

    def compare(self, changes):
        """(difference or None, our answer, the login) of one machine."""
        machine = machines.Machine(self.texts, changes)
        root = self.box.open()
        try:
            machine.lay(root)
            try:
                answer = ours.inspect(self.options.ctl, machine.question, root)
            except ours.Broken as broken:
                answer = ours.Answer(f"nothing: {broken}", None)
            login = self.box.log_in(machine.question, machine.service_options)
            if self.options.keep:
                self.kept = {path: machine.text(path) for path in machine.texts}
        finally:
            self.box.close()
        return difference(answer, login), answer, login

    def smaller(self, changes, kind):
        """Leaves changes out as long as the same kind of difference stays."""
        late = time.monotonic() + (0 if self.options.as_drawn else SMALLER_SECONDS)
        i = len(changes)
        while i > 0 and time.monotonic() < late:
            i -= 1
            fewer = changes[:i] + changes[i + 1:]
            try:
                if self.compare(fewer)[0] == kind:
                    changes = fewer
            except Exception:  # not a machine any more
                continue
        return changes

    def result(self, number):
        changes = pools.draw(self.options.seed, number)
        kind, answer, login = self.compare(changes)
        result = {"number": number, "works": login.works, "where": login.where,
                  "ours": answer.verdict, "difference": kind}
        if answer.verdict == "unknown":
            result["unknown"] = ours.in_words(answer)
        if kind:
            again = self.compare(changes)[0]
            if again != kind:  # what does not stay is the machine we run on
                result["difference"] = again
                result["flicker"] = kind
        if result["difference"]:
            result.update(self.explain(number, changes, kind))
        return result

    def explain(self, number, changes, kind):
        least = self.smaller(changes, kind)
        _, answer, login = self.compare(least)
        if self.options.keep:
            keep(f"{self.options.keep}/{self.options.seed}-{number}", least, self.kept, login)
        return {"changes": least, "answer": ours.in_words(answer),
                "words": login.words.splitlines()[-6:],
                "log": [line for line in login.log.splitlines()
                        if not line.startswith(("debug1: sshd version", "debug1: rexec"))
                        ][-KEPT_LINES:]}


def difference(answer, login):
    """What to group by, or None where both say the same or we do not know."""
    if answer.verdict == "unknown":
        return None
    if answer.verdict not in ("works", "fails"):
        return answer.verdict.split("\n")[0]
    if login.works:
        return None if answer.verdict == "works" else f"{answer.rung['stage']} fails, but it works"
    if answer.verdict == "works":
        return f"works, but it fails in {login.where}"
    if login.where not in (answer.rung["where"], *answer.doubts) and not is_nowhere(answer, login):
        return f"{answer.rung['stage']} fails, but it fails in {login.where}"
    return None


def is_nowhere(answer, login):
    """Bound to addresses that the machine has not: which those are, no file tells."""
    return answer.rung["where"] == "listener" and "Cannot bind any address" in login.log


def keep(where, changes, texts, login):
    """The files of a machine, the changes and what sshd said, to look at later."""
    for path, text in texts.items():
        machines.write(f"{where}/root/{path}", text)
    machines.write(f"{where}/changes.json", json.dumps(changes, indent=1))
    machines.write(f"{where}/log", login.words + "\n" + login.log)


def work(options):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(1))
    bench = Bench(options)
    for line in sys.stdin:
        try:
            result = bench.result(json.loads(line))
        except Exception:  # a worker's stack is lost otherwise
            result = {"number": json.loads(line), "broken": traceback.format_exc()}
        print(json.dumps(result), flush=True)


# Of the test

class Worker:
    def __init__(self, options, scratch):
        argv = [sys.executable, options.program, "--worker", "--ctl", options.ctl,
                "--seed", options.seed]
        if options.keep:
            argv += ["--keep", options.keep]
        if hasattr(options, "corpus"):  # of remedy-login.py
            argv += ["--corpus", options.corpus]
        if options.as_drawn:
            argv.append("--as-drawn")
        os.mkdir(scratch)
        self.process = subprocess.Popen(
            login_box.boxed(argv, scratch), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, start_new_session=True,
            preexec_fn=lambda: login_box.libc.prctl(1, signal.SIGKILL))

    def give(self, number):
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()

    def take(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a worker ended with {self.process.wait()}")
        return json.loads(line)

    def end(self):
        self.process.kill()  # unshare; pid 1 of the box goes with it, and all in there
        self.process.wait()


def run(options, numbers, on_result):
    """Gives numbers to workers as they get free."""
    scratch = tempfile.mkdtemp(prefix="login-differential-")
    workers = []
    try:
        workers = [Worker(options, f"{scratch}/{i}") for i in range(options.jobs)]
        selector = selectors.DefaultSelector()
        left = iter(numbers)
        for worker in workers:
            selector.register(worker.process.stdout, selectors.EVENT_READ, worker)
            if (number := next(left, None)) is not None:
                worker.give(number)
        for _ in numbers:
            [worker] = [key.data for key, _ in selector.select()][:1]
            on_result(worker.take())
            if (number := next(left, None)) is not None:
                worker.give(number)
    finally:
        for worker in workers:
            worker.end()
        shutil.rmtree(scratch, ignore_errors=True)


def diagnostic(text):
    for line in text.split("\n"):
        print("#", line)


def show(result, options):
    if "broken" in result:
        diagnostic(f"number {result['number']}: {result['broken']}")
        return
    diagnostic(f"number {result['number']}: {result['difference']}"
               f"   (again: --seed={options.seed} --only={result['number']})")
    for change in result["changes"]:
        diagnostic(f"  {change}")
    diagnostic(f"  ours   {result['answer']}")
    diagnostic(f"  theirs {'works' if result['works'] else 'fails in ' + result['where']}")
    for line in result["words"] + (result["log"] if options.verbose else []):
        diagnostic(f"    {line}")


def point(number, block, options):
    """One line of TAP about a block of machines; returns whether it is good."""
    bad = [result for result in block if "broken" in result or result["difference"]]
    print(f"{'not ok' if bad else 'ok'} {number} - {len(block)} machines, {len(bad)} differ",
          flush=True)
    for result in bad:
        show(result, options)
    return not bad


def summary(results, seconds, options):
    good = [result for result in results if "broken" not in result]
    unknown = [result for result in good if result["ours"] == "unknown"]
    wheres = collections.Counter(result["where"] for result in good if not result["works"])
    kinds = collections.Counter(result["difference"] for result in good if result["difference"])
    flickers = collections.Counter(result["flicker"] for result in good if "flicker" in result)
    diagnostic(f"{len(results)} machines in {seconds:.0f} s ({len(results) / seconds:.1f}/s), seed "
               f"{options.seed}: {sum(result['works'] for result in good)} work, fail in "
               + ", ".join(f"{where} {count}" for where, count in wheres.most_common()))
    diagnostic(f"{sum(kinds.values())} differences, {len(unknown)} unknown, "
               f"{sum(flickers.values())} not seen again")
    for kind, count in kinds.most_common():
        diagnostic(f"  {count:4} {kind}")
    for kind, count in flickers.most_common():
        diagnostic(f"  {count:4} not seen again: {kind}")
    if options.verbose:
        for result in unknown:
            diagnostic(f"  unknown {result['number']}: {result['unknown']}")
    return len(unknown)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ctl", required=True, help="our program, preflightctl")
    parser.add_argument("--machines", type=int,
                        default=int(os.environ.get("PF_LOGIN_MACHINES", "60")),
                        help="by default PF_LOGIN_MACHINES, or 60")
    parser.add_argument("--seed", default=str(default_seed()))
    parser.add_argument("--only", type=int, metavar="N", help="one machine, of the seed")
    parser.add_argument("--jobs", type=int, default=8,
                        help="machines at a time (8: a login that fails mostly waits)")
    parser.add_argument("--as-drawn", action="store_true",
                        help="do not make what differs small")
    parser.add_argument("--keep", metavar="DIR", help="leave machines that differ there")
    parser.add_argument("-v", "--verbose", action="store_true",
                        help="also what sshd said, and what is unknown")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--scratch", help=argparse.SUPPRESS)
    parser.add_argument("--outside", help=argparse.SUPPRESS)
    parser.set_defaults(program=os.path.abspath(__file__))
    return parser.parse_args()


def missing():
    """Why no login can be tried here, or None."""
    if os.getuid() != 0:
        return "only root can start a server in namespaces of its own"
    for program in ("unshare", "ip", "sftp", "ssh-keygen"):
        if not shutil.which(program):
            return f"{program} is not installed"
    if not os.path.exists(login_box.SSHD):
        return f"{login_box.SSHD} is not installed"
    with tempfile.TemporaryDirectory() as scratch:
        probe = login_box.boxed(["sh", "-c", "ip link add name s0 type veth && mount -t tmpfs t "
                                 f"{scratch} && cd {scratch} && mkdir a b c d && mount -t overlay "
                                 "-o lowerdir=a,upperdir=b,workdir=c t d"], scratch)
        done = subprocess.run(probe, capture_output=True, text=True, check=False)
        return f"no namespaces here: {done.stderr.strip()}" if done.returncode else None


def main():
    options = arguments()
    if options.worker:
        work(options)
        return 0
    reason = missing()
    if reason:
        print(f"1..0 # skip {reason}")
        return 0
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    numbers = [options.only] if options.only is not None else list(range(options.machines))
    blocks = -(-len(numbers) // BLOCK)
    print(f"1..{blocks + 1}\n# seed {options.seed}", flush=True)
    results, good, started = [], [], time.monotonic()

    def on_result(result):
        results.append(result)
        if len(results) % BLOCK == 0 or len(results) == len(numbers):
            good.append(point(len(good) + 1, results[len(good) * BLOCK:], options))

    run(options, numbers, on_result)
    unknown = summary(results, time.monotonic() - started, options)
    few = unknown * 100 <= max(UNKNOWN_AT_MOST * len(results), 100)
    print(f"{'ok' if few else 'not ok'} {blocks + 1} - unknown: {unknown} of {len(results)} "
          f"machines, at most {UNKNOWN_AT_MOST} %")
    return 0 if all(good) and few else 1


if __name__ == "__main__":
    sys.exit(main())
