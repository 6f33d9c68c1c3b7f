#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots that fail, and boot after `preflightctl fix`. TAP on stdout.

  test-remedy-boot.py --ctl=build/daemon/ctl/preflightctl              all layouts
  test-remedy-boot.py --ctl=… bios lvm

For each layout an image is taken whose disk was called vda; its boot files are made to
name devices. On a bus where the disk is called sda it does not boot, which is tried.
Then the image is mounted, as an image builder does, `preflightctl fix --root` is run, and
it is started on that bus again: now it must boot. Where names are stable (LVM) nothing may be changed, and it boots all the same.

The machines are those of make-image and vm.py in ../shared/vm, or $PF_SHARED/vm, kept
below $VM_CACHE. Needs root, QEMU and loop devices; exit status 77, with the reason, where
one is missing. A boot takes one to some minutes without KVM; the images themselves are
copied before anything is changed.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

TREE = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("PF_SHARED") or TREE.parent / "shared")
CACHE = pathlib.Path(os.environ.get("VM_CACHE") or pathlib.Path.home() / ".cache/preflightd-vm")
NEEDED = ("qemu-system-x86_64", "qemu-img", "losetup", "partx", "mount", "blkid", "ssh")
SKIPPED = 77
BOOT_SECONDS = 1500

LOGIN = r"\n\S+ login:"
NO_ROOT = r"ALERT!\s+\S+ does not exist\.\s+Dropping to a shell!"


# As make-image calls them. Their partitions are told by what is on them.
LAYOUTS = ["bios", "boot", "uefi", "lvm", "swap", "mbr"]


def run(*argv, **how):
    how.setdefault("check", True)
    return subprocess.run([str(one) for one in argv], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **how)


class Disk:
    """An image's partitions as devices of this host, for as long as it is entered."""

    def __init__(self, path):
        self.path = path
        self.nodes = []

    def __enter__(self):
        self.loop = run("losetup", "--find", "--show", self.path).stdout.strip()
        self.name = os.path.basename(self.loop)
        run("partx", "--add", self.loop, check=False)
        for part in sorted(pathlib.Path("/sys/block", self.name).glob(self.name + "p*")):
            self.make_node("/dev/" + part.name, (part / "dev").read_text().split(":"))
        return self

    def __exit__(self, *_):
        run("partx", "--delete", self.loop, check=False)
        for node in self.nodes:
            os.unlink(node)
        run("losetup", "--detach", self.loop, check=False)

    def make_node(self, node, numbers):
        """What udev does, where there is one; a node may be left from a disk before."""
        device = os.makedev(*map(int, numbers))
        if os.path.exists(node):
            if os.stat(node).st_rdev == device:
                return
            os.unlink(node)
        os.mknod(node, 0o600 | stat.S_IFBLK, device)
        self.nodes.append(node)

    def part(self, number):
        return f"{self.loop}p{number}"

    def find_type(self, kind):
        """The numbers of the partitions that hold this."""
        found = []
        for part in sorted(pathlib.Path("/sys/block", self.name).glob(self.name + "p*")):
            number = int((part / "partition").read_text())
            told = run("blkid", "-p", "-s", "TYPE", "-o", "value", self.part(number), check=False)
            if told.stdout.strip() == kind:
                found.append(number)
        return found


class Mounted:
    """The machine of an image, mounted below a directory."""

    def __init__(self, disk, directory):
        self.disk = disk
        self.directory = pathlib.Path(directory)
        self.mounts = []
        self.root = None  # the number of its partition; None on LVM
        self.group = None

    def mount(self, device, place=""):
        where = self.directory / place
        run("mount", device, where)
        self.mounts.append(where)

    def __enter__(self):
        self.directory.mkdir(exist_ok=True)
        members = self.disk.find_type("LVM2_member")
        if members:
            self.enter_group(members[0])
        else:
            self.enter_partitions()
        return self

    def enter_group(self, member):
        self.group = run("pvs", "--noheadings", "-o", "vg_name",
                         self.disk.part(member)).stdout.strip()
        run("vgchange", "--activate", "y", "--noudevsync", self.group)
        run("vgmknodes", self.group)
        volumes = run("lvs", "--noheadings", "-o", "lv_path", self.group).stdout.split()
        self.mount(next(one for one in volumes if "root" in one))
        for number in self.disk.find_type("ext4"):
            self.mount(self.disk.part(number), "boot")

    def enter_partitions(self):
        systems = self.disk.find_type("ext4")
        for number in list(systems):
            self.mount(self.disk.part(number))
            if (self.directory / "etc/fstab").exists():
                systems.remove(number)
                self.root = number
                break
            run("umount", self.mounts.pop())
        for number in systems:
            self.mount(self.disk.part(number), "boot")

    def __exit__(self, *_):
        for where in reversed(self.mounts):
            run("umount", where, check=False)
        if self.group:
            run("vgchange", "--activate", "n", "--noudevsync", self.group, check=False)

    def rewrite(self, path, change):
        file = self.directory / path.lstrip("/")
        before = file.read_text()
        after = change(before)
        file.write_text(after)
        return before != after

    def name_devices(self):
        """Boot files that name the disk as it is called on virtio. Did that change any?"""
        swaps = self.disk.find_type("swap")

        def name(text):
            if self.root:
                text = re.sub(r"(\sroot=)UUID=\S+", rf"\1/dev/vda{self.root}", text)
            if swaps:
                text = re.sub(r"(\bresume=)UUID=[^\s\"]+", rf"\1/dev/vda{swaps[0]}", text)
            return text

        changed = self.rewrite("/boot/grub/grub.cfg", name)
        self.rewrite("/etc/default/grub",
                     lambda text: name(text) + "GRUB_DISABLE_LINUX_UUID=true\n")
        return changed

    def names(self):
        """Lines that give a kernel a device's name."""
        text = (self.directory / "boot/grub/grub.cfg").read_text()
        return re.findall(r"\b(?:root|resume)=/dev/[sv]d\S+", text)


