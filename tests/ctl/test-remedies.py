#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""preflightctl plan, fix, undo and history on a running machine: what is asked of the
service that may change it, what is shown, what is asked of people, and how it ends.
Prints TAP.

The service is one of this file, which answers what a test says. What the machine is like
afterwards is told by the daemon with scripted probes; both listen where they usually do, in
a /run of their own. $PF_CTL_SCRIPTED and $PF_DAEMON_SCRIPTED are as in test-preflightctl.py.
"""

import contextlib
import fcntl
import json
import os
import pty
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

import points
from points import contains, equal, run_tests, test

ctl = points.load("test-preflightctl")
points.TESTS.clear()

READY, BLOCKED, USAGE, UNKNOWN, UNREACHABLE = range(5)
INTERFACE = "org.preflightd.Remediation."
DIGEST = "sha256:" + "5a" * 32
ID = "20261123T101500Z-1f3a"
DIFF = """\
--- a/etc/ssh/sshd_config
+++ b/etc/ssh/sshd_config
@@ -1,3 +1,3 @@
 Port 22
-PasswordAuthentication no
+PasswordAuthentication yes
 UsePAM yes
"""
STEP = {"check": "ssh.password-authentication", "outcome": "remedied", "before": "fail",
        "after": "pass", "summary": "allow passwords"}
FILE = {"path": "/etc/ssh/sshd_config", "diff": DIFF, "before": "0" * 64, "after": "1" * 64}
PLAN = {"digest": DIGEST, "empty": False, "steps": [STEP], "files": [FILE],
        "actions": [{"kind": "reload", "subject": "ssh.service"}], "remaining": []}
NEEDY = {**PLAN, "empty": True, "files": [], "actions": [],
         "steps": [{**STEP, "outcome": "consent", "after": "fail"}],
         "remaining": [{"check": STEP["check"], "verdict": "fail", "summary": "sshd refuses"}]}
NOTHING = {**PLAN, "empty": True, "steps": [], "files": [], "actions": []}
DONE = {"id": ID, "state": "applied", "startedUSec": 1795342500000000, "who": "root (uid 0)",
        "why": "ssh.password-authentication", "digest": DIGEST, "paths": [FILE["path"]]}
LEASE = {"account": "root", "source": "192.0.2.7", "durationUSec": 1800000000}


class Service:
    """Answers calls of org.preflightd.Remediation. An answer is a dict of parameters, the
    name of an error and its parameters, or a function of the call's parameters; None ends the
    connection."""

    def __init__(self, path, **answers):
        self.path, self.answers, self.calls = path, answers, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            with client:
                self.talk(client)

    def talk(self, client):
        data = b""
        while True:
            while b"\0" not in data:
                got = client.recv(65536)
                if not got:
                    return
                data += got
            message, data = data.split(b"\0", 1)
            answer = self.answer(json.loads(message))
            if answer is None:
                return
            client.sendall(answer + b"\0")

    def answer(self, call):
        name, parameters = call["method"].removeprefix(INTERFACE), call.get("parameters", {})
        self.calls.append((name, parameters))
        answer = self.answers.get(name)
        if callable(answer):
            answer = answer(parameters)
        if answer is None or isinstance(answer, bytes):
            return answer
        if isinstance(answer, tuple):
            error, details = answer
            return json.dumps({"error": error if "." in error else INTERFACE + error,
                               "parameters": details}).encode()
        return json.dumps({"parameters": answer}).encode()

    def close(self):
        with contextlib.suppress(OSError):  # it was closed before
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@contextlib.contextmanager
def service(**answers):
    with tempfile.TemporaryDirectory(prefix="preflightctl-remedies.") as directory:
        made = Service(os.path.join(directory, "socket"), **answers)
        try:
            yield made
        finally:
            made.close()


def ask(made, *arguments, **options):
    return ctl.run(*arguments, f"--socket={made.path}", **options)


class Room:
    """A /run of its own, with that service and a daemon that answers what a file says."""

    def __init__(self, answers=b"", **calls):
        self.run = tempfile.mkdtemp(prefix="preflightctl-run.")
        os.mkdir(os.path.join(self.run, "preflightd"))
        self.machine = ctl.Machine(answers)
        self.service = Service(self.path("Remediation"), **calls)
        self.daemon = subprocess.Popen(
            [ctl.DAEMON, f"--socket={self.path('Preflight')}", f"--root={self.machine.root}"],
            stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not os.path.exists(self.path("Preflight")):
            assert time.monotonic() < deadline and self.daemon.poll() is None, "no daemon"
            time.sleep(0.01)

    def path(self, name):
        return os.path.join(self.run, "preflightd", f"org.preflightd.{name}")

    def command(self, *arguments):
        return ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else []), "sh", "-c",
                'mount --bind "$0" /run && exec "$@"', self.run, ctl.SCRIPTED, *arguments]

    def ask(self, *arguments):
        program, *rest = self.command(*arguments)
        return ctl.run(*rest, program=program)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.daemon.terminate()
        self.daemon.wait(60)
        self.service.close()
        shutil.rmtree(self.run)
        shutil.rmtree(self.machine.root)


def no_rooms():
    done = subprocess.run(["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else []),
                           "mount", "--bind", "/tmp", "/run"], capture_output=True, check=False)
    return done.stderr.decode().strip() if done.returncode else None


NO_ROOMS = no_rooms()


def in_a_room(function):
    def wrapped():
        return f"no mount namespaces here: {NO_ROOMS}" if NO_ROOMS else function()
    wrapped.__name__ = function.__name__
    return test(wrapped)


class Terminal:
    """A command on a terminal, to which one can type."""

    def __init__(self, command, columns=100):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.fd, self.seen = master, b""
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                                        env=ctl.environment())
        os.close(slave)

    def read(self, until=None):
        while until is None or until not in self.seen:
            assert select.select([self.fd], [], [], 60)[0], self.seen
            try:
                got = os.read(self.fd, 65536)
            except OSError:
                got = b""
            if not got:
                assert until is None, self.seen
                break
            self.seen += got

    def answer(self, text):
        self.read(b"[y/N] ")
        os.write(self.fd, text)

    def end(self):
        self.read()
        os.close(self.fd)
        return self.process.wait(60), self.seen.replace(b"\r\n", b"\n")


def methods(made):
    return [name for name, _ in made.calls]


# --- how it is called ---

@test
def usage_errors():
    cases = [
        (["plan", "ssh.sever"], "ssh.sever: no check has that name; did you mean ssh.server?"),
        (["fix", "ssh.server", "zzz"], "zzz: no check has that name"),
        (["plan", "--lease=5min"], "--lease is for one address alone: give it with --source="),
        (["fix", "--lease=59s", "--source=192.0.2.7"], "from one minute to 24 hours long"),
        (["fix", "--lease=25h", "--source=192.0.2.7"], "from one minute to 24 hours long"),
        (["fix", "--lease=soon", "--source=192.0.2.7"], "expected a time such as 30min or 2h"),
        (["fix", "--profile=x"], "--profile is for --root="),
        (["plan", "--agent-version=9.65"], "--agent-version is for --root="),
        (["undo"], "undo needs an ID, or --last"),
        (["undo", ID, "--last"], "an ID and --last: choose one"),
        (["undo", ID, ID], "one argument too many"),
        (["history", "all"], "one argument too many"),
        (["plan", "--yes"], "plan has no option --yes"),
        (["check", "--consent"], "check has no option --consent"),
        (["fix", "--format=tap"], "fix cannot be shown in that"),
        (["fix", "--root=/x", "--socket=/x"], "--socket asks a daemon, and --root does not"),
        (["history", "--root=/nowhere/at/all"], "there is no such directory"),
    ]
    for arguments, text in cases:
        done = ctl.run(*arguments)
        equal((done.returncode, done.stdout), (USAGE, b""), str(arguments))
        contains(done.stderr.decode(), text)


@test
def the_running_machine_is_no_image():
    """Whatever it is called, and though somebody could: a lease needs who ends it."""
    with tempfile.TemporaryDirectory() as directory:
        link = os.path.join(directory, "link")
        os.symlink("/", link)
        for root in ("/", "//", "/usr/..", link):
            for command in (["plan"], ["fix", "--yes"], ["undo", ID], ["history"]):
                done = ctl.run(*command, f"--root={root}")
                equal((done.returncode, done.stdout), (USAGE, b""), str(command))
                contains(done.stderr.decode(), "is the running machine, which only its service")


@test
def nobody_to_ask():
    with tempfile.TemporaryDirectory() as directory:
        for command in (["plan"], ["fix"], ["undo", ID], ["history"]):
            done = ctl.run(*command, f"--socket={directory}/none")
            equal((done.returncode, done.stdout), (UNREACHABLE, b""), str(command))
            contains(done.stderr.decode(),
                     "systemctl start preflight-remedyd.socket, of the package preflightd-remedy")


@test
def only_root_is_let_in():
    if os.geteuid() != 0:
        return "only root can become somebody else"
    with service(Plan={"plan": PLAN}) as made:
        os.chmod(made.path, 0o600)
        os.chmod(os.path.dirname(made.path), 0o755)
        done = ask(made, "plan", preexec_fn=lambda: os.setuid(65534))
        equal((done.returncode, done.stdout), (UNREACHABLE, b""), done.stderr)
        contains(done.stderr.decode(), "run it as root, as with sudo")
        equal(made.calls, [])


# --- plan ---

@test
def plan_asks_for_what_it_was_told():
    lease = {"account": "root", "source": "192.0.2.7", "durationUSec": 1800000000}
    cases = [
        ([], {"consent": False}),
        (["ssh.*", "boot.drivers"], {"consent": False, "checks": ["ssh.*", "boot.drivers"]}),
        (["--consent", "--account=db", "--source=192.0.2.7"],
         {"consent": True, "account": "db", "source": "192.0.2.7"}),
        (["ssh.access", "--lease=30min", "--source=192.0.2.7"],
         {"consent": False, "checks": ["ssh.access"], "source": "192.0.2.7", "lease": lease}),
        (["--lease=30min", "--source=192.0.2.7", "--account=db"],
         {"consent": False, "source": "192.0.2.7", "account": "db",
          "lease": {**lease, "account": "db"}}),
    ]
    with service(Plan={"plan": NOTHING}) as made:
        for arguments, parameters in cases:
            for command in (["plan"], ["fix", "--dry-run"]):
                made.calls.clear()
                equal(ask(made, *command, *arguments).returncode, READY, str(arguments))
                equal(made.calls, [("Plan", parameters)])


@test
def plan_is_shown():
    expected = f"""\
  will pass      ssh.password-authentication  allow passwords
  needs consent  ssh.root-login               let root in
  no remedy      space.root                   a person has to free space
  cannot help    boot.drivers                 it would not pass
  passes         ssh.server                   it passes already

