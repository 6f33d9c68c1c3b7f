#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A Windows that is captured says what it said while it ran: to preflightctl.exe, and to the
program of Linux. Prints TAP.

$PF_CTL is the program, $PF_WINE_RUN what runs it, $PF_LIBRARIES the folder of netapi32.dll and
authz.dll, which say what Wine does not. $PF_CTL_NATIVE is the program of Linux, built from the
same tree; without it nothing is looked at there.
"""

import atexit
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "ctl"))

from points import equal, run_tests, test  # pylint: disable=wrong-import-position

WINE = os.environ["PF_WINE_RUN"]
NATIVE = os.environ.get("PF_CTL_NATIVE")
TOP = pathlib.Path(tempfile.mkdtemp(prefix="pf-captured."))
DEMAND = [r"--account=.\pusher", "--source=10.0.0.9"]

# A member of a domain whose controller does not answer, with an account that is told of.
SAID = """[join]
status=3
name=CORP
[controller]
error=1355
[channel]
status=1789
[share C$]
type=0x80000000
path=C:\\
[administrators]
sids=S-1-5-21-1-2-3-500,S-1-5-21-9-9-9-512
"""


def windows_path(path):
    return "Z:" + str(path).replace("/", "\\")


def run_wine(*arguments):
    env = dict(os.environ, WINEDLLOVERRIDES="netapi32,authz=n",
               PF_WINDOWS_SAID=windows_path(TOP / "said.ini"))
    return subprocess.run([WINE, TOP / "preflightctl.exe", *arguments, *DEMAND], env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=180, check=False)


def run_native(*arguments):
    return subprocess.run([NATIVE, *arguments, *DEMAND], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=180, check=False)


def answers(done):
    """Of each check all that is said. How many bytes are free changes as we look."""
    assert done.stdout, done.stderr
    checks = json.loads(done.stdout)["checks"]
    return {check["check"]: (check["verdict"],) if check["check"].startswith("space.") else
            (check["verdict"], check["summary"], check.get("remedy"), check["evidence"])
            for check in checks}


def prepare():
    atexit.register(shutil.rmtree, TOP, ignore_errors=True)
    shutil.copy(os.environ["PF_CTL"], TOP / "preflightctl.exe")
    for name in ("netapi32.dll", "authz.dll"):
        shutil.copy(pathlib.Path(os.environ["PF_LIBRARIES"]) / name, TOP / name)
    (TOP / "said.ini").write_text(SAID)


@test
def the_libraries_were_asked():
    live = answers(run_wine("check", "--format=json"))
    equal(live["windows.logon-server"][0], "fail")
    equal(live["windows.domain-trust"][0], "fail")


@test
def captured_and_looked_at_on_windows():
    live = answers(run_wine("check", "--format=json"))
    done = run_wine("capture", windows_path(TOP / "machine"))
    assert (TOP / "machine/.preflight/capture.json").exists(), done.stderr
    there = answers(run_wine("check", "--format=json",
                             f"--root={windows_path(TOP / 'machine')}"))
    equal(there, live)
    assert len(live) > 30, live.keys()


if NATIVE:
    @test
    def looked_at_on_linux():
        live = answers(run_wine("check", "--format=json"))
        equal(answers(run_native("check", "--format=json", f"--root={TOP / 'machine'}")), live)


prepare()
sys.exit(run_tests())
