#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""preflightctl capture: a copy is judged as the machine is, and holds no secret.

Every fixture, and the machine this runs on, is captured; the report of the copy
is compared with that of the machine, check by check. Prints TAP. $PF_CTL is the
program; $PF_FIXTURES the folder of the fixtures; $PF_EVERY=5 takes each fifth of them.
"""

import json
import os
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile

import points
from points import contains, equal, test

CTL = os.environ["PF_CTL"]
FIXTURES = os.environ["PF_FIXTURES"]
EVERY = int(os.environ.get("PF_EVERY", "1"))

READY, BLOCKED, USAGE, UNKNOWN = range(4)
SHA512 = "$6$Zm9vYmFyYmF6cXV4$" + "kX9" * 28 + "k/"
YESCRYPT = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7"
DES = "abJnggxhB/yWI"
ANSWERS = ("check", "verdict", "summary", "remedy", "vendorVerdict", "reason", "where")


def run(*arguments, **options):
    return subprocess.run([CTL, *arguments], stdin=subprocess.DEVNULL, timeout=120, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


class Scratch:
    """A machine below root, and a place for its capture beside it."""

    def __init__(self, fixture=None):
        self.top = tempfile.mkdtemp(prefix="pf-capture.")
        self.root = os.path.join(self.top, "root")
        self.copy = os.path.join(self.top, "copy")
        self.demand = {}
        if fixture:
            self.open(fixture)
        else:
            os.mkdir(self.root)

    def open(self, fixture):
        shutil.copytree(os.path.join(fixture, "root"), self.root, symlinks=True)
        with open(os.path.join(fixture, "expected.json"), encoding="utf-8") as file:
            expected = json.load(file)
        self.demand = expected.get("demand", {})
        for path in expected.get("directories", []):
            os.makedirs(self.path(path), exist_ok=True)
        for path, mode in expected.get("modes", {}).items():
            os.chmod(self.path(path), int(mode, 8))

    def path(self, path):
        return os.path.join(self.root, path.lstrip("/"))

    def write(self, path, contents, mode=0o644):
        if isinstance(contents, str):
            contents = contents.encode()
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), "wb") as file:
            file.write(contents)
        os.chmod(self.path(path), mode)

    def options(self):
        return [option(key, value) for key, value in self.demand.items()]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top)


def option(key, value):
    name = re.sub("([A-Z])", lambda match: "-" + match.group(1), key).lower()
    return f"--{name}={value}"


def report(root, options=()):
    done = run("check", "--format=json", *options, *([f"--root={root}"] if root else
                                                     ["--in-process"]))
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def capture(copy, root=None, options=(), **how):
    return run("capture", "--format=json", *options, *([f"--root={root}"] if root else []), copy,
               **how)


def captured(copy, root=None, options=()):
    done = capture(copy, root, options)
    equal(done.returncode, READY, done.stderr)
    return json.loads(done.stdout)


def numbers_out(text):
    return re.sub(r"[0-9.]+", "N", text) if isinstance(text, str) else text


def compare(direct, copied, is_live=False):
    """Check by check; what free space is measured on a live machine changes."""
    same = numbers_out if is_live else (lambda text: text)
    equal(copied["verdict"], direct["verdict"], "verdict")
    equal(copied["profile"], direct["profile"], "profile")
    equal([c["check"] for c in copied["checks"]], [c["check"] for c in direct["checks"]], "checks")
    for one, other in zip(direct["checks"], copied["checks"]):
        for key in ANSWERS:
            equal(same(other.get(key)), same(one.get(key)), f"{one['check']}, {key}")
        places = [[(e.get("path"), e.get("line"), e.get("expected")) for e in c["evidence"]]
                  for c in (one, other)]
        equal(places[1], places[0], one["check"] + ", evidence")


def contents_of(copy):
    for directory, _, names in os.walk(copy):
        for name in names:
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                with open(path, "rb") as file:
                    yield path, file.read()


def holds_none_of(copy, secrets):
    for path, contents in contents_of(copy):
        for secret in secrets:
            assert secret.encode() not in contents, f"{secret[:12]}… is in {path}"


def all_fixtures():
    for probe in sorted(os.listdir(FIXTURES)):
        folder = os.path.join(FIXTURES, probe)
        for case in sorted(os.listdir(folder) if os.path.isdir(folder) else ()):
            fixture = os.path.join(folder, case)
            if os.path.isdir(os.path.join(fixture, "root")) and \
                    os.path.exists(os.path.join(fixture, "expected.json")):
                yield fixture


def hashes_in(root):
    """Field two of each line of what holds passwords, where it is one."""
    for name in ("etc/shadow", "etc/passwd", "etc/gshadow"):
        try:
            with open(os.path.join(root, name), encoding="latin-1") as file:
                lines = file.read().splitlines()
        except OSError:
            continue
        for line in lines:
            field = (line.split(":") + [""])[1].lstrip("!")
            if len(field) >= 13:
                yield field.rsplit("$", 1)[-1]


def key_lines(text):
    """The lines of a private key that are its own: not the words all begin with."""
    lines = text.split("PRIVATE KEY-----", 1)[1].split("-----END", 1)[0].split()
    return [line for line in lines[1:] if len(set(line)) > 8 and
            re.fullmatch("[A-Za-z0-9+/=]{25,}", line)]


def keys_in(root):
    folder = os.path.join(root, "etc/ssh")
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        try:
            with open(os.path.join(folder, name), encoding="latin-1") as file:
                text = file.read()
        except OSError:
            continue
        if "PRIVATE KEY-----" in text:
            yield from key_lines(text)


# --- the property ---

@test
def every_fixture_is_judged_alike():
    n = 0
    for fixture in list(all_fixtures())[::EVERY]:
        with Scratch(fixture) as box:
            options = box.options()
            try:
                direct = report(box.root, options)
                captured(box.copy, box.root, options)
                secrets = list(hashes_in(box.root)) + list(keys_in(box.root))
                shutil.rmtree(box.root)
                compare(direct, report(box.copy, options))
                holds_none_of(box.copy, secrets)
            except AssertionError as error:
                raise AssertionError(f"{fixture}: {error}") from error
            n += 1
    assert n * EVERY > 100, n


@test
def this_machine_is_judged_alike():
    with Scratch() as box:
        direct = report(None)
        captured(box.copy)
        compare(direct, report(box.copy), is_live=True)
        equal(report(box.copy)["host"]["hostname"], direct["host"]["hostname"])
        holds_none_of(box.copy, list(hashes_in("/")) + list(keys_in("/")))


@test
def a_copy_without_owners_is_judged_alike():
    """As it comes out of an archive that an ordinary user unpacked."""
    with Scratch() as box:
        direct = report(None)
        captured(box.copy)
        for directory, names, files in os.walk(box.copy):
            for name in names + files:
                path = os.path.join(directory, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o777)
                if os.geteuid() == 0:
                    os.chown(path, 1234, 1234, follow_symlinks=False)
        compare(direct, report(box.copy), is_live=True)


@test
def a_capture_of_a_capture():
    with Scratch(os.path.join(FIXTURES, "sshd/good")) as box:
        again = os.path.join(box.top, "again")
        captured(box.copy, box.root)
        captured(again, box.copy)
        compare(report(box.copy), report(again))


@test
def what_was_not_asked_is_unknown():
    with Scratch(os.path.join(FIXTURES, "os/debian-12")) as box:
        captured(box.copy, box.root, ["--only=os.*"])
        checks = {c["check"]: c for c in report(box.copy)["checks"]}
        equal(checks["ssh.server"]["verdict"], "unknown")
        contains(checks["space.root"]["summary"] + checks["account.usable"]["summary"],
                 "was not captured")
        assert checks["os.distribution"]["verdict"] != "unknown"


# --- secrets ---

@test
def hashes_are_masked_and_judged_alike():
    fields = {"sha": SHA512, "yes": YESCRYPT, "des": DES, "cut": SHA512[:-1], "locked": "!" + YESCRYPT,
              "star": "*", "none": "", "bang": "!", "bangs": "!!", "clear": "Correct-Horse-9"}
    with Scratch(os.path.join(FIXTURES, "sshd/good")) as box:
        with open(box.path("/etc/passwd"), "a", encoding="utf-8") as file:
            for i, name in enumerate(fields):
                file.write(f"{name}:x:{2000 + i}:100::/root:/bin/sh\n")
        box.write("/etc/shadow", "".join(f"{n}:{f}:19500:0:99999:7:::\n" for n, f in fields.items()),
                  0o600)
        direct = {n: report(box.root, [f"--account={n}", "--only=ssh.access,account.*"])
                  for n in fields}
        for name in fields:
            copy = box.copy + name
            summary = captured(copy, box.root, [f"--account={name}"])
            equal(summary["masked"]["hashes"], 6)
            compare(direct[name], report(copy, [f"--account={name}",
                                                "--only=ssh.access,account.*"]))
            holds_none_of(copy, [SHA512[24:60], YESCRYPT[30:], DES, "Correct-Horse"])
        with open(os.path.join(copy, "etc/shadow"), encoding="utf-8") as file:
            text = file.read()
        contains(text, "star:*:")
        contains(text, "none::")
        contains(text, "bangs:!!:")
        contains(text, "yes:$y$j9T$.")


@test
def keys_are_masked_and_judged_alike():
    kinds = [("rsa", "2048", []), ("ed25519", None, []), ("ecdsa", "256", []),
             ("rsa", "3072", ["-m", "PEM"]), ("ecdsa", "384", ["-m", "PKCS8"]),
             ("rsa", "2048", ["-m", "PKCS8"])]
    if not shutil.which("ssh-keygen"):
        return
    for kind, bits, form in kinds:
        for phrase in ("", "a phrase"):
            with Scratch(os.path.join(FIXTURES, "sshd/good")) as box:
                path = box.path(f"/etc/ssh/ssh_host_{kind}_key")
                for old in os.listdir(box.path("/etc/ssh")):
                    if old.startswith("ssh_host_"):
                        os.remove(box.path("/etc/ssh/" + old))
                subprocess.run(["ssh-keygen", "-q", "-t", kind, *(["-b", bits] if bits else []),
                                *form, "-N", phrase, "-f", path], check=True)
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                direct = report(box.root)
                equal(captured(box.copy, box.root)["masked"]["keys"], 1, f"{kind} {form}")
                compare(direct, report(box.copy))
                with open(os.path.join(box.copy, f"etc/ssh/ssh_host_{kind}_key"),
                          encoding="utf-8") as file:
                    masked = file.read()
                equal(len(masked), len(text))
                equal(len(masked.split("\n")), len(text.split("\n")))
                holds_none_of(box.copy, key_lines(text))


# --- the directory ---

@test
def the_directory_is_for_its_owner():
    with Scratch(os.path.join(FIXTURES, "sshd/good")) as box:
        summary = captured(box.copy, box.root)
        equal(stat.S_IMODE(os.stat(box.copy).st_mode), 0o700)
        files = sum(1 for path, _ in contents_of(box.copy) if "/.preflight/" not in path)
        equal(summary["files"], files)
        equal(os.listdir(box.top).count("copy"), 1)
        equal(sorted(os.listdir(box.top)), ["copy", "root"])


@test
def what_is_there_is_not_touched():
    with Scratch(os.path.join(FIXTURES, "sshd/good")) as box:
        os.mkdir(box.copy)
        captured(box.copy, box.root)
        before = sorted(path for path, _ in contents_of(box.copy))
        done = capture(box.copy, box.root)
        equal(done.returncode, USAGE)
        contains(done.stderr, b"not empty")
        equal(sorted(path for path, _ in contents_of(box.copy)), before)
        with open(box.path("/file"), "w", encoding="utf-8"):
            pass
        done = capture(box.path("/file"), box.root)
        equal(done.returncode, USAGE)
        contains(done.stderr, b"no directory")
        done = capture(os.path.join(box.top, "gone/copy"), box.root)
        equal(done.returncode, USAGE)
        equal(sorted(os.listdir(box.top)), ["copy", "root"])


@test
def inside_the_machine_itself():
    with Scratch(os.path.join(FIXTURES, "sshd/good")) as box:
        direct = report(box.root)
        captured(box.path("/etc/ssh/copy"), box.root)
        compare(direct, report(box.path("/etc/ssh/copy")))


@test
def no_room_leaves_nothing():
    """A file size limit ends a write as a full file system does."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    with Scratch(os.path.join(FIXTURES, "sshd/good")) as box:
        done = capture(box.copy, box.root, preexec_fn=limit, restore_signals=False)
        equal(done.returncode, UNKNOWN, done.stderr)
        contains(done.stderr, b": its copy cannot be written to ")
        equal(os.listdir(box.top), ["root"])


