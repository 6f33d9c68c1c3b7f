#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Leases on a machine of its own: its clock set, its power cut, its disk full. TAP on stdout.

  test-lease-boot.py --build=build/tests/release           all
  test-lease-boot.py --build=… --only=clock                those whose names hold this

One machine with a sshd that lets nobody in with a password, on which preflightd is installed
as a package would. Each scenario opens a lease, and something happens. While the machine
runs, the lease is to be over 2 s after its end, and not before it: what sshd reads is what
it was, byte for byte, and sshd has read it. After a boot, it is to be over before sshd
accepts the first connection, of which a loop makes sure that waits for port 22 from the
first second on.

All times are the machine's own, of CLOCK_BOOTTIME or, which is the same in a machine that
never slept, CLOCK_MONOTONIC: the end in the manifest, what a shell in it sees, its journal.
Needs what machine.py says, and a build with --prefix=/usr; exit status 77, with the
reason, where something is missing. Takes some 15 minutes without KVM.
"""

import argparse
import datetime
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

from machine import (BOOT_SECONDS, CACHE, SKIPPED, Points, make_image, missing, put_libraries, run,
                     use_harness)

NEEDED = ("qemu-system-x86_64", "qemu-img", "meson", "tar", "ldd", "ssh", "sftp")
PROGRAMS = ("usr/bin/preflightctl", "usr/libexec/preflight-remedyd", "usr/libexec/preflightd")
DAY = datetime.timedelta(days=1)
LATE = 2.0  # seconds after its end by which a lease is taken back
IDLE = 30  # seconds without work after which preflight-remedyd would end
PASSWORD = "root"  # of make-image
# What sshd says when it begins to read its files anew: nobody is let in any more by the old.
READS = ("Received SIGHUP", "Server listening")
SLOW = "did not answer within|does not come back"  # what is said of a probe
TICK = 0.02  # seconds by which the clocks of files and of the machine may differ
TOOL = "/opt/lease"

# A shell in the machine, which is told what to do by its first argument.
TOOL_TEXT = f"""#!/bin/bash
uptime() {{ read -r now _ </proc/uptime; echo "$now"; }}

# All that sshd reads, with what stat tells but for times.
state() {{
        cd /etc/ssh
        find sshd_config sshd_config.d | sort | xargs stat -c '%n %a %u %g'
        cat sshd_config $(find sshd_config.d -type f | sort)
}}

# A new connection, made as a person makes it.
login() {{
        SSH_ASKPASS={TOOL} SSH_ASKPASS_REQUIRE=force timeout 60 ssh -F none -o LogLevel=ERROR \\
                -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no \\
                -o PreferredAuthentications=password -o NumberOfPasswordPrompts=1 \\
                root@127.0.0.1 true </dev/null 2>/run/login-error
}}

case $1 in
state)
        state ;;
login)
        login ;;
