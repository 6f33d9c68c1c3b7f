#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The units beside preflightd's own: what they expose, and in which order they start.

PF_UNITS is the directory of the units as they are installed. Prints TAP.
"""
import os
import pathlib
import shutil
import subprocess
import sys

import service_under_test
from service_under_test import Skip, TREE

UNITS = pathlib.Path(os.environ.get("PF_UNITS", "/nonexistent"))
SOURCES = TREE / "packaging/systemd"
EXPOSURE_MAX = 5.0
EXPOSURE_OF_PUBLISHING = 1.5
EXPOSURE_AT_BOOT = 3.0
SEALED = {"PrivateIPC": "yes", "DevicePolicy": "closed", "IPAddressDeny": "any", "LimitCORE": "0",
          "NoNewPrivileges": "yes", "LockPersonality": "yes", "MemoryDenyWriteExecute": "yes",
          "RestrictRealtime": "yes", "RestrictSUIDSGID": "yes", "UMask": "0077",
          "SystemCallArchitectures": "native", "SystemCallErrorNumber": "EPERM"}
LIMITED = ("MemoryMax", "TasksMax", "CapabilityBoundingSet", "SystemCallFilter",
           "RestrictAddressFamilies", "RestrictNamespaces")


def settings(path):
    """Each "Key=" with its values in their order."""
    found = {}
    for line in path.read_text().splitlines():
        key, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def words(unit, key):
    return " ".join(settings(UNITS / unit).get(key, [])).split()


def exposure(unit, most=EXPOSURE_MAX):
    if not shutil.which("systemd-analyze"):
        raise Skip("systemd-analyze is not installed")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager",
         f"--threshold={most * 10:.0f}", str(UNITS / unit)],
        capture_output=True, text=True, check=False, timeout=60)
    if "offline" in done.stderr:
        raise Skip(done.stderr.strip())  # before systemd 250
    print(f"# {done.stdout.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stdout + done.stderr


def test_exposure_of_the_service(_):
    exposure("preflight-remedyd.service")


def test_exposure_of_what_ends_leases(_):
    exposure("preflight-leases.service", EXPOSURE_AT_BOOT)


def test_no_service_shares_more_than_it_needs(_):
    """What stands in all of them. A systemd that does not know one of these goes on without."""
    for unit in sorted(UNITS.glob("preflight*.service")):
        found = settings(unit)
        for key, value in SEALED.items():
            assert found.get(key) == [value], (unit.name, key, found.get(key))
        for key in LIMITED:
            assert found.get(key), (unit.name, key)
        # It takes away what a user other than root leaves behind, and is nothing without one.
        assert ("RemoveIPC" in found) == ("User" in found), unit.name


def test_only_who_reads_devices_is_let(_):
    """Probes look at what is written on disks; what ends leases at boot asks no probe."""
    for unit in ("preflightd.service", "preflight-remedyd.service"):
        assert settings(UNITS / unit)["DeviceAllow"] == ["block-* r"], unit
    assert "DeviceAllow" not in settings(UNITS / "preflight-leases.service")


def test_every_program_is_the_one_that_is_installed(_):
    for unit in UNITS.glob("preflight-*.service"):
        name = "preflight-publish" if unit.stem == "preflight-publish" else "preflight-remedyd"
        for command in settings(unit)["ExecStart"] + settings(unit).get("ExecStopPost", []):
            assert command.split()[0].endswith("/" + name) and "@" not in command, command


def test_exposure_of_publishing(_):
    exposure("preflight-publish.service", EXPOSURE_OF_PUBLISHING)


def test_what_publishes_ends_with_what_it_publishes(_):
    """And whoever reads it then is told so; it is off until somebody enables it."""
    assert words("preflight-publish.service", "BindsTo") == ["preflightd.service"]
    assert words("preflight-publish.service", "WantedBy") == ["preflightd.service"]
    [command] = settings(UNITS / "preflight-publish.service")["ExecStopPost"]
    assert command.endswith(" --withdraw")
    assert words("preflight-publish.service", "CapabilityBoundingSet") == []
    preset = (SOURCES / "80-preflightd.preset").read_text()
    assert "disable preflight-publish.service\n" in preset


def test_leases_end_before_sshd_starts(_):
    servers = {"ssh.service", "sshd.service", "ssh.socket", "sshd.socket"}
    assert servers <= set(words("preflight-leases.service", "Before"))
    assert servers <= set(words("preflight-leases.service", "WantedBy"))
    assert "preflight-remedyd.service" in words("preflight-leases.service", "Before")
    assert "/var/lib/preflightd" in words("preflight-leases.service", "RequiresMountsFor")
    # Ordered before what is ordered behind basic.target, it must not wait for it itself.
    assert words("preflight-leases.service", "DefaultDependencies") == ["no"]
    assert words("preflight-leases.service", "OnFailure") == ["preflight-remedyd.service"]


def test_what_was_killed_comes_back(_):
    assert words("preflight-remedyd.service", "Restart") == ["on-failure"]
    assert words("preflight-remedyd.service", "StartLimitIntervalSec") == ["0"]


def test_what_systemd_cannot_start_does_not_come_back(_):
    """EXIT_STATE_DIRECTORY of systemd.exec(5), on a full /var: no limit would ever end that."""
    assert words("preflight-remedyd.service", "StateDirectory") == ["preflightd"]
    assert words("preflight-remedyd.service", "RestartPreventExitStatus") == ["238"]


def test_systemd_understands_it(_):
    if not shutil.which("systemd-analyze"):
        raise Skip("systemd-analyze is not installed")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
                           str(UNITS / "preflight-remedyd.service")],
                          capture_output=True, text=True, check=False, timeout=60)
    if "recursive-errors" in done.stderr:
        raise Skip(done.stderr.strip())  # before systemd 250
    # Programs and other units are where they will be installed.
    wrong = [line for line in done.stderr.splitlines() if "preflight-remedyd.service:" in line
             and "is not executable" not in line]
    assert not wrong, wrong


def test_the_socket_is_for_root_and_one_group(_):
    socket = settings(SOURCES / "preflight-remedyd.socket")
    assert socket["SocketMode"] == ["0660"] and socket["SocketUser"] == ["root"]
    assert socket["SocketGroup"] == ["preflightd"]
    assert socket["ListenStream"] == ["/run/preflightd/org.preflightd.Remediation"]


def main():
    if not UNITS.is_dir():
        service_under_test.skip_all("PF_UNITS names no directory")

    class Silent:
        @staticmethod
        def print_log():
            """There is none."""

    return service_under_test.run(service_under_test.tests_of(sys.modules[__name__]), None, Silent)


if __name__ == "__main__":
    sys.exit(main())
