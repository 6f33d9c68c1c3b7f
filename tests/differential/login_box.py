# SPDX-License-Identifier: MIT
"""A machine that a real login is tried on, and nothing of it reaches the one we run on.

A Box is pid 1 of namespaces of its own (mounts, network, processes): that is
how boxed() starts its program. The root of a machine is an overlay over a base
and over the real /usr, sshd runs chrooted in it and is started as Debian's
ssh.service does, and the caller is at the other end of a veth. What is left
of a machine dies with kill(-1), which ends what is in the box only.
"""

import collections
import concurrent.futures
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import time

from sshd_oracle import bind, check, libc, mount

CLONE_NEWNS, CLONE_NEWNET, MNT_DETACH = 0x20000, 0x40000000, 2
SSHD = "/usr/sbin/sshd"
START_SECONDS, LOGIN_SECONDS = 10, 9
READY = "\0preflight-login-ready"
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
               "LANG": "C.UTF-8", "NOTIFY_SOCKET": "@" + READY[1:]}

SERVER_ADDRESSES = ("10.20.0.1/16", "10.21.0.1/16", "fd20::1/64")
CALLER_ADDRESSES = ("10.20.0.5/16", "10.20.0.6/16", "172.16.3.9/32", "fd20::5/64", "fd20::6/64")
SERVER_ROUTES = ("172.16.0.0/12",)
CALLER_ROUTES = ("10.21.0.0/16",)

# works: did the server of the protocol answer? where: a word of preflightctl's, or None.
Login = collections.namedtuple("Login", "works where words log")


def boxed(argv, scratch):
    """@argv as pid 1 of a box; it ends when we do."""
    return ["unshare", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child",
            "--mount-proc", "--propagation", "private", *argv, "--scratch", scratch,
            "--outside", " ".join(namespaces())]


def namespaces():
    return [os.readlink(f"/proc/self/ns/{kind}") for kind in ("mnt", "net", "pid")]


def must_be_boxed(outside):
    """kill(-1) and port 22 are ours only where all three namespaces are."""
    if os.getpid() != 1 or set(namespaces()) & set(outside.split()):
        raise SystemExit("this is not a box")


class Network:
    """Two ends of a veth: ours is the machine's, the other the caller's."""

    def __init__(self):
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        check(libc.unshare(CLONE_NEWNET), "unshare")
        self.caller = os.open("/proc/self/ns/net", os.O_RDONLY)
        check(libc.setns(here, CLONE_NEWNET), "setns")
        os.close(here)
        self.ip(["link add s0 type veth peer name c0 netns /proc/self/fd/%d" % self.caller,
                 "link set lo up", *self.lines("s0", SERVER_ADDRESSES, SERVER_ROUTES)])
        self.ip(["link set lo up", *self.lines("c0", CALLER_ADDRESSES, CALLER_ROUTES)],
                self.enter_caller)

    @staticmethod
    def lines(device, addresses, routes):
        return [*(f"address add {address} dev {device}" + " nodad" * (":" in address)
                  for address in addresses),
                f"link set {device} up", *(f"route add {route} dev {device}" for route in routes)]

    def ip(self, lines, enter=None):
        subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True,
                       preexec_fn=enter, pass_fds=[self.caller])

    def enter_caller(self):
        check(libc.setns(self.caller, CLONE_NEWNET), "setns")