watch) # until it is what it was; says when it was last seen open
        rm -f /run/closed
        cd /etc/ssh
        until cat sshd_config sshd_config.d/* 2>/dev/null | cmp -s - /root/bytes; do
                uptime >/run/open
                sleep 0.1
        done
        >/run/closed ;;
changed) # when anything of it was replaced or removed last; both clocks, to tell it by the other
        cd /etc/ssh
        find sshd_config sshd_config.d -printf '%C@\\n' | sort -n | tail -n 1
        echo "$EPOCHREALTIME"
        uptime ;;
kill-at)
        until [ "$(uptime | tr -d .)" -ge "$2" ]; do sleep 0.01; done
        kill -9 "$(systemctl show -P MainPID preflight-remedyd)" ;;
knock) # from the first second on; the next five connections are logins
        until (: <>/dev/tcp/127.0.0.1/22) 2>/dev/null; do sleep 0.02; done
        echo "port 22 is open at $(uptime)"
        for i in 1 2 3 4 5; do
                login && echo 'a login: in' || echo "a login: refused: $(cat /run/login-error)"
        done
        echo 'that was all' ;;
*) # ssh asks for the password
        echo {PASSWORD} ;;
esac
"""

KNOCK_UNIT = f"""[Unit]
DefaultDependencies=no
After=local-fs.target
[Service]
ExecStart={TOOL} knock
[Install]
WantedBy=sysinit.target
"""

# What lies there when sshd is started, which is before it listens.
AT_START = f"""[Service]
ExecStartPre=/bin/sh -c '{TOOL} state >/run/state-at-start'
"""


class Machine:
    """One disk, and the machine that is started with it again and again."""

    def __init__(self, image, work):
        self.disk = str(image / "disk0.raw")
        self.work = work
        self.vm = None

    def start(self, ahead=None):
        """Switches it on; @ahead: what its hardware clock is off by."""
        from vm import VM
        extra = []
        if ahead:
            at = datetime.datetime.now(datetime.timezone.utc) + ahead
            extra = ["-rtc", f"base={at:%Y-%m-%dT%H:%M:%S}"]
        self.vm = VM([self.disk], work=str(self.work), extra=extra)
        self.vm.start()
        self.vm.wait_ssh(BOOT_SECONDS)

    def cut_power(self):
        if self.vm:
            self.vm.kill()
            self.vm = None

    def wait_other_boot(self, before):
        """The connection that commands share does not outlive the boot."""
        run("ssh", "-F", "none", "-O", "exit", "-o", f"ControlPath={self.work}/c", "x", check=False)
        late = time.monotonic() + BOOT_SECONDS
        while True:
            try:
                if self.vm.run("cat /proc/sys/kernel/random/boot_id", timeout=20, check=False).stdout \
                        not in ("", before):
                    return
            except subprocess.TimeoutExpired:
                pass
            if time.monotonic() > late:
                raise AssertionError("it does not start again:\n" + self.vm.console()[-1500:])
            time.sleep(0.5)

    def run(self, command, check=True, timeout=900):
        return self.vm.run(command, timeout=timeout, check=check)

    def tell(self, command):
        return self.run(command).stdout.strip()

    def write(self, path, text):
        directory = os.path.dirname(path)
        self.vm.run(f"mkdir -p {directory} && cat >{path}", input=text)

    def uptime(self):
        return float(self.tell("cut -d ' ' -f 1 /proc/uptime"))

    def wait_until(self, boot_seconds):
        self.run(f"until [ $(cut -d . -f 1 /proc/uptime) -ge {int(boot_seconds)} ]; "
                 "do sleep 0.2; done")

    def journal(self, *units):
        """What they wrote in this boot: seconds since it began, and text."""
        lines = self.run("journalctl -b -o json " + " ".join(f"-u {unit}" for unit in units)).stdout
        entries = [json.loads(line) for line in lines.splitlines()]
        return [(int(entry["__MONOTONIC_TIMESTAMP"]) / 1e6, str(entry.get("MESSAGE")))
                for entry in entries]

    def login(self):
        return self.run(f"{TOOL} login", check=False).returncode == 0

    # --- preparing it

    def install(self, build):
        with tempfile.TemporaryDirectory(dir=self.work) as top:
            run("meson", "install", "-C", build, "--destdir", f"{top}/tree", "--no-rebuild")
            run("tar", "-C", f"{top}/tree", "-czf", f"{top}/tree.tar.gz", "usr")
            self.vm.put(f"{top}/tree.tar.gz", "/root/tree.tar.gz")
            self.run("tar -C / --no-same-owner --keep-directory-symlink -xzf /root/tree.tar.gz && "
                     "rm /root/tree.tar.gz")
            put_libraries(self.vm, [f"{top}/tree/{program}" for program in PROGRAMS])
        self.run("systemd-sysusers && systemctl daemon-reload && systemctl preset "
                 "preflightd.service preflightd.socket preflight-remedyd.socket "
                 "preflight-leases.service && systemctl start preflightd.socket "
                 "preflight-remedyd.socket preflightd")

    def harden(self):
        """A sshd that lets nobody in with a password; and a journal in memory, which tells of
        this boot and does not mind what happens to the disk."""
        self.write(TOOL, TOOL_TEXT)
        self.write("/etc/systemd/journald.conf.d/volatile.conf", "[Journal]\nStorage=volatile\n")
        self.write("/etc/systemd/system/knock.service", KNOCK_UNIT)
        self.write("/etc/systemd/system/ssh.service.d/at-start.conf", AT_START)
        self.run(f"chmod 755 {TOOL} && rm /etc/ssh/sshd_config.d/00-vm.conf && sed -i "
                 "-e 's/^#PermitRootLogin .*/PermitRootLogin no/' "
                 "-e 's/^#PasswordAuthentication .*/PasswordAuthentication no/' "
                 "/etc/ssh/sshd_config && systemctl daemon-reload && systemctl enable knock && "
                 f"systemctl restart systemd-journald ssh && {TOOL} state >/root/state && "
                 "cat /etc/ssh/sshd_config >/root/bytes && sync")
        assert not self.login(), "the machine lets somebody in before there is a lease"

    # --- a lease

    def lend(self, duration="90s"):
        """Opens one; returns when it ends, by CLOCK_BOOTTIME. Where a probe is late, as on a
        machine that hardly gets any time, nothing is changed: it is tried again."""
        for tries in range(5):
            done = self.run("preflightctl fix ssh.access --source=127.0.0.1 --consent --yes "
                            f"--no-pager --lease={duration}", check=False)
            if done.returncode == 0 or not re.search(SLOW, done.stderr):
                break
            assert self.state() == self.original(), f"attempt {tries} was not undone"
        assert done.returncode == 0, done.stdout + done.stderr
        name = self.tell("ls /run/preflightd/leases").removesuffix(".json")
        manifest = self.tell(f"cat /var/lib/preflightd/transactions/{name}/manifest.json")
        assert self.state() != self.original() and self.login(), "a lease was given: no login"
        return json.loads(manifest)["lease"]["deadlineBootUSec"] / 1e6

    def watch(self):
        self.run(f"systemd-run --quiet --collect {TOOL} watch")

    def state(self):
        return self.run(f"{TOOL} state").stdout

    def original(self):
        return self.run("cat /root/state").stdout

    def changed_at(self):
        """When what sshd reads was written last, as its file system keeps it."""
        changed, now, uptime = map(float, self.tell(f"{TOOL} changed").split())
        return changed - now + uptime

    def closed_at(self):
        """When it was last seen open, when it was closed, and when sshd read it then."""
        self.run("until [ -e /run/closed ]; do sleep 0.2; done")
        last_open, closed = float(self.tell("cat /run/open")), self.changed_at()
        late = self.uptime() + 60
        while True:
            read = [at for at, text in self.journal("ssh")
                    if text.startswith(READS) and at > closed]
            assert read or self.uptime() < late, "sshd did not read its files again"
            if read:
                return last_open, closed, read[0]
            time.sleep(0.5)

    def settle(self):
        """After a scenario that failed: no lease, and room for the next one."""
        if not self.vm:
            self.start()
        self.run("umount -R /etc/ssh; rm -f /full /full-*; preflightctl undo --last; "
                 "systemctl start ssh", check=False)

    def reload_seconds(self):
        """What a reload of sshd takes by itself."""
        before = self.uptime()
        self.run("systemctl reload ssh")
        return self.uptime() - before