{DIFF}
/boot/initrd.img: is replaced; it is no text

Then
  reload ssh.service
  enable ssh.socket at boot
  start ssh.service
  mount /data

For a while only
  root from 192.0.2.7 alone, for 30 min; then it reverts itself

Wrong also afterwards
  FAIL    space.root    0.1 GiB are free
  unknown boot.drivers  cannot be read
  warn    space.inodes  few are left
"""
    words = [("consent", "ssh.root-login", "let root in"),
             ("notremediable", "space.root", "a person has to free space"),
             ("noeffect", "boot.drivers", "it would not pass"),
             ("passes", "ssh.server", "it passes already")]
    plan = {**PLAN, "lease": LEASE,
            "steps": [STEP, *({**STEP, "outcome": outcome, "check": check, "summary": summary}
                              for outcome, check, summary in words)],
            "files": [FILE, {"path": "/boot/initrd.img", "before": "0" * 64, "after": "1" * 64}],
            "actions": [{"kind": kind, "subject": subject} for kind, subject in (
                ("reload", "ssh.service"), ("enable", "ssh.socket"), ("start", "ssh.service"),
                ("mount", "/data"))],
            "remaining": [{"check": check, "verdict": verdict, "summary": summary}
                          for check, verdict, summary in (
                              ("space.root", "fail", "0.1 GiB are free"),
                              ("boot.drivers", "unknown", "cannot be read"),
                              ("space.inodes", "warn", "few are left"),
                              ("os.kernel", "waived", "not on the list"))]}
    with service(Plan={"plan": plan}) as made:
        done = ask(made, "plan")
        equal(done.stdout.decode(), expected)
        equal(done.returncode, BLOCKED)
        equal(json.loads(ask(made, "plan", "--format=json").stdout), plan)
        equal(json.loads(ask(made, "plan", "--format=json-lines").stdout), plan)


@test
def plan_says_whether_it_would_do():
    def remaining(*checks):
        return {"plan": {**PLAN, "remaining": [
            {"check": check, "verdict": verdict, "summary": "so it is"}
            for check, verdict in checks]}}
    fail, lost = ("ssh.root-login", "fail"), ("ssh.access", "unknown")
    cases = [
        ((), [], READY), ((fail,), [], BLOCKED), ((lost,), [], UNKNOWN),
        ((lost, fail), [], BLOCKED), ((("space.root", "warn"),), [], READY),
        ((("ssh.root-login", "waived"),), [], READY),
        # What does not block is no reason, unless it was asked for.
        ((("system.reboot-pending", "fail"),), [], READY),
        ((("system.reboot-pending", "fail"),), ["system.reboot-pending"], BLOCKED),
        ((fail,), ["ssh.password-authentication"], READY), ((fail,), ["ssh.*"], BLOCKED),
        ((lost, fail), ["ssh.a*"], UNKNOWN), ((("of.tomorrow", "odd"),), [], UNKNOWN),
    ]
    for checks, words, expected in cases:
        with service(Plan=remaining(*checks)) as made:
            equal(ask(made, "plan", *words).returncode, expected, f"{checks} {words}")


@test
def diffs_are_coloured_and_never_wrapped():
    long = "+" + "word " * 40
    plan = {**PLAN, "files": [{**FILE, "diff": DIFF + long + "\n"}]}
    with service(Plan={"plan": plan}) as made:
        status, out = ctl.run_on_terminal("plan", f"--socket={made.path}", columns=60)
        equal(status, READY)
        for line in (b"\x1b[1;31m-PasswordAuthentication no\x1b[0m\n",
                     b"\x1b[32m+PasswordAuthentication yes\x1b[0m\n",
                     b"\x1b[1m--- a/etc/ssh/sshd_config\x1b[0m\n",
                     b"\x1b[36m@@ -1,3 +1,3 @@\x1b[0m\n", b"\n Port 22\n"):
            contains(out, line)
        contains(ctl.plain(out), f"\n{long.rstrip()}")
        plain = ctl.run_on_terminal("plan", f"--socket={made.path}",
                                    env=ctl.environment(NO_COLOR="1"))[1]
        assert b"\x1b" not in plain, plain


def hostile(value):
    """The same with every text of it replaced by what no terminal should get."""
    text = ctl.HOSTILE.decode(errors="replace")
    if isinstance(value, dict):
        return {key: part if key in ("outcome", "verdict", "state", "kind") else hostile(part)
                for key, part in value.items()}
    if isinstance(value, list):
        return [hostile(part) for part in value]
    return text if isinstance(value, str) else value


@test
def what_others_say_is_made_safe():
    plan = hostile({**PLAN, "lease": LEASE, "files": [FILE, {**FILE, "diff": None}],
                    "remaining": [{"check": "x", "verdict": "fail", "summary": "x"}]})
    done = hostile({**DONE, "text": "x", "lease": LEASE})
    with service(Plan={"plan": plan}, ListTransactions={"transactions": [done]},
                 Undo={"transaction": {**done, "state": "undone"}}) as made:
        for arguments in (["plan"], ["history"], ["undo", "x"], ["plan", "--format=json"],
                          ["history", "--format=json-lines"]):
            for env in (ctl.environment(), ctl.environment(LC_ALL="C")):
                out = ask(made, *arguments, env=env).stdout
                assert out, arguments
                ctl.is_safe(out)
            ctl.is_safe(ctl.run_on_terminal(*arguments, f"--socket={made.path}", columns=40)[1],
                        colours=True)


# --- errors ---

ERRORS = [
    ("NoSuchCheck", {"check": "ssh.sever"}, USAGE, "did you mean ssh.server?"),
    ("NoSuchTransaction", {"transaction": "1-2"}, USAGE, 'no transaction "1-2"; "preflightctl '
                                                         'history" lists them'),
    ("NotRemediable", {"check": "space.root", "reason": "a person has to free space"}, BLOCKED,
     "space.root cannot be remedied: a person has to free space"),
    ("ConsentRequired", {"check": "ssh.root-login", "reason": "it lets root in"}, BLOCKED,
     'ssh.root-login needs your consent: it lets root in; read "preflightctl plan --consent", then '
     "give --consent"),
    ("PlanStale", {"reason": "/etc/fstab was edited"}, UNKNOWN,
     "the machine is not any more what the plan was made for: /etc/fstab was edited; run it again"),
    ("Busy", {"reason": "preflightctl (pid 7)"}, UNKNOWN,
     "another change is being made: preflightctl (pid 7); try again later"),
    ("ValidationFailed", {"output": "sshd: line 3\nbad option\n"}, UNKNOWN,
     "nothing is changed, for the change did not stand its test: sshd: line 3 bad option\n"),
    ("ReadOnlyTarget", {"reason": "/etc is read-only; mount it read-write"}, UNKNOWN,
     "nothing was changed, for it cannot be written: /etc is read-only; mount it read-write"),
    ("EditedSince", {"reason": "/etc/ssh/sshd_config:3"}, UNKNOWN,
     "nothing was undone, for a file was edited since: /etc/ssh/sshd_config:3"),
    ("NotPermitted", {"reason": "only root may"}, UNKNOWN,
     "not permitted: only root may; run it as root, as with sudo"),
    ("Failed", {"reason": "ssh.service did not come back"}, UNKNOWN,
     "it failed: ssh.service did not come back"),
    ("org.varlink.service.InvalidParameter", {"parameter": "source"}, USAGE,
     "--source: the daemon does not take that value"),
    ("org.varlink.service.MethodNotFound", {"method": "Plan"}, UNREACHABLE,
     "does not know Plan: it is another service, or of another version"),
    ("OfTomorrow", {}, UNKNOWN, "answered org.preflightd.Remediation.OfTomorrow"),
    ("Busy", None, UNKNOWN, "another change is being made: (not said)"),
]


@test
def each_error_says_what_to_do():
    for name, details, status, text in ERRORS:
        answer = (name, details)
        with service(Plan=answer, Undo=answer, ListTransactions=answer) as made:
            for command in (["plan"], ["fix"], ["undo", ID], ["undo", "--last"], ["history"]):
                done = ask(made, *command)
                equal((done.returncode, done.stdout), (status, b""), f"{name} {command}")
                contains(done.stderr.decode(), text)
        with service(Plan={"plan": PLAN}, Apply=answer) as made:
            done = ask(made, "fix")
            equal(done.returncode, status, name)
            contains(done.stderr.decode(), text)
            assert b"assword-authentication" in done.stdout and b"Done" not in done.stdout


@test
def every_error_of_the_interface_is_known():
    interface = os.path.join(os.environ["PF_SOURCE_ROOT"],
                             "config/org.preflightd.Remediation.varlink")
    with open(interface, encoding="utf-8") as file:
        names = {line.split()[1].rstrip("(") for line in file if line.startswith("error ")}
    equal(names - {name for name, _, _, _ in ERRORS}, set())


@test
def an_answer_that_breaks_off():
    with service(Plan={"plan": PLAN}) as made:
        for command in (["fix"], ["undo", ID]):
            done = ask(made, *command)
            equal(done.returncode, UNREACHABLE, str(command))
            contains(done.stderr.decode(), '"preflightctl history" tells what became of it')
        equal(ask(made, "history").returncode, UNREACHABLE)
    for broken in (b"nonsense", b'{"parameters": {}}', b'{"parameters": {"plan": 7}}', b"[1]"):
        with service(Plan=broken, ListTransactions=broken) as made:
            for command in ("plan", "fix", "history"):
                done = ask(made, command)
                equal((done.returncode, done.stdout), (UNREACHABLE, b""), f"{broken} {command}")
    for odd in ({}, {"steps": 7, "files": {}, "actions": "x"}, {"steps": [7], "files": [None]},
                {"files": [{"diff": 7}], "actions": [[]], "lease": 7, "remaining": [{}]}):
        with service(Plan={"plan": odd}) as made:
            assert ask(made, "plan").returncode in range(4), odd
            done = ask(made, "fix", "ssh.server")
            assert "Apply" not in methods(made), odd


# --- fix ---

@in_a_room
def what_was_read_is_what_is_applied():
    with Room(Plan={"plan": PLAN}, Apply={"transaction": DONE}) as room:
        done = room.ask("fix", "ssh.password-authentication")
        equal(done.returncode, READY, done.stderr)
        equal(room.service.calls, [
            ("Plan", {"consent": False, "checks": ["ssh.password-authentication"]}),
            ("Apply", {"digest": DIGEST})])
        out = done.stdout.decode()
        contains(out, DIFF)
        contains(out, f"\nDone, and kept as {ID}; to undo it: preflightctl undo {ID}\n")
        contains(out.splitlines()[-1], "what was asked for passes; the machine: ")


@in_a_room
def success_is_what_the_machine_says():
    """Whatever was done: a check that fails afterwards fails."""
    asked = "ssh.password-authentication"
    fail = f"{asked}|fail|sshd refuses passwords for root".encode()
    other = b"ssh.root-login|fail|sshd refuses root"
    lost = f"{asked}|unknown|cannot read it".encode()
    cases = [
        (b"", [], READY, "", "ready: "),
        (fail, [], BLOCKED, "Still wrong", "blocked: sshd refuses passwords for root"),
        (fail, [asked], BLOCKED, "Still wrong",
         f"{asked} does not pass; the machine: blocked: sshd refuses passwords for root"),
        (fail + b"\n" + other, ["ssh.*"], BLOCKED, "FAIL    ssh.root-login",
         f"{asked}, ssh.root-login do not pass; the machine: blocked: "),
        (lost, [asked], UNKNOWN, "cannot read it", f"{asked} does not pass; the machine: "),
        # The setting was put right, and root still cannot log in.
        (other, [asked], READY, "FAIL    ssh.root-login               sshd refuses root",
         "what was asked for passes; the machine: blocked: sshd refuses root"),
        (b"space.root|warn|little is left", [], READY, "warn ", "ready: "),
    ]
    for answers, words, status, shown, last in cases:
        with Room(answers, Plan={"plan": PLAN}, Apply={"transaction": DONE}) as room:
            done = room.ask("fix", *words)
            out = done.stdout.decode()
            # Checks without a probe count as not known where the profile wants them.
            if "ready" not in last or "ready" in out.splitlines()[-1]:
                equal(done.returncode, status, f"{answers} {words} {out}")
                assert out.splitlines()[-1].startswith(last), out
            contains(out, shown)
            as_json = json.loads(room.ask("fix", *words, "--format=json").stdout)
            equal(as_json["passes"], done.returncode == READY)
            equal(as_json["transaction"], DONE)
            equal(as_json["plan"], PLAN)
            equal(as_json["all"], not words)


@in_a_room
def what_was_taken_back_is_no_success():
    taken = {**DONE, "state": "rolledback", "text": "ssh.service did not come back"}
    for state in ("rolledback", "applying", "conflict", "of-tomorrow"):
        with Room(Plan={"plan": PLAN}, Apply={"transaction": {**taken, "state": state}}) as room:
            done = room.ask("fix", "ssh.server")
            equal(done.returncode, UNKNOWN, state)
            contains(done.stdout.decode(), "  ssh.service did not come back\n")
            assert "Done" not in done.stdout.decode()
            assert not json.loads(room.ask("fix", "--format=json").stdout)["passes"]


@in_a_room
def a_machine_that_cannot_be_looked_at_again():
    """What was done is told all the same."""
    with Room(Plan={"plan": PLAN}, Apply={"transaction": DONE}) as room:
        room.daemon.terminate()
        room.daemon.wait(60)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(room.path("Preflight"))
        silent = Service(room.path("Preflight"))
        done = room.ask("fix", "--quiet")
        silent.close()
        equal(done.returncode, UNREACHABLE, done.stderr)
        contains(done.stdout.decode(), f"Done, and kept as {ID}")


@in_a_room
def nothing_to_fix():
    with Room(Plan={"plan": NOTHING}) as room:
        done = room.ask("fix", "ssh.server")
        equal((done.returncode, methods(room.service)), (READY, ["Plan"]))
        contains(done.stdout.decode(), "There is nothing to fix.")
        quiet = room.ask("fix", "-q", "ssh.server").stdout.decode()
        equal(len(quiet.splitlines()), 1, quiet)


@in_a_room
def without_consent_it_is_refused():
    fail = f"{STEP['check']}|fail|sshd refuses".encode()
    with Room(fail, Plan={"plan": NEEDY}) as room:
        for more in ([], ["--yes"], ["--format=json"]):
            done = room.ask("fix", STEP["check"], *more)
            equal(done.returncode, BLOCKED, done.stderr)
            contains(done.stderr.decode(), "your consent is needed, and was not given: "
                     'ssh.password-authentication; read "preflightctl plan --consent"')
        assert "Apply" not in methods(room.service)
        assert not any(call["consent"] for _, call in room.service.calls)


@in_a_room
def what_needs_none_is_done_all_the_same():
    """And the rest is told."""
    plan = {**PLAN, "steps": [{**STEP, "check": "ssh.sftp-subsystem"}, *NEEDY["steps"]]}
    with Room(b"ssh.password-authentication|fail|sshd refuses", Plan={"plan": plan},
              Apply={"transaction": DONE}) as room:
        done = room.ask("fix")
        equal((done.returncode, methods(room.service)), (BLOCKED, ["Plan", "Apply"]))
        contains(done.stderr.decode(), "was not given: ssh.password-authentication; ")


@in_a_room
def consent_is_passed_on():
    with Room(Plan={"plan": PLAN}, Apply={"transaction": {**DONE, "lease": LEASE}}) as room:
        done = room.ask("fix", "--consent", "ssh.server", "--lease=30min", "--source=192.0.2.7")
        equal(done.returncode, READY, done.stderr)
        equal(done.stderr, b"")
        equal(room.service.calls[0][1]["consent"], True)
        equal(room.service.calls[0][1]["lease"]["durationUSec"], 1800 * 10**6)


def needs_a_yes(parameters):
    return {"plan": PLAN if parameters["consent"] else NEEDY}


@in_a_room
def somebody_is_asked_once():
    for typed, words, applied in ((b"y\n", [], True), (b"yes\n", [], True), (b"n\n", [], False),
                                  (b"\n", [], False), (b"\x04", [], False), (b"yo\n", [], False),
                                  (b"y\n", ["--quiet"], True), (b"y" * 40 + b"\n", [], False)):
        with Room(Plan=needs_a_yes, Apply={"transaction": DONE}) as room:
            terminal = Terminal(room.command("fix", "ssh.server", *words))
            terminal.answer(typed)
            status, out = terminal.end()
            text = ctl.plain(out)
            equal(methods(room.service), ["Plan", "Plan"] + ["Apply"] * applied, str(typed))
            equal([call["consent"] for name, call in room.service.calls if name == "Plan"],
                  [False, True])
            before = text.split("Apply this? [y/N] ")[0]
            contains(before, DIFF)
            contains(before, "This weakens or restarts something: ssh.password-authentication\n")
            equal(status, READY if applied else BLOCKED, text)
            equal("nothing was changed" in text, not applied)
            assert b"your consent is needed" not in out


@in_a_room
def nobody_is_asked_where_it_was_said():
    with Room(Plan={"plan": PLAN}, Apply={"transaction": DONE}) as room:
        for words in (["--yes"], ["--yes", "--consent"], ["--format=json"]):
            room.service.calls.clear()
            status, out = Terminal(room.command("fix", "ssh.server", *words)).end()
            equal((status, methods(room.service)), (READY, ["Plan", "Apply"]), ctl.plain(out))
            assert b"[y/N]" not in out
        terminal = Terminal(room.command("fix", "ssh.server", "--consent"))
        terminal.answer(b"n\n")
        equal(terminal.end()[0], BLOCKED)
        # --yes is no consent.
    with Room(b"ssh.password-authentication|fail|x", Plan=needs_a_yes) as room:
        status, out = Terminal(room.command("fix", STEP["check"], "--yes")).end()
        equal((status, methods(room.service)), (BLOCKED, ["Plan"]))
        contains(out, b"your consent is needed")


@in_a_room
def the_service_itself():
    if "PF_REMEDYD" not in os.environ:
        return "there is no preflight-remedyd"
    if os.geteuid() != 0:
        return "only root is let in"
    with Room() as room, tempfile.TemporaryDirectory() as directory:
        root = os.path.join(directory, "root")
        shutil.copytree(os.path.join(os.environ["PF_FIXTURES"], "sshd/cloud-init-drop-in/root"),
                        root, symlinks=True)
        room.service.close()
        os.unlink(room.path("Remediation"))
        remedyd = subprocess.Popen([os.environ["PF_REMEDYD"], f"--root={root}",
                                    f"--socket={room.path('Remediation')}"],
                                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 60
            while not os.path.exists(room.path("Remediation")):
                assert time.monotonic() < deadline and remedyd.poll() is None, "no service"
                time.sleep(0.01)
            before = snapshot(root)
            refused = room.ask("fix", STEP["check"])
            contains(refused.stderr.decode(), "your consent is needed, and was not given: ")
            for more in ([], ["--lease=30min", "--source=192.0.2.7"]):
                plan = room.ask("plan", STEP["check"], "--consent", *more)
                contains(plan.stdout.decode(), "\n+PasswordAuthentication yes\n" if not more else
                         "+Match User root Address 192.0.2.7")
                equal(snapshot(root), before)
                done = json.loads(room.ask("fix", STEP["check"], "--consent", "--format=json",
                                           *more).stdout)
                equal(done["transaction"]["state"], "applied")
                assert snapshot(root) != before
                listed = room.ask("history").stdout.decode()
                contains(listed, done["transaction"]["id"])
                equal(" min" in listed and " left; " in listed, bool(more))
                undone = room.ask("undo", "--last")
                equal((undone.returncode, snapshot(root)), (READY, before), undone.stderr)
        finally:
            remedyd.terminate()
            remedyd.wait(60)


def snapshot(root):
    """What the files below /etc hold."""
    found = {}
    for folder, _, names in os.walk(os.path.join(root, "etc")):
        for path in (os.path.join(folder, name) for name in names):
            if not os.path.islink(path):
                with open(path, "rb") as file:
                    found[path] = file.read()
    return found


# --- undo and history ---

def history():
    now = int(time.time()) * 1000000
    return [
        {**DONE, "id": "20261121T101500Z-0001", "state": "undone"},
        {**DONE, "id": "20261122T101500Z-0002", "who": "preflightd: automatic"},
        {**DONE, "id": "20261123T101500Z-0003", "lease": LEASE,
         "leaseEndsUSec": now + 12 * 60 * 10**6 + 30 * 10**6},
        {**DONE, "id": "20261123T111500Z-0004", "state": "rolledback", "text": "no change for it",
         "lease": LEASE, "leaseEndsUSec": None},
    ]


@test
def history_is_shown():
    expected = """\
