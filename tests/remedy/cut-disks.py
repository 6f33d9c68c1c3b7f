#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a boot loader finds when the power goes while grub.cfg is replaced.

A file system on a disk that remembers each write (log-disk.c); grub.cfg is replaced on it as a
remedy does. Then the disk is made anew as it would be had the power gone at each moment: all
that was flushed is there, and of what was written since some is, some is not, in sectors of
512 bytes. grub-fstest, which is GRUB's own reader and replays no journal, has to find the old
or the new file there, whole; and the new one from when the replacement said it was done.

PF_FULL=1: more of what is missing, more layouts of directories, all file systems.
"""
import glob
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

FULL = bool(os.environ.get("PF_FULL"))
REPLACE = os.environ["PF_REPLACE_FILE"]
LOG_DISK = os.environ["PF_LOG_DISK"]
SECTOR = 512
RANDOM_SUBSETS = 12 if FULL else 2
PICKS = 10 ** 6 if FULL else 6  # of the single writes that are missing, or alone

OLD = b"".join(b"menuentry old%04d { linux /vmlinuz root=/dev/sda1 }\n" % i for i in range(180))
NEW = b"".join(b"menuentry new%04d { linux /vmlinuz root=UUID=0011-2233 }\n" % i for i in range(190))

EXT4 = ["mkfs.ext4", "-q", "-F"]
# name, size in MiB, command, further entries in the directory
LAYOUTS = [
    ("ext4", 16, EXT4, 8),
    # No name more goes into the directory's block: with one it would be split in two.
    ("ext4", 16, [*EXT4, "-b", "1024"], 24),
    ("xfs", 32, ["mkfs.xfs", "-q", "-f"], 8),
    ("btrfs", 128, ["mkfs.btrfs", "-q", "-f"], 8),
]
if FULL:
    # Directories that are nearly full where they are: one more name and they change their form.
    LAYOUTS += [("vfat", 16, ["mkfs.vfat", "-F", "16"], n) for n in (0, 7, 30)]
    LAYOUTS += [("vfat", 40, ["mkfs.vfat", "-F", "32", "-s", "1"], 8)]
    LAYOUTS += [("ext4", 16, [*EXT4, "-b", "1024"], n) for n in (21, 22, 23, 24, 60)]
    LAYOUTS += [("ext3", 16, ["mkfs.ext3", "-q", "-F"], 8), ("ext2", 16, ["mkfs.ext2", "-q", "-F"], 8)]
    LAYOUTS += [("xfs", 32, ["mkfs.xfs", "-q", "-f"], n) for n in range(3, 8)]


def run(*command, **more):
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {(done.stdout + done.stderr).decode(errors='replace')}")
    return done


def make(work, mkfs, mib, entries):
    """A boot file system with GRUB's directory, not mounted."""
    image, boot = f"{work}/image", f"{work}/root/boot"
    with open(image, "wb") as file:
        file.truncate(mib << 20)
    # mkfs.xfs makes file systems this small for its own tests alone.
    run(*mkfs, image, env={**os.environ, "TEST_DIR": "1", "TEST_DEV": "1", "QA_CHECK_FS": "1"})
    os.makedirs(boot, exist_ok=True)
    run("mount", "-o", "loop", image, boot)
    os.mkdir(f"{boot}/grub")
    for i in range(entries):
        with open(f"{boot}/grub/another-module-of-grub-{i:04d}.mod", "wb") as file:
            file.write(b"module" * 100)
    with open(f"{boot}/grub/grub.cfg", "wb") as file:
        file.write(OLD)
    with open(f"{work}/new", "wb") as file:
        file.write(NEW)
    run("umount", boot)
    return image


def make_fat(work, mkfs, mib, entries):
    """The same without a kernel that knows FAT; the disk is a sector longer than it."""
    image = f"{work}/image"
    with open(image, "wb") as file:
        file.truncate((mib << 20) + SECTOR)
    for name, text in (("new", NEW), ("old", OLD), ("module", b"module" * 100)):
        with open(f"{work}/{name}", "wb") as file:
            file.write(text)
    run(*mkfs, image, str(mib << 10))
    run("mmd", "-i", image, "::/grub")
    for i in range(entries):
        run("mcopy", "-i", image, f"{work}/module", f"::/grub/another-module-of-grub-{i:04d}.mod")
    run("mcopy", "-i", image, f"{work}/old", "::/grub/grub.cfg")
    return image


def wait_for(path, process):
    while not os.path.exists(path):
        if process.poll() is not None:
            raise RuntimeError("log-disk ended: " + process.stderr.read().decode())
        time.sleep(0.01)


