#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The packages of Debian: installed alone and together, upgraded, downgraded, removed with a
lease open, purged; and their own tests by autopkgtest. TAP on stdout.

Building them takes minutes: only in a full run, or of those in the folder PF_PACKAGES.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import container
import published
import tap
from packages import (DROP_IN, NAMES, OLDER, TREE, UNITS, keep_lease, lend, own_file_system,
                      paths_of, run_tool, sshd_says)

MADE = pathlib.Path(os.environ.get("PF_PACKAGES") or "")
SHARED = {}


# --- helpers ---

def state_of(box):
    """The path of every file there is, and who has an account, which stays by policy."""
    accounts = box.run("cat /etc/passwd /etc/group /etc/shadow /etc/gshadow").stdout.splitlines()
    return paths_of(box, "/var/lib/dpkg", "/var/lib/systemd/timers",
                    "/var/lib/systemd/catalog") | set(accounts)


def package(name, version):
    return next(SHARED["packages"].glob(f"{name}_{version}_*.deb"))


def repack(name, top):
    """The same as an older version, with a file that the newer has not."""
    tree = top / name
    run_tool("dpkg-deb", "-R", package(name, SHARED["version"]), tree)
    control = tree / "DEBIAN/control"
    control.write_text(control.read_text().replace(SHARED["version"], OLDER))
    (tree / "usr/libexec" / f"{name}-obsolete").write_text("gone by the next version\n")
    run_tool("dpkg-deb", "--root-owner-group", "-b", tree, SHARED["packages"])


def install(box, version, names=NAMES):
    files = []
    for name in names:
        file = package(name, version)
        shutil.copy(file, box.path(f"/root/{file.name}"))
        files.append(f"/root/{file.name}")
    box.run(f"dpkg -i {' '.join(files)}; status=$?; rm -f /root/*.deb; exit $status", timeout=240)


def version_of(box, name):
    return box.run(f"dpkg-query -W -f '${{db:Status-Status}} ${{Version}}' {name}").stdout


# --- tests ---

def build(_box):
    SHARED["version"] = re.search(r"version: '([^']+)'", (TREE / "meson.build").read_text())[1]
    SHARED["packages"] = pathlib.Path(tempfile.mkdtemp(prefix="pf-packages-"))
    if MADE.name:
        for file in MADE.iterdir():
            shutil.copy(file, SHARED["packages"])
    else:
        run_tool(TREE / "packaging/deb/build", SHARED["packages"])
    with tempfile.TemporaryDirectory(prefix="pf-older-") as top:
        for name in NAMES:
            repack(name, pathlib.Path(top))


def is_clean_for_lintian(_box):
    changes = list(SHARED["packages"].glob("*.changes"))
    run_tool("lintian", "--fail-on=error,warning,info,pedantic", "--display-info", "--pedantic",
             "--allow-root", *changes)


def reads_without_the_remedies(box):
    """What changes machines is named where it is missing, and nothing else misses it."""
    SHARED["before"] = state_of(box)
    install(box, SHARED["version"], NAMES[:1])
    box.wait("systemctl is-active preflightd.service preflightd.socket")
    assert box.run("preflightctl check --source=127.0.0.1", check=False).returncode == 1
    for command in ("plan", "fix --yes", "history", "undo --last"):
        told = box.run(f"preflightctl {command}", check=False)
        assert told.returncode == 4 and "preflightd-remedy" in told.stderr, told
    box.path("/etc/preflightd").mkdir(exist_ok=True)
    box.path("/etc/preflightd/preflightd.conf").write_text("[Remedy]\nAuto=safe\n")
    box.run("systemctl restart preflightd")
    assert box.run("preflightctl status", check=False).returncode == 1
    assert box.run("find / -xdev -name 'preflight-*d' -type f -perm -100").stdout == ""
    box.run("dpkg -P preflightd", timeout=240)
    left = state_of(box) - SHARED["before"]
    assert all(re.match(r"preflightd:[!x*]", line) for line in left), sorted(left)


