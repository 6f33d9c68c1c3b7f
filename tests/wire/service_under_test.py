# SPDX-License-Identifier: MIT
"""Starting the service that is tested, and printing what tests found as TAP."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

TREE = pathlib.Path(os.environ.get("PF_SOURCE_ROOT", pathlib.Path(__file__).parents[2]))
DAEMON = os.environ.get("PF_DAEMON")
OUTSIDE = "is outside the filter of its unit"  # what tests/support/filtered.c says of a call

OS_RELEASE = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'


class Skip(Exception):
    """The reason why a test cannot be run here."""


class Service:
    """The program in PF_DAEMON on a machine with little on it."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="pf-wire-"))
        self.directory.chmod(0o755)
        self.path = self.directory / "socket"
        self.metrics_path = self.directory / "org.preflightd.Preflight"
        self.root = self.directory / "root"
        (self.root / "etc/ssh").mkdir(parents=True)
        (self.root / "etc/os-release").write_text(OS_RELEASE)
        (self.root / "etc/ssh/sshd_config").write_text("PasswordAuthentication no\n")
        (self.root / "usr/sbin").mkdir(parents=True)
        (self.root / "usr/sbin/sshd").write_bytes(b"\x7fELF")
        (self.root / "usr/sbin/sshd").chmod(0o755)
        (self.root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        self.log = open(self.directory / "log", "w+", encoding="utf-8")
        self.process = None

    def start(self, path=None):
        process = self.spawn(path)
        self.process = self.process or process
        for _ in range(2000):
            if process.poll() is not None:
                raise RuntimeError(f"it has ended with {process.returncode}")
            if self.is_listening(path or self.path):
                return process
            time.sleep(0.01)
        raise RuntimeError("it does not listen")

    def spawn(self, path=None):
        metrics = [] if path else [f"--metrics-socket={self.metrics_path}"]
        return subprocess.Popen(
            [DAEMON, f"--socket={path or self.path}", f"--root={self.root}", *metrics],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    @staticmethod
    def is_listening(path):
        from varlink import Client
        try:
            Client(path).close()
        except OSError:
            return False
        return True

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def n_descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def is_sanitized(self):
        maps = pathlib.Path(f"/proc/{self.pid}/maps").read_text()
        return "libasan" in maps or "libubsan" in maps or "libclang_rt" in maps

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def n_wakeups(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])

    def stop(self, number=signal.SIGTERM):
        """Ends it; returns its exit status."""
        process, self.process = self.process, None
        process.send_signal(number)
        try:
            return process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process:
            self.process.kill()
            self.process.wait()
        said = self.read_log()
        self.log.close()
        shutil.rmtree(self.directory)
        if not kind and OUTSIDE in said:
            raise AssertionError(said)

    def read_log(self):
        self.log.flush()
        return (self.directory / "log").read_text(errors="replace")

    def print_log(self):
        for line in self.read_log().splitlines()[-40:]:
            print("#   | " + line)


def run(tests, subject, service):
    """Calls each of @tests with @subject; prints TAP; returns the exit status."""
    n_failed = 0
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        title = test.__name__.removeprefix("test_")
        try:
            test(subject)
            print(f"ok {number} - {title}")
        except Skip as reason:
            print(f"ok {number} - {title} # SKIP {reason}")
        except Exception:  # pylint: disable=broad-except
            n_failed += 1
            print(f"not ok {number} - {title}")
            for line in traceback.format_exc().splitlines():
                print("#   " + line)
            service.print_log()
        sys.stdout.flush()
    return 1 if n_failed else 0


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def find_varlinkctl():
    """Of systemd 257 or later; raises Skip where there is none to be had."""
    if os.environ.get("VARLINKCTL"):
        return os.environ["VARLINKCTL"]
    cache = os.environ.get("PF_CACHE") or os.path.expanduser("~/.cache/preflightd-tests")
    script = pathlib.Path(__file__).parent / "get-varlinkctl"
    done = subprocess.run([script, cache], capture_output=True, text=True, check=False)
    if done.returncode == 77:
        raise Skip(done.stderr.strip().splitlines()[-1])
    if done.returncode != 0:
        sys.exit(f"{script}: {done.stderr}")
    return done.stdout.strip()


def tests_of(module):
    """Its functions test_…, in the order of the file."""
    found = [value for name, value in vars(module).items() if name.startswith("test_")]
    return sorted(found, key=lambda function: function.__code__.co_firstlineno)