def record(work, image):
    """Replaces grub.cfg while the disk remembers. Returns what it remembers."""
    seen = f"{work}/seen"
    os.mkdir(seen)
    disk = subprocess.Popen([LOG_DISK, image, f"{work}/log", seen], stderr=subprocess.PIPE)
    try:
        wait_for(f"{seen}/disk", disk)
        run("mount", "-o", "loop", f"{seen}/disk", f"{work}/root/boot")
        try:
            run(REPLACE, f"{work}/root", "/boot/grub/grub.cfg", f"{work}/new", f"{seen}/mark")
        finally:
            run("umount", f"{work}/root/boot")
    finally:
        subprocess.run(["umount", seen], check=False)
        disk.wait()
    return read_log(f"{work}/log")


def read_log(path):
    events = []
    with open(path, "rb") as file:
        while head := file.read(17):
            kind, offset, n = chr(head[0]), *struct.unpack("<QQ", head[1:])
            events.append((kind, offset, file.read(n) if kind == "w" else b""))
    return events


def sectors(write):
    _, offset, data = write
    return [(offset + at, data[at:at + SECTOR]) for at in range(0, len(data), SECTOR)]


def losses(pending, random_):
    """Which of the writes since the last flush may be there: lists of (offset, bytes)."""
    whole = [sectors(write) for write in pending]
    n = len(whole)
    yield sum(whole, [])
    picks = range(n) if n <= PICKS else sorted(random_.sample(range(n), PICKS))
    for i in picks:
        if n > 1:
            yield whole[i]
            yield sum(whole[:i] + whole[i + 1:], [])
    for _ in range(RANDOM_SUBSETS if n else 0):
        share = random_.random()
        yield [one for one in sum(whole, []) if random_.random() < share]


# --- where this kernel does not know the file system: in a virtual machine ---

MODULES = ("virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk "
           "nls_cp437 nls_ascii nls_utf8 fat vfat").split()


def find_kernel():
    """A Debian with its modules, unpacked by ../shared/vm/make-image; or None."""
    for modules in sorted(glob.glob(os.environ.get("VM_CACHE", "/nowhere") + "/*/root/usr/lib/modules/*")):
        kernel = f"{modules}/../../../../boot/vmlinuz-{os.path.basename(modules)}"
        if os.path.exists(f"{modules}/kernel/fs/fat/vfat.ko") and os.path.exists(kernel):
            return kernel, modules
    return None


def libraries_of(program):
    text = run("ldd", program).stdout.decode()
    return [word for line in text.splitlines() for word in line.split() if word.startswith("/")]


def make_initramfs(work, modules):
    top = f"{work}/initramfs"
    os.makedirs(f"{top}/modules")
    for number, name in enumerate(MODULES):
        [path] = glob.glob(f"{modules}/kernel/**/{name}.ko", recursive=True)
        shutil.copy(path, f"{top}/modules/{number:02d}-{name}.ko")
    for program, name in (os.environ["PF_VM_INIT"], "init"), (REPLACE, "replace-file"):
        shutil.copy(program, f"{top}/{name}")
        for library in libraries_of(program):
            os.makedirs(top + os.path.dirname(library), exist_ok=True)
            shutil.copy(library, top + library)
    shutil.copy(f"{work}/new", f"{top}/new")
    run("sh", "-c", f"cd {top} && find . | cpio --quiet -o -H newc > {work}/initrd")


def record_in_vm(work, image, kernel, modules):
    make_initramfs(work, modules)
    with open(f"{work}/log", "wb") as file:
        file.truncate(64 << 20)
    # Nested, KVM is often there and does not work; the machine has little to do.
    done = run("timeout", "300", "qemu-system-x86_64", "-accel", os.environ.get("PF_VM_ACCEL", "tcg"), "-m", "512",
               "-nodefaults", "-no-reboot", "-nographic", "-serial", "stdio", "-kernel", kernel,
               "-initrd", f"{work}/initrd", "-append", "console=ttyS0 quiet panic=-1 no_timer_check",
               "-blockdev", json.dumps({"driver": "blklogwrites", "node-name": "disk",
                                        "file": {"driver": "file", "filename": image},
                                        "log": {"driver": "file", "filename": f"{work}/log"}}),
               "-device", "virtio-blk-pci,drive=disk,write-cache=on", stdin=subprocess.DEVNULL)
    if b"vm-init: done" not in done.stdout:
        raise RuntimeError("the machine said: " + done.stdout.decode(errors="replace")[-2000:])
    return read_kernel_log(f"{work}/log", os.path.getsize(image) - SECTOR)


