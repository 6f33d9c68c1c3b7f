#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A file system that never answers: what needs it is unknown, the rest answers.

Mounts a FUSE file system whose server reads no request, as a dead network
mount behaves, where the service in PF_DAEMON looks for /etc/ssh. Needs root and
/dev/fuse.
"""
import ctypes
import os
import sys
import time

import service_under_test
from service_under_test import Service
from varlink import Client

PREFLIGHT = "org.preflightd.Preflight"
MS_NOSUID, MS_NODEV, MNT_DETACH = 2, 4, 2
libc = ctypes.CDLL(None, use_errno=True)


class DeadMount:
    """A mount that hangs whoever looks into it, until it is closed."""

    def __init__(self, path):
        self.path = str(path)
        self.fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self.fd},rootmode=40000,user_id=0,group_id=0,allow_other"
        if libc.mount(b"dead", self.path.encode(), b"fuse", MS_NOSUID | MS_NODEV, options.encode()):
            error = ctypes.get_errno()
            os.close(self.fd)
            raise OSError(error, os.strerror(error))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)  # aborts the connection: waiting calls end with ENOTCONN
            self.fd = -1
            libc.umount2(self.path.encode(), MNT_DETACH)


def started(mounted):
    """A service that has just been started in front of a dead mount."""
    service, mount = mounted
    service.process = None
    service.start()
    return service, mount


def report_of(service):
    with Client(service.path, seconds=30) as client:
        answer = client.call(f"{PREFLIGHT}.GetReport", {"maximumAgeUSec": 0})
    return {check["check"]: check for check in answer["parameters"]["report"]["checks"]}


def n_threads(service):
    return len(os.listdir(f"/proc/{service.pid}/task"))


NEEDS_ETC_SSH = ("ssh.configuration", "ssh.password-authentication", "ssh.root-login",
                 "ssh.account-allowed", "ssh.authentication-methods", "ssh.access")


def test_what_needs_the_dead_mount_is_unknown_and_the_rest_answers(mounted):
    service, _ = started(mounted)
    start = time.monotonic()
    report = report_of(service)
    assert time.monotonic() - start < 10
    for name in NEEDS_ETC_SSH:
        assert report[name]["verdict"] == "unknown", report[name]
        assert "/etc/ssh/sshd_config" in report[name]["summary"], report[name]
    assert report["ssh.server"]["verdict"] == "fail", "what starts it lies elsewhere"
    assert report["os.distribution"]["verdict"] in ("pass", "warn", "fail")


def test_it_costs_one_thread_and_once(mounted):
    service, _ = mounted
    before = n_threads(service)
    for _ in range(10):
        assert report_of(service)["ssh.configuration"]["verdict"] == "unknown"
    assert n_threads(service) == before


def test_an_inspection_gives_up_too(mounted):
    service, _ = mounted
    with Client(service.path, seconds=30) as client:
        answer = client.call(f"{PREFLIGHT}.Inspect", {"subject": "ssh"})
    assert answer["error"] == f"{PREFLIGHT}.ProbeFailed", answer


def test_the_wire_answers_all_the_time(mounted):
    service, _ = mounted
    with Client(service.path, seconds=2) as client:
        assert "parameters" in client.call("org.varlink.service.GetInfo")


def test_once_the_mount_is_gone_it_is_looked_at_again(mounted):
    service, mount = mounted
    mount.close()
    end = time.monotonic() + 20
    while report_of(service)["ssh.configuration"]["verdict"] == "unknown":
        assert time.monotonic() < end
        time.sleep(0.1)
    assert report_of(service)["ssh.password-authentication"]["verdict"] == "fail"
    assert service.stop() == 0


def test_a_service_in_front_of_a_dead_mount_can_be_stopped(mounted):
    with DeadMount(mounted[0].root / "etc/ssh") as mount:
        service, _ = started((mounted[0], mount))
        assert report_of(service)["ssh.configuration"]["verdict"] == "unknown"
        start = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - start < 5


def main():
    if not service_under_test.DAEMON:
        service_under_test.skip_all("PF_DAEMON names no program")
    # The search for leaks at exit would wait for the thread that waits.
    options = os.environ.get("ASAN_OPTIONS", "")
    os.environ["ASAN_OPTIONS"] = f"{options}:detect_leaks=0"
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
        service_under_test.skip_all("needs root and /dev/fuse")
    with Service() as service:
        try:
            mount = DeadMount(service.root / "etc/ssh")
        except OSError as error:
            service_under_test.skip_all(f"no FUSE mount can be made here: {error}")
        with mount:
            return service_under_test.run(
                service_under_test.tests_of(sys.modules[__name__]), (service, mount), service)


if __name__ == "__main__":
    sys.exit(main())
