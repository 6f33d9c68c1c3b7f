#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Profiles, agent versions and waivers, from outside. Prints TAP.

$PF_CTL is the client; $PF_CTL_SCRIPTED and $PF_DAEMON_SCRIPTED are it and the daemon
with the probes of scripted-probes.c. $PF_SOURCE_ROOT is the tree.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from points import contains, equal, run_tests, test

CTL = os.environ["PF_CTL"]
SCRIPTED = os.environ["PF_CTL_SCRIPTED"]
DAEMON = os.environ["PF_DAEMON_SCRIPTED"]
TREE = os.environ["PF_SOURCE_ROOT"]

READY, BLOCKED, USAGE, UNKNOWN = range(4)
NOBODY = 65534
CHECK = "ssh.password-authentication"
ALL = "--only=ssh.server,ssh.password-authentication,ssh.root-login,space.*,os.kernel"
FAIL = b"ssh.password-authentication|fail|sshd refuses passwords for root|" \
       b"/etc/ssh/sshd_config|12|PasswordAuthentication no|PasswordAuthentication yes\n"
LATER = "2999-01-31"


def run(*arguments, program=SCRIPTED, **options):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120,
                          check=False, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, LC_ALL="C.UTF-8"), **options)


def report_of(*arguments, **options):
    done = run("check", "--format=json", *arguments, **options)
    return done.returncode, json.loads(done.stdout)


def check_in(report, name):
    return next(check for check in report["checks"] if check["check"] == name)


class Machine:
    def __init__(self, answers=FAIL):
        self.root = tempfile.mkdtemp(prefix="policy.")
        os.chmod(self.root, 0o755)
        self.write("answers", answers)
        self.write("etc/ssh/sshd_config", b"\n" * 11 + b"PasswordAuthentication no\n")

    def write(self, name, contents, mode=0o644):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        with open(path, "wb") as file:
            file.write(contents if isinstance(contents, bytes) else contents.encode())
        os.chmod(path, mode)

    def waive(self, text, name="a", mode=0o644):
        self.write(f"etc/preflightd/waivers.d/{name}.conf", text, mode)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root)


