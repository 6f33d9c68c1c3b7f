# SPDX-License-Identifier: MIT
"""A daemon to measure, and the numbers beside their bars: for what measures
$PF_DAEMON and $PF_CTL.
"""
import contextlib
import json
import os
import re
import shutil
import socket
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


def call(path, method, parameters):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(path)
        connection.sendall(
            json.dumps({"method": method, "parameters": parameters}).encode() + b"\0")
        answer = b""
        while not answer.endswith(b"\0"):
            part = connection.recv(1 << 20)
            if not part:
                raise RuntimeError("connection closed")
            answer += part
    return json.loads(answer[:-1])["parameters"]


def memory_of(process):
    """Its share of memory (PSS), and what is its own and changed: MiB."""
    with open(f"/proc/{process.pid}/smaps_rollup", encoding="ascii") as file:
        sizes = dict(re.findall(r"^(\w+):\s+(\d+) kB", file.read(), re.M))
    return int(sizes["Pss"]) / 1024, int(sizes["Private_Dirty"]) / 1024


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
