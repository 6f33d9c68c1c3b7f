#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots that fail, and boot after `preflightctl fix`. TAP on stdout.

  test-remedy-boot.py --ctl=build/daemon/ctl/preflightctl              all layouts
  test-remedy-boot.py --ctl=… bios lvm

For each layout an image is taken whose disk was called vda; its boot files are made to
name devices. On a bus where the disk is called sda it does not boot, which is tried.
Then the image is mounted, as an image builder does, `preflightctl fix --root` is run, and
it is started on that bus again: now it must boot. A root on LVM has a stable name: there it
is /boot that /etc/fstab names by its device, for which the start waits in vain; and it is
fixed by the service on the machine itself, whose kernel knows the volumes.

The machines are those of make-image and vm.py in ../shared/vm, or $PF_SHARED/vm, kept
below $VM_CACHE. Needs root, QEMU and loop devices; exit status 77, with the reason, where
one is missing. A boot takes one to some minutes without KVM; the images themselves are
copied before anything is changed.
"""

import argparse
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

from machine import (BOOT_SECONDS, CACHE, SKIPPED, TREE, Points, make_image, missing,
                     put_libraries, run, use_harness)

NEEDED = ("qemu-system-x86_64", "qemu-img", "losetup", "partx", "mount", "blkid", "ssh")

LOGIN = r"\n\S+ login:"
EMERGENCY = r"[Ee]mergency [Mm]ode"
NO_ROOT = r"ALERT!\s+\S+ does not exist\.\s+Dropping to a shell!"


# As make-image calls them. Their partitions are told by what is on them.
LAYOUTS = ["bios", "boot", "uefi", "lvm", "swap", "mbr"]


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
        self.volume = None  # the loop device of /, on LVM

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
        """A linear volume is so many bytes of its partition: no device mapper is needed."""
        node = self.disk.part(member)
        told = run("pvs", "--noheadings", "--units", "b", "--nosuffix", "--segments", "-o",
                   "lv_name,pe_start,vg_extent_size,pvseg_start,pvseg_size", node).stdout
        segments = [line.split() for line in told.splitlines() if line.split()[0] == "root"]
        if len(segments) != 1:
            raise OSError(f"the volume of / is not of one piece: {told}")
        start, size, first, count = map(int, segments[0][1:])
        self.volume = run("losetup", "--find", "--show", "--offset", start + first * size,
                          "--sizelimit", count * size, node).stdout.strip()
        self.mount(self.volume)

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
        if self.volume:
            run("losetup", "--detach", self.volume, check=False)

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

        if self.volume:
            boot = self.disk.find_type("ext4")[0]
            return self.rewrite("/etc/fstab", lambda text: re.sub(
                r"^\S+(\s+/boot\s)", rf"/dev/vda{boot}\1", text, flags=re.MULTILINE))
        changed = self.rewrite("/boot/grub/grub.cfg", name)
        self.rewrite("/etc/default/grub",
                     lambda text: name(text) + "GRUB_DISABLE_LINUX_UUID=true\n")
        return changed

    def names(self):
        """Lines that give a kernel a device's name."""
        text = (self.directory / "boot/grub/grub.cfg").read_text()
        return re.findall(r"\b(?:root|resume)=/dev/[sv]d\S+", text)


