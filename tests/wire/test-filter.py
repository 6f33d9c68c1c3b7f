#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The filter under which the tests run the service: that it is there, and is its unit's.

PF_DAEMON is the stand-in for the program PF_DAEMON_ITSELF, PF_FILTERED what puts a program
under the list of system calls PF_FILTER; see tests/support/filtered.c. Prints TAP.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import service_under_test
from service_under_test import DAEMON, Service, Skip
from varlink import Client

PROGRAM = os.environ.get("PF_DAEMON_ITSELF")
FILTERED = os.environ.get("PF_FILTERED")
LIST = pathlib.Path(os.environ.get("PF_FILTER", "/nonexistent"))
OUTSIDE = "is outside the filter of its unit"


def calls():
    return set(LIST.read_text().split())


def filtered(directory, allowed, *command):
    """Ends by itself, or is ended; returns its status and what was said."""
    path = directory / "list"
    path.write_text("\n".join(sorted(allowed)))
    done = subprocess.run([FILTERED, path, *command], capture_output=True, text=True, timeout=60,
                          check=False)
    return done.returncode, done.stderr


def test_the_service_of_the_tests_is_under_it(service):
    status = pathlib.Path(f"/proc/{service.pid}/status").read_text()
    assert "\nSeccomp:\t2\n" in status, status
    assert pathlib.Path(f"/proc/{service.pid}/exe").resolve() == pathlib.Path(PROGRAM).resolve()


def test_it_is_the_list_of_the_unit(_):
    allowed = calls()
    assert {"openat2", "accept4", "execve", "futex", "sendmsg"} <= allowed
    # @privileged, @resources, @obsolete, and what @system-service has not.
    for call in ("chown", "adjtimex", "setuid", "setpriority", "mount", "bpf", "init_module"):
        assert call not in allowed, call


def test_a_call_outside_ends_the_program_and_is_named(service):
    status, said = filtered(service.directory, calls(), shutil.which("mount"), "-t", "tmpfs",
                            "none", "/nonexistent/place")
    assert status == -signal.SIGKILL, (status, said)
    assert "mount" in said and OUTSIDE in said, said


def test_each_call_of_the_service_counts(service):
    """Without a call that it makes in its start it does not get there, and the call is named."""
    for call in ("epoll_ctl", "bind", "listen", "openat2"):
        status, said = filtered(service.directory, calls() - {call}, PROGRAM,
                                f"--socket={service.directory}/other", f"--root={service.root}")
        assert status == -signal.SIGKILL, (call, status, said)
        assert f"system call {call} (" in said and OUTSIDE in said, said


def test_what_it_may_be_refused_is_refused(service):
    status, said = filtered(service.directory, calls(), sys.executable, "-c",
                            "import ctypes, os\n"
                            "libc = ctypes.CDLL(None, use_errno=True)\n"
                            "r = libc.adjtimex(bytes(512))\n"
                            "os._exit(7 if r == -1 and ctypes.get_errno() == 1 else 8)\n")
    assert status == 7, (status, said)


def test_nothing_is_outside_on_this_machine(service):
    """Which the probes look at, its kernel and its network too."""
    path = service.directory / "here"
    process = subprocess.Popen([FILTERED, LIST, PROGRAM, f"--socket={path}"], text=True,
                               stderr=subprocess.PIPE)
    try:
        while not Service.is_listening(path) and process.poll() is None:
            time.sleep(0.01)
        with Client(path) as client:
            client.call("org.preflightd.Preflight.GetReport", {"maximumAgeUSec": 0})
    finally:
        process.terminate()
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 0 and OUTSIDE not in said, (process.returncode, said)


def test_nothing_was_outside_meanwhile(service):
    with Client(service.path) as client:
        client.call("org.preflightd.Preflight.GetReport", {"maximumAgeUSec": 0})
    assert service.stop() == 0


def main():
    if not (DAEMON and PROGRAM and FILTERED):
        service_under_test.skip_all("PF_DAEMON, PF_DAEMON_ITSELF or PF_FILTERED is not set")
    if not calls():
        service_under_test.skip_all("systemd-analyze is not installed")
    with Service() as service:
        service.start()
        return service_under_test.run(
            service_under_test.tests_of(sys.modules[__name__]), service, service)


if __name__ == "__main__":
    sys.exit(main())
