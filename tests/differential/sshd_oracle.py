# SPDX-License-Identifier: MIT
"""The two that are asked: the installed sshd, and ours, about one machine.

A Box is a root directory on a tmpfs of its own, in a mount namespace of its
own: /etc holds what the machine says, /usr is the real one, or that of another
release. sshd runs chrooted in it, ours reads it from outside.
"""

import ctypes
import json
import os
import re
import shutil
import struct
import subprocess
import sys

CLONE_NEWNS = 0x20000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
SSHD = "/usr/sbin/sshd"
MAIN = "/etc/ssh/sshd_config"
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
ZYGOTE = "/sshd-zygote.so"

# Messages with a line that do not refuse it.
WARNING = re.compile(r"Deprecated option|Unsupported option|ignoring duplicate|no match for")
ERROR = re.compile(r"^(.*?):? line (\d+): (.*)$")
# What it calls the main file when it reads that once more, for a connection.
SECOND_READING = "reprocess config"
# What main() complains of that no configuration reader decides.
NO_KEYS = "no hostkeys available"
# Of a question that later versions would answer.
TOO_LITTLE = "user, host and addr are all required"
NO_NAME = "(Name or service not known)"

libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source, where, kind, flags, data=""):
    check(libc.mount(source.encode(), where.encode(), kind.encode(), flags, data.encode()),
          f"mount {source} {where}")


def private_namespace():
    check(libc.unshare(CLONE_NEWNS), "unshare")
    mount("none", "/", "", MS_REC | MS_PRIVATE)


def bind(source, where, read_only=True):
    if os.path.isdir(source):
        os.makedirs(where, exist_ok=True)
    else:
        open(where, "a").close()
    mount(source, where, "", MS_BIND | (MS_REC if os.path.isdir(source) else 0))
    if read_only:
        mount("none", where, "", MS_BIND | MS_REMOUNT | MS_RDONLY)


