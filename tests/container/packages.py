# SPDX-License-Identifier: MIT
"""What tests of packages share, of whatever kind they are: what is left behind, and a lease that
is to outlive them."""

import pathlib
import subprocess

TREE = pathlib.Path(__file__).resolve().parents[2]
OLDER = "0.0.9"
NAMES = ("preflightd", "preflightd-remedy")
UNITS = ("preflightd.socket", "preflightd.service", "preflight-remedyd.socket",
         "preflight-leases.service")
DROP_IN = "/etc/ssh/sshd_config.d/50-test.conf"

# What others write while packages come and go. Of /run/systemd only what systemd itself keeps
# there, of all units: next to it is the directory of a socket of ours.
ELSEWHERE = ["/proc", "/sys", "/dev", "/tmp", "/root", "/var/tmp", "/var/cache", "/var/log",
             "/run/udev", "/run/log", "/run/sshd", "/run/motd.dynamic"]
OF_SYSTEMD = ["ask-password*", "dynamic-uid", "generator*", "inaccessible", "incoming", "inhibit",
              "journal", "machines", "netif", "propagate", "seats", "sessions", "shutdown", "system",
              "transient", "unit-root", "units", "userdb", "users"]


def run_tool(*argv, **options):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
    return done.stdout


def paths_of(box, *elsewhere):
    """Of every file there is, but for those that others write: who manages packages, too."""
    pruned = [*ELSEWHERE, *(f"/run/systemd/{name}" for name in OF_SYSTEMD), *elsewhere]
    words = " -o ".join(f"-path '{path}'" for path in pruned)
    return set(box.run(f"find / \\( {words} \\) -prune -o -print").stdout.splitlines())


def sshd_says(box):
    return box.run("sshd -T -C user=root,host=x,addr=127.0.0.1").stdout


def lend(box):
    box.run("preflightctl fix ssh.access --lease=30min --source=127.0.0.1 --consent --yes "
            "--no-pager", timeout=240)
    assert box.login()


def is_lent(box):
    return box.login() and "leaseEndsUSec" in box.run("preflightctl history --format=json").stdout \
        and "permitrootlogin yes" in sshd_says(box)


def keep_lease(box, install, *versions):
    """While @install(box, version) puts each in the place of the one before it."""
    for version in versions:
        install(box, version)
        assert is_lent(box), f"lost by the installation of {version}"
        for name in NAMES:
            assert box.path(f"/usr/libexec/{name}-obsolete").exists() == (version == OLDER), \
                f"{name} {version}"


def own_file_system(box):
    """For /etc/ssh: one that is read-only where anybody sees it, once it is."""
    box.run("cp -a /etc/ssh /root/ssh && mount -t tmpfs -o mode=755 tmpfs /etc/ssh && "
            "cp -a /root/ssh/. /etc/ssh")

