# SPDX-License-Identifier: MIT
"""A Debian 12 with systemd, booted in a container in about a second.

Its root is made once by mmdebstrap and kept; each container works on an overlay of it,
which outlives its restarts, so that what a machine keeps over a boot is kept. Its network
is its loopback. Files of a build are installed into it as a package would.

    with Container(root, build) as box:
        box.run("systemctl start preflightd")
        box.reboot()
"""

import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

SUITE = "bookworm"
PACKAGES = ["systemd", "systemd-sysv", "dbus", "udev", "openssh-server", "openssh-client", "sshpass",
            "libuv1", "libjson-c5", "libinih1", "libnettle8", "libisal2", "zlib1g", "liblzma5",
            "libzstd1", "libbz2-1.0", "libmount1", "libblkid1", "iproute2", "procps", "strace",
            "python3", "socat", "initramfs-tools-core", "kmod", "cpio"]
# What those of packages are about: to depend on, to be tested with, and to be installed by.
WITH_PACKAGES = ["apt-utils", "dpkg-dev", "libhivex0", "python3-apt", "rpm"]
PASSWORD = "preflight"
START_SECONDS = 60
ROOM = "256m"  # for all that is written into a container

# What the filter of a unit refuses, its service may well go on without, and nobody would know:
# here that ends it. Refused as ever is what it asks knowing that it may be: pf_kernel_clock().
STRICT = """[Service]
SystemCallErrorNumber=kill
SystemCallFilter=~adjtimex:EPERM clock_adjtime:EPERM clock_adjtime64:EPERM
"""

# What others mount on this machine is none of a container's changes, and not that they take
# away a directory on which something is mounted, which ends its mounts everywhere.
ALONE = """
for path in $(cut -d' ' -f2 /proc/mounts | grep pf-container- | grep -vF "$0"); do
    umount -l "$path"
done
exec "$@"
"""


class Unavailable(Exception):
    """Why there can be no container here."""


def check_tools():
    if os.getuid() != 0:
        raise Unavailable("only root may start containers")
    for tool in ("systemd-nspawn", "mmdebstrap", "nsenter", "unshare"):
        if not shutil.which(tool):
            raise Unavailable(f"{tool} is not installed")


