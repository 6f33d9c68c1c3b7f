#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The verdict of a machine whose sshd is down, read from its host. TAP on stdout.

  test-publish.py --build=build/tests/release

A machine with a virtio-serial port and a serial line, on which preflightd is installed as
a package would. The host connects to the port before and after the verdict changes, while
no sshd runs at all, and after the port was unplugged and plugged in again; whether the
machine wakes up while nobody is connected, the kernel counts.

Needs what machine.py says, and a build with --prefix=/usr; exit status 77, with the
reason, where something is missing. Takes some minutes without KVM.
"""

import argparse
import contextlib
import json
import pathlib
import socket
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True

from machine import (BOOT_SECONDS, CACHE, SKIPPED, Points, make_image, missing, put_libraries, run,
                     use_harness)

NEEDED = ("qemu-system-x86_64", "qemu-img", "meson", "tar", "ldd", "ssh", "sftp")
PROGRAMS = ("usr/bin/preflightctl", "usr/libexec/preflightd", "usr/libexec/preflight-publish")
PORT = "org.preflightd.0"
SETTINGS = f"""[Check]
DeadlineSec=5min
[Publish]
VirtioPort={PORT}
Console=/dev/ttyS0
TextFile=/var/lib/prometheus/node-exporter/preflightd.prom
"""
ANSWER_SECONDS = 120  # emulated, and under load
IDLE_SECONDS = 20
SETTLED_SECONDS = 3


class Host:
    """A connection to the machine's port, as a program of the hypervisor makes it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.left = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def line(self, seconds=ANSWER_SECONDS):
        self.socket.settimeout(seconds)
        while b"\n" not in self.left:
            more = self.socket.recv(65536)
            if not more:
                raise AssertionError(f"the port was closed behind {self.left!r}")
            self.left += more
        line, self.left = self.left.split(b"\n", 1)
        return json.loads(line)

    def wait(self, what):
        """The first line for which that is so."""
        late = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < late:
            line = self.line()
            if what(line):
                return line
        raise AssertionError(f"not told in {ANSWER_SECONDS} s; last: {line}")


def failing(line):
    return {check["check"] for check in line.get("checks", []) if check["verdict"] == "fail"}


class Machine:
    def __init__(self, vm, work):
        self.vm = vm
        self.port = work / "port"

    def run(self, command, check=True):
        return self.vm.run(command, timeout=180, check=check).stdout.strip()

    def install(self, build, work):
        stage = work / "stage"
        run("meson", "install", "-C", build, "--destdir", stage, "--no-rebuild", "--quiet")
        run("tar", "-C", stage, "-cf", work / "stage.tar", *PROGRAMS, "usr/lib")
        self.vm.put(str(work / "stage.tar"), "/root/stage.tar")
        self.run("tar -C / --no-same-owner --keep-directory-symlink -xf /root/stage.tar")
        put_libraries(self.vm, [stage / program for program in PROGRAMS])
        (work / "50-publish.conf").write_text(SETTINGS)
        self.run("systemd-sysusers; mkdir -p /etc/preflightd/preflightd.conf.d "
                 "/var/lib/prometheus/node-exporter; systemctl daemon-reload")
        self.vm.put(str(work / "50-publish.conf"), "/etc/preflightd/preflightd.conf.d/50-publish.conf")
        self.run("systemctl enable --now preflightd.socket preflightd.service "
                 "preflight-publish.service")

    def wakeups(self):
        """How often the publisher has gone to sleep again, and the time it has used."""
        pid = self.run("systemctl show -P MainPID preflight-publish")
        switches = self.run(f"awk '/^voluntary_ctxt/ {{ print $2 }}' /proc/{pid}/status")
        return pid, int(switches), self.run(f"cut -d' ' -f14,15 /proc/{pid}/stat")

    def settled(self):
        """The same, once it has seen that the host hung up, and the boot is over."""
        late = time.monotonic() + ANSWER_SECONDS
        before, now = None, self.wakeups()
        while before != now:
            if time.monotonic() > late:
                raise AssertionError(f"it does not come to rest: from {before} to {now}")
            time.sleep(SETTLED_SECONDS)
            before, now = now, self.wakeups()
        return now

    def replug(self):
        self.vm.qmp("device_del", id="told")
        late = time.monotonic() + ANSWER_SECONDS
        while self.run(f"grep -lx {PORT} /sys/class/virtio-ports/*/name", check=False):
            if time.monotonic() > late:
                raise AssertionError("the port is not unplugged")
            time.sleep(0.2)
        self.vm.qmp("device_add", driver="virtserialport", id="told", chardev="host",
                    bus="serial.0", name=PORT)


