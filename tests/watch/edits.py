# SPDX-License-Identifier: MIT
"""A machine below a directory, and edits of it at random.

Each edit is what some program does to a file, a directory, a link or a mount; which
one, to what, and with which contents is drawn from a generator with a seed.
"""
import contextlib
import ctypes
import os
import pathlib
import shutil

MS_BIND, MNT_DETACH = 4096, 2

# What is read of the machine, and contents of which verdicts differ.
FILES = {
    "etc/ssh/sshd_config": (
        "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\n"
        "Subsystem sftp /usr/lib/openssh/sftp-server\n",
        "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\n"
        "Subsystem sftp /usr/lib/openssh/sftp-server\n",
        "PermitRootLogin yes\nPasswordAuthentication yes\nInclude /etc/ssh/more/*.conf\n",
        "PermitRootLogin maybe\n",
    ),
    "etc/ssh/sshd_config.d/10-first.conf": (
        "PasswordAuthentication no\n", "PasswordAuthentication yes\n", "DenyUsers root\n", ""),
    "etc/ssh/sshd_config.d/50-cloud-init.conf": (
        "PasswordAuthentication yes\n", "AuthenticationMethods publickey\n", "AllowUsers ann\n"),
    "etc/ssh/more/here.conf": (
        "Subsystem sftp internal-sftp\n", "Subsystem sftp /nowhere\n", "MaxAuthTries 1\n"),
    "etc/passwd": (
        "root:x:0:0:root:/root:/bin/sh\nsshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n",
        "root:x:0:0:root:/root:/usr/sbin/nologin\nsshd:x:101:65534::/run/sshd:/bin/false\n",
        "ann:x:1000:1000::/home/ann:/bin/sh\n"),
    "etc/shadow": (
        "root:$6$a$" + "b" * 86 + ":19000:0:99999:7:::\n", "root:*:19000:0:99999:7:::\n",
        "root:!:19000:0:99999:7:::\n"),
    "etc/group": ("root:x:0:\nsshusers:x:200:root\n", "root:x:0:\n"),
    "etc/nologin": ("closed\n", "closed again\n"),
    "etc/fstab": (
        "UUID=6e5c1f0a-0000-4000-8000-000000000001 / ext4 defaults 0 1\n",
        "/dev/sda1 / ext4 defaults 0 1\n", "LABEL=root / ext4 defaults 0 1\n"),
    "etc/default/grub": ('GRUB_CMDLINE_LINUX=""\n', 'GRUB_CMDLINE_LINUX="resume=/dev/sda2"\n'),
    "boot/grub/grub.cfg": (
        "menuentry 'a' {\nlinux /vmlinuz-1 root=/dev/sda1\ninitrd /initrd-1\n}\n",
        "menuentry 'a' {\nlinux /vmlinuz-1 root=UUID=6e5c1f0a-0000-4000-8000-000000000001\n}\n"),
    "usr/lib/os-release": (
        'ID=debian\nVERSION_ID="12"\n', 'ID=debian\nVERSION_ID="7"\n', 'ID=plan9\n'),
    "etc/debian_version": ("12.7\n", "7.0\n"),
    "etc/hostname": ("db7\n", "localhost\n"),
    "etc/hosts": ("127.0.0.1 localhost\n192.0.2.9 db7\n", "127.0.0.1 localhost db7\n"),
    "etc/resolv.conf": ("nameserver 192.0.2.53\n", "nameserver 127.0.0.53\n", ""),
    "etc/pam.d/sshd": ("auth required pam_unix.so\naccount required pam_nologin.so\n",
                       "auth required pam_deny.so\n"),
    "etc/preflightd/waivers.d/a.waiver": (
        "[Waiver]\nCheck=os.*\nReason=a test\nExpires=2099-01-01\n",
        "[Waiver]\nCheck=ssh.*\nReason=a test\nExpires=2099-01-01\n"),
    "usr/lib/openssh/sftp-server": ("\x7fELF", "#!/bin/sh\nexit 1\n"),
    "usr/sbin/sshd": ("\x7fELF", "#!/bin/sh\n"),
    "usr/lib/systemd/system/ssh.service": (
        "[Service]\nExecStart=/usr/sbin/sshd -D\n[Install]\nWantedBy=multi-user.target\n",
        "[Service]\nExecStart=/usr/sbin/sshd -D -p 2222\n[Install]\nWantedBy=multi-user.target\n"),
}
LINKS = {
    "etc/os-release": ("../usr/lib/os-release", "/usr/lib/os-release", "elsewhere"),
    "etc/systemd/system/multi-user.target.wants/ssh.service": (
        "/usr/lib/systemd/system/ssh.service", "../ssh.service"),
    "etc/systemd/system/ssh.service": ("/dev/null", "/usr/lib/systemd/system/ssh.service"),
    "etc/ssh/linked": ("sshd_config.d", "more", "/etc/ssh/none"),
    "bin": ("usr/bin", "/usr/sbin"),
}
# Those that are swapped for others, and made and taken away.
DIRECTORIES = ("etc/ssh/sshd_config.d", "etc/ssh/more", "etc/ssh", "etc/pam.d", "etc/preflightd",
               "etc/preflightd/waivers.d", "boot/grub", "etc/systemd/system", "usr/lib/openssh")
