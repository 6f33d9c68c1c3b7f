#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Names in an initramfs: ours against lsinitramfs(8), or against cpio(1) alone.

Makes archives of a random tree with cpio(1) and the compressors there are, alone
and behind uncompressed early archives as the kernel's microcode comes in, and any
image of this machine in /boot. Those that are damaged have to be refused.
"""

import argparse
import glob
import os
import random
import shutil
import subprocess
import sys
import tempfile

COMPRESSORS = {
    "none": ["cat"],
    "gzip": ["gzip", "-c"],
    "bzip2": ["bzip2", "-c"],
    "lzma": ["xz", "--format=lzma", "-c"],
    "xz": ["xz", "--check=crc32", "-c"],
    "xz-small-blocks": ["xz", "--check=crc32", "--block-size=65536", "-c"],
    "lz4": ["lz4", "-l", "-c", "-q"],
    "lz4-9": ["lz4", "-9", "-l", "-c", "-q"],
    "zstd": ["zstd", "-q", "-c"],
    "zstd-19": ["zstd", "-19", "-q", "-c"],
}

MODULES = ["drivers/hv/hv_vmbus", "drivers/scsi/hv_storvsc", "drivers/net/hyperv/hv_netvsc",
           "fs/ext4/ext4", "fs/xfs/xfs", "drivers/md/dm-mod", "drivers/md/raid1"]


class Skip(Exception):
    pass


def pipe(command, data=None, cwd=None):
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          cwd=cwd, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def fill(top, rng, n_files):
    """A tree like that of an initramfs; contents that compress neither well nor badly."""
    words = [rng.randbytes(rng.randrange(3, 40)) for _ in range(500)]
    for i in range(n_files):
        module = MODULES[i] if i < len(MODULES) else f"drivers/misc/random-{i}"
        ending = rng.choice([".ko", ".ko.xz", ".ko.zst", ".ko.gz"])
        path = os.path.join(top, "usr/lib/modules/6.1.0-22-amd64/kernel", module + ending)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            size = rng.choice([0, 1, 3, 4, 5, 1000, 70000, 300000])
            while file.tell() < size:
                file.write(rng.choice(words) if rng.random() < 0.9 else rng.randbytes(64))
    os.symlink("usr/lib", os.path.join(top, "lib"))
    os.makedirs(os.path.join(top, "etc/a name with blanks"))


def archive(top, form="newc"):
    names = pipe(["find", ".", "-mindepth", "1", "-printf", "%P\\0"], cwd=top)
    names = b"\0".join(sorted(names.split(b"\0")[:-1])) + b"\0"
    return names, pipe(["cpio", "--null", "-o", "-H", form, "--quiet"], names, cwd=top)


def early(tmp):
    top = os.path.join(tmp, "early")
    os.makedirs(os.path.join(top, "kernel/x86/microcode"))
    with open(os.path.join(top, "kernel/x86/microcode/GenuineIntel.bin"), "wb") as file:
        file.write(os.urandom(100001))
    names, data = archive(top)
    return names.rstrip(b"\0").split(b"\0"), data


def ours(reader, path):
    done = subprocess.run([reader, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{reader}: status {done.returncode}: "
                           f"{done.stderr.decode(errors='replace')[-2000:]}")
    names = done.stdout.split(b"\n")[:-1]
    return (names if done.returncode == 0 else None), done.stderr.decode(errors="replace")


def theirs(path):
    """As lsinitramfs(8) lists it, or None where there is no such program."""
    if not shutil.which("lsinitramfs"):
        return None
    done = subprocess.run(["lsinitramfs", path], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    return done.stdout.split(b"\n")[:-1] if done.returncode == 0 and done.stdout else None


def compare(what, got, wanted):
    if got != wanted:
        missing = set(wanted) - set(got or [])
        raise AssertionError(f"{what}: {len(got or [])} names, {len(wanted)} expected; "
                             f"missing: {sorted(missing)[:5]}")


def check(reader, what, data, names, tmp):
    path = os.path.join(tmp, "image")
    with open(path, "wb") as file:
        file.write(data)
    got, text = ours(reader, path)
    if got is None:
        raise AssertionError(f"{what}: {text}")
    compare(what, got, names)
    # lsinitramfs says '.' for the directory itself, which is in no archive of ours.
    reference = theirs(path)
    if reference is not None:
        compare(what + ", lsinitramfs", got, [name for name in reference if name != b"."])


def one(reader, name, seed):
    command = COMPRESSORS[name]
    if not shutil.which(command[0]):
        raise Skip(f"no {command[0]}")
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as tmp:
        top = os.path.join(tmp, "main")
        os.makedirs(top)
        fill(top, rng, 60)
        names, data = archive(top, rng.choice(["newc", "crc"]))
        names = names.rstrip(b"\0").split(b"\0")
        early_names, early_data = early(tmp)
        packed = pipe(command, data)
        check(reader, name, packed, names, tmp)
        check(reader, name + " behind an early archive", early_data + packed,
              early_names + names, tmp)
        for _ in range(12):
            damage(reader, name, packed, rng, tmp)


def damage(reader, name, packed, rng, tmp):
    """Cut off, it is refused; changed, it may still be read, and must not crash."""
    path = os.path.join(tmp, "damaged")
    cut = rng.randrange(8, len(packed) - 8)
    with open(path, "wb") as file:
        file.write(packed[:cut])
    got, _ = ours(reader, path)
    if got is not None:
        raise AssertionError(f"{name}: cut off at byte {cut} of {len(packed)} and not refused")
    changed = bytearray(packed)
    for _ in range(rng.randrange(1, 20)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    with open(path, "wb") as file:
        file.write(changed)
    ours(reader, path)


def installed(reader):
    images = sorted(glob.glob("/boot/initrd.img-*") + glob.glob("/boot/initramfs-*.img"))
    if not images or not shutil.which("lsinitramfs"):
        raise Skip("no image in /boot, or no lsinitramfs")
    for path in images:
        got, text = ours(reader, path)
        if got is None:
            raise AssertionError(text)
        compare(path, got, theirs(path) or [])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", required=True, help="the program initramfs-names")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tests = [(name, lambda name=name: one(options.reader, name, options.seed))
             for name in COMPRESSORS]
    tests.append(("of this machine", lambda: installed(options.reader)))
    failed = 0
    print(f"1..{len(tests)}")
    for number, (name, run) in enumerate(tests, 1):
        try:
            if not shutil.which("cpio"):
                raise Skip("no cpio")
            run()
            print(f"ok {number} - {name}")
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}")
        except (AssertionError, RuntimeError) as error:
            failed += 1
            print(f"not ok {number} - {name}")
            print("\n".join("# " + line for line in str(error).splitlines()))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