class Box:
    """A root directory that is filled with one machine after the other."""

    def __init__(self, root, key, zygote=None, sshd_root="/"):
        self.root = root
        private_namespace()
        mount("tmpfs", root, "tmpfs", 0, "mode=0755,size=256m")
        bind(os.path.join(sshd_root, "usr"), root + "/usr")
        for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
            origin = os.path.join(sshd_root, name)
            if os.path.islink(origin):
                os.symlink(os.readlink(origin), f"{root}/{name}")
            elif os.path.isdir(origin):
                bind(origin, f"{root}/{name}")
        bind("/dev", root + "/dev", read_only=False)
        os.makedirs(root + "/run/sshd", 0o755)
        os.makedirs(root + "/var/empty")
        os.symlink("/run", root + "/var/run")
        if zygote:
            bind(zygote, root + ZYGOTE)
        with open(key, "rb") as file:
            self.key = file.read()
        release = os.path.join(sshd_root, "etc/os-release")
        self.release = open(release, "rb").read() if os.path.exists(release) else b""

    def fill(self, machine):
        """Everything below /etc and /srv is the machine's, and nothing is left of the last."""
        for top in ("/etc", "/srv"):
            shutil.rmtree(self.root + top, ignore_errors=True)
        self.write("/etc/os-release", self.release)
        self.write("/etc/nsswitch.conf", b"passwd: files\ngroup: files\nshadow: files\n"
                                         b"hosts: files\nnetworks: files\nservices: files\n")
        self.write("/etc/services", b"ssh 22/tcp\nhttp 80/tcp\nhttps 443/tcp\n")
        self.write(HOST_KEY, self.key, 0o600)
        for directory in machine.directories:
            os.makedirs(self.root + directory, exist_ok=True)
        for path, data in machine.files.items():
            self.write(path, data)
        for path, target in machine.links.items():
            os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
            os.symlink(target, self.root + path)

    def write(self, path, data, mode=0o644):
        where = self.root + path
        try:
            fd = os.open(where, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(where), exist_ok=True)
            fd = os.open(where, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        os.write(fd, data)
        os.close(fd)


class Answer:
    """accepted; errors: [(path, line, text)]; effective: {keyword: [values]}.

    unresolved: it turned on a host name, and there is no resolver here.
    """

    def __init__(self, accepted, errors, effective, words="", unresolved=False):
        self.accepted = accepted
        self.errors = errors
        self.effective = effective
        self.words = words
        self.unresolved = unresolved


class Failure(Exception):
    """Ours could not answer."""


class Crash(Exception):
    """sshd could not answer: it dumped core, hung, or an old one was asked too little.

    Nothing can be learnt from that.
    """


FIELDS = ("user", "host", "addr", "laddr", "lport")


def arguments(connection):
    spec = ",".join(f"{field}={connection[field]}" for field in FIELDS if field in connection)
    return ["-C", spec] if spec else []


class Sshd:
    """The real one."""

    def __init__(self, box, zygote):
        environment = {"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin"}
        self.box = box
        self.process = None
        self.environment = environment
        if zygote:
            self.process = subprocess.Popen(
                [SSHD], env=environment | {"LD_PRELOAD": ZYGOTE}, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, bufsize=0, preexec_fn=self.enter)

    def enter(self):
        os.chroot(self.box.root)
        os.chdir("/")

    def read(self, n):
        data = b""
        while len(data) < n:
            part = self.process.stdout.read(n - len(data))
            if not part:
                raise RuntimeError("the zygote ended")
            data += part
        return data

    def run(self, words):
        """Exit status, or minus a signal; what it printed; what it complained of."""
        words = [SSHD, "-T"] + words
        if not self.process:
            done = subprocess.run(words, env=self.environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, preexec_fn=self.enter, timeout=60)
            return done.returncode, done.stdout, done.stderr
        question = b"".join(os.fsencode(word) + b"\0" for word in words)
        self.process.stdin.write(struct.pack("=I", len(question)) + question)
        status, n_output, n_errors = struct.unpack("=iii", self.read(12))
        return status, self.read(n_output), self.read(n_errors)

    def ask(self, connection):
        words = arguments(connection or {})
        status, output, errors = self.run(words)
        given_key = False
        if status != 0 and NO_KEYS.encode() in errors:
            given_key = True
            status, output, errors = self.run(["-h", HOST_KEY] + words)
        complaint = errors.decode("utf-8", "replace").replace("\r\n", "\n")
        if TOO_LITTLE in complaint:
            raise Crash(complaint)
        if status not in (0, 1, 255):
            raise Crash(f"sshd ended with {status}: {complaint}")
        if status != 0:
            return Answer(False, find_errors(complaint), {}, complaint, NO_NAME in complaint)
        effective = parse(output)
        if given_key:
            del effective["hostkey"][0]
        return Answer(True, [], effective, complaint)


def find_errors(complaint):
    found = (ERROR.match(line) for line in complaint.split("\n"))
    return [(MAIN if m[1] == SECOND_READING else m[1], int(m[2]), m[3])
            for m in found if m and not WARNING.match(m[3])]


def normal(text):
    """What is not UTF-8 is one U+FFFD a run, whoever replaced it."""
    return re.sub("\ufffd+", "\ufffd", text)


def trimmed(keyword, value):
    """9.6 prints a blank behind a command without arguments."""
    return value.rstrip(" ") if keyword == "subsystem" else value


def parse(output):
    effective = {}
    for line in output.split(b"\n")[:-1]:
        keyword, _, value = normal(line.decode("utf-8", "replace")).partition(" ")
        effective.setdefault(keyword, []).append(trimmed(keyword, value))
    return effective


class Ours:
    """The reader under test, behind its driver."""

    def __init__(self, box, program, version=None):
        self.question = {"root": box.root} | ({"version": version} if version else {})
        self.program = program
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=sys.stderr)

    def ask(self, connection):
        question = self.question | {"connection": connection}
        try:
            self.process.stdin.write(json.dumps(question).encode() + b"\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            status = self.process.wait()
            self.start()
            raise Failure(f"ours ended with {status}")
        answer = json.loads(line)
        if "failed" in answer:
            raise Failure("ours: " + answer["failed"])
        return Answer(answer["accepted"],
                      [(e["path"], e["line"], e["text"]) for e in answer["errors"]],
                      {keyword: [trimmed(keyword, normal(value)) for value in values]
                       for keyword, values in answer["effective"].items() if values},
                      unresolved=answer["unresolved"])