@test
def links_lead_nowhere_else():
    with Scratch(os.path.join(FIXTURES, "sshd/good")) as box:
        outside = os.path.join(box.top, "outside")
        os.mkdir(outside)
        os.rename(box.path("/etc/ssh"), box.path("/moved"))
        os.symlink("/moved", box.path("/etc/ssh"))
        os.symlink("loop-b", box.path("/etc/loop-a"))
        os.symlink("loop-a", box.path("/etc/loop-b"))
        os.rename(box.path("/moved/sshd_config"), box.path("/moved/main"))
        os.symlink("../etc/../moved/./main", box.path("/moved/sshd_config"))
        box.write("/etc/environment", "")
        os.remove(box.path("/etc/environment"))
        os.symlink("loop-a", box.path("/etc/environment"))
        direct = report(box.root)
        captured(box.copy, box.root)
        shutil.rmtree(box.root)
        compare(direct, report(box.copy))
        equal(os.readlink(os.path.join(box.copy, "etc/ssh")), "/moved")
        equal(os.readlink(os.path.join(box.copy, "moved/sshd_config")), "../etc/../moved/./main")
        equal(os.listdir(outside), [])


@test
def only_what_may_be_read_is_copied():
    with Scratch(os.path.join(FIXTURES, "sshd/good")) as box:
        for path in ("/etc/hosts", "/etc/nsswitch.conf", "/etc/shadow", "/etc/securetty"):
            box.write(path, b"")
            os.truncate(box.path(path), 1 << 30)
        os.remove(box.path("/etc/nsswitch.conf"))
        os.mkfifo(box.path("/etc/nsswitch.conf"))
        direct = report(box.root)
        summary = captured(box.copy, box.root)
        assert summary["bytes"] < 16 << 20, summary
        compare(direct, report(box.copy))