class Scenarios:
    """Their names are what is shown."""

    def __init__(self, box, debs):
        self.box = box
        self.debs = debs

    def expect_end(self, end, as_it_was=True):
        """It is over in time; what is said of it. @as_it_was: also what stat tells of it."""
        last_open, closed, read = self.box.closed_at()
        own = self.box.reload_seconds()
        told = (f"files {closed - end:.2f} s, sshd {read - end:.2f} s after its end; "
                f"a reload takes {own:.2f} s by itself")
        assert last_open > end - LATE and closed > end - TICK, \
            f"open until {last_open - end:.2f}: {told}"
        assert read - end < LATE, told
        assert not as_it_was or self.box.state() == self.box.original(), self.box.state()
        assert not self.box.login(), f"the login works: {told}"
        return told

    # --- while it runs

    def set_clock(self, how):
        """And the service is there all the time: while a lease is open, it does not rest."""
        pid = "systemctl show -P MainPID preflight-remedyd"
        end = self.box.lend()
        self.box.watch()
        before, started = self.box.tell(pid), self.box.uptime()
        self.box.run(f"date -s '{how}'")
        self.box.wait_until(min(started + IDLE + 5, end - 12))
        assert self.box.login(), "the clock was set, and the lease is cut short"
        self.box.wait_until(end - 1)
        assert before == self.box.tell(pid), "preflight-remedyd was not there all the time"
        return self.expect_end(end)

    def run_clock_a_day_forward(self):
        return self.set_clock("+1 day")

    def run_clock_a_day_back(self):
        return self.set_clock("-1 day")

    def run_killed_at_once_and_at_its_end(self):
        end = self.box.lend()
        self.box.watch()
        self.box.run("kill -9 $(systemctl show -P MainPID preflight-remedyd)")
        self.box.run(f"systemd-run --quiet --collect {TOOL} kill-at {int(end * 100)}")
        told = self.expect_end(end)
        kills = [text for _, text in self.box.journal("preflight-remedyd")
                 if "code=killed, status=9" in text]
        assert len(kills) == 2, f"killed {len(kills)} times, not twice"
        return told

    def run_sshd_upgraded(self):
        """The package installed anew: its files, its unit, the conffile that was edited."""
        if not self.debs:
            return None
        for deb in self.debs:
            self.box.vm.put(str(deb), f"/root/{deb.name}")
        end = self.box.lend("3min")
        self.box.watch()
        pid = self.box.tell("systemctl show -P MainPID ssh")
        self.box.run("DEBIAN_FRONTEND=noninteractive dpkg -i " +
                     " ".join(f"/root/{deb.name}" for deb in self.debs))
        assert pid != self.box.tell("systemctl show -P MainPID ssh"), "sshd was not restarted"
        if self.box.uptime() < end - 15:  # on a slow machine it ends in the midst of that
            assert self.box.login(), "an upgrade ends no lease"
        return self.expect_end(end)

    def run_disk_full(self):
        end = self.box.lend()
        self.box.watch()
        self.box.run("fallocate -l $(($(stat -f -c '%f*%S' /) - 32768000)) /full; "
                     "cat /dev/zero >/full-too", check=False)
        assert self.box.run("head -c 4096 /dev/zero >/full-three", check=False).returncode != 0
        told = self.expect_end(end)
        self.box.run("rm /full /full-too /full-three; sync")
        return told

    def run_etc_read_only(self):
        """A file system of its own, which is read-only wherever it is mounted: what it holds is
        covered in time. Once it is writable, the lines go, and then the cover."""
        box = self.box
        covered = "grep -q ' /etc/ssh/sshd_config' /proc/1/mountinfo"  # or a file in its directory
        box.run("cp -a /etc/ssh /root/ssh && mount -t tmpfs -o mode=755 tmpfs /etc/ssh && "
                "cp -a /root/ssh/. /etc/ssh && systemctl reload ssh")
        end = box.lend()
        box.watch()
        box.run("mount -o remount,ro /etc/ssh")
        told = self.expect_end(end, as_it_was=False)
        box.run(covered)
        writable = box.uptime()
        box.run(f"mount -o remount,rw /etc/ssh; while {covered}; do sleep 0.1; done", timeout=60)
        told += f"; mended {box.uptime() - writable:.2f} s after it could be written"
        assert box.state() == box.original(), box.state()
        assert not box.login(), told
        box.run("umount /etc/ssh && rm -r /root/ssh && systemctl reload ssh")
        return told

    # --- over a boot

    def expect_over_after_boot(self):
        """What the machine says of its start."""
        box = self.box
        box.run("until journalctl -b -u knock | grep -q 'that was all'; do sleep 0.5; done")
        knocks = [text for _, text in box.journal("knock")]
        refused = [text for text in knocks if text.startswith("a login: refused")]
        assert len(refused) == 5 and all("denied" in text for text in refused), knocks
        assert box.state() == box.original()
        assert box.run("cat /run/state-at-start").stdout == box.original()
        over = int(box.tell("systemctl show -P ExecMainExitTimestampMonotonic preflight-leases")) / 1e6
        journal = box.journal("ssh", "ssh@*")
        heard = [at for at, text in journal if text.startswith("Server listening")]
        first = [at for at, text in journal if "127.0.0.1" in text]
        opened = [float(text.split()[-1]) for text in knocks if text.startswith("port 22 is open")]
        assert 0 < over < min(heard + opened + first), (over, heard, opened, first)
        return f"over at {over:.2f} s; port 22 open at {opened[0]:.2f} s, 5 logins refused"

    def boot_again(self):
        before = self.box.run("cat /proc/sys/kernel/random/boot_id").stdout
        self.box.lend("30min")
        self.box.run("systemctl reboot", check=False)
        self.box.wait_other_boot(before)
        return self.expect_over_after_boot()

    def boot_reset_sshd_by_socket(self):
        """The socket of sshd is there long before sshd would be."""
        box = self.box
        box.run("systemctl disable ssh.service && systemctl enable ssh.socket && "
                f"rm /run/state-at-start; systemctl stop ssh; systemctl start ssh.socket")
        box.write("/etc/systemd/system/ssh@.service.d/at-start.conf",
                  AT_START.replace(">", ">>"))
        before = box.run("cat /proc/sys/kernel/random/boot_id").stdout
        box.lend("30min")
        box.vm.qmp("system_reset")
        box.wait_other_boot(before)
        box.run("head -n $(wc -l </root/state) /run/state-at-start >/run/x && mv /run/x /run/state-at-start")
        told = self.expect_over_after_boot()
        box.run("systemctl disable ssh.socket && systemctl enable ssh.service && "
                "systemctl stop ssh.socket && systemctl start ssh && sync")
        return told

    def boot_power_cut_deadline_passes_meanwhile(self):
        self.box.lend()
        self.box.cut_power()
        self.box.start(DAY)
        return self.expect_over_after_boot()

    def boot_power_cut_deadline_in_the_future(self):
        """And further than it was: the battery of its clock was empty."""
        self.box.lend("30min")
        self.box.cut_power()
        self.box.start(-DAY)
        return self.expect_over_after_boot()

    def boot_without_the_unit_would_let_in(self):
        """What is refused above is what a lease lets in: the knocking would have shown it."""
        self.box.lend("30min")  # by a service that is started for it
        self.box.run("systemctl mask preflight-leases preflight-remedyd && sync")
        self.box.cut_power()
        self.box.start()
        self.box.run("until journalctl -b -u knock | grep -q 'that was all'; do sleep 0.5; done",
                     timeout=600)
        knocks = [text for _, text in self.box.journal("knock")]
        assert knocks.count("a login: in") == 5, knocks
        return "5 logins"