MODES = (0o644, 0o600, 0o755, 0o666)


class Machine:
    """Its root, a place beside it for what is bound over its files, and the edits."""

    def __init__(self, directory, random, with_mounts):
        self.random = random
        self.root = pathlib.Path(directory) / "root"
        self.aside = pathlib.Path(directory) / "aside"
        self.aside.mkdir()
        self.root.mkdir()
        self.n = 0
        self.mounts = []
        self.libc = ctypes.CDLL(None, use_errno=True) if with_mounts else None
        for path in FILES:
            self.put(self.root / path, FILES[path][0])
        for path, texts in LINKS.items():
            self.link(self.root / path, texts[0])
        (self.root / "usr/sbin/sshd").chmod(0o755)
        (self.root / "usr/lib/openssh/sftp-server").chmod(0o755)
        self.edits = [self.write_in_place] * 4 + [self.rename_over] * 5 + [self.unlink] * 2 + [
            self.chmod, self.swap_link, self.swap_link, self.swap_directory, self.make_directory,
            self.remove_directory, self.append, self.truncate, self.write_other_name,
            self.move_away_and_back, self.file_for_directory, self.leave_rubbish]
        if with_mounts:
            self.edits += [self.bind, self.unbind, self.write_beneath]

    # -- what they are made of --

    def name(self):
        self.n += 1
        return self.aside / f"{self.n}"

    def a_file(self):
        path = self.random.choice(sorted(FILES))
        return self.root / path, self.random.choice(FILES[path])

    @staticmethod
    def make_room(path):
        """Directories above it, where there are none."""
        for parent in reversed(path.parents):
            if not parent.is_dir():
                if parent.is_symlink() or parent.exists():
                    parent.unlink()
                parent.mkdir()

    @staticmethod
    def clear(path):
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
        else:
            shutil.rmtree(path)

    def put(self, path, text):
        self.make_room(path)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.write_text(text)

    def link(self, path, text):
        self.make_room(path)
        self.clear(path)
        path.symlink_to(text)

    # -- the edits --

    def write_in_place(self):
        self.put(*self.a_file())

    def rename_over(self):
        path, text = self.a_file()
        self.make_room(path)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        new = self.name()
        new.write_text(text)
        new.chmod(self.random.choice(MODES))
        os.rename(new, path)

    def unlink(self):
        self.clear(self.a_file()[0])

    def append(self):
        path, text = self.a_file()
        if path.is_file():
            with open(path, "a", encoding="utf-8") as file:
                file.write(text)

    def truncate(self):
        path, _ = self.a_file()
        if path.is_file():
            os.truncate(path, 0)

    def write_other_name(self):
        """A hard link elsewhere, by which it is changed."""
        path, text = self.a_file()
        if path.is_file() and not path.is_symlink():
            other = self.name()
            os.link(path, other)
            other.write_text(text)
            other.unlink()

    def chmod(self):
        path, _ = self.a_file()
        if path.exists():
            path.chmod(self.random.choice(MODES + (0o000, 0o700)))

    def swap_link(self):
        path = self.random.choice(sorted(LINKS))
        text = self.random.choice(LINKS[path])
        path = self.root / path
        self.make_room(path)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        new = self.name()
        new.symlink_to(text)
        os.rename(new, path)

    def a_directory(self):
        return self.root / self.random.choice(DIRECTORIES)

    def swap_directory(self):
        """Another one in its place, with other files; the old one goes on to exist."""
        path = self.a_directory()
        self.make_room(path)
        new = self.name()
        new.mkdir()
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, new, symlinks=True, dirs_exist_ok=True)
            for inner, texts in FILES.items():
                place = new / os.path.relpath(self.root / inner, path)
                if place.is_file() and not place.is_symlink():
                    place.write_text(self.random.choice(texts))
            os.rename(path, self.name())
        else:
            self.clear(path)
        os.rename(new, path)

    def move_away_and_back(self):
        path = self.a_directory()
        if path.is_dir() and not path.is_symlink():
            away = self.name()
            os.rename(path, away)
            os.rename(away, path)

    def make_directory(self):
        path = self.a_directory()
        self.make_room(path)
        if not path.exists():
            self.clear(path)
            path.mkdir()

    def remove_directory(self):
        self.clear(self.a_directory())

    def file_for_directory(self):
        path = self.a_directory()
        self.make_room(path)
        self.clear(path)
        path.write_text("no directory\n")

    def leave_rubbish(self):
        """What nobody asks for."""
        path, _ = self.a_file()
        self.make_room(path)
        (path.parent / f"rubbish-{self.random.randrange(9)}").write_text("x")

    def bind(self):
        """Another file over one, or another directory."""
        if len(self.mounts) >= 3:
            return
        path, text = self.a_file()
        if self.random.random() < 0.3 and path.parent.is_dir():
            path = path.parent
        other = self.name()
        if path.is_symlink():
            return
        if path.is_dir():
            shutil.copytree(path, other, symlinks=True)
            (other / "99-bound.conf").write_text("PermitRootLogin no\n")
        elif path.is_file():
            other.write_text(text)
        else:
            return
        if self.libc.mount(os.fsencode(other), os.fsencode(path), None, MS_BIND, None) == 0:
            self.mounts.append((path, other))

    def unbind(self):
        if self.mounts:
            path, _ = self.mounts.pop(self.random.randrange(len(self.mounts)))
            self.libc.umount2(os.fsencode(path), MNT_DETACH)

    def write_beneath(self):
        """By the name that it has where it was bound from."""
        for _, other in self.mounts:
            if other.is_file():
                other.write_text(self.random.choice(self.random.choice(list(FILES.values()))))

    def edit(self):
        """One of them; returns its name. What cannot be done to a mount is left as it is."""
        edit = self.random.choice(self.edits)
        try:
            edit()
        except OSError:
            return edit.__name__ + " (busy)"
        finally:
            if self.n % 64 == 0:
                self.tidy()
        return edit.__name__

    def tidy(self):
        """What was moved aside goes, with what had been bound in it."""
        with open("/proc/self/mountinfo", encoding="utf-8") as table:
            places = [line.split()[4] for line in table]
        for place in places:
            if place.startswith(f"{self.aside}/"):
                self.libc.umount2(os.fsencode(place), MNT_DETACH)
        self.mounts = [mount for mount in self.mounts if str(mount[0]) in places]
        used = {other for _, other in self.mounts}
        for path in self.aside.iterdir():
            with contextlib.suppress(OSError):  # bound twice: the next time
                if path not in used:
                    self.clear(path)

    def close(self):
        while self.mounts:
            self.unbind()