def read_kernel_log(path, mark):
    """The format of dm-log-writes: Linux, drivers/md/dm-log-writes.c."""
    events = []
    with open(path, "rb") as file:
        magic, version, n, sector = struct.unpack("<QQQI", file.read(28))
        assert (magic, version) == (0x6a736677736872, 1), "this is no log of writes"
        at = sector
        for _ in range(n):
            file.seek(at)
            start, count, flags, _ = struct.unpack("<QQQQ", file.read(32))
            file.seek(at + sector)
            is_discard = flags & 4
            data = b"" if is_discard else file.read(count * sector)
            at += sector + len(data)
            if flags & 1:
                events.append(("f", 0, b""))
            if data:
                events.append(("m", 0, b"") if start * sector == mark else ("w", start * sector, data))
            if flags & 2:
                events.append(("f", 0, b""))
    return events


# --- what is found ---

class Disk:
    """A disk as the cut leaves it, on which a cut can be taken back."""

    def __init__(self, image):
        self.image = image
        self.file = open(image, "r+b", buffering=0)

    def put(self, pieces):
        before = []
        for offset, data in pieces:
            before.append((offset, os.pread(self.file.fileno(), len(data), offset)))
            os.pwrite(self.file.fileno(), data, offset)
        return list(reversed(before))

    def grub_reads(self):
        done = subprocess.run(["grub-fstest", self.image, "cat", "/grub/grub.cfg"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        return done.stdout


def cut(image, events, seed):
    """Returns how many cuts there were, how many found the old and the new file, and complaints."""
    random_ = random.Random(seed)
    disk, pending, done = Disk(image), [], False
    found, complaints = {"old": 0, "new": 0}, []
    for at, event in enumerate(events + [("f", 0, b"")]):
        if event[0] == "w":
            pending.append(event)
        for pieces in losses(pending, random_) if event[0] != "w" or len(pending) <= PICKS else ():
            before = disk.put(pieces)
            text = disk.grub_reads()
            disk.put(before)
            word = "old" if text == OLD else "new" if text == NEW else None
            if word is None or (done and word == "old"):
                complaints.append(f"event {at} of {len(events)}, {'after' if done else 'before'} "
                                  f"the end: {word or repr(text[:60])}, {len(text)} bytes")
            else:
                found[word] += 1
        if event[0] == "f":
            disk.put(sum((sectors(write) for write in pending), []))
            pending = []
        done = done or event[0] == "m"
    return found, complaints


def try_layout(number, layout):
    name, mib, mkfs, entries = layout
    what = f"{name}, {entries} entries" + (", blocks of 1024" if "1024" in mkfs else "")
    if not shutil.which(mkfs[0]):
        print(f"ok {number} - {what} # SKIP {mkfs[0]} is not installed")
        return True
    is_known = subprocess.run(["grep", "-qw", name, "/proc/filesystems"], check=False).returncode == 0
    kernel = find_kernel() if not is_known and name == "vfat" and shutil.which("qemu-system-x86_64") else None
    if not is_known and not kernel:
        print(f"ok {number} - {what} # SKIP this kernel has no {name}, and there is none in VM_CACHE")
        return True
    with tempfile.TemporaryDirectory(prefix="pf-cut-", dir="/dev/shm") as work:
        image = make(work, mkfs, mib, entries) if is_known else make_fat(work, mkfs, mib, entries)
        run("cp", "--sparse=always", image, f"{work}/cut")
        events = record_in_vm(work, image, *kernel) if kernel else record(work, image)
        found, complaints = cut(f"{work}/cut", events, 1 if not FULL else os.getpid())
    writes, flushes = (sum(e[0] == kind for e in events) for kind in "wf")
    print(f"# {what}: {writes} writes, {flushes} flushes; {sum(found.values()) + len(complaints)} "
          f"cuts: {found['old']} old, {found['new']} new, {len(complaints)} other")
    for line in complaints[:5]:
        print(f"# {line}")
    # Both have to be seen: a test that cuts nowhere near the replacement shows nothing.
    good = not complaints and found["old"] > 0 and found["new"] > 0
    print(f"{'ok' if good else 'not ok'} {number} - {what}")
    return good


def main():
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse") or not os.path.exists("/dev/loop-control"):
        print("1..0 # SKIP needs root, /dev/fuse and loop devices")
        return 0
    if not shutil.which("grub-fstest"):
        print("1..0 # SKIP grub-fstest is not installed")
        return 0
    if os.environ.get("PF_CUT_INSIDE") != "1":
        os.environ["PF_CUT_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, "-B", *sys.argv])
    layouts = [layout for layout in LAYOUTS if layout[0] in sys.argv[1:] or len(sys.argv) == 1]
    print(f"1..{len(layouts)}")
    return 0 if all([try_layout(i + 1, layout) for i, layout in enumerate(layouts)]) else 1


if __name__ == "__main__":
    sys.exit(main())
