#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""preflightctl.exe plans, fixes and undoes on a Windows: VSS is disabled, and is not any more; a
service that somebody changed since stays; and what needs consent is only named."""
import json
import os
import re
import subprocess
import sys

WINE, CTL, SERVICE = os.environ["PF_WINE_RUN"], os.environ["PF_CTL"], os.environ["PF_SERVICE"]
NAMES = ("VSS", "swprv", "COMSysApp", "MSDTC", "EventSystem")
READY, BLOCKED, USAGE, UNKNOWN = 0, 1, 2, 3


def run(*arguments):
    return subprocess.run([WINE, *arguments], check=False, capture_output=True, timeout=200)


def ctl(*arguments):
    return run(CTL, *arguments)


def scm(*arguments):
    return run("sc", *arguments)


def set_start(name, start):
    """Anew: sc.exe of Wine changes none."""
    program = "Z:" + SERVICE.replace("/", "\\")
    scm("stop", name)
    scm("delete", name)
    scm("create", name, "binPath=", f'"{program}" running', "start=", start)


def starts(name):
    """As the registry has it: sc.exe of Wine does not tell."""
    found = run("reg", "query", rf"HKLM\SYSTEM\CurrentControlSet\Services\{name}", "/v", "Start")
    return int(re.search(r"0x(\d+)", found.stdout.decode())[1])


def make_services():
    for name in NAMES:
        set_start(name, "demand")


def remove_services():
    for name in NAMES:
        scm("stop", name)
        scm("delete", name)


def plan(*arguments):
    done = ctl("plan", "--format=json", *arguments)
    return json.loads(done.stdout)


def vss_is_fixed_and_undone():
    set_start("VSS", "disabled")
    settings = plan("windows.vss-service")["settings"]
    assert [(s["kind"], s["subject"], s["before"], s["after"]) for s in settings] == [
        ("starttype", "VSS", "disabled", "demand"), ("service", "VSS", "stopped", "running")]
    assert starts("VSS") == 4, "plan changed something"
    done = ctl("fix", "--yes", "windows.vss-service")
    assert done.returncode == READY, done.stderr + done.stdout
    assert starts("VSS") == 3
    assert not plan("windows.vss-service")["settings"]
    done = ctl("undo", "--last")
    assert done.returncode == READY, done.stderr
    assert starts("VSS") == 4


def consent_is_asked_for():
    set_start("VSS", "demand")
    set_start("MSDTC", "disabled")
    done = ctl("fix", "--yes", "windows.vss-service")
    assert done.returncode == BLOCKED, done.stderr
    assert b"your consent is needed" in done.stderr, done.stderr
    assert starts("MSDTC") == 4
    done = ctl("fix", "--yes", "--consent", "windows.vss-service")
    assert done.returncode == READY, done.stderr
    assert starts("MSDTC") == 2


def what_somebody_changed_stays():
    set_start("MSDTC", "demand")
    done = ctl("undo", "--last")
    assert done.returncode == UNKNOWN, done.returncode
    assert b"was changed since: it is demand, and not automatic" in done.stderr, done.stderr
    assert starts("MSDTC") == 3


def no_lease_without_a_service():
    done = ctl("fix", "--yes", "--consent", "--lease=5min", "--account=Administrator",
               "--source=192.0.2.7", "windows.remote-uac")
    assert done.returncode == BLOCKED, done.stderr
    assert b"nobody would end it" in done.stderr, done.stderr


def main():
    tests = (vss_is_fixed_and_undone, consent_is_asked_for, what_somebody_changed_stays,
             no_lease_without_a_service)
    bad = 0
    print(f"1..{len(tests)}", flush=True)
    make_services()
    try:
        for number, test in enumerate(tests, 1):
            title = test.__name__.replace("_", " ")
            try:
                test()
                print(f"ok {number} - {title}", flush=True)
            except (AssertionError, KeyError, ValueError, TypeError) as error:
                bad += 1
                print(f"not ok {number} - {title}", flush=True)
                print(f"# {type(error).__name__}: {error}", flush=True)
    finally:
        remove_services()
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
