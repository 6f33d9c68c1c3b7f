#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The MSI, under Wine: in, to a newer version, not to an older one, out.

    test-package.py BUILD

WINE_RUN_PREFIX names the Windows. Prints TAP.
"""

import pathlib
import subprocess
import sys
import tempfile

import windows
from windows import SERVICE_KEY, SOURCE_KEY, TREE, until

UNINSTALL = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall"
ENVIRONMENT = r"HKLM\System\CurrentControlSet\Control\Session Manager\Environment"
OURS_IN_PATH = r";C:\Program Files\preflightd"
PACKAGES = pathlib.Path(tempfile.mkdtemp(prefix="pf-msi-"))
OLD, NEW = PACKAGES / "old.msi", PACKAGES / "new.msi"


def versions(machine):
    said = machine.run("reg", "query", UNINSTALL, "/s", expect=None)
    return [line.split()[-1] for line in said.splitlines() if "DisplayVersion" in line]


def programs(machine):
    folder = machine.drive / "Program Files" / "preflightd"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def path_of(machine):
    return machine.registry(ENVIRONMENT)["PATH"]


def runs(machine):
    assert machine.state() == "RUNNING"
    assert machine.call("org.varlink.service.GetInfo")["parameters"]["product"] == "preflightd"
    assert programs(machine) == ["LICENSE.txt", "preflightctl.exe", "preflightd.exe"]


def is_built(machine):
    for path, version in (OLD, "0.1.0"), (NEW, "0.1.1"):
        subprocess.run([TREE / "packaging/windows/build-msi", machine.build, path, version],
                       check=True, capture_output=True)
    said = machine.output("msiinfo", "export", OLD, "InstallExecuteSequence")
    rows = (line.split("\t") for line in said.splitlines())
    order = {row[0]: int(row[2]) for row in rows if len(row) == 3 and row[2].isdigit()}
    # A deferred action stands before InstallFinalize; Windows refuses the package otherwise.
    assert (order["InstallServices"] < order["CompleteService"] < order["StartServices"]
            < order["InstallFinalize"]), order
    assert order["InstallInitialize"] < order["StopService"] < order["RemoveFiles"], order


def installs(machine):
    machine.run("msiexec", "/i", OLD, "/qn")
    runs(machine)
    assert versions(machine) == ["0.1.0"]
    values = machine.registry(SERVICE_KEY)
    assert values["ImagePath"] == r'"C:\Program Files\preflightd\preflightd.exe" --service', values
    assert values["Description"], values
    assert path_of(machine).count(OURS_IN_PATH) == 1, path_of(machine)
    source = machine.registry(SOURCE_KEY)
    assert source["EventMessageFile"] == r"C:\Program Files\preflightd\preflightd.exe", source


def the_client_asks_the_service(machine):
    said = machine.run(machine.drive / "Program Files/preflightd/preflightctl.exe", "status",
                       expect=None)
    assert said and "in this process" not in said, said


def a_prompt_finds_the_client(machine):
    said = machine.run("cmd", "/c", "preflightctl", "--version", expect=None)
    assert said.startswith("preflightctl 0."), said


def upgrades(machine):
    machine.set("[Check]\nAccount=kept\n")
    machine.run("msiexec", "/i", NEW, "/qn")
    runs(machine)
    assert versions(machine) == ["0.1.1"]
    report = machine.call("org.preflightd.Preflight.GetReport")["parameters"]["report"]
    assert report["account"] == "kept"
    assert path_of(machine).count(OURS_IN_PATH) == 1, path_of(machine)


def refuses_an_older_one(machine):
    machine.run("msiexec", "/i", OLD, "/qn", expect=1603 & 0xff)  # ERROR_INSTALL_FAILURE
    runs(machine)
    assert versions(machine) == ["0.1.1"]


def is_repaired(machine):
    """What is missing comes back, and none of our programs is run for it: any user may repair."""
    license_file = machine.drive / "Program Files/preflightd/LICENSE.txt"
    license_file.unlink()
    # --install would say again what the service is
    machine.run("reg", "add", SERVICE_KEY, "/v", "Description", "/d", "ours", "/f")
    # Wine's installer waits for no service that it stops, and cannot start one that still stops.
    machine.run("sc", "stop", "preflightd")
    until(lambda: machine.state() == "STOPPED", "the end of the service")
    machine.run("msiexec", "/i", NEW, "REINSTALL=ALL", "REINSTALLMODE=amus", "/qn")
    assert license_file.exists()
    assert machine.registry(SERVICE_KEY)["Description"] == "ours"
    if machine.state() != "RUNNING":
        machine.run("sc", "start", "preflightd")
    runs(machine)


def is_removed(machine):
    machine.run("msiexec", "/x", NEW, "/qn")
    left = (machine.state(), programs(machine), versions(machine), machine.registry(SOURCE_KEY))
    assert left == (None, [], [], None), left
    path = path_of(machine)
    assert OURS_IN_PATH not in path, path
    # Wine's installer leaves the semicolon, and its prompt looks no further than two of them.
    machine.run("reg", "add", ENVIRONMENT, "/v", "PATH", "/t", "REG_EXPAND_SZ", "/d",
                path.rstrip(";"), "/f")
    assert machine.settings.read_text(encoding="utf-8") == "[Check]\nAccount=kept\n"
    machine.settings.unlink()


TESTS = [is_built, installs, the_client_asks_the_service, a_prompt_finds_the_client, upgrades,
         refuses_an_older_one, is_repaired, is_removed]

if __name__ == "__main__":
    try:
        sys.exit(windows.main(TESTS, sys.argv[1]))
    finally:
        for left in PACKAGES.iterdir():
            left.unlink()
        PACKAGES.rmdir()