class Daemon:
    def __init__(self, machine):
        self.directory = tempfile.mkdtemp(prefix="policy-daemon.")
        os.chmod(self.directory, 0o755)
        self.path = os.path.join(self.directory, "socket")
        self.process = subprocess.Popen([DAEMON, f"--socket={self.path}",
                                         f"--root={machine.root}"], stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while not os.path.exists(self.path):
            assert self.process.poll() is None and time.monotonic() < end, "no daemon"
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        shutil.rmtree(self.directory)


def waive(*arguments):
    return run("waive", CHECK, "--reason=it is behind a gateway", "--owner=Jane <j@example.com>",
               f"--expires={LATER}", *arguments)


# --- agent versions ---

@test
def agent_versions_differ():
    """What 9.20 brought: /boot on another disk, / on several, / on LVM."""
    expected = {
        "boot-on-another-disk": {"disk.boot-system-same": ("95309", "fail", "warn")},
        "lvm-two-disks": {"disk.system-span": ("95313", "fail", "pass"),
                          "disk.lvm": (None, "fail", "pass")},
        "lvm-root": {"disk.lvm": (None, "fail", "pass"),
                     "disk.system-span": ("95313", "pass", "pass")},
    }
    for case, checks in expected.items():
        root = os.path.join(TREE, "tests/fixtures/disks", case, "root")
        for version, place in (("9.19", 1), ("9.20", 2), ("9.65", 2)):
            _, report = report_of(f"--root={root}", f"--agent-version={version}",
                                  "--only=" + ",".join(checks), program=CTL)
            equal(report["agentVersion"], version)
            for name, verdicts in checks.items():
                check = check_in(report, name)
                equal(check["verdict"], verdicts[place], f"{case}, {version}, {name}")
                if verdicts[0]:
                    contains(check["errorIds"], verdicts[0])
            blocked = any(verdicts[place] == "fail" for verdicts in checks.values())
            equal(report["verdict"], "blocked" if blocked else "ready", f"{case}, {version}")


# --- profiles ---

@test
def a_profile_is_checked():
    for name in ("profiles/asr-mobility.conf", "profile-example.conf"):
        done = run("profile", os.path.join(TREE, "config", name))
        equal((done.returncode, done.stderr), (READY, ""), name)
    with Machine() as machine:
        path = os.path.join(machine.root, "own.conf")
        with open(os.path.join(TREE, "config/profile-example.conf"), encoding="utf-8") as file:
            good = file.read().splitlines(True)
        bad = good + ["[Space]\n", "Inodes=8\n", "Colour=red\n", "[Checks]\n",
                      "Blocker=ssh.axess\n"]
        machine.write("own.conf", "".join(bad))
        done = run("profile", path)
        lines = len(good)
        equal(done.returncode, USAGE)
        equal(done.stdout.splitlines(), [
            f"{path}:{lines + 2}: Inodes= is given twice",
            f"{path}:{lines + 3}: unknown key Colour= in [Space]",
            f"{path}:{lines + 5}: Blocker=ssh.axess: expected names of checks, or wildcards that "
            "match some: ssh.access, boot.*"])
        done = run("profile", "own.conf", "--format=json", cwd=machine.root)
        answer = json.loads(done.stdout)
        equal((done.returncode, answer["valid"], len(answer["errors"])), (USAGE, False, 3))


@test
def the_schema_is_printed():
    keys = json.loads(run("profile", "--schema", "--format=json").stdout)["keys"]
    text = run("profile", "--schema").stdout
    assert len(keys) >= 20
    for key in keys:
        assert key["help"] and key["value"], key
        contains(text, f"{key['key']}={key['value']}")
    equal(run("profile").returncode, USAGE)
    equal(run("profile", "--schema", "x").returncode, USAGE)
    equal(run("profile", "/does/not/exist.conf").returncode, USAGE)


# --- waivers ---

@test
def what_is_waived_does_not_block():
    with Machine() as machine:
        where = [f"--root={machine.root}", ALL]
        equal(report_of(*where)[0], BLOCKED)
        done = waive()
        equal((done.returncode, done.stderr), (READY, ""))
        machine.waive(done.stdout)
        status, report = report_of(*where)
        check = check_in(report, CHECK)
        equal((status, report["verdict"]), (READY, "ready"))
        equal((report["counts"]["waived"], report["counts"]["fail"]), (1, 0))
        equal((check["verdict"], check["summary"]),
              ("waived", "sshd refuses passwords for root"))
        equal(check["evidence"][0]["found"], "PasswordAuthentication no")
        equal(check["waiver"], {"file": "/etc/preflightd/waivers.d/a.conf",
                                "reason": "it is behind a gateway",
                                "owner": "Jane <j@example.com>",
                                "expiresUSec": 32474736000000000})
        equal([(entry["file"], entry["state"]) for entry in report["waivers"]],
              [("/etc/preflightd/waivers.d/a.conf", "active")])
        contains(run("check", *where).stdout, "it is behind a gateway")


@test
def strict_waives_nothing():
    with Machine() as machine:
        machine.waive(waive().stdout)
        for form in ("table", "json", "junit", "tap", "sarif"):
            equal(run("check", f"--root={machine.root}", ALL, "--strict",
                      f"--format={form}").returncode, BLOCKED, form)
        equal(run("status", f"--root={machine.root}", "--strict").returncode, BLOCKED)


@test
def a_waiver_ends_with_its_evidence():
    with Machine() as machine:
        where = [f"--root={machine.root}", ALL]
        done = waive("--evidence=now", f"--root={machine.root}")
        fingerprint = check_in(report_of(*where)[1], CHECK)["fingerprint"]
        contains(done.stdout, f"Evidence={fingerprint}\n")
        machine.waive(done.stdout, mode=0o600)
        equal(report_of(*where)[0], READY)
        machine.write("answers", FAIL.replace(b"|12|", b"|99|"))  # the line moved
        equal(report_of(*where)[0], READY)
        machine.write("answers", FAIL.replace(b"Authentication no", b"Authentication No"))
        status, report = report_of(*where)
        equal((status, report["waivers"][0]["state"]), (BLOCKED, "mismatch"))


@test
def what_waives_nothing_is_shown():
    with Machine() as machine:
        machine.waive("[Waiver]\nCheck=ssh.*\n", "bad")
        machine.waive(waive().stdout.replace(LATER, "2020-01-31"), "old")
        machine.waive(waive().stdout, "open", mode=0o666)
        status, report = report_of(f"--root={machine.root}", ALL)
        equal(status, BLOCKED)
        equal([entry["state"] for entry in report["waivers"]], ["invalid", "expired", "refused"])
        equal(report["waivers"][0]["line"], 2)
        text = run("check", f"--root={machine.root}", ALL).stdout
        for part in ("bad.conf:2", "expected the name of one check", "expired at 2020-01-31",
                     "may be written by every user"):
            contains(" ".join(text.split()), part)


@test
def waive_refuses():
    cases = [(["waive", "ssh.pasword-authentication"], "did you mean ssh.password-authentication"),
             (["waive", CHECK], "waive needs --reason="),
             (["waive", CHECK, "--reason=r", "--owner=o"], "waive needs --expires="),
             (["waive", CHECK, "--reason=r", "--owner=o", "--expires=soon"], "expected a date"),
             (["waive", CHECK, "--reason=r", "--owner=o", "--expires=2020-01-01"], "is over"),
             (["waive", CHECK, "--reason=r", "--owner=a\nb", f"--expires={LATER}"], "one line"),
             (["waive", CHECK, "--reason=r", "--owner=o", f"--expires={LATER}", "--evidence=x"],
              "expected the fingerprint")]
    for arguments, expected in cases:
        done = run(*arguments)
        equal((done.returncode, done.stdout), (USAGE, ""), arguments)
        contains(" ".join(done.stderr.split()), expected)


def without_times(report):
    report = {key: value for key, value in report.items()
              if key not in ("startedUSec", "durationUSec")}
    report["checks"] = [{key: value for key, value in check.items()
                         if key not in ("probedUSec", "durationUSec")}
                        for check in report["checks"]]
    return report


@test
def daemon_and_process_agree():
    with Machine() as machine:
        machine.waive(waive().stdout)
        machine.waive("[Waiver]\n", "b")
        with Daemon(machine) as daemon:
            asked = report_of(f"--socket={daemon.path}", ALL)
            looked = report_of(f"--root={machine.root}", ALL)
            equal(asked[0], looked[0])
            equal(without_times(asked[1]), without_times(looked[1]))
            equal(len(asked[1]["waivers"]), 2)


@test
def an_ordinary_user_is_not_told_secrets():
    """Neither a fingerprint of what is withheld, nor the texts of a file of mode 0600."""
    if os.geteuid() != 0:
        return "only root can become an ordinary user"
    with Machine() as machine:
        machine.write("etc/ssh/sshd_config", b"PasswordAuthentication no\n", 0o600)
        machine.waive(waive().stdout, mode=0o600)
        copy = os.path.join(machine.root, "ctl")
        shutil.copy(SCRIPTED, copy)
        os.chmod(copy, 0o755)
        with Daemon(machine) as daemon:
            _, told = report_of(f"--socket={daemon.path}", ALL)
            done = run("check", "--format=json", f"--socket={daemon.path}", ALL, program=copy,
                       user=NOBODY)
            seen = json.loads(done.stdout)
        check = check_in(seen, CHECK)
        assert check_in(told, CHECK)["fingerprint"]
        equal((check["verdict"], check["fingerprint"]), ("waived", None))
        equal(check["waiver"]["reason"], None)
        equal(check["waiver"]["withheld"], True)
        equal(seen["waivers"][0]["state"], "active")
        for secret in ("gateway", "Jane", "PasswordAuthentication no"):
            assert secret not in done.stdout, secret
    return None


@test
def a_capture_has_them():
    with Machine() as machine, tempfile.TemporaryDirectory() as directory:
        machine.waive(waive().stdout)
        machine.waive("[Waiver]\n", "b", mode=0o666)
        copy = os.path.join(directory, "copy")
        done = run("capture", copy, f"--root={machine.root}")
        equal(done.returncode, READY, done.stderr)
        here = without_times(report_of(f"--root={machine.root}", ALL)[1])
        there = without_times(report_of(f"--root={copy}", ALL)[1])
        equal(there, here)
        equal([entry["state"] for entry in there["waivers"]], ["active", "refused"])


if __name__ == "__main__":
    sys.exit(run_tests())
