#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The RPMs, built with Debian's rpmbuild and installed by its rpm into the root of a machine that
does not run, and into one that does: upgraded, downgraded, removed with a lease open. TAP on
stdout.

Their dependencies are named as distributions of RPMs name them, so that rpm is told not to
look for them: the libraries are the same. Only in a full run, or of those in PF_RPMS.
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

MADE = pathlib.Path(os.environ.get("PF_RPMS") or "")
DATABASE = "--dbpath=/var/lib/rpm"  # Debian's own is in the home of who calls
# What tools keep of the accounts before, and a directory that distributions of RPMs have.
STAYS = {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/usr/share/licenses"}
SHARED = {}


def state_of(box):
    return paths_of(box, "/var/lib/rpm", "/var/lib/systemd")


def rpm(box, words, check=True):
    return box.run(f"rpm --force-debian {DATABASE} {words}", check=check, timeout=300)


def files(version=None):
    version = version or SHARED["version"]
    return [next(SHARED["packages"].glob(f"{name}-{version}-*.rpm")) for name in NAMES]


def install(box, version, how="-U --oldpackage --replacepkgs"):
    for file in files(version):
        shutil.copy(file, box.path("/root"))
    rpm(box, f"--nodeps {how} /root/*.rpm")
    box.run("rm /root/*.rpm")
    assert rpm(box, "-q --qf '%{version} ' " + " ".join(NAMES)).stdout.split() == [version] * 2


def repack(top):
    """The same as an older version, with files that the newer has not: by the scripts of the
    spec, out of what is installed instead of the sources."""
    for file in files():
        archive = subprocess.run(["rpm2cpio", file], capture_output=True, check=True).stdout
        (top / "installed").mkdir(exist_ok=True)
        subprocess.run(["cpio", "-idm", "--quiet"], input=archive, cwd=top / "installed", check=True)
    shutil.rmtree(top / "installed/usr/share/licenses")  # which the spec itself takes
    for name in NAMES:
        (top / f"installed/usr/libexec/{name}-obsolete").write_text("gone by the next version\n")
    shutil.copytree(TREE / "packaging/rpm", top / "packaging/rpm")
    shutil.copy(TREE / "LICENSE", top)
    (top / "build-windows").mkdir()  # as README makes it: none of the sources
    spec = top / "packaging/rpm/preflightd.spec"
    text = spec.read_text().replace(SHARED["version"], OLDER)
    text = re.sub(r"^%meson( .*|_build)$", "", text, flags=re.MULTILINE)
    text = text.replace("%meson_install", "test ! -e build-windows\ncp -a installed/. %{buildroot}")
    text = text.replace("%files\n", "%files\n%{_libexecdir}/preflightd-obsolete\n")
    text = text.replace("%files remedy\n",
                        "%files remedy\n%{_libexecdir}/preflightd-remedy-obsolete\n")
    spec.write_text(text)
    run_tool(top / "packaging/rpm/build", SHARED["packages"])


def rpm_of_host(root, *words):
    return subprocess.run(["rpm", "--force-debian", f"--root={root}", DATABASE, *words],
                          capture_output=True, text=True, check=False, timeout=300)


# --- tests ---

def build(_box):
    spec = (TREE / "packaging/rpm/preflightd.spec").read_text()
    SHARED["version"] = re.search(r"^Version: +(\S+)$", spec, re.MULTILINE)[1]
    SHARED["packages"] = pathlib.Path(tempfile.mkdtemp(prefix="pf-rpms-"))
    if MADE.name:
        for file in MADE.glob("*.rpm"):
            shutil.copy(file, SHARED["packages"])
    else:
        run_tool(TREE / "packaging/rpm/build", SHARED["packages"])
    names = {run_tool("rpm", "-qp", "--qf", "%{name}", file) for file in files()}
    assert names == set(NAMES)
    with tempfile.TemporaryDirectory(prefix="pf-older-") as top:
        repack(pathlib.Path(top))


def is_clean_for_rpmlint(_box):
    if not shutil.which("rpmlint"):
        raise tap.Skip("rpmlint is not installed")
    done = subprocess.run(["rpmlint", "--config", TREE / "packaging/rpm/rpmlint.toml",
                           TREE / "packaging/rpm/preflightd.spec", *files()],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and " 0 errors, 0 warnings" in done.stdout, done.stdout


def installs_into_an_image(box):
    """One that does not run: enabled as presets say, and the account is there; then removed."""
    image = container.Container(SHARED["root"])
    try:
        image.mount()
        before = set(image.merged.rglob("*"))
        done = rpm_of_host(image.merged, "--nodeps", "-i", *files())
        assert done.returncode == 0 and "rror" not in done.stderr, done
        for unit in UNITS:
            told = subprocess.run(["systemctl", f"--root={image.merged}", "is-enabled", unit],
                                  capture_output=True, text=True, check=False).stdout
            assert told == "enabled\n", (unit, told)
        assert "\npreflightd:x:" in image.path("/etc/passwd").read_text()
        run_tool("systemd-sysusers", f"--root={image.merged}")  # agrees: nothing to be added
        account = image.path("/etc/passwd").read_text().split("\npreflightd:")[1].splitlines()[0]
        assert account.endswith("/nonexistent:/usr/sbin/nologin"), account
        done = rpm_of_host(image.merged, "-e", *reversed(NAMES))
        assert done.returncode == 0 and "rror" not in done.stderr, done
        left = {str(path.relative_to(image.merged)) for path in set(image.merged.rglob("*")) - before}
        left = {path for path in left if not path.startswith("var/lib/rpm")}
        assert left <= {path[1:] for path in STAYS}, sorted(left)
    finally:
        image.__exit__()
    del box


def installs_and_runs_after_a_boot(box):
    SHARED["before"] = state_of(box)
    install(box, OLDER, "-i")
    for unit in UNITS:
        assert box.run(f"systemctl is-enabled {unit}").stdout == "enabled\n"
    assert box.run("systemctl is-enabled preflight-publish.service", check=False).stdout \
        == "disabled\n"
    box.reboot()
    box.wait("systemctl is-active preflightd.service preflight-remedyd.socket")
    assert box.run("preflightctl status", check=False).returncode == 1


def keeps_a_lease_over_upgrade_and_downgrade(box):
    own_file_system(box)
    box.run(f"echo PermitRootLogin no >{DROP_IN} && systemctl reload ssh && "
            "systemctl disable --now preflightd.service")
    SHARED["sshd"] = sshd_says(box)
    assert not box.login()
    lend(box)
    keep_lease(box, install, SHARED["version"], SHARED["version"], OLDER, SHARED["version"])
    assert box.run("systemctl is-enabled preflightd.service", check=False).stdout == "disabled\n", \
        "what was disabled is enabled"
    box.run("systemctl enable --now preflightd.service")


def stays_while_a_lease_cannot_be_ended(box):
    box.run("mount -o remount,ro /etc/ssh")
    told = rpm(box, "-e preflightd-remedy", check=False)
    assert told.returncode != 0 and "cannot be written" in told.stderr, told
    rpm(box, "-q preflightd-remedy")
    box.wait("systemctl is-active preflight-remedyd.socket")
    box.run("mount -o remount,rw /etc/ssh")


def leaves_nothing_behind(box):
    rpm(box, "-e preflightd-remedy")
    assert sshd_says(box) == SHARED["sshd"]
    assert not box.login()
    assert box.run("preflightctl status", check=False).returncode == 1
    published.publish(box)
    rpm(box, "-e preflightd")
    published.is_gone(box)
    box.run("umount /etc/ssh && rm -r /root/ssh")
    left = state_of(box) - SHARED["before"]
    assert left <= STAYS, sorted(left)
    assert box.run("systemctl list-units --all 'preflight*' --no-legend --state=loaded").stdout == ""


TESTS = [build, is_clean_for_rpmlint, installs_into_an_image, installs_and_runs_after_a_boot,
         keeps_a_lease_over_upgrade_and_downgrade, stays_while_a_lease_cannot_be_ended, leaves_nothing_behind]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", help="not used: the packages are built from the tree")
    parser.add_argument("--cache", required=True, help="where the container's root is kept")
    options = parser.parse_args()
    if not os.environ.get("PF_FULL") and not MADE.name:
        print("1..0 # SKIP packages are built in a full run")
        return 0
    if not shutil.which("rpmbuild"):
        print("1..0 # SKIP rpmbuild is not installed")
        return 0
    try:
        SHARED["root"] = container.make_root(options.cache, container.WITH_PACKAGES)
    except container.Unavailable as why:
        print(f"1..0 # SKIP {why}")
        return 0
    return tap.main(TESTS, options.cache, None, container.WITH_PACKAGES)


if __name__ == "__main__":
    sys.exit(main())
