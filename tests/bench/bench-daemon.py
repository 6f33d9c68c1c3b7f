#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a run and an idle daemon cost on this machine.

Prints one line a number, with the bar it is held against. Measures the daemon
named by $PF_DAEMON and the client named by $PF_CTL; the echo comparison is
bench-echo. With --enforce it fails where a number misses its bar: on a machine
that does other things at the same time that says little. The numbers of a build
with sanitizers mean nothing.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from measure import call, measure, memory_of


def whole_run_warm(table, path, count):
    times = []
    for _ in range(count):
        report = call(path, "org.preflightd.Preflight.Check", {})["report"]
        times.append(report["durationUSec"] / 1000)
    table.row("whole run, warm, median", statistics.median(times), "ms", 10)
    table.row("whole run, warm, 99th of 100", sorted(times)[int(len(times) * 0.99)], "ms")


def run_client():
    start = time.monotonic()
    result = subprocess.run(
        [os.environ["PF_CTL"], "check", "--in-process", "--format=json", "--quiet"],
        capture_output=True, text=True, check=False)
    wall = (time.monotonic() - start) * 1000
    return json.loads(result.stdout)["durationUSec"] / 1000, wall


def whole_run_cold(table, count):
    times, walls = [], []
    for _ in range(count):
        try:
            os.sync()
            with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
                file.write("3\n")
        except OSError as error:
            print(f"whole run, cold: skipped: {error}")
            return
        run, wall = run_client()
        times.append(run)
        walls.append(wall)
    table.row("whole run, cold caches, median", statistics.median(times), "ms", 30)
    table.row("preflightctl check, cold, start to exit", statistics.median(walls), "ms")
    walls = [run_client()[1] for _ in range(10)]
    table.row("preflightctl check, warm, start to exit", statistics.median(walls), "ms")


def executions(table):
    if not shutil.which("strace"):
        print("executions started by a run: skipped: no strace")
        return
    with tempfile.NamedTemporaryFile() as log:
        subprocess.run(["strace", "-f", "-qq", "-e", "trace=execve,execveat", "-o", log.name,
                        os.environ["PF_CTL"], "check", "--in-process", "--quiet"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        calls = len(re.findall(r"execve", log.read().decode()))
    table.row("executions started by a run", calls - 1, "", 0)


def idle(table, process, path, seconds):
    call(path, "org.preflightd.Preflight.GetReport", {})
    time.sleep(1)

    def switches():
        total = 0
        for task in os.listdir(f"/proc/{process.pid}/task"):
            with open(f"/proc/{process.pid}/task/{task}/status", encoding="ascii") as file:
                total += sum(int(n) for n in re.findall(r"ctxt_switches:\s*(\d+)", file.read()))
        return total

    before = switches()
    time.sleep(seconds)
    table.row(f"wake-ups in {seconds} idle seconds", switches() - before, "", 0)
    memory(table, process, "idle")


def memory(table, process, when):
    total, own = memory_of(process)
    table.row(f"PSS, {when}", total, "MiB", 3)
    table.row("  of it private and changed", own, "MiB")


def echo(table, path, program):
    """The same client, the same bytes: bare libuv echo, and the daemon."""
    request = json.dumps({"method": "org.preflightd.Preflight.GetReport",
                          "parameters": {"maximumAgeUSec": 10**12}})
    print("cached GetReport beside a bare libuv echo of the same bytes:", flush=True)
    result = subprocess.run([program, f"--path={path}", f"--request={request}", "--bar=1.3"],
                            check=False)
    if result.returncode != 0:
        table.missed.append("cached GetReport")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--echo", help="the program bench-echo")
    parser.add_argument("--enforce", action="store_true", help="fail where a bar is missed")
    parser.add_argument("--seconds", type=int, default=10, help="of idling; default 10")
    options = parser.parse_args()

    def numbers(table, process, path):
        idle(table, process, path, options.seconds)
        whole_run_warm(table, path, 100)
        memory(table, process, "after 100 runs")
        if options.echo:
            echo(table, path, options.echo)
        executions(table)
        whole_run_cold(table, 5)

    return measure(numbers, options)


if __name__ == "__main__":
    sys.exit(main())
