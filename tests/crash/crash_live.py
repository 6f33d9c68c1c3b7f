# SPDX-License-Identifier: MIT
"""Machines that run, for the remedies that change more than files.

preflight-remedyd itself, with the effects of a live machine, is chrooted in one, and a service
manager is on the machine's own bus (manager.c); what that did is to be seen in files. All of it is
in namespaces of mounts, network and processes: see boxed().
"""
import os
import re
import shutil
import signal
import stat
import subprocess

from crash_machines import FIXTURES, SETTINGS, copy, own, picture
from crash_parts import ENVIRONMENT, NEVER, Refused, Service, change, history, patiently, undo
from sshd_oracle import MS_BIND, bind, libc, mount

REMEDYD = os.environ["PF_REMEDYD"]
MANAGER = os.environ["PF_CRASH_MANAGER"]
MNT_DETACH = 2
TABLE = "21 1 8:2 / / rw,relatime - ext4 /dev/sda2 rw\n"
LEASE = {"account": "root", "source": "192.0.2.7", "durationUSec": 1800000000}
SOCKET = "run/remedyd.sock"
BUS = "run/dbus/system_bus_socket"
INSIDE = "/usr/libexec/preflight-remedyd"
TOP_DIRECTORIES = ("bin", "sbin", "lib", "lib64")

BUS_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path={0}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""

# Instead of the distribution's: it is told the same, works in TMPDIR as that does, and its archive
# holds the modules that its configuration names, and what they need.
MKINITRAMFS = """#!/bin/sh
set -e
[ "$1" = -o ]
top=$(mktemp -d)
modules=/lib/modules/$3
while read -r name; do
        line=$(grep "/$name.ko:" "$modules/modules.dep") || continue
        for module in $(echo "$line" | tr -d :); do
                mkdir -p "$top$modules/${module%/*}"
                echo "module of $3" >"$top$modules/$module"
        done
done </etc/initramfs-tools/modules
cp "$modules/modules.dep" "$modules/modules.builtin" "$top$modules/"
find "$top" -exec touch -d @0 {} +
(cd "$top" && find . | sort | cpio --quiet --reproducible -R 0:0 -o -H newc) | gzip -n >"$top.gz"
cat "$top.gz" >"$2"
rm -rf "$top" "$top.gz"
"""


def boxed(argv):
    """@argv as pid 1 of namespaces of its own; it ends when we do."""
    return ["unshare", "--mount", "--net", "--pid", "--ipc", "--fork", "--kill-child",
            "--mount-proc", "--propagation", "private", *argv]


# --- machines ---