def does_what_presets_say(box):
    """Those of an administrator, who builds a template that is not to run it yet."""
    preset = box.path("/etc/systemd/system-preset/10-none.preset")
    preset.parent.mkdir(exist_ok=True)
    preset.write_text("disable preflight*\n")
    install(box, SHARED["version"])
    for unit in UNITS:
        assert box.run(f"systemctl is-enabled {unit}", check=False).stdout == "disabled\n", unit
    assert box.run("systemctl is-active preflightd.service", check=False).returncode != 0
    shutil.rmtree(preset.parent)
    box.run(f"systemctl preset {' '.join(UNITS)}")
    assert box.run(f"systemctl is-enabled {' '.join(UNITS)}").stdout == "enabled\n" * len(UNITS)
    box.run("dpkg -P preflightd-remedy preflightd", timeout=240)


def installs_and_runs(box):
    install(box, OLDER)
    box.wait("systemctl is-active preflightd.service preflightd.socket preflight-remedyd.socket")
    assert box.run(f"systemctl is-enabled {' '.join(UNITS)}").stdout == "enabled\n" * len(UNITS)
    assert box.run("systemctl is-active preflight-remedyd.service", check=False).returncode != 0, \
        "nobody asked for it"
    assert box.run("preflightctl status", check=False).returncode == 1
    box.run("journalctl --list-catalog | grep -q ssh.password-authentication")


def runs_after_a_boot(box):
    box.reboot()
    box.wait("systemctl is-active preflightd.service preflight-remedyd.socket")


def keeps_leases_over_upgrade_and_downgrade(box):
    own_file_system(box)
    box.run(f"echo PermitRootLogin no >{DROP_IN} && systemctl reload ssh && "
            "systemctl disable --now preflightd.service")
    SHARED["sshd"] = sshd_says(box)
    assert not box.login()
    lend(box)
    keep_lease(box, install, SHARED["version"], OLDER, SHARED["version"])
    assert version_of(box, "preflightd-remedy") == f"installed {SHARED['version']}"
    assert box.run("systemctl is-enabled preflightd.service", check=False).stdout == "disabled\n", \
        "what was disabled is enabled"
    box.run("systemctl enable --now preflightd.service")


def stays_while_a_lease_cannot_be_ended(box):
    box.run("mount -o remount,ro /etc/ssh")
    told = box.run("dpkg -r preflightd-remedy", check=False, timeout=300)
    assert told.returncode != 0 and "cannot be written" in told.stderr, told
    assert version_of(box, "preflightd-remedy").startswith("installed")
    box.wait("systemctl is-active preflight-remedyd.socket")
    box.run("mount -o remount,rw /etc/ssh")


def leaves_no_lease_open(box):
    box.run("preflightctl history | grep -q . && dpkg -r preflightd-remedy", timeout=240)
    assert sshd_says(box) == SHARED["sshd"]
    assert not box.login()
    assert box.run("preflightctl status", check=False).returncode == 1


def leaves_nothing_behind(box):
    published.publish(box)
    box.run("dpkg -P preflightd-remedy preflightd", timeout=240)
    published.is_gone(box)
    box.run("umount /etc/ssh && rm -r /root/ssh")
    left = state_of(box) - SHARED["before"]
    assert all(re.match(r"preflightd:[!x*]", line) for line in left), sorted(left)
    assert box.run("systemctl list-units --all 'preflight*' --no-legend --state=loaded").stdout == ""
    box.run("! journalctl --list-catalog | grep -q ssh.password-authentication")