class Box:
    def __init__(self, scratch, outside, lay_base, password):
        must_be_boxed(outside)
        self.scratch = scratch
        self.number = 0
        mount("tmpfs", scratch, "tmpfs", 0, "mode=0755,size=512m")
        self.base, self.programs = scratch + "/base", "/usr"  # what lies under a machine
        os.mkdir(self.base)
        lay_base(self.base)
        self.lay_devices()
        self.askpass = scratch + "/askpass"
        with open(self.askpass, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\necho '{password}'\n")
        os.chmod(self.askpass, 0o755)
        self.network = Network()
        self.ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ready.bind(READY)

    def lay_devices(self):
        os.mkdir(self.scratch + "/dev")
        for name, number in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)):
            path = f"{self.scratch}/dev/{name}"
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, number))
            os.chmod(path, 0o666)

    # The root of a machine

    def open(self):
        """A fresh root, the base's as yet; returns where it is."""
        self.number += 1
        self.place = f"{self.scratch}/{self.number}"
        self.root = self.place + "/root"
        for name in ("root", "upper", "work", "usr-upper", "usr-work"):
            os.makedirs(f"{self.place}/{name}")
        self.overlay(self.base, "", self.root)
        self.overlay(self.programs, "usr-", self.root + "/usr")
        return self.root

    def overlay(self, lower, prefix, where):
        mount("overlay", where, "overlay", 0,
              f"lowerdir={lower},upperdir={self.place}/{prefix}upper,"
              f"workdir={self.place}/{prefix}work")

    def close(self):
        self.end_all()
        for where in (self.root + "/usr", self.root):
            check(libc.umount2(where.encode(), MNT_DETACH), "umount")
        shutil.rmtree(self.place, ignore_errors=True)

    @staticmethod
    def end_all():
        try:
            os.kill(-1, signal.SIGKILL)
            while True:
                os.waitpid(-1, 0)
        except (ProcessLookupError, ChildProcessError):
            pass  # none is left

    # The login

    def enter(self):
        """In a child: the machine's root is /, with what the kernel shows in /proc and /dev."""
        check(libc.unshare(CLONE_NEWNS), "unshare")
        mount("proc", self.root + "/proc", "proc", 0)
        bind(self.scratch + "/dev", self.root + "/dev", read_only=False)
        os.chroot(self.root)
        os.chdir("/")

    def start_sshd(self, arguments, log):
        return subprocess.Popen([SSHD, *arguments], preexec_fn=self.enter, env=ENVIRONMENT,
                                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                start_new_session=True)

    def start_service(self, options, log):
        """ExecStartPre and ExecStart of ssh.service; None where they fail."""
        os.makedirs(self.root + "/run/sshd", 0o755, exist_ok=True)
        try:
            if self.start_sshd(["-t"], log).wait(START_SECONDS) != 0:
                return None
            # Words for us; what a connection gets is none of LogLevel's business.
            server = self.start_sshd(["-D", *options, "-e", "-o", "LogLevel=DEBUG"], log)
        except OSError:
            return None
        self.ready.settimeout(0.02)
        late = time.monotonic() + START_SECONDS
        while server.poll() is None and time.monotonic() < late:
            try:
                if b"READY=1" in self.ready.recv(4096):
                    return server
            except TimeoutError:
                pass
        return None

    def call(self, question):
        """OpenSSH's sftp, with the password, as far as the first answer; (works, words)."""
        host = f"[{question['to']}]" if ":" in question["to"] else question["to"]
        options = [f"BindAddress={question['from']}", f"User={question['user']}",
                   f"Port={question['port']}", "PreferredAuthentications=password",
                   "NumberOfPasswordPrompts=1", "StrictHostKeyChecking=no",
                   "UserKnownHostsFile=/dev/null", "GlobalKnownHostsFile=/dev/null",
                   "IdentityFile=none", "LogLevel=VERBOSE", "ConnectTimeout=4"]
        argv = ["sftp", "-F", "none", *(f"-o{option}" for option in options), host]
        environment = dict(ENVIRONMENT, SSH_ASKPASS=self.askpass, SSH_ASKPASS_REQUIRE="force",
                           HOME=self.scratch)
        try:
            done = subprocess.run(argv, input="pwd\n", text=True, errors="replace", check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  env=environment, timeout=LOGIN_SECONDS, start_new_session=True,
                                  preexec_fn=self.network.enter_caller)
        except subprocess.TimeoutExpired as hang:
            return False, (hang.output or b"").decode(errors="replace") + "no answer in time"
        return done.returncode == 0 and "Remote working directory" in done.stdout, done.stdout

    def log_in(self, question, options):
        """Starts the service and calls it; what comes of it is a Login."""
        reader, log = os.pipe()  # no file, which limits of the session would concern
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            drained = pool.submit(drain, reader)
            try:
                server = self.start_service(options, log)
                works, words = self.call(question) if server else (False, "")
            finally:
                os.close(log)
                self.end_all()
            text = drained.result()
        where = None if works else place_of(words, text) if server else "start"
        return Login(works, where, words, text)


def drain(reader):
    with open(reader, encoding="utf-8", errors="replace") as file:
        return file.read()


STOPS = (
    ("log", r"^Accepted (password|none) for ", "session"),
    ("words", r"connect to host .*: |Network is unreachable", "listener"),
    ("words", r"Unable to negotiate|no matching ", "kex"),
    ("log", r"No supported key exchange algorithms", "kex"),
    ("words", r"kex_exchange_identification|banner exchange", "connect"),
)


def place_of(words, log):
    """Where a login that failed stopped, by what both ends said."""
    said = {"log": log, "words": words}
    for source, pattern, where in STOPS:
        if re.search(pattern, said[source], re.MULTILINE):
            return where
    return "auth"