class Test:
    def __init__(self, options, work):
        self.options = options
        self.work = work
        self.n = 0
        self.bad = 0

    def say(self, good, what, details=""):
        self.n += 1
        self.bad += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {what}")
        for line in details.splitlines()[-12:] if not good else []:
            print("# " + line)
        sys.stdout.flush()

    def image(self, name):
        """A copy of the disk, which this test alone changes."""
        made = run(SHARED / "vm" / "make-image", name, timeout=1800,
                   env={**os.environ, "VM_CACHE": str(CACHE)}).stdout.split()[-1]
        copy = self.work / (name + ".raw")
        run("cp", "--sparse=always", pathlib.Path(made) / "disk0.raw", copy)
        copy.chmod(0o600)
        return copy

    def boot(self, name, disk, bus):
        """"boots", "fails", or why neither."""
        from vm import VM, VMError
        try:
            with VM([str(disk)], bus=bus, uefi=name == "uefi") as vm:
                came = vm.wait_console(LOGIN, NO_ROOT, r"No init found|Kernel panic",
                                       timeout=BOOT_SECONDS)
                if came == 0:
                    vm.wait_ssh(BOOT_SECONDS)
                return "boots" if came == 0 else "fails"
        except VMError as error:
            return str(error)[-400:]

    def expect_boot(self, name, disk, bus, want, title):
        if self.options.no_boot:
            return
        started = time.monotonic()
        got = self.boot(name, disk, bus)
        self.say(got == want, f"{name}: {title}: {want} ({time.monotonic() - started:.0f} s)", got)

    def fix(self, mounted):
        argv = [self.options.ctl, "fix", f"--root={mounted.directory}", "--yes",
                "boot.root-identity", "boot.resume-identity"]
        done = run(*argv, check=False, timeout=600)
        if self.options.verbose:
            print("# " + " ".join(map(str, argv)))
            for line in (done.stdout + done.stderr).splitlines():
                print("# " + line)
        return done

    def try_layout(self, name):
        disk = self.image(name)
        with Disk(disk) as parts, Mounted(parts, self.work / "mnt") as mounted:
            named = mounted.name_devices()
        if named:
            self.expect_boot(name, disk, "scsi", "fails", "names of virtio, on SCSI")
        with Disk(disk) as parts, Mounted(parts, self.work / "mnt") as mounted:
            names = mounted.names()
            before = (mounted.directory / "boot/grub/grub.cfg").read_text()
            started = time.monotonic()
            done = self.fix(mounted)
            seconds = time.monotonic() - started
            left = mounted.names()
            self.say(done.returncode == 0 and not left and bool(names) == named,
                     f"{name}: fix leaves none of {len(names)} names ({seconds:.1f} s)",
                     done.stdout + done.stderr + "\n" + "\n".join(left))
            if not named:
                after = (mounted.directory / "boot/grub/grub.cfg").read_text()
                self.say(before == after, f"{name}: what is stable stays")
        self.expect_boot(name, disk, "scsi", "boots", "after fix, on SCSI")
        disk.unlink()


def missing():
    if os.geteuid() != 0:
        return "not root"
    if not (SHARED / "vm" / "vm.py").exists():
        return "no ../shared/vm"
    if not os.path.exists("/dev/loop-control"):
        return "no loop devices"
    for program in NEEDED:
        if not shutil.which(program):
            return f"there is no {program}"
    return None


def missing_for_lvm():
    """Volumes are mounted by this host's kernel, which has to have a device mapper."""
    if not shutil.which("pvs"):
        return "there is no pvs to find its volumes with"
    done = run("dmsetup", "version", check=False) if shutil.which("dmsetup") else None
    if not done or done.returncode != 0:
        return "the kernel of this host has no device mapper to mount its volumes with"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ctl", required=True)
    parser.add_argument("--no-boot", action="store_true", help="only mount and fix")
    parser.add_argument("--verbose", action="store_true", help="print what fix says")
    parser.add_argument("layouts", nargs="*", help="the others of make-captures are passed over")
    options = parser.parse_args()
    layouts = [name for name in LAYOUTS if name in (options.layouts or LAYOUTS)]
    why = missing() or (None if layouts else "none of these layouts is booted here")

    if why:
        print(f"1..0 # SKIP {why}")
        return SKIPPED
    sys.path.insert(0, str(SHARED / "vm"))
    os.environ["VM_CACHE"] = str(CACHE)
    with tempfile.TemporaryDirectory(prefix="remedy-boot-", dir=CACHE) as work:
        test = Test(options, pathlib.Path(work))
        for name in layouts:
            why = missing_for_lvm() if name == "lvm" else None
            if why:
                test.n += 1
                print(f"ok {test.n} - lvm # SKIP {why}")
                continue
            try:
                test.try_layout(name)
            except (OSError, subprocess.SubprocessError, StopIteration) as error:
                output = getattr(error, "stderr", None) or getattr(error, "stdout", None) or ""
                test.say(False, f"{name}: {error}", str(output))
    print(f"1..{test.n}")
    return 1 if test.bad else 0


if __name__ == "__main__":
    sys.exit(main())
