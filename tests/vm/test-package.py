#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The packages on a machine of their own, and the day of a push installer. TAP on stdout.

  test-package.py                        Debian 12
  test-package.py --suite=trixie         another release

Builds the packages with what that release has (or takes those in the folder PF_PACKAGES),
installs them on a machine that has what they depend on, and starts it again. Then what an administrator sees: units, status
line, journal, exposure, a service that hangs. Then what an installer does, from outside: asks
over ssh, is told "blocked", borrows a way in, asks again, copies 100 MB over SFTP, and is
refused when the lease is over.

Needs what machine.py says; exit status 77, with the reason, where something is missing. Takes
some 10 minutes without KVM.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True

from machine import (BOOT_SECONDS, CACHE, SKIPPED, TREE, Points, make_image, missing, run,
                     use_harness)

NEEDED = ("qemu-system-x86_64", "qemu-img", "dpkg-deb", "mmdebstrap", "ssh", "sftp", "sshpass")
NAMES = ("preflightd", "preflightd-remedy")
SOURCE = "10.0.2.2"  # what the machine sees of its host: the user network of QEMU
PASSWORD = "root"  # of make-image
EXPOSURE = {"preflightd.service": 1.5, "preflight-remedyd.service": 5.0}
LIBRARIES = "x86_64-linux-gnu"
LOADER = "ld-linux-x86-64.so.2"
SETTINGS = "/etc/preflightd/preflightd.conf.d"
LEASE = "4min"
COPIED = 100 << 20
BUILD_SECONDS = 3000


def build_packages(suite, unit, top):
    made = os.environ.get("PF_PACKAGES")
    if not made:
        built = run(TREE / "packaging/deb/build-for", *["--test"] * unit, suite, top, check=False,
                    timeout=BUILD_SECONDS,
                    env={**os.environ, "PF_BUILD_ROOTS": str(CACHE / "built-with")})
        assert built.returncode == 0, (built.stdout + built.stderr)[-8000:]
        made = top
    return {name: next(pathlib.Path(made).glob(f"{name}_*.deb")) for name in NAMES}


def needed_packages(packages):
    """What they depend on, but for each other, without versions."""
    told = "".join(run("dpkg-deb", "-f", file, "Depends").stdout.strip() + ","
                   for file in packages.values())
    names = {re.split(r"[ (|:]", one.strip())[0] for one in told.split(",")}
    return ",".join(sorted(names - set(NAMES) - {""}))


