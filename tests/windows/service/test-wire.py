#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What tests/wire/test-wire.py asks of the service on Linux, asked of preflightd.exe through its
named pipe, under Wine: a port stands before the pipe (pipe-relay.c).

    test-wire.py BUILD

WINE_RUN_PREFIX names the Windows. Prints TAP.
"""

import importlib.util
import os
import pathlib
import sys
import tempfile

import windows

WIRE = windows.TREE / "tests" / "wire"
sys.path.insert(0, str(WIRE))

import service_under_test  # pylint: disable=wrong-import-position

PIPE = rf"\\.\pipe\pf-wire.{os.getpid()}"
ROOT = windows.TREE / "tests/fixtures/windows-domain/disabled/root"

LIKE_UNIX = "a pipe is closed in both directions at once"
OF_LINUX = "looks into /proc"
NOT_HERE = {
    "leaves_no_core_dump": OF_LINUX,
    "answered_after_the_end_of_calls": LIKE_UNIX,
    "clients_that_are_killed": OF_LINUX,
    "a_thousand_clients": "the port's own limit; see many_clients in test-service.py",
    "one_user_cannot_take_all": "Wine has one user",
    "what_others_may_not_read_is_withheld": "Wine has one user",
    "nothing_wakes_it": OF_LINUX,
    "socket": "test-pipe.c",
    "socket_of_one_that_was_killed": "a pipe goes with its process",
    "ends_as_it_should": "test-service.py",
}


class Service:
    """preflightd.exe in a console, and the port."""

    def __init__(self, machine):
        # pylint: disable-next=consider-using-with
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self.process = machine.start_in_background(machine.daemon, f"--socket={PIPE}",
                                                   f"--root={ROOT}", output=self.log)
        self.relay = machine.start_in_background(machine.relay, PIPE)
        self.path = ("127.0.0.1", int(self.relay.stdout.readline()))
        windows.until(lambda: service_under_test.Service.is_listening(self.path) and
                      self.answers(machine), "the pipe")

    @staticmethod
    def answers(machine):
        return "product" in machine.run(machine.client, PIPE, "call", expect=None,
                                        stdin='{"method":"org.varlink.service.GetInfo"}')

    def is_running(self):
        return self.process.poll() is None

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0])

    @staticmethod
    def is_sanitized():
        return False

    def print_log(self):
        self.log.seek(0)
        for line in self.log.read().splitlines()[-40:]:
            print("#   | " + line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.relay, self.process):
            process.kill()
            process.wait()
        self.log.close()


def left_out(name, reason):
    def skipped(_):
        raise service_under_test.Skip(reason)

    skipped.__name__ = name
    return skipped


def load_tests():
    spec = importlib.util.spec_from_file_location("wire", WIRE / "test-wire.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tests = {test.__name__.removeprefix("test_"): test
             for test in service_under_test.tests_of(module)}
    assert set(NOT_HERE) < set(tests), set(NOT_HERE) - set(tests)
    return [left_out(name, NOT_HERE[name]) if name in NOT_HERE else test
            for name, test in tests.items()]


if __name__ == "__main__":
    with Service(windows.Windows(sys.argv[1])) as service:
        sys.exit(service_under_test.run(load_tests(), service, service))
