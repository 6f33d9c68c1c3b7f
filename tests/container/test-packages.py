#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The packages of Debian: installed, upgraded, removed, purged. TAP on stdout.

Building them takes a minute: only in a full run.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import tap

TREE = pathlib.Path(__file__).resolve().parents[2]
SHARED = {}


def files_of(box):
    """All that is there beside what every installation of packages touches."""
    return set(box.run(
        "find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /var/cache "
        "-o -path /var/log -o -path /var/lib/dpkg -o -path /var/lib/systemd -o -path /dev "
        "-o -path /root -o -path /var/tmp \\) -prune -o -print").stdout.splitlines())


def build(_box):
    SHARED["packages"] = tempfile.mkdtemp(prefix="pf-packages-")
    done = subprocess.run([TREE / "packaging/deb/build", SHARED["packages"]], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def is_clean_for_lintian(_box):
    changes = list(pathlib.Path(SHARED["packages"]).glob("*.changes"))
    done = subprocess.run(["lintian", "--fail-on=warning", "--allow-root", *changes],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def installs_and_runs(box):
    SHARED["before"] = files_of(box)
    for package in pathlib.Path(SHARED["packages"]).glob("*.deb"):
        if "dbgsym" not in package.name:
            box.path(f"/root/{package.name}").write_bytes(package.read_bytes())
    box.run("dpkg -i /root/preflight*.deb", timeout=120)
    box.wait("systemctl is-active preflightd.service preflightd.socket preflight-remedyd.socket")
    box.run("systemctl is-enabled preflight-leases.service")
    assert box.run("preflightctl status", check=False).returncode == 1


def runs_after_a_boot(box):
    box.reboot()
    box.wait("systemctl is-active preflightd.service preflight-remedyd.socket")


def lends_and_keeps_it_over_an_upgrade(box):
    box.path("/etc/ssh/sshd_config.d/50-test.conf").write_text("PermitRootLogin no\n")
    box.run("systemctl reload ssh")
    SHARED["sshd"] = box.run("sshd -T -C user=root,host=x,addr=127.0.0.1").stdout
    box.run("preflightctl fix ssh.access --lease=30min --source=127.0.0.1 --consent --yes")
    assert box.login()
    box.run("dpkg -i /root/preflight*.deb", timeout=120)
    assert box.login(), "an upgrade ended a lease"


def leaves_no_lease_open(box):
    box.run("dpkg -r preflightd-remedy", timeout=120)
    assert box.run("sshd -T -C user=root,host=x,addr=127.0.0.1").stdout == SHARED["sshd"]
    assert not box.login()


def leaves_nothing_behind(box):
    box.run("dpkg -P preflightd-remedy preflightd", timeout=120)
    box.path("/etc/ssh/sshd_config.d/50-test.conf").unlink()
    left = {path for path in files_of(box) - SHARED["before"]}
    assert not left, sorted(left)
    assert box.run("systemctl list-units --all 'preflight*' --no-legend --state=loaded").stdout == ""


TESTS = [build, is_clean_for_lintian, installs_and_runs, runs_after_a_boot,
         lends_and_keeps_it_over_an_upgrade, leaves_no_lease_open, leaves_nothing_behind]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", help="not used: the packages are built from the tree")
    parser.add_argument("--cache", required=True, help="where the container's root is kept")
    options = parser.parse_args()
    if not os.environ.get("PF_FULL"):
        print("1..0 # SKIP packages are built in a full run")
        return 0
    return tap.main(TESTS, options.cache, None)


if __name__ == "__main__":
    sys.exit(main())
