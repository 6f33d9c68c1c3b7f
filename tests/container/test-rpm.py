#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The RPMs, built with Debian's rpmbuild and installed by its rpm into a machine and into the
root of one that does not run. TAP on stdout.

Their dependencies are named as distributions of RPMs name them, so that rpm is told not to
look for them: the libraries are the same. Only in a full run, or of those in PF_RPMS.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import container
import tap

TREE = pathlib.Path(__file__).resolve().parents[2]
MADE = pathlib.Path(os.environ.get("PF_RPMS") or "")
NAMES = ("preflightd", "preflightd-remedy")
UNITS = ("preflightd.socket", "preflightd.service", "preflight-remedyd.socket",
         "preflight-leases.service")
DROP_IN = "/etc/ssh/sshd_config.d/50-test.conf"
ELSEWHERE = ["/proc", "/sys", "/dev", "/tmp", "/root", "/var/tmp", "/var/cache", "/var/log",
             "/var/lib/rpm", "/var/lib/systemd", "/run/systemd", "/run/udev", "/run/log",
             "/run/sshd", "/run/motd.dynamic"]
MORE = ["python3-apt", "rpm"]
DATABASE = "--dbpath=/var/lib/rpm"  # Debian's own is in the home of who calls
# What tools keep of the accounts before, and a directory that distributions of RPMs have.
STAYS = {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/usr/share/licenses"}
SHARED = {}


def run_tool(*argv, **options):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
    return done.stdout


def state_of(box):
    pruned = " -o ".join(f"-path {path}" for path in ELSEWHERE)
    return set(box.run(f"find / \\( {pruned} \\) -prune -o -print").stdout.splitlines())


def rpm(box, words, check=True):
    return box.run(f"rpm --force-debian {DATABASE} {words}", check=check, timeout=300)


def files():
    return [next(SHARED["packages"].glob(f"{name}-[0-9]*.rpm")) for name in NAMES]


def rpm_of_host(root, *words):
    return subprocess.run(["rpm", "--force-debian", f"--root={root}", DATABASE, *words],
                          capture_output=True, text=True, check=False, timeout=300)


def own_file_system(box):
    """For /etc/ssh: one that is read-only where anybody sees it, once it is."""
    box.run("cp -a /etc/ssh /root/ssh && mount -t tmpfs -o mode=755 tmpfs /etc/ssh && "
            "cp -a /root/ssh/. /etc/ssh")


# --- tests ---

def build(_box):
    SHARED["packages"] = pathlib.Path(tempfile.mkdtemp(prefix="pf-rpms-"))
    if MADE.name:
        for file in MADE.glob("*.rpm"):
            shutil.copy(file, SHARED["packages"])
    else:
        run_tool(TREE / "packaging/rpm/build", SHARED["packages"])
    names = {run_tool("rpm", "-qp", "--qf", "%{name}", file) for file in files()}
    assert names == set(NAMES)


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
    for file in files():
        shutil.copy(file, box.path("/root"))
    rpm(box, "--nodeps -i /root/*.rpm")
    for unit in UNITS:
        assert box.run(f"systemctl is-enabled {unit}").stdout == "enabled\n"
    assert box.run("systemctl is-enabled preflight-publish.service", check=False).stdout \
        == "disabled\n"
    box.reboot()
    box.wait("systemctl is-active preflightd.service preflight-remedyd.socket")
    assert box.run("preflightctl status", check=False).returncode == 1


def keeps_a_lease_over_an_upgrade(box):
    own_file_system(box)
    box.run(f"echo PermitRootLogin no >{DROP_IN} && systemctl reload ssh")
    SHARED["sshd"] = box.run("sshd -T -C user=root,host=x,addr=127.0.0.1").stdout
    box.run("preflightctl fix ssh.access --lease=30min --source=127.0.0.1 --consent --yes "
            "--no-pager", timeout=240)
    assert box.login()
    rpm(box, "--nodeps -U --replacepkgs /root/*.rpm")
    assert box.login() and "leaseEndsUSec" in box.run("preflightctl history --format=json").stdout
    box.wait("systemctl is-active preflightd.service")


def stays_while_a_lease_cannot_be_ended(box):
    box.run("mount -o remount,ro /etc/ssh")
    told = rpm(box, "-e preflightd-remedy", check=False)
    assert told.returncode != 0 and "cannot be written" in told.stderr, told
    rpm(box, "-q preflightd-remedy")
    box.wait("systemctl is-active preflight-remedyd.socket")
    box.run("mount -o remount,rw /etc/ssh")


def leaves_nothing_behind(box):
    rpm(box, "-e preflightd-remedy")
    assert box.run("sshd -T -C user=root,host=x,addr=127.0.0.1").stdout == SHARED["sshd"]
    assert not box.login()
    assert box.run("preflightctl status", check=False).returncode == 1
    rpm(box, "-e preflightd")
    box.run("umount /etc/ssh && rm -r /root/ssh")
    left = state_of(box) - SHARED["before"]
    assert left <= STAYS, sorted(left)
    assert box.run("systemctl list-units --all 'preflight*' --no-legend --state=loaded").stdout == ""


TESTS = [build, is_clean_for_rpmlint, installs_into_an_image, installs_and_runs_after_a_boot,
         keeps_a_lease_over_an_upgrade, stays_while_a_lease_cannot_be_ended, leaves_nothing_behind]


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
        SHARED["root"] = container.make_root(options.cache, MORE)
    except container.Unavailable as why:
        print(f"1..0 # SKIP {why}")
        return 0
    return tap.main(TESTS, options.cache, None, MORE)


if __name__ == "__main__":
    sys.exit(main())