def scenarios(machine):
    """(title, function) of each, which build on each other."""
    def connects_later():
        with Host(machine.port) as host:
            line = host.wait(lambda line: "counts" in line)
            assert line["schema"] == 1 and line["verdict"] in ("ready", "blocked", "unknown"), line
            assert set(line) == {"schema", "verdict", "counts", "checks", "omitted", "startedUSec"}

    def nobody_connected():
        before = machine.settled()
        time.sleep(IDLE_SECONDS)
        after = machine.wakeups()
        assert before == after, f"in {IDLE_SECONDS} s from {before} to {after}"

    def again():
        """So fast that the machine may not have seen it go: then only a newline asks."""
        for _ in range(3):
            with Host(machine.port) as host:
                host.socket.sendall(b"\n")
                assert "counts" in host.line()

    def asks():
        with Host(machine.port) as host:
            first = host.line()
            host.socket.sendall(b"what now\n")
            assert host.line() == first

    def sshd_stops():
        with Host(machine.port) as host:
            assert "ssh.server" not in failing(host.line())
            machine.run("systemctl stop ssh.socket ssh.service")
            host.wait(lambda line: "ssh.server" in failing(line) and line["verdict"] == "blocked")

    def on_the_console():
        machine.vm.wait_console(r"\npreflightd: blocked: ", timeout=ANSWER_SECONDS)

    def in_the_file():
        text = machine.run("cat /var/lib/prometheus/node-exporter/preflightd.prom")
        assert 'preflight_verdict{preflight_verdict="blocked"} 1' in text, text[:600]

    def unplugged():
        machine.replug()
        with Host(machine.port) as host:
            host.wait(lambda line: "ssh.server" in failing(line))

    def service_is_gone():
        machine.run("systemctl stop preflightd.socket preflightd.service")
        text = machine.run("cat /var/lib/prometheus/node-exporter/preflightd.prom")
        assert 'preflight_verdict{preflight_verdict="unknown"} 1' in text, text[:600]
        assert machine.run("systemctl is-active preflight-publish", check=False) == "inactive"
        machine.run("systemctl start preflightd.service")
        with Host(machine.port) as host:
            host.wait(lambda line: "ssh.server" in failing(line))

    def no_sshd_at_all():
        machine.run("systemd-run --on-active=1 systemctl stop vm-control.service")
        late = time.monotonic() + ANSWER_SECONDS
        while machine.vm.run("true", timeout=10, check=False).returncode == 0:
            if time.monotonic() > late:
                raise AssertionError("its last sshd does not stop")
            run("ssh", "-F", "none", "-O", "exit", "-o", f"ControlPath={machine.vm.work}/c", "x",
                check=False)
            time.sleep(0.5)
        with Host(machine.port) as host:
            assert host.line()["verdict"] == "blocked"

    return [("who connects is told the verdict", connects_later),
            (f"nothing wakes up while nobody is connected for {IDLE_SECONDS} s", nobody_connected),
            ("who connects later is told, each time", again),
            ("who asks with a newline is told again", asks),
            ("sshd stops: a new line to who is connected", sshd_stops),
            ("and one on the serial line", on_the_console),
            ("and the metrics", in_the_file),
            ("a port that was unplugged and plugged in again", unplugged),
            ("preflightd ends: unknown; starts: told again", service_is_gone),
            ("no sshd at all: the host reads the verdict", no_sshd_at_all)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    options = parser.parse_args()
    why = missing(NEEDED)
    if why:
        print(f"1..0 # SKIP {why}")
        return SKIPPED

    use_harness()
    from vm import VM
    points = Points()
    with tempfile.TemporaryDirectory(prefix="publish-", dir=CACHE) as work, \
            contextlib.ExitStack() as stack:
        work = pathlib.Path(work)
        vm = stack.enter_context(VM(
            [str(make_image("bios") / "disk0.raw")], work=str(work),
            extra=["-device", "virtio-serial-pci,id=serial", "-chardev",
                   f"socket,id=host,path={work}/port,server=on,wait=off", "-device",
                   f"virtserialport,id=told,bus=serial.0,chardev=host,name={PORT}"]))
        vm.wait_ssh(BOOT_SECONDS)
        machine = Machine(vm, work)
        machine.install(options.build, work)
        for title, scenario in scenarios(machine):
            details = ""
            try:
                scenario()
            except Exception:
                details = traceback.format_exc()
                with contextlib.suppress(Exception):
                    details = machine.run("journalctl --no-pager -n 6 -u preflight-publish "
                                          "-u preflightd", check=False) + "\n" + details
            points.say(not details, title, details)
    return points.end()


if __name__ == "__main__":
    sys.exit(main())
