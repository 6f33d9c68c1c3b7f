#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""preflightctl serve-stdio: with the daemon in PF_DAEMON behind it, and alone. Prints TAP.

PF_CTL is the program. PF_FULL=1 tries many more that speak no Varlink.
"""
import json
import os
import pty
import random
import signal
import subprocess
import sys

import service_under_test
from service_under_test import Service
from stdio import CTL, Stdio
from varlink import Client, message

PREFLIGHT = "org.preflightd.Preflight"
INFO = "org.varlink.service.GetInfo"
OK, USAGE, UNREACHABLE = 0, 2, 4
ROUNDS = 300 if os.environ.get("PF_FULL") else 6


def ways(service):
    """Who answers: the arguments, and how GetInfo() calls it."""
    return ((f"--socket={service.path}", "preflightd"),
            (f"--root={service.root}", "preflightctl, in its own process"))


def test_says_who_answers(service):
    for argument, product in ways(service):
        with Stdio(argument) as stdio:
            answer = stdio.call(INFO)["parameters"]
            assert answer["product"] == product, answer
            assert PREFLIGHT in answer["interfaces"] and len(answer["interfaces"]) == 2
            assert stdio.end() == (OK, b"") and stdio.errors == "", stdio.errors


def stable(report):
    """What two runs have in common."""
    return [(check["check"], check["verdict"], check["summary"], check["evidence"])
            for check in report["checks"]]


def test_both_say_the_same(service):
    reports = []
    for argument, _ in ways(service):
        with Stdio(argument) as stdio:
            reports.append(stdio.call(f"{PREFLIGHT}.GetReport")["parameters"]["report"])
            assert stdio.end()[0] == OK
    with Client(service.path) as client:
        reports.append(client.call(f"{PREFLIGHT}.GetReport")["parameters"]["report"])
    assert stable(reports[0]) == stable(reports[1]) == stable(reports[2])
    assert reports[0] == reports[2], "the daemon's words are not changed on the way"


def test_several_calls_one_after_another_and_at_once(service):
    calls = [message(f"{PREFLIGHT}.Explain", {"errorId": "95108"}),
             message(f"{PREFLIGHT}.Explain", {"check": "no.such"}),
             message(f"{PREFLIGHT}.Check", {"checks": ["os.distribution"]}, more=True),
             message(f"{PREFLIGHT}.Inspect", {"subject": "ssh"})]
    for argument, _ in ways(service):
        with Stdio(argument) as stdio:
            stdio.call(INFO)
            stdio.send(b"".join(calls))
            assert stdio.receive()["parameters"]["entries"]
            assert stdio.receive()["error"] == f"{PREFLIGHT}.NoSuchCheck"
            assert stdio.receive()["continues"]
            assert stdio.receive()["parameters"]["report"]["partial"]
            assert stdio.receive()["parameters"]["facts"]
            assert stdio.end() == (OK, b"")


def test_calls_before_the_end_are_answered(service):
    for argument, _ in ways(service):
        with Stdio(argument) as stdio:
            status, said = stdio.end(message(INFO) + message(f"{PREFLIGHT}.GetReport"))
            info, report, rest = said.split(b"\0")
            assert status == OK and rest == b""
            assert json.loads(info)["parameters"]["interfaces"]
            assert json.loads(report)["parameters"]["report"]


def test_reads_only(service):
    for argument, _ in ways(service):
        with Stdio(argument) as stdio:
            answer = stdio.call("org.preflightd.Remediation.Plan")
            assert answer["error"] == "org.varlink.service.InterfaceNotFound", answer


def test_half_a_message(service):
    whole = message(INFO)
    for argument, _ in ways(service):
        for cut in (1, len(whole) // 2, len(whole) - 1):
            with Stdio(argument) as stdio:
                assert stdio.end(whole[:cut]) == (OK, b""), stdio.errors


def test_nothing_at_all(service):
    for argument, _ in ways(service):
        with Stdio(argument) as stdio:
            assert stdio.end() == (OK, b"")


def garbage(generator):
    """Bytes that are no calls, or are nearly."""
    kind = generator.randrange(4)
    if kind == 0:
        return generator.randbytes(generator.randrange(1, 100000))
    if kind == 1:
        return generator.randbytes(generator.randrange(1, 200)) + b"\0" + message(INFO)
    text = bytearray(message(f"{PREFLIGHT}.Explain", {"errorId": "95108"}, more=True))
    for _ in range(generator.randrange(1, 4)):
        text[generator.randrange(len(text))] = generator.randrange(256)
    return bytes(text) * generator.randrange(1, 5) if kind == 2 else b"[" * 70000 + bytes(text)


def test_what_speaks_no_varlink(service):
    generator = random.Random(None if os.environ.get("PF_FULL") else 7)
    for _ in range(ROUNDS):
        data = garbage(generator)
        for argument, _ in ways(service):
            with Stdio(argument) as stdio:
                status, said = stdio.end(data)
                assert status in (OK, UNREACHABLE), (data, status, stdio.errors)
                assert (status == OK) == (stdio.errors == ""), (data, stdio.errors)
                for answer in said.split(b"\0")[:-1]:
                    assert "error" in json.loads(answer) or "parameters" in json.loads(answer)
    with Client(service.path) as client:
        assert client.call(INFO)["parameters"]


def test_says_why_it_ends(service):
    for argument, _ in ways(service):
        with Stdio(argument) as stdio:
            stdio.send(b"GET / HTTP/1.1\r\n\r\n\0")
            status = stdio.process.wait(60)
            assert status == UNREACHABLE, status
            assert b"was sent what is no call" in stdio.process.stderr.read()


def test_a_daemon_that_dies(service):
    with Service() as other:
        other.start()
        with Stdio(f"--socket={other.path}") as stdio:
            assert stdio.call(INFO)["parameters"]
            other.stop(signal.SIGKILL)
            assert stdio.process.wait(60) == UNREACHABLE


def test_a_daemon_that_is_not_there(service):
    path = service.directory / "nobody"
    with Stdio(f"--socket={path}") as stdio:
        assert stdio.end() == (UNREACHABLE, b"")
        assert f"cannot reach the daemon at {path}" in stdio.errors
    with Stdio("--remediation", f"--socket={path}") as stdio:
        assert stdio.end() == (UNREACHABLE, b"")
        assert f"no service at {path} that may change this machine" in stdio.errors


def test_who_goes_while_it_is_answered(service):
    for argument, _ in ways(service):
        with Stdio(argument) as stdio:
            stdio.send(message(f"{PREFLIGHT}.GetReport", {"maximumAgeUSec": 0}) * 3)
            stdio.process.stdout.close()
            stdio.process.stdout = open(os.devnull, "rb")
            stdio.process.stdin.close()
            stdio.process.stdin = open(os.devnull, "wb")
            assert stdio.process.wait(60) == OK
    with Client(service.path) as client:
        assert client.call(INFO)["parameters"]


def test_is_for_programs(service):
    with open(service.directory / "log", encoding="utf-8") as file:
        done = subprocess.run([CTL, "serve-stdio"], stdin=file, capture_output=True, text=True,
                              timeout=60, check=False)
    assert done.returncode == USAGE and "standard input is neither a pipe" in done.stderr
    master, slave = pty.openpty()
    done = subprocess.run([CTL, "serve-stdio"], stdin=subprocess.PIPE, stdout=slave, text=True,
                          stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(master)
    os.close(slave)
    assert done.returncode == USAGE and "standard output is neither" in done.stderr
    for wrong in (["more"], ["--format=json"], ["--root=/", "--socket=/x"],
                  ["--remediation", "--root=/"], ["--root=/nonexistent"]):
        with Stdio(*wrong) as stdio:
            assert stdio.end()[0] == USAGE, stdio.errors


def main():
    if not service_under_test.DAEMON or not CTL:
        service_under_test.skip_all("PF_DAEMON or PF_CTL names no program")
    with Service() as service:
        service.start()
        status = service_under_test.run(
            service_under_test.tests_of(sys.modules[__name__]), service, service)
        return status or service.stop()


if __name__ == "__main__":
    sys.exit(main())
