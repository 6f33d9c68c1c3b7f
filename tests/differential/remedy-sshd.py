#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds what the remedies of sshd offer against the installed sshd. TAP on stdout.

On invented machines each remedy is asked for changes, for good and as a lease. Every change
is written into the machine, and `sshd -T -C …` asked before and after it: sshd accepts it;
for the account and source it is for the check's keyword is as it has to be, and no other
keyword moved; for others nothing moved (a lease), or nothing but that keyword.
"""

import argparse
import collections
import fnmatch
import importlib
import ipaddress
import json
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True

from repeat import default_seed
import remedy_machines
import sshd_machines as machines
import sshd_oracle as oracle

differential = importlib.import_module("sshd")

BLOCK = 50
SHOWN = 4
LISTS = ("denyusers", "allowusers", "denygroups", "allowgroups")
STRANGERS = (("root", "203.0.113.9"), ("alice", None), ("nobody", None), ("Bob", "203.0.113.9"),
             ("preflightd-stranger", None), (None, "2001:db8:ffff::1"), (None, "198.51.100.23"))
BEGIN = "# preflightd: begin of a lease"

Wrong = collections.namedtuple("Wrong", "machine check lease candidate why")
Result = collections.namedtuple("Result", "counts wrong questions")


# What each check asks of sshd's answer, found without ours.

def groups_of(machine, account):
    passwd = machine.files[machines.PASSWD].decode("utf-8", "replace").split("\n")
    mine = [line.split(":") for line in passwd if line.startswith(account + ":")]
    found = []
    for line in machine.files[machines.GROUP].decode("utf-8", "replace").split("\n"):
        fields = [field.strip() for field in line.split(":")]
        if len(fields) == 4 and mine and (fields[2] == mine[0][3] or
                                          account in [m.strip() for m in fields[3].split(",")]):
            found.append(fields[0])
    return found


def matches(pattern, text):
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def matches_user(pattern, account, address):
    user, at, host = pattern.partition("@")
    if not matches(user, account):
        return False
    if not at or matches(host.lower(), address):
        return True
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(host)
    except ValueError:
        return False


def passes_lists(machine, effective, account, address):
    groups = groups_of(machine, account)

    def user_in(keyword):
        return any(matches_user(p, account, address) for p in effective.get(keyword, ()))

    def group_in(keyword):
        return any(matches(p, g) for p in effective.get(keyword, ()) for g in groups)
    return (not user_in("denyusers") and (not effective.get("allowusers") or user_in("allowusers"))
            and not group_in("denygroups")
            and (not effective.get("allowgroups") or group_in("allowgroups")))


def has_subsystem(machine, effective, account, address):
    commands = [value.split(" ")[1:] for value in effective.get("subsystem", ())
                if value.split(" ")[0] == "sftp"]
    return any(c and (c[0] == "internal-sftp" or os.access(bench.root + c[0], os.X_OK))
               for c in commands)


def alone(machine, effective, account, address):
    methods = effective["authenticationmethods"][0].split(" ")
    return "any" in methods or "password" in methods


GOALS = {
    "ssh.password-authentication": (("passwordauthentication",), lambda m, e, *who:
                                    e["passwordauthentication"] == ["yes"]),
    "ssh.root-login": (("permitrootlogin",), lambda m, e, *who: e["permitrootlogin"] == ["yes"]),
    "ssh.authentication-methods": (("authenticationmethods",), alone),
    "ssh.account-allowed": (LISTS, passes_lists),
    "ssh.sftp-subsystem": (("subsystem",), has_subsystem),
}


# One machine

class Bench:
    def __init__(self, options):
        self.root = tempfile.mkdtemp(prefix="remedy-sshd-")
        self.box = oracle.Box(self.root, options.key, options.zygote)
        self.sshd = oracle.Sshd(self.box, options.zygote)
        # Where sanitizers watch it: without the stack of every allocation, which is half its time.
        watched = {"ASAN_OPTIONS": "malloc_context_size=1:" + os.environ.get("ASAN_OPTIONS", "")}
        self.driver = subprocess.Popen([options.driver], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, env=os.environ | watched)
        self.questions = 0

    def propose(self, machine):
        question = {"root": self.root, "account": machine.account, "source": machine.source,
                    "lease": machine.lease}
        self.driver.stdin.write(json.dumps(question).encode() + b"\n")
        self.driver.stdin.flush()
        line = self.driver.stdout.readline()
        if not line:
            raise RuntimeError(f"the driver ended with {self.driver.wait()}")
        answer = json.loads(line)
        if "failed" in answer:
            return None
        return answer["answers"]

    def ask(self, who):
        self.questions += 1
        account, address = who
        answer = self.sshd.ask({"user": account, "host": address, "addr": address,
                                "laddr": "192.0.2.1", "lport": 22})
        return answer.effective if answer.accepted else None


def connections(machine):
    """The one it is for, and others outside of what a lease was asked for."""
    meant = (machine.account, machine.source)
    others = [(account or machine.account, address or machine.source)
              for account, address in STRANGERS]
    network = ipaddress.ip_network(machine.lease)
    return meant, [who for who in dict.fromkeys(others)
                   if who[0] != machine.account or ipaddress.ip_address(who[1]) not in network]


def moved(before, after):
    return sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))


def why_wrong(machine, answer, before, others):
    """None, or what is wrong with the machine as it is now."""
    keywords, is_met = GOALS[answer["check"]]
    meant, _ = connections(machine)
    now = bench.ask(meant)
    if now is None:
        return "sshd refuses it"
    if not is_met(machine, now, *meant):
        return f"not turned: {[now.get(k) for k in keywords]}"
    if set(moved(before[meant], now)) - set(keywords):
        return f"also moved {moved(before[meant], now)}"
    for who in others:
        now = bench.ask(who)
        if before[who] is None and now is None:
            continue
        if before[who] is None or now is None:
            return f"for {who} sshd refuses it, or did"
        keys = set(moved(before[who], now)) - (set() if answer["lease"] else set(keywords))
        if keys:
            return f"moved {sorted(keys)} for {who}"
        if (answer["check"] == "ssh.account-allowed" and who[0] != machine.account and
                passes_lists(machine, before[who], *who) != passes_lists(machine, now, *who)):
            return f"the lists judge {who} otherwise"
    return None


def kept(path):
    """What is there now, by whichever of its names; None: nothing."""
    try:
        with open(bench.root + path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def put_back(path, data):
    if data is None:
        os.unlink(bench.root + path)
    else:
        bench.box.write(path, data)


def try_candidate(machine, answer, candidate, before):
    _, others = connections(machine)
    if not os.environ.get("PF_FULL"):  # some of them each time
        others = random.Random(candidate["summary"] + str(machine.number)).sample(others, 3)
    if answer["lease"] and any(BEGIN not in edit["bytes"] for edit in candidate["edits"]):
        return "no lease in it"
    was = {edit["path"]: kept(edit["path"]) for edit in candidate["edits"]}
    for edit in candidate["edits"]:
        bench.box.write(edit["path"], edit["bytes"].encode())
    try:
        return why_wrong(machine, answer, before, others)
    finally:
        for path, data in was.items():
            put_back(path, data)


def is_text(machine):
    try:
        return all(data.decode() is not None for data in machine.configuration().values())
    except UnicodeDecodeError:
        return False


def run_machine(machine, counts, wrong):
    bench.box.fill(machine)
    answers = bench.propose(machine)
    if answers is None:
        counts["not looked at"] += 1
        return
    meant, others = connections(machine)
    asked = [a for a in answers if a["verdict"] == "fail" and a["check"] in GOALS]
    before = {who: bench.ask(who) for who in [meant] + others} if asked else {}
    for answer in asked:
        key = f"{answer['check']}{' lease' if answer['lease'] else ''}"
        if not answer["candidates"]:
            counts[key, "refused"] += 1
            reason = answer.get("refusal", "without a reason")
            counts["refused: " + re.sub(r"line \d+ of \S+", "a line", reason)] += 1
            if not answer.get("refusal"):
                wrong.append(Wrong(machine, answer["check"], answer["lease"], None, "no reason"))
            continue
        bad = 0
        for candidate in answer["candidates"]:
            why = ("sshd refused it before" if before[meant] is None
                   else try_candidate(machine, answer, candidate, before))
            if why:
                bad += 1
                wrong.append(Wrong(machine, answer["check"], answer["lease"], candidate, why))
        counts[key, "wrong" if bad else "turned"] += 1
        counts["candidates"] += len(answer["candidates"])


# Of a worker
bench = None
options = None
seeds = None
broken = None


def start_worker(given):
    global bench, options, seeds, broken
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    options = given
    seeds = machines.Seeds(options.shared)
    try:
        bench = Bench(options)
    except Exception:  # the pool would try again for ever
        broken = traceback.format_exc()


def run_block(numbers):
    if broken:
        return broken
    counts, wrong, start = collections.Counter(), [], bench.questions
    try:
        for number in numbers:
            machine = remedy_machines.make(options.seed, number, seeds)
            if not is_text(machine):
                counts["not text"] += 1
                continue
            try:
                run_machine(machine, counts, wrong)
            except oracle.Crash:
                counts["sshd crashed"] += 1
    except Exception:  # a worker's stack is lost otherwise
        return traceback.format_exc()
    return Result(counts, wrong[:SHOWN], bench.questions - start)


# What is printed

def diagnostic(text):
    for line in str(text).split("\n"):
        print("#", line)


def show(case):
    diagnostic(f"number {case.machine.number}: {case.check}, "
               f"{'lease for ' + case.machine.lease if case.lease else 'for good'}, "
               f"{case.machine.account} from {case.machine.source}: {case.why}")
    for path, data in sorted(case.machine.configuration().items()):
        diagnostic(f"  {path}")
        for line in data.split(b"\n")[:60]:
            diagnostic(f"    {line!r}")
    if case.candidate:
        diagnostic(f"  {case.candidate['summary']}")
        for edit in case.candidate["edits"]:
            diagnostic(f"  -> {edit['path']}")
            for line in edit["bytes"].split("\n")[:60]:
                diagnostic(f"    {line!r}")


def arguments():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", required=True, help="our program, remedy-sshd")
    parser.add_argument("--zygote", required=True, help="sshd-zygote.so")
    parser.add_argument("--count", type=int, default=5000 if os.environ.get("PF_FULL") else 80)
    parser.add_argument("--seed", default=str(default_seed()))
    parser.add_argument("--only", type=int, help="the number of one machine, of the seed")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--shared", default=os.environ.get("PF_SHARED",
                                                           os.path.join(here, "../../../shared")))
    given = parser.parse_args()
    given.sshd_root = ""
    return given


def blocks(given):
    if given.only is not None:
        return [range(given.only, given.only + 1)]
    corpus = len(machines.Seeds(given.shared).trees)
    corpus = list(range(-1, -1 - corpus, -1 if os.environ.get("PF_FULL") else -20))
    numbers = corpus + list(range(given.count))
    return [numbers[at:at + BLOCK] for at in range(0, len(numbers), BLOCK)]


def run(given, pool):
    counts, questions, failed = collections.Counter(), 0, 0
    todo = blocks(given)
    print(f"TAP version 13\n1..{len(todo)}", flush=True)
    for number, result in enumerate(pool.imap(run_block, todo), 1):
        span = f"machines {todo[number - 1][0]} to {todo[number - 1][-1]}"
        if isinstance(result, str):
            print(f"not ok {number} - {span}")
            diagnostic(result)
            failed += 1
            continue
        for case in result.wrong:
            show(case)
        failed += len(result.wrong)
        counts.update(result.counts)
        questions += result.questions
        print(f"{'not ok' if result.wrong else 'ok'} {number} - {span}", flush=True)
    return counts, questions, failed


def summary(counts, questions, seconds, seed):
    for key in sorted({key[0] for key in counts if isinstance(key, tuple)}):
        diagnostic(f"{key}: turned {counts[key, 'turned']}, refused {counts[key, 'refused']}, "
                   f"wrong {counts[key, 'wrong']}")
    for key in sorted(key for key in counts if isinstance(key, str)):
        diagnostic(f"{key}: {counts[key]}")
    diagnostic(f"{questions} questions to sshd in {seconds:.1f} s, seed {seed}")


def main():
    given = arguments()
    reason = differential.why_not(given)
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    started = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and so clean up
    with tempfile.TemporaryDirectory(prefix="remedy-sshd-") as scratch:
        os.environ["TMPDIR"] = tempfile.tempdir = scratch
        given.key = os.path.join(scratch, "key")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", given.key],
                       check=True)
        with multiprocessing.Pool(given.jobs, start_worker, (given,)) as pool:
            counts, questions, failed = run(given, pool)
    summary(counts, questions, time.monotonic() - started, given.seed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
