#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What it costs to ask about many logins: ten accounts and sources beside one.

Prints one line a number, with the bar it is held against, as bench-daemon.py.
Asks the daemon named by $PF_DAEMON about this machine, and the client named by
$PF_CTL about a root of a fixture.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time

from measure import measure

METHOD = "org.preflightd.Preflight.Check"
LOGINS = [(account, source) for account in ("root", "nobody")
          for source in ("192.0.2.7", "198.51.100.9", "10.20.0.5", "2001:db8::5", "203.0.113.1")]

TIMES = 10.5  # ten times one, and what two measurements of the same differ by


def ask(path, logins):
    """Milliseconds until the last of these reports is there, over one connection."""
    start = time.monotonic()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(path)
        answers = connection.makefile("rb")
        for account, source in logins:
            connection.sendall(json.dumps({"method": METHOD, "parameters": {
                "checks": ["ssh.*"], "account": account, "source": source}}).encode() + b"\0")
            read_answer(answers, account)
    return (time.monotonic() - start) * 1000


def read_answer(file, account):
    answer = b""
    while not answer.endswith(b"\0"):
        part = file.read1(1 << 20)
        if not part:
            raise RuntimeError("connection closed")
        answer += part
    report = json.loads(answer[:-1])["parameters"]["report"]
    if report["account"] != account or not report["checks"]:
        raise RuntimeError("not the report that was asked for")


def processor_ms(process):
    """What the threads of a process have used: says the same on a busy machine too."""
    total = 0
    for task in os.listdir(f"/proc/{process.pid}/task"):
        with open(f"/proc/{process.pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e6


def over_the_wire(table, process, path, rounds):
    walls, used = {1: [], 10: []}, {1: 0, 10: 0}
    ask(path, LOGINS)
    for i in range(rounds):  # in turns, so that both see the same weather
        for many, logins in ((1, [LOGINS[i % len(LOGINS)]]), (10, LOGINS)):
            before = processor_ms(process)
            walls[many].append(ask(path, logins))
            used[many] += processor_ms(process) - before
    for many, name in ((1, "one login"), (10, "ten logins")):
        table.row(f"ssh.*, {name}, median", statistics.median(walls[many]), "ms")
        table.row(f"ssh.*, {name}, processor, mean", used[many] / rounds, "ms")
    table.row("ten logins beside one, processor", used[10] / used[1], "times", TIMES)


def of_a_root(table, root, rounds):
    times = []
    for i in range(rounds):
        account, source = LOGINS[i % len(LOGINS)]
        done = subprocess.run(
            [os.environ["PF_CTL"], "check", "--only=ssh.*", f"--root={root}", "--format=json",
             "--quiet", f"--account={account}", f"--source={source}"],
            capture_output=True, text=True, check=False)
        times.append(json.loads(done.stdout)["durationUSec"] / 1000)
    table.row("ssh.* of a root, in process, median", statistics.median(times), "ms", 10)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="the root of a fixture")
    parser.add_argument("--enforce", action="store_true", help="fail where a bar is missed")
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()

    def numbers(table, process, path):
        over_the_wire(table, process, path, options.rounds)
        of_a_root(table, options.root, options.rounds)

    return measure(numbers, options)


if __name__ == "__main__":
    sys.exit(main())
