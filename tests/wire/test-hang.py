#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A file system that never answers: what needs it is unknown, the rest answers.

Mounts a FUSE file system whose server reads no request, as a dead network
mount behaves, and runs the daemon ($PF_DAEMON) on a machine that has it in the
way. Needs root and /dev/fuse.
"""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

MS_NOSUID, MS_NODEV, MNT_DETACH = 2, 4, 2
libc = ctypes.CDLL(None, use_errno=True)


class DeadMount:
    """A mount that hangs whoever looks into it, until it is closed."""

    def __init__(self, path):
        self.path = path
        self.fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self.fd},rootmode=40000,user_id=0,group_id=0,allow_other"
        if libc.mount(b"dead", path.encode(), b"fuse", MS_NOSUID | MS_NODEV, options.encode()):
            error = ctypes.get_errno()
            os.close(self.fd)
            raise OSError(error, os.strerror(error))

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)  # aborts the connection: waiting calls end with ENOTCONN
            self.fd = -1
            libc.umount2(self.path.encode(), MNT_DETACH)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


class Daemon:
    def __init__(self, root):
        self.directory = tempfile.mkdtemp(prefix="preflightd-hang.")
        self.path = os.path.join(self.directory, "socket")
        self.process = subprocess.Popen(
            [os.environ["PF_DAEMON"], f"--socket={self.path}", f"--root={root}"])
        deadline = time.monotonic() + 20
        while not os.path.exists(self.path):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError("the daemon did not start")
            time.sleep(0.01)

    def call(self, method, parameters, timeout=30):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(self.path)
            connection.sendall(
                json.dumps({"method": method, "parameters": parameters}).encode() + b"\0")
            answer = b""
            while not answer.endswith(b"\0"):
                part = connection.recv(65536)
                if not part:
                    raise RuntimeError("the daemon closed the connection")
                answer += part
        return json.loads(answer[:-1])

    def report(self, age=0):
        answer = self.call("org.preflightd.Preflight.GetReport", {"maximumAgeUSec": age})
        return {check["check"]: check for check in answer["parameters"]["report"]["checks"]}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=20)
        shutil.rmtree(self.directory)
        return status


def threads_of(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


class Tap:
    def __init__(self):
        self.n = 0
        self.failed = False

    def ok(self, condition, name, detail=""):
        self.n += 1
        print(f"{'ok' if condition else 'not ok'} {self.n} - {name}")
        if not condition:
            self.failed = True
            print(f"#   {detail}")

    def end(self):
        print(f"1..{self.n}")
        return 1 if self.failed else 0


def test(tap, root, mount):
    daemon = Daemon(root)
    try:
        start = time.monotonic()
        report = daemon.report()
        took = time.monotonic() - start
        ssh = [check for name, check in report.items() if name.startswith("ssh.")]
        tap.ok(ssh and all(check["verdict"] == "unknown" for check in ssh),
               "what needs the dead mount is unknown", [check["verdict"] for check in ssh])
        tap.ok(all("did not answer" in check["summary"] for check in ssh),
               "and says why", ssh[0]["summary"])
        tap.ok(report["os.distribution"]["verdict"] in ("pass", "fail", "warn"),
               "the rest answers", report["os.distribution"])
        tap.ok(took < 10, "within the deadlines", f"{took:.1f} s")

        before = threads_of(daemon.process.pid)
        for _ in range(10):
            report = daemon.report()
        tap.ok("still hangs" in report["ssh.server"]["summary"], "it is not started again",
               report["ssh.server"]["summary"])
        tap.ok(threads_of(daemon.process.pid) == before, "no thread is lost with each run")

        answer = daemon.call("org.preflightd.Preflight.Inspect", {"subject": "ssh"})
        tap.ok(answer.get("error", "").endswith(".ProbeFailed"), "an inspection gives up too",
               answer)
        tap.ok("interfaces" in daemon.call("org.varlink.service.GetInfo", {})["parameters"],
               "the wire answers all the time")

        mount.close()
        deadline = time.monotonic() + 20
        while "still hangs" in report["ssh.server"]["summary"] and time.monotonic() < deadline:
            time.sleep(0.1)
            report = daemon.report()
        tap.ok("still hangs" not in report["ssh.server"]["summary"],
               "once the mount is gone it is looked at again", report["ssh.server"])
    finally:
        mount.close()
        tap.ok(daemon.stop() == 0, "and the daemon ends cleanly")


def test_stop_while_hanging(tap, root, mount):
    daemon = Daemon(root)
    daemon.report()
    start = time.monotonic()
    status = daemon.stop()
    took = time.monotonic() - start
    tap.ok(status == 0 and took < 5, "a daemon with a probe that hangs can be stopped",
           f"status {status} after {took:.1f} s")
    mount.close()


def main():
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
        print("1..0 # SKIP needs root and /dev/fuse")
        return 0
    tap = Tap()
    root = tempfile.mkdtemp(prefix="preflightd-hang-root.")
    dead = os.path.join(root, "etc/ssh")
    write(os.path.join(root, "etc/os-release"), 'ID=debian\nVERSION_ID="12"\n')
    write(os.path.join(root, "usr/sbin/sshd"), "OpenSSH_9.2p1 Debian-2+deb12u3\n")
    os.makedirs(dead)
    try:
        for case in (test, test_stop_while_hanging):
            try:
                mount = DeadMount(dead)
            except OSError as error:
                print(f"1..0 # SKIP no FUSE mount can be made here: {error}")
                return 0
            case(tap, root, mount)
    finally:
        libc.umount2(dead.encode(), MNT_DETACH)
        shutil.rmtree(root, ignore_errors=True)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
