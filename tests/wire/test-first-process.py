#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The service as process 1 of bare namespaces: no service manager, no bus, no udev, no
network, nobody else's processes, and a root that cannot be written.

The kernel gives process 1 no signal that it has no handler for, and the orphans of all the
others. Prints TAP.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import service_under_test
from service_under_test import Service, Skip
from varlink import Client

PROGRAM = os.environ.get("PF_DAEMON_ITSELF")
NAMESPACES = ["--user", "--map-root-user", "--pid", "--fork", "--mount", "--net", "--uts", "--ipc"]

# $1 is the place of the socket, the only one that can be written.
PREPARE = """
mount --make-rprivate / &&
mount --bind "$1" "$1" &&
mount -t tmpfs tmpfs /run &&
mount -o remount,bind,ro / &&
mount -t {proc} {proc} /proc || exit 99
shift
exec "$@"
"""


class FirstProcess:
    def __init__(self, service, name, proc="proc"):
        self.place = service.directory / name
        self.place.mkdir()
        self.path = self.place / "socket"
        self.outer = subprocess.Popen(
            ["unshare", *NAMESPACES, "sh", "-c", PREPARE.format(proc=proc), "sh", self.place,
             PROGRAM, f"--socket={self.path}"],
            stdin=subprocess.DEVNULL, stdout=service.log, stderr=service.log)

    def __enter__(self):
        for _ in range(2000):
            if self.outer.poll() == 99:
                raise Skip("such namespaces cannot be made here")
            if self.outer.poll() is not None:
                raise RuntimeError(f"it has ended with {self.outer.returncode}")
            if Service.is_listening(self.path):
                return self
            time.sleep(0.01)
        raise RuntimeError("it does not listen")

    def __exit__(self, *_):
        if self.outer.poll() is None:
            self.send(signal.SIGKILL)
            self.outer.wait()

    @property
    def pid(self):
        """As it is known outside."""
        children = pathlib.Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children")
        return int(children.read_text().split()[0])

    def send(self, number):
        os.kill(self.pid, number)

    def report(self):
        with Client(self.path) as client:
            return client.call("org.preflightd.Preflight.Check", {})["parameters"]["report"]


def assert_answers(report):
    """Something of each check, and nothing is claimed for want of a look."""
    assert report["verdict"] in ("blocked", "unknown"), report["verdict"]
    checks = {check["check"]: check["verdict"] for check in report["checks"]}
    assert len(checks) > 40, checks
    assert checks["net.interface"] != "pass", "there is no network"


def test_it_answers_and_is_the_first(service):
    with FirstProcess(service, "answers") as first:
        status = pathlib.Path(f"/proc/{first.pid}/status").read_text()
        assert status.split("\nNSpid:")[1].splitlines()[0].split()[-1] == "1", status
        assert_answers(first.report())
        with Client(first.path) as client:
            told = client.call("org.preflightd.Preflight.GetReport", {"maximumAgeUSec": 0})
        assert_answers(told["parameters"]["report"])


def test_it_answers_without_proc(service):
    if "libasan" in subprocess.run(["ldd", PROGRAM], capture_output=True, text=True,
                                   check=False).stdout:
        raise Skip("a build with sanitizers needs /proc itself")
    with FirstProcess(service, "no-proc", proc="tmpfs") as first:
        assert_answers(first.report())
        first.send(signal.SIGTERM)
        assert first.outer.wait(30) == 0


def test_it_ends_when_it_is_told_to(service):
    for number in (signal.SIGTERM, signal.SIGINT):
        with FirstProcess(service, number.name) as first:
            first.report()
            first.send(number)
            assert first.outer.wait(30) == 0, number


def test_it_ends_while_it_looks(service):
    with FirstProcess(service, "looking") as first:
        with Client(first.path) as client:
            client.send(b'{"method":"org.preflightd.Preflight.Check","parameters":{}}\0')
            first.send(signal.SIGTERM)
            assert first.outer.wait(30) == 0


def test_orphans_of_others_change_nothing(service):
    """A process that entered the namespaces leaves children behind, some of which end."""
    with FirstProcess(service, "orphans") as first:
        subprocess.run(["nsenter", f"--target={first.pid}", "--user", "--pid", "--mount", "sh",
                        "-c", "for i in 1 2 3 4 5; do (sleep 0.0$i &) ; done"], check=True,
                       stdin=subprocess.DEVNULL, timeout=60)
        for _ in range(5):
            assert_answers(first.report())
        first.send(signal.SIGHUP)
        assert_answers(first.report())
        first.send(signal.SIGTERM)
        assert first.outer.wait(30) == 0


def main():
    if not PROGRAM:
        service_under_test.skip_all("PF_DAEMON_ITSELF is not set")
    if not shutil.which("unshare") or subprocess.run(
            ["unshare", *NAMESPACES, "true"], capture_output=True, check=False).returncode != 0:
        service_under_test.skip_all("such namespaces cannot be made here")
    with Service() as service:
        return service_under_test.run(
            service_under_test.tests_of(sys.modules[__name__]), service, service)


if __name__ == "__main__":
    sys.exit(main())
