# SPDX-License-Identifier: MIT
"""A real sshd and accounts for it, where nothing of the machine we run on is reached.

boxed() starts a program as pid 1 of namespaces of its own: mounts, network, processes. In
there /run is empty, the accounts are ours, and port 22 of the loopback is our sshd's.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

PASSWORD = "right password"
SSHD = "/usr/sbin/sshd"
TOOLS = (SSHD, "unshare", "ip", "ssh", "ssh-keygen", "mount")
FIRST_UID = 60001
# Accounts, with their shells; "noisy" is a shell that prints something first.
ACCOUNTS = {"admin": "/bin/sh", "forced": "/bin/sh", "bare": "/bin/sh", "barred": "/bin/bash",
            "noisy": "noisy", "closed": "/usr/sbin/nologin", "locked": "/bin/sh"}
CONFIGURATION = """\
ListenAddress 127.0.0.1
ListenAddress ::1
HostKey {top}/host_key
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
AuthorizedKeysFile {top}/authorized_keys
ForceCommand none
Match User bare
    SetEnv PATH=/usr/bin:/bin
Match User barred
    SetEnv PATH={top}/barred:/usr/bin:/bin
Match User forced
    ForceCommand preflightctl serve-stdio
Match User locked
    AuthorizedKeysFile none
Match all
    SetEnv PATH={top}/bin:/usr/bin:/bin
"""
# What ssh is to do for which name.
CLIENT = """\
Host wrong
    PreferredAuthentications password
    NumberOfPasswordPrompts 1
Host stranger
    UserKnownHostsFile {top}/known_to_be_another
    StrictHostKeyChecking yes
Host refused
    Port 9
Host silent
    Port 7
    ConnectTimeout 1
Host nowhere
    HostName nowhere.invalid
Host *
    HostName 127.0.0.1
    User admin
    IdentityFile {top}/key
    IdentitiesOnly yes
    UserKnownHostsFile {top}/known
    StrictHostKeyChecking yes
"""


def reason_not_to():
    """Why there can be no box here, or None."""
    if os.getuid() != 0:
        return "only root may make namespaces with a network"
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        return f"not installed: {', '.join(missing)}"
    made = subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "true"],
                          capture_output=True, text=True, check=False)
    return made.stderr.strip() if made.returncode else None


def boxed(argv):
    """@argv in a box, where os.getpid() is 1; it ends when we do. Its exit status."""
    return subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
         "--propagation", "private", *argv], check=False,
        env=dict(os.environ, PF_OUTSIDE=os.readlink("/proc/self/ns/net"))).returncode


def run(*argv, **options):
    return subprocess.run(argv, check=True, capture_output=True, **options)


class Box:
    def __init__(self, program):
        outside = os.environ.get("PF_OUTSIDE")
        if os.getpid() != 1 or not outside or os.readlink("/proc/self/ns/net") == outside:
            raise SystemExit("this is not a box")
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="pf-ssh-"))
        self.top.chmod(0o755)
        run("ip", "link", "set", "lo", "up")
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
        os.mkdir("/run/sshd", 0o755)
        os.mkdir("/run/preflightd", 0o755)
        self.lay_programs(program)
        self.lay_accounts()
        self.lay_keys()
        self.log = open(self.top / "sshd.log", "w", encoding="utf-8")
        self.sshd = self.start_sshd()

    def lay_programs(self, program):
        # A copy: others than root may not see where it was built.
        (self.top / "bin").mkdir()
        shutil.copy(program, self.top / "bin/preflightctl")
        (self.top / "barred").mkdir()
        (self.top / "barred/preflightctl").write_text("#!/bin/sh\n")
        noisy = self.top / "noisy"
        noisy.write_text('#!/bin/sh\necho "Welcome to this machine!"\nexec /bin/sh "$@"\n')
        noisy.chmod(0o755)

    def lay_accounts(self):
        crypt = run("openssl", "passwd", "-6", PASSWORD, text=True).stdout.strip()
        home = self.top / "home"
        home.mkdir()
        lines = {"passwd": [f"root:x:0:0:root:{home}:/bin/sh",
                            "sshd:x:60000:60000::/run/sshd:/bin/false",
                            "nobody:x:65534:65534::/:/bin/false"],
                 "shadow": [f"root:{crypt}:19000::::::"],
                 "group": ["root:x:0:", "nogroup:x:65534:", f"users:x:{FIRST_UID}:"]}
        for number, (name, shell) in enumerate(ACCOUNTS.items(), FIRST_UID):
            shell = self.top / shell if shell == "noisy" else shell
            lines["passwd"].append(f"{name}:x:{number}:{FIRST_UID}::/:{shell}")
            lines["shadow"].append(f"{name}:{crypt}:19000::::::")
        for name, text in lines.items():
            path = self.top / name
            path.write_text("\n".join(text) + "\n")
            path.chmod(0o644)
            run("mount", "--bind", str(path), f"/etc/{name}")

    def lay_keys(self):
        for name in ("host_key", "another_host_key", "key"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.top / name))
        for name, key in (("known", "host_key"), ("known_to_be_another", "another_host_key")):
            public = (self.top / f"{key}.pub").read_text()
            (self.top / name).write_text(f"127.0.0.1,::1,[127.0.0.1]:7,[127.0.0.1]:9 {public}")
        shutil.copy(self.top / "key.pub", self.top / "authorized_keys")
        (self.top / "home/.ssh").mkdir(parents=True, mode=0o700)
        (self.top / "home/.ssh/config").write_text(CLIENT.format(top=self.top))

    def only_command(self, command):
        """From now on the key is for that alone; None: for all."""
        key = (self.top / "key.pub").read_text()
        (self.top / "authorized_keys").write_text(
            f'command="{command}",restrict {key}' if command else key)

    def start_sshd(self):
        path = self.top / "sshd_config"
        path.write_text(CONFIGURATION.format(top=self.top))
        sshd = subprocess.Popen([SSHD, "-D", "-e", "-f", str(path)], stdin=subprocess.DEVNULL,
                                stdout=self.log, stderr=self.log)
        late = time.monotonic() + 30
        while "Server listening on ::1" not in (self.top / "sshd.log").read_text():
            if sshd.poll() is not None or time.monotonic() > late:
                raise RuntimeError((self.top / "sshd.log").read_text())
            time.sleep(0.02)
        return sshd

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sshd.kill()
        self.sshd.wait()
        self.log.close()
        shutil.rmtree(self.top)

    def print_log(self):
        for line in (self.top / "sshd.log").read_text(errors="replace").splitlines()[-20:]:
            print("#   | " + line)
