#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files are replaced on real file systems: what they keep there, and what is told before.

On ext4, xfs and btrfs on loop devices and on tmpfs, as root: owner, mode with setuid, ACL,
extended attributes, label and flags of the new file are the old one's; a file system that is
read-only, or has no room or no inode left, is told, and nothing on it is another afterwards.
"""
import array
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile

REPLACE = os.environ["PF_REPLACE_FILE"]
GETFLAGS, SETFLAGS = 0x80086601, 0x40086602
NODUMP, NOATIME, NOCOW = 0x40, 0x80, 0x800000
ACL = bytes.fromhex("02000000" "01000700ffffffff" "02000400d2040000" "04000000ffffffff"
                    "10000400ffffffff" "20000000ffffffff")
XATTRS = {"user.note": b"kept", "trusted.note": b"t", "security.selinux": b"system_u:object_r:etc_t:s0\0",
          "user.empty": b"", "user.long": b"x" * 900, "system.posix_acl_access": ACL}

KINDS = [
    ("ext4", ["mkfs.ext4", "-q", "-F", "-N", "64"], 32, NODUMP | NOATIME),
    ("xfs", ["mkfs.xfs", "-q", "-f", "-i", "maxpct=1,size=2048"], 32, NODUMP | NOATIME),
    ("btrfs", ["mkfs.btrfs", "-q", "-f"], 128, NODUMP | NOATIME | NOCOW),
    ("tmpfs", None, 4, NODUMP | NOATIME),
]


def run(*command):
    env = {**os.environ, "TEST_DIR": "1", "TEST_DEV": "1", "QA_CHECK_FS": "1"}
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout.decode(errors='replace')}")


def flags_of(path, add=0):
    fd = os.open(path, os.O_RDONLY)
    try:
        value = array.array("i", [0])
        fcntl.ioctl(fd, GETFLAGS, value)
        if add:
            fcntl.ioctl(fd, SETFLAGS, array.array("i", [value[0] | add]))
        return value[0]
    except OSError:
        return 0
    finally:
        os.close(fd)


def decorate(path, flags):
    with open(path, "wb"):
        pass
    flags_of(path, flags)  # nocow only while it is empty
    with open(path, "wb") as file:
        file.write(b"old\n" * 3000)
    os.chown(path, 1234, 2345)
    refused = []
    for name, value in XATTRS.items():
        try:
            os.setxattr(path, name, value)
        except OSError:
            refused.append(name)
    os.chmod(path, 0o6740)
    return refused


def picture(path):
    st = os.lstat(path)
    xattrs = {name: os.getxattr(path, name) for name in os.listxattr(path)}
    return st.st_mode, st.st_uid, st.st_gid, xattrs, flags_of(path) & (NODUMP | NOATIME | NOCOW)


def replace(root, name, text=b"new\n" * 4000):
    with tempfile.NamedTemporaryFile() as new:
        new.write(text)
        new.flush()
        done = subprocess.run([REPLACE, root, f"/boot/{name}", new.name], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stderr.decode()


def keeps(root, flags):
    path = f"{root}/boot/file"
    refused = decorate(path, flags)
    before, inode = picture(path), os.stat(path).st_ino
    assert replace(root, "file") == (0, ""), replace(root, "file")
    assert os.stat(path).st_ino != inode and open(path, "rb").read() == b"new\n" * 4000
    assert picture(path) == before, (picture(path), before)
    return f"{len(XATTRS) - len(refused)} attributes, flags {before[4]:#x}"


def is_told(root, words):
    path = f"{root}/boot/file"
    before, text = picture(path), open(path, "rb").read()
    names = sorted(os.listdir(f"{root}/boot"))
    code, said = replace(root, "file")
    assert code == 1 and any(word in said for word in words), (code, said)
    assert (picture(path), open(path, "rb").read()) == (before, text)
    assert sorted(os.listdir(f"{root}/boot")) == names
    return said.strip()


def read_only(root, _):
    run("mount", "-o", "remount,ro", f"{root}/boot")
    try:
        return is_told(root, ("is mounted read-only",))
    finally:
        run("mount", "-o", "remount,rw", f"{root}/boot")


def no_room(root, _):
    filler = f"{root}/boot/filler"
    with open(filler, "wb", buffering=0) as file:
        for n in (65536, 4096, 1):
            try:
                while True:
                    file.write(os.urandom(n))
                    os.fsync(file.fileno()) if n < 65536 else None
            except OSError:
                pass
    try:
        return is_told(root, ("KiB left", "No space left on device"))
    finally:
        os.unlink(filler)
        run("mount", "-o", "remount,ro", f"{root}/boot")  # xfs gives room back when it likes
        run("mount", "-o", "remount,rw", f"{root}/boot")


def no_inode(root, _):
    if os.statvfs(f"{root}/boot").f_files not in range(1, 200):
        return None
    os.mkdir(f"{root}/boot/many")
    try:
        for i in range(1000):
            with open(f"{root}/boot/many/{i}", "wb"):
                pass
    except OSError:
        pass
    try:
        return is_told(root, ("inodes left",))
    finally:
        shutil.rmtree(f"{root}/boot/many")


def each_kind():
    for kind, mkfs, mib, flags in KINDS:
        with tempfile.TemporaryDirectory(prefix="pf-fs-", dir="/dev/shm") as work:
            boot = f"{work}/root/boot"
            os.makedirs(boot)
            try:
                if mkfs:
                    with open(f"{work}/image", "wb") as file:
                        file.truncate(mib << 20)
                    run(*mkfs, f"{work}/image")
                    run("mount", "-o", "loop", f"{work}/image", boot)
                else:
                    run("mount", "-t", kind, "-o", f"size={mib}m,nr_inodes=64,mode=755", kind, boot)
            except (OSError, RuntimeError) as error:
                yield kind, None, str(error).splitlines()[0], flags
                continue
            try:
                yield kind, f"{work}/root", None, flags
            finally:
                run("umount", boot)


def main():
    if os.geteuid() != 0 or not os.path.exists("/dev/loop-control"):
        print("1..0 # SKIP needs root and loop devices")
        return 0
    if os.environ.get("PF_INSIDE") != "1":
        os.environ["PF_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, "-B", *sys.argv])
    tests = [keeps, read_only, no_room, no_inode]
    print(f"1..{len(KINDS) * len(tests)}")
    number, failed = 0, 0
    for kind, root, why, flags in each_kind():
        for test in tests:
            number += 1
            name = f"{number} - {kind}: {test.__name__}"
            try:
                said = test(root, flags) if root else None
            except AssertionError as error:
                failed += 1
                print(f"not ok {name}\n# {error}")
                continue
            print(f"ok {name}" + ("" if said else f" # SKIP {why or 'it has as many as it needs'}"))
            if said:
                print(f"# {said}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
