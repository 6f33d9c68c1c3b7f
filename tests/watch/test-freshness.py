#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the service that watches does, and what it does not, on a machine below a directory.

PF_FULL: it is left alone for ten minutes.
"""
import contextlib
import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import time

from edits import Machine
from listener import Listener

CONFIG = "etc/ssh/sshd_config"
CHECK = "ssh.password-authentication"
FOREVER_USEC = 10 ** 15
IDLE_SECONDS = 600 if os.environ.get("PF_FULL") else 3
IDLE_TRIES = 5
STORM_SECONDS = 2


def ask(path, method, parameters):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(json.dumps({"method": "org.preflightd.Preflight." + method,
                                       "parameters": parameters}).encode() + b"\0")
        answer = b""
        while not answer.endswith(b"\0"):
            answer += connection.recv(1 << 20)
    return json.loads(answer[:-1])["parameters"]


def verdict(report):
    return {result["check"]: result["verdict"] for result in report["checks"]}[CHECK]


class Box:
    def __init__(self, directory):
        self.machine = Machine(directory, random.Random(1), False)
        self.path = pathlib.Path(directory) / "socket"
        self.log = open(pathlib.Path(directory) / "log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [os.environ["PF_DAEMON"], f"--socket={self.path}", f"--root={self.machine.root}"],
            stderr=self.log)
        Listener(self.path).socket.close()

    def set_passwords(self, word):
        new = self.machine.root / "new"
        new.write_text(f"PermitRootLogin yes\nPasswordAuthentication {word}\n")
        os.rename(new, self.machine.root / CONFIG)

    def report(self):
        """As it is kept, unless it is known to be old."""
        return ask(self.path, "GetReport", {"maximumAgeUSec": FOREVER_USEC})["report"]

    def n_switches(self):
        total = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            status = (task / "status").read_text()
            total += int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])
        return total

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1]
        return sum(int(n) for n in fields.split()[11:13]) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


def test_who_asks_is_told_what_has_happened_by_then(box):
    for number in range(20):
        word, expected = (("no", "fail"), ("yes", "pass"))[number % 2]
        box.set_passwords(word)
        assert verdict(box.report()) == expected, number


def test_what_did_not_change_is_not_looked_at_again(box):
    """What is mounted on this machine meanwhile is a change; so one quiet time counts."""
    for number in range(IDLE_TRIES):
        first = box.report()["startedUSec"]
        (box.machine.root / f"etc/ssh/nobody-asks-for-this-{number}").write_text("x")
        if box.report()["startedUSec"] == first:
            return
    raise AssertionError("it is looked at again")


def test_nothing_wakes_it_while_nothing_changes(box):
    """With somebody who listens, and one quiet time as above."""
    with contextlib.closing(Listener(box.path).socket):
        box.report()
        for _ in range(IDLE_TRIES):
            time.sleep(1)
            before = box.n_switches()
            time.sleep(IDLE_SECONDS)
            woken = box.n_switches() - before
            print(f"# {woken} wake-ups in {IDLE_SECONDS} idle seconds", flush=True)
            if woken == 0:
                return
    raise AssertionError("it wakes up")


def test_a_storm_costs_a_part_of_a_processor(box):
    """A fifth for the probes; the rest is for hearing of the changes."""
    listener = Listener(box.path)
    before, start = box.processor_seconds(), time.monotonic()
    number = 0
    while time.monotonic() - start < STORM_SECONDS:
        box.set_passwords("no" if number % 2 else "yes")
        number += 1
    used = (box.processor_seconds() - before) / (time.monotonic() - start)
    print(f"# {number} changes; {used:.0%} of a processor", flush=True)
    assert used < 0.6, used
    box.set_passwords("no")
    end = time.monotonic() + 60
    while json.loads(listener.state.get(CHECK, '{"verdict": ""}'))["verdict"] != "fail":
        assert listener.take(end - time.monotonic()), "the last change was never told"
    listener.socket.close()


def test_a_setting_is_taken_back_with_its_directory(box):
    """A directory that is made later, and goes again."""
    root = box.machine.root
    (root / CONFIG).write_text("Include /etc/ssh/late/*/x.conf\nPasswordAuthentication yes\n")
    assert verdict(box.report()) == "pass"
    (root / "etc/ssh/late").mkdir()
    assert verdict(box.report()) == "pass"
    (root / "etc/ssh/late/one").mkdir()
    (root / "etc/ssh/late/one/x.conf").write_text("PasswordAuthentication no\n")
    assert verdict(box.report()) == "fail"
    os.rename(root / "etc/ssh/late", root / "etc/ssh/gone")
    assert verdict(box.report()) == "pass"


def main():
    tests = [value for name, value in globals().items() if name.startswith("test_")]
    failed = 0
    print(f"1..{len(tests)}")
    with tempfile.TemporaryDirectory(prefix="pf-fresh-") as directory:
        box = Box(directory)
        for number, test in enumerate(tests, 1):
            try:
                test(box)
                print(f"ok {number} - {test.__name__[5:]}", flush=True)
            except AssertionError as error:
                failed += 1
                print(f"not ok {number} - {test.__name__[5:]}\n# {error}", flush=True)
        box.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