def are_sealed_into_an_image(_box):
    """As mkosi.finalize does it, with a root that does not run: installed, sealed, and ready."""
    top = pathlib.Path(tempfile.mkdtemp(prefix="pf-mkosi-"))
    shutil.copytree(TREE / "packaging/template/mkosi", top / "mkosi")
    (top / "mkosi/mkosi.packages").mkdir()
    for name in NAMES:
        shutil.copy(package(name, SHARED["version"]), top / "mkosi/mkosi.packages")
        run_tool("dpkg-deb", "-x", package(name, SHARED["version"]), top / "installed")
    image = container.Container(container.make_root(SHARED["cache"], container.WITH_PACKAGES))
    try:
        image.mount()
        image.path(DROP_IN).write_text("PermitRootLogin yes\n")
        told = run_tool(top / "mkosi/mkosi.finalize", "final", env=dict(
            os.environ, BUILDROOT=str(image.merged), PREFLIGHTD_SOURCE="192.0.2.7",
            PREFLIGHTD_TEMPLATE=str(TREE / "packaging/template"),
            PREFLIGHT_REMEDYD=str(top / "installed/usr/libexec/preflight-remedyd"),
            PATH=f"{top}/installed/usr/bin:{os.environ['PATH']}"))
        assert "\nready: " in told, told
        assert image.path("/etc/machine-id").read_text() == "uninitialized\n"
        assert not list(image.path("/etc/ssh").glob("ssh_host_*"))
    finally:
        image.__exit__()


def passes_its_autopkgtest(box):
    """By the program that Debian runs them with, over ssh."""
    if not shutil.which("autopkgtest"):
        raise tap.Skip("autopkgtest is not installed")
    top = pathlib.Path(tempfile.mkdtemp(prefix="pf-autopkgtest-"))
    run_tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", top / "key")
    box.path("/root/.ssh").mkdir(mode=0o700, exist_ok=True)
    shutil.copy(top / "key.pub", box.path("/root/.ssh/authorized_keys"))
    shutil.copytree(TREE / "packaging/deb/debian", top / "source/debian")
    (top / "config").write_text(
        f"ProxyCommand nsenter -t {box.leader} -n socat - TCP:127.0.0.1:22\n")
    box.run("systemctl restart ssh")  # it runs with a configuration that is gone
    done = subprocess.run(
        ["autopkgtest", "--no-built-binaries", "--output-dir", top / "output",
         *(package(name, SHARED["version"]) for name in NAMES), top / "source", "--", "ssh",
         "--hostname=127.0.0.1", "--login=root", f"--identity={top / 'key'}",
         "--timeout-ssh=60", "--capability=isolation-container", f"--options=-F {top / 'config'}"],
        capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    results = (top / "output/summary").read_text().split()
    assert results == ["report", "PASS", "lease", "PASS"], results


def folder_of(version):
    """One with nothing else in it."""
    only = pathlib.Path(tempfile.mkdtemp(prefix="pf-packages-only-"))
    for name in NAMES:
        shutil.copy(package(name, version), only)
    return only


def is_installed_by_ansible(_box):
    """By the role, from files, over an older version; the second time changes nothing."""
    if not shutil.which("ansible-playbook"):
        raise tap.Skip("ansible-core is not installed")
    run_tool(sys.executable, pathlib.Path(__file__).parent / "test-ansible.py", "--cache",
             SHARED["cache"], "--packages", folder_of(SHARED["version"]), "--older", folder_of(OLDER),
             timeout=1000)


def are_installed_by_cloud_init(_box):
    """By the user data for templates, by name, from a signed repository; then they are sealed."""
    run_tool(sys.executable, pathlib.Path(__file__).parent / "test-cloud-init.py", "--cache",
             SHARED["cache"], "--packages", folder_of(SHARED["version"]), timeout=1000)


TESTS = [build, is_clean_for_lintian, reads_without_the_remedies, does_what_presets_say,
         installs_and_runs, runs_after_a_boot, keeps_leases_over_upgrade_and_downgrade,
         stays_while_a_lease_cannot_be_ended, leaves_no_lease_open, leaves_nothing_behind,
         are_sealed_into_an_image, passes_its_autopkgtest, is_installed_by_ansible,
         are_installed_by_cloud_init]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", help="not used: the packages are built from the tree")
    parser.add_argument("--cache", required=True, help="where the container's root is kept")
    options = parser.parse_args()
    if not os.environ.get("PF_FULL") and not MADE.name:
        print("1..0 # SKIP packages are built in a full run")
        return 0
    SHARED["cache"] = options.cache
    return tap.main(TESTS, options.cache, None, container.WITH_PACKAGES)


if __name__ == "__main__":
    sys.exit(main())
