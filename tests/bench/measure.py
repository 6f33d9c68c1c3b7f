# SPDX-License-Identifier: MIT
"""A daemon to measure, and the numbers beside their bars: for what measures
$PF_DAEMON and $PF_CTL.
"""
import contextlib
import os
import shutil
import subprocess
import tempfile
import time


class Table:
    def __init__(self):
        self.missed = []

    def row(self, name, value, unit, bar=None):
        text = f"{name:<44} {value:>10.2f} {unit:<6}"
        if bar is not None:
            met = value <= bar
            text += f" bar {bar:g} {'met' if met else 'MISSED'}"
            if not met:
                self.missed.append(name)
        print(text, flush=True)


@contextlib.contextmanager
def daemon():
    """A daemon of its own about this machine: its process, and its socket."""
    directory = tempfile.mkdtemp(prefix="preflightd-bench.")
    path = os.path.join(directory, "socket")
    process = subprocess.Popen([os.environ["PF_DAEMON"], f"--socket={path}"],
                               stderr=subprocess.DEVNULL)
    try:
        wait_for(path)
        yield process, path
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(directory)


def wait_for(path):
    for _ in range(2000):
        if os.path.exists(path):
            return
        time.sleep(0.01)
    raise RuntimeError("the daemon did not start")


def is_sanitized(program):
    maps = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return "libasan" in maps or "libubsan" in maps


def measure(numbers, options):
    """Calls @numbers with a table, a daemon's process and its socket; returns the exit
    status: 1 where a bar was missed and options.enforce holds it against that."""
    sanitized = is_sanitized(os.environ["PF_DAEMON"])
    if sanitized:
        print("this build has sanitizers: the numbers mean nothing")
    table = Table()
    with daemon() as (process, path):
        numbers(table, process, path)
    if table.missed:
        print("missed: " + ", ".join(table.missed))
    return 1 if table.missed and options.enforce and not sanitized else 0