class Machine:
    """With a preflightctl outside of it, which reaches it by ssh as a person would."""

    def __init__(self, vm, work):
        self.vm = vm
        self.work = pathlib.Path(work)
        self.client = []

    def run(self, command, check=True, timeout=900):
        return self.vm.run(command, timeout=timeout, check=check)

    def tell(self, command, check=True):
        return self.run(command, check).stdout.strip()

    def wait(self, command, what, seconds=300):
        late = time.monotonic() + seconds
        while self.run(command, check=False).returncode != 0:
            assert time.monotonic() < late, f"{what}: {self.run(command, check=False).stdout}"
            time.sleep(0.5)

    def unpack_client(self, packages, root):
        """With the libraries of @root, the same release unpacked: this machine may be another."""
        run("dpkg-deb", "-x", packages["preflightd"], self.work / "client")
        lib = root / "lib" / LIBRARIES
        self.client = [lib / LOADER, "--library-path", f"{lib}:{root}/usr/lib/{LIBRARIES}",
                       self.work / "client/usr/bin/preflightctl"]
        ssh = self.work / "ssh"
        ssh.write_text("#!/bin/sh\nexec ssh -F none -p {} {} \"$@\"\n".format(
            self.vm.control, " ".join(self.vm._opts(False))))
        ssh.chmod(0o755)

    def ask(self):
        """The installer's question, from outside, by the service's own name for a host."""
        done = subprocess.run(
            [*self.client, "-H", "root@127.0.0.1", "check", "--format=json", f"--source={SOURCE}"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
            env=dict(os.environ, PREFLIGHT_SSH=str(self.work / "ssh")))
        assert done.returncode in (0, 1, 3), done.stdout + done.stderr
        report = json.loads(done.stdout)
        return {one["check"]: one for one in report["checks"]}, report, done.returncode

    def may_login(self):
        return self.vm.login(password=PASSWORD, timeout=120).returncode == 0

    def copy(self, file):
        """As an installer does: SFTP with the password of root."""
        return subprocess.run(
            ["sshpass", "-p", PASSWORD, "sftp", "-q", "-P", str(self.vm.port),
             *self.vm._opts(False), "-o", "PubkeyAuthentication=no",
             "-o", "NumberOfPasswordPrompts=1", "root@127.0.0.1"],
            input=f'put "{file}" /root/agent\n', capture_output=True, text=True, timeout=900,
            check=False)


class Scenarios:
    """In this order; their names are what is shown."""

    def __init__(self, box, packages):
        self.box = box
        self.packages = packages
        self.lease_ends = None

    def installed(self):
        for file in self.packages.values():
            self.box.vm.put(str(file), f"/root/{file.name}")
        self.box.run("dpkg -i /root/preflightd*.deb && rm /root/preflightd*.deb")
        # An emulated machine may be slower than a probe says that it ever is.
        self.box.run(f"mkdir -p {SETTINGS} && printf '[Check]\\nDeadlineSec=5min\\n' "
                     f">{SETTINGS}/50-slow.conf")
        return self.box.tell("dpkg-query -W preflightd preflightd-remedy")

    def active_after_a_boot(self):
        before = self.box.tell("cat /proc/sys/kernel/random/boot_id")
        self.box.run("sync; systemd-run --on-active=1 systemctl reboot", check=False)
        run("ssh", "-F", "none", "-O", "exit", "-o", f"ControlPath={self.box.work}/c", "x",
            check=False)
        late = time.monotonic() + BOOT_SECONDS
        while True:
            try:
                now = self.box.run("cat /proc/sys/kernel/random/boot_id", check=False,
                                   timeout=20).stdout.strip()
            except subprocess.TimeoutExpired:
                now = ""
            if now and now != before:
                break
            assert time.monotonic() < late, self.box.vm.console()[-1500:]
            time.sleep(1)
        self.box.wait("systemctl is-active preflightd.service preflightd.socket "
                      "preflight-remedyd.socket", "units")
        failed = self.box.tell("systemctl list-units --failed --no-legend 'preflight*'")
        assert not failed, failed

    def exposure(self):
        told = []
        for unit, bar in EXPOSURE.items():
            text = self.box.tell(f"systemd-analyze security --no-pager {unit} | tail -n 1")
            value = float(re.search(r": ([0-9.]+) ", text)[1])
            assert value <= bar, text
            told.append(f"{unit} {value}")
        return ", ".join(told)

    def status_in_one_line(self):
        self.box.wait("systemctl status preflightd | grep -qE 'Status: \"(ready|blocked|unknown)'",
                      "no status line")
        return self.box.tell("systemctl status preflightd | grep Status:")

    def started_by_its_socket(self):
        self.box.run("systemctl stop preflightd.service")
        assert self.box.tell("systemctl is-active preflightd.service", check=False) == "inactive"
        self.box.run("preflightctl status", check=False)
        assert self.box.tell("systemctl is-active preflightd.service") == "active"

    def started_again_when_it_hangs(self):
        self.box.run("mkdir -p /run/systemd/system/preflightd.service.d && "
                     "printf '[Service]\\nWatchdogSec=5s\\n' "
                     ">/run/systemd/system/preflightd.service.d/watchdog.conf && "
                     "systemctl daemon-reload && systemctl restart preflightd")
        pid = self.box.tell("systemctl show -P MainPID preflightd")
        self.box.run(f"kill -STOP {pid}")
        self.box.wait(f"p=$(systemctl show -P MainPID preflightd) && [ $p != {pid} ] && [ $p != 0 ] "
                      "&& systemctl is-active preflightd", "not started again")
        self.box.run("rm -r /run/systemd/system/preflightd.service.d; systemctl daemon-reload; "
                     "systemctl restart preflightd")
        assert "watchdog" in self.box.tell("journalctl -b -u preflightd").lower()
        assert self.box.run("preflightctl status", check=False).returncode in (0, 1, 3)

    def journal_explains(self):
        self.box.run("printf 'PermitRootLogin no\\nPasswordAuthentication no\\n' "
                     ">/etc/ssh/sshd_config.d/00-vm.conf && systemctl reload ssh")
        self.box.wait("journalctl -b -u preflightd | grep -q ssh.root-login", "no event")
        text = self.box.tell("journalctl -b -x --no-pager -u preflightd")
        about = text[text.index("ssh.root-login"):]
        assert "░░ Subject:" in about or "-- Subject:" in about, about[:2000]

    # --- the installer's day

    def told_blocked(self):
        checks, report, status = self.box.ask()
        assert status == 1 and report["verdict"] == "blocked", report["verdict"]
        assert checks["ssh.access"]["verdict"] == "fail", checks["ssh.access"]
        assert "95108" in checks["ssh.access"]["errorIds"]
        assert not self.box.may_login()
        return checks["ssh.access"]["summary"]

    def lent_a_way_in(self):
        self.box.run(f"preflightctl fix ssh.access --lease={LEASE} --source={SOURCE} "
                     "--consent --yes --no-pager")
        history = json.loads(self.box.run("preflightctl history --format=json").stdout)
        self.lease_ends = history["transactions"][0]["leaseEndsUSec"] / 1e6
        checks, _, _ = self.box.ask()
        assert checks["ssh.access"]["verdict"] == "pass", checks["ssh.access"]
        assert checks["ssh.lease"]["verdict"] == "warn", checks["ssh.lease"]

    def copied(self):
        file = self.box.work / "agent"
        with open(file, "wb") as to:
            to.write(os.urandom(1 << 20) * (COPIED >> 20))
        started = time.monotonic()
        done = self.box.copy(file)
        took = time.monotonic() - started
        assert done.returncode == 0, done.stdout + done.stderr
        there = self.box.tell("sha256sum </root/agent").split()[0]
        assert there == run("sha256sum", file).stdout.split()[0]
        return f"{COPIED >> 20} MB in {took:.0f} s"

    def refused_when_it_is_over(self):
        left = self.lease_ends - float(self.box.tell("date +%s"))
        time.sleep(max(left, 0))
        self.box.wait("! grep -rq 'Match User root' /etc/ssh/sshd_config /etc/ssh/sshd_config.d",
                      "the lease is open", 60)
        assert not self.box.may_login()
        checks, report, _ = self.box.ask()
        assert report["verdict"] == "blocked" and checks["ssh.access"]["verdict"] == "fail"
        assert checks["ssh.lease"]["verdict"] != "warn"

    def removed(self):
        self.box.run("dpkg -P preflightd-remedy preflightd")
        left = self.box.tell("find / /run -xdev -name '*preflight*' -not -path '/proc/*' "
                             "-not -path '/var/lib/dpkg/*' -not -path '/var/log/*' "
                             "-not -path '/var/lib/systemd/*' -not -path '/run/systemd/*'")
        # The directory of all that tell metrics, which may be somebody else's too.
        left += self.box.tell("find /run/systemd/report -empty -o -name '*preflight*' 2>/dev/null", check=False)
        assert not left, left


NAMES_OF_SCENARIOS = [name for name in vars(Scenarios) if not name.startswith("_")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--suite", default="bookworm", help="a release of Debian")
    parser.add_argument("--unit", action="store_true",
                        help="build and run the unit tests with that release's libraries first")
    options = parser.parse_args()
    why = missing(NEEDED)

    if why:
        print(f"1..0 # SKIP {why}")
        return SKIPPED
    use_harness()
    from vm import VM, VMError  # pylint: disable=import-outside-toplevel
    points = Points()
    with tempfile.TemporaryDirectory(prefix="package-", dir=CACHE) as work:
        packages = build_packages(options.suite, options.unit, pathlib.Path(work) / "deb")
        image = make_image("bios", options.suite, needed_packages(packages))
        with VM([str(image / "disk0.raw")], work=work) as vm:
            vm.wait_ssh(BOOT_SECONDS)
            box = Machine(vm, work)
            box.unpack_client(packages, image.parent / "root")
            scenarios = Scenarios(box, packages)
            for name in NAMES_OF_SCENARIOS:
                title = f"{options.suite}: {name.replace('_', ' ')}"
                started = time.monotonic()
                try:
                    told = getattr(scenarios, name)()
                    points.say(True, f"{title}{': ' + told if told else ''} "
                                     f"({time.monotonic() - started:.0f} s)")
                except (AssertionError, VMError, subprocess.SubprocessError, KeyError, ValueError):
                    points.say(False, title, traceback.format_exc())
    return points.end()


if __name__ == "__main__":
    sys.exit(main())