class Test(Points):
    def __init__(self, options, work):
        super().__init__()
        self.options = options
        self.work = work

    def image(self, name):
        """A copy of the disk, which this test alone changes."""
        copy = self.work / (name + ".raw")
        run("cp", "--sparse=always", make_image(name) / "disk0.raw", copy)
        copy.chmod(0o600)
        return copy

    def boot(self, name, disk, bus, work=None):
        """"boots", "fails", or why neither. What it writes is gone, unless @work keeps it."""
        from vm import VM, VMError
        try:
            with VM([str(disk)], bus=bus, uefi=name == "uefi", work=work) as vm:
                came = vm.wait_console(LOGIN, NO_ROOT, EMERGENCY, r"No init found|Kernel panic",
                                       timeout=BOOT_SECONDS)
                if came == 0:
                    vm.wait_ssh(BOOT_SECONDS)
                return "boots" if came == 0 else "fails"
        except VMError as error:
            return str(error)[-400:]

    def expect_boot(self, name, disk, bus, want, title, work=None):
        if self.options.no_boot:
            return
        started = time.monotonic()
        got = self.boot(name, disk, bus, work)
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

    def install(self, vm):
        """The client and the service, with the libraries that the machine has not."""
        daemon = pathlib.Path(self.options.ctl).resolve().parents[1]
        build = daemon.parent
        vm.run("mkdir -p /opt/preflight")
        programs = (self.options.ctl, daemon / "preflight-remedyd")
        for program in programs:
            vm.put(str(program), "/opt/preflight/")
        put_libraries(vm, programs)
        unit = (build / "packaging/systemd/preflight-remedyd.service").read_text()
        unit = re.sub(r"(?m)^ExecStart=.*", "ExecStart=/opt/preflight/preflight-remedyd", unit)
        (self.work / "preflight-remedyd.service").write_text(unit)
        for file in (self.work / "preflight-remedyd.service",
                     TREE / "packaging/systemd/preflight-remedyd.socket"):
            vm.put(str(file), "/etc/systemd/system/")
        vm.put(str(TREE / "packaging/systemd/preflightd.sysusers"), "/usr/lib/sysusers.d/preflightd.conf")
        vm.run("chmod 755 /opt/preflight/*; systemd-sysusers; systemctl daemon-reload; "
               "systemctl start preflight-remedyd.socket")

    def try_volumes(self, name):
        from vm import VM
        disk, kept = self.image(name), tempfile.mkdtemp(dir=self.work)
        with Disk(disk) as parts, Mounted(parts, self.work / "mnt") as mounted:
            mounted.name_devices()
        self.expect_boot(name, disk, "scsi", "fails", "/boot by its name on virtio, on SCSI")
        with VM([str(disk)], bus="virtio", work=kept) as vm:
            vm.wait_ssh(BOOT_SECONDS)
            self.install(vm)
            done = vm.run("/opt/preflight/preflightctl fix boot.fstab-identity --yes --consent "
                          "--no-pager", timeout=600, check=False)
            left = vm.run("grep ^/dev/vd /etc/fstab", check=False).stdout
            self.say(done.returncode == 0 and not left, f"{name}: fix, on the machine itself",
                     done.stdout + done.stderr + left)
            vm.poweroff()
        self.expect_boot(name, disk, "scsi", "boots", "after fix, on SCSI", kept)
        disk.unlink()

    def try_layout(self, name):
        disk = self.image(name)
        with Disk(disk) as parts, Mounted(parts, self.work / "mnt") as mounted:
            if not mounted.name_devices():
                raise OSError("its boot files cannot be made to name a device")
        self.expect_boot(name, disk, "scsi", "fails", "names of virtio, on SCSI")
        with Disk(disk) as parts, Mounted(parts, self.work / "mnt") as mounted:
            names = mounted.names()
            started = time.monotonic()
            done = self.fix(mounted)
            seconds = time.monotonic() - started
            left = mounted.names()
            self.say(done.returncode == 0 and names and not left,
                     f"{name}: fix leaves none of {len(names)} names ({seconds:.1f} s)",
                     done.stdout + done.stderr + "\n" + "\n".join(left))
        self.expect_boot(name, disk, "scsi", "boots", "after fix, on SCSI")
        disk.unlink()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ctl", required=True)
    parser.add_argument("--no-boot", action="store_true", help="only mount and fix")
    parser.add_argument("--verbose", action="store_true", help="print what fix says")
    parser.add_argument("layouts", nargs="*", help="the others of make-captures are passed over")
    options = parser.parse_args()
    layouts = [name for name in LAYOUTS if name in (options.layouts or LAYOUTS)]
    why = missing(NEEDED) or (None if layouts else "none of these layouts is booted here")

    if why:
        print(f"1..0 # SKIP {why}")
        return SKIPPED
    use_harness()
    with tempfile.TemporaryDirectory(prefix="remedy-boot-", dir=CACHE) as work:
        test = Test(options, pathlib.Path(work))
        for name in layouts:
            if name == "lvm" and (options.no_boot or not shutil.which("pvs")):
                test.skip("lvm", "there is no pvs, or no boot was wanted")
                continue
            try:
                (test.try_volumes if name == "lvm" else test.try_layout)(name)
            except (OSError, subprocess.SubprocessError, StopIteration) as error:
                output = getattr(error, "stderr", None) or getattr(error, "stdout", None) or ""
                test.say(False, f"{name}: {error}", str(output))
    return test.end()


if __name__ == "__main__":
    sys.exit(main())
