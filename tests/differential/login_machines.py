# SPDX-License-Identifier: MIT
"""Machines to log in on: a base, as Debian installs it, and what was changed on it.

A machine is the base and a list of changes. A change is a tuple, the name of a
method of Machine and its arguments: it can be printed, made again, and left out,
by which a machine that shows a difference is made small.
"""

import glob
import os
import re
import shutil
import struct
import subprocess
import time

PASSWORD = "Correct-Horse-9"
HASH = "$y$j75$preflightSalt1$qb794.CmRNL3h/UGuZ68Qj4hP6S.39mEv98Mm0iJAT/"  # of PASSWORD
MAIN = "etc/ssh/sshd_config"

ACCOUNTS = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
sshd:x:105:65534::/run/sshd:/usr/sbin/nologin
azureuser:x:1000:1000:Azure User,,,:/home/azureuser:/bin/bash
deploy:x:1001:1001::/home/deploy:/bin/sh
git:x:998:998::/srv/git:/bin/sh
"""
SHADOW = f"""\
root:{HASH}:19500:0:99999:7:::
daemon:*:19500:0:99999:7:::
nobody:*:19500:0:99999:7:::
sshd:!:19500::::::
azureuser:{HASH}:19500:0:99999:7:::
deploy:{HASH}:19500:0:99999:7:::
git:!:19500:0:99999:7:::
"""
GROUPS = """\
root:x:0:
daemon:x:1:
mail:x:8:
sudo:x:27:azureuser
shadow:x:42:
utmp:x:43:
nogroup:x:65534:
azureuser:x:1000:
deploy:x:1001:
ops:x:1100:deploy,azureuser
git:x:998:
"""
CONFIG = """\
Include /etc/ssh/sshd_config.d/*.conf
PermitRootLogin yes
KbdInteractiveAuthentication no
UsePAM yes
X11Forwarding yes
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
"""
FILES = {
    "etc/passwd": ACCOUNTS, "etc/group": GROUPS, "etc/shadow": SHADOW, MAIN: CONFIG,
    "etc/hosts": "127.0.0.1 localhost\n10.20.0.1 target\n", "etc/hostname": "target\n",
    "etc/hosts.allow": "", "etc/hosts.deny": "", "etc/environment": "",
    "etc/default/ssh": "SSHD_OPTS=\n", "etc/default/locale": "LANG=C.UTF-8\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
    "etc/resolv.conf": "nameserver 192.0.2.53\n",  # there is no route to it
    "etc/shells": "/bin/sh\n/bin/bash\n/usr/bin/bash\n/usr/bin/sh\n",
    "var/log/lastlog": "", "var/log/wtmp": "", "var/log/btmp": "",
}
TAKEN_OVER = ("etc/debian_version", "etc/pam.d/*", "etc/security/*", "etc/login.defs", "etc/profile",
              "etc/bash.bashrc", "etc/services", "var/lib/dpkg/status")
HOMES = {"root": ("root", 0, 0o700), "azureuser": ("home/azureuser", 1000, 0o700),
         "deploy": ("home/deploy", 1001, 0o750), "git": ("srv/git", 998, 0o755)}
DIRECTORIES = ("dev", "proc", "sys", "mnt", "run/lock", "var/mail", "var/empty", "usr",
               "etc/ssh/sshd_config.d", "etc/security/limits.d", "etc/security/namespace.d")
LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64",
         "etc/os-release": "../usr/lib/os-release", "var/run": "/run",
         "etc/systemd/system/multi-user.target.wants/ssh.service":
             "/lib/systemd/system/ssh.service"}
KEYS = ("rsa", "ecdsa", "ed25519")


def base_texts():
    """The files of a base that changes are made in, by their names below the root."""
    texts = dict(FILES)
    for pattern in TAKEN_OVER:
        for path in glob.glob(f"/{pattern}"):
            if os.path.isfile(path):
                with open(path, encoding="utf-8", errors="surrogateescape") as file:
                    texts[path[1:]] = file.read()
    return texts


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write(text)
    os.chmod(path, mode)


def lay_base(root):
    os.umask(0o022)
    os.chmod(root, 0o755)
    for path, text in base_texts().items():
        write(f"{root}/{path}", text, 0o640 if path == "etc/shadow" else 0o644)
    os.chown(root + "/etc/shadow", 0, 42)
    for path in DIRECTORIES:
        os.makedirs(f"{root}/{path}", exist_ok=True)
    for path in ("tmp", "var/tmp"):
        os.makedirs(f"{root}/{path}")
        os.chmod(f"{root}/{path}", 0o1777)
    for path, owner, mode in HOMES.values():
        os.makedirs(f"{root}/{path}", exist_ok=True)
        for name in glob.glob("/etc/skel/.[a-z]*"):
            shutil.copy(name, f"{root}/{path}")
            os.chown(f"{root}/{path}/{os.path.basename(name)}", owner, owner)
        os.chown(f"{root}/{path}", owner, owner)
        os.chmod(f"{root}/{path}", mode)
    for path, target in LINKS.items():
        os.makedirs(os.path.dirname(f"{root}/{path}"), exist_ok=True)
        os.symlink(target, f"{root}/{path}")
    for kind in KEYS:
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "throw-away", "-f",
                        f"{root}/etc/ssh/ssh_host_{kind}_key"], check=True)


class Machine:
    """The base with changes; lay() makes them in a root that holds the base."""

    def __init__(self, texts, changes=()):
        self.base = texts
        self.texts = {}
        self.finishing = []  # what comes after the files: modes, owners, links
        self.question = {"user": "root", "from": "10.20.0.5", "to": "10.20.0.1", "port": 22}
        self.service_options = []
        for change in changes:
            getattr(self, change[0])(*change[1:])

    def lay(self, root):
        for path, text in self.texts.items():
            target = f"{root}/{path}"
            mode = os.stat(target).st_mode & 0o7777 if os.path.exists(target) else 0o644
            write(target, text, mode)
        for function, path, *arguments in self.finishing:
            try:
                function(f"{root}/{path}", *arguments)
            except FileNotFoundError:
                pass  # another change has taken it away

    # Texts

    def text(self, path):
        return self.texts.get(path, self.base.get(path, ""))

    def write(self, path, text):
        self.texts[path] = text

    def append(self, path, line):
        self.texts[path] = self.text(path) + line + "\n"

    def prepend(self, path, line):
        self.texts[path] = line + "\n" + self.text(path)

    def replace(self, path, old, new):
        self.texts[path] = re.sub(old, new, self.text(path), flags=re.MULTILINE)

    # sshd_config

    def config(self, place, *lines):
        """Lines before the Include ("top"), behind it, at the end, or in a file of Include's."""
        block = "".join(line + "\n" for line in lines)
        text = self.text(MAIN)
        if place == "top":
            self.texts[MAIN] = block + text
        elif place == "middle":
            first, _, rest = text.partition("sshd_config.d/*.conf\n")
            self.texts[MAIN] = f"{first}sshd_config.d/*.conf\n{block}{rest}"
        elif place == "end":
            self.texts[MAIN] = text + block
        else:
            path = f"etc/ssh/sshd_config.d/{place}"
            self.texts[path] = self.text(path) + block

    def setting(self, keyword, line):
        """In place of the base's line for a keyword."""
        self.replace(MAIN, f"^{keyword} .*\n", line + "\n" if line else "")

    # Accounts

    def field(self, path, user, index, value):
        lines = self.text(path).split("\n")
        for i, line in enumerate(lines):
            fields = line.split(":")
            if fields[0] == user and index < len(fields):
                fields[index] = value
                lines[i] = ":".join(fields)
        self.texts[path] = "\n".join(lines)

    # PAM

    def pam(self, service, at, line):
        """A line before the rule of number @at; behind the last where there are fewer."""
        path = f"etc/pam.d/{service}"
        lines = self.text(path).split("\n")
        rules = [i for i, rule in enumerate(lines) if rule and not rule.startswith("#")]
        where = rules[at] if at < len(rules) else len(lines) - 1
        lines.insert(where, line)
        self.texts[path] = "\n".join(lines)

    def tally(self, path, user, ages):
        """The failures that pam_faillock has counted, so many seconds ago."""
        now = int(time.time())
        records = b"".join(struct.pack("<52sHHQ", b"10.20.0.9", 0, 3, now - age) for age in ages)
        self.finishing.append((put_bytes, f"{path}/{user}", records))

    # What is no text

    def delete(self, path):
        self.texts.pop(path, None)
        self.finishing.append((delete, path))

    def link(self, path, target):
        self.finishing.append((put_link, path, target))

    def mkdir(self, path, mode, uid=0, gid=0):
        self.finishing.append((put_directory, path, mode, uid, gid))

    def chmod(self, path, mode):
        self.finishing.append((os.chmod, path, mode))

    def chown(self, path, uid, gid):
        self.finishing.append((os.chown, path, uid, gid))

    # The service and the caller

    def options(self, text, arguments):
        """/etc/default/ssh, and what systemd makes of it."""
        self.texts["etc/default/ssh"] = text
        self.service_options = arguments

    def ask(self, key, value):
        self.question[key] = value


def put_bytes(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, 0o600)


def put_directory(path, mode, uid, gid):
    os.makedirs(path, exist_ok=True)
    os.chown(path, uid, gid)
    os.chmod(path, mode)


def put_link(path, target):
    delete(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(target, path)


def delete(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
