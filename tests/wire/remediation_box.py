# SPDX-License-Identifier: MIT
"""A machine in a directory, and preflight-remedyd for it, as tests need them."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from service_under_test import OUTSIDE, TREE
from varlink import Client, message

REMEDYD = os.environ.get("PF_REMEDYD")
REMEDYD_FAKE = os.environ.get("PF_REMEDYD_FAKE")
INTERFACE = "org.preflightd.Remediation."
AUTOMATIC = 65534  # nobody, as whom policy works here
STRANGER = 54321

DROP_IN = "etc/ssh/sshd_config.d/00-preflightd.conf"
LEASE_DROP_IN = "etc/ssh/sshd_config.d/00-preflightd-lease.conf"
HOST_KEY = "etc/ssh/ssh_host_ed25519_key"


def patience(condition, seconds=30):
    """Waits until @condition is true, and returns what it said."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.01)


class Box:
    """A copy of a fixture, its service, and what the service did."""

    def __init__(self, fixture="sshd/cloud-init-drop-in"):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="pf-remedy-"))
        self.directory.chmod(0o755)
        self.root = self.directory / "root"
        shutil.copytree(TREE / "tests/fixtures" / fixture / "root", self.root, symlinks=True)
        for path in (self.root, *self.root.rglob("*")):
            os.chown(path, 0, 0, follow_symlinks=False)
        if (self.root / HOST_KEY).exists():
            (self.root / HOST_KEY).chmod(0o600)
        self.path = self.directory / "socket"
        self.log = open(self.directory / "log", "w+", encoding="utf-8")
        self.process = None

    # --- the service ---

    def start(self, *options, fake=True, mode=0o666):
        self.process = subprocess.Popen(
            [REMEDYD_FAKE if fake else REMEDYD, f"--root={self.root}", f"--socket={self.path}",
             "--automatic-user=nobody", "--lease-minimum=1s", *options],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        assert patience(lambda: self.process.poll() is not None or self.is_listening())
        assert self.process.poll() is None, f"it has ended: {self.read_log()}"
        self.path.chmod(mode)
        return self

    def is_listening(self):
        try:
            Client(self.path).close()
        except OSError:
            return False
        return True

    def kill(self):
        self.process.kill()
        self.process.wait()

    def make_overdue(self, transaction):
        """Killed while a lease is open, and not there when it ends; does not start again."""
        self.kill()
        path = self.manifest(transaction)
        manifest = json.loads(path.read_text())
        lease = find_member(manifest, "deadlineBootUSec")
        lease["deadlineBootUSec"] = 1
        path.write_text(json.dumps(manifest))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def has_ended(self):
        return self.process.poll() is not None

    def run(self, *options, fake=True):
        return subprocess.run([REMEDYD_FAKE if fake else REMEDYD, f"--root={self.root}", *options],
                              capture_output=True, text=True, timeout=120, check=False)

    def read_log(self):
        self.log.flush()
        return (self.directory / "log").read_text(errors="replace")

    # --- what a test tells the effects, and is told ---

    def beside(self, name):
        return self.directory / f"root.{name}"

    def tell(self, name, text=""):
        self.beside(name).write_text(text)

    def untell(self, name):
        self.beside(name).unlink()

    def acts(self):
        return self.beside("acts").read_text().splitlines() if self.beside("acts").exists() else []

    # --- calls ---

    def client(self):
        return Client(self.path, seconds=60)

    def call(self, method, parameters=None):
        with self.client() as client:
            return client.call(INTERFACE + method, parameters)

    def plan(self, *checks, lease=None, consent=True, **more):
        parameters = {"checks": list(checks), "consent": consent, **more}
        if lease:
            parameters["lease"] = {"account": "root", "source": "192.0.2.7",
                                   "durationUSec": int(lease * 1e6)}
        return good(self.call("Plan", parameters))["plan"]

    def apply(self, plan):
        return self.call("Apply", {"digest": plan["digest"]})

    def fix(self, *checks, **more):
        return good(self.apply(self.plan(*checks, **more)))["transaction"]

    def password(self, **more):
        return self.fix("ssh.password-authentication", **more)

    def transactions(self):
        return good(self.call("ListTransactions"))["transactions"]

    def as_user(self, uid, *calls):
        """The answers to @calls by a process of another user."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
                answers = []
                with self.client() as client:
                    for method, parameters in calls:
                        parameters = parameters(answers) if callable(parameters) else parameters
                        answers.append(client.call(INTERFACE + method, parameters))
                with os.fdopen(writing, "w") as out:
                    json.dump(answers, out)
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as stream:
            text = stream.read()
        os.waitpid(child, 0)
        return json.loads(text)

    def begin(self, method, parameters):
        """A call that is not waited for."""
        client = self.client()
        client.send(message(INTERFACE + method, parameters))
        return client

    # --- files ---

    def files(self):
        """All of the machine but what the service keeps for itself."""
        found = {}
        for path in sorted((self.root / "etc").rglob("*")):
            if path.is_file() and not path.is_symlink():
                status = path.stat()
                found[str(path.relative_to(self.root))] = (path.read_bytes(), status.st_mode,
                                                           status.st_uid, status.st_gid)
        return found

    def has(self, path):
        return (self.root / path).exists()

    def records(self):
        directory = self.root / "run/preflightd/leases"
        return [json.loads(path.read_text()) for path in sorted(directory.glob("*.json"))]

    def manifest(self, transaction):
        return self.root / "var/lib/preflightd/transactions" / transaction["id"] / "manifest.json"

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process and self.process.poll() is None:
            self.kill()
        if not kind and OUTSIDE in self.read_log():  # also by a tool that it runs
            raise AssertionError(self.read_log())
        if kind:
            for line in self.read_log().splitlines()[-40:]:
                print("#   | " + line)
        self.log.close()
        shutil.rmtree(self.directory)


def find_member(value, key):
    """The object that has a member of this name."""
    if isinstance(value, dict) and key in value:
        return value
    for inner in value.values() if isinstance(value, dict) else ():
        found = find_member(inner, key)
        if found:
            return found
    return None


def good(answer):
    assert "error" not in answer, answer
    return answer["parameters"]


def bad(answer, error):
    """The parameters of an error that is expected."""
    assert answer.get("error") == INTERFACE + error, answer
    return answer["parameters"]