class Running:
    """A machine and what it has to be before and after: laid anew from a directory for each run."""

    def __init__(self, name, fixture, files=None, programs=None, real=(), active=(), lease=None):
        self.name, self.fixture, self.lease = name, fixture, lease
        self.files, self.programs = files or {}, programs or {}
        self.real, self.active = real, active  # programs of this system; units that run

    def lay(self, top):
        """@top/machine, to be copied, and @top/usr, which is shared."""
        root, usr = top / "machine", top / "usr"
        shutil.copytree(FIXTURES / self.fixture / "root", root, symlinks=True)
        for name in TOP_DIRECTORIES:
            if (root / name).is_dir():
                shutil.copytree(root / name, root / "usr" / name, dirs_exist_ok=True)
                shutil.rmtree(root / name)
            (root / name).symlink_to(f"usr/{name}")
        for name, text in {**SETTINGS, **self.files}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        usr.mkdir()
        if (root / "usr").exists():
            shutil.copytree(root / "usr", usr, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(root / "usr")
        for name in self.real:
            (usr / name).unlink()
        for name, text in self.programs.items():
            (usr / name).parent.mkdir(parents=True, exist_ok=True)
            (usr / name).write_text(text)
            (usr / name).chmod(0o755)
        (usr / "libexec").mkdir(exist_ok=True)
        shutil.copy2(REMEDYD, usr / "libexec")
        own(usr)
        self.lay_state(root)

    def lay_state(self, root):
        shutil.rmtree(root / "proc", ignore_errors=True)
        for name in ("usr", "proc", "dev", "run/dbus", "run/manager", "tmp", "var/tmp", "var/lib",
                     "etc/systemd/system"):
            (root / name).mkdir(parents=True, exist_ok=True)
        for name in self.active:
            (root / "run/manager" / name).touch()
        (root / "run/manager/mountinfo").write_text(TABLE)
        os.utime(root / "run/manager/mountinfo", (0, 0))
        (root / "run/manager/devices").write_text("8:1 sda1\n")
        own(root)
        for name in ("tmp", "var/tmp"):
            (root / name).chmod(0o1777)


RUNNING = (
    Running("ssh.server", "sshd/not-enabled"),
    Running("disk.mounts", "disks/boot-not-mounted"),
    Running("boot.drivers", "kernel/no-storvsc",
            files={"etc/initramfs-tools/modules": "# List of modules\n"},
            programs={"sbin/mkinitramfs": MKINITRAMFS}),
    # Its files are shown to sshd -t, and its server reads them again.
    Running("ssh.password-authentication", "sshd/cloud-init-drop-in", real=("sbin/sshd",),
            active=("ssh.service",), lease=LEASE),
)


# --- the machine while it runs ---

class Box:
    """A root with /usr, /proc and /dev, a bus and a manager: of one worker, which is boxed."""

    def __init__(self, top):
        if os.getpid() != 1:
            raise SystemExit("this is not a box")
        self.top = top
        self.started = []
        self.devices = top / "devices"
        self.devices.mkdir()
        for name, number in (("null", 3), ("zero", 5), ("random", 8), ("urandom", 9)):
            os.mknod(self.devices / name, stat.S_IFCHR | 0o666, os.makedev(1, number))
            os.chmod(self.devices / name, 0o666)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    def open(self, root, usr):
        bind(str(root), str(root), read_only=False)  # the root of a namespace is a mount
        mount("overlay", f"{root}/usr", "overlay", 1, f"lowerdir={usr}:/usr")
        mount("proc", f"{root}/proc", "proc", 0)
        bind(str(self.devices), f"{root}/dev", read_only=False)
        mount(f"{root}/run/manager/mountinfo", f"{root}/proc/1/mountinfo", "", MS_BIND)
        self.start_bus(root)

    def start_bus(self, root):
        configuration = self.top / "bus.conf"
        configuration.write_text(BUS_CONFIGURATION.format(root / BUS))
        environment = {**ENVIRONMENT, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={root / BUS}"}
        for argv, errors in ((["dbus-daemon", f"--config-file={configuration}", "--nofork",
                               "--print-address"], subprocess.DEVNULL),
                             ([MANAGER, str(root)], None)):
            process = subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=errors)
            self.started.append(process)
            if not process.stdout.readline():
                raise RuntimeError(f"{argv[0]} does not start")

    def close(self, root):
        """Nothing runs in it any more, nothing is mounted; what is left is the machine's."""
        self.end_all()
        libc.umount2(str(root).encode(), MNT_DETACH)
        for name in (SOCKET, BUS):
            (root / name).unlink(missing_ok=True)

    def end_all(self):
        for process in self.started:
            process.stdout.close()
        self.started = []
        try:
            os.kill(-1, signal.SIGKILL)
            while True:
                os.waitpid(-1, 0)
        except (ProcessLookupError, ChildProcessError):
            pass  # none is left


# --- what is killed ---

class LiveService(Service):
    """preflight-remedyd of a machine that runs; @options are crash-run's."""

    def __init__(self, work, box, name, source, old, new, call, options=(), **how):
        super().__init__(work, name, source, old, new, call, **how)
        self.box, self.options = box, options

    @staticmethod
    def serve(root):
        return ["chroot", str(root), INSIDE, f"--socket=/{SOCKET}"]

    @staticmethod
    def socket(root):
        return root / SOCKET

    def trace(self, root, *options, begin=NEVER):
        self.box.open(root, self.work.usr)
        try:
            return super().trace(root, *self.options, *options, begin=begin)
        except Refused:
            self.box.close(root)
            raise

    def by_service(self, root, _):
        return self.box_closed(root, super().by_service)

    def box_closed(self, root, recover):
        """It has told what there is; then nothing of it runs any more."""
        try:
            recover(root, None)
        finally:
            self.box.close(root)
        return history(root)

    def kill(self, root, point, *options, **how):
        try:
            return super().kill(root, point, *options, **how)
        finally:
            self.box.close(root)

    def count(self, root, *options, begin=NEVER):
        try:
            return super().count(root, *options, begin=begin)
        finally:
            self.box.close(root)


class LiveWork:
    def __init__(self, machine, top, box):
        self.name, self.box, self.has_tool = machine.name, box, bool(machine.programs)
        self.call = change([self.name], machine.lease)
        self.top = top / re.sub(r"\W+", "-", machine.name)
        self.top.mkdir()
        machine.lay(self.top)
        self.before, self.after = self.top / "machine", self.top / "after"
        self.usr = self.top / "usr"
        self.id = self.fix_it(machine)

    def fix_it(self, machine):
        """Nobody interrupts it: what it leaves is what is new."""
        part = LiveService(self, self.box, "fix", self.before, None, None, self.call)

        def fix():
            copy(self.before, self.after)
            return part.trace(self.after, f"--kill-at={NEVER}", "--changes", begin=None)
        try:
            told = patiently(fix)
            part.by_service(self.after, None)
        finally:
            self.box.close(self.after)
        kept = history(self.after)
        if len(kept) != 1 or kept[0]["state"] != "applied":
            raise RuntimeError(f"{self.name}: {kept}: {told.output[-2000:]}")
        if picture(self.after, False) == picture(self.before, False):
            raise RuntimeError(f"{self.name}: nothing is changed")
        return kept[0]["id"]

    def parts(self):
        before, applied = picture(self.before, True), picture(self.after, True)
        new = picture(self.after, False)
        yield LiveService(self, self.box, "fix", self.before, before, new, self.call)
        if self.has_tool:
            yield LiveService(self, self.box, "fix, killed alone while its tool works", self.before,
                              before, new, self.call, options=("--of=others", "--kill=own"))
        yield LiveService(self, self.box, "undo", self.after, applied, before, undo(self.id),
                          takes_back=True)
