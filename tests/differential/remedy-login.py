#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds what fix claims against logins. TAP on stdout.

Machines are invented on which an installer cannot log in, most of them as administrators and
images make them. A real login is tried, `preflightctl fix --root=… --consent` is run, for half
of the machines as a lease for that account and address alone, and logins are tried again:
by the installer, by other accounts and from other addresses. Counted is what must never be:

  claimed  fix says that the login works, and it does not
  lost     a login that worked before does not work any more
  opened   with a lease: somebody else can log in who could not
  silent   the login does not work afterwards, and no reason is given
  undone   undo does not bring back every byte

Where it is refused the reason is printed with -v. Cases of the shared corpus whose login fails
are tried too, where it is there.
"""

import argparse
import collections
import concurrent.futures
import importlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import traceback

sys.dont_write_bytecode = True

from repeat import default_seed
import login_box
import login_machines as machines
import login_pools as pools

login = importlib.import_module("login")
corpus = importlib.import_module("login-corpus")

BLOCK = 10
# Of the cases of the corpus those that fail for one of these reasons: one each, or all.
REASONS = ("password-off", "root-login", "methods", "allow-users", "allow-groups", "deny-users",
           "subsystem-missing", "subsystem-program", "faillock")
FIX_SECONDS = 60
LEASE_UNIT = "etc/systemd/system/sysinit.target.wants/preflight-leases.service"
STRANGERS = ("azureuser", "deploy", "root")
PLACES = ("top", "middle", "end", "10-cloud.conf", "50-site.conf")

# What keeps an installer out, as it is met: lines of sshd_config, or other changes.
BREAKERS = (
    "PasswordAuthentication no", "PasswordAuthentication no", "PasswordAuthentication no",
    "PermitRootLogin no", "PermitRootLogin prohibit-password", "PermitRootLogin without-password",
    "PermitRootLogin forced-commands-only", "AllowUsers azureuser", "AllowUsers deploy azureuser",
    "AllowUsers {user}@192.0.2.1 azureuser", "DenyUsers {user}", "DenyUsers {user} git",
    "DenyUsers {user}@10.20.0.0/16", "AllowGroups sudo", "AllowGroups ops sudo",
    "DenyGroups {user}", "AuthenticationMethods publickey",
    "AuthenticationMethods publickey,password", "AuthenticationMethods publickey publickey,password",
    "Match User {user}\n    PasswordAuthentication no",
    "Match Address 10.20.0.0/16,172.16.0.0/12\n    PasswordAuthentication no\n"
    "    PermitRootLogin no",
    "Match User {user} Address {from}\n    AuthenticationMethods publickey",
    "Match User azureuser,{user}\n    AllowUsers azureuser",
)
OTHERS = (
    [("setting", "Subsystem", "")], [("setting", "Subsystem", "#Subsystem sftp internal-sftp")],
    [("setting", "Subsystem", "Subsystem sftp /usr/libexec/openssh/sftp-server")],
    [("setting", "Subsystem", "Subsystem sftp /usr/lib/openssh/sftp-server-missing")],
    [("setting", "PermitRootLogin", "PermitRootLogin no")],
    [("setting", "PermitRootLogin", "#PermitRootLogin prohibit-password"),
     ("config", "middle", "PasswordAuthentication no")],
)


def draw(seed, number):
    """The changes of machine @number of a seed, and whether it is tried with a lease."""
    rng = random.Random(f"remedy/{seed}/{number}")
    q = {"user": rng.choices(pools.USERS, (6, 2, 1))[0],
         "from": rng.choices(pools.CALLERS, (6, 2, 2))[0], "to": "10.20.0.1", "port": 22}
    changes = [("ask", "user", q["user"]), ("ask", "from", q["from"])]
    for _ in range(rng.choices((1, 2, 3), (6, 3, 1))[0]):
        if rng.random() < 0.2:
            changes += rng.choice(OTHERS)
        else:
            line = rng.choice(BREAKERS).format(**q)
            where = "end" if line.startswith("Match") and rng.random() < 0.7 else rng.choice(PLACES)
            changes.append(("config", where, *line.split("\n")))
    if rng.random() < 0.3:  # and what is not for us to put right, or for nobody
        weights = [weight for weight, _ in pools.TOPICS]
        changes += rng.choices(pools.TOPICS, weights)[0][1](rng, q)
    return changes, rng.random() < 0.5


def can_be_asked(question):
    """In our box: it has not every address."""
    return question["port"] == 22 and not question.keys() & {"host", "password"} and \
        question["to"] == "10.20.0.1" and question["from"] in pools.CALLERS


def cases(options):
    """Names of cases in the corpus whose login fails for a reason that a remedy may know."""
    if not os.path.isdir(options.corpus):
        return []
    found, every = {reason: [] for reason in REASONS}, corpus.Corpus(options.corpus)
    for name in every.names():
        case = every.load(name)
        truth, question = case["truth"], case["question"]
        if truth["sftp"] == "fails" and truth["reason"] in found and can_be_asked(question) and \
                "by_rule" not in truth and \
                not os.path.exists(f"{options.corpus}/{name}/root/etc/default/ssh"):
            found[truth["reason"]].append(name)
    return [name for names in found.values() for name in names[:options.cases]]


# Of a worker: pid 1 of a box

class Bench:
    def __init__(self, options):
        self.options = options
        self.texts = machines.base_texts()
        # A wrong password is told at once: a delay changes no answer.
        self.texts["etc/pam.d/common-auth"] = self.texts["etc/pam.d/common-auth"].replace(
            "pam_unix.so", "pam_unix.so nodelay")
        self.box = login_box.Box(options.scratch, options.outside, machines.lay_base,
                                 machines.PASSWORD)

        self.corpus = corpus.Corpus(options.corpus)
        self.own = self.box.base, self.box.programs

    def lay(self, what):
        """Changes of our base, or the name of a case; (machine, root)."""
        if isinstance(what, str):
            machine = self.machine_of_case(what)
        else:
            self.box.base, self.box.programs = self.own
            machine = machines.Machine(self.texts, what)
            machine.texts.setdefault("etc/pam.d/common-auth", self.texts["etc/pam.d/common-auth"])
        root = self.box.open()
        machine.write(LEASE_UNIT, "[Service]\nExecStart=/bin/true\n")
        machine.lay(root)
        return machine, root

    def machine_of_case(self, name):
        """Its files, and below them the real programs where it has only stubs."""
        root = f"{self.options.scratch}/case-{name}"
        if not os.path.isdir(root):
            self.corpus.build(name, root)
            remove_stubs(root + "/usr")
        self.box.base, self.box.programs = root, f"{root}/usr:/usr"
        machine = machines.Machine({})
        machine.question = self.corpus.load(name)["question"]
        return machine

    def log_in(self, machine, who):
        """Which of these (user, from) can log in, with one server; {} where it does not start."""
        reader, log = os.pipe()
        with concurrent.futures.ThreadPoolExecutor(1 + len(who)) as pool:
            drained = pool.submit(login_box.drain, reader)
            try:
                server = self.box.start_service(machine.service_options, log)
                calls = [pool.submit(self.box.call, {**machine.question, "user": user,
                                                     "from": caller})
                         for user, caller in who] if server else []
                works = [call.result()[0] for call in calls] or [False] * len(who)
            finally:
                os.close(log)
                self.box.end_all()
            self.log = drained.result()
        return dict(zip(who, works))

    def ctl(self, *arguments):
        done = subprocess.run([self.options.ctl, *arguments], capture_output=True, text=True,
                              errors="replace", check=False, timeout=FIX_SECONDS)
        if done.returncode not in range(5) or "Sanitizer" in done.stderr:
            raise RuntimeError(f"{arguments} ended with {done.returncode}: {done.stderr[-2000:]}")
        return done

    def fix(self, machine, root, leased):
        q = machine.question
        words = ["--lease=30min", "ssh.*"] if leased else \
            ["ssh.*", "account.*"] if q["user"] == "root" else []
        return self.ctl("fix", f"--root={root}", "--consent", "--format=json",
                        f"--account={q['user']}", f"--source={q['from']}", *words)

    def try_machine(self, what, leased):
        """A dict: what was seen, and "wrong", a list."""
        result = {"wrong": [], "leased": leased, "applied": False, "works": None}
        machine, root = self.lay(what)
        try:
            q = machine.question
            meant = (q["user"], q["from"])
            others = [(user, q["from"]) for user in STRANGERS if user != q["user"]]
            others += [(q["user"], caller) for caller in pools.CALLERS if caller != q["from"]]
            if not self.options.all_others:  # one of each kind
                others = others[:1] + others[-1:]
            if self.log_in(machine, [meant])[meant]:
                return {**result, "before": True}
            before = snapshot(root)
            done = self.fix(machine, root, leased)
            self.judge(result, done)
            if result["applied"]:
                after = self.log_in(machine, [meant, *others])
                result["works"] = after[meant]
                result["after"] = after
                if result["claimed"] and not after[meant]:
                    result["wrong"].append("claimed")
                self.undo(result, root, before)
        finally:
            self.box.close()
        if result["applied"]:
            self.compare(result, what, others)
        return result

    def judge(self, result, done):
        if not done.stdout:  # refused as a whole
            result.update(claimed=False, reason=done.stderr.strip())
        else:
            answer = json.loads(done.stdout)
            [access] = [check for check in answer["report"]["checks"]
                        if check["check"] == "ssh.access"]
            steps = [step["summary"] for step in answer["plan"]["steps"]
                     if step["outcome"] in ("notremediable", "noeffect", "consent")]
            state = answer.get("transaction", {}).get("state")
            result.update(claimed=access["verdict"] == "pass" or answer["passes"],
                          applied=state == "applied", state=state,
                          reason=access["summary"] if access["verdict"] != "pass" else "",
                          refused=steps[:3])
            result["files"] = {file["path"]: file["diff"] for file in answer["plan"]["files"]}
        if not result["claimed"] and not result["reason"]:
            result["wrong"].append("silent")
        if result["claimed"] and not result["applied"]:
            result["wrong"].append("claimed")  # it failed before, and nothing was changed

    def undo(self, result, root, before):
        self.ctl("undo", "--last", f"--root={root}")
        if snapshot(root) != before:
            result["wrong"].append("undone")

    def compare(self, result, what, others):
        """The others, as they were: on the machine without the fix."""
        after = result.pop("after")
        if all(after[who] for who in others) and not result["leased"]:
            return
        machine, _ = self.lay(what)
        try:
            before = self.log_in(machine, others)
        finally:
            self.box.close()
        for who in others:
            if before[who] and not after[who]:
                result["wrong"].append(f"lost: {who}")
            if result["leased"] and after[who] and not before[who]:
                result["wrong"].append(f"opened: {who}")


def remove_stubs(folder):
    for top, _, names in os.walk(folder):
        for path in (os.path.join(top, name) for name in names):
            if os.path.isfile(path) and os.path.getsize(path) < 4096:
                with open(path, "rb") as file:
                    data = file.read()
                if data.startswith(b"\x7fELF") and b"stub of " in data:
                    os.unlink(path)


def snapshot(root):
    """Every file of the configuration, with what it holds, its owner and mode."""
    found = {}
    for top in ("etc/ssh", "etc/pam.d", "etc/security", "etc/passwd", "etc/shadow", "etc/group"):
        for folder, _, names in os.walk(f"{root}/{top}") if os.path.isdir(f"{root}/{top}") \
                else [(root, [], [top])]:
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.lexists(path):  # some machines lack one
                    continue
                status = os.lstat(path)
                data = os.readlink(path) if os.path.islink(path) else open(path, "rb").read()
                found[path] = (data, status.st_mode, status.st_uid, status.st_gid,
                               status.st_mtime_ns)
    return found


def work(options):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(1))
    bench = Bench(options)
    for line in sys.stdin:
        number = json.loads(line)
        try:
            if isinstance(number, str):
                what, leased = number, random.Random(number).random() < 0.5
            else:
                what, leased = draw(options.seed, number)
            result = bench.try_machine(what, leased)
            if result["wrong"]:
                result.update(changes=[what] if isinstance(what, str) else what, log=bench.log.splitlines()[-12:])
        except Exception:  # a worker's stack is lost otherwise
            result = {"broken": traceback.format_exc(), "wrong": ["broken"]}
        print(json.dumps({**result, "number": number}), flush=True)


# Of the test

def show(result, options):
    print(f"# number {result['number']}: {', '.join(result['wrong'])}   "
          f"(again: --seed={options.seed} --only={result['number']})")
    for line in result.get("broken", "").splitlines():
        print("#  ", line)
    for key in ("leased", "claimed", "works", "reason", "refused", "state"):
        print(f"#   {key}: {result.get(key)}")
    for change in result.get("changes", []):
        print("#  ", change)
    for diff in (result.get("files") or {}).values():
        for line in (diff or "").splitlines():
            print("#    ", line)
    for line in result.get("log", []) if options.verbose else []:
        print("#    ", line)


def summary(results, seconds, options):
    tried = [result for result in results if "broken" not in result and "before" not in result]
    for leased in (False, True):
        mine = [result for result in tried if result["leased"] == leased]
        counts = collections.Counter(
            "works" if result["works"] else "changed, and still fails for another reason"
            if result["applied"] else "refused" for result in mine)
        print(f"# {'leases' if leased else 'for good'}: {len(mine)} machines that failed: "
              + ", ".join(f"{count} {what}" for what, count in counts.most_common()))
    wrong = collections.Counter(what.split(":")[0] for result in results
                                for what in result["wrong"])
    print(f"# {len(results)} machines in {seconds:.0f} s, seed {options.seed}; "
          f"{len(results) - len(tried)} worked before; wrong: {dict(wrong) or 'nothing'}")
    if options.verbose:
        for result in tried:
            if not result["works"]:
                print(f"#   {result['number']}: {result['reason']} {result.get('refused')}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ctl", required=True, help="our program, preflightctl")
    parser.add_argument("--machines", type=int, default=250 if os.environ.get("PF_FULL") else 14)
    parser.add_argument("--seed", default=str(default_seed()))
    parser.add_argument("--only", metavar="N", help="one machine, of the seed or the corpus")
    parser.add_argument("--corpus", default=os.path.join(os.environ.get("PF_SHARED", "../shared"),
                                                         "corpus/ssh-login"))
    parser.add_argument("--cases", type=int, metavar="N",
                        default=1000 if os.environ.get("PF_FULL") else 1,
                        help="of the corpus so many for each reason")
    parser.add_argument("--jobs", type=int, default=6)
    parser.add_argument("--all-others", action="store_true", default=bool(os.environ.get("PF_FULL")),
                        help="try every other account and address, not one of each")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--scratch", help=argparse.SUPPRESS)
    parser.add_argument("--outside", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.keep, given.as_drawn, given.program = None, False, os.path.abspath(__file__)
    return given


def main():
    options = arguments()
    if options.worker:
        work(options)
        return 0
    reason = login.missing()
    if reason:
        print(f"1..0 # skip {reason}")
        return 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    numbers = list(range(options.machines)) + [json.dumps(name) for name in cases(options)]
    if options.only:
        numbers = [options.only if options.only.isdigit() else json.dumps(options.only)]
    print(f"1..{-(-len(numbers) // BLOCK)}\n# seed {options.seed}", flush=True)
    results, good, started = [], [], time.monotonic()

    def on_result(result):
        results.append(result)
        if len(results) % BLOCK == 0 or len(results) == len(numbers):
            block = results[len(good) * BLOCK:]
            bad = [one for one in block if one["wrong"]]
            good.append(not bad)
            print(f"{'not ok' if bad else 'ok'} {len(good)} - {len(block)} machines, "
                  f"{len(bad)} wrong", flush=True)
            for one in bad:
                show(one, options)

    login.run(options, numbers, on_result)
    summary(results, time.monotonic() - started, options)
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
