#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Looking at a machine executes nothing, whatever its files name. Prints TAP.

A login runs shells, PAM modules and an SFTP server; to say what would come of
it, preflightctl reads about them only. strace counts what is executed while it
looks at each machine of the fixtures.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

COMMANDS = (["check", "--only=ssh.*"], ["inspect", "ssh"])
ANSWERED = (0, 1, 3)  # ready, blocked, could not be determined
TRACED = re.compile(r"^\d+ +(execve|execveat)\(", re.MULTILINE)


def executions(argv, log):
    """The status of a program, what it printed, and the executions of it and its children."""
    # Neither can a leak be looked for where strace traces, nor is it looked for here.
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
    done = subprocess.run(["strace", "-f", "-qq", "-e", "trace=execve,execveat", "-o", log, *argv],
                          capture_output=True, text=True, errors="replace", env=environment,
                          check=False)
    with open(log, encoding="utf-8", errors="replace") as file:
        return done, file.read()


def point(number, title, done, traced):
    good = done.returncode in ANSWERED and len(TRACED.findall(traced)) == 1
    print(f"{'ok' if good else 'not ok'} {number} - {title}")
    if not good:
        for line in f"ended with {done.returncode}\n{done.stderr}\n{traced}".strip().split("\n"):
            print("#", line)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ctl", required=True, help="our program, preflightctl")
    parser.add_argument("--fixtures", required=True, help="a folder of CASE/root")
    options = parser.parse_args()
    if not shutil.which("strace"):
        print("1..0 # skip strace is not installed")
        return 0
    cases = sorted(entry.name for entry in os.scandir(options.fixtures)
                   if os.path.isdir(f"{entry.path}/root"))
    if not cases:
        sys.exit(f"{options.fixtures} has no machines")
    with tempfile.NamedTemporaryFile() as log:
        done, traced = executions(["sh", "-c", "true; /bin/true; exit 0"], log.name)
        if len(TRACED.findall(traced)) != 2:
            print(f"1..0 # skip strace does not work here: {done.stderr.strip()[:200]}")
            return 0
        print(f"1..{len(cases) * len(COMMANDS)}")
        good = []
        for case in cases:
            for command in COMMANDS:
                argv = [options.ctl, *command, f"--root={options.fixtures}/{case}/root",
                        "--format=json", "--quiet", "--account=root", "--source=192.0.2.7"]
                good.append(point(len(good) + 1, f"{case}: {command[0]}",
                                  *executions(argv, log.name)))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