def make_root(cache, more=()):
    """The folder with the system, and more packages, made where it is not there yet."""
    check_tools()
    packages = [*PACKAGES, *more]
    name = hashlib.sha256(" ".join([SUITE, *packages]).encode()).hexdigest()[:12]
    root = pathlib.Path(cache) / f"{SUITE}-{name}"
    if root.is_dir():
        return root
    root.parent.mkdir(parents=True, exist_ok=True)
    fresh = pathlib.Path(tempfile.mkdtemp(dir=cache, prefix="making-"))
    fresh.chmod(0o755)
    made = subprocess.run(
        ["mmdebstrap", "--variant=minbase", f"--include={','.join(packages)}",
         "--aptopt=Acquire::Languages none", "--quiet",
         "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
         f"--customize-hook=echo root:{PASSWORD} | chroot $1 chpasswd",
         "--customize-hook=rm -f $1/etc/machine-id $1/var/lib/dbus/machine-id; : >$1/etc/machine-id",
         SUITE, str(fresh)], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        shutil.rmtree(fresh)
        raise Unavailable(f"mmdebstrap failed: {made.stderr.strip().splitlines()[-1:]}")
    fresh.rename(root)
    return root


class Container:
    """One machine. What is written into it is gone with it."""

    def __init__(self, root, build=None, network=None):
        self.root = pathlib.Path(root)
        self.build = build
        self.network = network  # the name of a network namespace, for more than a loopback
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="pf-container-"))
        self.merged = self.top / "merged"
        self.nspawn = None
        self.leader = None

    def __enter__(self):
        try:
            self.mount()
            if self.build:
                self.install(self.build)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop(kill=True)
        subprocess.run(["umount", "-l", self.merged, self.top / "writable"], check=False,
                       capture_output=True)
        shutil.rmtree(self.top, ignore_errors=True)

    def mount(self):
        writable = self.top / "writable"
        for path in (writable, self.merged):
            path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode=755,size={ROOM}", "tmpfs",
                        writable], check=True)
        for name in ("upper", "work"):
            (writable / name).mkdir()
        subprocess.run(["mount", "-t", "overlay", "-o",
                        f"lowerdir={self.root},upperdir={writable}/upper,workdir={writable}/work",
                        "overlay", self.merged], check=True)

    def install(self, build):
        subprocess.run(["meson", "install", "-C", str(build), "--destdir", str(self.merged),
                        "--no-rebuild", "--quiet"], check=True, capture_output=True)
        subprocess.run(["systemd-sysusers", f"--root={self.merged}"], check=True,
                       capture_output=True)
        units = [path.name for path in (self.merged / "usr/lib/systemd/system").glob("preflight*")]
        subprocess.run(["systemctl", f"--root={self.merged}", "preset", *units], check=True,
                       capture_output=True)
        for unit in units:
            if unit.endswith(".service"):
                drop_in = self.path(f"/etc/systemd/system/{unit}.d/strict.conf")
                drop_in.parent.mkdir(parents=True)
                drop_in.write_text(STRICT)

    def start(self):
        network = f"--network-namespace-path=/run/netns/{self.network}" if self.network \
            else "--private-network"
        log = open(self.top / "console.log", "a", encoding="utf-8")
        self.nspawn = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", ALONE, str(self.top),
             "systemd-nspawn", "-q", "-D", str(self.merged),
             f"--machine=preflightd-{os.getpid()}-{id(self):x}",
             "--register=no", "--keep-unit", network, "--kill-signal=SIGRTMIN+4",
             "--console=pipe", "-b"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env=dict(os.environ, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="yes"), start_new_session=True)
        log.close()
        late = time.monotonic() + START_SECONDS
        while time.monotonic() < late and self.nspawn.poll() is None:
            self.leader = self.find_leader()
            if self.leader and self.is_up():
                return
            time.sleep(0.05)
        console = (self.top / "console.log").read_text(errors="replace").splitlines()[-20:]
        raise Unavailable("the container does not start: " + " | ".join(console))

    def find_leader(self):
        found = subprocess.run(["pgrep", "-o", "-P", str(self.nspawn.pid)], capture_output=True,
                               text=True, check=False).stdout.strip()
        return int(found) if found else None

    def state(self):
        return self.run("systemctl is-system-running", check=False).stdout.strip()

    def is_up(self):
        return self.state() in ("running", "degraded")

    def stop(self, kill=False):
        """Shuts it down, or ends it as a loss of power would."""
        if not self.nspawn:
            return
        if self.leader:
            try:
                os.kill(self.leader, signal.SIGKILL if kill else signal.SIGRTMIN + 4)
            except ProcessLookupError:
                pass
        try:
            self.nspawn.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self.nspawn.kill()
            self.nspawn.wait()
        self.nspawn = self.leader = None

    def reboot(self, kill=False):
        self.stop(kill)
        self.start()

    def run(self, command, check=True, timeout=60, user=None):
        """A command of sh in the machine; raises where it fails and @check is not False."""
        argv = ["nsenter", "-t", str(self.leader), "-m", "-p", "-u", "-i", "-n", "-C", "-r", "-w",
                "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "LC_ALL=C.UTF-8", "HOME=/root"]
        if user:
            argv += ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        done = subprocess.run(argv + ["sh", "-c", command], capture_output=True, text=True,
                              check=False, timeout=timeout, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def wait(self, command, seconds=30):
        """Until the command succeeds."""
        late = time.monotonic() + seconds
        while True:
            done = self.run(command, check=False)
            if done.returncode == 0:
                return done
            if time.monotonic() > late:
                raise AssertionError(f"{command}: not within {seconds} s\n{done.stdout}{done.stderr}")
            time.sleep(0.05)

    def path(self, inside):
        """Where a file of it is on the host."""
        return self.merged / inside.lstrip("/")

    def login(self, user="root", password=PASSWORD, source="127.0.0.1"):
        """Does SFTP open to a real login by password, from an address of the loopback?"""
        return self.run(
            f"echo bye | SSHPASS={password} sshpass -e sftp -q -o StrictHostKeyChecking=no "
            "-o UserKnownHostsFile=/dev/null -o PreferredAuthentications=password "
            f"-o NumberOfPasswordPrompts=1 -o BindAddress={source} "
            f"{user}@127.0.0.1",
            check=False).returncode == 0