NAMES = [name for name in vars(Scenarios) if name.startswith(("run_", "boot_"))]


def fetch_packages(box, work):
    """The server's package in the version that is installed; empty: it is not to be had."""
    version = box.tell("dpkg-query -W -f '${Version}' openssh-server")
    got = run("apt-get", "download", f"openssh-server={version}", cwd=work, check=False)
    return sorted(work.glob("openssh-server_*.deb")) if got.returncode == 0 else []


def play(points, scenarios, name):
    started = time.monotonic()
    try:
        told = getattr(scenarios, name)()
    except Exception:  # pylint: disable=broad-except
        points.say(False, name, traceback.format_exc())
        scenarios.box.settle()
        return
    if told is None:
        points.skip(name, "the package of the installed version is not to be had")
    else:
        points.say(True, f"{name}: {told} ({time.monotonic() - started:.0f} s)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, help="of meson, with --prefix=/usr")
    parser.add_argument("--only", default="", help="scenarios whose names hold this")
    options = parser.parse_args()
    why = missing(NEEDED)

    if why:
        print(f"1..0 # SKIP {why}")
        return SKIPPED
    use_harness()
    points = Points()
    with tempfile.TemporaryDirectory(prefix="lease-boot-", dir=CACHE) as work:
        box = Machine(make_image("bios"), pathlib.Path(work))
        try:
            box.start()
            box.install(options.build)
            box.harden()
            scenarios = Scenarios(box, fetch_packages(box, pathlib.Path(work)))
            for name in NAMES:
                if options.only in name:
                    play(points, scenarios, name)
        finally:
            box.cut_power()
    return points.end()


if __name__ == "__main__":
    sys.exit(main())
