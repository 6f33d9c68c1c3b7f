#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The daemon beside what else could be had: Monit for memory, a shell script for time.

Monit watches what is nearest to our questions (the sshd process, a file's checksum, the
file systems); its cycles are asked for by hand, as runs of ours are. The script asks sshd -T,
grep, blkid, df and findmnt, which answer a part of what a report says. Both are measured in
turns with ours, on the same machine in the same minutes. What is not installed is left out.

Prints a table; measures $PF_DAEMON and $PF_CTL.
"""
import argparse
import contextlib
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from measure import call, measure, memory_of

CYCLES = 100
QUIET_SECONDS = 1

MONITRC = """\
set daemon 3600
set pidfile {place}/pid
set idfile {place}/id
set statefile {place}/state
set logfile {place}/log
check process sshd matching "sshd"
check filesystem root with path /
    if space usage > 99% then alert
    if inode usage > 99% then alert
check file sshd_config with path /etc/ssh/sshd_config
    if failed checksum then alert
check file fstab with path /etc/fstab
    if changed checksum then alert
check file passwd with path /etc/passwd
    if changed checksum then alert
"""

SCRIPT = """\
sshd -T -C user=root,host=ps.example,addr=192.0.2.7 |
    grep -Ei '^(passwordauthentication|permitrootlogin|subsystem|allowusers|denyusers) '
grep -E '^(ID|VERSION_ID)=' /etc/os-release
grep '^root:' /etc/passwd
blkid -p -o export $(findmnt -nro SOURCE /)
df -P / /tmp /usr/local
df -Pi /
findmnt -Aro TARGET,SOURCE,FSTYPE,OPTIONS
cat /proc/cmdline
grep -v '^#' /etc/fstab
"""


def rows(table, who, when, process):
    total, own = memory_of(process)
    table.row(f"{who}: PSS, {when}", total, "MiB")
    table.row(f"{who}: private and changed, {when}", own, "MiB")


def ask(path):
    return call(path, "org.preflightd.Preflight.Check", {})["report"]["durationUSec"] / 1000


@contextlib.contextmanager
def monit():
    place = pathlib.Path(tempfile.mkdtemp(prefix="preflightd-bench."))
    settings = place / "monitrc"
    settings.write_text(MONITRC.format(place=place))
    settings.chmod(0o600)
    process = subprocess.Popen(["monit", "-I", "-c", settings], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: (place / "state").exists())
        yield process, place
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(place)


def wait_for(condition):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise RuntimeError("Monit does not go through a cycle")


def n_waits(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", file.read(), re.M)[1])


def cycle(process, place):
    """Wakes it up, as monit(1) says, and goes on when it has been asleep for a moment."""
    log = place / "log"
    before = log.read_text().count("Awakened")
    for _ in range(60):  # one that comes while it is busy is lost
        process.send_signal(signal.SIGUSR1)
        for _ in range(50):
            if log.read_text().count("Awakened") > before:
                break
            time.sleep(0.01)
        else:
            continue
        break
    waits = -1
    while waits != n_waits(process):
        waits = n_waits(process)
        time.sleep(0.05)


def beside_monit(table):
    if not shutil.which("monit"):
        print("Monit: skipped: not installed")
        return
    with monit() as (process, place):
        time.sleep(QUIET_SECONDS)
        rows(table, "Monit", "idle", process)
        for _ in range(CYCLES):
            cycle(process, place)
        time.sleep(QUIET_SECONDS)
        rows(table, "Monit", f"after {CYCLES} cycles", process)


def drop_caches():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
        file.write("3\n")


def timed(command, **options):
    start = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                   **options)
    return (time.monotonic() - start) * 1000


def script():
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    return timed(["sh", "-c", SCRIPT], env=dict(os.environ, PATH=path))


def client():
    return timed([os.environ["PF_CTL"], "check", "--in-process", "--quiet"])


def beside_script(table, path, count):
    asked = {"shell script": script, "preflightctl check --in-process": client,
             "a run of the daemon": lambda: ask(path)}
    times = {name: [] for name in asked}
    for ask_one in asked.values():
        ask_one()
    for _ in range(count):  # in turns, so that all see the same weather
        for name, ask_one in asked.items():
            times[name].append(ask_one())
    for name, taken in times.items():
        table.row(f"{name}, warm, median", statistics.median(taken), "ms")
    try:
        for name in ("shell script", "preflightctl check --in-process"):
            cold = []
            for _ in range(5):
                drop_caches()
                cold.append(asked[name]())
            table.row(f"{name}, cold, median", statistics.median(cold), "ms")
    except OSError as error:
        print(f"cold: skipped: {error}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--enforce", action="store_true", help="there is nothing to enforce")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()

    def numbers(table, process, path):
        ask(path)
        time.sleep(QUIET_SECONDS)
        rows(table, "preflightd", "idle", process)
        for _ in range(CYCLES):
            ask(path)
        time.sleep(QUIET_SECONDS)
        rows(table, "preflightd", f"after {CYCLES} runs", process)
        beside_monit(table)
        beside_script(table, path, options.rounds)

    return measure(numbers, options)


if __name__ == "__main__":
    sys.exit(main())