@test
def names_that_are_no_text():
    with Scratch(os.path.join(FIXTURES, "sshd/good")) as box:
        os.makedirs(box.path("/etc/ssh/sshd_config.d"), exist_ok=True)
        name = os.fsencode(box.path("/etc/ssh/sshd_config.d/")) + b"50-\xff%41.conf"
        with open(name, "wb") as file:
            file.write(b"PasswordAuthentication no\n")
        direct = report(box.root)
        captured(box.copy, box.root)
        shutil.rmtree(box.root)
        compare(direct, report(box.copy))


@test
def a_capture_that_is_damaged():
    with Scratch(os.path.join(FIXTURES, "sshd/good")) as box:
        captured(box.copy, box.root)
        for book in ("stat", "read", "glob", "list", "capture"):
            path = os.path.join(box.copy, ".preflight", book + ".json")
            with open(path, encoding="utf-8") as file:
                good = file.read()
            for text in ("", "[]", "{", "[" * 100000, good[:len(good) // 2],
                         re.sub(r"\{[^{}]*\}", "7", good)):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                done = run("check", "--format=json", f"--root={box.copy}")
                assert done.returncode in (BLOCKED, USAGE, UNKNOWN), (book, text[:20], done)
            with open(path, "w", encoding="utf-8") as file:
                file.write(good)


if __name__ == "__main__":
    sys.exit(points.run([(function.__name__.replace("_", " "), function)
                         for function in points.TESTS]))
