#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The filters under which the tests run the services: that each is there, and is its unit's.

Of NAME = DAEMON, PUBLISH, REMEDYD: PF_NAME is the stand-in for the program PF_NAME_ITSELF,
PF_NAME_FILTER the list of its system calls; PF_FILTERED what puts a program under such a list,
see tests/support/filtered.c. Prints TAP.
"""
import os
import pathlib
import signal
import subprocess
import sys
import time

import service_under_test
from service_under_test import OUTSIDE, Service
from varlink import Client

FILTERED = os.environ.get("PF_FILTERED")
SETTINGS = "[Publish]\nTextFile=/metrics/preflightd.prom\n"


class Program:
    """A service, how it is started beside one that runs, and what it does before it is there."""

    def __init__(self, name, makes, allowed, refused):
        self.stand_in = os.environ.get(f"PF_{name}")
        self.itself = os.environ.get(f"PF_{name}_ITSELF")
        self.filter = pathlib.Path(os.environ.get(f"PF_{name}_FILTER", "/nonexistent"))
        self.socket = "socket" if name == "PUBLISH" else f"other-{name}"
        self.makes, self.allowed, self.refused = makes, allowed, refused

    def calls(self):
        return set(self.filter.read_text().split())

    def options(self, service):
        return [f"--root={service.root}", f"--socket={service.directory / self.socket}"]


# @privileged, @resources, @obsolete are of neither of the first two; of none is what
# @system-service has not.
DAEMON = Program("DAEMON", ("epoll_ctl", "bind", "listen", "openat2"),
                 {"openat2", "accept4", "execve", "futex", "sendmsg"},
                 {"chown", "adjtimex", "setuid", "setpriority", "mount", "bpf", "init_module"})
PUBLISH = Program("PUBLISH", ("epoll_ctl", "connect", "openat2"),
                  {"openat2", "connect", "execve", "prlimit64"},
                  {"chown", "adjtimex", "setuid", "mount", "bpf", "init_module", "setpriority"})
REMEDYD = Program("REMEDYD", ("epoll_ctl", "bind", "listen", "openat2"),
                  {"openat2", "mount", "chroot", "renameat2", "fsync", "fchown", "fsetxattr"},
                  {"adjtimex", "bpf", "init_module", "reboot", "swapon", "ptrace", "settimeofday"})
PROGRAMS = (DAEMON, PUBLISH, REMEDYD)


def filtered(directory, allowed, *command):
    """Ends by itself, or is ended; returns its status and what was said."""
    path = directory / "list"
    path.write_text("\n".join(sorted(allowed)))
    done = subprocess.run([FILTERED, path, *command], capture_output=True, text=True, timeout=60,
                          check=False)
    return done.returncode, done.stderr


def test_the_services_of_the_tests_are_under_it(service):
    for program in PROGRAMS:
        process = subprocess.Popen([program.stand_in, *program.options(service)],
                                   stdin=subprocess.DEVNULL, stdout=service.log,
                                   stderr=service.log)
        exe = pathlib.Path(f"/proc/{process.pid}/exe")
        try:
            while exe.resolve() != pathlib.Path(program.itself).resolve():
                assert process.poll() is None, program.itself
                time.sleep(0.01)
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            assert "\nSeccomp:\t2\n" in status, status
        finally:
            process.kill()
            process.wait()


def test_they_are_the_lists_of_the_units(_):
    sanitized = {"ptrace"}  # which LeakSanitizer needs
    for program in PROGRAMS:
        allowed = program.calls()
        assert program.allowed <= allowed, program.allowed - allowed
        assert not program.refused & (allowed - sanitized), program.refused & allowed


def test_a_call_outside_ends_the_program_and_is_named(service):
    for program in PROGRAMS:
        status, said = filtered(service.directory, program.calls(), sys.executable, "-c",
                                "import ctypes; ctypes.CDLL(None).swapoff(b'/nonexistent')")
        assert status == -signal.SIGKILL, (status, said)
        assert "system call swapoff (" in said and OUTSIDE in said, said


def test_each_call_of_a_service_counts(service):
    """Without a call that it makes in its start it does not get there, and the call is named."""
    for program in PROGRAMS:
        for call in program.makes:
            status, said = filtered(service.directory, program.calls() - {call}, program.itself,
                                    *program.options(service))
            assert status == -signal.SIGKILL, (call, status, said)
            assert f"system call {call} (" in said and OUTSIDE in said, said


def test_what_it_may_be_refused_is_refused(service):
    status, said = filtered(service.directory, DAEMON.calls(), sys.executable, "-c",
                            "import ctypes, os\n"
                            "libc = ctypes.CDLL(None, use_errno=True)\n"
                            "r = libc.adjtimex(bytes(512))\n"
                            "os._exit(7 if r == -1 and ctypes.get_errno() == 1 else 8)\n")
    assert status == 7, (status, said)


def test_nothing_is_outside_on_this_machine(service):
    """Which the probes look at, its kernel and its network too."""
    path = service.directory / "here"
    process = subprocess.Popen([FILTERED, DAEMON.filter, DAEMON.itself, f"--socket={path}"],
                               text=True, stderr=subprocess.PIPE)
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
    if not FILTERED or not all(program.itself for program in PROGRAMS):
        service_under_test.skip_all("PF_FILTERED or PF_NAME_ITSELF is not set")
    if not DAEMON.calls():
        service_under_test.skip_all("systemd-analyze is not installed")
    with Service() as service:
        service.start()
        (service.root / "etc/preflightd").mkdir()
        (service.root / "etc/preflightd/preflightd.conf").write_text(SETTINGS)
        (service.root / "metrics").mkdir()
        return service_under_test.run(
            service_under_test.tests_of(sys.modules[__name__]), service, service)


if __name__ == "__main__":
    sys.exit(main())
