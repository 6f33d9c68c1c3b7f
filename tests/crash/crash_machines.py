# SPDX-License-Identifier: MIT
"""Machines that each remedy of files has something to edit on, and what such a machine holds."""
import collections
import errno
import os
import pathlib
import shutil
import stat
import struct
import subprocess

FIXTURES = pathlib.Path(os.environ["PF_SOURCE_ROOT"]) / "tests/fixtures"
WANTS = "etc/systemd/system/sysinit.target.wants/preflight-leases.service"

SDA = "boot/root-sda"
GRUB = "boot/grub/grub.cfg"
ALL_BOOT = {
    GRUB: "set default=0\nmenuentry 'Debian' {\n\tset root='hd0,msdos1'\n"
          "\tlinux /boot/vmlinuz-6.1.0-22-amd64 root=/dev/sda1 ro resume=/dev/sda2\n"
          "\tinitrd /boot/initrd.img-6.1.0-22-amd64\n}\n",
    "etc/default/grub": "GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX=\"root=/dev/sda1\"\n"
                        "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet resume=/dev/sda2\"\n",
    "boot/grub/menu.lst": "default 0\ntitle Debian\nroot (hd0,0)\n"
                          "kernel /boot/vmlinuz-6.1.0-22-amd64 root=/dev/sda1 ro\n",
}
FSTAB = {"etc/fstab": "/dev/sda1 / ext4 errors=remount-ro 0 1\n# swap\n"
                      "/dev/sda2\tnone swap sw 0 0\n"}

Machine = collections.namedtuple("Machine", "name fixtures files checks edited link",
                                 defaults=((), {}, (), (), None))

# Each remedy, and what it has to edit. A link: the file lies there, and the name leads to it.
MACHINES = (
    Machine("ssh.sftp-subsystem", ("sshd/no-subsystem",), edited=("etc/ssh/sshd_config",)),
    Machine("ssh.password-authentication", ("sshd/cloud-init-drop-in",),
            edited=("etc/ssh/sshd_config.d/00-preflightd.conf",)),
    Machine("ssh.root-login", ("sshd/default-root-login",), edited=("etc/ssh/sshd_config",)),
    Machine("ssh.account-allowed", ("sshd/allow-users",), edited=("etc/ssh/sshd_config",),
            link="etc/ssh/kept/sshd_config"),
    Machine("ssh.authentication-methods", ("sshd/second-factor",),
            edited=("etc/ssh/sshd_config",)),
    Machine("boot.root-identity", (SDA,), edited=(GRUB,)),
    Machine("boot.root-identity of all", (SDA,), ALL_BOOT, ("boot.root-identity",),
            (GRUB, "etc/default/grub", "boot/grub/menu.lst")),
    Machine("boot.root-identity of BLS", ("boot/bls-device-name",), {}, ("boot.root-identity",),
            ("boot/loader/entries/abc-5.14.conf",)),
    Machine("boot.root-identity of grubenv", ("boot/kernelopts-in-grubenv",), {},
            ("boot.root-identity",), ("boot/grub2/grubenv",)),
    Machine("boot.root-identity of menu.lst", ("boot/menu-lst",), {}, ("boot.root-identity",),
            ("boot/grub/menu.lst",)),
    Machine("boot.resume-identity", ("boot/resume-sda",), edited=(GRUB,)),
    Machine("boot.fstab-identity", (SDA,), FSTAB, edited=("etc/fstab",)),
    Machine("account.locked-out", ("accounts/faillock-locked",),
            edited=("run/faillock/root",)),
    Machine("several", (SDA, "sshd/no-subsystem"), {**ALL_BOOT, **FSTAB},
            ("ssh.sftp-subsystem", "boot.*-identity"),
            (GRUB, "etc/default/grub", "etc/fstab", "etc/ssh/sshd_config")),
)
LEASED = Machine("lease", ("sshd/cloud-init-drop-in",), {WANTS: "[Service]\nExecStart=/bin/true\n"},
                 ("ssh.password-authentication",),
                 ("etc/ssh/sshd_config.d/00-preflightd-lease.conf",))


def acl(*entries):
    """POSIX ACL as the kernel has it: acl(5), linux/posix_acl_xattr.h."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NOBODY = 0xffffffff
ACL = acl((0x01, 6, NOBODY), (0x02, 4, 4242), (0x04, 4, NOBODY), (0x10, 4, NOBODY),
          (0x20, 0, NOBODY))


def adorn(path):
    """Attributes that a change has to keep; what this file system has not is left out."""
    os.chown(path, 0, 4343)
    for name, value in (("user.pf", b"kept"), ("trusted.pf", b"kept too"),
                        ("system.posix_acl_access", ACL)):
        try:
            os.setxattr(path, name, value)
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EPERM):
                raise
    os.utime(path, ns=(1600000000123456789, 1600000000987654321))


# A program that stops at each of its calls is given the time it needs.
SETTINGS = {"etc/preflightd/preflightd.conf": "[Check]\nDeadlineSec=5min\n"}


def own(root):
    """All of it is root's alone, whatever umask the fixtures were checked out with."""
    for path in (root, *root.rglob("*")):
        os.chown(path, 0, 0, follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o022)
    for key in root.glob("etc/ssh/ssh_host_*_key"):
        key.chmod(0o600)


def lay(machine, root):
    for name in machine.fixtures:
        shutil.copytree(FIXTURES / name / "root", root, symlinks=True, dirs_exist_ok=True)
    for name, text in {**SETTINGS, **machine.files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    own(root)
    if machine.link:
        name, there = root / machine.edited[0], root / machine.link
        there.parent.mkdir()
        name.rename(there)
        name.symlink_to(os.path.relpath(there, name.parent))
    for name in machine.edited:
        if (root / name).exists():
            adorn(root / name)
    (root / "etc/twin").write_text("two names\n")
    os.link(root / "etc/twin", root / "etc/ttwin")


# --- what a machine holds ---

def describe(path, names, with_times):
    status = path.lstat()
    shape = [stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode), status.st_uid,
             status.st_gid]
    shape.append({name: os.getxattr(path, name, follow_symlinks=False)
                  for name in os.listxattr(path, follow_symlinks=False)})
    if path.is_symlink():
        shape.append(os.readlink(path))
    elif path.is_file():
        shape.append(path.read_bytes())
        shape.append(names.setdefault((status.st_ino, status.st_nlink), str(path)))
        if with_times:
            shape.append(status.st_mtime_ns)
    return shape


KEPT = ("var/lib/preflightd", "run/preflightd")


def is_kept(path, name):
    """Of changes, or a directory on the way there with nothing else in it."""
    return name.startswith(KEPT) or (
        any(kept.startswith(name + "/") for kept in KEPT) and not path.is_symlink() and
        all(is_kept(child, f"{name}/{child.name}") for child in path.iterdir()))


def picture(root, with_times):
    """Everything but what is kept of changes. Old files have their times, too."""
    found, names = {}, {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if not is_kept(path, name):
            found[name] = describe(path, names, with_times)
            if path.is_file() and not path.is_symlink():
                found[name][6] = found[name][6].removeprefix(str(root))
    return found


def difference(found, wanted):
    return [name for name in sorted({*found, *wanted}) if found.get(name) != wanted.get(name)]


def copy(source, root):
    subprocess.run(["rm", "-rf", root], check=True)
    subprocess.run(["cp", "-a", source, root], check=True)