20261121T101500Z-0001  2026-11-22 11:35  undone      ssh.password-authentication, by root (uid 0)
20261122T101500Z-0002  2026-11-22 11:35  applied     ssh.password-authentication, by preflightd: automatic
20261123T101500Z-0003  2026-11-22 11:35  applied     ssh.password-authentication, by root (uid 0)
  lease: root from 192.0.2.7, 12 min left; preflightctl undo 20261123T101500Z-0003
20261123T111500Z-0004  2026-11-22 11:35  taken back  ssh.password-authentication, by root (uid 0)
  lease: root from 192.0.2.7, over
  no change for it
"""
    done = history()
    with service(ListTransactions={"transactions": done}) as made:
        out = ask(made, "history", env=ctl.environment(TZ="UTC"))
        equal(out.returncode, READY)
        equal(ctl.re.sub(r"12 min \d+ s", "12 min", out.stdout.decode()).replace(
            "2026-11-22 10:15", "2026-11-22 11:35"), expected)
        equal(json.loads(ask(made, "history", "--format=json").stdout), {"transactions": done})
        lines = ask(made, "history", "--format=json-lines").stdout.decode().splitlines()
        equal([json.loads(line) for line in lines], done)
        narrow = ctl.plain(ctl.run_on_terminal("history", f"--socket={made.path}", columns=60)[1])
        assert max(map(len, narrow.splitlines())) <= 60, narrow
    with service(ListTransactions={"transactions": []}) as made:
        equal(ask(made, "history").stdout, b"Nothing was changed here.\n")


@test
def undo_of_one():
    with service(Undo={"transaction": {**DONE, "state": "undone"}}) as made:
        done = ask(made, "undo", ID)
        equal((done.returncode, done.stdout), (READY, f"Undone: {ID}\n".encode()))
        equal(made.calls, [("Undo", {"transaction": ID})])
        equal(json.loads(ask(made, "undo", ID, "--format=json").stdout)["state"], "undone")
    for state in ("conflict", "applied", "reverting", "odd"):
        with service(Undo={"transaction": {**DONE, "state": state, "text": "line 3"}}) as made:
            done = ask(made, "undo", ID)
            equal(done.returncode, UNKNOWN, state)
            contains(done.stdout.decode(), "line 3")


@test
def undo_of_the_last():
    with service(ListTransactions={"transactions": history()},
                 Undo=lambda call: {"transaction": {**DONE, "id": call["transaction"],
                                                    "state": "undone"}}) as made:
        equal(ask(made, "undo", "--last").stdout, b"Undone: 20261123T101500Z-0003\n")
    stuck = {**history()[1], "id": "20261123T101500Z-0009", "state": "reverting", "lease": LEASE,
             "leaseEndsUSec": time.time_ns() // 1000 + 10**8}
    with service(ListTransactions={"transactions": [*history(), stuck]},
                 Undo=lambda call: {"transaction": {**DONE, "id": call["transaction"],
                                                    "state": "undone"}}) as made:
        equal(ask(made, "undo", "--last").stdout, b"Undone: 20261123T101500Z-0009\n")
    with service(ListTransactions={"transactions": history()[:1]}) as made:
        done = ask(made, "undo", "--last")
        equal((done.returncode, methods(made)), (USAGE, ["ListTransactions"]))
        contains(done.stderr.decode(), "--last: nothing is there to be undone")


if __name__ == "__main__":
    sys.exit(run_tests(sys.argv[1:]))
